# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own GDB stub, byte by byte: what no GDB would send, or not at that moment."""
import os
import random
import re
import time

import pytest
from conftest import KERNEL
from gdb_guests import Wire, guest  # noqa: F401


def test_rubbish_while_stopped(guest):
    machine = guest("echo done")
    wire = Wire(machine)
    assert wire.ask(b"?").startswith(b"T05thread:8000;")
    wire.send(b"$g#00")                                # a wrong checksum
    wire.expect(rb"-")
    wire.send(b"$g#zz$g#6$mffffffff8010")              # no checksum, half of one, half a packet
    assert wire.ask(b"qC") == b"QC8000"
    assert wire.ask(b"m" + b"f" * 5000) == b"", "too long for the buffer"
    assert wire.ask(b"m" + b"f" * 1000 + b",4") == b"E16"
    for body in (b"m", b"m,", b"mzz,1", b"m0,zz", b"m1000,4:", b"M0", b"M0,1:", b"M0,1:0", b"M0,1:zz", b"M1000,1000:00", b"X0,5:}", b"P",
                 b"P0", b"P0=", b"P999999=0", b"p", b"p999", b"G", b"G00", b"Hg", b"Hgzz", b"Hx0", b"Hg7777", b"T", b"T7777", b"Z0",
                 b"Z0,0", b"Z0,ffffffffffffffff,1", b"Z2,0,0", b"Z2,0,ffffffff", b"z0", b"vCont", b"vCont;", b"vCont;x",
                 b"vCont;s:zz", b"vCont;C", b"vCont?x", b"vCont;s:1:2", b"qXfer:features:read:target.xml:", b"qXfer:features:read:target.xml:ffffff,1",
                 b"qThreadExtraInfo,", b"qThreadExtraInfo,7777", b"m0,4", b"mffffffffffffffff,10", b"m8000000000000000,8"):
        assert re.fullmatch(rb"E..", wire.ask(body)), body
    for body in (b"", b"y", b"qNonsense", b"vMustReplyEmpty", b"Z5,0,1", b"QNonsense:1", b"gg", b"!", b"qfThreadInfox"):
        assert wire.ask(body) == b"", body
    assert wire.ask(b"qRcmd,") .startswith(b"O")
    assert len(wire.ask(b"g")) == 584
    wire.send(wire.packet(b"c"))
    assert machine.end() == (0, "done\n")


def test_ctrl_c_for_a_standing_machine(guest):
    """GDB passes on a ^C while it still sets breakpoints or makes a step by itself, and then waits for a stop."""
    machine = guest("echo done", smp=1)
    wire = Wire(machine)
    wire.settle()
    wire.send(b"\x03" + wire.packet(b"c"))
    assert wire.reply().startswith(b"T02thread:")
    wire.send(b"\x03")                                 # no question since the stop: it has crossed the report
    wire.settle()
    wire.send(wire.packet(b"s") + b"\x03")             # before the step, in it or behind it: that stop, or the next
    first = wire.reply()
    if first.startswith(b"T05"):
        wire.send(wire.packet(b"c"))
        first = wire.reply()
    assert first.startswith(b"T02thread:"), first
    wire.send(wire.packet(b"D"))
    assert machine.end() == (0, "done\n")


def test_ctrl_c_for_a_program_that_dies(guest):
    """The one that a ^C has found never executes another instruction: when the machine goes on, it is time to kill it."""
    wire = Wire(guest("while :; do while :; do :; done & sleep 1; kill -9 $!; done", smp=1))
    wire.send(wire.packet(b"c"))
    for _ in range(4):
        code_segment = b""
        while code_segment != b"33000000":             # until the ^C has found a program
            time.sleep(0.05)
            wire.send(b"\x03")
            assert wire.reply().startswith(b"T02thread:")
            code_segment = wire.ask(b"g")[280:288]
            if code_segment != b"33000000":
                wire.send(wire.packet(b"c"))
        time.sleep(1.2)                                # the guest's clock goes on meanwhile
        wire.send(wire.packet(b"c") + b"\x03")
        assert wire.reply().startswith(b"T02thread:")
        wire.send(wire.packet(b"c"))


@pytest.mark.parametrize("boot", ["pvh", "iso"])
def test_other_ways_to_boot(guest, boot):
    machine = guest("echo done", boot=boot)
    wire = Wire(machine)
    assert wire.ask(b"?").startswith(b"T05thread:8000;")
    wire.send(wire.packet(b"D"))
    assert machine.end() == (0, "done\n")


@pytest.mark.parametrize("smp", [1, 4])
def test_ctrl_c_two_hundred_times(guest, smp):
    """While programs fork, exit, are killed, and are traced step by step: each ^C is a stop, and none of the tracer's steps is lost."""
    program = os.path.join(os.path.dirname(KERNEL), "tests", "guest", "ptrace")
    if not os.path.exists(program):
        pytest.skip("make guest-tests has not been run")
    machine = guest("while :; do (exit 0); done & while :; do while :; do :; done & kill -9 $!; done & while :; do /tests/ptrace; done",
                    smp=smp, add=[f"{program}:/tests/ptrace"])
    wire = Wire(machine)
    wire.settle()
    for n in range(200):
        wire.send(wire.packet(b"c"))
        if n % 2:                                      # else it comes when the machine has hardly left
            time.sleep(0.01 * (n % 5))
        wire.send(b"\x03")
        assert wire.reply().startswith(b"T02thread:")
    wire.send(wire.packet(b"D"))
    machine.await_out(r"(?m)^1\.\.\d+$")
    machine.close()
    assert "not ok" not in machine.out, machine.out


def test_bytes_by_chance(guest):
    """A while of them, for a machine that stands and for one that runs; then it is as good as before."""
    chance = random.Random(20261126)
    machine = guest("until [ -e /tmp/x ]; do sleep 0.05; n=$((n+1)); [ $n -gt 60 ] && touch /tmp/x; done; echo done", smp=2)
    wire = Wire(machine)
    pieces = [b"$", b"#", b"}", b"+", b"-", b"$g#67", b"$?#3f", b"$qC#b4", b"vCont;", b"m", b"qRcmd,", b"X"]
    for round in range(40):
        if round == 20:                                # from here on it runs; ^C and packets may stop it
            wire.settle()
            wire.send(wire.packet(b"c"))
        noise = b"".join(chance.choice(pieces) if chance.random() < 0.3 else chance.randbytes(chance.randrange(1, 60))
                         for _ in range(30))
        wire.send(noise + b"#00")                      # what looks like a packet ends here at the latest
    wire.settle()                                       # stops it, if it runs
    for body in (b"m0,4", b"qC", b"?", b"qfThreadInfo"):
        assert wire.ask(body)
    for bad in (b"D", b"c"):
        wire.send(wire.packet(bad))
    assert machine.end() == (0, "done\n")


def test_resend_and_no_acks(guest):
    machine = guest("echo done")
    wire = Wire(machine)
    first = wire.ask(b"qC")
    wire.send(b"-")
    assert wire.reply() == first
    assert wire.ask(b"QStartNoAckMode") == b"OK"
    wire.settle()
    wire.send(wire.packet(b"qC") + b"$qC#00-" + wire.packet(b"qAttached"))
    wire.expect(rb"^" + re.escape(wire.packet(first)) + rb"\$1#31")
    assert b"QStartNoAckMode+" in wire.ask(b"qSupported:x+")    # a new GDB: acknowledgements again
    wire.send(wire.packet(b"qC"))
    wire.expect(rb"\+\$QC")
    wire.send(wire.packet(b"D"))
    assert machine.end() == (0, "done\n")
