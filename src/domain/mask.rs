//! What a name or a number looks like where it may be seen by anybody (DOMAIN.md 7: first 6 + last 2).

use unicode_normalization::UnicodeNormalization;

use super::blank::is_blank;
use super::name::{DOT, DOTS, fold, simple};
use super::width::half_width_char;

/// `519901198001010019` -> `519901**********19`; anything shorter than 10 characters is hidden whole.
pub fn id_number(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() < 10 {
        return "*".repeat(chars.len());
    }
    let hidden = chars.len() - 8;
    chars[..6].iter().collect::<String>() + &"*".repeat(hidden) + &chars[chars.len() - 2..].iter().collect::<String>()
}

/// Fewer digits are no number of a person.
const DIGITS_MIN: usize = 15;
const DIGITS_MAX: usize = 18;

/// A run of digits in a text, of whatever width.
struct Run {
    /// Bytes of the text.
    from: usize,
    to: usize,
    digits: String,
}

/// A text with every number in it as [`id_number`] shows it: every run of 15 or more digits, also one in pieces with blanks
/// or hyphens between where a day of birth stands in its place. Area codes and dates side by side are no number.
pub fn numbers_in(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for line in lines_of_runs(text) {
        let mut at = 0;
        while at < line.len() {
            let Some((upto, mut digits)) = number_at(&line[at..]) else {
                at += 1;
                continue;
            };
            let (from, mut to) = (line[at].from, line[at + upto - 1].to);
            at += upto;
            if digits.len() == DIGITS_MAX - 1
                && let Some(end) = check_letter(text, to)
            {
                digits.push('X');
                to = end;
            }
            out.push_str(&text[done..from]);
            out.push_str(&id_number(&digits));
            done = to;
        }
    }
    out.push_str(&text[done..]);
    out
}

/// The runs of digits of a text, those together that have nothing but blanks and hyphens between.
fn lines_of_runs(text: &str) -> Vec<Vec<Run>> {
    let mut lines: Vec<Vec<Run>> = vec![Vec::new()];
    let mut before = false;
    for (at, c) in text.char_indices() {
        let digit = narrow(c).filter(char::is_ascii_digit);
        match (digit, lines.last_mut()) {
            (Some(digit), Some(line)) => {
                let to = at + c.len_utf8();
                match line.last_mut().filter(|_| before) {
                    Some(run) => {
                        run.to = to;
                        run.digits.push(digit);
                    }
                    None => line.push(Run { from: at, to, digits: digit.to_string() }),
                }
            }
            (None, Some(line)) if !line.is_empty() && !is_between(c) => lines.push(Vec::new()),
            _ => {}
        }
        before = digit.is_some();
    }
    lines
}

/// How many runs from the first on are one number, and its digits.
fn number_at(runs: &[Run]) -> Option<(usize, String)> {
    let mut digits = runs[0].digits.clone();
    let is_whole = digits.len() >= DIGITS_MIN;
    let mut upto = 1;
    while let Some(next) = runs.get(upto)
        && (digits.len() < DIGITS_MIN || digits.len() + next.digits.len() <= DIGITS_MAX)
    {
        digits.push_str(&next.digits);
        upto += 1;
    }
    if digits.len() >= DIGITS_MIN && has_birth(&digits) {
        return Some((upto, digits));
    }
    is_whole.then(|| (1, runs[0].digits.clone()))
}

/// Whether a day of birth stands where a number has it: behind the area, with or without the century.
fn has_birth(digits: &str) -> bool {
    let place = |from: usize, to: usize| digits[from..to].parse::<u32>().unwrap_or(0);
    let is_day = |at: usize| (1..=12).contains(&place(at, at + 2)) && (1..=31).contains(&place(at + 2, at + 4));
    (1880..2100).contains(&place(6, 10)) && is_day(10) || digits.len() == DIGITS_MIN && is_day(8)
}

/// Where the X behind 17 digits ends.
fn check_letter(text: &str, from: usize) -> Option<usize> {
    let (at, c) = text[from..].char_indices().find(|(_, c)| !is_between(*c))?;
    narrow(c).is_some_and(|c| c.eq_ignore_ascii_case(&'x')).then(|| from + at + c.len_utf8())
}

fn is_between(c: char) -> bool {
    is_blank(c) || matches!(narrow(c), Some('-' | '_')) || matches!(c, '—' | '–' | '‐' | '‑')
}

/// A letter, digit or mark of full width as one of half; `None` for what is neither.
fn narrow(c: char) -> Option<char> {
    Some(half_width_char(c)).filter(char::is_ascii)
}

/// `王小明` -> `王**`; a name of one character is hidden. Blanks and remarks count for nothing: `周 七(已故)` is `周*`.
pub fn name(text: &str) -> String {
    let folded = fold(text);
    // Called by a parent's name, or no name at all: as it stands.
    match folded.is_empty() {
        true => first_of(&text.chars().filter(|c| !is_blank(*c)).collect::<String>()),
        false => first_of(&folded),
    }
}

