//! Taking up the watching of what is on the server: somebody's unfinished deployment, or one that nobody watched.
use super::deploy::{self, Recorded};
use super::rollout::Outcome;
use super::server;
use super::team::NewRecord;
use super::watch::{self, Ended, Patience, Watched};
use crate::context::Context;
use crate::engine::Filters;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::converge::Event;
use abra_core::converge::Kind;
use abra_core::converge::{Baseline, Change, Expectation};
use abra_core::recipe::Record;
use abra_core::stack::digest::of_service;
use abra_core::stack::labels;
use abra_core::stack::live::{Service, Task};
use abra_core::stack::normal::Names;
use abra_core::status::{ServiceFacts, common};
use std::collections::BTreeSet;
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
    /// What became of the record.
    pub recorded: Recorded,
}

/// Watches an app that is deployed, and records its version after a success.
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
    let engine = server::connect(context, &app.server).await?;
    let of_stack = Filters::stack(app.stack.as_str());
    let (services, tasks) = tokio::try_join!(engine.services(&of_stack), engine.tasks(&of_stack))?;
    let deployed = deployed(&app, &services)?;
    let (names, volatile) = (Names::default(), BTreeSet::new());
    let expect =
        |service: &Service| expectation(service, &tasks, of_service(&service.spec, &names, &volatile));
    let timeouts =
        services.iter().filter_map(|service| labels::read(service, app.stack.as_str()).timeout?.parse().ok());
    let watched = Watched {
        stack: app.stack.as_str(),
        expectations: services.iter().map(expect).collect(),
        settings: patience.settings(timeouts.max().map(Duration::from_secs)),
        first: Some((services.clone(), tasks.clone())),
        names: &names,
        volatile: &volatile,
    };
    let outcome = match watch::watch(&engine, watched, &context.interrupt, on).await {
        Ended::Interrupted => Outcome::Interrupted,
        Ended::Verdict(verdict) => {
            let logs = watch::last_words(&engine, &verdict).await;
            Outcome::Verdict(verdict, logs)
        }
    };
    let succeeded = matches!(&outcome, Outcome::Verdict(verdict, _) if verdict.kind == Kind::Succeeded);
    let from = app.env.record().ok().flatten();
    let change = NewRecord { command: "watch", from: from.as_ref(), to: &deployed };
    let recorded = match succeeded {
        true => deploy::record_version(context, &app, &change).await?,
        false => Recorded::default(),
    };
    Ok(Rewatched { app, deployed, outcome, recorded })
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
