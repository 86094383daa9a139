//! `abra app sync --all` and `--server`: many apps side by side, one table at the end.
use super::sync::Args;
use super::wait::{again, until_free};
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::deploy::{self, Done, Prepared};
use crate::flow::fleet;
use crate::flow::lock::Wait;
use crate::flow::ls;
use crate::flow::operation;
use crate::flow::record::{self, Recorded};
use crate::flow::rollout::Outcome;
use crate::flow::snapshot::Snapshot;
use crate::flow::sync::{self, Compared};
use crate::flow::watch::Patience;
use crate::ui::progress::Progress;
use crate::ui::table::table;
use abra_core::app::App;
use abra_core::finding::Finding;
use abra_core::name::{AppName, ServerName};
use abra_core::recipe::Record;
use serde_json::{Value, json};

/// What became of one app.
struct Row {
    app: String,
    server: String,
    recorded: Option<Record>,
    deployed: Option<Record>,
    result: String,
    exit: Exit,
}

/// An app that was looked at: its row so far, and what is to be done.
struct Work {
    row: Row,
    prepared: Option<Box<Prepared>>,
}

/// Runs it.
///
/// # Errors
/// The apps can't be listed, or nobody agrees. What goes wrong with single apps is in the table.
pub(super) async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let (apps, strays) = ls::apps(context, args.server.as_deref())?;
    strays.iter().for_each(|stray| context.ui.warn(stray));
    let apps: Vec<_> = apps.into_iter().collect();
    let piecewise = apps.len() > 1 && context.ui.is_watched();
    let look_at = async |(server, apps)| {
        let works = server_looked_at(context, args, server, apps).await;
        context.links.quiet().await;
        works
    };
    let came = |works: &Vec<Work>| {
        if piecewise {
            summary(context, works.iter());
        }
    };
    let mut servers = fleet::side_by_side(apps, look_at, came).await;
    let works = || servers.iter().flatten();
    let count = works().filter(|work| work.prepared.is_some()).count();
    let acts = count > 0 && acts(args);
    if acts {
        if !context.ui.no_input {
            if !piecewise {
                summary(context, works());
            }
            if !context.ui.confirm(&format!("sync {count} apps?")).await? {
                return Err(Failure::new("not confirmed; nothing was changed"));
            }
        }
        let wait = args.manner.wait.begin(context);
        let _guard = context.interrupt.guard();
        let act_on = async |works| sync::for_each(works, |work| act(context, args, wait, work)).await;
        servers = fleet::side_by_side(servers, act_on, |_| ()).await;
    }
    if acts || !piecewise {
        summary(context, servers.iter().flatten());
    }
    Ok(gravest(&servers.into_iter().flatten().collect::<Vec<_>>()))
}

/// Looks at the apps of one server, all at once. Where it can't be reached that is said once, and no app waits for it again.
async fn server_looked_at(
    context: &Context,
    args: &Args,
    server: ServerName,
    apps: Vec<AppName>,
) -> Vec<Work> {
    let limit = args.server_timeout.unwrap_or(fleet::PATIENCE);
    if args.adopt {
        return match sync::reach(context, &server, limit).await {
            Ok(()) => sync::for_each(apps, |app| adopt(context, args, row(&server, &app))).await,
            Err(failure) => unknown(context, &server, apps, failure),
        };
    }
    match sync::look(context, &server, &apps, limit).await {
        Ok(snapshot) => {
            let apps = context.apps_at(&server, apps);
            sync::for_each(apps, |app| look(context, args, &server, app, Some(&snapshot))).await
        }
        Err(failure) => unknown(context, &server, apps, failure),
    }
}

