//! `abra app logs`.
use super::watch::duration;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::logs::{self, End, Line, Request, Since};
use crate::ui::{Text, text};
use jiff::Timestamp;

/// Show what the services of an app write, merged by time
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// Only this service
    pub service: Option<String>,
    /// Go on with what is written from now on, until interrupted
    #[arg(short, long)]
    pub follow: bool,
    /// Only what was written since then: so long ago (90s, 10m, 2h), or a time (2026-01-31T12:00:00Z)
    #[arg(short = 'S', long, value_name = "TIME", value_parser = since)]
    pub since: Option<Since>,
    /// Only standard error
    #[arg(short = 's', long)]
    pub stderr: bool,
    /// Lines from the end of each service, or `all`
    #[arg(long, value_name = "LINES", default_value = "100", value_parser = tail)]
    pub tail: Tail,
    /// Show when each line was written
    #[arg(short, long)]
    pub timestamps: bool,
}

/// How many lines from the end; `None`: all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tail(Option<u32>);

/// Characters of a task's id that are shown: enough to tell the tasks of a slot apart.
const TASK: usize = 6;

fn since(text: &str) -> Result<Since, String> {
    if let Ok(ago) = duration(text) {
        return Ok(Since::Ago(ago));
    }
    let day = format!("{text}T00:00:00Z");
    let time = text.parse::<Timestamp>().or_else(|_| day.parse::<Timestamp>());
    time.map(Since::Time)
        .map_err(|_| "want a duration like 90s or 10m, or a time like 2026-01-31T12:00:00Z".to_owned())
}

fn tail(text: &str) -> Result<Tail, String> {
    match text {
        "all" => Ok(Tail(None)),
        _ => text.parse().map(|lines| Tail(Some(lines))).map_err(|_| "want a number or `all`".to_owned()),
    }
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: Args) -> Result<Exit, Failure> {
    let request = Request {
        app: args.app.clone(),
        service: args.service.clone(),
        tail: args.tail.0,
        since: args.since,
        only_stderr: args.stderr,
    };
    let reading = logs::read(context, &request).await?;
    let ui = context.ui;
    reading.gaps.iter().for_each(|gap| ui.warn(format!("logs of {gap}")));
    if ui.machine && !args.follow {
        ui.json(&reading.lines);
        return Ok(Exit::Done);
    }
    let mut show = |line: &Line| match ui.machine {
        true => ui.out_on(text::escaped_json(&serde_json::json!(line).to_string())),
        false => ui.out_on(shown(line, args.timestamps)),
    };
    if !reading.lines.iter().all(&mut show) || !args.follow {
        return Ok(Exit::Done);
    }
    let _guard = context.interrupt.guard();
    match logs::follow(reading, &context.interrupt, &mut show).await? {
        End::Enough => Ok(Exit::Done),
        End::Interrupted => Ok(Exit::Interrupted),
        End::Gone => {
            ui.say(format!("{} is not deployed any more", args.app));
            Ok(Exit::Done)
        }
    }
}

/// A line for people. A tab and a line end can't hide who wrote it.
fn shown(line: &Line, timestamps: bool) -> Text {
    let mut text = Text::new();
    if timestamps {
        text = text.styled(text::FAINT, format!("{} ", line.time));
    }
    if line.stream == "engine" {
        return text.styled(text::FAINT, format!("{} (engine) | ", line.service)).plain(&line.text);
    }
    let task: String = line.task.chars().take(TASK).collect();
    let names = [line.service.as_str(), line.place.as_str(), task.as_str()];
    let names: Vec<&str> = names.into_iter().filter(|name| !name.is_empty()).collect();
    text.styled(text::FAINT, format!("{} | ", names.join("."))).plain(&line.text)
}

#[cfg(test)]
mod tests {
    use super::{Line, Since, Tail, shown, since, tail};
    use std::time::Duration;

    #[test]
    fn times_are_told_in_two_ways() {
        let time = |text: &str| Some(Since::Time(text.parse().unwrap()));
        let cases = [
            ("10m", Some(Since::Ago(Duration::from_secs(600)))),
            ("5", Some(Since::Ago(Duration::from_secs(5)))),
            ("2026-01-31", time("2026-01-31T00:00:00Z")),
            ("2026-01-31T12:00:00+01:00", time("2026-01-31T11:00:00Z")),
            ("yesterday", None),
        ];
        for (text, wanted) in cases {
            assert_eq!(since(text).ok(), wanted, "{text}");
        }
        let cases = [("7", Some(Tail(Some(7)))), ("all", Some(Tail(None))), ("-1", None), ("many", None)];
        for (text, wanted) in cases {
            assert_eq!(tail(text).ok(), wanted, "{text}");
        }
    }

    #[test]
    fn lines_say_who_wrote_them_and_nothing_else_of_a_terminal() {
        let line = |place: &str, stream| Line {
            time: "T".to_owned(),
            service: "app".to_owned(),
            place: place.to_owned(),
            task: "0123456789".to_owned(),
            stream,
            text: "\u{1b}[2Jhi".to_owned(),
        };
        let cases = [
            (line("1", "stdout"), false, "app.1.012345 | hi"),
            (line("", "stderr"), true, "T app.012345 | hi"),
            (line("1", "engine"), false, "app (engine) | hi"),
        ];
        for (line, timestamps, wanted) in cases {
            let text = shown(&line, timestamps).to_string();
            assert_eq!(anstream::adapter::strip_str(&text).to_string(), wanted);
        }
    }
}