/// The first character and how many there are, blanks too; one alone is hidden.
pub fn first_of(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => {
            let rest = chars.count();
            if rest == 0 { "*".to_owned() } else { format!("{first}{}", "*".repeat(rest)) }
        }
    }
}

/// `text` with the name `whose` in it as [`name`] shows it, whichever way either is written: with blanks, in another width, in
/// traditional or variant characters, with another dot or none. A name of one character may be any word.
pub fn name_in(text: &str, whose: &str) -> String {
    let folded = fold(whose);
    let sought: Vec<char> = match folded.is_empty() {
        // Called by a parent's name: it is looked for as it stands.
        true => whose.chars().flat_map(fold_one).collect(),
        false => folded.chars().filter(|c| *c != DOT).collect(),
    };
    if sought.len() < 2 {
        return text.to_owned();
    }
    let shown = name(&sought.iter().collect::<String>());
    // What is left of the text when it is folded, and the bytes it stood in.
    let bare: Vec<(char, usize, usize)> = text
        .char_indices()
        .flat_map(|(at, c)| fold_one(c).map(move |folded| (folded, at, at + c.len_utf8())))
        .collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut done) = (0, 0);
    while at + sought.len() <= bare.len() {
        let here = &bare[at..at + sought.len()];
        if !here.iter().zip(&sought).all(|((c, _, _), sought)| c == sought) {
            at += 1;
            continue;
        }
        // A character that is several when it is folded may end one and begin the next.
        out.push_str(&text[done..here[0].1.max(done)]);
        out.push_str(&shown);
        done = here[here.len() - 1].2;
        at += sought.len();
    }
    out.push_str(&text[done..]);
    out
}

/// A character of a running text as a name would have it; nothing of blanks and dots.
fn fold_one(c: char) -> impl Iterator<Item = char> {
    let is_kept = |c: &char| !is_blank(*c) && !DOTS.contains(*c);
    c.nfkc().filter(is_kept).map(|c| if c.is_ascii() { c.to_ascii_uppercase() } else { simple(c) })
}

/// A text in which whatever may be the name that [`name`] showed as `masked` is shown so too: the name itself is not known
/// here. Other words that begin like it and are as long go with it.
pub fn names_like(text: &str, masked: &str) -> String {
    let shape: Vec<char> = masked.chars().collect();
    let mut chars: Vec<char> = text.chars().collect();
    if shape.first().is_none_or(|first| *first == '*') {
        return text.to_owned();
    }
    for at in 0..(chars.len() + 1).saturating_sub(shape.len()) {
        let place = &mut chars[at..at + shape.len()];
        let is_like = |(c, shown): (&char, &char)| c == shown || *shown == '*' && (c.is_alphabetic() || *c == '·');
        if place.iter().zip(&shape).all(is_like) {
            place.copy_from_slice(&shape);
        }
    }
    chars.into_iter().collect()
}

/// More differing places than this are no slip of the pen, and would show the number.
const DIFFERING_PLACES_MAX: usize = 4;

/// Numbers side by side: each as [`id_number`] shows it, and the places in which they differ, where those are few.
pub fn id_numbers(texts: &[&str]) -> Vec<String> {
    let chars: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    let differing = differing(&chars);
    let few = differing.iter().all(|places| places.len() <= DIFFERING_PLACES_MAX);
    let show = |(text, places): (&&str, &Vec<usize>)| {
        let masked = id_number(text);
        if !few {
            return masked;
        }
        let shown = masked.chars().zip(text.chars()).enumerate();
        shown.map(|(at, (hidden, c))| if places.contains(&at) { c } else { hidden }).collect()
    };
    texts.iter().zip(&differing).map(show).collect()
}

/// Names side by side: the surname and the characters in which they differ; of a name that would then be whole those
/// characters alone, or the surname alone.
pub fn names(texts: &[&str]) -> Vec<String> {
    let chars: Vec<Vec<char>> = texts.iter().map(|text| text.chars().collect()).collect();
    let differing = differing(&chars);
    let show = |(chars, places): (&Vec<char>, &Vec<usize>)| {
        let with_surname = (1..chars.len()).any(|at| !places.contains(&at));
        if places.len() == chars.len() || chars.len() < 2 {
            return name(&chars.iter().collect::<String>());
        }
        let is_shown = |at: usize| places.contains(&at) || (at == 0 && with_surname);
        chars.iter().enumerate().map(|(at, c)| if is_shown(at) { *c } else { '*' }).collect()
    };
    chars.iter().zip(&differing).map(show).collect()
}

