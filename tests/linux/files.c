// SPDX-License-Identifier: BSD-2-Clause
// Files and folders beyond the everyday calls: mknod(2), openat2(2), statx(2), statfs(2),
// utimensat(2), fallocate(2), posix_fadvise(2), xattr(7), memfd_create(2), inotify(7),
// getdents(2) and seekdir, renameat2(2).
#include "signals.h"

#define BAD 16 // an address where nothing is
enum { NR_getdents = 78, NR_creat = 85, NR_utime = 132, NR_mknod = 133, NR_fstatfs = 138,
	NR_setxattr = 188, NR_fsetxattr = 190, NR_getxattr = 191, NR_fgetxattr = 193, NR_flistxattr = 196,
	NR_fremovexattr = 199, NR_fadvise64 = 221, NR_utimes = 235, NR_inotify_add_watch = 254,
	NR_inotify_rm_watch = 255, NR_linkat = 265, NR_symlinkat = 266, NR_readlinkat = 267,
	NR_fchmodat = 268, NR_futimesat = 261, NR_sync_file_range = 277, NR_utimensat = 280, NR_fallocate = 285,
	NR_inotify_init1 = 294, NR_syncfs = 306, NR_memfd_create = 319, NR_statx = 332, NR_openat2 = 437,
	NR_faccessat2 = 439, NR_getdents64 = 217, NR_fcntl = 72, NR_truncate = 76, NR_ftruncate = 77 };

static void nodes(void)
{
	struct stat st;
	sc(SYS_umask, 0);
	eq("mknod of a plain file", sc(NR_mknod, "n", 0100640, 0), 0);
	sc(SYS_stat, "n", &st);
	ok(st.mode == 0100640 && st.size == 0, "is an empty file of that mode");
	eq("mknod of what exists is EEXIST", sc(NR_mknod, "n", 0, 0), -EEXIST);
	sc(SYS_unlink, "n");
	eq("mknod of type 0 is a plain file too", sc(NR_mknod, "n", 0600, 0), 0);
	sc(SYS_unlink, "n");
	eq("mknod of a FIFO", sc(NR_mknod, "n", S_IFIFO | 0600, 0), 0);
	sc(SYS_stat, "n", &st);
	ok((st.mode & S_IFMT) == S_IFIFO && st.rdev == 0, "is a FIFO without device");
	eq("open of a FIFO nobody reads is ENXIO", sc(SYS_open, "n", O_WRONLY | O_NONBLOCK), -6);
	sc(SYS_unlink, "n");
	eq("mknod of a directory is EPERM", sc(NR_mknod, "n", S_IFDIR | 0700, 0), -EPERM);
	eq("mknod of an unknown type is EINVAL", sc(NR_mknod, "n", 0170000, 0), -EINVAL);
	eq("mkdir with the sticky bit", sc(SYS_mkdir, "s", 01777), 0);
	sc(SYS_stat, "s", &st);
	eq("sets it", st.mode & 07777, 01777);
	sc(SYS_rmdir, "s");
	eq("mkdir of / is EEXIST", sc(SYS_mkdir, "/", 0700), -EEXIST);
	eq("rmdir of / is EBUSY", sc(SYS_rmdir, "/"), -16);
	eq("symlink to nothing is ENOENT", sc(SYS_symlink, "", "n"), -ENOENT);
	eq("symlink at / is EEXIST", sc(SYS_symlink, "x", "/"), -EEXIST);
	char buf[8];
	eq("readlink of nothing is ENOENT", sc(SYS_readlink, "", buf, 8), -ENOENT);
	eq("creat", sc(NR_creat, "c", 01600) >= 0, 1);
	eq("chmod", sc(SYS_chmod, "c", 04755), 0);
	sc(SYS_stat, "c", &st);
	eq("sets every bit", st.mode & 07777, 04755);
	sc(SYS_symlink, "c", "l");
	eq("readlinkat of an open link", sc(NR_readlinkat, sc(SYS_open, "l", 010000000 | O_NOFOLLOW), "", buf, 8), 1);
	eq("linkat does not follow", sc(NR_linkat, AT_FDCWD, "l", AT_FDCWD, "l2", 0), 0);
	sc(SYS_lstat, "l2", &st);
	ok((st.mode & S_IFMT) == S_IFLNK, "a link to a link");
	eq("AT_SYMLINK_FOLLOW does", sc(NR_linkat, AT_FDCWD, "l", AT_FDCWD, "c2", 0x400), 0);
	sc(SYS_lstat, "c2", &st);
	ok((st.mode & S_IFMT) == S_IFREG && st.nlink == 2, "a second name");
	eq("renameat2 without replacing", sc(SYS_renameat2, AT_FDCWD, "c2", AT_FDCWD, "c3", 1), 0);
	eq("the old name is gone", sc(SYS_access, "c2", 0), -ENOENT);
	eq("EXCHANGE and NOREPLACE is EINVAL", sc(SYS_renameat2, AT_FDCWD, "c", AT_FDCWD, "c3", 3), -EINVAL);
	eq("faccessat2 of a link itself", sc(NR_faccessat2, AT_FDCWD, "l", 0, AT_SYMLINK_NOFOLLOW), 0);
	eq("faccessat2 with an unknown flag is EINVAL", sc(NR_faccessat2, AT_FDCWD, "l", 0, 1), -EINVAL);
	sc(SYS_unlink, "l"), sc(SYS_unlink, "l2"), sc(SYS_unlink, "c"), sc(SYS_unlink, "c3");
	for (int fd = 3; fd < 10; fd++)
		sc(SYS_close, fd);
}

