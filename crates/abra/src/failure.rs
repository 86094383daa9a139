//! The one file that knows every room's errors: what is said, what can be done, and the exit code.
use crate::contexts::ContextsError;
use crate::engine::EngineError;
use crate::engine::auth::AuthError;
use crate::engine::ssh::LinkError;
use crate::exit::Exit;
use crate::flow::apply::{StopCause, Stopped};
use crate::flow::lease::LockError;
use crate::flow::operation::clock_of;
use crate::flow::rollout::RolloutError;
use crate::flow::undeploy::UndeployError;
use crate::git::GitError;
use crate::home::HomeError;
use crate::ui::ask::NoAnswer;
use abra_core::finding::{Finding, Severity};
use abra_core::head::HeadRecord;
use abra_core::name::NameError;
use abra_core::recipe::{Record, RecordError, ResolveError, Why};
use abra_core::ssh::{DialTrouble, Trouble};
use std::error::Error;

/// Stands in a hint for the app's name, see [`Failure::about`].
const APP: &str = "<APP>";

const GROUP: &str = "your user must be in the group `docker` there: `sudo usermod -aG docker \"$USER\"`, run there, puts you \
                     into it from the next login on";

const GROUP_HERE: &str = "your user must be in the group that the socket belongs to, most often `docker`: \
                          `sudo usermod -aG docker \"$USER\"` puts you into it from the next login on";

/// A run that ended without doing what was asked.
#[derive(Debug)]
pub struct Failure {
    /// How the process ends.
    pub exit: Exit,
    /// What went wrong, in one line.
    pub message: String,
    /// What it came from, nearest first.
    pub causes: Vec<String>,
    /// Problems in the input, each with its place.
    pub findings: Vec<Finding>,
    /// What can be done, each a sentence that names a command or a file.
    pub hints: Vec<String>,
    /// Whether nothing was changed because somebody else was faster: a new look may end otherwise.
    pub outrun: bool,
}

impl Failure {
    /// Refused before anything was changed.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            exit: Exit::Refused,
            message: message.into(),
            causes: vec![],
            findings: vec![],
            hints: vec![],
            outrun: false,
        }
    }

    /// Refused for an error, with the errors behind it.
    pub fn from_error(error: &dyn Error) -> Self {
        let mut failure = Self::new(error.to_string());
        let mut source = error.source();
        while let Some(cause) = source {
            failure.causes.push(cause.to_string());
            source = cause.source();
        }
        failure
    }

    /// The same with another exit code.
    #[must_use]
    pub fn exit(mut self, exit: Exit) -> Self {
        self.exit = exit;
        self
    }

    /// The same, where somebody else was faster and nothing was changed.
    #[must_use]
    pub fn outrun(mut self) -> Self {
        self.outrun = true;
        self
    }

    /// The same with advice.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same about one app, whose name its hints want to give.
    #[must_use]
    pub fn about(mut self, app: &str) -> Self {
        self.hints.iter_mut().for_each(|hint| *hint = hint.replace(APP, app));
        self
    }

    /// The same with findings.
    #[must_use]
    pub fn findings(mut self, findings: Vec<Finding>) -> Self {
        self.findings = findings;
        self
    }

    /// The same with other words, for example without what must not be seen.
    #[must_use]
    pub fn reworded(mut self, words: impl Fn(&str) -> String) -> Self {
        self.message = words(&self.message);
        for text in self.causes.iter_mut().chain(&mut self.hints) {
            *text = words(text);
        }
        self.findings = self.findings.into_iter().map(|finding| finding.reworded(&words)).collect();
        self
    }

    /// What went wrong, in one line for a list: the first problem of the input with its place, else the message and what it
    /// came from.
    pub fn in_brief(&self) -> String {
        let Some(first) = self.findings.iter().find(|finding| finding.severity == Severity::Blocker) else {
            let cause = self.causes.first().map(|cause| format!(": {cause}"));
            return format!("{}{}", self.message, cause.unwrap_or_default());
        };
        match &first.location {
            Some(place) => format!("{place}: {}", first.message),
            None => first.message.clone(),
        }
    }

    /// Input that can't be used: says how many problems there are.
    pub fn refused(what: &str, findings: Vec<Finding>) -> Self {
        let blockers = findings.iter().filter(|finding| finding.severity == Severity::Blocker).count();
        let problems = if blockers == 1 { "1 problem".to_owned() } else { format!("{blockers} problems") };
        Self::new(format!("{what}: {problems}, nothing was changed")).findings(findings)
    }
}

impl From<NoAnswer> for Failure {
    fn from(error: NoAnswer) -> Self {
        match error {
            NoAnswer::Nobody => Self::new("there is nobody to ask, so nothing was changed")
                .hint("--no-input goes on without a question"),
            NoAnswer::Interrupted => Self::new("interrupted; nothing was changed").exit(Exit::Interrupted),
        }
    }
}

