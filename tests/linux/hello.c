// SPDX-License-Identifier: BSD-2-Clause
// An ordinary program with an ordinary C library, built once with glibc and once
// with musl: shows that their start-up code, stdio, allocation and exit work.
//
//   hello                  greets, and names its library's idea of the machine
//   hello exit N           exits with N, through atexit
//   hello args A...        prints its arguments, one a line, quoted
//   hello env NAME         prints a variable, exits with 1 if it is not there
//   hello cat              copies standard input to standard output with stdio
//   hello lines N          prints N numbered lines
//   hello err              writes to both outputs
//   hello heap             allocates and frees, small and large
//   hello abort            ends by abort()
//   hello float            prints floating point numbers
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static void farewell(void)
{
	puts("atexit ran");
}

static int greet(void)
{
	struct utsname u;
	if (uname(&u) != 0)
		return 1;
	printf("hello from %s on %s, pid is %s\n", u.sysname, u.machine, getpid() > 0 ? "positive" : "odd");
	return time(NULL) > 1700000000 ? 0 : 1;
}

static int copy(void)
{
	int c;
	while ((c = getchar()) != EOF)
		putchar(c);
	return 0;
}

static int heap(void)
{
	char *kept[64] = {NULL};
	for (int round = 0; round < 2000; round++) {
		size_t size = (size_t)1 << round % 20;
		char **slot = &kept[round % 64];
		free(*slot);
		*slot = malloc(size);
		if (!*slot)
			return 1;
		memset(*slot, round, size);
	}
	for (int i = 0; i < 64; i++)
		free(kept[i]);
	puts("heap is fine");
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	if (argc == 1)
		return greet();
	if (!strcmp(what, "exit") && argc == 3) {
		atexit(farewell);
		return atoi(argv[2]);
	}
	if (!strcmp(what, "args")) {
		for (int i = 2; i < argc; i++)
			printf("<%s>\n", argv[i]);
		return 0;
	}
	if (!strcmp(what, "env") && argc == 3) {
		const char *value = getenv(argv[2]);
		return value ? puts(value) < 0 : 1;
	}
	if (!strcmp(what, "cat"))
		return copy();
	if (!strcmp(what, "lines") && argc == 3) {
		for (int i = 1; i <= atoi(argv[2]); i++)
			printf("line %d of the output\n", i);
		return 0;
	}
	if (!strcmp(what, "err")) {
		printf("to stdout\n");
		fprintf(stderr, "to stderr: %s\n", strerror(ENOENT));
		return 0;
	}
	if (!strcmp(what, "heap"))
		return heap();
	if (!strcmp(what, "abort"))
		abort();
	if (!strcmp(what, "float")) {
		volatile double third = 1.0 / 3, large = 1e300;
		printf("%.6f %.3e %g\n", third, large, third * 3);
		return 0;
	}
	fprintf(stderr, "hello: unknown request '%s': see the head of hello.c for the list\n", what);
	return 2;
}
