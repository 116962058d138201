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
