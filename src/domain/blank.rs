//! Characters that nobody sees.

/// Blanks of every width, and what copied cells carry without a trace on the screen: joiners, marks of direction, byte
/// order marks, soft hyphens (DOMAIN.md section 6).
pub fn is_blank(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
