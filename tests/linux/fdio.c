// SPDX-License-Identifier: BSD-2-Clause
// Descriptors and files: open(2), read(2), write(2), lseek(2), dup(2), pipe(2),
// fcntl(2), stat(2), getdents64(2), and the calls that change directories.
#include "signals.h"

#define BAD 16 // an address where nothing is

static void open_close(void)
{
	long fd = sc(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0640);
	ok(fd >= 3, "open creates a file");
	eq("O_EXCL on an existing file is EEXIST", sc(SYS_open, "f", O_RDWR | O_CREAT | O_EXCL, 0640), -EEXIST);
	eq("open of nothing is ENOENT", sc(SYS_open, "no/such", O_RDONLY), -ENOENT);
	eq("open of a bad address is EFAULT", sc(SYS_open, BAD, O_RDONLY), -EFAULT);
	eq("open of a directory for writing is EISDIR", sc(SYS_open, ".", O_WRONLY), -EISDIR);
	eq("open below a file is ENOTDIR", sc(SYS_open, "f/x", O_RDONLY), -ENOTDIR);
	eq("O_DIRECTORY on a file is ENOTDIR", sc(SYS_open, "f", O_RDONLY | O_DIRECTORY), -ENOTDIR);
	sc(SYS_symlink, "f", "l");
	eq("O_NOFOLLOW on a symbolic link is ELOOP", sc(SYS_open, "l", O_RDONLY | O_NOFOLLOW), -ELOOP);
	sc(SYS_symlink, "loop", "loop");
	eq("a link to itself is ELOOP", sc(SYS_open, "loop", O_RDONLY), -ELOOP);
	sc(SYS_unlink, "loop");
	static char name[300];
	memset(name, 'n', 256);
	eq("a name of 256 bytes is ENAMETOOLONG", sc(SYS_open, name, O_RDONLY), -ENAMETOOLONG);
	eq("openat of a bad directory is EBADF", sc(SYS_openat, 999, "f", O_RDONLY), -EBADF);
	eq("openat below a file is ENOTDIR", sc(SYS_openat, fd, "f", O_RDONLY), -ENOTDIR);
	eq("close succeeds", sc(SYS_close, fd), 0);
	eq("a second close is EBADF", sc(SYS_close, fd), -EBADF);
	eq("the lowest number is used again", sc(SYS_open, "f", O_RDONLY), fd);
	sc(SYS_close, fd);
}

static void read_write(void)
{
	char buf[32];
	long fd = sc(SYS_open, "f", O_RDWR | O_TRUNC);
	eq("write returns the length", sc(SYS_write, fd, "hello world", 11), 11);
	eq("read at the end is 0", sc(SYS_read, fd, buf, 5), 0);
	eq("lseek to the start", sc(SYS_lseek, fd, 6, 0), 6);
	eq("a read may be short", sc(SYS_read, fd, buf, sizeof(buf)), 5);
	ok(memcmp(buf, "world", 5) == 0, "and brings what was written");
	eq("lseek from the end", sc(SYS_lseek, fd, -1, 2), 10);
	eq("lseek below 0 is EINVAL", sc(SYS_lseek, fd, -1, 0), -EINVAL);
	eq("lseek with an unknown whence is EINVAL", sc(SYS_lseek, fd, 0, 9), -EINVAL);
	eq("pread64 leaves the offset", sc(SYS_pread64, fd, buf, 5, 0), 5);
	eq("so does pwrite64", sc(SYS_pwrite64, fd, "J", 1, 0), 1);
	eq("the offset is as it was", sc(SYS_lseek, fd, 0, 1), 10);
	eq("pread64 at a negative offset is EINVAL", sc(SYS_pread64, fd, buf, 1, -1), -EINVAL);
	eq("read to a bad address is EFAULT", sc(SYS_pread64, fd, BAD, 5, 0), -EFAULT);
	eq("write from a bad address is EFAULT", sc(SYS_write, fd, BAD, 5), -EFAULT);
	eq("read of 0 bytes is 0", sc(SYS_read, fd, buf, 0), 0);
	eq("read of a bad descriptor is EBADF", sc(SYS_read, -1, buf, 1), -EBADF);
	struct iovec v[2] = {{"ab", 2}, {"cde", 3}};
	eq("writev writes all parts", sc(SYS_writev, fd, v, 2), 5);
	eq("writev with too many parts is EINVAL", sc(SYS_writev, fd, v, 1025), -EINVAL);
	eq("writev with a negative count is EINVAL", sc(SYS_writev, fd, v, -1), -EINVAL);
	v[1].len = ~0UL >> 1;
	v[0].len = ~0UL >> 1;
	eq("writev from a bad vector is EFAULT", sc(SYS_writev, fd, BAD, 1), -EFAULT);
	v[0].len = 1UL << 63;
	eq("a part of more than SSIZE_MAX is EINVAL", sc(SYS_readv, fd, v, 1), -EINVAL);
	long ro = sc(SYS_open, "f", O_RDONLY), dir = sc(SYS_open, ".", O_RDONLY);
	eq("write to a read-only descriptor is EBADF", sc(SYS_write, ro, "x", 1), -EBADF);
	eq("read of a directory is EISDIR", sc(SYS_read, dir, buf, 1), -EISDIR);
	eq("ftruncate succeeds", sc(SYS_ftruncate, fd, 3), 0);
	eq("the file is shorter", sc(SYS_lseek, fd, 0, 2), 3);
	eq("ftruncate of a read-only descriptor is EINVAL", sc(SYS_ftruncate, ro, 3), -EINVAL);
	eq("ftruncate below 0 is EINVAL", sc(SYS_ftruncate, fd, -1), -EINVAL);
	eq("truncate of a directory is EISDIR", sc(SYS_truncate, ".", 0), -EISDIR);
	long ap = sc(SYS_open, "f", O_WRONLY | O_APPEND);
	sc(SYS_write, ap, "zz", 2);
	eq("O_APPEND writes at the end", sc(SYS_lseek, fd, 0, 2), 5);
	eq("fsync succeeds", sc(SYS_fsync, fd), 0);
	sc(SYS_close, fd);
	sc(SYS_close, ro);
	sc(SYS_close, dir);
	sc(SYS_close, ap);
}

