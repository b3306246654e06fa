//! Tags, attributes and entities of HTML and XML, as far as tables need them.

/// A tag or what stands between two.
pub enum Piece<'t> {
    Text(&'t str),
    Open { name: &'t str, attributes: &'t str, closed: bool },
    Close { name: &'t str },
}

/// Cuts markup into tags and texts. What is no tag is text.
pub struct Pieces<'t> {
    pub rest: &'t str,
}

impl<'t> Iterator for Pieces<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Piece<'t>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(inner) = self.rest.strip_prefix('<') else {
                let end = self.rest.find('<').unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.rest = rest;
                return Some(Piece::Text(text));
            };
            if let Some(comment) = inner.strip_prefix("!--") {
                self.rest = comment.find("-->").map_or("", |end| &comment[end + 3..]);
                continue;
            }
            if let Some(data) = inner.strip_prefix("![CDATA[") {
                let end = data.find("]]>").unwrap_or(data.len());
                self.rest = data.get(end + 3..).unwrap_or("");
                return Some(Piece::Text(&data[..end]));
            }
            let end = tag_end(inner);
            let tag = &inner[..end];
            self.rest = inner.get(end + 1..).unwrap_or("");
            if let Some(name) = tag.strip_prefix('/') {
                return Some(Piece::Close { name: local_name(name) });
            }
            if tag.starts_with(['!', '?']) {
                continue;
            }
            let closed = tag.ends_with('/');
            let tag = tag.trim_end_matches('/');
            let split = tag.find(|c: char| c.is_whitespace()).unwrap_or(tag.len());
            return Some(Piece::Open { name: local_name(&tag[..split]), attributes: &tag[split..], closed });
        }
    }
}

/// Where a tag ends; a `>` inside quotes does not end it.
fn tag_end(inner: &str) -> usize {
    let mut quote = None;
    for (at, c) in inner.char_indices() {
        match (quote, c) {
            (None, '>') => return at,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    inner.find('>').unwrap_or(inner.len())
}

fn local_name(name: &str) -> &str {
    let name = name.trim();
    name.rsplit(':').next().unwrap_or(name)
}

/// The value of an attribute, its namespace left out.
pub fn attribute<'t>(attributes: &'t str, wanted: &str) -> Option<&'t str> {
    let mut rest = attributes;
    while let Some(equals) = rest.find('=') {
        let name = local_name(rest[..equals].trim().rsplit(char::is_whitespace).next().unwrap_or(""));
        let value = rest[equals + 1..].trim_start();
        let (value, behind) = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => {
                let inner = &value[1..];
                let end = inner.find(quote).unwrap_or(inner.len());
                (&inner[..end], inner.get(end + 1..).unwrap_or(""))
            }
            _ => {
                let end = value.find(char::is_whitespace).unwrap_or(value.len());
                value.split_at(end)
            }
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = behind;
    }
    None
}

/// The value of an attribute that is a number.
pub fn count(attributes: &str, wanted: &str) -> Option<usize> {
    attribute(attributes, wanted)?.trim().parse().ok()
}

/// Entities to characters.
pub fn push_decoded(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let behind = &rest[at + 1..];
        let entity = behind.find(';').filter(|end| *end <= 10).map(|end| &behind[..end]);
        let decoded = entity.and_then(|entity| match entity {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            "nbsp" => Some(' '),
            "middot" => Some('·'),
            entity => {
                let digits = entity.strip_prefix('#')?;
                let code = match digits.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16),
                    None => digits.parse(),
                };
                char::from_u32(code.ok()?)
            }
        });
        match (decoded, entity) {
            (Some(c), Some(entity)) => {
                out.push(c);
                rest = &behind[entity.len() + 1..];
            }
            _ => {
                out.push('&');
                rest = behind;
            }
        }
    }
    out.push_str(rest);
}
