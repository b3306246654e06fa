//! rosterd: recognises who is who across the rosters of villages, townships and counties, and reports what
//! contradicts what.
//!
//! # The map
//! ```text
//!  files, databases                                        parent node
//!      | intake: watch, read, recognise, clean, diff           ^  sync: push what is above the watermark
//!      v                                                       |        pull notices
//!  daemon::pass ──> store ──> linkage ──> reconcile ──> rules ──> findings ──> report, cli, metrics
//!                     ^
//!  children ── sync ──┘
//! ```
//! | module | idea |
//! |---|---|
//! | [`domain`] | the trade's words as types; pure |
//! | [`linkage`] | which lines are the same human; pure |
//! | [`reconcile`] | what happened to a person; pure |
//! | [`rules`] | what contradicts what; pure; the one table of rules |
//! | [`intake`] | from any file to cleaned lines |
//! | [`store`] | the sole owner of the SQLite file |
//! | [`sync`] | the link between the levels |
//! | [`report`] | sentences in two languages, the mismatch log |
//! | [`settings`] | what an office sets, checked once |
//! | [`daemon`] | joins them: the pass, the loop, the answers to the verbs |
//! | [`cli`] | one file a verb; the only place that prints |
//! | [`crash`] | places at which the fault tests end a debug build |
//!
//! # Invariants
//! - Each office owns what it reports: nobody's entry is overwritten by another office's.
//! - Nothing is cut off by itself: a finding is a lead for a person, with its evidence.
//! - `domain`, `linkage`, `reconcile` and `rules` know no I/O, clock, async, logging or SQL; `today` is an argument.
//! - `intake`, `store`, `sync` and `report` do not import each other; `daemon` joins them.
//! - Order is by sequence number, never by clock. What must travel is decided in the transaction that changed it.
//! - Every transaction leaves a state from which the next start goes on: what waits to be done is in the store.
//! - No name or number stands whole in a log, an error, a metric or a URL.

pub mod cli;
pub mod crash;
pub mod daemon;
pub mod domain;
pub mod error;
pub mod intake;
pub mod linkage;
pub mod reconcile;
pub mod report;
pub mod rules;
pub mod settings;
pub mod store;
pub mod sync;
