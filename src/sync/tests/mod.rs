//! The link as offices live it: real sockets, real certificates, a model of the store in memory.

mod bad_lines;
mod dice;
mod exactly_once;
mod joining;
mod model;
mod office;
mod offline;
mod patience;
mod proxy;
mod renewal;
mod repair;
mod rogue;
mod simulation;
mod slow;
