# SPDX-License-Identifier: GPL-2.0-only
#
# The whole build in one file: kernel image (two variants), boot disc, and the targets that people type.
# `make help` lists those. Kernel sources are found, not listed: every .c and .asm below the folders in
# KERNEL_DIRS. The userland's rules are in user/user.mk, the guest tests' in tests/guest/guest.mk.
#
# Variables that make another kernel; each such variant but for NR_CPUS builds in a folder of its own, below build/:
#   CONTAINERS=0   without the framework		LOCKDEP=1  checks that locks are held where code relies on it
#   NR_CPUS=N      the size of per-CPU tables (32)	UBSAN=1    checks for undefined behaviour
#						KASAN=1    checks every access to memory (GCC only)
#						KCSAN=1    looks for data races (not with KASAN=1)
#						KMEMLEAK=1 finds memory that nobody refers to any more
#						COVERAGE=1 counts which lines run
# For the build: CROSS=prefix- (or CC=, LD=, NM=) chooses a compiler; NASM= and MUSLCC= the assembler and the compiler of programs; GCOV= the
# compiler's reader of counts; WERROR=1 makes warnings stop it; V=1 shows commands; JOBS=N for how many at once (as many as there are CPUs); BUILD=folder puts it elsewhere.
# For debug and debug-server: BOOT=kernel|pvh|iso|uefi and VM='--smp 4 --numa 2', words for tools/vm.
# For one target: KIND= and FILTER= (test, coverage), CHECKED=1 (test), APP= (app), SEED=, OPERATIONS= and SECONDS= (fuzz, stress).

MAKEFLAGS += --no-builtin-rules --no-builtin-variables
ifeq ($(MAKELEVEL),0)
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
MAKEFLAGS += -j$(JOBS)
endif
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

CONTAINERS ?= 1
NR_CPUS ?= 32
checks := LOCKDEP UBSAN KASAN KCSAN KMEMLEAK COVERAGE
options := $(foreach option,$(checks),$(if $(filter 1,$($(option))),$(option)))
variant := $(if $(filter 0,$(CONTAINERS)),-nocontainers)$(if $(options),$(shell printf '%s' '$(options:%=-%)' | tr -d ' ' | tr A-Z a-z))
BUILD ?= build$(if $(variant),/$(patsubst -%,%,$(variant)))

# ---- tools ----

ifeq ($(CROSS),)
CROSS := $(firstword $(patsubst %gcc,%,$(wildcard $(CURDIR)/toolchain/bin/x86_64-elf-gcc)) \
		$(if $(shell command -v x86_64-elf-gcc 2>/dev/null),x86_64-elf-))
endif
ifneq ($(filter default undefined,$(origin CC)),)
CC := $(CROSS)gcc
endif
ifneq ($(filter default undefined,$(origin LD)),)
LD := $(CROSS)ld
endif
NM ?= $(CROSS)nm
OBJCOPY ?= $(CROSS)objcopy
NASM ?= nasm
MUSLCC ?= musl-gcc

# say WORD,FILE: one line for each step; on a terminal the lines replace each other.
ifeq ($(V),1)
Q :=
say = @:
else
Q := @
say = @printf $(if $(MAKE_TERMOUT),'\r\033[K  %-8s%s\r','  %-8s%s\n') '$(1)' '$(2)'
endif
# done TEXT: ends the run of lines above with one that stays.
done = @printf $(if $(MAKE_TERMOUT),'\r\033[K%s\n','%s\n') '$(1)'

# ---- kernel ----

KERNEL_DIRS := boot arch/x86_64 kernel fs $(if $(filter 0,$(CONTAINERS)),,containers) tests/unit
KERNEL_C := $(sort $(shell find $(wildcard $(KERNEL_DIRS)) -name '*.c'))
KERNEL_ASM := $(sort $(filter-out boot/initramfs.asm,$(shell find $(wildcard $(KERNEL_DIRS)) -name '*.asm')))
KERNEL_OBJS := $(KERNEL_ASM:%.asm=$(BUILD)/%.asm.o) $(KERNEL_C:%.c=$(BUILD)/%.o) $(BUILD)/boot/initramfs.asm.o

CONFIG := -DCONFIG_NR_CPUS=$(NR_CPUS) $(if $(filter 0,$(CONTAINERS)),,-DCONFIG_CONTAINERS=1) \
	$(options:%=-DCONFIG_%=1)

