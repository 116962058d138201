// SPDX-License-Identifier: BSD-2-Clause
//! The guest's console: the first serial port, all of it kept.

use std::fs::File;
use std::io::{Read, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What the console said so far, and a way to type on it.
pub(crate) struct Console {
    text: Arc<Mutex<Vec<u8>>>,
    input: Option<Box<dyn Write + Send>>,
    shown: Arc<AtomicBool>,
}

impl std::fmt::Debug for Console {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Console")
    }
}

impl Console {
    /// Keeps reading on a thread of its own until the machine is gone.
    pub(crate) fn new(
        mut from: impl Read + Send + 'static,
        to: impl Write + Send + 'static,
        mut log: File,
    ) -> Self {
        let shown = Arc::new(AtomicBool::new(false));
        let show = Arc::clone(&shown);
        let text = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&text);
        std::thread::spawn(move || {
            let mut buf = [0; 4096];
            while let Ok(n @ 1..) = from.read(&mut buf) {
                let data = buf.get(..n).unwrap_or_default();
                log.write_all(data).ok();
                if show.load(Ordering::Relaxed) {
                    let mut out = std::io::stdout().lock();
                    out.write_all(data).ok();
                    out.flush().ok();
                }
                lock(&shared).extend(data);
            }
        });
        Self {
            text,
            input: Some(Box::new(to)),
            shown,
        }
    }

    /// Whether what is said from now on is copied to our standard output.
    pub(crate) fn show(&self, whether: bool) {
        self.shown.store(whether, Ordering::Relaxed);
    }

    /// How much there is; a place to come back to with [`Self::since`].
    pub(crate) fn mark(&self) -> usize {
        lock(&self.text).len()
    }

    /// What was said after a mark, with plain line ends.
    pub(crate) fn since(&self, mark: usize) -> String {
        let text = lock(&self.text);
        String::from_utf8_lossy(text.get(mark..).unwrap_or_default()).replace('\r', "")
    }

    /// The last lines after a mark.
    pub(crate) fn tail(&self, mark: usize, lines: usize) -> String {
        last_lines(&self.since(mark), lines)
    }

    /// The line that says the kernel stopped working, if it did after `mark`.
    pub(crate) fn panic(&self, mark: usize) -> Option<String> {
        let text = self.since(mark);
        let line = text.lines().find(|line| {
            line.starts_with("panic: ")
                || line.starts_with("Fatal trap ")
                || line.starts_with("Fatal double fault")
                || line.starts_with("db> ")
        })?;
        Some(line.to_owned())
    }

    /// Takes the writing end, for a session at the console.
    pub(crate) fn take_input(&mut self) -> Option<Box<dyn Write + Send>> {
        self.input.take()
    }
}

fn lock(text: &Mutex<Vec<u8>>) -> MutexGuard<'_, Vec<u8>> {
    text.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The last lines of a text.
pub(crate) fn last_lines(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    let from = all.len().saturating_sub(lines);
    all.get(from..).unwrap_or_default().join("\n")
}
