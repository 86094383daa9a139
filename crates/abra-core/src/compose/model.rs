//! The merged compose document: what the files say after interpolation, validation and expansion of short forms.
//!
//! A field is `None` where no file has the key. A present zero (`false`, `""`, `0`) is kept with its place: whether it
//! counts is decided by the merge and the conversion, as docker treats most zeros as "not set".
use crate::finding::{Place, Spanned};
use indexmap::IndexMap;
use std::collections::BTreeMap;

/// An optional scalar with the place it was written at.
pub type Field<T> = Option<Spanned<T>>;

/// A list of strings with places.
pub type Strings = Vec<Spanned<String>>;

/// A mapping from text to text, in key order (docker sorts it when it prints or sends it).
pub type Labels = BTreeMap<String, Spanned<String>>;

/// Free-form data: `x-*` keys and `build`, kept as they were written.
pub type Extras = IndexMap<String, serde_json::Value>;

/// A whole document.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Document {
    /// The compose version, normalised ("3.13" when absent).
    pub version: String,
    /// Services by name.
    pub services: BTreeMap<String, Service>,
    /// Top-level networks by key.
    pub networks: BTreeMap<String, Network>,
    /// Top-level volumes by key.
    pub volumes: BTreeMap<String, Volume>,
    /// Top-level secrets by key.
    pub secrets: BTreeMap<String, FileObject>,
    /// Top-level configs by key.
    pub configs: BTreeMap<String, FileObject>,
    /// `x-*` keys at the top.
    pub extras: Extras,
}

/// A duration in nanoseconds (Go's `time.Duration`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Nanos(pub i64);

/// A service.
#[derive(Debug, Clone, PartialEq)]
pub struct Service {
    /// Its key under `services`.
    pub name: String,
    /// Where the service begins.
    pub place: Place,
    /// `build`, ignored by a swarm.
    pub build: Option<serde_json::Value>,
    /// `cap_add`.
    pub cap_add: Strings,
    /// `cap_drop`.
    pub cap_drop: Strings,
    /// `cgroupns_mode`, ignored by a swarm.
    pub cgroupns_mode: Field<String>,
    /// `cgroup_parent`, ignored by a swarm.
    pub cgroup_parent: Field<String>,
    /// `command`, split into words; `None` when absent.
    pub command: Option<Strings>,
    /// `configs`, in long form.
    pub configs: Vec<FileReference>,
    /// `container_name`, ignored by a swarm.
    pub container_name: Field<String>,
    /// `credential_spec`.
    pub credential_spec: Option<CredentialSpec>,
    /// `depends_on`.
    pub depends_on: Strings,
    /// `deploy`.
    pub deploy: Deploy,
    /// `devices`, ignored by a swarm.
    pub devices: Strings,
    /// `dns`; `None` when absent (an empty list is sent).
    pub dns: Option<Strings>,
    /// `dns_search`; `None` when absent.
    pub dns_search: Option<Strings>,
    /// `domainname`, ignored by a swarm.
    pub domainname: Field<String>,
    /// `entrypoint`, split into words; `None` when absent.
    pub entrypoint: Option<Strings>,
    /// `environment` with `env_file` folded in; a `None` value is a bare key.
    pub environment: BTreeMap<String, Spanned<Option<String>>>,
    /// `env_file`, kept for the printed document.
    pub env_file: Strings,
    /// `expose`, ignored by a swarm (docker keeps numbers and texts apart in the printed document as text).
    pub expose: Strings,
    /// `external_links`, ignored by a swarm.
    pub external_links: Strings,
    /// `extra_hosts` as "host:ip".
    pub extra_hosts: Strings,
    /// `hostname`.
    pub hostname: Field<String>,
    /// `healthcheck`.
    pub healthcheck: Option<HealthCheck>,
    /// `image`.
    pub image: Field<String>,
    /// `init`.
    pub init: Field<bool>,
    /// `ipc`, ignored by a swarm.
    pub ipc: Field<String>,
    /// `isolation`.
    pub isolation: Field<String>,
    /// `labels` (of the containers).
    pub labels: Labels,
    /// `links`, ignored by a swarm.
    pub links: Strings,
    /// `logging`.
    pub logging: Option<Logging>,
    /// `mac_address`, ignored by a swarm.
    pub mac_address: Field<String>,
    /// `network_mode`, ignored by a swarm.
    pub network_mode: Field<String>,
    /// `networks` by key; `None` where the entry is null.
    pub networks: BTreeMap<String, Spanned<Option<ServiceNetwork>>>,
    /// `oom_score_adj`.
    pub oom_score_adj: Field<i64>,
    /// `pid`, ignored by a swarm.
    pub pid: Field<String>,
    /// `ports`, in long form.
    pub ports: Vec<Port>,
    /// `privileged`, ignored by a swarm.
    pub privileged: Field<bool>,
    /// `read_only`.
    pub read_only: Field<bool>,
    /// `restart`.
    pub restart: Field<String>,
    /// `secrets`, in long form.
    pub secrets: Vec<FileReference>,
    /// `security_opt`, ignored by a swarm.
    pub security_opt: Strings,
    /// `shm_size`, ignored by a swarm, as written.
    pub shm_size: Field<String>,
    /// `stdin_open`.
    pub stdin_open: Field<bool>,
    /// `stop_grace_period`.
    pub stop_grace_period: Field<Nanos>,
    /// `stop_signal`.
    pub stop_signal: Field<String>,
    /// `sysctls`.
    pub sysctls: Labels,
    /// `tmpfs` short form, without effect in a swarm.
    pub tmpfs: Strings,
    /// `tty`.
    pub tty: Field<bool>,
    /// `ulimits` by name.
    pub ulimits: BTreeMap<String, Ulimit>,
    /// `user`.
    pub user: Field<String>,
    /// `userns_mode`, ignored by a swarm.
    pub userns_mode: Field<String>,
    /// `volumes`, in long form.
    pub volumes: Vec<Mount>,
    /// `working_dir`.
    pub working_dir: Field<String>,
    /// `x-*` keys.
    pub extras: Extras,
}