# Checks of undefined behaviour that mean something in a kernel (kernel/debug/ubsan.c has the reports). Not: object sizes,
# which per-CPU and linker-made addresses confuse; pointer overflow, which container_of() does by design.
UBSAN_CHECKS := shift,signed-integer-overflow,integer-divide-by-zero,bounds,bool,enum,null,alignment,unreachable,vla-bound,nonnull-attribute
SANITIZE := $(if $(filter 1,$(UBSAN)),-fsanitize=$(UBSAN_CHECKS))
# What the reports themselves run through stays unchecked.
UNCHECKED := $(addprefix $(BUILD)/kernel/,debug/ubsan.o debug/printk.o debug/backtrace.o debug/kmemleak_scan.o lib/printf.o)
$(UNCHECKED): SANITIZE :=

ifeq ($(KASAN),1)
ifneq ($(shell $(CC) --version 2>/dev/null | grep -c clang),0)
$(error KASAN=1 needs GCC: clang has other options and calls. CC is $(CC))
endif
ifeq ($(KCSAN),1)
$(error KASAN=1 and KCSAN=1 are two kernels: the compiler has one kind of hooks at a time)
endif
# Addresses: each load and store calls the checker (kernel/debug/kasan.c); the offset is KASAN_SHADOW_OFFSET in kasan.h.
ADDRESSES := -fsanitize=kernel-address -fasan-shadow-offset=0xdffffc0000000000 --param asan-globals=1 --param asan-stack=1 \
	--param asan-instrument-allocas=1 --param asan-instrumentation-with-call-threshold=0
# Not these: the checker itself; what changes the shadow's page tables; what works inside free objects; what follows frames over all of
# a stack, or reads all memory; memcpy() and the like, whose whole range kasan_string.c checks before it calls them; and the log, which
# reports go through.
UNSHADOWED := $(patsubst %.c,$(BUILD)/%.o,$(wildcard kernel/debug/kasan*.c) arch/x86_64/kasan.c kernel/mm/slab.c \
	kernel/debug/stack_depot.c kernel/debug/backtrace.c kernel/debug/kmemleak_scan.c kernel/debug/kmemleak_report.c \
	kernel/debug/printk.c kernel/lib/memory.c)
$(UNSHADOWED): ADDRESSES :=
KASAN_WRAPPED := memcpy memmove memset memcmp strlen
endif
# Data races (kernel/debug/kcsan.c). A hook before each access, which knows volatile ones; traces must show who called it. Not in what runs
# within a report, nor in GDB's stub, which may call nothing that could have a breakpoint.
WATCH := $(if $(filter 1,$(KCSAN)),-fsanitize=thread -fno-optimize-sibling-calls -Wno-tsan \
	--param tsan-instrument-func-entry-exit=0 --param tsan-distinguish-volatile=1)
