# SPDX-License-Identifier: GPL-2.0-only
"""How GDB comes to a guest: .gdbinit, `make debug` and `make debug-server` typed at a terminal, the files for editors."""
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import time

import pexpect
import pytest
from conftest import KERNEL, ROOT
from gdb_guests import DEBUG, HELPERS, NEEDS_GDB, session  # noqa: F401

pytestmark = [NEEDS_GDB, pytest.mark.not_with("coverage", reason="wants what make leaves in build/, and code as it is without counters")]


# ---- .gdbinit ----

def gdb_at_home(tmp_path, scale, *words, safe=True, **env):
    """`gdb` as somebody starts it in the project's folder, with the line that README gives in their configuration, or without."""
    config = tmp_path / "home" / ".config" / "gdb"
    config.mkdir(parents=True, exist_ok=True)
    (config / "gdbinit").write_text(f"add-auto-load-safe-path {ROOT}/.gdbinit\n" if safe else "")
    env = dict(os.environ, HOME=str(tmp_path / "home"), DEBUGINFOD_URLS="", **env)
    env.pop("XDG_CONFIG_HOME", None)
    done = subprocess.run(["gdb", "-batch", *words], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=60 * scale)
    assert "Traceback" not in done.stdout and "Python Exception" not in done.stdout, done.stdout
    return done.stdout


def test_gdbinit_without_a_guest(tmp_path, scale):
    """One line says what to do; symbols and helpers are there. Another program on GDB's command line is left alone."""
    out = gdb_at_home(tmp_path, scale, "-ex", "info line kernel_main", "-ex", "help pd-ps", "-ex", "pd-ps", PADDOCK_DEBUG=str(tmp_path / "none"))
    assert out.count("make debug-server") == 1 and out.startswith("Paddock: no guest waits"), out
    assert "kernel/main.c" in out and "List all tasks" in out and "pd-ps: no guest is connected" in out, out
    out = gdb_at_home(tmp_path, scale, "-ex", "info files", shutil.which("env"), PADDOCK_DEBUG=str(tmp_path / "none"))
    assert "Paddock" not in out and "bin/env" in out, out
    out = gdb_at_home(tmp_path, scale, safe=False, PADDOCK_DEBUG=str(tmp_path / "none"))
    assert f"add-auto-load-safe-path {ROOT}/.gdbinit" in out and "Paddock:" not in out, out


def test_gdbinit_connects(session, tmp_path, scale):
    """`gdb` alone finds the guest of make debug-server; when it has left, the guest goes on, and the next one finds it running."""
    s = session(run=())
    s.wait()
    out = gdb_at_home(tmp_path, scale, "-ex", "bt", "-ex", "thbreak sys_sethostname", "-ex", "continue", PADDOCK_DEBUG=s.folder)
    assert "start_multiboot () at boot/start.asm" in out and "hit Temporary breakpoint 1, sys_sethostname" in out, out
    out = gdb_at_home(tmp_path, scale, "-ex", "pd-ps", PADDOCK_DEBUG=s.folder)
    assert " init " in out and " sleep " in out or " hostname " in out, out
    again = subprocess.run([DEBUG, "--server"], env=s.env, capture_output=True, text=True, timeout=60 * scale)
    assert again.returncode == 125 and "a guest waits for GDB already" in again.stderr, again


# ---- make debug ----

@pytest.fixture
def terminal(scale):
    opened = []

    def start(command, **env):
        child = pexpect.spawn(command, cwd=ROOT, env=dict(os.environ, DEBUGINFOD_URLS="", TERM="dumb", **env), timeout=120 * scale,
                              encoding="utf-8", codec_errors="replace", dimensions=(40, 200))
        child.delaybeforesend = None
        opened.append(child)
        return child

    yield start
    for child in opened:
        child.close(force=True)


def ask(gdb, command):
    gdb.sendline(command)
    gdb.expect(r"\(gdb\) $")
    return gdb.before


