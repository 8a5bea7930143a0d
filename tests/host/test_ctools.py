# SPDX-License-Identifier: GPL-2.0-only
"""The container programs in the guest (ctree, cexec, cattach, unshare) and the picture that tools/ctree draws on the host."""
import importlib.machinery
import importlib.util
import json
import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from conftest import ROOT

# Two hierarchies; in each guest, $A and $B are tasks: A in numtasks:/a and boxes:/p, B in numtasks:/a only.
SETUP = """mkdir -p /m /n; mount -t container -o numtasks x /m || exit 9; mount -t container -o none,name=boxes y /n || exit 9
mkdir /m/a /m/a/b /m/c /n/p /n/p/q
echo 5 >/m/a/numtasks.max; echo 1 >/m/a/notify_on_release
cexec numtasks:/a name=boxes:/p sleep 1000 & A=$!
cexec /m:/a sleep 1000 & B=$!
until [ $(cat /m/a/tasks | wc -l) = 2 -a $(cat /n/p/tasks | wc -l) = 1 ]; do sleep 0.05; done
"""


def output(vm, commands, status=0, **options):
    done = vm(SETUP + commands, **options)
    assert done.status == status, done
    return done.out


def nodes(node):
    yield node
    for child in node["children"]:
        yield from nodes(child)


# ---- ctree ----

def test_ctree_draws_the_trees(vm):
    out = output(vm, "ctree -n 0; echo ==; ctree --ascii numtasks:/a; echo ==; ctree -p -n 1 /n/p\n")
    trees, ascii_tree, subtree = out.split("==\n")
    assert re.sub(r"^/  \d+ tasks", "/  N tasks", trees, flags=re.M).strip() == """\
numtasks on /m (container) 4 containers
/  N tasks
├─ a  2 tasks  numtasks 2/5  notify
│  └─ b  0 tasks  numtasks 0/max
└─ c  0 tasks  numtasks 0/max

name=boxes on /n (container)
/  N tasks
└─ p  1 task
   └─ q  0 tasks"""
    assert ascii_tree.splitlines()[1:] == ["a  2 tasks  numtasks 2/5  notify", "|  sleep*2", "`- b  0 tasks  numtasks 0/max"]
    assert re.fullmatch(r"p  1 task\n│  \d+ sleep\n└─ q  0 tasks\n", subtree.partition("\n")[2])


def test_ctree_keeps_to_the_width_and_to_the_locale(vm):
    out = output(vm, """for i in 1 2 3 4 5 6; do cexec numtasks:/c sleep 1000 & done
        until [ $(cat /m/c/tasks | wc -l) = 6 ]; do sleep 0.05; done; COLUMNS=44 ctree -p""")
    assert max(map(len, out.splitlines())) <= 44
    tasks = re.search(r"^└─ c  6 tasks  numtasks 6/max\n((?:      .*\n)+)\n", out, re.M).group(1)
    assert tasks.count("\n") == 2 and re.fullmatch(r"(\s+\d+ sleep){6}\n", tasks)
    assert output(vm, "LANG=C ctree | cat\n").isascii()


def test_ctree_json_is_what_proc_says(vm):
    out = output(vm, "ctree --json; echo $A $B; cat /m/tasks\n").splitlines()
    data, (a, b), top = json.loads(out[0]), map(int, out[1].split()), {int(pid) for pid in out[2:]}
    first, second = data["hierarchies"]
    assert (first["names"], first["type"], first["mounts"], first["containers"]) == ("numtasks", "container", ["/m"], 4)
    assert (second["names"], second["mounts"], second["containers"]) == ("name=boxes", ["/n"], None)
    found = {node["path"]: node for node in nodes(first["root"])}
    assert list(found) == ["/", "/a", "/a/b", "/c"]
    assert found["/a"]["tasks"] == [{"pid": a, "comm": "sleep"}, {"pid": b, "comm": "sleep"}]
    assert found["/a"]["settings"] == {"notify_on_release": "1", "numtasks.current": "2", "numtasks.max": "5"}
    # ctree and cat come and go; whoever else is in the top container is in both.
    assert {t["pid"] for t in found["/"]["tasks"] if t["comm"] != "ctree"} <= top
    assert [(node["path"], len(node["tasks"])) for node in nodes(second["root"])][1:] == [("/p", 1), ("/p/q", 0)]


