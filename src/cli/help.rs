//! Help, and what is said of a command line written wrongly, in the language of the office. The English stands beside
//! the code of each verb; the Chinese in `config/text/help.zh-CN.ftl`, under the verb's path and the argument's name.

use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::session::find_settings;
use super::{command, screen};
use crate::report::text::Text;
use crate::settings::{Language, Settings};

/// The page: first what it is, then how it is called.
const PAGE: &str = "{about-with-newline}\n{usage-heading} {usage}\n\n{all-args}{after-help}";

/// Words that clap puts into a page by itself, and the keys of what stands in their place.
const OWN_WORDS: &[(&str, &str)] =
    &[("[OPTIONS]", "help-any-options"), ("[default: ", "help-any-default"), ("[env: ", "help-any-variable")];

/// What clap puts its own colon behind.
const HEADINGS: &[&str] =
    &["help-usage-heading", "help-commands-heading", "help-arguments-heading", "help-options-heading"];

/// What a value is called in a page, and the key of its word. Words that are typed as they stand are not among them.
const VALUES: &[(&str, &str)] = &[
    ("ADDR", "help-value-address"),
    ("AREA", "help-value-code"),
    ("CHILD", "help-value-code"),
    ("CODE", "help-value-code"),
    ("DATE", "help-value-date"),
    ("DIR", "help-value-folder"),
    ("DISPOSITION", "help-value-outcome"),
    ("FILE", "help-value-file"),
    ("FINDING", "help-value-id"),
    ("FOLDER", "help-value-folder"),
    ("HOST:PORT", "help-value-host"),
    ("HOURS", "help-value-hours"),
    ("ID", "help-value-id"),
    ("KIND", "help-value-kind"),
    ("LANGUAGE", "help-value-language"),
    ("LIST", "help-value-list"),
    ("NAME", "help-value-name"),
    ("NOTE", "help-value-text"),
    ("OLD_KEY", "help-value-file"),
    ("QUERY", "help-value-query"),
    ("REASON", "help-value-text"),
    ("RULE", "help-value-rule"),
    ("SECS", "help-value-seconds"),
    ("SEVERITY", "help-value-severity"),
    ("TEXT", "help-value-text"),
    ("URL", "help-value-url"),
    ("VERDICT", "help-value-outcome"),
];

/// `rosterd help held release`, as other programs have it, is `rosterd held release --help`.
pub(super) fn asked(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_some_and(|verb| verb == "help") {
        args.remove(1);
        args.push("--help".into());
    }
    args
}

/// Prints what clap has to say instead of a parsed command line, and gives the exit status of CONTRACT.md.
pub(super) fn tell(said: clap::Error, args: &[OsString]) -> ExitCode {
    let exit = ExitCode::from(said.exit_code() as u8);
    let language = language(args);
    // Where the verb is left out, the page says which there are.
    let lacks_verb = said.kind() == ErrorKind::MissingSubcommand;
    let args: Vec<OsString> = args.iter().cloned().chain(lacks_verb.then(|| "-h".into())).collect();
    let again = |command: Command, said| command.try_get_matches_from(&args).err().unwrap_or(said);
    let written = match language {
        Language::English if lacks_verb => write(&again(command(), said).render().to_string(), true),
        Language::English => said.print().and_then(|()| std::io::stdout().flush()),
        Language::Chinese => {
            let text = Text::help();
            // The same mistake again, with the Chinese page behind it.
            let said = again(localised(command(), &text), said);
            match said.kind() {
                ErrorKind::DisplayHelp
                | ErrorKind::DisplayVersion
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
                    show(&said, &text, lacks_verb || said.use_stderr())
                }
                _ => write(&complaint(&said, &text, &args), true),
            }
        }
    };
    match written {
        Ok(()) => exit,
        Err(error) => ExitCode::from(screen::unwritten(error, &Text::new(language)) as u8),
    }
}

