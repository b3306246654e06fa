use std::fs::Permissions;
use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::os::unix::fs::{PermissionsExt, lchown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;

use super::init::Plan;
use super::screen::Screen;
use super::session::Session;
use super::{Failed, Outcome};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Area, Level};
use crate::error::{Context, Error};
use crate::settings::{Language, Settings};

/// Set this office up, by a few questions
///
/// Asks for area, name, folders, join code and whether to start the service; every answer is also a flag, and with
/// all of them nothing is asked. Run it as root to install the service; accounts in the group rosterd may then drop
/// files into the inbox.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    sudo rosterd setup\n  \
    sudo rosterd setup --area 519901001200 --name 200村 --code CODE --service yes\n  \
    rosterd setup --area 519901 --name 云岭县 --dir ~/rosterd --listen 0.0.0.0:7443 --service no")]
pub struct Args {
    /// The office's area: 6 digits a county, 9 a township, 12 a village
    #[arg(long, value_name = "CODE")]
    area: Option<Area>,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Where data and inbox go
    #[arg(long)]
    dir: Option<PathBuf>,
    /// The folder to watch, where it is another than DIR/inbox
    #[arg(long, value_name = "FOLDER")]
    inbox: Option<PathBuf>,
    /// The join code from the office above; empty for none
    #[arg(long)]
    code: Option<String>,
    /// Where the offices below come to; empty for none
    #[arg(long, value_name = "ADDR")]
    listen: Option<String>,
    /// Start the service now and at every boot: yes or no
    #[arg(long, value_name = "yes|no", value_parser = yes_or_no)]
    service: Option<bool>,
    /// Language of sentences for people: zh-CN or en
    #[arg(long, value_name = "LANGUAGE", value_parser = super::init::parse_language)]
    language: Option<Language>,
}

/// Where the package keeps settings and data; its service runs as an account of that name.
const PACKAGE_FILE: &str = "/etc/rosterd/rosterd.toml";
const PACKAGE_DIR: &str = "/var/lib/rosterd";
const ACCOUNT: &str = "rosterd";

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "是" => Ok(true),
        "n" | "no" | "否" => Ok(false),
        _ => Err("yes or no".into()),
    }
}

pub fn run(args: Args, config: Option<PathBuf>, screen: &mut Screen) -> Outcome {
    if let Some(language) = args.language {
        screen.speak(language);
    }
    screen.say("setup-welcome");
    // SAFETY: geteuid has no preconditions and cannot fail.
    let as_root = unsafe { libc::geteuid() } == 0;
    let usual_dir = if as_root { PathBuf::from(PACKAGE_DIR) } else { home().join("rosterd") };
    let area: Area = answer(screen, args.area, "area", None, "setup-bad-area")?;
    let name: String = answer(screen, args.name, "name", None, "setup-needed")?;
    let dir: PathBuf = answer(screen, args.dir, "dir", Some(usual_dir.display().to_string()), "setup-needed")?;
    let dir = super::session::absolute(&dir)?;
    let inbox: PathBuf =
        answer(screen, args.inbox, "inbox", Some(dir.join("inbox").display().to_string()), "setup-needed")?;
    let inbox = super::session::absolute(&inbox)?;
    let code = match area.level() {
        // Nobody stands above a county.
        Level::County => args.code.unwrap_or_default(),
        _ => answer(screen, args.code, "code", Some(String::new()), "setup-needed")?,
    };
    let listen = match area.level() {
        Level::Village => String::new(),
        _ => answer(screen, args.listen, "listen", Some(String::new()), "setup-bad-address")?,
    };
    let listen: Option<SocketAddr> = match listen.trim() {
        "" => None,
        text => Some(text.parse().map_err(|_| usage(screen, "setup-bad-address"))?),
    };
    let file = match config {
        Some(file) => super::session::absolute(&file)?,
        None if as_root && dir == Path::new(PACKAGE_DIR) => PathBuf::from(PACKAGE_FILE),
        None => dir.join("rosterd.toml"),
    };
    let plan = Plan {
        area,
        name,
        watch: (inbox != dir.join("inbox")).then_some(inbox.clone()),
        dir,
        file,
        parent: None,
        listen,
        advertise: None,
        language: args.language,
    };
    let settings = plan.carry_out(screen)?;
    screen.say_with("say-initialised", &[("dir", &plan.dir.display())]);
    if !code.trim().is_empty() {
        let mut session = Session { settings: settings.clone(), screen };
        let (row, exit) = session.row(&requests::Join { code: code.trim().to_owned() }, false)?;
        if exit != Exit::Done {
            return Ok(exit);
        }
        screen.say_with("say-joined", &[("parent", &super::view::cell(&row, "parent"))]);
    }
    if as_root {
        give_to_the_service(&settings)?;
    }
    let exit = service(args.service, &settings, screen)?;
    screen.say_with("setup-done", &[("inbox", &inbox.display())]);
    Ok(exit)
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn usage(screen: &Screen, key: &str) -> Failed {
    Failed { error: Error::new(screen.text().say(key)), exit: Exit::Usage }
}

/// The flag's value, else the person's; asked again until it reads. Enter takes `usual`.
fn answer<T: FromStr>(
    screen: &mut Screen,
    flag: Option<T>,
    name: &str,
    usual: Option<String>,
    wrong: &str,
) -> Result<T, Failed> {
    if let Some(value) = flag {
        return Ok(value);
    }
    let asks = std::io::stdin().is_terminal();
    if !asks {
        // A script that gives the needed flags wants the usual for the rest.
        return match usual.and_then(|usual| usual.parse().ok()) {
            Some(value) => Ok(value),
            None => {
                let text = screen.text().say_with("setup-no-terminal", &[("flag", &format!("--{name}"))]);
                Err(Failed { error: Error::new(text), exit: Exit::Usage })
            }
        };
    }
    let question = screen.text().say(&format!("setup-{name}"));
    loop {
        match &usual {
            Some(usual) if !usual.is_empty() => screen.prompt(format_args!("{question} [{usual}]")),
            _ => screen.prompt(&question),
        }
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).or_say("reading the answer")?;
        if read == 0 {
            return Err(usage(screen, "setup-needed"));
        }
        let given = match (line.trim(), &usual) {
            ("", Some(usual)) => usual.clone(),
            ("", None) => {
                screen.say("setup-needed");
                continue;
            }
            (given, _) => given.to_owned(),
        };
        match given.parse() {
            Ok(value) => return Ok(value),
            Err(_) => screen.say(wrong),
        }
    }
}

