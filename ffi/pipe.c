/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Looking into pipes and moving data in and out of them without waiting, for
 * splice(2), tee(2) and vmsplice(2).  The protocol of struct pipe is that of
 * sys_pipe.c: PIPE_LOCKFL, under the mutex, gives the right to the buffer.
 */
#include "wrapper.h"
#include <sys/pipe.h>

/* mac_pipe_check_read(9), whose header is not among the installed ones. */
extern bool mac_pipe_check_read_fp_flag;
int	mac_pipe_check_read_impl(struct ucred *, struct pipepair *);

/* Where what is written to a pipe goes. */
static struct pipe *
other_end(struct pipe *p)
{
	return ((p->pipe_type & PIPE_TYPE_NAMED) != 0 ? p : p->pipe_peer);
}

static int
get_pipe(struct thread *td, int fd, int mode, struct file **fpp)
{
	int error;

	error = fget(td, fd, &cap_no_rights, fpp);
	if (error != 0)
		return (error);
	if (((*fpp)->f_type != DTYPE_PIPE && (*fpp)->f_type != DTYPE_FIFO) ||
	    ((*fpp)->f_flag & mode) != mode) {
		fdrop(*fpp, td);
		return (EBADF);
	}
	return (0);
}

int
lrs_pipe_same(struct thread *td, int fd1, int fd2, bool *same)
{
	struct file *fp1, *fp2;
	int error;

	error = get_pipe(td, fd1, 0, &fp1);
	if (error != 0)
		return (error);
	error = get_pipe(td, fd2, 0, &fp2);
	if (error == 0) {
		*same = ((struct pipe *)fp1->f_data)->pipe_pair ==
		    ((struct pipe *)fp2->f_data)->pipe_pair;
		fdrop(fp2, td);
	}
	fdrop(fp1, td);
	return (error);
}

static int
hold(struct pipe *p)
{
	int error;

	while ((p->pipe_state & PIPE_LOCKFL) != 0) {
		p->pipe_waiters++;
		error = msleep(&p->pipe_waiters, PIPE_MTX(p), PRIBIO | PCATCH,
		    "lrspip", 0);
		p->pipe_waiters--;
		if (error != 0)
			return (error);
	}
	p->pipe_state |= PIPE_LOCKFL;
	return (0);
}

static void
let_go(struct pipe *p)
{
	p->pipe_state &= ~PIPE_LOCKFL;
	if (p->pipe_waiters > 0)
		wakeup_one(&p->pipe_waiters);
}

static void
wake(struct pipe *p, int who)
{
	if ((p->pipe_state & who) != 0) {
		p->pipe_state &= ~who;
		wakeup(p);
	}
}

static void
not_busy(struct pipe *p)
{
	if (--p->pipe_busy == 0 && (p->pipe_state & PIPE_WANT) != 0) {
		p->pipe_state &= ~(PIPE_WANT | PIPE_WANTR | PIPE_WANTW);
		wakeup(p);
	}
}

/*
 * Waits until there is something to read, and keeps everybody else out of the
 * pipe until lrs_pipe_release().  At the end of the data *fpp is NULL.
 * EBADF, EAGAIN, EINTR, restart.
 */
int
lrs_pipe_hold(struct thread *td, int fd, bool nonblock, struct file **fpp,
    size_t *available)
{
	struct file *fp;
	struct pipe *p;
	int error;

	*fpp = NULL;
	*available = 0;
	error = get_pipe(td, fd, FREAD, &fp);
	if (error != 0)
		return (error);
	p = fp->f_data;
	PIPE_LOCK(p);
	++p->pipe_busy;
	for (;;) {
		error = hold(p);
		if (error != 0)
			break;
		if (__predict_false(mac_pipe_check_read_fp_flag))
			error = mac_pipe_check_read_impl(td->td_ucred,
			    p->pipe_pair);
		if (error != 0) {
			let_go(p);
			break;
		}
		*available = p->pipe_buffer.cnt != 0 ? p->pipe_buffer.cnt :
		    p->pipe_pages.cnt;
		if (*available != 0) {
			PIPE_UNLOCK(p);
			*fpp = fp;
			return (0);
		}
		wake(p, PIPE_WANTW);
		let_go(p);
		if ((p->pipe_state & PIPE_EOF) != 0)
			break;
		if (nonblock) {
			error = EAGAIN;
			break;
		}
		p->pipe_state |= PIPE_WANTR;
		error = msleep(p, PIPE_MTX(p), PRIBIO | PCATCH, "lrsspl", 0);
		if (error != 0)
			break;
	}
	not_busy(p);
	PIPE_UNLOCK(p);
	fdrop(fp, td);
	return (error);
}

