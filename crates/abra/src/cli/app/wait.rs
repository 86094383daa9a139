//! `--wait`: for an app whose lock another operator holds.
use super::watch::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::lock::{self, Wait};
use crate::flow::operation::clock_of;
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

/// Runs a command; where it is to wait, only when nobody holds the app's lock, and again when somebody else was faster.
///
/// # Errors
/// Those of the command, or nobody gives the lock back in time.
pub async fn waiting<F>(
    context: &Context,
    app: Option<&str>,
    args: WaitArgs,
    run: impl Fn() -> F,
) -> Result<Exit, Failure>
where
    F: Future<Output = Result<Exit, Failure>>,
{
    let (Some(Limit(limit)), Some(app), true) = (args.wait, app, context.settings.sync.value) else {
        return run().await;
    };
    let wait = Wait { begun: Instant::now(), limit };
    loop {
        let tell = &mut |holder: &abra_core::head::HeadRecord| {
            let since = clock_of(holder.since);
            context.ui.say(format!(
                "waiting for {} ({}): {}, since {since}",
                holder.owner, holder.host, holder.doing
            ));
        };
        lock::wait(context, app, wait, tell).await?;
        match run().await {
            Err(failure) if failure.exit == Exit::Busy => {}
            result => return result,
        }
    }
}
