# SPDX-License-Identifier: BSD-2-Clause
#
# linux_rs. Works with GNU make and with bmake: targets call scripts, and no
# feature of either is used. `make help` lists the targets.

OUT =	build
SH =	sh
RUN =	. $(OUT)/config.sh &&

all: module

help:
	@echo 'make            build/linux_rs.ko'
	@echo 'make check      format, clippy, host tests, link check'
	@echo 'make test       check, and every VM suite that can run here (LONG=1: the long cases too)'
	@echo 'make vm-test    one suite: SUITE=static (FILTER=text, MODULE=linux64, LONG=1)'
	@echo 'make run        a Debian shell on FreeBSD, in a VM (CMD="uname -a"; ROOT=chroot, reroot, busybox)'
	@echo 'make bench      instructions per call: native, linux64.ko, linux_rs'
	@echo 'make lxcheck    build/lxcheck: what a Linux program will miss, told on Linux'
	@echo 'make docs       docs/coverage.md from syscalls.master'
	@echo 'make imports    kmod/imports.txt from the built module'
	@echo 'make load, make unload, make install   on FreeBSD'
	@echo 'make clean'
	@echo 'NO_INSTALL=1: say what is missing instead of installing it'

# --- the module
config:
	@$(SH) kmod/build/configure.sh $(OUT)

vm-config:
	@$(SH) kmod/build/configure.sh $(OUT) vm

module: config
	@$(RUN) $(SH) kmod/build/module.sh $(OUT)

imports: module
	@$(RUN) $(SH) kmod/build/link-check.sh $(OUT) --write

docs:
	@cargo run -q -p syscalls_master -- coverage syscalls.master -o docs/coverage.md

# --- checks
check: module programs
	@$(RUN) MAKE="$(MAKE)" $(SH) tests/check.sh $(OUT)

programs: vm-config
	@$(RUN) $(MAKE) -C tests OUT=../$(OUT)/tests
	@$(SH) tests/lxcheck/static.sh $(OUT)

vm-tools: vm-config
	@$(RUN) $(SH) vm-test/build.sh $(OUT)

test: check vm-tools
	@$(RUN) $(SH) vm-test/run.sh $(OUT) all

vm-test: module programs vm-tools
	@$(RUN) $(SH) vm-test/run.sh $(OUT) "$(SUITE)"

run: module programs vm-tools
	@$(RUN) $(SH) vm-test/run.sh $(OUT) shell

bench: module programs vm-tools
	@$(RUN) $(SH) vm-test/run.sh $(OUT) bench

# --- on Linux: what will a program miss?
lxcheck:
	@mkdir -p $(OUT)
	@CARGO_TARGET_DIR=$${CARGO_TARGET_DIR:-$(OUT)/target} cargo build -q --release -p lxcheck
	@cp $${CARGO_TARGET_DIR:-$(OUT)/target}/release/lxcheck $(OUT)/lxcheck

# Long: the same programs under strace and under lxcheck.
lxcheck-test: lxcheck
	@$(SH) tests/lxcheck/compare.sh $(OUT)/lxcheck $(OUT)/logs/lxcheck

# --- on FreeBSD
load: module
	kldload ./$(OUT)/linux_rs.ko

unload:
	kldunload linux_rs

install: module
	install -o root -g wheel -m 555 $(OUT)/linux_rs.ko $(DESTDIR)/boot/modules/
	@if [ -z "$(DESTDIR)" ] && command -v kldxref >/dev/null; then kldxref /boot/modules; fi

clean:
	rm -rf $(OUT)

.PHONY: all help config vm-config module imports docs check lxcheck lxcheck-test programs vm-tools test vm-test run bench load unload install clean
