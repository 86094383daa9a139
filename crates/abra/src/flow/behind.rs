//! What the teams' remotes record, for many apps: one fetch per repository, several at a time. Nothing is merged.
use super::team;
use crate::context::Context;
use crate::git::{GitError, TeamFile};
use crate::home::Home;
use abra_core::app::App;
use abra_core::config::RemoteCheck;
use abra_core::recipe::Record;
use futures_util::StreamExt as _;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Repositories that are fetched at the same time.
const AT_ONCE: usize = 4;

/// What the remotes say.
#[derive(Debug, Default)]
pub(super) struct Remotes {
    records: BTreeMap<PathBuf, Record>,
    /// What could not be found out.
    pub(super) problems: Vec<String>,
}

impl Remotes {
    /// What the remote records of an app, where that is something else than this checkout.
    pub(super) fn of(&self, home: &Home, app: &App) -> Option<&Record> {
        self.records.get(&home.env_path(&app.server, &app.name))
    }
}

/// Asks the remotes. Without operator sync, or where the operator does not want it, nobody is asked.
pub(super) async fn look(context: &Context, apps: &[&App]) -> Remotes {
    let mut remotes = Remotes::default();
    if !context.settings.sync.value || context.settings.remote.value == RemoteCheck::Off {
        return remotes;
    }
    let paths: Vec<PathBuf> = apps.iter().map(|app| context.home.env_path(&app.server, &app.name)).collect();
    let files = match context.git.team_files(&paths).await {
        Ok(files) => files,
        Err(error) => {
            remotes.problems.push(problem(&error));
            return remotes;
        }
    };
    let mut repositories: BTreeMap<PathBuf, Vec<(&App, TeamFile)>> = BTreeMap::new();
    for (app, file) in apps.iter().zip(files) {
        if let Some(file) = file {
            repositories.entry(file.top().to_owned()).or_default().push((app, file));
        }
    }
    let looks = repositories.values().map(|files| of_repository(context, files));
    let looks = futures_util::stream::iter(looks).buffer_unordered(AT_ONCE);
    for (records, problems) in looks.collect::<Vec<_>>().await {
        remotes.problems.extend(problems);
        remotes.records.extend(records);
    }
    remotes
}

/// What one repository's remote records; after a fetch that fails what was fetched before.
async fn of_repository(
    context: &Context,
    files: &[(&App, TeamFile)],
) -> (BTreeMap<PathBuf, Record>, Vec<String>) {
    let (mut records, mut problems) = (BTreeMap::new(), Vec::new());
    if let Some((_, first)) = files.first().filter(|_| !context.offline)
        && let Err(error) = context.git.fetch_team(first).await
    {
        problems.push(problem(&error));
    }
    let of_team: Vec<&TeamFile> = files.iter().map(|(_, file)| file).collect();
    match context.git.team_versions(&of_team).await {
        Err(error) => problems.push(problem(&error)),
        Ok(texts) => {
            for ((app, _), text) in files.iter().zip(texts) {
                match text.map_or(Ok(None), |text| team::other_record(&text, app)) {
                    Ok(None) => {}
                    Ok(Some(record)) => {
                        records.insert(context.home.env_path(&app.server, &app.name), record);
                    }
                    Err(finding) => problems.push(format!("{}: {}", app.name, finding.message)),
                }
            }
        }
    }
    (records, problems)
}

fn problem(error: &GitError) -> String {
    format!("the team's repository could not be asked, so records there may be newer: {error}")
}
