//! stdout for answers, stderr for the rest.

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{BufWriter, ErrorKind, IsTerminal, Stderr, Stdout, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;

use super::table::Table;
use crate::daemon::control::{Failure, Progress};
use crate::error::Error;
use crate::report::text::{Text, printable};
use crate::settings::Language;

/// Where there is no terminal to draw on, a line of progress is printed this often.
const PROGRESS_LINE_EVERY: Duration = Duration::from_secs(5);

/// Width where nobody can say: wide enough that nothing is wrapped in a file or a pipe.
const UNLIMITED_COLUMNS: usize = usize::MAX;

/// The terminal, in the office's language.
pub struct Screen {
    text: Text,
    out: BufWriter<Stdout>,
    err: Stderr,
    bar: Option<ProgressBar>,
    last_line: Option<Instant>,
    /// What the daemon said last that went wrong, on one line.
    failed: Option<String>,
}

/// The language of whoever sits at the terminal, as far as the system knows.
pub fn language_of_locale() -> Language {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    Language::of_locale(&locale.unwrap_or_default())
}

impl Screen {
    /// Speaks the language of the locale until the settings say another.
    pub fn new() -> Screen {
        Screen {
            text: Text::new(language_of_locale()),
            out: BufWriter::new(std::io::stdout()),
            err: std::io::stderr(),
            bar: None,
            last_line: None,
            failed: None,
        }
    }

    pub fn speak(&mut self, language: Language) {
        if self.text.language() != language {
            self.text = Text::new(language);
        }
    }

    pub fn text(&self) -> &Text {
        &self.text
    }

    /// A line of the answer.
    pub fn line(&mut self, line: impl Display) {
        self.clear();
        let written = writeln!(self.out, "{}", printable(&line.to_string()));
        self.written(written);
    }

    /// A table of the answer, as wide as the terminal.
    pub fn table(&mut self, table: &Table) {
        table.each_line(self.columns(), &mut |line| self.line(line));
    }

    /// A row of the answer, for programs.
    pub fn json(&mut self, row: &Value) {
        self.clear();
        let written = writeln!(self.out, "{row}");
        self.written(written);
    }

    /// The answer as it is, for another program.
    pub fn raw(&mut self, text: &str) {
        self.clear();
        let written = self.out.write_all(text.as_bytes());
        self.written(written);
    }

    /// A line for the person at the terminal.
    pub fn tell(&mut self, line: impl Display) {
        self.flush();
        self.clear();
        // Where stderr is gone there is nobody to tell.
        for line in line.to_string().lines() {
            let _ = writeln!(self.err, "{}", printable(line));
        }
    }

    /// A sentence of the catalogue for the person at the terminal.
    pub fn say(&mut self, key: &str) {
        let line = self.text.say(key);
        self.tell(line);
    }

    pub fn say_with(&mut self, key: &str, values: &[(&str, &dyn Display)]) {
        let line = self.text.say_with(key, values);
        self.tell(line);
    }

    /// A question to the terminal, without a line's end.
    pub fn prompt(&mut self, question: impl Display) {
        self.flush();
        let _ = write!(self.err, "{question}{}", self.text.colon());
        let _ = self.err.flush();
    }

    /// An error with its whole chain and what to do.
    pub fn error(&mut self, error: &Error) {
        let told = self.text.error(error);
        self.complain(&told.what, &told.because, told.hint.as_deref());
    }

    /// The same for an error that the daemon sent, in its own words of the office's language.
    pub fn failure(&mut self, failure: &Failure) {
        let what = self.text.words(&failure.what);
        let hint = failure.hint.as_deref().map(|hint| self.text.words(hint));
        let because: Vec<String> = failure.because.iter().map(|cause| self.text.words(cause)).collect();
        self.complain(&what, &because, hint.as_deref());
        let words = [std::slice::from_ref(&what), &because].concat();
        self.failed = Some(words.join(self.text.comma()));
    }

    /// What the daemon said last that went wrong, on one line.
    pub fn last_failure(&self) -> Option<&str> {
        self.failed.as_deref()
    }

    fn complain(&mut self, what: &str, because: &[String], hint: Option<&str>) {
        let head = self.text.say("say-error");
        let colon = self.text.colon();
        self.tell(format_args!("{head}{colon}{what}"));
        for cause in because {
            let head = self.text.say("say-because");
            self.tell(format_args!("  {head}{colon}{}", cause.trim_end().replace('\n', "\n    ")));
        }
        if let Some(hint) = hint {
            let head = self.text.say("say-hint");
            self.tell(format_args!("  {head}{colon}{hint}"));
        }
    }

    /// Draws how far a long piece of work is: a bar on a terminal, a line now and then elsewhere.
    pub fn progress(&mut self, progress: &Progress) {
        let key = format!("progress-{}", progress.what);
        let what = if self.text.knows(&key) { self.text.say(&key) } else { progress.what.clone() };
        if self.err.is_terminal() {
            let bar = self.bar.get_or_insert_with(|| ProgressBar::new(progress.total));
            let template =
                if progress.total > 0 { "{msg} {bar:30} {pos}/{len} {eta}" } else { "{msg} {spinner} {pos}" };
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar.set_style(style);
            }
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(what);
        } else if self.last_line.is_none_or(|last| last.elapsed() >= PROGRESS_LINE_EVERY) {
            self.last_line = Some(Instant::now());
            let (of, colon) = (format!("{key}-of"), self.text.colon());
            match progress.total {
                total @ 1.. if self.text.knows(&of) => {
                    self.say_with(&of, &[("done", &progress.done), ("total", &total)])
                }
                0 if progress.done == 0 => self.tell(format_args!("{what} …")),
                0 => self.tell(format_args!("{what}{colon}{}", progress.done)),
                total => self.tell(format_args!("{what}{colon}{}/{total}", progress.done)),
            }
        }
    }

    /// Takes the progress bar away.
    pub fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// Columns that a line of the answer may take.
    pub fn columns(&self) -> usize {
        if std::io::stdout().is_terminal() { super::table::terminal_columns() } else { UNLIMITED_COLUMNS }
    }

    pub fn flush(&mut self) {
        let flushed = self.out.flush();
        self.written(flushed);
    }

    fn written(&self, result: std::io::Result<()>) {
        match result {
            Ok(()) => {}
            Err(error) => std::process::exit(unwritten(error, &self.text)),
        }
    }
}

/// Says that stdout takes no more, and gives the exit status.
pub fn unwritten(error: std::io::Error, text: &Text) -> i32 {
    // `rosterd findings | head`: whoever reads has enough.
    if error.kind() == ErrorKind::BrokenPipe {
        return 0;
    }
    let words = text.error(&Error::new("writing the answer").because(error)).joined(text.colon());
    let _ = writeln!(std::io::stderr(), "{}{}{words}", text.say("say-error"), text.colon());
    1
}

/// Whether colours may go to a stream: to a terminal that shows them, unless somebody wants none (no-color.org).
pub fn takes_colours(stream: &impl IsTerminal) -> bool {
    let said = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    stream.is_terminal() && may_be_coloured(said("NO_COLOR"), said("TERM"))
}

fn may_be_coloured(no_color: Option<OsString>, term: Option<OsString>) -> bool {
    no_color.is_none() && term.is_none_or(|term| term != "dumb")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_wants_no_colours_gets_none() {
        let said = |word: &str| Some(OsString::from(word));
        assert!(may_be_coloured(None, said("xterm-256color")) && may_be_coloured(None, None));
        assert!(!may_be_coloured(said("1"), said("xterm")) && !may_be_coloured(None, said("dumb")));
    }
}
