#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes lxcheck for the guest, OUT/tests/lxcheck: static, as any C library may be there or none.
#   static.sh OUT
set -eu
out=$1
if [ "$(uname -s)" != Linux ]; then
	echo "no Linux here: lxcheck for the guest is left out"
	exit 0
fi
target=x86_64-unknown-linux-gnu
folder=${CARGO_TARGET_DIR:-$out/target}
RUSTFLAGS='-C target-feature=+crt-static' CARGO_TARGET_DIR=$folder \
	cargo build -q --release --target $target -p lxcheck
mkdir -p "$out/tests"
cp "$folder/$target/release/lxcheck" "$out/tests/lxcheck"
