//! Tells stories: one by its seed, or many one after the other, until one does not end well.
#![expect(clippy::print_stdout, reason = "saying it is what it is for")]
use abra_sim::{story, verdict};
use clap::Parser;
use std::process::ExitCode;

/// Runs several operators against a simulated swarm, with faults chosen by a seed.
#[derive(Debug, Parser)]
struct Asked {
    /// The story of one seed, told in full.
    #[arg(long, conflicts_with = "count")]
    seed: Option<u64>,
    /// How many stories.
    #[arg(long, default_value_t = 200)]
    count: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Go on after one that does not end well.
    #[arg(long)]
    all: bool,
}

fn main() -> ExitCode {
    let asked = Asked::parse();
    let seeds = match asked.seed {
        Some(seed) => seed..seed + 1,
        None => asked.from..asked.from + asked.count,
    };
    let mut bad = 0_u64;
    for seed in seeds.clone() {
        let told = match story::tell(seed) {
            Ok(told) => told,
            Err(error) => {
                println!("seed {seed} can't be told: {error}");
                return ExitCode::FAILURE;
            }
        };
        let problems = verdict::problems(&told);
        if asked.seed.is_some() || !problems.is_empty() {
            println!("{}", verdict::report(&told, &problems));
        }
        bad += u64::from(!problems.is_empty());
        if bad > 0 && !asked.all {
            return ExitCode::FAILURE;
        }
    }
    println!("{} stories, {bad} of them did not end well", seeds.count());
    if bad == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
