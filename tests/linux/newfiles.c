// SPDX-License-Identifier: BSD-2-Clause
// Calls for files that C libraries do not know yet: cachestat(2), file_getattr(2), file_setattr(2),
// open_tree(2), quotactl(2), quotactl_fd(2); and one they have forgotten: sysfs(2). Works in the current directory.
#include "signals.h"

enum {
	NR_sysfs = 139, NR_quotactl = 179, NR_open_tree = 428, NR_quotactl_fd = 443, NR_cachestat = 451,
	NR_open_tree_attr = 467, NR_file_getattr = 468, NR_file_setattr = 469, NR_memfd_create = 319,
	ENODEV = 19, ENOTBLK = 15, IMMUTABLE = 8, APPEND = 16, NODUMP = 128, BAD = 16,
	OPEN_TREE_CLONE = 1, AT_RECURSIVE = 0x8000,
};

// On a Linux without a call its tests are left out.
static int missing(long got, const char *name)
{
	if (got != -ENOSYS)
		return 0;
	skip(name, "this Linux does not have it");
	return 1;
}

static void cached(void)
{
	struct {
		u64 off, len;
	} all = {0, 0}, second = {4096, 4096}, far = {1 << 20, 4096};
	struct {
		u64 cache, dirty, writeback, evicted, recently;
	} stat;
	static u8 page[4096];
	if (missing(sc(NR_cachestat, -1, &all, &stat, 0), "cachestat"))
		return;
	eq("cachestat of nothing is EBADF", sc(NR_cachestat, -1, &all, &stat, 0), -EBADF);
	long fd = sc(SYS_open, "cached", O_RDWR | O_CREAT | O_TRUNC, 0600);
	eq("of an empty file", sc(NR_cachestat, fd, &all, &stat, 0), 0);
	eq("no pages", (long)stat.cache, 0);
	for (int i = 0; i < 3; i++)
		sc(SYS_write, fd, page, 4096);
	memset(&stat, 0xff, sizeof(stat));
	eq("of three pages", sc(NR_cachestat, fd, &all, &stat, 0), 0);
	eq("are three", (long)stat.cache, 3);
	ok(stat.dirty <= 3, "some of them changed");
	eq("none evicted", (long)stat.evicted, 0);
	eq("of the second", sc(NR_cachestat, fd, &second, &stat, 0), 0);
	eq("is one", (long)stat.cache, 1);
	eq("beyond the end", sc(NR_cachestat, fd, &far, &stat, 0), 0);
	eq("there are none", (long)stat.cache, 0);
	eq("a bad range is EFAULT", sc(NR_cachestat, fd, BAD, &stat, 0), -EFAULT);
	eq("a bad answer is EFAULT", sc(NR_cachestat, fd, &all, BAD, 0), -EFAULT);
	eq("flags are EINVAL", sc(NR_cachestat, fd, &all, &stat, 1), -EINVAL);
	sc(SYS_close, fd);
	sc(SYS_unlink, "cached");
	fd = sc(NR_memfd_create, "m", 0);
	sc(SYS_write, fd, page, 4096);
	eq("of a memory file", sc(NR_cachestat, fd, &all, &stat, 0), 0);
	eq("its page", (long)stat.cache, 1);
	sc(SYS_close, fd);
}

struct attr {
	u64 xflags;
	u32 extsize, nextents, projid, cowextsize;
	u64 more[2];
};

static long set(const char *name, u64 xflags, int flags)
{
	struct attr attr = {.xflags = xflags};
	return sc(NR_file_setattr, AT_FDCWD, name, &attr, 24, flags);
}

static void attributes(void)
{
	struct attr attr;
	long fd = sc(SYS_open, "attr", O_RDWR | O_CREAT, 0600);
	long got = sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 24, 0);
	if (missing(got, "file_getattr"))
		return;
	if (got == -EOPNOTSUPP) {
		skip("file_getattr", "not in this file system");
		return;
	}
	eq("file_getattr", got, 0);
	eq("nothing is set", (long)(attr.xflags & (IMMUTABLE | APPEND | NODUMP)), 0);
	memset(&attr, 0xff, sizeof(attr));
	eq("with more room", sc(NR_file_getattr, AT_FDCWD, "attr", &attr, sizeof(attr), 0), 0);
	eq("zeros behind", (long)(attr.more[0] | attr.more[1]), 0);
	eq("with less is EINVAL", sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 23, 0), -EINVAL);
	eq("with far too much is E2BIG", sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 4097, 0), -E2BIG);
	eq("unknown flags are EINVAL", sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 24, 1), -EINVAL);
	eq("of nothing is ENOENT", sc(NR_file_getattr, AT_FDCWD, "no", &attr, 24, 0), -ENOENT);
	eq("to nowhere is EFAULT", sc(NR_file_getattr, AT_FDCWD, "attr", BAD, 24, 0), -EFAULT);
	eq("by the descriptor", sc(NR_file_getattr, fd, "", &attr, 24, AT_EMPTY_PATH), 0);
	eq("NODUMP is set", set("attr", NODUMP, 0), 0);
	sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 24, 0);
	ok(attr.xflags & NODUMP, "and told");
	eq("and taken away", set("attr", 0, 0), 0);
	sc(NR_file_getattr, AT_FDCWD, "attr", &attr, 24, 0);
	ok(!(attr.xflags & NODUMP), "which is told too");
	eq("unknown bits are EINVAL", set("attr", 1ul << 40, 0), -EINVAL);
	eq("of nothing is ENOENT", set("no", 0, 0), -ENOENT);
	eq("from nowhere is EFAULT", sc(NR_file_setattr, AT_FDCWD, "attr", BAD, 24, 0), -EFAULT);
	attr.more[0] = 1;
	eq("unknown fields are E2BIG", sc(NR_file_setattr, AT_FDCWD, "attr", &attr, sizeof(attr), 0), -E2BIG);
	if (sc(SYS_geteuid) == 0) {
		eq("IMMUTABLE is set", set("attr", IMMUTABLE, 0), 0);
		eq("and keeps the file", sc(SYS_unlink, "attr"), -EPERM);
		eq("and is taken away", set("attr", 0, 0), 0);
	}
	sc(SYS_close, fd);
	eq("unlink", sc(SYS_unlink, "attr"), 0);
}

