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
use super::{Failed, Outcome, words};
use crate::daemon::control::{Exit, requests};
use crate::domain::{Area, Level};
use crate::error::{Context, Error};
use crate::settings::{Language, Settings, is_name};
use crate::sync::join_code::JoinCode;

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
    #[arg(long, value_name = "CODE", value_parser = words::area)]
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
    #[arg(long, value_parser = optional::<JoinCode>)]
    code: Option<Optional<JoinCode>>,
    /// Where the offices below come to; empty for none
    #[arg(long, value_name = "ADDR", value_parser = optional::<SocketAddr>)]
    listen: Option<Optional<SocketAddr>>,
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

/// An answer that may be left out.
#[derive(Debug, Clone)]
struct Optional<T>(Option<T>);

fn optional<T: FromStr<Err: ToString>>(text: &str) -> Result<Optional<T>, String> {
    match text.trim() {
        "" => Ok(Optional(None)),
        text => text.parse().map(|value| Optional(Some(value))).map_err(|error: T::Err| error.to_string()),
    }
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text.trim().to_lowercase().as_str() {
        "y" | "yes" | "是" => Ok(true),
        "n" | "no" | "否" => Ok(false),
        _ => Err("one of 'yes, no'".into()),
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
    let area: Area = answer(screen, args.area, "area", None, "setup-bad-area", |text| words::area(text).ok())?;
    let short = |text: &str| is_name(text).then(|| text.to_owned());
    let name: String = answer(screen, args.name, "name", None, "setup-bad-name", short)?;
    let path = |text: &str| Some(PathBuf::from(text));
    let usual = usual_dir.display().to_string();
    let dir: PathBuf = answer(screen, args.dir, "dir", Some(usual), "setup-needed", path)?;
    let dir = super::session::absolute(&dir)?;
    let usual = dir.join("inbox").display().to_string();
    let inbox: PathBuf = answer(screen, args.inbox, "inbox", Some(usual), "setup-needed", path)?;
    let inbox = super::session::absolute(&inbox)?;
    // Looked at before anything is written: a wrong one would leave half an office.
    let code = match area.level() {
        // Nobody stands above a county.
        Level::County => Optional(None),
        _ => answer(screen, args.code, "code", Some(String::new()), "setup-bad-code", |text| {
            optional::<JoinCode>(text).ok().filter(|code| code.0.as_ref().is_none_or(|code| code.area == area))
        })?,
    };
    if let Some(code) = code.0.as_ref().filter(|code| code.area != area) {
        let what = format!("this join code is for {}, this node is {area}", code.area);
        return Err(Failed { error: Error::new(what), exit: Exit::Usage });
    }
    let Optional(listen) = match area.level() {
        Level::Village => Optional(None),
        _ => {
            answer(screen, args.listen, "listen", Some(String::new()), "setup-bad-address", |text| optional(text).ok())?
        }
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
    // A parent that is away keeps nobody from working: the office can join later.
    let joined = match code.0 {
        Some(code) => join(&code, &settings, screen)?,
        None if area.level() == Level::County => Exit::Done,
        None => {
            screen.say_with("setup-join-later", &[("config", &named(&settings))]);
            Exit::Done
        }
    };
    if as_root {
        give_to_the_service(&settings)?;
    }
    let exit = service(args.service, &settings, screen)?;
    screen.say_with("setup-done", &[("inbox", &inbox.display()), ("config", &named(&settings))]);
    Ok(if exit == Exit::Done { joined } else { exit })
}

/// What a verb needs behind it to find the settings: nothing where they lie where every verb looks.
fn named(settings: &Settings) -> String {
    match settings.file == Path::new(PACKAGE_FILE) {
        true => String::new(),
        false => format!(" --config {}", settings.file.display()),
    }
}

/// Enrols with the parent; where that does not work, says so and how to go on.
fn join(code: &JoinCode, settings: &Settings, screen: &mut Screen) -> Outcome {
    let mut session = Session::of(settings.clone(), screen);
    let (row, exit) = session.row(&requests::Join { code: code.to_string() }, false)?;
    match exit {
        Exit::Done => screen.say_with("say-joined", &[("parent", &super::join::parent(&row, screen.text()))]),
        _ => screen.say_with("setup-join-later", &[("config", &named(settings))]),
    }
    Ok(exit)
}

fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from)
}

fn usage(screen: &Screen, key: &str) -> Failed {
    Failed { error: Error::new(screen.text().say(key)), exit: Exit::Usage }
}

/// The flag's value, else the person's; asked again until `read` can make something of it. Enter takes `usual`.
fn answer<T>(
    screen: &mut Screen,
    flag: Option<T>,
    name: &str,
    usual: Option<String>,
    wrong: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Result<T, Failed> {
    if let Some(value) = flag {
        return Ok(value);
    }
    let asks = std::io::stdin().is_terminal();
    if !asks {
        // A script that gives the needed flags wants the usual for the rest.
        return match usual.and_then(|usual| read(&usual)) {
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
        let bytes = std::io::stdin().lock().read_line(&mut line).or_say("reading the answer")?;
        if bytes == 0 {
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
        match read(&given) {
            Some(value) => return Ok(value),
            None => screen.say(wrong),
        }
    }
}

/// The folder spreadsheets go into, of an installed service: clerks whose account is in the service's group may drop
/// files there, and what they drop belongs to that group.
const INBOX_MODE: u32 = 0o2775;

/// The service's account owns the data and the store's key, and its group may write the inbox, where the package made that account. The
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
    let mut theirs = vec![settings.data_dir()];
    theirs.extend(settings.key_file.clone());
    for path in theirs {
        super::owner::give(&path, uid, gid).or_say_at(giving, &path)?;
    }
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
        // Nothing runs yet, wanted or not: what is to be done is said either way.
        let said = if wanted == Some(false) { "say-next-run" } else { "setup-no-systemd" };
        screen.say_with(said, &[("file", &settings.file.display())]);
        return Ok(if wanted == Some(true) { Exit::Failed } else { Exit::Done });
    }
    let wanted = match wanted {
        Some(wanted) => wanted,
        None => answer(screen, None, "service", Some("y".into()), "setup-yes-or-no", |text| yes_or_no(text).ok())?,
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
