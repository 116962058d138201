#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
#
# make lxcheck-test: lxcheck against `strace -f -c` on Debian's programs.
#   compare.sh LXCHECK FOLDER     FOLDER: where lists and times are kept
# From the environment: FILTER, and LONG for the memory of ten million calls.
#
# Each program runs twice under each tracer. A call that both runs of one tracer saw must have been
# seen by one run of the other at least: what differs from run to run is the scheduling. Left out are
# exit and exit_group: strace -c counts calls that return.
# All runs together, lxcheck must take less than 2.0 times strace's time.
set -eu
lxcheck=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
out=$2
here=$(cd "$(dirname "$0")" && pwd)
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
export LC_ALL=C
command -v strace >/dev/null || { echo "lxcheck-test: strace is not installed" >&2; exit 1; }

now() { date +%s%N; }
work=$out/work
prepare() {
	rm -rf "$work"
	mkdir -p "$work"
	cd "$work"
	cp "$here/compare.sh" text
	echo 'int main(void) { return 0; }' >main.c
	printf 'all:\n\t@echo made\n' >Makefile
}

under_strace() { # list, command
	list=$1
	shift
	prepare
	begin=$(now)
	strace -f -c -o "$list.raw" "$@" >"$list.out" 2>&1 </dev/null || true
	strace_ns=$((strace_ns + $(now) - begin))
	awk '$NF == "total" { exit } /^ *[0-9]+\.[0-9]/ { print $NF }' "$list.raw" | sort -u >"$list"
}

under_lxcheck() { # list, command
	list=$1
	shift
	prepare
	begin=$(now)
	"$lxcheck" --json -o "$list.raw" "$@" >"$list.out" 2>&1 </dev/null || true
	lxcheck_ns=$((lxcheck_ns + $(now) - begin))
	sed -n '/"calls":/,/"files":/s/^      "name": "\(.*\)",$/\1/p' "$list.raw" |
		grep -vx -e exit -e exit_group | sort -u >"$list"
}

compared=0
failed=0
compare() { # name, program that must be there, command
	name=$1
	needs=$2
	shift 2
	case $name in *"${FILTER:-}"*) ;; *) return 0 ;; esac
	if ! command -v "$needs" >/dev/null 2>&1; then
		echo "SKIPPED: $name: $needs is not installed"
		return 0
	fi
	strace_ns=0
	lxcheck_ns=0
	for run in 1 2; do
		under_strace "$out/$name.strace$run" "$@"
		under_lxcheck "$out/$name.lxcheck$run" "$@"
	done
	cd "$out"
	for one in strace lxcheck; do
		comm -12 "$name.${one}1" "$name.${one}2" >"$name.$one.both"
		sort -u "$name.${one}1" "$name.${one}2" >"$name.$one.either"
	done
	missing=$(comm -23 "$name.strace.both" "$name.lxcheck.either" | tr '\n' ' ')
	extra=$(comm -23 "$name.lxcheck.both" "$name.strace.either" | tr '\n' ' ')
	calls=$(wc -l <"$name.lxcheck.either")
	result=same
	if [ -n "$missing$extra" ] || [ "$calls" -lt 10 ]; then
		result="DIFFERENT: only strace: ${missing:--} only lxcheck: ${extra:--}"
		failed=$((failed + 1))
	fi
	compared=$((compared + 1))
	all_strace=$((all_strace + strace_ns))
	all_lxcheck=$((all_lxcheck + lxcheck_ns))
	printf '%-14s %3d calls  strace %6d ms  lxcheck %6d ms  %s\n' "$name" "$calls" \
		$((strace_ns / 2000000)) $((lxcheck_ns / 2000000)) "$result"
}
all_strace=0
all_lxcheck=0

