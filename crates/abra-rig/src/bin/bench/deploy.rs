//! Deployments on an engine: first ones, ones without a change, and waiting for them.
use crate::report::{Report, Row};
use crate::say;
use crate::stacks;
use crate::tool::{Pair, Tools};
use abra_rig::{Engine, Proxy, RigError};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const STACK: &str = "bench";

struct Ground<'a> {
    tools: &'a Tools,
    engine: &'a Engine,
    proxy: Proxy,
}

pub(crate) fn measure(
    tools: &Tools,
    engine: &Engine,
    folder: &Path,
    report: &mut Report,
) -> Result<(), RigError> {
    let proxy = Proxy::start(&folder.join("proxy.sock"), &engine.socket())?;
    let ground = Ground { tools, engine, proxy };
    for services in [1, 10, 30] {
        say(&format!("deployments of {services}"));
        let file = stacks::running(folder, services)?;
        let first = ground.first(&file, if services == 30 { 3 } else { 5 })?;
        report.deploy.push(first.named(&format!("first, {}", counted(services))));
        let unchanged = ground.unchanged(&file, services, if services == 30 { 7 } else { 11 })?;
        let row = unchanged.named(&format!("no change, {}", counted(services)));
        report.deploy.push(if services == 30 { row.at_most(1.0 / 4.0).requests_at_most(4) } else { row });
    }
    for (services, rounds) in [(1, 3), (10, 1)] {
        say(&format!("deployments of {services}, waited for"));
        let file = stacks::running(folder, services)?;
        let first = ground.waited(&file, rounds)?;
        report.wait.push(Row::new(&format!("first, {}, until it is known to run", counted(services)), first));
    }
    Ok(())
}

fn counted(services: usize) -> String {
    if services == 1 { "1 service".to_owned() } else { format!("{services} services") }
}

/// Only the flags that both know; docker's own default for registries would ask for an image that is in none.
fn arguments(file: &str, detach: bool) -> Vec<&str> {
    let mut arguments = vec!["stack", "deploy", "-c", file, "--resolve-image", "never"];
    arguments.extend(detach.then_some("--detach"));
    arguments
}

impl Ground<'_> {
    fn deploy(&self, tool: usize, host: &str, file: &str) -> Result<Duration, RigError> {
        let mut arguments = arguments(file, true);
        arguments.push(STACK);
        self.tools.run(tool, host, &arguments)
    }

    /// What a first deployment takes, with the stack removed after each.
    fn first(&self, file: &str, rounds: usize) -> Result<Row, RigError> {
        let address = self.engine.address();
        let mut fresh = |host: &str, tool| {
            let taken = self.deploy(tool, host, file)?;
            self.remove()?;
            Ok(taken)
        };
        let times = self.tools.alternate(rounds, |_, tool| fresh(&address, tool))?;
        let requests = self.counted(&mut fresh)?;
        Ok(Row::new("", times).requests(requests))
    }

    /// What a deployment takes of what runs already. The stack is gone afterwards.
    fn unchanged(&self, file: &str, services: usize, rounds: usize) -> Result<Row, RigError> {
        let address = self.engine.address();
        self.deploy(1, &address, file)?;
        self.engine.wait_for("all services", || self.running() == services)?;
        let mut again = |host: &str, tool| self.deploy(tool, host, file);
        let times = self.tools.alternate(rounds, |_, tool| again(&address, tool))?;
        let requests = self.counted(&mut again)?;
        self.remove()?;
        Ok(Row::new("", times).requests(requests))
    }

    /// What it takes until the tool says that everything runs.
    fn waited(&self, file: &str, rounds: usize) -> Result<Pair<Duration>, RigError> {
        let address = self.engine.address();
        self.tools.alternate(rounds, |tools, tool| {
            let mut arguments = arguments(file, false);
            // abra waits unless told otherwise.
            arguments.extend((tool == 1).then_some("--detach=false"));
            arguments.push(STACK);
            let taken = tools.run(tool, &address, &arguments)?;
            self.remove()?;
            Ok(taken)
        })
    }

    fn counted(
        &self,
        run: &mut impl FnMut(&str, usize) -> Result<Duration, RigError>,
    ) -> Result<Pair<usize>, RigError> {
        let mut counted = [0, 0];
        for (tool, count) in counted.iter_mut().enumerate() {
            self.proxy.forget();
            run(&self.proxy.address(), tool)?;
            *count = self.proxy.seen().len();
        }
        Ok(counted)
    }

    fn running(&self) -> usize {
        let tasks = self.engine.json("/tasks").unwrap_or_default();
        tasks.as_array().into_iter().flatten().filter(|task| task["Status"]["State"] == "running").count()
    }

    /// Removes the stack and waits until nothing of it runs.
    fn remove(&self) -> Result<(), RigError> {
        for service in list(&self.engine.json("/services")?, "ID") {
            self.engine.delete(&format!("/services/{service}"))?.accepted("a service")?;
        }
        let empty = |what: &str| {
            self.engine.json(what).is_ok_and(|found| found.as_array().is_some_and(Vec::is_empty))
        };
        self.engine
            .wait_for("the end of all containers", || empty("/tasks") && empty("/containers/json?all=1"))?;
        self.engine.wait_for("the end of the network", || {
            let network = format!("/networks/{STACK}_default");
            let _ = self.engine.delete(&network);
            self.engine.get(&network).is_ok_and(|answer| answer.status == 404)
        })
    }
}

fn list(found: &Value, key: &str) -> Vec<String> {
    let entries = found.as_array().into_iter().flatten();
    entries.filter_map(|entry| entry[key].as_str().map(str::to_owned)).collect()
}
