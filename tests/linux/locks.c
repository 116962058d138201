// SPDX-License-Identifier: BSD-2-Clause
// Descriptors' flags and locks: F_SETFL, OFD locks, seals, pipe sizes, preadv2(2)
// and pwritev2(2), close_range(2), fallocate(2), umask(2), renameat2(2),
// fstatfs(2) of what is in no file system. Works in the current directory.
#include "signals.h"

#define BAD 16 // an address where nothing is

enum {
	NR_umask = 95, NR_fstatfs = 138, NR_fallocate = 285, NR_preadv2 = 327, NR_pwritev2 = 328,
	NR_memfd_create = 319, NR_close_range = 436,
	F_GETLK = 5, F_SETLK = 6, F_SETLKW = 7, F_SETOWN = 8, F_GETOWN = 9, F_SETSIG = 10, F_GETSIG = 11,
	F_OFD_GETLK = 36, F_OFD_SETLK = 37, F_OFD_SETLKW = 38,
	F_GETLEASE = 1025, F_SETPIPE_SZ = 1031, F_GETPIPE_SZ = 1032, F_ADD_SEALS = 1033, F_GET_SEALS = 1034,
	F_RDLCK = 0, F_WRLCK = 1, F_UNLCK = 2,
	O_SYNC = 04010000, O_DSYNC = 010000, O_LARGEFILE = 0100000,
};

struct flock {
	i16 type, whence;
	i64 start, len;
	i32 pid;
};

static struct stat st;

static void status(void)
{
	long fd = sc(SYS_open, "l1", O_RDWR | O_CREAT | O_SYNC, 0600);
	eq("O_SYNC is shown", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_SYNC | O_LARGEFILE);
	eq("F_SETFL", sc(SYS_fcntl, fd, F_SETFL, O_APPEND), 0);
	eq("leaves O_SYNC", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_SYNC | O_APPEND | O_LARGEFILE);
	eq("F_SETFL of other bits", sc(SYS_fcntl, fd, F_SETFL, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC), 0);
	eq("changes nothing else", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_SYNC | O_LARGEFILE);
	sc(SYS_close, fd);
	fd = sc(SYS_open, "l1", O_RDWR | O_DSYNC);
	eq("O_DSYNC is not O_SYNC", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_DSYNC | O_LARGEFILE);
	sc(SYS_fcntl, fd, F_SETFL, O_NONBLOCK);
	eq("and stays", sc(SYS_fcntl, fd, F_GETFL), O_RDWR | O_DSYNC | O_NONBLOCK | O_LARGEFILE);
	sc(SYS_close, fd);
	fd = sc(SYS_open, "l1", O_PATH);
	eq("F_SETFL of an O_PATH descriptor is EBADF", sc(SYS_fcntl, fd, F_SETFL, O_NONBLOCK), -EBADF);
	eq("F_GETFL shows it", sc(SYS_fcntl, fd, F_GETFL), O_PATH);
	eq("it can be duplicated", sc(SYS_fcntl, fd, F_DUPFD, 200), 200);
	sc(SYS_close, fd), sc(SYS_close, 200);
	eq("F_GETFL of nothing is EBADF", sc(SYS_fcntl, 999, F_GETFL), -EBADF);
	eq("F_DUPFD beyond all descriptors is EINVAL", sc(SYS_fcntl, 1, F_DUPFD, 1 << 30), -EINVAL);
	int p[2];
	sc(SYS_pipe, p);
	eq("F_GETOWN is nobody at first", sc(SYS_fcntl, p[0], F_GETOWN), 0);
	eq("F_SETOWN", sc(SYS_fcntl, p[0], F_SETOWN, sc(SYS_getpid)), 0);
	eq("F_GETOWN", sc(SYS_fcntl, p[0], F_GETOWN), sc(SYS_getpid));
	eq("F_SETOWN of nobody is ESRCH", sc(SYS_fcntl, p[0], F_SETOWN, 0x3fffffff), -ESRCH);
	eq("F_GETSIG is the default", sc(SYS_fcntl, p[0], F_GETSIG), 0);
	eq("F_SETSIG of no signal is EINVAL", sc(SYS_fcntl, p[0], F_SETSIG, 100), -EINVAL);
	eq("F_GETPIPE_SZ", sc(SYS_fcntl, p[0], F_GETPIPE_SZ), 65536);
	eq("F_SETPIPE_SZ", sc(SYS_fcntl, p[1], F_SETPIPE_SZ, 65536), 65536);
	ok(sc(SYS_fcntl, p[1], F_SETPIPE_SZ, 0) >= 4096, "F_SETPIPE_SZ of nothing is what there must be");
	eq("F_GETPIPE_SZ of a file is EBADF", sc(SYS_fcntl, 999, F_GETPIPE_SZ), -EBADF);
	sc(SYS_close, p[0]), sc(SYS_close, p[1]);
	fd = sc(SYS_open, "l1", O_RDONLY);
	eq("F_GETPIPE_SZ of no pipe is EBADF", sc(SYS_fcntl, fd, F_GETPIPE_SZ), -EBADF);
	eq("F_GETLEASE says none", sc(SYS_fcntl, fd, F_GETLEASE), F_UNLCK);
	sc(SYS_close, fd);
}

