# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own GDB stub, by a real GDB and by bytes that no GDB would send.

    g = stub("hostname here; echo done", smp=4)     # a guest that waits, and GDB connected to it
    g.run("break sys_sethostname"); g.go()          # go(): continue until the next stop; its text
    g.detach(); assert g.guest.end() == (0, "done\\n")

Guests use `hostname NAME` where a test needs them to come by a place that nobody else comes to: sys_sethostname().
"""
import os
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import pexpect
import pytest
from conftest import ROOT, VM, words_for

KERNEL = os.environ.get("PADDOCK_KERNEL", os.path.join(ROOT, "build", "paddock.elf"))
LOCKDEP = "lockdep" in KERNEL
PROMPT = "(stub-test) "
ASLEEP = "sleep 1000 & until grep -q 'State:.*S' /proc/$!/status; do :; done"
# A per-CPU variable of the CPU that the selected thread is on: type, name.
THIS_CPU = "*({} *)((char *)&percpu_{} + $gs_base)"

pytestmark = pytest.mark.skipif(not shutil.which("gdb"), reason="there is no gdb here")


class Guest:
    """tools/vm --gdb=kernel; where its COM2 is; what it says."""

    def __init__(self, command, scale, options):
        self.scale = scale
        words = [VM, *words_for({"gdb": "kernel", "timeout": 120 * scale, **options})]
        self.process = subprocess.Popen(words + (["-c", command] if command else []), stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.log, self.out = [], ""
        self.changed = threading.Condition()
        self.readers = [threading.Thread(target=self.read_log), threading.Thread(target=self.read_out)]
        for reader in self.readers:
            reader.start()
        self.socket = self.await_log(r"target remote ([^']+)'").group(1)

    def read_log(self):
        for line in self.process.stderr:
            with self.changed:
                self.log.append(line)
                self.changed.notify_all()
        with self.changed:
            self.log.append("(the log ends)\n")
            self.changed.notify_all()

    def read_out(self):
        self.out = self.process.stdout.read()

    def await_log(self, pattern, timeout=60):
        """Waits for a line of the log."""
        deadline = time.monotonic() + timeout * self.scale
        with self.changed:
            while True:
                found = re.search(pattern, "".join(self.log))
                if found:
                    return found
                left = deadline - time.monotonic()
                assert left > 0 and "(the log ends)\n" not in self.log, f"no {pattern} in:\n{''.join(self.log)}"
                self.changed.wait(left)

    def end(self):
        """Waits for the guest to end; its status and output."""
        status = self.process.wait(130 * self.scale)
        for reader in self.readers:
            reader.join(10 * self.scale)
        assert not re.search(r"WARNING at |UBSAN: |LOCKDEP: |KASAN: |nobody asked", "".join(self.log)), "".join(self.log)
        return status, self.out

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(10 * self.scale)
        for reader in self.readers:
            reader.join(10)


class Gdb:
    """A GDB at its command line, connected to a guest."""

    def __init__(self, guest, scale):
        self.guest = guest
        self.child = pexpect.spawn("gdb", ["-nx", "-q", "-ex", f"set prompt {PROMPT}", KERNEL], timeout=60 * scale, cwd=ROOT,
                                   encoding="utf-8", codec_errors="replace", dimensions=(200, 1000), echo=False)
        self.child.delaybeforesend = None
        self.child.expect_exact(PROMPT)
        for word in ("pagination off", "confirm off", "width 0", "style enabled off", "debuginfod enabled off",
                     "print thread-events off", f"remotetimeout {30 * scale:.0f}"):
            self.run(f"set {word}")
        guest.await_log("waiting for GDB on COM2|stub on COM2")     # and so the socket is there
        self.run(f"target remote {guest.socket}")

    def prompt(self):
        self.child.expect_exact(PROMPT)
        text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.child.before).replace("\r", "")
        assert "Remote connection closed" not in text and "timed out" not in text and "Ignoring packet error" not in text, text
        return text

    def run(self, line):
        """One command; what it prints."""
        self.child.send(line + "\n")
        return self.prompt()

    def go(self, line="continue"):
        return self.run(line)

    def value(self, expression):
        found = re.search(r"= (-?\d+)", self.run(f"print/d (long)({expression})"))
        assert found, expression
        return int(found.group(1))

    def thread(self, pattern):
        """GDB's number of the thread whose line matches."""
        text = self.run("info threads")
        found = re.search(rf"^\*? +(\d+) +Thread [^\n]*{pattern}", text, re.M)
        assert found, text
        return int(found.group(1))

    def start(self):
        """`continue`, without waiting for the machine to stop."""
        self.child.send("continue\n")
        self.child.expect_exact("Continuing.")

    def interrupt(self):
        self.child.sendintr()
        return self.prompt()

    def detach(self):
        self.run("delete")
        assert "detached" in self.run("detach")
        self.close()

    def close(self):
        self.child.close(force=True)


