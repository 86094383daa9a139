//! The operator's terminal as that of a command somewhere else: typed bytes, output as it comes, size.
use super::text::clean;
use crate::engine::Stream;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};
use std::io::{self, IsTerminal as _, Read as _, Write};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{Receiver, channel};

/// While this lives every key goes to the command: no echo, no line editing, no Ctrl-C for us.
#[derive(Debug)]
pub struct RawMode(Termios);

impl RawMode {
    /// Switches the terminal at standard input.
    ///
    /// # Errors
    /// There is none.
    pub fn enter() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut raw = before.clone();
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
        Ok(Self(before))
    }

    /// Switches only the echo off: what is typed is not shown.
    ///
    /// # Errors
    /// There is no terminal.
    pub fn silent() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for RawMode {
    fn drop(&mut self) {
        // Nothing is left to be done where even that fails.
        let _ = tcsetattr(io::stdin(), OptionalActions::Drain, &self.0);
    }
}

/// Whether there is a terminal at both ends.
pub fn is_there() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// Whether somebody may be looking, and could be asked by a program that talks to the terminal itself.
pub fn is_watched() -> bool {
    io::stdin().is_terminal() || io::stderr().is_terminal()
}

/// Whether standard input is something else than a terminal: a file or a pipe, to be handed on.
pub fn is_piped() -> bool {
    !io::stdin().is_terminal()
}

/// What comes on standard input. A thread reads it, and is left behind where nothing comes any more.
pub fn input() -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel(16);
    std::thread::spawn(move || {
        let mut buffer = [0; 16 << 10];
        while let Ok(length @ 1..) = io::stdin().lock().read(&mut buffer) {
            if sender.blocking_send(buffer[..length].to_vec()).is_err() {
                return;
            }
        }
    });
    receiver
}

/// The terminal's sizes: first the present one, then each new one.
#[derive(Debug)]
pub struct Sizes {
    changed: Signal,
    is_first: bool,
}

/// Begins to look at the terminal's size.
///
/// # Errors
/// The system does not let us listen.
pub fn sizes() -> io::Result<Sizes> {
    Ok(Sizes { changed: signal(SignalKind::window_change())?, is_first: true })
}

impl Sizes {
    /// The next one: rows and columns. Never comes where there is no terminal.
    pub async fn next(&mut self) -> (u16, u16) {
        loop {
            let is_first = std::mem::take(&mut self.is_first);
            if !is_first && self.changed.recv().await.is_none() {
                return std::future::pending().await;
            }
            if let Ok(size) = tcgetwinsize(io::stdin()) {
                return (size.ws_row, size.ws_col);
            }
        }
    }
}

/// Hands on the output of a command: as it is to files, pipes, and where it has a terminal of its own; else without
/// what a terminal would act on.
#[derive(Debug)]
pub struct Passage {
    tty: bool,
    /// The beginning of a character whose end has not come yet, by stream.
    rest: [Vec<u8>; 2],
}

impl Passage {
    /// `tty`: the command has a terminal.
    pub fn new(tty: bool) -> Self {
        Self { tty, rest: [vec![], vec![]] }
    }

    /// Writes what came. Who reads may have read enough; the command goes on.
    pub fn pass(&mut self, stream: Stream, bytes: &[u8]) {
        let is_error = stream != Stream::Stdout;
        let mut out: Box<dyn Write> =
            if is_error { Box::new(io::stderr().lock()) } else { Box::new(io::stdout().lock()) };
        let is_terminal = if is_error { io::stderr().is_terminal() } else { io::stdout().is_terminal() };
        let result = if self.tty || !is_terminal {
            out.write_all(bytes)
        } else {
            out.write_all(clean(&self.text(is_error, bytes)).as_bytes())
        };
        super::written(result.and_then(|()| out.flush()));
    }

    /// The whole characters that came.
    fn text(&mut self, is_error: bool, bytes: &[u8]) -> String {
        let rest = &mut self.rest[usize::from(is_error)];
        rest.extend_from_slice(bytes);
        let cut = match std::str::from_utf8(rest) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => rest.len(),
        };
        String::from_utf8_lossy(&rest.drain(..cut).collect::<Vec<u8>>()).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Passage;

    #[test]
    fn characters_that_come_in_two_pieces_stay_whole() {
        let mut passage = Passage::new(false);
        let bytes = "aé".as_bytes();
        assert_eq!(passage.text(false, &bytes[..2]), "a");
        assert_eq!(passage.text(true, b"x"), "x");
        assert_eq!(passage.text(false, &bytes[2..]), "é");
        assert_eq!(passage.text(false, b"\xff!"), "\u{fffd}!");
    }
}