impl From<NameError> for Failure {
    fn from(error: NameError) -> Self {
        Self::from_error(&error)
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            HomeError::NoApp { app, nearest, .. } => {
                let begins = |name: &&String| name.starts_with(app.as_str());
                let failure = match nearest.iter().filter(begins).collect::<Vec<_>>()[..] {
                    [only] => failure.hint(format!("the app that begins so is {only}")),
                    _ => did_you_mean(failure, &nearest),
                };
                failure.hint("`abra app ls` lists all apps")
            }
            HomeError::NoServer { nearest, .. } => did_you_mean(failure, &nearest)
                .hint("`abra server ls` lists all servers; `abra server add` adds one"),
            HomeError::Several { .. } => failure.hint(
                "an app goes by the name of its file: give one of them another, with `STACK_NAME` in it so that its stack stays",
            ),
            HomeError::Findings { path, findings } => Self::refused(&path.display().to_string(), findings),
            HomeError::Dangling { .. } => {
                failure.hint("bring back what it leads to, let it lead elsewhere (`ln -sfn`), or remove the link")
            }
            HomeError::Nowhere => failure.hint("set ABRA_DIR to the folder that holds servers and recipes"),
            _ => failure,
        }
    }
}

fn did_you_mean(failure: Failure, nearest: &[String]) -> Failure {
    if nearest.is_empty() { failure } else { failure.hint(format!("nearest names: {}", nearest.join(", "))) }
}

impl From<ContextsError> for Failure {
    fn from(error: ContextsError) -> Self {
        Self::from_error(&error)
    }
}

impl From<GitError> for Failure {
    fn from(error: GitError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            GitError::Start { .. } => {
                failure.hint("recipes are read with the program `git`: is it installed, and on the PATH?")
            }
            GitError::NoRepository { dir } => failure.hint(format!(
                "recipes are git repositories; moved out of the way it is cloned anew: `mv {0} {0}.old`",
                dir.display()
            )),
            _ => failure,
        }
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            EngineError::Unreachable { endpoint, .. } if endpoint.starts_with("ssh://") => {
                failure.hint("is the Docker engine running there?")
            }
            EngineError::Unreachable { .. } => {
                failure.hint("is the Docker engine running, and DOCKER_HOST right?")
            }
            EngineError::Link(error) => link_hint(failure, &error),
            EngineError::NoAccess { endpoint } if endpoint.starts_with("unix://") => failure.hint(GROUP_HERE),
            EngineError::NoAccess { .. } => failure.hint(GROUP),
            EngineError::TooOld { .. } => failure.hint("Docker 20.10 is the oldest engine that is supported"),
            EngineError::NotManager => {
                failure.hint("`abra server add` with the server's name says why, and what sets it up (`docker swarm init` there, or another server to add)")
            }
            EngineError::NoLeader { .. } => {
                failure.hint("more than half of the swarm's managers must be online")
            }
            _ => failure,
        }
    }
}

/// What can be done where a server is not reached. ssh itself understands the addresses that are shown.
fn link_hint(failure: Failure, error: &LinkError) -> Failure {
    match error {
        LinkError::Program { .. } => failure.hint("servers are reached with the program `ssh` (OpenSSH)"),
        LinkError::Folder { .. } => failure.hint("XDG_RUNTIME_DIR or TMPDIR may name a better place for it"),
        LinkError::Settings { target, .. } => {
            failure.hint(format!("`ssh -G {target}` shows what ssh's settings come to"))
        }
        LinkError::Login { target, trouble, .. } => login_hint(failure, target, *trouble),
        LinkError::TimedOut { target, .. }
        | LinkError::Control { target, .. }
        | LinkError::Command { target, .. } => {
            failure.hint(format!("`ssh -v {target}` shows how far it comes"))
        }
        LinkError::Away { again, .. } if !again.is_transient() => link_hint(failure, again),
        LinkError::Ended { .. } | LinkError::Away { .. } => {
            failure.hint("`abra app ps` shows what runs, as soon as the server is there again")
        }
        LinkError::NoWay { target, trouble, .. } => way_hint(failure, target, *trouble),
    }
}

