#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs a program in the userland on real Linux, as root, and leaves no trace:
#   enter.sh ROOT PROGRAM [ARG...]
# TESTS, or build/tests, is seen as /tests, as in the guest.
# The tree is seen through an overlay, with its own mounts and processes, and a
# network that is lo alone, as in the guest.
set -eu

if [ "${ENTERED:-}" != yes ]; then
	exec env ENTERED=yes unshare --mount --pid --net --fork --kill-child --propagation private sh "$0" "$@"
fi
root=$1
shift
work=$(mktemp -d)
# The changes are in memory, below the overlay's own kind of file system.
mount -t tmpfs -o mode=755 userland "$work"
mkdir "$work/upper" "$work/work" "$work/root"
mount -t overlay -o "lowerdir=$root,upperdir=$work/upper,workdir=$work/work" overlay "$work/root"
mount -t proc proc "$work/root/proc"
mount -t sysfs -o ro sysfs "$work/root/sys" 2>/dev/null || mount --rbind /sys "$work/root/sys"
mount --rbind /dev "$work/root/dev"
mount -t tmpfs -o mode=1777 shm "$work/root/dev/shm"
mount -t tmpfs -o mode=1777 tmp "$work/root/tmp"
tests=${TESTS:-build/tests}
if [ -d "$tests" ]; then
	mkdir -p "$work/root/tests"
	mount --bind "$tests" "$work/root/tests"
fi
chroot "$work/root" ip link set lo up
status=0
env -u ENTERED chroot "$work/root" "$@" || status=$?
# Its mounts end with this namespace; the folder is all that is left.
umount -l "$work"
rmdir "$work"
exit $status
