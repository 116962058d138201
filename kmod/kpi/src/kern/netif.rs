// SPDX-License-Identifier: BSD-2-Clause
//! Network interfaces: net/if.c. The names Linux programs see are made here and nowhere else,
//! for ioctl(2) and for linprocfs(4) and linsysfs(4).

use core::ffi::{c_char, c_int, c_void};
use core::mem::MaybeUninit;
use core::ptr;

use linux_abi::c::l_sockaddr;
use linux_abi::netif::{self, Kind, Name, Naming};

use crate::Cx;

/// `compat.linux.use_real_ifnames`.
fn real_names() -> bool {
    // SAFETY: an int of sysctl.c that sysctl(9) writes.
    unsafe { ptr::read_volatile(&raw const ffi::linux_rs_use_real_ifnames) != 0 }
}

/// An interface, for as long as [`Interfaces`] is there.
#[derive(Copy, Clone)]
pub struct Interface<'net> {
    ifp: *mut ffi::ifnet,
    _net: core::marker::PhantomData<&'net ()>,
}

impl Interface<'_> {
    /// # Safety
    /// `ifp` is an interface, and the network's epoch(9) is entered until the result is dropped.
    unsafe fn new(ifp: *mut ffi::ifnet) -> Self {
        Interface {
            ifp,
            _net: core::marker::PhantomData,
        }
    }

    /// What kind of interface it is.
    pub fn kind(self) -> Kind {
        // SAFETY: an interface (`new`).
        Kind::new(unsafe { ffi::if_gettype(self.ifp) })
    }

    /// Its index, the same on both sides.
    pub fn index(self) -> i32 {
        // SAFETY: an interface (`new`).
        unsafe { ffi::if_getindex(self.ifp) }
    }

    /// FreeBSD's name.
    pub fn bsd_name(self) -> Name {
        // SAFETY: an interface (`new`), which has a NUL-terminated name.
        let name = unsafe { core::ffi::CStr::from_ptr(ffi::if_name(self.ifp)) };
        netif::name(name.to_bytes())
    }

    /// Linux's flags.
    pub fn flags(self) -> u16 {
        // SAFETY: an interface (`new`).
        let flags = unsafe { ffi::if_getflags(self.ifp) | ffi::if_getdrvflags(self.ifp) };
        netif::flags_to_linux(flags)
    }

    /// The hardware address as Linux shows it, zeros where there is none. `None` for an Ethernet
    /// interface that has not got one yet.
    pub fn hardware_address(self) -> Option<l_sockaddr> {
        let kind = self.kind();
        let mut address = [0; 6];
        if kind == Kind::Ethernet {
            // SAFETY: an interface (`new`); the shim writes six bytes at most.
            let has = unsafe { ffi::lrs_if_address(self.ifp, address.as_mut_ptr()) };
            if !has {
                return None;
            }
        }
        let mut out = l_sockaddr {
            sa_family: kind.hardware(),
            sa_data: [0; 14],
        };
        for (to, from) in out.sa_data.iter_mut().zip(address) {
            *to = from;
        }
        Some(out)
    }

    /// Calls `f` with each IPv4 address that the caller's jail may see, in FreeBSD's form.
    pub fn each_inet(self, cx: &Cx<'_>, mut f: impl FnMut(&[u8; 16])) {
        unsafe extern "C" fn call<F: FnMut(&[u8; 16])>(
            arg: *mut c_void,
            address: *const ffi::sockaddr,
        ) {
            // SAFETY: arg is the `f` below; a sockaddr_in is 16 bytes.
            unsafe { (*arg.cast::<F>())(&*address.cast::<[u8; 16]>()) }
        }
        fn caller<F: FnMut(&[u8; 16])>(
            _: &F,
        ) -> unsafe extern "C" fn(*mut c_void, *const ffi::sockaddr) {
            call::<F>
        }
        let each = caller(&f);
        // SAFETY: an interface (`new`), in its epoch(9); `call` runs before this returns.
        unsafe { ffi::lrs_if_each_inet(cx.td(), self.ifp, Some(each), (&raw mut f).cast()) };
    }
}

