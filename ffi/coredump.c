/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Core dumps: the walk through a process's map, and the kernel's ways of
 * writing (kern_exec.c), which are macros, queues and function pointers. What
 * is written, and in which order, is in Rust (kpi/sysvec/coredump.rs).
 */
#include "wrapper.h"
#include <sys/compressor.h>

/*
 * Fills in at most `room` of the map's entries and says how many there are.
 * Each file has a reference, for lrs_core_segments_free.
 */
size_t
lrs_core_segments(struct proc *p, struct lrs_segment *to, size_t room)
{
	vm_map_t map = &p->p_vmspace->vm_map;
	vm_map_entry_t entry;
	vm_object_t object, next;
	struct lrs_segment *s;
	size_t count = 0;

	vm_map_lock_read(map);
	VM_MAP_ENTRY_FOREACH(entry, map) {
		if ((entry->eflags & (MAP_ENTRY_IS_SUB_MAP |
		    MAP_ENTRY_GUARD)) != 0)
			continue;
		if (count++ >= room)
			continue;
		s = &to[count - 1];
		memset(s, 0, sizeof(*s));
		s->start = entry->start;
		s->end = entry->end;
		s->offset = entry->offset;
		s->prot = entry->protection;
		if (entry->inheritance == VM_INHERIT_SHARE)
			s->flags |= LRS_SEGMENT_SHARED;
		if ((entry->eflags & MAP_ENTRY_NOCOREDUMP) != 0)
			s->flags |= LRS_SEGMENT_NODUMP;
		object = entry->object.vm_object;
		if (object == NULL)
			continue;
		VM_OBJECT_RLOCK(object);
		if ((object->flags & OBJ_ANON) != 0)
			s->flags |= LRS_SEGMENT_OWN;
		while ((next = object->backing_object) != NULL) {
			VM_OBJECT_RLOCK(next);
			s->offset += object->backing_object_offset;
			VM_OBJECT_RUNLOCK(object);
			object = next;
		}
		if ((object->flags & OBJ_FICTITIOUS) != 0)
			s->flags |= LRS_SEGMENT_DEVICE;
		if (object->type == OBJT_PHYS)
			s->flags |= LRS_SEGMENT_KERNEL;
		s->file = vm_object_vnode(object);
		if (s->file != NULL)
			vref(s->file);
		else if ((s->flags & (LRS_SEGMENT_DEVICE |
		    LRS_SEGMENT_KERNEL)) == 0)
			/* A memory file, or System V memory. */
			s->flags |= LRS_SEGMENT_OWN;
		VM_OBJECT_RUNLOCK(object);
	}
	vm_map_unlock_read(map);
	return (count);
}

void
lrs_core_segments_free(struct lrs_segment *segments, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (segments[i].file != NULL)
			vrele(segments[i].file);
}

/* The path of a file, into `to`; how long it is, 0 for none. */
size_t
lrs_core_path(struct vnode *vp, char *to, size_t size)
{
	char *path, *mem = NULL;
	size_t len = 0;

	if (vn_fullpath(vp, &path, &mem) == 0)
		len = strlcpy(to, path, size);
	free(mem, M_TEMP);
	return (len < size ? len : 0);
}

static int
compressed(void *base, size_t len, off_t offset, void *arg)
{
	return (core_write(arg, base, len, offset, UIO_SYSSPACE, NULL));
}

/* Begins to write; EFAULT where the core shall be compressed and cannot be. */
int
lrs_core_open(struct lrs_core *core, struct thread *td,
    struct coredump_writer *writer, int flags)
{
	int method = compress_user_cores;

	memset(core, 0, sizeof(*core));
	core->params.active_cred = td->td_ucred;
	core->params.td = td;
	core->params.cdw = writer;
	if ((flags & (SVC_PT_COREDUMP | SVC_NOCOMPRESS)) == SVC_PT_COREDUMP &&
	    method == 0)
		method = COMPRESS_GZIP;
	if (method != 0) {
		core->params.comp = compressor_init(compressed, method,
		    CORE_BUF_SIZE, compress_user_cores_level, &core->params);
		if (core->params.comp == NULL)
			return (EFAULT);
		core->chunk = malloc(CORE_BUF_SIZE, M_TEMP, M_WAITOK | M_ZERO);
	}
	if (writer->init_fn != NULL)
		return (writer->init_fn(writer, &core->params));
	return (0);
}

/* Appends memory of the kernel. */
int
lrs_core_put(struct lrs_core *core, const char *data, size_t len)
{
	int done;

	while (len > 0) {
		done = sbuf_drain_core_output(&core->params, data,
		    MIN(len, CORE_BUF_SIZE));
		if (done < 0)
			return (-done);
		data += done;
		len -= done;
	}
	return (0);
}

/* Puts whole pages of the program's at an offset, after what was appended. */
int
lrs_core_put_user(struct lrs_core *core, vm_offset_t from, size_t len,
    off_t offset)
{
	return (core_output((char *)from, len, offset, &core->params,
	    core->chunk));
}

int
lrs_core_close(struct lrs_core *core, int error)
{
	if (core->params.comp != NULL) {
		if (error == 0)
			error = compressor_flush(core->params.comp);
		compressor_fini(core->params.comp);
	}
	free(core->chunk, M_TEMP);
	return (error);
}
