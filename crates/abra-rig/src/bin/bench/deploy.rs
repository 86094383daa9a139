//! Deployments on an engine: first ones, ones without a change, and waiting for them.
use crate::ground::{Ground, Server};
use crate::say;
use crate::stacks;
use crate::table::Row;
use crate::tool::{Pair, Tools};
use abra_rig::{Engine, Proxy, RigError};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

const STACK: &str = "bench";

/// A stack on the engine: measured, and removed again.
pub(crate) struct Stack<'a> {
    tools: &'a Tools,
    engine: &'a Engine,
    folder: &'a Path,
    proxy: Proxy,
}

impl<'a> Stack<'a> {
    /// Files of stacks go into the folder.
    pub(crate) fn new(ground: &'a Ground<'a>, folder: &'a Path) -> Result<Self, RigError> {
        let (tools, engine) = (ground.tools, ground.engine);
        let proxy = Proxy::start(&folder.join("proxy.sock"), &engine.socket())?;
        Ok(Self { tools, engine, folder, proxy })
    }

    /// On this machine.
    pub(crate) fn here(&self, report: &mut Vec<Row>) -> Result<(), RigError> {
        let address = self.engine.address();
        for services in [1, 10, 30] {
            say(&format!("deployments of {services}"));
            let file = stacks::running(self.folder, services)?;
            let first = self.first(&address, &file, if services == 1 { 5 } else { 3 })?;
            let requests = self.requests(|host, tool| self.fresh(tool, host, &file))?;
            let row = Row::new(&format!("first, {}", counted(services)), first);
            report.push(row.requests(requests));
            let unchanged = self.unchanged(&address, &file, services, if services == 30 { 7 } else { 11 })?;
            let requests = self.requests(|host, tool| self.deploy(tool, host, &file))?;
            let row = Row::new(&format!("no change, {}", counted(services)), unchanged).requests(requests);
            report.push(if services == 30 { row.at_most(1.0 / 4.0).requests_at_most(4) } else { row });
            self.remove()?;
        }
        Ok(())
    }

    /// Over ssh, near and far.
    pub(crate) fn over_ssh(&self, server: &Server, report: &mut Vec<Row>) -> Result<(), RigError> {
        const SERVICES: usize = 10;
        let file = stacks::running(self.folder, SERVICES)?;
        for (name, place) in [(&server.near, "near"), (&server.far, "50 ms far")] {
            say(&format!("deployments over ssh, {place}"));
            let host = format!("ssh://{name}");
            let first = self.first(&host, &file, 3)?;
            let logins = server.logins(|tool| self.fresh(tool, &host, &file))?;
            let what = format!("first, {}, {place}", counted(SERVICES));
            report.push(Row::new(&what, first).logins(logins));
            let unchanged = self.unchanged(&host, &file, SERVICES, 7)?;
            let logins = server.logins(|tool| self.deploy(tool, &host, &file))?;
            let what = format!("no change, {}, {place}", counted(SERVICES));
            report.push(Row::new(&what, unchanged).logins(logins));
            self.remove()?;
        }
        Ok(())
    }

    /// What it takes until the tool says that everything runs.
    pub(crate) fn waited(&self, report: &mut Vec<Row>) -> Result<(), RigError> {
        // Each takes many seconds, and much the same every time.
        for services in [1, 10] {
            say(&format!("deployments of {services}, waited for"));
            let file = stacks::running(self.folder, services)?;
            let first = self.until_it_runs(&file)?;
            let what = format!("first, {}, until it is known to run", counted(services));
            report.push(Row::new(&what, first));
        }
        Ok(())
    }

    fn deploy(&self, tool: usize, host: &str, file: &str) -> Result<Duration, RigError> {
        let mut arguments = arguments(file, true);
        arguments.push(STACK);
        self.tools.run(tool, host, &arguments)
    }

    /// A first deployment; the stack is removed afterwards.
    fn fresh(&self, tool: usize, host: &str, file: &str) -> Result<Duration, RigError> {
        let taken = self.deploy(tool, host, file)?;
        self.remove()?;
        Ok(taken)
    }

    fn first(&self, host: &str, file: &str, rounds: usize) -> Result<Pair<Duration>, RigError> {
        self.tools.alternate(rounds, |_, tool| self.fresh(tool, host, file))
    }

    /// What a deployment takes of what runs already.
    fn unchanged(
        &self,
        host: &str,
        file: &str,
        services: usize,
        rounds: usize,
    ) -> Result<Pair<Duration>, RigError> {
        self.deploy(1, &self.engine.address(), file)?;
        self.engine.wait_for("all services", || self.running() == services)?;
        self.tools.alternate(rounds, |_, tool| self.deploy(tool, host, file))
    }

    fn until_it_runs(&self, file: &str) -> Result<Pair<Duration>, RigError> {
        let address = self.engine.address();
        self.tools.alternate(1, |tools, tool| {
            let mut arguments = arguments(file, false);
            // abra waits unless told otherwise.
            arguments.extend((tool == 1).then_some("--detach=false"));
            arguments.push(STACK);
            let taken = tools.run(tool, &address, &arguments)?;
            self.remove()?;
            Ok(taken)
        })
    }

    /// The requests of a run that reach the engine.
    fn requests(
        &self,
        run: impl Fn(&str, usize) -> Result<Duration, RigError>,
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

fn counted(services: usize) -> String {
    if services == 1 { "1 service".to_owned() } else { format!("{services} services") }
}

/// Only the flags that both know; docker's own default for registries would ask for an image that is in none.
fn arguments(file: &str, detach: bool) -> Vec<&str> {
    let mut arguments = vec!["stack", "deploy", "-c", file, "--resolve-image", "never"];
    arguments.extend(detach.then_some("--detach"));
    arguments
}

fn list(found: &Value, key: &str) -> Vec<String> {
    let entries = found.as_array().into_iter().flatten();
    entries.filter_map(|entry| entry[key].as_str().map(str::to_owned)).collect()
}
