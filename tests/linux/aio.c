// SPDX-License-Identifier: BSD-2-Clause
// Linux's asynchronous I/O by its system calls: io_setup(2), io_submit(2), io_getevents(2), io_cancel(2),
// io_destroy(2), io_pgetevents(2).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int number, failed;

static void check(int ok, const char *what)
{
	int error = errno;
	printf("%sok %d - %s\n", ok ? "" : "not ", ++number, what);
	if (!ok) {
		printf("# errno %d\n", error);
		failed = 1;
	}
	fflush(stdout);
	errno = 0;
}

static long setup(unsigned n, aio_context_t *ctx) { return syscall(SYS_io_setup, n, ctx); }
static long destroy(aio_context_t ctx) { return syscall(SYS_io_destroy, ctx); }
static long submit(aio_context_t ctx, long n, struct iocb **list) { return syscall(SYS_io_submit, ctx, n, list); }
static long cancel(aio_context_t ctx, struct iocb *cb, struct io_event *ev) { return syscall(SYS_io_cancel, ctx, cb, ev); }
static long events(aio_context_t ctx, long least, long most, struct io_event *ev, struct timespec *ts)
{
	return syscall(SYS_io_getevents, ctx, least, most, ev, ts);
}

static struct iocb request(int op, int fd, void *buf, size_t len, long long offset)
{
	struct iocb cb;
	memset(&cb, 0, sizeof(cb));
	cb.aio_data = 0x1234;
	cb.aio_lio_opcode = op;
	cb.aio_fildes = fd;
	cb.aio_buf = (uintptr_t)buf;
	cb.aio_nbytes = len;
	cb.aio_offset = offset;
	return cb;
}

// Submits one request: what io_submit says.
static long one(aio_context_t ctx, struct iocb *cb) { return submit(ctx, 1, &cb); }

static struct io_event last;

// Submits one request, and takes its event: the result.
static long long result(aio_context_t ctx, struct iocb *cb)
{
	memset(&last, 0, sizeof(last));
	if (one(ctx, cb) != 1)
		return -10000 - errno;
	if (events(ctx, 1, 1, &last, NULL) != 1)
		return -20000 - errno;
	return last.res;
}

static int refused(aio_context_t ctx, struct iocb cb, int error)
{
	return one(ctx, &cb) == -1 && errno == error;
}

static void contexts(void)
{
	aio_context_t ctx = 0, other = 0;
	check(setup(0, &ctx) == -1 && errno == EINVAL, "io_setup: no requests are EINVAL");
	ctx = 1;
	check(setup(1, &ctx) == -1 && errno == EINVAL, "io_setup: a context that is not 0 is EINVAL");
	check(setup(1, (void *)16) == -1 && errno == EFAULT, "io_setup: a bad pointer is EFAULT");
	ctx = 0;
	check(setup(10000000, &ctx) == -1 && (errno == EINVAL || errno == EAGAIN), "io_setup: far too many requests");
	check(setup(1000000, &ctx) == -1 && errno == EAGAIN, "io_setup: more requests than the limit are EAGAIN");
	check(ctx == 0, "... and nothing is stored");
	check(setup(4, &ctx) == 0 && ctx != 0, "io_setup");
	check(setup(4, &other) == 0 && other != 0 && other != ctx, "io_setup: a second context");
	check(destroy(other) == 0, "io_destroy");
	check(destroy(other) == -1 && errno == EINVAL, "io_destroy: twice is EINVAL");
	check(destroy(0) == -1 && errno == EINVAL, "io_destroy: 0 is EINVAL");
	check(submit(other, 0, NULL) == -1 && errno == EINVAL, "io_submit: a context that is gone is EINVAL");
	check(submit(ctx, 0, NULL) == 0, "io_submit: no requests are none");
	check(submit(ctx, -1, NULL) == -1 && errno == EINVAL, "io_submit: a negative number is EINVAL");
	check(submit(ctx, 1, (void *)16) == -1 && errno == EFAULT, "io_submit: a bad list is EFAULT");
	struct iocb *bad = (void *)16;
	check(submit(ctx, 1, &bad) == -1 && errno == EFAULT, "io_submit: a bad request is EFAULT");

	pid_t child = fork();
	if (child == 0)
		_exit(submit(ctx, 0, NULL) == -1 && errno == EINVAL ? 0 : 1);
	int status = -1;
	waitpid(child, &status, 0);
	check(status == 0, "a child has no contexts");
	check(destroy(ctx) == 0, "io_destroy: the first");
}

