/* SPDX-License-Identifier: BSD-2-Clause */
/* Shim for epoll descriptors that watch epoll descriptors. */
#include "wrapper.h"

/* As deep as Linux lets them be (EP_MAX_NESTS), and as many as are looked at. */
#define	NESTS	4
#define	MANY	64

/* While one is being added to another, no other is. */
static struct sx nesting;
SX_SYSINIT(lrs_epoll_nesting, &nesting, "linux_rs epoll nesting");

void
lrs_epoll_nest_lock(void)
{
	sx_xlock(&nesting);
}

void
lrs_epoll_nest_unlock(void)
{
	sx_xunlock(&nesting);
}

/* Appends, with a reference, the kqueues that one watches. */
static int
watched(struct kqueue *kq, struct kqueue *loop, struct file **list, int *count)
{
	struct knote *kn;
	int error = 0, fd;

	mtx_lock(&kq->kq_lock);
	for (fd = 0; fd < kq->kq_knlistsize && error == 0; fd++) {
		SLIST_FOREACH(kn, &kq->kq_knlist[fd], kn_link) {
			if (kn->kn_filter != EVFILT_READ ||
			    kn->kn_fp->f_type != DTYPE_KQUEUE)
				continue;
			if (kn->kn_fp->f_data == loop || *count == MANY) {
				error = ELOOP;
				break;
			}
			if (fhold(kn->kn_fp))
				list[(*count)++] = kn->kn_fp;
		}
	}
	mtx_unlock(&kq->kq_lock);
	return (error);
}

/*
 * Whether `epoll` may watch `target`: EINVAL if they are one, ELOOP if `target` watches
 * `epoll`, itself or through others, or if that goes too deep.
 */
