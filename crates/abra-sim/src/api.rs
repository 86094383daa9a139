//! The Engine API as far as abra uses it: what is asked of a swarm, and what it answers. Statuses and texts are those of
//! Engine 20.10.
use crate::life;
use crate::swarm::{File, Service, Swarm, What};
use abra_core::head::HEAD;
use abra_core::head::KIND_LABEL;
use abra_core::stack::convert::NAMESPACE_LABEL;
use abra_core::stack::labels;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The operator.
    pub by: usize,
    /// `GET`, `POST`, `DELETE`.
    pub method: String,
    /// Path below the version, without a query.
    pub path: String,
    /// The query, unescaped.
    pub query: BTreeMap<String, String>,
    /// The body.
    pub body: Value,
}

/// A status and a body.
pub type Answer = (u16, Value);

/// Whether a request is answered also while nobody leads.
pub fn needs_no_leader(asked: &Asked) -> bool {
    matches!(asked.path.as_str(), "/_ping" | "/info")
}

/// That nobody leads: at once, or after waiting for it.
pub fn no_leader(is_known: bool) -> Answer {
    refused(
        500,
        match is_known {
            true => {
                "rpc error: code = Unknown desc = The swarm does not have a leader. It's possible that too few managers are \
                 online. Make sure more than half of the managers are online."
            }
            false => "rpc error: code = DeadlineExceeded desc = context deadline exceeded",
        },
    )
}

/// Answers.
pub fn answer(swarm: &Swarm, asked: &Asked) -> Answer {
    let path: Vec<&str> = asked.path.trim_matches('/').split('/').collect();
    match (asked.method.as_str(), path.as_slice()) {
        (_, ["_ping"]) => (200, Value::Null),
        ("GET", ["info"]) => (200, info(swarm)),
        ("GET", ["nodes"]) => (200, nodes(swarm)),
        ("GET", ["distribution", .., "json"]) => (200, distribution()),
        ("GET", ["services"]) => (200, listed_services(swarm, &asked.filters())),
        ("GET", ["tasks"]) => (200, listed_tasks(swarm, &asked.filters())),
        ("GET", ["networks"]) => (200, listed_networks(swarm, &asked.filters())),
        ("GET", ["networks", id]) => network(swarm, id),
        ("GET", [kind @ ("secrets" | "configs")]) => {
            (200, listed_files(swarm, *kind == "configs", &asked.filters()))
        }
        ("GET", [kind @ ("secrets" | "configs"), id]) => file(swarm, *kind == "configs", id),
        ("GET", ["services", id]) => service(swarm, id),
        ("GET", ["services" | "tasks", _, "logs"]) => (200, Value::Null),
        ("POST", ["services", "create"]) => create_service(swarm, asked),
        ("POST", ["services", id, "update"]) => update_service(swarm, asked, id),
        ("DELETE", ["services", id]) => remove_service(swarm, id),
        ("POST", ["networks", "create"]) => create_network(swarm, asked),
        ("DELETE", ["networks", id]) => remove_network(swarm, id),
        ("POST", [kind @ ("secrets" | "configs"), "create"]) => create_file(swarm, asked, *kind == "configs"),
        ("POST", [kind @ ("secrets" | "configs"), id, "update"]) => {
            update_file(swarm, asked, *kind == "configs", id)
        }
        ("DELETE", [kind @ ("secrets" | "configs"), id]) => remove_file(swarm, *kind == "configs", id),
        _ => refused(501, format!("{} {} is not simulated", asked.method, asked.path)),
    }
}

type Filters = BTreeMap<String, Vec<String>>;

impl Asked {
    fn filters(&self) -> Filters {
        let text = self.query.get("filters").map_or("{}", String::as_str);
        let filters: BTreeMap<String, Map<String, Value>> = serde_json::from_str(text).unwrap_or_default();
        filters
            .into_iter()
            .map(|(key, values)| (key, values.into_iter().map(|(value, _)| value).collect()))
            .collect()
    }

