// SPDX-License-Identifier: BSD-2-Clause
// The machine as a whole: reboot(2), syslog(2), iopl(2), ioperm(2), swapoff(2), fchroot(2). Nothing is
// rebooted. Root of a container may do less; what is refused there is left out.
#include "linux.h"

enum {
	SYS_syslog = 103, SYS_setuid = 105, SYS_swapoff = 168, SYS_reboot = 169, SYS_iopl = 172,
	SYS_ioperm = 173, SYS_fchroot = 472,
};
enum { MAGIC1 = (int)0xfee1dead, MAGIC2 = 0x28121969, NOBODY = 65534 };
enum { READ_ALL = 3, SIZE_BUFFER = 10 };

static char text[1 << 20];

static void as_root(void)
{
	long got = sc(SYS_reboot, 1, 2, 3, 0);
	if (got == -EPERM) {
		skip("reboot with the wrong numbers", "not allowed here");
	} else {
		eq("reboot with the wrong numbers", got, -EINVAL);
		eq("with one wrong number", sc(SYS_reboot, MAGIC1, 2, 0x01234567, 0), -EINVAL);
		eq("with an unknown command", sc(SYS_reboot, MAGIC1, MAGIC2, 5, 0), -EINVAL);
	}

	eq("swapoff of nothing", sc(SYS_swapoff, "/nowhere/at/all") == 0, 0);

	if (sc(SYS_iopl, 0) == -ENOSYS) {
		skip("iopl and ioperm", "this Linux has none");
		return;
	}
	eq("iopl above 3", sc(SYS_iopl, 4), -EINVAL);
	eq("iopl 0", sc(SYS_iopl, 0), 0);
	got = sc(SYS_iopl, 3);
	if (got == -EPERM) {
		skip("iopl 3", "not allowed here");
	} else {
		eq("iopl 3", got, 0);
		// The port of the delay; nothing listens.
		__asm__ volatile("outb %%al, $0x80" : : "a"(0));
		ok(1, "allows the use of a port");
		eq("and back", sc(SYS_iopl, 0), 0);
	}
	eq("ioperm beyond the last port", sc(SYS_ioperm, 65535, 2, 1), -EINVAL);
	eq("ioperm of no port", sc(SYS_ioperm, 5, 0, 1), -EINVAL);
	eq("ioperm that wraps around", sc(SYS_ioperm, -1L, 2, 1), -EINVAL);
	eq("ioperm that takes nothing away", sc(SYS_ioperm, 0x80, 1, 0), 0);
	got = sc(SYS_ioperm, 0x80, 1, 1);
	if (got == -EPERM) {
		skip("ioperm", "not allowed here");
	} else {
		eq("ioperm", got, 0);
		__asm__ volatile("outb %%al, $0x80" : : "a"(0));
		ok(1, "allows the use of a port");
		eq("and no more", sc(SYS_ioperm, 0x80, 1, 0), 0);
	}
}

static void messages(void)
{
	eq("an unknown action of syslog", sc(SYS_syslog, 77, text, 10) == 0, 0);
	long size = sc(SYS_syslog, SIZE_BUFFER, 0, 0);
	if (size == -EPERM || size == -ENOSYS) {
		skip("syslog", "not allowed here");
		return;
	}
	ok(size > 1000, "syslog tells the size of the messages");
	eq("to no buffer", sc(SYS_syslog, READ_ALL, 0, 100), -EINVAL);
	eq("to a negative length", sc(SYS_syslog, READ_ALL, text, -1), -EINVAL);
	eq("to an empty buffer", sc(SYS_syslog, READ_ALL, text, 0), 0);
	long n = sc(SYS_syslog, READ_ALL, text, sizeof(text));
	ok(n >= 0 && n <= (long)sizeof(text), "reads them");
	long few = sc(SYS_syslog, READ_ALL, text, 500);
	ok(few >= 0 && few <= 500, "as many as fit");
	ok(few < 500 || n >= 500, "and no more than there are");
}

static void as_nobody(void)
{
	eq("reboot by anybody", sc(SYS_reboot, MAGIC1, MAGIC2, 5, 0), -EPERM);
	eq("swapoff by anybody", sc(SYS_swapoff, "/nowhere/at/all"), -EPERM);
	if (sc(SYS_iopl, 0) == -ENOSYS)
		return;
	eq("iopl by anybody", sc(SYS_iopl, 3), -EPERM);
	eq("ioperm by anybody", sc(SYS_ioperm, 0x80, 1, 1), -EPERM);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_alarm, 30);
	long root = sc(SYS_open, "/", O_RDONLY | O_DIRECTORY);
	long got = sc(SYS_fchroot, root, 1);
	if (got == -ENOSYS) {
		skip("fchroot", "this Linux has none");
	} else {
		eq("fchroot with a flag", got, -EINVAL);
		eq("fchroot", sc(SYS_fchroot, root, 0), 0);
		eq("of no descriptor", sc(SYS_fchroot, -1, 0), -EBADF);
	}
	messages();
	if (sc(SYS_getuid) == 0) {
		as_root();
		eq("to nobody", sc(SYS_setuid, NOBODY), 0);
	}
	as_nobody();
	return tap_done();
}
