//! Explores the protocol with as many operators and faults as asked for, and says what it came to.
#![expect(clippy::print_stdout, reason = "saying it is what it is for")]
use abra_model::explore::explore;
use abra_model::invariant::Milestone;
use abra_model::world::Setting;
use clap::Parser;
use std::process::ExitCode;
use std::time::Instant;

/// Explores abra's locking protocol exhaustively.
#[derive(Debug, Parser)]
struct Asked {
    /// Operators, each with one run.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=3))]
    operators: u8,
    /// Faults, all kinds together.
    #[arg(long, default_value_t = 1)]
    faults: u8,
    /// Whether plans may leave a service as it is.
    #[arg(long)]
    keeping: bool,
    /// A lease, in ticks.
    #[arg(long, default_value_t = 2)]
    lease: u8,
    /// How far managers' clocks are apart, in ticks.
    #[arg(long, default_value_t = 1)]
    skew: u8,
    /// Worlds after which the search is given up.
    #[arg(long, default_value_t = 100_000_000)]
    limit: usize,
}

fn main() -> ExitCode {
    let asked = Asked::parse();
    let Asked { operators, faults, keeping, lease, skew, limit } = asked;
    let setting = Setting { runs: usize::from(operators), faults, lease, skew, keeping, broken: None };
    let begun = Instant::now();
    let found = explore(&setting, limit);
    let seconds = begun.elapsed().as_secs();
    println!("{setting:?}");
    println!("{} worlds, {} steps, {} deep, {seconds} s", found.worlds, found.steps, found.depth);
    for milestone in Milestone::ALL {
        println!("{milestone:?}: {}", found.milestones.get(&milestone).copied().unwrap_or_default());
    }
    match found.broken {
        Some(broken) => {
            println!("{}", broken.told());
            ExitCode::FAILURE
        }
        None if found.worlds > limit => {
            println!("given up: there are more worlds");
            ExitCode::FAILURE
        }
        None => {
            println!("every invariant holds in every world");
            ExitCode::SUCCESS
        }
    }
}