static void files(aio_context_t ctx)
{
	char buf[64] = "", *page;
	int fd = open("aio.file", O_RDWR | O_CREAT | O_TRUNC, 0600);
	struct iocb cb = request(IOCB_CMD_PWRITE, fd, "hello, world", 12, 0);
	cb.aio_key = 77;
	check(result(ctx, &cb) == 12, "PWRITE: the count");
	check(last.data == 0x1234 && last.obj == (uintptr_t)&cb && last.res2 == 0, "... with the request and its data");
	check(cb.aio_key == 0, "... whose key is set");
	cb = request(IOCB_CMD_PREAD, fd, buf, sizeof(buf), 7);
	check(result(ctx, &cb) == 5 && memcmp(buf, "world", 5) == 0, "PREAD at an offset");
	check(lseek(fd, 0, SEEK_CUR) == 0, "... leaves the file's own");
	cb = request(IOCB_CMD_PREAD, fd, buf, sizeof(buf), 100);
	check(result(ctx, &cb) == 0, "PREAD behind the end");
	struct iovec vec[2] = {{"abc", 3}, {"defg", 4}};
	cb = request(IOCB_CMD_PWRITEV, fd, vec, 2, 20);
	check(result(ctx, &cb) == 7, "PWRITEV");
	struct iovec to[2] = {{buf, 2}, {buf + 10, 5}};
	cb = request(IOCB_CMD_PREADV, fd, to, 2, 20);
	check(result(ctx, &cb) == 7 && memcmp(buf, "ab", 2) == 0 && memcmp(buf + 10, "cdefg", 5) == 0, "PREADV");
	cb = request(IOCB_CMD_FSYNC, fd, NULL, 0, 0);
	check(result(ctx, &cb) == 0, "FSYNC");
	cb = request(IOCB_CMD_FDSYNC, fd, NULL, 0, 0);
	check(result(ctx, &cb) == 0, "FDSYNC");
	cb = request(IOCB_CMD_PWRITE, fd, "x", 1, 0);
	cb.aio_rw_flags = RWF_DSYNC;
	check(result(ctx, &cb) == 1, "PWRITE with RWF_DSYNC");
	cb = request(IOCB_CMD_PWRITEV, fd, vec, 1, 0);
	cb.aio_rw_flags = RWF_APPEND;
	check(result(ctx, &cb) == 3 && lseek(fd, 0, SEEK_END) == 30, "PWRITEV with RWF_APPEND");

	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(page + 4096, 4096);
	cb = request(IOCB_CMD_PREAD, fd, page + 4096, 8, 0);
	check(result(ctx, &cb) == -EFAULT, "PREAD to nowhere: EFAULT in the event");
	cb = request(IOCB_CMD_PREADV, fd, page + 4096, 1, 0);
	check(refused(ctx, cb, EFAULT), "PREADV: a bad vector is EFAULT at once");

	check(refused(ctx, request(IOCB_CMD_PREAD, -1, buf, 1, 0), EBADF), "a bad descriptor is EBADF");
	check(refused(ctx, request(IOCB_CMD_PREAD, fd, buf, 1, -1), EINVAL), "a negative offset is EINVAL");
	check(refused(ctx, request(IOCB_CMD_PREAD, fd, buf, (size_t)1 << 63, 0), EINVAL), "a length above SSIZE_MAX is EINVAL");
	check(refused(ctx, request(IOCB_CMD_NOOP, fd, NULL, 0, 0), EINVAL), "NOOP is EINVAL");
	check(refused(ctx, request(4, fd, NULL, 0, 0), EINVAL), "PREADX is EINVAL");
	check(refused(ctx, request(99, fd, NULL, 0, 0), EINVAL), "an unknown operation is EINVAL");
	check(refused(ctx, request(IOCB_CMD_FSYNC, fd, NULL, 1, 0), EINVAL), "FSYNC with a length is EINVAL");
	cb = request(IOCB_CMD_PREAD, fd, buf, 1, 0);
	cb.aio_reserved2 = 1;
	check(refused(ctx, cb, EINVAL), "reserved fields are EINVAL");
	cb = request(IOCB_CMD_PREAD, fd, buf, 1, 0);
	cb.aio_rw_flags = 1 << 20;
	check(refused(ctx, cb, EOPNOTSUPP), "unknown flags are EOPNOTSUPP");
	int reads = open("aio.file", O_RDONLY), writes = open("aio.file", O_WRONLY), folder = open(".", O_RDONLY);
	check(refused(ctx, request(IOCB_CMD_PWRITE, reads, buf, 1, 0), EBADF), "PWRITE to what is open to read is EBADF");
	check(refused(ctx, request(IOCB_CMD_PREAD, writes, buf, 1, 0), EBADF), "PREAD of what is open to write is EBADF");
	check(refused(ctx, request(IOCB_CMD_PREAD, folder, buf, 1, 0), EINVAL), "PREAD of a folder is EINVAL");

	struct iocb good = request(IOCB_CMD_PREAD, fd, buf, 1, 0), bad = request(99, fd, NULL, 0, 0);
	struct iocb *list[3] = {&good, &bad, &good};
	struct io_event got[4];
	check(submit(ctx, 3, list) == 1, "io_submit: ends at the first bad request");
	check(events(ctx, 0, 4, got, &(struct timespec){0, 0}) == 1, "... and does those before it");
	struct iocb *two[2] = {&good, &good};
	check(submit(ctx, 2, two) == 2, "one request twice");
	check(events(ctx, 1, 1, got, NULL) == 1, "io_getevents: takes as many as there is room for");
	check(events(ctx, 1, 4, got, NULL) == 1, "... and the rest later");
	close(reads), close(writes), close(folder), close(fd);
	munmap(page, 4096);
	unlink("aio.file");
}

