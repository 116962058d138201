/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Macros and inline functions of vm_map.h, vm_object.h and vm_page.h.
 */
#include "wrapper.h"
#include <vm/vm_radix.h>

void
lrs_vm_map_lock(vm_map_t map)
{
	vm_map_lock(map);
}

void
lrs_vm_map_unlock(vm_map_t map)
{
	vm_map_unlock(map);
}

void
lrs_vm_map_lock_read(vm_map_t map)
{
	vm_map_lock_read(map);
}

void
lrs_vm_map_unlock_read(vm_map_t map)
{
	vm_map_unlock_read(map);
}

void
lrs_vm_object_wlock(vm_object_t object)
{
	VM_OBJECT_WLOCK(object);
}

void
lrs_vm_object_wunlock(vm_object_t object)
{
	VM_OBJECT_WUNLOCK(object);
}

/* Unlocks the map, waits for somebody to be done with an entry, and locks it again. */
void
lrs_vm_map_wait(vm_map_t map)
{
	(void)vm_map_unlock_and_wait(map, 0);
	vm_map_lock(map);
}

/* The first address that can be mapped. */
vm_offset_t
lrs_vm_map_min(vm_map_t map)
{
	return (vm_map_min(map));
}

/* How many bytes of the map are locked. */
vm_size_t
lrs_vm_map_wired(vm_map_t map)
{
	return (ptoa(pmap_wired_count(map->pmap)));
}

/*
 * The file or device below the object, with the offset in it added to that in
 * the object; NULL if there is none and what the object lacks is zero.  It is
 * there for as long as an entry of a locked map refers to the object.
 */
vm_object_t
lrs_vm_object_bottom(vm_object_t object, vm_ooffset_t *offset)
{
	vm_object_t below;
	bool anon;

	VM_OBJECT_RLOCK(object);
	while ((below = object->backing_object) != NULL) {
		*offset += object->backing_object_offset;
		VM_OBJECT_RLOCK(below);
		VM_OBJECT_RUNLOCK(object);
		object = below;
	}
	anon = (object->flags & OBJ_ANON) != 0;
	VM_OBJECT_RUNLOCK(object);
	return (anon ? NULL : object);
}

/*
 * Drops pages of memory that is not a file system's, and what of it is swapped
 * out: they read as zero from now on.
 */
bool
lrs_vm_object_punch(vm_object_t object, vm_pindex_t first, vm_pindex_t count)
{
	bool can;

	VM_OBJECT_WLOCK(object);
	can = (object->flags & OBJ_SWAP) != 0 && vm_object_vnode(object) == NULL;
	if (can)
		vm_object_page_remove(object, first, first + count, 0);
	VM_OBJECT_WUNLOCK(object);
	return (can);
}

static void
count_pages(vm_object_t object, vm_pindex_t next, vm_pindex_t end,
    uint64_t *cached, uint64_t *dirty)
{
	struct pctrie_iter pages;
	vm_page_t m;
	int count;

	do {
		/* In parts, as others wait for the object. */
		VM_OBJECT_RLOCK(object);
		vm_page_iter_limit_init(&pages, object, end);
		m = vm_radix_iter_lookup_ge(&pages, next);
		for (count = 0; m != NULL && count < 4096; count++) {
			(*cached)++;
			if (m->dirty != 0)
				(*dirty)++;
			next = m->pindex + 1;
			m = vm_radix_iter_step(&pages);
		}
		VM_OBJECT_RUNLOCK(object);
		maybe_yield();
	} while (m != NULL);
}

/*
 * How many pages of a file from a byte to another are in memory, and how many
 * of these are to be written; none of what is no file.  EBADF.
 */
int
lrs_cached_pages(struct thread *td, int fd, uint64_t from, uint64_t to,
    uint64_t *cached, uint64_t *dirty)
{
	struct file *fp;
	struct vnode *vp;
	vm_object_t object;
	vm_pindex_t next, end;
	int error;

	*cached = *dirty = 0;
	next = OFF_TO_IDX(from);
	end = OFF_TO_IDX(to - 1) + 1;
	error = fget(td, fd, &cap_no_rights, &fp);
	if (error != 0)
		return (error);
	if (fp->f_ops == &path_fileops) {
		error = EBADF;
	} else if (fp->f_type == DTYPE_SHM) {
		object = ((struct shmfd *)fp->f_data)->shm_object;
		count_pages(object, next, end, cached, dirty);
	} else if (fp->f_type == DTYPE_VNODE) {
		/* The lock keeps the object there. */
		vp = fp->f_vnode;
		vref(vp);
		error = vn_lock(vp, LK_SHARED);
		if (error == 0) {
			if (vp->v_type == VREG && vp->v_object != NULL)
				count_pages(vp->v_object, next, end, cached,
				    dirty);
			vput(vp);
		} else {
			vrele(vp);
		}
	}
	fdrop(fp, td);
	return (error);
}
