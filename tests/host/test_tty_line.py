# SPDX-License-Identifier: GPL-2.0-only
"""Typed lines: what a program reads of them, and what is echoed, byte by byte.

Each case of CASES runs twice: on a pseudo terminal of the host's Linux, which shows that the case is right, and at Paddock's console.
tests/guest/tty_line.c is the program that reads.
"""
import os
import subprocess
import termios

import pexpect
import pytest

from conftest import ROOT

TARGET = "build/tests/guest/tty_line"       # the same for every kernel
PROGRAM = os.path.join(ROOT, TARGET)
ICANON, ECHO, ECHOE, ECHOK, ECHONL, ISIG = (getattr(termios, n) for n in "ICANON ECHO ECHOE ECHOK ECHONL ISIG".split())
ECHOCTL, ECHOKE, IEXTEN, ICRNL, INLCR, IGNCR, IUTF8 = 0o1000, 0o4000, termios.IEXTEN, termios.ICRNL, termios.INLCR, termios.IGNCR, 0o40000
USUAL = ICANON | ISIG | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN
RUB = "\b \b"


class Case:
    """TYPED goes to a program that reads SIZES; it must get READS, and ECHO must come back (None: not looked at)."""

    def __init__(self, name, typed, reads, echo=None, sizes=None, iflag=ICRNL, lflag=USUAL, vmin=1, vtime=0, eol=0, when="now", later=""):
        self.name, self.typed, self.reads, self.echo, self.later = name, typed, reads, echo, later
        self.words = [str(n) for n in (iflag, lflag, vmin, vtime, eol)] + [when] + [str(n) for n in sizes or [100] * len(reads)]


CASES = [
    Case("a line", "abc\n", ["abc\n"], "abc\r\n"),
    Case("erase", "abx\x7fc\n", ["abc\n"], f"abx{RUB}c\r\n"),
    Case("erase at the beginning does nothing", "\x7f\x7fab\n", ["ab\n"], "ab\r\n"),
    Case("erase of a control character takes both columns", "a\x02\x7fb\n", ["ab\n"], f"a^B{RUB}{RUB}b\r\n"),
    Case("erase of a character of two bytes", "a\u00e9\x7fb\n", ["ab\n"], f"a\u00e9{RUB}b\r\n", iflag=ICRNL | IUTF8),
    Case("erase without ECHOE shows the key", "ax\x7fb\n", ["ab\n"], None, lflag=USUAL & ~ECHOE),
    Case("erase without ECHO", "ax\x7fb\n", ["ab\n"], "", lflag=USUAL & ~ECHO),
    Case("kill", "abc\x15d\n", ["d\n"], f"abc{RUB * 3}d\r\n"),
    Case("kill without ECHOKE ends the line on the screen", "abc\x15d\n", ["d\n"], "abc^U\r\nd\r\n", lflag=USUAL & ~ECHOKE),
    Case("nor that without ECHOK", "abc\x15d\n", ["d\n"], "abc^Ud\r\n", lflag=USUAL & ~ECHOKE & ~ECHOK),
    Case("word erase", "one two  \x17x\n", ["one x\n"], f"one two  {RUB * 5}x\r\n"),
    Case("word erase stops at what is no word", "a/b.c\x17x\n", ["a/b.x\n"], f"a/b.c{RUB}x\r\n"),
    Case("word erase is of IEXTEN", "a b\x17\n", ["a b\x17\n"], "a b^W\r\n", lflag=USUAL & ~IEXTEN),
    Case("literal next", "a\x16\x7fb\x16\x03\n", ["a\x7fb\x03\n"]),
    Case("literal newline ends no line", "a\x16\nb\n", ["a\nb\n"]),
    Case("reprint", "ab\x12c\n", ["abc\n"], "ab^R\r\nabc\r\n"),
    Case("end of file at the beginning", "\x04", [""], ""),
    Case("end of file in the middle ends the read", "abc\x04def\n", ["abc", "def\n"], "abcdef\r\n"),
    Case("twice in the middle", "abc\x04\x04x\n", ["abc", "", "x\n"]),
    Case("end of file after a read as long as the line", "abc\x04d\n", ["abc", "d\n"], sizes=[3, 100]),
    Case("a literal end of file is a character", "a\x16\x04b\n", ["a\x04b\n"]),
    Case("another end of line", "ab;cd\n", ["ab;", "cd\n"], "ab;cd\r\n", eol=ord(";")),
    Case("reads smaller than the line", "abcdef\n", ["ab", "cde", "f\n"], sizes=[2, 3, 100]),
    Case("a read of the line without its end", "abc\nd\n", ["abc", "\n", "d\n"], sizes=[3, 100, 100]),
    Case("two lines, one read each", "a\nb\n", ["a\n", "b\n"]),
    Case("ECHONL without ECHO", "abc\n", ["abc\n"], "\r\n", lflag=(USUAL & ~ECHO) | ECHONL),
    Case("control characters without ECHOCTL", "a\x02b\n", ["a\x02b\n"], "a\x02b\r\n", lflag=USUAL & ~ECHOCTL),
    Case("tab and its erase", "a\t\x7fb\n", ["ab\n"]),
    Case("ICRNL", "a\rb\n", ["a\n", "b\n"], "a\r\nb\r\n"),
    Case("no ICRNL", "a\rb\n", ["a\rb\n"], "a^Mb\r\n", iflag=0),
    Case("IGNCR", "a\rb\n", ["ab\n"], "ab\r\n", iflag=IGNCR),
    Case("IGNCR goes before ICRNL", "a\rb\n", ["ab\n"], "ab\r\n", iflag=IGNCR | ICRNL),
    Case("INLCR", "a\nb\x04", ["a\rb"], "a^Mb", iflag=INLCR),
    Case("INLCR and ICRNL exchange them", "a\nb\r", ["a\rb\n"], "a^Mb\r\n", iflag=INLCR | ICRNL),
    Case("a line of 4095 and its end", "x" * 4095 + "\n", ["x" * 4095 + "\n"], None, sizes=[8000], lflag=USUAL & ~ECHO),
    Case("a longer line is cut", "x" * 4200 + "\n", ["x" * 4095 + "\n"], "", sizes=[8000], lflag=USUAL & ~ECHO),
    Case("FIONREAD counts whole lines", "ab\ncd", [(3, "ab\n")], when="count"),
    Case("FIONREAD does not count an end of file", "abc\x04", [(3, "abc")], when="count"),
    Case("TCSAFLUSH drops what was not read", "old\n", ["new\n"], when="flush", later="new\n"),
    Case("raw: every character at once", "\x7f\x15\x04\r\n", ["\x7f\x15\x04\r\n"], "", iflag=0, lflag=0, vmin=5),
    Case("raw with echo", "a\x04b", ["a\x04b"], "a\x04b", iflag=0, lflag=ECHO, vmin=3),
    Case("raw: MIN characters or as many as fit", "abcd", ["ab", "cd"], iflag=0, lflag=0, vmin=4, sizes=[2, 2]),
    Case("raw: MIN is met, not the size", "abc", ["abc"], iflag=0, lflag=0, vmin=3, sizes=[100]),
    Case("raw: MIN 0 and TIME 0 do not wait", "", [""], iflag=0, lflag=0, vmin=0),
    Case("raw: MIN 0 waits for TIME", "", [""], iflag=0, lflag=0, vmin=0, vtime=2),
    Case("raw: TIME between characters ends a read", "ab", ["ab"], iflag=0, lflag=0, vmin=4, vtime=20),
    Case("from raw to lines: what was typed stays readable", "abc", ["a", "bc"], iflag=0, lflag=0, sizes=[1, 100], when="part"),
]


