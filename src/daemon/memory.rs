//! An idle office PC has other things to do with its memory.

/// What was freed goes back to the system, and so does the program itself, as far as it lies in memory.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    // SAFETY: malloc_trim has no preconditions; it only returns free pages.
    unsafe {
        libc::malloc_trim(0);
    }
    #[cfg(target_os = "linux")]
    program::let_go();
}

/// Most of the program, its tables as its code, is needed only at its start and in a large pass, and Linux spares the code
/// of running programs when it looks for room. What is needed again is mapped again from the file, nearly always without
/// reading it.
#[cfg(target_os = "linux")]
mod program {
    use std::ffi::{c_int, c_void};
    use std::ptr::null_mut;

    pub fn let_go() {
        // SAFETY: the callback has the type that is asked for, and takes no data.
        unsafe {
            libc::dl_iterate_phdr(Some(of_program), null_mut());
        }
    }

    /// Told of the program first and then of its libraries, until it returns something else than 0.
    ///
    /// # Safety
    /// `info` must be what `dl_iterate_phdr` gives.
    unsafe extern "C" fn of_program(info: *mut libc::dl_phdr_info, _: libc::size_t, _: *mut c_void) -> c_int {
        // SAFETY: the loader describes what is mapped, for as long as the callback runs.
        let (base, segments) = unsafe {
            let info = &*info;
            (info.dlpi_addr, std::slice::from_raw_parts(info.dlpi_phdr, usize::from(info.dlpi_phnum)))
        };
        for segment in segments.iter().filter(|segment| segment.p_type == libc::PT_LOAD) {
            // What may be written, or was by the loader, would be lost.
            if segment.p_flags & libc::PF_W == 0 {
                let from = base + segment.p_vaddr;
                let_go_of(from as usize, (from + segment.p_memsz) as usize);
            }
        }
        1
    }

    /// Whole pages between two addresses.
    fn let_go_of(from: usize, to: usize) {
        // SAFETY: takes a number.
        let Ok(page @ 1..) = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }) else { return };
        let (from, to) = (from.next_multiple_of(page), to / page * page);
        if from < to {
            // SAFETY: pages of the file that nobody ever wrote to: whoever needs one next gets it from there as it was. A
            // refusal leaves things as they are.
            unsafe {
                libc::madvise(from as *mut c_void, to - from, libc::MADV_DONTNEED);
            }
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// Reads a byte of every page of this program's file, so that all of it is mapped: how much is needed by chance says
    /// nothing.
    fn touch() {
        let program = std::env::current_exe().unwrap();
        for line in std::fs::read_to_string("/proc/self/maps").unwrap().lines() {
            let (span, rest) = line.split_once(' ').unwrap();
            if rest.starts_with('r') && line.ends_with(program.to_str().unwrap()) {
                let (from, to) = span.split_once('-').unwrap();
                let [from, to] = [from, to].map(|address| usize::from_str_radix(address, 16).unwrap());
                for page in (from..to).step_by(4_096) {
                    // SAFETY: the page is this program's, is mapped for reading and stays so.
                    unsafe { std::ptr::read_volatile(page as *const u8) };
                }
            }
        }
    }

    /// KiB of this program's file that are mapped with these rights.
    fn mapped(rights: &str) -> u64 {
        let program = std::env::current_exe().unwrap();
        let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
        let mut lines = maps.lines();
        let mut sum = 0;
        while let Some(line) = lines.next() {
            if line.contains(rights) && line.ends_with(program.to_str().unwrap()) {
                let rss = lines.find_map(|line| line.strip_prefix("Rss:")).unwrap();
                sum += rss.trim().trim_end_matches(" kB").parse::<u64>().unwrap();
            }
        }
        sum
    }

    const ALONE: &str = "ROSTERD_TEST_ALONE";

    #[test]
    fn what_is_let_go_is_mapped_no_more_and_comes_back_when_it_is_needed() {
        if std::env::var_os(ALONE).is_none() {
            // The tests beside it need at once some of what this one lets go: it runs in a process of its own.
            let name = "daemon::memory::tests::what_is_let_go_is_mapped_no_more_and_comes_back_when_it_is_needed";
            let mut alone = std::process::Command::new(std::env::current_exe().unwrap());
            let ran = alone.args(["--exact", name]).env(ALONE, "1").output().unwrap();
            let said = String::from_utf8_lossy(&ran.stdout);
            assert!(ran.status.success() && said.contains("1 passed"), "{said}");
            return;
        }
        touch();
        let before = [" r-xp ", " r--p "].map(mapped);
        give_back();
        let after = [" r-xp ", " r--p "].map(mapped);
        assert!(after[0] < before[0] / 2, "of {before:?} KiB of code and tables {after:?} are still mapped");
        assert!(after[1] < before[1] / 2, "of {before:?} KiB of code and tables {after:?} are still mapped");
        assert_eq!("519901001201".parse::<crate::domain::Area>().unwrap().to_string(), "519901001201");
    }
}
