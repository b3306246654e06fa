use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::json;

use super::screen::Screen;
use super::session::Session;
use super::table::Table;
use super::{Outcome, Output, view};
use crate::daemon::control::{Exit, requests};
use crate::domain::area::AreaError;
use crate::domain::{Area, List, Record, Sex};
use crate::error::{Context, Error, Result};
use crate::intake::id_number_of;
use crate::linkage::Field;

/// Who is who: train the weights, or measure them
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Estimate the weights anew from this node's own data
    ///
    /// Nothing is joined or split by it; 'rosterd rematch' applies them.
    Train {
        #[command(flatten)]
        output: Output,
    },
    /// Measure linkage on a file whose truth is known
    ///
    /// A CSV with the columns unique_id, area, list, name, idn, sex, birth and uid, the true person, which is used for
    /// scoring alone. All lists are linked together; precision, recall and F1 count pairs of lines.
    Eval {
        /// The CSV
        file: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

/// Link everything anew with the present weights
///
/// What people confirmed or rejected stays as they said. --dry-run says what would change.
#[derive(Debug, clap::Args)]
pub struct RematchArgs {
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

pub fn run(args: Args, config: Option<&Path>, screen: &mut Screen) -> Outcome {
    match args.what {
        What::Train { output } => train(output, &mut Session::open(config, screen)?),
        What::Eval { file, output } => eval(&file, output, screen),
    }
}

fn train(output: Output, session: &mut Session) -> Outcome {
    let (rows, exit) = session.rows(&requests::Train {}, output.json)?;
    if output.json || exit != Exit::Done {
        return Ok(exit);
    }
    let text = session.screen.text();
    let head = [text.say("label-comparison"), String::new(), text.say("label-weight")];
    let mut table = Table::new(head).right(&[2]);
    for row in &rows {
        let comparison = view::field(row, "comparison");
        let level = row["level"].as_u64().and_then(|at| level(comparison, at as usize));
        let level = level.map(|level| text.likeness(level)).unwrap_or_default();
        table.row([text.field(comparison), level, view::cell(row, "weight")]);
    }
    session.screen.table(&table);
    Ok(exit)
}

/// The code of a comparison's level by its place among the weights. Beside an equal number other weights count.
fn level(comparison: &str, at: usize) -> Option<&'static str> {
    let field = comparison.strip_suffix("_beside_number").unwrap_or(comparison);
    Field::ALL.iter().find(|known| known.as_str() == field)?.levels().get(at).copied()
}

pub fn rematch(args: RematchArgs, session: &mut Session) -> Outcome {
    let (row, exit) = session.row(&requests::Rematch { dry_run: args.dry_run }, args.output.json)?;
    if exit == Exit::Done && !args.output.json {
        let cells =
            ["persons", "joined", "split", "findings_opened", "findings_closed"].map(|key| view::cell(&row, key));
        let [persons, joined, split, opened, closed] = &cells;
        session.screen.say_with(
            "say-rematched",
            &[("persons", persons), ("joined", joined), ("split", split), ("opened", opened), ("closed", closed)],
        );
        if args.dry_run {
            session.screen.say("say-dry-run");
        }
    }
    Ok(exit)
}

/// A line of the file with the person it truly is.
type Line = ((Area, List, Record), u64);

fn eval(file: &Path, output: Output, screen: &mut Screen) -> Outcome {
    let lines = read(file)?;
    let count = lines.len();
    let (lines, truth): (Vec<_>, Vec<_>) = lines.into_iter().unzip();
    let started = Instant::now();
    let score = crate::daemon::score_links(&lines, &truth);
    let seconds = started.elapsed().as_secs_f64();
    if output.json {
        screen.json(&json!({
            "lines": count, "precision": score.precision, "recall": score.recall, "f1": score.f1, "seconds": seconds,
        }));
    } else {
        let [precision, recall, f1] = [score.precision, score.recall, score.f1].map(|share| format!("{share:.4}"));
        let seconds = format!("{seconds:.2}");
        let text = screen.text().say_with(
            "say-link-score",
            &[("lines", &count), ("precision", &precision), ("recall", &recall), ("f1", &f1), ("seconds", &seconds)],
        );
        screen.line(text);
    }
    Ok(Exit::Done)
}

/// Reads the columns by their names, in any order.
fn read(file: &Path) -> Result<Vec<Line>> {
    let mut reader = csv::Reader::from_path(file).or_say_at("reading the lines to link", file)?;
    let head = reader.headers().or_say_at("reading the lines to link", file)?.clone();
    let column = |name: &str| {
        let found = head.iter().position(|head| head.trim_start_matches('\u{feff}').trim() == name);
        found.ok_or_else(|| {
            Error::new(format!("there is no column '{name}'"))
                .at(file)
                .hint("the columns are unique_id, area, list, name, idn, sex, birth, uid")
        })
    };
    let (area, list, name, idn) = (column("area")?, column("list")?, column("name")?, column("idn")?);
    let (sex, birth, uid) = (column("sex")?, column("birth")?, column("uid")?);
    let mut lines = Vec::new();
    for (at, row) in reader.into_records().enumerate() {
        let row = row.or_say_at("reading the lines to link", file)?;
        let cell = |column: usize| row.get(column).unwrap_or("").trim();
        let wrong =
            |what: &str| Error::new("reading the lines to link").at(file).because(format!("row {}: {what}", at + 2));
        let record = Record {
            name: cell(name).into(),
            // As an office reads it: a number masked for the notice board is no wrong number.
            id_number: id_number_of(cell(idn)),
            sex: match cell(sex) {
                "男" | "m" | "M" => Some(Sex::Male),
                "女" | "f" | "F" => Some(Sex::Female),
                _ => None,
            },
            birth: cell(birth).parse().ok(),
            ..Record::default()
        };
        let area = cell(area).parse().map_err(|error: AreaError| wrong(&format!("no area code ({error})")))?;
        let list = List::parse(cell(list)).ok_or_else(|| wrong("no list of that name"))?;
        let truth = cell(uid)
            .parse()
            .map_err(|error: std::num::ParseIntError| wrong(&format!("the uid is no number ({error})")))?;
        lines.push(((area, list, record), truth));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{IdNumber, IdState};
    use crate::linkage::Weights;
    use crate::report::text::Text;
    use crate::settings::Language;

    #[test]
    fn every_weight_and_its_levels_have_words() {
        let Ok(serde_json::Value::Object(weights)) = serde_json::to_value(Weights::default()) else { panic!() };
        for language in Language::ALL {
            let text = Text::new(language);
            for (comparison, bits) in &weights {
                assert!(text.knows(&format!("compared-{comparison}")), "{comparison}");
                for at in 0..bits.as_array().map_or(0, Vec::len) {
                    assert!(level(comparison, at).is_some(), "{comparison} {at}");
                }
            }
        }
    }

    #[test]
    fn columns_are_found_by_name_and_a_missing_one_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("lines.csv");
        std::fs::write(
            &file,
            "uid,name,idn,sex,birth,area,list\n7,王芳,11010519491231002x,女,1949-12-31,519901001200,health\n\
             8,王芳,11010519491231****,女,1949-12-31,519901001200,dibao\n",
        )
        .unwrap();
        let lines = read(&file).unwrap();
        let ((area, list, record), truth) = &lines[0];
        assert_eq!((area.to_string().as_str(), *list, *truth), ("519901001200", List::Health, 7));
        assert_eq!(record.id_number, IdNumber::parse("11010519491231002X"));
        let masked = lines[1].0.2.id_number.as_ref().unwrap();
        assert_eq!(masked.state(), IdState::Damaged, "as an office reads it");
        std::fs::write(&file, "uid,name\n7,王芳\n").unwrap();
        assert!(read(&file).unwrap_err().to_string().contains("'area'"));
    }
}
