//! Fields that older engines drop without a word.
use super::notes::Notes;
use crate::compose::model::{HealthCheck, Mount, Service};
use crate::finding::Place;
use crate::stack::api::ApiVersion;

/// A key, where it stands, and the first version that knows it.
type Used = (&'static str, Option<Place>, ApiVersion);

/// Warns of every key of a service that is lost with this version.
pub(super) fn warn(service: &Service, api: ApiVersion, notes: &mut Notes<'_>) {
    for (key, place, since) in used(service) {
        if let Some(place) = place
            && api < since
        {
            let text = format!(
                "service {}: {key} needs API {since}, and this engine has {api}: it is lost",
                service.name
            );
            notes.warning(place, text);
        }
    }
}

fn used(service: &Service) -> Vec<Used> {
    let deploy = &service.deploy;
    let health = service.healthcheck.as_ref();
    let limits = deploy.resources.limits.as_ref();
    let credentials = service.credential_spec.as_ref().and_then(|spec| spec.config.as_ref());
    let job = deploy.mode.as_ref().filter(|mode| mode.ends_with("-job"));
    let mount =
        |used: fn(&Mount) -> bool| service.volumes.iter().find(|mount| used(mount)).map(|mount| mount.place);
    let start_interval = |check: &HealthCheck| check.start_interval.as_ref().map(|interval| interval.place);
    vec![
        ("sysctls", service.sysctls.values().next().map(|value| value.place), ApiVersion::v1(40)),
        ("credential_spec.config", credentials.map(|config| config.place), ApiVersion::v1(40)),
        (
            "max_replicas_per_node",
            deploy.placement.max_replicas_per_node.as_ref().map(|max| max.place),
            ApiVersion::v1(40),
        ),
        ("cap_add", service.cap_add.first().map(|name| name.place), ApiVersion::v1(41)),
        ("cap_drop", service.cap_drop.first().map(|name| name.place), ApiVersion::v1(41)),
        ("ulimits", (!service.ulimits.is_empty()).then_some(service.place), ApiVersion::v1(41)),
        ("pids", limits.and_then(|limits| limits.pids.as_ref()).map(|pids| pids.place), ApiVersion::v1(41)),
        ("mode", job.map(|mode| mode.place), ApiVersion::v1(41)),
        ("a cluster volume", mount(is_cluster), ApiVersion::v1(42)),
        ("start_interval", health.and_then(start_interval), ApiVersion::v1(44)),
        ("subpath", mount(has_subpath), ApiVersion::v1(45)),
        ("oom_score_adj", service.oom_score_adj.as_ref().map(|score| score.place), ApiVersion::v1(46)),
        ("an image mount", mount(is_image), ApiVersion::v1(48)),
    ]
}

fn is_kind(mount: &Mount, kind: &str) -> bool {
    mount.kind.as_ref().is_some_and(|written| written.value == kind)
}

fn is_cluster(mount: &Mount) -> bool {
    is_kind(mount, "cluster")
}

fn is_image(mount: &Mount) -> bool {
    is_kind(mount, "image")
}

fn has_subpath(mount: &Mount) -> bool {
    mount.volume.as_ref().is_some_and(|volume| volume.subpath.is_some())
}
