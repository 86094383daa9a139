//! What ssh says while it logs in, for the person at the terminal: greetings, what a second factor wants, where to sign in,
//! that a password was wrong. A login that is quick and asks nothing says nothing.
use super::Tell;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Mutex as Turn;
use tokio::time::{Instant, sleep};

/// A login that asks nothing is quick, or what it says is of use: it may wait for something elsewhere.
const SLOW: Duration = Duration::from_secs(2);
/// After this long, a person may not know what is waited for.
const STUCK: Duration = Duration::from_secs(5);
const TICK: Duration = Duration::from_millis(20);

/// Who hears it.
#[derive(Clone, Copy)]
pub(super) struct Hearer<'a> {
    /// Shows one line.
    pub(super) show: &'a Tell,
    /// Whoever has it may write to the terminal; `None`: it is ours.
    pub(super) terminal: Option<&'a Turn<()>>,
    /// Whether it was said in this run what slow logins may wait for.
    pub(super) knows: &'a AtomicBool,
}

impl Hearer<'_> {
    /// Hands on what is said about a target, line by line, for as long as somebody polls.
    pub(super) async fn hear(&self, target: &str, said: impl Fn() -> String) -> Infallible {
        let (start, mut shown) = (Instant::now(), 0);
        if self.terminal.is_some() {
            sleep(SLOW).await;
        }
        loop {
            let words = said();
            let fresh = words.get(shown..).unwrap_or_default();
            if let Some(end) = fresh.rfind('\n') {
                shown += end + 1;
                self.hand_on(target, &fresh[..end]).await;
            } else if self.terminal.is_some()
                && start.elapsed() > STUCK
                && !self.knows.swap(true, Ordering::Relaxed)
            {
                self.hand_on(
                    target,
                    "no login yet; does a security key want to be touched, or an agent an answer?",
                )
                .await;
            }
            sleep(TICK).await;
        }
    }

    async fn hand_on(&self, target: &str, words: &str) {
        let _turn = match self.terminal {
            Some(terminal) => Some(terminal.lock().await),
            None => {
                // A question may stand in the line.
                (self.show)("");
                None
            }
        };
        words.lines().map(str::trim_end).filter(|line| !line.is_empty()).for_each(|line| {
            (self.show)(&format!("{target}: {line}"));
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Hearer;
    use std::sync::atomic::AtomicBool;
    use std::sync::{Arc, Mutex};
    use std::time::Duration;
    use tokio::time::timeout;

    /// What is shown of words that are there from the beginning, within so many seconds.
    async fn shown(words: &str, is_ours: bool, seconds: u64) -> Vec<String> {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&lines);
        let show: super::Tell = Arc::new(move |line: &str| into.lock().unwrap().push(line.to_owned()));
        let (terminal, knows) = (super::Turn::new(()), AtomicBool::new(false));
        let hearer = Hearer { show: &show, terminal: (!is_ours).then_some(&terminal), knows: &knows };
        let _ = timeout(Duration::from_secs(seconds), hearer.hear("h", || words.to_owned())).await;
        lines.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn only_what_takes_long_or_asks_is_told() {
        let note = "h: no login yet; does a security key want to be touched, or an agent an answer?";
        for (words, is_ours, seconds, expected) in [
            ("go to https://x\r\n\nand", false, 1, vec![]),
            ("go to https://x\r\n\nand", false, 3, vec!["h: go to https://x"]),
            ("", false, 4, vec![]),
            ("", false, 60, vec![note]),
            ("one\ntwo\n", true, 60, vec!["", "h: one", "h: two"]),
        ] {
            assert_eq!(shown(words, is_ours, seconds).await, expected, "{words:?}");
        }
    }
}
