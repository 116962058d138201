// SPDX-License-Identifier: BSD-2-Clause
// Moving data between descriptors: splice(2), tee(2), vmsplice(2),
// copy_file_range(2), sendfile(2), readahead(2). Works in the current directory.
#include "signals.h"

#define BAD 16 // an address where nothing is

enum {
	NR_sendfile = 40, NR_socketpair = 53, NR_readahead = 187, NR_splice = 275, NR_tee = 276,
	NR_vmsplice = 278, NR_memfd_create = 319, NR_copy_file_range = 326,
	SPLICE_F_NONBLOCK = 2,
};

static u8 big[200000], back[200000];

static long make(const char *name, u64 size)
{
	long fd = sc(SYS_open, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (u64 i = 0; i < sizeof(big); i++)
		big[i] = (u8)(i * 7 + i / 251);
	sc(SYS_pwrite64, fd, big, size, 0);
	return fd;
}

static long at(long fd)
{
	return sc(SYS_lseek, fd, 0, 1);
}

static long offset(i64 *off, i64 value)
{
	*off = value;
	return (long)off;
}

static void file_and_pipe(void)
{
	int p[2];
	i64 off;
	char b[64];
	long f = make("s1", 10000), g = make("s2", 0);
	sc(SYS_pipe2, p, 0);
	eq("splice of a file into a pipe", sc(NR_splice, f, 0, p[1], 0, 100, 0), 100);
	eq("moves the file's offset", at(f), 100);
	eq("the pipe has the data", sc(SYS_read, p[0], b, 64), 64);
	ok(memcmp(b, big, 64) == 0, "the right data");
	eq("splice at an offset", sc(NR_splice, f, offset(&off, 5000), p[1], 0, 10, 0), 10);
	eq("moves that offset", off, 5010);
	eq("and not the file's", at(f), 100);
	eq("splice of a pipe into a file", sc(NR_splice, p[0], 0, g, 0, 1000, 0), 46);
	eq("moves its offset", at(g), 46);
	sc(SYS_pread64, g, b, 64, 0);
	ok(memcmp(b, big + 64, 36) == 0 && memcmp(b + 36, big + 5000, 10) == 0, "with the right data");
	eq("an empty pipe with SPLICE_F_NONBLOCK is EAGAIN",
	   sc(NR_splice, p[0], 0, g, 0, 10, SPLICE_F_NONBLOCK), -EAGAIN);
	sc(SYS_write, p[1], "0123456789", 10);
	eq("splice of a pipe to an offset", sc(NR_splice, p[0], 0, g, offset(&off, 3), 4, 0), 4);
	eq("moves the offset only", off * 1000 + at(g), 7046);
	eq("what was not asked for stays", sc(SYS_read, p[0], b, 64), 6);
	ok(memcmp(b, "456789", 6) == 0, "in order");
	eq("at the end of the file it is 0", sc(NR_splice, f, offset(&off, 10000), p[1], 0, 10, 0), 0);
	eq("nothing is 0, whatever the rest", sc(NR_splice, -1, BAD, -1, BAD, 0, 0xff), 0);
	eq("an unknown flag is EINVAL", sc(NR_splice, f, 0, p[1], 0, 1, 16), -EINVAL);
	eq("a bad source is EBADF", sc(NR_splice, 999, 0, p[1], 0, 1, 0), -EBADF);
	eq("a bad target is EBADF", sc(NR_splice, f, 0, 999, 0, 1, 0), -EBADF);
	eq("no pipe at all is EINVAL", sc(NR_splice, f, 0, g, 0, 1, 0), -EINVAL);
	eq("an offset for a pipe is ESPIPE", sc(NR_splice, p[0], offset(&off, 0), g, 0, 1, 0), -ESPIPE);
	eq("also for the target", sc(NR_splice, f, 0, p[1], offset(&off, 0), 1, 0), -ESPIPE);
	eq("a bad offset is EFAULT", sc(NR_splice, f, BAD, p[1], 0, 1, 0), -EFAULT);
	eq("the reading end cannot be written to: EBADF", sc(NR_splice, f, 0, p[0], 0, 1, 0), -EBADF);
	eq("the writing end cannot be read: EBADF", sc(NR_splice, p[1], 0, g, 0, 1, 0), -EBADF);
	long ap = sc(SYS_open, "s2", O_WRONLY | O_APPEND), ro = sc(SYS_open, "s2", O_RDONLY);
	sc(SYS_write, p[1], "x", 1);
	eq("a target that appends is EINVAL", sc(NR_splice, p[0], 0, ap, 0, 1, 0), -EINVAL);
	eq("a target that is read-only is EBADF", sc(NR_splice, p[0], 0, ro, 0, 1, 0), -EBADF);
	eq("a negative offset is EINVAL", sc(NR_splice, p[0], 0, g, offset(&off, -5), 1, 0), -EINVAL);
	long dir = sc(SYS_open, ".", O_RDONLY);
	eq("a directory is EINVAL", sc(NR_splice, dir, 0, p[1], 0, 1, 0), -EINVAL);
	eq("what failed has taken nothing", sc(SYS_read, p[0], b, 64), 1);
	sc(SYS_close, p[1]);
	eq("the end of a pipe is 0", sc(NR_splice, p[0], 0, g, 0, 10, 0), 0);
	sc(SYS_close, p[0]), sc(SYS_close, ap), sc(SYS_close, ro), sc(SYS_close, dir);
	sc(SYS_pipe, p);
	sc(SYS_close, p[0]);
	on(SIGPIPE, SIG_IGN, 0, 0);
	eq("a pipe without reader is EPIPE", sc(NR_splice, f, 0, p[1], 0, 10, 0), -EPIPE);
	sc(SYS_close, p[1]), sc(SYS_close, f), sc(SYS_close, g);
}

// The whole of a large file through a pipe, by two processes.
static void large(void)
{
	int p[2];
	long f = make("s1", sizeof(big)), g = make("s2", 0), n, sum = 0;
	sc(SYS_pipe, p);
	long pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_close, p[0]);
		for (sum = 0; sum < (long)sizeof(big); sum += n)
			if ((n = sc(NR_splice, f, 0, p[1], 0, sizeof(big) - (u64)sum, 0)) <= 0)
				break;
		sc(SYS_exit_group, sum == sizeof(big) ? 0 : 1);
	}
	sc(SYS_close, p[1]);
	while ((n = sc(NR_splice, p[0], 0, g, 0, 50000, 0)) > 0)
		sum += n;
	eq("a large file goes through a pipe", sum, sizeof(big));
	eq("the other process is content", reap(pid), 0);
	sc(SYS_pread64, g, back, sizeof(back), 0);
	ok(memcmp(big, back, sizeof(big)) == 0, "and comes out as it went in");
	sc(SYS_close, p[0]);
	// A writer that waits with more than the pipe holds.
	sc(SYS_pipe, p);
	sc(SYS_ftruncate, g, 0), sc(SYS_lseek, g, 0, 0);
	pid = sc(SYS_fork);
	if (pid == 0) {
		sc(SYS_close, p[0]);
		sc(SYS_exit_group, sc(SYS_write, p[1], big, 150000) == 150000 ? 0 : 1);
	}
	sc(SYS_close, p[1]);
	sum = 0;
	while ((n = sc(NR_splice, p[0], 0, g, 0, 7001, 0)) > 0)
		sum += n;
	eq("so does one large write", sum, 150000);
	eq("whose writer is content", reap(pid), 0);
	memset(back, 0, sizeof(back));
	sc(SYS_pread64, g, back, 150000, 0);
	ok(memcmp(big, back, 150000) == 0, "and it is all there");
	sc(SYS_close, p[0]), sc(SYS_close, f), sc(SYS_close, g);
}

