//! Top-level networks, volumes, secrets and configs.
use super::fields::{boolean, text};
use super::{Decoder, extras};
use crate::compose::model::{External, Field, FileObject, Ipam, Network, Volume};
use crate::compose::paths;
use crate::finding::{Place, Spanned};
use crate::yaml::{Data, Node, Problem};

impl Decoder<'_> {
    pub(super) fn network(&mut self, key: &str, node: &Node) -> Network {
        let mut network = Network {
            place: node.place,
            name: text(node.get("name")),
            driver: text(node.get("driver")),
            driver_opts: self.labels(node.get("driver_opts")),
            ipam: ipam(node.get("ipam")),
            external: external(node.get("external")),
            internal: boolean(node.get("internal")),
            attachable: boolean(node.get("attachable")),
            labels: self.labels(node.get("labels")),
            extras: extras(node),
        };
        self.name_external(
            Named { kind: "network", key, since: 5, place: node.place },
            &mut network.name,
            &mut network.external,
        );
        network
    }

    pub(super) fn volume(&mut self, key: &str, node: &Node) -> Volume {
        let spec = node.get("x-cluster-spec");
        let mut extras = extras(node);
        extras.shift_remove("x-cluster-spec");
        let mut volume = Volume {
            place: node.place,
            name: text(node.get("name")),
            driver: text(node.get("driver")),
            driver_opts: self.labels(node.get("driver_opts")),
            external: external(node.get("external")),
            labels: self.labels(node.get("labels")),
            cluster_spec: spec.filter(|spec| spec.as_map().is_some()).map(|spec| self.cluster_spec(spec)),
            extras,
        };
        if volume.external.external {
            self.refuse_with_external(key, node);
        }
        self.name_external(
            Named { kind: "volume", key, since: 4, place: node.place },
            &mut volume.name,
            &mut volume.external,
        );
        volume
    }

    fn refuse_with_external(&mut self, key: &str, node: &Node) {
        for other in ["driver", "driver_opts", "labels"] {
            let Some(entry) = node.as_map().and_then(|map| map.get(other)) else { continue };
            let empty = match &entry.value.data {
                Data::Text(text) => text.is_empty(),
                Data::Map(map) => map.is_empty(),
                Data::List(items) => items.is_empty(),
                _ => false,
            };
            if !empty {
                let message = format!("the volume \"{key}\" is external and can't have {other}");
                self.report(Problem::blocker(entry.key, message));
            }
        }
    }

    /// A secret or config.
    pub(super) fn file_object(&mut self, kind: &'static str, key: &str, node: &Node) -> FileObject {
        let mut object = FileObject {
            place: node.place,
            name: text(node.get("name")),
            file: text(node.get("file")),
            external: external(node.get("external")),
            labels: self.labels(node.get("labels")),
            driver: text(node.get("driver")),
            driver_opts: self.labels(node.get("driver_opts")),
            template_driver: text(node.get("template_driver")),
            extras: extras(node),
        };
        let has = |field: &Field<String>| field.as_ref().is_some_and(|text| !text.value.is_empty());
        if object.external.external {
            self.name_external(
                Named { kind, key, since: 5, place: node.place },
                &mut object.name,
                &mut object.external,
            );
        } else if has(&object.driver) {
            if let Some(file) = object.file.as_ref().filter(|file| !file.value.is_empty()) {
                self.report(Problem::blocker(
                    file.place,
                    format!("the {kind} \"{key}\" can't have both a driver and a file"),
                ));
            }
        } else {
            let written = object.file.take().unwrap_or(Spanned::new(String::new(), node.place));
            if written.value.is_empty() && self.complete() {
                let message = format!("the {kind} \"{key}\" has no file and is not external");
                self.report(
                    Problem::warning(written.place, message).help("write \"file: …\" or \"external: true\""),
                );
            }
            object.file = Some(written.map(|file| paths::join(&self.request.directory, &file)));
        }
        object
    }

    /// Gives an external object its name: the one in the old mapping form, its own, or its key.
    fn name_external(&mut self, named: Named<'_>, name: &mut Field<String>, external: &mut External) {
        let Named { kind, key, since, place } = named;
        if !external.external {
            return;
        }
        let own = name.as_ref().is_some_and(|name| !name.value.is_empty());
        if let Some(old) = external.name.take().filter(|name| !name.value.is_empty()) {
            if own {
                let message =
                    format!("the {kind} \"{key}\" has a name twice: as \"name\" and in \"external\"");
                self.report(
                    Problem::blocker(old.place, message).help("keep \"name\" and write \"external: true\""),
                );
            } else if self.version >= since {
                let message =
                    format!("\"name\" inside of \"external\" is an old form for the {kind} \"{key}\"");
                self.report(
                    Problem::note(old.place, message).help("write \"external: true\" and \"name\" beside it"),
                );
            }
            *name = Some(old);
        } else if !own {
            *name = Some(Spanned::new(key.to_owned(), place));
        }
    }
}

#[derive(Clone, Copy)]
struct Named<'a> {
    kind: &'static str,
    key: &'a str,
    /// The first minor version with a `name` key of its own.
    since: u8,
    place: Place,
}

fn external(node: Option<&Node>) -> External {
    match node.map(|node| &node.data) {
        Some(Data::Bool(value)) => External { external: *value, name: None },
        Some(Data::Map(_)) => External { external: true, name: text(node.and_then(|node| node.get("name"))) },
        _ => External::default(),
    }
}

fn ipam(node: Option<&Node>) -> Ipam {
    let Some(node) = node else { return Ipam::default() };
    let config = node.get("config").and_then(Node::as_list).unwrap_or_default();
    Ipam {
        driver: text(node.get("driver")),
        config: config.iter().map(|node| text(node.get("subnet"))).collect(),
    }
}