fn login_hint(failure: Failure, target: &str, trouble: Trouble) -> Failure {
    match trouble {
        Trouble::UnknownHost => failure
            .hint("is the server's name right? a `Host` of that name in ssh's settings can say where it is (`HostName`)"),
        Trouble::Refused => failure.hint("does sshd run there, and at that port? ssh's settings can say another one (`Port`)"),
        Trouble::NoAnswer => failure.hint("is the server up, and can it be reached from here?"),
        Trouble::Silent => failure
            .hint("where logins take so long, `ServerAliveInterval 20` in ssh's settings waits for a minute"),
        Trouble::HostKeyChanged => failure
            .hint("somebody may be in between: ask those who run the server whether its key was changed")
            .hint("if it was, `ssh-keygen -R` with the host's name forgets the old one"),
        Trouble::HostKeyUnknown => failure
            .hint(format!("`ssh {target}` shows the key's fingerprint; accept it if it is the one that the server's people name")),
        Trouble::Denied => failure
            .hint(format!("`ssh {target}` must let you in: is it the right user, and the right key?"))
            .hint("`ssh-add` lets an agent answer for passphrases where nobody is asked"),
        Trouble::TooManyKeys => failure
            .hint("ssh offers every key it finds, and sshd takes a few only (`MaxAuthTries`): in ssh's settings, `IdentityFile` and `IdentitiesOnly yes` choose one"),
        Trouble::TurnedAway => failure
            .hint("sshd there takes no more logins at the moment (`MaxStartups`), or none from here")
            .hint(format!("`ssh -v {target}` shows how far it comes")),
        Trouble::HungUp | Trouble::Settings | Trouble::Lost | Trouble::Other => {
            failure.hint(format!("`ssh -v {target}` shows how far it comes"))
        }
    }
}

fn way_hint(failure: Failure, target: &str, trouble: DialTrouble) -> Failure {
    match trouble {
        DialTrouble::NoAccess => failure.hint(GROUP),
        DialTrouble::NoDocker => failure
            .hint("install Docker there: https://docs.docker.com/engine/install/")
            .hint("where only its command is missing, sshd's AllowStreamLocalForwarding is enough"),
        DialTrouble::NoEngine => failure
            .hint("is Docker running there? `sudo systemctl enable --now docker`, run there, starts it on most systems")
            .hint("if it listens elsewhere, `servers: NAME: socket:` in config.yml says where"),
        DialTrouble::Crowded => failure
            .hint("sshd allows too few sessions (`MaxSessions`), or other commands hold them"),
        DialTrouble::Other => failure
            .hint(format!("`ssh {target} docker version` must work, or sshd there must allow to forward its socket (`AllowStreamLocalForwarding`)")),
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        Self::from_error(&error)
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            ResolveError::Unknown { wanted: Record::Commit { .. }, nearest, .. } => match nearest.first() {
                Some(newest) => failure.hint(format!("the newest release is {newest}")),
                None => failure,
            },
            ResolveError::Unknown { wanted, nearest, .. } => match &nearest[..] {
                [] => failure,
                [only] if only.as_str().starts_with(&wanted.to_string()) => {
                    failure.hint(format!("the release that begins so is {only}"))
                }
                nearest => {
                    let nearest: Vec<String> = nearest.iter().map(ToString::to_string).collect();
                    failure.hint(format!("nearest versions: {}", nearest.join(", ")))
                }
            },
            ResolveError::Unreproducible { why: Why::Asked, .. } => {
                failure.hint("name the commit without `+U`, or another version")
            }
            ResolveError::NoStart => failure.hint(
                "`abra app deploy <APP>` deploys it, at the version that you name or the newest release",
            ),
            ResolveError::NoOrder { .. } => failure.hint("`abra app deploy` deploys a version that you name"),
            _ => failure,
        }
    }
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        // The error's words go on from somebody else's.
        Self::new(format!("the version is {error}"))
            .hint("a version is a release like 1.2.0+3.4.5, or a commit")
    }
}

impl From<RolloutError> for Failure {
    fn from(error: RolloutError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            RolloutError::Moved(moved) => {
                let mut failure = failure
                    .exit(Exit::Moved)
                    .outrun()
                    .hint("nothing was changed; look at the new plan and decide again");
                failure.causes.extend(moved);
                failure
            }
            RolloutError::Look(_) => failure.hint("nothing was changed"),
            RolloutError::Gone(_) => failure.exit(Exit::Moved),
            RolloutError::Lost(_) => failure
                .exit(Exit::Moved)
                .hint("everything was sent, but somebody else may change it now; nothing is recorded")
                .hint("`abra app history <APP>` shows who did what; `abra app watch <APP>` finishes the verdict"),
            RolloutError::ReadBack(_) => failure.exit(Exit::Undecided),
            RolloutError::Stopped(stopped) => stopped_failure(failure, &stopped),
        }
    }
}

