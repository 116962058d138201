#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a Linux program sees of /compat/linux, its emulation root, and of the real
# root: only in the VM, run by the emulation root's busybox. /rr in both and /rrn in
# the real root alone can be written to. Below /compat/.. is the real root, as long
# as the emulation root has no /compat.
E=/compat/linux
N=/compat/..
BB=/bin/busybox
count=0 failed=0

# is NAME GOT EXPECTED
is() {
	count=$((count + 1))
	if [ "$2" = "$3" ]; then
		echo "ok $count - $1"
	else
		failed=$((failed + 1))
		echo "# got      $2"
		echo "# expected $3"
		echo "not ok $count - $1"
	fi
}

# yes NAME COMMAND...; no NAME COMMAND...
yes() {
	name=$1
	shift
	if text=$("$@" 2>&1); then is "$name" 0 0; else is "$name" "$? $text" 0; fi
}
no() {
	name=$1
	shift
	if text=$("$@" 2>&1); then is "$name" "0 $text" "a failure"; else is "$name" 1 1; fi
}
native_has() { [ -e "$N$1" ] || [ -L "$N$1" ]; }
emul_has() { [ -e "$E$1" ] || [ -L "$E$1" ]; }
only_emul() { emul_has "$1" && ! native_has "$1"; }
only_native() { native_has "$1" && ! emul_has "$1"; }

cd /
mkdir $N/rr/both $N/rrn/sub $E/rr/both $E/rr/emul $E/rr/emul/real
echo native >$N/rr/both/f
echo emul >$E/rr/both/f
echo native >$N/rr/both/only-native
echo native >$N/rrn/f
echo emul >$E/rr/emul/t
echo emul >$E/rr/emul/real/f

# ---- two roots -----------------------------------------------------------------
is "what both roots have is the emulation root's" "$(cat /rr/both/f)" emul
is "what only the real root has is found there" "$(cat /rr/both/only-native /rrn/f)" "native
native"
is "the whole path of the emulation root works too" "$(cat $E/rr/both/f)" emul
is "the real root below /compat/.." "$(cat $N/rr/both/f)" native
no "what neither has is not there" cat /rr/nothing
is "the root folder is the emulation root's" "$(stat -c %i /)" "$(stat -c %i $E)"
is "and above it is nothing" "$(stat -c %i /..)" "$(stat -c %i $E)"
is "not even far above" "$(cat /../../rr/both/f)" emul
is "a folder both have lists the emulation root's" "$(ls /rr/both)" f
is "a folder only the real root has lists it" "$(ls /rrn)" "f
sub"

# ---- something new ---------------------------------------------------------------
echo new >/rr/both/new
yes "a new file in a folder both have is in the emulation root" only_emul /rr/both/new
echo new >/rrn/new
yes "one in a folder only the real root has is there" only_native /rrn/new
no "mkdir of what the emulation root has fails" mkdir /rr/emul
yes "and leaves the real root alone" only_emul /rr/emul
no "mkdir of a deeper one fails" mkdir /rr/emul/real
yes "mkdir -p of what is there" mkdir -p /rr/emul/real
no "and there is still nothing of it in the real root" native_has /rr/emul
no "mkdir of what both have fails" mkdir /rr/both
no "mkdir of a file of the emulation root fails" mkdir /rr/both/new
yes "a new folder is in the emulation root" mkdir /rr/folder
yes "and only there" only_emul /rr/folder
yes "a new folder where only the real root has its parent" mkdir /rrn/folder
yes "is there" only_native /rrn/folder
yes "mkdir -p of several" mkdir -p /rr/emul/p/q/r
yes "is in the emulation root" only_emul /rr/emul/p/q/r
no "mkdir of a link of the emulation root fails" sh -c "ln -s nowhere /rr/emul/dangling && mkdir /rr/emul/dangling"
yes "a FIFO" mkfifo /rr/both/fifo
yes "is in the emulation root" only_emul /rr/both/fifo
yes "a link" ln -s x /rr/both/link
yes "is in the emulation root, too" only_emul /rr/both/link
yes "a second name" ln /rr/both/new /rr/both/second
yes "is there as well" only_emul /rr/both/second
yes "rename" mv /rr/both/second /rr/both/third
yes "stays there" only_emul /rr/both/third
echo moved >/rr/both/m
yes "from the emulation root to a folder of the real root" mv /rr/both/m /rrn/m
yes "it is there now" only_native /rrn/m
yes "rm removes the emulation root's" rm /rr/both/f
is "and the real root's shows" "$(cat /rr/both/f)" native
echo emul >$E/rr/both/f
yes "rmdir" rmdir /rr/folder

