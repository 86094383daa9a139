//! What a plan would change, field by field and with the content of configs, for people and for programs.
//!
//! Not here: what is to be done ([`super::plan`]), which values are hidden ([`super::hide`]), how it is printed.
mod content;

pub use content::{Content, Hunk, Line, Side};

use super::action::Action;
use super::change::{ChangeKind, FieldChange, ServiceChange, Shown};
use super::{Plan, fields};
use crate::stack::convert::{IMAGE_LABEL, NAMESPACE_LABEL};
use crate::stack::labels;
use crate::stack::normal::{Names, canonical, canonical_wanted};
use crate::stack::spec::ServiceSpec;
use serde::Serialize;
use serde_json::json;
use std::collections::BTreeMap;

/// What sort of thing differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A service as a whole.
    Service,
    /// The image.
    Image,
    /// A variable.
    Env,
    /// A config: the service's use of it, or the object.
    Config,
    /// A secret: the service's use of it, or the object. Names only.
    Secret,
    /// A network: the service's use of it, or the object.
    Network,
    /// A mount.
    Volume,
    /// A published port.
    Port,
    /// A label of the service.
    Label,
    /// A label of its containers.
    ContainerLabel,
    /// A setting below `deploy`.
    Deploy,
    /// Any other setting, by its path in compose files.
    Setting,
}

/// What would happen to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// It comes.
    Create,
    /// It becomes another.
    Update,
    /// It goes.
    Remove,
    /// It is in no file any more, and stays as it is.
    LeftAlone,
    /// It would have to change and can't, so nothing is deployed.
    Blocked,
}

/// One thing that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What sort of thing.
    pub kind: Kind,
    /// What would happen to it.
    pub verb: Verb,
    /// The service, by its name within the stack; `None` for the stack's own objects.
    pub service: Option<String>,
    /// Its name: of a variable or label, the path of a config in the container, the full name of an object.
    pub field: String,
    /// What is live.
    pub from: Shown,
    /// What is wanted.
    pub to: Shown,
    /// Of configs: how the content differs.
    pub content: Option<Content>,
}

/// The content of configs by name.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    /// As they are on the server.
    pub live: BTreeMap<String, Vec<u8>>,
    /// As they are wanted.
    pub wanted: BTreeMap<String, Vec<u8>>,
}

impl Contents {
    fn after(&self, name: &str) -> Option<&[u8]> {
        self.wanted.get(name).or_else(|| self.live.get(name)).map(Vec::as_slice)
    }

    fn between(&self, from: Option<&str>, to: Option<&str>) -> Option<Content> {
        let before = match from {
            Some(name) => Some(self.live.get(name)?.as_slice()),
            None => None,
        };
        let after = match to {
            Some(name) => Some(self.after(name)?),
            None => None,
        };
        Content::between(before, after)
    }
}

/// All that a plan would change: objects of the stack first, then service by service.
pub fn diff(plan: &Plan, contents: &Contents) -> Vec<Change> {
    let mut changes: Vec<Change> = plan.actions.iter().filter_map(object).collect();
    changes.extend(contents.wanted.keys().filter_map(|name| conflict(name, contents)));
    for change in &plan.services {
        changes.extend(whole(change));
        let created = created(plan, change);
        let fields = created.iter().chain(&change.fields).filter(|field| !is_echo(field, change));
        changes.extend(fields.map(|field| typed(&change.short, field, contents)));
    }
    changes
}

/// A step for something that is no service.
fn object(action: &Action) -> Option<Change> {
    let (kind, verb) = match (action.noun(), action.verb()) {
        ("network", verb) => (Kind::Network, verb),
        ("secret", verb) => (Kind::Secret, verb),
        ("config", verb) => (Kind::Config, verb),
        _ => return None,
    };
    let name = Shown::Text(action.name().to_owned());
    let (verb, from, to) = match verb {
        "create" => (Verb::Create, Shown::Absent, name),
        "remove" => (Verb::Remove, name, Shown::Absent),
        _ => (Verb::Update, name.clone(), name),
    };
    Some(Change { kind, verb, service: None, field: action.name().to_owned(), from, to, content: None })
}

/// A config that exists with other content than is wanted under its name.
fn conflict(name: &str, contents: &Contents) -> Option<Change> {
    let live = contents.live.get(name)?;
    let content = Content::between(Some(live), contents.after(name))?;
    let shown = Shown::Text(name.to_owned());
    Some(Change {
        kind: Kind::Config,
        verb: Verb::Blocked,
        service: None,
        field: name.to_owned(),
        from: shown.clone(),
        to: shown,
        content: Some(content),
    })
}

