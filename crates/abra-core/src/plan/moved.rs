//! Whether what a plan was made from is still so.
use super::{Basis, services};
use crate::stack::live::Service;
use crate::stack::normal::Names;
use std::collections::{BTreeMap, BTreeSet};

impl Basis {
    /// What has changed since, one line per service; empty while the plan holds. A version that rose while the spec
    /// stayed the same is the swarm's own doing and counts for nothing.
    pub fn moved(&self, services: &[Service], names: &Names) -> Vec<String> {
        let now: BTreeMap<&str, &Service> =
            services.iter().map(|service| (service.name(), service)).collect();
        let all: BTreeSet<&str> =
            now.keys().copied().chain(self.services.keys().map(String::as_str)).collect();
        let change = |name: &str| match (self.services.get(name), now.get(name)) {
            (Some(_), None) => Some(format!("{name} was removed")),
            (None, Some(_)) => Some(format!("{name} was created")),
            (Some(then), Some(now)) if then.id != now.id => {
                Some(format!("{name} was removed and created anew"))
            }
            (Some(then), Some(now)) if then.digest != services::seen(now, names).digest => {
                Some(format!("{name} was updated at {}", now.updated_at))
            }
            _ => None,
        };
        all.into_iter().filter_map(change).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::{Basis, services};
    use crate::stack::live::Service;
    use crate::stack::normal::Names;
    use serde_json::json;

    fn service(name: &str, id: &str, version: u64, image: &str) -> Service {
        serde_json::from_value(json!({ "ID": id, "Version": { "Index": version }, "UpdatedAt": "now",
            "Spec": { "Name": name, "TaskTemplate": { "ContainerSpec": { "Image": image } } } }))
        .unwrap()
    }

    #[test]
    fn only_what_people_change_voids_a_plan() {
        let names = Names::default();
        let seen = service("st_a", "1", 5, "bb:1");
        let entry = ("st_a".to_owned(), services::seen(&seen, &names));
        let basis = Basis { services: [entry].into(), ..Basis::default() };
        let cases: [(&[Service], &[&str]); 6] = [
            (&[service("st_a", "1", 5, "bb:1")], &[]),
            (&[service("st_a", "1", 9, "bb:1")], &[]),
            (&[service("st_a", "1", 9, "bb:2")], &["st_a was updated at now"]),
            (&[service("st_a", "2", 5, "bb:1")], &["st_a was removed and created anew"]),
            (&[], &["st_a was removed"]),
            (&[service("st_a", "1", 5, "bb:1"), service("st_b", "3", 1, "bb:1")], &["st_b was created"]),
        ];
        for (now, wanted) in cases {
            assert_eq!(basis.moved(now, &names), wanted);
        }
    }
}
