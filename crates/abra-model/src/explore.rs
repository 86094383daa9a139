//! The search: breadth first over all worlds that can come about. Worlds are told apart by a fingerprint of 64 bits,
//! the same for worlds that differ only in who is who; of ten million two would be mixed up with a chance of one in
//! several hundred thousand.
use crate::action::Action;
use crate::decide::Decide;
use crate::invariant::{self, Invariant, Milestone};
use crate::world::{At, Head, RUNS, Run, SERVICES, Setting, Who, Word, World};
use std::collections::{BTreeMap, HashSet};
use std::fmt::Write as _;
use std::hash::{BuildHasherDefault, Hash as _, Hasher};

/// What a search came to.
#[derive(Debug)]
pub struct Explored {
    /// Different worlds.
    pub worlds: usize,
    /// Steps between them.
    pub steps: u64,
    /// The longest way that had to be looked at, in steps.
    pub depth: usize,
    /// How many steps led to each milestone.
    pub milestones: BTreeMap<Milestone, u64>,
    /// The shortest way into a world that breaks an invariant.
    pub broken: Option<Counterexample>,
}

/// A way into a world that must not be.
#[derive(Debug)]
pub struct Counterexample {
    /// What does not hold.
    pub invariant: Invariant,
    /// What happened.
    pub actions: Vec<Action>,
    /// The world in which it does not hold.
    pub world: World,
}

impl Counterexample {
    /// In words, a line per step.
    pub fn told(&self) -> String {
        let mut text = format!("{}\n", self.invariant.words());
        for (number, action) in self.actions.iter().enumerate() {
            let _ = writeln!(text, "{:3}. {action:?}", number + 1);
        }
        let World { head, journal, services, runs, strays, .. } = &self.world;
        let _ = writeln!(text, "{head:?}\n{journal:?}\n{services:?}\n{strays:?}");
        for run in runs {
            let _ = writeln!(text, "{run:?}");
        }
        text
    }
}

/// Fingerprints are as good as random already.
#[derive(Debug, Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// Looks at every world, at most `limit` of them; stops at the first that breaks an invariant.
pub fn explore(setting: &Setting, limit: usize) -> Explored {
    let decide = Decide::new(*setting);
    let first = World::new(setting);
    let mut seen: HashSet<u64, BuildHasherDefault<AsItIs>> = HashSet::default();
    seen.insert(fingerprint(&first, setting));
    // How each world came about: its predecessor and the action, by number.
    let mut ways: Vec<(u32, Action)> = vec![(0, Action::Tick)];
    let mut found = Explored { worlds: 1, steps: 0, depth: 0, milestones: BTreeMap::new(), broken: None };
    let mut level = vec![(0_u32, first)];
    let mut actions = Vec::new();
    while !level.is_empty() {
        let mut next_level = Vec::new();
        for (number, world) in &level {
            actions.clear();
            world.actions(setting, &mut actions);
            for action in &actions {
                let next = decide.after(world, *action);
                found.steps += 1;
                invariant::reached(&next, setting, |milestone| {
                    *found.milestones.entry(milestone).or_default() += 1;
                });
                if !seen.insert(fingerprint(&next, setting)) {
                    continue;
                }
                let next_number = u32::try_from(ways.len()).unwrap_or(u32::MAX);
                ways.push((*number, *action));
                found.worlds += 1;
                if let Some(invariant) = invariant::broken(&decide, world, &next) {
                    let actions = way(&ways, next_number);
                    found.broken = Some(Counterexample { invariant, actions, world: next });
                    return found;
                }
                next_level.push((next_number, next));
            }
        }
        if found.worlds > limit {
            return found;
        }
        found.depth += 1;
        level = next_level;
    }
    found
}

fn way(ways: &[(u32, Action)], mut at: u32) -> Vec<Action> {
    let mut actions = Vec::new();
    while at != 0 {
        let (before, action) = ways[at as usize];
        actions.push(action);
        at = before;
    }
    actions.reverse();
    actions
}

/// The hash of the world with its runs in an order that does not depend on their numbers: they are sorted by what they
/// are and what bears their number. Where two are alike in that, the order is of no account, or the world is counted
/// twice at worst.
///
/// Runs that can't touch anything any more count as ended, and how an operation ended counts for nothing once its run
/// has.
fn fingerprint(world: &World, setting: &Setting) -> u64 {
    let world = &world.essence(setting);
    let mut keys = [(0_u64, 0_u8); RUNS];
    for (who, key) in (0..).zip(&mut keys) {
        let idle = usize::from(who) >= setting.runs;
        *key = (if idle { u64::MAX } else { world.role(who) }, who);
    }
    keys.sort_unstable();
    let mut order = [0; RUNS];
    for (new, (_, old)) in (0..).zip(keys) {
        order[usize::from(old)] = new;
    }
    let mut mix = Mix::default();
    world.renamed(&order).hash(&mut mix);
    mix.finish()
}

impl World {
    fn essence(&self, setting: &Setting) -> Self {
        let mut world = *self;
        let holder = self.record().nonce;
        for (who, run) in (0..).zip(&mut world.runs) {
            let is_spent = holder != Some(who) && run.at.only_asks() && setting.broken.is_none();
            let is_awaited = self.strays.iter().flatten().any(|stray| stray.is_of(who));
            if is_spent && !is_awaited {
                *run = Run { at: At::Over, ..World::blank() };
            }
        }
        for note in world.journal.iter_mut().flatten() {
            if world.runs[usize::from(note.run)].at == At::Over && note.word != Word::None {
                note.word = Word::Failed;
            }
        }
        world
    }

    /// What a run is, whatever its number.
    fn role(&self, who: Who) -> u64 {
        let mut mix = Mix::default();
        let is = |other: Option<Who>| other == Some(who);
        let run = &self.runs[usize::from(who)];
        Run { seen: [None; SERVICES], before: Head::default(), wanted: None, ..*run }.hash(&mut mix);
        (is(self.record().nonce), self.services.map(is), run.seen.map(is)).hash(&mut mix);
        for note in &self.journal {
            note.filter(|note| note.run == who).map(|note| note.word).hash(&mut mix);
        }
        for other in &self.runs {
            other.seen.map(is).hash(&mut mix);
        }
        for stray in self.strays.iter().flatten().filter(|stray| stray.is_of(who)) {
            std::mem::discriminant(stray).hash(&mut mix);
        }
        mix.finish()
    }
}

impl At {
    /// Whether all that is left is to find out that the lock is lost: whoever lost it never has it again.
    fn only_asks(self) -> bool {
        // The version that a write names is not the present one: who holds it now wrote it.
        matches!(self, Self::Look(_) | Self::Write(_) | Self::Watch)
    }
}

/// A quick hash: every word is mixed in with two multiplications.
#[derive(Debug, Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        let mixed = (self.0 ^ (self.0 >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
        mixed ^ (mixed >> 29)
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }
    fn write_u8(&mut self, value: u8) {
        self.write_u64(u64::from(value));
    }
    fn write_isize(&mut self, value: isize) {
        self.write_u64(value.unsigned_abs() as u64);
    }
    fn write_usize(&mut self, value: usize) {
        self.write_u64(value as u64);
    }
    fn write_u64(&mut self, value: u64) {
        let mixed = (self.0.rotate_left(23) ^ value).wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        self.0 = mixed ^ (mixed >> 27);
    }
}