@pytest.mark.usual_kernel(reason="make builds its own")
def test_make_debug(terminal, tmp_path):
    """One terminal: GDB has it, the guest's console is read and typed through commands, ^C stops the guest and not make."""
    gdb = terminal("make debug VM='--smp 3'", PADDOCK_DEBUG=str(tmp_path))
    gdb.expect(r"\(gdb\) $")
    assert "start_multiboot () at boot/start.asm" in gdb.before
    assert "CPU#2" in ask(gdb, "info threads")
    ask(gdb, "thbreak sys_read")
    assert "sys_read (fd=0" in ask(gdb, "continue")             # the shell is there
    ask(gdb, "hbreak sys_mkdir")
    ask(gdb, "pd-type mkdir /tmp/typed; echo do''ne")
    assert re.search(r'sys_mkdir \(path=0x\w+ "/tmp/typed"', ask(gdb, "continue"))
    assert "Paddock: task containers" in ask(gdb, "pd-console -all")
    ask(gdb, "delete")
    gdb.sendline("continue")
    gdb.expect("Continuing")
    while b"done" not in (tmp_path / "console.log").read_bytes():
        assert gdb.isalive()
        time.sleep(0.1)
    gdb.sendintr()
    gdb.expect(r"\(gdb\) $")
    assert "console| done" in gdb.before and "Interrupt" in gdb.before, gdb.before
    assert "cpu_halt_until_irq" in ask(gdb, "info threads")
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)
    gdb.wait()
    assert gdb.exitstatus == 0, gdb.before
    assert not (tmp_path / "guest").exists() and not os.path.lexists(tmp_path / "gdb.sock")


@pytest.mark.usual_kernel(reason="make builds its own")
@pytest.mark.parametrize("boot", ["kernel", "pvh", "iso", "uefi"])
def test_make_debug_with_the_kernels_stub(terminal, tmp_path, boot):
    """The same session at the stub that begins late: GDB waits for it. ^C, and quit while the guest stands."""
    gdb = terminal(f"make debug BOOT={boot} VM=--gdb=kernel", PADDOCK_DEBUG=str(tmp_path))
    gdb.expect(r"\(gdb\) $")
    assert f"boot way {boot}, kernel's stub" in gdb.before and "arch_breakpoint ()" in gdb.before, gdb.before
    assert "gdb_init" in ask(gdb, "backtrace")
    ask(gdb, "break sys_read")
    assert "sys_read (fd=0" in ask(gdb, "continue")             # the shell is there
    assert re.search(r"\(sh runs on CPU \d\)", ask(gdb, "info threads"))
    ask(gdb, "delete")
    for _ in range(3):
        gdb.sendline("continue")
        gdb.expect("Continuing")
        gdb.sendintr()
        gdb.expect(r"\(gdb\) $")
        assert "SIGINT" in gdb.before, gdb.before
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)
    gdb.wait()
    assert gdb.exitstatus == 0, gdb.before
    assert not (tmp_path / "guest").exists()


def expect_last_words(gdb):
    gdb.sendline("continue")
    gdb.expect(r"\(gdb\) $")
    said = gdb.before.replace("\r", "")
    for words in (r"console\| .*Kernel panic: NULL pointer dereference at store\+0x0", r"console\| .*end Kernel panic",
                  r"0x\w+ store\+0x0 tests/unit/plant.c:\d+\n", "tools/vm: the guest panicked", "Remote connection closed"):
        assert re.search(words, said), said
    assert "waiting for GDB: run" not in said
    return said


@pytest.mark.usual_kernel(reason="make builds its own")
def test_a_panic_is_shown(terminal, tmp_path):
    """A guest that panics while it runs ends; what it said last, and what tools/vm made of it, is on the screen and not only in a file."""
    gdb = terminal("make debug VM='--append plant=null'", PADDOCK_DEBUG=str(tmp_path))
    gdb.expect(r"\(gdb\) $")
    expect_last_words(gdb)
    assert "no guest waits for GDB" in ask(gdb, "pd-connect")
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)


@pytest.mark.usual_kernel(reason="make builds its own")
def test_a_panic_stops_first_in_the_kernels_stub(terminal, tmp_path):
    gdb = terminal("make debug VM='--gdb=kernel --append plant=null'", PADDOCK_DEBUG=str(tmp_path))
    gdb.expect(r"\(gdb\) $")
    assert "Kernel panic: NULL pointer" in ask(gdb, "continue") and "store (addr=" in gdb.before, gdb.before
    expect_last_words(gdb)
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)


def test_another_kernel_than_the_file(session, tmp_path):
    """Who builds while a guest waits has symbols of another kernel, and is told."""
    copy = tmp_path / "paddock.elf"
    shutil.copy(KERNEL, copy)
    s = session(kernel=str(copy))
    s.wait()
    s.gdb()
    assert "has been built anew" not in s.head, s.head
    os.utime(copy)
    s.gdb()
    assert re.search(r"warning: \S*paddock.elf has been built anew since this guest started", s.head), s.head


