// SPDX-License-Identifier: BSD-2-Clause
//! System V IPC: commands, limits and structures of semctl(2), shmctl(2), msgctl(2), and the flags
//! of shmget(2), shmat(2), msgrcv(2).

use crate::bsd;
use crate::c::{
    l_ipc_perm, l_msginfo, l_msqid_ds, l_semid_ds, l_seminfo, l_shm_info, l_shmid_ds, l_shminfo,
};
use crate::errno::Errno;

/// `struct ipc_perm` of FreeBSD.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields of FreeBSD's struct ipc_perm")]
pub struct BsdPerm {
    pub key: i64,
    pub cuid: u32,
    pub cgid: u32,
    pub uid: u32,
    pub gid: u32,
    pub mode: u16,
    pub seq: u16,
}

/// What IPC_SET may change.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields of struct ipc_perm")]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
    pub mode: u16,
}

/// The bits of a mode that are rights.
const RIGHTS: u16 = 0o777;
/// SHM_DEST of linux/shm.h: the segment goes with its last attachment.
const SHM_DEST: u32 = 0o1000;
/// SHMSEG_REMOVED of sys/shm.h, the same.
const SHMSEG_REMOVED: u16 = 0x400;

impl Owner {
    /// Out of what IPC_SET is handed.
    pub fn of(perm: &l_ipc_perm) -> Owner {
        Owner {
            uid: perm.uid,
            gid: perm.gid,
            // CAST: all but the rights is ignored.
            mode: (perm.mode & u32::from(RIGHTS)) as u16,
        }
    }
}

fn perm_to_linux(perm: &BsdPerm) -> l_ipc_perm {
    l_ipc_perm {
        // CAST: keys of Linux programs are ints; a native one's is cut.
        key: perm.key as i32,
        uid: perm.uid,
        gid: perm.gid,
        cuid: perm.cuid,
        cgid: perm.cgid,
        mode: u32::from(perm.mode & RIGHTS),
        seq: perm.seq,
        ..l_ipc_perm::default()
    }
}

/// A number of an object: where it is in its table, and how often that place was used.
pub fn id(index: usize, seq: u16) -> i32 {
    // CAST: FreeBSD's tables have less than 65536 places, and seq less than 32768.
    (i32::from(seq) << 16) | (index as i32 & 0xffff)
}

/// A set of semaphores.
#[derive(Copy, Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of FreeBSD's struct semid_ds")]
pub struct BsdSemaphores {
    pub perm: BsdPerm,
    pub nsems: u16,
    pub otime: i64,
    pub ctime: i64,
}

impl BsdSemaphores {
    /// `struct semid64_ds`.
    pub fn to_linux(&self) -> l_semid_ds {
        l_semid_ds {
            sem_perm: perm_to_linux(&self.perm),
            sem_otime: self.otime,
            sem_ctime: self.ctime,
            sem_nsems: u64::from(self.nsems),
            ..l_semid_ds::default()
        }
    }
}

/// A segment of shared memory.
#[derive(Copy, Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of FreeBSD's struct shmid_ds")]
pub struct BsdSegment {
    pub perm: BsdPerm,
    pub segsz: u64,
    pub lpid: i32,
    pub cpid: i32,
    pub nattch: u32,
    pub atime: i64,
    pub dtime: i64,
    pub ctime: i64,
}

impl BsdSegment {
    /// `struct shmid64_ds`.
    pub fn to_linux(&self) -> l_shmid_ds {
        let mut perm = perm_to_linux(&self.perm);
        if self.perm.mode & SHMSEG_REMOVED != 0 {
            perm.mode |= SHM_DEST;
        }
        l_shmid_ds {
            shm_perm: perm,
            shm_segsz: self.segsz,
            shm_atime: self.atime,
            shm_dtime: self.dtime,
            shm_ctime: self.ctime,
            shm_cpid: self.cpid,
            shm_lpid: self.lpid,
            shm_nattch: u64::from(self.nattch),
            ..l_shmid_ds::default()
        }
    }
}

/// A queue of messages.
#[derive(Copy, Clone, Debug, Default)]
#[expect(missing_docs, reason = "the fields of FreeBSD's struct msqid_ds")]
pub struct BsdQueue {
    pub perm: BsdPerm,
    pub cbytes: u64,
    pub qnum: u64,
    pub qbytes: u64,
    pub lspid: i32,
    pub lrpid: i32,
    pub stime: i64,
    pub rtime: i64,
    pub ctime: i64,
}

