//! Questions to the operator.
use super::terminal::RawMode;
use super::{Text, Ui, text};
use abra_core::secret::Secret;
use std::io::{BufRead as _, IsTerminal as _, Write as _};

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoAnswer {
    /// `--no-input`, or no terminal to ask on.
    #[error("there is nobody to ask")]
    Nobody,
    /// Interrupted, or the input ended.
    #[error("interrupted")]
    Interrupted,
}

impl Ui {
    /// Asks a yes-or-no question; anything but yes is no.
    ///
    /// # Errors
    /// When nobody can be asked, or the operator interrupts.
    pub async fn confirm(&self, question: &str) -> Result<bool, NoAnswer> {
        let answer = self.prompt(&format!("{question} [y/N] ")).await?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// Asks for a line of text, offering a default.
    ///
    /// # Errors
    /// When nobody can be asked, or the operator interrupts.
    pub async fn question(&self, question: &str, default: Option<&str>) -> Result<String, NoAnswer> {
        let shown =
            default.map_or_else(|| format!("{question}: "), |value| format!("{question} [{value}]: "));
        let answer = self.prompt(&shown).await?;
        let answer = answer.trim();
        Ok(if answer.is_empty() { default.unwrap_or_default() } else { answer }.to_owned())
    }

    /// Asks for a line that is not shown while it is typed.
    ///
    /// # Errors
    /// When nobody can be asked, or the operator interrupts.
    pub async fn hidden(&self, question: &str) -> Result<Secret<String>, NoAnswer> {
        if self.no_input {
            return Err(NoAnswer::Nobody);
        }
        let silent = RawMode::silent().map_err(|_| NoAnswer::Nobody)?;
        let answer = self.prompt(&format!("{question}: ")).await;
        drop(silent);
        self.say("");
        answer.map(|line| Secret::new(line.trim_end_matches(['\n', '\r']).to_owned()))
    }

    async fn prompt(&self, shown: &str) -> Result<String, NoAnswer> {
        if self.no_input || !std::io::stdin().is_terminal() {
            return Err(NoAnswer::Nobody);
        }
        let mut stream = anstream::stderr();
        let _ = write!(stream, "{}", Text::new().styled(text::STRONG, shown)).and_then(|()| stream.flush());
        // A thread of its own, so that an interrupt is noticed while it waits.
        let (sender, answer) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = std::io::stdin().lock().read_line(&mut line);
            let _ = sender.send(read.map(|count| (count, line)));
        });
        tokio::select! {
            answer = answer => match answer {
                Ok(Ok((count, line))) if count > 0 => Ok(line),
                _ => Err(NoAnswer::Interrupted),
            },
            _ = tokio::signal::ctrl_c() => Err(NoAnswer::Interrupted),
        }
    }
}