static void tree(void)
{
	struct stat st, own;
	long fd = sc(NR_open_tree, AT_FDCWD, ".", 0);
	if (missing(fd, "open_tree"))
		return;
	ok(fd >= 0, "open_tree");
	sc(SYS_stat, ".", &own);
	eq("can be looked at", sc(SYS_fstat, fd, &st), 0);
	ok(st.ino == own.ino && st.dev == own.dev, "it is the folder");
	ok(sc(SYS_fcntl, fd, F_GETFL, 0) & O_PATH, "as with O_PATH");
	eq("without close-on-exec", sc(SYS_fcntl, fd, F_GETFD, 0), 0);
	sc(SYS_close, fd);
	fd = sc(NR_open_tree, AT_FDCWD, ".", O_CLOEXEC);
	eq("with it", sc(SYS_fcntl, fd, F_GETFD, 0), FD_CLOEXEC);
	long again = sc(NR_open_tree, fd, "", AT_EMPTY_PATH);
	ok(again >= 0, "by the descriptor");
	sc(SYS_close, again);
	sc(SYS_close, fd);
	sc(SYS_symlink, "nowhere", "link");
	eq("of nothing is ENOENT", sc(NR_open_tree, AT_FDCWD, "link", 0), -ENOENT);
	fd = sc(NR_open_tree, AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW);
	ok(fd >= 0, "of the link itself");
	sc(SYS_close, fd);
	sc(SYS_unlink, "link");
	eq("an empty path is ENOENT", sc(NR_open_tree, AT_FDCWD, "", 0), -ENOENT);
	eq("AT_RECURSIVE without a clone is EINVAL", sc(NR_open_tree, AT_FDCWD, ".", AT_RECURSIVE), -EINVAL);
	eq("unknown flags are EINVAL", sc(NR_open_tree, AT_FDCWD, ".", 2), -EINVAL);
	fd = sc(NR_open_tree_attr, AT_FDCWD, ".", 0, 0, 0);
	if (missing(fd, "open_tree_attr"))
		return;
	ok(fd >= 0, "open_tree_attr without attributes");
	sc(SYS_close, fd);
	static char nothing[8192];
	long same = sc(NR_open_tree_attr, AT_FDCWD, ".", 0, nothing, 32);
	ok(same >= 0, "with attributes that change nothing");
	sc(SYS_close, same);
	eq("far too many are E2BIG", sc(NR_open_tree_attr, AT_FDCWD, ".", 0, nothing, 8192), -E2BIG);
	eq("too few EINVAL", sc(NR_open_tree_attr, AT_FDCWD, ".", 0, nothing, 31), -EINVAL);
	eq("a size without attributes is EINVAL", sc(NR_open_tree_attr, AT_FDCWD, ".", 0, 0, 32), -EINVAL);
}

static void quotas(void)
{
	const u32 get = 0x80000700, all = 0x80000100;
	u8 room[256];
	if (missing(sc(NR_quotactl, all, 0, 0, 0), "quotactl"))
		return;
	eq("Q_SYNC of all", sc(NR_quotactl, all, 0, 0, 0), 0);
	eq("a bad kind is EINVAL", sc(NR_quotactl, all | 3, 0, 0, 0), -EINVAL);
	eq("no device is ENODEV", sc(NR_quotactl, get, 0, 0, room), -ENODEV);
	eq("one that is not there is ENOENT", sc(NR_quotactl, get, "no", 0, room), -ENOENT);
	eq("a folder is ENOTBLK", sc(NR_quotactl, get, ".", 0, room), -ENOTBLK);
	eq("a bad path is EFAULT", sc(NR_quotactl, get, BAD, 0, room), -EFAULT);
	eq("quotactl_fd: no descriptor is EBADF", sc(NR_quotactl_fd, -1, get, 0, room), -EBADF);
	eq("quotactl_fd: a bad kind is EINVAL", sc(NR_quotactl_fd, 0, get | 3, 0, room), -EINVAL);
}

static void kinds(void)
{
	char name[64];
	long count = sc(NR_sysfs, 3);
	if (missing(count, "sysfs"))
		return;
	ok(count > 2, "sysfs: how many kinds");
	long index = sc(NR_sysfs, 1, "tmpfs");
	ok(index >= 0 && index < count, "the index of tmpfs");
	eq("its name", sc(NR_sysfs, 2, index, name), 0);
	ok(streq(name, "tmpfs"), "is tmpfs");
	eq("an unknown name is EINVAL", sc(NR_sysfs, 1, "none such"), -EINVAL);
	eq("a bad name is EFAULT", sc(NR_sysfs, 1, BAD), -EFAULT);
	eq("an index too large is EINVAL", sc(NR_sysfs, 2, count, name), -EINVAL);
	eq("a name to nowhere is EFAULT", sc(NR_sysfs, 2, 0, BAD), -EFAULT);
	eq("an unknown option is EINVAL", sc(NR_sysfs, 4), -EINVAL);
}

int main(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv, (void)envp;
	sc(SYS_alarm, 30);
	cached();
	attributes();
	tree();
	quotas();
	kinds();
	return tap_done();
}
