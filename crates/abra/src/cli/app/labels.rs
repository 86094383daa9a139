//! `abra app labels`.
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::inspect;
use crate::ui::{Text, text};
use abra_core::inspect::{Label, LabelPlace};
use abra_core::plan::change::Shown;
use serde_json::{Value, json};

/// Show the labels of an app's services as the server has them; values that sound secret are hidden
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
    /// Only this service
    pub service: Option<String>,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let labels = inspect::labels(context, &args.app, args.service.as_deref()).await?;
    if context.ui.machine {
        context.ui.json(&labels.iter().map(report).collect::<Vec<_>>());
    } else if labels.is_empty() {
        context.ui.say(format!("{} is not deployed", args.app));
    } else {
        listed(context, &labels);
    }
    Ok(Exit::Done)
}

/// A line for each label, below the name of its service: a table would break what is long.
fn listed(context: &Context, labels: &[Label]) {
    let mut before = None;
    for label in labels {
        let of = (&label.service, label.place);
        if before.replace(of) != Some(of) {
            let place = if label.place == LabelPlace::Container { " (containers)" } else { "" };
            context.ui.out(Text::new().styled(text::STRONG, &label.service).plain(place));
        }
        let value = match &label.value {
            Shown::Text(value) => value.as_str(),
            Shown::Hidden => "(hidden)",
            Shown::Absent => "",
        };
        // One label, one line.
        context.ui.out(Text::from("  ").plain(format!("{}={value}", label.name).replace(['\n', '\t'], " ")));
    }
}

fn report(label: &Label) -> Value {
    let value = match &label.value {
        Shown::Text(value) => Some(value),
        Shown::Hidden | Shown::Absent => None,
    };
    json!({ "service": label.service, "place": label.place, "name": label.name, "value": value,
        "hidden": label.value == Shown::Hidden })
}