/// The folder spreadsheets go into, of an installed service: clerks whose account is in the service's group may drop
/// files there, and what they drop belongs to that group.
const INBOX_MODE: u32 = 0o2775;

/// The service's account owns the data, and its group may write the inbox, where the package made that account. The
/// service itself only reads the inbox.
fn give_to_the_service(settings: &Settings) -> Result<(), Failed> {
    let accounts = std::fs::read_to_string("/etc/passwd").or_say_at("reading the accounts", "/etc/passwd")?;
    let ids = accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, uid, gid) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        (name == ACCOUNT).then(|| Some((uid.parse::<u32>().ok()?, gid.parse::<u32>().ok()?)))?
    });
    let Some((uid, gid)) = ids else { return Ok(()) };
    let giving = "giving the folder to the service";
    super::owner::give(&settings.data_dir(), uid, gid).or_say_at(giving, settings.data_dir())?;
    let inbox = settings.inbox();
    lchown(&inbox, None, Some(gid)).or_say_at(giving, &inbox)?;
    std::fs::set_permissions(&inbox, Permissions::from_mode(INBOX_MODE)).or_say_at(giving, &inbox)?;
    Ok(())
}

/// Starts the service of the package where it is the one that was set up, and the person wants it.
fn service(wanted: Option<bool>, settings: &Settings, screen: &mut Screen) -> Outcome {
    // systemd makes this folder exactly while it is the init system (sd_booted(3)).
    let systemd = Path::new("/run/systemd/system").exists() && settings.file == Path::new(PACKAGE_FILE);
    if !systemd {
        if wanted != Some(false) {
            screen.say_with("setup-no-systemd", &[("file", &settings.file.display())]);
        }
        return Ok(if wanted == Some(true) { Exit::Failed } else { Exit::Done });
    }
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => {
            let text: String = answer(screen, None, "service", Some("y".into()), "setup-needed")?;
            yes_or_no(&text).unwrap_or(true)
        }
    };
    if !wanted {
        screen.say_with("say-next-run", &[("file", &settings.file.display())]);
        return Ok(Exit::Done);
    }
    let status = Command::new("systemctl").args(["enable", "--now", "rosterd.service"]).status();
    match status {
        Ok(status) if status.success() => {
            screen.say("setup-service-started");
            Ok(Exit::Done)
        }
        Ok(_) => {
            let text = screen.text();
            Err(Error::new(text.say("setup-service-failed")).hint(text.say("setup-service-failed-hint")).into())
        }
        Err(error) => Err(Error::new("starting the service").because(error).into()),
    }
}
