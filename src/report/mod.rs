//! What people read: the two-language catalogue of sentences ([`text`]) and the mismatch log ([`log`]).
pub mod log;
pub mod text;
