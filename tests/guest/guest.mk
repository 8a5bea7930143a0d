# SPDX-License-Identifier: GPL-2.0-only
#
# The guest tests' part of the Makefile: tests/guest/NAME.c becomes $(BUILD)/tests/guest/NAME, a static program
# that tests/run puts into a guest as /tests/NAME. A new test is a new file here and nothing else; the parts of a long one are in
# tests/guest/NAME/.

GUEST_TESTS := $(patsubst %.c,$(BUILD)/%,$(sort $(wildcard tests/guest/*.c)))
GUEST_CFLAGS := -std=gnu17 -O2 -g0 -static -no-pie -fno-pie -Wall -Wextra -Wno-unused-parameter -I. -Wl,--gc-sections -Wl,--build-id=none -pthread

.PHONY: guest-tests
guest-tests: $(GUEST_TESTS)

$(BUILD)/tests/guest/%: tests/guest/%.c $(wildcard tests/guest/*.h tests/guest/*/*.[ch]) tests/guest/guest.mk
	$(call say,TEST,$<)
	@mkdir -p $(@D)
	$(Q)$(MUSLCC) $(GUEST_CFLAGS) $(WARN) -o $@ $< $(wildcard tests/guest/$*/*.c)