static void sockets(void)
{
	int p[2], s[2];
	char b[32];
	sc(SYS_pipe, p);
	sc(NR_socketpair, 1, 1, 0, s);
	sc(SYS_write, p[1], "to the socket", 13);
	eq("splice of a pipe into a socket", sc(NR_splice, p[0], 0, s[0], 0, 100, 0), 13);
	eq("arrives", sc(SYS_read, s[1], b, 32), 13);
	sc(SYS_write, s[1], "from the socket", 15);
	eq("splice of a socket into a pipe", sc(NR_splice, s[0], 0, p[1], 0, 4, 0), 4);
	eq("takes what was asked", sc(SYS_read, p[0], b, 32), 4);
	eq("the rest stays", sc(SYS_read, s[0], b, 32), 11);
	ok(memcmp(b, " the socket", 11) == 0, "in order");
	sc(SYS_close, s[1]);
	eq("the end of a socket is 0", sc(NR_splice, s[0], 0, p[1], 0, 4, 0), 0);
	sc(SYS_close, s[0]), sc(SYS_close, p[0]), sc(SYS_close, p[1]);
}

static void pipes(void)
{
	int p[2], q[2];
	char b[64];
	long f = make("s1", 10);
	sc(SYS_pipe2, p, O_NONBLOCK), sc(SYS_pipe, q);
	sc(SYS_write, p[1], "0123456789", 10);
	eq("tee copies", sc(NR_tee, p[0], q[1], 6, 0), 6);
	eq("to the other pipe", sc(SYS_read, q[0], b, 64), 6);
	ok(memcmp(b, "012345", 6) == 0, "from the start");
	eq("and leaves all", sc(SYS_read, p[0], b, 64), 10);
	eq("tee of an empty pipe is EAGAIN", sc(NR_tee, p[0], q[1], 6, SPLICE_F_NONBLOCK), -EAGAIN);
	eq("O_NONBLOCK counts too", sc(NR_tee, p[0], q[1], 6, 0), -EAGAIN);
	eq("tee of nothing is 0", sc(NR_tee, -1, -1, 0, 0), 0);
	eq("tee with an unknown flag is EINVAL", sc(NR_tee, -1, -1, 0, 16), -EINVAL);
	eq("tee of one pipe is EINVAL", sc(NR_tee, p[0], p[1], 1, 0), -EINVAL);
	eq("tee of no pipe is EINVAL", sc(NR_tee, p[0], f, 1, 0), -EINVAL);
	sc(SYS_close, f);
	eq("tee of a bad descriptor is EBADF", sc(NR_tee, 999, q[1], 1, 0), -EBADF);
	sc(SYS_write, p[1], "abcdef", 6);
	eq("splice from pipe to pipe", sc(NR_splice, p[0], 0, q[1], 0, 4, 0), 4);
	eq("takes what it moves", sc(SYS_read, p[0], b, 64), 2);
	eq("to the other", sc(SYS_read, q[0], b, 64), 4);
	eq("splice of one pipe is EINVAL", sc(NR_splice, p[0], 0, p[1], 0, 1, 0), -EINVAL);
	while (sc(SYS_write, p[1], big, 4096) > 0)
		;
	sc(SYS_write, q[1], "x", 1);
	eq("a full pipe is EAGAIN", sc(NR_splice, q[0], 0, p[1], 0, 1, SPLICE_F_NONBLOCK), -EAGAIN);
	eq("and nothing is lost", sc(SYS_read, q[0], b, 64), 1);
	long n, sum = 0;
	while ((n = sc(NR_splice, p[0], 0, q[1], 0, 1000000, SPLICE_F_NONBLOCK)) > 0)
		for (sum += n; n > 0;)
			n -= sc(SYS_read, q[0], back, n < (long)sizeof(back) ? n : (long)sizeof(back));
	eq("a full pipe holds 64 KiB", sum, 65536);
	sc(SYS_close, q[0]);
	sc(SYS_write, p[1], "x", 1);
	eq("a pipe without reader is EPIPE", sc(NR_splice, p[0], 0, q[1], 0, 1, 0), -EPIPE);
	sc(SYS_close, p[0]), sc(SYS_close, p[1]), sc(SYS_close, q[1]);
}

