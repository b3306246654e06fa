//! The command line: one file a verb. The only place that prints or draws progress.
//!
//! A verb asks through a [`Session`], which finds the settings, the daemon or the store, and a [`Screen`], which
//! keeps stdout for answers and stderr for everything else.

use std::any::Any;
use std::panic::Location;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{CommandFactory, Parser, Subcommand};

use crate::daemon::control::Exit;
use crate::error::Error;

mod access;
mod backup;
mod batch;
mod counts;
mod decide;
mod demo;
mod doctor;
mod events;
mod findings;
mod generate;
mod held;
mod help;
mod import;
mod init;
mod invite;
mod join;
mod link;
mod logging;
mod matches;
mod nightly;
mod owner;
mod pause;
mod people;
mod quarantine;
mod resync;
mod revoke;
mod rules;
mod run;
mod screen;
mod session;
mod setup;
mod sheet;
mod status;
mod table;
mod view;
mod words;

use screen::Screen;
use session::Session;

/// Recognises who is who across the rosters of villages, townships and counties, and reports what contradicts what.
///
/// An office drops the spreadsheets it already has into a folder. rosterd reads them, knows which lines are the same
/// person, and lists what does not fit: dead on one list and paid on another, in two villages at once, moved away and
/// forgotten. Every finding is a lead for a person to check; nothing is ever cut off by itself.
#[derive(Debug, Parser)]
#[command(
    name = "rosterd",
    version,
    subcommand_required = true,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "A first day:\n  \
        rosterd demo                      a whole county in a temporary folder, to look around\n  \
        rosterd setup                     this office, by a few questions\n  \
        rosterd status                    how it stands\n  \
        rosterd findings                  what does not fit\n\n\
        The settings are looked for at --config, $ROSTERD_CONFIG, ./rosterd.toml, /etc/rosterd/rosterd.toml.\n\
        Exit status: 0 done, 1 failed, 2 wrong usage, 3 not reachable or not acknowledged in time."
)]
struct Cli {
    /// The settings file
    #[arg(long, global = true, env = "ROSTERD_CONFIG", value_name = "FILE", value_parser = path())]
    config: Option<PathBuf>,
    #[command(subcommand)]
    verb: Verb,
}

/// A path, or nothing: the variable may be set and empty.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// What every reading verb takes.
#[derive(Debug, Clone, Copy, clap::Args)]
struct Output {
    /// One JSON object a line on stdout, and nothing else there
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Init(init::Args),
    Setup(setup::Args),
    Run(run::Args),
    #[command(flatten)]
    Ask(Question),
    Rules(rules::Args),
    Link(link::Args),
    Doctor(doctor::Args),
    Demo(demo::Args),
    #[command(hide = true)]
    Man(generate::ManArgs),
    #[command(hide = true)]
    Completions(generate::CompletionArgs),
}

/// The verbs that a running daemon, or the store, answers.
#[derive(Debug, Subcommand)]
enum Question {
    Status(status::Args),
    Findings(findings::Args),
    Events(events::Args),
    People(people::Args),
    Decide(decide::Args),
    Import(import::Args),
    Held(held::Args),
    Quarantine(quarantine::Args),
    Matches(matches::Args),
    Match(matches::MatchArgs),
    Rematch(link::RematchArgs),
    Access(access::Args),
    Invite(invite::Args),
    Join(join::Args),
    Revoke(revoke::Args),
    Resync(resync::Args),
    Verify(resync::VerifyArgs),
    Trust(revoke::TrustArgs),
    Pause(pause::Args),
    Resume(pause::ResumeArgs),
    ExportBatch(batch::ExportArgs),
    ImportBatch(batch::ImportArgs),
    Backup(backup::Args),
    Restore(backup::RestoreArgs),
    Rekey(backup::RekeyArgs),
}

/// Why a verb did not come to its end.
#[derive(Debug)]
struct Failed {
    error: Error,
    exit: Exit,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, exit: Exit::Failed }
    }
}

/// What a verb comes to.
type Outcome = Result<Exit, Failed>;

/// Parses the command line, does the verb, prints what went wrong; gives the exit status of CONTRACT.md.
pub fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| eprintln!("{}", words_of(panic.location(), panic.payload()))));
    let args = help::asked(std::env::args_os().collect());
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(said) => return help::tell(said, &args),
    };
    let mut screen = Screen::new();
    let exit = match dispatch(cli, &mut screen) {
        Ok(exit) => exit,
        Err(failed) => {
            screen.error(&failed.error);
            failed.exit
        }
    };
    screen.flush();
    ExitCode::from(exit.code())
}