def runs_free(g):
    """Are interrupts on and is the trap flag off, in the selected thread?"""
    flags = g.run("print $eflags")
    return " IF " in flags and " TF " not in flags


@pytest.fixture
def guest(scale):
    """guest(command, **options) starts a guest that waits for GDB."""
    opened = []

    def start(command, **options):
        opened.append(Guest(command, scale, options))
        return opened[-1]

    yield start
    for g in opened:
        g.close()


@pytest.fixture
def connect(scale):
    """connect(guest) starts a GDB for it."""
    opened = []

    def start(to):
        opened.append(Gdb(to, scale))
        return opened[-1]

    yield start
    for g in opened:
        g.close()


@pytest.fixture
def stub(guest, connect):
    return lambda command, **options: connect(guest(command, **options))


@pytest.fixture
def at_hostname(stub):
    """A guest that has come to sys_sethostname() in the middle of its commands."""
    def start(before="true", after="echo done", **options):
        g = stub(f"{before}\nhostname here\n{after}", **options)
        g.run("break sys_sethostname")
        assert "hit Breakpoint 1, sys_sethostname" in g.go()
        return g
    return start


# ---- looking ----

def test_waits_early_in_boot(stub):
    g = stub("echo done", smp=4)
    text = g.run("info threads")
    assert re.findall(r"Thread (\d+) \((.*?)\)", text) == [("32768", "swapper/0 idle on CPU 0")], text
    assert g.value("nr_cpus") == 1
    assert "kernel_main" in g.run("backtrace")
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_threads_are_tasks(at_hostname):
    g = at_hostname(ASLEEP, smp=3)
    text = g.run("info threads")
    threads = dict(re.findall(r"Thread (\d+) \((.*?)\)", text))
    assert threads["1"].startswith("init S CPU "), text
    assert {threads[str(32768 + cpu)].split()[0] for cpu in range(3)} == {f"swapper/{cpu}" for cpu in range(3)}, text
    assert any(re.fullmatch(r"hostname runs on CPU \d", t) for t in threads.values()), text
    assert len(threads) == len(re.findall(r"^ *\d+  \d+  \w", g.run("monitor ps"), re.M))
    sleeper = g.thread(r"\(sleep S CPU")
    text = g.run(f"thread {sleeper}") + g.run("backtrace")
    assert re.search(r"#\d+ .* schedule_timeout .*#\d+ .*sleep_for", text, re.S), text
    assert "<unavailable>" in g.run("print $rax") and "<unavailable>" not in g.run("print $rbx")
    assert "Could not write" in g.run("set $rbx = 1")
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.skipif("nocontainers" in KERNEL, reason="a kernel without containers")
def test_threads_tell_their_containers(at_hostname):
    g = at_hostname("mkdir /c; mount -t container -o debug x /c; mkdir -p /c/outer/inner; " + ASLEEP +
                    "; echo $! > /c/outer/inner/tasks")
    assert re.search(r"\(sleep S CPU \d debug:/outer/inner\)", g.run("info threads"))
    assert re.search(r"\n  /outer/inner  1 tasks\n", g.run("monitor containers"))
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_memory(at_hostname):
    g = at_hostname()
    for address in ("0", "0x10", "0x1234567812345678", "0xfffffffffffffff0", "0xffffc8ffffffff00", "0x7fffffffe000 - 0x100000000"):
        assert "Cannot access memory at address" in g.run(f"x/2xb {address}"), address
        assert "Cannot access memory at address" in g.run(f"set var *(char *)({address}) = 1"), address
    assert re.search(r'"here"', g.run("x/s $rdi")), "the program's own memory, while the kernel runs for it"
    assert "Cannot access memory" in g.run(f"thread {g.thread('kworker')}") + g.run("x/s 0x400000")
    g.run(f"thread {g.thread('hostname')}")
    before = g.value("console_loglevel")
    g.run(f"set var console_loglevel = {before + 1}")
    assert g.value("console_loglevel") == before + 1
    assert g.value("*(unsigned char *)sys_sethostname") != 0xCC, "what is shown are the true bytes"
    assert g.value("pid_last()") > 1, "a function of the kernel, called by GDB"
    g.run("set var *(char *)$rdi = 'H'")               # the text of the program's argument
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_registers(at_hostname):
    g = at_hostname(after="hostname; echo done")
    text = g.run("info registers")
    for line in (r"rip +0xffffffff8\w+ ", r"eflags +0x\w+ +\[.*IF.*\]", r"cs +0x10 ", r"gs_base +0xffff8\w+ "):
        assert re.search(line, text), text
    assert "<unavailable>" in g.run("print $fctrl")
    assert "Could not write" in g.run("set $cs = 0x33") and "Could not write" in g.run("set $rip = 0x8000000000000000")
    g.run("set $rsi = 2")                              # sethostname("here", 2)
    assert g.value("$rsi") == 2
    g.detach()
    assert g.guest.end() == (0, "he\ndone\n")


