# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's log must not have, whatever the results: the reports of the checkers and detectors."""
import re

COMPLAINT = re.compile(r"WARNING at |(UBSAN|LOCKDEP|KASAN|KCSAN|KMEMLEAK|WATCHDOG): ")
