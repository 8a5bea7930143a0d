# SPDX-License-Identifier: GPL-2.0-only
# The conformance cases of task containers. Included by the Makefile.

.PHONY: test-containers test-linux fuzz stress

# On Paddock alone.
test-containers: all
	tests/containers/run paddock

# On Paddock and on Debian's Linux 6.1, in two columns.
test-linux: all
	tests/containers/run both

# NAME.c and NAME_*.c become NAME, as in tests/containers/run.
$(BUILD)/tests/containers/%: tests/containers/%.c $(wildcard tests/containers/*.[ch] tests/guest/usage.h)
	@mkdir -p $(@D)
	$(Q)$(MUSLCC) -static -O2 -std=gnu17 -Wall -Wextra -o $@ $(wildcard tests/containers/$*.c tests/containers/$*_*.c)

# The long forms of cases 201 and 202: make fuzz SEED=7 OPERATIONS=1000000, make stress SECONDS=300.
SEED ?= 1
OPERATIONS ?= 100000
SECONDS ?= 120

fuzz: all $(BUILD)/tests/containers/fuzz
	tools/vm --kernel $(BUILD)/paddock.elf --smp 4 --timeout 7200 --add $(BUILD)/tests/containers/fuzz:/bin/fuzz \
		-c 'fuzz -s $(SEED) -n $(OPERATIONS)'

stress: all $(BUILD)/tests/containers/stress
	tools/vm --kernel $(BUILD)/paddock.elf --smp 8 --timeout 7200 --add $(BUILD)/tests/containers/stress:/bin/stress \
		-c 'stress -s $(SEED) -t $(SECONDS)'
