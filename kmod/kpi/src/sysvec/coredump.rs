// SPDX-License-Identifier: BSD-2-Clause
//! sv_coredump: the core file of a Linux process, as Linux's debuggers read it (elf(5), core(5)).
//!
//! Where it goes, who may have one and the limit are the kernel's business (kern.corefile,
//! P_SUGID, procctl(2), RLIMIT_CORE); so is compression. The process has one running thread, this
//! one: the others are suspended and stay. With more memory than the limit allows the file ends
//! there, and the parent is told of no core, as on Linux.

use core::ffi::c_int;

use linux_abi::c::l_timeval;
use linux_abi::corefile::{
    self as format, Kept, Memory, Note, PAGE, l_nhdr, l_prpsinfo, l_prstatus, load_segment,
    note_segment,
};
use linux_abi::pod::Pod;
use linux_abi::siginfo::siginfo_to_linux;
use linux_abi::signal::BsdSignal;
use linux_abi::sigset::sigset_to_linux;

use super::sendsig::bsd_siginfo;
use crate::kern::dir::below;
use crate::kern::io::Buffer;
use crate::kern::ptrace::{FXSAVE_BYTES, Threads, fp_area, fp_size, tid_of, user_regs};
use crate::kern::reroot;
use crate::mem::{KSlice, bytes_of};
use crate::{Cx, Result, check};

/// sv_coredump: 0 or an errno.
///
/// # Safety
/// Called by the kernel on the current thread, without locks, the process single-threaded.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn linux_rs_coredump(
    td: *mut ffi::thread,
    writer: *mut ffi::coredump_writer,
    limit: i64,
    flags: c_int,
) -> c_int {
    // SAFETY: caller: current.
    let mut cx = unsafe { Cx::new(td) };
    // SAFETY: caller.
    match unsafe { dump(&mut cx, writer, limit.cast_unsigned(), flags) } {
        Ok(()) => 0,
        Err(fail) => fail.to_kernel(),
    }
}

/// Bytes that grow at the end.
struct Growing {
    bytes: KSlice<u8>,
    len: usize,
}

impl Growing {
    fn new(cx: &mut Cx<'_>) -> Result<Growing> {
        Ok(Growing {
            bytes: KSlice::zeroed(cx, 16384)?,
            len: 0,
        })
    }

    fn put(&mut self, cx: &mut Cx<'_>, more: &[u8]) -> Result<()> {
        let end = self.len + more.len();
        if end > self.bytes.len() {
            let mut larger = KSlice::zeroed(cx, end * 2)?;
            larger
                .iter_mut()
                .zip(self.filled())
                .for_each(|(to, from)| *to = *from);
            self.bytes = larger;
        }
        if let Some(place) = self.bytes.get_mut(self.len..end) {
            place.copy_from_slice(more);
        }
        self.len = end;
        Ok(())
    }

    fn put_pod<T: Pod>(&mut self, cx: &mut Cx<'_>, value: &T) -> Result<()> {
        self.put(cx, bytes_of(value))
    }

    fn put_note(&mut self, cx: &mut Cx<'_>, note: Note, data: &[u8]) -> Result<()> {
        let (name, kind) = note.id();
        let head = l_nhdr {
            n_namesz: name.len() as u32,
            n_descsz: data.len() as u32,
            n_type: kind,
        };
        self.put_pod(cx, &head)?;
        for part in [name, data] {
            self.put(cx, part)?;
            self.put(
                cx,
                [0; 3]
                    .get(..format::padding(part.len()))
                    .unwrap_or_default(),
            )?;
        }
        Ok(())
    }