def test_monitor(at_hostname):
    g = at_hostname("echo 'a line of the log' >/dev/kmsg")
    help_text = g.run("monitor help")
    for word in ("ps", "containers", "locks", "dmesg", "reboot"):
        assert f"monitor {word}" in help_text
    assert re.search(r"^ +1  1  init S CPU \d", g.run("monitor ps"), re.M)
    assert "a line of the log" in g.run("monitor dmesg")
    assert ("no lock is held" if LOCKDEP else "LOCKDEP=1") in g.run("monitor locks")
    assert "no such command" in g.run("monitor frobnicate")
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.skipif(not LOCKDEP, reason="needs a kernel with LOCKDEP=1")
def test_monitor_locks(stub):
    g = stub("hostname here; echo done")
    g.run("break pid_attach")                          # with tasklist_lock
    g.go()
    assert re.search(r"CPU \d holds .*tasklist_lock", g.run("monitor locks"))
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_monitor_reboot(at_hostname):
    g = at_hostname()
    g.child.send("monitor reboot\n")
    assert g.guest.process.wait(60 * g.guest.scale) == 0       # tools/vm -c: the guest's status is 0 then


# ---- stopping ----

def test_break_in(guest, connect):
    """^C stops a machine that does nothing, and one whose processor has interrupts off for ever."""
    g = connect(guest("hostname here; sleep 1000", smp=1))
    for place in ("sys_sethostname", "sys_nanosleep"):
        g.run(f"break {place}")
        assert place in g.go()
        g.run("delete")
    g.start()                                          # from here on nobody leaves the kernel
    assert "SIGINT" in g.interrupt()
    assert g.value("$cs") == 0x10
    g.run("set $pc = cpu_halt_forever")
    for _ in range(3):
        g.start()
        assert "SIGINT" in g.interrupt()
        assert "cpu_halt_forever" in g.run("backtrace 1")


