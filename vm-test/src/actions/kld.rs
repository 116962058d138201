// SPDX-License-Identifier: BSD-2-Clause
//! Actions on kernel modules.

use super::{Checked, Failure, Scene, expect_answer, program};
use crate::expect;
use crate::judge;
use crate::suite::{Kld, Run, Texts};
use std::collections::BTreeMap;
use std::time::Instant;

pub(crate) type MemoryTypes = BTreeMap<String, (u64, u64)>;

/// Rounds before the first count: caches fill, one-time allocations happen.
const WARM_UP: u32 = 2;

impl Scene<'_> {
    fn name<'n>(&'n self, module: Option<&'n str>) -> &'n str {
        module.unwrap_or(self.module)
    }

    /// kldload, with what the console said if it fails.
    pub(super) fn load(&mut self, name: &str) -> Checked {
        let mark = self.guest.vm.console.mark();
        let answer = self.guest.kldload(name);
        self.with_console(
            mark,
            expect_answer(&format!("kldload {name}"), answer, None),
        )
    }

    fn unload(&mut self, name: &str) -> Checked {
        let mark = self.guest.vm.console.mark();
        let answer = self.guest.kldunload(name, false);
        self.with_console(
            mark,
            expect_answer(&format!("kldunload {name}"), answer, None),
        )
    }

    fn with_console(&self, mark: usize, checked: Checked) -> Checked {
        checked.map_err(|failure| match failure {
            Failure::Wrong { why, output } if output.is_empty() => Failure::Wrong {
                why,
                output: self.guest.vm.console.since(mark),
            },
            other => other,
        })
    }

    fn said(&self, mark: usize, wanted: &Texts) -> Checked {
        let console = self.guest.vm.console.since(mark);
        let checked = expect::matches("the console", &console, wanted).map_err(Failure::from);
        self.with_console(mark, checked)
    }

    pub(super) fn kldload(&mut self, kld: &Kld) -> Checked {
        let name = self.name(kld.module.as_deref()).to_owned();
        let mark = self.guest.vm.console.mark();
        let answer = self.guest.kldload(&name);
        let checked = expect_answer(&format!("kldload {name}"), answer, kld.errno.as_deref());
        self.with_console(mark, checked)?;
        self.said(mark, &kld.console_regex)
    }

    pub(super) fn kldunload(&mut self, kld: &Kld) -> Checked {
        let name = self.name(kld.module.as_deref()).to_owned();
        let mark = self.guest.vm.console.mark();
        let answer = self.guest.kldunload(&name, kld.force);
        let checked = expect_answer(&format!("kldunload {name}"), answer, kld.errno.as_deref());
        self.with_console(mark, checked)?;
        self.said(mark, &kld.console_regex)
    }

    pub(super) fn kldstat(&mut self, module: Option<&str>, want: bool) -> Checked {
        let name = self.name(module).to_owned();
        if self.guest.is_loaded(&name)? == want {
            return Ok(());
        }
        let state = if want { "not loaded" } else { "loaded" };
        Err(format!("{name} is {state}").into())
    }

    /// Loads and unloads `count` times; what the kernel holds must not grow.
    pub(super) fn cycle(&mut self, module: Option<&str>, count: u32, run: &[String]) -> Checked {
        let name = self.name(module).to_owned();
        if self.guest.is_loaded(&name)? {
            self.unload(&name)?;
        }
        for _ in 0..WARM_UP {
            self.round(&name, run)?;
        }
        let before = self.memory_types()?;
        let mark = self.guest.vm.console.mark();
        for round in 1..=count {
            self.round(&name, run).map_err(|failure| match failure {
                Failure::Wrong { why, output } => Failure::Wrong {
                    why: format!("round {round}: {why}"),
                    output,
                },
                lost => lost,
            })?;
            if Instant::now() > self.deadline {
                return Err(format!("only {round} rounds in {} s", self.timeout).into());
            }
        }
        let after = self.memory_types()?;
        let leaks = Texts::One("leaked memory on destroy".into());
        let console = self.guest.vm.console.since(mark);
        let checked = expect::absent("the console", &console, &leaks).map_err(Failure::from);
        self.with_console(mark, checked)?;
        let grown = growth(&before, &after, count);
        if !grown.is_empty() {
            return Err(Failure::Wrong {
                why: format!("kernel memory grew over {count} rounds"),
                output: grown,
            });
        }
        self.load(&name)
    }

    fn round(&mut self, name: &str, run: &[String]) -> Checked {
        self.load(name)?;
        if !run.is_empty() {
            // Not a new folder each time: that is memory as well.
            let run = Run {
                run: run.to_vec(),
                cwd: Some("/tmp".into()),
                ..Run::default()
            };
            if let Some(outcome) = self.run(&run)? {
                expect::check(&run, &outcome, self.timeout).map_err(|why| Failure::Wrong {
                    why: format!("{}: {why}", run.path()),
                    output: judge::output_of(&outcome),
                })?;
            }
        }
        self.unload(name)
    }

    fn memory_types(&mut self) -> Checked<MemoryTypes> {
        // devfs frees the entries of devices that are gone at the next look-up.
        self.guest.exists("/dev/null")?;
        self.guest
            .memory_types()?
            .map_err(|e| format!("sysctl kern.malloc_stats: {e}").into())
    }

    /// What the memory types of the module hold: their names start with linux.
    pub(crate) fn module_memory(&mut self) -> Checked<MemoryTypes> {
        let mut types = self.memory_types()?;
        types.retain(|name, _| name.starts_with("linux"));
        Ok(types)
    }

    /// The module must hold no more than it did.
    pub(crate) fn memory_is_back(&mut self, before: &MemoryTypes) -> Checked {
        let mut grown = String::new();
        for (name, (allocations, bytes)) in self.module_memory()? {
            let (old, old_bytes) = before.get(&name).copied().unwrap_or_default();
            if allocations > old {
                grown += &format!(
                    "{name}: {old} -> {allocations} allocations, {old_bytes} -> {bytes} bytes\n"
                );
            }
        }
        if grown.is_empty() {
            return Ok(());
        }
        Err(Failure::Wrong {
            why: "the module holds more memory than before".into(),
            output: grown,
        })
    }

    /// A module in use must stay; an unused one must go.
    pub(super) fn unload_busy(&mut self, run: &[String]) -> Checked {
        let name = self.module.to_owned();
        let run = Run {
            run: run.to_vec(),
            ..Run::default()
        };
        let id = self
            .guest
            .start(&program(&run, 0)?)?
            .map_err(|refused| format!("{}: {refused}", run.path()))?;
        self.spawned = Some(id);
        let answer = self.guest.kldunload(&name, false);
        expect_answer(
            &format!("kldunload {name} while a Linux program runs"),
            answer,
            Some("EBUSY"),
        )?;
        self.kill_spawned("SIGKILL")?;
        self.unload(&name)?;
        self.load(&name)
    }

    /// Two modules for Linux programs at once: the second must refuse.
    pub(super) fn conflict(&mut self, with: &str, errno: &str, console: &Texts) -> Checked {
        let name = self.module.to_owned();
        if self.guest.is_loaded(&name)? {
            self.unload(&name)?;
        }
        self.load(with)?;
        let refused = self.refuses_beside(&name, with, errno, console);
        if matches!(refused, Err(Failure::Lost(_))) {
            return refused;
        }
        // Whatever came of it, the cases after this one need their module.
        if self.guest.is_loaded(&name)? {
            self.unload(&name)?;
        }
        let restored = self.unload(with).and_then(|()| self.load(&name));
        refused.and(restored)
    }

    fn refuses_beside(&mut self, name: &str, with: &str, errno: &str, console: &Texts) -> Checked {
        let mark = self.guest.vm.console.mark();
        let answer = self.guest.kldload(name);
        let checked = expect_answer(
            &format!("kldload {name} beside {with}"),
            answer,
            Some(errno),
        );
        self.with_console(mark, checked)?;
        self.said(mark, console)
    }
}

/// Types that hold more than before, by about one allocation per few rounds or
/// more: other parts of a running kernel allocate now and then.
fn growth(before: &MemoryTypes, after: &MemoryTypes, rounds: u32) -> String {
    let limit = i64::from(rounds / 4).max(8);
    let mut text = String::new();
    for (name, &(allocations, bytes)) in after {
        let (old, old_bytes) = before.get(name).copied().unwrap_or_default();
        if allocations.cast_signed() - old.cast_signed() >= limit {
            text += &format!(
                "{name}: {old} -> {allocations} allocations, {old_bytes} -> {bytes} bytes\n"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leak_per_round_is_growth() {
        let types = |n| MemoryTypes::from([("a".into(), (n, n * 16)), ("b".into(), (5, 80))]);
        assert_eq!(growth(&types(10), &types(10), 100), "");
        assert_eq!(growth(&types(10), &types(12), 100), "");
        assert_eq!(growth(&types(200), &types(10), 100), "");
        assert!(growth(&types(10), &types(110), 100).contains("10 -> 110"));
        assert!(!growth(&MemoryTypes::new(), &types(110), 100).contains("b:"));
    }
}
