//! Whole files through intake: a county of clerks, each known defect, and damage of any kind.

mod asked;
mod bands;
mod called;
mod classes;
mod county;
mod crowds;
mod defects;
mod ends;
mod ends_by_header;
pub(super) mod gathered;
mod habits;
mod headers;
mod heads;
mod mistaken;
mod no_list;
mod noted;
mod parents;
mod repeats;
mod reviews;
mod robust;
mod side_by_side;
mod stopped;
mod totals;
