// SPDX-License-Identifier: BSD-2-Clause
//! What system calls cost, in instructions: the same program natively and as a
//! Linux program under both modules, each in a fresh machine whose time stamp
//! counter counts instructions. In one machine, what ran before would show in the counts.

use crate::cli::{BenchOptions, MachineOptions};
use crate::folder::FreeBsd;
use crate::guest::{Guest, Lost, Program};
use crate::machines::Machines;
use crate::vm::Engine;
use anyhow::{Context, Result, anyhow, bail};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

/// One line `bench NAME ITERATIONS INSTRUCTIONS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Sample {
    iterations: u64,
    instructions: u64,
}

/// All samples of one program's run, by call.
type Samples = BTreeMap<String, Vec<Sample>>;

/// A column of the table.
#[derive(Debug, Serialize)]
struct Column {
    name: &'static str,
    samples: Samples,
}

/// More than the gigabyte the program moves, much less than a copy of it needs.
const MEMORY_MB: u32 = 1400;

/// Runs everything, prints the table, writes the samples.
pub(crate) fn run(options: &BenchOptions, machine: &MachineOptions) -> Result<bool> {
    let freebsd = match FreeBsd::find(machine.freebsd.as_deref()) {
        Ok(freebsd) => freebsd,
        Err(why) => {
            eprintln!("vm-test: NOTHING WAS MEASURED: {why}");
            return Ok(true);
        }
    };
    let mut modules = Vec::new();
    match freebsd.module("linux64").is_some() {
        true => modules.push("linux64"),
        false => eprintln!("no linux64.ko in the FreeBSD folder: its column stays empty"),
    }
    if machine.with.is_ours() {
        modules.push("linux_rs");
    }
    let mut machines = Machines::prepare(machine, freebsd, &[], None)?;
    machines.set_engine(Engine::Counting);
    machines.want_memory(MEMORY_MB);
    eprintln!("booting once a column (one processor, counted instructions)");
    let gone = |Lost(why): Lost| anyhow!("{why}");
    let boot = |name: &str| machines.boot(&format!("bench-{name}")).map_err(gone);
    let mut columns = Vec::new();
    let mut guest = boot("native")?;
    if let Some(samples) = measure(&mut guest, &options.native, options).map_err(gone)?? {
        columns.push(Column {
            name: "native",
            samples,
        });
    }
    guest.power_off();
    for name in modules {
        let mut guest = boot(name)?;
        let column = under_module(&mut guest, name, options).map_err(gone)?;
        columns.push(column?);
        guest.power_off();
    }
    let order = order_of(&columns);
    print!("{}{}", table(&order, &columns), per_gigabyte(&columns));
    if let Some(parent) = options.samples.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(
        &options.samples,
        serde_json::to_string_pretty(&columns)? + "\n",
    )
    .with_context(|| format!("cannot write {}", options.samples.display()))?;
    println!("samples: {}", options.samples.display());
    Ok(true)
}

fn under_module(
    guest: &mut Guest,
    name: &'static str,
    options: &BenchOptions,
) -> Result<Result<Column>, Lost> {
    if let Err(errno) = guest.kldload(name)? {
        let console = guest.vm.console.tail(0, 10);
        return Ok(Err(anyhow!("kldload {name}: {errno}\n{console}")));
    }
    let samples = measure(guest, &options.linux, options)?;
    Ok(samples
        .with_context(|| format!("under {name}"))
        .map(|samples| Column {
            name,
            samples: samples.unwrap_or_default(),
        }))
}

/// Runs one program; `None` if there is none of that name.
fn measure(
    guest: &mut Guest,
    program: &str,
    options: &BenchOptions,
) -> Result<Result<Option<Samples>>, Lost> {
    let path = format!("/tests/{program}");
    if !guest.exists(&path)? {
        eprintln!("no {program} among the programs: its column stays empty");
        return Ok(Ok(None));
    }
    eprintln!("running {program}");
    let mut argv = vec![path];
    argv.extend(options.args.iter().cloned());
    let program_spec = Program {
        argv,
        timeout_s: options.limit,
        ..Program::default()
    };
    let id = match guest.start(&program_spec)? {
        Ok(id) => id,
        Err(refused) => return Ok(Err(anyhow!("{program}: {refused}"))),
    };
    // The guest's clock counts instructions: its seconds are not the host's.
    let limit = Duration::from_secs(u64::from(options.limit));
    let outcome = guest.finish(id, Some(limit))?;
    let text = String::from_utf8_lossy(&outcome.stdout);
    for line in text.lines().filter(|line| line.starts_with('#')) {
        eprintln!("{program}: {line}");
    }
    let samples = parse(&text);
    if samples.is_empty() {
        return Ok((|| {
            bail!(
                "{program} gave no `bench` line; it {}\n{}",
                outcome.status.describe(),
                crate::judge::output_of(&outcome)
            )
        })());
    }
    Ok(Ok(Some(samples)))
}

