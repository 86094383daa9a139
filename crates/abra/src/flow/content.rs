//! Whether what runs of an app has the content that the files here mean at the recorded version. No registry is asked, and
//! no recipe is fetched.
//!
//! Where the recipe's files at that version are here, they are rendered and compared as a plan does. Where they are not,
//! digests tell it: those that a deployment with operator sync left on the services and in the journal.
use super::operation::env_digest;
use super::render;
use super::seen::{Around, written};
use super::snapshot::Snapshot;
use crate::context::Context;
use crate::failure::Failure;
use crate::git::{RecipeFiles, RecipeTree};
use abra_core::app::App;
use abra_core::compose::Loaded;
use abra_core::finding::{Finding, Severity};
use abra_core::name::AppName;
use abra_core::plan;
use abra_core::plan::seen::{Live, Policy, ResolveImage};
use abra_core::recipe::{self, Known, RecipeState, Record, Target, VersionWish};
use abra_core::stack::api::ApiVersion;
use abra_core::stack::digest;
use abra_core::stack::labels;
use abra_core::stack::live::{FileObject, Service};
use abra_core::stack::wanted::StackSpec;
use abra_core::status::Content;
use futures_util::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// A recipe that is here: what git says about it, and what should run by its files.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) state: &'a RecipeState,
    pub(super) expected: &'a Expectations,
}

/// Versions whose files git is asked for at the same time.
const AT_ONCE: usize = 4;

/// The recipes' files at the recorded versions of apps, as such a version was deployed; else why they can't be read.
pub(super) type Files = BTreeMap<AppName, Result<(Target, RecipeTree), String>>;

/// An app's recipe at the recorded version, loaded with its settings.
#[derive(Debug)]
pub(super) struct Opened {
    tree: RecipeTree,
    target: Target,
    loaded: Result<Loaded, Vec<Finding>>,
}

/// Recipes at the recorded versions of apps, as far as files here tell; else why they can't be read.
pub(super) type Openings = BTreeMap<AppName, Result<Opened, String>>;

/// What should run of apps by their records, as far as files here tell; else why they don't.
pub(super) type Expectations = BTreeMap<AppName, Result<Expected, String>>;

/// What should run of an app: its recipe's files at the recorded version, and the stack that they mean.
#[derive(Debug)]
pub(super) struct Expected {
    tree: RecipeTree,
    target: Target,
    wanted: Result<StackSpec, String>,
}

/// Reads the files of each app whose recipe is here, and of which a version is recorded.
pub(super) async fn files(context: &Context, around: &Around, apps: impl Iterator<Item = &App>) -> Files {
    let target = |app: &App| {
        let (Ok(Some(record)), Some(Ok(state))) =
            (written(around.sync, app), around.recipes.get(&app.recipe))
        else {
            return None;
        };
        target(&record, &[], app, state).ok()
    };
    let read = async |(app, target): (&App, Target)| {
        let dir = around.home.recipe_dir(&app.recipe);
        // Many apps have the same files: git is asked once.
        let tree = context.reads.files_at(context.git, &dir, target.commit()).await;
        (app.name.clone(), tree.map(|tree| (target, tree)).map_err(|error| error.to_string()))
    };
    let wanted = apps.filter_map(|app| Some((app, target(app)?)));
    futures_util::stream::iter(wanted).map(read).buffer_unordered(AT_ONCE).collect().await
}

impl Opened {
    /// Loads those files with the app's settings.
    pub(super) fn of(around: &Around, app: &App, target: Target, tree: RecipeTree) -> Self {
        let loaded = render::load(app, around.source(&RecipeFiles::Tree(tree.clone())), false);
        Self { tree, target, loaded }
    }

    /// The stack that they mean to an engine that speaks this version.
    pub(super) fn expected(self, app: &App, api: ApiVersion) -> Expected {
        let Self { tree, target, loaded } = self;
        let files = RecipeFiles::Tree(tree.clone());
        let wanted = render::rendered(loaded, app, &files, &target, api).map_err(in_brief);
        Expected { tree, target, wanted }
    }
}

/// What stands in the way.
fn in_brief(failure: Failure) -> String {
    let blocker = failure.findings.into_iter().find(|finding| finding.severity == Severity::Blocker);
    blocker.map_or(failure.message, |finding| finding.message)
}

