# SPDX-License-Identifier: GPL-2.0-only
# make bench: Paddock's costs beside Linux's. Included by the Makefile.

.PHONY: bench
bench: all
	tests/bench/run
