/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * renameat2(2) with RENAME_NOREPLACE. kern_renameat (vfs_syscalls.c) always
 * replaces; this is the same use of namei(9) and VOP_RENAME(9), which keeps the
 * target's folder locked from the moment the new name is seen to be free.
 */
#include "wrapper.h"
#include <sys/bio.h>
#include <sys/buf.h>
#include <sys/lockmgr.h>
#include <sys/mount.h>
#include <sys/namei.h>

/* mac(9), whose header is not among the installed ones. */
int	mac_vnode_check_rename_from(struct ucred *, struct vnode *,
	    struct vnode *, struct componentname *);
int	mac_vnode_check_rename_to(struct ucred *, struct vnode *,
	    struct vnode *, int samedir, struct componentname *);

struct lrs_rename_args {
	struct vop_generic_args a_gen;
	struct vnode	*a_fdvp;
	struct vnode	*a_fvp;
	struct componentname *a_fcnp;
	struct vnode	*a_tdvp;
	struct vnode	*a_tvp;
	struct componentname *a_tcnp;
};
extern struct vnodeop_desc vop_rename_desc;
int	lrs_VOP_RENAME_APV(const struct vop_vector *, struct lrs_rename_args *)
	    __asm("VOP_RENAME_APV");

struct lrs_getwritemount_args {
	struct vop_generic_args a_gen;
	struct vnode	*a_vp;
	struct mount	**a_mpp;
};
extern struct vnodeop_desc vop_getwritemount_desc;
int	lrs_VOP_GETWRITEMOUNT_APV(const struct vop_vector *,
	    struct lrs_getwritemount_args *) __asm("VOP_GETWRITEMOUNT_APV");

/* VOP_UNLOCK(9) by what the kernel exports: a reference stays. */
static void
unlock(struct vnode *vp)
{
	vref(vp);
	vput(vp);
}

static void
forget_source(struct nameidata *nd)
{
	NDFREE_PNBUF(nd);
	vrele(nd->ni_dvp);
	vrele(nd->ni_vp);
}

/* The file, and the folder it is in, referenced and not locked. */
static int
find_source(struct thread *td, struct nameidata *nd, enum uio_seg space,
    const char *path, int dir)
{
	int error;

	NDINIT_AT(nd, DELETE, LOCKPARENT | LOCKLEAF, space, path, dir);
	error = namei(nd);
	if (error != 0)
		return (error);
	error = mac_vnode_check_rename_from(td->td_ucred, nd->ni_dvp,
	    nd->ni_vp, &nd->ni_cnd);
	unlock(nd->ni_dvp);
	if (nd->ni_vp != nd->ni_dvp)
		unlock(nd->ni_vp);
	if (error != 0)
		forget_source(nd);
	return (error);
}

/* The target's folder is locked, and so is the target, if there is one. */
static void
forget_target(struct nameidata *nd)
{
	NDFREE_PNBUF(nd);
	if (nd->ni_vp == nd->ni_dvp) {
		vrele(nd->ni_vp);
	} else if (nd->ni_vp != NULL) {
		vput(nd->ni_vp);
	}
	vput(nd->ni_dvp);
}

/* Whether the new name may be had. */
static int
may_rename(struct thread *td, struct nameidata *from, struct nameidata *to)
{
	short attr = vn_irflag_read(from->ni_vp);

	if (to->ni_vp != NULL)
		return (EEXIST);
	if (from->ni_vp == to->ni_dvp || (attr & VIRF_NAMEDDIR) != 0 ||
	    ((attr & VIRF_NAMEDATTR) != 0 && from->ni_dvp != to->ni_dvp))
		return (EINVAL);
	return (mac_vnode_check_rename_to(td->td_ucred, to->ni_dvp, NULL,
	    from->ni_dvp == to->ni_dvp, &to->ni_cnd));
}

/*
 * The mount that is written to, and its lock of renames. EWOULDBLOCK where one
 * of them is not to be had at once; *mp is then what to wait for to be writable,
 * or *renames, referenced, whose lock.
 */
static int
begin_write(struct vnode *source, struct vnode *folder, struct mount **mp,
    struct mount **renames)
{
	struct lrs_getwritemount_args args = {
		.a_gen.a_desc = &vop_getwritemount_desc,
		.a_vp = folder,
		.a_mpp = renames,
	};

	*mp = *renames = NULL;
	if (vn_start_write(source, mp, V_NOWAIT) != 0)
		return (EWOULDBLOCK);
	if (lrs_VOP_GETWRITEMOUNT_APV(folder->v_op, &args) != 0)
		*renames = NULL;
	if (*renames != NULL && lockmgr(&(*renames)->mnt_renamelock,
	    LK_EXCLUSIVE | LK_NOWAIT, NULL) == 0)
		return (0);
	vn_finished_write(*mp);
	*mp = NULL;
	return (EWOULDBLOCK);
}

/* Sleeps for what begin_write could not have, with nothing locked. */
static int
wait_write(struct mount *mp, struct mount *renames)
{
	if (renames != NULL) {
		lockmgr(&renames->mnt_renamelock, LK_EXCLUSIVE, NULL);
		lockmgr(&renames->mnt_renamelock, LK_RELEASE, NULL);
		vfs_rel(renames);
		return (0);
	}
	if (mp != NULL)
		return (vn_start_write(NULL, &mp, V_XSLEEP | V_PCATCH));
	/* The folder's mount is going away: the next look finds out. */
	maybe_yield();
	return (0);
}

int
lrs_rename_noreplace(struct thread *td, int fromdir, const char *frompath,
    int todir, const char *topath, enum uio_seg space)
{
	struct nameidata from, to;
	struct lrs_rename_args args;
	struct mount *mp, *renames;
	int error;

	do {
		bwillwrite();
		error = find_source(td, &from, space, frompath, fromdir);
		if (error != 0)
			return (error);
		NDINIT_AT(&to, RENAME, LOCKPARENT | LOCKLEAF | NOCACHE |
		    (from.ni_vp->v_type == VDIR ? WILLBEDIR : 0), space, topath,
		    todir);
		error = namei(&to);
		if (error != 0) {
			/* "folder/." as the new name of a folder. */
			if (error == EISDIR && from.ni_vp->v_type == VDIR)
				error = EINVAL;
			forget_source(&from);
			continue;
		}
		error = may_rename(td, &from, &to);
		if (error == 0)
			error = begin_write(from.ni_vp, to.ni_dvp, &mp,
			    &renames);
		if (error != 0) {
			forget_target(&to);
			forget_source(&from);
			if (error != EWOULDBLOCK)
				return (error);
			error = wait_write(mp, renames);
			if (error == 0)
				error = ERELOOKUP;
			continue;
		}
		args = (struct lrs_rename_args){
			.a_gen.a_desc = &vop_rename_desc,
			.a_fdvp = from.ni_dvp,
			.a_fvp = from.ni_vp,
			.a_fcnp = &from.ni_cnd,
			.a_tdvp = to.ni_dvp,
			.a_tvp = NULL,
			.a_tcnp = &to.ni_cnd,
		};
		/* Gives back locks and references. */
		error = lrs_VOP_RENAME_APV(from.ni_dvp->v_op, &args);
		NDFREE_PNBUF(&from);
		NDFREE_PNBUF(&to);
		lockmgr(&renames->mnt_renamelock, LK_RELEASE, NULL);
		vfs_rel(renames);
		vn_finished_write(mp);
	} while (error == ERELOOKUP);
	return (error);
}
