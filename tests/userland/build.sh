#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Makes the Debian userland of the suites, with debootstrap(8), as root:
#   build.sh FOLDER      FOLDER/root (the tree), FOLDER/packages.txt (what is in it)
# MIRROR=URL: another Debian mirror.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
folder=$1
root=$folder/root
mirror=${MIRROR:-http://deb.debian.org/debian}
say() { echo "userland: $*"; }

command -v debootstrap >/dev/null 2>&1 || {
	echo "userland: debootstrap is not installed (Debian: apt install debootstrap; FreeBSD: pkg install debootstrap)" >&2
	exit 1
}
umask 022
mkdir -p "$folder"
rm -rf "$root"
say "debootstrap: Debian 12, minbase, from $mirror"
debootstrap --variant=minbase bookworm "$root" "$mirror" >"$folder/debootstrap.log" 2>&1 || {
	tail -n 5 "$folder/debootstrap.log" >&2
	echo "userland: debootstrap failed; its words are in $folder/debootstrap.log" >&2
	exit 1
}

# Nothing installed here may start a service on the host.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
case $(uname -s) in
Linux) mount --bind /proc "$root/proc" ;;
FreeBSD) mount -t linprocfs linprocfs "$root/proc" ;;
esac
trap 'umount "$root/proc"' EXIT
packages=$(sed -e 's/#.*//' "$here/packages.txt")
# shellcheck disable=SC2086 # one word each
set -- $packages
say "apt: $# packages and what they need"
chroot "$root" env DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin \
	apt-get install -y -qq --no-install-recommends "$@" >"$folder/apt.log" 2>&1 || {
	tail -n 5 "$folder/apt.log" >&2
	echo "userland: apt-get failed; its words are in $folder/apt.log" >&2
	exit 1
}
chroot "$root" /bin/sh <"$here/setup.sh" >"$folder/setup.log" 2>&1 || {
	tail -n 5 "$folder/setup.log" >&2
	echo "userland: setup.sh failed; its words are in $folder/setup.log" >&2
	exit 1
}
# dpkg-query's own escapes, not the shell's
# shellcheck disable=SC2016
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' >"$folder/packages.txt"
say "$(wc -l <"$folder/packages.txt") packages, $(du -sm "$root" | cut -f1) MB"
