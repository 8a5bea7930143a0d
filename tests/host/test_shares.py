# SPDX-License-Identifier: GPL-2.0-only
"""How fair the controller cpu is, in virtual time: busy loops for two seconds, and what each container got of them.

`tests/guest/shares measure` starts the loops. Shares must be met within 3 per cent, by every container, at every level; and no loop may get less
than half of what those of its container got on the average. A small container in a tree that is spread over several CPUs gets its part in pieces
of some ten milliseconds, here or there; so those are run three times, and the mean counts.
"""
import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.dirname(os.environ.get("PADDOCK_KERNEL", os.path.join(ROOT, "build", "paddock.elf")))
SHARES_PROGRAM = f"{BUILD}/tests/guest/shares:/bin/shares"
MS = 2000

pytestmark = pytest.mark.not_with("kcsan", "kmemleak", reason="measures what programs get, and here the kernel takes much of it")

# Three containers of 1, 2 and 4 parts, any number of loops in each; and a tree.
FLAT = "mkdir a b c; echo 2048 > b/cpu.shares; echo 4096 > c/cpu.shares"
NESTED = "mkdir a b a/x a/y; echo 2048 > b/cpu.shares; echo 3072 > a/y/cpu.shares"
TREE = "mkdir a b a/x a/y; echo 3072 > a/cpu.shares; echo 4096 > b/cpu.shares; echo 2048 > a/y/cpu.shares"

SHARES = [
    # CPUs, settings, loops, the part that each gets of all
    (1, FLAT, "a:1 b:1 c:1", (1 / 7, 2 / 7, 4 / 7)),
    (1, FLAT, "a:5 b:3 c:1", (1 / 7, 2 / 7, 4 / 7)),
    (1, NESTED, "a/x:2 a/y:1 b:1", (1 / 12, 3 / 12, 8 / 12)),
    (1, NESTED, "a/x:1 a/y:1 a:1 b:1 .:1", (1 / 20, 3 / 20, 1 / 20, 2 / 4, 1 / 4)),
    (4, FLAT, "a:3 b:3 c:3", (1 / 7, 2 / 7, 4 / 7)),
    (4, FLAT, "a:4 b:4 c:4", (1 / 7, 2 / 7, 4 / 7)),
    (4, FLAT, "a:5 b:5 c:5", (1 / 7, 2 / 7, 4 / 7)),
    (4, FLAT, "a:8 b:8 c:8", (1 / 7, 2 / 7, 4 / 7)),
    (4, TREE, "a/x:4 a/y:4 b:5", (1 / 7, 2 / 7, 4 / 7)),
    (4, TREE, "a/x:3 a/y:2 b:4", (1 / 7, 2 / 7, 4 / 7)),
    (4, NESTED, "a/x:4 a/y:4 b:5", (1 / 12, 3 / 12, 8 / 12)),
    # One loop has no use for more than a CPU, whatever its shares; the others divide what is left.
    (4, FLAT, "c:1 b:8 a:8", (1 / 4, 3 / 4 * 2 / 3, 3 / 4 * 1 / 3)),
]


def measure(vm, smp, settings, loops, subsystems="cpu", runs=1, ms=MS):
    """[[(loops, ns of the container, of its least loop, of its most, ns that it took)] of each run], in about ms of virtual time: who measures may
    wake up late, since QEMU has the CPUs take turns of several milliseconds."""
    line = f"shares measure {ms} " + " ".join(f"/c/{word}" for word in loops.split())
    done = vm(f"mkdir /c; mount -t container -o {subsystems} x /c; cd /c; {settings}; " + "; ".join([line] * runs),
              icount=True, smp=smp, timeout=300, add=[SHARES_PROGRAM])
    assert done.status == 0, done
    got = [tuple(int(word) for word in line.split()[1:]) for line in done.out.splitlines()]
    return [got[i:i + len(got) // runs] for i in range(0, len(got), len(got) // runs)]


@pytest.mark.parametrize("smp,settings,loops,parts", SHARES, ids=[f"{s[0]} {s[2]} 1/{1 / min(s[3]):.0f}" for s in SHARES])
def test_shares(vm, smp, settings, loops, parts):
    runs = measure(vm, smp, settings, loops, runs=3 if smp > 1 and settings != FLAT else 1)
    errors = []
    for got in runs:
        total, took = sum(ns for _, ns, *_ in got), got[0][-1]
        assert total > 0.99 * smp * took, "processors were idle"
        errors.append([ns / total / part - 1 for (_, ns, *_), part in zip(got, parts)])
        assert all(least >= ns / n / 2 for n, ns, least, *_ in got), got
    print(loops, " | ".join(" ".join(f"{error:+.2%}" for error in run) for run in errors))
    assert max(abs(sum(of_one) / len(runs)) for of_one in zip(*errors)) <= 0.03, errors


def test_tasks_of_a_container_are_even_within_a_cpuset(vm):
    """Five loops in each of three containers, on two of four CPUs: the idle ones may not keep those two from changing places."""
    cpuset = "for d in a b c; do echo 0-1 > $d/cpuset.cpus; echo 0 > $d/cpuset.mems; done"
    got, = measure(vm, 4, f"{FLAT}; {cpuset}", "a:5 b:5 c:5", "cpuset,cpu")
    assert 0.99 * 2 < sum(ns / took for _, ns, _, _, took in got) < 1.01 * 2, got
    assert all(least >= 0.85 * ns / n for n, ns, least, *_ in got), got


def test_a_task_wakes_up_soon_beside_the_busy_loops_of_another_container(vm):
    done = vm("shares latency", icount=True, smp=1, timeout=300, add=[SHARES_PROGRAM])
    assert int(done.out.splitlines()[-1]) <= 500, done


# Where in a period the time begins and ends is chance: half of the quota of a period more or less, which is less than one per cent of this.
QUOTA_MS = 6000
QUOTAS = [
    # CPUs, quota in us of a period of 100 ms, loops, what they get in CPUs; by its shares it would get more
    (1, 20000, "a:1 .:1", 0.2),
    (1, 20000, "a:3", 0.2),
    (4, 200000, "a:4", 2),
    (4, 200000, "a:8 .:4", 2),
    (4, 20000, "a:5", 0.2),
]


@pytest.mark.parametrize("smp,quota,loops,cpus", QUOTAS, ids=[f"{q[0]} {q[1]} {q[2]}" for q in QUOTAS])
def test_quota(vm, smp, quota, loops, cpus):
    """Within one per cent of a CPU, or of the quota where that is more."""
    _, ns, _, _, took = measure(vm, smp, f"mkdir a; echo 65536 > a/cpu.shares; echo {quota} > a/cpu.cfs_quota_us", loops, ms=QUOTA_MS)[0][0]
    got = ns / took
    print(loops, f"{got:.4f}")
    assert abs(got - cpus) <= 0.01 * max(1, cpus)
