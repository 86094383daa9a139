//! What is known of one app from a snapshot of its server, its recipe and its team's remote, in one word and a few facts.
use super::behind::{self, Remotes};
use super::content::{self, Expectations, Here};
use super::render::Source;
use super::snapshot::Snapshot;
use super::{lease, operation};
use crate::context::Context;
use crate::git::{GitError, RecipeFiles};
use crate::home::Home;
use abra_core::app::App;
use abra_core::name::{RecipeName, StackName};
use abra_core::recipe::{Commit, RecipeState, Record};
use abra_core::stack::labels;
use abra_core::stack::live::Service;
use abra_core::status::{AtWork, Content, Doubt, Facts, Recorded, ServiceFacts, Status, common, judge};
use futures_util::StreamExt as _;
use std::collections::BTreeMap;

/// Recipes that git is asked about at the same time.
const AT_ONCE: usize = 4;

/// What the server says of an app.
#[derive(Debug)]
pub struct Seen {
    /// The word for how it is.
    pub status: Status,
    /// The version that runs.
    pub deployed: Option<Record>,
    /// The newest release of the recipe, as far as known on this workstation.
    pub latest: Option<Record>,
    /// What the team's remote records, where that is something else.
    pub remote: Option<Record>,
    /// Whether the working tree was deployed.
    pub chaos: Option<bool>,
    /// Who is at work on it, or was last; only with operator sync.
    pub operator: Option<String>,
    /// Since when they are at work, else when its services were last changed (RFC 3339, the manager's clock).
    pub since: Option<String>,
}

/// What is known beside the servers, by itself: servers are compared on all of the machine's cores.
pub(super) struct Around {
    pub(super) sync: bool,
    pub(super) home: Home,
    pub(super) user_home: Option<String>,
    pub(super) recipes: Recipes,
    pub(super) remotes: Remotes,
}

impl Around {
    /// Looks at the recipes and the teams' remotes of all apps.
    pub(super) async fn look(context: &Context, apps: &[&App]) -> Self {
        let (recipes, remotes) = tokio::join!(recipes(context, apps), behind::look(context, apps));
        let (sync, home) = (context.settings.sync.value, context.home.clone());
        Self { sync, home, user_home: context.user_home.clone(), recipes, remotes }
    }

    /// What a recipe with these files is loaded with.
    pub(super) fn source<'a>(&'a self, files: &'a RecipeFiles) -> Source<'a> {
        Source { files, user_home: self.user_home.as_deref() }
    }
}

/// Recipes, as far as they are on this workstation; why one can't be looked at.
type Recipes = BTreeMap<RecipeName, Result<RecipeState, String>>;

/// Looks at the recipes of all apps: git is asked once per recipe, and no network.
async fn recipes(context: &Context, apps: &[&App]) -> Recipes {
    let mut wanted: BTreeMap<RecipeName, Vec<Commit>> = BTreeMap::new();
    for app in apps {
        let commits = wanted.entry(app.recipe.clone()).or_default();
        if let Ok(Some(Record::Commit { commit, dirty: false })) = written(context.settings.sync.value, app) {
            commits.push(commit);
        }
    }
    let look = |(recipe, commits): (RecipeName, Vec<Commit>)| async move {
        let dir = context.home.recipe_dir(&recipe);
        let state = match dir.exists() {
            true => context
                .reads
                .survey(context.git, &dir, &commits)
                .await
                .map_err(|error: GitError| error.to_string()),
            false => Err(format!("recipe {recipe} is not on this workstation")),
        };
        (recipe, state)
    };
    futures_util::stream::iter(wanted).map(look).buffer_unordered(AT_ONCE).collect().await
}

/// What the file says should run: the record, else the pin. Without operator sync only the pin. A record that can't be
/// read is no reason to show the pin: the record rules.
pub(super) fn written(sync: bool, app: &App) -> Result<Option<Record>, String> {
    let record = if sync { app.env.record() } else { Ok(None) };
    match record {
        Ok(record) => Ok(record.or_else(|| app.pin.clone())),
        Err(finding) => {
            let place = finding.location.map_or_else(|| app.env.name().to_owned(), |place| place.to_string());
            Err(format!("{place}: {}", finding.message))
        }
    }
}

/// What is known of an app whose server is out of reach.
pub(super) fn unseen(around: &Around, app: &App) -> Seen {
    Seen {
        status: Status::Unknown,
        deployed: None,
        latest: newest(&around.recipes, app),
        remote: around.remotes.of(&around.home, app).cloned(),
        chaos: None,
        operator: None,
        since: None,
    }
}

fn newest(recipes: &Recipes, app: &App) -> Option<Record> {
    let state = recipes.get(&app.recipe)?.as_ref().ok()?;
    Some(Record::Release(state.newest()?.version.clone()))
}

