// SPDX-License-Identifier: BSD-2-Clause
//! Sockets: uipc_syscalls.c.

use core::ffi::c_void;
use core::mem::size_of;
use core::ptr::NonNull;

use linux_abi::bsd;
use linux_abi::c::l_timeval;
use linux_abi::control::{CONTROL_MAX, Sender};
use linux_abi::fd::Fd;
use linux_abi::pod::Pod;
use linux_abi::sockaddr::BsdSockaddr;
use linux_abi::sockopt::Place;

use super::fd::new_fd;
use super::io::{Buffer, Uio, would_block};
use super::names;
use super::records;
use super::reroot::with_local;
use crate::{Cx, Errno, Fail, Result, UserAddr, check};

/// Room for any FreeBSD address.
#[repr(C, align(8))]
pub struct AddressRoom([u8; ROOM]);

const ROOM: usize = size_of::<ffi::sockaddr_storage>();

impl AddressRoom {
    fn new() -> Self {
        let mut room = AddressRoom([0; ROOM]);
        // sa_len says how much there is room for.
        if let Some(len) = room.0.first_mut() {
            *len = ROOM as u8;
        }
        room
    }

    fn as_mut_ptr(&mut self) -> *mut ffi::sockaddr {
        self.0.as_mut_ptr().cast()
    }

    /// The address: as many bytes as its first one says.
    pub fn as_bytes(&self) -> &[u8] {
        let len = self.0.first().copied().unwrap_or(0);
        self.0.get(..usize::from(len)).unwrap_or(&self.0)
    }
}

/// A kernel copy of an address that kern_* functions may write to.
pub(super) fn with_address<T>(
    address: &BsdSockaddr,
    call: impl FnOnce(*mut ffi::sockaddr) -> T,
) -> T {
    let mut room = AddressRoom([0; ROOM]);
    for (to, from) in room.0.iter_mut().zip(address.as_bytes()) {
        *to = *from;
    }
    call(room.as_mut_ptr())
}

/// socket(2); type with FreeBSD's flags. EAFNOSUPPORT, EPROTOTYPE, EPROTONOSUPPORT, EMFILE, EPERM.
pub fn kern_socket(cx: &mut Cx<'_>, family: i32, kind: i32, protocol: i32) -> Result<i32> {
    // SAFETY: current.
    check(unsafe { ffi::kern_socket(cx.td(), family, kind, protocol) })?;
    Ok(new_fd(cx))
}

/// Reading from a local stream that is not connected is EINVAL on Linux (unix_stream_read_generic).
#[cold]
pub(crate) fn unconnected(cx: &mut Cx<'_>, fd: Fd, fail: Fail) -> Fail {
    let kind = Place {
        level: bsd::SOL_SOCKET,
        name: bsd::SO_TYPE,
    };
    if fail == Errno::ENOTCONN.into()
        && domain(cx, fd) == Ok(bsd::AF_UNIX)
        && option::<i32>(cx, fd, kind) == Ok(bsd::SOCK_STREAM)
    {
        Errno::EINVAL.into()
    } else {
        fail
    }
}

/// socketpair(2).
pub fn kern_socketpair(cx: &mut Cx<'_>, family: i32, kind: i32, protocol: i32) -> Result<[i32; 2]> {
    let mut fds = [0; 2];
    // SAFETY: current; fills two ints.
    check(unsafe { ffi::kern_socketpair(cx.td(), family, kind, protocol, fds.as_mut_ptr()) })?;
    Ok(fds)
}

/// bind(2).
pub fn bind(cx: &mut Cx<'_>, fd: Fd, address: &BsdSockaddr) -> Result<()> {
    with_local(cx, address, false, |td, sa| {
        // SAFETY: current; the address is whole and in kernel memory.
        unsafe { ffi::kern_bindat(td, ffi::AT_FDCWD, fd.0, sa) }
    })
}

