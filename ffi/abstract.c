/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Abstract names of local sockets (unix(7)). A name is an entry here, not a file, and belongs to one jail and
 * one type of sockets.
 * The socket that has it gets another protocol switch, which differs from the kernel's in what concerns
 * names: it cannot get a second one, may listen without a file, and its last close frees the name.
 *
 * Locks: a socket's own lock (unp_mtx) before names_mtx. A socket that is found by its name is
 * referenced, and its lock is held while a connection is put into its queue: its last close takes the
 * name first and the lock then, and empties the queue last, so nothing comes after that.
 */
#include "wrapper.h"
#include <sys/domain.h>
#include <sys/protosw.h>
#include <sys/unpcb.h>
#include <net/vnet.h>

/* security/mac/mac_framework.h, which is not installed everywhere. */
int	mac_socket_check_bind(struct ucred *, struct socket *,
	    struct sockaddr *);
int	mac_socket_check_connect(struct ucred *, struct socket *,
	    struct sockaddr *);
void	mac_socketpeer_set_from_socket(struct socket *, struct socket *);

#define	NAME_MAX_	108
#define	BUCKETS		64

struct name {
	LIST_ENTRY(name)	 link;
	struct socket		*so;
	struct prison		*prison;	/* so->so_cred holds it */
	uint8_t			 len;
	char			 bytes[NAME_MAX_];
};

static LIST_HEAD(, name) names[BUCKETS];
static u_int names_count;
static u_int names_next;
static struct mtx names_mtx;
MTX_SYSINIT(lrs_names, &names_mtx, "Linux abstract names", MTX_DEF);

/* What sockets had before they had a name, and what they have meanwhile: by type. */
static struct protosw *plain[SOCK_SEQPACKET + 1];
static struct protosw named[SOCK_SEQPACKET + 1];

static u_int
bucket(const char *bytes, u_int len)
{
	u_int hash = len;

	while (len-- > 0)
		hash = hash * 31 + (uint8_t)bytes[len];
	return (hash % BUCKETS);
}

static struct name *
find(struct prison *prison, int type, const char *bytes, u_int len)
{
	struct name *n;

	mtx_assert(&names_mtx, MA_OWNED);
	LIST_FOREACH(n, &names[bucket(bytes, len)], link)
		if (n->prison == prison && n->so->so_type == type &&
		    n->len == len &&
		    memcmp(n->bytes, bytes, len) == 0)
			return (n);
	return (NULL);
}

static struct name *
find_socket(struct socket *so)
{
	struct sockaddr_un *sun = sotounpcb(so)->unp_addr;
	struct name *n;
	u_int len;

	mtx_assert(&names_mtx, MA_OWNED);
	len = sun->sun_len - offsetof(struct sockaddr_un, sun_path);
	LIST_FOREACH(n, &names[bucket(sun->sun_path, len)], link)
		if (n->so == so)
			return (n);
	return (NULL);
}

static void
named_close(struct socket *so)
{
	struct name *n;

	mtx_lock(&names_mtx);
	n = find_socket(so);
	if (n != NULL) {
		LIST_REMOVE(n, link);
		names_count--;
	}
	so->so_proto = plain[so->so_type];
	mtx_unlock(&names_mtx);
	free(n, M_LINUX_RS);
	so->so_proto->pr_close(so);
}

static int
named_bind(struct socket *so, struct sockaddr *nam, struct thread *td)
{

	return (EINVAL);
}

static int
named_bindat(int fd, struct socket *so, struct sockaddr *nam, struct thread *td)
{

	return (EINVAL);
}

static int
named_listen(struct socket *so, int backlog, struct thread *td)
{
	struct unpcb *unp = sotounpcb(so);
	int error;

	mtx_lock(&unp->unp_mtx);
	if (unp->unp_conn != NULL || (unp->unp_flags & UNP_CONNECTING) != 0) {
		mtx_unlock(&unp->unp_mtx);
		return (EINVAL);
	}
	SOCK_LOCK(so);
	error = solisten_proto_check(so);
	if (error == 0) {
		cru2xt(td, &unp->unp_peercred);
		if (!SOLISTENING(so)) {
			(void)chgsbsize(so->so_cred->cr_uidinfo,
			    &so->so_snd.sb_hiwat, 0, RLIM_INFINITY);
			(void)chgsbsize(so->so_cred->cr_uidinfo,
			    &so->so_rcv.sb_hiwat, 0, RLIM_INFINITY);
		}
		solisten_proto(so, backlog);
	}
	SOCK_UNLOCK(so);
	mtx_unlock(&unp->unp_mtx);
	return (error);
}

