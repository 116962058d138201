// SPDX-License-Identifier: BSD-2-Clause
//! Runs lxcheck itself on small programs.
#![cfg(target_os = "linux")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

fn lxcheck(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lxcheck"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("lxcheck starts")
}

fn report(arguments: &[&str]) -> (Value, i32) {
    let arguments: Vec<_> = ["--json"].iter().chain(arguments).copied().collect();
    let out = lxcheck(&arguments);
    let text = String::from_utf8(out.stderr).expect("text");
    let value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
    (value, out.status.code().expect("a status"))
}

fn call<'a>(report: &'a Value, name: &str) -> Option<&'a Value> {
    report["calls"]
        .as_array()?
        .iter()
        .find(|call| call["name"] == name)
}

fn count(report: &Value, name: &str) -> u64 {
    call(report, name).map_or(0, |call| call["count"].as_u64().unwrap_or(0))
}

/// One sentence and exit status 2.
fn refused(arguments: &[&str], words: &str) {
    let out = lxcheck(arguments);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains(words), "{said}");
}

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Folder {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn program(&self, name: &str, content: &[u8]) -> String {
        let path = self.0.join(name);
        fs::write(&path, content).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
        path.to_str().expect("text").to_owned()
    }
}

/// The counts of a shell that starts two programs.
#[test]
fn counts_processes_and_calls() {
    let (report, status) = report(&["sh", "-c", "/bin/true; /bin/true; exit 7"]);
    assert_eq!(status, 0, "{}", report["gaps"]);
    assert_eq!(report["ended"], "with status 7");
    assert_eq!(report["processes"], 3);
    assert_eq!(count(&report, "execve"), 3);
    assert_eq!(count(&report, "exit_group"), 3);
    assert!(report["program"]["brand"].is_string());
    let flags = &call(&report, "openat").expect("it opens its libraries")["parts"];
    let cloexec = |part: &&Value| part["name"] == "O_CLOEXEC";
    assert!(
        flags
            .as_array()
            .expect("flags")
            .iter()
            .any(|part| cloexec(&part))
    );
}

/// What follows the program is the program's.
#[test]
fn options_of_the_program() {
    let out = lxcheck(&["-q", "/bin/echo", "--json", "-o", "--version", "--attach"]);
    assert_eq!(out.status.code(), Some(0));
    let said = String::from_utf8_lossy(&out.stdout);
    assert!(said.contains("--attach") || said.contains("echo"), "{said}");
}

/// Both ways of stopping see the same.
#[test]
fn with_and_without_filter() {
    let names = |report: &Value| -> Vec<(String, u64)> {
        let calls = report["calls"].as_array().expect("calls").iter();
        calls
            .map(|call| {
                (
                    call["name"].to_string(),
                    call["count"].as_u64().unwrap_or(0),
                )
            })
            .collect()
    };
    let (with, _) = report(&["/bin/echo", "x"]);
    let (without, _) = report(&["--no-filter", "/bin/echo", "x"]);
    let (mut with, mut without) = (names(&with), names(&without));
    with.sort();
    without.sort();
    assert_eq!(with, without);
}

/// A gap gives 1, and nothing is said with --quiet.
#[test]
fn a_gap() {
    let script =
        "import ctypes; ctypes.CDLL(None).syscall(425, 1, ctypes.create_string_buffer(120))";
    let has_python = Command::new("/usr/bin/python3").arg("-V").output().is_ok();
    if !has_python {
        return;
    }
    let (report, status) = report(&["/usr/bin/python3", "-c", script]);
    let done = call(&report, "io_uring_setup").expect("it was called");
    // Some systems forbid it, and then it is none.
    let expected = i32::from(done["fate"] == "gap");
    assert_eq!(status, expected);
    let out = lxcheck(&["-q", "/usr/bin/python3", "-c", script]);
    assert_eq!(out.status.code(), Some(expected));
    assert!(out.stderr.is_empty());
}