# ---- absolute links ---------------------------------------------------------------
L=/rr/emul
ln -s $L/t $L/abs
ln -s $L/abs $L/abs2
ln -s abs2 $L/relative
ln -s $L/real $L/d
ln -s $L/d/ $L/dd
ln -s $L/nothing $L/lost
ln -s $L/loop2 $L/loop1
ln -s $L/loop1 $L/loop2
ln -s /rrn/f $L/to-native
ln -s /rr/both/same $E/rr/both/same
echo native >$N/rr/both/same
is "an absolute link leads into the emulation root" "$(cat $L/abs)" emul
is "a link to a link" "$(cat $L/abs2)" emul
is "a relative link to an absolute one" "$(cat $L/relative)" emul
is "a link in the middle" "$(cat $L/d/f)" emul
is "two of them" "$(cat $L/dd/f)" emul
is "a path above a link" "$(cat $L/dd/../t)" emul
is "a link to what only the real root has" "$(cat $L/to-native)" native
is "a link to its own name leads to the real root" "$(cat /rr/both/same)" native
no "a link to nothing" cat $L/lost
no "a loop" cat $L/loop1
is "which is told as one" "$(cat $L/loop1 2>&1 | grep -c 'ymbolic links')" 1
is "the whole path" "$(cat $E$L/abs)" emul
is "relative to a folder" "$(cd $L && cat abs2 d/f dd/f)" "emul
emul
emul"
is "from a folder only the real root has, one stays in it" "$(cd /rrn && cat ../rr/both/f)" native
yes "test -e" [ -e $L/abs2 ]
yes "test -x" [ -x $L/dd ]
yes "test -w" [ -w $L/abs2 ]
is "stat" "$(stat -L -c %F $L/dd)" directory
is "stat of the link itself" "$(stat -c %F $L/dd)" "symbolic link"
is "readlink" "$(readlink $L/abs2)" $L/abs
is "readlink below a link" "$(ln -s here $L/real/l; readlink $L/dd/l)" here
is "readlink -f" "$(readlink -f $L/abs2)" $L/t
yes "statfs" stat -f $L/dd
echo written >$L/dd/w
yes "a new file below a link" only_emul $L/real/w
is "with what was written" "$(cat $L/real/w)" written
echo again >$L/lost
is "a new file where a link leads" "$(cat $L/nothing)" again
echo more >>$L/abs2
is "appending" "$(cat $L/t)" "emul
more"
yes "truncate" truncate -s 4 $L/abs2
is "cuts the file" "$(cat $L/t)" emul
yes "mkdir" mkdir $L/dd/sub
yes "is in the emulation root" only_emul $L/real/sub
no "mkdir again" mkdir $L/dd/sub
yes "rmdir" rmdir $L/dd/sub
no "it is gone" emul_has $L/real/sub
yes "mkfifo" mkfifo $L/dd/fifo
yes "symlink" ln -s $L/t $L/dd/sl
is "leads on" "$(cat $L/dd/sl)" emul
yes "link" ln $L/dd/w $L/dd/w2
yes "rename" mv $L/dd/w2 $L/dd/w3
yes "both sides are in the emulation root" only_emul $L/real/w3
yes "rename out of it" mv $L/dd/w3 $L/w4
yes "unlink" rm $L/dd/fifo $L/dd/sl $L/w4
yes "chmod" chmod 600 $L/abs2
is "reaches the file" "$(stat -c %a $L/t)" 600
yes "chown" chown 12:34 $L/abs2
is "reaches the file, too" "$(stat -c %u:%g $L/t)" 12:34
yes "chown -h" chown -h 56:78 $L/abs2
is "reaches the link" "$(stat -c %u:%g $L/abs2) $(stat -c %u:%g $L/t)" "56:78 12:34"
yes "chown -h below a link" chown -h 0:0 $L/dd/w
yes "touch" touch -d "2001-02-03 04:05:06" $L/abs2
is "reaches the file as well" "$(stat -c %Y $L/t)" 981173106
is "cp" "$(cp $L/abs2 $L/dd/cp && cat $L/real/cp)" emul
is "find" "$(find $L/dd/ -name f)" $L/dd/f

# ---- where one is ------------------------------------------------------------------
pwd_in() { cd "$1" && $BB pwd -P; }
is "the working directory in the emulation root" "$(pwd_in $L/real)" $L/real
is "by its whole path" "$(pwd_in $E$L/real)" $L/real
is "through links" "$(pwd_in $L/dd)" $L/real
is "at the root" "$(pwd_in /)" /
is "at the root by its whole path" "$(pwd_in $E)" /
is "above the root" "$(cd / && cd .. && $BB pwd -P)" /
is "in the real root" "$(pwd_in /rrn/sub)" /rrn/sub
is "above that" "$(cd /rrn/sub && cd -P .. && $BB pwd -P)" /rrn
is "at the top of the real root" "$(pwd_in $N)" /
is "beside the emulation root" "$(pwd_in /compat)" /compat