    fn version(&self) -> u64 {
        self.query.get("version").and_then(|text| text.parse().ok()).unwrap_or_default()
    }

    fn name(&self) -> String {
        self.body["Name"].as_str().unwrap_or_default().to_owned()
    }
}

fn refused(status: u16, message: impl Into<String>) -> Answer {
    (status, json!({ "message": message.into() }))
}

fn missing(kind: &str, id: &str) -> Answer {
    refused(404, format!("{kind} {id} not found"))
}

fn out_of_sequence() -> Answer {
    refused(500, "rpc error: code = Unknown desc = update out of sequence")
}

fn info(swarm: &Swarm) -> Value {
    let managers = swarm.clocks.managers;
    json!({
        "ID": "engine1", "Name": "n1", "ServerVersion": "20.10.24",
        "Swarm": { "NodeID": "node1", "LocalNodeState": "active", "ControlAvailable": true, "Nodes": managers, "Managers": managers },
    })
}

fn nodes(swarm: &Swarm) -> Value {
    let node = |number: u64| {
        json!({
            "ID": format!("node{number}"), "Spec": { "Availability": "active", "Role": "manager" },
            "Status": { "State": "ready" }, "Description": { "Hostname": format!("n{number}") },
        })
    };
    (1..=swarm.clocks.managers).map(node).collect()
}

fn distribution() -> Value {
    json!({ "Descriptor": { "digest": format!("sha256:{:064}", 1) }, "Platforms": [] })
}

fn labelled(spec: &Value, filters: &Filters) -> bool {
    let wanted = filters.get("label").into_iter().flatten();
    let mut pairs = wanted.map(|text| text.split_once('=').unwrap_or((text, "")));
    pairs.all(|(key, value)| spec["Labels"][key].as_str().is_some_and(|has| value.is_empty() || has == value))
}

fn named(spec: &Value, filters: &Filters) -> bool {
    let name = spec["Name"].as_str().unwrap_or_default();
    filters.get("name").is_none_or(|wanted| wanted.iter().any(|prefix| name.starts_with(prefix)))
}

fn listed_services(swarm: &Swarm, filters: &Filters) -> Value {
    let state = swarm.state();
    let fits = state
        .services
        .iter()
        .filter(|(_, service)| labelled(&service.spec, filters) && named(&service.spec, filters));
    fits.filter_map(|(id, _)| state.shown_service(id)).collect()
}

fn service(swarm: &Swarm, id: &str) -> Answer {
    let state = swarm.state();
    let shown = state.service_id(id).and_then(|id| state.shown_service(&id));
    shown.map_or_else(|| missing("service", id), |shown| (200, shown))
}

fn listed_tasks(swarm: &Swarm, filters: &Filters) -> Value {
    let state = swarm.state();
    let fresh = filters.contains_key("_up-to-date");
    let fits = state.tasks.iter().filter(|(_, task)| {
        let Some(service) = state.services.get(&task.service) else { return false };
        let of_service = filters.get("service").is_none_or(|wanted| {
            wanted.iter().any(|wanted| *wanted == task.service || service.spec["Name"] == wanted.as_str())
        });
        of_service && labelled(&service.spec, filters) && (!fresh || task.generation == service.generation)
    });
    fits.filter_map(|(id, _)| state.shown_task(id, swarm.clocks.node)).collect()
}

fn listed_networks(swarm: &Swarm, filters: &Filters) -> Value {
    let state = swarm.state();
    state.networks.values().filter(|network| labelled(network, filters)).cloned().collect()
}

fn network(swarm: &Swarm, id: &str) -> Answer {
    let state = swarm.state();
    let found = state.network_id(id).and_then(|id| state.networks.get(&id).cloned());
    found.map_or_else(|| missing("network", id), |network| (200, network))
}