fn show(said: &clap::Error, text: &Text, to_stderr: bool) -> std::io::Result<()> {
    let styled = match to_stderr {
        true => screen::takes_colours(&std::io::stderr()),
        false => screen::takes_colours(&std::io::stdout()),
    };
    write(&page(said, text, styled), to_stderr)
}

fn write(page: &str, to_stderr: bool) -> std::io::Result<()> {
    if to_stderr {
        return std::io::stderr().write_all(page.as_bytes());
    }
    let mut out = std::io::stdout();
    out.write_all(page.as_bytes())?;
    out.flush()
}

fn page(said: &clap::Error, text: &Text, styled: bool) -> String {
    let page = if styled { said.render().ansi().to_string() } else { said.render().to_string() };
    let page = OWN_WORDS.iter().fold(page, |page, (english, key)| page.replace(english, &text.say(key)));
    HEADINGS.iter().map(|key| text.say(key)).fold(page, |page, heading| {
        let colon = text.colon();
        page.replace(&format!("{heading}:"), &format!("{heading}{colon}"))
    })
}

/// That of the settings the command line would use, else of the locale.
fn language(args: &[OsString]) -> Language {
    let mut named = None;
    for (at, arg) in args.iter().enumerate() {
        let text = arg.to_string_lossy();
        if text == "--config" {
            named = args.get(at + 1).cloned();
        } else if let Some(file) = text.strip_prefix("--config=") {
            named = Some(file.into());
        }
    }
    let named = named.or_else(|| std::env::var_os("ROSTERD_CONFIG"));
    let settings = find_settings(named.as_deref().map(Path::new)).and_then(|file| Settings::read(&file).ok());
    settings.map_or_else(screen::language_of_locale, |settings| settings.language)
}

/// The command line with Chinese pages, for whoever prints them all.
pub(super) fn in_chinese(command: Command) -> Command {
    localised(command, &Text::help())
}

fn localised(command: Command, text: &Text) -> Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let command = command.disable_version_flag(true).arg(version);
    translated(command, "help", text)
}

/// `path` is the key of the command: `help-held-release`.
fn translated(command: Command, path: &str, text: &Text) -> Command {
    let say = |ending: &str| Some(format!("{path}{ending}")).filter(|key| text.knows(key)).map(|key| text.say(&key));
    let about = say("").unwrap_or_default();
    let more = say("-more").map_or_else(|| about.clone(), |more| format!("{about}\n\n{more}"));
    let mut command = command
        .about(about)
        .long_about(more)
        .disable_help_flag(true)
        .arg(help_flag())
        .help_template(PAGE.replace("{usage-heading} ", &format!("{}{}", text.say("help-usage-heading"), text.colon())))
        .subcommand_help_heading(text.say("help-commands-heading"))
        .subcommand_value_name(text.say("help-command-name"));
    if let Some(after) = say("-after") {
        command = command.after_help(after);
    }
    let mut nth = 0;
    let command = command.mut_args(|arg| {
        // Under a heading of our own clap would put them in the order of the alphabet.
        let arg = if arg.is_positional() { arg.display_order(nth) } else { arg };
        nth += 1;
        let heading = if arg.is_positional() { "help-arguments-heading" } else { "help-options-heading" };
        let help = text.say(&key_of(path, &arg, text));
        let arg = arg.help(help).help_heading(text.say(heading));
        match value_name(path, &arg, text) {
            Some(name) => arg.value_name(name),
            None => arg,
        }
    });
    command.mut_subcommands(|sub| {
        let path = format!("{path}-{}", sub.get_name());
        // A verb that no page shows has none, and its help in English.
        if sub.is_hide_set() { sub.disable_help_flag(true).arg(help_flag()) } else { translated(sub, &path, text) }
    })
}

