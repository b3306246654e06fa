//! What a parent remembers of its children: watermarks and receipts.

use rusqlite::{OptionalExtension, Row};

use super::codec::{Doing, area, json};
use super::{View, Writer};
use crate::domain::Area;
use crate::error::Result;

/// A node that has joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    pub area: Area,
    pub name: String,
    pub epoch: Option<u64>,
    pub watermark: u64,
    pub retired: Vec<u64>,
    /// Unix milliseconds.
    pub last_contact: Option<i64>,
    pub resync: bool,
    /// A comparison that repairs nothing is asked for, to be made at its next contact.
    pub verify: bool,
    /// The version of the link's protocol it speaks; 0 before it was heard of.
    pub protocol: u16,
    /// JSON object: what it said of itself, and what is wrong.
    pub state: String,
}

impl Child {
    /// A child that was invited and has not yet been heard of.
    pub fn new(area: Area) -> Child {
        let state = "{}".to_owned();
        Child {
            area,
            name: String::new(),
            epoch: None,
            watermark: 0,
            retired: Vec::new(),
            last_contact: None,
            resync: false,
            verify: false,
            protocol: 0,
            state,
        }
    }
}

const COLUMNS: &str = "area, name, epoch, watermark, retired, last_contact, resync, state, verify, protocol";

fn child(row: &Row) -> rusqlite::Result<Child> {
    Ok(Child {
        area: area(row, 0)?,
        name: row.get(1)?,
        epoch: row.get::<_, Option<i64>>(2)?.map(|e| e as u64),
        watermark: row.get::<_, i64>(3)? as u64,
        retired: json(row, 4)?,
        last_contact: row.get(5)?,
        resync: row.get(6)?,
        state: row.get(7)?,
        verify: row.get(8)?,
        protocol: row.get(9)?,
    })
}

impl View<'_> {
    pub fn child(&self, of: Area) -> Result<Option<Child>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM children WHERE area = ?1"))
            .and_then(|mut s| s.query_row([of.padded() as i64], child).optional())
            .doing("reading what is known of a child")
    }

    pub fn children(&self) -> Result<Vec<Child>> {
        self.conn
            .prepare_cached(&format!("SELECT {COLUMNS} FROM children ORDER BY area"))
            .and_then(|mut s| s.query_map([], child)?.collect())
            .doing("reading what is known of the children")
    }

    pub fn receipt(&self, of: Area, epoch: u64, after: u64, last: u64) -> Result<Option<String>> {
        self.conn
            .prepare_cached(
                "SELECT receipt FROM receipts WHERE origin = ?1 AND epoch = ?2 AND after = ?3 AND last = ?4",
            )
            .and_then(|mut s| {
                s.query_row((of.padded() as i64, epoch as i64, after as i64, last as i64), |row| row.get(0)).optional()
            })
            .doing("reading a receipt")
    }
}

impl Writer<'_> {
    pub fn put_child(&self, child: &Child) -> Result<()> {
        self.conn
            .prepare_cached(
                "INSERT INTO children VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (area) DO UPDATE SET name = ?2, epoch = ?3, watermark = ?4, retired = ?5, last_contact = ?6,
                     resync = ?7, state = ?8, verify = ?9, protocol = ?10",
            )
            .and_then(|mut s| {
                s.execute((
                    child.area.padded() as i64,
                    &child.name,
                    child.epoch.map(|e| e as i64),
                    child.watermark as i64,
                    serde_json::to_string(&child.retired).unwrap_or_default(),
                    child.last_contact,
                    child.resync,
                    &child.state,
                    child.verify,
                    child.protocol,
                ))
            })
            .doing("writing what is known of a child")?;
        Ok(())
    }

    pub fn put_receipt(&self, of: Area, epoch: u64, after: u64, last: u64, receipt: &str) -> Result<()> {
        self.conn
            .prepare_cached("INSERT INTO receipts VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut s| s.execute((of.padded() as i64, epoch as i64, after as i64, last as i64, receipt)))
            .doing("keeping a receipt")?;
        Ok(())
    }
}
