// SPDX-License-Identifier: BSD-2-Clause
//! What the clock functions answer.

use crate::image::{ALGO_TSC, Bintime, Data, Timehands, Timekeep, Vdso};
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering, fence};
use std::time::{Duration, Instant};
use std::{ptr, thread};

const REALTIME: c_int = 0;
const MONOTONIC: c_int = 1;
const PROCESS_CPU: c_int = 2;
const RAW: c_int = 4;
const REALTIME_COARSE: c_int = 5;
const MONOTONIC_COARSE: c_int = 6;
const BOOTTIME: c_int = 7;
const TAI: c_int = 11;

fn cpu_has(flag: &str) -> bool {
    std::fs::read_to_string("/proc/cpuinfo")
        .expect("Linux has it")
        .split_whitespace()
        .any(|word| word == flag)
}

fn tsc_modes() -> Vec<u32> {
    let mut modes = vec![0, 1];
    modes.extend(cpu_has("rdtscp").then_some(2));
    modes
}

fn system_call(id: c_int) -> (i64, i64) {
    let mut ts = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: clock_gettime(2) with a timespec of ours.
    let ret = unsafe { libc::syscall(libc::SYS_clock_gettime, id, &raw mut ts) };
    assert_eq!(ret, 0);
    (ts.tv_sec, ts.tv_nsec)
}

fn nanoseconds((sec, nsec): (i64, i64)) -> i64 {
    sec * 1_000_000_000 + nsec
}

/// Is `answer` what the kernel says, give or take what passes between calls?
fn is_system_time(id: c_int, answer: (i64, i64)) -> bool {
    let gap = nanoseconds(system_call(id)) - nanoseconds(answer);
    (0..2_000_000_000).contains(&gap)
}

/// Whole seconds and units of 1/`per_second`, rounded down, by the book.
fn split(t: u128, per_second: u128) -> (i64, i64) {
    let narrow = |n: u128| u64::try_from(n).expect("64 bits left").cast_signed();
    let frac = t & u128::from(u64::MAX);
    (narrow(t >> 64), narrow((frac * per_second) >> 64))
}

