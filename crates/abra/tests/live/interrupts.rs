//! Being told to stop, at every place between plan and record: what was done and what was not is said, nothing is left
//! half-done, and a second time it ends at once.
use crate::held::{Held, NEW, OLD, PLACES, Site, site};
use crate::operator::{APP, Forge, GOOD, Operator, World};
use crate::rig::swarm;
use rustix::process::Signal;

const SIGNALS: [Signal; 3] = [Signal::INT, Signal::TERM, Signal::HUP];

/// How a run ends that is told to stop at a place, and what the journal says of it afterwards.
struct End {
    place: &'static str,
    code: i32,
    says: &'static [&'static str],
    word: &'static str,
}

const fn end(place: &'static str, code: i32, says: &'static [&'static str], word: &'static str) -> End {
    End { place, code, says, word }
}

const NOTHING: &[&str] = &["interrupted", "nothing was changed"];
const PART: &[&str] = &["interrupted", "the server is changed by the step before it"];
const GOES_ON: &[&str] =
    &["the watching ends here, the deployment of 1.1.0+1.1 goes on; nothing is recorded"];
/// All that matters is done, and what is left takes a moment.
const DONE: &[&str] = &["1.1.0+1.1 is deployed and runs", "recorded 1.1.0+1.1", "pushed the record"];

const ENDS: &[End] = &[
    end("agreed", 130, NOTHING, "not-begun"),
    end("lock-taken", 130, NOTHING, "not-begun"),
    end("plan-checked", 130, NOTHING, "not-begun"),
    end("intent-written", 130, NOTHING, "not-begun"),
    end("begun", 130, NOTHING, "not-begun"),
    end("applying", 130, PART, "stopped"),
    end("applied", 130, PART, "stopped"),
    end("applying#3", 130, GOES_ON, "interrupted"),
    end("applied#3", 130, GOES_ON, "interrupted"),
    end("sent", 130, GOES_ON, "interrupted"),
    end("watching", 130, GOES_ON, "interrupted"),
    end("watching#3", 130, GOES_ON, "interrupted"),
    end("judged", 0, DONE, "succeeded"),
    end("confirmed", 0, DONE, "succeeded"),
    end("outcome-written", 0, DONE, "succeeded"),
    end("env-written", 0, DONE, "succeeded"),
    end("env-replaced", 0, DONE, "succeeded"),
    end("committed", 0, DONE, "succeeded"),
    end("pushed", 0, DONE, "succeeded"),
    end("lock-freed", 0, DONE, "succeeded"),
];

/// Sites at the same time.
const AT_ONCE: usize = 4;

/// Does something at some places, each with a site of its own.
fn at(names: &[&str], work: impl Fn(&Site, &Held, usize) + Sync) {
    let (rig, forge) = (swarm(), Forge::new());
    let place = |name: &&str| PLACES.iter().position(|place| place.name == *name).unwrap();
    let indexes: Vec<usize> = names.iter().map(place).collect();
    for some in indexes.chunks(AT_ONCE) {
        let sites: Vec<Site> =
            some.iter().map(|index| site(&rig, &forge, rig.address(), PLACES[*index].name)).collect();
        std::thread::scope(|scope| {
            for (site, index) in sites.iter().zip(some) {
                let work = &work;
                scope.spawn(move || {
                    site.deploy_old();
                    work(site, &PLACES[*index], *index);
                });
            }
        });
    }
}

const BEFORE: &[&str] = &["agreed", "lock-taken", "plan-checked", "intent-written", "begun"];
const CHANGING: &[&str] = &["applying", "applied", "applying#3", "applied#3"];
const WATCHING: &[&str] = &["sent", "watching", "watching#3", "judged"];
const WRITING: &[&str] =
    &["confirmed", "outcome-written", "env-written", "env-replaced", "committed", "pushed", "lock-freed"];

#[test]
fn every_place_is_tried() {
    let tried = [BEFORE, CHANGING, WATCHING, WRITING].concat();
    assert_eq!(tried, PLACES.iter().map(|place| place.name).collect::<Vec<_>>());
    assert_eq!(tried, ENDS.iter().map(|end| end.place).collect::<Vec<_>>());
}

#[test]
fn told_to_stop_before_anything_was_changed() {
    at(BEFORE, told_to_stop);
}

#[test]
fn told_to_stop_while_changing() {
    at(CHANGING, told_to_stop);
}

#[test]
fn told_to_stop_while_watching() {
    at(WATCHING, told_to_stop);
}

#[test]
fn told_to_stop_while_writing_it_down() {
    at(WRITING, told_to_stop);
}

fn told_to_stop(site: &Site, place: &Held, index: usize) {
    let end = &ENDS[index];
    let (mut run, hold) = site.upgrade_held_at(place.name);
    run.signal(SIGNALS[index % SIGNALS.len()]);
    run.may_say("told to stop");
    drop(hold);
    let said = run.end();
    assert!(said.code == end.code, "{}: {}, {}", place.name, said.code, said.text);
    said.is(end.code, end.says);
    assert_eq!(site.recorded(), if end.code == 0 { NEW } else { OLD }, "{}", place.name);
    site.is_whole();
    site.bob.run(&format!("app lock status {}", site.app)).is(0, &["the lock is free"]);
    let history = site.json_of_bob(&format!("app history -m {}", site.app));
    assert_eq!(history[0]["outcome"], end.word, "{}: {history}", place.name);
    // Nobody has to wait for anything.
    site.bob.run(&format!("app deploy -n -D --stable 1s {} {NEW}", site.app)).is(0, &["recorded"]);
    site.is_at_rest(NEW);
}

#[test]
fn told_twice_it_ends_at_once_wherever_it_is() {
    let places = ["lock-taken", "applying", "watching", "judged", "env-written", "pushed"];
    at(&places, |site, place, index| {
        let (run, hold) = site.upgrade_held_at(place.name);
        // Two of a kind may count as one.
        run.signal(SIGNALS[index % SIGNALS.len()]);
        run.signal(SIGNALS[(index + 1) % SIGNALS.len()]);
        run.end().is(130, &["stopped at once", "a lock frees itself after a minute", "abra app ps"]);
        assert!(hold.exists(), "it was held all the time");
        site.is_whole();
        assert_eq!(site.recorded(), place.recorded, "{}", place.name);
    });
}

#[test]
fn told_to_stop_while_it_asks_or_waits() {
    let world = World::new(&[GOOD]);
    let bob = Operator::new(&world.forge, world.rig.address(), true).named("Bob");
    // The key itself, on a terminal.
    let mut asked = world.ada.start_on_terminal(&format!("app deploy -D {APP}"));
    asked.says("proceed? [y/N]").press("\u{3}");
    asked.end().is(130, NOTHING);
    for signal in SIGNALS {
        let mut asked = world.ada.start_on_terminal(&format!("app deploy -D {APP}"));
        asked.says("proceed? [y/N]").signal_innermost(signal);
        asked.end().is(130, NOTHING);
    }
    assert_eq!(world.rig.json("/services").unwrap(), serde_json::json!([]));
    let mut first = bob.start(&format!("app deploy -n -D --stable 5m {APP}"));
    first.says("must stay up");
    for signal in SIGNALS {
        let mut waiting = world.ada.start(&format!("app deploy -n -D --wait {APP}"));
        waiting.says("waiting for Bob").signal(signal);
        waiting.end().is(130, NOTHING);
        let mut watching = world.ada.start(&format!("app watch --stable 60s {APP}"));
        watching.says("must stay up").signal(signal);
        watching.end().is(130, &["the watching ends here"]);
    }
    bob.run(&format!("app lock status {APP}")).is(0, &["Bob", "holds the lock"]);
    first.signal(Signal::HUP);
    first.end().is(130, GOES_ON_OLD);
}

const GOES_ON_OLD: &[&str] = &["the deployment of 1.0.0+1.0 goes on; nothing is recorded"];

#[test]
fn nobody_listening_is_no_reason_to_stop() {
    let world = World::new(&[GOOD]);
    let abra = env!("CARGO_BIN_EXE_abra");
    let stable = "-n -D --stable 1s";
    for (index, words) in [
        format!("app deploy {stable} {APP}"),
        format!("app deploy -m {stable} {APP}"),
        format!("app deploy -d {stable} {APP}"),
        "app ls -S".to_owned(),
        "app ls -S -m".to_owned(),
        format!("app ps {APP}"),
        format!("app history {APP}"),
        format!("app history -m {APP}"),
        format!("app watch --stable 1s {APP}"),
        "config show".to_owned(),
        "--help".to_owned(),
        format!("app undeploy -n {APP}"),
    ]
    .iter()
    .enumerate()
    {
        if index < 3 {
            world.ada.write_env(crate::operator::ENV);
        }
        for closed in ["2>&1 | head -n 1", "| true", "2>&1 | true", ">&- 2>&-", "2>&-"] {
            let script = format!("{abra} {words} {closed}; exit ${{PIPESTATUS[0]}}");
            let output = world.ada.command("bash").args(["-c", &script]).output().unwrap();
            let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert_eq!(output.status.code(), Some(0), "{words} {closed}: {said}");
            assert!(!said.contains("panicked"), "{words} {closed}: {said}");
            if index < 3 {
                assert_eq!(world.ada.recorded().as_deref(), Some(OLD), "{words} {closed}");
            }
        }
    }
}