static long lock(long fd, int cmd, int type, long start, long len)
{
	struct flock l = {(i16)type, 0, start, len, 0};
	return sc(SYS_fcntl, fd, cmd, &l);
}

static int other_process(void)
{
	long fd = sc(SYS_open, "l1", O_RDWR);
	return lock(fd, F_SETLK, F_WRLCK, 5, 1) == -EAGAIN && lock(fd, F_SETLK, F_WRLCK, 50, 1) == 0;
}

static void locks(void)
{
	long a = sc(SYS_open, "l1", O_RDWR), b = sc(SYS_open, "l1", O_RDWR), ro = sc(SYS_open, "l1", O_RDONLY);
	eq("an OFD lock", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10), 0);
	eq("stands in the way of another open file", lock(b, F_OFD_SETLK, F_WRLCK, 5, 10), -EAGAIN);
	eq("also of a reader", lock(ro, F_OFD_SETLK, F_RDLCK, 9, 1), -EAGAIN);
	eq("not of its own", lock(a, F_OFD_SETLK, F_RDLCK, 0, 10), 0);
	eq("readers share", lock(b, F_OFD_SETLK, F_RDLCK, 0, 10), 0);
	struct flock l = {F_WRLCK, 0, 0, 5, 0};
	eq("F_OFD_GETLK", sc(SYS_fcntl, ro, F_OFD_GETLK, &l), 0);
	ok(l.type == F_RDLCK && l.pid == -1, "tells of a lock of no process");
	l = (struct flock){F_WRLCK, 0, 100, 5, 0};
	sc(SYS_fcntl, b, F_OFD_GETLK, &l);
	ok(l.type == F_UNLCK && l.start == 100, "or of none");
	l = (struct flock){F_WRLCK, 0, 0, 5, 7};
	eq("an l_pid is EINVAL", sc(SYS_fcntl, b, F_OFD_SETLK, &l), -EINVAL);
	eq("a read-only file takes no write lock: EBADF", lock(ro, F_OFD_SETLK, F_WRLCK, 50, 1), -EBADF);
	eq("unlock", lock(a, F_OFD_SETLK, F_UNLCK, 0, 0), 0);
	eq("then the other can have it", lock(b, F_OFD_SETLK, F_WRLCK, 0, 10), 0);
	eq("a closed file has no locks", sc(SYS_close, b), 0);
	eq("so it is free", lock(a, F_OFD_SETLK, F_WRLCK, 0, 10), 0);
	ok(exit_code(in_child(other_process)) == 1, "a process's lock minds it, byte by byte");
	lock(a, F_OFD_SETLK, F_UNLCK, 0, 0);
	eq("a process's lock", lock(a, F_SETLK, F_WRLCK, 0, 10), 0);
	ok(exit_code(in_child(other_process)) == 1, "stands in the way of another process");
	eq("an unknown type is EINVAL", lock(a, F_SETLK, 7, 0, 1), -EINVAL);
	l = (struct flock){F_WRLCK, 9, 0, 5, 0};
	eq("an unknown whence is EINVAL", sc(SYS_fcntl, a, F_SETLK, &l), -EINVAL);
	eq("before the start is EINVAL", lock(a, F_SETLK, F_WRLCK, -5, 1), -EINVAL);
	eq("a bad address is EFAULT", sc(SYS_fcntl, a, F_SETLK, BAD), -EFAULT);
	eq("closing any descriptor of the file", sc(SYS_close, ro), 0);
	ok(exit_code(in_child(other_process)) == 0, "gives up the process's locks");
	sc(SYS_close, a);
}

