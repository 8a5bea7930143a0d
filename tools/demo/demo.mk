# SPDX-License-Identifier: GPL-2.0-only
#
# make demo: the university server in a guest, and its page (docs/demo.md). Included by the Makefile. The programs that people there run are
# one program under many names.

DEMO := $(BUILD)/demo
DEMO_PROGRAMS := browser compile editor filter model pack prove runaway

.PHONY: demo demo-programs
demo: setup
	@$(MAKE) --no-print-directory all demo-programs
	@tools/demo/run --build $(BUILD)

demo-programs: $(DEMO_PROGRAMS:%=$(DEMO)/bin/%)

$(DEMO)/load: tools/demo/load.c tools/demo/demo.mk
	$(call say,DEMO,$<)
	@mkdir -p $(@D)
	$(Q)$(MUSLCC) -std=gnu17 -O2 -g0 -static -s -Wall -Wextra $(WARN) -o $@ $<

$(DEMO)/bin/%: $(DEMO)/load
	@mkdir -p $(@D)
	$(Q)cp $< $@
