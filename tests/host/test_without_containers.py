# SPDX-License-Identifier: GPL-2.0-only
"""A kernel built with CONTAINERS=0 works, and shows what the framework costs a task: one per cent of a fork at most."""

import os
import re
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


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


def fork_instructions(bench, *kernel):
    done = vm(*kernel, "--icount", "--smp", "1", "--add", f"{bench}:/bin/bench", "-c", "bench fork+exit+wait")
    return int(re.search(r"^fork\+exit\+wait (\d+) insn", done.stdout, re.M).group(1))


def test_framework_costs_a_fork_one_per_cent(bare, tmp_path):
    bench = tmp_path / "bench"
    subprocess.run(["musl-gcc", "-static", "-O2", "-o", bench, os.path.join(ROOT, "tests/bench/bench.c")], check=True)
    with_framework, without = fork_instructions(bench), fork_instructions(bench, "--kernel", bare)
    assert with_framework <= without * 1.01, f"{with_framework} with the framework, {without} without"