/// A service that comes, goes, or is in no file any more.
fn whole(change: &ServiceChange) -> Option<Change> {
    let image = change.image.clone().map_or(Shown::Absent, Shown::Text);
    let (verb, from, to) = match change.kind {
        ChangeKind::Create => (Verb::Create, Shown::Absent, image),
        ChangeKind::Remove => (Verb::Remove, Shown::Text(change.name.clone()), Shown::Absent),
        ChangeKind::Orphaned => {
            let name = Shown::Text(change.name.clone());
            (Verb::LeftAlone, name.clone(), name)
        }
        ChangeKind::Update | ChangeKind::Unchanged => return None,
    };
    let service = Some(change.short.clone());
    Some(Change { kind: Kind::Service, verb, service, field: change.name.clone(), from, to, content: None })
}

/// What a service has that is created: everything that is not so by itself. Bookkeeping, docker's and of the version
/// that is deployed, is left out.
fn created(plan: &Plan, change: &ServiceChange) -> Vec<FieldChange> {
    let spec = plan.actions.iter().find_map(|action| match action {
        Action::CreateService { spec } if spec.name == change.name => Some(spec),
        _ => None,
    });
    let Some(spec) = spec else { return vec![] };
    let label = |label: &str| format!("label {label}");
    let mut bookkeeping: Vec<String> = ["chaos", "chaos-version", "recipe", "version"]
        .iter()
        .map(|what| label(&labels::key(&plan.stack, what)))
        .collect();
    bookkeeping.extend([
        label(IMAGE_LABEL),
        label(NAMESPACE_LABEL),
        format!("container label {NAMESPACE_LABEL}"),
    ]);
    let mut differs = from_nothing(spec, &plan.stack);
    differs.retain(|field| field.path != "Name" && !bookkeeping.contains(&field.path));
    // What an engine would take by itself is not there before.
    differs.iter_mut().for_each(|field| field.before = Shown::Absent);
    differs
}

fn from_nothing(spec: &ServiceSpec, stack: &str) -> Vec<FieldChange> {
    let (names, volatile) = (Names::default(), labels::of_run(stack));
    let nothing = canonical(&json!({}), &names, &volatile);
    fields::differences(&nothing, &canonical_wanted(spec, &names, &volatile))
}

/// Whether a field only says again what the image says: docker keeps the image's name in a label, too.
fn is_echo(field: &FieldChange, change: &ServiceChange) -> bool {
    field.path == format!("label {IMAGE_LABEL}") && change.fields.iter().any(|other| other.path == "image")
}

fn typed(service: &str, change: &FieldChange, contents: &Contents) -> Change {
    let (kind, field) = kind(&change.path);
    let verb = match (&change.before, &change.after) {
        (Shown::Absent, _) => Verb::Create,
        (_, Shown::Absent) => Verb::Remove,
        _ => Verb::Update,
    };
    let (from, to) = (object_name(&change.before), object_name(&change.after));
    let content = if kind == Kind::Config { contents.between(from, to) } else { None };
    Change {
        kind,
        verb,
        service: Some(service.to_owned()),
        field: field.to_owned(),
        from: change.before.clone(),
        to: change.after.clone(),
        content,
    }
}

/// The name of an object, of which a field says more in brackets. Names of objects have no blanks.
fn object_name(shown: &Shown) -> Option<&str> {
    match shown {
        Shown::Text(text) => text.split(' ').next(),
        Shown::Absent | Shown::Hidden => None,
    }
}

/// The kind of a path in the operator's words, and the name that is left of it.
fn kind(path: &str) -> (Kind, &str) {
    const NAMED: [(&str, Kind); 8] = [
        ("env ", Kind::Env),
        ("config ", Kind::Config),
        ("secret ", Kind::Secret),
        ("network ", Kind::Network),
        ("volume ", Kind::Volume),
        ("port ", Kind::Port),
        ("label ", Kind::Label),
        ("container label ", Kind::ContainerLabel),
    ];
    let named = NAMED.iter().find_map(|(word, kind)| Some((*kind, path.strip_prefix(word)?)));
    named.unwrap_or(match path {
        "image" => (Kind::Image, path),
        _ if path.starts_with("deploy.") => (Kind::Deploy, path),
        _ => (Kind::Setting, path),
    })
}

impl Serialize for Change {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |shown: &Shown| match shown {
            Shown::Text(text) => Some(text.clone()),
            Shown::Absent | Shown::Hidden => None,
        };
        let is_hidden = [&self.from, &self.to].contains(&&Shown::Hidden);
        let mut object = json!({
            "kind": self.kind,
            "change": self.verb,
            "service": self.service,
            "field": self.field,
            "from": text(&self.from),
            "to": text(&self.to),
            "hidden": is_hidden,
        });
        if let Some(content) = &self.content {
            object["content"] = json!(content);
        }
        object.serialize(serializer)
    }
}

#[cfg(test)]
mod tests;
