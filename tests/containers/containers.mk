# SPDX-License-Identifier: GPL-2.0-only
# The conformance cases of task containers. Included by the Makefile.

.PHONY: test-containers test-linux

# On Paddock alone.
test-containers: all
	tests/containers/run paddock

# On Paddock and on Debian's Linux 6.1, in two columns.
test-linux: all
	tests/containers/run both
