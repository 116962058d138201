// SPDX-License-Identifier: BSD-2-Clause
// Local sockets with a name: bind(2), connect(2), unix(7), with absolute links
// on the way (as /var/run is one).
#include "linux.h"

enum { AF_UNIX = 1, SOCK_STREAM = 1, SYS_connect = 42, SYS_accept = 43, SYS_listen = 50, S_IFSOCK = 0140000 };

struct address {
	u16 family;
	char path[108];
};

static long with_path(long nr, const char *path, long *fd)
{
	struct address address = {AF_UNIX, ""};
	memcpy(address.path, path, strlen(path) + 1);
	*fd = sc(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
	return sc(nr, *fd, &address, 2 + strlen(path) + 1);
}

static u32 type_of(const char *path)
{
	struct stat st = {0};
	return sc(SYS_lstat, path, &st) == 0 ? st.mode & S_IFMT : 0;
}

// A link to `name` in the working directory, by its whole path.
static void link_to(const char *name, const char *path)
{
	char target[512];
	long len = sc(SYS_getcwd, target, 256);
	target[len - 1] = '/';
	memcpy(target + len, name, strlen(name) + 1);
	sc(SYS_symlink, target, path);
}

int main(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv, (void)envp;
	long server, client, other;
	sc(SYS_mkdir, "run", 0755);
	link_to("run", "var-run");
	link_to("var-run", "other-run");
	link_to("var-run/socket", "to-socket");
	link_to("nothing", "to-nothing");
	eq("bind", with_path(SYS_bind, "plain", &other), 0);
	eq("makes a socket", type_of("plain"), S_IFSOCK);
	eq("bind again is EADDRINUSE", with_path(SYS_bind, "plain", &client), -EADDRINUSE);
	eq("bind below an absolute link", with_path(SYS_bind, "other-run/socket", &server), 0);
	eq("makes it where the link leads", type_of("run/socket"), S_IFSOCK);
	eq("bind again is EADDRINUSE there too", with_path(SYS_bind, "var-run/socket", &client), -EADDRINUSE);
	eq("bind of a link is EADDRINUSE", with_path(SYS_bind, "to-nothing", &client), -EADDRINUSE);
	eq("bind below nothing is ENOENT", with_path(SYS_bind, "nothing/socket", &client), -ENOENT);
	sc(SYS_listen, server, 5);
	const char *names[] = {"run/socket", "var-run/socket", "other-run/socket", "to-socket"};
	for (u64 i = 0; i < COUNT(names); i++) {
		eq(names[i], with_path(SYS_connect, names[i], &client), 0);
		sc(SYS_write, client, names[i], 1);
		long accepted = sc(SYS_accept, server, 0, 0);
		char byte = 0;
		ok(sc(SYS_read, accepted, &byte, 1) == 1 && byte == names[i][0], "reaches the server");
	}
	eq("connect to nothing is ENOENT", with_path(SYS_connect, "run/nothing", &client), -ENOENT);
	eq("below a link, too", with_path(SYS_connect, "var-run/nothing", &client), -ENOENT);
	eq("a link to nothing is ENOENT", with_path(SYS_connect, "to-nothing", &client), -ENOENT);
	eq("unlink below a link", sc(SYS_unlink, "other-run/socket"), 0);
	eq("removes it", type_of("run/socket"), 0);
	return tap_done();
}
