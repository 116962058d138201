/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What sockets there are, for NETLINK_SOCK_DIAG: the kernel's own lists (net.inet.tcp.pcblist and its like), as
 * whoever made the netlink socket may see them.
 */
#define	NETLINK	1
#include "wrapper.h"
#include <netinet/in_pcb.h>
#include <netinet/tcp_var.h>
#include <sys/unpcb.h>
#include <netlink/netlink_message_writer.h>

/* A list by the name of its sysctl, in memory of the caller's; NULL where there is none. */
static char *
list(struct nlpcb *nlp, const char *name, size_t *size)
{
	struct thread *td = curthread;
	struct ucred *own = td->td_ucred;
	char *data = NULL;
	int error;

	/* The kernel's thread for the socket works for who made it, as that of aio(4) does. */
	td->td_ucred = nlp_get_cred(nlp);
	for (int tries = 0; tries < 4; tries++) {
		error = kernel_sysctlbyname(td, __DECONST(char *, name), NULL,
		    NULL, NULL, 0, size, 0);
		if (error != 0)
			break;
		*size += *size / 4 + 4096;
		data = malloc(*size, M_LINUX_RS, M_WAITOK | M_ZERO);
		error = kernel_sysctlbyname(td, __DECONST(char *, name), data,
		    size, NULL, 0, size, 0);
		if (error == 0)
			break;
		free(data, M_LINUX_RS);
		data = NULL;
		if (error != ENOMEM)
			break;
	}
	td->td_ucred = own;
	return (data);
}

static void
inet(const struct xinpcb *in, const struct xtcpcb *tcp, struct lrs_inet_socket *to)
{
	const struct xsocket *so = &in->xi_socket;

	memset(to, 0, sizeof(*to));
	to->six = so->xso_family == AF_INET6;
	to->state = tcp != NULL ? tcp->t_state : -1;
	to->listening = (so->so_options & SO_ACCEPTCONN) != 0;
	to->connected = (so->so_state & SS_ISCONNECTED) != 0;
	to->local_port = in->inp_inc.inc_ie.ie_lport;
	to->peer_port = in->inp_inc.inc_ie.ie_fport;
	if (to->six && (in->inp_vflag & INP_IPV6) != 0) {
		memcpy(to->local, &in->inp_inc.inc_ie.ie6_laddr, 16);
		memcpy(to->peer, &in->inp_inc.inc_ie.ie6_faddr, 16);
	} else {
		/* In place of the last four bytes; ::ffff:a.b.c.d for a socket of IPv6. */
		memcpy(to->local + 12, &in->inp_inc.inc_ie.ie_laddr, 4);
		memcpy(to->peer + 12, &in->inp_inc.inc_ie.ie_faddr, 4);
		if (to->six) {
			memset(to->local + 10, 0xff, 2);
			memset(to->peer + 10, 0xff, 2);
		}
	}
	to->received = to->listening ? so->so_qlen : so->so_rcv.sb_cc;
	to->sent = to->listening ? so->so_qlimit : so->so_snd.sb_cc;
	to->user = so->so_uid;
	to->number = in->inp_gencnt;
}

/* Calls `each` with every socket of a protocol until it says false. */
void
lrs_each_inet_socket(struct nlpcb *nlp, int protocol,
    bool (*each)(void *, const struct lrs_inet_socket *), void *arg)
{
	struct lrs_inet_socket one;
	const struct xtcpcb *tcp;
	const struct xinpcb *in;
	size_t at, len, size, smallest;
	char *data;

	data = list(nlp, protocol == IPPROTO_TCP ? "net.inet.tcp.pcblist" :
	    protocol == IPPROTO_UDP ? "net.inet.udp.pcblist" :
	    "net.inet.raw.pcblist", &size);
	if (data == NULL)
		return;
	smallest = protocol == IPPROTO_TCP ? sizeof(*tcp) : sizeof(*in);
	for (at = ((struct xinpgen *)data)->xig_len; at + smallest <= size;
	    at += len) {
		len = *(ksize_t *)(data + at);
		/* The last entry is another header. */
		if (len < smallest || len > size - at)
			break;
		tcp = protocol == IPPROTO_TCP ? (void *)(data + at) : NULL;
		in = tcp != NULL ? &tcp->xt_inp : (void *)(data + at);
		inet(in, tcp, &one);
		if (!each(arg, &one))
			break;
	}
	free(data, M_LINUX_RS);
}

/* The same for local sockets of one type. */
void
lrs_each_local_socket(struct nlpcb *nlp, int type,
    bool (*each)(void *, const struct lrs_local_socket *), void *arg)
{
	struct lrs_local_socket one;
	const struct xunpcb *un, *other;
	size_t at, first, size, step;
	char *data;

	data = list(nlp, type == SOCK_STREAM ? "net.local.stream.pcblist" :
	    type == SOCK_DGRAM ? "net.local.dgram.pcblist" :
	    "net.local.seqpacket.pcblist", &size);
	if (data == NULL)
		return;
	first = ((struct xunpgen *)data)->xug_len;
	for (at = first; at + sizeof(*un) <= size; at += sizeof(*un)) {
		un = (void *)(data + at);
		if (un->xu_len != sizeof(*un))
			break;
		memset(&one, 0, sizeof(one));
		one.type = type;
		one.listening =
		    (un->xu_socket.so_options & SO_ACCEPTCONN) != 0;
		one.connected = un->unp_conn != 0;
		if (un->xu_addr.sun_len > 2)
			one.name_len = MIN(un->xu_addr.sun_len - 2,
			    sizeof(one.name));
		memcpy(one.name, un->xu_addr.sun_path, one.name_len);
		one.received = one.listening ? un->xu_socket.so_qlen :
		    un->xu_socket.so_rcv.sb_cc;
		one.sent = one.listening ? un->xu_socket.so_qlimit :
		    un->xu_socket.so_snd.sb_cc;
		one.user = un->xu_socket.so_uid;
		one.number = un->unp_gencnt;
		for (step = first; one.connected &&
		    step + sizeof(*un) <= size; step += sizeof(*un)) {
			other = (void *)(data + step);
			if (other->xu_unpp == un->unp_conn) {
				one.peer = other->unp_gencnt;
				break;
			}
		}
		if (!each(arg, &one))
			break;
	}
	free(data, M_LINUX_RS);
}

/* Adds a message of an answer in many. False without memory. */
bool
lrs_netlink_tell(struct nl_pstate *state, uint16_t type, const void *bytes,
    u_int len)
{
	const struct nlmsghdr *asked = state->hdr;
	void *to;

	if (!nlmsg_add(state->nw, asked->nlmsg_pid, asked->nlmsg_seq, type,
	    NLM_F_MULTI, len))
		return (false);
	to = nlmsg_reserve_data_raw(state->nw, len);
	if (to == NULL) {
		nlmsg_abort(state->nw);
		return (false);
	}
	memcpy(to, bytes, len);
	return (nlmsg_end(state->nw));
}

/* Ends it. */
void
lrs_netlink_told(struct nl_pstate *state)
{

	nlmsg_end_dump(state->nw, 0, state->hdr);
}

/* Whether an error that a hook returns is told. */
void
lrs_netlink_say_errors(struct nl_pstate *state, bool say)
{

	state->nw->suppress_ack = !say;
}
