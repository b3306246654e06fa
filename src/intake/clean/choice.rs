//! Choices printed into one cell, of which the clerk ticks one.

/// What a choice is ticked with.
pub const TICKS: &[char] = &['☑', '☒', '√', '✓', '✔', '■', '●'];

/// Of choices printed into one cell the one that is ticked: 在册 of `☑在册 □死亡 □迁出` and of `在册√ 死亡□`. Of none, or of
/// more than one, nothing; of any other text the whole.
pub fn chosen(text: &str) -> &str {
    const BOXES: &[char] = &['□', '☐', '◯'];
    if !text.contains(BOXES) || !text.contains(|c: char| c.is_alphabetic()) {
        return text;
    }
    let marked = |c: char| BOXES.contains(&c) || TICKS.contains(&c);
    let leads = text.trim_start().starts_with(marked);
    let mut ticked = Vec::new();
    let mut tick_before = false;
    for choice in text.split_inclusive(marked) {
        let tick_behind = choice.ends_with(TICKS);
        if (leads && tick_before) || (!leads && tick_behind) {
            ticked.push(choice.trim_end_matches(marked).trim());
        }
        tick_before = tick_behind;
    }
    match ticked[..] {
        [one] => one,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_printed_choices_the_ticked_one_is_meant() {
        for (text, want) in [
            ("☑在册 □死亡 □迁出", "在册"),
            ("□在册 ☑死亡 □迁出", "死亡"),
            ("在册□ 死亡√ 迁出□", "死亡"),
            ("□ 在册  ■ 迁出", "迁出"),
            ("□在册 □死亡", ""),
            ("☑在册 ☑迁出 □死亡", ""),
            ("死亡", "死亡"),
            ("2026.3.5 □", "2026.3.5 □"),
        ] {
            assert_eq!(chosen(text), want, "{text}");
        }
    }
}
