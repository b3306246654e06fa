#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "one target of five")]
mod targets;

/// Where a panic is of the library that reads workbooks.
const LIBRARY: [&str; 3] = ["/calamine-", "/zip-", "/quick-xml-"];

libfuzzer_sys::fuzz_target!(
    init: {
        // The library panics on some damaged ones, and intake catches that. It catches ours too: those are findings.
        std::panic::set_hook(Box::new(|panic| {
            let file = panic.location().map_or("", |at| at.file());
            if !LIBRARY.iter().any(|part| file.contains(part)) {
                eprintln!("{panic}");
                std::process::abort();
            }
        }));
    },
    |data: &[u8]| {
        targets::breaks_off(data);
    }
);
