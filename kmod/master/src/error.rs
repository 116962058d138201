// SPDX-License-Identifier: BSD-2-Clause
//! What the parser says when a file breaks a rule.

use std::fmt;

/// A rule of `syscalls.master` that a line breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong there: what was expected and what was found.
    pub problem: String,
    /// What to do about it.
    pub advice: String,
}

impl ParseError {
    pub(crate) fn new(line: usize, problem: impl Into<String>, advice: impl Into<String>) -> Self {
        ParseError {
            line,
            problem: problem.into(),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}; {}", self.line, self.problem, self.advice)
    }
}

impl std::error::Error for ParseError {}
