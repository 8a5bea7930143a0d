# SPDX-License-Identifier: GPL-2.0-only
"""Includes go down (docs/design.md, "Folders and floors"): a file includes headers of its own floor and of those below it.

An exception is named below, with what the file needs from above. One that is not needed any more fails too.
"""

import glob
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# From the bottom. boot and arch are one floor: each translates for the other.
FLOORS = (("kernel/lib",), ("boot", "arch"), ("kernel/sync",), ("kernel/mm",), ("kernel/sched",), ("fs",), ("containers",),
          ("kernel/task",), ("kernel/syscall",), ("kernel/dev",), ("kernel/main.c",))

STRUCTURES = "reads members of structures that upper floors own"
SHOWS = "prints itself into a seq_file"
SLEEPS = "puts current to sleep"
BODY = "has the body of a system call"

EXCEPTIONS = {
    ("kernel/lib/radix_tree.c", "arch/x86_64/atomic.h"): "orders its stores for readers under RCU",
    ("arch/x86_64/cpuinfo.c", "fs/seq_file.h"): SHOWS,
    ("arch/x86_64/fpu.c", "kernel/sched/sched.h"): STRUCTURES,
    ("arch/x86_64/init.c", "kernel/mm/mm.h"): "gives the trampoline's page back",
    ("arch/x86_64/ipi.c", "kernel/mm/mm.h"): STRUCTURES,
    ("arch/x86_64/kasan.c", "kernel/mm/mm.h"): "takes memory for the shadow",
    ("arch/x86_64/kasan.c", "kernel/sync/sync.h"): "has a lock",
    ("arch/x86_64/paging.c", "kernel/mm/mm.h"): "takes memory for its tables",
    ("arch/x86_64/percpu.c", "kernel/mm/mm.h"): "takes memory for the CPUs' areas",
    ("arch/x86_64/percpu.c", "kernel/sched/sched.h"): STRUCTURES,
    ("arch/x86_64/process.c", "kernel/sched/sched.h"): STRUCTURES,
    ("arch/x86_64/ptrace.c", "kernel/sched/sched.h"): STRUCTURES,
    ("arch/x86_64/serial.c", "kernel/sync/sync.h"): "has a lock",
    ("arch/x86_64/signal.c", "kernel/task/task.h"): STRUCTURES,
    ("arch/x86_64/smp.c", "kernel/mm/mm.h"): "takes stacks for the CPUs",
    ("arch/x86_64/traps.c", "kernel/sync/sync.h"): "calls RCU at interrupts",
    ("kernel/sync/mutex.c", "kernel/sched/sched.h"): SLEEPS,
    ("kernel/sync/rcu.c", "kernel/sched/sched.h"): SLEEPS,
    ("kernel/sync/rwsem.c", "kernel/sched/sched.h"): SLEEPS,
    ("kernel/sync/stop_machine.c", "kernel/sched/sched.h"): SLEEPS,
    ("kernel/sync/wait.c", "kernel/sched/sched.h"): SLEEPS,
    ("kernel/mm/internal.h", "kernel/sched/sched.h"): STRUCTURES,
    ("kernel/mm/mlock.c", "kernel/task/task.h"): "asks for resource limits",
    ("kernel/mm/mmap.c", "kernel/task/task.h"): "asks for resource limits",
    ("kernel/mm/slab.c", "fs/seq_file.h"): SHOWS,
    ("fs/internal.h", "kernel/task/task.h"): "asks for resource limits",
    ("containers/attach.c", "kernel/task/signal.h"): "walks the threads of a process",
    ("kernel/task/futex.c", "kernel/syscall/syscall.h"): BODY,
    ("kernel/task/robust.c", "kernel/syscall/syscall.h"): BODY,
    ("kernel/task/proc.c", "kernel/dev/tty.h"): "shows a task's terminal",
}

# mm's sources look at the running task and at files all through.
for name in ("charge", "fault", "filemap", "meminfo", "mlock", "mm", "mmap", "mprotect", "mremap", "page_alloc", "pagetable", "uaccess", "vmalloc"):
    EXCEPTIONS[f"kernel/mm/{name}.c", "kernel/sched/sched.h"] = STRUCTURES
for name in ("fault", "filemap", "meminfo", "mm", "mmap", "mprotect", "mremap", "shmem", "vma"):
    EXCEPTIONS[f"kernel/mm/{name}.c", "fs/fs.h"] = STRUCTURES


def floor(path):
    for number, folders in enumerate(FLOORS):
        if any(path == folder or path.startswith(folder + "/") for folder in folders):
            return number
    return None


def upward():
    """(file, header) for each include that goes up. kernel/debug looks at all floors, and all may use it."""
    found = set()
    for folders in FLOORS:
        for folder in folders:
            path = os.path.join(ROOT, folder)
            files = [path] if path.endswith(".c") else glob.glob(path + "/**/*.[ch]", recursive=True)
            for file in files:
                name = os.path.relpath(file, ROOT)
                for header in re.findall(r'^#include "([^"]+)"', open(file, encoding="utf-8").read(), re.M):
                    if header.startswith("kernel/debug/"):
                        continue
                    assert floor(header) is not None, f"{name} includes {header}, which is on no floor"
                    if floor(header) > floor(name):
                        found.add((name, header))
    return found


def test_includes_go_down():
    assert upward() - set(EXCEPTIONS) == set()


def test_exceptions_are_needed():
    assert set(EXCEPTIONS) - upward() == set()


def test_lists_are_complete():
    """Every folder of the kernel's sources is on a floor."""
    for top in ("kernel", "fs", "containers", "arch", "boot"):
        for file in glob.glob(f"{ROOT}/{top}/**/*.c", recursive=True):
            name = os.path.relpath(file, ROOT)
            assert floor(name) is not None or name.startswith("kernel/debug/"), name