static void memory(void)
{
	int p[2];
	char b[16] = {0}, c[16] = {0};
	struct iovec v[2] = {{"hello ", 6}, {"world", 5}}, r[2] = {{b, 3}, {c, 16}};
	sc(SYS_pipe, p);
	eq("vmsplice into a pipe", sc(NR_vmsplice, p[1], v, 2, 0), 11);
	eq("vmsplice out of a pipe", sc(NR_vmsplice, p[0], r, 2, 0), 11);
	ok(memcmp(b, "hel", 4) == 0 && memcmp(c, "lo world", 9) == 0, "in its parts");
	eq("of nothing is 0", sc(NR_vmsplice, p[1], v, 0, 0), 0);
	eq("of an empty pipe is EAGAIN", sc(NR_vmsplice, p[0], r, 2, SPLICE_F_NONBLOCK), -EAGAIN);
	eq("with an unknown flag is EINVAL", sc(NR_vmsplice, p[1], v, 1, 16), -EINVAL);
	eq("with too many parts is EINVAL", sc(NR_vmsplice, p[1], v, 1025, 0), -EINVAL);
	eq("from a bad vector is EFAULT", sc(NR_vmsplice, p[1], BAD, 1, 0), -EFAULT);
	v[0].base = (void *)BAD;
	eq("from a bad address is EFAULT", sc(NR_vmsplice, p[1], v, 1, 0), -EFAULT);
	eq("of no pipe is EBADF", sc(NR_vmsplice, 999, v, 1, 0), -EBADF);
	v[0].base = big, v[0].len = 150000;
	long n = sc(NR_vmsplice, p[1], v, 1, SPLICE_F_NONBLOCK);
	ok(n > 0 && n <= 65536, "fills the pipe and does not wait");
	eq("a full pipe is EAGAIN", sc(NR_vmsplice, p[1], v, 1, SPLICE_F_NONBLOCK), -EAGAIN);
	sc(SYS_close, p[0]);
	eq("without reader is EPIPE", sc(NR_vmsplice, p[1], v, 1, 0), -EPIPE);
	sc(SYS_close, p[1]);
}

