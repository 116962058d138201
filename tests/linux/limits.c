// SPDX-License-Identifier: BSD-2-Clause
// Input at and beyond the limits of file calls: names, paths, symbolic links,
// vectors, lengths, offsets, buffers that end where nothing is. Works in the
// current directory.
#include "signals.h"

#define BAD 16 // an address where nothing is
#define MOST (~0UL >> 1)

enum {
	NR_lchown = 94, NR_statfs = 137, NR_chroot = 161, NR_getxattr = 191, NR_inotify_init = 253,
	NR_inotify_add_watch = 254, NR_preadv = 295, NR_pwritev = 296, NR_openat2 = 437,
	NR_linkat = 265, NR_symlinkat = 266, NR_fchmodat = 268, NR_faccessat = 269, NR_statx = 332,
	NR_truncate = 76, NR_utimensat = 280, NR_mknod = 133,
};

static char path[8192], name[300];
static u8 *edge; // the end of a page with nothing behind
static struct stat st;

static void names(void)
{
	memset(name, 'n', 255);
	long fd = sc(SYS_open, name, O_RDWR | O_CREAT, 0600);
	ok(fd >= 0, "a name of 255 bytes");
	sc(SYS_close, fd);
	eq("can be looked at", sc(SYS_stat, name, &st), 0);
	eq("and removed", sc(SYS_unlink, name), 0);
	name[255] = 'n';
	eq("open of 256 bytes is ENAMETOOLONG", sc(SYS_open, name, O_RDWR | O_CREAT, 0600), -ENAMETOOLONG);
	eq("stat", sc(SYS_stat, name, &st), -ENAMETOOLONG);
	eq("mkdir", sc(SYS_mkdir, name, 0700), -ENAMETOOLONG);
	eq("rmdir", sc(SYS_rmdir, name), -ENAMETOOLONG);
	eq("unlink", sc(SYS_unlink, name), -ENAMETOOLONG);
	eq("symlink", sc(SYS_symlink, "x", name), -ENAMETOOLONG);
	eq("link", sc(SYS_link, ".", name), -ENAMETOOLONG);
	eq("readlink", sc(SYS_readlink, name, path, 9), -ENAMETOOLONG);
	eq("rename from", sc(SYS_rename, name, "x"), -ENAMETOOLONG);
	eq("chmod", sc(SYS_chmod, name, 0600), -ENAMETOOLONG);
	eq("lchown", sc(NR_lchown, name, -1, -1), -ENAMETOOLONG);
	eq("access", sc(SYS_access, name, 0), -ENAMETOOLONG);
	eq("truncate", sc(NR_truncate, name, 0), -ENAMETOOLONG);
	eq("chdir", sc(SYS_chdir, name), -ENAMETOOLONG);
	eq("utimensat", sc(NR_utimensat, AT_FDCWD, name, 0, 0), -ENAMETOOLONG);
	eq("mknod", sc(NR_mknod, name, S_IFIFO | 0600, 0), -ENAMETOOLONG);
	eq("statfs", sc(NR_statfs, name, path), -ENAMETOOLONG);
	// Any byte but '/' and NUL.
	char odd[256];
	for (int i = 1; i < 256; i++)
		odd[i - 1] = (char)(i == '/' ? 'x' : i);
	odd[255] = 0;
	fd = sc(SYS_open, odd, O_RDWR | O_CREAT | O_EXCL, 0600);
	ok(fd >= 0, "a name of odd bytes");
	sc(SYS_close, fd);
	eq("is there", sc(SYS_stat, odd, &st), 0);
	eq("and goes", sc(SYS_unlink, odd), 0);
	eq("an empty path is ENOENT", sc(SYS_stat, "", &st), -ENOENT);
	eq("mkdir of an empty path", sc(SYS_mkdir, "", 0700), -ENOENT);
	eq("rename to an empty path", sc(SYS_rename, ".", ""), -ENOENT);
}