/// What is told of a mistake in the program: where, and its own words. Those put together while it ran can hold a name or a
/// number out of somebody's list, and are left out.
fn words_of(place: Option<&Location>, words: &(dyn Any + Send)) -> String {
    let place = place.map(|at| format!(" at {}:{}", at.file(), at.line())).unwrap_or_default();
    let words = words.downcast_ref::<&'static str>().map(|words| format!(": {words}")).unwrap_or_default();
    format!("rosterd broke off{place}{words}")
}

/// The whole command line, for its man page, its completions and its tests.
fn command() -> clap::Command {
    Cli::command()
}

fn dispatch(cli: Cli, screen: &mut Screen) -> Outcome {
    let config = cli.config;
    match cli.verb {
        Verb::Init(args) => init::run(args, screen),
        Verb::Setup(args) => setup::run(args, config, screen),
        Verb::Rules(args) => rules::run(args, config.as_deref(), screen),
        Verb::Link(args) => link::run(args, config.as_deref(), screen),
        Verb::Doctor(args) => doctor::run(args, config.as_deref(), screen),
        Verb::Run(args) => run::run(args, Session::open(config.as_deref(), screen)?),
        Verb::Demo(args) => demo::run(args, screen),
        Verb::Man(args) => generate::man(args, screen),
        Verb::Completions(args) => generate::completions(args),
        Verb::Ask(question) => ask(question, &mut Session::open(config.as_deref(), screen)?),
    }
}

fn ask(question: Question, session: &mut Session) -> Outcome {
    match question {
        Question::Status(args) => status::run(args, session),
        Question::Findings(args) => findings::run(args, session),
        Question::Events(args) => events::run(args, session),
        Question::People(args) => people::run(args, session),
        Question::Decide(args) => decide::run(args, session),
        Question::Import(args) => import::run(args, session),
        Question::Held(args) => held::run(args, session),
        Question::Quarantine(args) => quarantine::run(args, session),
        Question::Resync(args) => resync::run(args, session),
        Question::Verify(args) => resync::verify(args, session),
        Question::Trust(args) => revoke::trust(args, session),
        Question::Pause(args) => pause::run(args, session),
        Question::Resume(args) => pause::resume(args, session),
        Question::Matches(args) => matches::run(args, session),
        Question::Match(args) => matches::settle(args, session),
        Question::Rematch(args) => link::rematch(args, session),
        Question::Invite(args) => invite::run(args, session),
        Question::Join(args) => join::run(args, session),
        Question::Revoke(args) => revoke::run(args, session),
        Question::Access(args) => access::run(args, session),
        Question::ExportBatch(args) => batch::export(args, session),
        Question::ImportBatch(args) => batch::import(args, session),
        Question::Backup(args) => backup::run(args, session),
        Question::Restore(args) => backup::restore(args, session),
        Question::Rekey(args) => backup::rekey(args, session),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_formed() {
        super::command().debug_assert();
    }

    #[test]
    fn an_id_may_be_typed_in_capitals() {
        let decide = |id| super::command().try_get_matches_from(["rosterd", "decide", id, "confirm", "--note", "x"]);
        assert!(decide("FMG5PA6YF99").is_ok() && decide("fmg5pa6yf99").is_ok() && decide("fmg5pa6yf9").is_err());
    }

    /// CONTRACT.md, command line.
    #[test]
    fn every_verb_of_the_contract_is_there_and_teaches() {
        let mut command = super::command();
        command.build();
        for verb in [
            "init",
            "invite",
            "join",
            "run",
            "status",
            "findings",
            "events",
            "people",
            "decide",
            "import",
            "held",
            "quarantine",
            "resync",
            "verify",
            "pause",
            "resume",
            "rules",
            "matches",
            "match",
            "link",
            "rematch",
            "revoke",
            "access",
            "export-batch",
            "import-batch",
            "backup",
            "restore",
            "rekey",
            "trust",
            "doctor",
            "setup",
            "demo",
        ] {
            let found = command.get_subcommands().find(|command| command.get_name() == verb);
            let found = found.unwrap_or_else(|| panic!("{verb} is missing"));
            assert!(found.get_long_about().or(found.get_about()).is_some(), "{verb} says nothing of itself");
        }
    }
}
