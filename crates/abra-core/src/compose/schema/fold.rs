//! Keys in another letter case: docker takes them wherever its schema leaves a mapping open.
use super::shape::{Object, Others, Shape};
use super::table::DOCUMENT;
use crate::yaml::{Data, Mapping, Node};

/// Gives such keys the name that is meant (`NoCopy` becomes `nocopy`), unless that one is there, too.
pub(crate) fn fold_keys(root: &mut Node, version: u8) {
    walk(root, &DOCUMENT, version);
}

fn walk(node: &mut Node, shape: &Shape, version: u8) {
    match (shape, &mut node.data) {
        (Shape::Since(since, before, from), _) => {
            walk(node, if version >= *since { from } else { before }, version);
        }
        (Shape::Either(shapes), data) => {
            if let Some(shape) = shapes.iter().find(|shape| shape.takes(data, version)) {
                walk(node, shape, version);
            }
        }
        (Shape::List(item, _), Data::List(items)) => {
            items.iter_mut().for_each(|node| walk(node, item, version));
        }
        (Shape::Dict(value, _), Data::Map(map)) => {
            map.values_mut().for_each(|entry| walk(&mut entry.value, value, version));
        }
        (Shape::Object(object), Data::Map(map)) => {
            let open = match object.others {
                Others::Ignored => true,
                Others::IgnoredSince(since) => version >= since,
                Others::Refused | Others::Extensions(_) => false,
            };
            if open {
                rename(map, object);
            }
            for key in object.keys {
                if let Some(entry) = map.get_mut(key.name) {
                    walk(&mut entry.value, &key.shape, version);
                }
            }
        }
        _ => {}
    }
}

fn rename(map: &mut Mapping, object: &Object) {
    for key in object.keys {
        if map.contains_key(key.name) {
            continue;
        }
        let written = map.keys().find(|name| name.eq_ignore_ascii_case(key.name)).cloned();
        if let Some(entry) = written.and_then(|name| map.shift_remove(&name)) {
            map.insert(key.name.to_owned(), entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::FileId;
    use crate::yaml::read;

    #[test]
    fn only_open_mappings_take_another_case() {
        let table = [
            ("volumes: [{type: v, volume: {NoCopy: true}}]", "volumes.volume.nocopy", true),
            ("volumes: [{type: v, bind: {PROPAGATION: a}}]", "volumes.bind.propagation", true),
            ("volumes: [{type: v, volume: {NOCOPY: true, nocopy: false}}]", "volumes.volume.NOCOPY", true),
            ("configs: [{Source: a}]", "configs.source", true),
            ("build: {Context: a}", "build.context", true),
            ("healthcheck: {Test: a}", "healthcheck.test", false),
            ("volumes: [{Type: v}]", "volumes.type", false),
        ];
        for (body, path, there) in table {
            let mut root = read(&format!("services: {{w: {{{body}}}}}"), FileId(0)).unwrap().root;
            fold_keys(&mut root, 13);
            let service = root.get("services").and_then(|node| node.get("w"));
            let found = path.split('.').fold(service, |node, part| {
                let node = node?;
                node.as_list().map_or(Some(node), <[Node]>::first)?.get(part)
            });
            assert_eq!(found.is_some(), there, "{body}");
        }
    }

    #[test]
    fn build_is_open_from_3_11_on() {
        for (version, name) in [(10, "Context"), (11, "context")] {
            let mut root = read("services: {w: {build: {Context: a}}}", FileId(0)).unwrap().root;
            fold_keys(&mut root, version);
            let build = root.get("services").and_then(|node| node.get("w")?.get("build"));
            assert_eq!(build.unwrap().as_map().unwrap().keys().collect::<Vec<_>>(), [name], "{version}");
        }
    }
}
