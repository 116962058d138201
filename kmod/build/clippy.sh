#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Clippy for the kernel side. The toolchain that has core's sources may come without
# clippy: then this says so, and the module's own lints still hold in the build.
set -eu

out=$1
clippy=$(dirname "$LINUX_RS_CARGO")/cargo-clippy
if [ ! -x "$clippy" ]; then
	echo "SKIPPED: no cargo-clippy beside $LINUX_RS_CARGO; the compiler's lints were checked by the build"
	exit 0
fi
RUSTC_BOOTSTRAP=1 RUSTC=$LINUX_RS_RUSTC CARGO_TARGET_DIR="$out/target-clippy" \
    PATH="$(dirname "$LINUX_RS_CARGO"):$PATH" "$LINUX_RS_CARGO" clippy -q -p linux_rs -p kpi --release \
    --target x86_64-unknown-none -Zbuild-std=core,alloc,compiler_builtins -- -D warnings
