//! The number a person had before it was lawfully changed: double coding undone, a wrong birth date or sex put right
//! (DOMAIN.md 3.1), the whole one that a spreadsheet cut (DOMAIN.md 6 row 3), and the other name that a line told before.

use compact_str::CompactString;

use crate::domain::{IdNumber, IdState, List, Record, name};

/// A date of birth is put right by days, as a lunar one, or by a year or two: nobody has a namesake that near in the house.
const CORRECTED_DAYS_MAX: i32 = 3 * 366;
/// Or by a digit or two; the check digit then changes as well.
const CORRECTED_PLACES_MAX: usize = 3;

/// The number that `new`, which takes the place of `old` on one line, must remember.
///
/// Only the register changes a person's number. A list of a service that changes it follows it, was wrong, or is ahead of it:
/// what it remembers tells whom to ask about, and joins nobody. Of several changes the last is remembered. On any list a
/// number that lost its digits is remembered whole, or everybody would fall apart from what else is known of them.
pub fn number_before(list: List, old: &Record, new: &Record) -> Option<IdNumber> {
    let (was, is) = (old.known_number()?, new.id_number.as_ref()?);
    let valid = |id: &IdNumber| matches!(id.state(), IdState::Valid | IdState::Old);
    let is_same_name = || name::fold(&old.name) == name::fold(&new.name);
    if is.is_damaged() {
        return (valid(was) && is_cut_from(is, was) && is_same_name()).then(|| was.clone());
    }
    if list != List::Population && !list.is_service() {
        return None;
    }
    if was.canonical() == is.canonical() || !valid(was) || !valid(is) {
        return old.changed_number().filter(|former| former.canonical() != is.canonical()).cloned();
    }
    (is_same_name() && is_lawful(was, is)).then(|| was.clone())
}

/// Whether a number that lost digits may have been this whole one.
fn is_cut_from(cut: &IdNumber, whole: &IdNumber) -> bool {
    let (cut, whole, places) = (cut.canonical(), whole.canonical(), cut.trusted_places());
    cut.len() >= places && cut.get(..places) == whole.get(..places)
}

/// The other name of the person that `new` tells, or that the line told before: a clerk writes it once, when the name was
/// changed. Of a name that nobody told nothing is remembered: it may have been somebody else's, entered under this number.
pub fn other_name(old: &Record, new: &Record) -> Option<CompactString> {
    let number = |record: &Record| record.id_number.as_ref().map(IdNumber::canonical);
    let is_same = number(old).is_some() && number(old) == number(new) && name::fold(&old.name) == name::fold(&new.name);
    new.also_called.clone().or_else(|| old.also_called.clone().filter(|_| is_same))
}

/// Whether the change is one that the law knows: coded anew, or a date or the sex put right. Another person of the name on
/// the same line, as a son in the place of his father, was born in other years; so was whose number was used by mistake.
fn is_lawful(was: &IdNumber, is: &IdNumber) -> bool {
    let apart = was.canonical().bytes().zip(is.canonical().bytes()).filter(|(a, b)| a != b).count();
    let near = was.birth().zip(is.birth()).is_some_and(|(old, new)| old.days_apart(new) <= CORRECTED_DAYS_MAX);
    near || apart <= CORRECTED_PLACES_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, number: &str) -> Record {
        Record { name: name.into(), id_number: IdNumber::parse(number), ..Record::default() }
    }

    fn remembered(old: &Record, new: &Record) -> Option<String> {
        number_before(List::Population, old, new).map(|id| id.reveal().to_owned())
    }

    const FIRST: &str = "519901198001010017";

    #[test]
    fn a_number_changed_by_law_is_remembered() {
        for (what, number) in [
            ("the sequence, as two people had it", "519901198001010033"),
            ("the month of birth", "519901198002010019"),
            ("the whole date", "519901197812240030"),
            ("a digit of the year", "519901196001010034"),
        ] {
            let (old, new) = (line("王五", FIRST), line("王五", number));
            assert_eq!(remembered(&old, &new).as_deref(), Some(FIRST), "{what}");
            assert_eq!(number_before(List::Dibao, &old, &new), number_before(List::Population, &old, &new));
            assert_eq!(number_before(List::Deaths, &old, &new), None, "{what}: nobody's line is ahead of the register");
        }
    }

    #[test]
    fn it_is_remembered_until_the_next_and_forgotten_when_it_comes_back() {
        let first = line("王五", FIRST);
        let mut second = line("王五", "519901198001010033");
        second.former_number = number_before(List::Population, &first, &second);
        let again = Record { phone_tail: Some("1234".into()), former_number: None, ..second.clone() };
        assert_eq!(remembered(&second, &again).as_deref(), Some(FIRST), "the line is written again");
        let slip = line("王五", "519901198001010034");
        assert_eq!(remembered(&second, &slip).as_deref(), Some(FIRST), "the new one is mistyped");
        assert_eq!(remembered(&second, &first).as_deref(), Some("519901198001010033"), "taken back");
    }

    #[test]
    fn a_number_that_lost_its_digits_is_remembered_whole_on_every_list() {
        let whole = line("王五", FIRST);
        let mut cut = Record { id_number: IdNumber::damaged("519901198001010000"), ..whole.clone() };
        for list in [List::Population, List::Dibao, List::Deaths] {
            cut.former_number = number_before(list, &whole, &cut);
            assert_eq!(cut.known_number(), whole.id_number.as_ref());
            assert_eq!(cut.changed_number(), None, "the law changed nothing");
            let again = Record { former_number: None, phone_tail: Some("1234".into()), ..cut.clone() };
            assert_eq!(number_before(list, &cut, &again), whole.id_number, "the month after");
            assert_eq!(number_before(list, &cut, &whole), None, "put right");
        }
        let of_another = Record { id_number: IdNumber::damaged("519901197001010000"), ..whole.clone() };
        assert_eq!(number_before(List::Deaths, &whole, &of_another), None, "of another number");
        let another = Record { name: "王六".into(), ..cut.clone() };
        assert_eq!(number_before(List::Deaths, &whole, &another), None, "under another name");
    }

    #[test]
    fn another_name_is_remembered_for_the_one_whose_it_is() {
        let told = Record { also_called: Some("江小红".into()), ..line("孔雅文", FIRST) };
        assert_eq!(other_name(&told, &line("孔雅文", FIRST)).as_deref(), Some("江小红"));
        let later = Record { also_called: Some("江红".into()), ..line("孔雅文", FIRST) };
        assert_eq!(other_name(&told, &later).as_deref(), Some("江红"));
        assert_eq!(other_name(&told, &line("孔雅武", FIRST)), None);
        assert_eq!(other_name(&told, &line("孔雅文", "519901198001010033")), None);
        assert_eq!(other_name(&line("江小红", FIRST), &line("孔雅文", FIRST)), None, "nobody told it");
    }

    #[test]
    fn another_person_on_the_line_brings_no_number_along() {
        let father = line("王建国", "519901195003020012");
        assert_eq!(remembered(&father, &line("王建国", "519901197806150039")), None, "the son");
        assert_eq!(remembered(&father, &line("王建军", "519901195003020039")), None, "the brother");
        let wrong = line("王五", "519901198001010018");
        assert_eq!(remembered(&wrong, &line("王五", FIRST)), None, "a wrong number was nobody's");
    }
}