fn parse(text: &str) -> Samples {
    let mut samples = Samples::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let ["bench", name, iterations, instructions] = words[..]
            && let (Ok(iterations), Ok(instructions)) = (iterations.parse(), instructions.parse())
            && iterations > 0
        {
            samples.entry(name.into()).or_default().push(Sample {
                iterations,
                instructions,
            });
        }
    }
    samples
}

/// Instructions per call: the median, so that a timer interrupt in one sample
/// does not count.
fn cost(samples: &[Sample]) -> Option<u64> {
    let mut each: Vec<u64> = samples
        .iter()
        .filter_map(|s| s.instructions.checked_div(s.iterations))
        .collect();
    each.sort_unstable();
    each.get(each.len() / 2).copied()
}

/// Every call any column has.
fn order_of(columns: &[Column]) -> Vec<String> {
    let mut names: Vec<String> = columns
        .iter()
        .flat_map(|c| c.samples.keys().cloned())
        .collect();
    names.sort();
    names.dedup();
    names
}

fn table(calls: &[String], columns: &[Column]) -> String {
    let of = |column: &str, call: &str| -> Option<u64> {
        let column = columns.iter().find(|c| c.name == column)?;
        cost(column.samples.get(call)?)
    };
    let shown = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let mut text = format!(
        "{:<24}{:>10}{:>10}{:>10}{:>22}\n",
        "instructions per call", "native", "linux64", "linux_rs", "linux_rs / linux64"
    );
    for call in calls {
        let (c, rust) = (of("linux64", call), of("linux_rs", call));
        let ratio = match (c, rust) {
            (Some(c), Some(rust)) if c > 0 => format!("{:.2}", rust as f64 / c as f64),
            _ => "-".into(),
        };
        let _ = writeln!(
            text,
            "{call:<24}{:>10}{:>10}{:>10}{ratio:>22}",
            shown(of("native", call)),
            shown(c),
            shown(rust)
        );
    }
    text
}

/// What moving or copying a gigabyte costs at the rate of each size: calls named `WAY_MEGABYTESM`.
fn per_gigabyte(columns: &[Column]) -> String {
    let mut rows: Vec<(&str, &str, u64, u64)> = Vec::new();
    for column in columns {
        for (call, samples) in &column.samples {
            let size = call.rsplit_once('_').and_then(|(way, size)| {
                let megabytes: u64 = size.strip_suffix('M')?.parse().ok()?;
                Some((way, megabytes))
            });
            if let (Some((way, megabytes @ 1..)), Some(cost)) = (size, cost(samples)) {
                rows.push((column.name, way, megabytes, cost * 1024 / megabytes));
            }
        }
    }
    rows.sort_unstable();
    let mut text = String::new();
    if !rows.is_empty() {
        text += "\ninstructions per gigabyte\n";
    }
    for (column, way, megabytes, cost) in rows {
        let _ = writeln!(text, "{column:<10} {way:<12} {megabytes:>5} MiB {cost:>14}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_become_a_table() {
        let column = |name, text| Column {
            name,
            samples: parse(text),
        };
        let columns = [
            column("native", "bench getpid 10 1000\n"),
            column(
                "linux64",
                "bench getpid 10 3000\nbench getpid 10 2000\nbench getpid 10 9000\n",
            ),
            column(
                "linux_rs",
                "# x\nbench getpid 10 2400\nbench dup 0 5\nbench dup\n",
            ),
        ];
        let text = table(&order_of(&columns), &columns);
        let line = text.lines().nth(1).unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        assert_eq!(words, ["getpid", "100", "300", "240", "0.80"]);
        assert_eq!(text.lines().count(), 2);
        assert_eq!(per_gigabyte(&columns), "");
    }

    #[test]
    fn sizes_become_a_rate() {
        let columns = [Column {
            name: "linux_rs",
            samples: parse("bench mremap_16M 1 100\nbench mremap_2M 1 50\nbench read_1B 1 9\n"),
        }];
        let text = per_gigabyte(&columns);
        let words: Vec<&str> = text.split_whitespace().skip(3).collect();
        assert_eq!(
            words,
            [
                "linux_rs", "mremap", "2", "MiB", "25600", "linux_rs", "mremap", "16", "MiB",
                "6400"
            ]
        );
    }
}
