//! `--wait` where nobody is asked: what was agreed to once is not stretched to something else.
use crate::operator::{APP, GOOD, Operator, Running, World};
use std::path::PathBuf;

/// Three releases; Ada has deployed the first, and Bob records the same.
fn deployed() -> (World, Operator) {
    let world = World::new(&[GOOD]);
    world.forge.release("1.1.0+1.1", &[&GOOD.replace("bb:1", "bb:2")]);
    world.forge.release("1.2.0+1.2", &[&GOOD.replace("bb:1", "bb:1, command: sleep 1000")]);
    world.ada.deploy("1.0.0+1.0").is(0, &["recorded 1.0.0+1.0"]);
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    (world, bob)
}

/// Bob's run stops behind its plan while the file is there.
fn held(bob: &Operator, words: &str) -> (Running, PathBuf) {
    bob.start_held(words, "agreed")
}

#[test]
fn after_waiting_nothing_else_is_deployed_than_was_meant_at_first() {
    let (world, bob) = deployed();
    // Bob records nothing, so he means what runs: the same as Ada, until she upgrades.
    let deploy = format!("app deploy -n -D --stable 1s --wait {APP}");
    let (run, file) = held(&bob, &deploy);
    world.ada.deploy("1.1.0+1.1").is(0, &["recorded 1.1.0+1.1"]);
    std::fs::remove_file(&file).unwrap();
    let moved = "after waiting, 1.1.0+1.1 would be deployed and no longer 1.0.0+1.0";
    run.end().is(7, &["looking again", moved, "run it again if that is what you want"]);
    assert_eq!((bob.recorded(), world.images("app")), (None, vec!["bb:2".to_owned()]));
    bob.run(&deploy).is(0, &["recorded 1.1.0+1.1"]);

    // Where the same is meant after all, it is done.
    bob.write_env(&bob.env().replace("we share", "we care"));
    let (run, file) = held(&bob, &deploy);
    world.ada.write_env(&world.ada.env().replace("we share", "we dare"));
    world.ada.deploy("").is(0, &["is deployed and runs"]);
    std::fs::remove_file(&file).unwrap();
    run.end().is(0, &["looking again", "env MOTTO we dare → we care", "1.1.0+1.1 is deployed and runs"]);
}

#[test]
fn many_are_synced_though_one_of_them_must_be_waited_for() {
    let (world, bob) = deployed();
    let other = "other.example.com";
    bob.write_env(&world.ada.env());
    let folder = bob.home().join("abra/servers/default");
    let text = bob.env().replace(APP, other).replace("we share", "we lend");
    std::fs::write(folder.join(format!("{other}.env")), text).unwrap();
    bob.run(&format!("app deploy -n -D --stable 1s {other}")).is(0, &["recorded 1.0.0+1.0"]);
    let path = folder.join(format!("{other}.env"));
    let changed = std::fs::read_to_string(&path).unwrap().replace("we lend", "we borrow");
    std::fs::write(&path, changed).unwrap();

    // Without waiting the one does not hold up the other.
    let sync = "app sync --all --converge -n -D --stable 1s";
    let busy = |version: &str| {
        world.ada.start_held(&format!("app deploy -n -D --stable 1s {APP} {version}"), "watching")
    };
    let (ada, file) = busy("1.1.0+1.1");
    bob.run(sync).is(
        6,
        &[
            &format!("{APP}: ada@"),
            "is at work on this app",
            &format!("{other} default 1.0.0+1.0 1.0.0+1.0 synced"),
        ],
    );
    let mut waiting = bob.start(&format!("{sync} --wait"));
    waiting.says(&format!("{APP}: waiting for ada@"));
    std::fs::remove_file(file).unwrap();
    ada.end().is(0, &["recorded 1.1.0+1.1"]);
    let rows = [
        format!("{APP} default 1.0.0+1.0 1.1.0+1.1 synced"),
        format!("{other} default 1.0.0+1.0 1.0.0+1.0 in sync"),
    ];
    waiting.end().is(0, &[&rows[0], &rows[1]]);
    assert_eq!(world.images("app"), ["bb:1"]);

    // What is recorded meanwhile was not agreed to.
    let (ada, file) = busy("1.1.0+1.1");
    let mut waiting = bob.start(&format!("{sync} --wait"));
    waiting.says(&format!("{APP}: waiting for ada@"));
    bob.write_env(&bob.env().replace("VERSION=1.0.0+1.0", "VERSION=1.2.0+1.2"));
    std::fs::remove_file(file).unwrap();
    ada.end().is(0, &["is deployed and runs"]);
    waiting.end().is(7, &["the record has changed while waiting; look again"]);
    assert_eq!(world.images("app"), ["bb:2"]);
    // Who does not want to wait for ever says so.
    let (mut ada, file) = busy("1.0.0+1.0");
    bob.run(&format!("{sync} --wait=1s")).is(6, &["waiting for ada@"]);
    ada.interrupt();
    ada.says("told to stop");
    std::fs::remove_file(file).unwrap();
    ada.end().is(130, &[]);
}

#[test]
fn that_nothing_is_there_is_not_said_while_somebody_is_bringing_it() {
    let world = World::new(&[GOOD]);
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    let deploy = format!("app deploy -n -D --stable 1s {APP}");
    let (deploying, file) = world.ada.start_held(&deploy, "begun");
    let undeploy = format!("app undeploy -n {APP}");
    bob.run(&format!("{undeploy} --dry-run"))
        .is(0, &["an operation is in progress: ada@", "nothing was changed"]);
    bob.run(&undeploy).is(6, &["ada@", "is at work on this app: deploy 1.0.0+1.0"]);
    let mut removing = bob.start(&format!("{undeploy} --wait"));
    removing.says("waiting for ada@");
    std::fs::remove_file(&file).unwrap();
    deploying.end().is(0, &["recorded 1.0.0+1.0"]);
    removing.end().is(0, &["is gone"]);
    bob.run(&undeploy).is(0, &["is not deployed"]);

    // A name that nothing is reached by is told before anything is done.
    bob.write_env(&bob.env().replace(&format!("DOMAIN={APP}"), "DOMAIN="));
    bob.run(&format!("{deploy} --dry-run")).is(0, &["DOMAIN is empty", ".env:"]);
}
