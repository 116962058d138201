/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Capabilities: what a credential is granted, and the mac(9) policy that
 * refuses privileges to threads which have given them up, and grants those that
 * were kept when the user id 0 went. The table of
 * capabilities is in Rust (kpi/kern/caps.rs).
 */
#include "wrapper.h"
#include <sys/linker.h>
#include <sys/sx.h>

/*
 * Which of `count` privileges a credential is granted, one bit each, as it is
 * and as it would be with the effective user id 0. May sleep.
 */
void
lrs_granted(struct ucred *cred, const int *privileges, int count,
    uint64_t *now, uint64_t *as_root)
{
	/* Not the thread's own: the policy below does not look at it. */
	struct ucred *copy = crdup(cred);
	int i;

	*now = *as_root = 0;
	for (i = 0; i < count; i++)
		if (priv_check_cred(copy, privileges[i]) == 0)
			*now |= 1ul << i;
	copy->cr_uid = 0;
	for (i = 0; i < count; i++)
		if (priv_check_cred(copy, privileges[i]) == 0)
			*as_root |= 1ul << i;
	crfree(copy);
}

/*
 * security/mac/mac_policy.h, MAC_VERSION 6 (15.x), which is not among the
 * installed headers: struct mac_policy_conf, and the places of mpo_priv_check
 * and mpo_priv_grant in struct mac_policy_ops. Whether those are the places is
 * tried before it is relied on.
 */
#define	PRIV_CHECK_SLOT	134
#define	PRIV_GRANT_SLOT	135
#define	OPS		512
#define	UNLOAD_OK	2

struct mac_conf {
	const char	*name;
	const char	*fullname;
	void		*ops;
	int		 loadtime_flags;
	int		*field_off;
	int		 runtime_flags;
	int		 spare1;
	uint64_t	 spare2;
	uint64_t	 spare3;
	void		*spare4;
	LIST_ENTRY(mac_conf) list;
};
typedef int mac_modevent_t(void *module, int type, void *data);

int	linux_rs_priv_check(struct ucred *, int);
int	linux_rs_priv_grant(struct ucred *, int);

static struct sx mac_lock;
SX_SYSINIT(linux_rs_mac, &mac_lock, "linux_rs mac");
static void *mac_ops[OPS];
static struct mac_conf mac_conf = {
	.name = "linux_rs",
	.fullname = "capabilities that Linux programs gave up",
	.ops = mac_ops,
	.loadtime_flags = UNLOAD_OK,
};
static enum { MAC_UNTRIED, MAC_ACTIVE, MAC_MISSING } mac_state;
static struct ucred *mac_trial;
static bool mac_checks, mac_grants;

static int
mac_priv_check(struct ucred *cred, int privilege)
{
	if (mac_state != MAC_ACTIVE) {
		if (cred == mac_trial && privilege == PRIV_MODULE15)
			mac_checks = true;
		return (0);
	}
	return (linux_rs_priv_check(cred, privilege));
}

static int
mac_priv_grant(struct ucred *cred, int privilege)
{
	if (mac_state != MAC_ACTIVE) {
		if (cred == mac_trial && privilege == PRIV_MODULE15)
			mac_grants = true;
		return (EPERM);
	}
	return (linux_rs_priv_grant(cred, privilege));
}

static int
mac_event(int type)
{
	mac_modevent_t *event;

	/* Part of the kernel only with options MAC, as in GENERIC. */
	event = (mac_modevent_t *)linker_file_lookup_symbol(linker_kernel_file,
	    "mac_policy_modevent", 0);
	return (event == NULL ? EOPNOTSUPP : event(NULL, type, &mac_conf));
}

/* From now on the kernel asks the policy; EOPNOTSUPP where it cannot. */
int
lrs_policy_install(void)
{
	if (mac_state == MAC_ACTIVE)
		return (0);
	sx_xlock(&mac_lock);
	if (mac_state == MAC_UNTRIED) {
		mac_ops[PRIV_CHECK_SLOT] = mac_priv_check;
		mac_ops[PRIV_GRANT_SLOT] = mac_priv_grant;
		/* Nobody's, so that both questions are asked. */
		mac_trial = crdup(curthread->td_ucred);
		mac_trial->cr_uid = mac_trial->cr_ruid = mac_trial->cr_svuid =
		    65534;
		mac_checks = mac_grants = false;
		mac_state = MAC_MISSING;
		if (mac_event(MOD_LOAD) == 0) {
			(void)priv_check_cred(mac_trial, PRIV_MODULE15);
			if (mac_checks && mac_grants)
				mac_state = MAC_ACTIVE;
			else
				mac_event(MOD_UNLOAD);
		}
		crfree(mac_trial);
		mac_trial = NULL;
	}
	sx_xunlock(&mac_lock);
	return (mac_state == MAC_ACTIVE ? 0 : EOPNOTSUPP);
}

/* At unload, when no process is Linux. */
void
lrs_policy_remove(void)
{
	if (mac_state == MAC_ACTIVE)
		mac_event(MOD_UNLOAD);
	mac_state = MAC_UNTRIED;
}