static void on_alarm(int sig) { (void)sig; }

static void waiting(aio_context_t ctx)
{
	struct io_event got[4];
	struct timespec none = {0, 0}, little = {0, 30000000};
	check(events(ctx, 0, 0, NULL, NULL) == 0, "io_getevents: none at all");
	check(events(ctx, 1, 4, got, &none) == 0, "io_getevents: nothing there, no time");
	check(events(ctx, 1, 4, got, &little) == 0, "io_getevents: nothing there, a little time");
	check(events(ctx, 5, 4, got, &none) == -1 && errno == EINVAL, "io_getevents: at least more than at most is EINVAL");
	check(events(ctx, -1, 4, got, &none) == -1 && errno == EINVAL, "io_getevents: a negative number is EINVAL");
	check(events(ctx + 4096, 0, 4, got, &none) == -1 && errno == EINVAL, "io_getevents: a bad context is EINVAL");
	check(events(ctx, 0, 4, got, (void *)16) == -1 && errno == EFAULT, "io_getevents: a bad time is EFAULT");

	struct sigaction sa = {.sa_handler = on_alarm};
	sigaction(SIGALRM, &sa, NULL);
	ualarm(50000, 0);
	check(events(ctx, 1, 4, got, NULL) == -1 && errno == EINTR, "io_getevents: EINTR by a signal");

	sigset_t set, old;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_BLOCK, &set, &old);
	ualarm(30000, 0);
	uint64_t open_mask = 0;
	struct { const void *mask; size_t size; } sigs = {&open_mask, 8};
	long n = syscall(SYS_io_pgetevents, ctx, 1L, 4L, got, NULL, &sigs);
	check(n == -1 && errno == EINTR, "io_pgetevents: lets a signal in");
	sigprocmask(SIG_BLOCK, NULL, &set);
	check(sigismember(&set, SIGALRM), "... and blocks it again");
	sigprocmask(SIG_SETMASK, &old, NULL);
	sigs.size = 4;
	n = syscall(SYS_io_pgetevents, ctx, 1L, 4L, got, &none, &sigs);
	check(n == -1 && errno == EINVAL, "io_pgetevents: a mask of the wrong size is EINVAL");
}

static aio_context_t shared;
static int pipe_fds[2];

static void *later(void *arg)
{
	struct timespec ts = {0, 50000000};
	nanosleep(&ts, NULL);
	if (arg) {
		static struct iocb cb;
		cb = request(IOCB_CMD_PWRITE, pipe_fds[1], "later", 5, 0);
		one(shared, &cb);
	} else {
		(void)!write(pipe_fds[1], "x", 1);
	}
	return NULL;
}

