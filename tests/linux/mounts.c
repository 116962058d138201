// SPDX-License-Identifier: BSD-2-Clause
// mount(2) and umount2(2), as root in the current directory: for the virtual
// machine; on real Linux in a mount namespace of its own.
#include "linux.h"

#define BAD 16 // an address where nothing is

enum {
	NR_mount = 165, NR_umount2 = 166, NR_statfs = 137, NR_unshare = 272,
	MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32, MS_BIND = 4096,
	MS_MOVE = 8192, MS_REC = 16384, MS_PRIVATE = 1 << 18, MS_SHARED = 1 << 20,
};

static struct stat st;

static long type(const char *path)
{
	static u64 fs[15];
	return sc(NR_statfs, path, fs) ? -1 : (long)fs[0];
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	char b[8];
	sc(SYS_alarm, 60);
	long apart = sc(NR_unshare, 0x20000 /* CLONE_NEWNS */);
	if (sc(SYS_getuid) != 0 || apart == -EPERM) {
		skip("mount", "only for root");
		return tap_done();
	}
	if (apart == 0)
		sc(NR_mount, "none", "/", 0, MS_REC | MS_PRIVATE, 0);
	sc(SYS_mkdir, "m", 0755), sc(SYS_mkdir, "n", 0755);
	sc(SYS_close, sc(SYS_open, "file", O_WRONLY | O_CREAT, 0644));
	eq("nowhere is ENOENT", sc(NR_mount, "none", "no", "tmpfs", 0, 0), -ENOENT);
	eq("an unknown type is ENODEV", sc(NR_mount, "none", "m", "nosuchfs", 0, 0), -19);
	eq("no type is EINVAL", sc(NR_mount, "none", "m", 0, 0, 0), -EINVAL);
	eq("a bad target is EFAULT", sc(NR_mount, "none", BAD, "tmpfs", 0, 0), -EFAULT);
	eq("a bad type is EFAULT", sc(NR_mount, "none", "m", BAD, 0, 0), -EFAULT);
	eq("a bad option is EINVAL", sc(NR_mount, "none", "m", "tmpfs", 0, "what=1"), -EINVAL);
	eq("on a file is ENOTDIR", sc(NR_mount, "none", "file", "tmpfs", 0, 0), -ENOTDIR);
	eq("umount2 of no mount is EINVAL", sc(NR_umount2, "m", 0), -EINVAL);
	eq("umount2 with an unknown flag is EINVAL", sc(NR_umount2, "m", 0x100), -EINVAL);
	eq("tmpfs", sc(NR_mount, "none", "m", "tmpfs", MS_NOSUID | MS_NODEV, "size=256k,mode=700"), 0);
	eq("is there", type("m"), 0x01021994);
	sc(SYS_stat, "m", &st);
	eq("with its mode", st.mode & 0777, 0700);
	long fd = sc(SYS_open, "m/x", O_RDWR | O_CREAT, 0600);
	ok(fd >= 0, "takes files");
	eq("with data", sc(SYS_write, fd, "abc", 3), 3);
	static char page[4096];
	long n = 0;
	while (n < 1000 && sc(SYS_write, fd, page, sizeof(page)) > 0)
		n++;
	ok(n > 10 && n < 100, "up to its size");
	eq("a busy one is EBUSY", sc(NR_umount2, "m", 0), -16);
	sc(SYS_close, fd);
	eq("a bind mount", sc(NR_mount, "m", "n", 0, MS_BIND, 0), 0);
	fd = sc(SYS_open, "n/x", O_RDONLY);
	eq("shows the same", sc(SYS_read, fd, b, 3), 3);
	sc(SYS_close, fd);
	eq("is made private", sc(NR_mount, "none", "n", 0, MS_PRIVATE | MS_REC, 0), 0);
	eq("umount2", sc(NR_umount2, "n", 0), 0);
	eq("takes it away", sc(SYS_stat, "n/x", &st), -ENOENT);
	eq("another tmpfs", sc(NR_mount, "none", "n", "tmpfs", 0, 0), 0);
	eq("read-only", sc(NR_mount, "none", "n", 0, MS_REMOUNT | MS_RDONLY, 0), 0);
	eq("takes no files: EROFS", sc(SYS_open, "n/y", O_RDWR | O_CREAT, 0600), -EROFS);
	eq("and back", sc(NR_mount, "none", "n", 0, MS_REMOUNT, 0), 0);
	fd = sc(SYS_open, "n/y", O_RDWR | O_CREAT, 0600);
	ok(fd >= 0, "takes files again");
	sc(SYS_close, fd);
	eq("umount2 of the other", sc(NR_umount2, "n", 0), 0);
	eq("a new one that is read-only", sc(NR_mount, "none", "n", "tmpfs", MS_RDONLY, 0), 0);
	eq("takes no files either", sc(SYS_open, "n/y", O_RDWR | O_CREAT, 0600), -EROFS);
	eq("umount2 of that", sc(NR_umount2, "n", 0), 0);
	eq("umount2 of it", sc(NR_umount2, "m", 0), 0);
	eq("proc", sc(NR_mount, "proc", "m", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0), 0);
	eq("is proc", type("m"), 0x9fa0);
	eq("has us", sc(SYS_stat, "m/self/status", &st), 0);
	eq("umount2 of proc", sc(NR_umount2, "m", 0), 0);
	eq("sysfs", sc(NR_mount, "sysfs", "m", "sysfs", 0, 0), 0);
	eq("is sysfs", type("m"), 0x62656572);
	eq("umount2 of sysfs", sc(NR_umount2, "m", 0), 0);
	eq("devtmpfs", sc(NR_mount, "dev", "m", "devtmpfs", 0, 0), 0);
	eq("has null", sc(SYS_stat, "m/null", &st), 0);
	eq("umount2 of devtmpfs", sc(NR_umount2, "m", 0), 0);
	sc(SYS_setresuid, 1000, 1000, 1000);
	eq("for others it is EPERM", sc(NR_mount, "none", "m", "tmpfs", 0, 0), -EPERM);
	eq("as is umount2", sc(NR_umount2, "m", 0), -EPERM);
	return tap_done();
}
