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

#[cfg(test)]
mod tests {
    #[test]
    fn neither_name_nor_number_is_whole() {
        assert_eq!(super::id_number("519901198001010019"), "519901**********19");
        assert_eq!(super::id_number("12345"), "*****");
        assert_eq!(super::name("吉木·子洛"), "吉****");
        assert_eq!(super::name("王"), "*");
    }
}
