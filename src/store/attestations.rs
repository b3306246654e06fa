//! What offices signed of what they hold: the latest word of each. What a word says is read elsewhere.

use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};

use super::codec::{Doing, area, json, word};
use super::{View, Writer};
use crate::domain::Area;
use crate::error::Result;

/// How a word goes with what is held here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Accord {
    /// Not compared yet.
    Pending,
    Equal,
    Differs,
    /// The last word that came was not signed by the key it names; the one before it stands.
    Forged,
    /// Signed by another key than the one this office is known by.
    OtherKey,
}

impl Accord {
    pub fn as_str(self) -> &'static str {
        match self {
            Accord::Pending => "pending",
            Accord::Equal => "equal",
            Accord::Differs => "differs",
            Accord::Forged => "forged",
            Accord::OtherKey => "other-key",
        }
    }

    fn parse(text: &str) -> Option<Accord> {
        let all = [Accord::Pending, Accord::Equal, Accord::Differs, Accord::Forged, Accord::OtherKey];
        all.into_iter().find(|accord| accord.as_str() == text)
    }
}

/// The latest word of one office.
#[derive(Debug, Clone, PartialEq)]
pub struct AttestationRow {
    pub origin: Area,
    pub seq: u64,
    /// As it was signed: the last that was believed.
    pub body: String,
    /// Hex.
    pub key: String,
    /// Epochs it spoke for before.
    pub retired: Vec<u64>,
    /// Unix milliseconds, as the two below.
    pub received: i64,
    pub accord: Accord,
    pub differs_since: Option<i64>,
    pub agreed: Option<i64>,
    /// How many rows of its access log are gone that an earlier word knew of.
    pub looks_lost: Option<u64>,
    /// A word by another key that came after that. It is believed once a person says so, and travels on meanwhile.
    pub other: Option<String>,
}

const COLUMNS: &str = "origin, seq, body, key, retired, received, accord, differs_since, agreed, looks_lost, other";

fn attestation(row: &Row) -> rusqlite::Result<AttestationRow> {
    Ok(AttestationRow {
        origin: area(row, 0)?,
        seq: row.get::<_, i64>(1)? as u64,
        body: row.get(2)?,
        key: row.get(3)?,
        retired: json(row, 4)?,
        received: row.get(5)?,
        accord: word(row, 6, Accord::parse)?,
        differs_since: row.get(7)?,
        agreed: row.get(8)?,
        looks_lost: row.get::<_, Option<i64>>(9)?.map(|lost| lost as u64),
        other: row.get(10)?,
    })
}

impl View<'_> {
    pub fn attestation(&self, of: Area) -> Result<Option<AttestationRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM attestations WHERE origin = ?1"))
            .and_then(|mut s| s.query_row([of.padded() as i64], attestation).optional())
            .doing("reading the word of an office")
    }

    /// The words of all offices, this one's own among them, by area.
    pub fn attestations(&self) -> Result<Vec<AttestationRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM attestations ORDER BY origin"))
            .and_then(|mut s| s.query_map([], attestation)?.collect())
            .doing("reading the words of offices")
    }

    pub(super) fn attestations_between(&self, after: u64, upto: u64) -> Result<Vec<AttestationRow>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM attestations WHERE seq > ?1 AND seq <= ?2 ORDER BY seq"))
            .and_then(|mut s| s.query_map((after as i64, upto as i64), attestation)?.collect())
            .doing("reading what must travel")
    }
}

impl Writer<'_> {
    /// Keeps a word that is to travel: it gets the next number.
    pub fn put_attestation(&self, row: &AttestationRow) -> Result<()> {
        self.update_attestation(&AttestationRow { seq: self.next_seq(), ..row.clone() })
    }

    /// Writes what was found out about a word, which travels no second time for it.
    pub fn update_attestation(&self, row: &AttestationRow) -> Result<()> {
        self.conn
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO attestations ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)"
            ))
            .and_then(|mut s| {
                s.execute((
                    row.origin.padded() as i64,
                    row.seq as i64,
                    &row.body,
                    &row.key,
                    serde_json::to_string(&row.retired).unwrap_or_default(),
                    row.received,
                    row.accord.as_str(),
                    row.differs_since,
                    row.agreed,
                    row.looks_lost.map(|lost| lost as i64),
                    &row.other,
                ))
            })
            .doing("keeping the word of an office")?;
        Ok(())
    }
}
