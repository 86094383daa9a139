//! The keys of compose 3.0 to 3.13, as docker's published schemas have them.
use super::shape::{Key, Names, Object, Others, Shape, Unique};
use Shape::{
    Bool, Choice, Dict, Duration, Either, List, Natural, Null, Number, Port, Since, Text, TextOrNumber,
    Value, Whole,
};

const fn key(name: &'static str, shape: Shape) -> Key {
    Key { name, since: 0, shape }
}

const fn since(name: &'static str, since: u8, shape: Shape) -> Key {
    Key { name, since, shape }
}

const fn closed(keys: &'static [Key]) -> Object {
    Object { keys, others: Others::Refused, required: &[] }
}

const fn open(keys: &'static [Key]) -> Object {
    Object { keys, others: Others::Ignored, required: &[] }
}

const fn extensible(keys: &'static [Key], since: u8) -> Object {
    Object { keys, others: Others::Extensions(since), required: &[] }
}

const TEXTS: Shape = List(&Text, Unique::No);
const SET: Shape = List(&Text, Unique::Yes);
const TEXT_OR_SET: Shape = Either(&[Text, SET]);
const TEXT_OR_TEXTS: Shape = Either(&[Text, TEXTS]);
const LIST_OR_DICT: Shape = Either(&[Dict(&Value, Names::NotEmpty), SET]);
const OPTIONS: Shape = Dict(&TextOrNumber, Names::Any);
const ORDER: Shape = Choice(&["start-first", "stop-first"]);

/// A whole document.
pub(super) static DOCUMENT: Shape = Shape::Object(&extensible(
    &[
        key("version", Text),
        key("services", Dict(&Shape::Object(&SERVICE), Names::Object)),
        key("networks", Dict(&Either(&[Shape::Object(&NETWORK), Null]), Names::Any)),
        key("volumes", Dict(&Either(&[Shape::Object(&VOLUME), Null]), Names::Object)),
        since("secrets", 1, Dict(&Shape::Object(&SECRET), Names::Object)),
        since("configs", 3, Dict(&Shape::Object(&CONFIG), Names::Object)),
    ],
    4,
));

pub(super) static SERVICE: Object = extensible(
    &[
        key("build", Either(&[Text, Shape::Object(&BUILD)])),
        key("cap_add", SET),
        key("cap_drop", SET),
        since("cgroupns_mode", 9, Text),
        key("cgroup_parent", Text),
        key("command", TEXT_OR_TEXTS),
        since("configs", 3, List(&FILE_REFERENCE, Unique::No)),
        key("container_name", Text),
        since("credential_spec", 3, Shape::Object(&CREDENTIAL_SPEC)),
        key("depends_on", SET),
        key("deploy", Either(&[Shape::Object(&DEPLOY), Null])),
        key("devices", SET),
        key("dns", TEXT_OR_SET),
        key("dns_search", TEXT_OR_SET),
        key("domainname", Text),
        key("entrypoint", TEXT_OR_TEXTS),
        key("env_file", TEXT_OR_SET),
        key("environment", LIST_OR_DICT),
        key("expose", List(&TextOrNumber, Unique::Yes)),
        key("external_links", SET),
        key("extra_hosts", LIST_OR_DICT),
        key("healthcheck", Shape::Object(&HEALTHCHECK)),
        key("hostname", Text),
        key("image", Text),
        since("init", 7, Bool),
        key("ipc", Text),
        since("isolation", 5, Text),
        key("labels", LIST_OR_DICT),
        key("links", SET),
        key("logging", Shape::Object(&LOGGING)),
        key("mac_address", Text),
        key("network_mode", Text),
        key(
            "networks",
            Either(&[Dict(&Either(&[Shape::Object(&SERVICE_NETWORK), Null]), Names::Object), SET]),
        ),
        since("oom_score_adj", 13, Whole),
        key("pid", Either(&[Text, Null])),
        key("ports", List(&Since(2, &Port, &Either(&[Port, Shape::Object(&PORT)])), Unique::Yes)),
        key("privileged", Bool),
        key("read_only", Bool),
        key("restart", Text),
        since("secrets", 1, List(&FILE_REFERENCE, Unique::No)),
        key("security_opt", SET),
        key("shm_size", Text),
        key("stdin_open", Bool),
        key("stop_grace_period", Duration),
        key("stop_signal", Text),
        key("sysctls", LIST_OR_DICT),
        key("tmpfs", TEXT_OR_SET),
        key("tty", Bool),
        key("ulimits", Dict(&Either(&[Whole, Shape::Object(&ULIMIT)]), Names::Limits)),
        key("user", Text),
        key("userns_mode", Text),
        key("volumes", Since(2, &SET, &List(&Either(&[Text, Shape::Object(&MOUNT)]), Unique::No))),
        key("working_dir", Text),
    ],
    7,
);

