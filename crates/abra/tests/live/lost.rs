//! Every write of a deployment, an update and a removal whose answer is lost although the engine did it, one after the other,
//! through the whole program: it goes on as if nothing had happened, nothing is done twice, and nobody has to clean up.
use crate::operator::{APP, GOOD, Operator, Output, World};
use abra_rig::{Fault, Proxy};

/// More writes than any of these commands has.
const MOST: usize = 40;

/// An app on a link that loses answers, and an operator whose link does not.
struct Lossy {
    world: World,
    proxy: Proxy,
    sure: Operator,
}

impl Lossy {
    fn new() -> Self {
        let mut world = World::new(&[GOOD]);
        world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
        let proxy = Proxy::start(&world.rig.folder().join("proxy.sock"), &world.rig.socket()).unwrap();
        world.ada.reach(proxy.address());
        let sure = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
        Self { world, proxy, sure }
    }

    /// Runs a command again and again, each time from the same state, and with the answer to another write lost; sees what
    /// it says and what it leaves. Gives back how many writes there were.
    #[track_caller]
    fn loses_each(
        &self,
        method: &str,
        words: &str,
        prepare: impl Fn(&Self),
        judge: impl Fn(&Self, &Output),
    ) -> usize {
        for number in 0..MOST {
            prepare(self);
            self.proxy.break_later(method, "", number, Fault::AnswerLost);
            let end = self.world.ada.run(words);
            if !self.proxy.is_done() {
                assert_eq!(end.code, 0, "nothing was lost: {end:?}");
                return number;
            }
            assert_eq!(end.code, 0, "write {number}: {end:?}");
            judge(self, &end);
            self.sure.run(&format!("app lock status {APP}")).is(0, &["the lock is free"]);
            self.numbers_have_no_gap();
        }
        panic!("{words}: more than {MOST} writes");
    }

    fn deploy(&self, version: &str) {
        let env = self.world.ada.env();
        self.sure.write_env(&env);
        self.sure.run(&format!("app deploy -n -D --stable 0s {APP} {version}")).is(0, &[]);
        self.world.ada.write_env(&self.sure.env());
    }

    /// What a deployment says is so.
    fn is_settled(&self, end: &Output, version: &str) {
        assert_eq!(self.world.ada.recorded().as_deref(), Some(version), "{end:?}");
        let history = self.sure.json(&format!("app history -m {APP}"));
        assert_eq!(
            (&history[0]["to"], &history[0]["outcome"]),
            (&version.into(), &"succeeded".into()),
            "{history}"
        );
        assert_eq!(self.world.images("app").len(), 1);
    }

    fn numbers_have_no_gap(&self) {
        let history = self.sure.json(&format!("app history -m {APP}"));
        let numbers: Vec<u64> =
            history.as_array().unwrap().iter().map(|entry| entry["seq"].as_u64().unwrap()).collect();
        assert!(numbers.windows(2).all(|pair| pair[0] == pair[1] + 1), "{numbers:?}");
    }
}

#[test]
fn every_answer_to_an_update_is_lost_once() {
    let lossy = Lossy::new();
    let words = format!("app deploy -n -D --stable 0s {APP} 1.1.0+1.1");
    let writes = lossy.loses_each(
        "POST",
        &words,
        |lossy| lossy.deploy("1.0.0+1.0"),
        |lossy, end| lossy.is_settled(end, "1.1.0+1.1"),
    );
    assert!(writes >= 7, "lock, intent, begin, service, stage, outcome, lock: {writes}");
}

#[test]
fn every_answer_to_a_first_deployment_is_lost_once() {
    let lossy = Lossy::new();
    let blank = lossy.world.ada.env();
    let words = format!("app deploy -n -D --stable 0s {APP} 1.0.0+1.0");
    let writes = lossy.loses_each(
        "POST",
        &words,
        |lossy| {
            lossy.sure.run(&format!("app undeploy -n {APP}")).is(0, &[]);
            lossy.world.ada.write_env(&blank);
        },
        |lossy, end| lossy.is_settled(end, "1.0.0+1.0"),
    );
    assert!(writes >= 8, "a network more: {writes}");
}

#[test]
fn every_answer_to_a_removal_is_lost_once() {
    let lossy = Lossy::new();
    for method in ["POST", "DELETE"] {
        let writes = lossy.loses_each(
            method,
            &format!("app undeploy -n {APP}"),
            |lossy| lossy.deploy("1.0.0+1.0"),
            |lossy, end| {
                let listed = lossy.sure.json("app ls -S -m");
                assert_eq!(listed[0]["status"], "undeployed", "{end:?}: {listed}");
            },
        );
        assert!(writes >= 2, "{method}: {writes}");
    }
}