UNWATCHED := $(UNCHECKED) $(BUILD)/kernel/debug/kcsan.o $(addprefix $(BUILD)/arch/x86_64/,serial.o early_console.o gdb.o desc.o) \
	$(patsubst %.c,$(BUILD)/%.o,$(wildcard kernel/debug/gdb/*.c))
$(UNWATCHED): WATCH := $(if $(filter 1,$(KCSAN)),-fno-optimize-sibling-calls)

# Counters of what has run, one locked instruction each (kernel/debug/gcov.c). Tests do not count as what is tested, nor does the reporter.
COUNT := $(if $(filter 1,$(COVERAGE)),-fprofile-arcs -ftest-coverage -fprofile-update=atomic -fprofile-info-section=.tab.gcov_info)
UNCOUNTED := $(filter $(BUILD)/tests/%,$(KERNEL_OBJS)) $(BUILD)/kernel/debug/gcov.o
$(UNCOUNTED): COUNT :=
GCOV ?= $(subst gcc,gcov,$(firstword $(CC)))

# Freestanding: the compiler's own headers (stdint.h and the like) and nothing of the host's.
CPPFLAGS := -nostdinc -isystem $(shell $(CC) -print-file-name=include 2>/dev/null) -I. $(CONFIG)
CFLAGS := -std=gnu17 -O2 -g -ffreestanding -nostdlib -fno-pie -mcmodel=kernel -mno-red-zone \
	-mgeneral-regs-only -fno-stack-protector -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing -fno-common -fno-delete-null-pointer-checks -ffile-prefix-map=$(CURDIR)=. \
	-Wall -Wextra -Wno-unused-parameter -Wno-sign-compare
WARN := $(if $(filter 1,$(WERROR)),-Werror)
NASMFLAGS := -f elf64 -g -F dwarf -I ./ $(CONFIG)
LDFLAGS := -nostdlib -static -no-pie --build-id=none -z max-page-size=4096 -z noexecstack \
	$(KASAN_WRAPPED:%=--wrap=%)

all: $(BUILD)/paddock.elf $(BUILD)/paddock-pvh.elf $(BUILD)/boot/start-low.o $(BUILD)/initramfs.cpio
	@:

# A change of compiler or flags rebuilds; WERROR alone does not.
flags := $(CC) $(LD) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) $(ADDRESSES) $(WATCH) $(COUNT) $(NASMFLAGS) $(LDFLAGS)
ifneq ($(flags),$(file <$(BUILD)/flags))
$(shell mkdir -p $(BUILD))
$(file >$(BUILD)/flags,$(flags))
endif
$(BUILD)/flags: ;

$(BUILD)/%.o: %.c $(BUILD)/flags
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE) $(ADDRESSES) $(WATCH) $(COUNT) $(WARN) -MMD -MP -c -o $@ $<

# Labels that macros make are no functions: they would stand in backtraces. (NASM's list of what was included misses some: hence the .inc.)
$(BUILD)/%.asm.o: %.asm $(wildcard arch/x86_64/*.inc) $(BUILD)/flags
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(NASMFLAGS) -MD $(@:.o=.d) -MP -o $@ $<
	$(Q)$(OBJCOPY) --wildcard --strip-symbol '..@*' $@

# For GDB, which loads it at the place where the first instructions run. (NASM leaves two sections of one name; linking makes them one.)
$(BUILD)/boot/start-low.o: $(BUILD)/boot/start.asm.o
	$(Q)$(LD) -r -o $@ $<

$(BUILD)/boot/initramfs.asm.o: boot/initramfs.asm $(BUILD)/initramfs.cpio $(BUILD)/flags
	$(call say,NASM,$<)
	@mkdir -p $(@D)
	$(Q)$(NASM) $(NASMFLAGS) -DINITRAMFS='"$(BUILD)/initramfs.cpio"' -o $@ $<

# image NAME,SUFFIX,DEFINES: an image is linked twice. The first link has an empty symbol table; the second has the
# table made from the first's symbols, which stands behind all text, so that no function moves in between.
define image
$$(BUILD)/kernel$(2).ld: boot/kernel.ld $$(BUILD)/flags
	@mkdir -p $$(@D)
	$$(Q)$$(CC) -E -P -x c $$(CPPFLAGS) $(3) -MMD -MP -MT $$@ -MF $$@.d -o $$@ $$<

$$(BUILD)/ksyms$(2).c: $$(BUILD)/kernel$(2).ld $$(KERNEL_OBJS) $$(BUILD)/ksyms0.o tools/ksyms
	$$(call say,KSYMS,$$@)
	$$(Q)$$(LD) $$(LDFLAGS) -T $$< -o $$(BUILD)/pass1$(2).elf $$(KERNEL_OBJS) $$(BUILD)/ksyms0.o
	$$(Q)$$(NM) -n $$(BUILD)/pass1$(2).elf | tools/ksyms >$$@

$$(BUILD)/$(1).elf: $$(BUILD)/kernel$(2).ld $$(KERNEL_OBJS) $$(BUILD)/ksyms$(2).o
	$$(call say,LD,$$@)
	$$(Q)$$(LD) $$(LDFLAGS) -Map $$(@:.elf=.map) -T $$< -o $$@ $$(KERNEL_OBJS) $$(BUILD)/ksyms$(2).o
	$$(call done,  ready   $$@)
endef
$(eval $(call image,paddock,,))
$(eval $(call image,paddock-pvh,-pvh,-DPADDOCK_PVH))

$(BUILD)/ksyms0.c: tools/ksyms $(BUILD)/flags
	$(Q)tools/ksyms </dev/null >$@

$(BUILD)/ksyms%.o: $(BUILD)/ksyms%.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -g0 -c -o $@ $<

$(BUILD)/ksyms.o: $(BUILD)/ksyms.c
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -g0 -c -o $@ $<

# What GRUB needs to start the image from a disc; its whole set makes a disc three times as large.
GRUB_MODULES := normal multiboot2 iso9660 part_msdos part_gpt

$(BUILD)/paddock.iso: $(BUILD)/paddock.elf boot/grub.cfg
	$(call say,ISO,$@)
	$(Q)rm -rf $(BUILD)/iso && mkdir -p $(BUILD)/iso/boot/grub
	$(Q)cp $(BUILD)/paddock.elf $(BUILD)/iso/boot/ && cp boot/grub.cfg $(BUILD)/iso/boot/grub/
	$(Q)grub-mkrescue -o $@ --install-modules='$(GRUB_MODULES)' --fonts= --locales= --themes= $(BUILD)/iso \
		>$(BUILD)/iso.log 2>&1 || { cat $(BUILD)/iso.log >&2; exit 1; }

# An appliance: the same objects and symbol table with another archive, which stands behind everything they refer to.
$(BUILD)/app.cpio: $(BUILD)/initramfs.cpio $(APP) tools/mkapp
	$(call say,APP,$(APP))
	$(Q)tools/mkapp $< '$(APP)' $@

$(BUILD)/app.asm.o: boot/initramfs.asm $(BUILD)/app.cpio
	$(Q)$(NASM) $(NASMFLAGS) -DINITRAMFS='"$(BUILD)/app.cpio"' -o $@ $<

$(BUILD)/app.elf: $(BUILD)/paddock.elf $(BUILD)/app.asm.o
	$(Q)$(LD) $(LDFLAGS) -T $(BUILD)/kernel.ld -o $@ \
		$(KERNEL_OBJS:$(BUILD)/boot/initramfs.asm.o=$(BUILD)/app.asm.o) $(BUILD)/ksyms.o
	$(call done,  ready   $@: start it with tools/vm --batch --kernel $@)

include user/user.mk
include tests/guest/guest.mk
include tests/bench/bench.mk
include tests/containers/containers.mk
include tools/demo/demo.mk
-include $(KERNEL_C:%.c=$(BUILD)/%.d) $(KERNEL_ASM:%.asm=$(BUILD)/%.asm.d)
-include $(BUILD)/kernel.ld.d $(BUILD)/kernel-pvh.ld.d

# ---- for editors: how each C file is compiled ----

comma := ,
define newline


endef
# command FILE,WORDS: one entry
command = {"directory": "$(CURDIR)"$(comma) "file": "$(1)"$(comma) "command": "$(2) -c -o $(BUILD)/$(1:.c=.o) $(1)"}
commands = $(foreach f,$(1),$(comma)$(newline)$(call command,$(f),$(2)))
USER_C := $(sort $(wildcard user/*.c user/*/*.c))
GUEST_C := $(sort $(wildcard tests/guest/*.c tests/guest/*/*.c))

