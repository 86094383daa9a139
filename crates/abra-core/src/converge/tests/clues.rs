//! Clues that mislead: each looks like a verdict and is none.
use super::timeline::{Swarm, check};
use crate::converge::{Settings, Snapshot, Verdict, Watch};
use std::time::Duration;

#[track_caller]
fn leads_to(timeline: &str, verdict: &str) {
    check(&Settings::default(), timeline, verdict);
}

#[test]
fn completed_with_nothing_running_is_no_success() {
    leads_to(
        "web replicas=2 updated
         0.2 upd=completed
         0.3 a.1 preparing
         0.3 b.2 preparing",
        "110.00s undecided Deadline(120s) Tasks 1:ImagePull 2:ImagePull [4]"
            .replace("110.00", "120.00")
            .as_str(),
    );
}

#[test]
fn rollback_completed_on_an_untouched_service_is_an_old_story() {
    leads_to(
        "web unchanged
         -60 a.1 running
         -50 upd=rollback_completed",
        "0.00s ok 60.00s [0]",
    );
}

#[test]
fn failures_that_the_updater_misses_are_counted_all_the_same() {
    leads_to(
        r#"web replicas=2 updated monitor=2 grace=6
         -60 a.1 running old
         -60 b.2 running old
         0.2 upd=updating
         0.3 a.1 shutdown/shutdown
         4 crash .1 every=7 life=1 exit=1 "e"
         9 b.2 shutdown/shutdown
         9 y.2 running
         12 upd=completed"#,
        r#"19.00s failed CrashLoop f=3 x2.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn old_tasks_that_run_are_not_the_new_version() {
    leads_to(
        "web replicas=2 updated
         -60 a.1 running old
         -60 b.2 running old",
        "120.00s undecided Deadline(120s) Tasks [4]",
    );
}

#[test]
fn an_old_task_that_is_meant_to_run_blocks() {
    leads_to(
        "web updated order=start-first
         -60 a.1 running old
         1 b.1 running
         9 a.1 running/shutdown",
        "14.00s ok 5.00s [0]",
    );
}

#[test]
fn no_update_status_says_nothing() {
    leads_to(
        r#"web updated
         -60 a.1 running old
         0.3 a.1 shutdown/shutdown
         1 crash .1 every=6 life=0.25 exit=1 "e""#,
        r#"13.25s failed CrashLoop f=3 x2.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn an_update_in_flight_blocks_though_all_tasks_run() {
    leads_to(
        "web updated monitor=1
         0.2 upd=updating
         1 b.1 running
         11 upd=completed",
        "11.00s ok 10.00s [0]",
    );
}

#[test]
fn an_unknown_state_of_the_update_blocks() {
    leads_to(
        "web updated
         0.2 upd=pondering
         1 b.1 running
         11 upd=completed",
        "11.00s ok 10.00s [0]",
    );
}

#[test]
fn an_untouched_crash_loop_is_met_between_two_deaths() {
    leads_to(
        r#"web unchanged
         -3 a.1 running
         1 a.1 failed/shutdown exit=1 "e"
         1 b.1 ready/ready
         7 crash .1 every=12 life=4 exit=1 "e""#,
        r#"23.00s failed CrashLoop f=3 x1.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn failures_before_the_deployment_are_not_ours() {
    leads_to(
        r#"web updated
         -60 a.1 failed/shutdown exit=1 "e"
         -50 b.1 failed/shutdown exit=1 "e"
         -40 c.1 failed/shutdown exit=1 "e"
         -30 d.1 rejected/shutdown "No such image: x"
         -20 e.1 rejected/shutdown "No such image: x"
         2 f.1 running"#,
        "7.00s ok 5.00s [0]",
    );
}

#[test]
fn failures_are_remembered_when_docker_forgets_the_tasks() {
    leads_to(
        r#"web
         1 crash .1 every=6 life=0.5 keep=1 exit=1 "e""#,
        r#"13.50s failed CrashLoop f=3 x2.1 failed exit=1 "e" [3]"#,
    );
}

#[test]
fn running_for_a_moment_is_not_stable() {
    leads_to(
        r#"web
         1 a.1 running
         5.5 a.1 failed/shutdown exit=1 "e"
         5.5 b.1 ready/ready
         11 b.1 running"#,
        "20.50s ok 9.50s failures=1 [0]",
    );
}

#[test]
fn a_failed_task_that_is_replaced_at_once_is_no_dead_slot() {
    leads_to(
        r#"web
         1 a.1 failed/running exit=1 "e"
         1.2 a.1 failed/shutdown exit=1 "e"
         2.5 b.1 ready/ready
         6 b.1 running"#,
        "11.00s ok 5.00s failures=1 [0]",
    );
}

#[test]
fn a_moment_without_a_node_is_no_failure_and_new_nodes_start_the_clock_anew() {
    leads_to(
        r#"web
         0 nodes n1=down/active
         0 a.1 pending "no suitable node (1 node not available for new tasks)"
         9 nodes n1=ready/active
         18 a.1 running"#,
        "23.00s ok 5.00s [0]",
    );
}

#[test]
fn readings_older_than_our_post_are_ignored() {
    leads_to(
        "web updated
         -60 a.1 running
         0 version=9
         0 spec=old
         0 version=9
         3 version=10
         3 spec=new
         3 b.1 running
         3 a.1 shutdown/shutdown",
        "8.00s ok 5.00s [0]",
    );
}

#[test]
fn other_slots_that_once_failed_are_not_missed() {
    leads_to(
        r#"web unchanged
         -60 a.1 failed/shutdown exit=1 "e"
         -50 b.2 running"#,
        "0.00s ok 50.00s [0]",
    );
}

#[test]
fn a_global_task_on_a_drained_node_is_not_missed() {
    leads_to(
        r#"web global constraint
         0 nodes n1=ready/active n2=ready/drain
         1 a@n1 running
         1 b@n2 rejected/shutdown "assigned node no longer meets constraints""#,
        "6.00s ok 5.00s [0]",
    );
}

#[test]
fn a_global_task_that_failed_on_a_node_since_drained_is_not_missed() {
    leads_to(
        r#"web global
         0 nodes n1=ready/active n2=ready/drain
         1 a@n1 running
         1 b@n2 failed/shutdown exit=1 "e""#,
        "6.00s ok 5.00s failures=1 [0]",
    );
}

#[test]
fn no_global_task_yet_is_not_no_node() {
    leads_to(
        "web global
         0 nodes n1=ready/active
         10 a@n1 running",
        "15.00s ok 5.00s [0]",
    );
    leads_to(
        r#"web global constraint updated
         -60 a@n1 failed/shutdown exit=1 "e"
         5 b@n1 running"#,
        "10.00s ok 5.00s [0]",
    );
}

#[test]
fn an_untouched_service_whose_task_was_replaced_unseen_is_not_the_one_from_before() {
    leads_to(
        r#"web unchanged
         -60 a.1 running
         0 unreachable "timed out"
         1 a.1 failed/shutdown exit=1 "e"
         2 b.1 running
         20 reachable"#,
        "25.00s ok 5.00s failures=1 [0]",
    );
}

#[test]
fn an_old_version_that_runs_is_reported_when_the_swarm_is_through() {
    leads_to(
        "web updated action=rollback
         -60 a.1 running old
         1 b.1 failed/shutdown exit=1
         1 spec=old
         1 upd=rollback_started
         2 c.1 running
         12 upd=rollback_completed",
        "12.00s rolled back b, old runs [5]",
    );
}

#[test]
fn an_old_version_that_crashes_is_reported_when_the_swarm_is_through() {
    leads_to(
        r#"web updated action=rollback
         -60 a.1 running old
         1 b.1 failed/shutdown exit=1
         1 spec=old
         1 upd=rollback_started
         2 crash .1 id=o every=3 life=0.25 exit=2 "old bad"
         12 upd=rollback_completed"#,
        r#"12.00s rolled back b, old (failed CrashLoop f=4 o3.1 failed exit=2 "old bad") [5]"#,
    );
}

#[test]
fn no_clock_but_the_managers_makes_a_task_old() {
    let years = |n: i64| jiff::SignedDuration::from_hours(n * 24 * 365);
    let one = "n1=ready/active";
    let two = "n1=ready/active n2=ready/active/manager";
    // Nodes, how far the node's clock is behind, how far the clock that answers is ahead, and whether the service, whose
    // task was made ten minutes ago and has been running for so many seconds, is known to be stable at once.
    let cases = [
        (one, 0, 0, 6, true),
        (one, 0, 0, 4, false),
        (one, 1, 0, 4, false),
        (one, -1, 0, 4, false),
        // Ahead: seems to run since a time to come. Another look will tell.
        (one, -1, 0, 6, false),
        (two, 0, 0, 6, false),
        (two, 0, 1, 1, false),
        (two, 0, -1, 60, false),
    ];
    for (nodes, behind, ahead, runs, at_once) in cases {
        let timeline = format!("web unchanged\n-600 nodes {nodes}\n-600 a.1 preparing\n-{runs} a.1 running");
        let mut swarm = Swarm::parse(&timeline);
        let expectations = swarm.expectations();
        let mut watch = Watch::new(expectations, &Settings::default());
        let mut look = |at: u64| {
            let mut snapshot = swarm.snapshot(Duration::from_secs(at));
            snapshot.server_time = snapshot.server_time.map(|time| time + years(ahead));
            let since: jiff::Timestamp = snapshot.tasks[0].status.timestamp.parse().unwrap();
            snapshot.tasks[0].status.timestamp = (since - years(behind)).to_string();
            watch.step(&snapshot);
            watch.verdict().map(Verdict::exit_code)
        };
        let verdicts: Vec<_> = (0..=5).map(&mut look).collect();
        assert_eq!(verdicts[0], at_once.then_some(0), "{nodes} {behind} {ahead} {runs}");
        assert_eq!(verdicts[5], Some(0), "{nodes} {behind} {ahead} {runs}");
    }
}

#[test]
fn a_slow_answer_makes_no_task_old() {
    let mut swarm = Swarm::parse("web unchanged\n-60 a.1 preparing\n-2 a.1 running");
    let mut watch = Watch::new(swarm.expectations(), &Settings::default());
    // Seen at some time within the ten seconds that the answer took.
    let seconds = Duration::from_secs;
    watch.step(&Snapshot { span: seconds(10), ..swarm.snapshot(seconds(10)) });
    assert_eq!(watch.verdict(), None);
    for at in 11..14 {
        assert_eq!(watch.verdict(), None);
        watch.step(&swarm.snapshot(seconds(at)));
    }
    assert!(watch.verdict().is_some());
}

#[test]
fn a_slow_answer_is_not_time_that_tasks_ran() {
    let mut swarm = Swarm::parse("web created\n0 a.1 running");
    swarm.advance(0);
    let mut watch = Watch::new(swarm.expectations(), &Settings::default());
    let seconds = Duration::from_secs;
    watch.step(&swarm.snapshot(seconds(1)));
    // Asked a second later, answered after twenty: the task may have been seen right at the beginning of that.
    watch.step(&Snapshot { span: seconds(20), ..swarm.snapshot(seconds(22)) });
    for at in 23..27 {
        assert_eq!(watch.verdict(), None);
        watch.step(&swarm.snapshot(seconds(at)));
    }
    assert!(watch.verdict().is_some());
}