/// connect(2). EINTR rather than a restart, as connecting goes on.
pub fn connect(cx: &mut Cx<'_>, fd: Fd, address: &BsdSockaddr) -> Result<()> {
    with_local(cx, address, true, |td, sa| {
        // SAFETY: current; the address is whole and in kernel memory.
        unsafe { ffi::kern_connectat(td, ffi::AT_FDCWD, fd.0, sa) }
    })
}

/// accept4(2): the new descriptor and who is at its other end. Nothing is inherited but what
/// `flags` (FreeBSD's) say.
pub fn kern_accept4(cx: &mut Cx<'_>, fd: Fd, flags: i32) -> Result<(i32, AddressRoom)> {
    let mut room = AddressRoom::new();
    // SAFETY: current; there is room for any address, and nobody asks for the file.
    check(unsafe {
        ffi::kern_accept4(
            cx.td(),
            fd.0,
            room.as_mut_ptr(),
            flags,
            core::ptr::null_mut(),
        )
    })?;
    Ok((new_fd(cx), room))
}

/// getsockname(2).
pub fn kern_getsockname(cx: &mut Cx<'_>, fd: Fd) -> Result<AddressRoom> {
    let mut room = AddressRoom::new();
    // SAFETY: current; there is room for any address.
    check(unsafe { ffi::kern_getsockname(cx.td(), fd.0, room.as_mut_ptr()) })?;
    Ok(room)
}

/// getpeername(2). ENOTCONN.
pub fn kern_getpeername(cx: &mut Cx<'_>, fd: Fd) -> Result<AddressRoom> {
    let mut room = AddressRoom::new();
    // SAFETY: current; there is room for any address.
    check(unsafe { ffi::kern_getpeername(cx.td(), fd.0, room.as_mut_ptr()) })?;
    Ok(room)
}

/// shutdown(2).
pub fn kern_shutdown(cx: &mut Cx<'_>, fd: Fd, how: i32) -> Result<()> {
    // SAFETY: current.
    check(unsafe { ffi::kern_shutdown(cx.td(), fd.0, how) })
}

