use std::fs;
use std::io::Write;
use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::screen::Screen;
use super::{Failed, Outcome};
use crate::daemon::control::Exit;
use crate::domain::{Area, Level};
use crate::error::{Context, Error};
use crate::settings::{Language, Settings, parent_url, sample};
use crate::store::{StoreKey, can_encrypt};

/// The store's key, beside the settings.
const KEY_FILE: &str = "store.key";

/// Make a node: a settings file with explanations, an inbox, a data folder
///
/// Writes DIR/rosterd.toml, DIR/inbox and DIR/data, and refuses to overwrite. 'rosterd setup' asks for the same and
/// starts the service.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    rosterd init --area 519901 --name 云岭县 --dir /srv/rosterd --listen 0.0.0.0:7443 \\\n    \x20   --advertise county.example:7443\n  \
    rosterd init --area 519901001200 --name 200村 --dir ~/rosterd --parent https://town.example:7443\n\n\
    Then: rosterd run --config DIR/rosterd.toml")]
pub struct Args {
    /// The office's area: 6 digits a county, 9 a township, 12 a village
    #[arg(long, value_name = "CODE", value_parser = super::words::area)]
    area: Area,
    /// What people call it
    #[arg(long)]
    name: String,
    /// The folder to make it in
    #[arg(long)]
    dir: PathBuf,
    /// The address of the office above; 'rosterd join' fills it in too
    #[arg(long, value_name = "URL", value_parser = parent_url)]
    parent: Option<String>,
    /// Where the offices below come to
    #[arg(long, value_name = "ADDR")]
    listen: Option<SocketAddr>,
    /// HOST:PORT under which they reach it, where that is another
    #[arg(long, value_name = "HOST:PORT")]
    advertise: Option<String>,
    /// Language of sentences for people: zh-CN or en
    #[arg(long, value_name = "LANGUAGE", value_parser = parse_language)]
    language: Option<Language>,
}

pub fn parse_language(text: &str) -> Result<Language, String> {
    Language::ALL.into_iter().find(|language| language.as_str() == text).ok_or_else(|| "one of 'zh-CN, en'".into())
}

/// What a new node is made of.
#[derive(Debug, Clone)]
pub struct Plan {
    pub area: Area,
    pub name: String,
    /// Where inbox and data go.
    pub dir: PathBuf,
    /// Where the settings go.
    pub file: PathBuf,
    pub parent: Option<String>,
    pub listen: Option<SocketAddr>,
    pub advertise: Option<String>,
    pub language: Option<Language>,
    /// A folder to watch in the place of DIR/inbox.
    pub watch: Option<PathBuf>,
}

impl Plan {
    /// The settings file: the sample with the answers in it.
    fn text(&self) -> String {
        let (area, listen) = (self.area.to_string(), self.listen.map(|addr| addr.to_string()));
        let dir = (self.file.parent() != Some(&self.dir)).then(|| self.dir.display().to_string());
        let mut values = vec![("node", "area", area.as_str()), ("node", "name", self.name.as_str())];
        let optional = [
            ("node", "dir", dir.as_deref()),
            ("node", "language", self.language.map(Language::as_str)),
            ("parent", "url", self.parent.as_deref()),
            ("listen", "addr", listen.as_deref()),
            ("listen", "advertise", self.advertise.as_deref()),
            ("store", "key_file", can_encrypt().then_some(KEY_FILE)),
        ];
        values.extend(optional.into_iter().filter_map(|(section, key, value)| Some((section, key, value?))));
        let mut text = sample::filled(&values);
        if let Some(watch) = &self.watch {
            let path = toml::Value::from(watch.display().to_string());
            text.push_str(&format!(
                "\n# The folder that setup was told to watch.\n[[source]]\nkind = \"folder\"\npath = {path}\n"
            ));
        }
        text
    }

    /// Writes folders, key and settings, and says so; gives the settings as they will be read.
    ///
    /// # Errors
    /// Where the settings are there already, or would not read; then nothing is changed.
    pub fn carry_out(&self, screen: &mut Screen) -> Result<Settings, Failed> {
        if self.file.exists() {
            let text = screen.text();
            let what = text.say_with("say-exists", &[("file", &self.file.display())]);
            return Err(Error::new(what).hint(text.say("say-exists-hint")).into());
        }
        let text = self.text();
        // Every value in it was said on the command line, or to the questions of setup.
        let settings = Settings::parse(&text, &self.file).map_err(|error| Failed {
            error: error.hint("the help of the verb explains its arguments"),
            exit: Exit::Usage,
        })?;
        folder(&self.dir, 0o755)?;
        if let Some(above) = self.file.parent() {
            folder(above, 0o755)?;
        }
        folder(&settings.inbox(), 0o755)?;
        folder(&settings.data_dir(), 0o700)?;
        if let Some(key) = &settings.key_file {
            StoreKey::read_or_make(key)?;
        }
        let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o644).open(&self.file);
        let mut file = file.or_say_at("writing the settings", &self.file)?;
        file.write_all(text.as_bytes()).or_say_at("writing the settings", &self.file)?;
        file.sync_all().or_say_at("writing the settings", &self.file)?;
        screen.say_with("say-initialised", &[("dir", &self.dir.display())]);
        if let Some(key) = &settings.key_file {
            screen.say_with("say-keep-key", &[("file", &key.display())]);
        }
        Ok(settings)
    }
}

/// Makes a folder that may be there already; `mode` is for a new one.
fn folder(path: &Path, mode: u32) -> Result<(), Failed> {
    fs::DirBuilder::new().recursive(true).mode(mode).create(path).or_say_at("making a folder", path)?;
    Ok(())
}

pub fn run(args: Args, screen: &mut Screen) -> Outcome {
    if let Some(language) = args.language {
        screen.speak(language);
    }
    let dir = super::session::absolute(&args.dir)?;
    let plan = Plan {
        area: args.area,
        name: args.name,
        file: dir.join("rosterd.toml"),
        dir,
        parent: args.parent,
        listen: args.listen,
        advertise: args.advertise,
        language: args.language,
        watch: None,
    };
    let settings = plan.carry_out(screen)?;
    let file = settings.file.display();
    if settings.level() != Level::County {
        screen.say_with("say-next-join", &[("area", &settings.area), ("file", &file)]);
    }
    screen.say_with("say-next-run", &[("file", &file)]);
    Ok(Exit::Done)
}
