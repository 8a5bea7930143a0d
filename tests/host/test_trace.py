# SPDX-License-Identifier: GPL-2.0-only
"""The trace from end to end: events of a guest with many CPUs, and tools/trace on traces whose sums are known."""
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
TOOL = os.path.join(ROOT, "tools", "trace")
BUILD = os.path.dirname(os.path.realpath(os.environ.get("PADDOCK_KERNEL", os.path.join(ROOT, "build", "paddock.elf"))))
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))
from tracefile import Trace, read_records  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
HTML = "{http://www.w3.org/1999/xhtml}"

# Two CPUs for 10 ms. Task 5 (a) has CPU 0 for 6 ms, task 6 (b) CPU 1 for 4 ms; at 8 ms a is moved to b's class and CPU.
KNOWN = r"""
1.000000000 0 1 sh mark: text=container\040cpuset,cpu:/\040cpuset.cpus=0-1
1.000000000 0 1 sh mark: text=container\040cpuset,cpu:/one\040cpuset.cpus=0\040cpu.shares=1024
1.000000000 0 1 sh mark: text=container\040cpuset,cpu:/two\040cpuset.cpus=1\040cpu.shares=3072
1.000000000 0 1 sh mark: text=container\040memory:/one\040memory.limit_in_bytes=8388608\040memory.usage_in_bytes=1048576
1.000000000 0 1 sh mark: text=task\0405\040cpuset,cpu:/one
1.000000000 0 1 sh mark: text=task\0406\040cpuset,cpu:/two
1.000000000 0 1 sh mark: text=begin\040measure
1.000000000 0 1 sh sched_switch: prev_state=S next_pid=5 next_comm=a
1.000000000 1 0 swapper/1 sched_switch: prev_state=R next_pid=6 next_comm=b
1.002000000 0 5 a sched_wakeup: pid=7 cpu=1
1.002000000 0 5 a page_fault: addr=0x1000 ip=0x2000 flags=0x3
1.004000000 1 6 b sched_switch: prev_state=S next_pid=0 next_comm=swapper/1
1.006000000 0 5 a sched_switch: prev_state=R next_pid=1 next_comm=sh
1.007900000 1 0 swapper/1 sched_switch: prev_state=R next_pid=5 next_comm=a
1.008000000 0 1 sh container_attach: pid=5 took=200000 from=cpuset,cpu:/one to=cpuset,cpu:/two
1.009000000 1 5 a exec: uid=1001 file=/bin/<&>"
1.010000000 0 1 sh mark: text=end\040measure
1.010000000 0 1 sh mark: text=container\040memory:/one\040memory.usage_in_bytes=4194304
""".lstrip()


def run(*args, text=KNOWN):
    return subprocess.run([TOOL, *args], input=text, capture_output=True, text=True, check=False)


def known():
    return Trace(read_records(KNOWN.splitlines()))


# ---- reading ----

