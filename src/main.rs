use std::process::ExitCode;

fn main() -> ExitCode {
    no_core_dumps();
    two_arenas();
    // Two providers could be compiled in by different crates; naming ours keeps the first connection from panicking.
    let _ = rustls::crypto::ring::default_provider().install_default();
    rosterd::cli::main()
}

/// Threads of a pass free what others allocated: with more arenas a fifth of a large pass's memory is holes, and nothing
/// is quicker.
fn two_arenas() {
    #[cfg(target_env = "gnu")]
    // SAFETY: takes numbers, before any other thread runs. A refusal leaves things as they were.
    unsafe {
        libc::mallopt(libc::M_ARENA_MAX, 2);
    }
}

/// A core would hold whole names and numbers, and the keys.
fn no_core_dumps() {
    let none = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the struct is whole and lives through the call; prctl takes numbers. A refusal leaves things as they were.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &none);
        // The limit does not hold where the kernel hands cores to a program; this does, and keeps debuggers of the same
        // account out as well.
        libc::prctl(libc::PR_SET_DUMPABLE, 0);
    }
}
