/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One function for each kernel macro the safe layer needs. Names are the
 * macro's with the prefix lrs_; section 9 of the manual documents the macro.
 */
#ifndef LINUX_RS_SHIM_H
#define	LINUX_RS_SHIM_H

/* The end of the 47-bit user map; what Linux calls TASK_SIZE is one page less. */
#define	LRS_MAXUSER	0x0000800000000000UL

struct malloc_type;
extern struct malloc_type M_LINUX_RS[1];

struct thread	*lrs_curthread(void);
void	lrs_PROC_LOCK(struct proc *);
void	lrs_PROC_UNLOCK(struct proc *);
vm_offset_t lrs_PROC_PS_STRINGS(struct proc *);
void	lrs_PRELE(struct proc *);
void	lrs_PHOLD_locked(struct proc *);
void	lrs_mtx_lock(struct mtx *);
void	lrs_mtx_unlock(struct mtx *);
void	lrs_sx_slock(struct sx *);
void	lrs_sx_sunlock(struct sx *);
int	lrs_sigismember(const sigset_t *, int);
void	lrs_console(const char *text, int len);
void	lrs_panic(const char *text, int len) __attribute__((noreturn));
bool	lrs_is_linux(struct proc *);
gid_t	lrs_cr_gid(const struct ucred *);
int	lrs_set_emul_root(struct thread *, bool again);
bool	lrs_is_rerooted(struct thread *);
bool	lrs_is_in_emul_root(struct thread *, int dir, const char *path);
size_t	lrs_emul_root_path(struct thread *, char *path, size_t size);
int	lrs_exec_head(struct thread *, int fd, const char *path, char *head,
	    size_t size, size_t *len);
char	*lrs_exec_room(size_t size);
vm_object_t	lrs_shared_object_create(char **mapping, vm_size_t size);
void	lrs_shared_object_destroy(vm_object_t, char *mapping, vm_size_t size);
int	lrs_map_shared_object(struct proc *, vm_object_t, vm_offset_t addr,
	    vm_size_t size);
bool	lrs_fd_nonblocking(struct thread *, int fd);
int	lrs_socket_identity(struct thread *, int fd, uint32_t *, uint64_t *);
bool	lrs_records(struct thread *, int fd);
int	lrs_records_room(struct thread *, int fd, size_t len);
size_t	lrs_records_skip(struct thread *, int fd);
int	lrs_nap(void);

/* Abstract names of local sockets (abstract.c). */
int	lrs_abstract_bind(struct thread *, int fd, const char *bytes, u_int len);
int	lrs_abstract_connect(struct thread *, int fd, const char *bytes,
    u_int len, bool once);
int	lrs_local_disconnect(struct thread *, int fd);
bool	lrs_abstract_any(void);

void	lrs_epoll_nest_lock(void);
void	lrs_epoll_nest_unlock(void);
int	lrs_epoll_nest(struct thread *, int epoll, int target);
struct lrs_epolls;
struct lrs_epolls *lrs_epolls_of(struct thread *);
void	lrs_epolls_make(struct thread *, struct lrs_epolls *);
int	lrs_mqueue_call(struct thread *, int number, void *args);
int	lrs_mqueue_set_nonblocking(struct thread *, int fd, bool on);
void	lrs_umtxq_lock(struct umtx_key *);
void	lrs_umtxq_unlock(struct umtx_key *);
void	lrs_make_runnable(struct thread *);
struct thread *lrs_first_thread(struct proc *);

/* kmod/module.c */
bool	lrs_kbi_matches(void);
int	lrs_kernel_version(void);
int	lrs_built_for(void);
int	lrs_brands_insert(void);
int	lrs_brands_remove(void);
void	lrs_sysvec_init(void);
extern const char linux_rs_interpreter[28];
extern const char linux_rs_interpreter_debian[43];