def test_pieces_follow_switches_and_moves():
    pieces = [(p.cpu, p.comm, p.length // 1000, (p.places or {}).get("cpuset,cpu")) for p in known().pieces]
    assert pieces == [(0, "a", 6000, "/one"), (1, "b", 4000, "/two"), (0, "sh", 4000, None), (1, "a", 100, "/one"), (1, "a", 1000, "/two"),
                      (1, "a", 1000, "/two")]


def test_violations_are_found():
    assert known().violations == []            # on the new CPU while it is being moved: allowed
    late = KNOWN.replace("took=200000", "took=50000")
    found = Trace(read_records(late.splitlines())).violations
    assert [(p.pid, p.cpu, p.length, cpus) for p, cpus in found] == [(5, 1, 100000, "0")]
    stays = KNOWN.replace("1.007900000 1 0 swapper/1", "1.007900000 0 1 sh").replace("1.008000000 0 1 sh", "1.008000000 1 0 swapper/1")
    found = Trace(read_records(stays.splitlines())).violations
    assert {(p.pid, p.cpu, cpus) for p, cpus in found} == {(5, 0, "1")}       # still on the old one when it is over


def test_a_gap_is_not_filled():
    lines = KNOWN.replace("1.004000000 1", "# lost 3 records on cpu 1\n1.004000000 1")
    trace = Trace(read_records(lines.splitlines()))
    assert trace.lost == 3
    assert [p.comm for p in trace.pieces if p.cpu == 1][0] == "a"          # how long b ran is not known


# ---- JSON ----

def check_json(data):
    """The shape that viewers expect; returns the slices."""
    events = data["traceEvents"]
    opened = {}
    for event in events:
        assert event["ph"] in "MXisfC" and isinstance(event["pid"], int), event
        if event["ph"] != "M":
            assert event["ts"] >= 0 and event["name"], event
        if event["ph"] == "X":
            assert event["dur"] > 0 and isinstance(event["tid"], int), event
        if event["ph"] == "s":
            opened[event["id"]] = event["ts"]
        if event["ph"] == "f":
            assert event["bp"] == "e" and opened.pop(event["id"]) <= event["ts"], event
    assert not opened
    slices = [e for e in events if e["ph"] == "X"]
    last = {}
    for piece in slices:                        # a CPU does one thing at a time
        assert piece["ts"] >= last.get(piece["tid"], 0) - 0.001, piece
        last[piece["tid"]] = piece["ts"] + piece["dur"]
    return slices


def test_json(tmp_path):
    out = tmp_path / "t.json"
    done = run("-", "-o", str(out))
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    data = json.loads(out.read_text())
    slices = check_json(data)
    assert sum(s["dur"] for s in slices) == pytest.approx(6000 + 4000 + 4000 + 2100)
    names = {(e["tid"], e["args"]["name"]) for e in data["traceEvents"] if e["name"] == "thread_name"}
    assert names == {(0, "CPU 0"), (1, "CPU 1")}
    fault = [e for e in data["traceEvents"] if e["name"] == "page_fault"]
    assert len(fault) == 1 and fault[0]["ph"] == "i" and fault[0]["args"]["addr"] == "0x1000"
    assert [e["args"]["value"] for e in data["traceEvents"] if e["ph"] == "C" and e["name"].endswith("usage_in_bytes")] == [1048576, 4194304]


# ---- the page ----

def check_page(path):
    """Well-formed, complete in itself, and its sums agree; returns {class: ns} of its table."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""(src|href)=|url\(|@import|https?://(?!www\.w3\.org/)""", text)
    page = ElementTree.parse(path).getroot()
    table = page.find(f".//{HTML}table[@id='classes']")
    rows = {row.get("data-class"): int(row.get("data-ns")) for row in table.iter(f"{HTML}tr") if row.get("data-class")}
    drawn = {}
    for shape in page.iter(f"{SVG}path"):
        if shape.get("data-class"):
            drawn[shape.get("data-class")] = drawn.get(shape.get("data-class"), 0) + int(shape.get("data-ns"))
    span, cpus = int(table.get("data-span")), int(table.get("data-cpus"))
    assert sum(rows.values()) <= span * cpus * 1.0001
    for name, ns in drawn.items():             # the picture is about the whole trace, the table about a part of it
        assert ns >= rows.get(name, 0) * 0.9999 - 1000, name
    for picture in page.iter(f"{SVG}svg"):
        width = float(picture.get("viewBox").split()[2])
        for words in picture.iter(f"{SVG}text"):
            assert 0 <= float(words.get("x")) <= width
    return rows


def test_page(tmp_path):
    out = tmp_path / "t.html"
    done = run("-", "-o", str(out), "--title", "A <title> & more", "--about", 'what "it" is', "--summary")
    assert done.returncode == 0 and done.stderr == ""
    rows = check_page(out)
    assert rows == {"one": 6100000, "two": 6000000, "(top)": 4000000}
    text = out.read_text()
    assert "A &lt;title&gt; &amp; more" in text and "configured: 25.0 %" in text and "limit: 8.0 MiB" in text
    lines = [re.split(r" {2,}", line) for line in done.stdout.splitlines()]
    assert lines[1] == ["one", "0", "25.0 %", "30.5 %", "-", "8.0 MiB", "4.0 MiB", "0"]
    assert lines[2] == ["two", "1", "75.0 %", "30.0 %", "-", "-", "-", "0"]


def test_page_without_containers(tmp_path):
    out = tmp_path / "t.html"
    done = run("-", "-o", str(out), text="2.000000000 0 1 a sched_switch: prev_state=S next_pid=2 next_comm=b\n"
                                         "3.000000000 0 2 b sched_switch: prev_state=S next_pid=1 next_comm=a\n")
    assert done.returncode == 0, done.stderr
    assert check_page(out) == {"b": 10**9}


# ---- bad input ----

@pytest.mark.parametrize("text, words", [
    ("", "there is no record"),
    ("# lost 3 records on cpu 0\n", "there is no record"),
    ("hello\n", "line 1 is no record"),
    (KNOWN + "1.5 0 1 sh mark: text=x\n", "line 19 is no record"),
    ("1.000000000 0 1 sh exit:\n1.000000000 0 1 sh fork: parent=3\n", "a field is missing: 'child'"),
])
def test_what_is_no_trace(tmp_path, text, words):
    done = run("-", "-o", str(tmp_path / "t.json"), text=text)
    assert done.returncode == 1 and words in done.stderr and done.stderr.startswith("tools/trace: -: ") and "Traceback" not in done.stderr
    assert not os.listdir(tmp_path)


def test_wrong_usage(tmp_path):
    assert run(str(tmp_path / "none"), "--summary").stderr == f"tools/trace: {tmp_path}/none: No such file or directory\n"
    assert "must end in .json or .html" in run("-", "-o", "x.txt").stderr
    assert "nothing to do" in run("-").stderr
    assert run("-", "-o", str(tmp_path / "no" / "t.json")).returncode == 1
    assert run("--help").returncode == 0


# ---- guests ----

def test_a_real_trace(vm, tmp_path):
    done = vm("for i in 1 2 3; do seq 200 | sort | wc -l; done >/dev/null; echo none > /proc/trace_events; cat /proc/trace", smp=4,
              append="trace=all trace_buf=4M")
    assert done.status == 0, done
    for name in ("t.json", "t.html"):
        result = run("-", "-o", str(tmp_path / name), text=done.out)
        assert result.returncode == 0, result.stderr
    slices = check_json(json.loads((tmp_path / "t.json").read_text()))
    assert {"sort", "seq", "wc"} <= {s["name"] for s in slices}
    check_page(tmp_path / "t.html")
    assert "# lost" not in done.out


def test_a_trace_from_the_command_line_on(vm):
    done = vm("cat /proc/trace", append="trace=exec,fork trace_buf=64K")
    words = [line.split(" ") for line in done.out.splitlines()]
    assert words[0][2:] == ["1", "init", "exec:", "uid=0", "file=/init"], done
    assert words[-1][3:] == ["cat", "exec:", "uid=0", "file=/bin/cat"], done


def test_all_events_on_eight_cpus(vm):
    """Several read while everything is recorded: each line is well formed, and time does not go back."""
    done = vm("/tests/trace storm 4", smp=8, add=[f"{BUILD}/tests/guest/trace:/tests/trace"], timeout=120)
    assert done.status == 0 and "not ok" not in done.out, done
