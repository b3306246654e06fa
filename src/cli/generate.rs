//! Man pages and shell completions for the package, made from the command line itself.

use std::path::PathBuf;

use super::screen::Screen;
use super::{Outcome, command, help};
use crate::daemon::control::Exit;
use crate::error::Context;

/// Write the man pages, one a verb, into a folder, and the Chinese ones below it
#[derive(Debug, clap::Args)]
pub struct ManArgs {
    /// Where they go
    folder: PathBuf,
}

/// Print the completions of a shell
#[derive(Debug, clap::Args)]
pub struct CompletionArgs {
    /// bash, zsh, fish, elvish or powershell
    shell: clap_complete::Shell,
}

pub fn man(args: ManArgs, screen: &mut Screen) -> Outcome {
    let chinese = args.folder.join("zh_CN");
    for (folder, command) in [(&args.folder, command()), (&chinese, help::in_chinese(command()))] {
        std::fs::create_dir_all(folder).or_say_at("making the folder", folder)?;
        clap_mangen::generate_to(command, folder).or_say_at("writing the man pages", folder)?;
    }
    screen.say_with("say-written", &[("file", &args.folder.display())]);
    Ok(Exit::Done)
}

pub fn completions(args: CompletionArgs) -> Outcome {
    clap_complete::generate(args.shell, &mut command(), "rosterd", &mut std::io::stdout());
    Ok(Exit::Done)
}
