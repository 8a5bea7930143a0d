# SPDX-License-Identifier: GPL-2.0-only
"""What the host tests share.

    def test_x(vm):
        done = vm("echo hi", smp=4)            # one guest that runs a command and ends
        assert (done.status, done.out) == (0, "hi\\n")

    def test_y(console):
        c = console(mem="64M")                 # one guest with a person at the console
        assert c.run("echo hi") == "hi"
        c.send("cat\\r"); c.key("c"); c.prompt()

Options are tools/vm's, by name: smp=4, add=["f:/f"], icount=True. `scale` stretches time limits by how long a guest takes to
boot here and now; a test that waits on its own must use it. PADDOCK_KERNEL chooses another build. `checks` is what that kernel checks; a
test that can't hold on some of them says so:

    @pytest.mark.not_with("kasan", reason="counts instructions")
    @pytest.mark.only_with("lockdep")
    @pytest.mark.usual_kernel(reason="make builds its own")
"""
import os
import re
import signal
import subprocess
import sys
import time

import pexpect
import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tests", "lib"))
import build  # noqa: E402
from complaint import COMPLAINT  # noqa: E402

VM = os.path.join(ROOT, "tools", "vm")
REFERENCE_BOOT = 0.6    # as in tests/run
PROMPT = "vm-prompt> "


def words_for(options):
    """The keyword options of a fixture as words for tools/vm."""
    words = []
    kernel = os.environ.get("PADDOCK_KERNEL")
    if kernel and "kernel" not in options:
        words += ["--kernel", kernel]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            words.append(option)
        elif isinstance(value, (list, tuple)):
            words += [f"{option}={item}" for item in value]
        elif value is not None and value is not False:
            words.append(f"{option}={value}")
    return words


class Done:
    """How a guest ended: status, out and err as text, raw the output's bytes."""

    def __init__(self, status, raw, err):
        self.status, self.raw = status, raw
        self.out = raw.decode(errors="surrogateescape")
        self.err = err.decode(errors="replace")

    def __repr__(self):
        return f"<status {self.status}\n--- out\n{self.out}--- err\n{self.err}>"


def run_vm(command, timeout, **options):
    words = [VM, *words_for(options), "--timeout", f"{timeout:.0f}"]
    if command is not None:
        words += ["-c", command]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=timeout + 30)
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(10)
    assert not COMPLAINT.search(err.decode(errors="replace")), err.decode(errors="replace")
    return Done(process.returncode, out, err)


@pytest.fixture(scope="session")
def scale():
    """How much longer than usual things take here; 1.0 at least."""
    known = os.environ.get("PADDOCK_TEST_SCALE")
    if known:
        return float(known)
    start = time.monotonic()
    done = run_vm("echo booted", 120)
    assert done.out == "booted\n", done
    return max(1.0, (time.monotonic() - start) / REFERENCE_BOOT)


KERNEL = os.environ.get("PADDOCK_KERNEL") or os.path.join(ROOT, "build", "paddock.elf")
CHECKS = build.checks(KERNEL)


@pytest.fixture(scope="session")
def checks():
    """The set of what the kernel checks: words of tests/lib/build.py."""
    return CHECKS


def pytest_configure(config):
    config.addinivalue_line("markers", "not_with(*checks, reason): skipped on a kernel that checks one of these")
    config.addinivalue_line("markers", "only_with(*checks): skipped on a kernel that does not check all of these")
    config.addinivalue_line("markers", "usual_kernel(reason): skipped on a kernel that is not the usual one")


def pytest_runtest_setup(item):
    for mark in item.iter_markers("not_with"):
        if CHECKS & set(mark.args):
            pytest.skip(f"not with {', '.join(sorted(CHECKS & set(mark.args)))}: {mark.kwargs['reason']}")
    for mark in item.iter_markers("only_with"):
        if set(mark.args) - CHECKS:
            pytest.skip(f"only with {', '.join(sorted(set(mark.args) - CHECKS))}")
    for mark in item.iter_markers("usual_kernel"):
        if CHECKS:
            pytest.skip(f"only with the usual kernel: {mark.kwargs['reason']}")


@pytest.fixture
def vm(scale):
    """vm(command, **options) runs a guest to its end. timeout= is in seconds before scaling."""
    def run(command, timeout=60, **options):
        return run_vm(command, timeout * scale, **options)
    return run


class Console:
    """A guest's console with a shell's prompt on it."""

    def __init__(self, timeout, options):
        self.child = pexpect.spawn(VM, words_for(options), timeout=timeout, encoding="utf-8", codec_errors="replace",
                                   dimensions=(24, 200), echo=False)
        self.child.delaybeforesend = None
        self.child.expect(r"[#$] $")
        # The quotes keep the prompt's text out of the echo of this line.
        self.child.send(f"export PS1='{PROMPT[:3]}''{PROMPT[3:]}'\r")
        self.prompt()
        self.run("stty cols 1000")      # so that no echo is broken into lines

    def prompt(self, timeout=-1):
        """Waits for the prompt; returns what came before it, as lines joined by newlines."""
        self.child.expect_exact(PROMPT, timeout=timeout)
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.child.before).replace("\r", "")

    def run(self, line, timeout=-1):
        """Types LINE and returns its output, without the echo and the last newline."""
        self.child.send(line + "\r")
        text = self.prompt(timeout)
        return text.partition("\n")[2].removesuffix("\n")

    def send(self, text):
        self.child.send(text)

    def key(self, letter):
        """A control key: key('c') is ^C."""
        self.child.sendcontrol(letter)

    def expect(self, pattern, timeout=-1):
        """Waits for a regular expression; returns the match."""
        self.child.expect(pattern, timeout=timeout)
        return self.child.match

    def end(self, timeout=-1):
        """Waits for the guest to end; returns tools/vm's exit status."""
        self.child.expect(pexpect.EOF, timeout=timeout)
        self.child.wait()
        return self.child.exitstatus

    def close(self):
        if self.child.isalive():
            self.child.kill(signal.SIGTERM)
            try:
                self.child.expect(pexpect.EOF, timeout=10)
            except pexpect.TIMEOUT:
                pass
        self.child.close(force=True)


@pytest.fixture
def console(scale):
    """console(**options) starts a guest and gives its Console. timeout= is the default patience, before scaling."""
    opened = []

    def start(timeout=30, **options):
        opened.append(Console(timeout * scale, options))
        return opened[-1]

    yield start
    for c in opened:
        c.close()
