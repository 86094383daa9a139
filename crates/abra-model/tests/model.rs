//! The protocol, explored: every invariant holds in every world, everything that should happen does in some, and every
//! deliberate mistake is found.
use abra_model::broken::Broken;
use abra_model::explore::{Explored, explore};
use abra_model::invariant::{Invariant, Milestone};
use abra_model::world::Setting;

/// Far more than there are: a search that grows beyond it is one that somebody should look at.
const LIMIT: usize = 4_000_000;

const USUAL: Setting = Setting { runs: 2, faults: 1, lease: 2, skew: 1, keeping: true, broken: None };

/// Explores everything and finds nothing; gives back the milestones that were not reached.
fn unreached(setting: Setting) -> Vec<Milestone> {
    let Explored { worlds, milestones, broken, .. } = explore(&setting, LIMIT);
    if let Some(broken) = broken {
        panic!("{}", broken.told());
    }
    assert!(worlds <= LIMIT, "{setting:?}: more than {LIMIT} worlds");
    Milestone::ALL.into_iter().filter(|milestone| !milestones.contains_key(milestone)).collect()
}

#[test]
fn model_of_two_operators_with_a_fault_of_any_kind() {
    assert_eq!(unreached(USUAL), []);
}

#[test]
fn model_of_one_operator_with_three_faults() {
    let unreached = unreached(Setting { runs: 1, faults: 3, ..USUAL });
    // There is nobody else.
    assert_eq!(
        unreached,
        [Milestone::TakenOver, Milestone::ToldBusy, Milestone::ToldMoved, Milestone::NumberTaken]
    );
}

#[test]
fn model_of_three_operators_that_are_paused_and_killed() {
    let unreached = unreached(Setting { runs: 3, faults: 0, keeping: false, ..USUAL });
    assert_eq!(unreached, [Milestone::TakenUnheard, Milestone::Freed]);
}

#[test]
fn model_finds_every_mistake() {
    let found = |broken: Broken| {
        let found = explore(&Setting { broken: Some(broken), ..USUAL }, LIMIT).broken;
        (broken, found.map(|found| found.invariant))
    };
    let expected = [
        (Broken::TakesWhatIsHeld, Invariant::OneHolder),
        (Broken::WritesHeadBlindly, Invariant::OneHolder),
        (Broken::IgnoresNonce, Invariant::NumbersHaveNoGaps),
        (Broken::CountsFromLook, Invariant::OneHolder),
        (Broken::NeverAsksAgain, Invariant::OneHolder),
        (Broken::ActsBeforeIntent, Invariant::EveryChangeHasAnEntry),
        (Broken::MarksWithoutAsking, Invariant::NobodyAtWorkIsCalledCutOff),
        (Broken::TakesNewestVersion, Invariant::OnlyWhatWasPlannedIsReplaced),
        (Broken::IgnoresPlan, Invariant::OnlyWhatWasPlannedIsReplaced),
        (Broken::LooksAtOneService, Invariant::OnlySuccessIsRecorded),
        (Broken::RecordsUnasked, Invariant::OnlySuccessIsRecorded),
        (Broken::TrustsItself, Invariant::OldHolderIsDetected),
        (Broken::RecordsRegardless, Invariant::JournalAndRecordAgree),
        (Broken::RecordsAnything, Invariant::OnlySuccessIsRecorded),
        (Broken::ReusesNumber, Invariant::NumbersHaveNoGaps),
        (Broken::NeverExpires, Invariant::LockComesFree),
    ];
    assert_eq!(expected.map(|(broken, _)| broken), Broken::ALL);
    assert_eq!(Broken::ALL.map(found), expected.map(|(broken, invariant)| (broken, Some(invariant))));
}

#[test]
fn model_finds_clocks_that_are_too_far_apart() {
    let found = explore(&Setting { skew: 3, ..USUAL }, LIMIT).broken;
    assert_eq!(found.map(|found| found.invariant), Some(Invariant::OneHolder));
}
