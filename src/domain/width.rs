//! Letters and digits as a Chinese keyboard gives them: `５１９９０１` is `519901`.

/// The plain form of a full-width letter, digit or sign; anything else as it is.
pub fn half_width_char(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        _ => c,
    }
}

/// `text` with every character as [`half_width_char`] gives it.
pub fn half_width(text: &str) -> String {
    text.chars().map(half_width_char).collect()
}