/* kmod/sysctl.c */
extern int linux_rs_debug;
extern int linux_rs_default_openfiles;
extern int linux_rs_default_stacksize;
extern int linux_rs_dummy_rlimits;
extern int linux_rs_ignore_ip_recverr;
extern int linux_rs_preserve_vstatus;
extern bool linux_rs_map_sched_prio;
extern bool linux_rs_setid_allowed_flag;
extern bool linux_rs_keepcaps;
extern int linux_rs_use_real_ifnames;
extern unsigned long linux_rs_unimplemented;
extern char linux_rs_emul_path[MAXPATHLEN];
extern unsigned int linux_rs_emul_path_set;

bool	lrs_cs_secure(int cs);

int	lrs_fd_info(struct thread *, int fd, int *flags, int *type);
int	lrs_fd_same(struct thread *, int fd1, int fd2, bool *same);
int	lrs_ofd_lock(struct thread *, int fd, bool get, bool wait,
	    struct flock *);
int	lrs_sendfile(struct thread *, int from, int to, off_t offset,
	    size_t len, off_t *sent);
int	lrs_read_kernel(struct thread *, int fd, void *buf, size_t len,
	    off_t offset);
int	lrs_write_kernel(struct thread *, int fd, void *buf, size_t len,
	    off_t offset);

/* Files. */
int	lrs_lseek(struct thread *, int fd, off_t offset, int whence);
void	lrs_open_tty(struct thread *, int fd);
size_t	lrs_device_name(dev_t, char *name, size_t size);
int	lrs_find_made_up_link(struct thread *, int dir, const char *path,
	    enum uio_seg);
bool	lrs_is_descriptor(struct thread *, int dir, const char *path);
int	lrs_reopen(struct thread *, int fd, int flags);
int	lrs_fchown(struct thread *, int fd, uid_t, gid_t);
int	lrs_shm_folder_create(void);
void	lrs_shm_folder_destroy(void);
int	lrs_fstat(struct thread *, int fd, struct stat *, char *device,
	    size_t size, size_t *len);
int	lrs_extattr_list_fd(struct thread *, int fd, char *names, size_t size,
	    size_t *used);
int	lrs_extattr_list_path(struct thread *, const char *path,
	    enum uio_seg space, int follow, char *names, size_t size,
	    size_t *used);

int	lrs_write_zeros(struct thread *, int fd, off_t offset, size_t len);
int	lrs_write_appending(struct thread *, int fd, struct uio *, off_t offset,
	    bool append);

/* ffi/pipe.c */
int	lrs_pipe_same(struct thread *, int fd1, int fd2, bool *same);
int	lrs_pipe_hold(struct thread *, int fd, bool nonblock, struct file **,
	    size_t *available);
int	lrs_pipe_peek(struct file *, void *to, size_t len);
void	lrs_pipe_release(struct thread *, struct file *, size_t taken);
int	lrs_pipe_room(struct thread *, int fd, bool nonblock, size_t *room);
int	lrs_pipe_transfer(struct thread *, int fd, bool write, struct uio *);

