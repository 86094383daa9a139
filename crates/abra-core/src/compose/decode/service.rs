//! A service.
use super::fields::{boolean, nanos, optional_strings, strings, text};
use super::{Decoder, entries, extras};
use crate::compose::model::{
    CredentialSpec, FileReference, HealthCheck, Labels, Logging, Service, ServiceNetwork, Strings, Ulimit,
};
use crate::compose::short::words;
use crate::finding::Spanned;
use crate::yaml::{Data, Node, Problem};
use std::collections::BTreeMap;

impl Decoder<'_> {
    pub(super) fn service(&mut self, name: &str, node: &Node) -> Service {
        self.warn_of_ignored(name, node);
        let get = |key: &str| node.get(key);
        Service {
            name: name.to_owned(),
            place: node.place,
            build: self.build(get("build")),
            cap_add: strings(get("cap_add")),
            cap_drop: strings(get("cap_drop")),
            cgroupns_mode: text(get("cgroupns_mode")),
            cgroup_parent: text(get("cgroup_parent")),
            command: self.words(get("command")),
            configs: self.file_references(get("configs")),
            container_name: text(get("container_name")),
            credential_spec: get("credential_spec").map(credential_spec),
            depends_on: strings(get("depends_on")),
            deploy: self.deploy(get("deploy")),
            devices: strings(get("devices")),
            dns: optional_strings(get("dns")),
            dns_search: optional_strings(get("dns_search")),
            domainname: text(get("domainname")),
            entrypoint: self.words(get("entrypoint")),
            environment: self.environment(node),
            env_file: strings(get("env_file")),
            expose: strings(get("expose")),
            external_links: strings(get("external_links")),
            extra_hosts: self.hosts(get("extra_hosts")),
            hostname: text(get("hostname")),
            healthcheck: get("healthcheck").map(|node| self.healthcheck(node)),
            image: text(get("image")),
            init: boolean(get("init")),
            ipc: text(get("ipc")),
            isolation: text(get("isolation")),
            labels: self.labels(get("labels")),
            links: strings(get("links")),
            logging: get("logging").map(|node| self.logging(node)),
            mac_address: text(get("mac_address")),
            network_mode: text(get("network_mode")),
            networks: self.service_networks(node),
            oom_score_adj: self.whole(get("oom_score_adj")),
            pid: text(get("pid")),
            ports: self.ports(get("ports")),
            privileged: boolean(get("privileged")),
            read_only: boolean(get("read_only")),
            restart: text(get("restart")),
            secrets: self.file_references(get("secrets")),
            security_opt: strings(get("security_opt")),
            shm_size: text(get("shm_size")),
            stdin_open: boolean(get("stdin_open")),
            stop_grace_period: nanos(get("stop_grace_period")),
            stop_signal: text(get("stop_signal")),
            sysctls: self.labels(get("sysctls")),
            tmpfs: strings(get("tmpfs")),
            tty: boolean(get("tty")),
            ulimits: self.ulimits(node),
            user: text(get("user")),
            userns_mode: text(get("userns_mode")),
            volumes: self.mounts(get("volumes")),
            working_dir: text(get("working_dir")),
            extras: extras(node),
        }
    }

    /// A command: a list as it stands, or text split into words.
    fn words(&mut self, node: Option<&Node>) -> Option<Strings> {
        let node = node?;
        let Data::Text(text) = &node.data else { return Some(strings(Some(node))) };
        match words::split(text) {
            Ok(words) if !self.spend(words.len(), node.place) => None,
            Ok(words) => Some(words.into_iter().map(|word| Spanned::new(word, node.place)).collect()),
            Err(why) => {
                self.report(Problem::blocker(node.place, format!("the command line has {why}")));
                None
            }
        }
    }

    fn file_references(&mut self, node: Option<&Node>) -> Vec<FileReference> {
        let items = node.and_then(Node::as_list).unwrap_or_default();
        items.iter().map(|item| self.file_reference(item)).collect()
    }

    fn file_reference(&mut self, item: &Node) -> FileReference {
        let source = text(Some(item)).or_else(|| text(item.get("source")));
        let mode = item.get("mode");
        if let Some(Data::Int { value, raw }) = mode.map(|node| &node.data)
            && raw.len() == 3
            && raw.bytes().all(|b| (b'0'..b'8').contains(&b))
        {
            let message =
                format!("the mode {raw} is read as a decimal number, which is {value:04o} in octal");
            self.report(Problem::warning(item.place, message).help(format!("write 0{raw}")));
        }
        FileReference {
            place: item.place,
            source,
            target: text(item.get("target")),
            uid: text(item.get("uid")),
            gid: text(item.get("gid")),
            mode: self.whole(mode),
        }
    }

    fn healthcheck(&mut self, node: &Node) -> HealthCheck {
        let mut test = strings(node.get("test"));
        if let Some(node) = node.get("test").filter(|node| node.as_text().is_some()) {
            test.insert(0, Spanned::new("CMD-SHELL".to_owned(), node.place));
        }
        HealthCheck {
            place: node.place,
            test,
            timeout: nanos(node.get("timeout")),
            interval: nanos(node.get("interval")),
            retries: self.whole(node.get("retries")),
            start_period: nanos(node.get("start_period")),
            start_interval: nanos(node.get("start_interval")),
            disable: boolean(node.get("disable")),
            extras: extras(node),
        }
    }

    fn logging(&mut self, node: &Node) -> Logging {
        let options: Option<Labels> = node.get("options").map(|options| self.labels(Some(options)));
        Logging { driver: text(node.get("driver")), options, extras: extras(node) }
    }

    /// "host:address" from a list (`=` or `:` between them) or a mapping (sorted); entries without an address are left
    /// out. Docker mangles addresses that are numbers; here they stay.
    pub(super) fn hosts(&mut self, node: Option<&Node>) -> Strings {
        let Some(node) = node else { return Vec::new() };
        let host = |name: &str, address: &str, place| {
            let bare = address
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .filter(|bare| !bare.is_empty());
            Spanned::new(format!("{name}:{}", bare.unwrap_or(address)), place)
        };
        if node.as_map().is_some() {
            let pairs = self.pairs(Some(node)).into_iter();
            let mut hosts: Strings =
                pairs.filter_map(|(name, address, place)| Some(host(&name, &address?, place))).collect();
            hosts.sort_by(|a, b| a.value.cmp(&b.value));
            return hosts;
        }
        let entries = strings(Some(node)).into_iter();
        entries
            .filter_map(|entry| {
                let (name, address) = entry.value.split_once('=').or_else(|| entry.value.split_once(':'))?;
                Some(host(name, address, entry.place))
            })
            .collect()
    }

    fn service_networks(&mut self, service: &Node) -> BTreeMap<String, Spanned<Option<ServiceNetwork>>> {
        let listed = service.get("networks").and_then(Node::as_list).unwrap_or_default();
        let listed = listed
            .iter()
            .filter_map(|item| Some((item.as_text()?.to_owned(), Spanned::new(None, item.place))));
        let mut networks: BTreeMap<_, _> = listed.collect();
        for (name, node) in entries(service, "networks") {
            let network = node.as_map().map(|_| ServiceNetwork {
                aliases: strings(node.get("aliases")),
                ipv4_address: text(node.get("ipv4_address")),
                ipv6_address: text(node.get("ipv6_address")),
                driver_opts: self.labels(node.get("driver_opts")),
            });
            networks.insert(name.to_owned(), Spanned::new(network, node.place));
        }
        networks
    }

    fn ulimits(&mut self, service: &Node) -> BTreeMap<String, Ulimit> {
        let mut ulimits = BTreeMap::new();
        for (name, node) in entries(service, "ulimits") {
            let ulimit = if node.as_map().is_some() {
                let (soft, hard) = (self.limit(node.get("soft")), self.limit(node.get("hard")));
                soft.zip(hard).map(|(soft, hard)| Ulimit::Pair { soft, hard })
            } else {
                self.limit(Some(node)).map(Ulimit::Single)
            };
            ulimits.extend(ulimit.map(|ulimit| (name.to_owned(), ulimit)));
        }
        ulimits
    }

    fn limit(&mut self, node: Option<&Node>) -> Option<i64> {
        let node = node?;
        if let Data::Float { raw, .. } = &node.data {
            self.report(Problem::blocker(
                node.place,
                format!("a limit must be a whole number, but is {raw}"),
            ));
            return None;
        }
        self.whole(Some(node)).map(|limit| limit.value)
    }
}

fn credential_spec(node: &Node) -> CredentialSpec {
    CredentialSpec {
        config: text(node.get("config")),
        file: text(node.get("file")),
        registry: text(node.get("registry")),
    }
}
