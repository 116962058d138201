// SPDX-License-Identifier: BSD-2-Clause
//! Sockets.

use linux_raw_sys::net as linux;

use crate::pod::{pod, same_layout};

pod! {
    /// `struct sockaddr`: a family and the first bytes of an address.
    struct l_sockaddr {
        sa_family: u16,
        sa_data: [u8; 14],
    }
    /// `struct msghdr` of sendmsg(2).
    struct l_msghdr {
        msg_name: u64,
        msg_namelen: i32,
        __pad0: u32,
        msg_iov: u64,
        msg_iovlen: u64,
        msg_control: u64,
        msg_controllen: u64,
        msg_flags: u32,
        __pad1: u32,
    }
    /// `struct mmsghdr` of sendmmsg(2).
    struct l_mmsghdr {
        msg_hdr: l_msghdr,
        msg_len: u32,
        __pad0: u32,
    }
    /// `struct cmsghdr`: what precedes the data of a control message.
    struct l_cmsghdr {
        cmsg_len: u64,
        cmsg_level: i32,
        cmsg_type: i32,
    }
    /// `struct ucred` of SO_PEERCRED and SCM_CREDENTIALS.
    struct l_ucred {
        pid: i32,
        uid: u32,
        gid: u32,
    }
    /// `struct linger` of SO_LINGER.
    struct l_linger {
        l_onoff: i32,
        l_linger: i32,
    }
}

same_layout!(
    l_msghdr,
    linux::msghdr {
        msg_name,
        msg_namelen,
        msg_iov,
        msg_iovlen,
        msg_control,
        msg_controllen,
        msg_flags,
    }
);
same_layout!(l_mmsghdr, linux::mmsghdr { msg_hdr, msg_len });
same_layout!(
    l_cmsghdr,
    linux::cmsghdr {
        cmsg_len,
        cmsg_level,
        cmsg_type
    }
);
same_layout!(l_ucred, linux::ucred { pid, uid, gid });
same_layout!(l_linger, linux::linger { l_onoff, l_linger });
