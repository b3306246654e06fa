//! The machine that the figures were measured on.

use std::fs;

/// One line: cores, processor, memory, kernel.
pub fn line() -> String {
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let first = |path: &str, key: &str| -> String {
        let text = fs::read_to_string(path).unwrap_or_default();
        let line = text.lines().find(|l| l.starts_with(key)).unwrap_or_default().to_owned();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let (processor, memory) = (first("/proc/cpuinfo", "model name"), first("/proc/meminfo", "MemTotal"));
    format!("machine: {cores} cores ({processor}), {memory}, Linux {}", kernel.trim())
}