/// setsockopt(2) with a value in kernel memory.
pub fn kern_setsockopt(cx: &mut Cx<'_>, fd: Fd, place: Place, value: &[u8]) -> Result<()> {
    let len = u32::try_from(value.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: current; the value is readable for its length.
    check(unsafe {
        ffi::kern_setsockopt(
            cx.td(),
            fd.0,
            place.level,
            place.name,
            value.as_ptr().cast(),
            ffi::UIO_SYSSPACE,
            len,
        )
    })
}

/// getsockopt(2) into kernel memory: how many bytes of `value` were filled.
pub fn kern_getsockopt(cx: &mut Cx<'_>, fd: Fd, place: Place, value: &mut [u8]) -> Result<usize> {
    let mut len = u32::try_from(value.len()).map_err(|_| Errno::EINVAL)?;
    // SAFETY: current; the value is writable for its length.
    check(unsafe {
        ffi::kern_getsockopt(
            cx.td(),
            fd.0,
            place.level,
            place.name,
            value.as_mut_ptr().cast(),
            ffi::UIO_SYSSPACE,
            &raw mut len,
        )
    })?;
    Ok((len as usize).min(value.len()))
}

/// The same for a value of a fixed form; what FreeBSD does not fill is zero.
pub fn option<T: Pod>(cx: &mut Cx<'_>, fd: Fd, place: Place) -> Result<T> {
    let mut value = T::ZERO;
    let mut len = size_of::<T>() as u32;
    // SAFETY: current; the value is writable for its length, and any bytes are a T (Pod).
    check(unsafe {
        ffi::kern_getsockopt(
            cx.td(),
            fd.0,
            place.level,
            place.name,
            (&raw mut value).cast(),
            ffi::UIO_SYSSPACE,
            &raw mut len,
        )
    })?;
    Ok(value)
}

/// The family of a socket, FreeBSD's AF_*.
pub fn domain(cx: &mut Cx<'_>, fd: Fd) -> Result<i32> {
    let place = Place {
        level: bsd::SOL_SOCKET,
        name: bsd::SO_DOMAIN,
    };
    option(cx, fd, place)
}

/// A socket's number for firewalls (SO_USER_COOKIE), and one that no other socket has. EBADF, ENOTSOCK.
pub fn identity(cx: &mut Cx<'_>, fd: Fd) -> Result<(u32, u64)> {
    let (mut mark, mut number) = (0, 0);
    // SAFETY: current; fills both.
    check(unsafe { ffi::lrs_socket_identity(cx.td(), fd.0, &raw mut mark, &raw mut number) })?;
    Ok((mark, number))
}

/// setsockopt(2) with a value of a fixed form.
pub fn set_option<T: Pod>(cx: &mut Cx<'_>, fd: Fd, place: Place, value: &T) -> Result<()> {
    // SAFETY: current; a Pod is all its bytes.
    check(unsafe {
        ffi::kern_setsockopt(
            cx.td(),
            fd.0,
            place.level,
            place.name,
            core::ptr::from_ref(value).cast::<c_void>(),
            ffi::UIO_SYSSPACE,
            size_of::<T>() as u32,
        )
    })
}

/// Control messages in FreeBSD's form, in an mbuf.
pub struct Control(NonNull<ffi::mbuf>);

impl Control {
    /// A copy of these bytes; `None` for none. ENOBUFS beyond CONTROL_MAX.
    pub fn new(_cx: &mut Cx<'_>, bytes: &[u8]) -> Result<Option<Self>> {
        if bytes.is_empty() {
            return Ok(None);
        }
        if bytes.len() > CONTROL_MAX {
            return Err(Errno::ENOBUFS.into());
        }
        // SAFETY: the bytes are readable for their length, which fits an mbuf cluster; sleeps.
        let m = unsafe { ffi::lrs_control_get(bytes.as_ptr().cast(), bytes.len() as i32) };
        Ok(NonNull::new(m).map(Control))
    }

    /// The bytes, one message after the other.
    pub fn bytes(&self, cx: &mut Cx<'_>) -> Result<Buffer> {
        // SAFETY: a Control owns a whole chain.
        let len = unsafe { ffi::lrs_control_length(self.0.as_ptr()) };
        let mut buffer = Buffer::new(cx, usize::try_from(len).unwrap_or(0))?;
        // SAFETY: the chain has `len` bytes and the buffer room for them.
        unsafe { ffi::lrs_control_copy(self.0.as_ptr(), len, buffer.as_mut_ptr().cast()) };
        Ok(buffer)
    }

    fn into_raw(self) -> *mut ffi::mbuf {
        let m = self.0.as_ptr();
        core::mem::forget(self);
        m
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        // SAFETY: owned, and freed only here.
        unsafe { ffi::lrs_control_free(self.0.as_ptr()) }
    }
}

/// The buffers of a message.
pub enum Data<'a> {
    /// One, in user memory.
    One(UserAddr, usize),
    /// Many.
    Many(&'a mut Uio),
}

/// Calls with the iovec array of a message.
fn with_iov<T>(data: Data<'_>, call: impl FnOnce(*mut ffi::iovec, i32) -> T) -> T {
    match data {
        Data::One(address, len) => {
            let mut iov = ffi::iovec {
                iov_base: address.as_ptr(),
                iov_len: len,
            };
            call(&raw mut iov, 1)
        }
        Data::Many(uio) => {
            let (iov, count) = uio.iov();
            call(iov, count)
        }
    }
}

fn msghdr(
    name: *mut ffi::sockaddr,
    name_len: usize,
    iov: *mut ffi::iovec,
    count: i32,
) -> ffi::msghdr {
    ffi::msghdr {
        msg_name: name.cast(),
        msg_namelen: name_len as u32,
        msg_iov: iov,
        msg_iovlen: count,
        msg_control: core::ptr::null_mut(),
        msg_controllen: 0,
        msg_flags: 0,
    }
}

/// sendmsg(2): how many bytes were sent. `flags` are FreeBSD's.
pub fn send(
    cx: &mut Cx<'_>,
    fd: Fd,
    data: Data<'_>,
    to: Option<&BsdSockaddr>,
    control: Option<Control>,
    flags: i32,
) -> Result<usize> {
    if let Some(name) = to.and_then(BsdSockaddr::abstract_name)
        && domain(cx, fd)? == bsd::AF_UNIX
    {
        let kind = Place {
            level: bsd::SOL_SOCKET,
            name: bsd::SO_TYPE,
        };
        if option::<i32>(cx, fd, kind)? != bsd::SOCK_DGRAM {
            return Err(match kern_getpeername(cx, fd) {
                Ok(_) => Errno::EISCONN,
                Err(_) => Errno::EOPNOTSUPP,
            }
            .into());
        }
        if name.is_empty() {
            return Err(Errno::EINVAL.into());
        }
        let sent = names::with_peer(cx, fd, name, |cx| send(cx, fd, data, None, control, flags));
        return match sent {
            Err(fail) if fail == Errno::ENOBUFS.into() && at_once(cx, fd, flags) => {
                Err(Errno::EAGAIN.into())
            }
            answer => answer,
        };
    }
    let mut flags = flags;
    if records::is(cx, fd) {
        let len = match &data {
            Data::One(_, len) => *len,
            Data::Many(uio) => uio.residual(),
        };
        records::wait_for_room(cx, fd, len, at_once(cx, fd, flags))?;
        flags |= bsd::MSG_EOR;
    }
    let control = control.map_or(core::ptr::null_mut(), Control::into_raw);
    let td = cx.td();
    let sent = with_iov(data, |iov, count| {
        let send = |name, len| {
            let mut message = msghdr(name, len, iov, count);
            // SAFETY: current; message and address are in kernel memory, the buffers are user
            // addresses (kernel copy); the control mbuf is given away.
            check(unsafe {
                ffi::kern_sendit(
                    td,
                    fd.0,
                    &raw mut message,
                    flags,
                    control,
                    ffi::UIO_USERSPACE,
                )
            })
        };
        match to {
            Some(address) => with_address(address, |sa| send(sa, address.as_bytes().len())),
            None => send(core::ptr::null_mut(), 0),
        }
    });
    match sent {
        // CAST: a byte count below SSIZE_MAX.
        Ok(()) => Ok(cx.retval() as usize),
        Err(fail) if fail == Errno::ENOBUFS.into() && flags & linux_abi::bsd::MSG_DONTWAIT != 0 => {
            Err(Errno::EAGAIN.into())
        }
        Err(Fail::RESTART) => Err(restart(cx, fd, bsd::SO_SNDTIMEO)),
        Err(fail) => Err(would_block(cx, fd.0, fail)),
    }
}

/// A wait that has a limit (SO_RCVTIMEO, SO_SNDTIMEO) does not begin anew after a handler.
#[cold]
fn restart(cx: &mut Cx<'_>, fd: Fd, name: i32) -> Fail {
    let place = Place {
        level: bsd::SOL_SOCKET,
        name,
    };
    match option::<l_timeval>(cx, fd, place) {
        Ok(limit) if limit.tv_sec != 0 || limit.tv_usec != 0 => Errno::EINTR.into(),
        _ => Fail::RESTART,
    }
}

/// A message as it came.
pub struct Message {
    /// Its bytes; more than there was room for with MSG_TRUNC.
    pub len: usize,
    /// Where it came from, if known.
    pub from: Option<AddressRoom>,
    /// What came with it.
    pub control: Option<Control>,
    /// Whether it was a record with more in it than there was room for.
    pub cut: bool,
    /// FreeBSD's flags, with those that were asked for.
    pub flags: i32,
}

/// Whether a call shall not wait.
#[cold]
pub fn at_once(cx: &Cx<'_>, fd: Fd, flags: i32) -> bool {
    // SAFETY: current; the shim looks the descriptor up and drops it again.
    flags & bsd::MSG_DONTWAIT != 0 || unsafe { ffi::lrs_fd_nonblocking(cx.td(), fd.0) }
}

/// Whether a call that shall not wait was too early for the kernel's answer, which is there now
/// (netlink(7)).
#[cold]
fn answered(cx: &Cx<'_>, fd: Fd, flags: i32) -> bool {
    at_once(cx, fd, flags) && super::netlink::settle(cx, fd)
}

/// recvmsg(2); `flags` are FreeBSD's, control messages come only where `want_control`.
pub fn receive(
    cx: &mut Cx<'_>,
    fd: Fd,
    data: Data<'_>,
    flags: i32,
    want_name: bool,
    want_control: bool,
) -> Result<Message> {
    let td = cx.td();
    // What a look at them would tell of descriptors is addresses in the kernel.
    let want_control =
        want_control && (flags & bsd::MSG_PEEK == 0 || domain(cx, fd) != Ok(bsd::AF_UNIX));
    let asked = flags;
    let mut cut = false;
    let mut room = AddressRoom([0; ROOM]);
    let mut control = core::ptr::null_mut();
    let name = if want_name {
        room.as_mut_ptr()
    } else {
        core::ptr::null_mut()
    };
    let received = with_iov(data, |iov, count| {
        let mut message = msghdr(name, if want_name { ROOM } else { 0 }, iov, count);
        message.msg_flags = flags;
        let wanted = if want_control {
            &raw mut control
        } else {
            core::ptr::null_mut()
        };
        // SAFETY: current; message, name and control pointer are in kernel memory, the buffers are
        // user addresses (kernel copy).
        let mut once =
            || unsafe { ffi::kern_recvit(td, fd.0, &raw mut message, ffi::UIO_SYSSPACE, wanted) };
        let error = match once() {
            // Nothing was moved.
            error if error == ffi::EAGAIN as i32 && answered(cx, fd, flags) => once(),
            error => error,
        };
        check(error)?;
        Ok::<_, Fail>((message.msg_namelen, message.msg_flags))
    });
    let (name_len, mut flags) = received.map_err(|fail| match fail {
        Fail::RESTART => restart(cx, fd, bsd::SO_RCVTIMEO),
        _ => unconnected(cx, fd, fail),
    })?;
    // CAST: a byte count below SSIZE_MAX.
    let mut len = cx.retval() as usize;
    if len > 0 && records::is(cx, fd) {
        if flags & bsd::MSG_EOR == 0 {
            let whole = asked & bsd::MSG_TRUNC != 0;
            let rest = if asked & bsd::MSG_PEEK == 0 {
                records::skip(cx, fd)
            } else {
                0
            };
            if whole {
                len = len.saturating_add(rest);
            }
            cut = true;
        }
        // Linux tells of the end of a record only where it was not reached.
        flags &= !bsd::MSG_EOR;
    }
    Ok(Message {
        len,
        cut,
        from: (want_name && name_len > 0).then_some(room),
        control: NonNull::new(control).map(Control),
        flags,
    })
}

/// Who the process is, for SCM_CREDENTIALS.
pub fn sender(cx: &Cx<'_>) -> Sender {
    let (mut uids, mut gids) = ([0; 3], [0; 3]);
    // SAFETY: current; td_ucred is stable during a call. Fills three of each.
    unsafe { ffi::lrs_credentials(cx.td(), uids.as_mut_ptr(), gids.as_mut_ptr()) };
    Sender {
        pid: cx.pid(),
        uids,
        gids,
    }
}