def test_attach_to_a_running_guest_and_again(guest, connect):
    machine = guest("until [ -e /tmp/go ]; do sleep 0.1; done; echo done", append="gdb=com2", smp=4)
    machine.await_log("stub on COM2")
    for _ in range(3):
        g = connect(machine)
        g.run("break sys_nanosleep")
        assert "hit Breakpoint" in g.go()
        g.detach()
    g = connect(machine)
    g.run("hbreak sys_nanosleep")
    g.child.send("kill\n")                             # the machine goes on, as after detach
    g.prompt()
    g.close()
    g = connect(machine)                               # and one that goes without a word leaves nothing behind
    g.run("break sys_nanosleep")
    g.start()
    g.child.expect_exact("hit Breakpoint")
    g.prompt()
    g.close()
    g = connect(machine)
    g.start()
    g.interrupt()
    machine.await_log("stub on COM2")
    g.detach()


def test_panic(stub):
    g = stub("true", append="init=/nowhere", smp=2)
    text = g.go()
    assert "Kernel panic: " in text and "SIGABRT" in text, text
    assert re.search(r" panic \(.* main_thread \(", g.run("backtrace"), re.S)
    g.child.send("continue\n")
    status, _ = g.guest.end()
    assert status == 134
    assert "Kernel panic: " in "".join(g.guest.log) and "end Kernel panic" in "".join(g.guest.log)


def test_fault_and_bug(at_hostname):
    g = at_hostname(smp=4)
    g.run("delete")
    g.run("set $rdi = (long)ksyms_strings")
    g.run("set $rsi = 77")
    g.run("set $rdx = 0")
    g.run("set $pc = bug")
    text = g.go()
    assert re.search(r"Kernel panic: BUG at \w+:77", text) and "SIGABRT" in text, text
    assert re.search(r" panic \(.* bug \(", g.run("backtrace"), re.S)
    assert re.search(r"swapper/\d idle on CPU", g.run("info threads")), "the others are not gone yet"
    g.child.send("continue\n")
    assert g.guest.end()[0] == 134


def test_fault(at_hostname):
    g = at_hostname()
    g.run("delete")
    g.run("set $pc = 8")
    text = g.go()
    assert "Kernel panic: NULL pointer dereference" in text and "SIGSEGV" in text, text
    assert g.value("$pc") == 8
    g.child.send("continue\n")
    assert g.guest.end()[0] == 134


def test_panic_without_gdb_waits_and_says_so(guest, connect):
    machine = guest("true", append="init=/nowhere gdb=com2")
    machine.await_log(r"gdb: stopped at .*init.*; waiting for GDB on COM2")
    g = connect(machine)
    assert re.search(r" panic \(", g.run("backtrace"))
    g.child.send("continue\n")
    assert machine.end()[0] == 134


# ---- breakpoints and steps ----

