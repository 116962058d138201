/* SPDX-License-Identifier: BSD-2-Clause */
/* Shim for sockets: what their system calls do not tell, and records of local ones. */
#include "wrapper.h"
#include <sys/domain.h>
#include <sys/protosw.h>
#include <sys/unpcb.h>

/* The number of SO_USER_COOKIE, which cannot be asked for, and that of the socket. */
int
lrs_socket_identity(struct thread *td, int fd, uint32_t *mark, uint64_t *number)
{
	struct file *fp;
	struct socket *so;
	int error;

	error = getsock(td, fd, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	so = fp->f_data;
	*mark = so->so_user_cookie;
	*number = so->so_gencnt;
	fdrop(fp, td);
	return (0);
}

static bool
has_records(struct socket *so)
{
	return (so->so_type == SOCK_SEQPACKET &&
	    so->so_proto->pr_domain->dom_family == AF_LOCAL && !SOLISTENING(so));
}

/* Whether it is a local SOCK_SEQPACKET. */
bool
lrs_records(struct thread *td, int fd)
{
	struct file *fp;
	bool records;

	if (getsock(td, fd, &cap_no_rights, &fp) != 0)
		return (false);
	records = has_records(fp->f_data);
	fdrop(fp, td);
	return (records);
}

/*
 * Whether a record of that length can be sent: 0 now, EAGAIN later, EMSGSIZE never.
 * What else may be wrong is for sending to tell.
 */
int
lrs_records_room(struct thread *td, int fd, size_t len)
{
	struct file *fp;
	struct socket *so, *so2;
	struct sockbuf *sb;
	struct unpcb *unp;
	int answer = 0;

	if (getsock(td, fd, &cap_no_rights, &fp) != 0)
		return (0);
	so = fp->f_data;
	if (!has_records(so))
		goto out;
	unp = sotounpcb(so);
	mtx_lock(&unp->unp_mtx);
	so2 = so->so_rcv.uxst_peer;
	if (so2 != NULL) {
		sb = &so2->so_rcv;
		SOCK_RECVBUF_LOCK(so2);
		if (len > sb->sb_hiwat || len > so->so_snd.sb_hiwat)
			answer = EMSGSIZE;
		else if ((sb->sb_state & SBS_CANTRCVMORE) == 0 &&
		    (sb->sb_hiwat < sb->sb_ccc + sb->sb_ctl ||
		    sb->sb_hiwat - sb->sb_ccc - sb->sb_ctl < len ||
		    sb->sb_mbmax < sb->sb_mbcnt ||
		    sb->sb_mbmax - sb->sb_mbcnt < len))
			answer = EAGAIN;
		SOCK_RECVBUF_UNLOCK(so2);
	}
	mtx_unlock(&unp->unp_mtx);
out:
	fdrop(fp, td);
	return (answer);
}

/* Takes the rest of a record that began: how many bytes that was. */
size_t
lrs_records_skip(struct thread *td, int fd)
{
	char rest[512];
	struct file *fp;
	struct iovec iov;
	struct uio uio;
	size_t skipped = 0;
	int error, flags;

	if (getsock(td, fd, &cap_no_rights, &fp) != 0)
		return (0);
	do {
		iov.iov_base = rest;
		iov.iov_len = sizeof(rest);
		uio.uio_iov = &iov;
		uio.uio_iovcnt = 1;
		uio.uio_offset = 0;
		uio.uio_resid = sizeof(rest);
		uio.uio_segflg = UIO_SYSSPACE;
		uio.uio_rw = UIO_READ;
		uio.uio_td = td;
		flags = MSG_DONTWAIT;
		error = soreceive(fp->f_data, NULL, &uio, NULL, NULL, &flags);
		skipped += sizeof(rest) - uio.uio_resid;
	} while (error == 0 && uio.uio_resid != sizeof(rest) &&
	    (flags & MSG_EOR) == 0);
	fdrop(fp, td);
	return (skipped);
}

/* Sleeps for a tick: 0, or EINTR or ERESTART for a signal. */
int
lrs_nap(void)
{
	static char channel;
	int error;

	error = tsleep(&channel, PSOCK | PCATCH, "lrsock", 1);
	return (error == EWOULDBLOCK ? 0 : error);
}
