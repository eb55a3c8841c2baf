//! The one place that writes to the terminal.

use crate::failure::Failure;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};

/// A result, on standard output. A reader that went away (`| head`) is no error.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{text}").and_then(|()| out.flush());
    if written.is_err() {
        std::process::exit(0);
    }
}

/// A remark, on standard error.
pub fn remark(text: &str) {
    eprintln!("{text}");
}

/// A failure, on standard error.
pub fn failure(failure: &Failure) {
    eprintln!("socle: {}\n       {}", failure.what, failure.mend);
}

/// A progress bar on standard error; plain lines every tenth when it is not a terminal.
pub struct Progress {
    bar: ProgressBar,
    label: String,
    is_plain: bool,
    told: std::sync::atomic::AtomicU64,
}

impl Progress {
    /// Starts counting to `total`.
    pub fn new(label: &str, total: u64) -> Self {
        let is_plain = !std::io::stderr().is_terminal();
        let target = if is_plain { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
        let bar = ProgressBar::with_draw_target(Some(total), target);
        let style = ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} ({eta})")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_message(label.to_owned());
        if is_plain {
            eprintln!("{label}: {total}");
        }
        Progress { bar, label: label.to_owned(), is_plain, told: std::sync::atomic::AtomicU64::new(0) }
    }

    /// Counts on.
    pub fn add(&self, count: u64) {
        self.bar.inc(count);
        if self.is_plain {
            let total = self.bar.length().unwrap_or(0).max(1);
            let tenth = self.bar.position() * 10 / total;
            let told = self.told.fetch_max(tenth, std::sync::atomic::Ordering::Relaxed);
            if tenth > told {
                eprintln!("{}: {} %", self.label, tenth * 10);
            }
        }
    }

    /// Ends it.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