/* ioctl(2) commands, whose macros bindgen cannot compute. */
enum {
	LRS_TIOCGETA = TIOCGETA,
	LRS_TIOCSETA = TIOCSETA,
	LRS_TIOCSETAW = TIOCSETAW,
	LRS_TIOCSETAF = TIOCSETAF,
	LRS_TIOCGWINSZ = TIOCGWINSZ,
	LRS_TIOCSWINSZ = TIOCSWINSZ,
	LRS_TIOCDRAIN = TIOCDRAIN,
	LRS_TIOCFLUSH = TIOCFLUSH,
	LRS_TIOCSTART = TIOCSTART,
	LRS_TIOCSTOP = TIOCSTOP,
	LRS_TIOCEXCL = TIOCEXCL,
	LRS_TIOCNXCL = TIOCNXCL,
	LRS_TIOCSCTTY = TIOCSCTTY,
	LRS_TIOCNOTTY = TIOCNOTTY,
	LRS_TIOCGPGRP = TIOCGPGRP,
	LRS_TIOCSPGRP = TIOCSPGRP,
	LRS_TIOCGSID = TIOCGSID,
	LRS_TIOCOUTQ = TIOCOUTQ,
	LRS_TIOCSTI = TIOCSTI,
	LRS_TIOCMGET = TIOCMGET,
	LRS_TIOCMSET = TIOCMSET,
	LRS_TIOCMBIS = TIOCMBIS,
	LRS_TIOCMBIC = TIOCMBIC,
	LRS_TIOCSBRK = TIOCSBRK,
	LRS_TIOCCBRK = TIOCCBRK,
	LRS_TIOCCONS = TIOCCONS,
	LRS_TIOCPKT = TIOCPKT,
	LRS_TIOCSIG = TIOCSIG,
	LRS_TIOCGPTN = TIOCGPTN,
	LRS_TIOCPTMASTER = TIOCPTMASTER,
	LRS_FIOCLEX = FIOCLEX,
	LRS_FIONCLEX = FIONCLEX,
	LRS_FIONREAD = FIONREAD,
	LRS_FIONBIO = FIONBIO,
	LRS_FIOASYNC = FIOASYNC,
	LRS_FIONWRITE = FIONWRITE,
	LRS_FIOGETOWN = FIOGETOWN,
	LRS_FIOSETOWN = FIOSETOWN,
	LRS_SIOCATMARK = SIOCATMARK,
	LRS_SIOCGIFADDR = SIOCGIFADDR,
	LRS_SIOCGIFDSTADDR = SIOCGIFDSTADDR,
	LRS_SIOCGIFBRDADDR = SIOCGIFBRDADDR,
	LRS_SIOCGIFNETMASK = SIOCGIFNETMASK,
	LRS_SIOCGIFMETRIC = SIOCGIFMETRIC,
	LRS_SIOCGIFMTU = SIOCGIFMTU,
	LRS_SIOCSIFMTU = SIOCSIFMTU,
	LRS_SIOCGIFFLAGS = SIOCGIFFLAGS,
	LRS_SIOCSIFFLAGS = SIOCSIFFLAGS,
	LRS_SIOCAIFADDR = SIOCAIFADDR,
	LRS_SIOCDIFADDR = SIOCDIFADDR,
	LRS_DIOCGSECTORSIZE = DIOCGSECTORSIZE,
	LRS_DIOCGMEDIASIZE = DIOCGMEDIASIZE,
	LRS_DIOCGFWSECTORS = DIOCGFWSECTORS,
	LRS_DIOCGFWHEADS = DIOCGFWHEADS,
	LRS_DIOCGFLUSH = DIOCGFLUSH,
	LRS_DIOCGDELETE = DIOCGDELETE,
	LRS_DIOCGSTRIPESIZE = DIOCGSTRIPESIZE,
	LRS_DIOCGSTRIPEOFFSET = DIOCGSTRIPEOFFSET,
	LRS_CDIOCPLAYTRACKS = CDIOCPLAYTRACKS,
	LRS_CDIOREADTOCHEADER = CDIOREADTOCHEADER,
	LRS_CDIOREADTOCENTRY = CDIOREADTOCENTRY,
	LRS_CDIOCPAUSE = CDIOCPAUSE,
	LRS_CDIOCRESUME = CDIOCRESUME,
	LRS_CDIOCRESET = CDIOCRESET,
	LRS_CDIOCSTART = CDIOCSTART,
	LRS_CDIOCSTOP = CDIOCSTOP,
	LRS_CDIOCEJECT = CDIOCEJECT,
	LRS_CDIOCCLOSE = CDIOCCLOSE,
	LRS_CDIOCPLAYMSF = CDIOCPLAYMSF,
	LRS_KDGETMODE = KDGETMODE,
	LRS_KDSETMODE = KDSETMODE,
	LRS_KDGKBMODE = KDGKBMODE,
	LRS_KDSKBMODE = KDSKBMODE,
	LRS_KDMKTONE = KDMKTONE,
	LRS_KDGETLED = KDGETLED,
	LRS_KDSETLED = KDSETLED,
	LRS_VT_OPENQRY = VT_OPENQRY,
	LRS_VT_SETMODE = VT_SETMODE,
	LRS_VT_GETMODE = VT_GETMODE,
	LRS_VT_RELDISP = VT_RELDISP,
	LRS_VT_ACTIVATE = VT_ACTIVATE,
	LRS_VT_WAITACTIVE = VT_WAITACTIVE,
	LRS_VT_GETACTIVE = VT_GETACTIVE,
	LRS_KIOENABLE = KIOENABLE,
	LRS_KIODISABLE = KIODISABLE,
	LRS_KIOSETBUFSIZE = KIOSETBUFSIZE,
	LRS_EVIOCRMFF = _IOWINT('E', 0x81),
	LRS_EVIOCGRAB = _IOWINT('E', 0x90),
	LRS_EVIOCREVOKE = _IOWINT('E', 0x91),
	LRS_EVIOCGKEYCODE = _IOWR('E', 0x04, unsigned int[2]),
};