fn create_network(swarm: &Swarm, asked: &Asked) -> Answer {
    let mut state = swarm.state();
    let name = asked.name();
    if state.network_id(&name).is_some() {
        return refused(409, format!("network with name {name} already exists"));
    }
    let id = state.next_id();
    let mut network = asked.body.clone();
    network["Id"] = json!(id);
    network["Scope"] = json!("swarm");
    state.networks.insert(id.clone(), network);
    (201, json!({ "Id": id, "Warning": "" }))
}

fn remove_network(swarm: &Swarm, id: &str) -> Answer {
    let mut state = swarm.state();
    let Some(id) = state.network_id(id) else { return missing("network", id) };
    let uses = |service: &Service| service.spec["TaskTemplate"]["Networks"].to_string().contains(&id);
    if let Some((user, _)) = state.services.iter().find(|(_, service)| uses(service)) {
        let text =
            format!("rpc error: code = FailedPrecondition desc = network {id} is in use by service {user}");
        return refused(400, text);
    }
    state.networks.remove(&id);
    (204, Value::Null)
}

/// Networks of services are kept by their ids.
fn with_ids(swarm: &Swarm, mut spec: Value) -> Result<Value, Answer> {
    let state = swarm.state();
    if let Some(networks) = spec["TaskTemplate"]["Networks"].as_array_mut() {
        for network in networks {
            let target = network["Target"].as_str().unwrap_or_default().to_owned();
            let id = state.network_id(&target).ok_or_else(|| missing("network", &target))?;
            network["Target"] = json!(id);
        }
    }
    Ok(spec)
}

fn note_service(swarm: &Swarm, asked: &Asked, spec: &Value) {
    let stack = spec["Labels"][NAMESPACE_LABEL].as_str().unwrap_or_default();
    let plan = spec["Labels"][&labels::key(stack, labels::PLAN)].as_str().unwrap_or_default().to_owned();
    let holder = {
        let state = swarm.state();
        let mut heads =
            state.files.values().map(|file| &file.spec["Labels"]).filter(|has| has[KIND_LABEL] == HEAD);
        let held = heads.find(|has| has["abra.sync.state"] == "busy");
        held.and_then(|has| has["abra.sync.plan"].as_str()).map(str::to_owned)
    };
    let name = asked.name();
    swarm.note(Some(asked.by), What::Service { name, plan, holder });
}

fn create_service(swarm: &Swarm, asked: &Asked) -> Answer {
    let name = asked.name();
    let spec = match with_ids(swarm, asked.body.clone()) {
        Ok(spec) => spec,
        Err(answer) => return answer,
    };
    let now = swarm.now().to_string();
    let id = {
        let mut state = swarm.state();
        if state.service_id(&name).is_some() {
            let text =
                "rpc error: code = AlreadyExists desc = name conflicts with an existing object: service";
            return refused(409, format!("{text} {name} already exists"));
        }
        let (id, version) = (state.next_id(), state.next_index());
        let service = Service {
            version,
            spec: spec.clone(),
            previous: None,
            update: None,
            generation: 0,
            writes: 0,
            created: now.clone(),
            updated: now,
        };
        state.services.insert(id.clone(), service);
        id
    };
    note_service(swarm, asked, &spec);
    life::created(swarm, spec["Labels"][NAMESPACE_LABEL].as_str().unwrap_or_default(), &id);
    (201, json!({ "ID": id }))
}

