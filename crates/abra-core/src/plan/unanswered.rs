//! Steps that were sent and not answered: what a look at the server says of them.
//!
//! Not here: removals. An id is given once, so removing by it again does nothing else, and says what became of it.
use super::action::Relabel;
use crate::stack::digest;
use crate::stack::live::{FileObject, Network};
use crate::stack::normal::{Names, canonical_wanted};
use crate::stack::spec::{ConfigSpec, NetworkSpec, ServiceSpec};
use base64::Engine as _;
use serde_json::Value;
use std::collections::BTreeSet;

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It was taken.
    Taken,
    /// It was not, or not yet: it may be sent again, as an engine takes only one of two.
    NotTaken,
    /// Somebody else's work is there.
    Others,
}

/// Of a service. `live` is its spec now, `before` the digest of the one that it was to replace; `None`: it was to be new.
pub fn service(spec: &ServiceSpec, before: Option<&str>, live: Option<&Value>, names: &Names) -> Fate {
    let Some(live) = live else { return if before.is_some() { Fate::Others } else { Fate::NotTaken } };
    let all = BTreeSet::new();
    let now = digest::of_service(live, names, &all);
    // Going on with a paused update changes nothing but a run's labels, if those: sending that twice does no harm.
    if before == Some(now.as_str()) {
        Fate::NotTaken
    } else if now == digest::of(&canonical_wanted(spec, names, &all)) {
        Fate::Taken
    } else {
        Fate::Others
    }
}

/// Of a network that was to be new.
pub fn network(spec: &NetworkSpec, live: Option<&Network>) -> Fate {
    fate_of_new(live.map(|live| live.labels.clone().unwrap_or_default() == spec.labels))
}

/// Of a config that was to be new.
pub fn config(spec: &ConfigSpec, live: Option<&FileObject>) -> Fate {
    let data = base64::engine::general_purpose::STANDARD.encode(&spec.data);
    let is_ours = |live: &FileObject| {
        let labels = live.spec.labels.clone().unwrap_or_default();
        labels == spec.labels && live.spec.data.as_deref().unwrap_or_default() == data
    };
    fate_of_new(live.map(is_ours))
}

/// Of labels that were to be written.
pub fn relabel(relabel: &Relabel, live: &FileObject) -> Fate {
    if live.spec.labels.clone().unwrap_or_default() == relabel.labels {
        Fate::Taken
    } else if live.version == relabel.seen {
        Fate::NotTaken
    } else {
        Fate::Others
    }
}

fn fate_of_new(is_ours: Option<bool>) -> Fate {
    match is_ours {
        None => Fate::NotTaken,
        Some(true) => Fate::Taken,
        Some(false) => Fate::Others,
    }
}

#[cfg(test)]
mod tests {
    use super::{Fate, config, network, relabel, service};
    use crate::plan::action::Relabel;
    use crate::stack::digest;
    use crate::stack::live::{FileObject, Network, Version};
    use crate::stack::normal::Names;
    use crate::stack::spec::{ConfigSpec, NetworkSpec, ServiceSpec};
    use serde_json::{Value, json};
    use std::collections::{BTreeMap, BTreeSet};

    fn spec(image: &str, plan: &str) -> ServiceSpec {
        let mut spec = ServiceSpec { name: "st_app".to_owned(), ..ServiceSpec::default() };
        spec.labels.insert("plan".to_owned(), plan.to_owned());
        spec.task_template.container_spec.image = image.to_owned();
        spec
    }

    #[test]
    fn services() {
        let live = |image: &str, plan: &str| serde_json::to_value(spec(image, plan)).unwrap();
        let digest = |spec: &Value| digest::of_service(spec, &Names::default(), &BTreeSet::new());
        let old = digest(&live("a:1", "one"));
        let (ours, same) = (spec("a:2", "two"), spec("a:1", "one"));
        // What was to be there, what was to be replaced, what is there.
        let cases = [
            (&ours, None, None, Fate::NotTaken),
            (&ours, None, Some(live("a:2", "two")), Fate::Taken),
            (&ours, None, Some(live("a:2", "three")), Fate::Others),
            (&ours, None, Some(live("a:3", "two")), Fate::Others),
            (&ours, Some(&old), None, Fate::Others),
            (&ours, Some(&old), Some(live("a:1", "one")), Fate::NotTaken),
            (&ours, Some(&old), Some(live("a:2", "two")), Fate::Taken),
            (&ours, Some(&old), Some(live("a:1", "three")), Fate::Others),
            (&ours, Some(&old), Some(live("a:2", "three")), Fate::Others),
            // Going on with a paused update.
            (&same, Some(&old), Some(live("a:1", "one")), Fate::NotTaken),
        ];
        for (wanted, before, live, fate) in cases {
            let found = service(wanted, before.map(String::as_str), live.as_ref(), &Names::default());
            assert_eq!(found, fate, "{live:?}");
        }
    }

    #[test]
    fn objects() {
        let labels = |text: &str| BTreeMap::from([("stack".to_owned(), text.to_owned())]);
        let wanted = NetworkSpec { name: "n".to_owned(), labels: labels("st"), ..NetworkSpec::default() };
        let live = |stack: &str| -> Network {
            serde_json::from_value(json!({ "Id": "i", "Name": "n", "Labels": { "stack": stack } })).unwrap()
        };
        let cases = [(None, Fate::NotTaken), (Some("st"), Fate::Taken), (Some("other"), Fate::Others)];
        for (stack, fate) in cases {
            assert_eq!(network(&wanted, stack.map(live).as_ref()), fate, "{stack:?}");
        }
        let wanted =
            ConfigSpec { name: "c".to_owned(), labels: labels("st"), data: b"hi".to_vec(), templating: None };
        let live = |stack: &str, data: &str| -> FileObject {
            let spec = json!({ "Name": "c", "Labels": { "stack": stack }, "Data": data });
            serde_json::from_value(json!({ "ID": "i", "Version": { "Index": 7 }, "Spec": spec })).unwrap()
        };
        let cases =
            [("st", "aGk=", Fate::Taken), ("st", "aG8=", Fate::Others), ("other", "aGk=", Fate::Others)];
        for (stack, data, fate) in cases {
            assert_eq!(config(&wanted, Some(&live(stack, data))), fate, "{stack} {data}");
        }
        assert_eq!(config(&wanted, None), Fate::NotTaken);
        let cases = [("new", 7, Fate::Taken), ("old", 7, Fate::NotTaken), ("old", 6, Fate::Others)];
        for (stack, index, fate) in cases {
            let (id, name, seen) = ("i".to_owned(), "c".to_owned(), Version { index });
            let to = Relabel { id, name, seen, labels: labels("new") };
            assert_eq!(relabel(&to, &live(stack, "")), fate, "{stack} {index}");
        }
    }
}
