#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Runs inside a fresh userland, chrooted: what the suites rely on beyond the
# packages, and nothing that would make two builds of the same packages differ.
set -eu

echo debian >/etc/hostname
printf '127.0.0.1 localhost debian\n::1 localhost\n' >/etc/hosts
: >/etc/resolv.conf
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime

# A user who is not root, for what root may do and others may not.
id user >/dev/null 2>&1 || useradd -m -u 1000 -s /bin/bash user

git config --system user.name 'A User'
git config --system user.email user@example.org
git config --system init.defaultBranch main
git config --system --add safe.directory '*'

# No mirror: packages come from file: repositories that the tests make.
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
printf 'APT::Sandbox::User "root";\n' >/etc/apt/apt.conf.d/90-no-sandbox

# What no suite reads: Debian's makefs writes images of at most 2 GB.
rm -rf /usr/share/doc/* /usr/share/man/* /usr/share/locale/* /usr/share/info/* \
	/usr/bin/x86_64-linux-gnu-lto-dump-12

apt-get clean
rm -rf /var/lib/apt/lists/* /var/cache/apt/*.bin /var/cache/ldconfig/aux-cache \
	/var/log/*.log /var/log/apt /tmp/* /var/tmp/* /run/* /root/.[!.]*
rm -f /etc/machine-id /var/lib/dbus/machine-id /usr/sbin/policy-rc.d
: >/etc/machine-id
mkdir -p /run/lock /run/shm /dev/shm /dev/fd /dev/pts
