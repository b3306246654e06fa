#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "one target of five")]
mod targets;

libfuzzer_sys::fuzz_target!(
    init: {
        // The library that reads workbooks panics on some damaged ones, and intake catches that: only what nobody
        // catches is a finding.
        std::panic::set_hook(Box::new(|_| {}));
    },
    |data: &[u8]| targets::workbook(data)
);
