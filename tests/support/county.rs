//! A whole county of real daemons on loopback: enrolled, fed month by month, restarted between.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::node::Node;
use super::truth;

/// How long one level may take to read, push and judge a month of the sample in an unoptimised build.
pub const SETTLE_SECS_MAX: u64 = 180;

pub struct County {
    /// By code, which puts every parent before its children.
    nodes: BTreeMap<String, Node>,
    _root: TempDir,
}

impl County {
    /// The offices of `tests/fixtures/county/nodes.csv`: installed, running and enrolled, with empty inboxes.
    pub fn found(binary: &str, today: &str) -> County {
        let root = tempfile::tempdir().expect("a temporary folder");
        let mut nodes = BTreeMap::new();
        let mut parents = Vec::new();
        let offices = csv::Reader::from_path(truth::fixtures().join("nodes.csv")).expect("the fixture");
        for office in offices.into_records().map(|r| r.expect("the fixture is a clean CSV")) {
            let mut node = Node::init(PathBuf::from(binary), root.path(), &office[0], &office[2]);
            node.start(Some(today));
            nodes.insert(office[0].to_owned(), node);
            if !office[3].is_empty() {
                parents.push((office[0].to_owned(), office[3].to_owned()));
            }
        }
        let mut county = County { nodes, _root: root };
        county.each(Node::wait_ready);
        for (child, parent) in &parents {
            county.nodes[child].join(&county.nodes[parent]);
        }
        county
    }

    /// The one node that has no parent.
    pub fn top(&self) -> &Node {
        self.nodes.values().next().expect("a county")
    }

    pub fn node(&mut self, area: &str) -> &mut Node {
        self.nodes.get_mut(area).expect("an office of the county")
    }

    pub fn villages(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|n| n.area.len() == 12)
    }

    /// Every office stops (drained) and starts again on `today`.
    pub fn restart(&mut self, today: &str) {
        self.each(Node::stop);
        self.each(|node| node.start(Some(today)));
        self.each(Node::wait_ready);
    }

    /// Each office saves its files of the month, below `exports/CODE`, over those of the month before.
    pub fn drop_month(&self, exports: &Path) {
        for node in self.nodes.values() {
            let files = exports.join(&node.area);
            if files.is_dir() {
                node.drop_files(&files);
            }
        }
    }

    /// Waits level by level, lowest first, until the county has seen it all, and then until the answers are back down.
    pub fn settle(&self) {
        for digits in [12, 9, 6, 9, 12] {
            self.nodes.values().filter(|n| n.area.len() == digits).for_each(|n| n.settle(SETTLE_SECS_MAX));
        }
    }

    fn each(&mut self, act: impl FnMut(&mut Node)) {
        self.nodes.values_mut().for_each(act);
    }
}