static void paths(void)
{
	// "./././...": as long as wanted.
	for (int i = 0; i < 8192; i++)
		path[i] = i % 2 ? '/' : '.';
	path[4095] = 0;
	eq("a path of 4095 bytes", sc(SYS_stat, path, &st), 0);
	long fd = sc(SYS_open, path, O_RDONLY);
	ok(fd >= 0, "can be opened");
	sc(SYS_close, fd);
	path[4095] = '/', path[4096] = 0;
	eq("of 4096 bytes is ENAMETOOLONG", sc(SYS_stat, path, &st), -ENAMETOOLONG);
	eq("open", sc(SYS_open, path, O_RDONLY), -ENAMETOOLONG);
	eq("openat", sc(SYS_openat, AT_FDCWD, path, O_RDONLY), -ENAMETOOLONG);
	eq("chdir", sc(SYS_chdir, path), -ENAMETOOLONG);
	eq("symlink to it", sc(SYS_symlink, path, "l"), -ENAMETOOLONG);
	eq("rename to it", sc(SYS_rename, "x", path), -ENAMETOOLONG);
	eq("execve", sc(SYS_execve, path, 0, 0), -ENAMETOOLONG);
	eq("access", sc(SYS_access, path, 0), -ENAMETOOLONG);
	// A path that ends with the page, and one that does not end at all.
	memcpy(edge - 2, ".", 2);
	eq("a path that ends with the page", sc(SYS_stat, edge - 2, &st), 0);
	memcpy(edge - 2, "./", 2);
	eq("a path without end is EFAULT", sc(SYS_stat, edge - 2, &st), -EFAULT);
	eq("open", sc(SYS_open, edge - 2, O_RDONLY), -EFAULT);
	eq("rename", sc(SYS_rename, ".", edge - 2), -EFAULT);
	eq("symlink", sc(SYS_symlink, edge - 2, "l"), -EFAULT);
	eq("a path at a bad address", sc(SYS_unlink, BAD), -EFAULT);
}

// Longer than FreeBSD's kernel takes at once, for calls that name no folder beside the path: they
// mean what is at the end of the path, and not what has that name in the working directory.
static void long_paths(void)
{
	static unsigned long fs[32];
	int at = 0;
	sc(SYS_mkdir, "long", 0700);
	for (const char *c = "long/"; *c; c++)
		path[at++] = *c;
	for (; at < 2000; at += 2)
		path[at] = '.', path[at + 1] = '/';
	path[at] = 'f', path[at + 1] = 0;
	sc(SYS_close, sc(SYS_open, path, O_RDWR | O_CREAT, 0600));
	sc(SYS_close, sc(SYS_open, "f", O_RDWR | O_CREAT, 0600));
	eq("truncate by a long path", sc(SYS_truncate, path, 7), 0);
	sc(SYS_stat, "f", &st);
	eq("leaves a file of the same name alone", st.size, 0);
	sc(SYS_stat, "long/f", &st);
	eq("and changes its own", st.size, 7);
	eq("statfs by a long path", sc(SYS_statfs, path, fs), 0);
	eq("chdir to a file is ENOTDIR", sc(SYS_chdir, path), -ENOTDIR);
	path[at] = 0;
	eq("chdir by a long path", sc(SYS_chdir, path), 0);
	sc(SYS_stat, "f", &st);
	eq("leads there", st.size, 7);
	eq("and back", sc(SYS_chdir, ".."), 0);
	path[at] = 'x';
	eq("of nothing is ENOENT", sc(SYS_truncate, path, 7), -ENOENT);
	sc(SYS_unlink, "f"), sc(SYS_unlink, "long/f"), sc(SYS_rmdir, "long");
}

