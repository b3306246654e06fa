//! What a person may write for a code: the code itself, or the word that the screens have for it in either language.

use std::str::FromStr;

use crate::daemon::control::requests::Verdict;
use crate::domain::{Area, Date, Disposition, EventKind, FindingId, List, Severity, half_width};
use crate::report::text::Text;
use crate::rules::RULES;
use crate::settings::Language;

pub fn list(text: &str) -> Result<List, String> {
    meant(text, &List::ALL, List::as_str, |text, list| {
        let mut words = words_of(text, &format!("list-{}-words", list.as_str()));
        words.push(text.list(Some(list)));
        words
    })
    .ok_or_else(|| format!("one of '{}'", List::ALL.map(List::as_str).join(", ")))
}

pub fn severity(text: &str) -> Result<Severity, String> {
    meant(text, &Severity::ALL, Severity::as_str, |text, severity| vec![text.severity(severity)])
        .ok_or_else(|| format!("one of '{}'", Severity::ALL.map(Severity::as_str).join(", ")))
}

/// The id of a rule, also by its title.
pub fn rule(text: &str) -> Result<String, String> {
    let ids: Vec<&'static str> = RULES.iter().map(|rule| rule.id).collect();
    match meant(text, &ids, |id| id, |text, id| vec![text.rule(id)]) {
        Some(id) => Ok(id.to_owned()),
        None => Err("no such rule; 'rosterd rules' lists them".into()),
    }
}

pub fn disposition(text: &str) -> Result<Disposition, String> {
    meant(text, &Disposition::ALL, Disposition::as_str, |text, verdict| vec![text.disposition(verdict.as_str())])
        .ok_or_else(|| "one of 'confirm, dismiss, reopen'".into())
}

pub fn event_kind(text: &str) -> Result<EventKind, String> {
    meant(text, &EventKind::ALL, EventKind::as_str, |text, kind| vec![text.event_kind(kind)])
        .ok_or_else(|| format!("one of '{}'", EventKind::ALL.map(EventKind::as_str).join(", ")))
}

/// What a person says of a pair: that it is one person, or that it is two.
pub fn verdict(text: &str) -> Result<Verdict, String> {
    let code = |verdict| if verdict == Verdict::Confirm { "confirm" } else { "reject" };
    meant(text, &[Verdict::Confirm, Verdict::Reject], code, |text, verdict| {
        words_of(text, &format!("match-{}-words", code(verdict)))
    })
    .ok_or_else(|| "one of 'confirm, reject'".into())
}

/// The words of the catalogue's key, side by side there.
fn words_of(text: &Text, key: &str) -> Vec<String> {
    text.say(key).split(text.comma()).map(str::to_owned).collect()
}

/// A number with digits of any width.
pub fn number<T: FromStr>(text: &str) -> Result<T, T::Err> {
    half_width(text).trim().parse()
}

/// An id that a list of the screen gave.
pub fn id(text: &str) -> Result<String, String> {
    Ok(half_width(text).trim().to_lowercase())
}

/// Whom to look for.
pub fn query(text: &str) -> Result<String, String> {
    if text.trim().is_empty() { Err("a name, a number or an id".into()) } else { Ok(text.to_owned()) }
}

pub fn finding(text: &str) -> Result<FindingId, <FindingId as FromStr>::Err> {
    FindingId::read(text)
}

pub fn day(text: &str) -> Result<Date, String> {
    let text = half_width(text);
    let text = text.trim();
    let is_written_so = text.len() == 10
        && text.bytes().enumerate().all(|(at, b)| if matches!(at, 4 | 7) { b == b'-' } else { b.is_ascii_digit() });
    text.parse().map_err(|_| if is_written_so { "there is no such day".into() } else { "a day is YYYY-MM-DD".into() })
}

/// An area as a person writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Place {
    Code(Area),
    /// What it is called; which that is, the node knows.
    Name(String),
}

pub fn place(text: &str) -> Result<Place, <Area as FromStr>::Err> {
    let written = half_width(text).trim().to_owned();
    match area(&written) {
        Ok(area) => Ok(Place::Code(area)),
        Err(error) if written.is_ascii() => Err(error),
        Err(_) => Ok(Place::Name(written)),
    }
}

pub fn area(text: &str) -> Result<Area, <Area as FromStr>::Err> {
    half_width(text).parse()
}

