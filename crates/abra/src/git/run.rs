//! One call of git: its environment, its limits, its answer.
use super::{Answer, Git, GitError, LOCAL};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};

/// Most bytes of an answer.
const MOST: u64 = 96 << 20;

/// Most bytes of git's words that are kept.
const MOST_SAID: u64 = 4 << 10;

/// Settings of every call: nothing of a repository is run, no other repository is gone to.
const SETTINGS: [&str; 9] = [
    "core.fsmonitor=false",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "maintenance.auto=false",
    "gc.auto=0",
    "color.ui=false",
    "advice.pushUpdateRejected=false",
    "log.showSignature=false",
];

/// Seconds until ssh gives a host up that does not answer.
const CONNECT: u8 = 10;

/// Keeps a repository's hooks from running.
const NO_HOOKS: &str = "core.hooksPath=/dev/null";

/// Variables by which git would look at another repository than the one that is meant.
const MISLEADING: [&str; 11] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_EXTERNAL_DIFF",
    "GIT_TRACE",
    "LANGUAGE",
];

/// What is to be run.
#[derive(Debug)]
pub(super) struct Invocation {
    arguments: Vec<String>,
    dir: Option<PathBuf>,
    /// Whether the folder must be a repository of its own.
    own: bool,
    input: Vec<u8>,
    limit: Duration,
    local: bool,
    /// Whether the repository's hooks run.
    hooks: bool,
}

impl Invocation {
    /// A call that stays on this machine.
    pub(super) fn local<'a>(arguments: impl IntoIterator<Item = &'a str>) -> Self {
        let arguments = arguments.into_iter().map(str::to_owned).collect();
        Self { arguments, dir: None, own: true, input: Vec::new(), limit: LOCAL, local: true, hooks: false }
    }

    /// A call that may go to another machine.
    pub(super) fn remote<'a>(arguments: impl IntoIterator<Item = &'a str>, limit: Duration) -> Self {
        Self { limit, local: false, ..Self::local(arguments) }
    }

    pub(super) fn at(self, dir: &Path) -> Self {
        Self { dir: Some(dir.to_owned()), ..self }
    }

    /// In a folder, which need be no repository, nor there at all.
    pub(super) fn anywhere(self, dir: &Path) -> Self {
        Self { dir: dir.is_dir().then(|| dir.to_owned()), own: false, ..self }
    }

    /// With the repository's own hooks: for the team's repository only.
    pub(super) fn with_hooks(self) -> Self {
        Self { hooks: true, ..self }
    }

    pub(super) fn input(self, input: Vec<u8>) -> Self {
        Self { input, ..self }
    }

    fn name(&self) -> String {
        self.arguments.first().cloned().unwrap_or_default()
    }
}

impl Git {
    /// The answer of a call that must succeed.
    pub(super) async fn data(&self, call: &Invocation) -> Result<Vec<u8>, GitError> {
        let output = self.run(call).await?;
        if output.success {
            return Ok(output.data);
        }
        Err(GitError::Failed { command: call.name(), dir: call.dir.clone(), said: output.said })
    }

    /// The answer of a call, also when it fails.
    pub(super) async fn run(&self, call: &Invocation) -> Result<Answer, GitError> {
        if let Some(instead) = self.instead {
            let answer = instead(&call.arguments, call.dir.as_deref(), &call.input);
            return answer.map_err(|source| GitError::Start { source });
        }
        let mut command = self.command(call)?;
        if !call.local
            && let Some(ssh) = self.ssh(call).await?
        {
            command.env("GIT_SSH_COMMAND", ssh);
        }
        let child = command.spawn().map_err(|source| GitError::Start { source })?;
        match tokio::time::timeout(call.limit, talk(child, &call.input)).await {
            Ok(Ok(output)) if output.data.len() as u64 > MOST => {
                let dir = call.dir.clone().unwrap_or_default();
                Err(GitError::TooMuch { what: "git has too much to say (bytes) of", dir, limit: MOST })
            }
            Ok(Ok(output)) => Ok(output),
            Ok(Err(source)) => Err(GitError::Start { source }),
            Err(_) => {
                let seconds = call.limit.as_secs();
                Err(GitError::TooSlow { command: call.name(), dir: call.dir.clone(), seconds })
            }
        }
    }