static void links(void)
{
	char a[] = "k00", b[] = "k00";
	sc(SYS_close, sc(SYS_open, "k00", O_RDWR | O_CREAT, 0600));
	for (int i = 1; i <= 41; i++) {
		a[1] = (char)('0' + (i - 1) / 10), a[2] = (char)('0' + (i - 1) % 10);
		b[1] = (char)('0' + i / 10), b[2] = (char)('0' + i % 10);
		sc(SYS_symlink, a, b);
	}
	eq("32 symbolic links in a row", sc(SYS_stat, "k32", &st), 0);
	eq("40 symbolic links in a row", sc(SYS_stat, "k40", &st), 0);
	eq("41 are ELOOP", sc(SYS_stat, "k41", &st), -ELOOP);
	eq("for open too", sc(SYS_open, "k41", O_RDONLY), -ELOOP);
	eq("and with O_CREAT", sc(SYS_open, "k41", O_RDWR | O_CREAT, 0600), -ELOOP);
	eq("lstat does not follow", sc(SYS_lstat, "k41", &st), 0);
	for (int i = 0; i <= 41; i++) {
		a[1] = (char)('0' + i / 10), a[2] = (char)('0' + i % 10);
		sc(SYS_unlink, a);
	}
	sc(SYS_symlink, "two", "one"), sc(SYS_symlink, "one", "two");
	eq("a circle is ELOOP", sc(SYS_stat, "one", &st), -ELOOP);
	eq("chdir into it", sc(SYS_chdir, "one"), -ELOOP);
	eq("below it", sc(SYS_stat, "one/x", &st), -ELOOP);
	eq("rename of a link is of the link", sc(SYS_rename, "one", "three"), 0);
	sc(SYS_unlink, "two"), sc(SYS_unlink, "three");
	sc(SYS_symlink, "nowhere", "d");
	eq("a link to nothing is ENOENT", sc(SYS_open, "d", O_RDONLY), -ENOENT);
	eq("O_EXCL does not follow it: EEXIST", sc(SYS_open, "d", O_RDWR | O_CREAT | O_EXCL, 0600), -EEXIST);
	long fd = sc(SYS_open, "d", O_RDWR | O_CREAT, 0600);
	ok(fd >= 0, "O_CREAT makes what it points to");
	sc(SYS_close, fd);
	eq("there", sc(SYS_unlink, "nowhere"), 0);
	eq("mkdir does not: EEXIST", sc(SYS_mkdir, "d", 0700), -EEXIST);
	sc(SYS_unlink, "d");
}

static struct iovec vec[1100];

static void vectors(void)
{
	static u8 out[2048];
	long fd = sc(SYS_open, "v", O_RDWR | O_CREAT | O_TRUNC, 0600);
	for (int i = 0; i < 1100; i++)
		vec[i] = (struct iovec){out + i, 1};
	eq("writev of 1024 parts", sc(SYS_writev, fd, vec, 1024), 1024);
	eq("of 1025 is EINVAL", sc(SYS_writev, fd, vec, 1025), -EINVAL);
	eq("readv of 1025 parts is EINVAL", sc(SYS_readv, fd, vec, 1025), -EINVAL);
	eq("preadv of 1024 parts", sc(NR_preadv, fd, vec, 1024, 0), 1024);
	eq("preadv of 1025 is EINVAL", sc(NR_preadv, fd, vec, 1025, 0), -EINVAL);
	eq("pwritev of 1025 is EINVAL", sc(NR_pwritev, fd, vec, 1025, 0), -EINVAL);
	eq("of none is 0", sc(SYS_writev, fd, vec, 0), 0);
	eq("of none at a bad address is 0", sc(SYS_writev, fd, 0, 0), 0);
	eq("writev at a bad vector is EFAULT", sc(SYS_writev, fd, BAD, 1), -EFAULT);
	struct iovec *last = (struct iovec *)edge - 1;
	*last = (struct iovec){out, 3};
	eq("a vector that ends with the page", sc(SYS_writev, fd, last, 1), 3);
	eq("and one beyond it is EFAULT", sc(SYS_writev, fd, last, 2), -EFAULT);
	vec[0].len = 1UL << 63;
	eq("a part above SSIZE_MAX is EINVAL", sc(SYS_writev, fd, vec, 1), -EINVAL);
	eq("for preadv too", sc(NR_preadv, fd, vec, 1, 0), -EINVAL);
	vec[0] = (struct iovec){out, 4}, vec[1] = (struct iovec){(void *)BAD, 4};
	sc(SYS_ftruncate, fd, 0), sc(SYS_lseek, fd, 0, 0);
	long n = sc(SYS_writev, fd, vec, 2);
	ok(n == 4 || n == -EFAULT, "a bad second part: the first, or EFAULT");
	sc(SYS_fstat, fd, &st);
	eq("and nothing half-written", st.size, n < 0 ? 0 : n);
	vec[0].base = (void *)BAD;
	eq("a bad first part is EFAULT", sc(SYS_writev, fd, vec, 2), -EFAULT);
	sc(SYS_close, fd), sc(SYS_unlink, "v");
}