    fn filled(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Words of a `struct lrs_segment`.
const WORDS: usize = size_of::<ffi::lrs_segment>() / size_of::<u64>();
const _: () = assert!(align_of::<ffi::lrs_segment>() == 8 && WORDS * 8 == 40);

/// The pieces of the address space, with references to their files.
struct Segments {
    words: KSlice<u64>,
    count: usize,
}

impl Segments {
    fn of(cx: &mut Cx<'_>) -> Result<Segments> {
        let mut room = 256;
        loop {
            let mut words = KSlice::<u64>::zeroed(cx, room * WORDS)?;
            // SAFETY: current; there is memory for `room` segments.
            let count =
                unsafe { ffi::lrs_core_segments(cx.proc_ptr(), words.as_mut_ptr().cast(), room) };
            let segments = Segments {
                words,
                count: count.min(room),
            };
            if count <= room {
                return Ok(segments);
            }
            room = count + 16;
        }
    }

    fn iter(&self) -> impl Iterator<Item = &ffi::lrs_segment> {
        // SAFETY: filled in by lrs_core_segments.
        let all = unsafe { core::slice::from_raw_parts(self.words.as_ptr().cast(), self.count) };
        all.iter()
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        // SAFETY: as in `iter`; the references are given back once.
        unsafe { ffi::lrs_core_segments_free(self.words.as_mut_ptr().cast(), self.count) };
    }
}

/// How many bytes of a segment go into the file.
fn kept(cx: &mut Cx<'_>, segment: &ffi::lrs_segment, everything: bool) -> u64 {
    let has = |flag| segment.flags & flag != 0;
    let memory = Memory {
        own: has(ffi::LRS_SEGMENT_OWN),
        file: !segment.file.is_null(),
        shared: has(ffi::LRS_SEGMENT_SHARED),
        unwanted: has(ffi::LRS_SEGMENT_NODUMP),
        device: has(ffi::LRS_SEGMENT_DEVICE),
        accessible: segment.prot != 0,
    };
    let how = if has(ffi::LRS_SEGMENT_KERNEL) {
        // Debuggers unwind through the vDSO; the other page tells the time.
        if segment.start == super::vdso::BASE {
            Kept::Whole
        } else {
            Kept::Nothing
        }
    } else if everything && !memory.device && (memory.own || memory.file) {
        Kept::Whole
    } else {
        format::kept(memory)
    };
    match how {
        Kept::Whole => segment.end - segment.start,
        Kept::Head => {
            let start = crate::UserIn::<[u8; 4]>::from_reg(segment.start).read(cx);
            if start.is_ok_and(format::is_elf_head) {
                PAGE
            } else {
                0
            }
        }
        Kept::Nothing => 0,
    }
}

/// PF_* for VM_PROT_*.
const fn access(prot: u32) -> u32 {
    (prot & 1) << 2 | prot & 2 | (prot & 4) >> 2
}

unsafe fn dump(
    cx: &mut Cx<'_>,
    writer: *mut ffi::coredump_writer,
    limit: u64,
    flags: c_int,
) -> Result<()> {
    let everything = flags & ffi::SVC_ALL as c_int != 0;
    let segments = Segments::of(cx)?;
    let mut notes = Growing::new(cx)?;
    // SAFETY: caller: the threads stay.
    unsafe { put_notes(cx, &mut notes, &segments)? };

    let count = segments.count as u32 + 1;
    let section = format::section(count);
    let section_at = 64 + 56 * u64::from(count);
    let notes_at = section_at + if section.is_some() { 64 } else { 0 };
    let mut offset = (notes_at + notes.len as u64).next_multiple_of(PAGE);
    let body_at = offset;
    let mut head = Growing::new(cx)?;
    head.put_pod(cx, &format::header(count, section_at))?;
    head.put_pod(cx, &note_segment(notes_at, notes.len as u64))?;
    for segment in segments.iter() {
        let kept = kept(cx, segment, everything);
        let flags = access(segment.prot);
        head.put_pod(
            cx,
            &load_segment(segment.start, segment.end, flags, offset, kept),
        )?;
        offset += kept;
    }
    if let Some(section) = section {
        head.put_pod(cx, &section)?;
    }
    head.put(cx, notes.filled())?;
    let gap = (body_at as usize).saturating_sub(head.len);
    head.put(cx, [0; PAGE as usize].get(..gap).unwrap_or_default())?;
    if head.len as u64 > limit {
        return Err(crate::Errno::EFBIG.into());
    }

    // SAFETY: plain data that lrs_core_open fills in; the writer is the caller's.
    unsafe {
        let mut file: ffi::lrs_core = core::mem::zeroed();
        check(ffi::lrs_core_open(&raw mut file, cx.td(), writer, flags))?;
        let mut error = ffi::lrs_core_put(&raw mut file, head.bytes.as_ptr().cast(), head.len);
        let mut at = body_at;
        // The headers say what was kept, whatever the memory looks like by now.
        let mut headers = head.filled().get(64 + 56..).unwrap_or_default();
        for segment in segments.iter() {
            let kept = headers
                .get(32..40)
                .and_then(|bytes| bytes.first_chunk().copied())
                .map_or(0, u64::from_le_bytes);
            headers = headers.get(56..).unwrap_or_default();
            let fits = kept.min(limit.saturating_sub(at)) & !(PAGE - 1);
            if error == 0 && fits != 0 {
                // CAST: a file offset below the limit.
                error =
                    ffi::lrs_core_put_user(&raw mut file, segment.start, fits as usize, at as i64);
            }
            if error == 0 && fits != kept {
                error = ffi::EFBIG as c_int;
            }
            at += kept;
        }
        check(ffi::lrs_core_close(&raw mut file, error))
    }
}

/// All notes, this thread's first, as Linux orders them.
unsafe fn put_notes(cx: &mut Cx<'_>, to: &mut Growing, segments: &Segments) -> Result<()> {
    let td = cx.td();
    // SAFETY: caller: current; the other threads are suspended and stay, and so do their states.
    unsafe {
        // Saves the bases.
        ffi::set_pcb_flags((*td).td_pcb, ffi::PCB_FULL_IRET);
        put_status(cx, to, td)?;
        let process = info(cx);
        to.put_note(cx, Note::Info, bytes_of(&process))?;
        let died = siginfo(td);
        to.put_note(cx, Note::Siginfo, bytes_of(&died))?;
        put_auxv(cx, to)?;
        put_files(cx, to, segments)?;
        put_registers(cx, to, td)?;
        for other in Threads::of(cx.proc_ptr()).filter(|other| *other != td) {
            put_status(cx, to, other)?;
            put_registers(cx, to, other)?;
        }
    }
    Ok(())
}

/// What a thread got last; nothing where that is not what the process dies of.
unsafe fn siginfo(td: *mut ffi::thread) -> linux_abi::c::l_siginfo_t {
    // SAFETY: caller: td stays; td_si is plain data.
    let (info, died) = unsafe { (&(*td).td_si, (*(*td).td_proc).p_sig) };
    match BsdSignal::new(died) {
        Some(signal) if info.si_signo == died => siginfo_to_linux(&bsd_siginfo(signal, info)),
        Some(signal) => {
            let mut out = linux_abi::c::l_siginfo_t::ZERO;
            out.si_signo = signal.to_linux_report().number();
            out
        }
        None => Pod::ZERO,
    }
}

fn time(tv: ffi::timeval) -> l_timeval {
    l_timeval {
        tv_sec: tv.tv_sec,
        tv_usec: tv.tv_usec,
    }
}

unsafe fn put_status(cx: &mut Cx<'_>, to: &mut Growing, td: *mut ffi::thread) -> Result<()> {
    // SAFETY: caller: td stays and does not run, or is current.
    let status = unsafe {
        let p = (*td).td_proc;
        let died = siginfo(td);
        let mut status = l_prstatus {
            si_signo: died.si_signo,
            si_code: died.si_code,
            si_errno: died.si_errno,
            // CAST: a signal number.
            pr_cursig: died.si_signo as u16,
            pr_sigpend: sigset_to_linux(&(*td).td_sigqueue.sq_signals.__bits),
            pr_sighold: sigset_to_linux(&(*td).td_sigmask.__bits),
            pr_pid: tid_of(td),
            pr_ppid: (*p).p_oppid,
            pr_pgrp: (*(*p).p_pgrp).pg_id,
            pr_sid: (*(*(*p).p_pgrp).pg_session).s_sid,
            pr_reg: user_regs(td).with_linux_selectors(),
            pr_fpvalid: 1,
            ..l_prstatus::ZERO
        };
        if td == cx.td() {
            let mut usage: ffi::rusage = core::mem::zeroed();
            ffi::kern_getrusage(td, ffi::RUSAGE_SELF as c_int, &raw mut usage);
            (status.pr_utime, status.pr_stime) = (time(usage.ru_utime), time(usage.ru_stime));
            ffi::kern_getrusage(td, ffi::RUSAGE_CHILDREN, &raw mut usage);
            (status.pr_cutime, status.pr_cstime) = (time(usage.ru_utime), time(usage.ru_stime));
        }
        status
    };
    to.put_note(cx, Note::Status, bytes_of(&status))
}

unsafe fn put_registers(cx: &mut Cx<'_>, to: &mut Growing, td: *mut ffi::thread) -> Result<()> {
    let mut area = KSlice::<u8>::zeroed(cx, fp_size())?;
    // SAFETY: caller: td stays and does not run, or is current.
    unsafe { fp_area(td, &mut area) };
    to.put_note(
        cx,
        Note::FpRegs,
        area.get(..FXSAVE_BYTES).unwrap_or_default(),
    )?;
    if area.len() > FXSAVE_BYTES {
        to.put_note(cx, Note::Xstate, &area)?;
    }
    Ok(())
}

/// A word of the user's, or 0.
fn word(cx: &mut Cx<'_>, at: u64) -> u64 {
    crate::UserIn::from_reg(at).read(cx).unwrap_or(0)
}

/// Where the vectors of the program's start lie: argv, and what follows envp.
fn vectors(cx: &mut Cx<'_>) -> (u64, u64, u64) {
    // SAFETY: current.
    let at = unsafe { ffi::lrs_PROC_PS_STRINGS(cx.proc_ptr()) };
    let field = |offset: usize| at + offset as u64;
    let argv = word(
        cx,
        field(core::mem::offset_of!(ffi::ps_strings, ps_argvstr)),
    );
    let envp = word(cx, field(core::mem::offset_of!(ffi::ps_strings, ps_envstr)));
    let count =
        crate::UserIn::<u32>::from_reg(field(core::mem::offset_of!(ffi::ps_strings, ps_nenvstr)))
            .read(cx)
            .unwrap_or(0);
    (argv, envp, envp.wrapping_add((u64::from(count) + 1) * 8))
}

fn info(cx: &mut Cx<'_>) -> l_prpsinfo {
    let mut info = l_prpsinfo::ZERO;
    info.pr_sname = b'R';
    // SAFETY: current; its credential, group and session stay.
    unsafe {
        let p = cx.proc_ptr();
        let cred = (*cx.td()).td_ucred;
        info.pr_nice = (*p).p_nice;
        info.pr_uid = (*cred).cr_ruid;
        info.pr_gid = (*cred).cr_rgid;
        info.pr_pid = (*p).p_pid;
        info.pr_ppid = (*p).p_oppid;
        info.pr_pgrp = (*(*p).p_pgrp).pg_id;
        info.pr_sid = (*(*(*p).p_pgrp).pg_session).s_sid;
    }
    for (to, from) in info.pr_fname.iter_mut().take(15).zip(cx.command()) {
        *to = from;
    }
    // The strings of argv lie together, and those of envp after them.
    let (argv, envp, _) = vectors(cx);
    let (first, end) = (word(cx, argv), word(cx, envp));
    let most = info.pr_psargs.len();
    let len = if end > first {
        usize::try_from(end - first).unwrap_or(most).min(most)
    } else {
        most
    };
    let text = info.pr_psargs.get_mut(..len).unwrap_or_default();
    let read = crate::UserBytesIn::from_reg(first).read(cx, text);
    format::join_arguments(&mut info.pr_psargs, if read.is_ok() { len } else { 0 });
    info
}

fn put_auxv(cx: &mut Cx<'_>, to: &mut Growing) -> Result<()> {
    let (_, _, at) = vectors(cx);
    let mut pairs = [[0_u64; 2]; 40];
    let mut used = 0;
    for (index, pair) in pairs.iter_mut().enumerate() {
        let here = crate::UserIn::from_reg(at.wrapping_add(16 * index as u64));
        *pair = here.read(cx).unwrap_or_default();
        used = index + 1;
        if *pair == [0, 0] {
            break;
        }
    }
    let words = pairs.get(..used).unwrap_or_default();
    let mut bytes = [0; 40 * 16];
    let flat = words.iter().flatten();
    for (place, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(flat) {
        *place = word.to_le_bytes();
    }
    to.put_note(cx, Note::Auxv, bytes.get(..used * 16).unwrap_or_default())
}

/// NT_FILE: how many, the page size, then start, end and offset in pages of each; then the names.
fn put_files(cx: &mut Cx<'_>, to: &mut Growing, segments: &Segments) -> Result<()> {
    let mut path = Buffer::new(cx, reroot::PATH_MAX)?;
    let mut root = Buffer::new(cx, reroot::PATH_MAX)?;
    let root_len = if reroot::is_active(cx) {
        // SAFETY: current; `root` is writable for its length.
        unsafe { ffi::lrs_emul_root_path(cx.td(), root.as_mut_ptr().cast(), root.len()) }
    } else {
        0
    };
    let root = root.get(..root_len).unwrap_or_default();
    let (mut ranges, mut names) = (Growing::new(cx)?, Growing::new(cx)?);
    let mut count = 0_u64;
    for segment in segments.iter().filter(|segment| !segment.file.is_null()) {
        // SAFETY: the segment has a reference to its file; `path` is writable for its length.
        let len = unsafe { ffi::lrs_core_path(segment.file, path.as_mut_ptr().cast(), path.len()) };
        if len == 0 {
            continue;
        }
        let name = below(path.get(..=len).unwrap_or_default(), root);
        ranges.put_pod(cx, &[segment.start, segment.end, segment.offset / PAGE])?;
        names.put(cx, name)?;
        count += 1;
    }
    let mut all = Growing::new(cx)?;
    all.put_pod(cx, &[count, PAGE])?;
    all.put(cx, ranges.filled())?;
    all.put(cx, names.filled())?;
    to.put_note(cx, Note::Files, all.filled())
}
