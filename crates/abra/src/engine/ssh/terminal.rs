//! The operator's terminal as it was before ssh asked for something: an ssh that is ended while it waits for a passphrase
//! leaves the echo off.
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::fs::File;

/// Puts the terminal back when dropped, if it is not as it was.
#[derive(Debug)]
pub(super) struct Terminal(Option<(File, Termios)>);

impl Terminal {
    /// As it is now, where there is one.
    pub(super) fn now() -> Self {
        let terminal = File::open("/dev/tty").ok();
        Self(terminal.and_then(|terminal| tcgetattr(&terminal).ok().map(|modes| (terminal, modes))))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let Some((terminal, before)) = &self.0 else { return };
        // Only then: setting it from the background would stop us.
        if tcgetattr(terminal).is_ok_and(|now| now.local_modes != before.local_modes) {
            let _ = tcsetattr(terminal, OptionalActions::Drain, before);
        }
    }
}