int
lrs_epoll_nest(struct thread *td, int epoll, int target)
{
	struct file *files[MANY], *fp;
	int count = 0, depth, end, error, i;

	error = fget(td, epoll, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	error = fget(td, target, &cap_no_rights, &files[0]);
	if (error != 0) {
		fdrop(fp, td);
		return (error);
	}
	count = 1;
	if (fp->f_type != DTYPE_KQUEUE || files[0]->f_type != DTYPE_KQUEUE)
		goto out;
	if (fp->f_data == files[0]->f_data) {
		error = EINVAL;
		goto out;
	}
	i = 0;
	for (depth = 0; error == 0 && i < count; depth++) {
		end = count;
		if (depth > NESTS)
			error = ELOOP;
		for (; i < end && error == 0; i++)
			error = watched(files[i]->f_data, fp->f_data, files,
			    &count);
	}
out:
	for (i = 0; i < count; i++)
		fdrop(files[i], td);
	fdrop(fp, td);
	return (error);
}

/*
 * A kqueue belongs to one table of descriptors, and fork(2) leaves it out of the child's. The child of a Linux
 * process makes them again, with what they watched.
 */
struct lrs_epolls {
	u_int	queues, interests;
	struct {
		struct file	*fp;
		int		 fd;
		int		 like;	/* the first descriptor of the same one */
		bool		 cloexec;
	} *queue;
	struct {
		int		 fd;	/* of the queue */
		struct kevent	 kev;
	} *interest;
};

static void
take_interests(struct lrs_epolls *e, int fd, struct kqueue *kq, u_int room)
{
	struct kevent *kev;
	struct knote *kn;
	u_int left = room;
	int i;

	mtx_lock(&kq->kq_lock);
	for (i = 0; i < kq->kq_knlistsize; i++) {
		SLIST_FOREACH(kn, &kq->kq_knlist[i], kn_link) {
			if ((kn->kn_filter != EVFILT_READ &&
			    kn->kn_filter != EVFILT_WRITE) || left == 0)
				continue;
			e->interest[e->interests].fd = fd;
			kev = &e->interest[e->interests++].kev;
			*kev = kn->kn_kevent;
			kev->flags = EV_ADD |
			    (kn->kn_flags & (EV_CLEAR | EV_DISPATCH)) |
			    ((kn->kn_status & KN_DISABLED) != 0 ?
			    EV_DISABLE : 0);
			kev->fflags = 0;
			kev->data = 0;
			left--;
		}
	}
	mtx_unlock(&kq->kq_lock);
}

static u_int
count_interests(struct kqueue *kq)
{
	struct knote *kn;
	u_int count = 0;
	int i;

	mtx_lock(&kq->kq_lock);
	for (i = 0; i < kq->kq_knlistsize; i++)
		SLIST_FOREACH(kn, &kq->kq_knlist[i], kn_link)
			count++;
	mtx_unlock(&kq->kq_lock);
	return (count);
}

static __noinline struct lrs_epolls *
collect_epolls(struct thread *td, struct filedesc *fdp)
{
	struct filedescent *fde;
	struct lrs_epolls *e;
	struct file *fp;
	u_int count, i, j;
	int fd;

	e = malloc(sizeof(*e), M_LINUX_RS, M_WAITOK | M_ZERO);
	FILEDESC_SLOCK(fdp);
	count = 0;
	for (fd = 0; fd < fdp->fd_nfiles; fd++) {
		fp = fdp->fd_ofiles[fd].fde_file;
		if (fp != NULL && fp->f_type == DTYPE_KQUEUE)
			count++;
	}
	e->queue = mallocarray(MAX(count, 1), sizeof(*e->queue), M_LINUX_RS,
	    M_WAITOK | M_ZERO);
	for (fd = 0; fd < fdp->fd_nfiles; fd++) {
		fde = &fdp->fd_ofiles[fd];
		fp = fde->fde_file;
		if (fp == NULL || fp->f_type != DTYPE_KQUEUE || !fhold(fp))
			continue;
		i = e->queues++;
		e->queue[i].fp = fp;
		e->queue[i].fd = fd;
		e->queue[i].like = -1;
		e->queue[i].cloexec = (fde->fde_flags & UF_EXCLOSE) != 0;
		for (j = 0; j < i; j++) {
			if (e->queue[j].fp == fp) {
				e->queue[i].like = e->queue[j].fd;
				break;
			}
		}
	}
	FILEDESC_SUNLOCK(fdp);

	count = 0;
	for (i = 0; i < e->queues; i++)
		if (e->queue[i].like == -1)
			count += count_interests(e->queue[i].fp->f_data);
	e->interest = mallocarray(MAX(count, 1), sizeof(*e->interest),
	    M_LINUX_RS, M_WAITOK | M_ZERO);
	for (i = 0; i < e->queues; i++) {
		if (e->queue[i].like == -1)
			take_interests(e, e->queue[i].fd,
			    e->queue[i].fp->f_data, count - e->interests);
		fdrop(e->queue[i].fp, td);
	}
	return (e);
}

/* The kqueues of a process that forks; NULL for none. */
struct lrs_epolls *
lrs_epolls_of(struct thread *td)
{
	struct filedesc *fdp = td->td_proc->p_fd;

	if (TAILQ_EMPTY(&fdp->fd_kqlist))
		return (NULL);
	return (collect_epolls(td, fdp));
}

/* Makes them in a new process, which is the current one, and forgets them. */
void
lrs_epolls_make(struct thread *td, struct lrs_epolls *e)
{
	syscallarg_t saved[2] = { td->td_retval[0], td->td_retval[1] };
	u_int i;
	int fd, flags;

	for (i = 0; i < e->queues; i++) {
		flags = e->queue[i].cloexec ? FDDUP_FLAG_CLOEXEC : 0;
		if (e->queue[i].like != -1) {
			(void)kern_dup(td, FDDUP_FIXED, flags,
			    e->queue[i].like, e->queue[i].fd);
			continue;
		}
		if (kern_kqueue(td, e->queue[i].cloexec ? O_CLOEXEC : 0,
		    NULL) != 0)
			break;
		fd = td->td_retval[0];
		if (fd != e->queue[i].fd) {
			(void)kern_dup(td, FDDUP_FIXED, flags, fd,
			    e->queue[i].fd);
			(void)kern_close(td, fd);
		}
	}
	/* What is gone meanwhile is watched no more. */
	for (i = 0; i < e->interests; i++)
		(void)kqfd_register(e->interest[i].fd, &e->interest[i].kev, td,
		    M_WAITOK);
	td->td_retval[0] = saved[0];
	td->td_retval[1] = saved[1];
	free(e->interest, M_LINUX_RS);
	free(e->queue, M_LINUX_RS);
	free(e, M_LINUX_RS);
}
