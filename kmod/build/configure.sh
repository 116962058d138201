#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# Finds, and on Debian, Ubuntu and FreeBSD installs, what the build needs, and
# writes it down as OUT/config.sh. NO_INSTALL=1: only says what is missing.
#   configure.sh OUT [vm]     with vm: what the virtual machine and the tests need as well
set -eu

out=$1
mkdir -p "$out/include/generated" "$out/cache"
out=$(cd "$out" && pwd)
os=$(uname -s)
say() { echo "configure: $*"; }
die() { echo "configure: $*" >&2; exit 1; }
missing=

# The ziglang wheel carries FreeBSD 15.0's installed headers.
wheel_version=0.17.0
wheel_sha256=97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b
osreldate=1500068

install_packages() { # command that must exist afterwards is checked by the caller
	if [ -n "${NO_INSTALL:-}" ]; then
		missing="$missing $*"
		return 0
	fi
	sudo=
	[ "$(id -u)" = 0 ] || sudo=sudo
	if command -v apt-get >/dev/null 2>&1; then
		say "installing with apt: $*"
		if ! DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >"$out/cache/apt.log" 2>&1; then
			$sudo apt-get update -qq >"$out/cache/apt.log" 2>&1 || true
			DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq "$@" >"$out/cache/apt.log" 2>&1 ||
			    die "apt could not install $* (its words are in $out/cache/apt.log)"
		fi
	elif command -v pkg >/dev/null 2>&1; then
		say "installing with pkg: $*"
		$sudo pkg install -y "$@" >"$out/cache/pkg.log" 2>&1 ||
		    die "pkg could not install $* (its words are in $out/cache/pkg.log)"
	else
		missing="$missing $*"
	fi
}

# --- clang, lld, libclang: one LLVM, 17 or newer
find_llvm() {
	for dir in "${LLVM_DIR:-}" /usr/lib/llvm-21 /usr/lib/llvm-20 /usr/lib/llvm-19 /usr/lib/llvm-18 /usr/lib/llvm-17 \
	    /usr/local/llvm21 /usr/local/llvm20 /usr/local/llvm19 /usr/local/llvm18; do
		[ -n "$dir" ] && [ -x "$dir/bin/clang" ] && [ -x "$dir/bin/ld.lld" ] && [ -x "$dir/bin/llvm-objcopy" ] || continue
		[ -n "$(find "$dir/lib" -name 'libclang*.so*' 2>/dev/null | head -n 1)" ] || continue
		echo "$dir"
		return
	done
}
llvm=$(find_llvm)
if [ -z "$llvm" ]; then
	case $os in
	FreeBSD) install_packages llvm19 ;;
	*) install_packages clang-19 lld-19 llvm-19 libclang-19-dev ;;
	esac
	llvm=$(find_llvm)
fi

# Build scripts are host programs, which need a linker.
command -v cc >/dev/null 2>&1 || install_packages gcc libc6-dev

# --- a Rust toolchain with the sources of core: they are compiled with the kernel's flags
has_sources() { # cargo
	[ -x "$1" ] || return 1
	rustc=$(dirname "$1")/rustc
	[ -x "$rustc" ] || return 1
	root=$("$rustc" --print sysroot 2>/dev/null) || return 1
	[ -f "$root/lib/rustlib/src/rust/library/core/src/lib.rs" ] || return 1
	minor=$("$rustc" --version | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
	[ "${minor:-0}" -ge 88 ]
}
find_rust() {
	for c in "${CARGO:-}" "$(command -v cargo || true)" "$HOME/.cargo/bin/cargo" /usr/bin/cargo /usr/local/bin/cargo; do
		if [ -n "$c" ] && has_sources "$c"; then
			echo "$c"
			return
		fi
	done
}
kcargo=$(find_rust)
if [ -z "$kcargo" ] && command -v rustup >/dev/null 2>&1 && [ -z "${NO_INSTALL:-}" ]; then
	say "asking rustup for the rust-src component"
	rustup component add rust-src >"$out/cache/rustup.log" 2>&1 || true
	kcargo=$(find_rust)
fi
if [ -z "$kcargo" ]; then
	case $os in
	FreeBSD) install_packages rust ;;
	*) install_packages rustc-web rust-web-src cargo-web rust-web-clippy ;;
	esac
	kcargo=$(find_rust)
fi
# --- the virtual machine, and what the Linux test programs are built with
if [ "${2:-}" = vm ]; then
	case $os in
	FreeBSD)
		command -v qemu-system-x86_64 >/dev/null 2>&1 || install_packages qemu-nox11 edk2-qemu-x64
		;;
	*)
		wanted=
		command -v qemu-system-x86_64 >/dev/null 2>&1 || wanted="$wanted qemu-system-x86"
		[ -e /usr/share/OVMF ] || wanted="$wanted ovmf"
		command -v makefs >/dev/null 2>&1 || wanted="$wanted makefs"
		[ -x /bin/busybox ] || wanted="$wanted busybox-static"
		command -v musl-gcc >/dev/null 2>&1 || wanted="$wanted musl-tools"
		command -v debootstrap >/dev/null 2>&1 || wanted="$wanted debootstrap"
		[ -z "$wanted" ] || install_packages $wanted
		;;
	esac
