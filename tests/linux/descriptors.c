// SPDX-License-Identifier: BSD-2-Clause
// Descriptors, readiness, ioctl and sockets, from the man pages. Prints TAP.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/mman.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <arpa/inet.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
static int n, bad;
#define OK(c) do { int c_ = (c); int e_ = errno; n++; if (!c_) bad++; printf("%sok %d - %s", c_ ? "" : "not ", n, #c); if (!c_) printf(" # line %d errno %d", __LINE__, e_); puts(""); fflush(stdout); } while (0)
#define FAILS(call, e) OK((errno = 0, (call) == -1 && errno == (e)))

static void rw(void) {
	char b[64]; int fd = open("/tmp/io.rw", O_RDWR | O_CREAT | O_TRUNC, 0600);
	OK(fd >= 0);
	struct iovec v[2] = { { "hello ", 6 }, { "world", 5 } };
	OK(writev(fd, v, 2) == 11);
	OK(pread(fd, b, 5, 6) == 5 && !memcmp(b, "world", 5));
	OK(lseek(fd, 0, SEEK_CUR) == 11);
	OK(pwrite(fd, "W", 1, 6) == 1);
	char x[3], y[3]; struct iovec r[2] = { { x, 3 }, { y, 3 } };
	OK(preadv(fd, r, 2, 5) == 6 && !memcmp(x, " Wo", 3) && !memcmp(y, "rld", 3));
	OK(pwritev(fd, v, 1, 20) == 6);
	OK(preadv2(fd, r, 2, 0, 0) == 6);
	lseek(fd, 6, SEEK_SET);
	OK(preadv2(fd, r, 1, -1, 0) == 3 && !memcmp(x, "Wor", 3) && lseek(fd, 0, SEEK_CUR) == 9);
	OK(pwritev2(fd, v, 1, 0, RWF_SYNC) == 6);
	FAILS(pwritev2(fd, v, 1, 0, 0x40000000), EOPNOTSUPP);
	FAILS(pread(fd, b, 1, -1), EINVAL);
	FAILS(pread(-1, b, 1, -1), EINVAL);
	FAILS(pread(-1, b, 1, 0), EBADF);
	FAILS(writev(fd, v, 1025), EINVAL);
	FAILS(writev(fd, (void *)8, 1), EFAULT);
	FAILS(writev(-1, v, 1), EBADF);
	int p[2]; OK(pipe2(p, O_NONBLOCK) == 0);
	FAILS(pread(p[0], b, 1, 0), ESPIPE);
	FAILS(read(p[0], b, 1), EAGAIN);
	// sendfile to a pipe, a file, a socket
	off_t off = 0;
	OK(sendfile(p[1], fd, &off, 5) == 5 && off == 5);
	OK(read(p[0], b, 64) == 5 && !memcmp(b, "hello", 5));
	int sv[2]; OK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	lseek(fd, 6, SEEK_SET);
	OK(sendfile(sv[0], fd, NULL, 5) == 5 && lseek(fd, 0, SEEK_CUR) == 11);
	OK(read(sv[1], b, 64) == 5 && !memcmp(b, "World", 5));
	int fd2 = open("/tmp/io.rw2", O_RDWR | O_CREAT | O_TRUNC, 0600); off = 0;
	OK(sendfile(fd2, fd, &off, 1000) == 26 && off == 26);
	OK(sendfile(fd2, fd, &off, 1000) == 0);
	FAILS(sendfile(fd2, p[0], NULL, 5), EINVAL);
	FAILS(sendfile(-1, fd, NULL, 5), EBADF);
	close(fd); close(fd2); close(p[0]); close(p[1]); close(sv[0]); close(sv[1]);
}
static void fds(void) {
	int fd = open("/tmp/io.rw", O_RDWR | O_CREAT, 0600);
	FAILS(dup3(fd, fd, 0), EINVAL);
	FAILS(dup3(fd, 50, O_NONBLOCK), EINVAL);
	OK(dup3(fd, 50, O_CLOEXEC) == 50 && fcntl(50, F_GETFD) == FD_CLOEXEC);
	OK(dup3(fd, 50, 0) == 50 && fcntl(50, F_GETFD) == 0);
	FAILS(dup3(99, 50, 0), EBADF);
	FAILS(dup2(99, 99), EBADF);
	OK(dup2(fd, fd) == fd);
	OK(fcntl(fd, F_DUPFD, 60) == 60 && fcntl(fd, F_DUPFD_CLOEXEC, 60) == 61);
	FAILS(fcntl(fd, F_DUPFD, -1), EINVAL);
	FAILS(fcntl(fd, 9999), EINVAL);
	FAILS(fcntl(99, 9999), EBADF);
	OK(fcntl(fd, F_GETFL) == (O_RDWR | 0100000));
	OK(fcntl(fd, F_SETFL, O_APPEND | O_NONBLOCK) == 0 && fcntl(fd, F_GETFL) == (O_RDWR | O_APPEND | O_NONBLOCK | 0100000));
	OK(fcntl(fd, F_SETFL, 0) == 0 && fcntl(fd, F_GETFL) == (O_RDWR | 0100000));
	int p[2]; pipe(p);
	OK(fcntl(p[0], F_GETFL) == O_RDONLY && fcntl(p[1], F_GETFL) == O_WRONLY);
	OK(fcntl(p[0], F_GETPIPE_SZ) == 65536 && fcntl(p[0], F_SETPIPE_SZ, 4096) >= 4096);
	FAILS(fcntl(fd, F_GETPIPE_SZ), EBADF);
	OK(fcntl(p[0], F_SETOWN, getpid()) == 0 && fcntl(p[0], F_GETOWN) == getpid());
	struct f_owner_ex ex; OK(fcntl(p[0], F_GETOWN_EX, &ex) == 0 && ex.type == F_OWNER_PID && ex.pid == getpid());
	OK(fcntl(p[0], F_GETSIG) == 0);
	// locks
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 3, .l_len = 4 };
	OK(fcntl(fd, F_SETLK, &l) == 0);
	struct flock g = l; OK(fcntl(fd, F_GETLK, &g) == 0 && g.l_type == F_UNLCK);
	pid_t pid = fork();
	if (pid == 0) {
		struct flock c = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
		int e = fcntl(fd, F_GETLK, &c); 
		int okay = e == 0 && c.l_type == F_WRLCK && c.l_pid == getppid() && c.l_start == 3 && c.l_len == 4;
		struct flock d = { .l_type = F_RDLCK, .l_whence = SEEK_SET };
		errno = 0; int f = fcntl(fd, F_SETLK, &d); okay = okay && f == -1 && (errno == EAGAIN);
		_exit(okay ? 0 : 1);
	}
	int st; OK(waitpid(pid, &st, 0) == pid && st == 0);
	struct flock inv = { .l_type = 7 }; FAILS(fcntl(fd, F_SETLK, &inv), EINVAL);
	l.l_type = F_UNLCK; OK(fcntl(fd, F_SETLK, &l) == 0);
	// OFD locks: two descriptions in one process exclude each other
	int f1 = open("/tmp/io.rw", O_RDWR), f2 = open("/tmp/io.rw", O_RDWR);
	struct flock o = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 10 };
	OK(fcntl(f1, F_OFD_SETLK, &o) == 0);
	FAILS(fcntl(f2, F_OFD_SETLK, &o), EAGAIN);
	struct flock og = o; OK(fcntl(f2, F_OFD_GETLK, &og) == 0 && og.l_type == F_WRLCK && og.l_pid == -1);
	o.l_start = 10; OK(fcntl(f2, F_OFD_SETLK, &o) == 0);
	close(f1); o.l_start = 0; OK(fcntl(f2, F_OFD_SETLK, &o) == 0);
	o.l_pid = 1; FAILS(fcntl(f2, F_OFD_SETLK, &o), EINVAL);
	close(f2); close(fd); close(50); close(60); close(61); close(p[0]); close(p[1]);
}
static void ready(void) {
	int p[2]; pipe(p); char b[8];
	struct pollfd f[2] = { { p[0], POLLIN, 9 }, { p[1], POLLOUT, 9 } };
	OK(poll(f, 2, 0) == 1 && f[0].revents == 0 && f[1].revents == POLLOUT);
	write(p[1], "x", 1);
	OK(poll(f, 2, -1) == 2 && f[0].revents == POLLIN);
	f[0].events = POLLRDNORM | POLLRDHUP; f[1].events = POLLWRNORM;
	OK(poll(f, 2, -1) == 2 && f[0].revents == POLLRDNORM && f[1].revents == POLLWRNORM);
	struct pollfd g = { 99, POLLIN, 0 }; OK(poll(&g, 1, 0) == 1 && g.revents == POLLNVAL);
	g.fd = -1; g.revents = 5; OK(poll(&g, 1, 0) == 0 && g.revents == 0);
	int fd = open("/tmp/io.rw", O_RDWR); g.fd = fd; g.events = POLLIN | POLLRDHUP | POLLOUT;
	OK(poll(&g, 1, 0) == 1 && g.revents == (POLLIN | POLLOUT));
	OK(poll(NULL, 0, 1) == 0);
	FAILS(poll((void *)8, 1, 0), EFAULT);
	struct timespec a, z; clock_gettime(CLOCK_MONOTONIC, &a);
	f[0].events = POLLPRI; OK(poll(f, 1, 50) == 0); clock_gettime(CLOCK_MONOTONIC, &z);
	long ms = (z.tv_sec - a.tv_sec) * 1000 + (z.tv_nsec - a.tv_nsec) / 1000000; OK(ms >= 49 && ms < 5000);
	struct timespec ts = { 5, 0 }; f[0].events = POLLIN;
	OK(ppoll(f, 1, &ts, NULL) == 1);
	ts.tv_nsec = 1000000000; FAILS(ppoll(f, 1, &ts, NULL), EINVAL);
	fd_set r, w; FD_ZERO(&r); FD_ZERO(&w); FD_SET(p[0], &r); FD_SET(p[1], &w); struct timeval tv = { 5, 1500000 };
	OK(select(p[1] + 1, &r, &w, NULL, &tv) == 2 && FD_ISSET(p[0], &r) && FD_ISSET(p[1], &w) && tv.tv_sec == 6);
	read(p[0], b, 8); FD_ZERO(&r); FD_SET(p[0], &r); tv.tv_sec = 0; tv.tv_usec = 20000;
	OK(select(p[0] + 1, &r, NULL, NULL, &tv) == 0 && tv.tv_sec == 0 && tv.tv_usec == 0 && !FD_ISSET(p[0], &r));
	// Linux looks no further than its table reaches, which is 64 descriptors at the least.
	FD_ZERO(&r); FD_SET(60, &r); close(60); FAILS(select(61, &r, NULL, NULL, NULL), EBADF);
	FAILS(select(-1, NULL, NULL, NULL, NULL), EINVAL);
	ts.tv_sec = 0; ts.tv_nsec = 1000000; sigset_t set; sigemptyset(&set);
	FD_ZERO(&r); FD_SET(p[0], &r); OK(pselect(p[0] + 1, &r, NULL, NULL, &ts, &set) == 0);
	struct pollfd many[200]; for (int i = 0; i < 200; i++) many[i] = (struct pollfd){ p[1], POLLOUT, 0 };
	OK(poll(many, 200, 0) == 200 && many[199].revents == POLLOUT);
	close(p[1]); f[0].events = POLLIN; OK(poll(f, 1, 0) == 1 && f[0].revents == POLLHUP); pipe(p); write(p[1], "x", 1); f[0].fd = p[0]; close(p[1]); OK(poll(f, 1, 0) == 1 && f[0].revents == (POLLIN | POLLHUP)); close(p[0]); pipe(p); close(p[0]); g.fd = p[1]; g.events = POLLOUT; int pr = poll(&g, 1, 0); printf("# got %d %x fl %x\n", pr, g.revents, fcntl(p[1], F_GETFL)); OK(poll(&g, 1, 0) == 1 && g.revents == (POLLOUT | POLLERR)); printf("# revents %x\n", g.revents); close(p[1]); FAILS(read(p[1], b, 1), EBADF); pipe(p); FAILS(write(p[0], b, 1), EBADF); FAILS(read(p[1], b, 1), EBADF); close(p[1]);
	close(p[0]); close(fd);
}
static void events(void) {
	FAILS(eventfd(0, 0x4), EINVAL);
	int e = eventfd(3, EFD_NONBLOCK | EFD_CLOEXEC); uint64_t v = 4;
	OK(e >= 0 && fcntl(e, F_GETFD) == FD_CLOEXEC && fcntl(e, F_GETFL) == (O_RDWR | O_NONBLOCK));
	OK(write(e, &v, 8) == 8 && read(e, &v, 8) == 8 && v == 7);
	FAILS(read(e, &v, 8), EAGAIN); FAILS(read(e, &v, 4), EINVAL);
	int s = eventfd(2, EFD_SEMAPHORE); OK(read(s, &v, 8) == 8 && v == 1);
	int t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK); OK(t >= 0);
	FAILS(timerfd_create(77, 0), EINVAL); FAILS(timerfd_create(CLOCK_MONOTONIC, 1), EINVAL);
	struct itimerspec its = { .it_value = { 0, 10000000 }, .it_interval = { 0, 10000000 } }, old;
	FAILS(read(t, &v, 8), EAGAIN);
	OK(timerfd_settime(t, 0, &its, &old) == 0 && old.it_value.tv_sec == 0);
	OK(timerfd_gettime(t, &old) == 0 && old.it_interval.tv_nsec == 10000000);
	struct pollfd f = { t, POLLIN, 0 }; OK(poll(&f, 1, 1000) == 1);
	OK(read(t, &v, 8) == 8 && v >= 1);
	FAILS(timerfd_settime(e, 0, &its, NULL), EINVAL);
	its.it_value.tv_nsec = 1000000000; FAILS(timerfd_settime(t, 0, &its, NULL), EINVAL);
	// epoll
	FAILS(epoll_create(0), EINVAL); FAILS(epoll_create1(1), EINVAL);
	int ep = epoll_create1(EPOLL_CLOEXEC); OK(ep >= 0 && fcntl(ep, F_GETFD) == FD_CLOEXEC);
	struct epoll_event ev = { EPOLLIN, { .u64 = 0x123456789abcdef0 } }, out[8];
	OK(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev) == 0);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, e, &ev), EEXIST);
	FAILS(epoll_ctl(ep, EPOLL_CTL_MOD, s, &ev), ENOENT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_DEL, s, NULL), ENOENT);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, ep, &ev), EINVAL);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, 99, &ev), EBADF);
	FAILS(epoll_ctl(99, EPOLL_CTL_ADD, e, &ev), EBADF);
	FAILS(epoll_ctl(e, EPOLL_CTL_ADD, s, &ev), EINVAL);
	FAILS(epoll_ctl(ep, 7, s, &ev), EINVAL);
	FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, s, NULL), EFAULT);
	int fd = open("/tmp/io.rw", O_RDWR); FAILS(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev), EPERM); close(fd);
	FAILS(epoll_wait(ep, out, 0, 0), EINVAL); FAILS(epoll_wait(e, out, 1, 0), EINVAL); FAILS(epoll_wait(99, out, 1, 0), EBADF);
	OK(epoll_wait(ep, out, 8, 0) == 0);
	v = 1; write(e, &v, 8);
	OK(epoll_wait(ep, out, 8, -1) == 1 && out[0].events == EPOLLIN && out[0].data.u64 == 0x123456789abcdef0);
	OK(epoll_wait(ep, out, 8, 0) == 1);
	ev.events = EPOLLIN | EPOLLOUT; OK(epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev) == 0);
	OK(epoll_wait(ep, out, 8, 0) == 1 && out[0].events == (EPOLLIN | EPOLLOUT));
	ev.events = EPOLLIN | EPOLLET; epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev);
	OK(epoll_wait(ep, out, 8, 0) == 1); OK(epoll_wait(ep, out, 8, 0) == 0);
	ev.events = EPOLLIN | EPOLLONESHOT; epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev);
	OK(epoll_wait(ep, out, 8, 0) == 1); v = 1; write(e, &v, 8); OK(epoll_wait(ep, out, 8, 0) == 0);
	epoll_ctl(ep, EPOLL_CTL_MOD, e, &ev); OK(epoll_wait(ep, out, 8, 0) == 1);
	OK(epoll_ctl(ep, EPOLL_CTL_DEL, e, NULL) == 0); OK(epoll_wait(ep, out, 8, 0) == 0);
	int sv[2]; socketpair(AF_UNIX, SOCK_STREAM, 0, sv);
	ev.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP; epoll_ctl(ep, EPOLL_CTL_ADD, sv[0], &ev);
	OK(epoll_wait(ep, out, 8, 0) == 1 && out[0].events == EPOLLOUT);
	shutdown(sv[1], SHUT_WR);
	OK(epoll_wait(ep, out, 8, 0) == 1 && out[0].events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP));
	close(sv[1]);
	OK(epoll_wait(ep, out, 8, 0) == 1 && out[0].events == (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP));
	close(sv[0]);
	int p[2]; pipe(p); ev.events = EPOLLIN; epoll_ctl(ep, EPOLL_CTL_ADD, p[0], &ev); close(p[1]);
	OK(epoll_wait(ep, out, 8, 0) == 1 && out[0].events == EPOLLHUP); close(p[0]);
	OK(epoll_wait(ep, out, 8, 0) == 0);
	struct timespec lim = { 0, 1000000 }; sigset_t m; sigemptyset(&m);
	OK(epoll_pwait(ep, out, 8, 1, &m) == 0);
	(void)lim; close(ep); close(e); close(s); close(t);
}
static void control(void) {
	int fd = open("/tmp/io.rw", O_RDWR), x = -1; struct winsize ws = { 0 };
	FAILS(ioctl(fd, TCGETS, &x), ENOTTY); FAILS(ioctl(99, TCGETS, &x), EBADF);
	FAILS(ioctl(fd, 0xdead, &x), ENOTTY); OK(!isatty(fd));
	int p[2]; pipe(p); write(p[1], "abc", 3);
	OK(ioctl(p[0], FIONREAD, &x) == 0 && x == 3);
	FAILS(ioctl(p[0], TCGETS, &ws), ENOTTY);
	x = 1; OK(ioctl(p[0], FIONBIO, &x) == 0 && (fcntl(p[0], F_GETFL) & O_NONBLOCK));
	OK(ioctl(p[0], FIOCLEX) == 0 && fcntl(p[0], F_GETFD) == 1);
	OK(ioctl(p[0], FIONCLEX) == 0 && fcntl(p[0], F_GETFD) == 0);
	FAILS(ioctl(p[0], FIONREAD, (void *)8), EFAULT);
	int m = posix_openpt(O_RDWR | O_NOCTTY);
	if (m < 0) { printf("# no /dev/ptmx (errno %d)\n", errno); }
	else {
		unsigned num = 77; char name[64]; struct termios t;
		OK(ioctl(m, TIOCGPTN, &num) == 0); OK(unlockpt(m) == 0); OK(ptsname_r(m, name, sizeof name) == 0);
		int s = open(name, O_RDWR | O_NOCTTY); OK(s >= 0); OK(isatty(s) == 1);
		OK(tcgetattr(s, &t) == 0 && (t.c_lflag & ICANON) && (t.c_lflag & ECHO) && t.c_cc[VINTR] == 3);
		ws.ws_row = 30; ws.ws_col = 90; OK(ioctl(m, TIOCSWINSZ, &ws) == 0); memset(&ws, 0, sizeof ws);
		OK(ioctl(s, TIOCGWINSZ, &ws) == 0 && ws.ws_row == 30 && ws.ws_col == 90);
		cfmakeraw(&t); OK(tcsetattr(s, TCSANOW, &t) == 0);
		struct termios u; OK(tcgetattr(s, &u) == 0 && u.c_lflag == t.c_lflag && u.c_iflag == t.c_iflag && u.c_oflag == t.c_oflag && u.c_cc[VMIN] == 1);
		char b[8]; OK(write(m, "hi", 2) == 2 && read(s, b, 8) == 2 && !memcmp(b, "hi", 2));
		pid_t pid = fork();
		if (pid == 0) { setsid(); int r = ioctl(s, TIOCSCTTY, 0); int g = tcgetpgrp(s), h = tcgetsid(s); _exit(r == 0 && g == getpid() && h == getpid() && tcsetpgrp(s, getpid()) == 0 ? 0 : 1); }
		int st; OK(waitpid(pid, &st, 0) == pid && st == 0);
		OK(tcflush(s, TCIOFLUSH) == 0);
	}
	close(fd); close(p[0]); close(p[1]);
}
static void sockets(void) {
	FAILS(socket(AF_INET, 77, 0), EINVAL); FAILS(socket(999, SOCK_STREAM, 0), EAFNOSUPPORT);
	int sv[2]; char b[64], cb[256]; OK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, sv) == 0);
	OK(fcntl(sv[0], F_GETFD) == 1 && fcntl(sv[0], F_GETFL) == (O_RDWR | O_NONBLOCK));
	FAILS(recv(sv[0], b, 1, 0), EAGAIN);
	int one = 1, v; socklen_t l = sizeof v;
	OK(getsockopt(sv[0], SOL_SOCKET, SO_TYPE, &v, &l) == 0 && v == SOCK_STREAM);
	OK(getsockopt(sv[0], SOL_SOCKET, SO_DOMAIN, &v, &l) == 0 && v == AF_UNIX);
	struct ucred uc; l = sizeof uc; OK(getsockopt(sv[0], SOL_SOCKET, SO_PEERCRED, &uc, &l) == 0 && uc.pid == getpid() && uc.uid == getuid() && l == 12);
	// descriptors
	struct iovec io = { "F", 1 }; struct msghdr mh = { .msg_iov = &io, .msg_iovlen = 1, .msg_control = cb, .msg_controllen = CMSG_SPACE(8) };
	memset(cb, 0, sizeof cb); struct cmsghdr *c = CMSG_FIRSTHDR(&mh); c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(8);
	int pp[2]; pipe(pp); memcpy(CMSG_DATA(c), pp, 8); OK(sendmsg(sv[0], &mh, 0) == 1);
	struct iovec ri = { b, 64 }; struct msghdr rm = { .msg_iov = &ri, .msg_iovlen = 1, .msg_control = cb, .msg_controllen = sizeof cb };
	OK(recvmsg(sv[1], &rm, MSG_CMSG_CLOEXEC) == 1 && rm.msg_controllen == CMSG_SPACE(8)); c = CMSG_FIRSTHDR(&rm);
	OK(c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(8));
	int got[2]; memcpy(got, CMSG_DATA(c), 8); OK(write(got[1], "z", 1) == 1 && read(pp[0], b, 1) == 1 && fcntl(got[0], F_GETFD) == 1);
	close(got[0]); close(got[1]);
	// truncated descriptors are closed
	mh.msg_controllen = CMSG_SPACE(8); c = CMSG_FIRSTHDR(&mh); c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_RIGHTS; c->cmsg_len = CMSG_LEN(8); memcpy(CMSG_DATA(c), pp, 8); OK(sendmsg(sv[0], &mh, 0) == 1);
	int fa = dup(0), fb = dup(0); close(fa); close(fb); rm.msg_controllen = CMSG_LEN(4); OK(recvmsg(sv[1], &rm, 0) == 1 && (rm.msg_flags & MSG_CTRUNC) && rm.msg_controllen == CMSG_LEN(4));
	memcpy(got, CMSG_DATA(CMSG_FIRSTHDR(&rm)), 4); int nx = dup(0); OK(got[0] == fa && nx == fb); close(nx); close(got[0]);
	// credentials
	OK(setsockopt(sv[1], SOL_SOCKET, SO_PASSCRED, &one, 4) == 0); OK(send(sv[0], "c", 1, 0) == 1);
	rm.msg_controllen = sizeof cb; OK(recvmsg(sv[1], &rm, 0) == 1); c = CMSG_FIRSTHDR(&rm);
	OK(c && c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(12) && ((struct ucred *)CMSG_DATA(c))->pid == getpid());
	signal(SIGPIPE, SIG_IGN); close(sv[1]); FAILS(send(sv[0], "x", 1, 0), EPIPE); close(sv[0]);
	// local names
	unlink("/tmp/io.sock"); struct sockaddr_un un = { AF_UNIX, "/tmp/io.sock" }, pn; int ls = socket(AF_UNIX, SOCK_STREAM, 0);
	OK(bind(ls, (void *)&un, sizeof un) == 0 && listen(ls, 5) == 0);
	int cs = socket(AF_UNIX, SOCK_STREAM, 1); OK(connect(cs, (void *)&un, sizeof un) == 0);
	l = sizeof pn; int as = accept4(ls, (void *)&pn, &l, SOCK_CLOEXEC); OK(as >= 0 && l == 2 && pn.sun_family == AF_UNIX && fcntl(as, F_GETFD) == 1);
	l = sizeof pn; OK(getpeername(cs, (void *)&pn, &l) == 0 && l == 2 + 12 + 1 && !strcmp(pn.sun_path, "/tmp/io.sock"));
	l = sizeof pn; OK(getsockname(cs, (void *)&pn, &l) == 0 && l == 2);
	int ds = socket(AF_UNIX, SOCK_STREAM, 0); struct sockaddr_un ab = { AF_UNIX, "\0nobody-is-here" }; FAILS(connect(ds, (void *)&ab, 16), ECONNREFUSED);
	FAILS(getpeername(ds, (void *)&pn, &l), ENOTCONN); FAILS(accept(ds, NULL, NULL), EINVAL); FAILS(bind(ls, (void *)&un, 1), EINVAL);
	close(ds); close(as); close(cs); close(ls);
	// TCP
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) }, q; ls = socket(AF_INET, SOCK_STREAM, 0);
	OK(setsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &one, 4) == 0); l = 4; OK(getsockopt(ls, SOL_SOCKET, SO_REUSEADDR, &v, &l) == 0 && v == 1);
	OK(bind(ls, (void *)&in, sizeof in) == 0 && listen(ls, 5) == 0); l = 4; OK(getsockopt(ls, SOL_SOCKET, SO_ACCEPTCONN, &v, &l) == 0 && v == 1);
	l = sizeof q; OK(getsockname(ls, (void *)&q, &l) == 0 && l == 16 && q.sin_family == AF_INET && q.sin_port);
	cs = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0); int r = connect(cs, (void *)&q, sizeof q); OK(r == 0 || errno == EINPROGRESS);
	struct pollfd pf = { cs, POLLOUT, 0 }; OK(poll(&pf, 1, 2000) == 1); l = 4; OK(getsockopt(cs, SOL_SOCKET, SO_ERROR, &v, &l) == 0 && v == 0);
	struct sockaddr_in peer; l = sizeof peer; as = accept(ls, (void *)&peer, &l); OK(as >= 0 && l == 16 && peer.sin_family == AF_INET && !(fcntl(as, F_GETFL) & O_NONBLOCK));
	OK(setsockopt(as, IPPROTO_TCP, TCP_NODELAY, &one, 4) == 0); l = 4; OK(getsockopt(as, IPPROTO_TCP, TCP_NODELAY, &v, &l) == 0 && v == 1);
	struct tcp_info ti; l = sizeof ti; OK(getsockopt(as, IPPROTO_TCP, TCP_INFO, &ti, &l) == 0 && ti.tcpi_state == TCP_ESTABLISHED);
	v = 100000; OK(setsockopt(as, SOL_SOCKET, SO_RCVBUF, &v, 4) == 0); l = 4; OK(getsockopt(as, SOL_SOCKET, SO_RCVBUF, &v, &l) == 0 && v >= 100000);
	v = 0x7fffffff; OK(setsockopt(as, SOL_SOCKET, SO_SNDBUF, &v, 4) == 0);
	struct linger lg = { 1, 7 }; OK(setsockopt(as, SOL_SOCKET, SO_LINGER, &lg, sizeof lg) == 0); memset(&lg, 0, sizeof lg); l = sizeof lg; OK(getsockopt(as, SOL_SOCKET, SO_LINGER, &lg, &l) == 0 && lg.l_onoff == 1 && lg.l_linger == 7);
	struct timeval tv = { 0, 20000 }; OK(setsockopt(as, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv) == 0); FAILS(recv(as, b, 1, 0), EAGAIN);
	FAILS(setsockopt(as, SOL_SOCKET, 9999, &one, 4), ENOPROTOOPT); FAILS(setsockopt(99, SOL_SOCKET, 9999, &one, 4), EBADF); FAILS(setsockopt(0, SOL_SOCKET, 9999, &one, 4), ENOTSOCK);
	FAILS(setsockopt(as, SOL_SOCKET, SO_KEEPALIVE, &one, 2), EINVAL);
	OK(send(cs, "abc", 3, MSG_NOSIGNAL) == 3 && recv(as, b, 2, MSG_PEEK) == 2 && recv(as, b, 3, MSG_WAITALL) == 3);
	l = 16; OK(recvfrom(cs, b, 1, MSG_DONTWAIT, (void *)&q, &l) == -1 && errno == EAGAIN);
	OK(shutdown(cs, SHUT_WR) == 0 && recv(as, b, 1, 0) == 0); FAILS(shutdown(cs, 7), EINVAL);
	close(as); close(cs); close(ls);
	cs = socket(AF_INET, SOCK_STREAM, 0); in.sin_port = htons(1); FAILS(connect(cs, (void *)&in, sizeof in), ECONNREFUSED); close(cs);
	// UDP
	int u1 = socket(AF_INET, SOCK_DGRAM, 0), u2 = socket(AF_INET, SOCK_DGRAM, 0); in.sin_port = 0; bind(u1, (void *)&in, sizeof in); l = 16; getsockname(u1, (void *)&q, &l);
	OK(sendto(u2, "0123456789", 10, 0, (void *)&q, 16) == 10); l = 16; OK(recvfrom(u1, b, 4, MSG_TRUNC, (void *)&peer, &l) == 10 && l == 16 && peer.sin_port);
	OK(setsockopt(u1, IPPROTO_IP, IP_PKTINFO, &one, 4) == 0); OK(connect(u2, (void *)&q, 16) == 0 && send(u2, "hi", 2, 0) == 2);
	struct msghdr um = { .msg_iov = &ri, .msg_iovlen = 1, .msg_control = cb, .msg_controllen = sizeof cb, .msg_name = &peer, .msg_namelen = 16 };
	OK(recvmsg(u1, &um, 0) == 2 && um.msg_namelen == 16 && um.msg_flags == 0); c = CMSG_FIRSTHDR(&um);
	OK(c && c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && ((struct in_pktinfo *)CMSG_DATA(c))->ipi_addr.s_addr == htonl(INADDR_LOOPBACK));
	struct sockaddr un0 = { AF_UNSPEC }; OK(connect(u2, &un0, sizeof un0) == 0); FAILS(send(u2, "x", 1, 0), EDESTADDRREQ);
	connect(u2, (void *)&q, 16); struct mmsghdr mm[3]; memset(mm, 0, sizeof mm); struct iovec mi[3]; char mb[3][8];
	for (int i = 0; i < 3; i++) { mi[i] = (struct iovec){ "abcdef", i + 1 }; mm[i].msg_hdr.msg_iov = &mi[i]; mm[i].msg_hdr.msg_iovlen = 1; }
	OK(sendmmsg(u2, mm, 3, 0) == 3 && mm[2].msg_len == 3);
	for (int i = 0; i < 3; i++) { mi[i] = (struct iovec){ mb[i], 8 }; mm[i].msg_len = 0; }
	OK(recvmmsg(u1, mm, 3, 0, NULL) == 3 && mm[1].msg_len == 2 && !memcmp(mb[2], "abc", 3));
	FAILS(recvmmsg(u1, mm, 3, MSG_DONTWAIT, NULL), EAGAIN); FAILS(recv(u1, b, 1, MSG_ERRQUEUE), EAGAIN);
	OK(setsockopt(u1, SOL_SOCKET, SO_TIMESTAMP, &one, 4) == 0 && send(u2, "t", 1, 0) == 1); um.msg_controllen = sizeof cb; OK(recvmsg(u1, &um, 0) == 1);
	int seen = 0; for (c = CMSG_FIRSTHDR(&um); c; c = CMSG_NXTHDR(&um, c)) if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMP && c->cmsg_len == CMSG_LEN(16)) seen = 1; OK(seen);
	close(u1); close(u2);
	// IPv6 that takes IPv4 too
	struct sockaddr_in6 i6 = { .sin6_family = AF_INET6 }; ls = socket(AF_INET6, SOCK_STREAM, 0); OK(bind(ls, (void *)&i6, sizeof i6) == 0 && listen(ls, 1) == 0); l = sizeof i6; getsockname(ls, (void *)&i6, &l); OK(l == 28 && i6.sin6_family == AF_INET6);
	in.sin_port = i6.sin6_port; cs = socket(AF_INET, SOCK_STREAM, 0); OK(connect(cs, (void *)&in, 16) == 0); close(cs); close(ls);
}
int main(int argc, char **argv) {
	alarm(60); void (*all[])(void) = { rw, fds, ready, events, control, sockets }; char *names[] = { "rw", "fds", "ready", "events", "control", "sockets" };
	for (int i = 0; i < 6; i++) if (argc < 2 || !strcmp(argv[1], names[i])) { printf("# %s\n", names[i]); fflush(stdout); all[i](); }
	printf("1..%d\n", n); return bad != 0;
}
