//! What runs of an app.
use super::server;
use crate::context::Context;
use crate::engine::{Engine, EngineError, Filters};
use crate::failure::Failure;
use abra_core::stack::state::{ServiceState, states};

/// The services of an app and their tasks; none while it is not deployed.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn services(context: &Context, name: &str) -> Result<Vec<ServiceState>, Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    Ok(of_stack(&engine, app.stack.as_str()).await?)
}

/// The services of a stack and their tasks.
///
/// # Errors
/// The server can't be asked.
pub async fn of_stack(engine: &Engine, stack: &str) -> Result<Vec<ServiceState>, EngineError> {
    let filters = Filters::stack(stack);
    let (services, tasks) = tokio::try_join!(engine.services(&filters), engine.tasks(&filters))?;
    Ok(states(stack, &services, &tasks))
}