def test_ctree_shows_names_that_are_no_text_harmlessly(vm):
    out = vm(r"""mkdir /m; mount -t container -o none,name=x x /m
        mkdir "/m/$(printf 'a\033[31m"\\')" "/m/$(printf 'b\377')"; ctree; ctree --json""")
    assert out.status == 0 and b"\033" not in out.raw, out
    text, _, line = out.raw.rpartition(b'{"hier')
    assert rb'a?[31m"\  0 tasks' in text
    names = [n["name"] for n in nodes(json.loads(b'{"hier' + line)["hierarchies"][0]["root"])]
    assert names == ["/", 'a\033[31m"\\', "b\udcff"]


def test_ctree_lets_containers_vanish_while_it_reads(vm):
    out = output(vm, """
        (while :; do mkdir /m/v /m/v/w; rmdir /m/v/w /m/v; done) & V=$!
        (while :; do /bin/true; done) & W=$!
        i=0; while [ $i -lt 30 ]; do ctree --json >/tmp/out || echo failed; cat /tmp/out >>/tmp/all; i=$((i+1)); done
        kill $V $W; cat /tmp/all
        """, timeout=120)
    lines = out.splitlines()
    assert len(lines) == 30, out
    for line in lines:
        paths = {node["path"] for node in nodes(json.loads(line)["hierarchies"][0]["root"])}
        assert paths - {"/v", "/v/w"} == {"/", "/a", "/a/b", "/c"}


def test_ctree_shows_a_hierarchy_that_is_mounted_nowhere(vm):
    out = output(vm, "umount /n || exit 8; ctree -n 0; ctree --json; cexec name=boxes:/p true; echo $?\n")
    assert "\nname=boxes (not mounted)\n" in out
    assert out.endswith("cexec: name=boxes: the hierarchy is not mounted\n1\n")


def test_a_bind_mount_of_a_part_is_not_taken_for_the_whole(vm):
    out = output(vm, """mkdir /m/c/b /part; mount -o bind /m/c /part
        ctree -n 0 | head -n 1; umount /m; ctree -n 0 | head -n 1; cexec numtasks:/b true; cexec /part:/b true
        mount -t container -o numtasks x /m; ctree -n 0 | head -n 1; cexec numtasks:/a/b cat /proc/self/container | head -n 1
        """)
    assert out.splitlines() == ["numtasks on /m (container) 5 containers", "numtasks (not mounted) 5 containers",
                                "cexec: numtasks: the hierarchy is not mounted", "cexec: /part: no hierarchy is mounted there",
                                "numtasks on /m (container) 5 containers", "numtasks:/a/b"]


def test_ctree_says_what_is_wrong(vm):
    out = output(vm, "ctree /tmp; echo $?; ctree numtasks:/zz; echo $?; ctree -n x; echo $?; ctree -w --json; echo $?\n")
    assert re.findall(r"^\d$", out, re.M) == ["1", "1", "2", "2"]
    assert "ctree: /tmp: not a container's directory\n" in out and "ctree: numtasks:/zz: no such container\n" in out


def test_ctree_without_hierarchies(vm):
    assert vm("ctree; ctree --json").out == 'no hierarchy is active\n{"hierarchies":[]}\n'


def test_ctree_watches_until_a_key(console):
    c = console()
    c.run("mkdir /m; mount -t container -o none,name=w x /m; stty >/tmp/before")
    c.send("ctree -w 0.2 -n 0\r")
    c.expect(r"\x1b\[H\x1b\[J[^\x1b]*name=w on /m")
    c.expect(r"\x1b\[H\x1b\[J[^\x1b]*name=w on /m")
    c.key("c")
    c.prompt()
    assert c.run("stty") == c.run("cat /tmp/before") != ""


# ---- cexec, cattach ----

def test_cexec_starts_a_command_in_its_containers(vm):
    assert output(vm, "cexec numtasks:/a/b name=boxes:/p/q sh -c 'cat /proc/self/container; exit 7'\n",
                  status=7) == "numtasks:/a/b\nname=boxes:/p/q\n"
    assert output(vm, "cexec /n:/p -- cat /proc/self/container; cexec numtasks:/ cat /proc/self/container\n") == \
        "numtasks:/\nname=boxes:/p\nnumtasks:/\nname=boxes:/\n"