    fn command(&self, call: &Invocation) -> Result<Command, GitError> {
        let mut command = Command::new("git");
        command.arg("--no-pager").arg("--literal-pathspecs");
        if let Some(dir) = &call.dir {
            let real = repository(dir, call.own)?;
            // A folder inside of another repository is not taken for that one.
            let ceiling = if call.own { real.parent() } else { None };
            command.env("GIT_CEILING_DIRECTORIES", ceiling.unwrap_or(Path::new("")));
            command.arg("-C").arg(real);
        }
        for setting in SETTINGS.into_iter().chain((!call.hooks).then_some(NO_HOOKS)) {
            command.arg("-c").arg(setting);
        }
        command.args(&call.arguments);
        for variable in MISLEADING {
            command.env_remove(variable);
        }
        command
            .env("LC_ALL", "C")
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env("GIT_ALLOW_PROTOCOL", "file:git:http:https:ssh");
        if call.local {
            command.env("GIT_NO_LAZY_FETCH", "1");
        }
        if call.local || !self.may_ask {
            // An empty program for passwords stands for none, also where one is configured.
            command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_ASKPASS", "");
        }
        let input = if call.input.is_empty() { Stdio::null() } else { Stdio::piped() };
        command.stdin(input).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }

    /// The operator's ssh, told not to wait long for a host that is not there, and not to ask where nobody is asked.
    /// `None`: a program that may take no such words.
    async fn ssh(&self, call: &Invocation) -> Result<Option<String>, GitError> {
        let var = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        let ssh = match (var("GIT_SSH_COMMAND"), var("GIT_SSH")) {
            (Some(given), _) => given,
            (None, Some(_)) => return Ok(None),
            (None, None) => {
                let look = Invocation::local(["config", "--get", "core.sshCommand"]);
                let look = look.anywhere(call.dir.as_deref().unwrap_or(Path::new("/")));
                Box::pin(self.setting(&look)).await?.unwrap_or_else(|| "ssh".to_owned())
            }
        };
        let batch = if self.may_ask { "" } else { " -o BatchMode=yes" };
        Ok(Some(format!("{ssh}{batch} -o ConnectTimeout={CONNECT}")))
    }
}

/// The folder itself behind any link, if it is there (and a repository, where it must be one).
fn repository(dir: &Path, own: bool) -> Result<PathBuf, GitError> {
    let none = || GitError::NoRepository { dir: dir.to_owned() };
    let real = std::fs::canonicalize(dir).map_err(|_| none())?;
    let is_repository = real.join(".git").exists() || real.join("HEAD").exists();
    if real.is_dir() && (is_repository || !own) { Ok(real) } else { Err(none()) }
}

/// Gives the input and takes the answer at the same time, so that neither side waits for ever.
async fn talk(mut child: Child, input: &[u8]) -> std::io::Result<Answer> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // Git that ends early is told of by its exit.
            let _ = stdin.write_all(input).await;
        }
    };
    let ((), data, said) = tokio::join!(write, bounded(stdout, MOST + 1), bounded(stderr, MOST_SAID));
    let (data, said) = (data?, said?);
    if data.len() as u64 > MOST {
        child.start_kill()?;
    }
    let status = child.wait().await?;
    // Git's advice is for people who typed the command.
    let said = String::from_utf8_lossy(&said);
    let said: Vec<&str> = said.lines().filter(|line| !line.trim_start().starts_with("hint:")).collect();
    let said = harmless(said.join("\n").trim());
    Ok(Answer { success: status.success(), data, said })
}

/// The first bytes of a stream; the rest is read to its end and dropped, unless it is the data.
async fn bounded(stream: Option<impl AsyncRead + Unpin>, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(limit).read_to_end(&mut bytes).await?;
        if limit == MOST_SAID {
            tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
        }
    }
    Ok(bytes)
}

/// Text without control characters, and without the passwords of addresses in it.
pub(super) fn harmless(text: &str) -> String {
    let words = text.split(' ').map(|word| {
        let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
        let end = rest.find(['/', '?', '#', '\'']).unwrap_or(rest.len());
        match rest[..end].rfind('@') {
            Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
            None => word.to_owned(),
        }
    });
    let joined = words.collect::<Vec<_>>().join(" ").replace(['\n', '\t'], " ");
    joined.chars().filter(|c| !c.is_control()).collect()
}
