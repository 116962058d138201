#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make run` does on a Linux machine without a FreeBSD kernel: the session runs here, on
# Linux, and lxcheck says what of it the module supports.
#   preview.sh OUT WHERE     WHERE: the folder that has no kernel
# From the environment: CMD.
set -eu
out=$1
where=$2
cargo=${LINUX_RS_CARGO:-cargo}
target=${CARGO_TARGET_DIR:-target}

preview() {
	cat >&2 <<TEXT

== This is the preview, not FreeBSD: there is no FreeBSD kernel in
   $where
   so the session $1 on this Linux, and lxcheck tells what linux_rs would do
   with each system call of it. To get the real thing, bring the kernel once:
       make vm-tools && $out/vm-test fetch
   (or put boot/ of FreeBSD 15.0's kernel.txz and base.txz there), then: make run

TEXT
}

"$cargo" build -q -p lxcheck
busybox=
for file in /bin/busybox /usr/bin/busybox "$out/tests/busybox"; do
	[ -x "$file" ] && busybox=$file && break
done
if [ -z "$busybox" ]; then
	echo "preview: no busybox was found: install busybox-static" >&2
	exit 1
fi
preview "runs"
status=0
if [ -n "${CMD:-}" ]; then
	"$target/debug/lxcheck" "$busybox" sh -c "$CMD" || status=$?
elif [ -t 0 ]; then
	echo "A busybox shell; the report comes when you leave it (exit)." >&2
	PS1='linux \w # ' "$target/debug/lxcheck" "$busybox" sh || status=$?
else
	session='set -x; uname -a; ls /; cat /proc/version; id; { set +x; } 2>/dev/null; ps | head -n 4; echo hello | wc -c'
	"$target/debug/lxcheck" "$busybox" sh -c "$session" || status=$?
fi
preview "ran"
# A gap is a result, not a failure.
[ "$status" -le 1 ] || exit "$status"
