# SPDX-License-Identifier: GPL-2.0-only
# make bench: Paddock's costs beside Linux's; make bench-checking: what the checking builds cost. Included by the Makefile.

.PHONY: bench
bench: all demo-programs $(BUILD)/tests/guest/shares
	tests/bench/run

.PHONY: bench-checking
bench-checking: all
	tests/bench/run --checking