/// The one of `all` that `written` stands for.
fn meant<T: Copy>(
    written: &str,
    all: &[T],
    code: impl Fn(T) -> &'static str,
    words: impl Fn(&Text, T) -> Vec<String>,
) -> Option<T> {
    let plain = |text: &str| half_width(text).trim().to_lowercase();
    let written = plain(written);
    let by_code = all.iter().copied().find(|one| code(*one) == written);
    by_code.or_else(|| {
        // Which language the office speaks is not known before the command line is read.
        [Language::Chinese, Language::English].into_iter().map(Text::new).find_map(|text| {
            let is_meant = |one: &T| words(&text, *one).iter().any(|word| plain(word) == written);
            all.iter().copied().find(is_meant)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clerk_writes_the_words_of_the_screen_and_a_program_the_codes() {
        for (written, meant) in [("dibao", List::Dibao), ("低保", List::Dibao), ("计生", List::Family)] {
            assert_eq!(list(written), Ok(meant), "{written}");
        }
        for language in [Language::Chinese, Language::English] {
            let text = Text::new(language);
            for known in List::ALL {
                assert_eq!(list(&text.list(Some(known))), Ok(known));
            }
            for known in Severity::ALL {
                assert_eq!(severity(&text.severity(known)), Ok(known));
            }
            for known in RULES {
                assert_eq!(rule(&text.rule(known.id)).as_deref(), Ok(known.id));
            }
            for known in Disposition::ALL {
                assert_eq!(disposition(&text.disposition(known.as_str())), Ok(known));
            }
            for known in EventKind::ALL {
                assert_eq!(event_kind(&text.event_kind(known)), Ok(known));
            }
        }
        assert_eq!(severity("ＨＩＧＨ "), Ok(Severity::High));
        for (written, meant) in [("同一人", Verdict::Confirm), ("是", Verdict::Confirm), ("不是", Verdict::Reject)]
        {
            assert_eq!(verdict(written), Ok(meant), "{written}");
        }
        assert!(verdict("属实").is_err() && event_kind("死").is_err());
        assert!(list("低").is_err() && list("").is_err() && severity("高高").is_err() && rule("迁走").is_err());
    }

    #[test]
    fn who_writes_none_of_the_words_is_told_them_in_chinese() {
        let (help, text) = (Text::help(), Text::new(Language::Chinese));
        let told = |said: String| help.words(&said);
        let lists = told(list("低").unwrap_err());
        assert!(List::ALL.iter().all(|known| lists.contains(&text.list(Some(*known)))), "{lists}");
        let severities = told(severity("很高").unwrap_err());
        assert!(Severity::ALL.iter().all(|known| severities.contains(&text.severity(*known))), "{severities}");
        let verdicts = told(disposition("是").unwrap_err());
        assert!(
            Disposition::ALL.iter().all(|known| verdicts.contains(&text.disposition(known.as_str()))),
            "{verdicts}"
        );
        let kinds = told(event_kind("死").unwrap_err());
        assert!(EventKind::ALL.iter().all(|known| kinds.contains(&text.event_kind(*known))), "{kinds}");
        let pairs = told(verdict("属实").unwrap_err());
        assert!(pairs.contains(&text.say("match-confirm-words")), "{pairs}");
        assert!(pairs.contains(&text.say("match-reject-words")), "{pairs}");
    }

    #[test]
    fn what_a_chinese_keyboard_gives_is_read_as_what_it_looks_like() {
        assert_eq!(finding("ＦＡＢＣＤＥＦＧＨ０１"), "fabcdefgh01".parse());
        assert_eq!(day("２０２６－０３－０１").unwrap().to_string(), "2026-03-01");
        assert_eq!(area("５１９９０１００１").unwrap().to_string(), "519901001");
        assert_eq!((number::<u64>("６０ "), id("Ｈ１").as_deref()), (Ok(60), Ok("h1")));
        assert!(number::<u64>("六十").is_err() && query(" 　").is_err());
        let called = |text: &str| place(text).ok();
        assert_eq!(called("５１９９０１００１"), Some(Place::Code("519901001".parse().unwrap())));
        assert_eq!(
            (called(" 王庄村　"), called("51990"), called("x")),
            (Some(Place::Name("王庄村".into())), None, None)
        );
        assert!(finding("x").is_err() && day("昨天").is_err() && area("51990").is_err());
    }
}