fi
[ -z "$missing" ] || die "missing:$missing - install them, or run make without NO_INSTALL"
[ -n "$llvm" ] || die "no LLVM with clang, ld.lld and libclang was found: install clang-19 lld-19 llvm-19 libclang-19-dev (Debian) or llvm19 (FreeBSD)"
[ -n "$kcargo" ] || die "no Rust toolchain of 1.88 or newer with the sources of core was found: run 'rustup component add rust-src', or install rustc-web rust-web-src cargo-web (Debian)"

# --- kernel headers
generated=$out/include/generated
if [ "$os" = FreeBSD ]; then
	sysdir=${SYSDIR:-/usr/src/sys}
	[ -f "$sysdir/sys/param.h" ] || die "no kernel sources in $sysdir: fetch src.txz of your release, or set SYSDIR"
	ln -sfn "$sysdir/amd64/include" "$generated/machine"
	ln -sfn "$sysdir/x86/include" "$generated/x86"
	ln -sfn "$sysdir/i386/include" "$generated/i386"
	(cd "$generated" && for kind in h p q; do
		awk -f "$sysdir/tools/vnode_if.awk" "$sysdir/kern/vnode_if.src" -$kind
	done)
	include=$generated:$sysdir:$sysdir/contrib/ck/include
	osreldate=$(sed -n 's/^#define[[:space:]]*__FreeBSD_version[[:space:]]*\([0-9]*\).*/\1/p' "$sysdir/sys/param.h")
else
	include=$generated:$out/include/freebsd:$(cd "$(dirname "$0")/include" && pwd)
	stamp=$out/include/freebsd/.wheel-$wheel_version
	if [ ! -f "$stamp" ]; then
		python3 -m pip --version >/dev/null 2>&1 || install_packages python3 python3-pip
		wheel=$out/cache/ziglang-$wheel_version.whl
		if [ ! -f "$wheel" ]; then
			say "fetching FreeBSD's headers: the ziglang $wheel_version wheel from PyPI (about 100 MB, once)"
			rm -rf "$out/cache/wheel"
			python3 -m pip download -q --no-deps --only-binary=:all: --platform manylinux2010_x86_64 \
			    -d "$out/cache/wheel" "ziglang==$wheel_version" ||
			    die "the ziglang wheel could not be fetched; put it at $wheel by hand"
			mv "$out"/cache/wheel/ziglang-*.whl "$wheel"
		fi
		echo "$wheel_sha256  $wheel" | sha256sum -c --quiet >/dev/null 2>&1 ||
		    die "$wheel is not the pinned wheel (its SHA-256 differs): remove it and run make again"
		rm -rf "$out/include/freebsd"
		python3 - "$wheel" "$out/include/freebsd" <<'PY'
import os, sys, zipfile
wheel, dest = sys.argv[1:]
prefix = "ziglang/lib/libc/include/"
with zipfile.ZipFile(wheel) as z:
    for part in ("generic-freebsd/", "x86_64-freebsd-none/"):
        for name in z.namelist():
            if name.startswith(prefix + part) and not name.endswith("/"):
                path = os.path.join(dest, name[len(prefix + part):])
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "wb") as f:
                    f.write(z.read(name))
PY
		: >"$stamp"
	fi
	for f in vnode_if.h vnode_if_newproto.h vnode_if_typedef.h; do
		[ -f "$generated/$f" ] || : >"$generated/$f"
	done
fi
for f in opt_global.h device_if.h bus_if.h; do
	[ -f "$generated/$f" ] || : >"$generated/$f"
done

flags="--target=x86_64-unknown-freebsd15.0 -std=gnu17 -nostdinc -D_KERNEL -DKLD_MODULE -D__FreeBSD_version=$osreldate"
flags="$flags -ffreestanding -mcmodel=kernel -mno-red-zone -mno-mmx -mno-sse -mno-aes -mno-avx -msoft-float"
flags="$flags -fno-omit-frame-pointer -mno-omit-leaf-frame-pointer -fno-common -fwrapv -fno-strict-aliasing"
flags="$flags -fno-stack-protector -fno-asynchronous-unwind-tables"
[ "$os" != FreeBSD ] || flags=$(echo "$flags" | sed 's/ -D__FreeBSD_version=[0-9]*//')

cat >"$out/config.sh.new" <<CONFIG
export LINUX_RS_LLVM='$llvm' LINUX_RS_CLANG='$llvm/bin/clang' LINUX_RS_LLD='$llvm/bin/ld.lld'
export LIBCLANG_PATH='$llvm/lib'
export LINUX_RS_KERNEL_INCLUDE='$include'
export LINUX_RS_KERNEL_CFLAGS='$flags'
export LINUX_RS_CARGO='$kcargo' LINUX_RS_RUSTC='$(dirname "$kcargo")/rustc'
export CARGO_TARGET_DIR='$out/target'
CONFIG
cmp -s "$out/config.sh.new" "$out/config.sh" 2>/dev/null || cp "$out/config.sh.new" "$out/config.sh"
rm -f "$out/config.sh.new"
