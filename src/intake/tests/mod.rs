//! Whole files through intake: a county of clerks, each known defect, and damage of any kind.

mod classes;
mod county;
mod defects;
mod ends;
pub(super) mod gathered;
mod habits;
mod noted;
mod robust;
mod side_by_side;