/* Processes, credentials, system. */
bool	lrs_shares_memory(struct thread *);
void	lrs_adopt_by_parent(struct thread *, struct proc *child);
int	lrs_wait_child(struct thread *, int timo);
void	lrs_process_times(struct thread *, struct timeval *user,
	    struct timeval *sys, struct timeval *child_user,
	    struct timeval *child_sys);
struct lrs_system {
	unsigned long	load[3];	/* << 16 */
	unsigned long	pages;
	unsigned long	free_pages;
	unsigned long	swap_pages;
	unsigned long	free_swap_pages;
	int		processes;
};
void	lrs_system(struct lrs_system *);
int	lrs_cpu(struct thread *, int *domain);
int	lrs_timeshare_span(void);
struct mtx *lrs_prison_mtx(struct prison *);
void	lrs_set_thread_name(struct thread *, bool process, const char *name);

/* Mappings. */
enum {
	VM_INHERIT_SHARE_ = VM_INHERIT_SHARE,
	VM_INHERIT_COPY_ = VM_INHERIT_COPY,
	VM_INHERIT_NONE_ = VM_INHERIT_NONE,
	VM_INHERIT_ZERO_ = VM_INHERIT_ZERO,
	VM_PROT_READ_ = VM_PROT_READ,
	VM_PROT_WRITE_ = VM_PROT_WRITE,
	VM_PROT_EXECUTE_ = VM_PROT_EXECUTE,
	MAP_STACK_AREA_ = MAP_STACK_AREA,
};
void	lrs_vm_map_lock(vm_map_t);
void	lrs_vm_map_unlock(vm_map_t);
void	lrs_vm_map_lock_read(vm_map_t);
void	lrs_vm_map_unlock_read(vm_map_t);
void	lrs_vm_object_wlock(vm_object_t);
void	lrs_vm_object_wunlock(vm_object_t);
void	lrs_vm_map_wait(vm_map_t);
vm_offset_t	lrs_vm_map_min(vm_map_t);
vm_size_t	lrs_vm_map_wired(vm_map_t);
bool	lrs_vm_object_punch(vm_object_t, vm_pindex_t first, vm_pindex_t count);
vm_object_t	lrs_vm_object_bottom(vm_object_t, vm_ooffset_t *offset);
int	lrs_cached_pages(struct thread *, int fd, uint64_t from, uint64_t to,
	    uint64_t *cached, uint64_t *dirty);
bool	lrs_file_is_directory(struct file *);

struct mbuf	*lrs_control_get(const void *data, int len);
int	lrs_control_length(struct mbuf *);
void	lrs_control_copy(struct mbuf *, int len, void *to);
void	lrs_control_free(struct mbuf *);
void	lrs_credentials(struct thread *, uid_t uids[3], gid_t gids[3]);

/* Futexes. */
pid_t	lrs_process_folder(struct thread *, int);
bool	lrs_signal_due(struct thread *);
int	lrs_futex_wake(struct umtx_key *, int count, u_int mask);
int	lrs_futex_wait(struct umtx_q *, const void *addr, uint32_t expected,
	    struct umtx_abs_timeout *);
