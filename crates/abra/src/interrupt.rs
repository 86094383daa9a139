//! Interrupts: Ctrl-C, and being told to end. While something is being changed the first one only asks to stop at the
//! next safe point; a second one ends at once.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Knows whether the operator wants to stop.
#[derive(Debug, Clone)]
pub struct Interrupt {
    asked: watch::Receiver<usize>,
    guards: Arc<AtomicUsize>,
}

/// While this lives, an interrupt does not end the run: the work itself notices and stops where it is safe.
#[derive(Debug)]
pub struct Guard(Arc<AtomicUsize>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Interrupt {
    /// Begins to listen for SIGINT, SIGTERM and SIGHUP. `last_words` is called before the process ends at once.
    ///
    /// # Errors
    /// The system does not let us listen.
    pub fn listen(last_words: fn()) -> std::io::Result<Self> {
        let (sender, asked) = watch::channel(0);
        // A thread of its own: whatever the run is busy with, a second interrupt ends it.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let guard = runtime.enter();
        let kinds = [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()];
        let signals = kinds.into_iter().map(signal).collect::<std::io::Result<Vec<_>>>()?;
        drop(guard);
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            runtime.block_on(futures_util::future::join_all(
                signals.into_iter().map(|signals| count(signals, sender.clone(), last_words)),
            ));
        })?;
        Ok(Self { asked, guards: Arc::default() })
    }

    /// Of an operator who never wants to stop.
    pub fn never() -> Self {
        let (_, asked) = watch::channel(0);
        Self { asked, guards: Arc::default() }
    }

    /// Whether the operator has asked to stop.
    pub fn asked(&self) -> bool {
        *self.asked.borrow() > 0
    }

    /// Waits until the operator asks to stop.
    pub async fn wait(&self) {
        let mut asked = self.asked.clone();
        if asked.wait_for(|count| *count > 0).await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Waits until the operator asks to stop while nothing guards against it.
    pub async fn unguarded(&self) {
        loop {
            self.wait().await;
            if self.guards.load(Ordering::SeqCst) == 0 {
                return;
            }
            // Whoever holds the guard notices by itself; after that the run ends by itself, too.
            std::future::pending::<()>().await;
        }
    }

    /// From now on the work notices interrupts by itself.
    pub fn guard(&self) -> Guard {
        self.guards.fetch_add(1, Ordering::SeqCst);
        Guard(Arc::clone(&self.guards))
    }
}

async fn count(mut signals: Signal, sender: watch::Sender<usize>, last_words: fn()) {
    while signals.recv().await.is_some() {
        let mut all = 0;
        sender.send_modify(|count| {
            *count += 1;
            all = *count;
        });
        crate::hold::told_to_stop();
        if all > 1 {
            last_words();
            std::process::exit(i32::from(crate::exit::Exit::Interrupted as u8));
        }
    }
}
