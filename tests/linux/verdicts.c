// SPDX-License-Identifier: BSD-2-Clause
// Calls with a stated answer: getrandom(2) and its flags, and what a Linux built without keys and
// Landlock says of those.
#include "linux.h"

enum {
	SYS_add_key = 248, SYS_request_key = 249, SYS_keyctl = 250,
	SYS_landlock_create_ruleset = 444, SYS_landlock_add_rule = 445, SYS_landlock_restrict_self = 446,
	NONBLOCK = 1, RANDOM = 2, INSECURE = 4,
};
static u8 big[70000];

static void random(void)
{
	static const struct {
		const char *name;
		u32 flags;
		long expected;
	} list[] = {
		{"getrandom: no flags", 0, 256},
		{"getrandom: GRND_NONBLOCK", NONBLOCK, 256},
		{"getrandom: GRND_RANDOM", RANDOM, 256},
		{"getrandom: GRND_RANDOM, GRND_NONBLOCK", RANDOM | NONBLOCK, 256},
		{"getrandom: GRND_INSECURE", INSECURE, 256},
		{"getrandom: GRND_INSECURE, GRND_NONBLOCK", INSECURE | NONBLOCK, 256},
		{"getrandom: GRND_INSECURE, GRND_RANDOM", INSECURE | RANDOM, -EINVAL},
		{"getrandom: all of them", 7, -EINVAL},
		{"getrandom: an unknown flag", 8, -EINVAL},
	};
	for (u32 i = 0; i < COUNT(list); i++)
		eq(list[i].name, sc(SYS_getrandom, big, 256, list[i].flags), list[i].expected);
	eq("getrandom: nothing", sc(SYS_getrandom, big, 0, 0), 0);
	eq("getrandom: nowhere", sc(SYS_getrandom, 16, 8, 0), -EFAULT);
	memset(big, 0, sizeof(big));
	eq("getrandom: much", sc(SYS_getrandom, big, sizeof(big), 0), sizeof(big));
	u32 zeros = 0;
	for (u32 i = 0; i < sizeof(big); i++)
		zeros += big[i] == 0;
	// 273 of 70000 are to be expected.
	ok(zeros > 100 && zeros < 600, "getrandom: all of it is random");
	u8 other[256];
	sc(SYS_getrandom, other, sizeof(other), 0);
	ok(memcmp(big, other, sizeof(other)) != 0, "getrandom: each time something else");
}

// Either there, or not there at all.
static void absent(const char *name, long got)
{
	if (got != -ENOSYS && got != -95 && got != -EPERM && got != -EACCES && got != -EINVAL && got < 0)
		note(name, got);
	ok(got == -ENOSYS || got == -95 || got == -EPERM || got == -EINVAL || got >= 0, name);
}

int main(int argc, char **argv, char **envp)
{
	(void)argc, (void)argv, (void)envp;
	sc(SYS_alarm, 20);
	random();
	absent("add_key", sc(SYS_add_key, "user", "linux_rs", "x", 1, -1 /* thread */));
	absent("keyctl", sc(SYS_keyctl, 0, -1, 1));
	absent("landlock_create_ruleset: the version", sc(SYS_landlock_create_ruleset, 0, 0, 1));
	return tap_done();
}