/// A reference from a service to a top-level secret or config.
#[derive(Debug, Clone, PartialEq)]
pub struct FileReference {
    /// Where the entry stands.
    pub place: Place,
    /// Key of the top-level object.
    pub source: Field<String>,
    /// File name in the container.
    pub target: Field<String>,
    /// Owner.
    pub uid: Field<String>,
    /// Group.
    pub gid: Field<String>,
    /// Mode bits.
    pub mode: Field<u32>,
}

/// `credential_spec`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CredentialSpec {
    /// Key of a config.
    pub config: Field<String>,
    /// A file on the node.
    pub file: Field<String>,
    /// A registry value on the node.
    pub registry: Field<String>,
}

/// `healthcheck`.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthCheck {
    /// Where it stands.
    pub place: Place,
    /// `test`, in list form.
    pub test: Strings,
    /// `timeout`.
    pub timeout: Field<Nanos>,
    /// `interval`.
    pub interval: Field<Nanos>,
    /// `retries`.
    pub retries: Field<u64>,
    /// `start_period`.
    pub start_period: Field<Nanos>,
    /// `start_interval`.
    pub start_interval: Field<Nanos>,
    /// `disable`.
    pub disable: Field<bool>,
    /// `x-*` keys.
    pub extras: Extras,
}

/// `logging`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Logging {
    /// `driver`.
    pub driver: Field<String>,
    /// `options`; `None` when absent.
    pub options: Option<Labels>,
    /// `x-*` keys.
    pub extras: Extras,
}

/// How a service joins one network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceNetwork {
    /// `aliases`.
    pub aliases: Strings,
    /// `ipv4_address`, without effect in a swarm.
    pub ipv4_address: Field<String>,
    /// `ipv6_address`, without effect in a swarm.
    pub ipv6_address: Field<String>,
    /// `driver_opts`.
    pub driver_opts: Labels,
}

/// A published port, in long form; absent fields were not given.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// Where it stands.
    pub place: Place,
    /// `mode`.
    pub mode: Field<String>,
    /// `target`.
    pub target: Field<u64>,
    /// `published`.
    pub published: Field<u64>,
    /// `protocol`.
    pub protocol: Field<String>,
}

/// A ulimit: one number, or soft and hard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ulimit {
    /// The same for both.
    Single(i64),
    /// Soft and hard.
    Pair {
        /// The soft limit.
        soft: i64,
        /// The hard limit.
        hard: i64,
    },
}

/// A mount, in long form.
#[derive(Debug, Clone, PartialEq)]
pub struct Mount {
    /// Where it stands.
    pub place: Place,
    /// `type`.
    pub kind: Field<String>,
    /// `source`; paths are absolute.
    pub source: Field<String>,
    /// `target`.
    pub target: Field<String>,
    /// `read_only`.
    pub read_only: Field<bool>,
    /// `consistency`.
    pub consistency: Field<String>,
    /// `bind.propagation`; `Some` when the `bind` key is present.
    pub bind: Option<BindOptions>,
    /// `volume`; `Some` when present.
    pub volume: Option<VolumeOptions>,
    /// `tmpfs`; `Some` when present.
    pub tmpfs: Option<TmpfsOptions>,
    /// `cluster`; `Some` when present.
    pub cluster: bool,
}

/// `bind` of a mount.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BindOptions {
    /// `propagation`.
    pub propagation: Field<String>,
}

/// `volume` of a mount.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct VolumeOptions {
    /// `nocopy`.
    pub nocopy: Field<bool>,
    /// `subpath`.
    pub subpath: Field<String>,
}

/// `tmpfs` of a mount.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TmpfsOptions {
    /// `size`, in bytes.
    pub size: Field<i64>,
}

