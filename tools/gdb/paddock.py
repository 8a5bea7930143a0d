# SPDX-License-Identifier: GPL-2.0-only
"""What GDB knows about Paddock: `source tools/gdb/paddock.py` defines the commands pd-*, functions such as $current(), printers of
the kernel's types, and the unwinder through the kernel's doors. `.gdbinit` and `make debug` do that.

One file of pd/ is one subject; pd/core.py has what they share. `help pd` lists the commands.
"""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.dont_write_bytecode = True
if HERE not in sys.path:
    sys.path.insert(0, HERE)

import gdb  # noqa: E402

gdb.execute("set pagination off")
gdb.execute("set confirm off")
gdb.execute("set print pretty on")
gdb.execute("set print max-depth 4")
gdb.execute(f"directory {os.path.dirname(os.path.dirname(HERE))}", to_string=True)

from pd import (connect, containers, files, locks, log, memory, pagetable, printers, sched, tasks, unwind, user)  # noqa: E402,F401
