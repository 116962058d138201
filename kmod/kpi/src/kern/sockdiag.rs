// SPDX-License-Identifier: BSD-2-Clause
//! Answers to sock_diag(7): ffi/sockdiag.c, [`linux_abi::netlink::diag`].

use core::ffi::{c_int, c_void};

use linux_abi::netlink::diag::{
    BY_FAMILY, InetSocket, LOCAL_ANSWER, LocalSocket, Question, inet_answer, local_answer, question,
};

struct Inet {
    state: *mut ffi::nl_pstate,
    six: bool,
    states: u32,
}

unsafe extern "C" fn each_inet(arg: *mut c_void, socket: *const ffi::lrs_inet_socket) -> bool {
    // SAFETY: `answer` hands its Inet over for the time of the call, the shim a whole socket.
    let (to, from) = unsafe { (&*arg.cast::<Inet>(), &*socket) };
    let socket = InetSocket {
        six: from.six,
        state: u8::try_from(from.state).ok(),
        listening: from.listening,
        connected: from.connected,
        ports: [from.local_port, from.peer_port],
        addresses: [from.local, from.peer],
        queues: [from.received, from.sent],
        user: from.user,
        number: from.number,
    };
    match inet_answer(&socket, to.six, to.states) {
        Some(bytes) => tell(to.state, &bytes),
        None => true,
    }
}

struct Local {
    state: *mut ffi::nl_pstate,
    states: u32,
    show: u32,
    room: [u8; LOCAL_ANSWER],
}

unsafe extern "C" fn each_local(arg: *mut c_void, socket: *const ffi::lrs_local_socket) -> bool {
    // SAFETY: `answer` hands its Local over for the time of the call, the shim a whole socket.
    let (to, from) = unsafe { (&mut *arg.cast::<Local>(), &*socket) };
    let socket = LocalSocket {
        kind: from.type_,
        listening: from.listening,
        connected: from.connected,
        name: from.name.get(..usize::from(from.name_len)).unwrap_or(&[]),
        queues: [from.received, from.sent],
        user: from.user,
        number: from.number,
        peer: from.peer,
    };
    match local_answer(&socket, to.states, to.show, &mut to.room) {
        Some(len) => tell(to.state, to.room.get(..len).unwrap_or(&[])),
        None => true,
    }
}

fn tell(state: *mut ffi::nl_pstate, bytes: &[u8]) -> bool {
    // SAFETY: the state is the one of the question; the bytes are readable. CAST: below 300.
    unsafe { ffi::lrs_netlink_tell(state, BY_FAMILY, bytes.as_ptr().cast(), bytes.len() as u32) }
}

/// Answers a question: what the hook returns. The kernel has no handler for this protocol, so that is never 0,
/// but EINTR, of which nobody is told.
///
/// # Safety
/// The kernel's hook for messages calls it, with its state of that message.
pub(super) unsafe fn answer(message: &[u8], state: *mut ffi::nl_pstate) -> c_int {
    // SAFETY: caller.
    unsafe { ffi::lrs_netlink_say_errors(state, true) };
    let asked = match question(message) {
        Ok(asked) => asked,
        Err(errno) => return errno.raw(),
    };
    // SAFETY: caller; what is handed over outlives the calls, which are over when they return.
    unsafe {
        let nlp = (*state).nlp;
        match asked {
            Question::Inet {
                six,
                protocol,
                states,
            } => {
                let mut to = Inet { state, six, states };
                let arg = (&raw mut to).cast();
                ffi::lrs_each_inet_socket(nlp, protocol.into(), Some(each_inet), arg);
            }
            Question::Local { states, show } => {
                let mut to = Local {
                    state,
                    states,
                    show,
                    room: [0; LOCAL_ANSWER],
                };
                for kind in [ffi::SOCK_STREAM, ffi::SOCK_DGRAM, ffi::SOCK_SEQPACKET] {
                    let arg = (&raw mut to).cast();
                    // CAST: at most 5.
                    ffi::lrs_each_local_socket(nlp, kind as c_int, Some(each_local), arg);
                }
            }
        }
        ffi::lrs_netlink_told(state);
    }
    ffi::EINTR as c_int
}
