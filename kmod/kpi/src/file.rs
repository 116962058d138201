// SPDX-License-Identifier: BSD-2-Clause
//! Descriptors of kinds FreeBSD does not have: files whose operations are the module's.
//!
//! A kind is a `struct fileops`; a file is known to be of it by the address. The module cannot be
//! unloaded while such a file is open anywhere, a native process may have inherited it.

use core::ffi::{c_int, c_long, c_ulong, c_void};
use core::marker::PhantomData;
use core::ptr;
use core::sync::atomic::{AtomicUsize, Ordering};

use linux_abi::fd::Fd;

use crate::mem::KBox;
use crate::{Cx, Errno, Result, check};

/// How many files of ours are open.
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// Whether files of ours are open anywhere.
pub(crate) fn any_open() -> bool {
    OPEN.load(Ordering::Acquire) != 0
}

/// What a file of a kind hangs on to; its address is `f_data`.
///
/// # Safety
/// Every file with these operations was made by [`Reserved::fill`] with a `Self`.
pub(crate) unsafe trait OwnFile: Sized + 'static {
    /// The operations, which tell the kind.
    fn ops() -> &'static ffi::fileops;
}

/// A filter of kqueue(2) for descriptors, which `fo_kqfilter` attaches.
pub(crate) const fn filter(
    detach: unsafe extern "C" fn(*mut ffi::knote),
    event: unsafe extern "C" fn(*mut ffi::knote, c_long) -> c_int,
) -> ffi::filterops {
    ffi::filterops {
        f_isfd: 1,
        f_attach: None,
        f_detach: Some(detach),
        f_event: Some(event),
        f_touch: None,
        f_userdump: None,
    }
}

/// The operations that all kinds have in common; the others are refused as the kernel refuses them.
pub(crate) const COMMON: ffi::fileops = ffi::fileops {
    fo_read: Some(refuse),
    fo_write: Some(refuse),
    fo_truncate: Some(ffi::invfo_truncate),
    fo_ioctl: Some(ioctl),
    fo_poll: None,
    fo_kqfilter: None,
    fo_stat: Some(stat),
    fo_close: None,
    fo_chmod: Some(ffi::invfo_chmod),
    fo_chown: Some(ffi::invfo_chown),
    fo_sendfile: Some(ffi::invfo_sendfile),
    fo_seek: None,
    fo_fill_kinfo: Some(fill_kinfo),
    fo_mmap: None,
    fo_aio_queue: None,
    fo_add_seals: None,
    fo_get_seals: None,
    fo_fallocate: None,
    fo_fspacectl: None,
    fo_cmp: Some(ffi::file_kcmp_generic),
    fo_spares: [None; 8],
    fo_flags: ffi::DFLAG_PASSABLE as ffi::fo_flags_t,
};

/// Linux says EINVAL for a file that has no read or no write.
unsafe extern "C" fn refuse(
    _fp: *mut ffi::file,
    _uio: *mut ffi::uio,
    _cred: *mut ffi::ucred,
    _flags: c_int,
    _td: *mut ffi::thread,
) -> c_int {
    ffi::EINVAL as c_int
}

/// fcntl(2) sets O_NONBLOCK and O_ASYNC through these; the file's flags are kept by the caller.
unsafe extern "C" fn ioctl(
    _fp: *mut ffi::file,
    command: c_ulong,
    _data: *mut c_void,
    _cred: *mut ffi::ucred,
    _td: *mut ffi::thread,
) -> c_int {
    if command == u64::from(ffi::LRS_FIONBIO) || command == u64::from(ffi::LRS_FIOASYNC) {
        0
    } else {
        ffi::ENOTTY as c_int
    }
}

/// As Linux shows its anonymous inodes: no type, for the owner alone.
unsafe extern "C" fn stat(
    _fp: *mut ffi::file,
    to: *mut ffi::stat,
    _cred: *mut ffi::ucred,
) -> c_int {
    // SAFETY: the caller hands over one whole structure, which is plain data.
    unsafe {
        to.write_bytes(0, 1);
        (*to).st_mode = 0o600;
        (*to).st_nlink = 1;
        (*to).st_blksize = 4096;
    }
    0
}

/// Nothing to tell beyond what the caller has filled in.
unsafe extern "C" fn fill_kinfo(
    _fp: *mut ffi::file,
    _info: *mut ffi::kinfo_file,
    _table: *mut ffi::filedesc,
) -> c_int {
    0
}

/// The data of a file of kind `T`.
///
/// # Safety
/// `fp` has the operations of `T` and is referenced for `'a`.
pub(crate) unsafe fn data<'a, T: OwnFile>(fp: *mut ffi::file) -> &'a T {
    // SAFETY: caller: f_data was set by `fill` and lasts until fo_close.
    unsafe { &*(*fp).f_data.cast::<T>() }
}

