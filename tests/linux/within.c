// SPDX-License-Identifier: BSD-2-Clause
// Where a path may lead: openat2(2) and its RESOLVE_* flags; files without a name;
// extended attributes below a folder. Works in the current directory.
#include "signals.h"

#define BAD 16 // an address where nothing is

enum {
	NR_linkat = 265, NR_openat2 = 437, NR_setxattrat = 463, NR_getxattrat = 464,
	NR_listxattrat = 465, NR_removexattrat = 466,
	NO_XDEV = 1, NO_MAGICLINKS = 2, NO_SYMLINKS = 4, BENEATH = 8, IN_ROOT = 16, CACHED = 32,
	O_TMPFILE = 020200000,
};

struct how {
	u64 flags, mode, resolve;
};

static long dir;
static struct stat st;

static long in(const char *path, u64 flags, u64 resolve)
{
	struct how how = {flags, flags & O_CREAT ? 0600 : 0, resolve};
	long fd = sc(NR_openat2, dir, path, &how, sizeof(how));
	if (fd < 0)
		return fd;
	sc(SYS_fstat, fd, &st);
	sc(SYS_close, fd);
	return 0;
}

static u64 inode(const char *path)
{
	struct stat s = {0};
	sc(SYS_lstat, path, &s);
	return s.ino;
}

static void tree(void)
{
	sc(SYS_mkdir, "r", 0755), sc(SYS_mkdir, "r/a", 0755), sc(SYS_mkdir, "r/a/b", 0755);
	sc(SYS_close, sc(SYS_open, "r/f", O_WRONLY | O_CREAT, 0644));
	sc(SYS_close, sc(SYS_open, "r/a/b/f", O_WRONLY | O_CREAT, 0644));
	sc(SYS_close, sc(SYS_open, "out", O_WRONLY | O_CREAT, 0644));
	sc(SYS_symlink, "a/b", "r/short"), sc(SYS_symlink, "../f", "r/a/up");
	sc(SYS_symlink, "../out", "r/escape"), sc(SYS_symlink, "/f", "r/abs");
	sc(SYS_symlink, "../../..", "r/a/top"), sc(SYS_symlink, "loop", "r/loop");
	sc(SYS_symlink, "new", "r/dangling"), sc(SYS_symlink, "/a/up", "r/twice");
	dir = sc(SYS_open, "r", O_RDONLY | O_DIRECTORY);
}

static void none(void)
{
	eq("no limits", in("a/b/f", O_RDONLY, 0), 0);
	eq("an unknown limit is EINVAL", in("f", O_RDONLY, 64), -EINVAL);
	eq("BENEATH and IN_ROOT are EINVAL", in("f", O_RDONLY, BENEATH | IN_ROOT), -EINVAL);
	struct how how = {O_RDONLY, 0, BENEATH};
	eq("a bad folder is EBADF", sc(NR_openat2, 999, "f", &how, sizeof(how)), -EBADF);
	eq("a bad path is EFAULT", sc(NR_openat2, dir, BAD, &how, sizeof(how)), -EFAULT);
	eq("a short structure is EINVAL", sc(NR_openat2, dir, "f", &how, 8), -EINVAL);
	how.resolve = IN_ROOT;
	eq("a bad folder in a root is EBADF", sc(NR_openat2, 999, "f", &how, sizeof(how)), -EBADF);
	eq("an empty path is ENOENT", in("", O_RDONLY, IN_ROOT), -ENOENT);
	long c = in("f", O_RDONLY, CACHED);
	ok(c == 0 || c == -EAGAIN, "RESOLVE_CACHED opens or is EAGAIN");
	eq("RESOLVE_CACHED makes nothing: EAGAIN", in("f", O_RDWR | O_CREAT, CACHED), -EAGAIN);
}

static void beneath(void)
{
	eq("BENEATH", in("a/b/f", O_RDONLY, BENEATH), 0);
	eq("by a link", in("short/f", O_RDONLY, BENEATH), 0);
	eq("by .. inside", in("a/../f", O_RDONLY, BENEATH), 0);
	eq("by a link with .. inside", in("a/up", O_RDONLY, BENEATH), 0);
	eq(".. is EXDEV", in("../out", O_RDONLY, BENEATH), -EXDEV);
	eq("a link out is EXDEV", in("escape", O_RDONLY, BENEATH), -EXDEV);
	eq("an absolute path is EXDEV", in("/", O_RDONLY, BENEATH), -EXDEV);
	eq("an absolute link is EXDEV", in("abs", O_RDONLY, BENEATH), -EXDEV);
	eq("too many .. are EXDEV", in("a/b/../../../r/f", O_RDONLY, BENEATH), -EXDEV);
	eq("with NO_SYMLINKS", in("a/b/f", O_RDONLY, BENEATH | NO_SYMLINKS), 0);
	eq("a link is ELOOP then", in("short/f", O_RDONLY, BENEATH | NO_SYMLINKS), -ELOOP);
	eq(".. out is EXDEV still", in("a/../../out", O_RDONLY, BENEATH | NO_SYMLINKS), -EXDEV);
	eq("with NO_XDEV", in("a/up", O_RDONLY, BENEATH | NO_XDEV), 0);
	eq("a link out is EXDEV still", in("escape", O_RDONLY, BENEATH | NO_XDEV), -EXDEV);
	eq("an absolute link too", in("abs", O_RDONLY, BENEATH | NO_XDEV), -EXDEV);
	eq("nothing is ENOENT", in("a/none", O_RDONLY, BENEATH), -ENOENT);
}

