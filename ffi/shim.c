/* SPDX-License-Identifier: BSD-2-Clause */
#include "wrapper.h"
#include <machine/sysarch.h>
#include <vm/uma.h>
#include <machine/md_var.h>
#include <sys/conf.h>
#include <sys/ttycom.h>
#include <fs/devfs/devfs_int.h>
#include <security/audit/audit.h>

MALLOC_DEFINE(M_LINUX_RS, "linux_rs", "Linux compatibility (linux_rs)");

struct thread *
lrs_curthread(void)
{
	return (curthread);
}

void
lrs_PROC_LOCK(struct proc *p)
{
	PROC_LOCK(p);
}

void
lrs_PROC_UNLOCK(struct proc *p)
{
	PROC_UNLOCK(p);
}

vm_offset_t
lrs_PROC_PS_STRINGS(struct proc *p)
{
	return (PROC_PS_STRINGS(p));
}

void
lrs_PRELE(struct proc *p)
{
	PRELE(p);
}

void
lrs_PHOLD_locked(struct proc *p)
{
	_PHOLD(p);
}

void
lrs_mtx_lock(struct mtx *m)
{
	mtx_lock(m);
}

void
lrs_mtx_unlock(struct mtx *m)
{
	mtx_unlock(m);
}

void
lrs_sx_slock(struct sx *sx)
{
	sx_slock(sx);
}

void
lrs_sx_sunlock(struct sx *sx)
{
	sx_sunlock(sx);
}

int
lrs_sigismember(const sigset_t *set, int sig)
{
	return (SIGISMEMBER(*set, sig));
}

/* The text is data, never a format. */
void
lrs_console(const char *text, int len)
{
	printf("%.*s", len, text);
}

void
lrs_panic(const char *text, int len)
{
	panic("%.*s", len, text);
}

bool
lrs_cs_secure(int cs)
{
	return (CS_SECURE(cs));
}

bool
lrs_is_linux(struct proc *p)
{
	return (SV_PROC_ABI(p) == SV_ABI_LINUX);
}

gid_t
lrs_cr_gid(const struct ucred *cr)
{
	return (cr->cr_gid);
}

/*
 * Makes the emulation root the first place where absolute paths are looked
 * up. No such directory: there is nothing to look up there.
 */
int
lrs_set_emul_root(struct thread *td, bool again)
{
	struct nameidata nd;

	/* The name is the real root's, not below the one it had so far. */
	if (again)
		pwd_altroot(td, NULL);
	NDINIT(&nd, LOOKUP, FOLLOW, UIO_SYSSPACE, linux_rs_emul_path);
	if (namei(&nd) != 0)
		return (0);
	NDFREE_PNBUF(&nd);
	if (nd.ni_vp->v_type == VDIR)
		pwd_altroot(td, nd.ni_vp);
	vrele(nd.ni_vp);
	return (0);
}

/* Whether absolute paths are looked up in the emulation root first. */
bool
lrs_is_rerooted(struct thread *td)
{
	struct pwd *pwd = pwd_hold(td);
	bool rerooted = pwd->pwd_adir != pwd->pwd_rdir;

	pwd_drop(pwd);
	return (rerooted);
}

/*
 * Whether a path, whose last link is not followed, names something without
 * the real root having been asked.
 */
bool
lrs_is_in_emul_root(struct thread *td, int dir, const char *path)
{
	struct nameidata nd;

	NDINIT_AT(&nd, LOOKUP, NOFOLLOW, UIO_USERSPACE, path, dir);
	if (namei(&nd) != 0)
		return (false);
	NDFREE_PNBUF(&nd);
	vrele(nd.ni_vp);
	return ((nd.ni_cnd.cn_flags & ISRESTARTED) == 0);
}

/*
 * The path of the emulation root as the process sees it, without its NUL: its
 * length, or 0 without such a root and for a path that does not fit.
 */
size_t
lrs_emul_root_path(struct thread *td, char *path, size_t size)
{
	struct pwd *pwd = pwd_hold(td);
	char *full, *room = NULL;
	size_t len = 0;

	if (pwd->pwd_adir != pwd->pwd_rdir &&
	    vn_fullpath(pwd->pwd_adir, &full, &room) == 0) {
		len = strlen(full);
		if (len < size)
			memcpy(path, full, len);
		else
			len = 0;
	}
	pwd_drop(pwd);
	free(room, M_TEMP);
	return (len);
}

/* VOP_CLOSE(9) and VOP_UNSET_TEXT, whose header the kernel build generates. */
struct lrs_close_args {
	struct vop_generic_args a_gen;
	struct vnode	*a_vp;
	int		a_fflag;
	struct ucred	*a_cred;
	struct thread	*a_td;
};
extern struct vnodeop_desc vop_close_desc;
int	lrs_VOP_CLOSE_APV(const struct vop_vector *, struct lrs_close_args *)
	    __asm("VOP_CLOSE_APV");

struct lrs_unset_text_args {
	struct vop_generic_args a_gen;
	struct vnode	*a_vp;
};
extern struct vnodeop_desc vop_unset_text_desc;
int	lrs_VOP_UNSET_TEXT_APV(const struct vop_vector *,
	    struct lrs_unset_text_args *) __asm("VOP_UNSET_TEXT_APV");

/*
 * Reads the start of a file that is to be run, path (in the kernel) or what is
 * open as fd, and fails where exec would refuse to run it.
 */
