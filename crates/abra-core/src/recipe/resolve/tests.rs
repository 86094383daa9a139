use super::{
    Known, RecipeState, Release, Resolution, ResolveError, Target, VersionWish, passed_over, resolve,
    rollback, sync, upgrade,
};
use crate::recipe::{Commit, Record, Version};

fn full(digit: char) -> Commit {
    Commit::parse(&digit.to_string().repeat(40)).unwrap()
}

fn state(tags: &[&str]) -> RecipeState {
    let tag = |(i, tag): (usize, &&str)| Release {
        version: Version::parse(tag).unwrap(),
        commit: full(char::from_digit(u32::try_from(i).unwrap() + 1, 16).unwrap()),
    };
    let mut tags: Vec<Release> = tags.iter().enumerate().map(tag).collect();
    tags.sort_by(|a, b| a.version.cmp(&b.version));
    let commits = [(Commit::parse("cccccccc").unwrap(), full('c'))].into();
    RecipeState { tags, head: Some(full('f')), dirty: true, commits, ..RecipeState::default() }
}

fn record(text: &str) -> Record {
    Record::parse(text).unwrap()
}

fn shown(resolution: Result<Option<Resolution>, ResolveError>) -> String {
    match resolution {
        Ok(Some(found)) => format!("{}: {}", found.target.record(), found.why),
        Ok(None) => "nothing".to_owned(),
        Err(error @ ResolveError::Unknown { .. }) => {
            let ResolveError::Unknown { nearest, .. } = &error else { unreachable!() };
            let near: Vec<&str> = nearest.iter().map(Version::as_str).collect();
            format!("{error} (near: {})", near.join(" "))
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn deploy_takes_the_first_rule_that_applies() {
    use VersionWish::{Chaos, Exactly, Latest, Usual};
    let tags = state(&["1.0.0+1", "1.1.0+2", "2.0.0+3", "nightly"]);
    let none = RecipeState { tags: Vec::new(), ..state(&[]) };
    let odd = state(&["nightly"]);
    let empty = RecipeState::default();
    let (one, two, commit, dirty) =
        (record("1.0.0+1"), record("1.1.0+2"), record("cccccccc"), record("cccccccc+U"));
    for (wish, recorded, pinned, deployed, state, expected) in [
        (Exactly(two.clone()), Some(&one), None, None, &tags, "1.1.0+2: asked for"),
        (Exactly(commit.clone()), Some(&one), None, None, &tags, "cccccccc: asked for"),
        (Exactly(record("nightly")), None, None, None, &tags, "44444444: asked for"),
        (
            Exactly(record("ffffffffffffffffffffffffffffffffffffffff")),
            None,
            None,
            None,
            &tags,
            "ffffffff: asked for",
        ),
        (Chaos, Some(&one), None, None, &tags, "ffffffff+U: the working tree as it is"),
        (Latest, Some(&one), None, None, &tags, "2.0.0+3: the newest release, as asked for"),
        (Latest, None, None, None, &odd, "the recipe has no releases"),
        (Usual, Some(&one), Some(&two), Some(&two), &tags, "1.0.0+1: the recorded version"),
        (Usual, None, Some(&two), Some(&one), &tags, "1.1.0+2: the pinned version"),
        (Usual, None, None, Some(&one), &tags, "1.0.0+1: the deployed version"),
        (Usual, Some(&commit), None, None, &tags, "cccccccc: the recorded version"),
        (Usual, None, None, None, &tags, "2.0.0+3: the newest release"),
        (
            Usual,
            None,
            None,
            None,
            &none,
            "ffffffff: the commit that is checked out, as there are no releases",
        ),
        (Usual, None, None, None, &empty, "the recipe has no commits"),
        (Chaos, None, None, None, &empty, "the recipe has no commits"),
        (
            Usual,
            Some(&dirty),
            None,
            None,
            &tags,
            "`cccccccc+U` (which is recorded) was deployed with uncommitted changes, so it can't be deployed again from its commit",
        ),
        (
            Exactly(record("1.0.1+1")),
            None,
            None,
            None,
            &tags,
            "the recipe has no version `1.0.1+1` (near: 1.0.0+1 1.1.0+2 2.0.0+3)",
        ),
        (
            Exactly(record("dddddddd")),
            None,
            None,
            None,
            &tags,
            "the recipe has no commit `dddddddd` (near: 2.0.0+3)",
        ),
    ] {
        let known = Known { recorded, pinned, deployed };
        assert_eq!(shown(resolve(&wish, known, state).map(Some)), expected, "{wish:?} {known:?}");
    }
}

#[test]
fn upgrade_and_rollback_start_from_the_record_else_from_what_runs() {
    let tags = state(&["1.0.0+1", "1.1.0+2", "2.0.0+3"]);
    for (wish, recorded, deployed, up, down) in [
        (
            None,
            Some("1.1.0+2"),
            Some("1.0.0+1"),
            "2.0.0+3: the newest release above the present one",
            "1.0.0+1: the release just below the present one",
        ),
        (
            None,
            None,
            Some("1.1.0+2"),
            "2.0.0+3: the newest release above the present one",
            "1.0.0+1: the release just below the present one",
        ),
        (None, Some("2.0.0+3"), None, "nothing", "1.1.0+2: the release just below the present one"),
        (None, Some("1.0.0+1"), None, "2.0.0+3: the newest release above the present one", "nothing"),
        (
            None,
            None,
            None,
            "there is no recorded and no deployed version to start from",
            "there is no recorded and no deployed version to start from",
        ),
        (
            Some("1.1.0+2"),
            Some("1.0.0+1"),
            None,
            "1.1.0+2: asked for",
            "`1.1.0+2` is not older than `1.0.0+1`",
        ),
        (
            Some("2.0.0+3"),
            Some("1.1.0+2"),
            None,
            "2.0.0+3: asked for",
            "`2.0.0+3` is not older than `1.1.0+2`",
        ),
        (Some("1.1.0+2"), Some("1.1.0+2"), None, "nothing", "nothing"),
        (Some("1.1.0+2"), Some("cccccccc"), None, "1.1.0+2: asked for", "1.1.0+2: asked for"),
    ] {
        let (wish, recorded, deployed) = (wish.map(record), recorded.map(record), deployed.map(record));
        let known = Known { recorded: recorded.as_ref(), pinned: None, deployed: deployed.as_ref() };
        assert_eq!(shown(upgrade(wish.as_ref(), known, &tags)), up, "upgrade {wish:?} {known:?}");
        assert_eq!(shown(rollback(wish.as_ref(), known, &tags)), down, "rollback {wish:?} {known:?}");
    }
    let known = record("dddddddd");
    let known = Known { recorded: Some(&known), ..Known::default() };
    assert!(matches!(upgrade(None, known, &tags), Err(ResolveError::NoOrder { .. })));
}

/// Releases with a commit `c` behind the second one; the third release comes from another branch.
fn between() -> RecipeState {
    let mut between = state(&["1.0.0+1", "1.1.0+2", "2.0.0+3", "2.1.0+4", "nightly"]);
    between.commits.insert(Commit::parse("eeeeeeee").unwrap(), full('e'));
    between.lineage = [
        (full('c'), [full('1'), full('2')].into()),
        (full('4'), [full('c'), full('1'), full('2')].into()),
        (full('5'), [full('1')].into()),
    ]
    .into();
    between
}

#[test]
fn a_commit_has_its_place_by_what_it_goes_back_to() {
    let state = between();
    for (this, that, expected) in [
        ("1.0.0+1", "1.1.0+2", "Some(Less)"),
        ("cccccccc", "1.1.0+2", "Some(Greater)"),
        ("1.0.0+1", "cccccccc", "Some(Less)"),
        ("cccccccc", "2.1.0+4", "Some(Less)"),
        ("cccccccc", "2.0.0+3", "None"),
        ("cccccccc", "cccccccc", "Some(Equal)"),
        ("cccccccc+U", "cccccccc", "Some(Greater)"),
        ("nightly", "1.0.0+1", "Some(Greater)"),
        ("nightly", "2.0.0+3", "None"),
        ("dddddddd", "1.0.0+1", "None"),
    ] {
        assert_eq!(format!("{:?}", state.order(&record(this), &record(that))), expected, "{this} {that}");
    }
}

#[test]
fn upgrade_and_rollback_from_a_commit_stay_on_its_line() {
    let state = between();
    for (wish, present, up, down) in [
        (
            "",
            "cccccccc",
            "2.1.0+4: the newest release above the present one",
            "1.1.0+2: the release just below the present one",
        ),
        ("", "nightly", "nothing", "1.0.0+1: the release just below the present one"),
        ("", "eeeeeeee", "nothing", "nothing"),
        ("cccccccc", "1.1.0+2", "cccccccc: asked for", "`cccccccc` is not older than `1.1.0+2`"),
        ("2.0.0+3", "cccccccc", "2.0.0+3: asked for", "2.0.0+3: asked for"),
        (
            "eeeeeeee",
            "1.1.0+2",
            "it can't be said which releases are before and after `eeeeeeee`, which is none of them",
            "it can't be said which releases are before and after `eeeeeeee`, which is none of them",
        ),
    ] {
        let (wish, present) = ((!wish.is_empty()).then(|| record(wish)), record(present));
        let known = Known { recorded: Some(&present), ..Known::default() };
        assert_eq!(shown(upgrade(wish.as_ref(), known, &state)), up, "upgrade {wish:?} {present}");
        assert_eq!(shown(rollback(wish.as_ref(), known, &state)), down, "rollback {wish:?} {present}");
    }
}

#[test]
fn the_only_release_that_begins_so_is_the_nearest() {
    let state = state(&["1.0.0+1", "1.1.0+2", "1.1.0+3", "1.10.0+1"]);
    for (wanted, expected) in [
        ("1.0.0", "1.0.0+1"),
        ("1.10", "1.10.0+1"),
        ("1.1.0", "1.1.0+2 1.1.0+3 1.0.0+1 1.10.0+1"),
        ("1.0", "1.0.0+1"),
    ] {
        let wish = VersionWish::Exactly(record(wanted));
        let said = shown(resolve(&wish, Known::default(), &state).map(Some));
        assert_eq!(said, format!("the recipe has no version `{wanted}` (near: {expected})"));
    }
}

#[test]
fn the_notes_of_every_release_passed_over_are_read() {
    let state = state(&["1.0.0+1", "1.1.0+2", "2.0.0+3", "nonsense"]);
    for (from, to, expected) in [
        (Some("1.0.0+1"), "2.0.0+3", "1.1.0+2 2.0.0+3"),
        (Some("1.1.0+2"), "2.0.0+3", "2.0.0+3"),
        (Some("2.0.0+3"), "1.0.0+1", ""),
        (Some("2.0.0+3"), "2.0.0+3", ""),
        (None, "1.1.0+2", "1.1.0+2"),
        (Some("cccccccc"), "1.1.0+2", "1.1.0+2"),
    ] {
        let from = from.map(record);
        let wish = VersionWish::Exactly(record(to));
        let to = resolve(&wish, Known::default(), &state).unwrap().target;
        let passed: Vec<&str> =
            passed_over(&state, from.as_ref(), &to).into_iter().map(Version::as_str).collect();
        assert_eq!(passed.join(" "), expected);
    }
    let to_commit = Target::Commit(full('c'));
    let between = between();
    let passed = passed_over(&between, Some(&record("1.0.0+1")), &to_commit);
    assert_eq!(passed.into_iter().map(Version::as_str).collect::<Vec<_>>(), ["1.1.0+2"]);
}

#[test]
fn sync_means_the_record_and_nothing_else() {
    let state = state(&["1.0.0+1", "1.1.0+2"]);
    let (one, dirty, gone) = (record("1.0.0+1"), record("cccccccc+U"), record("3.0.0+1"));
    let shown_of = |recorded| shown(sync(Known { recorded, ..Known::default() }, &state));
    assert_eq!(shown_of(None), "nothing");
    assert_eq!(shown_of(Some(&one)), "1.0.0+1: the recorded version");
    assert!(shown_of(Some(&dirty)).contains("uncommitted"));
    assert!(shown_of(Some(&gone)).contains("no version `3.0.0+1`"));
}