/// What the server says of an app. Content is compared only where all else says that the record runs.
pub(super) fn seen(
    around: &Around,
    app: &App,
    snapshot: &mut Snapshot,
    expected: &Expectations,
    problems: &mut Vec<String>,
) -> Seen {
    let stack = app.stack.as_str();
    let mut services = snapshot.stacks.remove(stack).unwrap_or_default();
    let seen = seen_as(around, app, &mut services, snapshot, expected, problems);
    if !services.is_empty() {
        snapshot.stacks.insert(stack.to_owned(), services);
    }
    seen
}

/// The same of an app that runs as these services.
fn seen_as(
    around: &Around,
    app: &App,
    services: &mut Vec<Service>,
    snapshot: &Snapshot,
    expected: &Expectations,
    problems: &mut Vec<String>,
) -> Seen {
    let stack = app.stack.as_str();
    let facts: Vec<ServiceFacts> =
        services.iter().map(|service| ServiceFacts::of(service, &app.stack)).collect();
    let head = snapshot.head(stack);
    let at_work = head.map_or(AtWork::Nobody, |seen| AtWork::of(&seen.record, seen.standing()));
    let written = written(around.sync, app);
    let recorded = match &written {
        Err(_) => Recorded::Unreadable,
        Ok(Some(record)) => Recorded::Version(record),
        Ok(None) => Recorded::Nothing,
    };
    let remote = around.remotes.of(&around.home, app);
    let history = snapshot.journals.get(stack).cloned().unwrap_or_default();
    let history = operation::under(history, head);
    let checked = history.checked_at();
    let mut facts =
        Facts { recorded, services: Some(&facts), at_work, checked, content: Content::Same, remote };
    let here = match around.recipes.get(&app.recipe) {
        Some(Ok(state)) => Ok(state),
        Some(Err(reason)) => Err(reason.clone()),
        None => Err(format!("recipe {} was not looked at", app.recipe)),
    };
    let mut why = None;
    if let (Recorded::Version(record), Ok(Status::InSync | Status::Behind)) = (recorded, judge(&facts)) {
        let here = here.clone().map(|state| Here { state, expected });
        (facts.content, why) = content::compare(around, app, record, services, snapshot, here);
    }
    let judged = judge(&facts);
    // That there is no such recipe here is told where it matters, a recipe that can't be read always.
    if let Err(reason) = &here
        && around.home.recipe_dir(&app.recipe).exists()
    {
        problems.push(format!("recipe {}: {reason}", app.recipe));
    }
    problems.extend(judged.err().and_then(|doubt| words(doubt, app, why)));
    Seen {
        latest: newest(&around.recipes, app),
        remote: remote.cloned(),
        ..of_services(judged.unwrap_or(Status::Unknown), services, at_work, head, &app.stack)
    }
}

/// Why the state of an app is not to be told. Servers and records have words of their own.
fn words(doubt: Doubt, app: &App, why: Option<String>) -> Option<String> {
    let words = match doubt {
        Doubt::Server | Doubt::Record => return None,
        Doubt::Head => {
            "its lock on the server can't be read: a newer abra wrote it, or it is damaged".to_owned()
        }
        Doubt::Labels => {
            "services have no label that names their version, so something else deployed them".to_owned()
        }
        Doubt::Content => {
            format!(
                "the recorded version runs, but its content can't be compared: {}",
                why.unwrap_or_default()
            )
        }
    };
    Some(format!("{}: {words}", app.name))
}

pub(super) fn of_services(
    status: Status,
    services: &[Service],
    at_work: AtWork,
    head: Option<&lease::Seen>,
    stack: &StackName,
) -> Seen {
    let facts: Vec<ServiceFacts> = services.iter().map(|service| ServiceFacts::of(service, stack)).collect();
    let chaos = services.iter().map(|service| labels::read(service, stack.as_str()).chaos.is_some());
    let deployed = common(&facts).cloned();
    let changed = services.iter().map(|service| service.updated_at.clone()).max();
    let (operator, since) = match (head.map(|seen| &seen.record), at_work) {
        (None, _) => (None, changed),
        (Some(head), AtWork::Somebody | AtWork::CutOff) => {
            (Some(head.owner.clone()), head.since.map(|since| since.to_string()))
        }
        // The swarm is at work, and nobody knows for whom.
        (Some(_), AtWork::Nobody) if status == Status::InProgress => (None, changed),
        // What runs was brought by the last operation, or by somebody without operator sync.
        (Some(head), AtWork::Nobody | AtWork::Unclear) => {
            let version = Record::parse(&head.version).ok();
            let is_theirs = deployed.as_ref().zip(version).is_some_and(|(runs, theirs)| runs.same(&theirs));
            (is_theirs.then(|| head.owner.clone()), changed)
        }
    };
    let chaos = chaos.reduce(|all, one| all || one);
    Seen { status, deployed, latest: None, remote: None, chaos, operator, since }
}
