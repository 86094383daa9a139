//! The container of a service.
use super::names::text;
use super::notes::Notes;
use super::service::plain;
use super::{NAMESPACE_LABEL, Scope, capabilities, files, health, mounts};
use crate::compose::model::{Field, Service, Strings, Ulimit as Limit};
use crate::stack::spec::{ContainerSpec, DnsConfig, Privileges, Ulimit};

/// All of it but the image.
pub(super) fn convert(service: &Service, scope: &Scope<'_>, notes: &mut Notes<'_>) -> ContainerSpec {
    let mut labels = plain(&service.labels);
    labels.insert(NAMESPACE_LABEL.to_owned(), scope.request.stack.to_owned());
    let (capability_add, capability_drop) = capabilities::effective(&service.cap_add, &service.cap_drop);
    let (credential_spec, credential_config) = files::credential_spec(service, scope, notes);
    ContainerSpec {
        image: String::new(),
        labels,
        command: words(service.entrypoint.as_ref()),
        args: words(service.command.as_ref()),
        hostname: owned(&service.hostname),
        env: environment(service),
        dir: owned(&service.working_dir),
        user: owned(&service.user),
        privileges: Privileges { credential_spec, ..Privileges::default() },
        init: service.init.as_ref().map(|init| init.value),
        stop_signal: owned(&service.stop_signal),
        tty: flag(&service.tty),
        open_stdin: flag(&service.stdin_open),
        read_only: flag(&service.read_only),
        mounts: mounts::convert(service, scope, notes),
        stop_grace_period: service.stop_grace_period.as_ref().map(|period| period.value.0),
        healthcheck: health::convert(service, notes),
        hosts: service.extra_hosts.iter().filter_map(|host| host_line(host)).collect(),
        dns_config: dns(service),
        secrets: files::secret_references(service, scope, notes),
        configs: files::config_references(service, credential_config, scope, notes),
        isolation: owned(&service.isolation),
        sysctls: plain(&service.sysctls),
        capability_add,
        capability_drop,
        ulimits: service.ulimits.iter().map(|(name, limit)| ulimit(name, *limit)).collect(),
        oom_score_adj: service.oom_score_adj.as_ref().map_or(0, |score| score.value),
    }
}

fn owned(field: &Field<String>) -> String {
    text(field).unwrap_or_default().to_owned()
}

fn flag(field: &Field<bool>) -> bool {
    field.as_ref().is_some_and(|flag| flag.value)
}

fn words(words: Option<&Strings>) -> Vec<String> {
    words.into_iter().flatten().map(|word| word.value.clone()).collect()
}

/// `NAME=value` or a bare `NAME`, sorted as text, as docker sends it.
fn environment(service: &Service) -> Vec<String> {
    let entry = |(name, value): (&String, &Option<String>)| match value {
        Some(value) => format!("{name}={value}"),
        None => name.clone(),
    };
    let mut env: Vec<String> =
        service.environment.iter().map(|(name, value)| entry((name, &value.value))).collect();
    env.sort_unstable();
    env
}

/// A line of `/etc/hosts`: swarm wants the address first.
fn host_line(written: &str) -> Option<String> {
    written.split_once(':').map(|(host, address)| format!("{address} {host}"))
}

/// Present as soon as one of the keys is, even with an empty list (docker 28).
fn dns(service: &Service) -> Option<DnsConfig> {
    if service.dns.is_none() && service.dns_search.is_none() {
        return None;
    }
    Some(DnsConfig { nameservers: words(service.dns.as_ref()), search: words(service.dns_search.as_ref()) })
}

fn ulimit(name: &str, limit: Limit) -> Ulimit {
    let (soft, hard) = match limit {
        Limit::Single(both) => (both, both),
        Limit::Pair { soft, hard } => (soft, hard),
    };
    Ulimit { name: name.to_owned(), hard, soft }
}