/// `fo_close` of kind `T`: drops the data.
pub(crate) unsafe extern "C" fn close<T: OwnFile>(
    fp: *mut ffi::file,
    _td: *mut ffi::thread,
) -> c_int {
    // SAFETY: called once, on the last reference; the data came from KBox::into_raw in `fill`.
    unsafe {
        let data = ptr::replace(&raw mut (*fp).f_data, ptr::null_mut());
        (*fp).f_ops = &raw const ffi::badfileops;
        drop(KBox::from_raw(data.cast::<T>()));
    }
    OPEN.fetch_sub(1, Ordering::Release);
    0
}

/// A descriptor that has a number and no file behind it yet; closed again unless filled.
pub(crate) struct Reserved {
    fp: *mut ffi::file,
    td: *mut ffi::thread,
    fd: c_int,
}

impl Reserved {
    /// Takes the lowest free number. EMFILE, ENFILE.
    pub(crate) fn new(cx: &mut Cx<'_>, cloexec: bool) -> Result<Self> {
        let flags = if cloexec {
            linux_abi::bsd::O_CLOEXEC
        } else {
            0
        };
        let (mut fp, mut fd) = (ptr::null_mut(), 0);
        // SAFETY: current; both places are ours, and no capability rights are asked for.
        check(unsafe {
            ffi::falloc_caps(cx.td(), &raw mut fp, &raw mut fd, flags, ptr::null_mut())
        })?;
        Ok(Reserved {
            fp,
            td: cx.td(),
            fd,
        })
    }

    /// The number.
    pub(crate) fn fd(&self) -> i32 {
        self.fd
    }

    /// Puts a file of kind `T` behind the number, open for reading and writing.
    pub(crate) fn fill<T: OwnFile>(self, data: KBox<T>, nonblocking: bool) -> i32 {
        let mut flags = ffi::FREAD | ffi::FWRITE;
        if nonblocking {
            flags |= ffi::FNONBLOCK;
        }
        OPEN.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the file is fresh and ours to initialise once; the reference that falloc gave
        // is dropped, the table keeps its own.
        unsafe {
            ffi::finit(
                self.fp,
                flags,
                ffi::DTYPE_NONE as i16,
                data.into_raw().cast(),
                T::ops(),
            );
            ffi::lrs_fdrop(self.fp, self.td);
        }
        let fd = self.fd;
        core::mem::forget(self);
        fd
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        // SAFETY: made by falloc_caps on this thread; fdclose does nothing if another thread has
        // closed the number by now.
        unsafe {
            ffi::fdclose(self.td, self.fp, self.fd);
            ffi::lrs_fdrop(self.fp, self.td);
        }
    }
}

/// An open file, referenced until dropped.
pub(crate) struct FileRef<'a> {
    fp: *mut ffi::file,
    td: *mut ffi::thread,
    _cx: PhantomData<&'a ()>,
}

impl FileRef<'_> {
    /// The file behind a descriptor. EBADF.
    pub(crate) fn get(cx: &Cx<'_>, fd: Fd) -> Result<Self> {
        let mut fp = ptr::null_mut();
        // SAFETY: current; no rights are asked for, and the place is ours.
        check(unsafe { ffi::fget(cx.td(), fd.0, &raw const ffi::cap_no_rights, &raw mut fp) })?;
        Ok(FileRef {
            fp,
            td: cx.td(),
            _cx: PhantomData,
        })
    }

    /// The file, for as long as this is there.
    pub(crate) fn as_ptr(&self) -> *mut ffi::file {
        self.fp
    }

    /// What is behind it, if it is of kind `T`.
    pub(crate) fn data<T: OwnFile>(&self) -> Option<&T> {
        // SAFETY: the reference keeps the file; its operations tell the kind.
        unsafe { ptr::eq((*self.fp).f_ops, T::ops()).then(|| data::<T>(self.fp)) }
    }

    /// Whether O_NONBLOCK is set.
    pub(crate) fn nonblocking(&self) -> bool {
        // SAFETY: the reference keeps the file; the flags are one word.
        unsafe { ptr::read_volatile(&raw const (*self.fp).f_flag) & ffi::FNONBLOCK != 0 }
    }
}

impl Drop for FileRef<'_> {
    fn drop(&mut self) {
        // SAFETY: referenced in `get`.
        unsafe { ffi::lrs_fdrop(self.fp, self.td) };
    }
}

/// The file of kind `T` behind a descriptor, for `use_it`. EBADF, also for any other kind.
pub(crate) fn with<T: OwnFile, R>(
    cx: &mut Cx<'_>,
    fd: Fd,
    use_it: impl FnOnce(&mut Cx<'_>, &T) -> Result<R>,
) -> Result<R> {
    let file = FileRef::get(cx, fd)?;
    match file.data::<T>() {
        Some(data) => use_it(cx, data),
        None => Err(Errno::EBADF.into()),
    }
}