static void descriptors(void)
{
	long fd = sc(SYS_open, "f", O_RDWR), d = sc(SYS_dup, fd);
	ok(d > fd, "dup gives another number");
	sc(SYS_lseek, fd, 2, 0);
	eq("a duplicate shares the offset", sc(SYS_lseek, d, 0, 1), 2);
	eq("dup2 to a number", sc(SYS_dup2, fd, 77), 77);
	eq("dup2 to itself", sc(SYS_dup2, 77, 77), 77);
	eq("dup2 of a closed one to itself is EBADF", sc(SYS_dup2, 78, 78), -EBADF);
	eq("dup2 to a negative number is EBADF", sc(SYS_dup2, fd, -1), -EBADF);
	eq("dup3 to itself is EINVAL", sc(SYS_dup3, fd, fd, 0), -EINVAL);
	eq("dup3 with unknown flags is EINVAL", sc(SYS_dup3, fd, 77, 1), -EINVAL);
	eq("dup3 with O_CLOEXEC", sc(SYS_dup3, fd, 77, O_CLOEXEC), 77);
	eq("F_GETFD shows it", sc(SYS_fcntl, 77, F_GETFD), FD_CLOEXEC);
	sc(SYS_fcntl, 77, F_SETFD, 0);
	eq("F_SETFD clears it", sc(SYS_fcntl, 77, F_GETFD), 0);
	eq("F_DUPFD starts at a number", sc(SYS_fcntl, fd, F_DUPFD, 100), 100);
	eq("F_DUPFD_CLOEXEC", sc(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 100), 101);
	eq("F_DUPFD from a negative number is EINVAL", sc(SYS_fcntl, fd, F_DUPFD, -1), -EINVAL);
	eq("an unknown fcntl is EINVAL", sc(SYS_fcntl, fd, 9999, 0), -EINVAL);
	// O_LARGEFILE, 0100000, is always shown to 64-bit programs.
	eq("F_GETFL shows the access mode", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | 0100000);
	sc(SYS_fcntl, fd, F_SETFL, O_APPEND | O_NONBLOCK);
	eq("F_SETFL sets flags", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_APPEND | O_NONBLOCK | 0100000);
	eq("ioctl of a file is ENOTTY", sc(SYS_ioctl, fd, 0x5401, 0), -ENOTTY);
	for (int i = 0; i < 3; i++)
		sc(SYS_close, i == 0 ? 77 : 99 + i);
	sc(SYS_close, fd);
	sc(SYS_close, d);
}

