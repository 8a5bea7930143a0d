# SPDX-License-Identifier: GPL-2.0-only
"""The shell on the build host: it is a static Linux program, so its language needs no guest to be tested.

The table of scripts is sh_cases.py; here are messages, limits, and (with pexpect) the terminal: editing, history,
completion, job control. If build/user/bin/sh does not exist it is built with musl-gcc.
"""
import glob
import os
import re
import socket
import subprocess
import sys

import pexpect
import pytest

HERE = os.path.dirname(os.path.realpath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
from sh_cases import CASES  # noqa: E402

BUILD = os.path.join(ROOT, "build")
if os.environ.get("PADDOCK_KERNEL"):
    BUILD = os.path.dirname(os.path.realpath(os.environ["PADDOCK_KERNEL"]))
SH = os.path.join(BUILD, "user", "bin", "sh")
LIMIT = 30      # seconds; far more than any case takes


@pytest.fixture(scope="session", autouse=True)
def shell():
    """The shell's path, built if need be."""
    if not os.path.exists(SH):
        os.makedirs(os.path.dirname(SH), exist_ok=True)
        sources = sorted(glob.glob(os.path.join(ROOT, "user", "sh", "*.c")))
        subprocess.run(["musl-gcc", "-static", "-O2", "-std=gnu17", "-Wall", "-Wextra", "-Werror", "-I" + ROOT,
                        "-o", SH] + sources, check=True)
    return SH


def run(*args, stdin="", directory="/", **env):
    environment = {"PATH": "/usr/bin:/bin", "HOME": "/root", "T": directory, **env}
    return subprocess.run([SH, *args], input=stdin, env=environment, cwd="/", capture_output=True, text=True,
                          timeout=LIMIT)


@pytest.mark.parametrize("name,script,out,status", CASES, ids=[case[0] for case in CASES])
def test_script(name, script, out, status, tmp_path):
    env = {"PATH": "/usr/bin:/bin", "HOME": "/root", "T": str(tmp_path)}
    done = subprocess.run(["sh", "-c", script], executable=SH, stdin=subprocess.DEVNULL, env=env, cwd="/",
                          capture_output=True, text=True, timeout=LIMIT)
    assert (done.stdout.replace(str(tmp_path), "TT"), done.returncode) == (out, status), done.stderr


@pytest.mark.parametrize("script,message,status", [
    ("foo", "sh: foo: not found", 127),
    ("/etc", "sh: /etc: Permission denied", 126),
    ("./nothing", "sh: ./nothing: not found", 127),
    ("echo a\nif", "sh: line 2: syntax error: end of file unexpected", 2),
    ("echo $(", "sh: line 1: syntax error: end of file unexpected", 2),
    ("echo ${x", "sh: line 1: syntax error: bad substitution", 2),
    ("\n\necho 'abc", "sh: line 3: syntax error: unterminated quoted string", 2),
    ("set -u; echo $nope", "sh: nope: parameter not set", 2),
    ("echo ${x:?is wanted}", "sh: x: is wanted", 2),
    ("readonly a=1; a=2; echo no", "sh: a: is read only", 2),
    ("echo $((1/0))", "sh: arithmetic: division by zero: '1/0'", 2),
    ("cd /nonexistent", "sh: cd: /nonexistent: No such file or directory", 1),
    ("echo x > /nonexistent/a", "sh: /nonexistent/a: No such file or directory", 1),
    ("set -o nothing", "sh: set: nothing: no such option", 2),
    ("command -x ls", "sh: command: -x: no such option", 2),
    ("unset 1a; echo no", "sh: unset: 1a: bad variable name", 2),
    ("echo x >&9", "sh: 9: Bad file descriptor", 1),
    ("f() { f; }; f; echo no", "sh: nested too deeply", 2),
    ("echo x > /dev/full", "sh: write error: No space left on device", 1),
])
def test_message(script, message, status):
    done = run("-c", script)
    assert (done.stderr.splitlines()[-1], done.returncode) == (message, status)


def test_script_file_and_arguments(tmp_path):
    script = tmp_path / "s"
    script.write_text("echo $# \"$2\" ${0##*/}\nset -- x\necho $1\nexit 7\n")
    done = run(str(script), "a", "b c")
    assert (done.stdout, done.returncode) == ("2 b c s\nx\n", 7)


def test_script_file_with_syntax_error(tmp_path):
    script = tmp_path / "s"
    script.write_text("echo one\necho two\nfi\n")
    done = run(str(script))
    assert done.stdout == "one\ntwo\n"
    assert done.stderr == f"sh: {script}: line 3: syntax error: 'fi' unexpected\n"
    assert done.returncode == 2


def test_missing_script():
    done = run("/nonexistent/s")
    assert done.returncode == 127 and "No such file" in done.stderr


def test_command_line_options():
    assert run("-c", "echo $0 $1", "name", "arg").stdout == "name arg\n"
    assert run("-ec", "false; echo no").returncode == 1
    assert run("-uc", "echo $nope").returncode == 2
    assert run("-xc", "echo 'a b'").stderr == "+ echo 'a b'\n"
    assert run("-o", "errexit", "-c", "false; echo no").stdout == ""
    assert run("-s", "a", "b", stdin="echo $2\n").stdout == "b\n"
    assert run("--help").stdout.startswith("usage: sh ")
    assert run("-Z").returncode == 2


def test_standard_input_is_shared_with_commands():
    assert run(stdin="read x\nfor read\necho \"$x\"\n").stdout == "for read\n"
    assert run(stdin="echo a\ncat\nto cat\n").stdout == "a\nto cat\n"


def test_help_lists_every_builtin():
    names = [line.split()[0] for line in run("-c", "help").stdout.splitlines()]
    for name in ": . [ cd echo eval exec exit export fg jobs kill read set trap wait".split():
        assert name in names
    for name in names:
        assert "built-in" in run("-c", f"type {name}").stdout


def test_memory_does_not_grow():
    script = "i=0; while [ $i -lt $1 ]; do i=$((i+1)); x=\"$i a b\"; set -- $1 $x; f() { local y=$1; }; f $x; eval 'z=$i'; " \
             "case $x in *a*) y=${x%% *};; esac; done; grep VmRSS /proc/$$/status"
    few, many = (int(re.search(r"(\d+) kB", run("-c", script, "sh", n).stdout)[1]) for n in ("500", "50000"))
    assert many < few + 400


def test_out_of_memory_is_a_message():
    done = subprocess.run(f"ulimit -v 40000; exec {SH} -c 'x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done'", shell=True,
                          capture_output=True, text=True, timeout=LIMIT)
    assert (done.stderr, done.returncode) == ("sh: out of memory\n", 2)


def test_deep_nesting_is_a_message(tmp_path):
    for text in ("(" * 200000, "echo $((" + "(" * 200000 + "1))", "echo " + "$(" * 50000, "echo " + "${x:-" * 100000):
        script = tmp_path / "deep"
        script.write_text(text + "\n")
        done = run(str(script))
        assert done.returncode == 2 and done.stderr.startswith("sh: ")


def test_many_background_jobs():
    done = run("-c", "i=0; while [ $i -lt 600 ]; do (exit 3) & i=$((i+1)); done; wait $!; echo $?; wait; jobs; echo $?")
    assert (done.stdout, done.returncode) == ("3\n0\n", 0)


def test_output_is_one_write():
    """A container's `tasks` file takes one number per write: so must echo give it. A datagram keeps writes apart."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        subprocess.run([SH, "-c", "echo 12 34; printf '%s-%s\\n' a b"], check=True, stdout=theirs)
        ours.settimeout(LIMIT)
        assert [ours.recv(100), ours.recv(100)] == [b"12 34\n", b"a-b\n"]


# ---- the terminal ----

class Terminal:
    """The shell on a pseudo-terminal, prompt `@ `."""

    def __init__(self, *args, directory="/", **env):
        env = {"PATH": "/usr/bin:/bin", "HOME": "/root", "TERM": "vt100", "PS1": "@ ", **env}
        self.child = pexpect.spawn(SH, list(args), env=env, cwd=directory, timeout=LIMIT, encoding="utf-8",
                                   dimensions=(24, 80))
        self.child.delaybeforesend = 0
        self.child.expect_exact("@ ")

    def send(self, keys):
        self.child.send(keys)

    def expect(self, pattern):
        self.child.expect(pattern)

    def run(self, keys):
        """Send keys and Enter; returns what was printed up to the next prompt."""
        self.child.send(keys + "\r")
        self.child.expect_exact("\r\n")
        self.child.expect_exact("@ ")
        return self.child.before.replace("\r\n", "\n")

    def until_running(self, name):
        """Wait until the foreground process group is that of a program called name."""
        for _ in range(LIMIT * 50):
            with open(f"/proc/{os.tcgetpgrp(self.child.child_fd)}/comm") as comm:
                if comm.read().strip() == name:
                    return
            self.child.expect([pexpect.TIMEOUT], timeout=0.02)
        raise AssertionError(f"{name} never came to the foreground")


@pytest.fixture
def terminal():
    made = []

    def make(*args, **options):
        made.append(Terminal(*args, **options))
        return made[-1]

    yield make
    for each in made:
        each.child.close(force=True)


LEFT, RIGHT, UP, DOWN, HOME, END, DELETE = ("\x1b[" + s for s in ("D", "C", "A", "B", "H", "F", "3~"))


@pytest.mark.parametrize("keys,out", [
    ("echo hello", "hello\n"),
    ("echo ac" + LEFT + "b", "abc\n"),
    ("cho x" + HOME + "e" + END + "y", "xy\n"),
    ("echo abX" + LEFT * 2 + RIGHT + DELETE + "c", "abc\n"),
    ("echo abX\x7fc\x08d", "abd\n"),
    ("junk\x15echo killed", "killed\n"),
    ("echo one two\x17three", "one three\n"),
    ("cho a b" + "\x01e\x1b[1;5C\x0b z", "z\n"),
    ("echo a b c\x01\x06\x06\x06\x06\x06\x04X\x05Y", "X b cY\n"),
    ("echo h\u00e9\u00e9" + "\x7fl", "h\u00e9l\n"),
    ("echo " + "x" * 300 + HOME + END + "y", "x" * 300 + "y\n"),
], ids=lambda value: None)
def test_line_editing(terminal, keys, out):
    assert terminal().run(keys) == out


def test_history(terminal):
    t = terminal()
    t.run("echo first")
    t.run("echo second")
    assert t.run(UP + UP) == "first\n"
    assert t.run(UP + UP + DOWN) in ("first\n", "second\n")
    assert t.run("echo third" + UP + DOWN + "!") == "third!\n"


def test_completion(terminal, tmp_path):
    (tmp_path / "some file").write_text("content\n")
    (tmp_path / "alpha-one").touch()
    (tmp_path / "alpha-two").touch()
    (tmp_path / "folder").mkdir()
    t = terminal(directory=str(tmp_path))
    assert t.run("cat so\t") == "content\n"
    assert t.run("cd fol\t && pwd -P") == f"{tmp_path}/folder\n"
    assert t.run("cd ..") == ""
    assert t.run("unali\t\x15expor\tQ=1; echo $Q") == "1\n"
    t.send("echo al\t\t")
    t.expect("alpha-one +alpha-two")
    t.send("o\t\r")
    t.expect("alpha-one \x1b?.*\r\nalpha-one\r\n")


def test_interrupt_at_the_prompt(terminal):
    t = terminal()
    t.send("echo no\x03")
    t.expect(r"\^C\r\n@ ")
    assert t.run("echo $?") == "130\n"


def test_interrupt_ends_a_loop_of_the_shell(terminal):
    t = terminal()
    t.send("while :; do echo turn; done\r")
    t.expect("turn\r\nturn")
    t.send("\x03")
    t.expect(r"\^C\r\n(?s:.*)@ $")
    assert t.run("echo $?") == "130\n"


def test_interrupt_ends_a_loop_of_programs(terminal):
    t = terminal()
    t.send("for i in 1 2 3; do sleep 100; done; echo no\r")
    t.until_running("sleep")
    t.send("\x03")
    t.expect("@ ")
    assert "no" not in t.child.before.split("\n", 1)[1]
    assert t.run("echo $?") == "130\n"


def test_stop_background_foreground(terminal):
    t = terminal()
    t.send("sleep 100\r")
    t.until_running("sleep")
    t.send("\x1a")
    t.expect(r"\[1\]\+  Stopped +sleep 100\r\n@ ")
    assert t.run("echo $?") == f"{128 + 20}\n"
    assert re.search(r"^\[1\]\+  Stopped +sleep 100\n", t.run("jobs"))
    assert t.run("bg") == "[1]+ sleep 100 &\n"
    assert re.search(r"Running +sleep 100 &\n", t.run("jobs"))
    t.send("fg %1\r")
    t.until_running("sleep")
    t.send("\x03")
    t.expect("@ ")
    assert t.run("jobs") == ""


def test_stop_a_pipeline_and_kill_it(terminal):
    t = terminal()
    t.send("echo a | { sleep 100; cat; }\r")
    t.expect("\r\n")
    for _ in range(500):
        if subprocess.run(["pgrep", "-s", str(t.child.pid), "sleep"], capture_output=True).stdout:
            break
        t.child.expect([pexpect.TIMEOUT], timeout=0.02)
    t.send("\x1a")
    t.expect(r"Stopped +echo a \| { sleep 100; cat; }")
    t.expect("@ ")
    assert t.run("kill %1; wait %1; echo $?") == f"{128 + 15}\n"


def test_background_notice(terminal):
    t = terminal()
    assert re.fullmatch(r"\[1\] \d+\n", t.run("(sleep 0.3; exit 3) &"))
    assert re.search(r"\[1\]\+  Done\(3\) +\(sleep 0.3; exit 3\)\n", t.run("sleep 0.8") + t.run(""))
    assert t.run("jobs") == ""


def test_continued_command_and_error_recovery(terminal):
    t = terminal()
    t.send("if true\r")
    t.expect("> $")
    assert t.run("then echo yes; fi") == "yes\n"
    assert "syntax error" in t.run("echo a; fi")
    assert "not set" in t.run("f() { local x=1; echo ${y?not set}; }; f >/dev/null; echo no")
    assert t.run("echo $? still here $x") == "2 still here\n"


def test_programs_get_a_normal_terminal(terminal):
    t = terminal()
    assert "-icanon" not in t.run("stty -a")
    t.send("cat\r")
    t.until_running("cat")
    t.send("typed\r")
    t.expect("typed\r\ntyped\r\n")
    t.send("\x04")
    t.expect("@ ")
    assert "-icanon" in t.run("stty -icanon; stty -a; stty sane")


def test_end_of_file_leaves(terminal):
    t = terminal()
    t.run("(exit 4)")
    t.send("\x04")
    t.child.expect(pexpect.EOF)
    t.child.close()
    assert t.child.exitstatus == 4


def test_stopped_jobs_are_a_warning_before_leaving(terminal):
    t = terminal()
    t.send("sleep 100\r")
    t.until_running("sleep")
    t.send("\x1a")
    t.expect("Stopped")
    t.expect("@ ")
    assert "stopped jobs" in t.run("exit")
    t.send("exit 0\r")
    t.child.expect(pexpect.EOF)


def test_dumb_terminal(terminal):
    t = terminal(TERM="dumb")
    assert t.run("echo plain") == "plain\n"
    assert "-icanon" not in t.run("stty -a")
    t.send("echo no\x03")
    t.expect("@ ")
    assert "\x1b" not in t.run("echo $?")


def test_prompt_shows_the_directory(terminal):
    t = terminal(PS1=r"\w@ ")
    assert t.run("cd /usr") == "/usr"


def test_login_shell_reads_profile(tmp_path, terminal):
    (tmp_path / ".profile").write_text("PS1='in@ '; A=5\n")
    t = terminal("-l", HOME=str(tmp_path))
    assert t.run("echo $A") == "5\nin"