/// The apps of a server that does not answer.
fn unknown(context: &Context, server: &ServerName, apps: Vec<AppName>, failure: Failure) -> Vec<Work> {
    let unknown = |app: AppName| Row {
        recorded: sync::recorded(context, server, &app),
        result: format!("unknown: {}", failure.message),
        exit: failure.exit,
        ..row(server, &app)
    };
    let works = apps.into_iter().map(|app| Work { row: unknown(app), prepared: None }).collect();
    told(context, server.as_str(), failure);
    works
}

/// The row of an app of which nothing is known yet.
fn row(server: &ServerName, app: &AppName) -> Row {
    Row {
        app: app.to_string(),
        server: server.to_string(),
        recorded: None,
        deployed: None,
        result: String::new(),
        exit: Exit::Done,
    }
}

/// Looks at one app.
async fn look(
    context: &Context,
    args: &Args,
    server: &ServerName,
    (name, app): (AppName, Result<App, Failure>),
    snapshot: Option<&Snapshot>,
) -> Work {
    let row = |result: &str, exit| Row { result: result.to_owned(), exit, ..row(server, &name) };
    let work = |row, prepared| Work { row, prepared };
    let compared = match app {
        Ok(app) => compared(context, args, app, snapshot).await,
        Err(failure) => Err(failure),
    };
    match compared {
        Err(failure) => {
            let row = row(&failure.in_brief(), failure.exit);
            told(context, name.as_str(), failure);
            work(row, None)
        }
        Ok(Compared::NoRecord(none)) => {
            let exit = if args.check { Exit::NotInSync } else { Exit::Refused };
            work(Row { deployed: none.deployed, ..row("no record", exit) }, None)
        }
        Ok(Compared::InSync(prepared)) => {
            warned(context, &prepared);
            let in_sync = with_versions(row("in sync", Exit::Done), &prepared);
            let acts = prepared.went_back() && acts(args);
            work(in_sync, acts.then_some(prepared))
        }
        Ok(Compared::Differs(prepared)) => {
            differs(context, args, with_versions(row("", Exit::Done), &prepared), prepared)
        }
    }
}

/// Compares an app with its record. What is to be carried out comes from a look at this app alone.
async fn compared(
    context: &Context,
    args: &Args,
    app: App,
    snapshot: Option<&Snapshot>,
) -> Result<Compared, Failure> {
    let domains = !args.manner.no_domain_checks;
    if snapshot.is_some() {
        let told = sync::compare_app(context, app.clone(), domains, snapshot).await;
        let is_all = match &told {
            _ if !acts(args) => true,
            Ok(Compared::InSync(prepared)) => !prepared.went_back(),
            Ok(Compared::Differs(prepared)) => prepared.services.is_empty(),
            Ok(Compared::NoRecord(_)) => true,
            Err(_) => false,
        };
        if is_all {
            return told;
        }
    }
    sync::compare_app(context, app, domains, None).await
}

/// Whether anything is to be changed.
fn acts(args: &Args) -> bool {
    !args.check && !args.manner.dry_run
}

fn differs(context: &Context, args: &Args, row: Row, prepared: Box<Prepared>) -> Work {
    let said = |result: &str, exit| Row { result: result.to_owned(), exit, ..row };
    let on_purpose = prepared.before.as_ref().is_some_and(|before| before.history.was_undeployed());
    if prepared.services.is_empty() && args.check && !on_purpose {
        return Work { row: said("not deployed", Exit::NotInSync), prepared: None };
    }
    if prepared.services.is_empty() {
        return Work { row: said("not deployed, stays so", Exit::Done), prepared: None };
    }
    let (name, plan) = (prepared.app.name.as_str(), &prepared.staged.plan);
    warned(context, &prepared);
    let records = !args.check && !args.manner.no_converge_checks;
    let unwritable = records.then(|| record::hindrance_of(context, &prepared)).flatten();
    if plan.blocked() || unwritable.is_some() {
        let findings = plan.findings.iter().cloned().chain(unwritable).collect();
        told(context, name, Failure::refused(name, findings));
        return Work { row: said("blocked", Exit::Refused), prepared: None };
    }
    if args.check || args.manner.dry_run {
        let exit = if args.check { Exit::NotInSync } else { Exit::Done };
        let changed: Vec<&str> = plan.changed().map(|change| change.short.as_str()).collect();
        let what = if changed.is_empty() { String::new() } else { format!(": {}", changed.join(", ")) };
        return Work { row: said(&format!("differs{what}"), exit), prepared: None };
    }
    let guarded = context.ui.no_input && !args.converge && !args.manner.force;
    if guarded && let Err(failure) = operation::guard(&prepared) {
        let row = said(&failure.message, failure.exit);
        told(context, name, failure);
        return Work { row, prepared: None };
    }
    Work { row: said("to be synced", Exit::Done), prepared: Some(prepared) }
}