static void seals(void)
{
	char page[4096];
	memset(page, 's', sizeof(page));
	long fd = sc(NR_memfd_create, "m", 2);
	sc(SYS_write, fd, page, sizeof(page));
	eq("F_GET_SEALS of a new file", sc(SYS_fcntl, fd, F_GET_SEALS), 0);
	eq("F_SEAL_SHRINK", sc(SYS_fcntl, fd, F_ADD_SEALS, 2), 0);
	eq("no shrinking: EPERM", sc(SYS_ftruncate, fd, 10), -EPERM);
	eq("growing is fine", sc(SYS_ftruncate, fd, 8192), 0);
	eq("F_SEAL_GROW", sc(SYS_fcntl, fd, F_ADD_SEALS, 4), 0);
	eq("no growing: EPERM", sc(SYS_ftruncate, fd, 9000), -EPERM);
	eq("writing inside is fine", sc(SYS_pwrite64, fd, page, 10, 0), 10);
	eq("F_SEAL_WRITE", sc(SYS_fcntl, fd, F_ADD_SEALS, 8), 0);
	eq("no writing: EPERM", sc(SYS_pwrite64, fd, page, 10, 0), -EPERM);
	eq("F_SEAL_SEAL", sc(SYS_fcntl, fd, F_ADD_SEALS, 1), 0);
	eq("no more seals: EPERM", sc(SYS_fcntl, fd, F_ADD_SEALS, 2), -EPERM);
	eq("all are told", sc(SYS_fcntl, fd, F_GET_SEALS), 15);
	sc(SYS_close, fd);
	fd = sc(SYS_open, "l1", O_RDWR);
	long r = sc(SYS_fcntl, fd, F_GET_SEALS);
	ok(r == -EINVAL || r == 1, "F_GET_SEALS of a plain file");
	sc(SYS_close, fd);
}

static void vectors(void)
{
	int p[2];
	char b[8] = {0};
	struct iovec v = {"abcd", 4}, r = {b, 8};
	long fd = sc(SYS_open, "l1", O_RDWR | O_TRUNC);
	eq("pwritev2 at the descriptor's offset", sc(NR_pwritev2, fd, &v, 1, -1, 0, 0), 4);
	eq("with RWF_DSYNC", sc(NR_pwritev2, fd, &v, 1, 0, 0, 2), 4);
	eq("with RWF_SYNC", sc(NR_pwritev2, fd, &v, 1, 0, 0, 4), 4);
	eq("with RWF_HIPRI", sc(NR_preadv2, fd, &r, 1, 0, 0, 1), 4);
	eq("RWF_APPEND", sc(NR_pwritev2, fd, &v, 1, 0, 0, 0x10), 4);
	sc(SYS_fstat, fd, &st);
	eq("writes at the end, whatever the offset", st.size, 8);
	eq("and leaves the descriptor's", sc(SYS_lseek, fd, 0, 1), 4);
	eq("RWF_APPEND at the descriptor's offset", sc(NR_pwritev2, fd, &v, 1, -1, 0, 0x10), 4);
	eq("moves it to the end", sc(SYS_lseek, fd, 0, 1), 12);
	long ap = sc(SYS_open, "l1", O_WRONLY | O_APPEND);
	eq("RWF_NOAPPEND", sc(NR_pwritev2, ap, &v, 1, 2, 0, 0x20), 4);
	sc(SYS_fstat, fd, &st);
	eq("writes where it is told", st.size, 12);
	sc(SYS_pread64, fd, b, 6, 0);
	ok(memcmp(b, "ababcd", 6) == 0, "there");
	eq("without it O_APPEND counts", sc(NR_pwritev2, ap, &v, 1, 2, 0, 0), 4);
	sc(SYS_fstat, fd, &st);
	eq("at the end", st.size, 16);
	eq("unknown flags are EOPNOTSUPP", sc(NR_preadv2, fd, &r, 1, 0, 0, 0x40000000), -EOPNOTSUPP);
	eq("an offset of -2 is EINVAL", sc(NR_preadv2, fd, &r, 1, -2, -1, 0), -EINVAL);
	sc(SYS_pipe, p);
	eq("RWF_NOWAIT of an empty pipe is EAGAIN", sc(NR_preadv2, p[0], &r, 1, -1, 0, 8), -EAGAIN);
	sc(SYS_write, p[1], "xy", 2);
	eq("RWF_NOWAIT of one with data", sc(NR_preadv2, p[0], &r, 1, -1, 0, 8), 2);
	eq("preadv2 of a pipe at an offset is ESPIPE", sc(NR_preadv2, p[0], &r, 1, 0, 0, 0), -ESPIPE);
	sc(SYS_close, p[0]), sc(SYS_close, p[1]), sc(SYS_close, fd), sc(SYS_close, ap);
}