impl BsdQueue {
    /// `struct msqid64_ds`.
    pub fn to_linux(&self) -> l_msqid_ds {
        l_msqid_ds {
            msg_perm: perm_to_linux(&self.perm),
            msg_stime: self.stime,
            msg_rtime: self.rtime,
            msg_ctime: self.ctime,
            msg_cbytes: self.cbytes,
            msg_qnum: self.qnum,
            msg_qbytes: self.qbytes,
            msg_lspid: self.lspid,
            msg_lrpid: self.lrpid,
            ..l_msqid_ds::default()
        }
    }
}

/// A command of all three.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// IPC_RMID.
    Remove,
    /// IPC_SET.
    Set,
    /// IPC_STAT.
    Stat,
    /// IPC_INFO: the limits.
    Limits,
    /// SEM_INFO, SHM_INFO, MSG_INFO: what is in use.
    Usage,
    /// SEM_STAT, SHM_STAT, MSG_STAT: IPC_STAT by the place in the table.
    StatAt,
    /// SEM_STAT_ANY, ...: the same, of what may not be read too.
    StatAny,
}

/// A command of semctl(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum SemCommand {
    /// One that queues and segments have too.
    Common(Command),
    /// One about values: FreeBSD's number.
    Values(i32),
    /// SETVAL, whose argument is an int.
    SetValue,
}

/// What the low commands mean; the pointer's size bit of old interfaces (IPC_64) is none of them.
fn common(command: i32) -> Result<Command, Errno> {
    match command {
        0 => Ok(Command::Remove),
        1 => Ok(Command::Set),
        2 => Ok(Command::Stat),
        3 => Ok(Command::Limits),
        _ => Err(Errno::EINVAL),
    }
}

/// semctl(2). EINVAL for what is none.
pub fn sem_command(command: i32) -> Result<SemCommand, Errno> {
    Ok(match command {
        11 => SemCommand::Values(bsd::GETPID),
        12 => SemCommand::Values(bsd::GETVAL),
        13 => SemCommand::Values(bsd::GETALL),
        14 => SemCommand::Values(bsd::GETNCNT),
        15 => SemCommand::Values(bsd::GETZCNT),
        16 => SemCommand::SetValue,
        17 => SemCommand::Values(bsd::SETALL),
        18 => SemCommand::Common(Command::StatAt),
        19 => SemCommand::Common(Command::Usage),
        20 => SemCommand::Common(Command::StatAny),
        other => SemCommand::Common(common(other)?),
    })
}

/// A command of shmctl(2).
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum ShmCommand {
    /// One that queues and semaphores have too.
    Common(Command),
    /// SHM_LOCK.
    Lock,
    /// SHM_UNLOCK.
    Unlock,
}

/// shmctl(2). EINVAL for what is none.
pub fn shm_command(command: i32) -> Result<ShmCommand, Errno> {
    Ok(match command {
        11 => ShmCommand::Lock,
        12 => ShmCommand::Unlock,
        13 => ShmCommand::Common(Command::StatAt),
        14 => ShmCommand::Common(Command::Usage),
        15 => ShmCommand::Common(Command::StatAny),
        other => ShmCommand::Common(common(other)?),
    })
}

/// msgctl(2). EINVAL for what is none.
pub fn msg_command(command: i32) -> Result<Command, Errno> {
    match command {
        11 => Ok(Command::StatAt),
        12 => Ok(Command::Usage),
        13 => Ok(Command::StatAny),
        other => common(other),
    }
}

/// SHM_HUGETLB of linux/shm.h.
const SHM_HUGETLB: i32 = 0o4000;

/// The flags of shmget(2) that FreeBSD knows: IPC_CREAT, IPC_EXCL and the rights, which are the
/// same. SHM_NORESERVE is ignored: what is reserved is a matter of FreeBSD's overcommit policy.
///
/// ENOMEM for a new segment of huge pages, as on a Linux that keeps none; EINVAL for none at all, and for pages
/// of a size that x86-64 has not.
pub fn shmget_flags(flags: i32, size: usize, may_make: bool) -> Result<i32, Errno> {
    if may_make && flags & SHM_HUGETLB != 0 {
        let known = matches!(flags >> 26 & 0x3f, 0 | 21 | 30);
        return Err(if known && size > 0 {
            Errno::ENOMEM
        } else {
            Errno::EINVAL
        });
    }
    Ok(flags & (bsd::IPC_CREAT | bsd::IPC_EXCL | i32::from(RIGHTS)))
}

