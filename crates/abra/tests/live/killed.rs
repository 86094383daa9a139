//! A run that is cut off at every place between plan and record: killed, its engine killed, its link cut. Whatever it was,
//! the env file is the old one or the new one, the next operator is told, and gets on.
use crate::held::{AFTERWARDS, Held, NEW, OLD, PLACES, Sent, Site, site};
use crate::operator::{Forge, Running};
use crate::rig::swarm;
use abra::hold::Place;
use abra_rig::{Engine, Proxy};
use std::collections::BTreeSet;
use std::time::Duration;
use tempfile::TempPath;

/// Runs that are killed at the same time; each has an app of its own.
const AT_ONCE: usize = 4;
/// How long an engine or a link is away.
const AWAY: Duration = Duration::from_secs(2);

#[test]
fn every_place_is_tried() {
    let tried: Vec<&str> =
        PLACES.iter().chain(AFTERWARDS).map(|place| place.name.split('#').next().unwrap()).collect();
    let all: Vec<&str> = Place::ALL.iter().map(|place| place.name()).collect();
    assert_eq!(BTreeSet::from_iter(&tried), BTreeSet::from_iter(&all));
}

#[test]
fn killed_before_anything_was_changed() {
    kill_at(|place| place.sent == Sent::Nothing);
}

#[test]
fn killed_while_changing() {
    kill_at(|place| matches!(place.sent, Sent::Part));
}

#[test]
fn killed_while_watching() {
    kill_at(|place| matches!(place.sent, Sent::All) && place.stage != "recording");
}

#[test]
fn killed_while_writing_it_down() {
    kill_at(|place| place.sent == Sent::All && matches!(place.stage, "recording" | ""));
}

/// Kills a run at each of some places, and sees what its operator and another one are left with.
#[track_caller]
fn kill_at(which: fn(&Held) -> bool) {
    let (rig, forge) = (swarm(), Forge::new());
    let places: Vec<&Held> = PLACES.iter().filter(|place| which(place)).collect();
    assert!(places.len() >= 2, "{}", places.len());
    for some in places.chunks(AT_ONCE) {
        // Only the first of them publishes.
        let sites: Vec<Site> =
            some.iter().map(|place| site(&rig, &forge, rig.address(), place.name)).collect();
        std::thread::scope(|scope| {
            for (site, place) in sites.iter().zip(some) {
                let rig = &rig;
                scope.spawn(move || killed(rig, site, place));
            }
        });
    }
}

#[test]
fn killed_at_commands_after_the_deployment() {
    let (rig, forge) = (swarm(), Forge::new());
    let at = |place: &str| site(&rig, &forge, rig.address(), place).with_commands();
    let sites: Vec<Site> = AFTERWARDS.iter().map(|place| at(place.name)).collect();
    let mut slow = at("slow");
    std::thread::scope(|scope| {
        for (site, place) in sites.iter().zip(AFTERWARDS) {
            let rig = &rig;
            scope.spawn(move || killed(rig, site, place));
        }
        scope.spawn(|| {
            slow.deploy_old();
            slow.slow_down();
            let mut run = slow.upgrade();
            run.says("begun");
            run.kill();
            left(&rig, &slow, AFTERWARDS.last().unwrap());
        });
    });
}

fn killed(rig: &Engine, site: &Site, place: &Held) {
    site.deploy_old();
    let (run, hold) = site.upgrade_held_at(place.name);
    run.kill();
    drop(hold);
    left(rig, site, place);
}

/// What a run leaves that was cut off at a place.
fn left(rig: &Engine, site: &Site, place: &Held) {
    site.has(place);
    site.busy_for_bob(place);
    site.expire(rig);
    site.told_to_bob(place);
    site.bob_goes_on(place);
    site.ada_goes_on();
}

/// A run that is held, and the file that holds it.
type HeldRun = (Site, Running, TempPath);

/// Runs that are all held, each at its place, on one engine.
fn held_at(places: &'static [Held], rig: &Engine, forge: &Forge, address: &str) -> Vec<HeldRun> {
    let sites: Vec<Site> =
        places.iter().map(|place| site(rig, forge, address.to_owned(), place.name)).collect();
    for some in sites.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for site in some {
                scope.spawn(|| site.deploy_old());
            }
        });
    }
    let held = |(site, place): (Site, &Held)| {
        let (run, hold) = site.upgrade_held_at(place.name);
        (site, run, hold)
    };
    sites.into_iter().zip(places).map(held).collect()
}

/// Lets all of them go on.
fn let_go(held: &[HeldRun]) {
    held.iter().for_each(|(_, _, hold)| std::fs::remove_file(hold).unwrap());
}

/// After the disturbance: what a run says is what is so, and everybody can go on.
fn all_goes_on(rig: &Engine, held: Vec<HeldRun>) {
    let ended: Vec<(Site, i32, String)> = held
        .into_iter()
        .map(|(site, run, _)| {
            let output = run.end();
            (site, output.code, output.text)
        })
        .collect();
    for (site, code, text) in &ended {
        assert!([0, 1, 3, 4].contains(code), "{}: exit code {code}:\n{text}", site.app);
        let recorded = if *code == 0 { NEW } else { OLD };
        assert_eq!(site.recorded(), recorded, "{}: exit code {code}:\n{text}", site.app);
        site.is_whole();
    }
    for some in ended.chunks(AT_ONCE) {
        std::thread::scope(|scope| {
            for (site, ..) in some {
                scope.spawn(|| {
                    site.expire(rig);
                    site.bob
                        .run(&format!("app deploy -n -D --stable 1s {} {NEW}", site.app))
                        .is(0, &["recorded"]);
                    site.is_at_rest(NEW);
                });
            }
        });
    }
}

/// The engine is killed while runs are held at their places; they go on without it, and then it comes back.
fn kill_engine(places: &'static [Held]) {
    let (mut rig, forge) = (swarm(), Forge::new());
    let held = held_at(places, &rig, &forge, &rig.address());
    rig.kill().unwrap();
    let_go(&held);
    std::thread::sleep(AWAY);
    rig.start_again().unwrap();
    all_goes_on(&rig, held);
}

/// The link to the engine is cut while runs are held at their places; they go on without it, and then it comes back.
fn cut_link(places: &'static [Held]) {
    let (rig, forge) = (swarm(), Forge::new());
    let socket = rig.folder().join("proxy.sock");
    let proxy = Proxy::start(&socket, &rig.socket()).unwrap();
    let held = held_at(places, &rig, &forge, &proxy.address());
    drop(proxy);
    let_go(&held);
    std::thread::sleep(AWAY);
    let _proxy = Proxy::start(&socket, &rig.socket()).unwrap();
    all_goes_on(&rig, held);
}

/// Places before the watching, and from there on.
const HALF: usize = 9;

#[test]
fn the_engine_killed_before_all_was_sent() {
    kill_engine(&PLACES[..HALF]);
}

#[test]
fn the_engine_killed_after_all_was_sent() {
    kill_engine(&PLACES[HALF..]);
}

#[test]
fn the_link_cut_before_all_was_sent() {
    cut_link(&PLACES[..HALF]);
}

#[test]
fn the_link_cut_after_all_was_sent() {
    cut_link(&PLACES[HALF..]);
}