def test_hardware_breakpoint_and_watchpoint(at_hostname):
    g = at_hostname(after="/bin/true; /bin/true; /bin/true; echo done", smp=4)
    g.run("delete")
    g.run("hbreak sys_execve")
    assert re.search(r"hit Breakpoint \d+, sys_execve", g.go())
    g.run("delete")
    assert "Hardware watchpoint" in g.run("watch last_pid")
    seen = []
    for _ in range(2):
        text = g.go()
        seen += [tuple(map(int, re.search(r"Old value = (\d+)\nNew value = (\d+)", text).groups()))]
        assert "pid_alloc" in text, text
    assert seen[0][1] == seen[0][0] + 1 == seen[1][0], seen
    g.run("delete")
    assert "Hardware access (read/write) watchpoint" in g.run("awatch console_loglevel")
    assert "Value = " in g.go()                        # any line of the log; the last at the end
    g.run("delete")
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.skipif("PADDOCK_COVERAGE" in os.environ, reason="counters move the lines of the source")
def test_too_many_and_misplaced_breakpoints(at_hostname):
    g = at_hostname()
    g.run("delete")
    for place in ("gdb_trap", "trap_nmi", "packet_feed"):
        g.run(f"break *{place}")
        assert "Cannot insert breakpoint" in g.go(), place
        g.run("delete")
    g.run("hbreak *gdb_trap")                          # the registers are in force there, too
    assert "Could not insert hardware breakpoint" in g.go()
    g.run("delete")
    for n in range(5):
        g.run(f"hbreak *(sys_sethostname + {n})")
    assert "Could not insert hardware breakpoint" in g.go()
    g.run("delete")
    for n in range(5):                                 # a program's text: a register each, too
        g.run(f"break *(0x400000 + {n})")
    assert "Cannot insert breakpoint" in g.go()
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_hardware_breakpoint_in_a_program(at_hostname):
    g = at_hostname()
    back = g.value("(((struct pt_regs *)" + THIS_CPU.format("unsigned long", "kernel_sp0") + ") - 1)->rip")
    g.run("delete")
    g.run(f"hbreak *{back:#x}")                        # where the system call returns to
    assert "hit Breakpoint 2" in g.go()
    assert g.value("$pc") == back and g.value("$cs") == 0x33 and runs_free(g)
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_steps_through_a_system_call(at_hostname):
    """Out of the kernel into the program, and in again by its next system call; flags as if nobody looked."""
    g = at_hostname(smp=2)
    g.run("delete")
    # In GDB's own Python: a command for each step would take a minute.
    for mode in ("< 0", "> 0"):
        said = g.run(f"""python print([(gdb.execute("stepi", to_string=True), int(gdb.parse_and_eval("$eflags")) & 0x300, """
                     f"""int(gdb.parse_and_eval("(long)$pc")) > 0)[1:] for n in range(1500) """
                     f"""if int(gdb.parse_and_eval("(long)$pc")) {mode}])""")
        steps = re.findall(r"\((\d+), (True|False)\)", said)
        assert steps and steps[-1][1] == ("True" if mode == "< 0" else "False"), said
        assert all(flags == "512" for flags, user in steps if user == "True"), "interrupts on, no trap flag"
    assert "syscall_entry" in g.run("info symbol $pc")
    assert g.value("$r11") & 0x300 == 0x200
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.skipif("PADDOCK_COVERAGE" in os.environ, reason="counters move the lines of the source")
def test_step_next_finish(at_hostname):
    g = at_hostname(smp=4)
    g.run("delete")
    assert re.search(r"set_name .* at kernel/syscall/misc.c:\d+", g.run("step"))
    before = g.value("$pc")
    g.run("next")
    g.run("next")
    assert g.value("$pc") > before
    assert "Value returned is" in g.run("finish")
    assert "syscall_entry" in g.run("info symbol $pc")
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_breakpoints_in_what_the_stub_uses(at_hostname):
    """They are out while it works, but for its first and last steps, in which they are passed over."""
    g = at_hostname("true", "echo x >/dev/kmsg; echo done", smp=4)
    g.run("delete")
    for place in ("nmi_call", "apic_send_ipi", "arch_clock_ns", "vscnprintf", "memcpy", "strlen"):
        g.run(f"break {place}")
    for _ in range(10):
        assert "hit Breakpoint" in g.go()
        assert "monitor ps" in g.run("monitor help")
        assert "init" in g.run("monitor ps")
    g.detach()
    assert g.guest.end() == (0, "done\n")


def test_breakpoint_where_the_kernel_writes(at_hostname):
    """A breakpoint on a static key's place stands through its changes, and the place is whole: it is hit, and the key does what it should."""
    g = at_hostname("true", "echo fork > /proc/trace_events; hostname on; (exit 3); echo none > /proc/trace_events; hostname off; "
                    "grep -c ' fork: ' /proc/trace; echo done", smp=4)
    table = "((struct jump_entry *)&__start_tab_jump_entry)"
    count = g.value("((char *)&__stop_tab_jump_entry - (char *)&__start_tab_jump_entry) / sizeof(struct jump_entry)")
    key = g.value("&trace_keys[TRACE_fork]")
    places = [g.value(f"{table}[{i}].place") for i in range(count) if g.value(f"{table}[{i}].key") == key]
    assert places
    place = places[0] % 2**64
    nop = ["0x0f", "0x1f", "0x44", "0x00", "0x00"]

    def code():
        return re.findall(r"\b0x[0-9a-f]{2}\b", g.run(f"x/5xb {place:#x}"))

    assert code() == nop
    g.run(f"break *{place:#x}")
    # Forks for hostname and for a subshell while it is on; for hostname and grep while it is off.
    for number, jumps in ((2, True), (1, True), (2, True), (2, False), (1, False), (2, False)):
        text = g.go()
        assert f"Breakpoint {number}, " in text, text
        assert (code()[0] == "0xe9") if jumps else (code() == nop), code()
    g.detach()
    assert g.guest.end() == (0, "2\ndone\n")