compare bash bash bash -c 'for i in 1 2 3; do echo $i | cat; done; type ls; [[ -e text ]] && read -r a <text'
compare python3 /usr/bin/python3 /usr/bin/python3 -c 'import json, threading, subprocess, socket, tempfile
t = threading.Thread(target=lambda: None); t.start(); t.join()
subprocess.run(["true"]); socket.socketpair(); tempfile.TemporaryFile().write(b"x")'
compare node node node -e 'require("fs").readFileSync("text"); setTimeout(() => console.log(1), 20)'
compare java java java -Xshare:auto -version
compare nginx nginx sh -c 'mkdir -p logs; printf "pid nginx.pid; error_log logs/e; events {} http { access_log off; server { listen 127.0.0.1:18080; } }" >n.conf
nginx -p "$PWD" -c n.conf; sleep 1; nginx -p "$PWD" -c n.conf -s quit; sleep 1'
compare redis redis-server sh -c 'redis-server --port 0 --unixsocket "$PWD/r" --daemonize no --save "" >/dev/null & sleep 1; redis-cli -s "$PWD/r" set a b; redis-cli -s "$PWD/r" shutdown; wait'
compare gcc gcc gcc -O1 -o main main.c
compare git git sh -c 'git init -q . && git add text && git -c user.name=a -c user.email=a@b commit -qm a && git log --oneline'
compare apt apt apt list --installed
compare dpkg dpkg dpkg -l
compare perl perl perl -e 'open F, "text"; my @l = <F>; print scalar @l; system "true"'
compare sqlite3 sqlite3 sqlite3 db 'create table t(a); insert into t values (1); select * from t'
compare tar tar sh -c 'tar czf a.tgz text main.c && tar tzf a.tgz'
compare find find find . -name 'm*' -newer text -exec cat '{}' ';'
compare sort sort sort -u text
compare make make make -s
compare awk awk awk '{ n += NF } END { print n | "cat" }' text
compare openssl openssl openssl rand -hex 8
compare busybox busybox busybox sh -c 'ls /; ps | head -n 1; stat text; dd if=text of=copy bs=1k'

[ "$compared" -gt 0 ] || { echo "nothing was compared" >&2; exit 1; }
ratio=$((all_lxcheck * 100 / all_strace))
printf '%d programs, %d different; lxcheck took %d.%02d times as long as strace -f -c (at most 2.00)\n' \
	"$compared" "$failed" $((ratio / 100)) $((ratio % 100))
[ "$ratio" -lt 200 ] || failed=$((failed + 1))

# Two calls a block. The clock of dd is what both tracers slow down.
blocks=200000
prepare
begin=$(now)
strace -f -c -o "$out/dd.raw" dd if=/dev/zero of=/dev/null bs=1 count=$blocks 2>/dev/null
middle=$(now)
"$lxcheck" -q dd if=/dev/zero of=/dev/null bs=1 count=$blocks 2>/dev/null
end=$(now)
ratio=$(((end - middle) * 100 / (middle - begin)))
printf '%d calls of dd: strace %d ms, lxcheck %d ms: %d.%02d times\n' $((blocks * 2)) \
	$(((middle - begin) / 1000000)) $(((end - middle) / 1000000)) $((ratio / 100)) $((ratio % 100))
[ "$ratio" -lt 200 ] || failed=$((failed + 1))

if [ -n "${LONG:-}" ]; then
	"$lxcheck" -o "$out/dd.report" dd if=/dev/zero of=/dev/null bs=1 count=5000000 2>/dev/null &
	pid=$!
	memory() { sed -n "s/^$1:[^0-9]*\([0-9]*\).*/\1/p" "/proc/$pid/status" 2>/dev/null || true; }
	sleep 2
	early=$(memory VmRSS)
	late=$early
	while kill -0 "$pid" 2>/dev/null; do
		seen=$(memory VmHWM)
		late=${seen:-$late}
		sleep 1
	done
	wait "$pid" || true
	echo "10 million calls: lxcheck had $early KiB after two seconds, $late KiB at most"
	[ $((late - early)) -lt 512 ] || failed=$((failed + 1))
fi
rm -rf "$work"
[ "$failed" = 0 ]
