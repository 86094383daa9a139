//! Taking up the watching of what is on the server: somebody's unfinished deployment, or one that nobody watched.
use super::deploy::{self, is_success};
use super::ending::{self, Desk, Page};
use super::insist::Insistence;
use super::lease::Lease;
use super::operation::{self, Before};
use super::record::{self, Recorded};
use super::rollout::Outcome;
use super::team::NewRecord;
use super::watch::{self, Ended, Patience, Watched};
use super::{foreword, others, post, server, witness};
use crate::context::Context;
use crate::engine::{Engine, Filters};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::home::HomeError;
use abra_core::app::App;
use abra_core::commands::PostCommand;
use abra_core::converge::Event;
use abra_core::converge::{Baseline, Change, Expectation};
use abra_core::finding::{Finding, Severity};
use abra_core::journal::{Logged, word};
use abra_core::recipe::Record;
use abra_core::stack::digest::of_service;
use abra_core::stack::labels;
use abra_core::stack::live::{Service, Task};
use abra_core::stack::normal::Names;
use abra_core::status::{ServiceFacts, common};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What the watching came to.
#[derive(Debug)]
pub struct Rewatched {
    /// The app.
    pub app: App,
    /// The version that runs.
    pub deployed: Record,
    /// How it ended.
    pub outcome: Outcome,
    /// What became of the record; why nothing could be written down.
    pub recorded: Result<Recorded, Failure>,
    /// Commands that come after what this made a success, and that nobody has run.
    pub left: Vec<PostCommand>,
    /// Who overtook what was watched, in lines.
    pub others: Vec<String>,
}

/// What is watched.
struct Watching<'a> {
    context: &'a Context,
    app: &'a App,
    engine: &'a Engine,
    /// The services as they were first seen.
    services: Vec<Service>,
    /// What is recorded so far.
    last: Option<Record>,
    deployed: Record,
}

/// Watches an app that is deployed. A verdict is written down: into the journal, where nobody knew yet how the last
/// operation ended, and after a success into the record. Looking takes no lock, so that nobody is kept from acting; writing
/// does.
///
/// # Errors
/// It is not deployed, its services are on several versions, or the server can't be asked.
pub async fn rewatch(
    context: &Context,
    name: &str,
    patience: Patience,
    on: &mut dyn FnMut(&Event),
) -> Result<Rewatched, Failure> {
    let app = context.app(name)?;
    let last = deploy::recorded(context, &app)?;
    let engine = server::connect(context, &app.server).await?;
    let before = match context.settings.sync.value {
        true => Some(operation::look(context, &engine, &app).await?),
        false => None,
    };
    let of_stack = Filters::stack(app.stack.as_str());
    let (services, tasks) = tokio::try_join!(engine.services(&of_stack), engine.tasks(&of_stack))?;
    let deployed = deployed(&app, &services)?;
    let busy = before.as_ref().and_then(|before| foreword::busy(before, name));
    let unwritable = record::hindrance(context, &app, &deployed);
    let unwritable = unwritable.map(|found| Finding { severity: Severity::Warning, ..found });
    context.ui.findings(&busy.into_iter().chain(unwritable).collect::<Vec<_>>());
    let watching = Watching { context, app: &app, engine: &engine, services, last, deployed };
    let mut outcome = watching.watch(tasks, patience, on).await;
    outcome.reword_logs(|text| app.env.masked(text));
    let recorded = match &before {
        Some(before) => watching.conclude(before, &outcome).await,
        None if is_success(&outcome) => watching.record().await.map_err(Failure::from),
        None => Ok(Recorded::default()),
    };
    let left = match &before {
        Some(before) if is_success(&outcome) && recorded.is_ok() => watching.left(before),
        _ => vec![],
    };
    let others = match &before {
        Some(before) if ending::word_for(&outcome) == word::OVERTAKEN => watching.others(before).await,
        _ => vec![],
    };
    let deployed = watching.deployed;
    Ok(Rewatched { app, deployed, outcome, recorded, left, others })
}