@pytest.mark.parametrize("words, status, message", [
    ("nope:/ true", 1, "nope: no such hierarchy"),
    ("numtasks,nope:/ true", 1, "numtasks,nope: no such hierarchy"),
    ("numtasks:/zz true", 1, "numtasks:/zz: no such container"),
    ("numtasks:/../tmp true", 1, "numtasks:/../tmp: no such container"),
    ("numtasks:/a/tasks true", 1, "numtasks:/a/tasks: no such container"),
    ("/tmp:/a true", 1, "/tmp: no hierarchy is mounted there"),
    ("/m/a:/b true", 1, "/m/a: no hierarchy is mounted there"),
    ("numtasks:/a nothing-of-this-name", 127, "nothing-of-this-name: No such file or directory"),
    ("numtasks:/a /tmp", 126, "/tmp: Permission denied"),
    ("true", 2, "no container given (HIERARCHY:/PATH)"),
    ("numtasks:/a", 2, "no command given"),
])
def test_cexec_says_what_is_wrong(vm, words, status, message):
    assert output(vm, f"cexec {words}\n", status).splitlines()[0] == "cexec: " + message


def test_cexec_moves_nowhere_when_one_container_is_missing(vm):
    out = output(vm, "cat /m/a/tasks | wc -l; cexec numtasks:/a name=boxes:/zz true; echo $?; "
                     "echo $$ >/m/c/tasks; su alice -c 'cexec numtasks:/a true'; echo $?\n")
    assert out.splitlines() == ["2", "cexec: name=boxes:/zz: no such container", "1",
                                "cexec: numtasks:/a: cannot enter: Permission denied", "1"]


def test_cattach_moves_each_pid_that_it_can(vm):
    out = output(vm, """cattach name=boxes:/p/q $B 99999 abc $A; echo $?
        [ "$(cat /n/p/q/tasks)" = "$A
$B" ] && echo both
        cattach -g numtasks:/c $A $B; echo $?; cat /m/a/tasks; [ $(cat /m/c/tasks | wc -l) = 2 ] && echo two
        mkdir /x; mount -t cgroup -o numtasks z /x; cattach -g /x:/a/b $A; echo $?; [ "$(cat /m/a/b/tasks)" = $A ] && echo there
        """)
    assert out.splitlines() == ["cattach: cannot move 99999 to name=boxes:/p/q: No such process", "cattach: abc: not a pid", "1",
                                "both", "0", "two", "0", "there"]


def test_cattach_says_what_is_wrong(vm):
    out = output(vm, "cattach numtasks:/a; echo $?; cattach 1; echo $?; cattach nope:/ 1; echo $?\n")
    assert re.findall(r"^\d$", out, re.M) == ["2", "2", "1"]


def test_a_cpuset_without_cpus_is_named(vm):
    out = vm("mkdir /s; mount -t container -o cpuset s /s; mkdir /s/a; cexec cpuset:/a true; echo $?; cattach cpuset:/a $$; echo $?; "
             "echo 0 >/s/a/cpuset.cpus; echo 0 >/s/a/cpuset.mems; cexec cpuset:/a cat /proc/self/cpuset")
    wants = "it has no CPUs or no memory nodes: set cpuset.cpus and cpuset.mems first"
    assert re.fullmatch(rf"cexec: cpuset:/a: cannot enter: {wants}\n1\ncattach: cannot move \d+ to cpuset:/a: {wants}\n1\n/a\n", out.out), out


# ---- unshare ----

def test_mount_says_what_a_hierarchy_does_not_like(vm):
    out = output(vm, """mkdir /x; for o in cpusets debug,numtasks debug,,ns debug, ,debug ro,,debug; do mount -t container -o $o x /x; done
        mount -t container -o debug x /nowhere; mount -t container -o '' -o debug -o ro x /x; mount -o remount, /x; grep /x /proc/mounts
        """)
    assert out.splitlines() == [
        "mount: mounting x on /x failed: No such file or directory (no such subsystem; /proc/containers lists them)",
        "mount: mounting x on /x failed: Device or resource busy (a subsystem is in another hierarchy, see /proc/mounts, or in use)",
        *["mount: mounting x on /x failed: Invalid argument"] * 4,
        "mount: mounting x on /nowhere failed: No such file or directory",
        "x /x container rw,relatime,debug 0 0"]


def test_unshare_gives_names_and_mounts_of_its_own(vm):
    out = vm("hostname outer; unshare -u sh -c 'hostname inner; hostname'; hostname; mkdir /m; "
             "unshare -m -f -- sh -c 'mount -t ramfs x /m && echo >/m/file; ls /m; exit 7'; echo $?; ls /m; "
             "unshare -u nothing-of-this-name; echo $?; unshare -u; echo $?")
    assert out.out.splitlines()[:6] == ["inner", "outer", "file", "7", "unshare: nothing-of-this-name: No such file or directory", "127"]
    assert out.out.splitlines()[6] == "unshare: no command given" and out.out.endswith("\n2\n"), out



