//! From the cells of one row to a [`Record`](crate::domain::Record) (DOMAIN.md 4-6).

pub mod choice;
pub mod date;
pub mod flag;
pub mod given;
pub mod name;
pub mod number;
pub mod place;
pub mod record;
pub mod remark;
pub mod told;
pub mod view;
pub mod words;
