//! An undeployment that is cut off at every place it comes by: killed, its engine killed, its link cut. The env file stays
//! as it was, the next operator is told, and removes the rest or deploys again.
use crate::held::{NEW, Removal, Site, site};
use crate::operator::{Forge, Running};
use crate::rig::swarm;
use abra_rig::{Engine, Proxy};
use std::time::Duration;
use tempfile::TempPath;

/// How long an engine or a link is away.
const AWAY: Duration = Duration::from_secs(2);

const fn held(name: &'static str, stage: &'static str, word: &'static str, status: &'static str) -> Removal {
    Removal { name, stage, word, status }
}

/// The places, what the head record and the journal say then, and the word for the app afterwards.
const PLACES: &[Removal] = &[
    held("agreed", "", "succeeded", "in-sync"),
    held("lock-taken", "checking", "succeeded", "in-sync"),
    held("plan-checked", "checking", "succeeded", "in-sync"),
    held("intent-written", "checking", "not-begun", "in-sync"),
    held("begun", "applying", "abandoned", "abandoned"),
    held("applying", "applying", "abandoned", "abandoned"),
    held("applied", "applying", "abandoned", "abandoned"),
    held("sent", "applying", "abandoned", "abandoned"),
    held("outcome-written", "applying", "succeeded", "abandoned"),
    held("lock-freed", "", "succeeded", "undeployed"),
];

fn sites(rig: &Engine, forge: &Forge, address: &str) -> Vec<Site> {
    let sites: Vec<Site> =
        PLACES.iter().map(|place| site(rig, forge, address.to_owned(), place.name)).collect();
    for some in sites.chunks(4) {
        std::thread::scope(|scope| some.iter().for_each(|site| drop(scope.spawn(|| site.deploy_old()))));
    }
    sites
}

#[test]
fn killed_while_removing() {
    let (rig, forge) = (swarm(), Forge::new());
    let sites = sites(&rig, &forge, &rig.address());
    for (number, (site, place)) in sites.iter().zip(PLACES).enumerate() {
        let before = site.ada.env();
        let (run, hold) = site.removal_held_at(place.name);
        run.kill();
        drop(hold);
        assert_eq!(site.ada.env(), before, "{}", place.name);
        site.told_of_removal(&rig, place);
        goes_on(site, number);
    }
}

/// The next operator removes the rest, or deploys again: each place sees one of the two.
fn goes_on(site: &Site, number: usize) {
    if number.is_multiple_of(2) {
        site.bob.run(&format!("app undeploy -n {}", site.app)).is(0, &[]);
        site.is_gone();
    } else {
        site.bob.run(&format!("app deploy -n -D --stable 1s {} {NEW}", site.app)).is(0, &["recorded"]);
        site.is_at_rest(NEW);
    }
}

type Held = Vec<(Running, TempPath)>;

fn all_held(sites: &[Site]) -> Held {
    sites.iter().zip(PLACES).map(|(site, place)| site.removal_held_at(place.name)).collect()
}

/// After the disturbance: what a run says is so, and everybody can go on.
fn all_go_on(rig: &Engine, sites: &[Site], runs: Vec<Running>) {
    for ((number, site), run) in sites.iter().enumerate().zip(runs) {
        let end = run.end();
        assert!([0, 1, 3, 4].contains(&end.code), "{}: {end:?}", site.app);
        if end.code == 0 {
            site.is_gone();
        }
        site.expire(rig);
        goes_on(site, number);
    }
}

#[test]
fn the_engine_killed_while_removing() {
    let (mut rig, forge) = (swarm(), Forge::new());
    let sites = sites(&rig, &forge, &rig.address());
    let (runs, holds): (Vec<Running>, Vec<TempPath>) = all_held(&sites).into_iter().unzip();
    rig.kill().unwrap();
    drop(holds);
    std::thread::sleep(AWAY);
    rig.start_again().unwrap();
    all_go_on(&rig, &sites, runs);
}

#[test]
fn the_link_cut_while_removing() {
    let (rig, forge) = (swarm(), Forge::new());
    let socket = rig.folder().join("proxy.sock");
    let proxy = Proxy::start(&socket, &rig.socket()).unwrap();
    let sites = sites(&rig, &forge, &proxy.address());
    let (runs, holds): (Vec<Running>, Vec<TempPath>) = all_held(&sites).into_iter().unzip();
    drop(proxy);
    drop(holds);
    std::thread::sleep(AWAY);
    let _proxy = Proxy::start(&socket, &rig.socket()).unwrap();
    all_go_on(&rig, &sites, runs);
}
