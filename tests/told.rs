//! What a village is told from above: where the lines of the next village stand now, how its own word about it counts at
//! once, and that it is counted like what the village finds itself.

mod support;

use rosterd::domain::{Date, FindingId};
use serde_json::Value;
use support::story::number;
use support::tree::Tree;

const COUNTY: &str = "519901";
const TOWN: &str = "519901001";
const HERE: &str = "519901001201";
const NEXT: &str = "519901001202";
const OFFICES: [&str; 4] = [COUNTY, TOWN, HERE, NEXT];
const WANG: (&str, &str) = ("王大明", "19500302/001");
const LI: (&str, &str) = ("李秀英", "19450817/002");
const ZHOU: (&str, &str) = ("周子轩", "19630902/001");

fn dibao(people: &[(&str, &str)]) -> String {
    let head = "保障对象姓名,身份证号码,保障类别,审批日期,最近复核日期,保障状态\n".to_owned();
    people.iter().fold(head, |text, who| format!("{text}{},{},A,2019-05-01,2026-01-10,在保\n", who.0, number(who.1)))
}

fn found() -> Tree {
    let day: Date = "2026-01-31".parse().expect("a day");
    let tree = Tree::found(&OFFICES, day);
    tree.read(HERE, "dibao.csv", &dibao(&[WANG, LI]));
    tree.read(NEXT, "dibao.csv", &dibao(&[WANG, ZHOU]));
    tree.settle();
    tree
}

/// The finding that only the township sees, as the village has it.
fn told(tree: &Tree) -> (FindingId, Value) {
    let told = tree.view(HERE, |view| view.told_alone());
    let mut both = told.into_iter().filter(|(_, finding)| finding["rule"] == "listed-in-two-areas");
    both.next().expect("the village is told")
}

/// In which file and row the next village's line stands, as the village has it.
fn next_line(tree: &Tree) -> (Value, Value) {
    let (_, finding) = told(tree);
    let mut entries = finding["entries"].as_array().expect("entries").iter();
    let line = entries.find(|entry| entry["area"] == NEXT).expect("the next village's line is told");
    (line["source"]["file"].clone(), line["source"]["row"].clone())
}

/// How often anything was told to the village so far.
fn lines_told(tree: &Tree) -> usize {
    tree.view(HERE, |view| view.notices_changed(0, 1_000)).len()
}

#[test]
fn a_line_of_the_next_village_that_moves_is_told_with_its_new_row() {
    let tree = found();
    assert_eq!(next_line(&tree), ("dibao.csv".into(), 2.into()));
    tree.read(NEXT, "dibao.csv", &dibao(&[ZHOU, WANG]));
    tree.settle();
    assert_eq!(next_line(&tree), ("dibao.csv".into(), 3.into()));
    // Where it did not move, nothing is told.
    let seq = |tree: &Tree| tree.view(HERE, |view| view.notices_changed(0, 1_000)).last().map(|(seq, _)| *seq);
    let before = (lines_told(&tree), seq(&tree));
    tree.read(NEXT, "dibao.csv", &dibao(&[ZHOU, WANG, ("赵德海", "19550709/009")]));
    tree.settle();
    assert_eq!((lines_told(&tree), seq(&tree)), before);
}

#[test]
fn what_the_village_decides_of_it_counts_there_before_the_township_hears_of_it() {
    for (verdict, status) in [("confirm", "confirmed"), ("dismiss", "dismissed")] {
        let mut tree = found();
        let (id, finding) = told(&tree);
        assert_eq!(finding["status"], "open");
        let open =
            |tree: &Tree| -> u64 { tree.view(HERE, |view| view.totals()).open.iter().map(|(_, _, count)| count).sum() };
        let counted = open(&tree);
        tree.decide(HERE, id, verdict);
        assert_eq!((told(&tree).1["status"].clone(), open(&tree)), (status.into(), counted - 1));
        tree.settle();
        assert_eq!((told(&tree).1["status"].clone(), open(&tree)), (status.into(), counted - 1));
        // Who sees more says otherwise, and later.
        tree.decide(TOWN, id, "reopen");
        tree.settle();
        assert_eq!((told(&tree).1["status"].clone(), open(&tree)), ("open".into(), counted));
        tree.decide(HERE, id, verdict);
        tree.decide(HERE, id, "reopen");
        assert_eq!(open(&tree), counted);
    }
}