static void in_root(void)
{
	eq("IN_ROOT", in("a/b/f", O_RDONLY, IN_ROOT), 0);
	eq("an absolute path", in("/f", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r/f"), "is below the folder");
	eq("/ itself", in("/", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r"), "is the folder");
	eq(".. stays there", in("../../../f", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r/f"), "in it");
	eq(".. alone", in("..", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r"), "is the folder");
	eq("an absolute link", in("abs", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r/f"), "leads into it");
	eq("a link that leads to a link", in("twice", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r/f"), "as well");
	eq("a link out finds nothing", in("escape", O_RDONLY, IN_ROOT), -ENOENT);
	eq("a link far up", in("a/top/f", O_RDONLY, IN_ROOT), 0);
	ok(st.ino == inode("r/f"), "ends at the folder");
	eq(".. from below", in("a/b/../../f", O_RDONLY, IN_ROOT), 0);
	eq("a circle is ELOOP", in("loop", O_RDONLY, IN_ROOT), -ELOOP);
	eq("O_NOFOLLOW of a link is ELOOP", in("abs", O_RDONLY | O_NOFOLLOW, IN_ROOT), -ELOOP);
	eq("with O_PATH it is the link", in("abs", O_PATH | O_NOFOLLOW, IN_ROOT), 0);
	ok((st.mode & S_IFMT) == S_IFLNK, "itself");
	eq("below a file is ENOTDIR", in("f/x", O_RDONLY, IN_ROOT), -ENOTDIR);
	eq("O_DIRECTORY of a file is ENOTDIR", in("f", O_RDONLY | O_DIRECTORY, IN_ROOT), -ENOTDIR);
	eq("O_CREAT makes a file", in("/a/../made", O_RDWR | O_CREAT, IN_ROOT), 0);
	eq("there", sc(SYS_unlink, "r/made"), 0);
	eq("O_CREAT by a link to nothing", in("dangling", O_RDWR | O_CREAT, IN_ROOT), 0);
	eq("makes what it names", sc(SYS_unlink, "r/new"), 0);
	eq("O_EXCL of a link is EEXIST", in("dangling", O_RDWR | O_CREAT | O_EXCL, IN_ROOT), -EEXIST);
	eq("writing to a folder is EISDIR", in("a", O_RDWR, IN_ROOT), -EISDIR);
	struct how how = {O_RDONLY | O_CLOEXEC, 0, IN_ROOT};
	long a = sc(NR_openat2, dir, "a/b/f", &how, sizeof(how));
	eq("the lowest free descriptor", a, dir + 1);
	eq("with O_CLOEXEC", sc(SYS_fcntl, a, F_GETFD), 1);
	long b = sc(SYS_dup, 0);
	eq("and no other is left", b, a + 1);
	sc(SYS_close, a), sc(SYS_close, b);
}

static void links(void)
{
	eq("NO_SYMLINKS", in("a/b/f", O_RDONLY, NO_SYMLINKS), 0);
	eq("a link at the end is ELOOP", in("escape", O_RDONLY, NO_SYMLINKS), -ELOOP);
	eq("a link on the way is ELOOP", in("short/f", O_RDONLY, NO_SYMLINKS), -ELOOP);
	eq(".. is fine", in("../out", O_RDONLY, NO_SYMLINKS), 0);
	eq("so is an absolute path", in("/dev/null", O_RDONLY, NO_SYMLINKS), 0);
	eq("a link itself", in("escape", O_PATH | O_NOFOLLOW, NO_SYMLINKS), 0);
	eq("NO_MAGICLINKS follows others", in("escape", O_RDONLY, NO_MAGICLINKS), 0);
	ok(st.ino == inode("out"), "to where they lead");
	eq("NO_XDEV", in("escape", O_RDONLY, NO_XDEV), 0);
	eq("an absolute path starts anew", in("/", O_RDONLY, NO_XDEV), 0);
	eq("another file system is EXDEV", in("/dev/null", O_RDONLY, NO_XDEV), -EXDEV);
}

static void unnamed(void)
{
	char b[4];
	long fd = sc(SYS_open, "r/a", O_TMPFILE | O_RDWR | O_EXCL, 0640);
	if (fd == -EOPNOTSUPP) {
		skip("O_TMPFILE", "not on this file system");
		return;
	}
	eq("O_TMPFILE, the lowest free descriptor", fd, dir + 1);
	eq("is a file", sc(SYS_fstat, fd, &st), 0);
	ok(st.mode == (S_IFREG | 0640) && st.nlink == 0 && st.size == 0, "without a name");
	eq("can be written", sc(SYS_write, fd, "abc", 3), 3);
	eq("and read", sc(SYS_pread64, fd, b, 4, 0), 3);
	eq("the folder is empty but for what was there", sc(SYS_rmdir, "r/a/b"), -ENOTEMPTY);
	eq("O_EXCL forbids a name: ENOENT", sc(NR_linkat, fd, "", AT_FDCWD, "r/named", 0x1000), -ENOENT);
	eq("close", sc(SYS_close, fd), 0);
	eq("O_TMPFILE read-only is EINVAL", sc(SYS_open, "r/a", O_TMPFILE | O_EXCL, 0600), -EINVAL);
	eq("O_TMPFILE in a file is ENOTDIR", sc(SYS_open, "r/f", O_TMPFILE | O_RDWR | O_EXCL, 0600), -ENOTDIR);
	eq("O_TMPFILE in nothing is ENOENT", sc(SYS_open, "r/none", O_TMPFILE | O_RDWR | O_EXCL, 0600), -ENOENT);
	fd = sc(SYS_open, "r/a", O_TMPFILE | O_RDWR, 0600);
	ok(fd >= 0 || fd == -EOPNOTSUPP, "O_TMPFILE without O_EXCL opens or is EOPNOTSUPP");
	sc(SYS_close, fd);
}

struct xattr_args {
	u64 value;
	u32 size, flags;
};

static void attributes(void)
{
	char v[16] = "", names[64];
	struct xattr_args set = {(u64)"1234", 4, 0}, get = {(u64)v, 16, 0};
	long r = sc(NR_setxattrat, dir, "f", 0, "user.one", &set, sizeof(set));
	if (r == -EOPNOTSUPP || r == -ENOSYS) {
		skip("setxattrat", "not on this file system, or an old Linux");
		return;
	}
	eq("setxattrat", r, 0);
	eq("getxattrat", sc(NR_getxattrat, dir, "f", 0, "user.one", &get, sizeof(get)), 4);
	ok(memcmp(v, "1234", 4) == 0, "the value");
	get.size = 2;
	eq("without room is ERANGE", sc(NR_getxattrat, dir, "f", 0, "user.one", &get, sizeof(get)), -ERANGE);
	get.size = 0;
	eq("tells its size", sc(NR_getxattrat, dir, "f", 0, "user.one", &get, sizeof(get)), 4);
	get.flags = 1;
	eq("flags are EINVAL", sc(NR_getxattrat, dir, "f", 0, "user.one", &get, sizeof(get)), -EINVAL);
	set.flags = 1;
	eq("XATTR_CREATE is EEXIST", sc(NR_setxattrat, dir, "f", 0, "user.one", &set, sizeof(set)), -EEXIST);
	set.flags = 0;
	eq("listxattrat", sc(NR_listxattrat, dir, "f", 0, names, 64), 9);
	long fd = sc(SYS_open, "r/f", O_RDONLY);
	get.flags = 0, get.size = 16;
	eq("of a descriptor", sc(NR_getxattrat, fd, "", AT_EMPTY_PATH, "user.one", &get, sizeof(get)), 4);
	eq("an empty path is ENOENT", sc(NR_getxattrat, fd, "", 0, "user.one", &get, sizeof(get)), -ENOENT);
	sc(SYS_close, fd);
	eq("from the working directory", sc(NR_getxattrat, AT_FDCWD, "r/f", 0, "user.one", &get, sizeof(get)), 4);
	eq("an unknown flag is EINVAL", sc(NR_getxattrat, dir, "f", 1, "user.one", &get, sizeof(get)), -EINVAL);
	eq("a short structure is EINVAL", sc(NR_getxattrat, dir, "f", 0, "user.one", &get, 8), -EINVAL);
	eq("a bad structure is EFAULT", sc(NR_getxattrat, dir, "f", 0, "user.one", BAD, 16), -EFAULT);
	eq("a bad folder is EBADF", sc(NR_getxattrat, 999, "f", 0, "user.one", &get, sizeof(get)), -EBADF);
	eq("removexattrat", sc(NR_removexattrat, dir, "f", 0, "user.one"), 0);
	eq("again is ENODATA", sc(NR_removexattrat, dir, "f", 0, "user.one"), -61);
}

int main(int argc UNUSED, char **argv UNUSED, char **envp UNUSED)
{
	static const char *const made[] = {"r/short", "r/a/up", "r/escape", "r/abs", "r/a/top", "r/loop",
		"r/dangling", "r/twice", "r/f", "r/a/b/f", "out"};
	sc(SYS_alarm, 60);
	tree();
	none();
	beneath();
	in_root();
	links();
	unnamed();
	attributes();
	sc(SYS_close, dir);
	for (u32 i = 0; i < COUNT(made); i++)
		sc(SYS_unlink, made[i]);
	sc(SYS_rmdir, "r/a/b"), sc(SYS_rmdir, "r/a");
	eq("nothing is left", sc(SYS_rmdir, "r"), 0);
	return tap_done();
}
