#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Builds OUT/linux_rs.ko: the Rust static library, the C files, one relocatable link.
# --lib: the library only.
set -eu

out=$1
target=x86_64-unknown-none
lib=$CARGO_TARGET_DIR/$target/release/liblinux_rs.a

# core is compiled here with the kernel's code model; -Zplt and direct access keep
# relocations to those the kernel linker takes.
RUSTFLAGS="-Crelocation-model=static -Ccode-model=kernel -Cforce-frame-pointers=yes -Cno-redzone=yes"
RUSTFLAGS="$RUSTFLAGS -Zplt=yes -Zdirect-access-external-data=yes"
export CARGO_TARGET_X86_64_UNKNOWN_NONE_RUSTFLAGS="$RUSTFLAGS"
RUSTC_BOOTSTRAP=1 RUSTC=$LINUX_RS_RUSTC "$LINUX_RS_CARGO" build -q -p linux_rs --release --target $target \
    -Zbuild-std=core,alloc,compiler_builtins

# memcpy and its kin are the kernel's own; anything else that compiler_builtins has
# (128-bit and floating-point help) must not be needed, and the link check says so.
mkdir -p "$out/obj"
cp "$lib" "$out/obj/liblinux_rs.a"
"$LINUX_RS_LLVM/bin/llvm-ar" t "$out/obj/liblinux_rs.a" | grep '^compiler_builtins' |
    while read -r member; do
	"$LINUX_RS_LLVM/bin/llvm-ar" d "$out/obj/liblinux_rs.a" "$member"
done
# kmod/Makefile compiles and links the rest by bsd.kmod.mk.
[ "${2:-}" != --lib ] || exit 0

includes=-Iffi
for dir in $(echo "$LINUX_RS_KERNEL_INCLUDE" | tr : ' '); do
	includes="$includes -isystem $dir"
done
objects=
for source in kmod/*.c; do
	object=$out/obj/$(basename "$source" .c).o
	"$LINUX_RS_CLANG" $LINUX_RS_KERNEL_CFLAGS -O2 -Wall -Wextra -Werror -Wno-unused-parameter \
	    $includes -c "$source" -o "$object"
	objects="$objects $object"
done

# No --gc-sections: it would drop the linker sets that hold the module's metadata.
"$LINUX_RS_LLD" -m elf_x86_64_fbsd -r -o "$out/linux_rs.ko.debug" $objects "$out/obj/liblinux_rs.a"
"$LINUX_RS_LLVM/bin/llvm-objcopy" --strip-debug "$out/linux_rs.ko.debug" "$out/linux_rs.ko.new"
mv "$out/linux_rs.ko.new" "$out/linux_rs.ko"
echo "$out/linux_rs.ko: $(wc -c <"$out/linux_rs.ko" | tr -d ' ') bytes"