int
lrs_exec_head(struct thread *td, int fd, const char *path, char *head,
    size_t size, size_t *len)
{
	struct nameidata nd;
	struct image_params imgp;
	struct vattr attr;
	struct vnode *vp;
	ssize_t left;
	int error;

	if (path != NULL) {
		NDINIT(&nd, LOOKUP, ISOPEN | LOCKLEAF | LOCKSHARED | FOLLOW,
		    UIO_SYSSPACE, path);
		error = namei(&nd);
		if (error != 0)
			return (error);
		NDFREE_PNBUF(&nd);
		vp = nd.ni_vp;
	} else {
		error = fgetvp_exec(td, fd, &cap_fexecve_rights, &vp);
		if (error != 0)
			return (error);
		vn_lock(vp, LK_SHARED | LK_RETRY);
	}
	memset(&imgp, 0, sizeof(imgp));
	imgp.proc = td->td_proc;
	imgp.vp = vp;
	imgp.attr = &attr;
	error = exec_check_permissions(&imgp);
	if (error == 0) {
		error = vn_rdwr(UIO_READ, vp, head, size, 0, UIO_SYSSPACE,
		    IO_NODELOCKED, td->td_ucred, NOCRED, &left, td);
		*len = size - left;
	}
	if (imgp.opened) {
		struct lrs_close_args close = { .a_gen.a_desc = &vop_close_desc,
		    .a_vp = vp, .a_fflag = FREAD, .a_cred = td->td_ucred,
		    .a_td = td };

		lrs_VOP_CLOSE_APV(vp->v_op, &close);
	}
	if (imgp.textset) {
		struct lrs_unset_text_args unset = {
		    .a_gen.a_desc = &vop_unset_text_desc, .a_vp = vp };

		lrs_VOP_UNSET_TEXT_APV(vp->v_op, &unset);
	}
	vput(vp);
	return (error);
}

/* Memory that exec_free_args(9) frees. */
char *
lrs_exec_room(size_t size)
{
	return (malloc(size, M_TEMP, M_WAITOK));
}

vm_object_t
lrs_shared_object_create(char **mapping, vm_size_t size)
{
	vm_object_t obj;
	vm_offset_t kva;
	vm_page_t m;

	kva = kva_alloc(size);
	if (kva == 0)
		return (NULL);
	obj = vm_pager_allocate(OBJT_PHYS, NULL, size, VM_PROT_DEFAULT, 0, NULL);
	VM_OBJECT_WLOCK(obj);
	for (vm_size_t i = 0; i < size / PAGE_SIZE; i++) {
		m = vm_page_grab(obj, i, VM_ALLOC_ZERO);
		vm_page_valid(m);
		vm_page_xunbusy(m);
		pmap_qenter(kva + i * PAGE_SIZE, &m, 1);
	}
	VM_OBJECT_WUNLOCK(obj);
	*mapping = (char *)kva;
	return (obj);
}

void
lrs_shared_object_destroy(vm_object_t obj, char *mapping, vm_size_t size)
{
	pmap_qremove((vm_offset_t)mapping, size / PAGE_SIZE);
	kva_free((vm_offset_t)mapping, size);
	vm_object_deallocate(obj);
}

int
lrs_map_shared_object(struct proc *p, vm_object_t obj, vm_offset_t addr,
    vm_size_t size)
{
	int rv;

	vm_object_reference(obj);
	rv = vm_map_fixed(&p->p_vmspace->vm_map, obj, 0, addr, size,
	    VM_PROT_READ | VM_PROT_EXECUTE, VM_PROT_READ | VM_PROT_EXECUTE,
	    MAP_INHERIT_SHARE | MAP_ACC_NO_CHARGE);
	if (rv != KERN_SUCCESS)
		vm_object_deallocate(obj);
	return (vm_mmap_to_errno(rv));
}

/* A thread made by fork1(RFSTOPPED) or thread creation runs for the first time. */
void
lrs_make_runnable(struct thread *td)
{
	thread_lock(td);
	TD_SET_CAN_RUN(td);
	sched_add(td, SRQ_BORING);
}

bool
lrs_fd_nonblocking(struct thread *td, int fd)
{
	struct file *fp;
	bool nonblocking;

	if (fget(td, fd, &cap_no_rights, &fp) != 0)
		return (false);
	nonblocking = (atomic_load_int(&fp->f_flag) & FNONBLOCK) != 0;
	fdrop(fp, td);
	return (nonblocking);
}

void
lrs_umtxq_lock(struct umtx_key *key)
{
	umtxq_lock(key);
}

void
lrs_umtxq_unlock(struct umtx_key *key)
{
	umtxq_unlock(key);
}

/* What the compiler calls for slice comparison; the kernel has only memcmp. */
#undef bcmp
int	bcmp(const void *, const void *, size_t);

int
bcmp(const void *a, const void *b, size_t n)
{
	return (memcmp(a, b, n));
}

/* --- descriptors, reading and writing */

