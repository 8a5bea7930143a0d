# SPDX-License-Identifier: GPL-2.0-only
#
# The userland's part of the top-level Makefile, which includes this file from the root of the tree
# and sets BUILD. Promises: `userland` builds every program to $(BUILD)/user/bin, with symbols for GDB in $(BUILD)/user/debug;
# $(BUILD)/initramfs.cpio is the archive that goes into the kernel image. A new program is a new
# file user/NAME.c, or a folder user/NAME/ with several, and nothing else. Files user/lib*.c are the common library.

MUSL_GCC ?= $(or $(MUSLCC),musl-gcc)
USER_AR ?= ar
USER_STRIP ?= strip
PYTHON ?= /usr/bin/python3

USER_OUT := $(BUILD)/user
USER_BIN := $(USER_OUT)/bin
USER_DEBUG := $(USER_OUT)/debug
USER_WERROR := $(if $(filter 1,$(WERROR)),-Werror)
USER_CFLAGS := -static -Os -g -std=gnu17 -Wall -Wextra $(USER_WERROR) -I. -fno-pie \
	-ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables -fno-stack-protector
USER_LDFLAGS := -static -no-pie -Wl,-z,noseparate-code -Wl,-z,norelro -Wl,-z,max-page-size=4096 \
	-Wl,--gc-sections -Wl,--build-id=none

USER_LIB_SRC := $(sort $(wildcard user/lib*.c))
USER_LIB_OBJ := $(USER_LIB_SRC:user/%.c=$(USER_OUT)/%.o)
USER_LIB := $(USER_OUT)/libuser.a
USER_PROGRAMS := $(patsubst user/%.c,%,$(filter-out $(USER_LIB_SRC),$(sort $(wildcard user/*.c))))
USER_FOLDERS := $(sort $(patsubst user/%/main.c,%,$(wildcard user/*/main.c)))
USER_FOLDER_OBJ := $(patsubst user/%.c,$(USER_OUT)/%.o,$(sort $(wildcard $(USER_FOLDERS:%=user/%/*.c))))
USER_NAMES := $(USER_PROGRAMS) $(USER_FOLDERS)
USER_BINS := $(USER_NAMES:%=$(USER_BIN)/%)
USER_ETC := $(sort $(wildcard user/etc/*))

.PHONY: userland
userland: $(USER_BINS)

$(USER_OUT)/%.o: user/%.c user/user.mk
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(MUSL_GCC) $(USER_CFLAGS) -MMD -MP -c -o $@ $<

$(USER_LIB): $(USER_LIB_OBJ)
	@rm -f $@
	$(Q)$(USER_AR) rcs $@ $^

$(USER_BINS): $(USER_BIN)/%: $(USER_DEBUG)/%
	@mkdir -p $(@D)
	$(Q)$(USER_STRIP) -o $@ $<

$(USER_PROGRAMS:%=$(USER_DEBUG)/%): $(USER_DEBUG)/%: $(USER_OUT)/%.o $(USER_LIB)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(MUSL_GCC) $(USER_LDFLAGS) -o $@ $^

define user_folder
$(USER_DEBUG)/$(1): $(filter $(USER_OUT)/$(1)/%,$(USER_FOLDER_OBJ)) $(USER_LIB)
	@mkdir -p $$(@D)
	$$(call say,LD,$$@)
	$$(Q)$$(MUSL_GCC) $$(USER_LDFLAGS) -o $$@ $$^
endef
$(foreach folder,$(USER_FOLDERS),$(eval $(call user_folder,$(folder))))

# What programs there are is part of the archive's description: USER_LIST changes when a file in
# user/ comes or goes.
USER_LIST := $(USER_OUT)/names
$(shell mkdir -p $(USER_OUT); echo '$(USER_NAMES)' | cmp -s - $(USER_LIST) || \
	echo '$(USER_NAMES)' > $(USER_LIST))

$(BUILD)/initramfs.cpio: $(USER_BINS) $(USER_ETC) $(USER_LIST) user/user.mk \
		tools/mkinitramfs tools/lib/cpio.py
	$(call say,CPIO,$@)
	$(Q)$(PYTHON) tools/mkinitramfs --out $@ \
		--dir /bin --dir /proc --dir /dev --node /dev/console:c:5:1:600 --dir /mnt --dir /var --dir /etc \
		--dir /root:700 --dir /tmp:1777 \
		--dir /home --dir /home/alice:755:1000.1000 --dir /home/bob:755:1001.1001 \
		--link bin/init:/init --link bin:/sbin \
		$(foreach f,$(USER_ETC),--file $(f):/etc/$(notdir $(f)):644) \
		$(foreach n,$(USER_NAMES),--file $(USER_BIN)/$(n):/bin/$(n):755) \
		--link test:/bin/[

-include $(USER_LIB_OBJ:.o=.d) $(USER_PROGRAMS:%=$(USER_OUT)/%.d) $(USER_FOLDER_OBJ:.o=.d)