static void copies(void)
{
	int p[2];
	i64 a, z;
	char b[64];
	struct stat st;
	long f = make("s1", 10000), g = make("s2", 0);
	eq("copy_file_range", sc(NR_copy_file_range, f, 0, g, 0, 6000, 0), 6000);
	ok(at(f) == 6000 && at(g) == 6000, "moves both offsets");
	eq("ends with the source", sc(NR_copy_file_range, f, 0, g, 0, 6000, 0), 4000);
	eq("at its end it is 0", sc(NR_copy_file_range, f, 0, g, 0, 6000, 0), 0);
	sc(SYS_pread64, g, back, 10000, 0);
	ok(memcmp(back, big, 10000) == 0, "the copy is the same");
	eq("at offsets", sc(NR_copy_file_range, f, offset(&a, 10), g, offset(&z, 20000), 50, 0), 50);
	ok(a == 60 && z == 20050 && at(f) == 10000, "which move on alone");
	sc(SYS_fstat, g, &st);
	eq("the target grows", st.size, 20050);
	eq("within one file", sc(NR_copy_file_range, f, offset(&a, 0), f, offset(&z, 100), 100, 0), 100);
	eq("ranges that overlap are EINVAL", sc(NR_copy_file_range, f, offset(&a, 0), f, offset(&z, 50), 100, 0), -EINVAL);
	eq("flags are EINVAL", sc(NR_copy_file_range, f, 0, g, 0, 1, 1), -EINVAL);
	eq("nothing is 0", sc(NR_copy_file_range, f, offset(&a, 0), g, offset(&z, 0), 0, 0), 0);
	eq("a bad source is EBADF", sc(NR_copy_file_range, 999, 0, g, 0, 1, 0), -EBADF);
	eq("a bad target is EBADF", sc(NR_copy_file_range, f, 0, 999, 0, 1, 0), -EBADF);
	eq("a bad offset is EFAULT", sc(NR_copy_file_range, f, BAD, g, 0, 1, 0), -EFAULT);
	eq("a negative offset is EINVAL", sc(NR_copy_file_range, f, offset(&a, -5), g, 0, 1, 0), -EINVAL);
	eq("a range that wraps around is EOVERFLOW", sc(NR_copy_file_range, f, offset(&a, 1), g, 0, ~0UL, 0), -EOVERFLOW);
	eq("a target beyond any file is EFBIG", sc(NR_copy_file_range, f, offset(&a, 0), g, offset(&z, ~0UL >> 1), 1, 0), -27);
	long dir = sc(SYS_open, ".", O_RDONLY), ap = sc(SYS_open, "s2", O_WRONLY | O_APPEND),
	     ro = sc(SYS_open, "s2", O_RDONLY);
	eq("a directory is EISDIR", sc(NR_copy_file_range, dir, 0, g, 0, 1, 0), -EISDIR);
	sc(SYS_pipe, p);
	eq("a pipe is EINVAL", sc(NR_copy_file_range, p[0], 0, g, 0, 1, 0), -EINVAL);
	eq("a target that appends is EBADF", sc(NR_copy_file_range, f, offset(&a, 0), ap, 0, 1, 0), -EBADF);
	eq("a read-only target is EBADF", sc(NR_copy_file_range, f, offset(&a, 0), ro, 0, 1, 0), -EBADF);
	sc(SYS_close, dir), sc(SYS_close, ap), sc(SYS_close, ro);
	// sendfile, to what is neither socket nor pipe, and from memory.
	long m = sc(NR_memfd_create, "m", 0);
	eq("sendfile into a memory file", sc(NR_sendfile, m, f, offset(&a, 0), 4000), 4000);
	eq("sendfile of a memory file", sc(NR_sendfile, p[1], m, offset(&a, 0), 10), 10);
	eq("gives its data", sc(SYS_read, p[0], b, 64), 10);
	eq("sendfile of a pipe is EINVAL", sc(NR_sendfile, g, p[0], 0, 1), -EINVAL);
	eq("sendfile of a bad descriptor is EBADF", sc(NR_sendfile, g, 999, 0, 1), -EBADF);
	eq("sendfile at a negative offset is EINVAL", sc(NR_sendfile, g, f, offset(&a, -1), 1), -EINVAL);
	eq("sendfile at a bad offset is EFAULT", sc(NR_sendfile, g, f, BAD, 1), -EFAULT);
	eq("readahead", sc(NR_readahead, f, 0, 4096), 0);
	eq("readahead of a pipe is EINVAL", sc(NR_readahead, p[0], 0, 1), -EINVAL);
	eq("readahead of a bad descriptor is EBADF", sc(NR_readahead, 999, 0, 1), -EBADF);
	long wo = sc(SYS_open, "s1", O_WRONLY);
	eq("readahead of what is not to be read is EBADF", sc(NR_readahead, wo, 0, 1), -EBADF);
	sc(SYS_close, wo), sc(SYS_close, m), sc(SYS_close, p[0]), sc(SYS_close, p[1]);
	sc(SYS_close, f), sc(SYS_close, g);
	sc(SYS_unlink, "s1"), sc(SYS_unlink, "s2");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	sc(SYS_alarm, 60);
	file_and_pipe();
	large();
	sockets();
	pipes();
	memory();
	copies();
	return tap_done();
}