def test_unshare_makes_a_container_where_ns_is_bound(vm):
    out = vm("mkdir /m; mount -t container -o ns x /m; unshare -u sh -c 'echo ns:/node_$$; cat /proc/self/container'; ls -d /m/node*")
    first, second, directory = out.out.splitlines()
    assert first == second and directory == "/m/" + first.partition("/")[2]


def test_unshare_needs_privilege(vm):
    done = vm("su alice -c 'unshare -u true'")
    assert (done.status, done.out) == (1, "unshare: cannot unshare: Operation not permitted\n"), done


# ---- the picture ----

def load_tool():
    loader = importlib.machinery.SourceFileLoader("ctree_tool", os.path.join(ROOT, "tools", "ctree"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


def container(path, pids=(), children=(), **settings):
    return {"name": os.path.basename(path) or "/", "path": path, "tasks": [{"pid": p, "comm": f"task<{p}>"} for p in pids],
            "settings": {name.replace("__", "."): value for name, value in settings.items()}, "children": list(children)}


def sample():
    deep = container("/a", range(10, 60), [container("/a/b", [60]), container("/a/" + "w" * 80, [61], numtasks__current="1",
                                                                               numtasks__max="max")], notify_on_release="1")
    return {"hierarchies": [
        {"names": "numtasks", "type": "container", "mounts": ["/m"], "containers": 4, "root": container("/", [1, 2], [deep])},
        {"names": "name=x", "type": "container", "mounts": ["/n"], "containers": None,
         "root": container("/", [1, 2, *range(10, 61)], [container("/\udcff\x1b", [61])])},
        {"names": "name=away", "type": None, "mounts": [], "containers": None, "root": None}]}


def test_the_picture_has_no_overlap_and_stays_inside():
    picture = ElementTree.fromstring(load_tool().picture(sample(), 24))
    boxes = [tuple(float(r.get(k)) for k in ("x", "y", "width", "height")) for r in picture.findall(".//{*}rect")
             if r.get("stroke") == "#8b94a0"]
    chips = [tuple(float(r.get(k)) for k in ("x", "y", "width", "height")) for r in picture.findall(".//{*}rect")
             if r.get("fill-opacity")]
    assert len(boxes) == 6
    # Two of 50 and 53 tasks are cut to 24 and a "more".
    assert len(chips) == 2 + 25 + 1 + 1 + 25 + 1

    def apart(a, b):
        return a[0] + a[2] <= b[0] or b[0] + b[2] <= a[0] or a[1] + a[3] <= b[1] or b[1] + b[3] <= a[1]

    def inside(a, b):
        return b[0] <= a[0] and a[0] + a[2] <= b[0] + b[2] and b[1] <= a[1] and a[1] + a[3] <= b[1] + b[3]

    for group in (boxes, chips):
        assert all(apart(a, b) for i, a in enumerate(group) for b in group[:i])
    assert all(any(inside(chip, box) for box in boxes) for chip in chips)
    assert all(inside(box, (0, 0, float(picture.get("width")), float(picture.get("height")))) for box in boxes)


def test_tasks_of_one_css_group_have_one_colour():
    tool = load_tool()
    groups = tool.Groups(sample()["hierarchies"])
    assert [groups.describe(key) for key in groups.number] == [
        "2 tasks in the top container of every hierarchy shown", "50 tasks in numtasks:/a", "1 task in numtasks:/a/b",
        "1 task in numtasks:/a/" + "w" * 80 + " and name=x:/\udcff\x1b"]
    assert groups.of(10) == groups.of(59) != groups.of(60)
    assert len({groups.colour(groups.of(pid)) for pid in (1, 10, 60, 61)}) == 4


def test_the_tool_reads_what_a_guest_writes(vm, tmp_path):
    text = output(vm, "ctree --json\n")
    saved = tmp_path / "saved.json"
    saved.write_text("something before\n" + text)
    tool = [os.path.join(ROOT, "tools", "ctree")]
    done = subprocess.run([*tool, saved], capture_output=True, timeout=30, check=True)
    words = {t.text for t in ElementTree.fromstring(done.stdout).findall(".//{*}text")}
    assert {"numtasks", "name=boxes", "a", "b", "p", "q", "numtasks 2 of 5", "notify on release"} <= words, words
    assert "1 task in numtasks:/a and name=boxes:/p" in words and "1 task in numtasks:/a" in words
    for bad in ("", "{}", '{"hierarchies":[{}]}', '{"hierarchies":'):
        done = subprocess.run(tool, input=bad.encode(), capture_output=True, timeout=30, check=False)
        assert done.returncode == 1 and done.stdout == b"" and done.stderr.startswith(b"tools/ctree: standard input: "), done
