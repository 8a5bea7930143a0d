# SPDX-License-Identifier: GPL-2.0-only
"""What a kernel's folder says about it, and what that means for tests: build/lockdep-kasan/paddock.elf checks its locks and its memory."""
import os

# What a kernel may be other than usual, as make's options in small letters: KASAN=1 is "kasan", CONTAINERS=0 "nocontainers".
KINDS = {"nocontainers", "lockdep", "ubsan", "kasan", "kcsan", "kmemleak", "coverage"}

# By how much tests are slower on such kernels (docs/kasan.md and docs/kcsan.md have measurements); the boot is not.
SLOWER = {"lockdep": 2, "kasan": 3, "kcsan": 8}


def checks(kernel):
    """Those of a kernel file, as a set. Empty: it is a usual one."""
    return KINDS & set(os.path.basename(os.path.dirname(os.path.abspath(kernel))).split("-"))


def slower(kernel):
    """By how much the checks of a kernel file slow its tests down."""
    factor = 1
    for name in checks(kernel):
        factor *= SLOWER.get(name, 1)
    return factor


def guest_words(kernel):
    """What guests of a kernel file need besides: words for tools/vm, to stand last. Races are met where several CPUs take turns (docs/kcsan.md)."""
    return ("--smp", "4", "--icount") if "kcsan" in checks(kernel) else ()