/// Compares an app of which `record` is recorded and runs, as these services. What can't be compared comes with the reason.
pub(super) fn compare(
    around: &Around,
    app: &App,
    record: &Record,
    services: &mut Vec<Service>,
    snapshot: &Snapshot,
    here: Result<Here<'_>, String>,
) -> (Content, Option<String>) {
    let rendered = match here.and_then(|here| Ok((here, target(record, services, app, here.state)?))) {
        Ok((here, target)) => by_files(around, app, &target, services, snapshot, here),
        Err(reason) => Err(reason),
    };
    match rendered {
        Ok(content) => (content, None),
        Err(reason) => match by_digests(app, record, services, snapshot) {
            Content::Unclear => (Content::Unclear, Some(reason)),
            known => (known, None),
        },
    }
}

/// The version as it was deployed: of a commit the labels say whether it was the working tree.
fn target(record: &Record, services: &[Service], app: &App, state: &RecipeState) -> Result<Target, String> {
    let wish = VersionWish::Exactly(record.clone());
    let found = recipe::resolve(&wish, Known::default(), state).map_err(|error| error.to_string())?;
    let is_chaos = services.iter().any(|service| labels::read(service, app.stack.as_str()).chaos.is_some());
    Ok(match found.target {
        Target::Commit(head) if is_chaos => Target::WorkingTree { head, dirty: false },
        target => target,
    })
}

fn by_files(
    around: &Around,
    app: &App,
    target: &Target,
    services: &mut Vec<Service>,
    snapshot: &Snapshot,
    here: Here<'_>,
) -> Result<Content, String> {
    let expected = here.expected.get(&app.name).ok_or("the files of the recorded version were not read")?;
    let Expected { tree, target: usual, wanted: stack } = expected.as_ref().map_err(Clone::clone)?;
    let other;
    let wanted = match stack {
        stack if usual == target => stack.as_ref().map_err(Clone::clone)?,
        // A working tree that was deployed has the files of its commit, and marks of its own.
        _ => {
            let files = RecipeFiles::Tree(tree.clone());
            let rendered = render::render(app, around.source(&files), target, snapshot.api);
            other = rendered.map_err(in_brief)?;
            &other
        }
    };
    let live = live(wanted, std::mem::take(services), snapshot);
    let volatile_labels = labels::of_run(&wanted.name);
    let policy = Policy { resolve: ResolveImage::AsPinned, volatile_labels, ..Policy::default() };
    let is_same = plan::is_settled(wanted, &live, &policy);
    *services = live.services;
    Ok(if is_same { Content::Same } else { Content::Differs })
}

/// The part of the server that matters to a stack, beside its services.
fn live(wanted: &StackSpec, services: Vec<Service>, snapshot: &Snapshot) -> Live {
    let used = |list: &str, key: &str| -> BTreeSet<String> {
        let path = format!("/TaskTemplate/ContainerSpec/{list}");
        let lists = services.iter().filter_map(|service| service.spec.pointer(&path)?.as_array());
        lists.flatten().filter_map(|item| Some(item.get(key)?.as_str()?.to_owned())).collect()
    };
    let (secrets, configs) = (used("Secrets", "SecretID"), used("Configs", "ConfigID"));
    let external = &wanted.external;
    let matters = |objects: &[FileObject], used: &BTreeSet<String>, is_named: &dyn Fn(&str) -> bool| {
        let matters = |object: &&FileObject| used.contains(&object.id) || is_named(&object.spec.name);
        objects.iter().filter(matters).cloned().collect()
    };
    let is_secret = |name: &str| wanted.secrets.contains_key(name) || external.secrets.contains_key(name);
    let is_config = |name: &str| wanted.configs.contains_key(name) || external.configs.contains_key(name);
    let networks = snapshot.networks_near(wanted, &services);
    Live {
        networks,
        secrets: matters(&snapshot.secrets, &secrets, &is_secret),
        configs: matters(&snapshot.configs, &configs, &is_config),
        images: BTreeMap::new(),
        services,
    }
}

/// By what the last deployment left behind: nobody touched the services since, and the settings are as they were then.
fn by_digests(app: &App, record: &Record, services: &[Service], snapshot: &Snapshot) -> Content {
    let stack = app.stack.as_str();
    let (key, volatile) = (labels::key(stack, labels::DIGEST), labels::of_run(stack));
    let is_untouched = |service: &Service| {
        service.label(&key) == Some(&digest::of_service(&service.spec, &snapshot.names, &volatile))
    };
    let logged = snapshot.journals.get(stack).and_then(|journal| journal.who_deployed(record));
    let (Some(logged), Some(head)) = (logged, snapshot.head(stack)) else { return Content::Unclear };
    match (services.iter().all(is_untouched), logged.entry.env == env_digest(app, &head.id)) {
        (true, true) => Content::Same,
        (true, false) => Content::Differs,
        (false, _) => Content::Unclear,
    }
}