def expected(case):
    """The text of the results, as tty_line.c makes it."""
    words = []
    for read in case.reads:
        count, text = read if isinstance(read, tuple) else (None, read)
        data = text.encode()
        shown = data if len(data) <= 64 else data[:4] + data[-4:]
        words.append(("" if count is None else f"({count})") + f"{len(data)}:{shown.hex()}")
    return " ".join(words)


def converse(child, case, wrong):
    """Types, once the program is ready; returns what it read and what was echoed."""
    child.expect_exact("<ready>")
    child.send(case.typed)
    if case.later and "flush" in case.words:
        child.expect_exact("<flushed>")
        child.send(case.later)
    elif case.later:
        child.send(case.later)
    assert child.expect(["<read (.*?) ?>\r*\n", pexpect.TIMEOUT]) == 0, f"{case.name}: no result; after {child.before!r}, wrong so far: {wrong}"
    return child.match.group(1), child.before


def problems(case, got, echo):
    if got != expected(case):
        yield f"{case.name}: read {got!r}, expected {expected(case)!r}"
    if case.echo is not None and echo != case.echo:
        yield f"{case.name}: echoed {echo!r}, expected {case.echo!r}"


@pytest.fixture(scope="module", autouse=True)
def program():
    subprocess.run(["make", "-s", "-C", ROOT, TARGET], check=True, stdin=subprocess.DEVNULL)


def test_on_linux(scale):
    """The cases describe Linux."""
    wrong = []
    for case in CASES:
        child = pexpect.spawn(PROGRAM, case.words, timeout=30 * scale, encoding="utf-8", codec_errors="replace", echo=True)
        child.delaybeforesend = None
        wrong += problems(case, *converse(child, case, wrong))
        child.close(force=True)
    assert not wrong, "\n".join(wrong)


def test_on_paddock(console):
    """And Paddock is like it."""
    c = console(timeout=10, add=[f"{PROGRAM}:/bin/tty_line"])
    wrong = []
    for case in CASES:
        c.send(f"\x15tty_line {' '.join(case.words)}\r")
        got, echo = converse(c.child, case, wrong)
        wrong += problems(case, got, echo.replace("\r\n", "\n"))     # tools/vm's own terminal makes two of each \n
        c.prompt()
    assert not wrong, "\n".join(wrong)
