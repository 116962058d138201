# SPDX-License-Identifier: BSD-2-Clause
# What people do with a shell all day, as TAP. Run by: busybox sh busybox.sh
# Every command is a busybox applet, called by the path of the busybox that runs
# this, so that no other program of the machine takes part.

bb=${BUSYBOX:-/bin/busybox}
count=0
failed=0

for applet in awk cat cp cut date dd env expr find grep head id kill ln ls mkdir mv od printf \
    readlink rm rmdir sed seq sleep sort stat tail tee test touch tr uname uniq wc xargs yes; do
	alias $applet="$bb $applet"
done

# is NAME EXPECTED ACTUAL
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "not ok $count - $1 # got '$3' expected '$2'"
	fi
}

dir=/tmp/busybox-test.$$
mkdir "$dir" && cd "$dir" || {
	echo "Bail out! $dir cannot be made: is /tmp writable?"
	exit 1
}

# Text and pipes.
is "echo" "a b" "$(echo a b)"
is "printf" "007 x 1f" "$(printf '%03d %s %x' 7 x 31)"
is "a pipe of two" "3" "$(printf 'a\nb\nc\n' | wc -l)"
is "a pipe of five" "2 b" "$(printf 'b\na\nb\nc\n' | sort | uniq -c | sort -n | tail -n 1 | awk '{print $1, $2}')"
is "a large pipe" "20000" "$(seq 20000 | cat | cat | wc -l)"
is "a reader that stops early" "y" "$(yes | head -n 1)"
is "the status of a pipe is its last" "1" "$(true | false; echo $?)"
is "grep" "beta" "$(printf 'alpha\nbeta\n' | grep '^b')"
is "grep without a match" "1" "$(echo x | grep -q y; echo $?)"
is "sed" "hexxo" "$(echo hello | sed 's/l/x/g')"
is "awk" "55" "$(seq 10 | awk '{s += $1} END {print s}')"
is "tr" "HELLO" "$(echo hello | tr a-z A-Z)"
is "cut" "b" "$(echo a:b:c | cut -d : -f 2)"
is "sort -rn" "30 4 1" "$(echo $(printf '4\n30\n1\n' | sort -rn))"
is "xargs" "1 2 3" "$(seq 3 | xargs echo)"
is "xargs one by one" "2" "$(printf 'a b' | xargs -n 1 echo | wc -l)"
is "expr" "42" "$(expr 6 \* 7)"
is "shell arithmetic" "1024" "$((1 << 10))"
is "od" "61 62" "$(echo $(printf ab | od -An -tx1))"

# Redirection, here-documents, subshells.
echo one >f
echo two >>f
is "redirection and appending" "one two" "$(echo $(cat f))"
is "input redirection" "2" "$(wc -l <f)"
is "a here-document" "x $dir y" "$(cat <<END
x $dir y
END
)"
is "a quoted here-document" 'x $dir y' "$(cat <<'END'
x $dir y
END
)"
is "a large here-document" "3000" "$(eval "cat <<END
$(seq 3000)
END" | wc -l)"
is "standard error apart" "err" "$({ echo out; echo err >&2; } 2>&1 >/dev/null)"
is "both joined" "2" "$({ echo out; echo err >&2; } 2>&1 | wc -l)"
is "another descriptor" "three" "$({ echo three >&3; } 3>&1)"
x=1
(x=2; cd /)
is "a subshell keeps its changes" "1 $dir" "$x $(pwd)"
is "the status of a subshell" "5" "$( (exit 5); echo $?)"
is "set -C refuses to overwrite" "refused" "$( (set -C; echo x >f) 2>/dev/null || echo refused)"
is "a command that is not there" "127" "$(./no-such-command 2>/dev/null; echo $?)"
touch plain
is "a file that is not executable" "126" "$(./plain 2>/dev/null; echo $?)"
printf '#!%s sh\necho "script $1"\n' "$bb" >script
$bb chmod 755 script
is "a script with #!" "script a" "$(./script a)"

