//! An operator: a home of their own with one app, and commands.
use abra::cli::app::Command as AppCommand;
use abra::context::Context;
use abra::contexts::Contexts;
use abra::engine::Endpoint;
use abra::engine::ssh::Links;
use abra::exit::Exit;
use abra::failure::Failure;
use abra::git::{Answer, Fetches, Git, Reads};
use abra::home::Home;
use abra::interrupt::Interrupt;
use abra::ui::Ui;
use abra_core::config;
use abra_core::env::EnvFile;
use clap::Parser;
use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, OnceLock, PoisonError};
use tempfile::TempDir;

/// The app.
pub const APP: &str = "demo.example.com";
/// Its stack.
pub const STACK: &str = "demo_example_com";
/// The releases of its recipe, and their images: the third does not work, the fourth takes its time.
pub const RELEASES: [(&str, &str); 4] =
    [("1.0.0+1", "app:1"), ("2.0.0+1", "app:2"), ("3.0.0+1", "bad:3"), ("4.0.0+1", "slow:4")];

/// An operator.
#[derive(Debug)]
pub struct Operator {
    number: usize,
    home: TempDir,
}

#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Line {
    #[command(subcommand)]
    command: AppCommand,
}

impl Operator {
    /// One who has just cloned the team's repository.
    ///
    /// # Errors
    /// Files can't be written.
    pub fn new(number: usize) -> io::Result<Self> {
        let home = tempfile::Builder::new().prefix("abra-sim").tempdir()?;
        let operator = Self { number, home };
        std::fs::create_dir_all(operator.home.path().join("servers/default"))?;
        std::fs::create_dir_all(operator.home.path().join("recipes/demo/.git"))?;
        std::fs::write(operator.env_path(), "TYPE=demo\nDOMAIN=demo.example.com\n")?;
        Ok(operator)
    }

    fn env_path(&self) -> std::path::PathBuf {
        self.home.path().join(format!("servers/default/{APP}.env"))
    }

    /// What the env file records.
    pub fn record(&self) -> Option<String> {
        let bytes = std::fs::read(self.env_path()).ok()?;
        let env = EnvFile::parse("env", &bytes).ok()?;
        env.record().ok().flatten().map(|record| record.to_string())
    }

    fn context(&self, engine: Endpoint) -> Result<Context, Failure> {
        let text = format!("operator:\n  sync: true\n  name: op{}\n  remote: \"off\"\n", self.number);
        let settings = config::read("config.yml", Some(&text))
            .map_err(|findings| Failure::refused("config.yml", findings))?;
        Ok(Context {
            ui: Ui { machine: false, no_input: true, debug: false },
            offline: true,
            home: Home::at(self.home.path()),
            contexts: Contexts::at(None),
            settings,
            git: Git { may_ask: false, instead: Some(remembered) },
            fetches: Fetches::default(),
            reads: Reads::default(),
            interrupt: Interrupt::never(),
            docker_host: None,
            links: Links::new(None, None),
            engine: Some(engine),
            host: format!("ws{}", self.number),
            user_at_host: format!("op{0}@ws{0}", self.number),
            user_home: None,
        })
    }

    /// Runs `abra app …`.
    ///
    /// # Errors
    /// As the program says.
    pub async fn abra(&self, words: &[&str], engine: Endpoint) -> Result<Exit, Failure> {
        let line = Line::try_parse_from(words).map_err(|error| Failure::new(error.to_string()))?;
        let context = self.context(engine)?;
        line.command.run(&context).await
    }
}

/// What git said before to the same question: the recipe does not change.
fn remembered(arguments: &[String], _: Option<&Path>, input: &[u8]) -> io::Result<Answer> {
    type Memory = Mutex<HashMap<(Vec<String>, Vec<u8>), Answer>>;
    static MEMORY: OnceLock<Memory> = OnceLock::new();
    let mut memory = MEMORY.get_or_init(Memory::default).lock().unwrap_or_else(PoisonError::into_inner);
    let key = (arguments.to_vec(), input.to_vec());
    if let Some(answer) = memory.get(&key) {
        return Ok(answer.clone());
    }
    let answer = asked(recipe()?, arguments, input)?;
    memory.insert(key, answer.clone());
    Ok(answer)
}

fn asked(dir: &Path, arguments: &[String], input: &[u8]) -> io::Result<Answer> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), input)?;
    let output = Command::new("git").arg("-C").arg(dir).args(arguments).stdin(file.reopen()?).output()?;
    let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok(Answer { success: output.status.success(), data: output.stdout, said })
}

/// A real repository, made once.
fn recipe() -> io::Result<&'static Path> {
    static RECIPE: OnceLock<TempDir> = OnceLock::new();
    if let Some(made) = RECIPE.get() {
        return Ok(made.path());
    }
    let dir = tempfile::Builder::new().prefix("abra-sim-recipe").tempdir()?;
    let git = |arguments: &[&str]| {
        let author = ["-c", "user.name=Ada", "-c", "user.email=ada@coop.example"];
        let status = Command::new("git").arg("-C").arg(dir.path()).args(author).args(arguments).status()?;
        if status.success() { Ok(()) } else { Err(io::Error::other(format!("git {arguments:?} failed"))) }
    };
    git(&["init", "--quiet", "--initial-branch=main"])?;
    for (version, image) in RELEASES {
        std::fs::write(dir.path().join("compose.yml"), compose(image))?;
        git(&["add", "--all"])?;
        git(&["commit", "--quiet", "--message", version])?;
        git(&["tag", "--annotate", version, "--message", version])?;
    }
    Ok(RECIPE.get_or_init(|| dir).path())
}

fn compose(image: &str) -> String {
    let deploy = "deploy: {update_config: {monitor: 1s}}";
    format!(
        "version: \"3.8\"\nservices:\n  app: {{image: \"{image}\", {deploy}}}\n  db: {{image: \"db:{}\", {deploy}}}\n",
        image.split(':').next_back().unwrap_or_default()
    )
}
