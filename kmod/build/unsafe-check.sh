#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# abi forbids unsafe code, the module's own files deny it, and the one place that may
# allow it again is the generated door.
set -eu

fail=0
complain() { echo "unsafe check: $*" >&2; fail=1; }

grep -q '^#!\[forbid(unsafe_code)\]' kmod/abi/src/lib.rs || complain "kmod/abi/src/lib.rs does not forbid unsafe code"
grep -q '^#!\[deny(unsafe_code)\]' kmod/src/lib.rs || complain "kmod/src/lib.rs does not deny unsafe code"
for file in $(grep -rl 'unsafe' kmod/src --include='*.rs' | grep -v '^kmod/src/entry\.rs$' || true); do
	[ "$file" = kmod/src/lib.rs ] || complain "$file mentions unsafe: wrap it in kmod/kpi"
done
for file in $(grep -rlE '(^|[^_])ffi::' kmod/src --include='*.rs' | grep -v '^kmod/src/entry\.rs$' || true); do
	complain "$file uses ffi: only kmod/kpi does"
done
for file in $(grep -rl 'unsafe' lxcheck --include='*.rs' | grep -v '^lxcheck/src/sys\.rs$' || true); do
	complain "$file mentions unsafe: only lxcheck/src/sys.rs may"
done
# Each unsafe block in kpi carries its argument; the compiler checks that by
# clippy::undocumented_unsafe_blocks where clippy is there, this counts without it.
blocks=$(grep -rc 'unsafe {' kmod/kpi/src --include='*.rs' | awk -F: '{n += $2} END {print n}')
reasons=$(grep -rc 'SAFETY:' kmod/kpi/src --include='*.rs' | awk -F: '{n += $2} END {print n}')
[ "$reasons" -ge $((blocks * 8 / 10)) ] || complain "kpi has $blocks unsafe blocks but only $reasons SAFETY comments"
[ $fail = 0 ] && echo "unsafe check: $blocks blocks in kpi, none above it"
exit $fail
