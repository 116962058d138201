// SPDX-License-Identifier: BSD-2-Clause
// TAP for the test programs that have a C library: the checks are their own names.
#ifndef TEST_TAP_H
#define TEST_TAP_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int tap_count, tap_bad;

static inline void tap(int good, const char *what, int line, int error)
{
	tap_count++;
	tap_bad += !good;
	printf("%sok %d - %s", good ? "" : "not ", tap_count, what);
	if (!good)
		printf(" (line %d errno %d)", line, error);
	puts("");
	fflush(stdout);
}

static inline void tap_skip(const char *what, const char *why)
{
	printf("ok %d - %s # SKIP %s\n", ++tap_count, what, why);
	fflush(stdout);
}

static inline int tap_end(void)
{
	printf("1..%d\n", tap_count);
	return tap_bad != 0;
}

#define OK(c) do { \
		errno = 0; \
		int good_ = !!(c); \
		tap(good_, #c, __LINE__, errno); \
	} while (0)
#define FAILS(call, e) OK((call) == -1 && errno == (e))
#define SKIP(c, why) tap_skip(#c, why)

#endif
