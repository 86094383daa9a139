//! `bench`: abra against docker's own command line, on the same throwaway engine, in the same run.
//!
//! Runs of the two alternate, so that whatever else the machine does hits both alike; what counts are medians and
//! their ratio. Time is taken on the engine's own socket; requests are counted in a run of their own, through a proxy.
mod deploy;
mod fleet;
mod load;
mod plot;
mod report;
mod stacks;
mod tool;

use abra_rig::{Engine, EngineOptions, RigError};
use clap::Parser;
use report::Report;
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use tool::Tools;

/// Compare abra with docker's own command line on throwaway engines
#[derive(Debug, Parser)]
struct Cli {
    /// The abra to measure
    #[arg(long, default_value = "target/release/abra")]
    abra: PathBuf,
    /// The docker to compare it with
    #[arg(long, default_value = "docker")]
    docker: PathBuf,
    /// Where the tables go, as Markdown
    #[arg(long, default_value = "docs/benchmarks.md")]
    output: PathBuf,
}

fn main() -> ExitCode {
    match measure(&Cli::parse()) {
        Ok(report) => {
            let missed = report.missed();
            missed.iter().for_each(|text| say(&format!("goal missed: {text}")));
            if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            say(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn measure(cli: &Cli) -> Result<Report, RigError> {
    let engine = Engine::start(&EngineOptions::default())?;
    let folder = engine.folder().join("bench");
    fs::create_dir(&folder).map_err(RigError::io("the folder for stacks"))?;
    let tools = Tools::new(&cli.abra, &cli.docker, &folder)?;
    let mut report = Report::new(&tools, &engine)?;
    say("start-up and load");
    load::measure(&tools, &folder, &mut report)?;
    deploy::measure(&tools, &engine, &folder, &mut report)?;
    fleet::measure(&tools, &engine, &folder, &mut report.fleet)?;
    let plots = cli.output.with_file_name("plots");
    fs::create_dir_all(&plots).map_err(RigError::io("the folder for plots"))?;
    for (name, plot) in &report.fleet.plots {
        fs::write(plots.join(name), plot).map_err(RigError::io(*name))?;
    }
    fs::write(&cli.output, report.markdown()).map_err(RigError::io(cli.output.display().to_string()))?;
    say(&format!("wrote {}", cli.output.display()));
    Ok(report)
}

#[expect(clippy::print_stderr, reason = "a program says what it has to say")]
fn say(text: &str) {
    eprintln!("bench: {text}");
}