/// What the value of an argument is called; `None` where it takes none, or is one of a few words.
fn value_name(path: &str, arg: &Arg, text: &Text) -> Option<String> {
    let named = match arg.get_value_names() {
        Some([one]) => one.to_string(),
        Some(_) => return None,
        None if arg.get_action().takes_values() => arg.get_id().as_str().to_uppercase(),
        None => return None,
    };
    // Not every code is the code of an area.
    let is_join_code =
        named == "CODE" && matches!(key_of(path, arg, text).as_str(), "help-join-code" | "help-setup-code");
    let key = if is_join_code { "help-value-join-code" } else { VALUES.iter().find(|(name, _)| *name == named)?.1 };
    Some(text.say(key))
}

fn help_flag() -> Arg {
    Arg::new("help").short('h').long("help").action(ArgAction::Help)
}

/// An argument is explained for its verb, or once for all that take it.
fn key_of(path: &str, arg: &Arg, text: &Text) -> String {
    let name = arg.get_id().as_str().replace('_', "-");
    let own = format!("{path}-{name}");
    if text.knows(&own) { own } else { format!("help-any-{name}") }
}

/// What is wrong with the command line, and what would be right.
fn complaint(said: &clap::Error, text: &Text, args: &[OsString]) -> String {
    let context = |kind: ContextKind| said.get(kind).map(words).unwrap_or_default();
    let (arg, value) = (context(ContextKind::InvalidArg), context(ContextKind::InvalidValue));
    let (command, other) = (context(ContextKind::InvalidSubcommand), context(ContextKind::PriorArg));
    let what = match said.kind() {
        ErrorKind::UnknownArgument => text.say_with("usage-unknown-argument", &[("what", &arg)]),
        ErrorKind::InvalidSubcommand => text.say_with("usage-unknown-command", &[("what", &command)]),
        ErrorKind::MissingRequiredArgument => text.say_with("usage-missing", &[("what", &arg)]),
        ErrorKind::InvalidValue if value.is_empty() => text.say_with("usage-no-value", &[("what", &arg)]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let what = text.say_with("usage-bad-value", &[("what", &arg), ("value", &value)]);
            // Why, where it is one of our own sentences; others are of no help to a clerk.
            let english = std::error::Error::source(said).map(ToString::to_string).unwrap_or_default();
            let why = text.words(&english);
            if why == english { what } else { format!("{what}：{why}") }
        }
        ErrorKind::ArgumentConflict if arg == other => text.say_with("usage-twice", &[("what", &arg)]),
        ErrorKind::ArgumentConflict => text.say_with("usage-conflict", &[("what", &arg), ("other", &other)]),
        ErrorKind::TooManyValues => text.say_with("usage-too-many", &[("what", &arg), ("value", &value)]),
        ErrorKind::InvalidUtf8 => text.say("usage-not-text"),
        // Rare enough to stay as clap says it.
        _ => return said.render().to_string(),
    };
    let colon = text.colon();
    let mut page = format!("{}{colon}{what}\n", text.say("usage-error"));
    let mut hint = |line: String| page.push_str(&format!("  {}{colon}{line}\n", text.say("usage-hint")));
    let possible = context(ContextKind::ValidValue);
    if !possible.is_empty() {
        hint(text.say_with("usage-possible", &[("what", &possible)]));
    }
    for kind in [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue] {
        if let Some(perhaps) = said.get(kind) {
            hint(text.say_with("usage-perhaps", &[("what", &words(perhaps))]));
        }
    }
    hint(text.say_with("usage-help", &[("command", &called(said, args))]));
    page
}

