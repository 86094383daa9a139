//! The paths of plain values: a table from the engine's words to those of compose files.
use super::super::hide::{shown, shown_text};
use super::{Entries, Entry, items};
use crate::plan::change::Shown;
use serde_json::Value;

const TASK: &str = "/TaskTemplate";
const CONTAINER: &str = "/TaskTemplate/ContainerSpec";
const HEALTH: &str = "/TaskTemplate/ContainerSpec/Healthcheck";
const DNS: &str = "/TaskTemplate/ContainerSpec/DNSConfig";
const LIMITS: &str = "/TaskTemplate/Resources/Limits";
const RESERVATIONS: &str = "/TaskTemplate/Resources/Reservations";
const RESTART: &str = "/TaskTemplate/RestartPolicy";
const PLACEMENT: &str = "/TaskTemplate/Placement";
const LOG: &str = "/TaskTemplate/LogDriver";
const UPDATE: &str = "/UpdateConfig";
const ROLLBACK: &str = "/RollbackConfig";

/// How a value is written.
#[derive(Clone, Copy)]
enum Form {
    /// As it is; lists with commas.
    Plain,
    /// Words with blanks between them.
    Words,
    /// Nanoseconds.
    Time,
    /// Billionths.
    Billionths,
}

/// Where a value is in a spec, and its path.
const VALUES: &[(&str, &str, Form, &str)] = &[
    (CONTAINER, "Image", Form::Plain, "image"),
    (CONTAINER, "Args", Form::Words, "command"),
    (CONTAINER, "Command", Form::Words, "entrypoint"),
    (CONTAINER, "Hostname", Form::Plain, "hostname"),
    (CONTAINER, "Dir", Form::Plain, "working_dir"),
    (CONTAINER, "User", Form::Plain, "user"),
    (CONTAINER, "Init", Form::Plain, "init"),
    (CONTAINER, "StopSignal", Form::Plain, "stop_signal"),
    (CONTAINER, "StopGracePeriod", Form::Time, "stop_grace_period"),
    (CONTAINER, "TTY", Form::Plain, "tty"),
    (CONTAINER, "OpenStdin", Form::Plain, "stdin_open"),
    (CONTAINER, "ReadOnly", Form::Plain, "read_only"),
    (CONTAINER, "Hosts", Form::Plain, "extra_hosts"),
    (CONTAINER, "Isolation", Form::Plain, "isolation"),
    (CONTAINER, "CapabilityAdd", Form::Plain, "cap_add"),
    (CONTAINER, "CapabilityDrop", Form::Plain, "cap_drop"),
    (CONTAINER, "OomScoreAdj", Form::Plain, "oom_score_adj"),
    (DNS, "Nameservers", Form::Plain, "dns"),
    (DNS, "Search", Form::Plain, "dns_search"),
    (HEALTH, "Test", Form::Words, "healthcheck.test"),
    (HEALTH, "Interval", Form::Time, "healthcheck.interval"),
    (HEALTH, "Timeout", Form::Time, "healthcheck.timeout"),
    (HEALTH, "StartPeriod", Form::Time, "healthcheck.start_period"),
    (HEALTH, "StartInterval", Form::Time, "healthcheck.start_interval"),
    (HEALTH, "Retries", Form::Plain, "healthcheck.retries"),
    (LIMITS, "NanoCPUs", Form::Billionths, "deploy.resources.limits.cpus"),
    (LIMITS, "MemoryBytes", Form::Plain, "deploy.resources.limits.memory"),
    (LIMITS, "Pids", Form::Plain, "deploy.resources.limits.pids"),
    (RESERVATIONS, "NanoCPUs", Form::Billionths, "deploy.resources.reservations.cpus"),
    (RESERVATIONS, "MemoryBytes", Form::Plain, "deploy.resources.reservations.memory"),
    (RESERVATIONS, "GenericResources", Form::Plain, "deploy.resources.reservations.generic_resources"),
    (RESTART, "Condition", Form::Plain, "deploy.restart_policy.condition"),
    (RESTART, "Delay", Form::Time, "deploy.restart_policy.delay"),
    (RESTART, "MaxAttempts", Form::Plain, "deploy.restart_policy.max_attempts"),
    (RESTART, "Window", Form::Time, "deploy.restart_policy.window"),
    (PLACEMENT, "Constraints", Form::Plain, "deploy.placement.constraints"),
    (PLACEMENT, "Preferences", Form::Plain, "deploy.placement.preferences"),
    (PLACEMENT, "MaxReplicas", Form::Plain, "deploy.placement.max_replicas_per_node"),
    (PLACEMENT, "Platforms", Form::Plain, "platforms of the image"),
    (LOG, "Name", Form::Plain, "logging.driver"),
    (TASK, "ForceUpdate", Form::Plain, "forced restarts"),
    ("/Mode/Replicated", "Replicas", Form::Plain, "deploy.replicas"),
    ("/Mode/ReplicatedJob", "MaxConcurrent", Form::Plain, "deploy.replicas (at a time)"),
    ("/Mode/ReplicatedJob", "TotalCompletions", Form::Plain, "deploy.replicas"),
    ("/EndpointSpec", "Mode", Form::Plain, "deploy.endpoint_mode"),
    (UPDATE, "Parallelism", Form::Plain, "deploy.update_config.parallelism"),
    (UPDATE, "Delay", Form::Time, "deploy.update_config.delay"),
    (UPDATE, "FailureAction", Form::Plain, "deploy.update_config.failure_action"),
    (UPDATE, "Monitor", Form::Time, "deploy.update_config.monitor"),
    (UPDATE, "MaxFailureRatio", Form::Plain, "deploy.update_config.max_failure_ratio"),
    (UPDATE, "Order", Form::Plain, "deploy.update_config.order"),
    (ROLLBACK, "Parallelism", Form::Plain, "deploy.rollback_config.parallelism"),
    (ROLLBACK, "Delay", Form::Time, "deploy.rollback_config.delay"),
    (ROLLBACK, "FailureAction", Form::Plain, "deploy.rollback_config.failure_action"),
    (ROLLBACK, "Monitor", Form::Time, "deploy.rollback_config.monitor"),
    (ROLLBACK, "MaxFailureRatio", Form::Plain, "deploy.rollback_config.max_failure_ratio"),
    (ROLLBACK, "Order", Form::Plain, "deploy.rollback_config.order"),
];

