/* SPDX-License-Identifier: BSD-2-Clause */
/* Shim for what other modules ask of this one: network interfaces, registered drivers. */
#include "wrapper.h"
#include <net/ethernet.h>
#include <net/if_dl.h>
#include <net/vnet.h>

/* The interfaces of the thread's own network stack, until lrs_net_exit. */
void
lrs_net_enter(struct thread *td, struct lrs_net *net)
{
	net->saved = curvnet;
	curvnet = TD_TO_VNET(td);
	NET_EPOCH_ENTER(net->et);
}

void
lrs_net_exit(struct lrs_net *net)
{
	NET_EPOCH_EXIT(net->et);
	curvnet = net->saved;
}

static u_int
copy_address(void *arg, struct ifaddr *ifa, u_int count)
{
	struct sockaddr_dl *sdl = (struct sockaddr_dl *)ifa->ifa_addr;

	if (count > 0 || sdl->sdl_alen != ETHER_ADDR_LEN)
		return (0);
	memcpy(arg, LLADDR(sdl), ETHER_ADDR_LEN);
	return (1);
}

/* The hardware address, if it has one of six bytes. */
bool
lrs_if_address(struct ifnet *ifp, uint8_t address[6])
{
	return (if_foreach_addr_type(ifp, AF_LINK, copy_address, address) > 0);
}

struct each_inet {
	struct ucred *cred;
	void	(*each)(void *, const struct sockaddr *);
	void	*arg;
};

static u_int
call_each(void *arg, struct ifaddr *ifa, u_int count __unused)
{
	struct each_inet *e = arg;

	if (prison_if(e->cred, ifa->ifa_addr) == 0)
		e->each(e->arg, ifa->ifa_addr);
	return (1);
}

/* The IPv4 addresses that the thread's jail may see. */
void
lrs_if_each_inet(struct thread *td, struct ifnet *ifp,
    void (*each)(void *, const struct sockaddr *), void *arg)
{
	struct each_inet e = { td->td_ucred, each, arg };

	if_foreach_addr_type(ifp, AF_INET, call_each, &e);
}

/*
 * Drivers register early: in a kernel that was loaded with them, before this
 * module's own load event.
 */
static struct sx drivers_lock;
SX_SYSINIT(linux_rs_drivers, &drivers_lock, "linux_rs drivers");

void
lrs_drivers_lock(void)
{
	sx_xlock(&drivers_lock);
}

void
lrs_drivers_unlock(void)
{
	sx_xunlock(&drivers_lock);
}

/* A moment, for a call to come back from a driver. */
void
lrs_drivers_wait(void)
{
	pause("lrsdrv", 1);
}

/* Taken last: who asks for a device's number may hold PROC_LOCK. */
static struct mtx devices_lock;
MTX_SYSINIT(linux_rs_devices, &devices_lock, "linux_rs devices", MTX_DEF);

void
lrs_devices_lock(void)
{
	mtx_lock(&devices_lock);
}

void
lrs_devices_unlock(void)
{
	mtx_unlock(&devices_lock);
}
