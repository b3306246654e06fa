//! What a name or a number looks like where it may be seen by anybody (DOMAIN.md 7: first 6 + last 2).

/// `519901198001010019` -> `519901**********19`; anything shorter than 10 characters is hidden whole.
pub fn id_number(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    if chars.len() < 10 {
        return "*".repeat(chars.len());
    }
    let hidden = chars.len() - 8;
    chars[..6].iter().collect::<String>() + &"*".repeat(hidden) + &chars[chars.len() - 2..].iter().collect::<String>()
}

/// A text with every number in it as [`id_number`] shows it: every run of 15 or more digits.
pub fn numbers_in(text: &str) -> String {
    const DIGITS_MIN: usize = 15;
    let mut out = String::with_capacity(text.len());
    let mut run = String::new();
    for c in text.chars().chain(std::iter::once('\n')) {
        if c.is_ascii_digit() || (matches!(c, 'x' | 'X') && run.len() == 17) {
            run.push(c);
            continue;
        }
        if run.len() >= DIGITS_MIN {
            out.push_str(&id_number(&run))
        } else {
            out.push_str(&run)
        }
        run.clear();
        out.push(c);
    }
    out.pop();
    out
}

/// `王小明` -> `王**`; a name of one character is hidden.
pub fn name(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        None => String::new(),
        Some(first) => {
            let rest = chars.count();
            if rest == 0 { "*".to_owned() } else { format!("{first}{}", "*".repeat(rest)) }
        }
    }
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
        assert_eq!(super::name("王"), "*");
        assert_eq!(super::numbers_in("见 519901198001010019。"), "见 519901**********19。");
        assert_eq!(
            super::numbers_in("51990119800101001X,519901001201"),
            "519901**********1X,519901001201",
            "an area is shown"
        );
    }
}