/// Mappings of the operator's, and what each entry of theirs is called.
const MAPS: &[(&str, &str, &str)] = &[
    ("", "Labels", "label"),
    (CONTAINER, "Labels", "container label"),
    (CONTAINER, "Sysctls", "sysctl"),
    (LOG, "Options", "logging option"),
];

/// Lists of things with a name of their own.
const LISTS: &[(&str, &str, items::Item)] = &[
    (CONTAINER, "Env", items::variable),
    (CONTAINER, "Secrets", items::secret),
    (CONTAINER, "Configs", items::config),
    (CONTAINER, "Mounts", items::mount),
    (CONTAINER, "Ulimits", items::ulimit),
    (TASK, "Networks", items::network),
    ("/EndpointSpec", "Ports", items::port),
];

/// All that a spec says. What no table knows goes by the engine's words.
pub(super) fn entries(spec: &Value) -> Entries {
    let mut rest = spec.clone();
    let mut entries = Entries::new();
    for (parent, key, item) in LISTS {
        if let Some(Value::Array(list)) = take(&mut rest, parent, key) {
            list.iter().map(item).for_each(|(path, entry)| add(&mut entries, path, entry));
        }
    }
    for (parent, key, word) in MAPS {
        if let Some(Value::Object(map)) = take(&mut rest, parent, key) {
            for (name, value) in map {
                let value = text(&value, Form::Plain);
                add(
                    &mut entries,
                    format!("{word} {name}"),
                    Entry { shown: shown(&name, &value), raw: value },
                );
            }
        }
    }
    for (parent, key, form, path) in VALUES {
        if let Some(value) = take(&mut rest, parent, key) {
            let value = text(&value, *form);
            add(&mut entries, (*path).to_owned(), Entry { shown: shown_text(&value), raw: value });
        }
    }
    mode(&mut rest, &mut entries);
    leaves(&rest, &mut String::new(), &mut entries);
    entries
}

fn take(spec: &mut Value, parent: &str, key: &str) -> Option<Value> {
    spec.pointer_mut(parent)?.as_object_mut()?.shift_remove(key)
}

/// Adds an entry; a second one of the same path is joined to the first.
fn add(entries: &mut Entries, path: String, entry: Entry) {
    let Some(present) = entries.get_mut(&path) else {
        entries.insert(path, entry);
        return;
    };
    present.raw = format!("{}; {}", present.raw, entry.raw);
    present.shown = match (&present.shown, &entry.shown) {
        (Shown::Text(_), Shown::Text(_)) => Shown::Text(present.raw.clone()),
        _ => Shown::Hidden,
    };
}

fn mode(rest: &mut Value, entries: &mut Entries) {
    let Some(Value::Object(modes)) = take(rest, "", "Mode") else { return };
    for (name, left) in modes {
        let word = match name.as_str() {
            "Replicated" => "replicated",
            "ReplicatedJob" => "replicated-job",
            "Global" => "global",
            "GlobalJob" => "global-job",
            other => other,
        };
        add(
            entries,
            "deploy.mode".to_owned(),
            Entry { raw: word.to_owned(), shown: Shown::Text(word.to_owned()) },
        );
        leaves(&left, &mut format!("Mode.{name}"), entries);
    }
}

fn leaves(value: &Value, path: &mut String, entries: &mut Entries) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(key);
                leaves(field, path, entries);
                path.truncate(length);
            }
        }
        leaf => {
            let value = text(leaf, Form::Plain);
            add(entries, path.clone(), Entry { shown: shown(path, &value), raw: value });
        }
    }
}

fn text(value: &Value, form: Form) -> String {
    match (value, form) {
        (Value::String(text), _) => text.clone(),
        (Value::Array(items), Form::Words) => joined(items, " "),
        (Value::Array(items), _) if items.iter().all(Value::is_string) => joined(items, ", "),
        (Value::Number(number), Form::Time) => number.as_i64().map_or_else(|| number.to_string(), time),
        (Value::Number(number), Form::Billionths) => {
            number.as_i64().map_or_else(|| number.to_string(), billionths)
        }
        (other, _) => other.to_string(),
    }
}

fn joined(items: &[Value], between: &str) -> String {
    let items: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
    items.join(between)
}

/// A time in the biggest unit that keeps it whole.
fn time(nanos: i64) -> String {
    let units = [(1_000_000_000, "s"), (1_000_000, "ms"), (1_000, "us")];
    match units.iter().find(|(size, _)| nanos % size == 0) {
        Some((size, unit)) => format!("{}{unit}", nanos / size),
        None => format!("{nanos}ns"),
    }
}

fn billionths(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let (whole, part) = (number.unsigned_abs() / 1_000_000_000, number.unsigned_abs() % 1_000_000_000);
    let text = format!("{sign}{whole}.{part:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
