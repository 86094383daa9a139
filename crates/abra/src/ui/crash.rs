//! What is said where abra itself has a mistake (a panic): where it is, and what that means. Never values: a message that
//! was put together may quote one of them.
use super::{Text, Ui, text};
use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;

/// From now on a panic is told so.
pub fn tell() {
    std::panic::set_hook(Box::new(|panic| Ui::default().crash(panic)));
}

impl Ui {
    fn crash(&self, panic: &PanicHookInfo<'_>) {
        let place = panic.location().map_or_else(String::new, |location| format!(", at {location}"));
        // What stands in the program as it is can't quote anything.
        let words = panic.payload().downcast_ref::<&'static str>();
        let words = words.map_or_else(String::new, |words| format!(": {words}"));
        self.say(
            Text::new().styled(text::ERROR, "error: ").plain(format!("abra has a mistake{place}{words}")),
        );
        self.hint("what was begun is not written down, and a lock frees itself after a minute");
        self.hint("`abra app ps` shows what runs now; please report it with what RUST_BACKTRACE=1 shows");
        let way = Backtrace::capture();
        if way.status() == BacktraceStatus::Captured {
            self.say(way.to_string());
        }
    }
}