fn update_service(swarm: &Swarm, asked: &Asked, id: &str) -> Answer {
    let spec = match with_ids(swarm, asked.body.clone()) {
        Ok(spec) => spec,
        Err(answer) => return answer,
    };
    let stack = spec["Labels"][NAMESPACE_LABEL].as_str().unwrap_or_default().to_owned();
    let now = swarm.now().to_string();
    let (id, is_new) = {
        let mut state = swarm.state();
        let Some(id) = state.service_id(id) else { return missing("service", id) };
        let index = state.next_index();
        let Some(service) = state.services.get_mut(&id) else { return missing("service", &id) };
        if service.version != asked.version() {
            return out_of_sequence();
        }
        let is_new = service.spec["TaskTemplate"] != spec["TaskTemplate"];
        service.previous = Some(std::mem::replace(&mut service.spec, spec.clone()));
        (service.version, service.update, service.updated) = (index, None, now);
        service.writes += 1;
        service.generation += u64::from(is_new);
        (id, is_new)
    };
    note_service(swarm, asked, &spec);
    swarm.note_what_runs(&stack);
    if is_new {
        life::updated(swarm, &stack, &id);
    }
    (200, json!({ "Warnings": null }))
}

fn remove_service(swarm: &Swarm, id: &str) -> Answer {
    let mut state = swarm.state();
    let Some(id) = state.service_id(id) else { return missing("service", id) };
    state.services.remove(&id);
    state.tasks.retain(|_, task| task.service != id);
    (200, Value::Null)
}

fn listed_files(swarm: &Swarm, is_config: bool, filters: &Filters) -> Value {
    let state = swarm.state();
    let fits = state.files.iter().filter(|(_, file)| {
        file.is_config == is_config && labelled(&file.spec, filters) && named(&file.spec, filters)
    });
    fits.filter_map(|(id, _)| state.shown_file(id)).collect()
}

fn file(swarm: &Swarm, is_config: bool, id: &str) -> Answer {
    let state = swarm.state();
    let shown = state.file_id(is_config, id).and_then(|id| state.shown_file(&id));
    shown.map_or_else(|| missing(if is_config { "config" } else { "secret" }, id), |shown| (200, shown))
}

fn note_config(swarm: &Swarm, asked: &Asked, spec: &Value) {
    let labels = serde_json::from_value(spec["Labels"].clone()).unwrap_or_default();
    let data = spec["Data"].as_str().map(str::to_owned);
    swarm.note(Some(asked.by), What::Config { name: asked.name(), labels, data });
}

fn create_file(swarm: &Swarm, asked: &Asked, is_config: bool) -> Answer {
    let name = asked.name();
    let now = swarm.now().to_string();
    let word = if is_config { "config" } else { "secret" };
    let id = {
        let mut state = swarm.state();
        if state.file_id(is_config, &name).is_some() {
            return refused(
                409,
                format!("rpc error: code = AlreadyExists desc = {word} {name} already exists"),
            );
        }
        let (id, version) = (state.next_id(), state.next_index());
        let spec = asked.body.clone();
        let file = File { is_config, version, spec, created: now.clone(), updated: now };
        state.files.insert(id.clone(), file);
        id
    };
    note_config(swarm, asked, &asked.body);
    (201, json!({ "ID": id }))
}

fn update_file(swarm: &Swarm, asked: &Asked, is_config: bool, id: &str) -> Answer {
    let word = if is_config { "config" } else { "secret" };
    let now = swarm.now().to_string();
    let spec = {
        let mut state = swarm.state();
        let Some(id) = state.file_id(is_config, id) else { return missing(word, id) };
        let index = state.next_index();
        let Some(file) = state.files.get_mut(&id) else { return missing(word, &id) };
        if file.version != asked.version() {
            return out_of_sequence();
        }
        file.spec["Labels"] = asked.body["Labels"].clone();
        (file.version, file.updated) = (index, now);
        file.spec.clone()
    };
    note_config(swarm, asked, &spec);
    (200, Value::Null)
}

fn remove_file(swarm: &Swarm, is_config: bool, id: &str) -> Answer {
    let mut state = swarm.state();
    match state.file_id(is_config, id) {
        Some(id) => {
            state.files.remove(&id);
            (204, Value::Null)
        }
        None => missing(if is_config { "config" } else { "secret" }, id),
    }
}