/// What is to be said of one app, with its name.
fn warned(context: &Context, prepared: &Prepared) {
    for warning in &prepared.warnings {
        let message = format!("{}: {}", prepared.app.name, warning.message);
        context.ui.finding(&Finding { message, ..warning.clone() });
    }
}

/// Says all of what went wrong with one app; the table has room for its first line only.
fn told(context: &Context, app: &str, failure: Failure) {
    let names_it = failure.message.strip_prefix(app).is_some_and(|rest| rest.starts_with([' ', ':']));
    let message = if names_it { failure.message.clone() } else { format!("{app}: {}", failure.message) };
    context.ui.complain(&Failure { message, ..failure });
}

fn with_versions(row: Row, prepared: &Prepared) -> Row {
    Row { recorded: prepared.recorded.clone(), deployed: prepared.versions().deployed(), ..row }
}

async fn adopt(context: &Context, args: &Args, row: Row) -> Work {
    let row = match sync::adoption(context, &row.app).await {
        Err(failure) => {
            let row = Row { result: failure.in_brief(), exit: failure.exit, ..row };
            told(context, &row.app, failure);
            row
        }
        Ok(adoption) => {
            let written = match args.manner.dry_run {
                true => Ok(Recorded::default()),
                false => sync::adopt(context, &adoption).await,
            };
            let (result, exit) = match written {
                Ok(recorded) => {
                    context.ui.findings(&recorded.said);
                    let words = if recorded.is_written { "recorded" } else { "record unchanged" };
                    (words.to_owned(), Exit::Done)
                }
                Err(failure) => (failure.message, failure.exit),
            };
            Row { recorded: adoption.recorded, deployed: Some(adoption.deployed), result, exit, ..row }
        }
    };
    Work { row, prepared: None }
}

/// Syncs one app, if there is anything to do for it. Where somebody else is faster and it is to wait, the app is looked at
/// once more; what the operator agreed to is the record.
async fn act(context: &Context, args: &Args, wait: Option<Wait>, mut work: Work) -> Work {
    loop {
        let Some(prepared) = work.prepared else { return work };
        let (result, exit, outrun) = once(context, args, &prepared).await;
        let row = Row { result, exit, ..work.row };
        let Some(wait) = wait.filter(|wait| outrun && !wait.is_over()) else {
            return Work { row, prepared: None };
        };
        work = match renewed(context, args, wait, &prepared).await {
            Ok(work) => work,
            Err(failure) => {
                return Work {
                    row: Row { result: failure.message, exit: failure.exit, ..row },
                    prepared: None,
                };
            }
        };
    }
}

/// Waits until an app's lock is free and looks again.
async fn renewed(context: &Context, args: &Args, wait: Wait, before: &Prepared) -> Result<Work, Failure> {
    let app = &before.app;
    let lead = format!("{}: ", app.name);
    until_free(context, app.name.as_str(), wait, &context.operator().await?, &lead).await?;
    let read = context.app_at(&app.server, &app.name);
    let work = look(context, args, &app.server, (app.name.clone(), read), None).await;
    let same = |now: &Prepared| now.resolution.target.record().same(&before.resolution.target.record());
    match &work.prepared {
        Some(now) if !same(now) => {
            Err(Failure::new("the record has changed while waiting; look again").exit(Exit::Moved))
        }
        _ => Ok(work),
    }
}

