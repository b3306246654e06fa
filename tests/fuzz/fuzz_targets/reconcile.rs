#![no_main]

#[path = "../targets.rs"]
#[allow(dead_code, reason = "one target of five")]
mod targets;

libfuzzer_sys::fuzz_target!(|data: &[u8]| targets::reconcile(data));
