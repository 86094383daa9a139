//! Deliberate mistakes. Each is one that a change of the code might make; each must be found, or the invariant that
//! should find it is worth nothing.

/// A mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Broken {
    /// A lock is taken although its lease has not run out.
    TakesWhatIsHeld,
    /// The head record is written without naming the version that was read.
    WritesHeadBlindly,
    /// A step on the head record is taken although it bears somebody else's nonce.
    IgnoresNonce,
    /// The age of a lock is counted from the look that showed that it was taken, not from before it was taken.
    CountsFromLook,
    /// A run relies on its lock for as long as nobody tells it otherwise.
    NeverAsksAgain,
    /// Services are changed before the intent is in the journal.
    ActsBeforeIntent,
    /// A number in the journal that is taken is held to be of a run that was cut off, without asking who holds the lock.
    MarksWithoutAsking,
    /// A service whose version moved is updated at the present version without looking at what it is.
    TakesNewestVersion,
    /// The plan is not compared with the services under the lock, and services are updated at any version.
    IgnoresPlan,
    /// Success is concluded from the first service alone.
    LooksAtOneService,
    /// The verdict is recorded without asking whether the lock is still held.
    RecordsUnasked,
    /// The same, and the run takes its own word for it that it holds the lock.
    TrustsItself,
    /// The env file is written although the journal says by now that the run was cut off.
    RecordsRegardless,
    /// The env file is written whatever the verdict.
    RecordsAnything,
    /// An operation takes the number of the last one again.
    ReusesNumber,
    /// A lease is longer than anybody would wait.
    NeverExpires,
}

impl Broken {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::TakesWhatIsHeld,
        Self::WritesHeadBlindly,
        Self::IgnoresNonce,
        Self::CountsFromLook,
        Self::NeverAsksAgain,
        Self::ActsBeforeIntent,
        Self::MarksWithoutAsking,
        Self::TakesNewestVersion,
        Self::IgnoresPlan,
        Self::LooksAtOneService,
        Self::RecordsUnasked,
        Self::TrustsItself,
        Self::RecordsRegardless,
        Self::RecordsAnything,
        Self::ReusesNumber,
        Self::NeverExpires,
    ];
}
