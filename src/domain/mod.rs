//! The trade's own words as types. Pure: no I/O, no clock, no SQL.
//!
//! *Architecture invariant:* nothing below `domain` knows where a line came from (file, database, child)
//! or what the date is today.

pub mod area;
pub mod blank;
pub mod date;
pub mod entry;
pub mod event;
pub mod finding;
pub mod id_number;
pub mod list;
pub mod mask;
pub mod name;
pub mod width;

pub use area::{Area, Level};
pub use blank::is_blank;
pub use date::{Date, PartialDate};
pub use entry::{Aid, Entry, Flow, Place, Reason, Record, Sex, Status, Uid};
pub use event::{Confidence, Event, EventKind};
pub use finding::{Disposition, Finding, FindingId, FindingStatus, SeenThrough, Severity};
pub use id_number::{IdFault, IdNumber, IdState};
pub use list::List;
pub use width::half_width;