ifneq ($(KERNEL_C) $(USER_C) $(GUEST_C),$(file <$(BUILD)/sources))
$(file >$(BUILD)/sources,$(KERNEL_C) $(USER_C) $(GUEST_C))
endif
$(BUILD)/sources: ;

compile_commands.json: $(BUILD)/flags $(BUILD)/sources user/user.mk tests/guest/guest.mk
	$(file >$@,[$(call command,$(firstword $(KERNEL_C)),$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE))$(call \
		commands,$(filter-out $(firstword $(KERNEL_C)),$(KERNEL_C)),$(CC) $(CPPFLAGS) $(CFLAGS) $(SANITIZE))$(call \
		commands,$(USER_C),$(MUSL_GCC) $(USER_CFLAGS))$(call commands,$(GUEST_C),$(MUSLCC) $(GUEST_CFLAGS))])

ifeq ($(variant),)
all: compile_commands.json
endif

# ---- what people type ----

.PHONY: all run test coverage debug debug-server iso print-kernel doctor toolchain bench clean help setup setup-debugger app

setup:
	@tools/setup

setup-debugger:
	@tools/setup --debugger

run: setup
	@$(MAKE) --no-print-directory all
	@tools/vm --kernel $(BUILD)/paddock.elf

# What a test builds, and what it looks at beside the kernel that is being tested, is the usual kernel: nothing of this one is handed down.
usual := env $(foreach name,MAKEFLAGS MFLAGS MAKELEVEL BUILD CONTAINERS $(checks),-u $(name))

