//! Mounts.
use super::names::{Named, on_server, text};
use super::notes::Notes;
use super::service::plain;
use super::undeclared::{self, Noun};
use super::{NAMESPACE_LABEL, Scope};
use crate::compose::model::{Mount as Written, Service, Volume};
use crate::finding::Place;
use crate::stack::spec::{BindOptions, Mount, NoOptions, TmpfsOptions, VolumeDriver, VolumeOptions};

/// Marks a group of cluster volumes, which has no prefix.
pub(super) const GROUP: &str = "group:";

pub(super) fn convert(service: &Service, scope: &Scope<'_>, notes: &mut Notes<'_>) -> Vec<Mount> {
    service.volumes.iter().map(|written| mount(written, &service.name, scope, notes)).collect()
}

fn mount(written: &Written, service: &str, scope: &Scope<'_>, notes: &mut Notes<'_>) -> Mount {
    let mount = Mount {
        kind: text(&written.kind).unwrap_or_default().to_owned(),
        source: text(&written.source).unwrap_or_default().to_owned(),
        target: text(&written.target).unwrap_or_default().to_owned(),
        read_only: written.read_only.as_ref().is_some_and(|only| only.value),
        consistency: text(&written.consistency).unwrap_or_default().to_owned(),
        ..Mount::default()
    };
    let result = match mount.kind.as_str() {
        "" | "volume" => volume(mount, written, scope, service, notes),
        "bind" | "npipe" => bind(mount, written),
        "tmpfs" => tmpfs(mount, written),
        "cluster" => cluster(mount, written, scope, service, notes),
        "image" => mount,
        unknown => {
            let allowed = "volume, bind, tmpfs, npipe, cluster or image";
            let place = written.kind.as_ref().map_or(written.place, |kind| kind.place);
            notes.blocker(place, format!("service {service}: mount type {unknown:?} is not {allowed}"));
            return mount;
        }
    };
    check_source(&result, written, service, notes);
    check_options(&result.kind, written, service, notes);
    result
}

/// Options of one kind of mount don't go with another.
fn check_options(kind: &str, written: &Written, service: &str, notes: &mut Notes<'_>) {
    let kind = if kind.is_empty() { "volume" } else { kind };
    let options = [
        ("bind", written.bind.is_some(), matches!(kind, "bind" | "npipe")),
        ("volume", written.volume.is_some(), kind == "volume"),
        ("tmpfs", written.tmpfs.is_some(), kind == "tmpfs"),
        ("cluster", written.cluster, kind == "cluster"),
    ];
    for (name, present, fits) in options {
        if present && !fits {
            notes.blocker(
                written.place,
                format!("service {service}: a {kind} mount can't have {name} options"),
            );
        }
    }
}

fn check_source(mount: &Mount, written: &Written, service: &str, notes: &mut Notes<'_>) {
    let given = !mount.source.is_empty();
    let problem = match mount.kind.as_str() {
        "tmpfs" if given => "a tmpfs mount can't have a source",
        "bind" | "npipe" | "cluster" | "image" if !given => "the mount needs a source",
        _ => return,
    };
    notes.blocker(written.place, format!("service {service}: {problem}"));
}

fn bind(mut mount: Mount, written: &Written) -> Mount {
    mount.bind_options = written
        .bind
        .as_ref()
        .map(|bind| BindOptions { propagation: text(&bind.propagation).unwrap_or_default().to_owned() });
    mount
}

fn tmpfs(mut mount: Mount, written: &Written) -> Mount {
    mount.tmpfs_options = written
        .tmpfs
        .as_ref()
        .map(|tmpfs| TmpfsOptions { size_bytes: tmpfs.size.as_ref().map_or(0, |size| size.value) });
    mount
}

fn cluster(
    mut mount: Mount,
    written: &Written,
    scope: &Scope<'_>,
    service: &str,
    notes: &mut Notes<'_>,
) -> Mount {
    mount.cluster_options = Some(NoOptions {});
    if !mount.source.is_empty() && !mount.source.starts_with(GROUP) {
        mount.source = declared(&mount.source, written, scope, service, notes)
            .map_or_else(String::new, |volume| on_server(scope.request.stack, &mount.source, volume));
    }
    mount
}

fn volume(
    mut mount: Mount,
    written: &Written,
    scope: &Scope<'_>,
    service: &str,
    notes: &mut Notes<'_>,
) -> Mount {
    let options = written.volume.as_ref();
    if mount.source.is_empty() {
        if options.is_some_and(|options| options.nocopy.is_some() || options.subpath.is_some()) {
            let text = format!("service {service}: the options of an anonymous volume have no effect");
            notes.warning(written.place, text);
        }
        return mount;
    }
    let Some(volume) = declared(&mount.source, written, scope, service, notes) else { return mount };
    mount.source = on_server(scope.request.stack, &mount.source, volume);
    let mut wanted = VolumeOptions::default();
    if let Some(options) = options {
        wanted.no_copy = options.nocopy.as_ref().is_some_and(|nocopy| nocopy.value);
        wanted.subpath = text(&options.subpath).unwrap_or_default().to_owned();
    }
    if !volume.is_external() {
        wanted.labels = plain(&volume.labels);
        wanted.labels.insert(NAMESPACE_LABEL.to_owned(), scope.request.stack.to_owned());
        wanted.driver_config = driver(volume);
    }
    mount.volume_options = Some(wanted);
    mount
}

fn driver(volume: &Volume) -> Option<VolumeDriver> {
    let name = text(&volume.driver).unwrap_or_default().to_owned();
    let options = plain(&volume.driver_opts);
    (!name.is_empty() || !options.is_empty()).then_some(VolumeDriver { name, options })
}

fn declared<'a>(
    key: &str,
    written: &Written,
    scope: &Scope<'a>,
    service: &str,
    notes: &mut Notes<'_>,
) -> Option<&'a Volume> {
    let volume = scope.document.volumes.get(key);
    if volume.is_none() {
        let place: Place = written.source.as_ref().map_or(written.place, |source| source.place);
        undeclared::note(Noun::Volume, key, service, place, scope.document, notes);
    }
    volume
}