static void ranges(void)
{
	for (int i = 0; i < 6; i++)
		sc(SYS_dup2, 1, 50 + i);
	eq("close_range with CLOSE_RANGE_CLOEXEC", sc(NR_close_range, 50, 51, 4), 0);
	eq("closes on exec", sc(SYS_fcntl, 50, F_GETFD), 1);
	eq("nothing else", sc(SYS_fcntl, 52, F_GETFD), 0);
	eq("close_range", sc(NR_close_range, 50, 52, 0), 0);
	eq("closes", sc(SYS_fcntl, 52, F_GETFD), -EBADF);
	eq("and stops there", sc(SYS_fcntl, 53, F_GETFD), 0);
	eq("with CLOSE_RANGE_UNSHARE", sc(NR_close_range, 53, 54, 2), 0);
	eq("closes as well", sc(SYS_fcntl, 54, F_GETFD), -EBADF);
	eq("an unknown flag is EINVAL", sc(NR_close_range, 53, 54, 8), -EINVAL);
	eq("the wrong way round is EINVAL", sc(NR_close_range, 54, 53, 0), -EINVAL);
	eq("to the last there can be", sc(NR_close_range, 55, ~0U, 0), 0);
	eq("is that one", sc(SYS_fcntl, 55, F_GETFD), -EBADF);
}

static void space(void)
{
	char b[16];
	long fd = sc(SYS_open, "l1", O_RDWR | O_TRUNC);
	memset(b, 'x', 16);
	sc(SYS_write, fd, b, 16);
	eq("FALLOC_FL_KEEP_SIZE inside the file", sc(NR_fallocate, fd, 1, 0, 16), 0);
	sc(SYS_fstat, fd, &st);
	eq("keeps the size", st.size, 16);
	sc(SYS_pread64, fd, b, 16, 0);
	eq("and the data", b[15], 'x');
	long r = sc(NR_fallocate, fd, 0x10, 4, 4);
	ok(r == 0 || r == -EOPNOTSUPP, "FALLOC_FL_ZERO_RANGE, where the file system can");
	sc(SYS_pread64, fd, b, 16, 0);
	if (r == 0)
		ok(b[3] == 'x' && b[4] == 0 && b[7] == 0 && b[8] == 'x', "makes zeros");
	else
		ok(b[4] == 'x', "or changes nothing");
	r = sc(NR_fallocate, fd, 0x10, 8, 100);
	sc(SYS_fstat, fd, &st);
	eq("it grows the file", st.size, r == 0 ? 108 : 16);
	r = sc(NR_fallocate, fd, 0x11, 0, 8);
	ok(r == 0 || r == -EOPNOTSUPP, "or keeps the size");
	r = sc(NR_fallocate, fd, 3, 1, 2);
	ok(r == 0 || r == -EOPNOTSUPP, "FALLOC_FL_PUNCH_HOLE");
	r = sc(NR_fallocate, fd, 3, 1000, 2000);
	ok(r == 0 || r == -EOPNOTSUPP, "also behind the end");
	sc(SYS_fstat, fd, &st);
	ok(st.size == 108 || st.size == 16, "keeps the size");
	r = sc(NR_fallocate, fd, 8, 0, 1);
	ok(r == -EINVAL || r == -EOPNOTSUPP, "FALLOC_FL_COLLAPSE_RANGE of a piece of a block is refused");
	eq("two modes at once are EOPNOTSUPP", sc(NR_fallocate, fd, 0x13, 0, 1), -EOPNOTSUPP);
	long ro = sc(SYS_open, "l1", O_RDONLY), dir = sc(SYS_open, ".", O_RDONLY);
	eq("of what is read-only is EBADF", sc(NR_fallocate, ro, 0, 0, 1), -EBADF);
	eq("also for zeros", sc(NR_fallocate, ro, 0x10, 0, 1), -EBADF);
	eq("of a directory is EBADF", sc(NR_fallocate, dir, 0, 0, 1), -EBADF);
	eq("a negative offset is EINVAL", sc(NR_fallocate, fd, 0x10, -1, 1), -EINVAL);
	sc(SYS_close, ro), sc(SYS_close, dir), sc(SYS_close, fd);
}

