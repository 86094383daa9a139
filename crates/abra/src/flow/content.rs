//! Whether what runs of an app has the content that the files here mean at the recorded version. No registry is asked, and
//! no recipe is fetched.
//!
//! Where the recipe's files at that version are here, they are rendered and compared as a plan does. Where they are not,
//! digests tell it: those that a deployment with operator sync left on the services and in the journal.
use super::operation::env_digest;
use super::render::{self, Source};
use super::snapshot::Snapshot;
use super::unlisted;
use crate::context::Context;
use crate::git::{GitError, RecipeFiles};
use abra_core::app::App;
use abra_core::finding::Severity;
use abra_core::plan::seen::{Live, Policy, ResolveImage};
use abra_core::plan::{self, Plan};
use abra_core::recipe::{self, Commit, Known, RecipeState, Record, Target, VersionWish};
use abra_core::stack::digest;
use abra_core::stack::labels;
use abra_core::stack::live::{FileObject, Network, Service};
use abra_core::stack::wanted::StackSpec;
use abra_core::status::Content;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The files of recipes that were read already, by folder and commit.
pub(super) type Read = BTreeMap<(PathBuf, Commit), Result<RecipeFiles, String>>;

/// A recipe that is here: its folder, and what git says about it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Here<'a> {
    pub(super) dir: &'a Path,
    pub(super) state: &'a RecipeState,
}

/// Compares an app of which `record` is recorded and runs. What can't be compared comes with the reason.
pub(super) async fn compare(
    context: &Context,
    app: &App,
    record: &Record,
    snapshot: &Snapshot,
    here: Result<Here<'_>, String>,
    read: &mut Read,
) -> (Content, Option<String>) {
    let services = snapshot.stacks.get(app.stack.as_str()).map(Vec::as_slice).unwrap_or_default();
    let rendered = match here.and_then(|here| Ok((here, target(record, services, app, here.state)?))) {
        Ok((here, target)) => by_files(context, app, &target, snapshot, here.dir, read).await,
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

async fn by_files(
    context: &Context,
    app: &App,
    target: &Target,
    snapshot: &Snapshot,
    dir: &Path,
    read: &mut Read,
) -> Result<Content, String> {
    let key = (dir.to_owned(), target.commit().clone());
    if !read.contains_key(&key) {
        let files = context.git.files_at(dir, target.commit()).await;
        let files = files.map(RecipeFiles::Tree).map_err(|error: GitError| error.to_string());
        read.insert(key.clone(), files);
    }
    let files = read[&key].as_ref().map_err(Clone::clone)?;
    let source = Source { files, user_home: context.user_home.as_deref() };
    let wanted = render::render(app, source, target, snapshot.api).map_err(|failure| {
        let blocker = failure.findings.iter().find(|finding| finding.severity == Severity::Blocker);
        blocker.map_or(failure.message.clone(), |finding| finding.message.clone())
    })?;
    let live = live(&wanted, snapshot);
    let volatile_labels = labels::of_run(&wanted.name);
    let policy = Policy { resolve: ResolveImage::AsPinned, volatile_labels, ..Policy::default() };
    Ok(if is_same(&plan::plan(&wanted, &live, &policy)) { Content::Same } else { Content::Differs })
}

/// The part of the server that matters to a stack.
fn live(wanted: &StackSpec, snapshot: &Snapshot) -> Live {
    let services = snapshot.stacks.get(&wanted.name).cloned().unwrap_or_default();
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
    let joined: BTreeSet<&str> = services.iter().flat_map(unlisted::joined).collect();
    let attached = wanted.services.values().flat_map(|service| &service.spec.task_template.networks);
    let targets: BTreeSet<&str> = attached.map(|network| network.target.as_str()).collect();
    // A server has a network or more per app: copying all for each would make the list of apps quadratic.
    let is_near = |network: &&Network| {
        let name = network.name.as_str();
        let is_known = wanted.networks.contains_key(name) || external.networks.contains_key(name);
        is_known || targets.contains(name) || joined.contains(network.id.as_str())
    };
    Live {
        networks: snapshot.networks.iter().filter(is_near).cloned().collect(),
        secrets: matters(&snapshot.secrets, &secrets, &is_secret),
        configs: matters(&snapshot.configs, &configs, &is_config),
        images: BTreeMap::new(),
        services,
    }
}

/// Nothing would be done, and nothing stands in the way of doing nothing.
fn is_same(plan: &Plan) -> bool {
    plan.is_noop() && !plan.blocked()
}

/// By what the last deployment left behind: nobody touched the services since, and the settings are as they were then.
fn by_digests(app: &App, record: &Record, services: &[Service], snapshot: &Snapshot) -> Content {
    let stack = app.stack.as_str();
    let (key, volatile) = (labels::key(stack, labels::DIGEST), labels::of_run(stack));
    let is_untouched = |service: &Service| {
        service.label(&key) == Some(&digest::of_service(&service.spec, &snapshot.names, &volatile))
    };
    let logged = snapshot.journals.get(stack).and_then(|journal| journal.who_deployed(record));
    let (Some(logged), Some(head)) = (logged, snapshot.heads.get(stack)) else { return Content::Unclear };
    match (services.iter().all(is_untouched), logged.entry.env == env_digest(app, &head.id)) {
        (true, true) => Content::Same,
        (true, false) => Content::Differs,
        (false, _) => Content::Unclear,
    }
}
