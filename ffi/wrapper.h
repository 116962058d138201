// SPDX-License-Identifier: BSD-2-Clause
// What bindgen reads. Order matters only for sys/param.h coming first.

// What every module is built with (opt_global.h of sys/conf/config.mk). SMP decides how
// large a cpuset_t is, and with it struct pmap and vmspace: without it the kernel writes
// beyond ours.
#ifndef SMP
#define	SMP	1
#endif
#ifndef MAC
#define	MAC	1
#endif
#ifndef VIMAGE
#define	VIMAGE	1
#endif

#include <sys/param.h>
#include <sys/systm.h>
#include <sys/capsicum.h>
#include <sys/clock.h>
#include <sys/cpuset.h>
#include <sys/dirent.h>
#include <sys/elf.h>
#include <sys/event.h>
#include <sys/eventhandler.h>
#include <sys/exec.h>
#include <sys/extattr.h>
#include <sys/fcntl.h>
#include <sys/file.h>
#include <sys/filedesc.h>
#include <sys/imgact.h>
#include <sys/imgact_elf.h>
#include <sys/inotify.h>
#include <sys/jail.h>
#include <sys/kernel.h>
#include <sys/limits.h>
#include <sys/linker.h>
#include <sys/lock.h>
#include <sys/malloc.h>
#include <sys/mman.h>
#include <sys/module.h>
#include <sys/mount.h>
#include <sys/mqueue.h>
#include <sys/msg.h>
#include <sys/mutex.h>
#include <sys/namei.h>
#include <sys/osd.h>

#include <sys/poll.h>
#include <sys/priv.h>
#include <sys/proc.h>
#include <sys/procctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/reg.h>
#include <sys/resourcevar.h>
#include <sys/rmlock.h>
#include <sys/rtprio.h>
#include <sys/rwlock.h>
#include <sys/sched.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalvar.h>
#include <sys/sleepqueue.h>
#include <sys/smp.h>
#include <sys/socket.h>
#include <sys/selinfo.h>
#include <sys/taskqueue.h>
#include <sys/eventvar.h>
#include <sys/pipe.h>
#include <sys/socketvar.h>
#include <sys/specialfd.h>
#include <sys/stat.h>
#include <sys/sx.h>
#include <sys/syscallsubr.h>
#include <sys/sysctl.h>
#include <sys/sysent.h>
#include <sys/sysproto.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/timex.h>
#include <sys/timespec.h>
#include <sys/ucontext.h>
#include <sys/uio.h>
#include <sys/ucoredump.h>
#include <sys/umtxvar.h>
#include <sys/unistd.h>
#include <sys/vdso.h>
#include <sys/vmmeter.h>
#include <sys/vnode.h>
#include <sys/wait.h>

#include <sys/filio.h>
#include <sys/sockio.h>
#include <sys/ttycom.h>
#include <sys/cdio.h>
#include <sys/consio.h>
#include <sys/disk.h>
#include <sys/kbio.h>
#include <sys/kcov.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <sys/_termios.h>
#include <sys/mbuf.h>
#include <sys/bus.h>
#include <net/if.h>
#include <net/if_types.h>
#include <net/if_var.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netlink/netlink.h>
#include <netlink/netlink_ctl.h>
#include <netlink/netlink_linux.h>
#include <netlink/netlink_var.h>

#include <vm/vm.h>
#include <vm/pmap.h>
#include <vm/vm_extern.h>
#include <vm/vm_kern.h>
#include <vm/vm_map.h>
#include <vm/vm_object.h>
#include <vm/vm_page.h>
#include <vm/vm_pager.h>
#include <vm/vm_param.h>
#include <vm/swap_pager.h>

#include <machine/cpu.h>
#include <machine/cpufunc.h>
#include <machine/cputypes.h>
#include <machine/fpu.h>
#include <machine/frame.h>
#include <machine/md_var.h>
#include <machine/pcb.h>
#include <machine/psl.h>
#include <machine/reg.h>
#include <machine/specialreg.h>
#include <machine/trap.h>
#include <machine/vmparam.h>

#include "shim.h"