/* The switch of a socket that has a name. */
static struct protosw *
switch_for(struct socket *so)
{
	struct protosw *sw = &named[so->so_type];

	mtx_assert(&names_mtx, MA_OWNED);
	if (plain[so->so_type] == NULL) {
		*sw = *so->so_proto;
		sw->pr_close = named_close;
		sw->pr_bind = named_bind;
		sw->pr_bindat = named_bindat;
		if (so->so_type != SOCK_DGRAM)
			sw->pr_listen = named_listen;
		plain[so->so_type] = so->so_proto;
	}
	return (sw);
}

static int
get_local(struct thread *td, int fd, const cap_rights_t *rights,
    struct file **fpp)
{
	struct socket *so;
	int error;

	error = getsock(td, fd, rights, fpp);
	if (error != 0)
		return (error);
	so = (*fpp)->f_data;
	if (so->so_proto->pr_domain->dom_family == AF_LOCAL)
		return (0);
	fdrop(*fpp, td);
	return (EAFNOSUPPORT);
}

static struct sockaddr_un *
address(const char *bytes, u_int len)
{
	struct sockaddr_un *sun;

	sun = malloc(MAX(sizeof(*sun), offsetof(struct sockaddr_un, sun_path) +
	    NAME_MAX_), M_SONAME, M_WAITOK | M_ZERO);
	sun->sun_len = offsetof(struct sockaddr_un, sun_path) + len;
	sun->sun_family = AF_LOCAL;
	memcpy(sun->sun_path, bytes, len);
	return (sun);
}

/*
 * Gives a socket a name, which begins with a NUL; without bytes one that nobody has, of five hexadecimal
 * digits. EINVAL where it has one, unless it wants any; EADDRINUSE.
 */
int
lrs_abstract_bind(struct thread *td, int fd, const char *bytes, u_int len)
{
	static const char digits[] = "0123456789abcdef";
	char any[6] = "";
	struct sockaddr_un *sun;
	struct file *fp;
	struct name *n;
	struct prison *prison;
	struct socket *so;
	struct unpcb *unp;
	u_int i, number, tries;
	int error;

	if (len > NAME_MAX_)
		return (EINVAL);
	error = get_local(td, fd, &cap_bind_rights, &fp);
	if (error != 0)
		return (error);
	so = fp->f_data;
	unp = sotounpcb(so);
	prison = so->so_cred->cr_prison;
	n = malloc(sizeof(*n), M_LINUX_RS, M_WAITOK | M_ZERO);
	sun = len > 0 ? address(bytes, len) : address(any, sizeof(any));
	error = mac_socket_check_bind(td->td_ucred, so, (struct sockaddr *)sun);
	if (error != 0)
		goto out;

	mtx_lock(&unp->unp_mtx);
	mtx_lock(&names_mtx);
	if (unp->unp_addr != NULL || unp->unp_vnode != NULL ||
	    (unp->unp_flags & UNP_BINDING) != 0) {
		error = len > 0 ? EINVAL : 0;
	} else if (len > 0) {
		if (find(prison, so->so_type, bytes, len) != NULL)
			error = EADDRINUSE;
		else
			n->len = len;
	} else {
		error = ENOSPC;
		for (tries = 0; tries < 1 << 20; tries++) {
			number = names_next++;
			for (i = sizeof(any) - 1; i > 0; i--, number >>= 4)
				any[i] = digits[number & 0xf];
			if (find(prison, so->so_type, any, sizeof(any)) == NULL) {
				n->len = sizeof(any);
				memcpy(sun->sun_path, any, sizeof(any));
				error = 0;
				break;
			}
		}
	}
	if (n->len > 0) {
		n->so = so;
		n->prison = prison;
		memcpy(n->bytes, sun->sun_path, n->len);
		LIST_INSERT_HEAD(&names[bucket(n->bytes, n->len)], n, link);
		names_count++;
		unp->unp_addr = sun;
		so->so_proto = switch_for(so);
		sun = NULL;
		n = NULL;
	}
	mtx_unlock(&names_mtx);
	mtx_unlock(&unp->unp_mtx);
out:
	free(sun, M_SONAME);
	free(n, M_LINUX_RS);
	fdrop(fp, td);
	return (error);
}

