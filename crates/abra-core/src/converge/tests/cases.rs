//! What a swarm does, case by case, and what it must be called.
use super::timeline::difference;

/// Runs the rows (rule, timeline, verdict), all of them before it complains.
#[track_caller]
fn check_all(rows: &[(&str, &str, &str)]) {
    let wrong: Vec<String> =
        rows.iter().filter_map(|(rule, timeline, verdict)| difference(rule, timeline, verdict)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const NO_IMAGE: &str = "No such image: nosuch/img:1";

#[test]
fn fresh_services() {
    check_all(&[
        (
            "two replicas that start",
            "web replicas=2
             0.2 a.1 preparing
             0.2 b.2 preparing
             1.3 a.1 running
             1.4 b.2 running",
            "6.50s ok 5.00s [0]",
        ),
        (
            "image missing: the second rejection is enough",
            r#"web
             0.5 crash .1 every=5 life=1 end=rejected via=preparing "No such image: nosuch/img:1""#,
            &format!("6.50s failed Permanent f=2 x1.1 rejected {NO_IMAGE:?} [3]"),
        ),
        (
            "program not found: failed, not rejected, and permanent",
            r#"web
             1 crash .1 every=6 life=0 exit=127 "starting container failed: exec: "/nope": stat /nope: no such file or directory: unknown""#,
            r#"7.00s failed Permanent f=2 x1.1 failed exit=127 "starting container failed: exec: \"/nope\": stat /nope: no such file or directory: unknown" [3]"#,
        ),
        (
            "bind source missing",
            r#"web
             0.5 crash .1 every=5 life=0.25 end=rejected "invalid mount config for type "bind": bind source path does not exist: /nope""#,
            r#"5.75s failed Permanent f=2 x1.1 rejected "invalid mount config for type \"bind\": bind source path does not exist: /nope" [3]"#,
        ),
        (
            "user does not exist",
            r#"web
             1 crash .1 every=6 life=0 exit=128 "starting container failed: unable to find user nosuchuser: no matching entries in passwd file""#,
            r#"7.00s failed Permanent f=2 x1.1 failed exit=128 "starting container failed: unable to find user nosuchuser: no matching entries in passwd file" [3]"#,
        ),
        (
            "host port taken by another process: heals once it is free",
            r#"web
             1 crash .1 every=6 life=0.25 n=2 exit=0 "starting container failed: bind: address already in use"
             13 x2.1 running"#,
            "18.25s ok 5.25s failures=2 [0]",
        ),
        (
            "fails twice, then runs: the dependency was late",
            r#"web
             1 crash .1 every=6 life=0.5 n=2 exit=1 "task: non-zero exit (1)"
             13 x2.1 running"#,
            "18.50s ok 5.50s failures=2 [0]",
        ),
        ("no replicas wanted, none there", "web replicas=0", "0.00s ok 0.00s [0]"),
        (
            "registry does not answer during the pull: only a deadline ends it",
            "web
             0.2 a.1 preparing",
            "100.00s undecided Deadline(100s) Tasks 1:ImagePull [4]",
        ),
        (
            "dies 20 s after its start: nobody can know",
            "web
             1 crash .1 every=26 life=20 exit=1",
            "6.00s ok 5.00s [0]",
        ),
    ]);
}

#[test]
fn crashes() {
    let crash = "task: non-zero exit (1)";
    let dead = format!("3.00s failed DeadSlot f=1 a.1 failed exit=1 {crash:?} [3]");
    check_all(&[
        (
            "restarted for ever",
            r#"web
             1 crash .1 every=5.5 life=0.5 exit=1 "task: non-zero exit (1)""#,
            &format!("12.50s failed CrashLoop f=3 x2.1 failed exit=1 {crash:?} [3]"),
        ),
        (
            "dies after five seconds, more or less: what lives longer once must outlive the others",
            r#"web delay=1
             1 crash .1 id=a n=1 life=4.75 exit=1 "task: non-zero exit (1)"
             7 a1.1 running
             13 a1.1 failed/shutdown exit=1 "task: non-zero exit (1)"
             13 b.1 ready/ready
             14.5 b.1 running
             20.5 b.1 failed/shutdown exit=1 "task: non-zero exit (1)"
             20.5 c.1 ready/ready"#,
            &format!("20.50s failed CrashLoop f=3 b.1 failed exit=1 {crash:?} [3]"),
        ),
        (
            "max_attempts 3: four tasks, then no successor",
            r#"web
             1 crash .1 every=1.5 life=0.25 n=4 dies exit=1 "task: non-zero exit (1)""#,
            &format!("4.25s failed CrashLoop f=3 x2.1 failed exit=1 {crash:?} [3]"),
        ),
        (
            "max_attempts 1: dead after two",
            r#"web
             1 crash .1 every=1.5 life=0.25 n=2 dies exit=1 "task: non-zero exit (1)""#,
            &format!("4.25s failed DeadSlot f=2 x1.1 failed exit=1 {crash:?} [3]"),
        ),
        (
            "policy none",
            r#"web
             1 a.1 running
             1.5 a.1 failed/shutdown exit=1 "task: non-zero exit (1)""#,
            &dead,
        ),
        (
            "exits 0 and is not restarted: no error at all",
            "web
             1 a.1 running
             1.5 a.1 complete/shutdown exit=0",
            r#"3.00s failed DeadSlot f=1 a.1 complete exit=0 "" [3]"#,
        ),
        (
            "exits 0 and is restarted",
            "web
             1 crash .1 every=5.5 life=0.5 end=complete exit=0",
            r#"12.50s failed CrashLoop f=3 x2.1 complete exit=0 "" [3]"#,
        ),
        (
            "dies 3 s after its start",
            r#"web
             1 crash .1 every=8.5 life=3 exit=1 "task: non-zero exit (1)""#,
            &format!("21.00s failed CrashLoop f=3 x2.1 failed exit=1 {crash:?} [3]"),
        ),
        (
            "dies 8 s after its start: outlives the window",
            "web
             1 crash .1 every=13.5 life=8 exit=1",
            "6.00s ok 5.00s [0]",
        ),
    ]);
}

#[test]
fn health_checks() {
    let sick = "task: non-zero exit (137): dockerexec: unhealthy container";
    check_all(&[
        (
            "unhealthy from the start: never running",
            r#"web health=1/1/3/0
             1 crash .1 via=starting every=9.5 life=4 exit=137 "task: non-zero exit (137): dockerexec: unhealthy container""#,
            &format!("24.00s failed CrashLoop f=3 x2.1 failed exit=137 {sick:?} [3]"),
        ),
        (
            "healthy within the start period",
            "web health=1/1/3/30
             1 a.1 starting
             9 a.1 running",
            "14.00s ok 5.00s [0]",
        ),
        (
            "never healthy after the start period: the deadline leaves time for three",
            r#"web health=5/5/3/15
             1 crash .1 via=starting every=28 life=22 exit=137 "task: non-zero exit (137): dockerexec: unhealthy container""#,
            &format!("79.00s failed CrashLoop f=3 x2.1 failed exit=137 {sick:?} [3]"),
        ),
        (
            "first probe after a long interval",
            "web health=20/1/3/0
             1 a.1 starting
             21 a.1 running",
            "26.00s ok 5.00s [0]",
        ),
        (
            "later unhealthy: nothing tells before",
            "web health=1/1/3/0
             1 a.1 running
             30 a.1 failed/shutdown exit=137",
            "6.00s ok 5.00s [0]",
        ),
    ]);
}

#[test]
fn placement() {
    let constraint = "no suitable node (scheduling constraints not satisfied on 1 node)";
    let port = "no suitable node (host-mode port already in use on 1 node)";
    check_all(&[
        (
            "constraint that no node meets",
            r#"web constraint
             0.2 a.1 pending "no suitable node (scheduling constraints not satisfied on 1 node)""#,
            &format!("10.50s failed Unplaceable f=0 a.1 pending {constraint:?} [3]"),
        ),
        (
            "more memory reserved than there is",
            r#"web
             0.2 a.1 pending "no suitable node (insufficient resources on 1 node)""#,
            r#"10.50s failed Unplaceable f=0 a.1 pending "no suitable node (insufficient resources on 1 node)" [3]"#,
        ),
        (
            "host port taken by the first replica",
            r#"web replicas=2
             0.2 b.2 pending "no suitable node (host-mode port already in use on 1 node)"
             1 a.1 running"#,
            &format!("10.50s failed Unplaceable f=0 b.2 pending {port:?} [3]"),
        ),
        (
            "node drained, then active again in time",
            r#"web
             0.2 a.1 pending "no suitable node (1 node not available for new tasks)"
             8 a.1 running"#,
            "13.00s ok 5.00s [0]",
        ),
        (
            "node drained for good",
            r#"web
             0.2 a.1 pending "no suitable node (1 node not available for new tasks)""#,
            r#"10.50s failed Unplaceable f=0 a.1 pending "no suitable node (1 node not available for new tasks)" [3]"#,
        ),
        (
            "start-first with a host port on one node: the old task keeps serving",
            r#"web updated order=start-first
             -60 a.1 running old
             0.2 upd=updating
             0.2 b.1 pending "no suitable node (host-mode port already in use on 1 node)""#,
            &format!("10.50s failed Unplaceable f=0 b.1 pending {port:?} [3]"),
        ),
        (
            "update with a constraint that no node meets: other replicas are taken down, no way back",
            r#"web replicas=2 updated constraint action=rollback
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             0.3 a.1 shutdown/shutdown
             0.3 b.2 rejected/shutdown "assigned node no longer meets constraints"
             0.3 c.1 pending "no suitable node (scheduling constraints not satisfied on 1 node)"
             0.3 d.2 pending "no suitable node (scheduling constraints not satisfied on 1 node)""#,
            &format!("10.75s failed Unplaceable f=0 c.1 pending {constraint:?} may-roll-back [3]"),
        ),
    ]);
}

#[test]
fn several_tasks_in_a_slot() {
    check_all(&[
        (
            "going on with a paused update: the swarm keeps the task of a restart, not the newer one of the update",
            r#"web updated
             -60 z.1 failed/shutdown old exit=1
             0.1 a.1 running
             0.3 b.1 running
             1 b.1 shutdown/shutdown"#,
            "6.00s ok 5.00s [0]",
        ),
        (
            "the same on a node: global",
            r#"web global updated
             -60 z@n1 failed/shutdown old exit=1
             0.1 a@n1 running
             0.3 b@n1 running
             1 b@n1 shutdown/shutdown"#,
            "6.00s ok 5.00s [0]",
        ),
        (
            "the task that is kept is judged, also while it does not run yet",
            "web
             0.1 a.1 starting
             0.3 b.1 running
             1 b.1 running/shutdown
             20 a.1 running",
            "25.00s ok 5.00s [0]",
        ),
        (
            "of two that are wanted the newer one counts: that it only waits is no success",
            "web
             0.1 a.1 running
             0.3 b.1 ready/ready",
            "100.00s undecided Deadline(100s) Tasks 1:Ready [4]",
        ),
        (
            "kept, but made from the old spec: not the new version",
            "web updated
             -60 a.1 running old
             0.3 b.1 running
             1 b.1 shutdown/shutdown",
            "100.00s undecided Deadline(100s) Tasks 1:Ended(\"shutdown\") [4]",
        ),
        (
            "kept while newer ones die one after the other: their deaths count",
            r#"web
             0.1 a.1 running
             0.3 b.1 failed/shutdown exit=1 "e"
             3 c.1 failed/shutdown exit=1 "e"
             6 d.1 failed/shutdown exit=1 "e""#,
            r#"5.25s ok 5.00s failures=2 [0]"#,
        ),
        (
            "on a node that was lost: told to stop, and what takes its place can't start",
            r#"web
             0.1 a.1 running
             3 a.1 running/shutdown
             3 b.1 pending "no suitable node (1 node not available for new tasks)""#,
            r#"13.25s failed Unplaceable f=0 b.1 pending "no suitable node (1 node not available for new tasks)" [3]"#,
        ),
        (
            "of a job: one that is tried again is not done",
            r#"web job=1
             1 b.0 failed/shutdown exit=1 "e"
             1 c.0 ready/ready
             6 c.0 running/complete
             8 c.0 complete/complete exit=0"#,
            "8.00s ok 0.00s failures=1 [0]",
        ),
    ]);
}

/// Two replicas, the first of which fails in the update at 5 s.
const BAD_UPDATE: &str = r#"
    -60 a.1 running old
    -60 b.2 running old
    0.2 upd=updating
    0.3 a.1 running/shutdown
    0.3 c.1 ready/ready
    4.5 a.1 shutdown/shutdown
    4.5 c.1 running
    5 c.1 failed/shutdown exit=1 "task: non-zero exit (1)"
"#;

#[test]
fn bad_updates_that_end() {
    let bad = |head: &str, tail: &str| format!("{head}\n{BAD_UPDATE}\n{tail}");
    check_all(&[
        (
            "pause",
            &bad(
                "web replicas=2 updated",
                r#"5 d.1 ready/ready
             5 upd=paused "update paused due to failure or early termination of task c""#,
            ),
            r#"5.00s failed Paused f=1 c.1 failed exit=1 "task: non-zero exit (1)" [3]"#,
        ),
        (
            "rollback: the old version runs again",
            &bad(
                "web replicas=2 updated action=rollback",
                "5 spec=old
             5 upd=rollback_started
             5.1 e.1 ready/ready
             9 e.1 running
             10 upd=rollback_completed",
            ),
            "14.00s rolled back c, old runs [5]",
        ),
        (
            "rollback onto a version that is bad itself",
            r#"web updated action=rollback
             -60 a.1 failed/shutdown old exit=2
             0.2 upd=updating
             0.3 c.1 running
             0.5 c.1 failed/shutdown exit=1 "bad"
             0.5 spec=old
             0.5 upd=rollback_completed
             1 crash .1 id=o every=6 life=0.25 exit=2 "old bad""#,
            r#"13.25s rolled back c, old (failed CrashLoop f=3 o2.1 failed exit=2 "old bad") [5]"#,
        ),
        (
            "rollback that does not end",
            &bad(
                "web replicas=2 updated action=rollback",
                "5 spec=old
             5 upd=rollback_started
             5.1 e.1 preparing",
            ),
            "80.00s rolled back c, old unclear [5]",
        ),
        (
            "rollback that stops half-way",
            &bad(
                "web replicas=2 updated action=rollback",
                "5 spec=old
             5 upd=rollback_started
             7 upd=rollback_paused",
            ),
            r#"7.00s failed RollbackPaused { message: "" } f=1 c.1 failed exit=1 "task: non-zero exit (1)" [3]"#,
        ),
    ]);
}

#[test]
fn bad_updates_that_go_on() {
    check_all(&[
        (
            "continue: the swarm calls it completed with nothing running",
            r#"web replicas=2 updated action=continue
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             0.3 a.1 shutdown/shutdown
             0.3 b.2 shutdown/shutdown
             1 crash .1 id=x every=6 life=0.25 exit=1 "e"
             2 crash .2 id=y every=6 life=0.25 exit=1 "e"
             6 upd=completed"#,
            r#"8.25s failed CrashLoop f=4 y1.2 failed exit=1 "e" [3]"#,
        ),
        (
            "missing image, pause: at once",
            r#"web replicas=2 updated
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             0.3 a.1 running/shutdown
             0.3 c.1 rejected/shutdown "No such image: nosuch/img:1"
             0.3 upd=paused"#,
            &format!("0.50s failed Paused f=1 c.1 rejected {NO_IMAGE:?} [3]"),
        ),
        (
            "dies 20 s after its start: the update was completed long before",
            "web replicas=2 updated
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             0.3 a.1 shutdown/shutdown
             4.5 c.1 running
             10 b.2 shutdown/shutdown
             14 d.2 running
             19 upd=completed
             24.5 c.1 failed/shutdown exit=1",
            "19.00s ok 5.00s [0]",
        ),
        (
            "dies after the swarm's monitor time, within ours",
            r#"web updated monitor=1
             -60 a.1 running old
             0.2 upd=updating
             0.3 a.1 shutdown/shutdown
             4 crash .1 every=8.5 life=3 exit=1 "e"
             5 upd=completed"#,
            r#"24.00s failed CrashLoop f=3 x2.1 failed exit=1 "e" [3]"#,
        ),
    ]);
}

#[test]
fn bad_updates_at_their_worst() {
    check_all(&[
        (
            "four replicas with a failure ratio: known by tasks long before the swarm goes back",
            r#"web replicas=4 updated action=rollback
             0.2 upd=updating
             1 crash .1 id=a every=9 life=0.25 exit=1 "e"
             2 crash .2 id=b every=9 life=0.25 exit=1 "e"
             3 crash .3 id=c every=9 life=0.25 exit=1 "e"
             4 crash .4 id=d every=9 life=0.25 exit=1 "e""#,
            r#"4.25s failed CrashLoop f=4 d0.4 failed exit=1 "e" may-roll-back [3]"#,
        ),
        (
            "the same bad spec again while paused: the update goes on and costs the last good replica",
            r#"web replicas=2 updated
             -60 c.1 failed/shutdown exit=1 "e"
             -54 e.1 ready/ready
             -60 b.2 running old
             0.1 upd=updating
             0.3 b.2 running/shutdown
             0.4 f.2 ready/ready
             4 f.2 running
             4.5 f.2 failed/shutdown exit=1 "e"
             4.5 upd=paused"#,
            r#"4.50s failed Paused f=1 f.2 failed exit=1 "e" [3]"#,
        ),
        (
            "start-first, unhealthy, pause: the old task stays",
            r#"web updated health=1/1/3/0
             -60 a.1 running old
             0.2 upd=updating
             1 c.1 starting
             6 c.1 failed/shutdown exit=137 "unhealthy container"
             6 upd=paused"#,
            r#"6.00s failed Paused f=1 c.1 failed exit=137 "unhealthy container" [3]"#,
        ),
    ]);
}

#[test]
fn good_updates() {
    check_all(&[
        (
            "stop-first, slot by slot",
            "web replicas=2 updated
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             0.3 a.1 shutdown/shutdown
             4 c.1 running
             6 b.2 running/shutdown
             10 d.2 running
             15.2 upd=completed",
            "15.25s ok 5.25s [0]",
        ),
        (
            "start-first: an old task that is still being stopped holds up nothing",
            "web replicas=2 updated
             -60 a.1 running old
             -60 b.2 running old
             0.2 upd=updating
             1 c.1 running
             1.2 a.1 running/shutdown
             2.5 d.2 running
             2.7 b.2 running/shutdown
             7.5 upd=completed
             12 b gone",
            "7.75s ok 5.00s [0]",
        ),
        (
            "scaled to nothing: good when the last task is gone",
            "web replicas=0 updated
             -60 a.1 running
             0.3 a.1 running/remove
             4 a gone",
            "4.00s ok 0.00s [0]",
        ),
        (
            "scaled to nothing with its node cut off: not waited for beyond the grace",
            "web replicas=0 updated grace=5
             -60 a.1 running
             0.3 a.1 running/remove",
            "15.50s ok 0.00s [0]",
        ),
        (
            "scaled down: slot numbers may have gaps",
            "web replicas=1 updated
             -60 a.1 running
             -60 b.2 running
             0.5 a.1 running/remove",
            "5.50s ok 5.00s [0]",
        ),
        (
            "nothing changed: no waiting",
            "web unchanged
             -60 a.1 running",
            "0.00s ok 60.00s [0]",
        ),
    ]);
}

#[test]
fn global_services() {
    check_all(&[
        (
            "a task on each node",
            "web global
             0 nodes n1=ready/active n2=ready/active
             0.5 a@n1 starting
             2.7 a@n1 running
             2.7 b@n2 running",
            "7.75s ok 5.00s [0]",
        ),
        (
            "no node qualifies: nothing runs, which is worth a warning",
            "web global constraint
             0 nodes n1=ready/active",
            "3.00s ok 0.00s NoNode [0]",
        ),
        (
            "crashes and is not restarted: the swarm then wants none",
            r#"web global
             0 nodes n1=ready/active
             1 a@n1 running
             2.6 a@n1 failed/shutdown exit=1 "e""#,
            r#"4.25s failed DeadSlot f=1 a.n1 failed exit=1 "e" [3]"#,
        ),
        (
            "a node goes down: two of two live nodes are enough",
            "web global
             0 nodes n1=ready/active n2=ready/active n3=ready/active
             1 a@n1 running
             1 b@n2 running
             3 nodes n1=ready/active n2=ready/active n3=down/active",
            "8.00s ok 5.00s [0]",
        ),
    ]);
}

#[test]
fn jobs() {
    check_all(&[
        (
            "done: no window",
            "web job=1
             1 a.0 running/complete
             3 a.0 complete/complete exit=0",
            "3.00s ok 0.00s [0]",
        ),
        (
            "fails, policy none",
            r#"web job=1
             1 a.0 running/complete
             2 a.0 failed/shutdown exit=1 "e""#,
            r#"3.50s failed JobFailed { complete: 0, wanted: Some(1) } f=1 a.0 failed exit=1 "e" [3]"#,
        ),
        (
            "fails after its attempts",
            r#"web job=2
             0.5 k.1 complete/complete exit=0
             1 crash .0 every=2 life=0.5 n=2 dies exit=1 "e""#,
            r#"5.00s failed JobFailed { complete: 1, wanted: Some(2) } f=2 x1.0 failed exit=1 "e" [3]"#,
        ),
        (
            "runs again: what the last iteration completed does not count",
            "web job=1 updated
             -60 a.0 complete/complete exit=0
             0 iteration=1
             0.5 b.0 running/complete
             2 b.0 complete/complete exit=0",
            "2.00s ok 0.00s [0]",
        ),
        (
            "on every node",
            "web globaljob
             0 nodes n1=ready/active n2=ready/active
             0.5 a@n1 running/complete
             0.5 b@n2 running/complete
             2 a@n1 complete/complete exit=0
             3 b@n2 complete/complete exit=0",
            "3.00s ok 0.00s [0]",
        ),
    ]);
}

#[test]
fn engines_that_stand_still() {
    check_all(&[
        (
            "what ended meanwhile is not known at the first answer",
            r#"web updated delay=1
             -60 a.1 shutdown/shutdown old
             1 b.1 running
             1.5 stalled
             9 answers
             9.5 b.1 complete/shutdown exit=0
             9.5 c.1 ready/ready
             11 c.1 running
             13 c.1 complete/shutdown exit=0
             13 d.1 ready/ready
             15 d.1 running
             17 d.1 complete/shutdown exit=0
             17 e.1 ready/ready"#,
            r#"17.00s failed CrashLoop f=3 d.1 complete exit=0 "" [3]"#,
        ),
        (
            "a slot gets no successor while nobody can give it one",
            r#"web
             1 a.1 running
             1.5 a.1 failed/shutdown exit=1 "e"
             1.6 stalled
             6 answers
             6.5 b.1 ready/ready
             8 b.1 running"#,
            "13.50s ok 5.50s failures=1 [0]",
        ),
        (
            "no node meanwhile",
            r#"web
             1 a.1 pending "no suitable node (1 node not available for new tasks)"
             2 stalled
             20 answers
             21 a.1 running"#,
            "26.00s ok 5.00s [0]",
        ),
        (
            "every answer takes two seconds: patience, not never",
            "web
             0 a.1 running
             0 stalled
             2 answers
             2.1 stalled
             4 answers
             4.1 stalled
             6 answers
             6.1 stalled
             8 answers
             8.1 stalled
             10 answers
             10.1 stalled
             12 answers
             12.1 stalled
             14 answers
             14.1 stalled
             16 answers",
            "14.00s ok 5.00s [0]",
        ),
    ]);
}

#[test]
fn engines_that_go_away() {
    check_all(&[
        (
            "engine restarted in an update: completed at once, but only tasks that run count",
            r#"web replicas=2 updated
             -60 a.1 shutdown/shutdown old
             -60 b.2 running old
             0.2 upd=updating
             4 c.1 running
             6 unreachable "connection refused"
             8 reachable
             8 upd=completed
             8 c.1 failed/shutdown "No such container: abc"
             8 e.1 ready/ready
             8 b.2 shutdown/shutdown
             8 d.2 ready/ready
             15 e.1 running
             15 d.2 running"#,
            "20.00s ok 5.00s failures=1 [0]",
        ),
        (
            "engine killed: tasks that die with it are no crash loop",
            r#"web replicas=5
             1 a.1 running
             1 b.2 running
             1 c.3 running
             1 d.4 running
             1 e.5 running
             3 unreachable "EOF"
             13 reachable
             13.2 a.1 failed/shutdown exit=137 "task: non-zero exit (137)"
             13.2 b.2 failed/shutdown exit=137 "task: non-zero exit (137)"
             13.2 c.3 failed/shutdown exit=137 "task: non-zero exit (137)"
             13.2 d.4 failed/shutdown exit=137 "task: non-zero exit (137)"
             13.2 e.5 failed/shutdown exit=137 "task: non-zero exit (137)"
             13.2 f.1 ready/ready
             16 g.2 ready/ready
             16 h.3 ready/ready
             16 i.4 ready/ready
             16 j.5 ready/ready
             18 f.1 running
             18 g.2 running
             18 h.3 running
             18 i.4 running
             18 j.5 running"#,
            "23.00s ok 5.00s failures=5 [0]",
        ),
    ]);
}

#[test]
fn nodes_that_go_away() {
    let no_leader = "The swarm does not have a leader";
    check_all(&[
        (
            "worker cut off: its task is running and told to stop, for ever",
            "web replicas=2
             1 a.1 running
             1 b.2 running
             3 b.2 running/shutdown
             3 c.2 ready/ready
             4 c.2 running",
            "9.00s ok 5.00s [0]",
        ),
        (
            "leader lost: hangs, then no node for a moment, then goes on by itself",
            r#"web updated
             -60 a.1 running old
             0.2 upd=updating
             1 unreachable "timed out"
             12 reachable
             12 a.1 shutdown/shutdown
             12 b.1 pending "no suitable node (3 nodes not available for new tasks)"
             14 b.1 running
             19 upd=completed"#,
            "19.00s ok 5.00s [0]",
        ),
        (
            "quorum lost: never a failure, and never a success from before",
            r#"web
             1 a.1 running
             3 unreachable "The swarm does not have a leader""#,
            &format!("100.00s undecided Unreachable {{ reason: {no_leader:?} }} Engine 1:Running [4]"),
        ),
        (
            "node drained in an update: paused, even with all tasks on the new spec",
            r#"web updated
             -60 a.1 running old
             0.2 upd=updating
             3 a.1 shutdown/shutdown
             3 upd=paused "update paused due to failure or early termination of task b"
             3 b.1 running"#,
            "3.00s failed Paused f=0 [3]",
        ),
        (
            "paused, and the restart runs: still half-way",
            r#"web updated
             -60 a.1 shutdown/shutdown old
             0.2 upd=updating
             1 b.1 failed/shutdown exit=1 "e"
             2 c.1 running
             1 upd=paused"#,
            r#"1.00s failed Paused f=1 b.1 failed exit=1 "e" [3]"#,
        ),
    ]);
}

#[test]
fn other_people() {
    check_all(&[
        (
            "somebody else's spec during the watch",
            "web updated
             -60 a.1 running old
             0.2 upd=updating
             3 spec=theirs",
            "3.00s overtaken 11 [7]",
        ),
        (
            "somebody else's update is paused: theirs, not ours",
            "web updated
             3 spec=theirs
             3 upd=paused",
            "3.00s overtaken 11 [7]",
        ),
        (
            "removed",
            "web
             1 a.1 running
             2 gone",
            "2.00s failed Gone f=0 [3]",
        ),
        (
            "removed and made anew",
            "web
             1 a.1 running
             2 recreated",
            "2.00s overtaken 10 recreated [7]",
        ),
    ]);
}