# Jobs and signals.
sh -c : 2>/dev/null
(sleep 0.1; exit 3) &
wait $!
is "background and wait" "3" "$?"
(exit 1) & (exit 2) &
wait
is "wait for all" "0" "$?"
is "death by a signal is 128 + its number" "143" "$($bb sh -c 'kill -TERM $$'; echo $?)"
is "trap" "caught" "$($bb sh -c "trap 'echo caught; exit 0' USR1; kill -USR1 \$\$; echo missed")"
is "trap on exit" "bye" "$($bb sh -c "trap 'echo bye' EXIT")"
is "an ignored signal" "alive" "$($bb sh -c "trap '' TERM; kill -TERM \$\$; echo alive")"
$bb sleep 100 &
kill -KILL $!
wait $! 2>/dev/null
is "kill -KILL of a job" "137" "$?"
$bb sh -c "trap 'exit 9' TERM; while :; do $bb sleep 0.05; done" &
$bb sleep 0.2
kill $!
wait $!
is "trap in a job" "9" "$?"
is "kill -0 of nobody" "1" "$(kill -0 4194303 2>/dev/null; echo $?)"
is "timeout" "143" "$($bb timeout 1 $bb sleep 100; echo $?)"

# Files.
mkdir -p a/b/c
is "mkdir -p" "a/b/c" "$(find a -name c)"
echo data >a/b/file
cp a/b/file a/copy
is "cp" "data" "$(cat a/copy)"
mv a/copy a/moved
is "mv" "moved" "$(ls a | grep moved)"
ln -s b/file a/link
is "ln -s" "b/file" "$(readlink a/link)"
is "reading through a link" "data" "$(cat a/link)"
ln a/b/file a/hard
is "ln" "2" "$(stat -c %h a/hard)"
is "test -f, -d, -L" "yes" "$(test -f a/moved && test -d a/b && test -L a/link && echo yes)"
is "test of what is not there" "1" "$(test -e a/none; echo $?)"
is "find -type f" "3" "$(find a -type f | wc -l)"
is "find -exec" "3" "$(find a -type f -exec cat {} + | wc -l)"
is "cp -r" "3" "$(cp -r a d; find d -type f | wc -l)"
is "rm -r" "gone" "$(rm -r a; test -e a || echo gone)"
is "rmdir of a full directory" "1" "$(rmdir d 2>/dev/null; echo $?)"
is "dd" "4096" "$(dd if=/dev/zero of=z bs=1024 count=4 2>/dev/null; stat -c %s z)"
is "dd in the middle" "XX" "$(printf XX | dd of=z bs=1 seek=100 conv=notrunc 2>/dev/null; dd if=z bs=1 skip=100 count=2 2>/dev/null)"
is "the size is kept" "4096" "$(stat -c %s z)"
is "umask" "640" "$(umask 027; touch u; stat -c %a u)"
is "tee" "t t" "$(echo t | tee t1 >t2; echo $(cat t1 t2))"
is "ls -a of an empty directory" "2" "$(mkdir e; ls -a e | wc -l)"
is "a name with spaces and tabs" "ok" "$(echo ok >'a	b  c'; cat 'a	b  c')"
is "a glob" "f" "$(echo f*)"
is "md5sum" "d41d8cd98f00b204e9800998ecf8427e" "$($bb md5sum </dev/null | cut -c 1-32)"
is "tar there and back" "data" "$($bb tar cf t.tar d; rm -r d; $bb tar xf t.tar; cat d/moved)"
is "gzip there and back" "20000" "$(seq 20000 | $bb gzip | $bb gunzip | wc -l)"

# The machine.
is "uname -s" "Linux" "$(uname -s)"
is "uname -m" "x86_64" "$(uname -m)"
is "uname -a starts with Linux" "Linux" "$(uname -a | cut -d ' ' -f 1)"
is "ls / has a bin" "bin" "$(ls / | grep '^bin$')"
is "env" "V=1" "$(env -i V=1 "$bb" env)"
is "an exported variable" "value" "$(export W=value; env | sed -n 's/^W=//p')"
is "date +%Y is a year" "0" "$(date +%Y | grep -q '^20[2-9][0-9]$'; echo $?)"
is "date of a known second" "2001-09-09 01:46:40" "$(date -u -d @1000000000 '+%Y-%m-%d %H:%M:%S')"
is "id -u" "$(id -u)" "$(stat -c %u f)"
is "sleep sleeps" "0" "$(sleep 0.1; echo $?)"
is "nothing can be written to a full device" "1" "$(echo x 2>/dev/null >/dev/full; echo $?)"
is "read gets a line" "a b" "$(echo 'a b' | { read -r l; echo "$l"; })"
is "recursion of functions" "120" "$(f() { [ "$1" -le 1 ] && echo 1 || echo $(($1 * $(f $(($1 - 1))))); }; f 5)"
is "a hundred processes" "100" "$(i=0; while [ $i -lt 100 ]; do $bb true && i=$((i + 1)); done; echo $i)"

cd /
rm -r "$dir"
echo "1..$count"
[ $failed -eq 0 ]
