//! What a whole county costs, beside a peer in the same run.
//!
//! ```text
//! cargo bench --bench county                              600,000 residents, every case
//! cargo bench --bench county -- --residents 30000 --noise --cases load,next
//! cargo bench --bench county -- --growth                  also 10k, 30k, 100k, 300k and 1M, load and next month
//! cargo bench --bench county -- --write DIR               only writes the files, for other uses
//! ```
//! Cases: `load` (four lists, first time), `same` (unchanged file), `next` (next month's health list), `village` (one
//! village's new file at the county), `push` (child to parent over loopback), `idle` (a village with nothing to do).

mod baseline;
mod cases;
mod dice;
mod generate;
mod machine;
mod people;
#[path = "../support/mod.rs"]
mod support;
mod table;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use cases::{Bench, Case};
use table::Table;

const RESIDENTS: usize = 600_000;
const GROWTH: [usize; 5] = [10_000, 30_000, 100_000, 300_000, 1_000_000];

struct Args {
    residents: usize,
    cases: Vec<Case>,
    growth: bool,
    noise: bool,
    write: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = match parse(std::env::args().skip(1)) {
        Ok(args) => args,
        Err(wrong) => {
            eprintln!("{wrong}");
            return ExitCode::from(2);
        }
    };
    println!("{}", machine::line());
    if let Some(folder) = &args.write {
        let (bytes, _, _) = cases::write_months(folder, args.residents, write::Style { noise: args.noise });
        println!("{} residents, {} MB a month, in {}", args.residents, bytes / 1_000_000, folder.display());
        return ExitCode::SUCCESS;
    }
    let bench = Bench::prepare(args.noise);
    println!("baseline: {}, 2 threads, by number only, nothing kept\n", bench.engine());
    let mut table = Table::new(&format!("{} residents{}", args.residents, if args.noise { ", noisy" } else { "" }));
    bench.run(args.residents, &args.cases, &mut table);
    println!("{table}");
    if args.growth {
        for residents in GROWTH {
            let mut table = Table::new(&format!("{residents} residents"));
            bench.run(residents, &[Case::Load, Case::Next], &mut table);
            println!("{table}");
        }
    }
    ExitCode::SUCCESS
}

fn parse(mut words: impl Iterator<Item = String>) -> Result<Args, String> {
    let mut args = Args { residents: RESIDENTS, cases: Case::ALL.to_vec(), growth: false, noise: false, write: None };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or(format!("{word} wants a value"));
        match word.as_str() {
            // What `cargo bench` itself passes.
            "--bench" => {}
            "--residents" => {
                args.residents = value()?.replace('_', "").parse().map_err(|e| format!("--residents: {e}"))?
            }
            "--cases" => args.cases = value()?.split(',').map(Case::parse).collect::<Result<_, _>>()?,
            "--growth" => args.growth = true,
            "--noise" => args.noise = true,
            "--write" => args.write = Some(value()?.into()),
            other => return Err(format!("unknown word {other}; see the head of tests/bench/county.rs")),
        }
    }
    Ok(args)
}