static BUILD: Object = Object {
    keys: &[
        key("context", Text),
        key("dockerfile", Text),
        key("args", LIST_OR_DICT),
        since("labels", 3, LIST_OR_DICT),
        since("cache_from", 2, SET),
        since("network", 4, Text),
        since("target", 4, Text),
        since("shm_size", 5, Either(&[Whole, Text])),
        since("extra_hosts", 9, LIST_OR_DICT),
    ],
    others: Others::IgnoredSince(11),
    required: &[],
};

const FILE_REFERENCE: Shape = Either(&[Text, Shape::Object(&FILE_REFERENCE_LONG)]);

static FILE_REFERENCE_LONG: Object = open(&[
    key("source", Text),
    key("target", Text),
    key("uid", Text),
    key("gid", Text),
    key("mode", Number),
]);

static CREDENTIAL_SPEC: Object =
    closed(&[since("config", 8, Text), key("file", Text), key("registry", Text)]);

static HEALTHCHECK: Object = closed(&[
    key("disable", Bool),
    key("interval", Duration),
    key("retries", Number),
    key("test", TEXT_OR_TEXTS),
    key("timeout", Duration),
    since("start_period", 4, Duration),
    since("start_interval", 12, Duration),
]);

static LOGGING: Object = closed(&[key("driver", Text), key("options", Dict(&Value, Names::Any))]);

static SERVICE_NETWORK: Object = closed(&[
    key("aliases", SET),
    since("driver_opts", 13, OPTIONS),
    key("ipv4_address", Text),
    key("ipv6_address", Text),
]);

static PORT: Object =
    closed(&[key("mode", Text), key("target", Whole), key("published", Whole), key("protocol", Text)]);

static ULIMIT: Object = ulimit(Others::Refused);

/// A limit whose name has not only small letters.
pub(super) static ODD_ULIMIT: Shape = Either(&[Whole, Shape::Object(&ulimit(Others::Ignored))]);

const fn ulimit(others: Others) -> Object {
    const KEYS: &[Key] = &[key("hard", Whole), key("soft", Whole)];
    Object { keys: KEYS, others, required: &["soft", "hard"] }
}

static MOUNT: Object = Object {
    keys: &[
        key("type", Text),
        key("source", Text),
        key("target", Text),
        key("read_only", Bool),
        key("consistency", Text),
        key("bind", Shape::Object(&open(&[key("propagation", Text)]))),
        key("volume", Shape::Object(&open(&[key("nocopy", Bool), key("subpath", Either(&[Text, Null]))]))),
        since("tmpfs", 6, Shape::Object(&open(&[key("size", Natural)]))),
    ],
    others: Others::Refused,
    required: &["type"],
};

