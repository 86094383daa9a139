//! A service in two files.
use super::deploy::optional;
use super::field::{append, labels, replace};
use super::{Merge, collapsed, last_by_key};
use crate::compose::model::{
    CredentialSpec, Extras, Field, FileReference, HealthCheck, Logging, Mount, Port, Service, ServiceNetwork,
    Strings,
};
use crate::finding::{Place, Spanned};
use crate::yaml::Problem;
use serde_json::{Map, Value};

type Networks = std::collections::BTreeMap<String, Spanned<Option<ServiceNetwork>>>;
type Environment = std::collections::BTreeMap<String, Spanned<Option<String>>>;

impl Merge<'_> {
    pub(super) fn service(&mut self, base: &mut Service, mut over: Service) {
        self.scalars(base, &mut over);
        lists(base, &mut over);
        Self::words(&mut base.command, over.command);
        Self::words(&mut base.entrypoint, over.entrypoint);
        self.environment(&mut base.environment, over.environment);
        labels(&mut base.labels, over.labels);
        labels(&mut base.sysctls, over.sysctls);
        Self::ports(&mut base.ports, over.ports);
        self.mounts(&mut base.volumes, over.volumes);
        self.references(&mut base.secrets, over.secrets);
        self.references(&mut base.configs, over.configs);
        self.networks(&mut base.networks, over.networks);
        base.ulimits.extend(over.ulimits);
        optional(&mut base.logging, over.logging, |base, over| self.logging(base, over));
        optional(&mut base.healthcheck, over.healthcheck, |base, over| self.healthcheck(base, over));
        optional(&mut base.credential_spec, over.credential_spec, |base: &mut CredentialSpec, over| {
            self.field(&mut base.config, over.config);
            self.field(&mut base.file, over.file);
            self.field(&mut base.registry, over.registry);
        });
        self.deploy(&mut base.deploy, over.deploy);
        optional(&mut base.build, over.build, build);
        self.extras(base, over.extras, over.place);
    }

    /// Mappings are merged at every depth, lists appended, all else replaced; but nothing can be appended to what is no list.
    fn extras(&mut self, base: &mut Service, over: Extras, place: Place) {
        for key in extras(&mut base.extras, over) {
            let message =
                format!("{key} of the service \"{}\" has a list where an earlier file has none", base.name);
            self.problems.push(Problem::blocker(place, message).earlier(base.place));
        }
    }

    fn scalars(&mut self, base: &mut Service, over: &mut Service) {
        macro_rules! fields {
            ($($name:ident),*) => { $( self.field(&mut base.$name, over.$name.take()); )* };
        }
        fields!(
            cgroupns_mode,
            cgroup_parent,
            container_name,
            domainname,
            hostname,
            image,
            init,
            ipc,
            isolation,
            mac_address,
            network_mode,
            oom_score_adj,
            pid,
            privileged,
            read_only,
            restart,
            shm_size,
            stdin_open,
            stop_grace_period,
            stop_signal,
            tty,
            user,
            userns_mode,
            working_dir
        );
    }

    /// Commands are replaced, but not by nothing.
    fn words(base: &mut Option<Strings>, over: Option<Strings>) {
        match (base.as_ref(), over) {
            (_, None) => {}
            (Some(earlier), Some(over)) if over.is_empty() && !earlier.is_empty() => {}
            (_, over) => *base = over,
        }
    }

    /// By key; a value that is empty or missing can't override one.
    fn environment(&mut self, base: &mut Environment, over: Environment) {
        let is_empty = |value: &Spanned<Option<String>>| value.value.as_ref().is_none_or(String::is_empty);
        for (key, value) in over {
            match base.get(&key) {
                Some(earlier) if is_empty(&value) && !is_empty(earlier) => {
                    if value.value.is_some() {
                        self.powerless("an empty variable", value.place, earlier.place);
                    }
                }
                _ => {
                    base.insert(key, value);
                }
            }
        }
    }

    /// By target, sorted by it. Like the lists below, an override is taken as it is where there was nothing.
    fn mounts(&mut self, base: &mut Vec<Mount>, over: Vec<Mount>) {
        if base.is_empty() {
            *base = over;
            return;
        }
        self.problems.extend(collapsed(base, |m| text(&m.target), |m| m.place, "target"));
        base.extend(over);
        *base = last_by_key(std::mem::take(base), |mount| text(&mount.target));
    }

    /// By published port and protocol, unpublished ones by target; sorted by published port.
    fn ports(base: &mut Vec<Port>, over: Vec<Port>) {
        if base.is_empty() {
            *base = over;
            return;
        }
        let mut ports: Vec<Port> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for port in base.drain(..).chain(over) {
            let key = port_key(&port);
            match places.get(&key) {
                Some(&at) => ports[at] = port,
                None => {
                    places.insert(key, ports.len());
                    ports.push(port);
                }
            }
        }
        ports.sort_by_key(|port| number(&port.published));
        *base = ports;
    }

    /// By source: docker keeps one reference for each secret or config.
    fn references(&mut self, base: &mut Vec<FileReference>, over: Vec<FileReference>) {
        if base.is_empty() {
            *base = over;
            return;
        }
        self.problems.extend(collapsed(base, |r| text(&r.source), |r| r.place, "source"));
        base.extend(over);
        *base = last_by_key(std::mem::take(base), |reference| text(&reference.source));
    }

    fn networks(&mut self, base: &mut Networks, over: Networks) {
        for (name, over) in over {
            match base.get_mut(&name) {
                None => {
                    base.insert(name, over);
                }
                Some(earlier) => {
                    optional(&mut earlier.value, over.value, |base, over| {
                        base.aliases = over.aliases;
                        self.field(&mut base.ipv4_address, over.ipv4_address);
                        self.field(&mut base.ipv6_address, over.ipv6_address);
                        labels(&mut base.driver_opts, over.driver_opts);
                    });
                }
            }
        }
    }

    /// The same driver, or one side without: options are united. Another driver replaces all.
    fn logging(&mut self, base: &mut Logging, over: Logging) {
        let (earlier, later) = (text(&base.driver), text(&over.driver));
        if !earlier.is_empty() && !later.is_empty() && earlier != later {
            *base = over;
            return;
        }
        self.field(&mut base.driver, over.driver);
        optional(&mut base.options, over.options, labels);
    }

    fn healthcheck(&mut self, base: &mut HealthCheck, over: HealthCheck) {
        if !over.test.is_empty() {
            base.test = over.test;
        }
        self.field(&mut base.timeout, over.timeout);
        self.field(&mut base.interval, over.interval);
        replace(&mut base.retries, over.retries);
        self.field(&mut base.start_period, over.start_period);
        self.field(&mut base.start_interval, over.start_interval);
        self.field(&mut base.disable, over.disable);
    }
}