void	lrs_umtxq_lock_queued(struct umtx_q *);
void	lrs_umtxq_lock_two(struct umtx_key *, struct umtx_key *);
void	lrs_umtxq_unlock_two(struct umtx_key *, struct umtx_key *);

int	lrs_fd_pollable(struct thread *, int fd, int *type, int *flags);
int	lrs_epoll_wait(struct thread *, int fd, int nevents,
	    struct kevent_copyops *, const struct timespec *, sigset_t *mask,
	    bool *quiet);

int	lrs_pipe(struct thread *, int fds[2], int flags);

void	lrs_waitv_lock(void);
void	lrs_waitv_unlock(void);
int	lrs_waitv_sleep(unsigned long nsec);
void	lrs_waitv_wakeup(void);

/* Files of our own kinds. */
void	lrs_fdrop(struct file *, struct thread *);
void	lrs_lock_init(struct mtx *, const char *name);
void	lrs_lock_destroy(struct mtx *);
int	lrs_sleep_unlocked(void *channel, struct proc *, const char *why);
int	lrs_sleep_at_most(void *channel, struct proc *, const char *why,
	    int64_t nsec);
int	lrs_mask_for_call(struct thread *, sigset_t *);
void	lrs_mask_after_call(struct thread *, bool interrupted);
int	lrs_sleep_mtx(void *channel, struct mtx *, bool signals, const char *why);
void	lrs_knote_locked(struct proc *, long hint);

/* Tracing (kpi::kern::ptrace). */
void	lrs_trace_stop(struct thread *);
/* What PTRACE_INTERRUPT is to a thread: a signal Linux has no number for. */
#define	LRS_SIGINTERRUPT	SIGLIBRT

int	lrs_trace_attach(struct thread *, struct proc *, bool stay,
	    bool *stopped);
void	lrs_trace_interrupt(struct thread *);
bool	lrs_trace_uninterrupt(struct thread *);
void	lrs_trace_attach_child(struct thread *, struct thread *child);
void	lrs_trace_detach(struct proc *);
struct proc *lrs_traced_child(struct thread *, int index);
bool	lrs_all_suspended(struct proc *);
void	lrs_trace_continue(struct proc *);
void	lrs_trace_hold(struct thread *);
void	lrs_trace_tell(struct proc *tracer);
void	lrs_wkilled(struct proc *);
const char *lrs_fpu_area(struct thread *);
void	lrs_fpu_get(struct thread *, char *to, size_t size);
int	lrs_fpu_set(struct thread *, char *from, size_t size);

int	lrs_move_memory(struct thread *, struct proc *, void *local,
	    unsigned long remote, size_t len, bool write);

/* Network interfaces. */
struct lrs_net {
	struct epoch_tracker	 et;
	struct vnet		*saved;
};
void	lrs_net_enter(struct thread *, struct lrs_net *);
void	lrs_net_exit(struct lrs_net *);
bool	lrs_if_address(struct ifnet *, uint8_t address[6]);
void	lrs_if_each_inet(struct thread *, struct ifnet *,
	    void (*each)(void *, const struct sockaddr *), void *arg);

/* Netlink sockets (netlink.c). */
void	lrs_netlink_install(msgs_to_linux_cb_t *, msg_from_linux_cb_t *);
bool	lrs_netlink_remove(void);
void	lrs_net_enter_here(struct lrs_net *);
int	lrs_netlink_protocol(struct thread *, int fd);
bool	lrs_netlink_become(struct thread *, int fd, int protocol);
bool	lrs_netlink_settle(struct thread *, int fd);

