// SPDX-License-Identifier: BSD-2-Clause
//! Netlink sockets (sys/netlink): the hooks by which the kernel has the messages of Linux processes
//! translated, which it calls in each socket's own thread and wherever it tells groups of a change.
//! What the messages mean is in [`linux_abi::netlink`].

use core::ffi::{c_int, c_uint};
use core::{ptr, slice};

use linux_abi::fd::Fd;
use linux_abi::netif::Name;
use linux_abi::netlink::{self, Host, Protocol};

use super::netif::Interfaces;
use crate::Cx;

/// From now on the kernel asks here.
pub(crate) fn install() {
    // SAFETY: both are functions of the forms the kernel expects, there until `remove`.
    unsafe { ffi::lrs_netlink_install(Some(msgs_to_linux), Some(msg_from_linux)) };
}

/// No more. Whether nobody has a socket that needs it; without Linux processes there will be none.
pub(crate) fn remove() -> bool {
    // SAFETY: the shim looks at every socket under the kernel's lock.
    unsafe { ffi::lrs_netlink_remove() }
}

/// The network stack and the socket that a message is for.
struct Here(*mut ffi::nlpcb);

impl Host for Here {
    fn index(&self, name: &Name) -> Option<u32> {
        // SAFETY: the kernel has set the stack before it calls the hooks.
        let index = unsafe { Interfaces::here(|net| net.find(name).map(|i| i.index())) };
        index.map(i32::cast_unsigned)
    }

    fn name(&self, index: u32) -> Option<Name> {
        // SAFETY: as above.
        unsafe {
            Interfaces::here(|net| {
                net.search(|i, name| (i.index().cast_unsigned() == index).then_some(*name))
            })
        }
    }

    fn privileged(&self) -> bool {
        // SAFETY: the kernel's own socket, which it holds for the time of the hook.
        unsafe { ffi::nlp_has_priv(self.0, ffi::PRIV_NET_ROUTE as c_int) }
    }
}

/// `msg_from_linux`: turns a request into FreeBSD's where it is; an errno is the answer to it.
///
/// # Safety
/// `header` leads to a whole message, in memory that nobody else uses, of a Linux socket.
unsafe extern "C" fn msg_from_linux(
    protocol: c_int,
    header: *mut *mut ffi::nlmsghdr,
    state: *mut ffi::nl_pstate,
) -> c_int {
    let Ok(protocol) = Protocol::new(protocol) else {
        return ffi::EPROTONOSUPPORT as c_int;
    };
    // SAFETY: caller: the kernel has compared the length with what was sent.
    let (message, strict, host) = unsafe {
        let start = (*header).cast::<u8>();
        let len = (**header).nlmsg_len as usize;
        (
            slice::from_raw_parts_mut(start, len),
            (*state).strict,
            Here((*state).nlp),
        )
    };
    if protocol == Protocol::SockDiag {
        // SAFETY: the kernel's state of the message.
        return unsafe { super::sockdiag::answer(message, state) };
    }
    match netlink::request(protocol, message, strict, &host) {
        Ok(()) => 0,
        Err(errno) => errno.raw(),
    }
}

/// `msgs_to_linux`: a buffer of Linux's messages for one of the kernel's, which stays the caller's;
/// null if there are none, or no memory. Never sleeps.
///
/// # Safety
/// `from` has whole messages; `socket` is a Linux one, held.
unsafe extern "C" fn msgs_to_linux(
    from: *mut ffi::nl_buf,
    socket: *mut ffi::nlpcb,
) -> *mut ffi::nl_buf {
    // SAFETY: caller: `datalen` bytes were written.
    let (given, protocol) = unsafe {
        let data = (*from).data.as_ptr().cast::<u8>();
        (
            slice::from_raw_parts(data, (*from).datalen as usize),
            (*socket).nl_proto,
        )
    };
    let Ok(protocol) = Protocol::new(protocol) else {
        return ptr::null_mut();
    };
    let room = netlink::room(given);
    // SAFETY: of a length; may be null.
    let to = unsafe { ffi::nl_buf_alloc(room, (ffi::M_NOWAIT | ffi::M_ZERO) as c_int) };
    if to.is_null() {
        return to;
    }
    // SAFETY: fresh, with `room` bytes that are zero.
    let made = unsafe { slice::from_raw_parts_mut((*to).data.as_mut_ptr().cast::<u8>(), room) };
    let len = netlink::reply(protocol, given, made, &Here(socket));
    if len == 0 {
        // The kernel takes a buffer without messages for the end of a stream.
        // SAFETY: from nl_buf_alloc, and nobody has it.
        unsafe { ffi::nl_buf_free(to) };
        return ptr::null_mut();
    }
    // SAFETY: as above. CAST: at most `room`, below the socket's limits.
    unsafe { (*to).datalen = len as c_uint };
    to
}

/// What a Linux process's netlink socket speaks; `None` for any other file.
pub fn protocol(cx: &Cx<'_>, fd: Fd) -> Option<Protocol> {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    let number = unsafe { ffi::lrs_netlink_protocol(cx.td(), fd.0) };
    Protocol::new(number).ok()
}

/// Makes a new socket speak a protocol that FreeBSD has not, so that nothing comes. False if it is
/// another file by now.
pub fn become_protocol(cx: &Cx<'_>, fd: Fd, protocol: Protocol) -> bool {
    // SAFETY: as above.
    unsafe { ffi::lrs_netlink_become(cx.td(), fd.0, protocol.number()) }
}

/// Waits until the kernel has answered all that was sent: Linux does so before send(2) returns.
/// False for any other file.
#[cold]
pub(super) fn settle(cx: &Cx<'_>, fd: Fd) -> bool {
    // SAFETY: as above; sleeps, with the file held.
    unsafe { ffi::lrs_netlink_settle(cx.td(), fd.0) }
}
