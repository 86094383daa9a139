//! A service.
use super::deploy;
use super::out::Out;
use crate::compose::model::{
    CredentialSpec, FileReference, HealthCheck, Logging, Mount, Port, Service, ServiceNetwork, Strings,
    Ulimit,
};
use serde_json::Value;

/// A service as docker prints it; also `oom_score_adj`, which docker loses.
pub(super) fn value(service: &Service) -> Value {
    let mut out = Out::default();
    first_half(&mut out, service);
    second_half(&mut out, service);
    out.extras(&service.extras);
    out.done()
}

fn first_half(out: &mut Out, service: &Service) {
    let words = |words: &Option<Strings>| words.clone().unwrap_or_default();
    out.filled("build", service.build.clone().unwrap_or_else(|| Out::default().done()));
    out.list("cap_add", &service.cap_add);
    out.list("cap_drop", &service.cap_drop);
    out.text("cgroupns_mode", &service.cgroupns_mode);
    out.text("cgroup_parent", &service.cgroup_parent);
    out.list("command", &words(&service.command));
    out.filled("configs", service.configs.iter().map(file_reference).collect());
    out.text("container_name", &service.container_name);
    out.filled("credential_spec", credential_spec(&service.credential_spec.clone().unwrap_or_default()));
    out.list("depends_on", &service.depends_on);
    out.filled("deploy", deploy::value(&service.deploy));
    out.list("devices", &service.devices);
    out.list("dns", &words(&service.dns));
    out.list("dns_search", &words(&service.dns_search));
    out.text("domainname", &service.domainname);
    out.list("entrypoint", &words(&service.entrypoint));
    let environment = service.environment.iter();
    out.map("environment", environment.map(|(key, value)| (key.clone(), Value::from(value.value.clone()))));
    out.list("env_file", &service.env_file);
    out.list("expose", &service.expose);
    out.list("external_links", &service.external_links);
    out.list("extra_hosts", &service.extra_hosts);
    out.text("hostname", &service.hostname);
    out.some("healthcheck", service.healthcheck.as_ref().map(healthcheck));
    out.text("image", &service.image);
    out.number("init", &service.init);
    out.text("ipc", &service.ipc);
    out.text("isolation", &service.isolation);
}

fn second_half(out: &mut Out, service: &Service) {
    out.labels("labels", &service.labels);
    out.list("links", &service.links);
    out.some("logging", service.logging.as_ref().map(logging));
    out.text("mac_address", &service.mac_address);
    out.text("network_mode", &service.network_mode);
    let networks = service.networks.iter();
    out.map(
        "networks",
        networks.map(|(name, n)| (name.clone(), n.value.as_ref().map_or(Value::Null, network))),
    );
    out.nonzero("oom_score_adj", &service.oom_score_adj);
    out.text("pid", &service.pid);
    out.filled("ports", service.ports.iter().map(port).collect());
    out.flag("privileged", &service.privileged);
    out.flag("read_only", &service.read_only);
    out.text("restart", &service.restart);
    out.filled("secrets", service.secrets.iter().map(file_reference).collect());
    out.list("security_opt", &service.security_opt);
    out.text("shm_size", &service.shm_size);
    out.flag("stdin_open", &service.stdin_open);
    out.duration("stop_grace_period", &service.stop_grace_period);
    out.text("stop_signal", &service.stop_signal);
    out.labels("sysctls", &service.sysctls);
    out.list("tmpfs", &service.tmpfs);
    out.flag("tty", &service.tty);
    out.map("ulimits", service.ulimits.iter().map(|(name, limit)| (name.clone(), ulimit(*limit))));
    out.text("user", &service.user);
    out.text("userns_mode", &service.userns_mode);
    out.filled("volumes", service.volumes.iter().map(mount).collect());
    out.text("working_dir", &service.working_dir);
}

fn file_reference(reference: &FileReference) -> Value {
    let mut out = Out::default();
    out.text("source", &reference.source);
    out.text("target", &reference.target);
    out.text("uid", &reference.uid);
    out.text("gid", &reference.gid);
    out.number("mode", &reference.mode);
    out.done()
}

fn credential_spec(spec: &CredentialSpec) -> Value {
    let mut out = Out::default();
    out.text("config", &spec.config);
    out.text("file", &spec.file);
    out.text("registry", &spec.registry);
    out.done()
}

fn healthcheck(check: &HealthCheck) -> Value {
    let mut out = Out::default();
    out.list("test", &check.test);
    out.duration("timeout", &check.timeout);
    out.duration("interval", &check.interval);
    out.number("retries", &check.retries);
    out.duration("start_period", &check.start_period);
    out.duration("start_interval", &check.start_interval);
    out.flag("disable", &check.disable);
    out.extras(&check.extras);
    out.done()
}

fn logging(logging: &Logging) -> Value {
    let mut out = Out::default();
    out.text("driver", &logging.driver);
    out.labels("options", &logging.options.clone().unwrap_or_default());
    out.extras(&logging.extras);
    out.done()
}

fn network(network: &ServiceNetwork) -> Value {
    let mut out = Out::default();
    out.list("aliases", &network.aliases);
    out.labels("driver_opts", &network.driver_opts);
    out.text("ipv4_address", &network.ipv4_address);
    out.text("ipv6_address", &network.ipv6_address);
    out.done()
}

fn port(port: &Port) -> Value {
    let mut out = Out::default();
    out.text("mode", &port.mode);
    out.nonzero("target", &port.target);
    out.nonzero("published", &port.published);
    out.text("protocol", &port.protocol);
    out.done()
}

/// A single limit as a number; soft and hard as a mapping without zeros.
fn ulimit(limit: Ulimit) -> Value {
    let (soft, hard) = match limit {
        Ulimit::Single(limit) if limit != 0 => return limit.into(),
        Ulimit::Single(_) => (0, 0),
        Ulimit::Pair { soft, hard } => (soft, hard),
    };
    let mut out = Out::default();
    out.some("soft", Some(soft).filter(|limit| *limit != 0));
    out.some("hard", Some(hard).filter(|limit| *limit != 0));
    out.done()
}

fn mount(mount: &Mount) -> Value {
    let mut out = Out::default();
    out.text("type", &mount.kind);
    out.text("source", &mount.source);
    out.text("target", &mount.target);
    out.flag("read_only", &mount.read_only);
    out.text("consistency", &mount.consistency);
    out.some(
        "bind",
        mount.bind.as_ref().map(|bind| {
            let mut out = Out::default();
            out.text("propagation", &bind.propagation);
            out.done()
        }),
    );
    out.some(
        "volume",
        mount.volume.as_ref().map(|volume| {
            let mut out = Out::default();
            out.flag("nocopy", &volume.nocopy);
            out.text("subpath", &volume.subpath);
            out.done()
        }),
    );
    out.some(
        "tmpfs",
        mount.tmpfs.as_ref().map(|tmpfs| {
            let mut out = Out::default();
            out.nonzero("size", &tmpfs.size);
            out.done()
        }),
    );
    out.done()
}
