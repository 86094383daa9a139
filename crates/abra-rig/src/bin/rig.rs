//! `rig`: throwaway Docker engines for scripts.
use abra_rig::run::{Run, run};
use abra_rig::{EngineOptions, RigError, sweep};
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
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
    }
}

#[expect(clippy::print_stderr, reason = "a program says what it has to say")]
fn report(text: &str) {
    eprintln!("rig: {text}");
}
