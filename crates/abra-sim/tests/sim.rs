//! Stories: each seed is one. A failing one is told again by the command that the message ends with.
use abra_sim::{story, verdict};

/// Stories in the test suite; many more by hand: `scripts/simulate`.
const STORIES: u64 = 200;

#[test]
fn sim_every_story_ends_well() {
    for seed in 0..STORIES {
        let told = story::tell(seed).unwrap();
        let problems = verdict::problems(&told);
        assert!(problems.is_empty(), "{}", verdict::report(&told, &problems));
    }
}

#[test]
fn sim_a_seed_tells_the_same_story_again() {
    for seed in [3, 17, 42] {
        let (one, two) = (story::tell(seed).unwrap(), story::tell(seed).unwrap());
        assert_eq!(one.ran, two.ran, "seed {seed}");
        let times =
            |told: &story::Told| told.log.iter().map(|written| (written.at, written.by)).collect::<Vec<_>>();
        assert_eq!(times(&one), times(&two), "seed {seed}");
    }
}