struct how { u64 flags, mode, resolve; };

static void opens(void)
{
	struct how how = {O_RDWR | O_CREAT, 0600, 0};
	u64 longer[5] = {O_RDONLY, 0, 0, 0, 0};
	long fd = sc(NR_openat2, AT_FDCWD, "o", &how, sizeof(how));
	ok(fd >= 0, "openat2 makes a file");
	sc(SYS_close, fd);
	eq("too short a structure is EINVAL", sc(NR_openat2, AT_FDCWD, "o", &how, 16), -EINVAL);
	fd = sc(NR_openat2, AT_FDCWD, "o", longer, sizeof(longer));
	ok(fd >= 0, "a longer one with zeros is fine");
	sc(SYS_close, fd);
	longer[4] = 1;
	eq("with more it is E2BIG", sc(NR_openat2, AT_FDCWD, "o", longer, sizeof(longer)), -7);
	how = (struct how){O_RDONLY, 0600, 0};
	eq("a mode for nothing is EINVAL", sc(NR_openat2, AT_FDCWD, "o", &how, sizeof(how)), -EINVAL);
	how = (struct how){O_RDONLY, 0, 8};
	eq("RESOLVE_BENEATH keeps below", sc(NR_openat2, AT_FDCWD, "../x", &how, sizeof(how)), -18);
	fd = sc(NR_openat2, AT_FDCWD, "o", &how, sizeof(how));
	ok(fd >= 0, "and opens what is there");
	sc(SYS_close, fd);
	fd = sc(SYS_open, "o", 010000000 /* O_PATH */);
	ok(fd >= 0, "O_PATH opens");
	char c;
	eq("but not for reading", sc(SYS_read, fd, &c, 1), -EBADF);
	struct stat st;
	eq("fstat works", sc(SYS_fstat, fd, &st), 0);
	sc(SYS_close, fd);
	eq("O_CREAT of a directory is EISDIR", sc(SYS_open, "/tmp", O_RDONLY | O_CREAT, 0600), -EISDIR);
	sc(SYS_unlink, "o");
	eq("openat of an empty path is ENOENT", sc(SYS_openat, 999, "", O_RDONLY), -ENOENT);
	struct { u16 family; char path[14]; } un = {1, "sock"};
	long s = sc(41, 1, 1, 0);
	if (s >= 0 && sc(49, s, &un, 7) == 0)
		eq("open of a socket is ENXIO", sc(SYS_open, "sock", O_RDONLY), -6);
	else
		skip("open of a socket is ENXIO", "no socket");
	sc(SYS_close, s);
	sc(SYS_unlink, "sock");
}

