//! Whose clock says what, and when nobody leads. One manager has one clock. Several have each their own, as wrong as can
//! be: whoever leads notes the times of objects by its clock, and whoever answers says its own.
use crate::dice::Dice;
use jiff::SignedDuration;
use std::time::Duration;

/// How far clocks may be apart: seconds, minutes, a day, years.
const APART: [u64; 4] = [10, 600, 86_400, 5 * 365 * 86_400];

/// The managers of a swarm and their clocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clocks {
    /// How many there are.
    pub managers: u64,
    /// How far the clock of the node that runs the tasks is ahead of the leader's.
    pub node: SignedDuration,
    elections: Vec<Election>,
}

/// A time without a leader, and how far the clock of the next one is ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Election {
    from: Duration,
    to: Duration,
    ahead: SignedDuration,
}

impl Default for Clocks {
    fn default() -> Self {
        Self { managers: 1, node: SignedDuration::ZERO, elections: Vec::new() }
    }
}

impl Clocks {
    /// Those of a story.
    pub fn of(dice: &mut Dice) -> Self {
        let node = any(dice);
        if dice.happens(500) {
            return Self { node, ..Self::default() };
        }
        let mut elections = vec![Election { from: Duration::ZERO, to: Duration::ZERO, ahead: any(dice) }];
        for _ in 0..dice.below(3) {
            let from = dice.between(Duration::ZERO, Duration::from_secs(240));
            let to = from + dice.between(Duration::from_secs(1), Duration::from_secs(40));
            elections.push(Election { from, to, ahead: any(dice) });
        }
        elections.sort_by_key(|election| election.to);
        Self { managers: 3, node, elections }
    }

    /// How far the leader's clock is ahead at a time since the beginning.
    pub fn leader(&self, age: Duration) -> SignedDuration {
        let last = self.elections.iter().rev().find(|election| election.to <= age);
        last.map_or(SignedDuration::ZERO, |election| election.ahead)
    }

    /// When the swarm has a leader again, where it has none.
    pub fn leads_again(&self, age: Duration) -> Option<Duration> {
        let now = self.elections.iter().filter(|election| (election.from..election.to).contains(&age));
        now.map(|election| election.to).max()
    }

    /// How far the clock of the manager that an operator talks to is ahead.
    pub fn answering(&self, dice: &mut Dice) -> SignedDuration {
        if self.managers > 1 { any(dice) } else { SignedDuration::ZERO }
    }
}

fn any(dice: &mut Dice) -> SignedDuration {
    let most = dice.one_of(&APART).unwrap_or_default();
    let seconds = i64::try_from(dice.below(2 * most + 1)).unwrap_or_default();
    SignedDuration::from_secs(seconds - i64::try_from(most).unwrap_or_default())
}
