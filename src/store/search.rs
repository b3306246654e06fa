//! People by what is written of them.

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;

use super::View;
use super::codec::{Doing, uid};
use crate::domain::blank::is_blank;
use crate::domain::{Uid, name};
use crate::error::Result;

/// What of a query can be looked for: what stands for any text is nothing.
pub fn sought(query: &str) -> String {
    query.replace(['%', '_'], "").trim_matches(is_blank).to_owned()
}

/// Makes `name_folded(name)` known to SQL: the name as [`name::fold`] has it, without its dots.
pub(super) fn teach(conn: &Connection) -> rusqlite::Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    conn.create_scalar_function("name_folded", 1, flags, |ctx| {
        let written =
            ctx.get_raw(0).as_str_or_null().map_err(|error| rusqlite::Error::UserFunctionError(error.into()))?;
        Ok(written.map(|written| name::undotted(&name::fold(written)).into_string()))
    })
}

impl View<'_> {
    /// People of whom a line's name or number contains what is [`sought`] by `query`: the name as written, or as folded for
    /// comparing. Those who stand on a list come first. None where nothing is left of the query; at most `limit`.
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<Uid>> {
        let sought = sought(query);
        if sought.is_empty() {
            return Ok(Vec::new());
        }
        let pattern = format!("%{sought}%");
        // The limit is of people and not of lines: one person stands on several lists.
        self.conn
            .prepare_cached(
                "SELECT coalesce(l.person, e.uid) AS whose FROM entries e LEFT JOIN linked l ON l.entry = e.id
                 WHERE (body ->> 'name') LIKE ?1 OR (body ->> 'id') LIKE ?1 OR name_folded(body ->> 'name') LIKE ?1
                 GROUP BY whose ORDER BY min(e.removed IS NOT NULL), min(e.id) LIMIT ?2",
            )
            .and_then(|mut s| s.query_map((pattern, limit as i64), |row| uid(row, 0))?.collect())
            .doing("searching people")
    }
}
