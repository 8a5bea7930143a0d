# SPDX-License-Identifier: GPL-2.0-only
"""Keys that a machine obeys when nothing else works: a break on the console's line, then a letter (kernel/debug/sysrq.c)."""
import re
import time

import pytest


def send_break(c):
    """QEMU's keys for a break on the line that the terminal is connected to."""
    c.key("a")
    c.send("b")


def press(c, key):
    """A break and KEY; returns the lines of the answer without the log's time stamps."""
    send_break(c)
    c.send(key)
    c.expect(r"\] sysrq: (?!done)([^\r\n]*)\r")
    c.expect(r"\] sysrq: done")
    lines = c.child.before.replace("\r", "").splitlines()
    return [re.sub(r"^\[ *[\d.]+\] ", "", line) for line in lines if line.strip()]


def press_until(c, key, pattern):
    """Presses KEY until a line of the answer matches PATTERN: what was started may take a moment. Returns the answer."""
    for _ in range(30):
        lines = press(c, key)
        if any(re.search(pattern, line) for line in lines):
            return lines
        time.sleep(0.2)
    raise AssertionError(lines)


def test_help_says_how_to_send_a_break(console):
    c = console()
    for key in ("h", "?"):
        text = "\n".join(press(c, key))
        assert "Ctrl-A b" in text, text
        for line in ("  t  tasks", "  m  memory", "  l  where all CPUs are", "  o  power off at once", "  b  reboot at once"):
            assert line in text, text
    c.send("\r")
    c.prompt()
    assert c.run("echo still here") == "still here"


def test_tasks_with_where_they_wait_and_their_containers(console):
    c = console()
    c.run("mkdir /dev/c; mount -t container -o numtasks x /dev/c; mkdir /dev/c/deep; sleep 1000 & echo $! > /dev/c/deep/tasks")
    lines = press_until(c, "t", r" sleep +S +\d+ sleep_(for|until) .*numtasks:/deep")
    shell = [line.split() for line in lines if re.search(r" sh +S", line)]
    assert shell, lines
    sleeper = [line for line in lines if re.search(r"^ +\d+ +\d+ sleep +S +\d+ \w+ ", line)]
    assert len(sleeper) == 1 and sleeper[0].rstrip().endswith("numtasks:/deep"), lines
    assert any(re.search(r" khungtaskd +S +\d+ khungtaskd", line) for line in lines), lines
    c.send("\r")
    c.prompt()
    containers = press(c, "c")
    assert any("numtasks:/deep" in line for line in containers), containers


def test_memory_locks_registers(console):
    c = console(numa=2)
    memory = press(c, "m")
    for text in ("MemFree:", "Node 0:", "Node 1:", "task_struct"):
        assert any(text in line for line in memory), memory
    assert press(c, "d")
    registers = press(c, "p")
    assert any(re.match(r"CPU: \d PID: \d+ Comm: ", line) for line in registers), registers
    assert any(line.startswith("RIP ") for line in registers), registers
    assert any(re.match(r"CR0 \w+ CR2", line) for line in registers), registers


def test_all_cpus_while_a_program_hogs_one(console):
    """The shell waits for a program that does not end; keys work, and a second break is the interrupt key."""
    c = console(smp=3)
    c.send("echo be''gun; while :; do :; done\r")
    c.expect("begun")
    assert sum(bool(re.match(r"CPU \d: ", line)) for line in press(c, "l")) == 3
    press_until(c, "l", r"^CPU \d: PID: \d+ Comm: sh, in ")
    press_until(c, "l", r"^CPU \d: idle")
    send_break(c)
    send_break(c)
    c.prompt()
    assert c.run("echo back") == "back"


def test_the_key_is_not_for_programs(console):
    """What follows a break does not reach the program; what follows the key does."""
    c = console()
    c.send("echo be''gun; cat\r")
    c.expect("begun")
    press(c, "h")
    c.send("line\r")
    c.expect(r"line\r+\nline\r+\n")
    c.key("d")
    c.prompt()


def test_blocked_tasks_with_their_stacks(console):
    c = console()
    c.run("mkdir /dev/f; mount -t container -o freezer x /dev/f; mkdir /dev/f/cold; sh -c 'while :; do :; done' & echo $! > /dev/f/cold/tasks; "
          "echo FROZEN > /dev/f/cold/freezer.state")
    lines = press_until(c, "w", r" sh +D ")
    at = [i for i, line in enumerate(lines) if re.search(r" sh +D ", line)]
    assert at and lines[at[0] + 1] == "Call trace:" and any("refrigerator+0x" in line for line in lines[at[0]:]), lines


@pytest.mark.parametrize("key, status", [("o", 0), ("x", 134)])
def test_the_end_when_the_shell_hangs(console, key, status):
    c = console()
    c.send("echo be''gun; kill -STOP $$\r")
    c.expect("begun")
    send_break(c)
    c.send(key)
    assert c.end() == status


def test_reboot(console):
    c = console()
    send_break(c)
    c.send("b")
    c.expect(r"Paddock: \d+ memory ranges")
    c.expect(r"[#$] $")
    c.send("poweroff\r")
    assert c.end() == 0
