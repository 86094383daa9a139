//! An operator's home in a temporary folder, and runs of the program in it.
use crate::engine::{Fake, World};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A home with the server `default`, the recipe `wiki` in two releases and the app `wiki.test`.
pub(crate) struct Home {
    folder: tempfile::TempDir,
    engine: Option<Fake>,
}

/// A compose file that has everything that usual recipes have.
pub(crate) const COMPOSE: &str = "\
version: \"3.8\"
services:
  app:
    image: wiki:${TAG}
    environment: [DOMAIN]
    networks: [proxy]
    configs: [{source: conf, target: /etc/conf}]
    secrets: [password]
networks:
  proxy: {external: true}
configs:
  conf: {name: \"${STACK_NAME}_conf_v1\", file: conf.txt}
secrets:
  password: {external: true, name: \"${STACK_NAME}_password_${SECRET_PASSWORD_VERSION}\"}
";

/// Its sample.
pub(crate) const SAMPLE: &str = "\
TYPE=wiki
DOMAIN=wiki.example.com
TAG=1
SECRET_PASSWORD_VERSION=v1 # length=12 charset=hex
SECRET_UNUSED_VERSION=v1
";

impl Home {
    /// With nothing in it at all.
    pub(crate) fn empty() -> Self {
        let folder = tempfile::Builder::new().prefix("abra-cli-").tempdir().unwrap();
        let home = Self { folder, engine: None };
        home.write("user/.gitconfig", "[user]\n\tname = Ada\n\temail = ada@example.com\n");
        home
    }

    /// With a server, a recipe and an app.
    pub(crate) fn usual() -> Self {
        let home = Self::empty();
        home.write("abra/servers/default/wiki.test.env", &SAMPLE.replace("wiki.example.com", "wiki.test"));
        for (path, text) in [("compose.yml", COMPOSE), (".env.sample", SAMPLE), ("conf.txt", "hello\n")] {
            home.write(&format!("abra/recipes/wiki/{path}"), text);
        }
        home.git(&["init", "--quiet", "--initial-branch=main"]);
        home.release("1.0.0+1.0.0");
        home.write("abra/recipes/wiki/conf.txt", "hello again\n");
        home.release("1.1.0+1.1.0");
        home
    }

    /// With an engine that answers, and shows this.
    pub(crate) fn engine(mut self, world: World) -> Self {
        self.engine = Some(Fake::start(&self.path("engine.sock"), world));
        self
    }

    /// What was to be changed on the server.
    pub(crate) fn writes(&self) -> Vec<String> {
        self.engine.as_ref().map(Fake::writes).unwrap_or_default()
    }

    /// Commits what is in the recipe's working tree as a release.
    pub(crate) fn release(&self, version: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", version]);
        self.git(&["tag", "--annotate", "--message", version, version]);
    }

    /// A file of the recipe, as a new release.
    pub(crate) fn recipe(self, path: &str, text: &str) -> Self {
        self.write(&format!("abra/recipes/wiki/{path}"), text);
        self.release("2.0.0+2.0.0");
        self
    }

    /// The app's env file.
    pub(crate) fn env(self, text: &str) -> Self {
        self.write("abra/servers/default/wiki.test.env", text);
        self
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        let output = self
            .surround(&mut git)
            .current_dir(self.path("abra/recipes/wiki"))
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn surround<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.path("user"))
            .env("USER", "ada")
            .env("ABRA_DIR", self.path("abra"))
            .env("DOCKER_HOST", format!("unix://{}", self.path("engine.sock").display()))
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_NAME"), "Ada")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_EMAIL"), "ada@example.com")))
            .envs(["AUTHOR", "COMMITTER"].map(|who| (format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z")))
            .stdin(Stdio::null())
    }

    /// The program, not started yet.
    pub(crate) fn abra(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_abra"));
        self.surround(&mut command).args(arguments);
        command
    }

    /// One run.
    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.abra(arguments).output().unwrap()
    }

    /// One run as a page of text: what was called, what was said on which stream, how it ended.
    pub(crate) fn page(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let text = |bytes: &[u8]| self.portable(str::from_utf8(bytes).unwrap());
        let words: Vec<String> = arguments.iter().map(|word| word.escape_debug().to_string()).collect();
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "colours without a terminal: {out}{err}");
        let mut page = format!("$ abra {}\n", words.join(" "));
        for (stream, text) in [("out", out), ("err", err)] {
            text.lines().for_each(|line| page += &format!("{}\n", format!("{stream}: {line}").trim_end()));
        }
        page + &format!("exit: {}\n", output.status.code().unwrap())
    }

    /// Runs that must be refused: a page for each. Nothing in the home may change, and nothing on the server.
    pub(crate) fn refused(&self, runs: &[&[&str]]) -> String {
        let before = self.files();
        let pages: Vec<String> = runs.iter().map(|run| self.page(run)).collect();
        assert_eq!(before, self.files(), "a refused run changed files");
        if let Some(engine) = &self.engine {
            assert_eq!(engine.writes(), Vec::<String>::new(), "a refused run changed the server");
        }
        for page in &pages {
            assert!(!page.ends_with("exit: 0\n"), "not refused: {page}");
        }
        pages.join("\n")
    }

    /// Every file with its content. Sockets are left out.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(self.folder.path(), &mut files);
        files
    }

    fn portable(&self, text: &str) -> String {
        text.replace(&self.folder.path().display().to_string(), "[HOME]")
    }
}

fn collect(folder: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let kind = std::fs::symlink_metadata(&path).unwrap().file_type();
        if kind.is_dir() {
            files.insert(path.clone(), vec![]);
            collect(&path, files);
        } else if kind.is_file() {
            files.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}
