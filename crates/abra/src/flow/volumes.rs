//! The volumes of an app, which stay when it is undeployed: listing and removing them. Only those of the node that is talked to
//! are known.
use super::{lease, server};
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters, Volume};
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::head::Standing;
use abra_core::name::nearest;
use std::time::{Duration, Instant};

/// How long containers that have ended may keep a volume: a swarm removes them some seconds after their service.
const REAPING: Duration = Duration::from_secs(30);
/// Between two attempts.
const TICK: Duration = Duration::from_millis(250);

/// An app and its volumes.
#[derive(Debug)]
pub struct Volumes {
    /// The app.
    pub app: App,
    /// Its volumes, by name.
    pub all: Vec<Volume>,
    engine: Engine,
}

/// Looks at an app's volumes.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn look(context: &Context, name: &str) -> Result<Volumes, Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    let of_stack = Filters::stack(app.stack.as_str());
    let mut all = engine.volumes(&of_stack).await?;
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Volumes { app, all, engine })
}

impl Volumes {
    /// A volume's name in the recipe, where it has one.
    pub fn short<'a>(&self, name: &'a str) -> &'a str {
        let own = name.strip_prefix(self.app.stack.as_str()).and_then(|rest| rest.strip_prefix('_'));
        own.filter(|own| !own.is_empty()).unwrap_or(name)
    }

    /// Looks whether the volumes are nobody's at this moment.
    ///
    /// # Errors
    /// The app is deployed, somebody is at work on it, or the server can't be asked.
    pub async fn require_free(&self, context: &Context) -> Result<(), Failure> {
        let stack = self.app.stack.as_str();
        let of_stack = Filters::stack(stack);
        let (services, head) =
            tokio::try_join!(self.engine.services(&of_stack), lease::look(&self.engine, stack))?;
        // Whoever deploys for the first time has no service yet.
        if let Some(held) = head.filter(|seen| seen.standing() == Standing::Held) {
            return Err(held.busy(&context.operator().await?, &context.host).into());
        }
        if !services.is_empty() {
            return Err(Failure::new(format!("{} is deployed, and its volumes belong to it", self.app.name))
                .hint(format!("`abra app undeploy {}` comes first", self.app.name)));
        }
        Ok(())
    }

    /// The volumes of these names, in the recipe or on the server; `None` stands for all.
    ///
    /// # Errors
    /// The app has no such volume.
    pub fn removable(&self, names: Option<&[String]>) -> Result<Vec<&str>, Failure> {
        let Some(names) = names else {
            return Ok(self.all.iter().map(|volume| volume.name.as_str()).collect());
        };
        let mut found: Vec<&str> = names.iter().map(|name| self.named(name)).collect::<Result<_, _>>()?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    fn named(&self, name: &str) -> Result<&str, Failure> {
        let known = || self.all.iter().map(|volume| volume.name.as_str());
        if let Some(found) = known().find(|known| *known == name || self.short(known) == name) {
            return Ok(found);
        }
        let failure = Failure::new(format!("{} has no volume {name} on its server", self.app.name));
        let near = nearest(name, known().map(|known| self.short(known)), 3);
        Err(match near.is_empty() {
            true => failure.hint(format!("`abra app volume ls {}` lists them", self.app.name)),
            false => failure.hint(format!("nearest names: {}", near.join(", "))),
        })
    }

    /// Removes a volume with its data. The containers of an app that has just been undeployed are waited for.
    ///
    /// # Errors
    /// The app was deployed meanwhile, something uses it, or the server can't be asked.
    pub async fn remove(&self, context: &Context, name: &str) -> Result<(), Failure> {
        // The question may have stood for long.
        self.require_free(context).await?;
        match context.finished(self.removed(context, name)).await {
            // Somebody else was faster, which is as well.
            Ok(()) | Err(EngineError::NotFound { .. }) => Ok(()),
            Err(error @ EngineError::InUse { .. }) => Err(Failure::from(error).hint(format!(
                "a container that has ended may still hold it: `abra server prune {}` removes those",
                self.app.server
            ))),
            Err(error) => Err(error.into()),
        }
    }

    async fn removed(&self, context: &Context, name: &str) -> Result<(), EngineError> {
        let until = Instant::now() + REAPING;
        let mut is_said = false;
        loop {
            match self.engine.remove_volume(name).await {
                Err(EngineError::InUse { .. }) if Instant::now() < until && !context.interrupt.asked() => {}
                ended => return ended,
            }
            if !is_said {
                context.ui.say(format!("volume {name} is in use by a container; waiting for it to go"));
                is_said = true;
            }
            tokio::time::sleep(TICK).await;
        }
    }
}