/// The verb as it was called, from the usage that clap shows: `rosterd held release`. Of a value that is not allowed it
/// shows none: then it is the first argument that is a verb.
fn called(said: &clap::Error, args: &[OsString]) -> String {
    let usage = said.get(ContextKind::Usage).map(words).unwrap_or_default();
    let words = usage.split_whitespace().skip_while(|word| !word.ends_with("rosterd"));
    let verb: Vec<&str> = words.take_while(|word| word.starts_with(|c: char| c.is_ascii_lowercase())).collect();
    if !verb.is_empty() {
        return verb.join(" ");
    }
    let known = command();
    let mut names = args.iter().skip(1).filter_map(|arg| arg.to_str());
    let verb = names.find(|name| known.get_subcommands().any(|verb| verb.get_name() == *name));
    verb.map_or_else(|| "rosterd".to_owned(), |verb| format!("rosterd {verb}"))
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(all) => all.join("、"),
        ContextValue::StyledStr(text) => text.to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const CATALOGUE: &str = include_str!("../../config/text/help.zh-CN.ftl");

    /// Keys that pages ask for, with the English they stand for.
    fn wanted(command: &Command, path: &str, text: &Text, into: &mut Vec<(String, String)>) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let more = command.get_long_about().map(ToString::to_string).unwrap_or_default();
        if more.len() > about.len() {
            into.push((format!("{path}-more"), more));
        }
        into.push((path.to_owned(), about));
        if let Some(after) = command.get_after_help() {
            into.push((format!("{path}-after"), after.to_string()));
        }
        for arg in command.get_arguments() {
            assert!(arg.get_long_help().is_none(), "{path}: one sentence, or the long one has no Chinese");
            into.push((key_of(path, arg, text), arg.get_help().map(ToString::to_string).unwrap_or_default()));
        }
        for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
            wanted(sub, &format!("{path}-{}", sub.get_name()), text, into);
        }
    }

    #[test]
    fn every_word_of_the_help_has_its_chinese_and_no_chinese_is_left_over() {
        let text = Text::help();
        let mut all = Vec::new();
        wanted(&command(), "help", &text, &mut all);
        let missing: Vec<String> =
            all.iter().filter(|(key, _)| !text.knows(key)).map(|(key, english)| format!("{key} = {english}")).collect();
        assert!(missing.is_empty(), "config/text/help.zh-CN.ftl lacks\n{}", missing.join("\n"));
        let used: BTreeSet<&str> = all.iter().map(|(key, _)| key.as_str()).collect();
        let keys = CATALOGUE.lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
        let source = include_str!("help.rs");
        let left: Vec<&str> = keys
            .filter(|key| key.starts_with("help") || key.starts_with("usage-"))
            .filter(|key| !used.contains(key) && !source.contains(&format!("\"{key}\"")))
            .filter(|key| !["help-any-help", "help-any-version"].contains(key))
            .collect();
        assert!(left.is_empty(), "nobody says {left:?}");
    }

    #[test]
    fn examples_are_the_same_in_both_languages() {
        let text = Text::help();
        let mut all = Vec::new();
        wanted(&command(), "help", &text, &mut all);
        let calls = |page: &str| -> Vec<String> {
            let lines = page.lines().map(str::trim).filter(|line| line.contains("rosterd ") && !line.starts_with('\''));
            // What follows two blanks explains.
            lines.map(|line| line.split("  ").next().unwrap_or(line).replace("入网码", "CODE")).collect()
        };
        for (key, english) in all.iter().filter(|(key, _)| key.ends_with("-after") && key != "help-init-after") {
            assert_eq!(calls(&text.say(key)), calls(english), "{key}");
        }
    }

    fn told(args: &[&str]) -> String {
        let text = Text::help();
        let said = localised(command(), &text).try_get_matches_from(args).expect_err("a page");
        match said.kind() {
            ErrorKind::DisplayHelp => page(&said, &text, false),
            _ => complaint(&said, &text, &args.iter().map(OsString::from).collect::<Vec<_>>()),
        }
    }

    #[test]
    fn help_is_asked_for_before_the_verb_or_behind_it() {
        let asked = |args: &[&str]| asked(args.iter().map(OsString::from).collect());
        assert_eq!(asked(&["rosterd", "help"]), ["rosterd", "--help"]);
        assert_eq!(asked(&["rosterd", "help", "held", "release"]), ["rosterd", "held", "release", "--help"]);
        assert_eq!(asked(&["rosterd", "people", "help"]), ["rosterd", "people", "help"]);
    }

    #[test]
    fn a_clerk_reads_what_was_written_wrongly_and_what_would_be_right() {
        for (args, want) in [
            (&["rosterd", "findigs"][..], "没有 findigs 这个命令"),
            (&["rosterd", "findigs"], "findings？"),
            (&["rosterd", "findings", "--rul", "x"], "不认识的参数 --rul"),
            (&["rosterd", "decide", "fabcdefgh01", "confirm"], "缺少必须写的：--note <文字>"),
            (&["rosterd", "decide", "fabcdefgh01", "confirm"], "rosterd decide --help"),
            (&["rosterd", "findings", "--area", "12"], "--area <代码> 的值 '12' 不对：区划代码 6 位是县"),
            (
                &["rosterd", "findings", "--severity", "x"],
                "不对：可以写 高、中、低、提示（或 high、medium、low、info）",
            ),
            (&["rosterd", "findings", "--rule", "x"], "没有这条规则；用 rosterd rules 查看"),
            (&["rosterd", "events", "--kind", "x"], "可以写 出生、死亡"),
            (&["rosterd", "decide", "f1", "confirm", "--note", "x"], "疑点编号是 f 加十个字母或数字"),
            (&["rosterd", "status", "--wait"], "--wait <秒> 后面缺少值"),
            (&["rosterd", "status", "--json", "--json"], "--json 只能写一次"),
            (&["rosterd", "held", "release", "3", "4"], "不认识的参数 4"),
            (&["rosterd", "status", "--wait", "abc"], "--wait <秒> 的值 'abc' 不对：应为数字"),
            (&["rosterd", "invite", "--area", "519901001", "--hours", "0"], "的值 '0' 不对：应为 1 到 168"),
            (
                &["rosterd", "init", "--area", "519901", "--name", "县", "--dir", "d", "--listen", "7443"],
                "不对：应写成 地址:端口，如 0.0.0.0:7443",
            ),
            (&["rosterd", "events", "--since", "2026-13-01"], "'2026-13-01' 不对：没有这一天"),
            (&["rosterd", "init", "--area", "000000", "--name", "县", "--dir", "d"], "没有这样的区划代码"),
            (&["rosterd", "people", " "], "请写姓名、身份证号或编号"),
            (&["rosterd", "run", "--today", "2026-02-30"], "'2026-02-30' 不对：没有这一天"),
        ] {
            let page = told(args);
            assert!(page.contains(want), "{args:?}: {page}");
            assert!(!page.contains("error"), "{page}");
        }
    }

    #[test]
    fn an_argument_that_is_no_text_is_told_in_chinese() {
        use std::os::unix::ffi::OsStringExt;
        let args = ["rosterd".into(), "people".into(), OsString::from_vec(vec![0xff])];
        let text = Text::help();
        let said = localised(command(), &text).try_get_matches_from(&args).expect_err("no text");
        assert!(complaint(&said, &text, &args).starts_with("错误：有一个参数不是 UTF-8 文字\n"));
    }

    #[test]
    fn arguments_stand_in_the_order_in_which_they_are_written() {
        let page = told(&["rosterd", "decide", "--help"]);
        let at = |what: &str| page.find(what).unwrap_or_else(|| panic!("{what}: {page}"));
        assert!(at("  <编号>") < at("  <confirm|dismiss|reopen>"), "{page}");
    }

    #[test]
    fn a_page_is_chinese_throughout() {
        let page = told(&["rosterd", "invite", "--help"]);
        for want in [
            "用法：rosterd invite [选项]",
            "选项：",
            "--area <代码>",
            "--hours <小时>",
            "显示帮助",
            "设置文件",
            "示例：",
        ] {
            assert!(page.contains(want), "{want}: {page}");
        }
        for english in
            ["Usage", "OPTIONS", "Options", "Print help", "settings file", "[env", "[default", "FILE", "CODE"]
        {
            assert!(!page.contains(english), "{english}: {page}");
        }
    }
}
