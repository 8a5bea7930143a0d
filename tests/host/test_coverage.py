# SPDX-License-Identifier: GPL-2.0-only
"""make coverage (docs/coverage.md): guests leave their counts however they end, tools/coverage adds them up, and the page says so."""
import os
import re
import struct
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import VM

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
BUILD = os.path.join(ROOT, "build", "coverage")
TOOL = os.path.join(ROOT, "tools", "coverage")
HTML = "{http://www.w3.org/1999/xhtml}"
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))
from coveragepage import percent, runs, source_section, times  # noqa: E402
from gcov import BadCounts, Counts, Source, lines_of, notes_in, read_guest  # noqa: E402

GCC_12 = 0x4232322A


# ---- adding ----

def gcda(*functions, version=GCC_12, stamp=7):
    """A .gcda file of functions, each a list of counters."""
    data = struct.pack("<IIII", 0x67636461, version, stamp, 99) + struct.pack("<IIII", 0xA1000000, 8, 1, 0)
    for ident, counters in enumerate(functions):
        data += struct.pack("<IIIII", 0x01000000, 12, ident, 1, 2)
        data += struct.pack(f"<II{len(counters)}Q", 0x01A10000, 8 * len(counters), *counters)
    return data


def guest(**objects):
    """What a guest leaves that ran OBJECTS."""
    parts = (struct.pack("<I", len(name)) + name.encode() + struct.pack("<I", len(data)) + data for name, data in objects.items())
    return b"".join(parts) + struct.pack("<I", 0)


def test_guests_are_added():
    counts = Counts()
    counts.add_guest(guest(a=gcda([1, 2], [1 << 40]), b=gcda([5])))
    counts.add_guest(guest(a=gcda([10, 0], [3])))
    assert (counts.guests, counts.silent) == (2, 0)
    assert counts.objects == {"a": gcda([11, 2], [(1 << 40) + 3]), "b": gcda([5])}


def test_a_guest_that_did_not_finish_is_left_out():
    whole = guest(a=gcda([1]), b=gcda([2]))
    assert len(read_guest(whole)) == 2
    counts = Counts()
    for length in (0, 3, 10, 60, len(whole) - 4):
        counts.add_guest(whole[:length])
    assert (counts.guests, counts.silent, counts.objects) == (0, 5, {})


@pytest.mark.parametrize("second,why", [
    (gcda([1, 2, 3]), "different builds"),
    (gcda([1, 2], stamp=8), "different builds"),
    (gcda([1, 2], version=0x4137352A), "by GCC 7"),
    (gcda([1, 2])[:-1], "at 52"),
    (gcda([1, 2]) + b"rubbish!", "a record of kind"),
    (b"rubbish", "no file of"),
])
def test_what_does_not_fit_is_refused(second, why):
    counts = Counts()
    counts.add_guest(guest(a=gcda([1, 2])))
    with pytest.raises(BadCounts, match=why):
        counts.add_guest(guest(a=second))


# ---- the page ----

def test_numbers_are_short_and_honest():
    assert [times(n) for n in (1, 999, 1000, 12345, 999999, 5 * 10**9)] == ["1", "999", "1k", "12.3k", "1000k", "5G"]
    assert (percent(999, 1000), percent(9999, 10000), percent(1, 1), percent(0, 0)) == ("99.9", "99.9", "100.0", "-")
    assert runs([3, 4, 5, 9, 11, 12]) == [(3, 5), (9, 9), (11, 12)]


def test_a_source_shows_what_ran():
    source = Source("fs/x.c")
    source.lines, source.functions = {1: 3, 3: 0, 4: 0}, {(1, "first"): 3, (3, "second"): 0}
    section = ElementTree.fromstring(source_section(source, ["int first(a < b)", "", "second()", "{"]))
    lines = [(line.get("class"), line.get("id"), line.find("i").text, line.find("b").tail) for line in section.find("pre")]
    assert lines == [(None, None, "3", "int first(a < b)"), (None, None, None, None), ("m", "fs/x.c:3", "never", "second()"), ("m", None, "never", "{")]
    text = "".join(section.itertext())
    assert "33.3 % of 3 lines" in text and "Never entered: second()" in text and "Lines that never ran: 3–4" in text


# ---- guests ----

@pytest.fixture(scope="module", name="kernel")
def counting_kernel(checks):
    if "coverage" in checks:
        pytest.skip("the kernel that counts is in use")
    subprocess.run(["make", "-s", "-C", ROOT, "COVERAGE=1", "all"], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(BUILD, "paddock.elf")


def summary(*words):
    return subprocess.run([TOOL, *words], capture_output=True, text=True, check=False)


def test_guests_count_and_the_page_tells(kernel, vm, tmp_path, monkeypatch):
    """However they end: power off, panic, tools/vm ended by a signal. The numbers show that nothing is missing or counted twice."""
    monkeypatch.setenv("PADDOCK_COVERAGE", str(tmp_path))
    page = tmp_path / "page.html"
    done = summary("--counts", str(tmp_path), "--output", str(page))
    assert done.returncode == 1 and "no guest has left its counts" in done.stderr and not page.exists()
    assert vm("hostname one", kernel=kernel).status == 0
    assert vm("true", kernel=kernel, append="init=/nowhere").status == 134
    endless = subprocess.Popen([VM, "--kernel", kernel, "--boot", "pvh", "-c", "hostname two; echo ready; sleep 1000"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert endless.stdout.readline() == b"ready\n"
    endless.terminate()
    endless.wait(60)
    (tmp_path / "ended.counts").write_bytes(b"")
    done = summary("--counts", str(tmp_path), "--output", str(page))
    assert done.returncode == 0, done.stderr
    last = re.fullmatch(r"kernel: (\d+\.\d) % of (\d+),(\d+) lines", done.stdout.splitlines()[-1])
    assert 20 < float(last[1]) < 80 and int(last[2]) > 10
    assert "3 guests counted; 1 gave nothing" in done.stdout and re.search(r"^  kernel/mm +\d\d\.\d % of +\d,\d+ lines$", done.stdout, re.M)
    functions = {name: count for source in lines_of(notes_in(BUILD, ROOT), "gcov", ROOT).values() for (_, name), count in source.functions.items()}
    assert {name: functions[name] for name in ("kernel_main", "boot_from_pvh", "sys_sethostname", "sys_setdomainname", "panic")} == {
        "kernel_main": 3, "boot_from_pvh": 1, "sys_sethostname": 2, "sys_setdomainname": 0, "panic": 1}
    check_page(page, last[1])


def check_page(path, figure):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""src=|url\(|@import|href="(?!#)|https?://(?!www\.w3\.org/)""", text)
    page = ElementTree.parse(path).getroot()
    ids = {item.get("id") for item in page.iter() if item.get("id")}
    targets = {item.get("href")[1:] for item in page.iter(f"{HTML}a")}
    assert targets <= ids and {"kernel/main.c", "kernel/mm/fault.c", "fs/fs.h"} <= ids
    assert not any(name.startswith("tests/") for name in ids)
    overview = page.find(f".//{HTML}section[@id='overview']")
    assert f"{figure} % of" in "".join(overview.itertext())
    source = page.find(f".//{HTML}section[@id='kernel/main.c']")
    assert any((line.find(f"{HTML}i").text, line.find(f"{HTML}b").tail) == ("3", "void kernel_main(void)") for line in source.iter(f"{HTML}div"))