def test_a_guest_that_hangs_up(tmp_path, scale):
    """The kernel's stub is waited for; if the line is closed meanwhile, that is one line and no traceback."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()
        (tmp_path / "guest").write_text(json.dumps({"kernel": KERNEL, "boot": "kernel", "stub": "kernel", "pid": os.getpid(),
                                                    "socket": str(tmp_path / "s")}))
        gdb = subprocess.Popen(["gdb", "-batch", "-nx", "-ex", f"source {HELPERS}", "-ex", "pd-connect"], stdin=subprocess.DEVNULL, text=True,
                               env=dict(os.environ, PADDOCK_DEBUG=str(tmp_path)), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        listener.settimeout(60 * scale)
        line, _ = listener.accept()
        with line:      # closed with bytes unread: a reset
            line.settimeout(60 * scale)
            line.recv(1)
        out, _ = gdb.communicate(timeout=60 * scale)
    assert out == "pd-connect: the guest has ended\n", out


@pytest.mark.usual_kernel(reason="make builds its own")
@pytest.mark.parametrize("options, place", [("BOOT=pvh", "start_pvh () at boot/start.asm"), ("VM=--gdb=kernel", "arch_breakpoint ()")])
def test_two_terminals(terminal, tmp_path, options, place):
    """make debug-server is the guest's console; gdb in another terminal stops it, and what is typed in the shell comes to a breakpoint."""
    server = terminal(f"make debug-server {options}", PADDOCK_DEBUG=str(tmp_path))
    server.expect("waiting for GDB: run `gdb`")
    gdb = terminal(f"gdb -q -nx -ex 'source {HELPERS}' -ex pd-connect", PADDOCK_DEBUG=str(tmp_path))
    gdb.expect(r"\(gdb\) $")
    assert place in gdb.before
    gdb.sendline("continue")
    server.expect("# $")
    gdb.sendintr()
    gdb.expect(r"\(gdb\) $")
    ask(gdb, "break sys_mkdir")
    gdb.sendline("continue")
    server.send("mkdir /tmp/here\r")
    gdb.expect(r'sys_mkdir \(path=0x\w+ "/tmp/here"')
    gdb.expect(r"\(gdb\) $")
    ask(gdb, "delete")
    gdb.sendline("detach")
    gdb.expect(r"detached")
    server.expect("# $")
    server.send("poweroff\r")
    server.expect(pexpect.EOF)


def test_cannot_start(tmp_path, scale):
    """What is wrong with the guest is said; GDB does not begin."""
    done = subprocess.run([DEBUG, "--boot", "kernel", "--mem", "1M"], env=dict(os.environ, PADDOCK_DEBUG=str(tmp_path)), capture_output=True,
                          text=True, stdin=subprocess.DEVNULL, timeout=60 * scale)
    assert done.returncode == 125 and "--mem 1M: too little" in done.stderr and "GNU gdb" not in done.stdout, done


# ---- editors ----

def test_editors(session):
    """compile_commands.json has every C file with a command that compiles it; VS Code's files name what is there."""
    with open(os.path.join(ROOT, "compile_commands.json")) as f:
        entries = {e["file"]: e for e in json.load(f)}
    for path in ("kernel/main.c", "fs/namei.c", "containers/attach.c", "user/ls.c", "user/sh/main.c", "tests/guest/leak.c", "tests/unit/lib_test.c"):
        words = shlex.split(entries[path]["command"])
        at = words.index("-o")
        del words[at:at + 2]
        words[words.index("-c")] = "-fsyntax-only"
        done = subprocess.run(words, cwd=entries[path]["directory"], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    with open(os.path.join(ROOT, ".vscode", "launch.json")) as f:
        launch = json.load(f)["configurations"][0]
    with open(os.path.join(ROOT, ".vscode", "tasks.json")) as f:
        tasks = {t["label"]: t for t in json.load(f)["tasks"]}
    task = tasks[launch["preLaunchTask"]]
    assert launch["program"] == "${workspaceFolder}/build/paddock.elf" and launch["miDebuggerServerAddress"] == "build/debug/gdb.sock"
    for t in tasks.values():
        done = subprocess.run(["make", "-n", *t["command"].split()[1:]], cwd=ROOT, capture_output=True, text=True)
        assert t["command"].startswith("make ") and done.returncode == 0, done.stderr
    # What the extension sends: the setup commands, the connection to the link's name, a breakpoint, run.
    s = session(run=())
    s.wait()
    while task["problemMatcher"]["background"]["endsPattern"] not in open(s.log.name).read():
        assert s.guest.poll() is None
        time.sleep(0.1)
    setup = [w for c in launch["setupCommands"] if c["text"].startswith("source") for w in ("-ex", c["text"])]
    out = s.gdb("break sys_sethostname", "continue", "pd-ps",
                start=("-nx", *setup, "-ex", f"file {KERNEL}", "-ex", f"target remote {s.folder}/gdb.sock"))
    assert "hit Breakpoint 1, sys_sethostname" in out[1] and " hostname " in out[2], s.all