static void names(void)
{
	u64 fs[15];
	int p[2];
	sc(SYS_pipe, p);
	long m = sc(NR_memfd_create, "m", 0), s = sc(SYS_socket, 1, 1, 0);
	eq("fstatfs of a pipe", sc(NR_fstatfs, p[0], fs), 0);
	eq("is the pipes' own", (long)fs[0], 0x50495045);
	sc(NR_fstatfs, s, fs);
	eq("of a socket, the sockets'", (long)fs[0], 0x534f434b);
	sc(NR_fstatfs, m, fs);
	eq("of a memory file, tmpfs", (long)fs[0], 0x01021994);
	sc(SYS_close, p[0]), sc(SYS_close, p[1]), sc(SYS_close, m), sc(SYS_close, s);
	long old = sc(NR_umask, 07022);
	eq("umask keeps permission bits only", sc(NR_umask, old), 0022);
	sc(SYS_mkdir, "la", 0700), sc(SYS_mkdir, "lb", 0700);
	sc(SYS_symlink, "nothing", "ls");
	eq("RENAME_NOREPLACE of a directory", sc(SYS_renameat2, AT_FDCWD, "la", AT_FDCWD, "lc", 1), 0);
	eq("over another is EEXIST", sc(SYS_renameat2, AT_FDCWD, "lc", AT_FDCWD, "lb", 1), -EEXIST);
	eq("into itself is EINVAL", sc(SYS_renameat2, AT_FDCWD, "lc", AT_FDCWD, "lc/x", 1), -EINVAL);
	eq("which leaves nothing there", sc(SYS_rmdir, "lc"), 0);
	eq("of a link is of the link", sc(SYS_renameat2, AT_FDCWD, "ls", AT_FDCWD, "lt", 1), 0);
	eq("of a file", sc(SYS_renameat2, AT_FDCWD, "l1", AT_FDCWD, "l2", 1), 0);
	eq("of nothing is ENOENT", sc(SYS_renameat2, AT_FDCWD, "l1", AT_FDCWD, "l3", 1), -ENOENT);
	eq("two flags are EINVAL", sc(SYS_renameat2, AT_FDCWD, "l2", AT_FDCWD, "l3", 3), -EINVAL);
	eq("an unknown flag is EINVAL", sc(SYS_renameat2, AT_FDCWD, "l2", AT_FDCWD, "l3", 8), -EINVAL);
	sc(SYS_unlink, "lt"), sc(SYS_unlink, "l2"), sc(SYS_rmdir, "lb");
}

int main(int argc, char **argv, char **envp UNUSED)
{
	// A number runs one part alone.
	void (*const parts[])(void) = {status, locks, seals, vectors, ranges, space, names};
	sc(SYS_alarm, 60);
	sc(SYS_close, sc(SYS_open, "l1", O_RDWR | O_CREAT, 0600));
	for (u32 i = 0; i < COUNT(parts); i++)
		if (argc < 2 || argv[1][0] == (char)('0' + i))
			parts[i]();
	sc(SYS_unlink, "l1");
	return tap_done();
}
