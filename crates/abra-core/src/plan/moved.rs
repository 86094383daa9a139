//! Whether what a plan was made from is still so.
use super::change::FieldChange;
use super::{Basis, fields, services};
use crate::stack::labels;
use crate::stack::live::Service;
use crate::stack::normal::{Names, canonical};
use std::collections::{BTreeMap, BTreeSet};

/// A service that is not any more as a plan saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// Its full name.
    pub service: String,
    /// What became of it.
    pub how: How,
}

/// What became of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// It is gone.
    Removed,
    /// It was not there.
    Created,
    /// It is another one of the same name.
    Anew,
    /// Its spec is another one.
    Updated {
        /// When, as the engine writes it.
        at: String,
        /// What differs, without the labels of a run: nothing, where it was only deployed again. `None` where nobody
        /// knows how it was.
        fields: Option<Vec<FieldChange>>,
    },
}

impl Basis {
    /// What has changed since, by service; empty while the plan holds. A version that rose while the spec stayed the
    /// same is the swarm's own doing and counts for nothing. `then`: the services as the plan saw them.
    pub fn moved(&self, stack: &str, then: &[Service], now: &[Service], names: &Names) -> Vec<Moved> {
        let now: BTreeMap<&str, &Service> = now.iter().map(|service| (service.name(), service)).collect();
        let all: BTreeSet<&str> =
            now.keys().copied().chain(self.services.keys().map(String::as_str)).collect();
        let volatile = labels::of_run(stack);
        let how = |name: &str| match (self.services.get(name), now.get(name)) {
            (Some(_), None) => Some(How::Removed),
            (None, Some(_)) => Some(How::Created),
            (Some(seen), Some(now)) if seen.id != now.id => Some(How::Anew),
            (Some(seen), Some(now)) if seen.digest != services::seen(now, names).digest => {
                let then = then.iter().find(|service| service.name() == name);
                let form = |service: &Service| canonical(&service.spec, names, &volatile);
                let fields = then.map(|then| fields::differences(&form(then), &form(now)));
                Some(How::Updated { at: now.updated_at.clone(), fields })
            }
            _ => None,
        };
        all.into_iter().filter_map(|name| Some(Moved { service: name.to_owned(), how: how(name)? })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{How, Moved};
    use crate::plan::change::{FieldChange, Shown};
    use crate::plan::{Basis, services};
    use crate::stack::live::Service;
    use crate::stack::normal::Names;
    use serde_json::json;

    fn service(name: &str, id: &str, version: u64, image: &str, plan: &str) -> Service {
        serde_json::from_value(json!({ "ID": id, "Version": { "Index": version }, "UpdatedAt": "now",
            "Spec": { "Name": name, "Labels": { "coop-cloud.st.plan": plan },
                "TaskTemplate": { "ContainerSpec": { "Image": image } } } }))
        .unwrap()
    }

    #[test]
    fn only_what_people_change_voids_a_plan_and_the_difference_is_named() {
        let names = Names::default();
        let seen = service("st_a", "1", 5, "bb:1", "p");
        let entry = ("st_a".to_owned(), services::seen(&seen, &names));
        let basis = Basis { services: [entry].into(), ..Basis::default() };
        let updated = |fields: &[(&str, &str, &str)]| {
            let text = |text: &str| Shown::Text(text.to_owned());
            let change = |(path, before, after): &(&str, &str, &str)| FieldChange {
                path: (*path).to_owned(),
                before: text(before),
                after: text(after),
            };
            How::Updated { at: "now".to_owned(), fields: Some(fields.iter().map(change).collect()) }
        };
        type Case<'a> = (&'a [Service], Vec<(&'a str, How)>);
        let cases: [Case<'_>; 7] = [
            (&[service("st_a", "1", 5, "bb:1", "p")], vec![]),
            (&[service("st_a", "1", 9, "bb:1", "p")], vec![]),
            (&[service("st_a", "1", 9, "bb:2", "q")], vec![("st_a", updated(&[("image", "bb:1", "bb:2")]))]),
            (&[service("st_a", "1", 9, "bb:1", "q")], vec![("st_a", updated(&[]))]),
            (&[service("st_a", "2", 5, "bb:1", "p")], vec![("st_a", How::Anew)]),
            (&[], vec![("st_a", How::Removed)]),
            (
                &[service("st_a", "1", 5, "bb:1", "p"), service("st_b", "3", 1, "bb:1", "p")],
                vec![("st_b", How::Created)],
            ),
        ];
        for (now, wanted) in cases {
            let wanted: Vec<Moved> =
                wanted.into_iter().map(|(name, how)| Moved { service: name.to_owned(), how }).collect();
            assert_eq!(basis.moved("st", std::slice::from_ref(&seen), now, &names), wanted);
        }
    }
}
