// SPDX-License-Identifier: BSD-2-Clause
//! Files, directories, file systems and readiness.

use linux_raw_sys::general as linux;

use crate::pod::{pod, same_layout};

pod! {
    /// `struct file_attr` of file_getattr(2).
    struct l_file_attr {
        fa_xflags: u64,
        fa_extsize: u32,
        fa_nextents: u32,
        fa_projid: u32,
        fa_cowextsize: u32,
    }
    /// `struct iocb` of io_submit(2).
    struct l_iocb {
        aio_data: u64,
        aio_key: u32,
        aio_rw_flags: u32,
        aio_lio_opcode: u16,
        aio_reqprio: i16,
        aio_fildes: u32,
        aio_buf: u64,
        aio_nbytes: u64,
        aio_offset: i64,
        aio_reserved2: u64,
        aio_flags: u32,
        aio_resfd: u32,
    }
    /// `struct io_event` of io_getevents(2).
    struct l_io_event {
        data: u64,
        obj: u64,
        res: i64,
        res2: i64,
    }
    /// `struct __aio_sigset` of io_pgetevents(2).
    struct l_aio_sigset {
        sigmask: u64,
        sigsetsize: u64,
    }
    /// `struct stat` of stat(2) on x86-64 (the "new" one).
    struct l_newstat {
        st_dev: u64,
        st_ino: u64,
        st_nlink: u64,
        st_mode: u32,
        st_uid: u32,
        st_gid: u32,
        __pad0: u32,
        st_rdev: u64,
        st_size: i64,
        st_blksize: i64,
        st_blocks: i64,
        st_atime: i64,
        st_atime_nsec: u64,
        st_mtime: i64,
        st_mtime_nsec: u64,
        st_ctime: i64,
        st_ctime_nsec: u64,
        __unused: [i64; 3],
    }
    /// `struct statx_timestamp`.
    struct l_statx_timestamp {
        tv_sec: i64,
        tv_nsec: u32,
        __reserved: i32,
    }
    /// `struct statx` of statx(2).
    struct l_statx {
        stx_mask: u32,
        stx_blksize: u32,
        stx_attributes: u64,
        stx_nlink: u32,
        stx_uid: u32,
        stx_gid: u32,
        stx_mode: u16,
        __spare0: u16,
        stx_ino: u64,
        stx_size: u64,
        stx_blocks: u64,
        stx_attributes_mask: u64,
        stx_atime: l_statx_timestamp,
        stx_btime: l_statx_timestamp,
        stx_ctime: l_statx_timestamp,
        stx_mtime: l_statx_timestamp,
        stx_rdev_major: u32,
        stx_rdev_minor: u32,
        stx_dev_major: u32,
        stx_dev_minor: u32,
        stx_mnt_id: u64,
        stx_dio_mem_align: u32,
        stx_dio_offset_align: u32,
        stx_subvol: u64,
        stx_atomic_write_unit_min: u32,
        stx_atomic_write_unit_max: u32,
        stx_atomic_write_segments_max: u32,
        stx_dio_read_offset_align: u32,
        stx_atomic_write_unit_max_opt: u32,
        __spare2: u32,
        __spare3: [u64; 8],
    }
    /// `struct statfs` of statfs(2).
    struct l_statfs {
        f_type: i64,
        f_bsize: i64,
        f_blocks: u64,
        f_bfree: u64,
        f_bavail: u64,
        f_files: u64,
        f_ffree: u64,
        f_fsid: [i32; 2],
        f_namelen: i64,
        f_frsize: i64,
        f_flags: i64,
        f_spare: [i64; 4],
    }
    /// `struct ustat` of ustat(2).
    struct l_ustat {
        f_tfree: i32,
        __pad0: u32,
        f_tinode: u64,
        f_fname: [u8; 6],
        f_fpack: [u8; 6],
        __pad1: u32,
    }
    /// `struct iovec`.
    struct l_iovec {
        iov_base: u64,
        iov_len: u64,
    }
    /// `struct pollfd`.
    struct l_pollfd {
        fd: i32,
        events: u16,
        revents: u16,
    }
    /// `fd_set` of select(2), at its full size of 1024 descriptors.
    struct l_fd_set {
        fds_bits: [u64; 16],
    }
    /// The signal mask pselect6(2) takes by reference.
    struct l_pselect6arg {
        ss: u64,
        ss_len: u64,
    }
    /// `struct epoll_event`, which is packed on x86-64 alone.
    [packed] struct l_epoll_event {
        events: u32,
        data: u64,
    }
    /// What precedes the name in a record of getdents64(2).
    [packed] struct l_dirent64 {
        d_ino: u64,
        d_off: i64,
        d_reclen: u16,
        d_type: u8,
    }
    /// What precedes the name in a record of getdents(2); the type is the last
    /// byte of the record.
    [packed] struct l_dirent {
        d_ino: u64,
        d_off: u64,
        d_reclen: u16,
    }
    /// `struct flock` of fcntl(2).
    struct l_flock {
        l_type: i16,
        l_whence: i16,
        __pad0: u32,
        l_start: i64,
        l_len: i64,
        l_pid: i32,
        __pad1: u32,
    }
    /// `struct f_owner_ex` of fcntl(2).
    struct l_f_owner_ex {
        type_: i32,
        pid: i32,
    }
    /// `struct open_how` of openat2(2).
    struct l_open_how {
        flags: u64,
        mode: u64,
        resolve: u64,
    }
    /// `struct cachestat_range` of cachestat(2).
    struct l_cachestat_range {
        off: u64,
        len: u64,
    }
    /// `struct cachestat` of cachestat(2).
    struct l_cachestat {
        nr_cache: u64,
        nr_dirty: u64,
        nr_writeback: u64,
        nr_evicted: u64,
        nr_recently_evicted: u64,
    }
    /// `struct xattr_args` of setxattrat(2).
    struct l_xattr_args {
        value: u64,
        size: u32,
        flags: u32,
    }
    /// What precedes the handle's bytes in `struct file_handle` of
    /// name_to_handle_at(2).
    struct l_file_handle {
        handle_bytes: u32,
        handle_type: i32,
    }
    /// `struct inotify_event`, without the name.
    struct l_inotify_event {
        wd: i32,
        mask: u32,
        cookie: u32,
        len: u32,
    }
}