/// Lists that are appended, duplicates kept.
fn lists(base: &mut Service, over: &mut Service) {
    macro_rules! lists {
        ($($name:ident),*) => { $( base.$name.append(&mut over.$name); )* };
    }
    lists!(
        cap_add,
        cap_drop,
        depends_on,
        devices,
        env_file,
        expose,
        external_links,
        extra_hosts,
        links,
        security_opt,
        tmpfs
    );
    append(&mut base.dns, over.dns.take());
    append(&mut base.dns_search, over.dns_search.take());
}

fn text(field: &Field<String>) -> String {
    field.as_ref().map(|text| text.value.clone()).unwrap_or_default()
}

fn number(field: &Field<u64>) -> u64 {
    field.as_ref().map_or(0, |number| number.value)
}

fn port_key(port: &Port) -> (u64, String, u64) {
    let protocol = text(&port.protocol).to_lowercase();
    let protocol = if protocol.is_empty() { "tcp".to_owned() } else { protocol };
    let published = number(&port.published);
    (published, protocol, if published == 0 { number(&port.target) } else { 0 })
}

/// Field by field: texts and mappings of the override win, lists are appended.
fn build(base: &mut Value, over: Value) {
    let (Value::Object(base), Value::Object(over)) = (base, over) else { return };
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(Value::Array(earlier)), Value::Array(items)) => earlier.extend(items),
            (Some(Value::Object(earlier)), Value::Object(later)) => {
                for (key, value) in later {
                    if !(value.is_null() && earlier.contains_key(&key)) {
                        earlier.insert(key, value);
                    }
                }
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Merges at every depth; gives back the keys that could not be merged.
fn extras(base: &mut Extras, over: Extras) -> Vec<String> {
    let mut odd = Vec::new();
    for (key, value) in over {
        match base.get_mut(&key) {
            Some(earlier) => {
                if !deep(earlier, value) {
                    odd.push(key);
                }
            }
            None => {
                base.insert(key, value);
            }
        }
    }
    odd
}

fn deep(base: &mut Value, over: Value) -> bool {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => deep_map(base, over),
        (Value::Array(base), Value::Array(over)) => {
            base.extend(over);
            true
        }
        (base, Value::Array(_)) if !base.is_null() => false,
        (base, over) => {
            *base = over;
            true
        }
    }
}

fn deep_map(base: &mut Map<String, Value>, over: Map<String, Value>) -> bool {
    let mut fits = true;
    for (key, value) in over {
        match base.get_mut(&key) {
            Some(earlier) => fits &= deep(earlier, value),
            None => {
                base.insert(key, value);
            }
        }
    }
    fits
}