/// `deploy`. Docker treats an absent and an empty one alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Deploy {
    /// Where it stands, when present.
    pub place: Option<Place>,
    /// `mode`.
    pub mode: Field<String>,
    /// `replicas`.
    pub replicas: Field<u64>,
    /// `labels` (of the service).
    pub labels: Labels,
    /// `update_config`.
    pub update_config: Option<UpdateConfig>,
    /// `rollback_config`.
    pub rollback_config: Option<UpdateConfig>,
    /// `resources`.
    pub resources: Resources,
    /// `restart_policy`.
    pub restart_policy: Option<RestartPolicy>,
    /// `placement`.
    pub placement: Placement,
    /// `endpoint_mode`.
    pub endpoint_mode: Field<String>,
}

/// `update_config` and `rollback_config`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UpdateConfig {
    /// `parallelism`; 0 is all at once.
    pub parallelism: Field<u64>,
    /// `delay`.
    pub delay: Field<Nanos>,
    /// `failure_action`.
    pub failure_action: Field<String>,
    /// `monitor`.
    pub monitor: Field<Nanos>,
    /// `max_failure_ratio`.
    pub max_failure_ratio: Field<f64>,
    /// `order`.
    pub order: Field<String>,
}

/// `resources`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resources {
    /// `limits`.
    pub limits: Option<Limit>,
    /// `reservations`.
    pub reservations: Option<Reservation>,
}

/// `resources.limits`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limit {
    /// `cpus`, as written: an exact rational, checked by the conversion.
    pub cpus: Field<String>,
    /// `memory`, in bytes.
    pub memory: Field<i64>,
    /// `pids`.
    pub pids: Field<i64>,
}

/// `resources.reservations`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reservation {
    /// `cpus`, as written.
    pub cpus: Field<String>,
    /// `memory`, in bytes.
    pub memory: Field<i64>,
    /// `generic_resources`: kind and value of each discrete resource.
    pub generic_resources: Vec<GenericResource>,
}

/// One entry of `generic_resources`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GenericResource {
    /// `discrete_resource_spec`, when present.
    pub discrete: Option<DiscreteResource>,
}

/// `discrete_resource_spec`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DiscreteResource {
    /// `kind`.
    pub kind: Field<String>,
    /// `value`.
    pub value: Field<i64>,
}

/// `restart_policy`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RestartPolicy {
    /// `condition`.
    pub condition: Field<String>,
    /// `delay`.
    pub delay: Field<Nanos>,
    /// `max_attempts`.
    pub max_attempts: Field<u64>,
    /// `window`.
    pub window: Field<Nanos>,
}

/// `placement`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Placement {
    /// `constraints`.
    pub constraints: Strings,
    /// `preferences`: the `spread` of each.
    pub preferences: Vec<Field<String>>,
    /// `max_replicas_per_node`.
    pub max_replicas_per_node: Field<u64>,
}

/// Whether an object is made elsewhere. Docker prints and treats the forms alike.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct External {
    /// True for `external: true` and `external: {name: …}`.
    pub external: bool,
    /// The `name` inside the mapping form.
    pub name: Field<String>,
}

/// A top-level network.
#[derive(Debug, Clone, PartialEq)]
pub struct Network {
    /// Where it stands.
    pub place: Place,
    /// `name`.
    pub name: Field<String>,
    /// `driver`.
    pub driver: Field<String>,
    /// `driver_opts`.
    pub driver_opts: Labels,
    /// `ipam`.
    pub ipam: Ipam,
    /// `external`.
    pub external: External,
    /// `internal`.
    pub internal: Field<bool>,
    /// `attachable`.
    pub attachable: Field<bool>,
    /// `labels`.
    pub labels: Labels,
    /// `x-*` keys.
    pub extras: Extras,
}

/// `ipam` of a network.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ipam {
    /// `driver`.
    pub driver: Field<String>,
    /// The `subnet` of each entry of `config`.
    pub config: Vec<Field<String>>,
}

/// A top-level volume.
#[derive(Debug, Clone, PartialEq)]
pub struct Volume {
    /// Where it stands.
    pub place: Place,
    /// `name`.
    pub name: Field<String>,
    /// `driver`.
    pub driver: Field<String>,
    /// `driver_opts`.
    pub driver_opts: Labels,
    /// `external`.
    pub external: External,
    /// `labels`.
    pub labels: Labels,
    /// `x-cluster-spec`, without effect.
    pub cluster_spec: Option<serde_json::Value>,
    /// `x-*` keys.
    pub extras: Extras,
}

/// A top-level secret or config.
#[derive(Debug, Clone, PartialEq)]
pub struct FileObject {
    /// Where it stands.
    pub place: Place,
    /// `name`.
    pub name: Field<String>,
    /// `file`, absolute.
    pub file: Field<String>,
    /// `external`.
    pub external: External,
    /// `labels`.
    pub labels: Labels,
    /// `driver` (secrets).
    pub driver: Field<String>,
    /// `driver_opts` (secrets).
    pub driver_opts: Labels,
    /// `template_driver`.
    pub template_driver: Field<String>,
    /// `x-*` keys.
    pub extras: Extras,
}