static void times(void)
{
	struct stat st;
	i64 ts[4] = {100, 5, 200, 6}, tv[4] = {300, 7, 400, 8}, ut[2] = {-500, 600};
	long fd = sc(SYS_open, "t", O_RDWR | O_CREAT, 0600);
	eq("utimensat", sc(NR_utimensat, AT_FDCWD, "t", ts, 0), 0);
	sc(SYS_stat, "t", &st);
	ok(st.atime.sec == 100 && st.mtime.sec == 200 && st.mtime.nsec == 6, "sets both times");
	ts[0] = 7, ts[1] = 0x3ffffffe, ts[2] = 999, ts[3] = 0;
	eq("with UTIME_OMIT", sc(NR_utimensat, fd, 0, ts, 0), 0);
	sc(SYS_stat, "t", &st);
	ok(st.atime.sec == 100 && st.mtime.sec == 999, "sets one");
	ts[1] = ts[3] = 0x3ffffffe;
	eq("two omitted look at nothing", sc(NR_utimensat, AT_FDCWD, "none", ts, 0), 0);
	ts[1] = 1000000000;
	eq("a second of nanoseconds is EINVAL", sc(NR_utimensat, AT_FDCWD, "t", ts, 0), -EINVAL);
	eq("no path and no descriptor is EFAULT", sc(NR_utimensat, AT_FDCWD, 0, 0, 0), -EFAULT);
	eq("an unknown flag is EINVAL", sc(NR_utimensat, AT_FDCWD, "t", 0, 1), -EINVAL);
	eq("a bad address is EFAULT", sc(NR_utimensat, AT_FDCWD, "t", BAD, 0), -EFAULT);
	eq("utimes", sc(NR_utimes, "t", tv), 0);
	sc(SYS_stat, "t", &st);
	ok(st.mtime.sec == 400 && st.mtime.nsec == 8000, "in microseconds");
	tv[1] = 1000000;
	eq("a second of microseconds is EINVAL", sc(NR_utimes, "t", tv), -EINVAL);
	eq("utime", sc(NR_utime, "t", ut), 0);
	sc(SYS_stat, "t", &st);
	ok(st.atime.sec == -500 && st.mtime.sec == 600, "in seconds, before 1970 too");
	eq("utime now", sc(NR_utime, "t", 0), 0);
	sc(SYS_stat, "t", &st);
	ok(st.mtime.sec > 600, "is now");
	eq("futimesat", sc(NR_futimesat, AT_FDCWD, "t", 0), 0);
	sc(SYS_close, fd);
	sc(SYS_unlink, "t");
}

