//! Whose keys the index of linkage holds: a later version of the program may look for who is alike in other ways.

use super::Store;
use super::codec::Doing;
use crate::error::Result;
use crate::linkage::KEYS_VERSION;

/// Key in `meta`: the version of the keys that the index holds, none in a store made before they had one.
const KEYS: &str = "keys";

impl Store {
    /// Empties an index of linkage that another version of the program made under other keys. All entries then wait to be
    /// indexed and linked again: who did not meet under the old keys may meet under these.
    pub(super) fn renew_keys(&self) -> Result<()> {
        if self.read(|view| view.meta_u64(KEYS))? == Some(KEYS_VERSION) {
            return Ok(());
        }
        self.write(|writer| {
            if writer.indexed()? > 0 {
                let emptied = writer.conn.execute_batch("DELETE FROM blocks; DELETE FROM outgrown;");
                emptied.doing("emptying the index of linkage")?;
                writer.set_indexed(0)?;
                writer.mark_all()?;
            }
            writer.put_meta_u64(KEYS, KEYS_VERSION)
        })
    }
}