test: setup-debugger
	@$(MAKE) --no-print-directory all iso guest-tests
	@$(if $(variant),$(usual) $(MAKE) --no-print-directory all)
	@$(if $(CHECKED),$(MAKE) --no-print-directory LOCKDEP=1 UBSAN=1 KASAN=1 all)
	@$(usual) tests/run --build $(BUILD) $(if $(CHECKED),--checked build/lockdep-ubsan-kasan) $(if $(KIND),--kind '$(KIND)') $(if $(FILTER),--filter '$(FILTER)')

# The tests on a kernel that counts; then the page. A failure of a test is the status, but the page is written all the same.
coverage: setup
	@$(MAKE) --no-print-directory COVERAGE=1 all iso guest-tests
	@rm -rf build/coverage/counts && mkdir build/coverage/counts
	@status=0; PADDOCK_COVERAGE=$(CURDIR)/build/coverage/counts tests/run --build build/coverage $(if $(KIND),--kind '$(KIND)') \
		$(if $(FILTER),--filter '$(FILTER)') || status=$$?; tools/coverage --gcov '$(GCOV)' && exit $$status

app: setup
	@[ -f '$(APP)' ] || { echo 'make app: say which program, a static one: make app APP=./prog' >&2; exit 1; }
	@rm -f $(BUILD)/app.cpio
	@$(MAKE) --no-print-directory $(BUILD)/app.elf

debug debug-server: setup-debugger
	@$(MAKE) --no-print-directory all
	@tools/debug $(if $(filter debug-server,$@),--server) --kernel $(BUILD)/paddock.elf --boot $(or $(BOOT),kernel) $(VM)

iso: $(BUILD)/paddock.iso

# Where the kernel of this variant is, for scripts.
print-kernel:
	@echo $(BUILD)/paddock.elf

doctor:
	@tools/doctor

toolchain:
	@tools/toolchain

clean:
	rm -rf build

help:
	@echo 'make run        build what is needed, boot it in QEMU, give a shell (Ctrl-A X quits)'
	@echo 'make test       all tests; KIND=unit|guest|containers|host and FILTER=name choose;'
	@echo '                CHECKED=1: units and containers also on a kernel that checks itself'
	@echo 'make coverage   the tests (KIND=, FILTER=) on a kernel that counts; which lines ran: build/coverage/index.html'
	@echo 'make            kernel images and userland, in build/'
	@echo 'make iso        build/paddock.iso, which boots with GRUB (BIOS and UEFI)'
	@echo 'make app APP=./prog   build/app.elf, which boots straight into one static program'
	@echo 'make debug      a guest, stopped at its entry, and GDB (BOOT=uefi, VM="--smp 4" for another)'
	@echo 'make debug-server  the same for two terminals: here the guest and its console, GDB (`gdb`) in the other'
	@echo 'make demo       the university server: containers at work, as a page with pictures (build/demo.html)'
	@echo 'make compile_commands.json   for editors: how each file is compiled (made by make, too)'
	@echo 'make bench      the measurements; make bench-checking: what the checking builds cost'
	@echo 'make guest-tests      the programs in tests/guest, without running them'
	@echo 'make test-containers  the container cases on Paddock'
	@echo 'make test-linux the container cases on Paddock and on Linux, side by side'
	@echo 'make fuzz       random container operations against a model (SEED=1 OPERATIONS=100000)'
	@echo 'make stress     container operations racing on 8 CPUs (SEED=1 SECONDS=120)'
	@echo 'make setup      install the packages that are missing; run and test begin with it'
	@echo 'make doctor     which tools are here, which are missing or too old, how to get them'
	@echo 'make toolchain  build x86_64-elf-gcc into toolchain/ (some 20 minutes)'
	@echo 'make clean      remove build/'
	@echo
	@echo 'Another kernel: CONTAINERS=0  without containers       NR_CPUS=32  at most so many CPUs'
	@echo '                LOCKDEP=1     locks are checked        UBSAN=1     undefined behaviour is checked'
	@echo '                KASAN=1       accesses are checked     KCSAN=1     data races are looked for'
	@echo '                KMEMLEAK=1    lost memory is found     COVERAGE=1  lines are counted'
	@echo '                these combine, but for KASAN and KCSAN'
	@echo 'The build:      WERROR=1      warnings are errors      V=1         shows commands'
	@echo '                JOBS=N        so many steps at once    BUILD=dir   puts it elsewhere'
	@echo '                CROSS=prefix- another compiler; also CC=, LD=, NM=, NASM=, MUSLCC='
	@echo 'tools/vm --help tells how to start a guest in other ways.'