# ---- programs -----------------------------------------------------------------------
script() {
	printf '%s\n' "$2" 'echo "$0 $*"' >"$1"
	chmod 755 "$1"
}
# A busybox does what its name says, unless that begins with its own.
cp $BB $L/busybox-e
cp $BB $N/rrn/busybox-n
ln -s $L/busybox-e $L/sh
ln -s $BB $L/real/sh
mkdir $L/alternatives
ln -s $L/d/sh $L/alternatives/sh
ln -s $BB $L/echo
ln -s $L/alternatives/echo $L/real/echo
ln -s $L/busybox-e $L/alternatives/echo
is "a program" "$($L/busybox-e echo hi)" hi
is "behind an absolute link" "$($L/echo hi)" hi
is "behind two" "$($L/real/echo hi)" hi
is "below a link" "$($L/dd/echo hi)" hi
is "of the real root" "$(/rrn/busybox-n echo hi)" hi
no "that is not there" $L/no-program
script $L/s1 "#!/bin/sh"
is "a script" "$($L/s1 a b)" "$L/s1 a b"
script $L/s2 "#!$L/sh"
is "with an interpreter behind an absolute link" "$($L/s2 a b)" "$L/s2 a b"
script $L/s3 "#!$L/alternatives/sh"
is "behind several" "$($L/s3 a b)" "$L/s3 a b"
script $L/s4 "#!/rrn/busybox-n sh"
is "of the real root" "$($L/s4 a b)" "$L/s4 a b"
script $N/rrn/s5 "#!/bin/sh"
is "a script of the real root with one of the emulation root" "$(/rrn/s5 a b)" "/rrn/s5 a b"
ln -s $BB $L/env
script $L/s6 "#!$L/env sh"
is "env" "$($L/s6 a b)" "$L/s6 a b"
echo 'exit 9' >$N/rr/both/sh
chmod 755 $N/rr/both/sh
cp $BB $E/rr/both/sh
mkdir $L/both
ln -s /rr/both/sh $L/both/sh
is "an absolute link to what both roots have runs the emulation root's" "$($L/both/sh -c 'echo emul')" emul
script $L/s7 "#!$L/s1"
is "a script as interpreter" "$($L/s7 a b)" "$L/s1 $L/s7 a b"
ln -s $L/s1 $L/s8
is "a script behind an absolute link" "$($L/s8 a b)" "$L/s8 a b"
is "a program finds its files" "$($L/busybox-e cat $L/abs)" emul

# ---- another root -------------------------------------------------------------------
mkdir -p $N/rrn/root/bin $N/rrn/root/etc $N/rrn/root/compat/linux/etc
cp $BB $N/rrn/root/bin/busybox
echo inside >$N/rrn/root/etc/f
echo deeper >$N/rrn/root/compat/linux/etc/f
ln -s /etc/f $N/rrn/root/etc/abs
ln -s /bin/busybox $N/rrn/root/bin/sh
ln -s /bin/busybox $N/rrn/root/bin/cat
printf '#!/bin/sh\ncat "$@"\n' >$N/rrn/root/bin/script
chmod 755 $N/rrn/root/bin/script
in_root() { PATH=/bin $BB chroot /rrn/root "$@"; }
is "chroot: a file" "$(in_root /bin/busybox cat /etc/f)" inside
is "an absolute link" "$(in_root /bin/cat /etc/abs)" inside
is "a script" "$(in_root /bin/script /etc/abs)" inside
is "where one is" "$(in_root /bin/sh -c 'cd /etc && busybox pwd -P')" /etc
is "above is nothing" "$(in_root /bin/sh -c 'cat /../../etc/f')" inside
no "the old emulation root is out of reach" in_root /bin/cat /rr/both/f
no "mkdir of what is there fails" in_root /bin/busybox mkdir /etc
yes "mkdir" in_root /bin/busybox mkdir /etc/new
yes "makes it in the new root" native_has /rrn/root/etc/new
is "chroot to the emulation root itself" "$($BB chroot $E /bin/busybox cat $L/abs2)" emul
is "has nothing of the real root" "$($BB chroot $E /bin/busybox cat /rrn/f 2>/dev/null || echo no)" no

echo "1..$count"
[ $failed -eq 0 ]
