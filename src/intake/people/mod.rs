//! Several people on one row. `beside` and `families` part those who have columns of their own, `crowd` those in one
//! cell, and `heads` puts in the head who is named beside the members. From there on each is read as if alone.

pub mod beside;
pub mod crowd;
pub mod families;
pub mod heads;
