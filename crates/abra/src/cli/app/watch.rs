//! `abra app watch`, and the flags of every command that watches.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::post::Ran;
use crate::flow::record::Recorded;
use crate::flow::rewatch::rewatch;
use crate::flow::watch::Patience;
use crate::ui::outcome::Ending;
use crate::ui::progress::Progress;
use std::time::Duration;

/// How long to watch
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct PatienceArgs {
    /// Give up watching after this long (say, 90s or 5m); by default derived from health checks and update settings
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub timeout: Option<Duration>,
    /// How long everything must stay up before it counts as deployed [default: 5s, or the longest update monitor]
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub stable: Option<Duration>,
}

impl From<&PatienceArgs> for Patience {
    fn from(args: &PatienceArgs) -> Self {
        Self { timeout: args.timeout, stable: args.stable }
    }
}

/// Take up the watching of a deployment and finish its verdict
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub patience: PatienceArgs,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let stack = context.app(&args.app)?.stack;
    let _guard = context.interrupt.guard();
    let mut progress = Progress::new(context.ui, stack.as_str());
    let watched =
        rewatch(context, &args.app, Patience::from(&args.patience), &mut |event| progress.on(event)).await;
    progress.finish();
    let watched = watched?;
    let nothing = Recorded::default();
    let last = watched.app.env.record().ok().flatten();
    let ending = Ending {
        app: &watched.app,
        record: &watched.deployed,
        last: last.as_ref(),
        sync: context.settings.sync.value,
        recorded: watched.recorded.as_ref().unwrap_or(&nothing),
        ran: &Ran::none(&watched.left),
        noop: false,
        runs: None,
        others: &watched.others,
    };
    // A document for machines has room for one of the two.
    let show = |failed: bool| match failed && context.ui.machine {
        true => Exit::Done,
        false => context.ui.ending(&ending, &watched.outcome, None),
    };
    let exit = show(watched.recorded.is_err());
    match watched.recorded {
        Err(failure) if exit == Exit::Done => {
            Err(failure.hint(format!("nothing is recorded of {}", args.app)))
        }
        Err(failure) => {
            context.ui.warn(format!("the journal is not completed: {}", failure.message));
            Ok(exit)
        }
        Ok(_) => Ok(exit),
    }
}

/// Reads a duration: a number of seconds, or numbers with the units ms, s, m, h.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(seconds.into()));
    }
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, behind) = rest.split_at(digits);
        let letters = behind.len() - behind.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let (unit, behind) = behind.split_at(letters);
        let millis = match unit {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            _ => return Err("want a duration like 90s, 5m or 1h30m".to_owned()),
        };
        let number: u32 = number.parse().map_err(|_| "want a duration like 90s, 5m or 1h30m".to_owned())?;
        sum += Duration::from_millis(u64::from(number) * millis);
        rest = behind;
    }
    if text.is_empty() { Err("want a duration like 90s, 5m or 1h30m".to_owned()) } else { Ok(sum) }
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn durations() {
        let cases = [
            ("5", Some(5_000)),
            ("90s", Some(90_000)),
            ("1h30m", Some(5_400_000)),
            ("250ms", Some(250)),
            ("", None),
            ("s", None),
            ("5d", None),
            ("-5s", None),
            ("99999999999s", None),
        ];
        for (text, millis) in cases {
            assert_eq!(duration(text).ok(), millis.map(Duration::from_millis), "{text:?}");
        }
    }
}