fn stopped_failure(failure: Failure, stopped: &Stopped) -> Failure {
    let unclear = matches!(&stopped.cause, StopCause::Engine(error) if error.may_have_happened());
    let is_away = match &stopped.cause {
        StopCause::Engine(error) => error.is_transient(),
        StopCause::Lock(error) => error.is_transient(),
        _ => false,
    };
    let exit = match &stopped.cause {
        StopCause::Interrupted => Exit::Interrupted,
        StopCause::Lock(LockError::Lost(_))
        | StopCause::Moved
        | StopCause::Engine(EngineError::NameTaken { .. }) => Exit::Moved,
        _ if unclear => Exit::Undecided,
        _ if stopped.done == 0 => Exit::Refused,
        _ if is_away => Exit::Undecided,
        _ => Exit::Failed,
    };
    let said = match (stopped.done, unclear) {
        (_, true) => "the last request may have been carried out all the same".to_owned(),
        (0, _) => "nothing was changed".to_owned(),
        (1, _) => "the server is changed by the step before it".to_owned(),
        (done, _) => format!("the server is changed by the {done} steps before it"),
    };
    failure.exit(exit).hint(said)
}

impl From<LockError> for Failure {
    fn from(error: LockError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            LockError::Busy { holder, own, left } => busy(*holder, own, left),
            LockError::Moved { .. } => failure
                .exit(Exit::Moved)
                .outrun()
                .hint("nothing was changed; look at the new plan and decide again"),
            LockError::Lost(_) => {
                failure.exit(Exit::Moved).hint("`abra app history <APP>` shows what was done")
            }
            LockError::Unsure(_) => failure.exit(Exit::Busy).outrun().hint("nothing was changed"),
            LockError::Interrupted => failure.exit(Exit::Interrupted).hint("nothing was changed"),
            LockError::Engine(_) | LockError::Contended => failure,
        }
    }
}

/// Somebody else is at work; or the operator's own earlier run, which may have been cut off.
fn busy(holder: HeadRecord, own: bool, left: Option<u64>) -> Failure {
    let HeadRecord { owner, host, doing, since, stage, .. } = holder;
    let who = match own {
        true => format!("a run of your own ({owner}, {host}) is at work on this app, or was cut off"),
        false => format!("{owner} ({host}) is at work on this app"),
    };
    let message = format!("{who}: {doing}, since {}, {stage}", clock_of(since));
    let failure = Failure::new(message)
        .exit(Exit::Busy)
        .outrun()
        .hint("nothing was changed; --wait waits until the lock is free");
    let failure = match left {
        Some(left) => failure.hint(format!("if that run was cut off, its lock frees itself in {left} s")),
        None => failure,
    };
    failure.hint("`abra app lock status <APP>` shows it; `abra app lock release <APP>` frees it by force")
}

impl From<UndeployError> for Failure {
    fn from(error: UndeployError) -> Self {
        let failure = Self::from_error(&error);
        match error {
            UndeployError::Stopped(stopped) => stopped_failure(failure, &stopped),
            UndeployError::Slow { .. } | UndeployError::Look(_) => {
                failure.exit(Exit::Undecided).hint("run it again to wait on")
            }
            UndeployError::Interrupted(_) => failure.exit(Exit::Interrupted).hint("run it again to wait on"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{EngineError, Exit, Failure, LockError, StopCause, Stopped, stopped_failure};
    use abra_core::plan::action::{Action, Removal};

    #[test]
    fn a_step_that_could_not_be_taken_ends_in_the_way_that_fits() {
        let away = |sent| EngineError::Unreachable { endpoint: "e".into(), sent, reason: "r".into() };
        let refused = || EngineError::Refused { what: "w".into(), status: 400, message: "m".into() };
        let busy = || EngineError::NameTaken { what: "w".into(), message: "m".into() };
        // Why, and the exit codes where it is the first step and where it is a later one.
        let cases = [
            (StopCause::Engine(refused()), Exit::Refused, Exit::Failed),
            (StopCause::Engine(away(false)), Exit::Refused, Exit::Undecided),
            (StopCause::Engine(away(true)), Exit::Undecided, Exit::Undecided),
            (StopCause::Engine(busy()), Exit::Moved, Exit::Moved),
            (StopCause::Lock(LockError::Engine(away(true))), Exit::Refused, Exit::Undecided),
            (StopCause::Moved, Exit::Moved, Exit::Moved),
            (StopCause::Interrupted, Exit::Interrupted, Exit::Interrupted),
        ];
        for (cause, first, later) in cases {
            let removal = Removal { id: "i".into(), name: "n".into() };
            let mut stopped = Stopped { action: Box::new(Action::RemoveNetwork(removal)), done: 0, cause };
            assert_eq!(stopped_failure(Failure::new("x"), &stopped).exit, first, "{:?}", stopped.cause);
            stopped.done = 2;
            assert_eq!(stopped_failure(Failure::new("x"), &stopped).exit, later, "{:?}", stopped.cause);
        }
    }
}
