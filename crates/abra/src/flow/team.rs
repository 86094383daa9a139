//! The team's git repository: what a colleague has recorded is seen before acting; what is recorded here is committed and
//! pushed where the operator switched that on. Nothing is ever merged, and nothing here stops a deployment.
use super::operation::clock;
use crate::context::Context;
use crate::git::{Fetched, GitError, TeamFile, Theirs};
use crate::hold::{self, Place};
use abra_core::app::App;
use abra_core::config::RemoteCheck;
use abra_core::env::EnvFile;
use abra_core::finding::Finding;
use abra_core::name::{AppName, ServerName};
use abra_core::recipe::Record;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the team's remote says of an app's record.
#[derive(Debug, Default)]
pub struct TeamView {
    /// Another record than this checkout's, where the remote has one.
    pub recorded: Option<Record>,
    /// What there is to say: how both differ, or what could not be found out.
    pub said: Vec<Finding>,
}

/// Fetches the repository around an app's env file and compares the record there with the one here. With `fetch` off
/// only what was fetched before is looked at.
pub async fn look(context: &Context, app: &App, fetch: bool) -> TeamView {
    let settings = &context.settings;
    if !settings.sync.value || settings.remote.value == RemoteCheck::Off {
        return TeamView::default();
    }
    match seen(context, app, fetch && !context.offline).await {
        Ok(view) => view,
        Err(error) => TeamView { recorded: None, said: vec![unasked(&error.to_string())] },
    }
}

/// Asks for what the remotes say of many apps of a server with a call per repository, so that [`look`] at each of them knows
/// it. What can't be found out is told there.
pub async fn gather(context: &Context, server: &ServerName, apps: &[AppName]) {
    let settings = &context.settings;
    if !settings.sync.value || settings.remote.value == RemoteCheck::Off {
        return;
    }
    let mut repositories: BTreeMap<PathBuf, Vec<TeamFile>> = BTreeMap::new();
    for app in apps {
        let path = context.home.env_path(server, app);
        if let Ok(Some(file)) = context.reads.team_file(context.git, &path).await {
            repositories.entry(file.top().to_owned()).or_default().push(file);
        }
    }
    for files in repositories.values() {
        if !context.offline {
            let _ = context.fetches.once(files[0].top(), context.git.fetch_team(&files[0])).await;
        }
        let _ = context.reads.team_versions(context.git, &files.iter().collect::<Vec<_>>()).await;
    }
}

async fn seen(context: &Context, app: &App, fetch: bool) -> Result<TeamView, GitError> {
    let path = context.home.env_path(&app.server, &app.name);
    let Some(file) = context.reads.team_file(context.git, &path).await? else {
        return Ok(TeamView::default());
    };
    let mut said: Vec<Finding> = Vec::new();
    said.extend(
        file.unasked().map(|why| Finding::warning(format!("the team's remote was not asked: {why}"))),
    );
    if fetch && let Err(error) = context.fetches.once(file.top(), context.git.fetch_team(&file)).await {
        said.push(unasked(&error.to_string()));
    }
    if file.is_alone() {
        return Ok(TeamView { recorded: None, said });
    }
    let theirs =
        match context.reads.team_version(context.git, &file).await?.as_deref().map(recorded_in).transpose() {
            Ok(theirs) => theirs.flatten(),
            Err(problem) => {
                said.push(problem);
                return Ok(TeamView { recorded: None, said });
            }
        };
    let ours = app.env.record().ok().flatten();
    let same = match (&theirs, &ours) {
        (Some(theirs), Some(ours)) => theirs.same(ours),
        (theirs, ours) => theirs.is_none() && ours.is_none(),
    };
    if same {
        return Ok(TeamView { recorded: None, said });
    }
    let news = context.git.team_news(&file).await?;
    let is_shared = context.git.is_tracked(&file).await?;
    said.extend(differs(theirs.as_ref(), ours.as_ref(), news.as_ref(), is_shared));
    Ok(TeamView { recorded: theirs, said })
}

fn unasked(why: &str) -> Finding {
    Finding::warning(format!("the team's repository could not be asked: {why}"))
        .help("`operator.remote: off` in config.yml, or --offline, does without it")
}

/// How the remote's record differs from this checkout's. `news`: who changed the remote's file, where this checkout lacks
/// that; `is_shared`: whether the file is meant to be in the remote.
fn differs(
    theirs: Option<&Record>,
    ours: Option<&Record>,
    news: Option<&Theirs>,
    is_shared: bool,
) -> Option<Finding> {
    let shown = |record: Option<&Record>| record.map_or_else(|| "nothing".to_owned(), Record::to_string);
    let (theirs_shown, ours_shown) = (shown(theirs), shown(ours));
    if let Some(Theirs { author, time }) = news {
        let by = format!("committed by {author} at {}", clock(time));
        let text = match theirs {
            Some(_) => format!("the team's remote records {theirs_shown} ({by}), this checkout {ours_shown}"),
            None => format!("the team's remote no longer has the record {ours_shown} ({by})"),
        };
        let help = match theirs {
            Some(_) => "nothing was merged: pull the servers' repository to take it over",
            None => {
                "nothing was merged: ask them; after a pull `abra app sync --adopt` brings the record back"
            }
        };
        return Some(Finding::warning(text).help(help));
    }
    let text = format!("this checkout records {ours_shown}, but the team's remote records {theirs_shown}");
    is_shared.then(|| {
        Finding::warning(text)
            .help("commit and push the servers' repository: until then your colleagues do not see it")
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
    let _alone = context.fetches.changing().await;
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
) -> Result<bool, GitError> {
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
            let why = file.unasked().unwrap_or("the servers' repository has no remote");
            Some(Finding::warning(format!("the record is not pushed: {why}")))
        }
        Err(error) => {
            Some(Finding::warning(format!("the record is not pushed: {error}")).help(
                "pull and push the servers' repository; until then your colleagues do not see the record",
            ))
        }
    }
}
