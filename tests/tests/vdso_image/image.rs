// SPDX-License-Identifier: BSD-2-Clause
//! The image, built once and loaded by dlopen(3), once per test.

use crate::vdso_build;
use std::ffi::CString;
use std::ffi::{c_int, c_uint, c_void};
use std::mem::transmute_copy;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{env, fs, ptr};

fn var(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`, which sets it"))
}

/// Builds the image in a folder and returns its path.
pub(crate) fn build_in(out: &Path) -> PathBuf {
    let include: Vec<_> = var("LINUX_RS_KERNEL_INCLUDE")
        .split(':')
        .map(PathBuf::from)
        .collect();
    let (clang, lld) = (var("LINUX_RS_CLANG"), var("LINUX_RS_LLD"));
    vdso_build::build(out, &include, &clang, &lld).unwrap_or_else(|e| panic!("{e}"))
}

/// The path of the image, built on first use.
pub(crate) fn path() -> &'static Path {
    static IMAGE: OnceLock<PathBuf> = OnceLock::new();
    IMAGE.get_or_init(|| build_in(Path::new(env!("CARGO_TARGET_TMPDIR"))))
}

/// The bytes of the image.
pub(crate) fn bytes() -> Vec<u8> {
    fs::read(path()).expect("the build has just written it")
}

/// Mirrors `struct linux_vdso_data` of vdso.c.
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Data {
    pub(crate) timekeep_base: usize,
    pub(crate) tsc_mode: u32,
    pub(crate) cpu_mode: u32,
}

/// `struct bintime` of FreeBSD's `<sys/time.h>`.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Bintime {
    pub(crate) sec: i64,
    pub(crate) frac: u64,
}

impl Bintime {
    pub(crate) fn fixed(self) -> u128 {
        u128::from(self.sec.cast_unsigned()) << 64 | u128::from(self.frac)
    }
}

/// `struct vdso_timehands` of FreeBSD's `<sys/vdso.h>` on amd64.
#[derive(Clone, Copy, Default)]
#[repr(C)]
pub(crate) struct Timehands {
    pub(crate) algo: u32,
    pub(crate) generation: u32,
    pub(crate) scale: u64,
    pub(crate) offset_count: u32,
    pub(crate) counter_mask: u32,
    pub(crate) offset: Bintime,
    pub(crate) boottime: Bintime,
    pub(crate) shift: u32,
    pub(crate) hpet: u32,
    pub(crate) pvclock: [u64; 3],
}

/// `struct vdso_timekeep` with the kernel's four timehands.
#[repr(C, align(16))]
pub(crate) struct Timekeep {
    pub(crate) version: u32,
    pub(crate) enabled: AtomicU32,
    pub(crate) current: AtomicU32,
    pub(crate) timehands: [Timehands; 4],
}

/// `VDSO_TH_ALGO_X86_TSC`.
pub(crate) const ALGO_TSC: u32 = 1;

impl Timekeep {
    /// A page in which the third timehands is current.
    pub(crate) fn showing(mut th: Timehands) -> Timekeep {
        th.generation = 7;
        let mut timehands = [Timehands::default(); 4];
        timehands[2] = th;
        Timekeep {
            version: 1,
            enabled: AtomicU32::new(1),
            current: AtomicU32::new(2),
            timehands,
        }
    }
}

type ClockFn = unsafe extern "C" fn(c_int, *mut libc::timespec) -> c_int;
type TodFn = unsafe extern "C" fn(*mut libc::timeval, *mut c_void) -> c_int;
type TimeFn = unsafe extern "C" fn(*mut i64) -> i64;
type CpuFn = unsafe extern "C" fn(*mut c_uint, *mut c_uint, *mut c_void) -> c_int;

/// One loaded copy of the image.
pub(crate) struct Vdso {
    base: usize,
    offsets: vdso_build::Offsets,
    clock_gettime: ClockFn,
    clock_getres: ClockFn,
    gettimeofday: TodFn,
    time: TimeFn,
    getcpu: CpuFn,
}

impl Vdso {
    /// Loads a copy of its own, which stays until the process ends, and
    /// writes `data` where the kernel would.
    pub(crate) fn load(data: Data) -> Vdso {
        static COPIES: AtomicU32 = AtomicU32::new(0);
        let number = COPIES.fetch_add(1, Ordering::Relaxed);
        let copy = path().with_file_name(format!("vdso-{}-{number}.so", std::process::id()));
        fs::copy(path(), &copy).expect("the build folder is writable");
        let name = CString::new(copy.as_os_str().as_bytes()).expect("no NUL in a path");
        // SAFETY: the image has no constructors; `name` is a C string.
        let handle = unsafe { libc::dlopen(name.as_ptr(), libc::RTLD_NOW | libc::RTLD_LOCAL) };
        assert!(!handle.is_null(), "dlopen does not take the image");
        fs::remove_file(&copy).expect("just written");

        let clock = symbol(handle, "__vdso_clock_gettime");
        let mut info = libc::Dl_info {
            dli_fname: ptr::null(),
            dli_fbase: ptr::null_mut(),
            dli_sname: ptr::null(),
            dli_saddr: ptr::null_mut(),
        };
        // SAFETY: `clock` is an address in a loaded object, `info` is ours.
        assert_ne!(unsafe { libc::dladdr(clock, &raw mut info) }, 0);

        let vdso = Vdso {
            base: info.dli_fbase.addr(),
            offsets: vdso_build::inspect(&bytes()).expect("build() has inspected it"),
            clock_gettime: function(clock),
            clock_getres: function(symbol(handle, "__vdso_clock_getres")),
            gettimeofday: function(symbol(handle, "__vdso_gettimeofday")),
            time: function(symbol(handle, "__vdso_time")),
            getcpu: function(symbol(handle, "__vdso_getcpu")),
        };
        for alias in ["clock_gettime", "gettimeofday", "time", "getcpu"] {
            assert_eq!(
                symbol(handle, alias),
                symbol(handle, &format!("__vdso_{alias}"))
            );
        }
        vdso.write(info.dli_fbase, data);
        vdso
    }

    fn write(&self, base: *mut c_void, data: Data) {
        let protect = |mode| {
            // SAFETY: the image's own pages, which nothing executes yet.
            assert_eq!(unsafe { libc::mprotect(base, 4096, mode) }, 0);
        };
        protect(libc::PROT_READ | libc::PROT_WRITE);
        let place = base.wrapping_byte_add(self.offsets.data).cast::<Data>();
        // SAFETY: 16 aligned bytes inside the image, just made writable.
        unsafe { place.write(data) };
        protect(libc::PROT_READ | libc::PROT_EXEC);
    }

    /// With this page as the shared page.
    pub(crate) fn reading(timekeep: &Timekeep, tsc_mode: u32) -> Vdso {
        Vdso::load(Data {
            timekeep_base: ptr::from_ref(timekeep).addr(),
            tsc_mode,
            cpu_mode: 0,
        })
    }

    pub(crate) fn rt_sigreturn(&self) -> usize {
        self.base + self.offsets.rt_sigreturn
    }

    /// `Err` is what the function returned, as the raw system call would.
    pub(crate) fn clock_gettime(&self, id: c_int) -> Result<(i64, i64), c_int> {
        // SAFETY: `call` passes a timespec of its own.
        call(|ts| unsafe { (self.clock_gettime)(id, ts) })
    }

    pub(crate) fn clock_getres(&self, id: c_int) -> Result<(i64, i64), c_int> {
        // SAFETY: `call` passes a timespec of its own.
        call(|ts| unsafe { (self.clock_getres)(id, ts) })
    }

    pub(crate) fn gettimeofday(&self) -> (i64, i64) {
        let mut tv = libc::timeval {
            tv_sec: 0,
            tv_usec: 0,
        };
        // SAFETY: `tv` is ours, no time zone is asked for.
        let ret = unsafe { (self.gettimeofday)(&raw mut tv, ptr::null_mut()) };
        assert_eq!(ret, 0);
        (tv.tv_sec, tv.tv_usec)
    }

    /// `gettimeofday(NULL, tz)`.
    pub(crate) fn time_zone(&self) -> (c_int, [c_int; 2]) {
        let mut tz = [-1; 2];
        // SAFETY: a time zone is two ints.
        let ret = unsafe { (self.gettimeofday)(ptr::null_mut(), (&raw mut tz).cast()) };
        (ret, tz)
    }

    /// `time()` with and without an address.
    pub(crate) fn time(&self) -> i64 {
        let mut out = -1;
        // SAFETY: `out` is ours.
        let ret = unsafe { (self.time)(&raw mut out) };
        assert_eq!(ret, out);
        // SAFETY: NULL is allowed, time(2).
        let again = unsafe { (self.time)(ptr::null_mut()) };
        assert!(again - ret <= 1);
        ret
    }

    /// CPU alone, then CPU and node.
    pub(crate) fn getcpu(&self) -> (c_uint, (c_uint, c_uint)) {
        let (mut alone, mut cpu, mut node) = (!0, !0, !0);
        // SAFETY: `alone` is ours, the others may be NULL, getcpu(2).
        let first = unsafe { (self.getcpu)(&raw mut alone, ptr::null_mut(), ptr::null_mut()) };
        // SAFETY: both numbers are ours.
        let second = unsafe { (self.getcpu)(&raw mut cpu, &raw mut node, ptr::null_mut()) };
        assert_eq!((first, second), (0, 0));
        (alone, (cpu, node))
    }
}

fn call(f: impl Fn(*mut libc::timespec) -> c_int) -> Result<(i64, i64), c_int> {
    let mut ts = libc::timespec {
        tv_sec: -1,
        tv_nsec: -1,
    };
    match f(&raw mut ts) {
        0 => Ok((ts.tv_sec, ts.tv_nsec)),
        error => Err(error),
    }
}

/// A symbol of version `LINUX_2.6`, as every libc looks it up.
fn symbol(handle: *mut c_void, name: &str) -> *mut c_void {
    let c_name = CString::new(name).expect("no NUL in a name");
    // SAFETY: an open handle and C strings.
    let found = unsafe { libc::dlvsym(handle, c_name.as_ptr(), c"LINUX_2.6".as_ptr()) };
    assert!(!found.is_null(), "the image has no {name}@LINUX_2.6");
    found
}

fn function<F: Copy>(address: *mut c_void) -> F {
    assert_eq!(size_of::<F>(), size_of_val(&address));
    // SAFETY: the callers' types are those of vdso.c's functions.
    unsafe { transmute_copy(&address) }
}
