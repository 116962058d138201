/* SPDX-License-Identifier: BSD-2-Clause */
/* Shim for netlink sockets: the kernel's hooks for Linux ones, and their state. */
#include "wrapper.h"
#include <sys/domain.h>
#include <sys/protosw.h>
#include <net/vnet.h>

static struct linux_netlink_provider provider;

/* The kernel translates by these from now on. */
void
lrs_netlink_install(msgs_to_linux_cb_t *to, msg_from_linux_cb_t *from)
{
	provider.msgs_to_linux = to;
	provider.msg_from_linux = from;
	linux_netlink_p = &provider;
}

/*
 * No more, unless a socket of a Linux process is left, which a native one may have got from it. The
 * caller sees to it that no new ones come. A socket is in its list for as long as the kernel
 * translates for it.
 */
bool
lrs_netlink_remove(void)
{
	struct rm_priotracker tracker;
	struct nlpcb *nlp;
	struct vnet *vnet;
	bool busy = false;

	VNET_LIST_RLOCK();
	VNET_FOREACH(vnet) {
		CURVNET_SET(vnet);
		rm_rlock(&V_nl_ctl.ctl_lock, &tracker);
		/* A list of Concurrency Kit's, whose macros are not at hand. */
		for (nlp = V_nl_ctl.ctl_pcb_head.clh_first; nlp != NULL;
		    nlp = nlp->nl_next.cle_next)
			busy |= nlp->nl_linux;
		rm_runlock(&V_nl_ctl.ctl_lock, &tracker);
		CURVNET_RESTORE();
	}
	VNET_LIST_RUNLOCK();
	if (!busy)
		linux_netlink_p = NULL;
	return (!busy);
}

/* The interfaces of the present network stack, until lrs_net_exit. */
void
lrs_net_enter_here(struct lrs_net *net)
{
	net->saved = curvnet;
	NET_EPOCH_ENTER(net->et);
}

/* A netlink socket of a Linux process by its descriptor, with its file held; or NULL. */
static struct nlpcb *
hold(struct thread *td, int fd, struct file **fp)
{
	struct socket *so;

	if (getsock(td, fd, &cap_no_rights, fp) != 0)
		return (NULL);
	so = (*fp)->f_data;
	if (so->so_proto->pr_domain->dom_family != AF_NETLINK ||
	    !sotonlpcb(so)->nl_linux) {
		fdrop(*fp, td);
		return (NULL);
	}
	return (sotonlpcb(so));
}

/* Its protocol, or -1 for another file. */
int
lrs_netlink_protocol(struct thread *td, int fd)
{
	struct file *fp;
	struct nlpcb *nlp = hold(td, fd, &fp);
	int protocol;

	if (nlp == NULL)
		return (-1);
	protocol = nlp->nl_proto;
	fdrop(fp, td);
	return (protocol);
}

/* Makes it one of a protocol that the kernel has not: nothing is sent to it. */
bool
lrs_netlink_become(struct thread *td, int fd, int protocol)
{
	struct file *fp;
	struct nlpcb *nlp = hold(td, fd, &fp);

	if (nlp == NULL)
		return (false);
	nlp->nl_proto = protocol;
	fdrop(fp, td);
	return (true);
}

/* Waits until the kernel has answered what was sent so far. False for another file. */
bool
lrs_netlink_settle(struct thread *td, int fd)
{
	struct file *fp;
	struct nlpcb *nlp = hold(td, fd, &fp);

	if (nlp == NULL)
		return (false);
	taskqueue_drain(nlp->nl_taskqueue, &nlp->nl_task);
	fdrop(fp, td);
	return (true);
}