int
lrs_fd_info(struct thread *td, int fd, int *flags, int *type)
{
	struct file *fp;
	int error;

	error = fget(td, fd, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	*flags = OFLAGS(fp->f_flag);
	*type = fp->f_type;
	fdrop(fp, td);
	return (0);
}

int
lrs_fd_same(struct thread *td, int fd1, int fd2, bool *same)
{
	struct file *fp1, *fp2;
	int error;

	error = fget(td, fd1, &cap_no_rights, &fp1);
	if (error != 0)
		return (error);
	error = fget(td, fd2, &cap_no_rights, &fp2);
	if (error == 0) {
		*same = fp1 == fp2;
		fdrop(fp2, td);
	}
	fdrop(fp1, td);
	return (error);
}

/* VOP_ADVLOCK(9), whose header the kernel build generates. */
struct lrs_advlock_args {
	struct vop_generic_args a_gen;
	struct vnode	*a_vp;
	void		*a_id;
	int		a_op;
	struct flock	*a_fl;
	int		a_flags;
};
extern struct vnodeop_desc vop_advlock_desc;
int	lrs_VOP_ADVLOCK_APV(const struct vop_vector *,
	    struct lrs_advlock_args *) __asm("VOP_ADVLOCK_APV");

/*
 * A record lock whose owner is the open file.  FHASLOCK makes its last close
 * give up every lock that it owns.
 */
int
lrs_ofd_lock(struct thread *td, int fd, bool get, bool wait, struct flock *fl)
{
	struct lrs_advlock_args args;
	struct file *fp;
	off_t offset;
	int error, flags, op;

	error = fget_unlocked(td, fd, &cap_flock_rights, &fp);
	if (error != 0)
		return (error);
	if (fp->f_type != DTYPE_VNODE || fp->f_ops == &path_fileops ||
	    (!get && fl->l_type == F_RDLCK && (fp->f_flag & FREAD) == 0) ||
	    (!get && fl->l_type == F_WRLCK && (fp->f_flag & FWRITE) == 0)) {
		fdrop(fp, td);
		return (EBADF);
	}
	if (fl->l_whence == SEEK_CUR) {
		offset = foffset_get(fp);
		if ((fl->l_start > 0 && offset > OFF_MAX - fl->l_start)) {
			fdrop(fp, td);
			return (EOVERFLOW);
		}
		fl->l_start += offset;
		fl->l_whence = SEEK_SET;
	}
	flags = F_FLOCK | (wait ? F_WAIT : 0);
	op = get ? F_GETLK : fl->l_type == F_UNLCK ? F_UNLCK : F_SETLK;
	if (op == F_SETLK)
		atomic_set_int(&fp->f_flag, FHASLOCK);
	args.a_gen.a_desc = &vop_advlock_desc;
	args.a_vp = fp->f_vnode;
	args.a_id = fp;
	args.a_op = op;
	args.a_fl = fl;
	args.a_flags = flags;
	error = lrs_VOP_ADVLOCK_APV(fp->f_vnode->v_op, &args);
	fdrop(fp, td);
	return (error);
}

int
lrs_sendfile(struct thread *td, int from, int to, off_t offset, size_t len,
    off_t *sent)
{
	struct file *fp;
	int error;

	*sent = 0;
	error = fget_read(td, from, &cap_pread_rights, &fp);
	if (error != 0)
		return (error);
	error = fo_sendfile(fp, to, NULL, NULL, offset, len, sent, 0, td);
	fdrop(fp, td);
	return (error);
}

static void
kernel_uio(struct thread *td, struct uio *uio, struct iovec *iov, void *buf,
    size_t len)
{
	iov->iov_base = buf;
	iov->iov_len = len;
	uio->uio_iov = iov;
	uio->uio_iovcnt = 1;
	uio->uio_offset = 0;
	uio->uio_resid = len;
	uio->uio_segflg = UIO_SYSSPACE;
	uio->uio_td = td;
}

/* At the file's own offset when `offset' is negative. */
int
lrs_read_kernel(struct thread *td, int fd, void *buf, size_t len, off_t offset)
{
	struct iovec iov;
	struct uio uio;

	kernel_uio(td, &uio, &iov, buf, len);
	uio.uio_rw = UIO_READ;
	return (offset < 0 ? kern_readv(td, fd, &uio) :
	    kern_preadv(td, fd, &uio, offset));
}

int
lrs_write_kernel(struct thread *td, int fd, void *buf, size_t len, off_t offset)
{
	struct iovec iov;
	struct uio uio;

	kernel_uio(td, &uio, &iov, buf, len);
	uio.uio_rw = UIO_WRITE;
	return (offset < 0 ? kern_writev(td, fd, &uio) :
	    kern_pwritev(td, fd, &uio, offset));
}

/*
 * Writes to a file as if it were open with O_APPEND, or without it, at the uio's
 * offset.  Nothing keeps the copy of the file.
 */
static int
write_as_if(struct thread *td, struct file *fp, struct uio *uio, bool append)
{
	struct file as_if = *fp;
	ssize_t asked = uio->uio_resid;
	int error;

	if (append)
		as_if.f_flag |= FAPPEND;
	else
		as_if.f_flag &= ~FAPPEND;
	uio->uio_td = td;
	uio->uio_rw = UIO_WRITE;
	error = fo_write(&as_if, uio, td->td_ucred, FOF_OFFSET, td);
	if (uio->uio_resid != asked && (error == EWOULDBLOCK ||
	    error == EINTR || error == ERESTART))
		error = 0;
	return (error);
}

/* Writes zeros over at most a page of a file. */
int
lrs_write_zeros(struct thread *td, int fd, off_t offset, size_t len)
{
	struct file *fp;
	struct iovec iov;
	struct uio uio;
	int error;

	error = fget_write(td, fd, &cap_pwrite_rights, &fp);
	if (error != 0)
		return (error);
	if ((fp->f_ops->fo_flags & DFLAG_SEEKABLE) == 0) {
		fdrop(fp, td);
		return (ESPIPE);
	}
	kernel_uio(td, &uio, &iov, __DECONST(void *, zero_region), len);
	uio.uio_offset = offset;
	error = write_as_if(td, fp, &uio, false);
	fdrop(fp, td);
	return (error);
}

/* At the vnode's file's own offset when `offset' is negative. */
int
lrs_write_appending(struct thread *td, int fd, struct uio *uio, off_t offset,
    bool append)
{
	struct file *fp;
	ssize_t asked;
	int error;

	error = fget_write(td, fd, &cap_pwrite_rights, &fp);
	if (error != 0)
		return (error);
	if (fp->f_type != DTYPE_VNODE) {
		fdrop(fp, td);
		return (EOPNOTSUPP);
	}
	asked = uio->uio_resid;
	uio->uio_offset = offset < 0 ? foffset_lock(fp, 0) : offset;
	error = write_as_if(td, fp, uio, append);
	if (offset < 0)
		foffset_unlock(fp, uio->uio_offset, 0);
	fdrop(fp, td);
	td->td_retval[0] = asked - uio->uio_resid;
	return (error);
}

/* Whether an open device is a terminal. */
static bool
is_terminal(struct vnode *vp)
{
	struct cdev *dev;
	struct cdevsw *csw;
	int ref;
	bool tty;

	csw = devvn_refthread(vp, &dev, &ref);
	if (csw == NULL)
		return (false);
	tty = (csw->d_flags & D_TTY) != 0;
	dev_relthread(dev, ref);
	return (tty);
}

/*
 * lseek(2) with one lookup of the descriptor: FreeBSD seeks on terminals, where
 * Linux says ESPIPE.
 */
int
lrs_lseek(struct thread *td, int fd, off_t offset, int whence)
{
	struct file *fp;
	struct vnode *vp;
	int error;

	error = fget(td, fd, &cap_seek_rights, &fp);
	if (error != 0)
		return (error);
	vp = fp->f_vnode;
	if (fp->f_type == DTYPE_VNODE ?
	    __predict_false(vp->v_type == VCHR) && is_terminal(vp) :
	    (fp->f_ops->fo_flags & DFLAG_SEEKABLE) == 0)
		error = ESPIPE;
	else
		error = fo_seek(fp, offset, whence, td);
	fdrop(fp, td);
	return (error);
}

/*
 * Makes the terminal just opened as fd, if it is one, the controlling terminal
 * of a process that leads a session without one.
 */
void
lrs_open_tty(struct thread *td, int fd)
{
	struct proc *p = td->td_proc;
	struct filedesc *fdp = p->p_fd;
	struct file *fp;
	bool may;

	if ((p->p_flag & P_CONTROLT) != 0)
		return;
	/* A look without a reference, where nobody else could close it. */
	if (FILEDESC_IS_ONLY_USER(fdp) &&
	    fget_only_user(fdp, fd, &cap_no_rights, &fp) == 0) {
		may = fp->f_type == DTYPE_VNODE && fp->f_vnode->v_type == VCHR;
		fput_only_user(fdp, fp);
		if (!may)
			return;
	}
	PROC_LOCK(p);
	may = SESS_LEADER(p) && (p->p_flag & P_CONTROLT) == 0;
	PROC_UNLOCK(p);
	if (!may || fget(td, fd, &cap_ioctl_rights, &fp) != 0)
		return;
	if (fp->f_type == DTYPE_VNODE && fp->f_vnode->v_type == VCHR &&
	    (fp->f_flag & FREAD) != 0 && is_terminal(fp->f_vnode))
		(void)fo_ioctl(fp, TIOCSCTTY, NULL, td->td_ucred, td);
	fdrop(fp, td);
}

/* Copies a name without its NUL: its length, or 0 for one that does not fit. */
static size_t
copy_name(const char *from, char *to, size_t size)
{
	size_t len;

	for (len = 0; from[len] != '\0'; len++) {
		if (len == size)
			return (0);
		to[len] = from[len];
	}
	return (len);
}

/*
 * The name of the device that stat(2) shows as rdev, without a NUL; 0 if there
 * is none, or a longer one.
 */
size_t
lrs_device_name(dev_t rdev, char *name, size_t size)
{
	struct cdev_priv *cdp;
	size_t len = 0;

	dev_lock();
	TAILQ_FOREACH(cdp, &cdevp_list, cdp_list) {
		if (cdp->cdp_inode == rdev) {
			len = copy_name(cdp->cdp_c.si_name, name, size);
			break;
		}
	}
	dev_unlock();
	return (len);
}

/*
 * fstat(2) with one lookup of the descriptor, and for a device its name without a
 * NUL; *len stays as it is if it has none, or a longer one.
 */
int
lrs_fstat(struct thread *td, int fd, struct stat *sb, char *device, size_t size,
    size_t *len)
{
	struct file *fp;
	struct cdev *dev;
	int error, ref;

	AUDIT_ARG_FD(fd);
	error = fget(td, fd, &cap_fstat_rights, &fp);
	if (__predict_false(error != 0))
		return (error);
	AUDIT_ARG_FILE(td->td_proc, fp);
	sb->st_filerev = 0;
	sb->st_bsdflags = 0;
	error = fo_stat(fp, sb, td->td_ucred);
	if (error == 0 && __predict_false(S_ISCHR(sb->st_mode))) {
		if (fp->f_type == DTYPE_PTS) {
			/* The master side, which is one device for all on Linux. */
			*len = copy_name("ptmx", device, size);
		} else if (fp->f_type == DTYPE_VNODE &&
		    devvn_refthread(fp->f_vnode, &dev, &ref) != NULL) {
			*len = copy_name(dev->si_name, device, size);
			dev_relthread(dev, ref);
		}
	}
	fdrop(fp, td);
	return (error);
}

/* 0 if a path names a link of linprocfs or fdescfs, EINVAL if it does not. */
int
lrs_find_made_up_link(struct thread *td, int dir, const char *path,
    enum uio_seg space)
{
	struct nameidata nd;
	bool is;
	int error;

	/* Its lock keeps the mount. */
	NDINIT_AT(&nd, LOOKUP, NOFOLLOW | LOCKSHARED | LOCKLEAF, space, path,
	    dir);
	error = namei(&nd);
	if (error != 0)
		return (error);
	NDFREE_PNBUF(&nd);
	is = (nd.ni_vp->v_vflag & VV_READLINK) != 0 ||
	    strcmp(nd.ni_vp->v_mount->mnt_vfc->vfc_name, "linprocfs") == 0;
	vput(nd.ni_vp);
	return (is ? 0 : EINVAL);
}

/*
 * Whether a path in the kernel, whose last link is not followed, is one of
 * fdescfs's links.
 */
bool
lrs_is_descriptor(struct thread *td, int dir, const char *path)
{
	struct nameidata nd;
	bool is;

	NDINIT_AT(&nd, LOOKUP, NOFOLLOW, UIO_SYSSPACE, path, dir);
	if (namei(&nd) != 0)
		return (false);
	NDFREE_PNBUF(&nd);
	is = (nd.ni_vp->v_vflag & VV_READLINK) != 0;
	vrele(nd.ni_vp);
	return (is);
}

/* A second descriptor for an open file, if it has the access that is asked for. */
int
lrs_reopen(struct thread *td, int fd, int flags)
{
	struct file *fp;
	int error, new, wanted;

	error = fget(td, fd, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	wanted = FFLAGS(flags) & (FREAD | FWRITE);
	if ((wanted & fp->f_flag) != wanted)
		error = EACCES;
	else
		error = finstall(td, fp, &new, flags & O_CLOEXEC, NULL);
	fdrop(fp, td);
	if (error == 0)
		td->td_retval[0] = new;
	return (error);
}

/* fchown(2). */
int
lrs_fchown(struct thread *td, int fd, uid_t uid, gid_t gid)
{
	struct file *fp;
	int error;

	AUDIT_ARG_FD(fd);
	AUDIT_ARG_OWNER(uid, gid);
	error = fget(td, fd, &cap_fchown_rights, &fp);
	if (error != 0)
		return (error);
	error = fo_chown(fp, uid, gid, td->td_ucred, td);
	fdrop(fp, td);
	return (error);
}

/*
 * The folder shm in devfs, where a Linux has a tmpfs: devfs makes a folder for a
 * device in it.
 */
static struct cdevsw shm_folder_cdevsw = {
	.d_version = D_VERSION,
	.d_name = "linux_shm",
};
static struct cdev *shm_folder;

int
lrs_shm_folder_create(void)
{
	return (make_dev_p(MAKEDEV_CHECKNAME | MAKEDEV_WAITOK, &shm_folder,
	    &shm_folder_cdevsw, NULL, UID_ROOT, GID_WHEEL, 0,
	    "shm/.mountpoint"));
}

void
lrs_shm_folder_destroy(void)
{
	if (shm_folder != NULL)
		destroy_dev(shm_folder);
	shm_folder = NULL;
}

/*
 * The attribute names of the user name space, each behind a byte with its length:
 * of fd if that is what is open, else of path.
 */
static struct uio
names_uio(struct thread *td, struct iovec *iov)
{
	return ((struct uio){
		.uio_iov = iov,
		.uio_iovcnt = 1,
		.uio_resid = iov->iov_len,
		.uio_segflg = UIO_SYSSPACE,
		.uio_rw = UIO_READ,
		.uio_td = td,
	});
}

int
lrs_extattr_list_fd(struct thread *td, int fd, char *names, size_t size,
    size_t *used)
{
	struct iovec iov = { .iov_base = names, .iov_len = size };
	struct uio uio = names_uio(td, &iov);
	int error;

	error = kern_extattr_list_fd(td, fd, EXTATTR_NAMESPACE_USER, &uio);
	*used = size - uio.uio_resid;
	return (error);
}

int
lrs_extattr_list_path(struct thread *td, const char *path, enum uio_seg space,
    int follow, char *names, size_t size, size_t *used)
{
	struct iovec iov = { .iov_base = names, .iov_len = size };
	struct uio uio = names_uio(td, &iov);
	int error;

	error = kern_extattr_list_path(td, path, EXTATTR_NAMESPACE_USER, &uio,
	    follow, space);
	*used = size - uio.uio_resid;
	return (error);
}

struct thread *
lrs_first_thread(struct proc *p)
{
	return (FIRST_THREAD_IN_PROC(p));
}

/* Whether another thread or process runs in the same memory. */
bool
lrs_shares_memory(struct thread *td)
{
	struct proc *p = td->td_proc;

	return (p->p_numthreads > 1 ||
	    refcount_load(&p->p_vmspace->vm_refcnt) > 1);
}

/* CLONE_PARENT: the child becomes a child of the caller's parent. */
void
lrs_adopt_by_parent(struct thread *td, struct proc *child)
{
	struct proc *parent;

	sx_xlock(&proctree_lock);
	parent = td->td_proc->p_pptr;
	PROC_LOCK(child);
	child->p_sigparent = td->td_proc->p_sigparent;
	proc_reparent(child, parent, true);
	PROC_UNLOCK(child);
	sx_xunlock(&proctree_lock);
}

/* Sleeps until a child changes, a signal comes, or timo ticks have passed. */
int
lrs_wait_child(struct thread *td, int timo)
{
	struct proc *p = td->td_proc;
	int error = 0;

	PROC_LOCK(p);
	if ((p->p_flag & P_STATCHILD) == 0)
		error = msleep(p, &p->p_mtx, PWAIT | PCATCH, "lwait", timo);
	PROC_UNLOCK(p);
	return (error == EWOULDBLOCK ? 0 : error);
}

/* Processor time of the process and of its reaped children. */
void
lrs_process_times(struct thread *td, struct timeval *user,
    struct timeval *sys, struct timeval *child_user, struct timeval *child_sys)
{
	struct proc *p = td->td_proc;

	PROC_LOCK(p);
	PROC_STATLOCK(p);
	calcru(p, user, sys);
	PROC_STATUNLOCK(p);
	calccru(p, child_user, child_sys);
	PROC_UNLOCK(p);
}

void
lrs_system(struct lrs_system *s)
{
	int total, used;

	for (int i = 0; i < 3; i++)
		s->load[i] = (unsigned long)averunnable.ldavg[i] * 65536 /
		    averunnable.fscale;
	s->pages = physmem;
	s->free_pages = vm_free_count();
	swap_pager_status(&total, &used);
	s->swap_pages = total;
	s->free_swap_pages = total - used;
	s->processes = nprocs;
}

/* The processor the thread runs on and, if asked, its memory domain. */
int
lrs_cpu(struct thread *td, int *domain)
{
	if (domain != NULL)
		*domain = PCPU_GET(domain);
	return (td->td_oncpu);
}

int
lrs_timeshare_span(void)
{
	return (PRI_MAX_TIMESHARE - PRI_MIN_TIMESHARE);
}

struct mtx *
lrs_prison_mtx(struct prison *pr)
{
	return (&pr->pr_mtx);
}

/* The name of a thread and, where it is the first one, of its process. */
void
lrs_set_thread_name(struct thread *td, bool process, const char *name)
{
	struct proc *p = td->td_proc;

	PROC_LOCK(p);
	strlcpy(td->td_name, name, sizeof(td->td_name));
	if (process)
		strlcpy(p->p_comm, name, sizeof(p->p_comm));
	PROC_UNLOCK(p);
}

bool
lrs_file_is_directory(struct file *fp)
{
	return (fp->f_type == DTYPE_VNODE && fp->f_vnode->v_type == VDIR);
}

/* --- control messages of sockets; len is at most MCLBYTES */

struct mbuf *
lrs_control_get(const void *data, int len)
{
	struct mbuf *m;

	m = m_get2(len, M_WAITOK, MT_CONTROL, 0);
	m->m_len = len;
	memcpy(mtod(m, void *), data, len);
	return (m);
}

int
lrs_control_length(struct mbuf *m)
{
	return (m_length(m, NULL));
}

void
lrs_control_copy(struct mbuf *m, int len, void *to)
{
	m_copydata(m, 0, len, to);
}

void
lrs_control_free(struct mbuf *m)
{
	m_freem(m);
}

void
lrs_credentials(struct thread *td, uid_t uids[3], gid_t gids[3])
{
	const struct ucred *cr = td->td_ucred;

	uids[0] = cr->cr_ruid;
	uids[1] = cr->cr_uid;
	uids[2] = cr->cr_svuid;
	gids[0] = cr->cr_rgid;
	gids[1] = cr->cr_gid;
	gids[2] = cr->cr_svgid;
}

/*
 * Whether the current thread has something to act on: a signal, but for an
 * ignored one, which is forgotten, a stop, the end.
 */
bool
lrs_signal_due(struct thread *td)
{
	struct proc *p = td->td_proc;
	bool due;

	PROC_LOCK(p);
	mtx_lock(&p->p_sigacts->ps_mtx);
	due = cursig(td) != 0;
	mtx_unlock(&p->p_sigacts->ps_mtx);
	due |= P_SHOULDSTOP(p) != 0 || td_ast_pending(td, TDA_SUSPEND) ||
	    (p->p_flag & (P_WEXIT | P_SINGLE_EXIT)) != 0;
	PROC_UNLOCK(p);
	return (due);
}

/*
 * The process whose folder of linprocfs a descriptor is, by the folder's name;
 * 0 for any other descriptor.
 */
pid_t
lrs_process_folder(struct thread *td, int fd)
{
	struct statfs *of;
	struct vnode *vp;
	struct file *fp;
	struct mount *mp;
	const char *digits;
	char *path, *room;
	size_t len;
	pid_t pid;

	pid = 0;
	if (fget_cap(td, fd, &cap_no_rights, NULL, &fp, NULL) != 0)
		return (0);
	vp = fp->f_vnode;
	if (fp->f_type != DTYPE_VNODE || vp->v_type != VDIR)
		goto done;
	mp = vp->v_mount;
	if (mp == NULL || vfs_busy(mp, MBF_NOWAIT) != 0)
		goto done;
	of = &mp->mnt_stat;
	len = strlen(of->f_mntonname);
	if (strcmp(of->f_fstypename, "linprocfs") == 0 &&
	    vn_fullpath_global(vp, &path, &room) == 0) {
		if (strncmp(path, of->f_mntonname, len) == 0 && path[len] == '/') {
			for (digits = path + len + 1; *digits >= '0' && *digits <= '9' && pid < PID_MAX; digits++)
				pid = pid * 10 + (*digits - '0');
			if (*digits != '\0' || pid > PID_MAX)
				pid = 0;
		}
		free(room, M_TEMP);
	}
	vfs_unbusy(mp);
done:
	fdrop(fp, td);
	return (pid);
}

/* Two chains are locked in the order of their addresses, one only once. */
void
lrs_umtxq_lock_two(struct umtx_key *k1, struct umtx_key *k2)
{
	struct umtxq_chain *a = umtxq_getchain(k1), *b = umtxq_getchain(k2);

	mtx_lock(a < b ? &a->uc_lock : &b->uc_lock);
	if (a != b)
		mtx_lock(a < b ? &b->uc_lock : &a->uc_lock);
}

void
lrs_umtxq_unlock_two(struct umtx_key *k1, struct umtx_key *k2)
{
	struct umtxq_chain *a = umtxq_getchain(k1), *b = umtxq_getchain(k2);

	mtx_unlock(&a->uc_lock);
	if (a != b)
		mtx_unlock(&b->uc_lock);
}

/* --- waiting for events */

/* EPERM for files and folders, which are always ready. */
int
lrs_fd_pollable(struct thread *td, int fd, int *type, int *flags)
{
	struct file *fp;
	int error;

	error = fget(td, fd, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	*type = fp->f_type;
	*flags = fp->f_flag;
	if (fp->f_type == DTYPE_VNODE && fp->f_vnode != NULL &&
	    (fp->f_vnode->v_type == VREG || fp->f_vnode->v_type == VDIR))
		error = EPERM;
	fdrop(fp, td);
	return (error);
}

/* A signal mask for one call, which is put back as ppoll(2) does. */
int
lrs_mask_for_call(struct thread *td, sigset_t *mask)
{
	int error;

	error = kern_sigprocmask(td, SIG_SETMASK, mask, &td->td_oldsigmask, 0);
	if (error == 0)
		td->td_pflags |= TDP_OLDMASK;
	return (error);
}

void
lrs_mask_after_call(struct thread *td, bool interrupted)
{
	ast_sched(td, interrupted ? TDA_SIGSUSPEND : TDA_PSELECT);
}

/*
 * kern_kevent(9) under a signal mask.  Waits on while there was nothing but what made `ops`
 * set *quiet.
 */
int
lrs_epoll_wait(struct thread *td, int fd, int nevents,
    struct kevent_copyops *ops, const struct timespec *timeout, sigset_t *mask,
    bool *quiet)
{
	struct timespec left, now, until;
	bool limited;
	int error;

	/* kqueue(9) takes more for no limit. */
	limited = timeout != NULL && timeout->tv_sec <= INT32_MAX;
	if (limited && timespecisset(timeout)) {
		nanouptime(&until);
		timespecadd(&until, timeout, &until);
	}

	if (mask != NULL) {
		error = lrs_mask_for_call(td, mask);
		if (error != 0)
			return (error);
	}
	while ((error = kern_kevent(td, fd, 0, nevents, ops, timeout)) == 0 &&
	    __predict_false(*quiet)) {
		*quiet = false;
		if (!limited)
			continue;
		if (!timespecisset(timeout))
			break;
		nanouptime(&now);
		if (timespeccmp(&now, &until, >=))
			break;
		timespecsub(&until, &now, &left);
		timeout = &left;
	}
	if (error == ERESTART)
		error = EINTR;
	if (mask != NULL)
		lrs_mask_after_call(td, error == EINTR);
	return (error);
}

/*
 * FreeBSD's pipes go both ways.  A file that is not open for a direction is
 * EBADF for it, and is never ready for it.
 */
static void
pipe_end(struct thread *td, int fd, u_int never)
{
	struct file *fp;

	if (fget(td, fd, &cap_no_rights, &fp) != 0)
		return;
	if (fp->f_type == DTYPE_PIPE)
		atomic_clear_int(&fp->f_flag, never);
	fdrop(fp, td);
}

int
lrs_pipe(struct thread *td, int fds[2], int flags)
{
	struct filedesc *fdp = td->td_proc->p_fd;
	int error;

	error = kern_pipe(td, fds, flags, NULL, NULL);
	if (error != 0)
		return (error);
	if (FILEDESC_IS_ONLY_USER(fdp)) {
		/* Nobody can have closed them. */
		atomic_clear_int(&fdp->fd_ofiles[fds[0]].fde_file->f_flag,
		    FWRITE);
		atomic_clear_int(&fdp->fd_ofiles[fds[1]].fde_file->f_flag,
		    FREAD);
	} else {
		pipe_end(td, fds[0], FWRITE);
		pipe_end(td, fds[1], FREAD);
	}
	return (0);
}

/* --- files of our own kinds */

void
lrs_fdrop(struct file *fp, struct thread *td)
{
	fdrop(fp, td);
}

void
lrs_lock_init(struct mtx *m, const char *name)
{
	mtx_init(m, name, NULL, MTX_DEF | MTX_NEW);
}

void
lrs_lock_destroy(struct mtx *m)
{
	mtx_destroy(m);
}

/* Sleeps until a wakeup or a signal; the process lock is given up meanwhile. */
int
lrs_sleep_unlocked(void *channel, struct proc *p, const char *why)
{
	return (msleep(channel, &p->p_mtx, PPAUSE | PCATCH, why, 0));
}

/* The same, but at most so many nanoseconds, forever if negative; 0 then too. */
int
lrs_sleep_at_most(void *channel, struct proc *p, const char *why, int64_t nsec)
{
	int error;

	if (nsec < 0)
		return (lrs_sleep_unlocked(channel, p, why));
	error = msleep_sbt(channel, &p->p_mtx, PPAUSE | PCATCH, why,
	    nsec >= INT32_MAX * SBT_1S / 2 / SBT_1NS ? INT32_MAX * SBT_1S / 2 :
	    nstosbt(nsec), 0, 0);
	return (error == EWOULDBLOCK ? 0 : error);
}

int
lrs_sleep_mtx(void *channel, struct mtx *m, bool signals, const char *why)
{
	return (msleep(channel, m, PPAUSE | (signals ? PCATCH : 0), why, 0));
}

void
lrs_knote_locked(struct proc *p, long hint)
{
	KNOTE_LOCKED(p->p_klist, hint);
}

/* Between the caller's memory and that of a process that is held. */
int
lrs_move_memory(struct thread *td, struct proc *p, void *local,
    unsigned long remote, size_t len, bool write)
{
	struct iovec iov;
	struct uio uio;

	kernel_uio(td, &uio, &iov, local, len);
	uio.uio_segflg = UIO_USERSPACE;
	uio.uio_offset = remote;
	uio.uio_rw = write ? UIO_WRITE : UIO_READ;
	return (proc_rwmem(p, &uio));
}

/* --- tracing */

/* The current thread stops for its tracer, if it still has one. */
void
lrs_trace_stop(struct thread *td)
{
	struct proc *p = td->td_proc;

	PROC_LOCK(p);
	if ((p->p_flag & (P_TRACED | P_WEXIT)) == P_TRACED)
		ptracestop(td, SIGTRAP, NULL);
	PROC_UNLOCK(p);
}

static void
set_traced(struct proc *p, struct proc *tracer)
{
	proc_set_traced(p, false);
	proc_reparent(p, tracer, false);
}

/*
 * What PT_ATTACH does, without the SIGSTOP. The process is locked before and
 * after, but not in between. One that is stopped goes on, or stays where it is
 * as a tracee does (`stay`; *stopped says so).
 */
int
lrs_trace_attach(struct thread *td, struct proc *p, bool stay, bool *stopped)
{
	int error;

	_PHOLD(p);
	PROC_UNLOCK(p);
	sx_xlock(&proctree_lock);
	PROC_LOCK(p);
	error = p_candebug(td, p);
	if (p == td->td_proc || (p->p_flag & (P_SYSTEM | P_TRACED)) != 0)
		error = EPERM;
	else if ((p->p_flag & P_WEXIT) != 0)
		error = ESRCH;
	if (error == 0) {
		set_traced(p, td->td_proc);
		*stopped = stay && (p->p_flag & P_STOPPED_SIG) != 0;
		if (*stopped) {
			p->p_flag |= P_STOPPED_TRACE | P_WAITED;
		} else if ((p->p_flag & P_STOPPED_SIG) != 0) {
			PROC_SLOCK(p);
			p->p_flag &= ~(P_STOPPED_SIG | P_WAITED);
			thread_unsuspend(p);
			PROC_SUNLOCK(p);
		}
	}
	sx_xunlock(&proctree_lock);
	_PRELE(p);
	return (error);
}

/* A process that does not run yet gets its parent's tracer. */
void
lrs_trace_attach_child(struct thread *td, struct thread *child)
{
	struct proc *p = td->td_proc, *p2 = child->td_proc;

	sx_xlock(&proctree_lock);
	if ((p->p_flag & P_TRACED) != 0) {
		PROC_LOCK(p2);
		set_traced(p2, p->p_pptr);
		PROC_UNLOCK(p2);
	}
	sx_xunlock(&proctree_lock);
}

/*
 * PTRACE_INTERRUPT: a signal that Linux programs cannot have, send or block, so
 * nothing takes it from the queue but its arrival, which is a stop.
 */
void
lrs_trace_interrupt(struct thread *td)
{
	tdsendsignal(td->td_proc, td, LRS_SIGINTERRUPT, NULL);
}

/* Takes it back; whether it had not arrived yet. */
bool
lrs_trace_uninterrupt(struct thread *td)
{
	if (td->td_xsig == LRS_SIGINTERRUPT)
		td->td_xsig = 0;
	if (!SIGISMEMBER(td->td_sigqueue.sq_signals, LRS_SIGINTERRUPT))
		return (false);
	sigqueue_delete(&td->td_sigqueue, LRS_SIGINTERRUPT);
	return (true);
}

/* What PT_DETACH does, whether or not the process is stopped. */
void
lrs_trace_detach(struct proc *p)
{
	struct proc *parent;
	struct thread *td;

	sx_xlock(&proctree_lock);
	PROC_LOCK(p);
	if ((p->p_flag & P_TRACED) == 0) {
		PROC_UNLOCK(p);
		sx_xunlock(&proctree_lock);
		return;
	}
	p->p_flag &= ~(P_TRACED | P_WAITED);
	if (p->p_oppid != p->p_pptr->p_pid) {
		PROC_LOCK(p->p_pptr);
		sigqueue_take(p->p_ksi);
		PROC_UNLOCK(p->p_pptr);
		parent = proc_realparent(p);
		proc_reparent(p, parent, false);
		if (parent == initproc)
			p->p_sigparent = SIGCHLD;
	}
	p->p_ptevents = 0;
	FOREACH_THREAD_IN_PROC(p, td) {
		td->td_dbgflags &= ~(TDB_XSIG | TDB_FSTP | TDB_SUSPEND |
		    TDB_BORN);
		lrs_trace_uninterrupt(td);
	}
	lrs_trace_continue(p);
	PROC_UNLOCK(p);
	sx_xunlock(&proctree_lock);
}

/* The tracees among the children, by index; locked. */
struct proc *
lrs_traced_child(struct thread *td, int index)
{
	struct proc *p;

	sx_slock(&proctree_lock);
	LIST_FOREACH(p, &td->td_proc->p_children, p_sibling)
		if ((p->p_flag & P_TRACED) != 0 && index-- == 0) {
			PROC_LOCK(p);
			break;
		}
	sx_sunlock(&proctree_lock);
	return (p);
}

bool
lrs_all_suspended(struct proc *p)
{
	bool all;

	PROC_SLOCK(p);
	all = p->p_suspcount == p->p_numthreads;
	PROC_SUNLOCK(p);
	return (all);
}

/* A stopped process goes on, but for the threads that are held. */
void
lrs_trace_continue(struct proc *p)
{
	p->p_xthread = NULL;
	p->p_flag &= ~(P_STOPPED_TRACE | P_STOPPED_SIG | P_WAITED);
	PROC_SLOCK(p);
	thread_unsuspend(p);
	PROC_SUNLOCK(p);
	itimer_proc_continue(p);
	kqtimer_proc_continue(p);
}

void
lrs_trace_hold(struct thread *td)
{
	td->td_dbgflags |= TDB_SUSPEND;
	ast_sched(td, TDA_SUSPEND);
}

/* Something for the tracer to wait for, which is locked. */
void
lrs_trace_tell(struct proc *tracer)
{
	tracer->p_flag |= P_STATCHILD;
	wakeup(tracer);
}

void
lrs_wkilled(struct proc *p)
{
	proc_wkilled(p);
}

/* The whole floating-point state of a thread, current until it is next in user mode. */
const char *
lrs_fpu_area(struct thread *td)
{
	fpugetregs(td);
	return ((const char *)get_pcb_user_save_td(td));
}

/* The floating-point state of a thread that does not run in user mode. */
void
lrs_fpu_get(struct thread *td, char *to, size_t size)
{
	fpugetregs(td);
	memcpy(to, get_pcb_user_save_td(td), size);
}

int
lrs_fpu_set(struct thread *td, char *from, size_t size)
{
	struct savefpu *area = (struct savefpu *)from;

	fpugetregs(td);
	return (fpusetregs(td, area, size > sizeof(*area) ?
	    (char *)(area + 1) : NULL, size > sizeof(*area) ?
	    size - sizeof(*area) : 0));
}

/* --- threads that wait for several futexes */

static struct mtx waitv_mtx;
MTX_SYSINIT(linux_rs_waitv, &waitv_mtx, "linux_rs waitv", MTX_DEF);

void
lrs_waitv_lock(void)
{
	mtx_lock(&waitv_mtx);
}

void
lrs_waitv_unlock(void)
{
	mtx_unlock(&waitv_mtx);
}

/* For a time, 0 being for ever; the lock is given up meanwhile. */
int
lrs_waitv_sleep(unsigned long nsec)
{
	unsigned long most = 1000000000UL * 60 * 60 * 24;
	sbintime_t time = nsec == 0 ? 0 : nstosbt(MIN(nsec, most));

	return (msleep_sbt(&waitv_mtx, &waitv_mtx, PWAIT | PCATCH, "futexv",
	    time, 0, 0));
}

void
lrs_waitv_wakeup(void)
{
	mtx_lock(&waitv_mtx);
	wakeup(&waitv_mtx);
	mtx_unlock(&waitv_mtx);
}

/* A sysctl(3) of the host's, with the caller's rights; memory is the kernel's. */
int
lrs_sysctl(struct thread *td, const char *name, void *old, size_t *len,
    const void *new, size_t newlen)
{
	return (kernel_sysctlbyname(td, __DECONST(char *, name), old, len,
	    __DECONST(void *, new), newlen, len, 0));
}

/* i386_set_ioperm(2), which checks the privilege. */
int
lrs_set_ioperm(struct thread *td, u_int start, u_int length, bool enable)
{
	struct i386_ioperm_args args = {
		.start = start,
		.length = length,
		.enable = enable,
	};

	return (amd64_set_ioperm(td, &args));
}

/* zone(9) with what is wanted of it here. */
struct uma_zone *
lrs_zone_create(const char *name, size_t size)
{
	return (uma_zcreate(name, size, NULL, NULL, NULL, NULL, UMA_ALIGN_PTR,
	    0));
}

void *
lrs_zone_alloc(struct uma_zone *zone)
{
	return (uma_zalloc(zone, M_WAITOK));
}

void
lrs_zone_free(struct uma_zone *zone, void *item)
{
	uma_zfree(zone, item);
}

void
lrs_zone_destroy(struct uma_zone *zone)
{
	uma_zdestroy(zone);
}
