//! `bench`: abra against docker's own command line, on the same throwaway engine, in the same run.
//!
//! Runs of the two alternate, so that whatever else the machine does hits both alike; what counts are medians and
//! their ratio. Time is taken on the engine's own socket; requests are counted in a run of their own, through a proxy.
mod apps;
mod bare;
mod deploy;
mod fleet;
mod ground;
mod load;
mod operator;
mod plot;
mod report;
mod server;
mod servers;
mod stacks;
mod table;
mod tool;

use abra_rig::{Engine, EngineOptions, RigError};
use clap::{Parser, ValueEnum};
use deploy::Stack;
use fleet::Fleet;
use ground::{Ground, Reach};
use report::Report;
use server::Growing;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tool::Tools;

/// Compare abra with docker's own command line on throwaway engines
#[derive(Debug, Parser)]
struct Cli {
    /// The abra to measure
    #[arg(long, default_value = "target/dist/abra")]
    abra: PathBuf,
    /// The docker to compare it with
    #[arg(long, default_value = "docker")]
    docker: PathBuf,
    /// An sshd that takes less of this machine than its own: many servers are measured behind it, too
    #[arg(long)]
    small_sshd: Option<PathBuf>,
    /// Where the tables go, as Markdown, with plots beside it [default: docs/benchmarks.md, for the whole]
    #[arg(long)]
    output: Option<PathBuf>,
    /// Only these parts; without --output, prints the tables
    #[arg(long, value_enum)]
    only: Vec<Part>,
    /// At most so many rounds of each comparison; without --output, prints the tables
    #[arg(long, default_value_t = usize::MAX)]
    rounds: usize,
}

/// What can be measured by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Load,
    Deploy,
    Wait,
    Ssh,
    Server,
    Servers,
    Apps,
}

impl Cli {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let code = match operator::home() {
        Some(home) => measure(&cli, &home).map(|report| verdict(&report)),
        None => operator::become_one(),
    };
    code.unwrap_or_else(|error| {
        say(&error.to_string());
        ExitCode::FAILURE
    })
}

fn verdict(report: &Report) -> ExitCode {
    let missed = report.missed();
    missed.iter().for_each(|text| say(&format!("goal missed: {text}")));
    if missed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn measure(cli: &Cli, home: &Path) -> Result<Report, RigError> {
    let engine = Engine::start(&EngineOptions::default())?;
    let folder = engine.folder().join("bench");
    fs::create_dir(&folder).map_err(RigError::io("the folder for stacks"))?;
    let tools = Tools::new([&cli.abra, &cli.docker], &folder, home, cli.rounds)?;
    let mut report = Report::new(&tools, &engine)?;
    if cli.wants(Part::Load) {
        say("start-up and load");
        load::measure(&tools, &folder, &mut report)?;
    }
    let ground = Ground::new(&tools, &engine)?;
    let many = cli.wants(Part::Servers);
    let reach = ground.reach(if many { servers::SERVERS } else { 1 }, cli.small_sshd.as_deref())?;
    deployments(cli, &ground, &reach, &folder, &mut report)?;
    listings(cli, &ground, &reach, &mut report.fleet)?;
    let whole = || (cli.only.is_empty() && cli.rounds == usize::MAX).then(|| "docs/benchmarks.md".into());
    match cli.output.clone().or_else(whole) {
        Some(output) => write(&output, &report)?,
        None => print(&report.markdown()),
    }
    Ok(report)
}

fn deployments(
    cli: &Cli,
    ground: &Ground<'_>,
    reach: &Reach,
    folder: &Path,
    report: &mut Report,
) -> Result<(), RigError> {
    let stack = Stack::new(ground, folder)?;
    if cli.wants(Part::Deploy) {
        stack.here(&mut report.deploy)?;
    }
    if cli.wants(Part::Ssh) {
        stack.over_ssh(&reach.servers[0], &mut report.ssh)?;
    }
    if cli.wants(Part::Wait) {
        stack.waited(&mut report.wait)?;
    }
    Ok(())
}

fn listings(cli: &Cli, ground: &Ground<'_>, reach: &Reach, report: &mut Fleet) -> Result<(), RigError> {
    let mut server = Growing::new(ground, reach)?;
    // As many as there are apps on each of many servers come in between.
    for apps in [6, servers::APPS, 3 * servers::APPS] {
        if cli.wants(Part::Server) {
            server.grow(apps)?;
            server.measure(report)?;
        }
        if apps == servers::APPS && cli.wants(Part::Servers) {
            server.grow(apps)?;
            server.rest();
            servers::measure(ground, reach, report)?;
        }
    }
    server.plot(report);
    drop(server);
    if cli.wants(Part::Apps) {
        say("files only");
        apps::measure(ground, report)?;
    }
    Ok(())
}

fn write(output: &Path, report: &Report) -> Result<(), RigError> {
    let plots = output.with_file_name("plots");
    fs::create_dir_all(&plots).map_err(RigError::io("the folder for plots"))?;
    for (name, plot) in &report.fleet.plots {
        fs::write(plots.join(name), plot).map_err(RigError::io(*name))?;
    }
    fs::write(output, report.markdown()).map_err(RigError::io(output.display().to_string()))?;
    say(&format!("wrote {}", output.display()));
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a program says what it has to say")]
fn say(text: &str) {
    eprintln!("bench: {text}");
}

#[expect(clippy::print_stdout, reason = "a program says what it has to say")]
fn print(text: &str) {
    println!("{text}");
}
