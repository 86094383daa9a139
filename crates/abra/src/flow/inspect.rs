//! What the services of an app are, as its server has them. Nothing is changed.
use super::logs::no_service;
use super::server;
use crate::context::Context;
use crate::engine::Filters;
use crate::failure::Failure;
use abra_core::app::App;
use abra_core::inspect::{self, Label, ServiceFacts};
use abra_core::stack::live::Service;

/// The services of an app; none while it is not deployed.
///
/// # Errors
/// There is no such app, or its server can't be asked.
pub async fn services(context: &Context, name: &str) -> Result<Vec<ServiceFacts>, Failure> {
    let (app, live) = live(context, name).await?;
    Ok(inspect::services(app.stack.as_str(), &live))
}

/// The labels of an app's services, or of one of them; none while it is not deployed.
///
/// # Errors
/// There is no such app or service, or its server can't be asked.
pub async fn labels(context: &Context, name: &str, only: Option<&str>) -> Result<Vec<Label>, Failure> {
    let (app, mut live) = live(context, name).await?;
    let stack = app.stack.as_str();
    if let Some(only) = only.filter(|_| !live.is_empty()) {
        let names: Vec<String> =
            live.iter().map(|service| inspect::short(stack, service.name()).to_owned()).collect();
        live.retain(|service| service.name() == only || inspect::short(stack, service.name()) == only);
        if live.is_empty() {
            return Err(no_service(only, &names));
        }
    }
    Ok(inspect::labels(stack, &live))
}

async fn live(context: &Context, name: &str) -> Result<(App, Vec<Service>), Failure> {
    let app = context.app(name)?;
    let engine = server::connect(context, &app.server).await?;
    let live = engine.services(&Filters::stack(app.stack.as_str())).await?;
    Ok((app, live))
}
