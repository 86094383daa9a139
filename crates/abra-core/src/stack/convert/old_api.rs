//! What older engines don't know: fields that they drop without a word, and what they refuse in the middle of a
//! deployment.
use super::notes::Notes;
use crate::compose::model::{Mount, Service};
use crate::finding::Place;
use crate::stack::api::ApiVersion;
use crate::stack::spec::{Mode, ServiceSpec};

/// A key, where it stands, the first version that knows it, and what it is without.
struct Used {
    key: &'static str,
    place: Option<Place>,
    since: ApiVersion,
    drop: fn(&mut ServiceSpec),
}

/// Warns of every key of a service that is lost with this version, and leaves it out as the engine does: what is wanted
/// would never equal what is live otherwise.
pub(super) fn trim(spec: &mut ServiceSpec, service: &Service, api: ApiVersion, notes: &mut Notes<'_>) {
    for used in container(service).into_iter().chain(deploy(service)) {
        let Some(place) = used.place.filter(|_| api < used.since) else { continue };
        let (key, since) = (used.key, used.since);
        let text = format!(
            "service {}: {key} needs API {since}, and this engine has {api}: it is lost",
            service.name
        );
        notes.warning(place, text);
        (used.drop)(spec);
    }
    refused(service, api, notes);
    let job = matches!(spec.mode, Mode::ReplicatedJob { .. } | Mode::GlobalJob {});
    if job && api < JOBS {
        // Without its mode a job would be started again and again.
        let place = service.deploy.mode.as_ref().map_or(service.place, |mode| mode.place);
        notes.blocker(
            place,
            format!("service {}: jobs need API {JOBS}, and this engine has {api}", service.name),
        );
    }
}

/// The first version that knows jobs.
const JOBS: ApiVersion = ApiVersion::v1(41);
/// The first version that knows cluster volumes.
const CLUSTER_VOLUMES: ApiVersion = ApiVersion::v1(42);

/// Mounts that an engine does not take.
fn refused(service: &Service, api: ApiVersion, notes: &mut Notes<'_>) {
    for mount in &service.volumes {
        let Some(kind) = &mount.kind else { continue };
        let name = &service.name;
        match kind.value.as_str() {
            "cluster" if api < CLUSTER_VOLUMES => notes.blocker(
                kind.place,
                format!(
                    "service {name}: cluster volumes need API {CLUSTER_VOLUMES}, and this engine has {api}"
                ),
            ),
            // docker: an engine's containers can have them; no swarm so far takes them. A later one may.
            "image" => notes.warning(
                kind.place,
                format!("service {name}: no engine up to Docker 28 takes a mount of type image in a swarm"),
            ),
            _ => {}
        }
    }
}

fn container(service: &Service) -> Vec<Used> {
    let interval = service.healthcheck.as_ref().and_then(|check| check.start_interval.as_ref());
    vec![
        Used {
            key: "sysctls",
            place: service.sysctls.values().next().map(|value| value.place),
            since: ApiVersion::v1(40),
            drop: |spec| spec.task_template.container_spec.sysctls.clear(),
        },
        Used {
            key: "cap_add",
            place: service.cap_add.first().map(|name| name.place),
            since: ApiVersion::v1(41),
            drop: |spec| spec.task_template.container_spec.capability_add.clear(),
        },
        Used {
            key: "cap_drop",
            place: service.cap_drop.first().map(|name| name.place),
            since: ApiVersion::v1(41),
            drop: |spec| spec.task_template.container_spec.capability_drop.clear(),
        },
        Used {
            key: "ulimits",
            place: (!service.ulimits.is_empty()).then_some(service.place),
            since: ApiVersion::v1(41),
            drop: |spec| spec.task_template.container_spec.ulimits.clear(),
        },
        Used {
            key: "start_interval",
            place: interval.map(|interval| interval.place),
            since: ApiVersion::v1(44),
            drop: |spec| {
                if let Some(check) = &mut spec.task_template.container_spec.healthcheck {
                    check.start_interval = 0;
                }
            },
        },
        Used {
            key: "subpath",
            place: service.volumes.iter().find(|mount| has_subpath(mount)).map(|mount| mount.place),
            since: ApiVersion::v1(45),
            drop: |spec| {
                let mounts = spec.task_template.container_spec.mounts.iter_mut();
                mounts
                    .filter_map(|mount| mount.volume_options.as_mut())
                    .for_each(|options| options.subpath.clear());
            },
        },
        Used {
            key: "oom_score_adj",
            place: service.oom_score_adj.as_ref().map(|score| score.place),
            since: ApiVersion::v1(46),
            drop: |spec| spec.task_template.container_spec.oom_score_adj = 0,
        },
    ]
}

fn deploy(service: &Service) -> Vec<Used> {
    let limits = service.deploy.resources.limits.as_ref();
    let credentials = service.credential_spec.as_ref().and_then(|spec| spec.config.as_ref());
    vec![
        Used {
            key: "max_replicas_per_node",
            place: service.deploy.placement.max_replicas_per_node.as_ref().map(|max| max.place),
            since: ApiVersion::v1(40),
            drop: |spec| spec.task_template.placement.max_replicas = 0,
        },
        Used {
            key: "credential_spec.config",
            place: credentials.map(|config| config.place),
            since: ApiVersion::v1(40),
            drop: |spec| spec.task_template.container_spec.privileges.credential_spec = None,
        },
        Used {
            key: "pids",
            place: limits.and_then(|limits| limits.pids.as_ref()).map(|pids| pids.place),
            since: ApiVersion::v1(41),
            drop: |spec| {
                if let Some(limits) = &mut spec.task_template.resources.limits {
                    limits.pids = 0;
                }
            },
        },
    ]
}

fn has_subpath(mount: &Mount) -> bool {
    mount.volume.as_ref().is_some_and(|volume| volume.subpath.is_some())
}
