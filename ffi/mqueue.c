/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * POSIX message queues: uipc_mqueue.c, the module mqueuefs, which has no function
 * that others may call but its native system calls.
 */
#include "wrapper.h"
#include <sys/syscall.h>

/*
 * A native call, 457 (kmq_open) to 462 (kmq_unlink). ENOSYS where mqueuefs is not
 * loaded. Unlike a native call this one does not keep the module loaded while it
 * runs; mqueuefs refuses to be unloaded (EBUSY).
 */
int
lrs_mqueue_call(struct thread *td, int number, void *args)
{
	sy_call_t *call;

	if (number < SYS_kmq_open || number > SYS_kmq_unlink)
		return (ENOSYS);
	call = (sy_call_t *)atomic_load_ptr(&sysent[number].sy_call);
	/* Each of the two sends SIGSYS. */
	if (call == (sy_call_t *)nosys || call == (sy_call_t *)lkmnosys ||
	    call == (sy_call_t *)lkmressys)
		return (ENOSYS);
	return (call(td, args));
}

/* Sets or clears O_NONBLOCK, which fcntl(2) cannot. EBADF for another file. */
int
lrs_mqueue_set_nonblocking(struct thread *td, int fd, bool on)
{
	struct file *fp;
	int error;

	error = fget(td, fd, &cap_event_rights, &fp);
	if (error != 0)
		return (error);
	if (fp->f_type != DTYPE_MQUEUE)
		error = EBADF;
	else if (on)
		atomic_set_int(&fp->f_flag, FNONBLOCK);
	else
		atomic_clear_int(&fp->f_flag, FNONBLOCK);
	fdrop(fp, td);
	return (error);
}
