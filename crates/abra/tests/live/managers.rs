//! A swarm of three managers: what comes and goes among them is not the operator's business, unless it is.
use crate::operator::{APP, Forge, Operator, Output};
use abra_rig::{Proxy, Swarm};
use std::time::{Duration, Instant};

/// Three slots, one on each node; an update takes them one after the other.
const THREE: &str = "app: {image: bb:1, stop_grace_period: 1s, \
    deploy: {replicas: 3, update_config: {monitor: 1s, parallelism: 1}}}";
const THREE_NEW: &str = "app: {image: bb:2, stop_grace_period: 1s, \
    deploy: {replicas: 3, update_config: {monitor: 1s, parallelism: 1}}}";
/// What comes and goes takes a while to be noticed: 14 s for a node, 30 s for a quorum.
const LONG: Duration = Duration::from_secs(150);

struct Managers {
    swarm: Swarm,
    forge: Forge,
}

impl Managers {
    fn new() -> Self {
        let (swarm, forge) = (Swarm::start(3).unwrap(), Forge::new());
        forge.release("1.0.0+1.0", &[THREE]);
        forge.release("1.1.0+1.1", &[THREE_NEW]);
        Self { swarm, forge }
    }

    /// An operator who talks to this node.
    fn operator(&self, name: &str, node: usize) -> Operator {
        Operator::new(&self.forge, self.swarm.nodes[node].address(), true).named(name)
    }