static void space(void)
{
	struct stat st;
	u64 fs[15];
	u32 sx[64];
	char buf[4] = "abcd";
	long fd = sc(SYS_open, "a", O_RDWR | O_CREAT, 0600), p[1];
	int pipe[2];
	sc(SYS_pipe, pipe);
	(void)p;
	eq("fallocate", sc(NR_fallocate, fd, 0, 0, 8192), 0);
	sc(SYS_fstat, fd, &st);
	eq("makes it that long", st.size, 8192);
	eq("fallocate of nothing is EINVAL", sc(NR_fallocate, fd, 0, 0, 0), -EINVAL);
	eq("an unknown mode is EOPNOTSUPP", sc(NR_fallocate, fd, 0x1000, 0, 1), -95);
	eq("a hole must keep the size: EOPNOTSUPP", sc(NR_fallocate, fd, 2, 0, 1), -95);
	eq("of a pipe is ESPIPE", sc(NR_fallocate, pipe[1], 0, 0, 1), -ESPIPE);
	eq("beyond everything is EFBIG", sc(NR_fallocate, fd, 0, ~0UL >> 1, 1), -27);
	sc(SYS_pwrite64, fd, buf, 4, 0);
	long hole = sc(NR_fallocate, fd, 3, 0, 4096);
	ok(hole == 0 || hole == -95, "a hole is made, or not supported");
	if (hole == 0) {
		sc(SYS_pread64, fd, buf, 4, 0);
		ok(buf[0] == 0 && buf[3] == 0, "a hole reads as zeros");
	} else
		skip("a hole reads as zeros", "not supported here");
	sc(SYS_fstat, fd, &st);
	eq("and the size is as it was", st.size, 8192);
	eq("fadvise64", sc(NR_fadvise64, fd, 0, 0, 4), 0);
	eq("unknown advice is EINVAL", sc(NR_fadvise64, fd, 0, 0, 9), -EINVAL);
	eq("advice for a pipe is ESPIPE", sc(NR_fadvise64, pipe[0], 0, 0, 0), -ESPIPE);
	eq("advice for nothing is EBADF", sc(NR_fadvise64, 999, 0, 0, 9), -EBADF);
	eq("sync_file_range", sc(NR_sync_file_range, fd, 0, 0, 7), 0);
	eq("with an unknown flag is EINVAL", sc(NR_sync_file_range, fd, 0, 0, 8), -EINVAL);
	eq("of a pipe is ESPIPE", sc(NR_sync_file_range, pipe[0], 0, 0, 2), -ESPIPE);
	eq("syncfs", sc(NR_syncfs, fd), 0);
	eq("syncfs of nothing is EBADF", sc(NR_syncfs, 999), -EBADF);
	eq("ftruncate", sc(NR_ftruncate, fd, 3), 0);
	eq("ftruncate below 0 is EINVAL", sc(NR_ftruncate, fd, -1), -EINVAL);
	eq("ftruncate of a pipe is EINVAL", sc(NR_ftruncate, pipe[1], 0), -EINVAL);
	eq("truncate", sc(NR_truncate, "a", 5), 0);
	eq("truncate of a directory is EISDIR", sc(NR_truncate, ".", 0), -EISDIR);
	sc(SYS_fstat, fd, &st);
	eq("the size is that", st.size, 5);
	eq("statfs", sc(SYS_statfs, "/proc/nothing/here", fs), -ENOENT);
	eq("statfs of a file", sc(SYS_statfs, "a", fs), 0);
	ok(fs[0] != 0 && fs[1] >= 512 && fs[2] >= fs[3] && fs[8] >= 255 && fs[9] == fs[1], "is plausible");
	eq("fstatfs", sc(NR_fstatfs, fd, fs), 0);
	eq("statx", sc(NR_statx, AT_FDCWD, "a", 0, 0x7ff, sx), 0);
	ok((sx[0] & 0x7ff) == 0x7ff && sx[10] == 5 && (sx[7] & 0xffff) == 0100600, "tells what stat tells");
	eq("statx of a descriptor", sc(NR_statx, fd, "", AT_EMPTY_PATH, 0, sx), 0);
	eq("statx with a bad mask is EINVAL", sc(NR_statx, fd, "", AT_EMPTY_PATH, 0x80000000UL, sx), -EINVAL);
	eq("newfstatat of a pipe", sc(SYS_newfstatat, pipe[0], "", &st, AT_EMPTY_PATH), 0);
	eq("lseek of a pipe is ESPIPE", sc(SYS_lseek, pipe[0], 0, 1), -ESPIPE);
	long z = sc(SYS_open, "/dev/null", O_RDWR);
	eq("lseek of /dev/null is 0", sc(SYS_lseek, z, 0, 0), 0);
	sc(SYS_close, z), sc(SYS_close, fd), sc(SYS_close, pipe[0]), sc(SYS_close, pipe[1]);
	sc(SYS_unlink, "a");
}

static void attributes(void)
{
	char v[16];
	long fd = sc(SYS_open, "x", O_RDWR | O_CREAT, 0600);
	long r = sc(NR_fsetxattr, fd, "user.one", "1234", 4, 0);
	eq("an attribute without value is EINVAL", sc(NR_fsetxattr, fd, "user.", "1", 1, 0), -EINVAL);
	ok(sc(NR_fsetxattr, fd, "what", "1", 1, 0) == -95, "an unknown name space is EOPNOTSUPP");
	eq("flags must be known", sc(NR_fsetxattr, fd, "user.x", "1", 1, 4), -EINVAL);
	eq("an empty name is ERANGE", sc(NR_fsetxattr, fd, "", "1", 1, 0), -ERANGE);
	eq("of a bad descriptor is EBADF", sc(NR_fgetxattr, 999, "user.one", v, 16), -EBADF);
	if (r == -95)
		skip("attributes", "not on this file system");
	else {
		eq("fsetxattr", r, 0);
		eq("getxattr tells the size", sc(NR_getxattr, "x", "user.one", 0, 0), 4);
		eq("and the value", sc(NR_getxattr, "x", "user.one", v, 16), 4);
		eq("ERANGE without room", sc(NR_getxattr, "x", "user.one", v, 3), -ERANGE);
		eq("XATTR_CREATE is EEXIST", sc(NR_setxattr, "x", "user.one", "1", 1, 1), -EEXIST);
		eq("XATTR_REPLACE is ENODATA", sc(NR_setxattr, "x", "user.two", "1", 1, 2), -61);
		eq("flistxattr", sc(NR_flistxattr, fd, v, 16), 9);
		ok(memcmp(v, "user.one", 9) == 0, "has the name");
		eq("ERANGE without room for it", sc(NR_flistxattr, fd, v, 8), -ERANGE);
		eq("fremovexattr", sc(NR_fremovexattr, fd, "user.one"), 0);
		eq("again is ENODATA", sc(NR_fremovexattr, fd, "user.one"), -61);
	}
	sc(SYS_close, fd);
	sc(SYS_unlink, "x");
}