static void lengths(void)
{
	long fd = sc(SYS_open, "v", O_RDWR | O_CREAT | O_TRUNC, 0600);
	memset(edge - 8, 'e', 8);
	eq("write of a buffer that ends with the page", sc(SYS_write, fd, edge - 8, 8), 8);
	eq("pread into it", sc(SYS_pread64, fd, edge - 8, 8, 0), 8);
	long n = sc(SYS_write, fd, edge - 8, 16);
	ok(n == -EFAULT || n == 8, "write beyond it: what is there, or EFAULT");
	sc(SYS_fstat, fd, &st);
	eq("and the file says the same", st.size, n < 0 ? 8 : 16);
	n = sc(SYS_pread64, fd, edge - 4, 8, 0);
	ok(n == -EFAULT || n == 4, "pread beyond it: what fits, or EFAULT");
	eq("a length above SSIZE_MAX is EFAULT", sc(SYS_write, fd, edge - 8, ~0UL), -EFAULT);
	eq("read of one", sc(SYS_read, fd, edge - 8, ~0UL), -EFAULT);
	eq("pread64 at -1 is EINVAL", sc(SYS_pread64, fd, edge - 8, 1, -1), -EINVAL);
	eq("pwrite64 at -1 is EINVAL", sc(SYS_pwrite64, fd, edge - 8, 1, -1), -EINVAL);
	eq("pread64 at the lowest number", sc(SYS_pread64, fd, edge - 8, 1, 1UL << 63), -EINVAL);
	eq("pread64 far beyond the end is 0", sc(SYS_pread64, fd, edge - 8, 1, MOST - 1), 0);
	eq("preadv at -1 is EINVAL", sc(NR_preadv, fd, vec, 1, -1), -EINVAL);
	n = sc(SYS_pwrite64, fd, edge - 8, 1, MOST);
	ok(n == -27 || n == -EINVAL, "pwrite64 beyond any file is EFBIG or EINVAL");
	eq("lseek to a negative offset is EINVAL", sc(SYS_lseek, fd, -1, 0), -EINVAL);
	eq("lseek with an unknown whence is EINVAL", sc(SYS_lseek, fd, 0, 5), -EINVAL);
	eq("SEEK_DATA beyond the end is ENXIO", sc(SYS_lseek, fd, 1000, 3), -6);
	eq("SEEK_HOLE beyond the end is ENXIO", sc(SYS_lseek, fd, 1000, 4), -6);
	eq("SEEK_DATA at data", sc(SYS_lseek, fd, 2, 3), 2);
	sc(SYS_fstat, fd, &st);
	eq("SEEK_HOLE finds the end", sc(SYS_lseek, fd, 0, 4), st.size);
	eq("truncate below 0 is EINVAL", sc(NR_truncate, "v", -1), -EINVAL);
	eq("ftruncate below 0 is EINVAL", sc(SYS_ftruncate, fd, -1), -EINVAL);
	eq("getcwd at a bad address is EFAULT", sc(SYS_getcwd, BAD, 4096), -EFAULT);
	eq("getcwd without room is ERANGE", sc(SYS_getcwd, path, 0), -ERANGE);
	eq("readlink to a bad address is EFAULT",
	   sc(SYS_symlink, "x", "l") ? 1 : sc(SYS_readlink, "l", BAD, 10), -EFAULT);
	eq("readlink of length 0 is EINVAL", sc(SYS_readlink, "l", path, 0), -EINVAL);
	eq("of a negative length too", sc(SYS_readlink, "l", path, -1), -EINVAL);
	sc(SYS_unlink, "l");
	eq("fstat beyond the page is EFAULT", sc(SYS_fstat, fd, edge - 100), -EFAULT);
	eq("pipe beyond the page is EFAULT", sc(SYS_pipe, edge - 4), -EFAULT);
	long next = sc(SYS_dup, fd);
	eq("and leaves no descriptor", next, fd + 1);
	sc(SYS_close, next);
	sc(SYS_close, fd), sc(SYS_unlink, "v");
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	u8 *two = (u8 *)sc(SYS_mmap, 0, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sc(SYS_munmap, two + 4096, 4096);
	edge = two + 4096;
	sc(SYS_alarm, 60);
	names();
	paths();
	long_paths();
	links();
	vectors();
	lengths();
	return tap_done();
}
