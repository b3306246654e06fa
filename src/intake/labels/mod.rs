//! What stands around the lines of a sheet and is said of all of them: in the names of folders, files and sheets, in
//! titles, and in texts alone between the lines. One file reads one thing from them: which list it is (`named`), of which
//! day (`stated`), of whom (`area`, by what `places` are called), which part of a list (`part`), and how those below ended
//! (`fate`, `band`).

pub mod area;
pub mod band;
pub mod fate;
pub mod named;
pub mod part;
pub mod places;
pub mod stated;
