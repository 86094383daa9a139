//! What runs of an app.
use super::server;
use crate::context::Context;
use crate::engine::Filters;
use crate::failure::Failure;
use abra_core::stack::state::{ServiceState, states};

/// The services of an app and their tasks; none while it is not deployed.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn services(context: &Context, name: &str) -> Result<Vec<ServiceState>, Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    let of_stack = Filters::stack(app.stack.as_str());
    let (services, tasks) = tokio::try_join!(engine.services(&of_stack), engine.tasks(&of_stack))?;
    Ok(states(app.stack.as_str(), &services, &tasks))
}
