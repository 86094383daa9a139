//! What is told while watching: facts, once each.
use super::timeline::replay;
use crate::converge::*;
use std::time::Duration;

/// Events in words, with their times.
fn told(timeline: &str) -> Vec<String> {
    let events = replay(&Settings::default(), timeline, true).1;
    events.into_iter().map(|(at, event)| format!("{:.2} {}", at.as_secs_f64(), words(event))).collect()
}

fn words(event: Event) -> String {
    match event {
        Event::Progress { running, wanted, up_to_date, phase, .. } => {
            format!("{running}/{wanted} {up_to_date} {phase:?}")
        }
        Event::TaskFailed { failure, in_slot, in_service, .. } => {
            format!("failed {} {in_slot} {in_service} {}", failure.task, failure.err)
        }
        Event::Waiting { waiting, slots, .. } => {
            format!("waits {waiting:?} {:?}", slots.into_iter().map(|s| s.step).collect::<Vec<_>>())
        }
        Event::Holding { held, window, .. } => format!("holds {}/{}", held.as_secs(), window.as_secs()),
        Event::RollbackStarted { message, .. } => format!("goes back {message}"),
        Event::Settled { outcome, .. } => format!("settled {:?}", outcome.kind()),
        Event::Lost { .. } => "lost".to_owned(),
        Event::Unreachable { reason } => format!("unreachable {reason}"),
        Event::Begun { deadline } => format!("begun {}", deadline.as_secs()),
        Event::Reachable => "reachable".to_owned(),
    }
}

#[test]
fn a_good_start_is_told_step_by_step() {
    let told = told("web\n1 a.1 preparing\n2 a.1 running");
    let expected = [
        "0.00 0/1 0 Placing",
        "0.00 waits Tasks []",
        "1.00 0/1 1 Pulling",
        "1.00 waits Tasks [ImagePull]",
        "2.00 1/1 1 Holding",
        "2.00 holds 0/5",
        "3.00 holds 1/5",
        "4.00 holds 2/5",
        "5.00 holds 3/5",
        "6.00 holds 4/5",
        "7.00 settled Succeeded",
        "7.00 1/1 1 Good",
    ];
    assert_eq!(told, expected);
}

#[test]
fn failures_and_the_way_back_are_told_as_they_come() {
    let told = told(
        r#"web updated action=rollback
         -60 a.1 running old
         0 upd=updating
         0 a.1 shutdown/shutdown
         0 b.1 running
         1 b.1 failed/shutdown exit=1 "e"
         1 spec=old
         1 upd=rollback_started "going back"
         2 c.1 running
         3 upd=rollback_completed"#,
    );
    let expected = [
        "0.00 1/1 1 Holding",
        "0.00 holds 0/5",
        "1.00 goes back going back",
        "1.00 failed b 1 1 e",
        "1.00 0/1 0 RollingBack",
        "1.00 waits Rollback [Ended(\"shutdown\")]",
        "2.00 1/1 1 RollingBack",
        "2.00 waits Rollback [Running]",
        "7.00 settled RolledBack",
        "7.00 1/1 1 Bad",
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_engine_out_of_reach_is_told_once() {
    let told = told("web\n0 unreachable \"refused\"\n2 reachable\n2 a.1 running");
    let first: Vec<&str> = told.iter().take(4).map(String::as_str).collect();
    assert_eq!(first, ["0.00 unreachable refused", "2.00 reachable", "2.00 1/1 1 Holding", "2.00 holds 0/5"]);
}

#[test]
fn a_success_that_is_lost_is_taken_back() {
    let told = told(
        r#"a
         b
         1 x.1 running
         8 x.1 failed/shutdown exit=1 "e"
         8 y.1 ready/ready
         14 y.1 running
         20 b: z.1 running"#,
    );
    let marks: Vec<&str> =
        told.iter().map(String::as_str).filter(|t| t.contains("settled") || t.contains("lost")).collect();
    let expected =
        ["6.00 settled Succeeded", "8.00 lost", "25.00 settled Succeeded", "26.00 settled Succeeded"];
    assert_eq!(marks, expected);
}

#[test]
fn a_task_that_ends_without_ever_being_healthy_is_told_as_that() {
    let cases = [
        ("web health=1/1/1/0", "1 a.1 starting\n3 a.1 complete/shutdown exit=0", true),
        ("web health=1/1/1/0", "1 a.1 starting\n2 a.1 running\n3 a.1 complete/shutdown exit=0", false),
        ("web health=1/1/1/0 unchanged", "-9 a.1 running\n0 a.1 complete/shutdown exit=0", false),
        ("web health=1/1/1/0", "1 a.1 preparing\n3 a.1 rejected/shutdown", false),
        ("web", "1 a.1 starting\n3 a.1 complete/shutdown exit=0", false),
    ];
    for (service, timeline, never) in cases {
        let timeline = format!("{service}\n{timeline}");
        let (_, events) = replay(&Settings::default(), &timeline, true);
        let told: Vec<bool> = events
            .iter()
            .filter_map(|(_, event)| match event {
                Event::TaskFailed { failure, .. } => Some(failure.never_healthy),
                _ => None,
            })
            .collect();
        assert_eq!(told, [never], "{timeline}");
    }
}

#[test]
fn nodes_that_are_away_are_named_with_the_verdict() {
    let settings = Settings { deadline: Some(Duration::from_secs(5)), ..Settings::default() };
    let timeline = "web\n0 nodes n1=ready/active n2=ready/active\n3 nodes n1=ready/active n2=down/active";
    let (verdict, _) = replay(&settings, timeline, true);
    assert!(verdict.starts_with("5.00s undecided") && verdict.contains(" without n2 [4]"), "{verdict}");
}