static void pipes(void)
{
	int p[2] = {-1, -1};
	char buf[8];
	eq("pipe2 with unknown flags is EINVAL", sc(SYS_pipe2, p, 1), -EINVAL);
	eq("pipe to a bad address is EFAULT", sc(SYS_pipe, BAD), -EFAULT);
	eq("pipe2 with O_CLOEXEC and O_NONBLOCK", sc(SYS_pipe2, p, O_CLOEXEC | O_NONBLOCK), 0);
	eq("both ends close on exec", sc(SYS_fcntl, p[0], F_GETFD) + sc(SYS_fcntl, p[1], F_GETFD), 2);
	eq("read of an empty pipe is EAGAIN", sc(SYS_read, p[0], buf, 8), -EAGAIN);
	eq("write to a pipe", sc(SYS_write, p[1], "abc", 3), 3);
	int waiting = 0;
	eq("FIONREAD of a pipe", sc(SYS_ioctl, p[0], 0x541b, &waiting), 0);
	eq("counts its bytes", waiting, 3);
	eq("read of a pipe", sc(SYS_read, p[0], buf, 8), 3);
	eq("lseek of a pipe is ESPIPE", sc(SYS_lseek, p[0], 0, 1), -ESPIPE);
	eq("pread64 of a pipe is ESPIPE", sc(SYS_pread64, p[0], buf, 1, 0), -ESPIPE);
	eq("write to the read end is EBADF", sc(SYS_write, p[0], "x", 1), -EBADF);
	sc(SYS_close, p[1]);
	eq("read without a writer is 0", sc(SYS_read, p[0], buf, 8), 0);
	sc(SYS_close, p[0]);
	sc(SYS_pipe, p);
	sc(SYS_close, p[0]);
	on(SIGPIPE, SIG_IGN, 0, 0);
	eq("write without a reader is EPIPE", sc(SYS_write, p[1], "x", 1), -EPIPE);
	sc(SYS_close, p[1]);
}

static void stats(void)
{
	struct stat st;
	sc(SYS_unlink, "l");
	eq("symlink", sc(SYS_symlink, "f", "l"), 0);
	eq("stat", sc(SYS_stat, "f", &st), 0);
	ok((st.mode & S_IFMT) == S_IFREG && (st.mode & 0777) == 0640 && st.nlink == 1 && st.size == 5,
	   "stat tells type, mode, links and size");
	u64 ino = st.ino, now = (u64)now_ns(0) / 1000000000;
	ok((u64)st.mtime.sec <= now + 1 && (u64)st.mtime.sec + 3600 > now, "and a recent time");
	eq("lstat", sc(SYS_lstat, "l", &st), 0);
	ok((st.mode & S_IFMT) == S_IFLNK && st.size == 1, "lstat tells of the link");
	eq("newfstatat of a link", sc(SYS_newfstatat, AT_FDCWD, "l", &st, 0), 0);
	eq("follows it", (long)st.ino, (long)ino);
	eq("newfstatat with unknown flags is EINVAL", sc(SYS_newfstatat, AT_FDCWD, "l", &st, 0x80), -EINVAL);
	long fd = sc(SYS_open, "f", O_RDONLY);
	eq("newfstatat of a descriptor", sc(SYS_newfstatat, fd, "", &st, AT_EMPTY_PATH), 0);
	eq("newfstatat of an empty path is ENOENT", sc(SYS_newfstatat, fd, "", &st, 0), -ENOENT);
	eq("fstat", sc(SYS_fstat, fd, &st), 0);
	eq("is of the same file", (long)st.ino, (long)ino);
	eq("fstat to a bad address is EFAULT", sc(SYS_fstat, fd, BAD), -EFAULT);
	eq("fstat of a bad descriptor is EBADF", sc(SYS_fstat, 999, &st), -EBADF);
	sc(SYS_close, fd);
	eq("stat of /dev/null", sc(SYS_stat, "/dev/null", &st), 0);
	ok((st.mode & S_IFMT) == S_IFCHR && st.rdev == 0x103, "is character device 1:3");
	char buf[8];
	eq("readlink", sc(SYS_readlink, "l", buf, sizeof(buf)), 1);
	eq("readlink of a file is EINVAL", sc(SYS_readlink, "f", buf, sizeof(buf)), -EINVAL);
	eq("readlink with size 0 is EINVAL", sc(SYS_readlink, "l", buf, 0), -EINVAL);
	eq("access of a file", sc(SYS_access, "f", 4), 0);
	eq("access with an unknown mode is EINVAL", sc(SYS_access, "f", 8), -EINVAL);
	eq("access of nothing is ENOENT", sc(SYS_access, "no", 0), -ENOENT);
}

struct dirent64 {
	u64 ino;
	i64 off;
	u16 reclen;
	u8 type;
	char name[];
};

static int entries(u64 size, int *sane)
{
	static char buf[4096] __attribute__((aligned(8)));
	long fd = sc(SYS_open, "d", O_RDONLY | O_DIRECTORY), n;
	int found = 0;
	*sane = 1;
	while ((n = sc(SYS_getdents64, fd, buf, size)) > 0)
		for (long at = 0; at < n;) {
			struct dirent64 *e = (struct dirent64 *)(buf + at);
			*sane &= e->reclen % 8 == 0 && at + e->reclen <= n;
			*sane &= e->type == (e->name[0] == 'e' ? 8 : 4);
			at += e->reclen;
			found++;
		}
	sc(SYS_close, fd);
	return n < 0 ? (int)n : found;
}

