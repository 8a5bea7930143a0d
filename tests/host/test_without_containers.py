# SPDX-License-Identifier: GPL-2.0-only
"""
A kernel built with CONTAINERS=0 works, and shows what the framework and its controllers cost those who do not use them: one per cent
at most of a fork, of a switch between two tasks, of a page fault.
"""

import glob
import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
pytestmark = pytest.mark.not_with("coverage", reason="compares two kernels without counters")


def vm(*arguments):
    return subprocess.run([os.path.join(ROOT, "tools/vm"), "--timeout", "120", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module", name="bare")
def bare_kernel():
    subprocess.run(["make", "-s", "-C", ROOT, "CONTAINERS=0"], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(ROOT, "build/nocontainers/paddock.elf")


def test_boots_and_knows_no_containers(bare):
    done = vm("--kernel", bare, "-c", "grep -c container /proc/filesystems; ls /proc/self/container; mkdir /c; mount -t container x /c")
    assert done.stdout.splitlines() == [
        "0",
        "ls: /proc/self/container: No such file or directory",
        "mount: mounting x on /c failed: No such device",
    ], done.stderr


@pytest.fixture(scope="module", name="bench")
def bench_program(tmp_path_factory):
    program = tmp_path_factory.mktemp("bench") / "bench"
    sources = glob.glob(os.path.join(ROOT, "tests/bench/*.c"))
    subprocess.run(["musl-gcc", "-static", "-O2", "-o", program, *sources], check=True)
    return program


def instructions(bench, cases, *kernel):
    """Returns {case: instructions} of one guest in which nothing is mounted."""
    done = vm(*kernel, "--icount", "--smp", "1", "--add", f"{bench}:/bin/bench", "-c", "bench " + " ".join(cases))
    return {case: int(re.search(rf"^{re.escape(case)} (\d+) insn", done.stdout, re.M).group(1)) for case in cases}


def test_who_uses_no_containers_pays_one_per_cent(bare, bench):
    cases = ("fork+exit+wait", "pipe-round-trip", "page-fault")
    with_framework, without = instructions(bench, cases), instructions(bench, cases, "--kernel", bare)
    dear = [case for case in cases if with_framework[case] > without[case] * 1.01]
    assert not dear, f"{with_framework} with the framework, {without} without"