/* Whether so still has a name; with its lock held it keeps it. */
static bool
has_name(struct socket *so)
{
	bool has;

	mtx_assert(&sotounpcb(so)->unp_mtx, MA_OWNED);
	mtx_lock(&names_mtx);
	has = so->so_proto == &named[so->so_type];
	mtx_unlock(&names_mtx);
	return (has);
}

/* A connection for who listens at so2, not yet in its queue. */
static struct socket *
connection(struct socket *so2)
{
	struct socket *so3;

	if (!SOLISTENING(so2))
		return (NULL);
	so3 = solisten_clone(so2);
	if (so3 == NULL)
		return (NULL);
	so3->so_proto = plain[so3->so_type];
	if (so3->so_proto->pr_attach(so3, 0, NULL) != 0) {
		sodealloc(so3);
		return (NULL);
	}
	return (so3);
}

/* A connection that nobody will have. */
static void
give_up(struct socket *so3)
{

	refcount_init(&so3->so_count, 1);
	so3->so_listen = NULL;
	soabort(so3);
}

static int
connect_stream(struct thread *td, struct socket *so, struct socket *so2)
{
	struct sockaddr_un *sun;
	struct socket *so3;
	struct unpcb *unp, *unp2, *unp3;

	sun = address("", 0);
	so3 = connection(so2);
	if (so3 == NULL) {
		free(sun, M_SONAME);
		return (ECONNREFUSED);
	}
	unp = sotounpcb(so);
	unp2 = sotounpcb(so2);
	unp3 = sotounpcb(so3);
	mtx_lock(&unp2->unp_mtx);
	if (!has_name(so2) || !SOLISTENING(so2)) {
		mtx_unlock(&unp2->unp_mtx);
		give_up(so3);
		free(sun, M_SONAME);
		return (ECONNREFUSED);
	}
	memcpy(sun, unp2->unp_addr, unp2->unp_addr->sun_len);
	mtx_lock(&unp3->unp_mtx);
	unp3->unp_addr = sun;
	cru2xt(td, &unp3->unp_peercred);
	unp3->unp_flags |= UNP_HAVEPC |
	    (unp2->unp_flags & UNP_WANTCRED_MASK);
	mtx_unlock(&unp3->unp_mtx);
	mtx_lock(&unp->unp_mtx);
	unp->unp_peercred = unp2->unp_peercred;
	unp->unp_flags |= UNP_HAVEPC;
	mtx_unlock(&unp->unp_mtx);
	mac_socketpeer_set_from_socket(so, so3);
	mac_socketpeer_set_from_socket(so3, so);
	so->so_proto->pr_connect2(so, so3);
	(void)solisten_enqueue(so3, SS_ISCONNECTED);
	mtx_unlock(&unp2->unp_mtx);
	/* Who waits for it with poll(2). */
	SOCK_SENDBUF_LOCK(so);
	sowwakeup_locked(so);
	return (0);
}

/*
 * Whether a datagram socket has as much to read as it should have. What a connection of one message leaves
 * behind is moved there without a look at the limit.
 */
static bool
is_full(struct socket *so)
{
	struct sockbuf *sb = &so->so_rcv;
	bool full;

	SOCK_RECVBUF_LOCK(so);
	full = sb->uxdg_cc + sb->uxdg_ctl >= sb->sb_hiwat ||
	    sb->uxdg_mbcnt >= sb->sb_mbmax;
	SOCK_RECVBUF_UNLOCK(so);
	return (full);
}

/*
 * Connects a socket to who has a name. ECONNREFUSED where nobody has it, or nobody listens. What a datagram
 * socket is connected to ends, or with `once` is EISCONN.
 */
