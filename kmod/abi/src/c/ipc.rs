// SPDX-License-Identifier: BSD-2-Clause
//! System V IPC and message queues, in the 64-bit forms x86-64 uses
//! (asm-generic/ipcbuf.h, msgbuf.h, shmbuf.h and asm/sembuf.h; mq_overview(7)).

use crate::pod::pod;

pod! {
    /// `struct ipc64_perm`.
    struct l_ipc_perm {
        key: i32,
        uid: u32,
        gid: u32,
        cuid: u32,
        cgid: u32,
        mode: u32,
        seq: u16,
        __pad0: u16,
        __pad1: u32,
        __unused: [u64; 2],
    }
    /// `struct shmid64_ds` of shmctl(2).
    struct l_shmid_ds {
        shm_perm: l_ipc_perm,
        shm_segsz: u64,
        shm_atime: i64,
        shm_dtime: i64,
        shm_ctime: i64,
        shm_cpid: i32,
        shm_lpid: i32,
        shm_nattch: u64,
        __unused: [u64; 2],
    }
    /// `struct msqid64_ds` of msgctl(2).
    struct l_msqid_ds {
        msg_perm: l_ipc_perm,
        msg_stime: i64,
        msg_rtime: i64,
        msg_ctime: i64,
        msg_cbytes: u64,
        msg_qnum: u64,
        msg_qbytes: u64,
        msg_lspid: i32,
        msg_lrpid: i32,
        __unused: [u64; 2],
    }
    /// `struct semid64_ds` of semctl(2).
    struct l_semid_ds {
        sem_perm: l_ipc_perm,
        sem_otime: i64,
        __unused1: u64,
        sem_ctime: i64,
        __unused2: u64,
        sem_nsems: u64,
        __unused3: [u64; 2],
    }
    /// `struct sembuf` of semop(2).
    struct l_sembuf {
        sem_num: u16,
        sem_op: i16,
        sem_flg: i16,
    }
    /// `struct seminfo` of semctl(2).
    struct l_seminfo {
        semmap: i32,
        semmni: i32,
        semmns: i32,
        semmnu: i32,
        semmsl: i32,
        semopm: i32,
        semume: i32,
        semusz: i32,
        semvmx: i32,
        semaem: i32,
    }
    /// `struct msginfo` of msgctl(2).
    struct l_msginfo {
        msgpool: i32,
        msgmap: i32,
        msgmax: i32,
        msgmnb: i32,
        msgmni: i32,
        msgssz: i32,
        msgtql: i32,
        msgseg: u16,
        __pad0: u16,
    }
    /// `struct shminfo64` of shmctl(2).
    struct l_shminfo {
        shmmax: u64,
        shmmin: u64,
        shmmni: u64,
        shmseg: u64,
        shmall: u64,
        __unused: [u64; 4],
    }
    /// `struct shm_info` of shmctl(2).
    struct l_shm_info {
        used_ids: i32,
        __pad0: u32,
        shm_tot: u64,
        shm_rss: u64,
        shm_swp: u64,
        swap_attempts: u64,
        swap_successes: u64,
    }
    /// `struct mq_attr` of mq_getattr(2).
    struct l_mq_attr {
        mq_flags: i64,
        mq_maxmsg: i64,
        mq_msgsize: i64,
        mq_curmsgs: i64,
        __reserved: [i64; 4],
    }
}