static void directories(void)
{
	char name[] = "d/e0", buf[64];
	int sane;
	eq("mkdir", sc(SYS_mkdir, "d", 0755), 0);
	eq("mkdir of what exists is EEXIST", sc(SYS_mkdir, "d", 0755), -EEXIST);
	eq("mkdir below nothing is ENOENT", sc(SYS_mkdir, "no/d", 0755), -ENOENT);
	for (; name[3] <= '9'; name[3]++)
		sc(SYS_close, sc(SYS_open, name, O_WRONLY | O_CREAT, 0600));
	eq("getdents64 lists everything", entries(4096, &sane), 12);
	ok(sane, "with sane records and types");
	eq("and in small pieces", entries(80, &sane), 12);
	eq("getdents64 without room is EINVAL", entries(16, &sane), -EINVAL);
	long fd = sc(SYS_open, "f", O_RDONLY);
	eq("getdents64 of a file is ENOTDIR", sc(SYS_getdents64, fd, buf, 64), -ENOTDIR);
	sc(SYS_close, fd);
	eq("rmdir of a full directory is ENOTEMPTY", sc(SYS_rmdir, "d"), -ENOTEMPTY);
	eq("unlink of a directory is EISDIR", sc(SYS_unlink, "d"), -EISDIR);
	eq("rmdir of a file is ENOTDIR", sc(SYS_rmdir, "f"), -ENOTDIR);
	eq("rmdir of . is EINVAL", sc(SYS_rmdir, "d/."), -EINVAL);
	eq("rename", sc(SYS_rename, "d/e0", "d/g"), 0);
	eq("rename of nothing is ENOENT", sc(SYS_rename, "d/e0", "d/h"), -ENOENT);
	eq("rename of a file over a directory is EISDIR", sc(SYS_rename, "f", "d"), -EISDIR);
	eq("rename of a file over its own directory is ENOTEMPTY", sc(SYS_rename, "d/g", "d"), -ENOTEMPTY);
	eq("rename of a directory into itself is EINVAL", sc(SYS_rename, "d", "d/d"), -EINVAL);
	eq("renameat2 with RENAME_NOREPLACE is EEXIST", sc(SYS_renameat2, AT_FDCWD, "d/g", AT_FDCWD, "d/e1", 1), -EEXIST);
	eq("link", sc(SYS_link, "d/g", "d/e0"), 0);
	eq("link to what exists is EEXIST", sc(SYS_link, "d/g", "d/e0"), -EEXIST);
	eq("link of a directory is EPERM", sc(SYS_link, "d", "dd"), -EPERM);
	eq("chdir", sc(SYS_chdir, "d"), 0);
	long len = sc(SYS_getcwd, buf, sizeof(buf));
	ok(len > 2 && buf[len - 1] == 0 && buf[len - 2] == 'd', "getcwd returns the length with its end");
	eq("getcwd without room is ERANGE", sc(SYS_getcwd, buf, 1), -ERANGE);
	eq("chdir to a file is ENOTDIR", sc(SYS_chdir, "e1"), -ENOTDIR);
	sc(SYS_chdir, "..");
	for (name[3] = '0'; name[3] <= '9'; name[3]++)
		sc(SYS_unlink, name);
	sc(SYS_unlink, "d/g");
	eq("unlinkat with unknown flags is EINVAL", sc(SYS_unlinkat, AT_FDCWD, "d", 1), -EINVAL);
	eq("unlinkat removes a directory", sc(SYS_unlinkat, AT_FDCWD, "d", AT_REMOVEDIR), 0);
	eq("unlink", sc(SYS_unlink, "f"), 0);
	eq("unlink again is ENOENT", sc(SYS_unlink, "f"), -ENOENT);
	sc(SYS_unlink, "l");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_rmdir, "/tmp/fdio");
	if (sc(SYS_mkdir, "/tmp/fdio", 0755) || sc(SYS_chdir, "/tmp/fdio")) {
		say("Bail out! /tmp/fdio is in the way or cannot be made: remove it and run again");
		return 1;
	}
	sc(SYS_umask, 0);
	open_close();
	read_write();
	descriptors();
	pipes();
	stats();
	directories();
	sc(SYS_chdir, "/");
	eq("nothing is left", sc(SYS_rmdir, "/tmp/fdio"), 0);
	return tap_done();
}