impl Watching<'_> {
    async fn watch(&self, tasks: Vec<Task>, patience: Patience, on: &mut dyn FnMut(&Event)) -> Outcome {
        let (names, volatile) = (Names::default(), BTreeSet::new());
        let expect =
            |service: &Service| expectation(service, &tasks, of_service(&service.spec, &names, &volatile));
        let stack = self.app.stack.as_str();
        let timeouts =
            self.services.iter().filter_map(|service| labels::read(service, stack).timeout?.parse().ok());
        let watched = Watched {
            stack,
            expectations: self.services.iter().map(expect).collect(),
            settings: patience.settings(timeouts.max().map(Duration::from_secs)),
            names: &names,
            volatile: &volatile,
        };
        match watch::watch(self.engine, watched, &self.context.interrupt, on).await {
            Ended::Interrupted => Outcome::Interrupted,
            Ended::Verdict(verdict) => {
                let logs = watch::last_words(self.engine, self.app.stack.as_str(), &verdict).await;
                Outcome::Verdict(verdict, logs)
            }
        }
    }

    async fn record(&self) -> Result<Recorded, HomeError> {
        let change = NewRecord { command: "watch", from: self.last.as_ref(), to: &self.deployed };
        record::write(self.context, self.app, &change).await
    }

    /// Whether what runs is all that an earlier operation was to bring.
    fn is_meant(&self, earlier: &Logged) -> bool {
        Record::parse(&earlier.entry.to).is_ok_and(|to| to.same(&self.deployed))
            && earlier.is_sent(&self.services)
    }

    /// The commands after the operation that this finished, which its own run has not come to.
    fn left(&self, before: &Before) -> Vec<PostCommand> {
        let finished = before.history.unfinished(before.busy()).filter(|earlier| self.is_meant(earlier));
        finished.map(|earlier| post::due(self.app, &earlier.entry.command)).unwrap_or_default()
    }

    /// Writes a verdict down under the lock. Without one there is nothing to write.
    async fn conclude(&self, before: &Before, outcome: &Outcome) -> Result<Recorded, Failure> {
        let word = ending::word_for(outcome);
        if !ending::decides(word) {
            return Ok(Recorded::default());
        }
        let (engine, stack) = (self.engine, self.app.stack.as_str());
        let claim = operation::claim(self.context, before, "watch", &self.deployed.to_string());
        let lease = match witness::take(self.context, engine, stack, &claim, before.seq()).await {
            Ok(lease) => lease,
            Err(error) => return Err(operation::not_taken(engine, stack, error).await),
        };
        let insistence = Insistence::new(&self.context.interrupt);
        let work = async {
            if let Err(failure) = self.checked(before, &lease).await {
                ending::give_back(self.context, &lease, &Page::None(None), "", &insistence).await;
                return Err(failure);
            }
            // An operation that was sent in part only stays abandoned: what it was to bring is not there.
            let page = Page::unchanged(&before.history, |earlier| self.is_meant(earlier));
            let page = page.unwrap_or(Page::None(None));
            let desk = Desk { context: self.context, engine, stack, operator: &before.operator };
            desk.write(&page, word, ending::reason(outcome, stack), &insistence).await;
            let recorded = match is_success(outcome) {
                true => self.record().await.map_err(Failure::from),
                false => Ok(Recorded::default()),
            };
            ending::give_back(self.context, &lease, &page, word, &insistence).await;
            recorded
        };
        lease.hold(work).await
    }

    /// Under the lock: what was cut off is marked, and what was watched must still be there.
    async fn checked(&self, before: &Before, lease: &Lease<'_>) -> Result<(), Failure> {
        let stack = self.app.stack.as_str();
        operation::close_earlier(self.engine, stack, before, lease).await?;
        let now = self.engine.services(&Filters::stack(stack)).await?;
        if digests(stack, &now) == digests(stack, &self.services) {
            return Ok(());
        }
        let mut failure =
            Failure::new("somebody changed the services since they were watched; nothing is recorded")
                .exit(Exit::Moved);
        failure.causes.extend(self.others(before).await);
        Err(failure)
    }

    /// Who changed the services since.
    async fn others(&self, before: &Before) -> Vec<String> {
        others::who(self.engine, self.app.stack.as_str(), &self.services, before).await
    }
}

/// Tells by name whether services are the same as at another look of this run.
fn digests<'a>(stack: &str, services: &'a [Service]) -> BTreeMap<&'a str, String> {
    let (names, volatile) = (Names::default(), labels::of_run(stack));
    let digest = |service: &'a Service| (service.name(), of_service(&service.spec, &names, &volatile));
    services.iter().map(digest).collect()
}

/// The version that runs, which must be one.
fn deployed(app: &App, services: &[Service]) -> Result<Record, Failure> {
    if services.is_empty() {
        return Err(Failure::new(format!("{} is not deployed, so there is nothing to watch", app.name))
            .hint(format!("`abra app deploy {}` deploys it", app.name)));
    }
    let facts: Vec<ServiceFacts> =
        services.iter().map(|service| ServiceFacts::of(service, &app.stack)).collect();
    common(&facts).cloned().ok_or_else(|| {
        Failure::new(format!(
            "the services of {} are on several versions, or on none that is known",
            app.name
        ))
        .hint(format!("`abra app deploy {}` brings them to one", app.name))
    })
}

/// An update in flight is judged as one; anything else by whether it runs.
fn expectation(service: &Service, tasks: &[Task], digest: String) -> Expectation {
    let state = service.update_status.as_ref().map_or("", |status| status.state.as_str());
    let change = match state {
        "updating" | "paused" | "rollback_started" | "rollback_paused" => Change::Updated,
        "" if service.previous_spec.is_none() => Change::Created,
        _ => Change::Unchanged,
    };
    Expectation::new(service, digest, change, Baseline::of(&service.id, tasks))
}