/* Copies the first len bytes of a held pipe, which has as many. */
int
lrs_pipe_peek(struct file *fp, void *to, size_t len)
{
	struct pipe *p = fp->f_data;
	struct iovec iov;
	struct uio uio;
	size_t first;

	if (p->pipe_buffer.cnt != 0) {
		first = MIN(len, p->pipe_buffer.size - p->pipe_buffer.out);
		memcpy(to, p->pipe_buffer.buffer + p->pipe_buffer.out, first);
		memcpy((char *)to + first, p->pipe_buffer.buffer, len - first);
		return (0);
	}
	/* The pages of a writer that waits. */
	iov.iov_base = to;
	iov.iov_len = len;
	uio.uio_iov = &iov;
	uio.uio_iovcnt = 1;
	uio.uio_offset = 0;
	uio.uio_resid = len;
	uio.uio_segflg = UIO_SYSSPACE;
	uio.uio_rw = UIO_READ;
	uio.uio_td = curthread;
	return (uiomove_fromphys(p->pipe_pages.ms, p->pipe_pages.pos, len,
	    &uio));
}

/* Takes the first `taken' bytes out of a held pipe and lets others at it. */
void
lrs_pipe_release(struct thread *td, struct file *fp, size_t taken)
{
	struct pipe *p = fp->f_data;
	struct pipebuf *b = &p->pipe_buffer;

	PIPE_LOCK(p);
	if (taken != 0 && b->cnt != 0) {
		b->cnt -= taken;
		b->out += taken;
		if (b->out >= b->size)
			b->out -= b->size;
		if (b->cnt == 0)
			b->in = b->out = 0;
	} else if (taken != 0) {
		p->pipe_pages.pos += taken;
		p->pipe_pages.cnt -= taken;
		if (p->pipe_pages.cnt == 0) {
			p->pipe_state &= ~PIPE_WANTW;
			wakeup(p);
		}
	}
	let_go(p);
	if (taken != 0) {
		vfs_timestamp(&p->pipe_atime);
		wake(p, PIPE_WANTW);
		if (b->size - b->cnt >= PIPE_BUF)
			pipeselwakeup(p);
	}
	not_busy(p);
	PIPE_UNLOCK(p);
	fdrop(fp, td);
}

static int
no_reader(struct thread *td)
{
	PROC_LOCK(td->td_proc);
	tdsignal(td, SIGPIPE);
	PROC_UNLOCK(td->td_proc);
	return (EPIPE);
}

/*
 * Waits until a pipe has room, and says how much.  EBADF, EAGAIN, EPIPE with
 * SIGPIPE, EINTR, restart.
 */
int
lrs_pipe_room(struct thread *td, int fd, bool nonblock, size_t *room)
{
	struct file *fp;
	struct pipe *p;
	int error;

	error = get_pipe(td, fd, FWRITE, &fp);
	if (error != 0)
		return (error);
	p = other_end(fp->f_data);
	PIPE_LOCK(p);
	++p->pipe_busy;
	for (;;) {
		if (p->pipe_present != PIPE_ACTIVE ||
		    (p->pipe_state & PIPE_EOF) != 0) {
			error = EPIPE;
			break;
		}
		*room = p->pipe_buffer.size - p->pipe_buffer.cnt;
		if (p->pipe_pages.cnt == 0 && *room != 0)
			break;
		wake(p, PIPE_WANTR);
		if (nonblock) {
			error = EAGAIN;
			break;
		}
		pipeselwakeup(p);
		p->pipe_state |= PIPE_WANTW;
		error = msleep(p, PIPE_MTX(p), PRIBIO | PCATCH, "lrsspr", 0);
		if (error != 0)
			break;
	}
	not_busy(p);
	PIPE_UNLOCK(p);
	fdrop(fp, td);
	return (error == EPIPE ? no_reader(td) : error);
}

/*
 * Reads from a pipe or writes to it what can be moved without waiting.  The
 * copy of the file differs from it in FNONBLOCK alone, and nothing keeps it.
 */
int
lrs_pipe_transfer(struct thread *td, int fd, bool write, struct uio *uio)
{
	struct file *fp, at_once;
	ssize_t asked;
	int error;

	error = get_pipe(td, fd, write ? FWRITE : FREAD, &fp);
	if (error != 0)
		return (error);
	at_once = *fp;
	at_once.f_flag |= FNONBLOCK;
	asked = uio->uio_resid;
	uio->uio_td = td;
	uio->uio_offset = 0;
	uio->uio_rw = write ? UIO_WRITE : UIO_READ;
	error = write ? fo_write(&at_once, uio, td->td_ucred, 0, td) :
	    fo_read(&at_once, uio, td->td_ucred, 0, td);
	fdrop(fp, td);
	if (uio->uio_resid != asked && (error == EAGAIN || error == EINTR ||
	    error == ERESTART))
		error = 0;
	td->td_retval[0] = asked - uio->uio_resid;
	return (error == EPIPE && write ? no_reader(td) : error);
}