static void others(aio_context_t ctx)
{
	pthread_t thread;
	struct io_event got[4];
	char buf[16];
	shared = ctx;
	(void)!pipe(pipe_fds);
	pthread_create(&thread, NULL, later, (void *)1);
	check(events(ctx, 1, 4, got, NULL) == 1 && got[0].res == 5, "another thread's request wakes who waits");
	pthread_join(thread, NULL);
	struct iocb cb = request(IOCB_CMD_PREAD, pipe_fds[0], buf, sizeof(buf), 0);
	check(result(ctx, &cb) == 5 && memcmp(buf, "later", 5) == 0, "a pipe is read in order");

	int counter = eventfd(0, 0);
	uint64_t count = 0;
	cb = request(IOCB_CMD_PWRITE, pipe_fds[1], "a", 1, 0);
	cb.aio_flags = IOCB_FLAG_RESFD;
	cb.aio_resfd = counter;
	check(result(ctx, &cb) == 1 && read(counter, &count, 8) == 8 && count == 1, "an eventfd is told");
	(void)!read(pipe_fds[0], buf, 1);
	cb.aio_resfd = pipe_fds[0];
	check(refused(ctx, cb, EINVAL), "... another descriptor is EINVAL");
	cb.aio_resfd = -1;
	check(refused(ctx, cb, EBADF), "... none is EBADF");

	cb = request(IOCB_CMD_POLL, pipe_fds[1], (void *)POLLOUT, 0, 0);
	check(result(ctx, &cb) == POLLOUT, "POLL: ready at once");
	cb = request(IOCB_CMD_POLL, pipe_fds[0], (void *)POLLIN, 0, 0);
	check(one(ctx, &cb) == 1, "POLL: not ready yet");
	check(events(ctx, 1, 1, got, &(struct timespec){0, 20000000}) == 0, "... still not");
	pthread_create(&thread, NULL, later, NULL);
	check(events(ctx, 1, 1, got, NULL) == 1 && (got[0].res & POLLIN) && got[0].obj == (uintptr_t)&cb, "... now");
	pthread_join(thread, NULL);
	(void)!read(pipe_fds[0], buf, 1);
	check(one(ctx, &cb) == 1, "POLL: again");
	check(cancel(ctx, &cb, got) == -1 && errno == EINPROGRESS, "io_cancel: in progress");
	check(events(ctx, 1, 1, got, NULL) == 1 && got[0].obj == (uintptr_t)&cb, "... its event comes");
	check(cancel(ctx, &cb, got) == -1 && errno == EINVAL, "io_cancel: a request that is done is EINVAL");
	check(cancel(ctx, (void *)16, got) == -1 && errno == EFAULT, "io_cancel: a bad pointer is EFAULT");
	cb = request(IOCB_CMD_POLL, pipe_fds[0], (void *)0x10000, 0, 0);
	check(refused(ctx, cb, EINVAL), "POLL: events that are none are EINVAL");
	signal(SIGPIPE, SIG_IGN);
	close(pipe_fds[0]);
	cb = request(IOCB_CMD_PWRITE, pipe_fds[1], "a", 1, 0);
	check(result(ctx, &cb) == -EPIPE, "a pipe nobody reads: EPIPE in the event");
	check(refused(ctx, request(IOCB_CMD_FSYNC, pipe_fds[1], NULL, 0, 0), EINVAL), "FSYNC of a pipe is EINVAL");
	close(pipe_fds[1]), close(counter);
}

// As many events as are not taken, and no more.
static void full(void)
{
	aio_context_t ctx = 0;
	int fd = open("/dev/zero", O_RDONLY);
	char c;
	struct iocb cb = request(IOCB_CMD_PREAD, fd, &c, 1, 0);
	struct io_event got[8];
	long n = 0;
	setup(8, &ctx);
	while (n < 100000 && one(ctx, &cb) == 1)
		n++;
	check(n >= 8 && n < 100000 && errno == EAGAIN, "io_submit: EAGAIN once the context is full");
	check(events(ctx, 8, 8, got, NULL) == 8, "... until events are taken");
	check(one(ctx, &cb) == 1, "... then there is room again");
	check(destroy(ctx) == 0, "io_destroy: with events nobody took");
	close(fd);
}

int main(void)
{
	aio_context_t ctx = 0;
	alarm(30);
	if (setup(1, (void *)16) == -1 && errno == ENOSYS) {
		puts("1..1\nok 1 # SKIP no asynchronous I/O here");
		return 0;
	}
	contexts();
	setup(16, &ctx);
	files(ctx);
	waiting(ctx);
	alarm(30);
	others(ctx);
	destroy(ctx);
	full();
	printf("1..%d\n", number);
	return failed;
}
