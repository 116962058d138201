#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# What the kernel linker will meet in OUT/linux_rs.ko: relocations it takes, symbols
# that kmod/imports.txt lists and a GENERIC kernel exports, no vector instruction.
# --write: makes kmod/imports.txt anew.
set -eu

out=$1
ko=$out/linux_rs.ko
bin=$LINUX_RS_LLVM/bin
fail=0
complain() { echo "link check: $*" >&2; fail=1; }

# Resolved by the kernel linker itself, from section names.
"$bin/llvm-nm" -u "$ko" | awk '{print $2}' | grep -v '^__st\(art\|op\)_set_' | LC_ALL=C sort -u >"$out/imports"
if [ "${2:-}" = --write ]; then
	cp "$out/imports" kmod/imports.txt
	echo "kmod/imports.txt: $(wc -l <kmod/imports.txt | tr -d ' ') symbols"
	exit 0
fi

bad=$("$bin/llvm-readelf" -rW "$ko" | awk '$3 ~ /^R_X86_64_/ {print $3}' | sort -u |
    grep -vx 'R_X86_64_\(64\|PC32\|PLT32\|32S\)' || true)
[ -z "$bad" ] || complain "relocations the kernel linker does not take: $bad"

if ! LC_ALL=C diff kmod/imports.txt "$out/imports" >"$out/imports.diff"; then
	complain "the module's imports are not those of kmod/imports.txt (make imports, and look at the change):"
	sed -n 's/^[<>]/	&/p' "$out/imports.diff" >&2
fi

kernel=${LINUX_RS_FREEBSD:-$HOME/.cache/linux_rs/freebsd-15.0-amd64}/boot/kernel/kernel
if [ -f "$kernel" ]; then
	"$bin/llvm-nm" -D --defined-only "$kernel" 2>/dev/null | awk '{print $3}' | LC_ALL=C sort -u >"$out/exports"
	[ -s "$out/exports" ] || "$bin/llvm-nm" --defined-only "$kernel" | awk '{print $3}' | LC_ALL=C sort -u >"$out/exports"
	lacking=$(LC_ALL=C comm -23 "$out/imports" "$out/exports")
	[ -z "$lacking" ] || complain "symbols the kernel does not export: $lacking"
else
	echo "link check: no kernel at $kernel, imports compared with kmod/imports.txt only"
fi

vector=$("$bin/llvm-objdump" -d --no-show-raw-insn "$ko" | grep -c '%[xyz]mm[0-9]' || true)
[ "$vector" = 0 ] || complain "$vector instructions use vector registers, which the kernel does not save"

[ $fail = 0 ] && echo "link check: $(wc -l <"$out/imports" | tr -d ' ') imports, all known; relocations and instructions are the kernel's"
exit $fail
