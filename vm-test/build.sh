#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Builds vm-test for this host and the guest's /init into the folder named by $1.
set -eu
out=$1
cargo=${LINUX_RS_CARGO:-cargo}
lld=${LINUX_RS_LLD:-ld.lld}
target=${CARGO_TARGET_DIR:-target}

"$cargo" build -q -p vm-test
# A run that is still going on keeps its program.
cp "$target/debug/vm-test" "$out/vm-test.new"
mv "$out/vm-test.new" "$out/vm-test"

# A FreeBSD program that needs no FreeBSD: Rust's own core, built for no system
# at all, linked by an ELF linker that knows FreeBSD's OS/ABI mark, which is how
# the kernel recognizes its own programs.
RUSTC=${LINUX_RS_RUSTC:-rustc} RUSTC_BOOTSTRAP=1 \
CARGO_TARGET_X86_64_UNKNOWN_NONE_RUSTFLAGS="-Crelocation-model=static -Ccode-model=small \
-Clinker=$lld -Clink-arg=-melf_x86_64_fbsd -Clink-arg=-no-pie" \
	"$cargo" build -q --release -p guest-init --bin guest-init \
	--target x86_64-unknown-none --target-dir "$target/guest" \
	-Zbuild-std=core,compiler_builtins -Zbuild-std-features=compiler-builtins-mem
cp "$target/guest/x86_64-unknown-none/release/guest-init" "$out/guest-init"
