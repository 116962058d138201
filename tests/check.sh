#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make check: format, clippy, host tests, link check, generated documents.
set -eu

out=$1
step() { echo "== $*"; }

# The kernel side has its own target and toolchain; the rest is ordinary host code.
host="-p linux_abi -p syscalls_master -p lxcheck -p linux_rs_tests -p vm-test"
cargo=${CARGO:-cargo}

step "format"
$cargo fmt --all --check

step "clippy: host code"
$cargo clippy -q $host --all-targets -- -D warnings

step "clippy: the module"
sh kmod/build/clippy.sh "$out"

step "syscalls.master and what is generated from it"
$cargo run -q -p syscalls_master -- check syscalls.master
$cargo run -q -p syscalls_master -- coverage syscalls.master -o "$out/coverage.md"
if ! cmp -s docs/coverage.md "$out/coverage.md"; then
	echo "docs/coverage.md is not what syscalls.master says: run make docs" >&2
	exit 1
fi

step "link check"
sh kmod/build/link-check.sh "$out"

step "unsafe code stays where it may be"
sh kmod/build/unsafe-check.sh

step "host tests"
$cargo test -q $host -- --include-ignored

if [ "$(uname -s)" = Linux ]; then
	step "Linux test programs on this Linux"
	"$MAKE" -C tests OUT="$(cd "$out" && pwd)/tests" oracle
else
	echo "SKIPPED: the Linux test programs were not run on real Linux first, because this is $(uname -s)"
fi
