//! People of a family-support list who are known by the year in which they were born, and their files in an inbox.

use std::fs;

use serde_json::Value;

use super::county::SETTLE_SECS_MAX;
use super::node::Node;
use super::story::number;

pub const HEADER: &str = "姓名,身份证号码,扶助类别,确认年度,签约医生,资格状态\n";

/// A line for everybody born in these years.
pub fn people(years: impl Iterator<Item = u32>) -> String {
    years
        .map(|year| format!("赵{},{},特扶,2020,医生甲,继续\n", name(year), number(&format!("{year}0302/001"))))
        .collect()
}

pub fn name(year: u32) -> char {
    char::from_u32(0x4e00 + year).unwrap()
}

pub fn drop(node: &Node, file: &str, header: &str, lines: &str) {
    fs::write(node.inbox().join(file), format!("{header}{lines}")).unwrap();
    node.settle(SETTLE_SECS_MAX);
}

pub fn held(node: &Node) -> Vec<Value> {
    node.json(&["held"])
}

/// Where an entry stands: file and row.
pub fn place(source: &Value) -> String {
    format!("{}:{}", source["file"].as_str().unwrap_or("nowhere"), source["row"])
}
