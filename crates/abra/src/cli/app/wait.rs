//! `--wait`: for an app whose lock another operator holds.
use super::watch::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::lock::{self, Wait};
use crate::flow::operation::clock_of;
use abra_core::recipe::Record;
use std::cell::RefCell;
use std::time::{Duration, Instant};

/// Whether to wait for the lock
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct WaitArgs {
    /// Wait while another operator works on the app, at most so long [without DURATION: as long as it takes]
    #[arg(long, value_name = "DURATION", num_args = 0..=1, require_equals = true, value_parser = limit, default_missing_value = "")]
    pub wait: Option<Limit>,
}

/// A duration, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(Option<Duration>);

fn limit(text: &str) -> Result<Limit, String> {
    if text.is_empty() { Ok(Limit(None)) } else { duration(text).map(|limit| Limit(Some(limit))) }
}

/// What the operator wants, as far as one look told it: a later look that comes to something else is no longer that.
#[derive(Debug, Default)]
pub struct Intent(RefCell<Option<Record>>);

impl Intent {
    /// Whether a version is the one that the first look came to. Whoever is shown the new plan and asked may agree to
    /// another one.
    ///
    /// # Errors
    /// It is not, and nobody can be asked.
    pub fn holds(&self, target: &Record, asks: bool) -> Result<(), Failure> {
        let first = self.0.borrow_mut().get_or_insert_with(|| target.clone()).clone();
        if asks || first.same(target) {
            return Ok(());
        }
        Err(Failure::new(format!("after waiting, {target} would be deployed and no longer {first}"))
            .exit(Exit::Moved)
            .hint("nothing was changed; run it again if that is what you want"))
    }
}

/// Runs a command. Where it is to wait: only when nobody holds the app's lock, and again, with a new plan, when somebody
/// else was faster.
///
/// # Errors
/// Those of the command, or nobody gives the lock back in time.
pub async fn waiting(
    context: &Context,
    app: Option<&str>,
    args: WaitArgs,
    run: impl AsyncFn(&Intent) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let about = |failure: Failure| failure.about(app.unwrap_or("<APP>"));
    let intent = Intent::default();
    let (Some(wait), Some(app)) = (args.begin(context), app) else {
        return run(&intent).await.map_err(about);
    };
    let operator = context.operator().await?;
    loop {
        until_free(context, app, wait, &operator, "").await.map_err(about)?;
        match run(&intent).await {
            Err(failure) if failure.outrun && !wait.is_over() => again(context, "", &failure),
            result => return result.map_err(about),
        }
    }
}

impl WaitArgs {
    /// From now on, if it is to be waited at all; without operator sync there is nothing to wait for.
    pub(super) fn begin(self, context: &Context) -> Option<Wait> {
        let Limit(limit) = self.wait?;
        context.settings.sync.value.then(|| Wait { begun: Instant::now(), limit })
    }
}

/// Waits until nobody holds an app's lock, and says who does. `lead` stands before what is said.
pub(super) async fn until_free(
    context: &Context,
    app: &str,
    wait: Wait,
    operator: &str,
    lead: &str,
) -> Result<(), Failure> {
    let tell = &mut |holder: &abra_core::head::HeadRecord| {
        let since = clock_of(holder.since);
        context.ui.say(format!(
            "{lead}waiting for {} ({}): {}, since {since}",
            holder.owner, holder.host, holder.doing
        ));
    };
    lock::wait(context, app, wait, operator, tell).await?;
    context.fetches.forget().await;
    context.reads.forget();
    Ok(())
}

/// Says why everything is looked at once more.
pub(super) fn again(context: &Context, lead: &str, failure: &Failure) {
    if failure.exit != Exit::Moved {
        return;
    }
    context.ui.say(format!("{lead}{}; looking again", failure.message));
    failure.causes.iter().for_each(|cause| context.ui.say(format!("{lead}  {cause}")));
}
