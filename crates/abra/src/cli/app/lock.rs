//! `abra app lock`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::lease::Seen;
use crate::flow::lock::{self, Locked};
use crate::flow::operation::clock_of;
use abra_core::head::Standing;
use serde_json::{Value, json};

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Show who holds the lock of an app
    Status {
        /// The app
        app: String,
    },
    /// Free the lock of an app whoever holds it; their run stops at its next step
    Release {
        /// The app
        app: String,
        /// Free it without a question
        #[arg(short, long)]
        force: bool,
    },
}

impl Command {
    /// Runs the subcommand.
    ///
    /// # Errors
    /// What went wrong, with the exit code for it.
    pub async fn run(&self, context: &Context) -> Result<Exit, Failure> {
        match self {
            Self::Status { app } => status(context, app).await,
            Self::Release { app, force } => release(context, app, *force).await,
        }
    }
}

async fn status(context: &Context, app: &str) -> Result<Exit, Failure> {
    let locked = lock::look(context, app).await?;
    if context.ui.machine {
        context.ui.json(&report(&locked));
    } else {
        context.ui.out(sentence(app, locked.head.as_ref()));
    }
    Ok(Exit::Done)
}

fn sentence(app: &str, head: Option<&Seen>) -> String {
    let Some(seen) = head else { return format!("{app}: the lock is free, and was never held") };
    let record = &seen.record;
    let (who, since) = (format!("{} ({})", record.owner, record.host), clock_of(record.since));
    match seen.standing() {
        Standing::Free if record.seq == 0 => format!("{app}: the lock is free"),
        Standing::Free => {
            format!("{app}: the lock is free; last held by {who}: {}, {}", record.doing, record.verdict)
        }
        Standing::Held => {
            format!("{app}: {who} holds the lock: {}, since {since}, {}", record.doing, record.stage)
        }
        Standing::Abandoned => format!(
            "{app}: the run of {who} was cut off while {}: {}, since {since}, last sign of life {}; anybody may take the lock",
            record.stage,
            record.doing,
            clock_of(seen.updated)
        ),
    }
}

fn report(locked: &Locked) -> Value {
    let app = locked.app.name.as_str();
    let Some(seen) = &locked.head else { return json!({ "app": app, "state": "free", "seq": 0 }) };
    let record = &seen.record;
    let state = match seen.standing() {
        Standing::Free => "free",
        Standing::Held => "held",
        Standing::Abandoned => "abandoned",
    };
    json!({
        "app": app,
        "state": state,
        "seq": record.seq,
        "operator": record.owner,
        "host": record.host,
        "doing": record.doing,
        "stage": record.stage,
        "since": record.since.map(|time| time.to_string()),
        "renewed": seen.updated.map(|time| time.to_string()),
        "lease_seconds": record.lease,
        "plan": record.plan,
        "version": record.version,
        "verdict": record.verdict,
    })
}

async fn release(context: &Context, app: &str, force: bool) -> Result<Exit, Failure> {
    let ui = context.ui;
    if !context.settings.sync.value {
        return Err(Failure::new("operator sync is off, so there are no locks")
            .hint("`operator: sync: true` in config.yml switches it on"));
    }
    let locked = lock::look(context, app).await?;
    let held = locked.head.as_ref().filter(|seen| seen.standing() != Standing::Free);
    let answer = |released: bool| {
        if ui.machine {
            ui.json(&json!({ "app": app, "state": "free", "released": released }));
        }
        Ok(Exit::Done)
    };
    let Some(seen) = held else {
        ui.say(format!("{app}: the lock is free"));
        return answer(false);
    };
    ui.say(sentence(app, Some(seen)));
    if !force && ui.no_input {
        return Err(Failure::new("not released: with --no-input this needs --force"));
    }
    if !force && !ui.confirm(&format!("take the lock from {}?", seen.record.owner)).await? {
        return Err(Failure::new("not confirmed; nothing was changed"));
    }
    let operator = context.operator().await?;
    let _guard = context.interrupt.guard();
    lock::release(&locked, seen, &operator).await?;
    ui.say(format!("{app}: the lock is free; the run of {} stops at its next step", seen.record.owner));
    answer(true)
}