int
lrs_abstract_connect(struct thread *td, int fd, const char *bytes, u_int len,
    bool once)
{
	struct sockaddr_un *sun;
	struct file *fp;
	struct name *n;
	struct socket *so, *so2 = NULL;
	struct unpcb *unp;
	int error;

	if (len > NAME_MAX_)
		return (EINVAL);
	error = get_local(td, fd, &cap_connect_rights, &fp);
	if (error != 0)
		return (error);
	so = fp->f_data;
	unp = sotounpcb(so);
	sun = address(bytes, len);
	error = mac_socket_check_connect(td->td_ucred, so,
	    (struct sockaddr *)sun);
	free(sun, M_SONAME);
	if (error != 0)
		goto out;
	CURVNET_SET(so->so_vnet);
	if ((so->so_state & (SS_ISCONNECTED | SS_ISCONNECTING)) != 0 &&
	    (once || so->so_type != SOCK_DGRAM || sodisconnect(so) != 0)) {
		error = EISCONN;
		goto restore;
	}
	so->so_error = 0;
	mtx_lock(&unp->unp_mtx);
	while (error == 0) {
		if (SOLISTENING(so))
			error = EINVAL;
		else if (unp->unp_conn != NULL)
			error = EISCONN;
		else if ((unp->unp_flags & UNP_CONNECTING) != 0)
			error = EALREADY;
		else if (unp->unp_pairbusy == 0)
			break;
		else {
			unp->unp_flags |= UNP_WAITING;
			mtx_sleep(unp, &unp->unp_mtx, 0, "unpeer", 0);
		}
	}
	if (error != 0) {
		mtx_unlock(&unp->unp_mtx);
		goto restore;
	}
	unp->unp_flags |= UNP_CONNECTING;
	mtx_unlock(&unp->unp_mtx);

	mtx_lock(&names_mtx);
	n = find(td->td_ucred->cr_prison, so->so_type, bytes, len);
	if (n != NULL) {
		so2 = n->so;
		soref(so2);
	}
	mtx_unlock(&names_mtx);
	if (so2 == NULL)
		error = ECONNREFUSED;
	else if (so->so_type != SOCK_DGRAM)
		error = connect_stream(td, so, so2);
	else if (so2 == so) {
		/* FreeBSD cannot; it would lock itself twice. */
		error = EPERM;
	} else if (once && is_full(so2)) {
		error = ENOBUFS;
	} else
		so->so_proto->pr_connect2(so, so2);
	mtx_lock(&unp->unp_mtx);
	unp->unp_flags &= ~UNP_CONNECTING;
	mtx_unlock(&unp->unp_mtx);
	if (so2 != NULL) {
		SOCK_LOCK(so2);
		sorele_locked(so2);
	}
restore:
	CURVNET_RESTORE();
out:
	fdrop(fp, td);
	return (error);
}

/*
 * Hands what a datagram socket has sent to its peer over to it, whole: disconnecting alone would drop it unless
 * the peer has nothing else to read.
 */
static void
hand_over(struct socket *so)
{
	struct unpcb *unp = sotounpcb(so);
	struct sockbuf *from = &so->so_snd, *to;
	struct socket *so2;

	mtx_lock(&unp->unp_mtx);
	/* Who is gone has told its peers before its socket goes, by this lock. */
	if (unp->unp_conn != NULL) {
		so2 = unp->unp_conn->unp_socket;
		to = &so2->so_rcv;
		SOCK_RECVBUF_LOCK(so2);
		if (!STAILQ_EMPTY(&from->uxdg_mb) &&
		    (to->sb_state & SBS_CANTRCVMORE) == 0) {
			TAILQ_REMOVE(&to->uxdg_conns, from, uxdg_clist);
			STAILQ_CONCAT(&to->uxdg_mb, &from->uxdg_mb);
			to->uxdg_cc += from->uxdg_cc;
			to->uxdg_ctl += from->uxdg_ctl;
			to->uxdg_mbcnt += from->uxdg_mbcnt;
			from->uxdg_cc = 0;
			from->uxdg_ctl = 0;
			from->uxdg_mbcnt = 0;
		}
		SOCK_RECVBUF_UNLOCK(so2);
	}
	mtx_unlock(&unp->unp_mtx);
}

/* Ends what a datagram socket was connected to for one message. */
int
lrs_local_disconnect(struct thread *td, int fd)
{
	struct file *fp;
	struct socket *so;
	int error;

	error = get_local(td, fd, &cap_connect_rights, &fp);
	if (error != 0)
		return (error);
	so = fp->f_data;
	CURVNET_SET(so->so_vnet);
	if (so->so_type == SOCK_DGRAM)
		hand_over(so);
	error = sodisconnect(so);
	CURVNET_RESTORE();
	fdrop(fp, td);
	return (error);
}

/* Whether somebody has a name; native processes can have got such a socket. */
bool
lrs_abstract_any(void)
{

	return (names_count != 0);
}
