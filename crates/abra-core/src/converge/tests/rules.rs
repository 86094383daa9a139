//! Rules around the verdicts: settings, deadlines, several services.
use super::timeline::{Swarm, check};
use crate::converge::timing::{deadline, window};
use crate::converge::*;
use std::time::Duration;

const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn plain() -> Settings {
    Settings::default()
}

#[test]
fn a_longer_window_finds_later_deaths() {
    let patient = Settings { stable: seconds(15), ..plain() };
    check(
        &patient,
        r#"web health=1/1/3/0
         1 crash .1 every=20 life=10 exit=137 "unhealthy container""#,
        r#"51.00s failed CrashLoop f=3 x2.1 failed exit=137 "unhealthy container" [3]"#,
    );
}

#[test]
fn strict_means_the_first_failure() {
    let strict = Settings { failures: 1, ..plain() };
    check(
        &strict,
        r#"web
         1 crash .1 every=6 life=1 exit=1 "e""#,
        r#"2.00s failed CrashLoop f=1 x0.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn failures_in_other_slots_add_up() {
    check(
        &plain(),
        r#"web replicas=4
         1 crash .1 id=a n=1 exit=1 "e"
         1 crash .2 id=b n=1 exit=1 "e"
         1 crash .3 id=c n=1 exit=1 "e"
         5 a1.1 running
         5 b1.2 running
         5 c1.3 running
         1 d.4 running"#,
        "10.25s ok 5.25s failures=3 [0]",
    );
}

#[test]
fn an_operators_deadline_counts_as_given() {
    let hurried = Settings { deadline: Some(seconds(20)), recipe_timeout: Some(seconds(500)), ..plain() };
    check(
        &hurried,
        "web
         1 a.1 preparing",
        "20.00s undecided Deadline(20s) Tasks 1:ImagePull [4]",
    );
}

#[test]
fn a_recipes_timeout_makes_the_deadline_longer_never_shorter() {
    let want = |head: &str| Swarm::parse(head).expectations().remove(0);
    let rows = [
        ("web", None, 100),
        ("web", Some(30), 100),
        ("web", Some(300), 300),
        // pulls + (start period + 3·(interval + timeout)) + one batch + three restarts + window
        ("web health=20/5/3/30", Some(150), 205),
        // 60 + 10·(5 + 10 + 0 + 5) + 15 + 5
        ("web replicas=10 updated", None, 280),
        ("web replicas=10", None, 100),
        // a long monitor time: in the update and as the window
        ("web updated monitor=60", None, 60 + 75 + 15 + 60),
        ("web delay=60", None, 60 + 20 + 180 + 5),
        ("web delay=1000000", None, 24 * 3600),
    ];
    for (head, timeout, expected) in rows {
        let settings = Settings { recipe_timeout: timeout.map(seconds), ..plain() };
        assert_eq!(deadline(&want(head), &settings, false), seconds(expected), "{head} {timeout:?}");
    }
}

#[test]
fn the_window_is_at_least_the_monitor_time_of_an_update() {
    let rows = [
        ("web", 1, 1),
        ("web updated", 1, 5),
        ("web updated monitor=2", 1, 2),
        ("web updated monitor=30", 5, 30),
        ("web monitor=30", 5, 30),
        ("web unchanged", 5, 5),
    ];
    for (head, stable, expected) in rows {
        let want = Swarm::parse(head).expectations().remove(0);
        let settings = Settings { stable: seconds(stable), ..plain() };
        assert_eq!(window(&want, &settings), seconds(expected), "{head}");
    }
}

#[test]
fn a_health_check_in_the_image_gets_dockers_own_time() {
    check(
        &plain(),
        "web
         1 a.1 starting
         150 a.1 running",
        "155.00s ok 5.00s [0]",
    );
}

#[test]
fn the_next_probe_is_named_when_time_is_up() {
    check(
        &Settings { deadline: Some(seconds(10)), ..plain() },
        "web health=4/1/3/30
         1 a.1 starting",
        "10.00s undecided Deadline(10s) Tasks 1:Starting { next_probe_in: Some(3s) } [4]",
    );
}

#[test]
fn a_hung_service_hides_no_failure_and_others_are_watched_on() {
    check(
        &plain(),
        r#"a
         b
         c
         0.2 a: q.1 preparing
         1 b: r.1 running
         1.5 b: r.1 failed/shutdown exit=1 "e"
         40 c: s.1 running"#,
        r#"63.00s a: undecided OthersWentWrong Tasks 1:ImagePull; b: failed DeadSlot f=1 r.1 failed exit=1 "e"; c: ok 23.00s [3]"#,
    );
}

#[test]
fn a_deadline_does_not_cut_off_a_window() {
    check(&plain(), "web\n1 a.1 preparing\n98 a.1 running", "103.00s ok 5.00s [0]");
    let hurried = Settings { deadline: Some(seconds(20)), ..plain() };
    let timeline = "web\n1 a.1 preparing\n18 a.1 running";
    let cut = "20.00s undecided Deadline(20s) Window { held: 2s, window: 5s } 1:Running [4]";
    check(&hurried, timeline, cut);
}

#[test]
fn with_no_time_to_settle_the_first_failure_ends_it() {
    check(
        &Settings { settle: Duration::ZERO, ..plain() },
        r#"a
         b
         1 b: r.1 running
         1.5 b: r.1 failed/shutdown exit=1 "e""#,
        r#"3.00s a: undecided OthersWentWrong Tasks; b: failed DeadSlot f=1 r.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn a_service_that_dies_while_others_are_awaited_spoils_the_success() {
    check(
        &plain(),
        r#"a
         b
         1 crash .1 every=21 life=15 exit=1 "e"
         70 b: s.1 running"#,
        r#"75.00s a: failed CrashLoop f=3 x2.1 failed exit=1 "e"; b: ok 5.00s [3]"#,
    );
}

#[test]
fn a_service_that_must_prove_itself_again_gets_the_time_for_it() {
    for (away, back) in
        [("154 a: version=9", "156 a: version=10"), ("154 a: x.1 starting", "156 a: x.1 running")]
    {
        let timeline = format!(
            "a health=5/5/3/0
             b
             1 a: x.1 running
             1 b: y.1 starting
             {away}
             150 b: y.1 running
             {back}"
        );
        check(&plain(), &timeline, "161.00s a: ok 5.00s; b: ok 11.00s [0]");
    }
}

#[test]
fn a_service_past_its_deadline_may_still_make_it_while_others_are_awaited() {
    check(
        &plain(),
        "a
         b health=60/30/3/0
         1 a: r.1 preparing
         1 b: s.1 starting
         150 a: r.1 running
         200 b: s.1 running",
        "205.00s a: ok 55.00s; b: ok 5.00s [0]",
    );
}

#[test]
fn the_gravest_service_stands_for_the_stack() {
    let rows = [
        ("2 a: gone", "2 b: spec=theirs", 3),
        ("2 a: spec=theirs", "2 b: upd=rollback_completed", 5),
        ("2 a: spec=theirs", "2 b: spec=theirs", 7),
        ("2 a: spec=theirs", "", 7),
    ];
    for (first, second, code) in rows {
        let timeline = format!("a updated\nb updated\n1 a: x.1 running\n1 b: y.1 running\n{first}\n{second}");
        let verdict = super::timeline::replay(&plain(), &timeline, true).0;
        assert!(verdict.ends_with(&format!("[{code}]")), "{timeline}: {verdict}");
    }
}

#[test]
fn a_time_without_sight_starts_the_window_anew() {
    check(
        &plain(),
        r#"web
         1 a.1 running
         5 unreachable "timed out"
         7 reachable"#,
        "12.00s ok 5.00s [0]",
    );
}

#[test]
fn a_time_without_sight_makes_no_slot_dead() {
    check(
        &plain(),
        r#"web
         1 a.1 running
         2 a.1 failed/shutdown exit=1 "e"
         3 unreachable "timed out"
         7 reachable
         8 b.1 running"#,
        "14.00s ok 6.00s failures=1 [0]",
    );
}

#[test]
fn without_the_managers_clock_an_untouched_service_waits_for_the_window() {
    let mut swarm = Swarm::parse("web unchanged\n-60 a.1 running");
    swarm.clock = false;
    let expectations = swarm.expectations();
    let mut watch = Watch::new(expectations, &plain());
    for at in 0..5 {
        watch.step(&swarm.snapshot(seconds(at)));
        assert_eq!(watch.verdict(), None);
    }
    watch.step(&swarm.snapshot(seconds(5)));
    assert_eq!(watch.verdict().map(Verdict::exit_code), Some(0));
}

#[test]
fn a_stack_without_services_has_succeeded() {
    let mut watch = Watch::new(Vec::new(), &plain());
    watch.step(&Snapshot::default());
    assert_eq!(watch.verdict().map(|verdict| verdict.kind), Some(Kind::Succeeded));
}

#[test]
fn exit_codes() {
    let codes = [Kind::Succeeded, Kind::Failed, Kind::RolledBack, Kind::Overtaken, Kind::Undecided]
        .map(Kind::exit_code);
    assert_eq!(codes, [0, 3, 5, 7, 4]);
}

#[test]
fn the_engines_defaults_are_filled_in() {
    let service = serde_json::from_str(r#"{"ID": "x", "Version": {"Index": 7}, "Spec": {"Name": "s_web"}}"#);
    let want = Expectation::new(&service.unwrap(), "d", Change::Created, Baseline::default());
    assert_eq!((want.name.as_str(), want.version, want.mode), ("s_web", 7, Mode::Replicated(1)));
    assert_eq!((want.update.parallelism, want.update.failure_action), (1, FailureAction::Pause));
    assert_eq!((want.restart.delay, want.restart.attempts), (seconds(5), None));
    assert_eq!((want.stop_grace, want.health), (seconds(10), None));
}
