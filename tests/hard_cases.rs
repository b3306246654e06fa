//! Hard cases of the trade, each a short story with the persons, events and findings it must come to. They stand in
//! `tests/stories`, one file a subject; every story is told with the files of a day in either order, and every day's
//! files are read twice.

mod support;

use support::story::{run, stories};

/// Fewer would not cover the trade.
const STORIES_MIN: usize = 60;

fn tell(file: &str, text: &str) -> usize {
    let all = stories(text);
    let mut faults = String::new();
    for story in &all {
        for (reverse, how) in [(false, ""), (true, " (files of a day in reverse)")] {
            for fault in run(story, reverse) {
                faults.push_str(&format!("\n{}{how}\n   {fault}\n", story.title));
            }
        }
    }
    assert!(faults.is_empty(), "{file}:{faults}");
    all.len()
}

macro_rules! subjects {
    ($($subject:ident)*) => {
        $(#[test]
        fn $subject() {
            tell(stringify!($subject), include_str!(concat!("stories/", stringify!($subject), ".txt")));
        })*

        #[test]
        fn there_are_enough_stories() {
            let texts = [$(include_str!(concat!("stories/", stringify!($subject), ".txt"))),*];
            assert!(texts.iter().map(|text| stories(text).len()).sum::<usize>() >= STORIES_MIN);
        }
    };
}

subjects!(deaths moves births identity benefits files);