/// Files of /proc, with the process's number left out.
#[test]
fn files() {
    let (report, _) = report(&["cat", "/proc/self/maps", "/proc/self/smaps"]);
    let files = report["files"].as_array().expect("files");
    let there = |path| {
        files
            .iter()
            .find(|file| file["path"] == path)
            .map(|file| &file["there"])
    };
    assert_eq!(there("/proc/<pid>/maps"), Some(&Value::Bool(true)));
    assert_eq!(there("/proc/<pid>/smaps"), Some(&Value::Bool(false)));
}

/// A crash is told as what it is.
#[test]
fn killed() {
    let (report, status) = report(&["sh", "-c", "kill -SEGV $$"]);
    assert_eq!(status, 0);
    let ended = report["ended"].as_str().expect("text");
    assert!(ended.starts_with("killed by SIGSEGV"), "{ended}");
}

/// The program gets its own signals, and stops and goes on.
#[test]
fn signals_arrive() {
    let script =
        "trap 'echo got' USR1; kill -USR1 $$; (kill -STOP $$; kill -CONT $$) & wait; echo end";
    let out = lxcheck(&["-q", "sh", "-c", script]);
    assert_eq!(String::from_utf8_lossy(&out.stdout), "got\nend\n");
}

/// What cannot be run gets one sentence.
#[test]
fn what_cannot_be_run() {
    let folder = Folder::new("refused");
    refused(&["/nonexistent/program"], "there is no such file");
    refused(&["no-such-program-anywhere"], "no such program in PATH");
    refused(&["/etc"], "folder");
    refused(&["/etc/passwd"], "not a Linux program");
    refused(
        &[&folder.program("text", b"hello\n")],
        "not a Linux program",
    );
    refused(&[&folder.program("empty", b"")], "not a Linux program");
    refused(
        &[&folder.program("script", b"#!/nonexistent/sh\n")],
        "no such file",
    );
    let mut elf = fs::read("/bin/true").expect("it is there");
    refused(&[&folder.program("short", &elf[..40])], "broken");
    elf[18] = 183;
    refused(&[&folder.program("arm", &elf)], "AArch64");
    elf[18] = 3;
    elf[4] = 1;
    refused(&[&folder.program("i386", &elf)], "32-bit");
    refused(&["--static", "/nonexistent"], "no such file");
    refused(&["--attach", "999999999"], "no process");
}

/// Who is traced cannot trace: that is said, and nobody hangs.
#[test]
fn lxcheck_under_lxcheck() {
    let inner = env!("CARGO_BIN_EXE_lxcheck");
    let out = lxcheck(&["-q", inner, "-q", "/bin/true"]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("cannot trace a program"), "{said}");
}

/// A script is run by its interpreter.
#[test]
fn scripts() {
    let folder = Folder::new("scripts");
    let script = folder.program("script", b"#!/bin/sh\nexit 3\n");
    let (report, _) = report(&[&script]);
    assert_eq!(report["ended"], "with status 3");
    assert!(
        report["program"]["path"]
            .as_str()
            .is_some_and(|path| path.ends_with("sh"))
    );
}

/// A process that runs already goes on when it is let go.
#[test]
fn attached() {
    let mut sleeper = Command::new("sh")
        .args(["-c", "while :; do sleep 0.1; done"])
        .spawn()
        .expect("started");
    let pid = sleeper.id().to_string();
    let (report, _) = report(&["--attach", &pid, "--seconds", "1"]);
    assert_eq!(report["ended"], "not yet: it runs on");
    assert!(count(&report, "wait4") > 0, "{report}");
    assert_eq!(sleeper.try_wait().expect("ours"), None);
    sleeper.kill().expect("ours");
    sleeper.wait().expect("ours");
}

/// A file is looked at without being run.
#[test]
fn not_run() {
    let out = lxcheck(&["--static", "/bin/true"]);
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(0), "{said}");
    assert!(
        said.contains("libc.so.6") && said.contains("it was not run"),
        "{said}"
    );
}
