//! `rig`: throwaway Docker engines for scripts.
use abra_rig::run::{Run, run};
use abra_rig::takeover::{Report, Tools, cases, check};
use abra_rig::{EngineOptions, RigError, sweep};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Throwaway Docker engines: never yours, nothing left behind
#[derive(Debug, Parser)]
#[command(name = "rig", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a command with DOCKER_HOST (and RIG_SOCKET_1 …, RIG_DIR) set to engines that go when it ends
    Run(RunArgs),
    /// Remove what killed rigs left behind
    Sweep,
    /// Try whether recipes go from docker's hands into ours and back without a new task
    Takeover(TakeoverArgs),
}

#[derive(Debug, Args)]
struct TakeoverArgs {
    /// The abra to try
    #[arg(long, default_value = "target/debug/abra")]
    abra: PathBuf,
    /// The docker to try it with
    #[arg(long, default_value = "docker")]
    docker: PathBuf,
    /// Recipes, or folders of recipes
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// How many engines
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=8))]
    engines: u16,
    /// Plain engines, not swarms of one manager
    #[arg(long)]
    no_swarm: bool,
    /// Without the images bb:1 and bb:2
    #[arg(long)]
    no_images: bool,
    /// With a registry in each engine that has registry.coop.example/bb:1 and bb:2, so that images have digests
    #[arg(long, conflicts_with = "no_images")]
    registry: bool,
    /// With the engines' debug log (in RIG_DIR/log)
    #[arg(long)]
    debug: bool,
    /// Let requests go through a proxy that writes each to RIG_DIR/requests
    #[arg(long)]
    log_requests: bool,
    /// The same, and hold each back for so many milliseconds, as a far server would
    #[arg(long, value_name = "MS", default_value_t = 0)]
    delay: u64,
    /// The command
    #[arg(required = true, last = true)]
    command: Vec<OsString>,
}

fn main() -> ExitCode {
    match execute(Cli::parse().command) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            report(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

fn execute(command: Command) -> Result<u8, RigError> {
    match command {
        Command::Run(args) => run(&Run {
            proxy: (args.log_requests || args.delay > 0).then(|| Duration::from_millis(args.delay)),
            registry: args.registry,
            command: args.command,
            engines: args.engines,
            options: EngineOptions {
                swarm: !args.no_swarm,
                images: !args.no_images,
                debug: args.debug,
                ..EngineOptions::default()
            },
        }),
        Command::Sweep => {
            for folder in sweep()? {
                report(&format!("removed {}", folder.display()));
            }
            Ok(0)
        }
        Command::Takeover(args) => take_over(&args),
    }
}

/// Every deployment of every recipe, a line each; 1 if any of them is not as it should be.
fn take_over(args: &TakeoverArgs) -> Result<u8, RigError> {
    let abra = args.abra.canonicalize().map_err(RigError::io(args.abra.display().to_string()))?;
    let tools = Tools { docker: args.docker.clone(), abra };
    let (mut good, mut refused, mut bad, mut services, mut tasks) = (0, 0, 0, 0, 0);
    for folder in recipes(&args.paths)? {
        for case in cases(&folder)? {
            let found = check(&case, &tools)?;
            report(&format!("{}: {}", case.name(), in_words(&found)));
            found.idle.iter().for_each(|(service, why)| report(&format!("  {service} does not run: {why}")));
            found.problems.iter().for_each(|problem| report(&format!("  PROBLEM {problem}")));
            match (found.problems.is_empty(), &found.refused) {
                (true, None) => good += 1,
                (true, Some(_)) => refused += 1,
                (false, _) => bad += 1,
            }
            services += found.services;
            tasks += found.tasks;
        }
    }
    report(&format!(
        "{good} deployments taken over both ways ({services} services, {tasks} tasks), {refused} refused by both, {bad} with problems"
    ));
    Ok(u8::from(bad > 0))
}

fn in_words(found: &Report) -> String {
    match &found.refused {
        Some(why) => format!("both refuse it: {why}"),
        None => format!("{} services, {} tasks", found.services, found.tasks),
    }
}

/// The paths that are recipes, and the recipes in those that are not.
fn recipes(paths: &[PathBuf]) -> Result<Vec<PathBuf>, RigError> {
    let is_recipe = |folder: &Path| folder.join("compose.yml").is_file();
    let mut found = Vec::new();
    for path in paths {
        if is_recipe(path) {
            found.push(path.clone());
            continue;
        }
        let entries = std::fs::read_dir(path).map_err(RigError::io(path.display().to_string()))?;
        let mut inside: Vec<PathBuf> =
            entries.flatten().map(|entry| entry.path()).filter(|path| is_recipe(path)).collect();
        inside.sort();
        found.extend(inside);
    }
    Ok(found)
}

#[expect(clippy::print_stderr, reason = "a program says what it has to say")]
fn report(text: &str) {
    eprintln!("rig: {text}");
}
