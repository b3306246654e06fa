//! Named places at which the fault tests end the process as a power failure would. Nothing in a release build.
//!
//! `ROSTERD_CRASH_AT=NAME:N` kills a debug build when it comes to the place for the N-th time; with `:panic` behind it only
//! the thread that comes there breaks off.

/// Every place there is.
pub const POINTS: [&str; 8] = [
    "before-commit",
    "after-commit",
    "batch-kept",
    "batch-committed",
    "receipt-arrived",
    "notices-arrived",
    "log-written",
    "store-put-aside",
];

/// The process comes to a place of this name.
pub fn point(name: &'static str) {
    debug_assert!(POINTS.contains(&name), "{name} is not in the table");
    #[cfg(debug_assertions)]
    armed::reached(name);
}

#[cfg(debug_assertions)]
mod armed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    static ARMED: LazyLock<Option<(String, u64, bool)>> = LazyLock::new(|| {
        let told = std::env::var("ROSTERD_CRASH_AT").ok()?;
        let (name, count) = told.split_once(':')?;
        let (count, panics) = count.strip_suffix(":panic").map_or((count, false), |count| (count, true));
        Some((name.to_owned(), count.parse().ok()?, panics))
    });
    static REACHED: AtomicU64 = AtomicU64::new(0);

    pub fn reached(name: &str) {
        if let Some((armed, count, panics)) = &*ARMED
            && armed == name
            && REACHED.fetch_add(1, Ordering::SeqCst) + 1 == *count
        {
            if *panics {
                let somebody = "somebody's name";
                panic!("told to break off at {name} with {somebody}");
            }
            // SAFETY: kill(2) and getpid(2) have no preconditions; nothing runs after it.
            unsafe { libc::kill(libc::getpid(), libc::SIGKILL) };
        }
    }
}
