//! A whole service.
use super::names::text;
use super::notes::Notes;
use super::{
    IMAGE_LABEL, NAMESPACE_LABEL, Scope, container, names, networks, old_api, policies, ports, resources,
};
use crate::compose::model::{Labels, Logging, Placement as Placed, Service};
use crate::stack::image::Image;
use crate::stack::spec::{LogDriver, Mode, Placement, Preference, ServiceSpec, Spread, TaskTemplate};
use crate::stack::wanted::WantedService;
use std::collections::BTreeMap;

pub(super) fn convert(service: &Service, scope: &Scope<'_>, notes: &mut Notes<'_>) -> WantedService {
    let name = scope.full(&service.name);
    names::check_dns("service", &name, Some(service.place), notes);
    let written = text(&service.image).unwrap_or_default().to_owned();
    let mut labels = plain(&service.deploy.labels);
    labels.insert(NAMESPACE_LABEL.to_owned(), scope.request.stack.to_owned());
    labels.insert(IMAGE_LABEL.to_owned(), written.clone());
    let mut spec = ServiceSpec {
        name,
        labels,
        task_template: task(service, scope, notes),
        mode: mode(service, notes),
        update_config: service.deploy.update_config.as_ref().map(policies::update),
        rollback_config: service.deploy.rollback_config.as_ref().map(policies::update),
        endpoint_spec: ports::endpoint(service, notes),
    };
    old_api::trim(&mut spec, service, scope.request.api, notes);
    WantedService {
        spec,
        short: service.name.clone(),
        image: written,
        image_place: service.image.as_ref().map(|image| notes.location(image.place)),
        depends_on: depends_on(service, scope, notes),
        place: Some(notes.location(service.place)),
    }
}

/// A mapping without places.
pub(super) fn plain(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| (key.clone(), value.value.clone())).collect()
}

fn task(service: &Service, scope: &Scope<'_>, notes: &mut Notes<'_>) -> TaskTemplate {
    let mut container_spec = container::convert(service, scope, notes);
    container_spec.image = image(service, notes);
    TaskTemplate {
        container_spec,
        resources: resources::convert(&service.deploy.resources, &service.name, notes),
        restart_policy: policies::restart(service, notes),
        placement: placement(&service.deploy.placement),
        networks: networks::attachments(service, scope, notes),
        log_driver: service.logging.as_ref().map(log_driver),
        force_update: 0,
    }
}

/// The image in its familiar form with a tag, or nothing after a blocker.
fn image(service: &Service, notes: &mut Notes<'_>) -> String {
    let Some(written) = service.image.as_ref().filter(|image| !image.is_empty()) else {
        let place = service.image.as_ref().map_or(service.place, |image| image.place);
        notes.blocker(place, format!("service {} has no image", service.name));
        return String::new();
    };
    match written.parse::<Image>() {
        Ok(image) => image.tagged().to_string(),
        Err(problem) => {
            notes.blocker(
                written.place,
                format!("service {}: image {:?}: {problem}", service.name, written.value),
            );
            String::new()
        }
    }
}

fn mode(service: &Service, notes: &mut Notes<'_>) -> Mode {
    let deploy = &service.deploy;
    let replicas = deploy.replicas.as_ref().map(|replicas| replicas.value);
    let mode = match text(&deploy.mode).unwrap_or("replicated") {
        "replicated" => return Mode::Replicated { replicas },
        "replicated-job" => {
            return Mode::ReplicatedJob { max_concurrent: replicas, total_completions: replicas };
        }
        "global" => Mode::Global {},
        "global-job" => Mode::GlobalJob {},
        unknown => {
            let place = deploy.mode.as_ref().map_or(service.place, |mode| mode.place);
            let allowed = "replicated, global, replicated-job or global-job";
            notes.blocker(place, format!("service {}: mode {unknown:?} is not {allowed}", service.name));
            return Mode::default();
        }
    };
    if let Some(replicas) = &deploy.replicas {
        let text = format!("service {}: a {} service can't have replicas", service.name, deploy_mode(&mode));
        notes.blocker(replicas.place, text);
    }
    mode
}

const fn deploy_mode(mode: &Mode) -> &'static str {
    match mode {
        Mode::Replicated { .. } => "replicated",
        Mode::Global {} => "global",
        Mode::ReplicatedJob { .. } => "replicated-job",
        Mode::GlobalJob {} => "global-job",
    }
}

fn placement(placement: &Placed) -> Placement {
    let spread = |field: &Option<_>| text(field).unwrap_or_default().to_owned();
    Placement {
        constraints: placement.constraints.iter().map(|constraint| constraint.value.clone()).collect(),
        preferences: placement
            .preferences
            .iter()
            .map(|preference| Preference { spread: Spread { spread_descriptor: spread(preference) } })
            .collect(),
        max_replicas: placement.max_replicas_per_node.as_ref().map_or(0, |max| max.value),
        platforms: Vec::new(),
    }
}

fn log_driver(logging: &Logging) -> LogDriver {
    LogDriver {
        name: text(&logging.driver).unwrap_or_default().to_owned(),
        options: logging.options.as_ref().map(plain).unwrap_or_default(),
    }
}

/// Full names of the services to start before; docker ignores the key.
fn depends_on(service: &Service, scope: &Scope<'_>, notes: &mut Notes<'_>) -> Vec<String> {
    let mut names = Vec::new();
    for other in &service.depends_on {
        if scope.document.services.contains_key(&other.value) {
            names.push(scope.full(&other.value));
        } else {
            let text = format!("service {} depends on {:?}, which is no service", service.name, other.value);
            notes.warning(other.place, text);
        }
    }
    names
}
