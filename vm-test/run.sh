#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What `make test`, `make vm-test`, `make run` and `make bench` do in the guest:
#   run.sh OUT all | shell | bench | SUITE
# From the environment: MODULE (linux_rs or linux64), FILTER, LONG, CMD, ROOT, FREEBSD.
set -eu
out=$1
what=${2:-all}
set -- --module "$out/linux_rs.ko" --programs "$out/tests" --init "$out/guest-init" \
	--logs "$out/logs" --with "${MODULE:-linux_rs}"
[ -z "${FREEBSD:-}" ] || set -- "$@" --freebsd "$FREEBSD"
case $what in
shell)
	folder=${FREEBSD:-${LINUX_RS_FREEBSD:-$HOME/.cache/linux_rs/freebsd-15.0-amd64}}
	if [ ! -f "$folder/boot/kernel/kernel" ] && [ "$(uname -s)" = Linux ]; then
		exec sh vm-test/preview.sh "$out" "$folder"
	fi
	[ -z "${ROOT:-}" ] || set -- "$@" --root "$ROOT"
	[ -z "${CMD:-}" ] || set -- "$@" --cmd "$CMD"
	exec "$out/vm-test" shell "$@"
	;;
bench)
	exec "$out/vm-test" bench "$@"
	;;
esac
[ -z "${FILTER:-}" ] || set -- "$@" --filter "$FILTER"
[ -z "${LONG:-}" ] || set -- "$@" --long
[ "$what" != all ] || what=tests/suites
exec "$out/vm-test" run --suite "$what" "$@"
