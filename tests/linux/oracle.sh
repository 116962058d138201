# SPDX-License-Identifier: BSD-2-Clause
# Runs TAP programs on this Linux machine and counts points.
# usage: oracle.sh FOLDER PROGRAM...   (FOLDER also holds busybox.sh and poison)
if [ "$(uname -s)" != Linux ]; then
	echo "oracle: this is $(uname -s); the oracle is real Linux. Run it there." >&2
	exit 2
fi
folder=$(cd "$1" && pwd) || exit 2
shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0 failed=0 skipped=0

# judge NAME COMMAND...
judge() {
	name=$1
	shift
	mkdir -p "$work/$name"
	(cd "$work/$name" && timeout 120 "$@") >"$work/out" 2>"$work/err" </dev/null
	status=$?
	good=$(grep -c '^ok ' "$work/out")
	skips=$(grep -c '^ok .* # SKIP' "$work/out")
	bad=$(grep -c '^not ok ' "$work/out")
	planned=$(sed -n 's/^1\.\.//p' "$work/out")
	if [ "$planned" != $((good + bad)) ]; then
		echo "$name: plan is '$planned', points are $((good + bad)), exit status $status"
		bad=$((bad + 1))
	elif [ $status -ne 0 ] && [ "$bad" -eq 0 ]; then
		echo "$name: exit status $status without a failed point"
		bad=1
	fi
	grep '^not ok' "$work/out" | sed "s/^/$name: /"
	grep '# SKIP' "$work/out" | sed "s/^/$name: /"
	passed=$((passed + good - skips)) failed=$((failed + bad)) skipped=$((skipped + skips))
}

for program in "$@"; do
	judge "$program" "$folder/$program"
done
judge poison "$folder/poison" --check "$folder/poison.expected"
if [ -x /bin/busybox ]; then
	judge busybox /bin/busybox sh "$folder/busybox.sh"
else
	echo "busybox: left out, /bin/busybox is not there (Debian: busybox-static)"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