/// For each text its places that are not the same in all: place by place where all are of one length, else what is left
/// between the beginning and the end that all share.
fn differing(texts: &[Vec<char>]) -> Vec<Vec<usize>> {
    let shortest = texts.iter().map(Vec::len).min().unwrap_or(0);
    let same = |at: &usize| texts.iter().all(|text| text[*at] == texts[0][*at]);
    if texts.iter().all(|text| text.len() == shortest) {
        let places: Vec<usize> = (0..shortest).filter(|at| !same(at)).collect();
        return vec![places; texts.len()];
    }
    let front = (0..shortest).take_while(same).count();
    let back = (0..shortest - front)
        .take_while(|at| texts.iter().all(|text| text[text.len() - 1 - at] == texts[0][texts[0].len() - 1 - at]))
        .count();
    texts.iter().map(|text| (front..text.len() - back).collect()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn whatever_is_written_around_them_neither_is_whole(
            text in "[0-9０-９ 　xX.王芳國国Ⅲⅷ·-]{0,60}",
            // None that begins within a character of the text: what is left of that one would begin another.
            whose in "[王芳國国Ⅲ·　]{2,4}",
        ) {
            let sought = super::name_in(&whose, &whose);
            let masked = super::name_in(&text, &whose);
            if sought != whose {
                prop_assert_eq!(super::name_in(&masked, &whose), masked.clone(), "no whole name is left");
            }
            let masked = super::numbers_in(&text);
            let longest = masked.split(|c| super::narrow(c).is_none_or(|c| !c.is_ascii_digit())).map(|run| run.chars().count());
            prop_assert!(longest.max() < Some(15), "{}", masked);
        }
    }

    #[test]
    fn side_by_side_what_differs_can_be_seen_and_the_whole_cannot() {
        let numbers = |texts: &[&str]| super::id_numbers(texts).join(" ");
        assert_eq!(
            numbers(&["519901198001010019", "519901198001070019"]),
            "519901*******1**19 519901*******7**19",
            "one digit"
        );
        assert_eq!(
            numbers(&["519901198001010019", "51990119800101019"]),
            "519901*********019 519901*********19",
            "one digit too many"
        );
        assert_eq!(numbers(&["519901198001010019", "519902197512240035"]), "519901**********19 519902**********35");
        let names = |texts: &[&str]| super::names(texts).join(" ");
        assert_eq!(names(&["王小明", "王晓明"]), "王小* 王晓*");
        assert_eq!(names(&["王芳", "王方"]), "*芳 *方", "never the whole name");
        assert_eq!(names(&["方芳", "房芳"]), "方* 房*");
        assert_eq!(names(&["张三", "李四五"]), "张* 李**");
        assert_eq!(names(&["赵德海", "赵德"]), "赵*海 赵*");
        assert_eq!(names(&["王", "李"]), "* *");
    }

    #[test]
    fn a_name_that_is_not_known_is_hidden_by_its_surname_and_length() {
        for (text, masked, want) in [
            ("与李秀英重号，请李秀英来", "李**", "与李**重号，请李**来"),
            ("李秀英", "李**", "李**"),
            ("李秀", "李**", "李秀"),
            ("吉木·子洛已电话核实", "吉****", "吉****已电话核实"),
            ("李，重号", "李**", "李，重号"),
            ("某人", "*", "某人"),
            ("", "李**", ""),
        ] {
            assert_eq!(super::names_like(text, masked), want);
        }
    }

    #[test]
    fn neither_name_nor_number_is_whole() {
        assert_eq!(super::id_number("519901198001010019"), "519901**********19");
        assert_eq!(super::id_number("12345"), "*****");
        assert_eq!(super::name("吉木·子洛"), "吉****");
        for (written, masked) in [
            ("张　一", "张*"),
            ("张一", "张*"),
            ("周七(已故)", "周*"),
            ("周\n七", "周*"),
            ("许国强之子", "许****"),
            ("", ""),
        ] {
            assert_eq!(super::name(written), masked, "{written}");
        }
        assert_eq!(super::name("王"), "*");
        assert_eq!(super::numbers_in("见 519901198001010019。"), "见 519901**********19。");
        assert_eq!(
            super::numbers_in("51990119800101001X,519901001201"),
            "519901**********1X,519901001201",
            "an area is shown"
        );
    }

    #[test]
    fn a_number_is_one_however_it_is_written() {
        for (text, want) in [
            ("见５１９９０１１９８００１０１００１９。", "见519901**********19。"),
            ("519901 1980 0101 0019", "519901**********19"),
            ("519901-19800101-001Ｘ,", "519901**********1X,"),
            ("519901 1980 0101 00 x 来过", "519901********00 x 来过"),
            ("519901　800101　001", "519901*******01"),
            ("519901198001010019 519902197512240035", "519901**********19 519902**********35"),
            ("5199011980010100190", "519901***********90"),
            ("519901 1980 0101 00190", "519901***********90"),
        ] {
            assert_eq!(super::numbers_in(text), want, "{text}");
        }
        for text in [
            "519901001200 2026-04.csv",
            "2026-04-30 519901001200 低保.csv",
            "2026-03-31 2026-04-30",
            "519901001200 519901001201",
            "0851-5555123 13800001111",
            "１２ 村 ３４",
        ] {
            assert_eq!(super::numbers_in(text), text, "dates, areas and telephones are shown");
        }
    }
}
