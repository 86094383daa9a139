//! The team's git repository: what a colleague has recorded is seen before acting; what is recorded here is committed and
//! pushed where the operator switched that on. Nothing is ever merged, and nothing here stops a deployment.
use crate::context::Context;
use crate::git::{Fetched, TeamFile};
use crate::hold::{self, Place};
use abra_core::app::App;
use abra_core::config::RemoteCheck;
use abra_core::env::EnvFile;
use abra_core::finding::Finding;
use abra_core::recipe::Record;

/// What the team's remote says of an app's record.
#[derive(Debug, Default)]
pub struct TeamView {
    /// Another record than this checkout's, where the remote has one.
    pub recorded: Option<Record>,
    /// What could not be found out.
    pub problem: Option<Finding>,
}

/// Fetches the repository around an app's env file and compares the record there with the one here. With `fetch` off
/// only what was fetched before is looked at.
pub async fn look(context: &Context, app: &App, fetch: bool) -> TeamView {
    let settings = &context.settings;
    if !settings.sync.value || settings.remote.value == RemoteCheck::Off {
        return TeamView::default();
    }
    let path = context.home.env_path(&app.server, &app.name);
    match seen(context, app, &path, fetch && !context.offline).await {
        Ok(view) => view,
        Err(error) => {
            let text = format!("the team's repository could not be asked: {error}");
            let problem = Finding::warning(text)
                .help("`operator.remote: off` in config.yml, or --offline, does without it");
            TeamView { recorded: None, problem: Some(problem) }
        }
    }
}

async fn seen(
    context: &Context,
    app: &App,
    path: &std::path::Path,
    fetch: bool,
) -> Result<TeamView, crate::git::GitError> {
    let Some(file) = context.git.team_file(path).await? else { return Ok(TeamView::default()) };
    if fetch {
        context.git.fetch_team(&file).await?;
    }
    let Some(bytes) = context.git.team_version(&file).await? else { return Ok(TeamView::default()) };
    Ok(match other_record(&bytes, app) {
        Ok(recorded) => TeamView { recorded, problem: None },
        Err(problem) => TeamView { recorded: None, problem: Some(problem) },
    })
}

/// The record in the remote's file, where it has one and it is another than this checkout's.
pub(super) fn other_record(bytes: &[u8], app: &App) -> Result<Option<Record>, Finding> {
    let ours = app.env.record().ok().flatten();
    let is_other = |theirs: &Record| ours.as_ref().is_none_or(|ours| !theirs.same(ours));
    Ok(recorded_in(bytes)?.filter(is_other))
}

/// The record in the remote's file.
fn recorded_in(bytes: &[u8]) -> Result<Option<Record>, Finding> {
    let name = "the team's remote";
    let unreadable = |reason: &str| {
        Finding::warning(format!("{name} has an env file whose record can't be read: {reason}"))
            .help("what it records is not known here: mend it there")
    };
    let env = EnvFile::parse(name, bytes).map_err(|findings| {
        unreadable(findings.first().map_or("it has errors", |finding| &finding.message))
    })?;
    env.record().map_err(|finding| unreadable(&finding.message))
}

impl TeamView {
    /// What is said before the overview.
    pub fn warnings(&self, app: &App) -> Vec<Finding> {
        let behind = self.recorded.as_ref().map(|theirs| {
            let ours = app.env.record().ok().flatten();
            let ours = ours.map_or_else(|| "nothing".to_owned(), |record| record.to_string());
            Finding::warning(format!("the team's remote records {theirs}, this checkout {ours}"))
                .help("somebody pushed another record, or yours is not pushed: pull or push the servers' repository first")
        });
        behind.into_iter().chain(self.problem.clone()).collect()
    }
}

/// What a record was written for, as it stands in the commit's message.
#[derive(Debug)]
pub struct NewRecord<'a> {
    /// The command: `deploy`, `upgrade`…
    pub command: &'a str,
    /// The version before.
    pub from: Option<&'a Record>,
    /// The version now.
    pub to: &'a Record,
}

/// Commits the app's env file, and pushes, where the operator switched that on. Says what was done, or what could not.
pub async fn share(context: &Context, app: &App, change: &NewRecord<'_>) -> Vec<Finding> {
    let (commit, push) = (context.settings.commit.value, context.settings.push.value);
    if !context.settings.sync.value || !(commit || push) {
        return vec![];
    }
    let path = context.home.env_path(&app.server, &app.name);
    let file = match context.git.team_file(&path).await {
        Ok(Some(file)) => file,
        Ok(None) => {
            return vec![Finding::warning("the record is not committed: its file is in no git repository")];
        }
        Err(error) => return vec![Finding::warning(format!("the record is not committed: {error}"))],
    };
    let mut said = Vec::new();
    if commit {
        match committed(context, app, &file, change).await {
            Ok(true) => {
                said.push(Finding::note("committed the record"));
                hold::at(Place::Committed).await;
            }
            Ok(false) => {}
            Err(error) => return vec![Finding::warning(format!("the record is not committed: {error}"))],
        }
    }
    if push {
        said.extend(pushed(context, &file).await);
        hold::at(Place::Pushed).await;
    }
    said
}

async fn committed(
    context: &Context,
    app: &App,
    file: &TeamFile,
    change: &NewRecord<'_>,
) -> Result<bool, crate::git::GitError> {
    let operator = context.operator().await?;
    let from = change.from.map_or_else(|| "–".to_owned(), Record::to_string);
    let message = format!(
        "{}: {} {from} → {}\n\nApp: {}\nServer: {}\nOperator: {operator}\nOutcome: succeeded\n",
        app.name, change.command, change.to, app.name, app.server
    );
    context.git.commit_file(file, &message).await
}

async fn pushed(context: &Context, file: &TeamFile) -> Option<Finding> {
    match context.git.push_team(file).await {
        Ok(Fetched::Done) => Some(Finding::note("pushed the record")),
        Ok(Fetched::NoRemote) => {
            Some(Finding::warning("the record is not pushed: the branch follows no remote"))
        }
        Err(error) => {
            Some(Finding::warning(format!("the record is not pushed: {error}")).help(
                "pull and push the servers' repository; until then your colleagues do not see the record",
            ))
        }
    }
}
