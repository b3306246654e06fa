//! Lists of support for parents whose child died or was disabled: whose death a column tells. What befell the child is
//! never kept (DOMAIN.md 5, drop-list), and must not be taken for what befell the parents.

use crate::domain::{Aid, List, Reason, Record, Status};

use super::header::{Heading, Meaning};
use super::layout::Layout;
use crate::intake::clean::view::View;
use crate::intake::container::row::Row;
use crate::intake::vocabulary::field::Field;
use crate::intake::vocabulary::fold::fold_word;
use crate::intake::vocabulary::{ListWords, Vocabulary};

/// Takes from the list what a header says to be the child's: 死亡/伤残时间, or 死亡 beside 伤残, each to be ticked.
pub fn leave_out_childs(headings: &[Heading], meanings: &mut [Meaning], list: &ListWords, vocabulary: &Vocabulary) {
    if list.list != List::Family {
        return;
    }
    let fates = &vocabulary.whose.fates;
    let names_fate = |key: &String| fates.iter().any(|fate| key.contains(fate.as_str()));
    let is_fate = |heading: &Heading| heading.keys.iter().any(|key| fates.contains(key));
    let is_choice = headings.iter().any(is_fate);
    for (heading, meaning) in headings.iter().zip(meanings) {
        let childs = match told(meaning) {
            Some(Field::DiedFlag | Field::AliveFlag) => is_choice || heading.keys.iter().any(names_fate),
            Some(Field::Died | Field::Status) => heading.keys.iter().any(names_fate),
            _ => false,
        };
        if childs && !is_parents(heading, vocabulary) {
            *meaning = Meaning::Field(Field::Ignored, false);
        }
    }
}

/// The columns that may tell of a death, and not that it is the parent's.
pub fn doubtful(headings: &[Heading], meanings: &[Meaning], list: &ListWords, vocabulary: &Vocabulary) -> Vec<usize> {
    let may_be_childs = |heading: &Heading, meaning: &Meaning| match meaning {
        // 资格状态 is the list's own word for how the parents stand on it.
        Meaning::Field(Field::Status, is_own) => !is_own && !is_parents(heading, vocabulary),
        meaning => {
            matches!(told(meaning), Some(Field::Died | Field::DiedFlag | Field::AliveFlag | Field::Status))
                && !is_parents(heading, vocabulary)
        }
    };
    let columns = headings.iter().zip(meanings).filter(|_| list.list == List::Family);
    columns.filter(|(heading, meaning)| may_be_childs(heading, meaning)).map(|(heading, _)| heading.column).collect()
}

/// Whether a column speaks of children: 子女情况, 独生子女出生日期.
pub fn names_children(headings: &[Heading], vocabulary: &Vocabulary) -> bool {
    let names = |key: &String| vocabulary.whose.children.iter().any(|child| key.contains(child.as_str()));
    headings.iter().any(|heading| heading.keys.iter().any(names) && !is_parents(heading, vocabulary))
}

fn told(meaning: &Meaning) -> Option<Field> {
    match meaning {
        Meaning::Field(field, _) | Meaning::Hinted(field) => Some(*field),
        Meaning::Dropped | Meaning::Unknown => None,
    }
}

/// 本人死亡时间, 对象现状.
fn is_parents(heading: &Heading, vocabulary: &Vocabulary) -> bool {
    let own = vocabulary.person_prefixes.iter().filter(|prefix| prefix.chars().count() > 1);
    own.into_iter().any(|prefix| heading.keys.iter().any(|key| key.starts_with(prefix.as_str())))
}

/// The columns without those that may be of a child; `None` where all are of whoever is listed.
pub fn without_doubtful(layout: &Layout, data: &[Row], vocabulary: &Vocabulary) -> Option<Layout> {
    let words = vocabulary.of(layout.list);
    // 在册, 退出: how somebody stands on the list, and no child does.
    let is_of_list = |column: usize| {
        data.iter().map(|row| fold_word(&row.cell(column).to_text())).any(|text| {
            let state = words.status.get(&text);
            matches!(state, Some(Status::Active | Status::Closed)) && !vocabulary.alive.contains(&text)
        })
    };
    let is_state = |column: &usize| layout.columns(Field::Status).contains(column);
    let doubtful: Vec<usize> =
        layout.doubtful.iter().copied().filter(|column| !(is_state(column) && is_of_list(*column))).collect();
    (!doubtful.is_empty()).then(|| layout.without(&doubtful))
}

/// Whether a line tells of a death that may be the child's. Parents of a child that lives (奖扶) die their own; so does
/// whoever left the list because they died.
pub fn is_doubtful(record: &Record, view: View<'_>, vocabulary: &Vocabulary) -> bool {
    let ended = |text: &str| {
        let words = &vocabulary.of(view.layout.list).status_inside;
        words.iter().any(|(word, status)| *status == Status::Closed && text.contains(word.as_str()))
    };
    let is_reason = record.reason == Some(Reason::Died) && !view.cell(Field::Reason).is_empty();
    // 死亡退出 says it in one word, and no date beside it.
    let is_end = record.died.is_none() && view.text(Field::Status).is_some_and(|text| ended(&fold_word(&text)));
    let is_of_living_child = record.aid == Some(Aid::Reward) && !view.layout.names_children;
    let is_told = record.status == Status::Deceased || record.died.is_some();
    is_told && !(is_reason || is_end || is_of_living_child)
}
