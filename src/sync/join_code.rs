//! The join code: one word that a person carries from a parent to a child, by mail, chat or paper.

use std::fmt;
use std::str::FromStr;

use crate::domain::Area;
use crate::settings::is_address;

/// The first bytes of the BLAKE3 hash of a CA certificate (DER): what a child recognises its parent by.
/// 160 bits: nobody finds a second certificate for a given print.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuthorityPrint(pub [u8; 20]);

impl AuthorityPrint {
    pub fn of(certificate_der: &[u8]) -> AuthorityPrint {
        let mut print = [0; 20];
        print.copy_from_slice(&blake3::hash(certificate_der).as_bytes()[..20]);
        AuthorityPrint(print)
    }
}

impl fmt::Debug for AuthorityPrint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&super::protocol::to_hex(&self.0))
    }
}

/// A single-use secret. It is never shown by `Debug`, and a parent keeps only its hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub [u8; 16]);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Everything a child needs to find its parent, to recognise it, and to be let in once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinCode {
    /// `host:port`, the first to be tried first.
    pub addresses: Vec<String>,
    pub authority: AuthorityPrint,
    pub area: Area,
    pub secret: Secret,
}

const PREFIX: &str = "rosterd1";
const VERSION: u8 = 1;
const AREA_BYTES: usize = 5;
const CHECK_BYTES: usize = 4;
/// A code is never longer; whoever pastes a whole letter is told so before it is decoded.
const CODE_CHARS_MAX: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JoinCodeError {
    #[error("this is no join code: it must begin with {PREFIX}")]
    NoCode,
    #[error("the join code is incomplete or mistyped: copy the whole line again")]
    Mistyped,
    #[error("the join code is of a newer rosterd: update this one first")]
    Newer,
}

fn check(bytes: &[u8]) -> [u8; CHECK_BYTES] {
    let mut check = [0; CHECK_BYTES];
    check.copy_from_slice(&blake3::hash(bytes).as_bytes()[..CHECK_BYTES]);
    check
}

impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.area.padded().to_be_bytes()[8 - AREA_BYTES..]);
        bytes.extend_from_slice(&self.authority.0);
        bytes.extend_from_slice(&self.secret.0);
        bytes.extend_from_slice(self.addresses.join(",").as_bytes());
        bytes.extend_from_slice(&check(&bytes));
        write!(f, "{PREFIX}{}", base32::encode(&bytes))
    }
}

impl FromStr for JoinCode {
    type Err = JoinCodeError;

    /// Forgiving about what mail programs and hands do: case, blanks, line breaks, dashes, O for 0 and l for 1.
    fn from_str(text: &str) -> Result<JoinCode, JoinCodeError> {
        if text.len() > CODE_CHARS_MAX {
            return Err(JoinCodeError::NoCode);
        }
        let text: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let digits = text.get(..PREFIX.len()).filter(|start| start.eq_ignore_ascii_case(PREFIX));
        let digits = digits.map(|_| &text[PREFIX.len()..]).ok_or(JoinCodeError::NoCode)?;
        let bytes = base32::decode(digits).ok_or(JoinCodeError::Mistyped)?;
        let (body, told) = bytes.split_last_chunk::<CHECK_BYTES>().ok_or(JoinCodeError::Mistyped)?;
        if check(body) != *told {
            return Err(JoinCodeError::Mistyped);
        }
        let (version, body) = body.split_first().ok_or(JoinCodeError::Mistyped)?;
        if *version != VERSION {
            return Err(JoinCodeError::Newer);
        }
        let read = || {
            let (area, body) = body.split_first_chunk::<AREA_BYTES>()?;
            let (authority, body) = body.split_first_chunk::<20>()?;
            let (secret, addresses) = body.split_first_chunk::<16>()?;
            let area = area.iter().fold(0u64, |number, byte| number << 8 | u64::from(*byte));
            let addresses = std::str::from_utf8(addresses).ok()?;
            let addresses: Vec<String> = addresses.split(',').map(str::to_owned).collect();
            if addresses.iter().any(|address| !is_address(address)) {
                return None;
            }
            let (authority, secret) = (AuthorityPrint(*authority), Secret(*secret));
            Some(JoinCode { addresses, authority, area: Area::from_padded(area)?, secret })
        };
        read().ok_or(JoinCodeError::Mistyped)
    }
}

/// Crockford's base 32 over bytes: no letter that is read as a digit.
mod base32 {
    const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

    pub fn encode(bytes: &[u8]) -> String {
        let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
        let (mut held, mut bits) = (0u32, 0);
        for byte in bytes {
            held = held << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                text.push(char::from(ALPHABET[(held >> bits & 31) as usize]));
            }
        }
        if bits > 0 {
            text.push(char::from(ALPHABET[(held << (5 - bits) & 31) as usize]));
        }
        text
    }

    pub fn decode(text: &str) -> Option<Vec<u8>> {
        let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
        let (mut held, mut bits) = (0u32, 0);
        for letter in text.bytes() {
            let letter = match letter.to_ascii_lowercase() {
                b'o' => b'0',
                b'i' | b'l' => b'1',
                other => other,
            };
            let digit = ALPHABET.iter().position(|a| *a == letter)?;
            held = held << 5 | digit as u32;
            bits += 5;
            if bits >= 8 {
                bits -= 8;
                bytes.push((held >> bits) as u8);
            }
        }
        Some(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn code() -> JoinCode {
        JoinCode {
            addresses: vec!["10.8.0.1:7443".into(), "[::1]:7443".into(), "county.example:7443".into()],
            authority: AuthorityPrint::of(b"a certificate"),
            area: "519901001200".parse().unwrap(),
            secret: Secret([7; 16]),
        }
    }

    #[test]
    fn a_code_reads_back_whatever_a_mail_program_did_to_it() {
        let text = code().to_string();
        assert!(text.bytes().all(|b| b.is_ascii_alphanumeric()) && text.len() < 160, "{text}");
        assert_eq!(text.parse(), Ok(code()));
        let mangled = text.to_uppercase().replace('0', "O").replace("ROSTERD1", "rosterdI");
        assert!(mangled.parse::<JoinCode>().is_err(), "the prefix is a word, not digits");
        let (head, tail) = text.split_at(60);
        let mangled = format!(" {}\r\n{}- ", head.to_uppercase(), tail.replace('0', "O").replace('1', "l"));
        assert_eq!(mangled.parse(), Ok(code()));
    }

    #[test]
    fn every_single_typo_is_told() {
        let text = code().to_string();
        for at in PREFIX.len()..text.len() {
            let mut typo = text.clone().into_bytes();
            typo[at] = if typo[at] == b'7' { b'8' } else { b'7' };
            let typo = String::from_utf8(typo).unwrap();
            // The last letter holds padding bits that say nothing.
            if at + 1 < text.len() {
                assert_eq!(typo.parse::<JoinCode>(), Err(JoinCodeError::Mistyped), "letter {at}");
            }
        }
        assert_eq!(text[..text.len() - 3].parse::<JoinCode>(), Err(JoinCodeError::Mistyped));
        assert_eq!("please join".parse::<JoinCode>(), Err(JoinCodeError::NoCode));
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}", tail in "[0-9a-z]{0,200}") {
            let _ = text.parse::<JoinCode>();
            let _ = format!("{PREFIX}{tail}").parse::<JoinCode>();
        }
    }
}
