//! A swarm of several managers, each a private engine with a network between them.
use crate::switch::{Switch, address};
use crate::{Engine, EngineOptions, RigError};
use serde_json::{Value, json};
use std::thread;

/// Managers `node1`, `node2`, … of one swarm. Dropping it removes all of it.
#[derive(Debug)]
pub struct Swarm {
    /// The engines; the first one made the swarm.
    pub nodes: Vec<Engine>,
    switch: Switch,
}

impl Swarm {
    /// Starts so many managers and waits until each of them answers as one.
    pub fn start(managers: usize) -> Result<Self, RigError> {
        let switch = Switch::new()?;
        let nodes = engines(managers)?;
        for (index, node) in nodes.iter().enumerate() {
            switch.plug(node, index + 1)?;
        }
        let swarm = Self { nodes, switch };
        swarm.join()?;
        Ok(swarm)
    }

    /// Cuts a node (counted from 0) off from the others; its own socket still answers.
    pub fn cut(&self, node: usize) -> Result<(), RigError> {
        self.switch.set_link(node + 1, false)
    }

    /// Undoes [`Swarm::cut`].
    pub fn mend(&self, node: usize) -> Result<(), RigError> {
        self.switch.set_link(node + 1, true)
    }

    /// Which node (counted from 0) leads, as a node that can tell sees it; none while there is no leader.
    pub fn leader(&self, seen_from: usize) -> Option<usize> {
        let nodes = self.nodes.get(seen_from)?.json("/nodes").ok()?;
        let leads = |node: &&Value| node["ManagerStatus"]["Leader"] == true;
        let name = nodes.as_array()?.iter().find(leads)?["Description"]["Hostname"].as_str()?;
        name.strip_prefix("node")?.parse::<usize>().ok()?.checked_sub(1)
    }

    /// Whether a node is `ready` or `down`, as another one sees it.
    pub fn state(&self, seen_from: usize, node: usize) -> Option<String> {
        let nodes = self.nodes.get(seen_from)?.json("/nodes").ok()?;
        let name = format!("node{}", node + 1);
        let known = nodes.as_array()?.iter().find(|known| known["Description"]["Hostname"] == name)?;
        Some(known["Status"]["State"].as_str()?.to_owned())
    }

    /// Sets a node's availability: `active`, `pause` or `drain`.
    pub fn set_availability(&self, node: usize, availability: &str) -> Result<(), RigError> {
        let target = format!("/nodes/{}", self.id_of(node)?);
        // The swarm writes its nodes, too: what was read may be old already.
        self.nodes[0].wait_for("the node's availability", || {
            let Ok(known) = self.nodes[0].json(&target) else { return false };
            let mut spec = known["Spec"].clone();
            spec["Availability"] = availability.into();
            let update = format!("{target}/update?version={}", known["Version"]["Index"]);
            self.nodes[0].post(&update, &spec).is_ok_and(|answer| answer.accepted(&update).is_ok())
        })
    }

    fn id_of(&self, node: usize) -> Result<String, RigError> {
        let info = self.nodes[node].json("/info")?;
        Ok(info["Swarm"]["NodeID"].as_str().unwrap_or_default().to_owned())
    }

    fn join(&self) -> Result<(), RigError> {
        let Some((first, others)) = self.nodes.split_first() else { return Ok(()) };
        let listen = |number: usize| format!("{}:2377", address(number));
        let init = json!({ "ListenAddr": listen(1), "AdvertiseAddr": address(1) });
        first.post("/swarm/init", &init)?.accepted("/swarm/init")?;
        let token = first.json("/swarm")?["JoinTokens"]["Manager"].clone();
        // One after the other: a swarm that grows from one to two managers has no majority until the second is up.
        for (index, node) in others.iter().enumerate() {
            let number = index + 2;
            let body = json!({
                "ListenAddr": listen(number), "AdvertiseAddr": address(number),
                "RemoteAddrs": [listen(1)], "JoinToken": token,
            });
            node.wait_for("joining the swarm", || {
                node.post("/swarm/join", &body).is_ok_and(|answer| matches!(answer.status, 200 | 503))
            })?;
            node.wait_for("the new manager", || node.json("/nodes").is_ok())?;
        }
        Ok(())
    }
}

fn engines(count: usize) -> Result<Vec<Engine>, RigError> {
    let start = |number: usize| {
        let options =
            EngineOptions { swarm: false, host: format!("node{number}"), ..EngineOptions::default() };
        Engine::start(&options)
    };
    thread::scope(|scope| {
        let starts: Vec<_> = (1..=count).map(|number| scope.spawn(move || start(number))).collect();
        let ended = |start: thread::ScopedJoinHandle<'_, _>| {
            start.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        starts.into_iter().map(ended).collect()
    })
}
