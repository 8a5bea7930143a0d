# SPDX-License-Identifier: GPL-2.0-only
"""The kernel's own GDB stub, by a real GDB. (test_gdb_wire.py: by bytes that no GDB would send.)"""
import re

import pytest
from conftest import CHECKS
from gdb_guests import NEEDS_GDB, at_hostname, connect, guest, stub  # noqa: F401

ASLEEP = "sleep 1000 & until grep -q 'State:.*S' /proc/$!/status; do :; done"
# A per-CPU variable of the CPU that the selected thread is on: type, name.
THIS_CPU = "*({} *)((char *)&percpu_{} + $gs_base)"

pytestmark = NEEDS_GDB


def runs_free(g):
    """Are interrupts on and is the trap flag off, in the selected thread?"""
    flags = g.run("print $eflags")
    return " IF " in flags and " TF " not in flags


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


@pytest.mark.not_with("nocontainers", reason="it shows containers")
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
    assert ("no lock is held" if "lockdep" in CHECKS else "LOCKDEP=1") in g.run("monitor locks")
    assert "no such command" in g.run("monitor frobnicate")
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.only_with("lockdep")
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
        assert "cpu_halt_forever" in g.run("backtrace")     # (the ^C may come on the stub's way out, which is above it then)


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
    assert "Kernel panic: " in g.guest.text() and "end Kernel panic" in g.guest.text()


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


@pytest.mark.not_with("coverage", reason="counters move the lines of the source")
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
        g.run(f"hbreak *(sys_sysinfo + {n})")          # (where it does not stand: it steps off a breakpoint first)
    assert "Could not insert hardware breakpoint" in g.go()
    g.run("delete")
    for n in range(5):                                 # a program's text: a register each, too
        g.run(f"break *(0x400000 + {n})")
    assert "Cannot insert breakpoint" in g.go()
    g.detach()
    assert g.guest.end() == (0, "done\n")


@pytest.mark.only_with("kasan")
def test_breakpoints_in_the_checker(at_hostname):
    """The stub's own loads and stores are checked, too, on its way to lift a breakpoint: one in the check would come back for ever."""
    g = at_hostname()
    for place in ("__asan_load8_noabort", "__asan_store1_noabort", "kasan_first_bad"):
        g.run("delete")
        g.run(f"break *{place}")
        assert "Cannot insert breakpoint" in g.go(), place
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


@pytest.mark.not_with("kasan", "kcsan", reason="many thousand steps, if each access is checked")
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


@pytest.mark.not_with("coverage", "kcsan", reason="what counts or checks is called between the lines")
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


@pytest.mark.not_with("kcsan", reason="the checker calls some of these in traps and NMIs, before the stub can take them out")
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