static void memory(void)
{
	struct stat st;
	char name[252], buf[4];
	memset(name, 'n', 251);
	name[250] = 0;
	eq("a name of 250 is EINVAL", sc(NR_memfd_create, name, 0), -EINVAL);
	eq("a bad name is EFAULT", sc(NR_memfd_create, BAD, 0), -EFAULT);
	eq("an unknown flag is EINVAL", sc(NR_memfd_create, "m", 0x800), -EINVAL);
	name[249] = 0;
	long fd = sc(NR_memfd_create, name, 1 | 2);
	ok(fd >= 0, "memfd_create");
	eq("close on exec", sc(NR_fcntl, fd, 1), 1);
	eq("grows by writing", sc(SYS_write, fd, "abcd", 4), 4);
	sc(SYS_fstat, fd, &st);
	ok(st.size == 4 && (st.mode & S_IFMT) == S_IFREG && (st.mode & 0777) == 0777, "is a file of that size");
	eq("reads back", sc(SYS_pread64, fd, buf, 4, 0), 4);
	eq("seeks", sc(SYS_lseek, fd, 0, 2), 4);
	eq("can be sealed", sc(NR_fcntl, fd, 1033, 2), 0);
	eq("and does not shrink then", sc(NR_ftruncate, fd, 0), -EPERM);
	sc(SYS_close, fd);
	fd = sc(NR_memfd_create, "m", 0);
	eq("without MFD_ALLOW_SEALING it is sealed", sc(NR_fcntl, fd, 1034), 1);
	sc(SYS_close, fd);
}

struct event { i32 wd; u32 mask, cookie, len; char name[16]; };

static void watching(void)
{
	static char buf[1024] __attribute__((aligned(8)));
	long fd = sc(NR_inotify_init1, O_NONBLOCK);
	ok(fd >= 0, "inotify_init1");
	eq("with an unknown flag is EINVAL", sc(NR_inotify_init1, 1), -EINVAL);
	eq("watching nothing is EINVAL", sc(NR_inotify_add_watch, fd, ".", 0), -EINVAL);
	eq("watching what is not there is ENOENT", sc(NR_inotify_add_watch, fd, "none", 0x100), -ENOENT);
	long wd = sc(NR_inotify_add_watch, fd, ".", 0x100 | 0x200 | 0x40 | 0x80);
	eq("the first watch is 1", wd, 1);
	eq("nothing yet is EAGAIN", sc(SYS_read, fd, buf, sizeof(buf)), -EAGAIN);
	sc(SYS_close, sc(SYS_open, "w", O_RDWR | O_CREAT, 0600));
	long n = sc(SYS_read, fd, buf, sizeof(buf));
	struct event *e = (struct event *)buf;
	ok(n == 16 + e->len && e->len >= 2 && e->wd == 1 && e->mask == 0x100 && streq(e->name, "w"), "a new file is told");
	sc(SYS_rename, "w", "w2");
	n = sc(SYS_read, fd, buf, sizeof(buf));
	struct event *f = (struct event *)(buf + 16 + e->len);
	ok(n == 32 + e->len + f->len && e->mask == 0x40 && f->mask == 0x80 && e->cookie == f->cookie,
	   "a rename is told twice");
	ok(streq(e->name, "w") && streq(f->name, "w2"), "with both names");
	sc(SYS_unlink, "w2");
	n = sc(SYS_read, fd, buf, sizeof(buf));
	ok(n == 16 + e->len && e->mask == 0x200, "so is the end");
	eq("inotify_rm_watch", sc(NR_inotify_rm_watch, fd, wd), 0);
	n = sc(SYS_read, fd, buf, sizeof(buf));
	ok(n == 16 && e->mask == 0x8000 && e->len == 0, "says IN_IGNORED");
	eq("again is EINVAL", sc(NR_inotify_rm_watch, fd, wd), -EINVAL);
	eq("a descriptor of another kind is EINVAL", sc(NR_inotify_rm_watch, 0, 1), -EINVAL);
	sc(SYS_close, fd);
}