/// IPC_CREAT, or the key of a private object.
pub fn may_make(key: i32, flags: i32) -> bool {
    key == 0 || flags & bsd::IPC_CREAT != 0
}

/// SHM_EXEC of linux/shm.h.
const SHM_EXEC: i32 = 0o100_000;

/// The flags of shmat(2). EACCES for SHM_EXEC, as FreeBSD attaches without the right to execute;
/// EINVAL for SHM_REMAP without an address. What else there is, Linux ignores.
pub fn shmat_flags(flags: i32, addr: u64) -> Result<i32, Errno> {
    if flags & bsd::SHM_REMAP != 0 && addr == 0 {
        return Err(Errno::EINVAL);
    }
    if flags & SHM_EXEC != 0 {
        return Err(Errno::EACCES);
    }
    Ok(flags & (bsd::SHM_RDONLY | bsd::SHM_RND | bsd::SHM_REMAP))
}

/// MSG_EXCEPT and MSG_COPY of linux/msg.h.
const MSG_EXCEPT: i32 = 0o20_000;
const MSG_COPY: i32 = 0o40_000;

/// The type and the flags of msgrcv(2). EINVAL for MSG_EXCEPT of a type, which FreeBSD lacks; ENOSYS for
/// MSG_COPY, as of a Linux without CONFIG_CHECKPOINT_RESTORE.
pub fn msgrcv_arguments(kind: i64, flags: i32) -> Result<(i64, i32), Errno> {
    if flags & MSG_COPY != 0 {
        let wrong = flags & MSG_EXCEPT != 0 || flags & bsd::IPC_NOWAIT == 0;
        return Err(if wrong { Errno::EINVAL } else { Errno::ENOSYS });
    }
    // Of other types MSG_EXCEPT is ignored.
    if flags & MSG_EXCEPT != 0 && kind > 0 {
        return Err(Errno::EINVAL);
    }
    // The least number has no opposite.
    Ok((
        kind.max(-i64::MAX),
        flags & (bsd::IPC_NOWAIT | bsd::MSG_NOERROR),
    ))
}

/// SEMMSL, SEMOPM, SEMVMX ... as FreeBSD's `struct seminfo` has them, in its order.
pub fn sem_limits(of: [i32; 9]) -> l_seminfo {
    let [
        semmni,
        semmns,
        semmnu,
        semmsl,
        semopm,
        semume,
        semusz,
        semvmx,
        semaem,
    ] = of;
    l_seminfo {
        semmap: semmns,
        semmni,
        semmns,
        semmnu,
        semmsl,
        semopm,
        semume,
        semusz,
        semvmx,
        semaem,
    }
}

/// FreeBSD's `struct msginfo`, in its order.
pub fn msg_limits(of: [i32; 6]) -> l_msginfo {
    let [msgmax, msgmni, msgmnb, msgtql, msgssz, msgseg] = of;
    l_msginfo {
        // In kilobytes, which is not documented so but done.
        msgpool: msgmax / 1024,
        msgmap: msgtql,
        // A message fits a queue.
        msgmax: msgmax.min(msgmnb),
        msgmnb,
        msgmni,
        msgssz,
        msgtql,
        // CAST: FreeBSD has at most 32767.
        msgseg: msgseg as u16,
        ..l_msginfo::default()
    }
}

/// FreeBSD's `struct shminfo`, in its order.
pub fn shm_limits(of: [u64; 5]) -> l_shminfo {
    let [shmmax, shmmin, shmmni, shmseg, shmall] = of;
    l_shminfo {
        shmmax,
        shmmin,
        shmmni,
        shmseg,
        shmall,
        ..l_shminfo::default()
    }
}

/// What the segments take: how many, and how many pages. FreeBSD does not tell how many of them
/// are in memory or in swap: none, says the answer.
pub fn shm_usage(segments: i32, bytes: u64) -> l_shm_info {
    l_shm_info {
        used_ids: segments,
        shm_tot: bytes / 4096,
        ..l_shm_info::default()
    }
}