/* Lists of sockets (sockdiag.c). */
struct lrs_inet_socket {
	bool		six, listening, connected;
	int8_t		state;		/* TCPS_*, or -1 */
	uint16_t	local_port, peer_port;
	uint8_t		local[16], peer[16];
	uint32_t	received, sent, user;
	uint64_t	number;
};
struct lrs_local_socket {
	uint8_t		type, name_len;
	bool		listening, connected;
	uint8_t		name[126];
	uint32_t	received, sent, user;
	uint64_t	number, peer;
};
void	lrs_each_inet_socket(struct nlpcb *, int protocol,
	    bool (*each)(void *, const struct lrs_inet_socket *), void *arg);
void	lrs_each_local_socket(struct nlpcb *, int type,
	    bool (*each)(void *, const struct lrs_local_socket *), void *arg);
bool	lrs_netlink_tell(struct nl_pstate *, uint16_t type, const void *,
	    u_int len);
void	lrs_netlink_told(struct nl_pstate *);
void	lrs_netlink_say_errors(struct nl_pstate *, bool);

/* Capabilities (privilege.c). */
void	lrs_granted(struct ucred *, const int *privileges, int count,
	    uint64_t *now, uint64_t *as_root);
int	lrs_policy_install(void);
void	lrs_policy_remove(void);

/* Credentials of single threads (identity.c). */
void	lrs_identity_lock(void);
void	lrs_identity_unlock(void);
int	lrs_mac_may_set(struct ucred *, bool users, const uint32_t ids[3]);
int	lrs_mac_may_set_groups(struct ucred *, int count, gid_t *);
struct ucred *lrs_cred_with_users(struct ucred *, const uid_t ids[3]);
struct ucred *lrs_cred_with_groups(struct ucred *, const gid_t ids[3]);
struct ucred *lrs_cred_with_supplementary(struct ucred *, int count,
	    const gid_t *);
bool	lrs_cred_same(const struct ucred *, const struct ucred *);
void	lrs_proc_set_cred(struct proc *, struct ucred *,
	    void (*each)(struct proc *));
void	lrs_setsugid(struct proc *);
bool	lrs_suser_enabled(struct ucred *);

/* Core dumps (coredump.c). */
#define	LRS_SEGMENT_SHARED	1	/* others see writes */
#define	LRS_SEGMENT_NODUMP	2	/* not to be dumped */
#define	LRS_SEGMENT_OWN		4	/* has pages of no file */
#define	LRS_SEGMENT_DEVICE	8
#define	LRS_SEGMENT_KERNEL	16	/* pages of the kernel's: vDSO, time */
struct lrs_segment {
	uint64_t	 start, end;
	uint64_t	 offset;	/* in the file */
	struct vnode	*file;
	uint32_t	 prot, flags;
};
struct lrs_core {
	struct coredump_params	 params;
	void			*chunk;
};
size_t	lrs_core_segments(struct proc *, struct lrs_segment *, size_t room);
void	lrs_core_segments_free(struct lrs_segment *, size_t count);
size_t	lrs_core_path(struct vnode *, char *to, size_t size);
int	lrs_core_open(struct lrs_core *, struct thread *,
	    struct coredump_writer *, int flags);
int	lrs_core_put(struct lrs_core *, const char *, size_t);
int	lrs_core_put_user(struct lrs_core *, vm_offset_t, size_t, off_t);
int	lrs_core_close(struct lrs_core *, int error);

/* What drivers register (neighbours.c). */
void	lrs_drivers_lock(void);
void	lrs_drivers_unlock(void);
void	lrs_drivers_wait(void);
void	lrs_devices_lock(void);
void	lrs_devices_unlock(void);

int	lrs_sysctl(struct thread *, const char *name, void *old, size_t *len,
	    const void *new, size_t newlen);

int	lrs_set_ioperm(struct thread *, u_int start, u_int length, bool enable);

struct uma_zone;
struct uma_zone	*lrs_zone_create(const char *name, size_t size);
void	*lrs_zone_alloc(struct uma_zone *);
void	lrs_zone_free(struct uma_zone *, void *item);
void	lrs_zone_destroy(struct uma_zone *);

/* rename.c */
int	lrs_rename_noreplace(struct thread *, int fromdir, const char *frompath,
	    int todir, const char *topath, enum uio_seg space);

#endif