/// Calls `f` with each interface of the present network stack and its Linux name until one answers.
///
/// # Safety
/// The network stack is set (CURVNET_SET) and its epoch(9) entered.
unsafe fn search<T, F>(mut f: F) -> Option<T>
where
    F: FnMut(Interface<'_>, &Name) -> Option<T>,
{
    struct State<T, F> {
        naming: Naming,
        f: F,
        found: Option<T>,
    }
    unsafe extern "C" fn step<T, F>(ifp: ffi::if_t, arg: *mut c_void) -> c_int
    where
        F: FnMut(Interface<'_>, &Name) -> Option<T>,
    {
        // SAFETY: arg is the state below; ifp is an interface, in its epoch.
        let (state, interface) = unsafe { (&mut *arg.cast::<State<T, F>>(), Interface::new(ifp)) };
        let name = state.naming.next(interface.kind(), &interface.bsd_name());
        state.found = (state.f)(interface, &name);
        state.found.is_some().into()
    }
    let mut state = State {
        naming: Naming::new(real_names()),
        f: &mut f,
        found: None,
    };
    fn stepper<T, F>(_: &State<T, F>) -> unsafe extern "C" fn(ffi::if_t, *mut c_void) -> c_int
    where
        F: FnMut(Interface<'_>, &Name) -> Option<T>,
    {
        step::<T, F>
    }
    let each = stepper(&state);
    // SAFETY: caller; `step` runs before this returns.
    unsafe { ffi::if_foreach(Some(each), (&raw mut state).cast()) };
    state.found
}

/// The interface a program calls `wanted`: by its Linux name, or else by FreeBSD's.
///
/// # Safety
/// As for [`search`].
unsafe fn find<'net>(wanted: &Name) -> Option<Interface<'net>> {
    let by = |matches: &dyn Fn(Interface<'_>, &Name) -> bool| {
        // SAFETY: caller.
        unsafe { search(|i, name| matches(i, name).then_some(i.ifp)) }
    };
    let ifp = by(&|_, name| name == wanted).or_else(|| by(&|i, _| i.bsd_name() == *wanted))?;
    // SAFETY: caller: the epoch is still entered.
    Some(unsafe { Interface::new(ifp) })
}

/// The interfaces of the program's network stack; nothing sleeps while it is there.
pub struct Interfaces(());

impl Interfaces {
    /// Looks at them.
    pub fn with<T>(cx: &Cx<'_>, f: impl FnOnce(&Interfaces) -> T) -> T {
        let mut net = MaybeUninit::<ffi::lrs_net>::uninit();
        // SAFETY: current; the tracker stays where it is until the epoch is left.
        unsafe { ffi::lrs_net_enter(cx.td(), net.as_mut_ptr()) };
        let result = f(&Interfaces(()));
        // SAFETY: entered above, by this thread.
        unsafe { ffi::lrs_net_exit(net.as_mut_ptr()) };
        result
    }

    /// The same in the network stack that the kernel is working for.
    ///
    /// # Safety
    /// The network stack is set (CURVNET_SET).
    pub(super) unsafe fn here<T>(f: impl FnOnce(&Interfaces) -> T) -> T {
        let mut net = MaybeUninit::<ffi::lrs_net>::uninit();
        // SAFETY: the tracker stays where it is until the epoch is left.
        unsafe { ffi::lrs_net_enter_here(net.as_mut_ptr()) };
        let result = f(&Interfaces(()));
        // SAFETY: entered above, by this thread.
        unsafe { ffi::lrs_net_exit(net.as_mut_ptr()) };
        result
    }

    /// The interface a program calls `name`: by its Linux name, or else by FreeBSD's.
    pub fn find(&self, name: &Name) -> Option<Interface<'_>> {
        // SAFETY: `with` has set the stack and entered the epoch.
        unsafe { find(name) }
    }

    /// Calls `f` with each interface and its Linux name until one answers.
    pub fn search<T>(&self, f: impl FnMut(Interface<'_>, &Name) -> Option<T>) -> Option<T> {
        // SAFETY: as above.
        unsafe { search(f) }
    }
}

// --- what linprocfs(4) and linsysfs(4) of the base system import (compat/linux/linux_common.h)

/// Writes the Linux name of `ifp` to `to`, cut to `len` bytes with the NUL; its length, or 0 where
/// the interface is not in the list.
///
/// # Safety
/// The network stack is set and its epoch(9) entered; `to` has room for `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ifname_bsd_to_linux_ifp(
    ifp: *mut ffi::ifnet,
    to: *mut c_char,
    len: usize,
) -> c_int {
    // SAFETY: caller.
    let Some(name) = (unsafe { search(|i, name| ptr::eq(i.ifp, ifp).then_some(*name)) }) else {
        return 0;
    };
    // SAFETY: caller; the name is NUL-terminated. CAST: below 16.
    unsafe { ffi::strlcpy(to, name.as_ptr().cast(), len) as c_int }
}

/// The interface that Linux programs, or FreeBSD's, call `name`; null where there is none.
///
/// # Safety
/// The network stack is set and its epoch(9) entered; `name` is NUL-terminated or 16 bytes long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn ifname_linux_to_ifp(
    _td: *mut ffi::thread,
    name: *const c_char,
) -> *mut ffi::ifnet {
    let mut wanted = Name::default();
    for (i, to) in wanted.iter_mut().take(netif::NAME_SIZE - 1).enumerate() {
        // SAFETY: caller: nothing after the NUL is read.
        match unsafe { *name.add(i) } {
            0 => break,
            byte => *to = byte.cast_unsigned(),
        }
    }
    // SAFETY: caller.
    unsafe { find(&wanted) }.map_or(ptr::null_mut(), |interface| interface.ifp)
}

/// The Linux flags of an interface.
///
/// # Safety
/// An interface, in its epoch(9).
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_ifflags(ifp: *mut ffi::ifnet) -> u16 {
    // SAFETY: caller.
    unsafe { Interface::new(ifp) }.flags()
}

/// The hardware address of an interface. ENOENT where it has none yet.
///
/// # Safety
/// An interface, in its epoch(9); `to` is a Linux `struct sockaddr`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_ifhwaddr(ifp: *mut ffi::ifnet, to: *mut l_sockaddr) -> c_int {
    // SAFETY: caller.
    match unsafe { Interface::new(ifp) }.hardware_address() {
        Some(address) => {
            // SAFETY: caller.
            unsafe { *to = address };
            0
        }
        None => ffi::ENOENT as c_int,
    }
}
