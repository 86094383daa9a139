//! `abra app services`.
use super::ps::ago;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::inspect;
use crate::ui::table::table;
use abra_core::inspect::ServiceFacts;

/// Show the services of an app as the server has them: image, mode, ports
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The app
    pub app: String,
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(context: &Context, args: &Args) -> Result<Exit, Failure> {
    let services = inspect::services(context, &args.app).await?;
    if context.ui.machine {
        context.ui.json(&services);
    } else if services.is_empty() {
        context.ui.say(format!("{} is not deployed", args.app));
    } else {
        let rows: Vec<Vec<String>> = services.iter().map(row).collect();
        context.ui.out(table(&["service", "image", "mode", "ports", "version", "changed"], &rows));
    }
    Ok(Exit::Done)
}

fn row(facts: &ServiceFacts) -> Vec<String> {
    let shown = |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| "–".to_owned());
    let mode = match facts.replicas {
        Some(replicas) => format!("{} × {replicas}", facts.mode),
        None => facts.mode.clone(),
    };
    vec![
        facts.service.clone(),
        facts.image.clone(),
        mode,
        shown(Some(facts.ports.join(", "))),
        shown(facts.version.clone()),
        ago(&facts.changed, jiff::Timestamp::now()),
    ]
}
