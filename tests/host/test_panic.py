# SPDX-License-Identifier: GPL-2.0-only
"""Panics: whatever is broken, the guest ends with 134 and has said what can be said.

The disasters are in tests/unit/plant.c; `plant=NAME` on the command line chooses one.
"""
import os
import re

import pytest
from conftest import ROOT

END = "---[ end Kernel panic ]---"


def planted(vm, name, **options):
    options.setdefault("smp", 2)
    append = f"plant={name} {options.pop('append', '')}"
    done = vm("sleep 1000", append=append, **options)
    assert done.status == 134, done
    return done.err


def panic_part(err):
    """The log from the panic's headline on, without tools/vm's source lines."""
    return err[err.index("Kernel panic: "):].partition("---- source lines ----")[0]


@pytest.mark.parametrize("name, headline, trace", [
    ("null", r"NULL pointer dereference at store\+0x\w+ \(error code 0x2\)", "plant_null"),
    ("bug", r"BUG at tests/unit/plant\.c:\d+: sixteen == 16", "plant_bug"),
    ("jump", r"page fault at 0xffff\w+ \(error code 0x10\)", "plant_jump"),
    ("interrupt", r"BUG at tests/unit/plant\.c:\d+", "timer_interrupt"),
    ("nmi", r"NULL pointer dereference at store", "nmi_dispatch"),
    ("irqs_off", r"BUG at tests/unit/plant\.c:\d+", "plant_irqs_off"),
    ("log", r"NULL pointer dereference at store", "vprintk"),
    ("overflow", r"kernel stack overflow at overflow", "overflow"),
])
def test_a_panic_says_what_and_how_it_came_there(vm, name, headline, trace):
    err = planted(vm, name)
    said = panic_part(err)
    assert re.match(r"Kernel panic: " + headline, said), err
    assert re.search(r"^\[.*\]  0x\w+ (?:\? )?(?:" + trace + r")(?:\.\w+)*\+0x", said, re.M), err
    assert END in said and "panic within" not in said, err


@pytest.mark.parametrize("name", ["interrupt", "nmi"])
def test_a_trace_goes_on_with_what_was_interrupted(vm, name):
    said = panic_part(planted(vm, name, smp=1))
    assert re.search(r" trap_(common|nmi)[.\w]*\+0x.*\n.*\+0x.*\n(.*\n)*.* kthread_main\+0x", said), said


@pytest.mark.parametrize("name, headline", [
    ("no_stack", "double fault"),
    ("frame_hole", "NULL pointer dereference"),
    ("frame_noncanonical", "NULL pointer dereference"),
    ("frame_user", "NULL pointer dereference"),
])
def test_broken_stacks_and_frames_end_the_trace_only(vm, name, headline):
    said = panic_part(planted(vm, name))
    assert said.startswith(f"Kernel panic: {headline}"), said
    assert "Call trace:" in said and END in said and "panic within" not in said, said


def test_registers_and_code(vm):
    """The code bytes are those of the image at that place, and the source line is found."""
    err = planted(vm, "null")
    said = panic_part(err)
    code = re.search(r"Code:((?: \w\w)*) <(\w\w)>((?: \w\w)*)\n", said)
    assert code and len(code.group(1).split()) == 24 and len(code.group(3).split()) == 15, said
    assert code.group(2) == "c7", "movl $1, (%rdi)"
    # In RDI; or in RBX, where it is kept while a checker's hook is called.
    assert re.search(r"R(DI|BX) 0{14}10\b", said) and re.search(r"CR2 0{14}10\b", said), said
    assert re.search(r"CR0 \w{16} .*CR3 \w{16} CR4 \w{16}", said) and re.search(r"EFER \w{16}", said), said
    assert re.search(r"store\+0x\w+ .*tests/unit/plant\.c:\d+", err.partition("---- source lines ----")[2]), err


def test_no_code_where_there_is_none(vm):
    assert "Code: RIP is not in the kernel's memory" in planted(vm, "jump")


def test_other_cpus_show_where_they_were(vm):
    """One spins with interrupts off, two idle: an NMI reaches all."""
    said = panic_part(planted(vm, "others", smp=4))
    spinner = re.search(r"CPU 3: PID: \d+ Comm: spinner, in the kernel, interrupts off\n.*RIP .* spin_in_kernel\+0x\w+\n", said)
    assert spinner, said
    assert re.search(r"kthread_main\+0x", said[spinner.end():]), said
    assert len(re.findall(r"CPU \d: idle", said)) == 2, said


def test_a_cpu_that_does_not_answer_is_named(vm):
    said = panic_part(planted(vm, "deaf"))
    assert "CPU 1: does not answer" in said and END in said, said


def test_two_panics_at_once_are_one(vm):
    err = planted(vm, "two")
    assert err.count("Kernel panic: plant: one of two") == 1 and err.count(END) == 1, err


def test_a_console_that_fails_each_time(vm):
    """Nothing can be said without a further fault, and still it ends."""
    planted(vm, "nested")


def test_a_panic_within_the_panic_goes_on(vm):
    """What comes after the part that fails is still said."""
    said = panic_part(planted(vm, "within"))
    assert "panic within the panic: NULL pointer dereference at store+0x" in said, said
    assert re.search(r"RIP .*panic within.*CPU 1: ", said, re.S) and END in said, said


def test_last_trace_events(vm):
    """The last events of all CPUs in the order of time."""
    said = panic_part(planted(vm, "null", append="trace=sched_switch,sched_wakeup,fork", smp=2))
    events = re.search(r"Last trace events:\n((?:\[.*\]  \d.*\n)+)", said)
    assert events, said
    lines = [line.partition("]  ")[2] for line in events.group(1).splitlines()]
    times = [float(line.split()[0]) for line in lines]
    assert 4 < len(lines) <= 20 and times == sorted(times), said
    assert any(re.search(r" fork: child=\d+", line) for line in lines), said
    assert "Last trace events" not in planted(vm, "null")


CHECKED = os.path.join(ROOT, "build", "lockdep-ubsan", "paddock.elf")


@pytest.mark.skipif(not os.path.exists(CHECKED), reason="needs a build with LOCKDEP=1 UBSAN=1")
def test_held_locks(vm):
    """A kernel that checks locks names those that are held, with where they were taken."""
    said = panic_part(planted(vm, "locks", kernel=CHECKED))
    assert re.search(r"task \d+ holds \S+ planted_mutex \(\w+\), taken at plant_locks\+0x", said), said
    assert re.search(r"CPU 0 holds \S+ planted_spin \(\w+\), taken at plant_locks\+0x", said), said