/// The name linux64's master file gives to [`l_statfs`].
pub type l_statfs_buf = l_statfs;
/// The name linux64's master file gives to `off_t`-wide [`l_newstat`].
pub type l_stat64 = l_newstat;

same_layout!(
    l_newstat,
    linux::stat {
        st_dev,
        st_ino,
        st_nlink,
        st_mode,
        st_uid,
        st_gid,
        __pad0,
        st_rdev,
        st_size,
        st_blksize,
        st_blocks,
        st_atime,
        st_atime_nsec,
        st_mtime,
        st_mtime_nsec,
        st_ctime,
        st_ctime_nsec,
        __unused,
    }
);
same_layout!(
    l_statx_timestamp,
    linux::statx_timestamp {
        tv_sec,
        tv_nsec,
        __reserved
    }
);
same_layout!(
    l_statx,
    linux::statx {
        stx_mask,
        stx_blksize,
        stx_attributes,
        stx_nlink,
        stx_uid,
        stx_gid,
        stx_mode,
        __spare0,
        stx_ino,
        stx_size,
        stx_blocks,
        stx_attributes_mask,
        stx_atime,
        stx_btime,
        stx_ctime,
        stx_mtime,
        stx_rdev_major,
        stx_rdev_minor,
        stx_dev_major,
        stx_dev_minor,
        stx_mnt_id,
        stx_dio_mem_align,
        stx_dio_offset_align,
        stx_subvol,
        stx_atomic_write_unit_min,
        stx_atomic_write_unit_max,
        stx_atomic_write_segments_max,
        stx_dio_read_offset_align,
        stx_atomic_write_unit_max_opt,
        __spare2,
        __spare3,
    }
);
same_layout!(
    l_statfs,
    linux::statfs {
        f_type,
        f_bsize,
        f_blocks,
        f_bfree,
        f_bavail,
        f_files,
        f_ffree,
        f_fsid,
        f_namelen,
        f_frsize,
        f_flags,
        f_spare,
    }
);
same_layout!(l_iovec, linux::iovec { iov_base, iov_len });
same_layout!(
    l_pollfd,
    linux::pollfd {
        fd,
        events,
        revents
    }
);
same_layout!(l_fd_set, linux::__kernel_fd_set { fds_bits });
same_layout!(l_epoll_event, linux::epoll_event { events, data });
same_layout!(
    l_flock,
    linux::flock {
        l_type,
        l_whence,
        l_start,
        l_len,
        l_pid
    }
);
same_layout!(l_f_owner_ex, linux::f_owner_ex { type_, pid });
same_layout!(l_cachestat_range, linux::cachestat_range { off, len });
same_layout!(
    l_cachestat,
    linux::cachestat {
        nr_cache,
        nr_dirty,
        nr_writeback,
        nr_evicted,
        nr_recently_evicted
    }
);
same_layout!(
    l_open_how,
    linux::open_how {
        flags,
        mode,
        resolve
    }
);
same_layout!(
    l_inotify_event,
    linux::inotify_event {
        wd,
        mask,
        cookie,
        len
    }
);

// The name starts right behind the header, without the padding that ends the
// C struct.
static_assertions::const_assert_eq!(
    size_of::<l_dirent64>(),
    core::mem::offset_of!(linux::linux_dirent64, d_name)
);