/// A timehands `ticks` after its tick, whatever the real counter says: the
/// shift leaves nothing of it.
fn stopped(ticks: u32, scale: u64, offset: Bintime, boottime: Bintime) -> Timehands {
    Timehands {
        algo: ALGO_TSC,
        scale,
        offset_count: ticks.wrapping_neg(),
        counter_mask: u32::MAX,
        offset,
        boottime,
        shift: 63,
        hpet: u32::MAX,
        ..Timehands::default()
    }
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn every_clock_is_exact_to_the_last_bit() {
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    // 1 GHz, a 100 Hz counter, and the largest step: all carries happen.
    let steps = [
        (0, 1 << 34),
        (1, u64::MAX / 1_000_000_000),
        (999_999_999, u64::MAX / 1_000_000_000),
        (u32::MAX, u64::MAX / 100),
        (u32::MAX, u64::MAX),
    ];
    for (ticks, scale) in steps {
        for frac in [0, 1, u64::MAX, next(), next()] {
            let offset = Bintime { sec: 98_765, frac };
            let boottime = Bintime {
                sec: 1_790_000_000,
                frac: next(),
            };
            let page = Timekeep::showing(stopped(ticks, scale, offset, boottime));
            let uptime = offset.fixed() + u128::from(scale) * u128::from(ticks);
            let wall = uptime + boottime.fixed();
            let tick = offset.fixed() + boottime.fixed();
            for mode in tsc_modes() {
                let vdso = Vdso::reading(&page, mode);
                let ns = |t| Ok(split(t, 1_000_000_000));
                assert_eq!(vdso.clock_gettime(REALTIME), ns(wall));
                assert_eq!(vdso.clock_gettime(MONOTONIC), ns(uptime));
                assert_eq!(vdso.clock_gettime(RAW), ns(uptime));
                assert_eq!(vdso.clock_gettime(BOOTTIME), ns(uptime));
                assert_eq!(vdso.clock_gettime(REALTIME_COARSE), ns(tick));
                assert_eq!(vdso.clock_gettime(MONOTONIC_COARSE), ns(offset.fixed()));
                assert_eq!(vdso.gettimeofday(), split(wall, 1_000_000));
                assert_eq!(vdso.time(), split(tick, 1).0);
            }
        }
    }
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn the_counter_mask_and_shift_apply() {
    let mut th = stopped(5, 1 << 40, Bintime::default(), Bintime::default());
    th.counter_mask = 3;
    let vdso = Vdso::reading(&Timekeep::showing(th), 0);
    assert_eq!(
        vdso.clock_gettime(MONOTONIC),
        Ok(split(1 << 40, 1_000_000_000))
    );
}

/// The counter and the host's clock at the same moment: of some tries, the
/// one nothing came between.
fn counter_and_clock() -> (u64, Instant) {
    // SAFETY: every x86-64 has the instruction.
    let tsc = || unsafe { std::arch::x86_64::_rdtsc() };
    (0..20)
        .map(|_| (tsc(), Instant::now(), tsc()))
        .min_by_key(|(before, _, after)| after - before)
        .map(|(before, clock, _)| (before, clock))
        .expect("twenty tries")
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn a_running_counter_follows_the_hosts_clock() {
    let (from, began) = counter_and_clock();
    thread::sleep(Duration::from_millis(200));
    let (to, ended) = counter_and_clock();
    let lasted = ended.duration_since(began).as_nanos();
    let hertz = u128::from(to - from) * 1_000_000_000 / lasted;

    for mode in tsc_modes() {
        for shift in [0, 1, 5] {
            let low = u32::try_from(to >> shift & u64::from(u32::MAX)).expect("masked");
            let page = Timekeep::showing(Timehands {
                scale: u64::try_from((1_u128 << 64 << shift) / hertz).expect("above 1 Hz"),
                offset_count: low,
                shift,
                ..stopped(0, 0, Bintime::default(), Bintime::default())
            });
            let vdso = Vdso::reading(&page, mode);
            let now = || vdso.clock_gettime(MONOTONIC).expect("answers");
            // The two readings lie between two brackets of the host's clock.
            let outer = Instant::now();
            let first = now();
            let inner = Instant::now();
            let mut last = first;
            while inner.elapsed() < Duration::from_millis(50) {
                let next = now();
                assert!(next >= last, "time went back from {last:?} to {next:?}");
                last = next;
            }
            let at_least = inner.elapsed().as_nanos();
            let passed = nanoseconds(now()) - nanoseconds(first);
            let at_most = outer.elapsed().as_nanos();
            let passed = u128::try_from(passed).expect("not backwards");
            assert!(
                (at_least * 98 / 100..at_most * 102 / 100).contains(&passed),
                "{at_least} to {at_most} ns read as {passed} with mode {mode}, shift {shift}"
            );
        }
    }
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn without_a_readable_page_the_kernel_answers() {
    let odd = Bintime { sec: 1, frac: 0 };
    let good = || Timekeep::showing(stopped(0, 0, odd, odd));
    let not_there = Data {
        timekeep_base: 0,
        tsc_mode: 0,
        cpu_mode: 0,
    };
    let disabled = good();
    disabled.enabled.store(0, Ordering::Relaxed);
    let mut newer = good();
    newer.version = 2;
    let vdsos = [
        Vdso::load(not_there),
        Vdso::reading(&disabled, 0),
        Vdso::reading(&newer, 0),
    ];
    for vdso in &vdsos {
        for id in [
            REALTIME,
            MONOTONIC,
            RAW,
            BOOTTIME,
            REALTIME_COARSE,
            MONOTONIC_COARSE,
        ] {
            let answer = vdso.clock_gettime(id).expect("the host has this clock");
            assert!(is_system_time(id, answer), "clock {id} says {answer:?}");
        }
        assert!(is_system_time(REALTIME, (vdso.time(), 0)));
        let (sec, usec) = vdso.gettimeofday();
        assert!(is_system_time(REALTIME, (sec, usec * 1000)));
    }

    // HPET, Hyper-V, kvmclock: coarse clocks still come from the page.
    for algo in [0, 2, 3, 4] {
        let page = Timekeep::showing(Timehands {
            algo,
            ..stopped(0, 0, odd, odd)
        });
        let vdso = Vdso::reading(&page, 0);
        let answer = vdso.clock_gettime(MONOTONIC).expect("the host has it");
        assert!(is_system_time(MONOTONIC, answer));
        assert_eq!(vdso.clock_gettime(MONOTONIC_COARSE), Ok((1, 0)));
        assert_eq!(vdso.time(), 2);
    }
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn other_questions_go_to_the_kernel() {
    let odd = Bintime { sec: 1, frac: 0 };
    let page = Timekeep::showing(stopped(0, 0, odd, odd));
    let vdso = Vdso::reading(&page, 0);
    for id in [PROCESS_CPU, TAI] {
        let answer = vdso.clock_gettime(id).expect("the host has this clock");
        assert!(is_system_time(id, answer), "clock {id} says {answer:?}");
    }
    for id in [10, 32, 33, 1000, c_int::MAX] {
        assert_eq!(vdso.clock_gettime(id), Err(-libc::EINVAL), "clock {id}");
    }
    // SAFETY: getpid(2) has no conditions.
    let mine = unsafe { libc::getpid() };
    // The CPU clock of a process, as clock_getcpuclockid(3) makes it.
    assert!(vdso.clock_gettime(!mine << 3 | 2).is_ok());
    assert_eq!(vdso.clock_getres(1000), Err(-libc::EINVAL));
    assert_eq!(vdso.clock_getres(MONOTONIC), Ok((0, 1)));
    let (ret, zone) = vdso.time_zone();
    assert_eq!(ret, 0);
    assert!(zone[0] != -1, "the kernel filled in the time zone");
}

/// The kernel's writer against four readers: a torn read would mix seconds.
#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn a_reader_never_sees_half_an_update() {
    let at = |n: i64| {
        let t = Bintime {
            sec: n,
            frac: n.cast_unsigned() << 32,
        };
        stopped(1, n.cast_unsigned() << 32, t, t)
    };
    let page = Box::leak(Box::new(Timekeep::showing(at(1))));
    let vdso = &Vdso::reading(page, 0);
    let done = &AtomicBool::new(false);
    let page = &raw mut *page;
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(move || {
                let mut last = 0;
                while !done.load(Ordering::Relaxed) {
                    let (sec, nsec) = vdso.clock_gettime(REALTIME).expect("answers");
                    let n = sec / 2;
                    let t = at(n);
                    let sum = t.offset.fixed() + t.boottime.fixed() + u128::from(t.scale);
                    assert_eq!((sec, nsec), split(sum, 1_000_000_000));
                    assert!(n >= last);
                    last = n;
                }
            });
        }
        for n in 2..2_000_000_u32 {
            let slot = usize::try_from((n + 1) % 4).expect("below four");
            // The order of timehands_update() in FreeBSD's kern_sharedpage.c.
            // SAFETY: in bounds of the leaked page.
            let th = unsafe { &raw mut (*page).timehands[slot] };
            // SAFETY: as above; a u32 may be an atomic.
            let generation = unsafe { AtomicU32::from_ptr(&raw mut (*th).generation) };
            generation.store(0, Ordering::Relaxed);
            fence(Ordering::Release);
            // SAFETY: readers are code outside Rust, which allows for the race.
            unsafe { ptr::write_volatile(th, at(i64::from(n))) };
            generation.store(n, Ordering::Release);
            // SAFETY: as above.
            let current = unsafe { &(*page).current };
            current.store((n + 1) % 4, Ordering::Release);
        }
        done.store(true, Ordering::Relaxed);
    });
}

#[test]
#[ignore = "needs clang, lld and the FreeBSD headers: make test"]
fn getcpu_names_the_cpu_the_thread_is_bound_to() {
    // SAFETY: all zero is an empty set.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    let size = size_of_val(&set);
    // SAFETY: the set is ours.
    let got = unsafe { libc::sched_getaffinity(0, size, &raw mut set) };
    assert_eq!(got, 0);
    // SAFETY: CPU_ISSET only reads the set.
    let cpus = (0..1024).filter(|&cpu| unsafe { libc::CPU_ISSET(cpu, &set) });
    let mut modes = vec![0];
    modes.extend(cpu_has("rdpid").then_some(1));
    modes.extend(cpu_has("rdtscp").then_some(2));
    for cpu in cpus {
        // SAFETY: as above.
        let mut one: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        // SAFETY: `cpu` is below the size of the set.
        unsafe { libc::CPU_SET(cpu, &mut one) };
        // SAFETY: this thread only.
        let bound = unsafe { libc::sched_setaffinity(0, size, &raw const one) };
        assert_eq!(bound, 0);
        for &cpu_mode in &modes {
            let vdso = Vdso::load(Data {
                timekeep_base: 0,
                tsc_mode: 0,
                cpu_mode,
            });
            let (alone, (with_node, _)) = vdso.getcpu();
            let cpu = u32::try_from(cpu).expect("few CPUs");
            // The host packs its NUMA node above bit 12; FreeBSD does not.
            assert_eq!((alone & 0xfff, with_node), (cpu, cpu), "mode {cpu_mode}");
        }
    }
}