    #[track_caller]
    fn until(&self, what: &str, mut met: impl FnMut(&Swarm) -> bool) {
        let start = Instant::now();
        while !met(&self.swarm) {
            assert!(start.elapsed() < LONG, "never came: {what}");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until these nodes name the same leader. One that was cut off does so only after the election that its own
    /// return brings about.
    #[track_caller]
    fn agreed(&self, nodes: &[usize]) -> usize {
        let mut leader = None;
        self.until("one leader for all", |swarm| {
            let named: Vec<Option<usize>> = nodes.iter().map(|node| swarm.leader(*node)).collect();
            leader = named[0];
            leader.is_some() && named.iter().all(|other| *other == leader)
        });
        leader.unwrap()
    }
}

#[test]
fn the_leading_manager_may_die_in_the_middle_of_an_update() {
    let mut managers = Managers::new();
    let leader = managers.agreed(&[0, 1, 2]);
    let others = [(leader + 1) % 3, (leader + 2) % 3];
    let ada = managers.operator("Ada", others[0]);
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    let mut update = ada.start(&format!("app deploy -n -D --stable 1s --timeout 3m {APP} 1.1.0+1.1"));
    update.says("replacing old tasks");
    managers.swarm.nodes[leader].kill().unwrap();
    update.end().is(0, &["recorded 1.1.0+1.1"]);
    assert!(others.contains(&managers.agreed(&others)), "another one leads");
    let bob = managers.operator("Bob", others[1]);
    bob.run(&format!("app history {APP}")).is(0, &["Ada", "1.1.0+1.1", "succeeded"]);
}

#[test]
fn without_a_majority_nothing_is_decided_and_with_it_the_watching_goes_on() {
    let managers = Managers::new();
    let (ada, bob) = (managers.operator("Ada", 0), managers.operator("Bob", 1));
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    let mut update = ada.start(&format!("app deploy -n -D --stable 1s --timeout 20s {APP} 1.1.0+1.1"));
    update.says("replacing old tasks");
    managers.swarm.cut(1).unwrap();
    managers.swarm.cut(2).unwrap();
    update.end().is(4, &["app watch"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
    // An election would be over soon, so it is asked again for a while; a lost majority stays lost.
    ada.deploy("1.1.0+1.1").is(1, &["no leader at the moment", "more than half of the swarm's managers"]);
    managers.swarm.mend(1).unwrap();
    managers.swarm.mend(2).unwrap();
    managers.agreed(&[0, 1, 2]);
    bob.write_env(&ada.env());
    bob.run(&format!("app watch -n --stable 1s --timeout 2m {APP}")).is(0, &["recorded 1.1.0+1.1"]);
}

#[test]
fn an_operator_whose_manager_is_cut_off_learns_nothing_and_another_one_finishes() {
    let managers = Managers::new();
    let (ada, bob) = (managers.operator("Ada", 2), managers.operator("Bob", 0));
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    bob.write_env(&ada.env());
    let mut update = ada.start(&format!("app deploy -n -D --stable 1s --timeout 20s {APP} 1.1.0+1.1"));
    update.says("replacing old tasks");
    managers.swarm.cut(2).unwrap();
    update.end().is(4, &["app watch"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.0.0+1.0"));
    // The two others are a majority, but the swarm itself waits for the tasks that it gave to the node that is gone.
    managers.until("a leader of the two", |swarm| matches!(swarm.leader(0), Some(0 | 1)));
    managers.agreed(&[0, 1]);
    managers.until("the loss of the node", |swarm| swarm.state(0, 2).as_deref() == Some("down"));
    let watch = format!("app watch -n --stable 1s {APP} --timeout");
    let mut end = bob.run(&format!("{watch} 5s"));
    // Ada could not give her lock back: it is hers until its lease is over.
    for _ in 0..60 {
        if end.code != 6 {
            break;
        }
        end = bob.run(&format!("{watch} 5s"));
    }
    if end.code == 0 {
        // Nothing had been given to that node yet.
        return;
    }
    end.is(4, &["not ready: node3"]);
    managers.swarm.mend(2).unwrap();
    managers.agreed(&[0, 1, 2]);
    bob.run(&format!("{watch} 2m")).is(0, &["recorded 1.1.0+1.1"]);
}

#[test]
fn a_drained_node_is_no_failure() {
    let managers = Managers::new();
    let ada = managers.operator("Ada", 0);
    managers.swarm.set_availability(2, "drain").unwrap();
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    managers.swarm.set_availability(2, "active").unwrap();
    ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    // Draining moves tasks: the content is as recorded, so there is nothing to deploy.
    managers.swarm.set_availability(1, "drain").unwrap();
    ada.deploy("1.1.0+1.1").is(0, &["was deployed already"]);
    assert_eq!(ada.recorded().as_deref(), Some("1.1.0+1.1"));
}

#[test]
fn of_three_operators_at_three_managers_one_acts() {
    let managers = Managers::new();
    let names = ["Ada", "Bob", "Cleo"];
    let operators: Vec<Operator> =
        names.iter().enumerate().map(|(node, name)| managers.operator(name, node)).collect();
    let words = format!("app deploy -n -D --stable 3s {APP} 1.0.0+1.0");
    let runs: Vec<_> = operators.iter().map(|operator| operator.start(&words)).collect();
    let ends: Vec<Output> = runs.into_iter().map(|run| run.end()).collect();
    assert!(ends.iter().all(|end| [0, 6, 7].contains(&end.code)), "{ends:?}");
    assert!(ends.iter().any(|end| end.code == 0), "{ends:?}");
    let history = operators[0].run(&format!("app history -m {APP}")).is(0, &[]).text;
    let entries: serde_json::Value = serde_json::from_str(&history).unwrap();
    assert_eq!(entries.as_array().map(Vec::len), Some(1), "only one acted: {history}");
}

#[test]
fn a_node_drained_in_the_middle_of_an_update_is_no_false_success() {
    let managers = Managers::new();
    let ada = managers.operator("Ada", 0);
    ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    let mut update = ada.start(&format!("app deploy -n -D --stable 1s --timeout 2m {APP} 1.1.0+1.1"));
    update.says("replacing old tasks");
    managers.swarm.set_availability(2, "drain").unwrap();
    let end = update.end();
    // The swarm may count the drained task as a failure of the update and pause it: then a person has to look.
    let recorded = match end.code {
        0 => "1.1.0+1.1",
        3 => "1.0.0+1.0",
        _ => panic!("{end:?}"),
    };
    assert_eq!(ada.recorded().as_deref(), Some(recorded), "{end:?}");
    ada.deploy("1.1.0+1.1").is(0, &[]);
    assert_eq!(ada.recorded().as_deref(), Some("1.1.0+1.1"));
}

#[test]
fn a_manager_whose_clock_is_years_ahead_takes_no_lock_from_anybody_at_work() {
    let managers = Managers::new();
    let (ada, mut bob) = (managers.operator("Ada", 0), managers.operator("Bob", 1));
    let node = &managers.swarm.nodes[1];
    let proxy = Proxy::start(&node.folder().join("proxy.sock"), &node.socket()).unwrap();
    proxy.set_date("Fri, 01 Jan 2100 00:00:00 GMT");
    bob.reach(proxy.address());
    let mut first = ada.start(&format!("app deploy -n -D --stable 5m {APP} 1.0.0+1.0"));
    first.says("must stay up");
    let unsure = "the lock of Ada seems to have run out";
    bob.deploy("1.1.0+1.1").is(6, &[unsure, "Ada (", "is at work on this app: deploy 1.0.0+1.0"]);
    // Of a run that was really cut off nothing is heard meanwhile.
    first.kill();
    bob.run(&format!("app sync --adopt -n --wait {APP}")).is(0, &[unsure, "recorded 1.0.0+1.0"]);
    bob.run(&format!("app history {APP}")).is(0, &["Ada", "1.0.0+1.0", "adopted"]);
}
