//! `abra stack deploy`.
use super::document::{Disk, FileArgs};
use crate::cli::app::watch::PatienceArgs;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::flow::rollout::{self, Manner, Outcome};
use crate::flow::watch::Patience;
use crate::flow::{server, stage};
use crate::interrupt::Interrupt;
use crate::ui::Ui;
use crate::ui::outcome::outcome_json;
use crate::ui::progress::Progress;
use abra_core::plan::seen::{Policy, ResolveImage};
use abra_core::stack::convert::{ConvertRequest, convert};
use serde_json::json;
use std::collections::BTreeSet;

/// Deploy compose files as a stack, with the engine at DOCKER_HOST
#[derive(Debug, clap::Args)]
pub struct Args {
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub files: FileArgs,
    /// Remove services that are not in the files any more
    #[arg(long)]
    pub prune: bool,
    /// Return without watching
    #[arg(long)]
    pub detach: bool,
    /// When registries are asked for the digest of an image
    #[arg(long, value_enum, default_value = "always")]
    pub resolve_image: Resolve,
    /// Send the registry credentials of docker's own settings along
    #[arg(long)]
    pub with_registry_auth: bool,
    #[expect(missing_docs, reason = "clap takes the help of flattened flags from their own type")]
    #[command(flatten)]
    pub patience: PatienceArgs,
    /// The stack's name
    pub name: String,
}

/// When registries are asked.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum Resolve {
    /// For every service
    Always,
    /// For new services and changed images
    Changed,
    /// Not at all
    Never,
}

impl From<Resolve> for ResolveImage {
    fn from(resolve: Resolve) -> Self {
        match resolve {
            Resolve::Always => Self::Always,
            Resolve::Changed => Self::Changed,
            Resolve::Never => Self::Never,
        }
    }
}

/// Runs it.
///
/// # Errors
/// What went wrong, with the exit code for it.
pub async fn run(ui: Ui, interrupt: &Interrupt, args: &Args) -> Result<Exit, Failure> {
    let what = format!("stack {}", args.name);
    let refused = |findings| Failure::refused(&what, findings);
    let loaded = args.files.load(false).map_err(refused)?;
    ui.findings(&loaded.findings);
    let links = server::links(ui);
    let endpoint = server::local(std::env::var("DOCKER_HOST").ok().as_deref(), &links)?;
    let engine = server::connect_to(&endpoint, ui).await?;
    let request = ConvertRequest { stack: &args.name, files: &Disk, api: engine.version() };
    let wanted = convert(&loaded.document, &loaded.sources, &request).map_err(refused)?;
    let policy = Policy { resolve: args.resolve_image.into(), prune: args.prune, ..Policy::default() };
    let credentials = if args.with_registry_auth { stage::credentials()? } else { None };
    let staged = stage::stage(&engine, &wanted, None, &policy, credentials.as_ref()).await?;
    if staged.plan.blocked() {
        return Err(refused(staged.plan.findings));
    }
    ui.findings(&staged.plan.findings);
    let _guard = interrupt.guard();
    let mut progress = Progress::new(ui, &args.name);
    let manner = Manner {
        patience: (!args.detach).then(|| Patience::from(&args.patience)),
        recipe_timeout: None,
        volatile: &BTreeSet::new(),
        lease: None,
    };
    let outcome =
        rollout::roll_out(&engine, &staged, manner, interrupt, &mut |event| progress.event(&event)).await;
    progress.finish();
    let outcome = outcome?;
    let exit = match &outcome {
        Outcome::LeftRunning => Exit::Done,
        Outcome::Interrupted => {
            return Err(Failure::new("interrupted: the deployment goes on").exit(Exit::Interrupted));
        }
        Outcome::Verdict(verdict, logs) => {
            ui.verdict(&args.name, verdict, logs);
            Exit::of(verdict)
        }
    };
    if ui.machine {
        ui.json(&json!({ "stack": args.name, "outcome": outcome_json(&outcome), "exit": exit as u8 }));
    }
    Ok(exit)
}
