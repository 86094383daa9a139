//! The cases: what is deployed, over what, and what it must come to.

/// A deployment and its verdict.
#[derive(Clone, Copy)]
pub(super) struct Case {
    /// The situation, as the table in the docs names it.
    pub(super) what: &'static str,
    /// The service that runs before; empty: a first deployment.
    pub(super) before: &'static str,
    /// The service that is deployed.
    pub(super) service: &'static str,
    /// How the command ends.
    pub(super) exit: i32,
    /// What it says of the reason.
    pub(super) says: &'static str,
}

const fn first(what: &'static str, service: &'static str, exit: i32, says: &'static str) -> Case {
    Case { what, before: "", service, exit, says }
}

const fn update(what: &'static str, service: &'static str, exit: i32, says: &'static str) -> Case {
    Case { what, before: TWO, service, exit, says }
}

/// Two slots that run, and stop at once when told.
const TWO: &str = "app: {image: bb:1, stop_grace_period: 1s, deploy: {replicas: 2}}";

/// All of them, in the order of the table. The swarm counts only what fails within the monitor time, and notes that late when
/// it is busy: where it is to act, that time is long.
pub(super) const CASES: &[Case] = &[
    first("runs", TWO, 0, "is deployed and runs"),
    first("image missing", "app: {image: 'nosuch/img:1'}", 3, "No such image: nosuch/img:1"),
    first("crash loop", "app: {image: bb:1, command: 'false'}", 3, "it keeps failing"),
    first(
        "crash loop, at most three restarts",
        "app: {image: bb:1, command: 'false', deploy: {restart_policy: {condition: on-failure, delay: 1s, max_attempts: 3}}}",
        3,
        "it keeps failing",
    ),
    first(
        "crashes, not restarted",
        "app: {image: bb:1, command: 'false', deploy: {restart_policy: {condition: none}}}",
        3,
        "it ended and will not be restarted",
    ),
    first(
        "crashes, at most one restart",
        "app: {image: bb:1, command: 'false', deploy: {restart_policy: {condition: any, delay: 1s, max_attempts: 1}}}",
        3,
        "it ended and will not be restarted",
    ),
    first(
        "exits with 0, restarted on failure only",
        "app: {image: bb:1, command: 'true', deploy: {restart_policy: {condition: on-failure}}}",
        3,
        "it exited with code 0 and will not be restarted",
    ),
    first("exits with 0 again and again", "app: {image: bb:1, command: 'true'}", 3, "it keeps failing"),
    first("dies after 1 s, again and again", "app: {image: bb:1, command: sleep 1}", 3, "it keeps failing"),
    first("dies once, 20 s after its start", "app: {image: bb:1, command: sleep 20}", 0, "stable for"),
    first(
        "fails once, then runs",
        "app: {image: bb:1, command: [sh, -c, 'test -e /d/x || { touch /d/x; exit 1; }; exec sleep 1000'], \
         volumes: ['kept:/d']}\nvolumes: {kept: {}}",
        0,
        "runs, after 1 failed attempt",
    ),
    first("command not found", "app: {image: bb:1, command: /nope}", 3, "trying again can't help"),
    first("user does not exist", "app: {image: bb:1, user: nosuchuser}", 3, "unable to find user nosuchuser"),
    first(
        "bind source missing",
        "app: {image: bb:1, volumes: ['/nope/nope:/d']}",
        3,
        "bind source path does not exist: /nope/nope",
    ),
    first(
        "never healthy",
        "app: {image: bb:1, command: sleep 1000, stop_grace_period: 1s, healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 2}}",
        3,
        "unhealthy container",
    ),
    first(
        "healthy after 8 s of a start period of 30 s",
        "app: {image: bb:1, command: [sh, -c, sleep 8; touch /tmp/ok; exec sleep 1000], \
         healthcheck: {test: [CMD, test, -e, /tmp/ok], interval: 1s, retries: 1, start_period: 30s}}",
        0,
        "is deployed and runs",
    ),
    first(
        "never healthy, with a start period of 10 s",
        "app: {image: bb:1, command: sleep 1000, stop_grace_period: 1s, deploy: {restart_policy: {condition: none}}, \
         healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 1, start_period: 10s}}",
        3,
        "unhealthy container",
    ),
    first(
        "healthy, but the first probe comes after 20 s",
        "app: {image: bb:1, healthcheck: {test: [CMD, 'true'], interval: 20s}}",
        0,
        "is deployed and runs",
    ),
    first(
        "a constraint that no node meets",
        "app: {image: bb:1, deploy: {placement: {constraints: [node.labels.disk == ssd]}}}",
        3,
        "scheduling constraints not satisfied",
    ),
    first(
        "more memory than any node has",
        "app: {image: bb:1, deploy: {resources: {reservations: {memory: 100000g}}}}",
        3,
        "insufficient resources",
    ),
    first(
        "external network missing",
        "app: {image: bb:1, networks: [x]}\nnetworks: {x: {external: true, name: nosuch}}",
        1,
        "nosuch",
    ),
    first(
        "external secret missing",
        "app: {image: bb:1, secrets: [x]}\nsecrets: {x: {external: true, name: nosuch}}",
        1,
        "nosuch",
    ),
    first(
        "two slots want the same port of one node",
        "app: {image: bb:1, ports: [{target: 80, published: 18080, mode: host}], deploy: {replicas: 2}}",
        3,
        "host-mode port already in use",
    ),
    first("no slot wanted", "app: {image: bb:1, deploy: {replicas: 0}}", 0, "is deployed and runs"),
    first("global", "app: {image: bb:1, deploy: {mode: global}}", 0, "is deployed and runs"),
    first(
        "global, no node qualifies",
        "app: {image: bb:1, deploy: {mode: global, placement: {constraints: [node.labels.disk == ssd]}}}",
        0,
        "runs nowhere, no node qualifies",
    ),
    first(
        "global, crashes, not restarted",
        "app: {image: bb:1, command: 'false', deploy: {mode: global, restart_policy: {condition: none}}}",
        3,
        "it ended and will not be restarted",
    ),
    first(
        "a job that completes",
        "app: {image: bb:1, command: 'true', deploy: {mode: replicated-job, restart_policy: {condition: none}}}",
        0,
        "is deployed and runs",
    ),
    first(
        "a job that fails",
        "app: {image: bb:1, command: 'false', deploy: {mode: replicated-job, restart_policy: {condition: none}}}",
        3,
        "the job ended with 0 of 1 tasks complete",
    ),
    update("a release with the same content", TWO, 0, "is deployed and runs"),
    update(
        "update, stop first",
        "app: {image: bb:2, stop_grace_period: 1s, deploy: {replicas: 2}}",
        0,
        "is deployed and runs",
    ),
    update(
        "update, start first",
        "app: {image: bb:2, stop_grace_period: 1s, deploy: {replicas: 2, update_config: {order: start-first}}}",
        0,
        "is deployed and runs",
    ),
    update(
        "more slots",
        "app: {image: bb:1, stop_grace_period: 1s, deploy: {replicas: 3}}",
        0,
        "is deployed and runs",
    ),
    update(
        "no slot any more",
        "app: {image: bb:1, stop_grace_period: 1s, deploy: {replicas: 0}}",
        0,
        "is deployed and runs",
    ),
    update(
        "a bad update, pausing (as without failure_action)",
        "app: {image: bb:2, command: 'false', stop_grace_period: 1s, deploy: {replicas: 2, update_config: {monitor: 30s}}}",
        3,
        "the swarm stopped the update half-way",
    ),
    update(
        "a bad update, rolling back",
        "app: {image: bb:2, command: 'false', stop_grace_period: 1s, deploy: {replicas: 2, update_config: {failure_action: rollback, monitor: 30s}}}",
        5,
        "the old version runs",
    ),
    update(
        "a bad update, going on",
        "app: {image: bb:2, command: 'false', stop_grace_period: 1s, deploy: {replicas: 2, update_config: {failure_action: continue}}}",
        3,
        "non-zero exit (1)",
    ),
    update(
        "an update to a missing image",
        "app: {image: 'nosuch/img:2', stop_grace_period: 1s, deploy: {replicas: 2}}",
        3,
        "No such image: nosuch/img:2",
    ),
    update(
        "an update that no node takes, rolling back",
        "app: {image: bb:2, stop_grace_period: 1s, deploy: {replicas: 2, update_config: {failure_action: rollback}, \
         placement: {constraints: [node.labels.disk == ssd]}}}",
        3,
        "no suitable node",
    ),
    update(
        "an update that never gets healthy, rolling back",
        "app: {image: bb:2, command: sleep 1000, stop_grace_period: 1s, healthcheck: {test: [CMD, 'false'], interval: 1s, retries: 1}, \
         deploy: {replicas: 2, update_config: {failure_action: rollback}}}",
        5,
        "the old version runs",
    ),
    update(
        "an update that dies 20 s after its start",
        "app: {image: bb:2, command: sleep 20, stop_grace_period: 1s, deploy: {replicas: 1}}",
        0,
        "stable for",
    ),
    update(
        "an update that dies 2 s after its start, monitored for 1 s",
        "app: {image: bb:2, command: sleep 2, stop_grace_period: 1s, deploy: {update_config: {monitor: 1s}, restart_policy: {delay: 1s}}}",
        3,
        "it keeps failing",
    ),
    update(
        "a bad update, start first",
        "app: {image: bb:2, command: 'false', stop_grace_period: 1s, deploy: {replicas: 2, update_config: {order: start-first, monitor: 30s}}}",
        3,
        "the swarm stopped the update half-way",
    ),
    update(
        "start first with a port of the node",
        "app: {image: bb:2, stop_grace_period: 1s, ports: [{target: 80, published: 18081, mode: host}], \
         deploy: {replicas: 2, update_config: {order: start-first}}}",
        3,
        "host-mode port already in use",
    ),
    // One slot after the other, and each fails once: a fourth failure would be a crash loop before the swarm acts.
    Case {
        what: "four slots, more than half may fail",
        before: "app: {image: bb:1, stop_grace_period: 1s, deploy: {replicas: 4}}",
        service: "app: {image: bb:2, command: 'false', stop_grace_period: 1s, deploy: {replicas: 4, \
                  restart_policy: {delay: 90s}, \
                  update_config: {failure_action: rollback, max_failure_ratio: 0.6, monitor: 30s}}}",
        exit: 5,
        says: "the old version runs",
    },
    Case {
        what: "rolled back onto a version that is bad itself",
        // Going back that pauses when it sees the old version fail would be another story.
        before: "app: {image: bb:1, command: 'false', stop_grace_period: 1s, \
                 deploy: {replicas: 1, rollback_config: {failure_action: continue}}}",
        service: "app: {image: bb:2, command: sh -c 'exit 2', stop_grace_period: 1s, deploy: {replicas: 1, \
                  update_config: {failure_action: rollback, monitor: 30s}, rollback_config: {failure_action: continue}}}",
        exit: 5,
        says: "the swarm went back to the old version",
    },
    Case {
        what: "a config's content changed under the same name",
        before: "app: {image: bb:1, configs: [c]}\nconfigs: {c: {file: ./one}}",
        service: "app: {image: bb:1, configs: [c]}\nconfigs: {c: {file: ./two}}",
        exit: 1,
        says: "config",
    },
];
