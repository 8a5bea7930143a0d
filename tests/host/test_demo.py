# SPDX-License-Identifier: GPL-2.0-only
"""The university server (docs/demo.md), a short day of it: everybody gets what was set, and the page shows it, in a real browser too."""
import json
import os
import re
import shutil
import subprocess
import sys
from html import unescape

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
pytestmark = pytest.mark.not_with("coverage", "kcsan", reason="measures what programs get, and here the kernel takes most of it")
sys.path.insert(0, os.path.join(ROOT, "tools", "lib"))
from test_trace import check_json, check_page  # noqa: E402
from traceclasses import TOP, Classes  # noqa: E402
from tracefile import Trace, read_records  # noqa: E402

TOLERANCE = 0.03            # of all CPUs: the administrator's scripts need some, too


@pytest.fixture(scope="module", name="day")
def day_fixture(scale, tmp_path_factory):
    """The folder with the page, the trace and the JSON; what the command printed."""
    build = os.path.dirname(os.environ.get("PADDOCK_KERNEL", os.path.join(ROOT, "build", "paddock.elf")))
    made = subprocess.run(["make", "-s", "-C", ROOT, f"BUILD={os.path.relpath(build, ROOT)}", "demo-programs"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run([os.path.join(ROOT, "tools", "demo", "run"), "--build", build, "--out", str(folder / "demo.html"), "--seconds", "6",
                           "--timeout", f"{240 * scale:.0f}"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


@pytest.fixture(scope="module", name="trace")
def trace_fixture(day):
    with open(day[0] / "demo.txt", encoding="utf-8") as file:
        return Trace(read_records(file))


def test_everybody_gets_the_share_that_was_set(trace):
    classes = Classes(trace)
    assert set(classes.list) >= {"professors", "students", "system"}
    for row in classes.rows():
        if row.configured:
            assert abs(row.got - row.configured) < TOLERANCE, row
            assert abs(row.got - row.accounted) < 0.01, row         # cpuacct tells the same as the trace
    assert {row.name: row.configured for row in classes.rows() if row.configured} == {"professors": 0.4, "students": 0.4, "system": 0.2}


def test_nobody_runs_outside_his_cpus(trace):
    assert trace.lost == 0
    assert [(p.comm, p.pid, p.cpu, cpus) for p, cpus in trace.violations] == []
    # It could have been seen: the same trace against other settings has many.
    trace.values["cpuset,cpu,cpuacct", "/professors", "cpuset.cpus"].values = ["2-3"]
    assert len(list(trace.find_violations())) > 100


def test_memory_stays_within_its_limits(trace):
    classes = Classes(trace)
    for row in classes.rows():
        if row.name != TOP and row.limit:
            assert 1 << 20 < row.peak <= row.limit, row
            assert classes.memory_samples(row.name)[1][-1] <= 64 << 10, "what ended is still charged"
    killed = [r.fields["victim"] for r in trace.events if r.event == "oom"]
    assert killed == ["runaway"]


def test_each_program_was_classified(trace):
    """Whoever is not root is in a class of both hierarchies when it ends, or was there for a moment only."""
    users = {p.pid for p in trace.pieces if p.places and trace.task(p.pid).uid}
    homeless = set()
    for pid in users:
        mine = [p for p in trace.pieces if p.pid == pid and p.places is not None]
        places = mine[-1].places
        if places.get("cpuset,cpu,cpuacct", "/") == "/" or places.get("memory,numtasks", "/") == "/":
            homeless.add((pid, mine[-1].comm))
    assert not homeless
    moves = [r.fields["to"] for r, comm in trace.moves if comm == "browser"]
    assert moves[-2:] == ["cpuset,cpu,cpuacct:/students/enhanced", "cpuset,cpu,cpuacct:/students/sam"]


def test_the_enhanced_browser_gets_more(trace):
    classes = Classes(trace)
    better = next(s for s in trace.spans if s.name == "browser enhanced")
    before = classes.time_in(classes.span.start, better.start, lambda p: p.comm == "browser")["students"] / (better.start - classes.span.start)
    during = classes.time_in(better.start, better.end, lambda p: p.comm == "browser")["students"] / (better.end - better.start)
    assert during > 2 * before


def test_sessions_are_removed(trace):
    left = [r.fields["text"] for r in trace.events if r.event == "mark" and r.fields["text"].endswith("has left")]
    assert sorted(left) == [f"/students/{name} has left" for name in ("eve", "lea", "sam", "tom")]
    removed = [r.fields["container"].rpartition(":")[2] for r in trace.events if r.event == "container_rmdir"]
    assert sorted(removed) == ["/students/eve", "/students/lea", "/students/sam", "/students/tom"]


def test_page_and_json(day):
    folder, out = day
    rows = check_page(folder / "demo.html")
    assert {"professors", "students", "system"} <= set(rows)
    assert check_json(json.loads((folder / "demo.json").read_text()))
    assert re.search(r"^professors +0-1 +40\.0 % +\d\d\.\d % .* 0$", out, re.M) and "demo.html" in out


# What the page's texts say about themselves in a browser: those that overlap, and what is wider than the window.
PROBE = """<script>
const boxes = [...document.querySelectorAll("svg text")].map(t => [t, t.getBoundingClientRect()]).filter(b => b[1].width);
const over = [];
boxes.forEach(([t, a], i) => boxes.slice(i + 1).forEach(([u, b]) => {
  if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
    over.push(t.textContent + " | " + u.textContent);
}));
const out = document.createElement("pre");
out.id = "probe";
out.textContent = JSON.stringify({texts: boxes.length, over: over, wide: document.documentElement.scrollWidth, slices:
  document.querySelectorAll("#detail .slice").length});
document.body.appendChild(out);
</script></body>"""


@pytest.mark.skipif(not shutil.which("chromium"), reason="chromium is not installed")
def test_page_in_a_browser(day, tmp_path, scale):
    page = tmp_path / "probe.html"
    text = (day[0] / "demo.html").read_text(encoding="utf-8")
    page.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1200,1000", f"--user-data-dir={tmp_path}/profile",
                           "--dump-dom", f"file://{page}"], capture_output=True, text=True, check=False, timeout=120 * scale)
    found = json.loads(unescape(re.search(r'<pre id="probe">(.*?)</pre>', done.stdout, re.S).group(1)))
    assert found["texts"] > 60 and found["slices"] > 20     # the script has drawn
    assert found["over"] == []
    assert found["wide"] <= 1200