/// One attempt: what came of it, the exit code, and whether somebody else was faster.
async fn once(context: &Context, args: &Args, prepared: &Prepared) -> (String, Exit, bool) {
    let patience = (!args.manner.no_converge_checks).then(|| Patience::from(&args.manner.patience));
    let lead = format!("{}: ", prepared.app.name);
    let mut progress = Progress::lines(context.ui, prepared.app.stack.as_str(), &lead);
    let outcome = deploy::execute(context, prepared, patience, &mut |event| progress.event(&event)).await;
    progress.finish();
    match outcome {
        Err(failure) => {
            again(context, &lead, &failure);
            let (message, exit, outrun) = (failure.message.clone(), failure.exit, failure.outrun);
            told(context, prepared.app.name.as_str(), failure);
            (message, exit, outrun)
        }
        Ok(done) => {
            let (result, exit) = ended(context, prepared, done);
            (result, exit, false)
        }
    }
}

fn ended(context: &Context, prepared: &Prepared, done: Done) -> (String, Exit) {
    let outcome = &done.outcome;
    if let Outcome::Verdict(verdict, logs) = outcome {
        context.ui.verdict(prepared.app.stack.as_str(), verdict, logs);
    }
    match outcome {
        Outcome::LeftRunning => ("sent, not watched".to_owned(), Exit::Done),
        Outcome::Interrupted => ("interrupted, goes on".to_owned(), Exit::Interrupted),
        Outcome::Verdict(verdict, _) => match (Exit::of(verdict), done.recorded) {
            (Exit::Done, Err(error)) => (format!("synced, but not recorded: {error}"), Exit::Failed),
            (Exit::Done, Ok(recorded)) => {
                context.ui.findings(&recorded.said);
                match context.ui.commands_ending(prepared, &done.ran, Exit::Done) {
                    Exit::Done => ("synced".to_owned(), Exit::Done),
                    exit => ("synced, but a command after it failed".to_owned(), exit),
                }
            }
            (exit, _) => (crate::ui::outcome::kind_word(verdict.kind).to_owned(), exit),
        },
    }
}

fn summary<'a>(context: &Context, works: impl Iterator<Item = &'a Work>) {
    let shown = |record: Option<&Record>| record.map_or_else(|| "–".to_owned(), Record::to_string);
    let rows = works.map(|work| &work.row);
    if context.ui.machine {
        let text = |record: Option<&Record>| record.map(Record::to_string);
        let rows: Vec<Value> = rows
            .map(|row| {
                json!({ "app": row.app, "server": row.server, "recorded": text(row.recorded.as_ref()),
                    "deployed": text(row.deployed.as_ref()), "result": row.result, "exit": row.exit as u8 })
            })
            .collect();
        context.ui.json(&rows);
        return;
    }
    let rows: Vec<Vec<String>> = rows
        .map(|row| {
            vec![
                row.app.clone(),
                row.server.clone(),
                shown(row.recorded.as_ref()),
                shown(row.deployed.as_ref()),
                row.result.clone(),
            ]
        })
        .collect();
    context.ui.out(table(&["app", "server", "recorded", "deployed", "result"], &rows));
}

/// The exit code of the whole: that of the app that went worst.
fn gravest(works: &[Work]) -> Exit {
    let order = [
        Exit::Interrupted,
        Exit::Failed,
        Exit::RolledBack,
        Exit::Undecided,
        Exit::Moved,
        Exit::Busy,
        Exit::Refused,
        Exit::NotInSync,
    ];
    let any = |exit: &Exit| works.iter().any(|work| work.row.exit == *exit);
    order.into_iter().find(any).unwrap_or(Exit::Done)
}
