//! What every command of an operator needs: where things are, how to speak, what was set.
use crate::contexts::Contexts;
use crate::engine::Endpoint;
use crate::engine::auth::Credentials;
use crate::engine::ssh::Links;
use crate::failure::Failure;
use crate::flow::server;
use crate::git::{Fetches, Git, GitError, Reads};
use crate::home::{Home, HomeError};
use crate::interrupt::Interrupt;
use crate::ui::Ui;
use abra_core::app::App;
use abra_core::config::{self, Settings};
use abra_core::name::{AppName, ServerName, StackName};
use std::collections::BTreeMap;
use std::future::Future;

/// Made once per run; the process environment is read here and nowhere below.
#[derive(Debug)]
pub struct Context {
    /// How to speak.
    pub ui: Ui,
    /// `--offline`: no network for recipes.
    pub offline: bool,
    /// The operator's files.
    pub home: Home,
    /// Docker's contexts: where the engines of servers are.
    pub contexts: Contexts,
    /// The operator's settings.
    pub settings: Settings,
    /// How git is run.
    pub git: Git,
    /// What git fetched in this run.
    pub fetches: Fetches,
    /// What git said in this run.
    pub reads: Reads,
    /// Whether the operator wants to stop.
    pub interrupt: Interrupt,
    /// `DOCKER_HOST`, for the local engine only.
    pub docker_host: Option<String>,
    /// The servers that ssh is logged in to.
    pub links: Links,
    /// The engine of every server, where it is not looked for: a simulated one.
    pub engine: Option<Endpoint>,
    /// The name of this workstation.
    pub host: String,
    /// `$USER@host`: who the operator is where nothing else says it.
    pub user_at_host: String,
    /// What `~` stands for.
    pub user_home: Option<String>,
}

impl Context {
    /// Reads where things are and what was set.
    ///
    /// # Errors
    /// There is no home, or the settings can't be read.
    pub fn new(ui: Ui, offline: bool, interrupt: Interrupt) -> Result<Self, Failure> {
        let context = Self::quiet(ui, offline, interrupt)?;
        context.settings.warnings.iter().for_each(|warning| ui.finding(warning));
        Ok(context)
    }

    /// The home, where nothing else is needed.
    ///
    /// # Errors
    /// Nothing says where it is.
    pub fn home_of_process() -> Result<Home, HomeError> {
        let var = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
        Home::of(var("ABRA_DIR"), var("HOME"))
    }

    /// The operator's editor, with words of its own; `None` where none is set.
    pub fn editor_of_process() -> Option<String> {
        let set = |name| std::env::var(name).ok().filter(|set| !set.trim().is_empty());
        ["VISUAL", "EDITOR"].into_iter().find_map(set)
    }

    /// The same as [`Context::new`], without a word about the settings.
    ///
    /// # Errors
    /// There is no home, or the settings can't be read.
    pub fn quiet(ui: Ui, offline: bool, interrupt: Interrupt) -> Result<Self, Failure> {
        let home = Self::home_of_process()?;
        let text = home.config_text()?;
        let name = home.config_path().display().to_string();
        let settings =
            config::read(&name, text.as_deref()).map_err(|findings| Failure::refused(&name, findings))?;
        // What is no text leads nowhere, and not to the usual engine.
        let docker_host = std::env::var_os("DOCKER_HOST").map(|host| host.to_string_lossy().into_owned());
        let docker_host = docker_host.filter(|host| !host.is_empty());
        let user = std::env::var("USER").unwrap_or_else(|_| "unknown".to_owned());
        let host = std::fs::read_to_string("/etc/hostname").unwrap_or_default();
        let host = if host.trim().is_empty() { "localhost" } else { host.trim() }.to_owned();
        let user_at_host = format!("{user}@{host}");
        let user_home = std::env::var("HOME").ok().filter(|home| !home.is_empty());
        let git = Git { may_ask: !ui.no_input, instead: None };
        let fetches = Fetches::default();
        Ok(Self {
            ui,
            offline,
            home,
            contexts: Contexts::at(Credentials::folder()),
            settings,
            git,
            fetches,
            reads: Reads::default(),
            interrupt,
            docker_host,
            links: server::links(ui),
            engine: None,
            host,
            user_at_host,
            user_home,
        })
    }

