//! What reading one file may cost, and the pace of watching. At each limit the file is refused whole with a code of its
//! own, and nothing else stops.

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// A larger file is not opened (`too-large`).
    pub file_bytes_max: u64,
    /// What an archive may unpack to, all entries together (`zip-bomb`).
    pub unpacked_bytes_max: u64,
    /// Unpacked over packed size; sheets of real offices reach 30 (`zip-bomb`).
    pub unpack_ratio_max: u32,
    /// Archives smaller than this unpacked are not judged by their ratio: an empty sheet compresses well.
    pub unpack_ratio_free_bytes: u64,
    pub archive_entries_max: u32,
    /// Filled cells of one file (`too-many-cells`).
    pub cells_max: u64,
    /// Cells, empty ones too, of a workbook that is read in memory (xls, ods): 24 bytes each.
    pub cells_in_memory_max: u64,
    pub columns_max: u32,
    /// A longer cell is cut before it is read; nothing that is kept of a line comes near it.
    pub cell_chars_max: u32,
    pub sheets_max: u32,
    /// HTML and XML tables named .xls are read in memory, so they have a limit of their own (`too-large`).
    pub markup_bytes_max: u64,
    /// Old .xls workbooks are read in memory.
    pub xls_bytes_max: u64,
    /// A foreign database is not held open for longer; it is tried again later.
    pub database_secs_max: u64,
    /// A file is read once it has not changed for so long.
    pub settle_millis: u64,
    /// Every source is looked at this often also without a notice.
    pub rescan_secs: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            file_bytes_max: 512 << 20,
            unpacked_bytes_max: 2 << 30,
            unpack_ratio_max: 200,
            unpack_ratio_free_bytes: 16 << 20,
            archive_entries_max: 4_096,
            // 3,000,000 lines of 20 columns: five times the largest county.
            cells_max: 60_000_000,
            cells_in_memory_max: 8_000_000,
            columns_max: 1_024,
            cell_chars_max: 4_096,
            sheets_max: 512,
            markup_bytes_max: 64 << 20,
            xls_bytes_max: 128 << 20,
            database_secs_max: 120,
            settle_millis: 1_500,
            rescan_secs: 600,
        }
    }
}