def test_under_load(stub):
    """Four CPUs fork as fast as they can, through a breakpoint; when GDB goes, all of them have done their work."""
    loop = "n=0; while [ $n -lt 25 ]; do n=$((n+1)); (exit 0); done; echo done"
    g = stub(f"for i in 1 2 3 4; do sh -c '{loop}' & done; wait; echo all", smp=4)
    g.run("break copy_process")
    stops, cpus = 0, set()
    for _ in range(30):
        text = g.go()
        assert "Breakpoint 1, copy_process" in text, text
        stops += 1
        cpus.add(g.value(THIS_CPU.format("unsigned int", "cpu_number")))
    assert stops == 30 and len(cpus) > 1, cpus
    g.detach()
    status, out = g.guest.end()
    assert status == 0 and out.split() == ["done"] * 4 + ["all"], out


# ---- bytes that no GDB would send ----

class Wire:
    """The other end of COM2, byte by byte. It reads all the time: a port that nobody reads stands still."""

    def __init__(self, guest):
        guest.await_log("waiting for GDB on COM2|stub on COM2")
        self.patience = 30 * guest.scale
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(guest.socket)
        self.got, self.closed = b"", False
        self.changed = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        while not self.closed:
            try:
                data = self.socket.recv(4096)
            except OSError:
                data = b""
            with self.changed:
                self.got += data
                self.closed = not data
                self.changed.notify_all()

    def expect(self, pattern):
        """Waits for the pattern and takes all up to its end; the match."""
        with self.changed:
            assert self.changed.wait_for(lambda: re.search(pattern, self.got, re.S) or self.closed, self.patience), self.got[-500:]
            found = re.search(pattern, self.got, re.S)
            assert found, "the line is closed"
            self.got = self.got[found.end():]
            return found

    def send(self, data):
        self.socket.sendall(data)

    @staticmethod
    def packet(body):
        return b"$" + body + b"#%02x" % (sum(body) & 255)

    def reply(self):
        """The body of the next packet."""
        found = self.expect(rb"\$([^#$]*)#(..)")
        assert sum(found.group(1)) & 255 == int(found.group(2), 16)
        self.send(b"+")
        return found.group(1)

    def ask(self, body):
        """Sends a good packet; the body of the reply to it."""
        self.settle()
        self.send(self.packet(body))
        return self.reply()

    def settle(self):
        """Waits until all that was sent so far has been answered: by a question whose answer nothing else has."""
        self.number = getattr(self, "number", 0) + 1
        name = b"settle%d" % self.number
        self.send(self.packet(b"qRcmd," + name.hex().encode()))
        self.expect(rb"\$O" + b"monitor ".hex().encode() + name.hex().encode() + b"3a" + rb"[^#]*#..\+?\$OK#..")
        with self.changed:
            self.got = b""


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


@pytest.mark.parametrize("smp", [1, 4])
def test_ctrl_c_again_and_again(at_hostname, smp):
    """Right after `continue`, while GDB steps over a breakpoint where it stands."""
    g = at_hostname(after="while :; do :; done", smp=smp)
    for n in range(15):
        g.run("break *$pc")
        g.start()
        assert re.search(r"SIGINT|hit Breakpoint", g.interrupt())
        g.run("delete")
        g.start()
        assert "SIGINT" in g.interrupt()


@pytest.mark.parametrize("boot", ["pvh", "iso"])
def test_other_ways_to_boot(guest, boot):
    machine = guest("echo done", boot=boot)
    wire = Wire(machine)
    assert wire.ask(b"?").startswith(b"T05thread:8000;")
    wire.send(wire.packet(b"D"))
    assert machine.end() == (0, "done\n")


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
