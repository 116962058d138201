// SPDX-License-Identifier: BSD-2-Clause
//! Files, directories and mounts, as the host asks for them.

use crate::host::Host;
use crate::sys::{self, Errno, IoVec, Result};
use core::ffi::CStr;
use guest_wire::{Decoder, Encoder, Event};

const MAX_PAIRS: usize = 32;

/// Makes a directory and those above it.
pub(crate) fn make_dirs(path: &CStr, mode: u32) -> Result<()> {
    let mut part = [0u8; 1024];
    let bytes = path.to_bytes();
    if bytes.len() >= part.len() {
        return Err(Errno::EINVAL);
    }
    for (i, &byte) in bytes.iter().enumerate() {
        if byte == b'/' && i > 0 {
            make_one(part.get(..=i), 0o755)?;
        }
        if let Some(slot) = part.get_mut(i) {
            *slot = byte;
        }
    }
    make_one(part.get(..=bytes.len()), mode)
}

fn make_one(path: Option<&[u8]>, mode: u32) -> Result<()> {
    let path = path
        .and_then(|p| CStr::from_bytes_with_nul(p).ok())
        .ok_or(Errno::EINVAL)?;
    match sys::mkdir(path, mode) {
        Err(Errno::EEXIST) => Ok(()),
        other => other,
    }
}

pub(crate) fn write(mut d: Decoder<'_>) -> Result<()> {
    let (path, mode, append, content) =
        (|| Some((d.str()?, d.u32()?, d.u32()?, d.bytes()?)))().ok_or(Errno::EINVAL)?;
    let how = match append {
        0 => sys::O_TRUNC,
        _ => sys::O_APPEND,
    };
    let fd = sys::open(
        path,
        sys::O_WRONLY | sys::O_CREAT | sys::O_CLOEXEC | how,
        mode,
    )?;
    let result = sys::write_all(fd, content);
    sys::close(fd);
    result
}

/// Answers itself: up to 32 KB from an offset.
pub(crate) fn read(mut d: Decoder<'_>, host: &Host) -> Result<()> {
    let (path, offset) = (|| Some((d.str()?, d.u64()?)))().ok_or(Errno::EINVAL)?;
    let fd = sys::open(path, sys::O_RDONLY | sys::O_CLOEXEC, 0)?;
    let mut data = [0; 32 * 1024];
    let mut skip = offset;
    let len = loop {
        let got = match sys::read(fd, &mut data) {
            Ok(n) => n,
            Err(e) => {
                sys::close(fd);
                return Err(e);
            }
        };
        // Reads rather than seeks: files of pseudo file systems come so too.
        if skip == 0 || got == 0 {
            break got;
        }
        skip = skip.saturating_sub(got as u64);
    };
    sys::close(fd);
    let mut buf = [0; 33 * 1024];
    let mut e = Encoder::new(&mut buf, Event::Reply as u8);
    e.u32(0).bytes(data.get(..len).unwrap_or_default());
    host.send(e.finish().unwrap_or_default());
    Ok(())
}

pub(crate) fn mount(mut d: Decoder<'_>) -> Result<()> {
    let (flags, count) = (|| Some((d.u32()?, d.u32()?)))().ok_or(Errno::EINVAL)?;
    let mut iov = [IoVec::EMPTY; 2 * MAX_PAIRS];
    let mut used = 0;
    for _ in 0..count {
        let (name, value) = (|| Some((d.str()?, d.str()?)))().ok_or(Errno::EINVAL)?;
        let slots = iov.get_mut(used..used + 2).ok_or(Errno::EINVAL)?;
        slots.copy_from_slice(&[
            IoVec::new(name.to_bytes_with_nul()),
            match value.is_empty() {
                true => IoVec::EMPTY,
                false => IoVec::new(value.to_bytes_with_nul()),
            },
        ]);
        used += 2;
    }
    sys::nmount(iov.get(..used).unwrap_or_default(), flags)
}

/// Mounts a file system that needs no more than its type and place.
pub(crate) fn mount_simple(kind: &CStr, to: &CStr) -> Result<()> {
    let iov = [
        IoVec::new(c"fstype".to_bytes_with_nul()),
        IoVec::new(kind.to_bytes_with_nul()),
        IoVec::new(c"fspath".to_bytes_with_nul()),
        IoVec::new(to.to_bytes_with_nul()),
    ];
    sys::nmount(&iov, 0)
}
