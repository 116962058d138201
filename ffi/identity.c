/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Credentials of single threads: copies that differ in ids, and a process's
 * own one set to such a copy (kern_prot.c).
 */
#include "wrapper.h"
#include <sys/linker.h>
#include <sys/loginclass.h>

typedef void racct_changed_t(struct proc *, struct ucred *, struct ucred *);
typedef void rctl_changed_t(struct proc *, struct ucred *);
typedef int mac_three_t(struct ucred *, uint32_t, uint32_t, uint32_t);
typedef int mac_groups_t(struct ucred *, int, gid_t *);

/* Between threads whose credentials part or meet. Taken before PROC_LOCK. */
static struct sx identity_lock;
SX_SYSINIT(linux_rs_identity, &identity_lock, "linux_rs identity");

void
lrs_identity_lock(void)
{
	sx_xlock(&identity_lock);
}

void
lrs_identity_unlock(void)
{
	sx_xunlock(&identity_lock);
}

/* What the kernel has only with some of its options. */
static void *
optional(const char *name)
{
	return (linker_file_lookup_symbol(linker_kernel_file, name, 0));
}

/* What other mac(9) policies say to three ids; which are users or groups. */
int
lrs_mac_may_set(struct ucred *cred, bool users, const uint32_t ids[3])
{
	mac_three_t *check = (mac_three_t *)optional(users ?
	    "mac_cred_check_setresuid" : "mac_cred_check_setresgid");

	return (check == NULL ? 0 : check(cred, ids[0], ids[1], ids[2]));
}

/* The same for supplementary groups. */
int
lrs_mac_may_set_groups(struct ucred *cred, int count, gid_t *groups)
{
	mac_groups_t *check =
	    (mac_groups_t *)optional("mac_cred_check_setgroups");

	return (check == NULL ? 0 : check(cred, count, groups));
}

/* Copies of a credential but for the ids: real, effective, saved. May sleep. */
struct ucred *
lrs_cred_with_users(struct ucred *cred, const uid_t ids[3])
{
	struct uidinfo *real = uifind(ids[0]), *effective = uifind(ids[1]);
	struct ucred *new = crdup(cred);

	change_ruid(new, real);
	change_euid(new, effective);
	change_svuid(new, ids[2]);
	uifree(real);
	uifree(effective);
	return (new);
}

struct ucred *
lrs_cred_with_groups(struct ucred *cred, const gid_t ids[3])
{
	struct ucred *new = crdup(cred);

	change_rgid(new, ids[0]);
	change_egid(new, ids[1]);
	change_svgid(new, ids[2]);
	return (new);
}

struct ucred *
lrs_cred_with_supplementary(struct ucred *cred, int count, const gid_t *groups)
{
	struct ucred *new = crdup(cred);

	crsetgroups(new, count, groups);
	return (new);
}

/* Whether two credentials say the same. */
bool
lrs_cred_same(const struct ucred *a, const struct ucred *b)
{
	return (a == b || (a->cr_uid == b->cr_uid &&
	    a->cr_ruid == b->cr_ruid && a->cr_svuid == b->cr_svuid &&
	    a->cr_gid == b->cr_gid && a->cr_rgid == b->cr_rgid &&
	    a->cr_svgid == b->cr_svgid && a->cr_flags == b->cr_flags &&
	    a->cr_prison == b->cr_prison &&
	    a->cr_loginclass == b->cr_loginclass &&
	    a->cr_ngroups == b->cr_ngroups &&
	    memcmp(a->cr_groups, b->cr_groups,
	    a->cr_ngroups * sizeof(gid_t)) == 0));
}

/*
 * The process gets a copy of `cred`; `each` is called with its lock held before
 * that. May sleep.
 */
void
lrs_proc_set_cred(struct proc *p, struct ucred *cred,
    void (*each)(struct proc *))
{
	racct_changed_t *racct = (racct_changed_t *)
	    optional("racct_proc_ucred_changed");
	rctl_changed_t *rctl = (rctl_changed_t *)
	    optional("rctl_proc_ucred_changed");
	struct ucred *new = crdup(cred), *old;

	PROC_LOCK(p);
	if (each != NULL)
		each(p);
	old = p->p_ucred;
	proc_set_cred(p, new);
	setsugid(p);
	if (racct != NULL)
		racct(p, old, new);
	crhold(new);
	PROC_UNLOCK(p);
	if (rctl != NULL)
		rctl(p, new);
	crfree(new);
	crfree(old);
}

/* The process's ids are no longer those of its program. */
void
lrs_setsugid(struct proc *p)
{
	PROC_LOCK(p);
	setsugid(p);
	PROC_UNLOCK(p);
}

/* Whether the jail lets user id 0 mean anything (security.bsd.suser_enabled). */
bool
lrs_suser_enabled(struct ucred *cred)
{
	return (prison_allow(cred, PR_ALLOW_SUSER));
}