pub(super) static DEPLOY: Object = closed(&[
    key("mode", Text),
    since("endpoint_mode", 2, Text),
    key("replicas", Whole),
    key("labels", LIST_OR_DICT),
    since("rollback_config", 7, Shape::Object(&UPDATE_CONFIG)),
    key("update_config", Shape::Object(&UPDATE_CONFIG)),
    key(
        "resources",
        Shape::Object(&closed(&[
            key(
                "limits",
                Shape::Object(&closed(&[key("cpus", Text), key("memory", Text), since("pids", 9, Whole)])),
            ),
            key(
                "reservations",
                Shape::Object(&closed(&[
                    key("cpus", Text),
                    key("memory", Text),
                    since("generic_resources", 5, List(&Shape::Object(&GENERIC_RESOURCE), Unique::No)),
                ])),
            ),
        ])),
    ),
    key(
        "restart_policy",
        Shape::Object(&closed(&[
            key("condition", Text),
            key("delay", Duration),
            key("max_attempts", Whole),
            key("window", Duration),
        ])),
    ),
    key(
        "placement",
        Shape::Object(&closed(&[
            key("constraints", TEXTS),
            since("preferences", 3, List(&Shape::Object(&closed(&[key("spread", Text)])), Unique::No)),
            since("max_replicas_per_node", 8, Whole),
        ])),
    ),
]);

static UPDATE_CONFIG: Object = closed(&[
    key("parallelism", Whole),
    key("delay", Duration),
    key("failure_action", Text),
    key("monitor", Duration),
    key("max_failure_ratio", Number),
    since("order", 4, ORDER),
]);

static GENERIC_RESOURCE: Object = closed(&[key(
    "discrete_resource_spec",
    Shape::Object(&closed(&[key("kind", Text), key("value", Number)])),
)]);

const EXTERNAL_CLOSED: Shape = Either(&[Bool, Shape::Object(&closed(&[key("name", Text)]))]);
const EXTERNAL_OPEN: Shape = Either(&[Bool, Shape::Object(&open(&[key("name", Text)]))]);

static NETWORK: Object = extensible(
    &[
        since("name", 5, Text),
        key("driver", Text),
        key("driver_opts", OPTIONS),
        key(
            "ipam",
            Shape::Object(&closed(&[
                key("driver", Text),
                key("config", List(&Shape::Object(&closed(&[key("subnet", Text)])), Unique::No)),
            ])),
        ),
        key("external", EXTERNAL_CLOSED),
        key("internal", Bool),
        since("attachable", 2, Bool),
        key("labels", LIST_OR_DICT),
    ],
    7,
);

static VOLUME: Object = extensible(
    &[
        since("name", 4, Text),
        key("driver", Text),
        key("driver_opts", OPTIONS),
        key("external", EXTERNAL_CLOSED),
        key("labels", LIST_OR_DICT),
        since(
            "x-cluster-spec",
            7,
            Since(10, &Either(&[Shape::Object(&CLUSTER_SPEC), Null]), &Shape::Object(&CLUSTER_SPEC)),
        ),
    ],
    7,
);

static CLUSTER_SPEC: Object = open(&[
    key("group", Text),
    key(
        "access_mode",
        Shape::Object(&open(&[
            key("scope", Text),
            key("sharing", Text),
            key("block_volume", Shape::Object(&open(&[]))),
            key("mount_volume", Shape::Object(&open(&[key("fs_type", Text), key("mount_flags", TEXTS)]))),
        ])),
    ),
    key(
        "accessibility_requirements",
        Shape::Object(&open(&[key("requisite", TOPOLOGIES), key("preferred", TOPOLOGIES)])),
    ),
    key("capacity_range", Shape::Object(&open(&[key("required_bytes", Text), key("limit_bytes", Text)]))),
    key("secrets", List(&Shape::Object(&open(&[key("key", Text), key("secret", Text)])), Unique::No)),
    key("availability", Text),
]);

const TOPOLOGIES: Shape = List(&Shape::Object(&open(&[key("segments", LIST_OR_DICT)])), Unique::No);

static SECRET: Object = extensible(
    &[
        since("name", 5, Text),
        key("file", Text),
        key("external", EXTERNAL_OPEN),
        key("labels", LIST_OR_DICT),
        since("driver", 8, Text),
        since("driver_opts", 8, OPTIONS),
        since("template_driver", 8, Text),
    ],
    7,
);

static CONFIG: Object = extensible(
    &[
        since("name", 5, Text),
        key("file", Text),
        key("external", EXTERNAL_OPEN),
        key("labels", LIST_OR_DICT),
        since("template_driver", 8, Text),
    ],
    7,
);
