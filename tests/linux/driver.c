// SPDX-License-Identifier: BSD-2-Clause
// ioctl(2) commands of a driver: tests/kmod/lrs_driver.c is the driver. Not for real Linux, which
// has no such driver.
//
//   driver            all of it
//   driver sleep      a command that takes a second
//   driver gone       the driver is not there
#include "linux.h"

enum { EBUSY = 16, TIOCSPGRP = 0x5410 };

static long command(int fd, unsigned cmd, const void *arg)
{
	return sc(SYS_ioctl, fd, cmd, arg);
}

static void there(int fd)
{
	const void *yes = (void *)1, *no = (void *)0;
	int value = 21;

	eq("the narrower range first", command(fd, 0x7a01, no), 5);
	eq("the wider one when that does not know", command(fd, 0x7a01, yes), 42);
	eq("the upper half of a command is not looked at", command(fd, 0xc0047a01, yes), 42);
	eq("an argument in memory", command(fd, 0x7a02, &value), 0);
	eq("is doubled", value, 42);
	eq("a bad address is EFAULT", command(fd, 0x7a02, (void *)16), -EFAULT);
	eq("the driver's errno", command(fd, 0x7a03, no), -EBUSY);
	eq("a number it does not know is ENOTTY", command(fd, 0x7a05, no), -ENOTTY);
	eq("a number beyond its range is ENOTTY", command(fd, 0x7a10, no), -ENOTTY);
	eq("a bad descriptor is EBADF before that", command(99, 0x7a01, no), -EBADF);
	eq("a number of the kernel's own, taken by the driver", command(fd, TIOCSPGRP, yes), 6);
	eq("or left to the kernel", command(fd, TIOCSPGRP, &value), -ENOTTY);

	struct stat st;
	eq("its device", sc(SYS_stat, "/dev/lrstest0", &st), 0);
	eq("has the number it was given", st.rdev, 200 << 8 | 7);
}

int main(int argc, char **argv, char **envp UNUSED)
{
	int fd = sc(SYS_open, "/dev/null", O_RDWR);

	if (argc > 1 && streq(argv[1], "sleep")) {
		say("in");
		return command(fd, 0x7a04, NULL) == 7 ? 0 : 1;
	}
	if (argc > 1 && streq(argv[1], "gone"))
		eq("a driver's command without the driver is ENOTTY", command(fd, 0x7a01, NULL), -ENOTTY);
	else
		there(fd);
	return tap_done();
}