struct d64 { u64 ino; i64 off; u16 reclen; u8 type; char name[]; } __attribute__((packed));
struct dold { u64 ino; u64 off; u16 reclen; char name[]; } __attribute__((packed));

static void listing(void)
{
	static char buf[8192] __attribute__((aligned(8)));
	static i64 offs[300];
	static char seen[300];
	char name[8] = "y/000";
	sc(SYS_mkdir, "y", 0700);
	for (int i = 0; i < 200; i++) {
		name[2] = (char)('0' + i / 100), name[3] = (char)('0' + i / 10 % 10), name[4] = (char)('0' + i % 10);
		sc(SYS_close, sc(SYS_open, name, O_WRONLY | O_CREAT, 0600));
	}
	for (u64 size = 24; size < 400; size += 24) {
		long fd = sc(SYS_open, "y", O_RDONLY | O_DIRECTORY), n;
		int count = 0;
		memset(seen, 0, sizeof(seen));
		while ((n = sc(NR_getdents64, fd, buf, size)) > 0)
			for (long at = 0; at < n;) {
				struct d64 *e = (struct d64 *)(buf + at);
				at += e->reclen;
				if (e->name[0] != '.')
					seen[(e->name[0] - '0') * 100 + (e->name[1] - '0') * 10 + e->name[2] - '0']++;
				count++;
			}
		int each = 1;
		for (int i = 0; i < 200; i++)
			each &= seen[i] == 1;
		if (n || count != 202 || !each)
			note("size", (long)size), note("count", count), note("end", n);
		ok(n == 0 && count == 202 && each, "every entry once, whatever the buffer");
		sc(SYS_close, fd);
	}
	long fd = sc(SYS_open, "y", O_RDONLY | O_DIRECTORY), n;
	int count = 0, good = 1;
	static char names[300][8];
	while ((n = sc(NR_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n; count++) {
			struct d64 *e = (struct d64 *)(buf + at);
			at += e->reclen;
			offs[count] = e->off;
			memcpy(names[count], e->name, 4);
		}
	for (int i = 0; i + 1 < count; i += 17) {
		sc(SYS_lseek, fd, offs[i], 0);
		n = sc(NR_getdents64, fd, buf, 64);
		struct d64 *e = (struct d64 *)buf;
		good &= n > 0 && memcmp(e->name, names[i + 1], 4) == 0;
	}
	ok(good, "d_off leads to the next entry");
	sc(SYS_lseek, fd, 0, 0);
	eq("a bad buffer is EFAULT", sc(NR_getdents64, fd, BAD, 1000), -EFAULT);
	n = sc(NR_getdents, fd, buf, sizeof(buf));
	struct dold *o = (struct dold *)buf;
	ok(n > 0 && buf[o->reclen - 1] == (o->name[0] == '.' ? 4 : 8), "getdents has the type at the end");
	sc(SYS_close, fd);
	int pipe[2];
	sc(SYS_pipe, pipe);
	eq("getdents64 of a pipe is ENOTDIR", sc(NR_getdents64, pipe[0], buf, 8192), -ENOTDIR);
	sc(SYS_close, pipe[0]), sc(SYS_close, pipe[1]);
	fd = sc(SYS_open, "y", O_RDONLY | O_DIRECTORY);
	for (int i = 0; i < 200; i++) {
		name[2] = (char)('0' + i / 100), name[3] = (char)('0' + i / 10 % 10), name[4] = (char)('0' + i % 10);
		sc(SYS_unlink, name);
	}
	sc(SYS_rmdir, "y");
	eq("a folder that is gone is ENOENT", sc(NR_getdents64, fd, buf, 8192), -ENOENT);
	sc(SYS_close, fd);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_rmdir, "/tmp/files");
	if (sc(SYS_mkdir, "/tmp/files", 0755) || sc(SYS_chdir, "/tmp/files")) {
		say("Bail out! /tmp/files is in the way or cannot be made: remove it and run again");
		return 1;
	}
	nodes();
	opens();
	times();
	space();
	attributes();
	memory();
	watching();
	listing();
	sc(SYS_chdir, "/");
	eq("nothing is left", sc(SYS_rmdir, "/tmp/files"), 0);
	return tap_done();
}