    /// Waits for what changes a server, also where the operator wants to stop meanwhile; that this was heard is said. It
    /// needs a guard of the interrupt.
    pub async fn finished<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        tokio::select! {
            biased;
            result = &mut work => return result,
            () = self.interrupt.wait() => {
                self.ui.say("interrupted: what is under way is finished first; once more ends it at once");
            }
        }
        work.await
    }

    /// The app of this name.
    ///
    /// # Errors
    /// There is none, there are several, or its env file has errors.
    pub fn app(&self, name: &str) -> Result<App, Failure> {
        // Shells complete file names: the env file's own name means the app, too.
        let name = AppName::new(name.strip_suffix(".env").unwrap_or(name))?;
        let place = self.home.find(&name)?;
        let app = self.app_at(&place.server, &place.app)?;
        self.has_stack_alone(&app)?;
        Ok(app)
    }

    /// Two apps of one stack would overwrite and remove each other's services. Long names are cut, dots and underscores
    /// become the same: so this happens without anybody's wish.
    fn has_stack_alone(&self, app: &App) -> Result<(), Failure> {
        for name in self.home.apps_of(&app.server)?.iter().filter(|name| **name != app.name) {
            // A file with errors is told about when that app is meant.
            let Ok(other) = self.app_at(&app.server, name) else { continue };
            if other.stack == app.stack {
                return Err(self.not_alone(app, name));
            }
        }
        Ok(())
    }

    fn not_alone(&self, app: &App, other: &AppName) -> Failure {
        Failure::new(format!(
            "the apps {} and {other} on server {} are both stack {}",
            app.name, app.server, app.stack
        ))
        .hint(format!(
            "set `STACK_NAME` in the env file of the one that is not deployed yet, or remove that file: {}",
            self.home.server_dir(&app.server).display()
        ))
    }

    /// All the apps of a server, in the order of their names, each file read once; why an app can't be had instead of it.
    pub fn apps_at(&self, server: &ServerName, names: Vec<AppName>) -> Vec<(AppName, Result<App, Failure>)> {
        let mut read: Vec<(AppName, Result<App, Failure>)> = Vec::with_capacity(names.len());
        let mut stacks: BTreeMap<StackName, Vec<AppName>> = BTreeMap::new();
        for name in names {
            let app = self.app_at(server, &name);
            if let Ok(app) = &app {
                stacks.entry(app.stack.clone()).or_default().push(name.clone());
            }
            read.push((name, app));
        }
        for (name, app) in &mut read {
            let other = |app: &App| stacks[&app.stack].iter().find(|other| *other != name);
            if let Ok(found) = app
                && let Some(other) = other(found)
            {
                *app = Err(self.not_alone(found, other));
            }
        }
        read
    }

    /// Who the operator is: as set, else by git's settings, else the user on this machine.
    ///
    /// # Errors
    /// Git can't be run.
    pub async fn operator(&self) -> Result<String, GitError> {
        if let Some(name) = &self.settings.name.value {
            return Ok(name.clone());
        }
        let known = self.reads.identity(self.git, &self.home.servers_dir()).await?;
        Ok(known.unwrap_or_else(|| self.user_at_host.clone()))
    }

    /// The app of this name on a server.
    ///
    /// # Errors
    /// Its env file can't be read or has errors.
    pub fn app_at(&self, server: &ServerName, name: &AppName) -> Result<App, Failure> {
        let env = self.home.env(server, name)?;
        let file = env.name().to_owned();
        App::new(server.clone(), name.clone(), env).map_err(|findings| Failure::refused(&file, findings))
    }
}
