# SPDX-License-Identifier: GPL-2.0-only
"""The userland's programs, run on the host: they are static Linux binaries, so that most of what they promise can be checked
without a guest. The table of cases is user_cases.txt; what a table of fixed outputs cannot hold is below. Also here: the archive
that tools/mkinitramfs makes of them.

The programs must have been built (make userland build/initramfs.cpio); PADDOCK_KERNEL, as tests/run sets it, tells the
build folder.
"""

import io
import os
import pathlib
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PADDOCK_KERNEL", ROOT / "build/paddock.elf")).resolve().parent
BIN = BUILD / "user/bin"
ARCHIVE = BUILD / "initramfs.cpio"
CASES = pathlib.Path(__file__).with_name("user_cases.txt")
IS_ROOT = os.geteuid() == 0

sys.path.insert(0, str(ROOT / "tools/lib"))
import cpio  # noqa: E402


# ---- running ----

def run(*argv, stdin=b"", **more):
    """Run a program of ours; returns subprocess.CompletedProcess with bytes."""
    program = BIN / ("test" if argv[0] == "[" else argv[0])
    more.setdefault("stdout", subprocess.PIPE)
    more.setdefault("env", dict(os.environ, PATH=f"{BIN}:/usr/bin:/bin"))
    return subprocess.run([argv[0], *map(str, argv[1:])], executable=program, input=stdin,
                          stderr=subprocess.PIPE, timeout=20, check=False, **more)


def text_of(*argv, **more):
    """Run a program that must succeed in silence; returns its output as text."""
    done = run(*argv, **more)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


# ---- the table ----

class Step:
    def __init__(self, line):
        self.line = line
        self.stdin = self.out = self.err = ""
        self.status = 0
        self.file = None


def unescape(text):
    return text.encode().decode("unicode_escape")


def read_cases():
    """user_cases.txt as {name: [Step]}; a step with `file` set writes a file."""
    cases, steps = {}, None
    for number, line in enumerate(CASES.read_text().split("\n"), 1):
        kind, rest = line[:1], line[2:]
        if line.startswith("== "):
            assert line[3:] not in cases, f"{CASES.name}:{number}: second case of this name"
            steps = cases[line[3:]] = []
        elif kind == "=":
            step = Step(line)
            step.file, _, step.stdin = rest.partition(" ")
            steps.append(step)
        elif kind == "$":
            steps.append(Step(rest))
        elif kind == "<":
            steps[-1].stdin += rest
        elif kind == "|":
            steps[-1].out += rest + ("" if line.startswith("|-") else "\n")
        elif kind == "!":
            steps[-1].err += rest + "\n"
        elif kind == "?":
            steps[-1].status = int(rest)
        else:
            assert kind in ("", "#"), f"{CASES.name}:{number}: {line}"
    return cases


def fill_in(text, words):
    """Replace the @WORD@s of `text` that stand for what differs between machines."""
    return re.sub("@[A-Z_]+@", lambda m: words[m.group()], text)


def run_step(step, folder, words):
    argv = [fill_in(a, words) for a in shlex.split(step.line)]
    output = None
    if len(argv) > 2 and argv[-2] == ">":
        output = argv[-1]
        argv = argv[:-2]
    done = run(*argv, stdin=unescape(step.stdin).encode(), cwd=folder,
               stdout=open(folder / output, "wb") if output else subprocess.PIPE)
    return ((done.stdout or b"").decode(), done.stderr.decode(), done.returncode)


@pytest.fixture(autouse=True)
def usual_umask():
    old = os.umask(0o022)
    yield
    os.umask(old)


@pytest.mark.parametrize("name", read_cases())
def test_case(name, tmp_path):
    unique = "paddock-" + os.path.basename(tempfile.mktemp())
    words = {"@BIN@": str(BIN), "@TMP@": unique,
             "@EINVAL_OR_EPERM@": "Invalid argument" if IS_ROOT else "Operation not permitted"}
    try:
        for step in read_cases()[name]:
            if step.file:
                (tmp_path / step.file).write_text(unescape(step.stdin))
                continue
            expected = (fill_in(step.out, words), fill_in(step.err, words), step.status)
            assert run_step(step, tmp_path, words) == expected, f"$ {step.line}"
    finally:
        shutil.rmtree(f"/dev/shm/{unique}", ignore_errors=True)


# ---- all programs ----

def programs():
    names = [p.stem for p in (ROOT / "user").glob("*.c") if not p.stem.startswith("lib")]
    assert len(names) > 40
    return sorted(names)


@pytest.mark.parametrize("name", programs())
def test_help(name):
    done = run(name, "--help")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout.startswith(b"Usage: " + name.encode())
    assert all(len(line) <= 100 for line in done.stdout.split(b"\n"))


@pytest.mark.parametrize("name", sorted(set(programs()) - {"echo", "true", "false", "test", "kill", "seq", "stty",
                                                           "find", "chmod"}))
def test_unknown_option(name):
    done = run(name, "--no-such-option")
    assert done.returncode in (1, 2) if name == "init" else done.returncode == 2
    assert done.stderr.startswith(name.encode() + b": ")
    assert done.stdout == b""


@pytest.mark.parametrize("name", ["ls", "ps", "id", "uname", "free", "env", "date", "pwd", "stat"])
def test_lost_output_is_an_error(name):
    with open("/dev/full", "wb") as full:
        done = run(name, *(["/"] if name == "stat" else []), stdout=full)
    assert (done.returncode, done.stderr) == (1, f"{name}: write error: No space left on device\n".encode())


def test_binaries_are_static_and_need_no_interpreter():
    for name in programs():
        image = (BIN / name).read_bytes()
        assert image[:4] == b"\x7fELF" and b"ld-musl" not in image, name


# ---- programs whose output is not fixed ----

def test_ls_long(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "file").chmod(0o640)
    (tmp_path / "link").symlink_to("file")
    os.utime(tmp_path / "file", (0, 0))
    file, link = text_of("ls", "-l", cwd=tmp_path).splitlines()
    assert re.fullmatch(r"-rw-r----- +1 \S+ +\S+ +5 Jan  1  1970 file", file)
    assert re.fullmatch(r"lrwxrwxrwx +1 \S+ +\S+ +4 \w{3} [ \d]\d \d\d:\d\d link -> file", link)
    inode = (tmp_path / "file").stat().st_ino
    assert text_of("ls", "-i", "file", cwd=tmp_path) == f"{inode} file\n"
    assert re.match(r"crw.* 1, 3 .* /dev/null\n", text_of("ls", "-l", "/dev/null"))


def test_ls_without_permission(tmp_path):
    if IS_ROOT:
        pytest.skip("root may read everything")
    (tmp_path / "d").mkdir(mode=0)
    assert run("ls", tmp_path / "d").stderr == f"ls: {tmp_path}/d: Permission denied\n".encode()


def test_ps_shows_processes():
    with subprocess.Popen(["sleep me", "7.25"], executable=BIN / "sleep") as child:
        try:
            lines = text_of("ps").splitlines()
        finally:
            child.kill()
    assert re.fullmatch(r" +PID +PPID USER +STAT +TIME COMMAND", lines[0])
    wanted = rf" *{child.pid} +{os.getpid()} \S+ +S\S* +0:00 sleep me 7\.25"
    assert len([line for line in lines if re.fullmatch(wanted, line)]) == 1


@pytest.mark.parametrize("args,number", [([], signal.SIGTERM), (["-9"], 9), (["-KILL"], 9), (["-s", "sigint"], 2)])
def test_kill(args, number):
    with subprocess.Popen(["sleep", "20"], executable=BIN / "sleep") as child:
        assert text_of("kill", "-0", child.pid) == ""
        assert text_of("kill", *args, child.pid) == ""
        assert child.wait(10) == -number


def test_kill_process_group():
    with subprocess.Popen(["sleep", "20"], executable=BIN / "sleep", start_new_session=True) as child:
        assert text_of("kill", "-HUP", "--", -child.pid) == ""
        assert child.wait(10) == -signal.SIGHUP


def test_sleep_sleeps():
    start = time.monotonic()
    text_of("sleep", "0.2", "0.1")
    assert 0.3 <= time.monotonic() - start < 10


def test_pwd(tmp_path):
    assert text_of("pwd", cwd=tmp_path) == f"{tmp_path.resolve()}\n"


def test_id():
    assert text_of("id", "-u") == f"{os.geteuid()}\n"
    assert text_of("id", "-g") == f"{os.getegid()}\n"
    assert text_of("id").startswith(f"uid={os.getuid()}(")
    assert set(map(int, text_of("id", "-G").split())) == {os.getegid(), *os.getgroups()}


def test_date():
    assert abs(int(text_of("date", "+%s")) - time.time()) < 5
    assert re.fullmatch(r"\d{9}\n", text_of("date", "+%N"))
    assert re.fullmatch(r"\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d UTC \d{4}\n", text_of("date"))


def test_uname_and_hostname():
    u = os.uname()
    assert text_of("uname") == u.sysname + "\n"
    assert text_of("uname", "-m", "-r") == f"{u.release} {u.machine}\n"
    assert text_of("uname", "-a") == " ".join(u) + "\n"
    assert text_of("hostname") == u.nodename + "\n"


def test_nproc_and_taskset():
    cpus = os.sched_getaffinity(0)
    assert text_of("nproc") == f"{len(cpus)}\n"
    mask = sum(1 << cpu for cpu in cpus)
    assert text_of("taskset", "-p", os.getpid()) == f"pid {os.getpid()}'s current affinity mask: {mask:x}\n"
    with subprocess.Popen(["sleep", "20"], executable=BIN / "sleep") as child:
        first = min(cpus)
        assert text_of("taskset", "-cp", first, child.pid).endswith(f"new affinity list: {first}\n")
        assert os.sched_getaffinity(child.pid) == {first}
        child.kill()


def test_free():
    heading, mem = text_of("free", "-b").splitlines()
    assert heading.split() == ["total", "used", "free", "cache", "available"]
    total, used, unused, cache, available = map(int, mem.split()[1:])
    assert total == os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") or total > 0
    assert used + unused + cache == total and 0 < available <= total


def test_uptime():
    assert re.fullmatch(r"up \d+ days, \d+:\d\d:\d\d, load average: [\d.]+ [\d.]+ [\d.]+\n", text_of("uptime"))


def test_time_passes_the_status_on():
    done = run("time", BIN / "false")
    assert done.returncode == 1
    assert re.fullmatch(rb"real \d+\.\d{3}\nuser \d+\.\d{3}\nsys \d+\.\d{3}\n", done.stderr)


def test_nice():
    value = os.nice(0)
    assert text_of("nice") == f"{value}\n"
    assert text_of("nice", "-n", "3", BIN / "nice") == f"{min(value + 3, 19)}\n"


def test_stat_human_form(tmp_path):
    (tmp_path / "f").write_text("abc")
    lines = text_of("stat", "f", cwd=tmp_path).splitlines()
    assert lines[0] == "  File: f" and re.fullmatch(r"  Size: 3\tBlocks: \d+\tregular file", lines[1])
    assert len(lines) == 7


def test_yes_ends_with_its_reader():
    with subprocess.Popen(["yes", "a", "b"], executable=BIN / "yes", stdout=subprocess.PIPE) as child:
        assert child.stdout.read(8) == b"a b\na b\n"
        child.stdout.close()
        assert child.wait(10) == -signal.SIGPIPE


def test_touch_sets_the_time(tmp_path):
    (tmp_path / "f").write_text("x")
    os.utime(tmp_path / "f", (0, 0))
    text_of("touch", "f", cwd=tmp_path)
    assert abs((tmp_path / "f").stat().st_mtime - time.time()) < 10
    assert (tmp_path / "f").read_text() == "x"


def test_cp_keeps_times(tmp_path):
    (tmp_path / "f").write_text("x")
    os.utime(tmp_path / "f", (1, 1234567890))
    text_of("cp", "-p", "f", "g", cwd=tmp_path)
    assert (tmp_path / "g").stat().st_mtime == 1234567890


def test_mount_lists_the_mounts():
    expected = []
    for line in pathlib.Path("/proc/mounts").read_text().splitlines():
        device, folder, kind, options = line.split(" ")[:4]
        expected.append(f"{device} on {folder} type {kind} ({options})")
    assert [line for line in text_of("mount").splitlines() if " " in line] == \
        [re.sub(r"\\(\d{3})", lambda m: chr(int(m.group(1), 8)), line) for line in expected]


@pytest.mark.skipif(not IS_ROOT, reason="others get a different error")
def test_busy_is_said_in_the_usual_words():
    done = run("rmdir", "/proc")
    assert (done.returncode, done.stderr) == (1, b"rmdir: /proc: Device or resource busy\n")


@pytest.mark.skipif(not IS_ROOT, reason="only root may give files away")
def test_chown_and_su(tmp_path):
    (tmp_path / "f").write_text("x")
    text_of("chown", "12:34", "f", cwd=tmp_path)
    assert text_of("stat", "-c", "%u %g", "f", cwd=tmp_path) == "12 34\n"
    text_of("chown", ":56", "f", cwd=tmp_path)
    assert text_of("stat", "-c", "%u %g", "f", cwd=tmp_path) == "12 56\n"
    assert text_of("su", "54321", "-c", "id -u; id -G", cwd="/") == "54321\n54321\n"
    assert run("su", "54321", "-c", "exit 7", cwd="/").returncode == 7


def test_stty_changes_the_terminal():
    leader, follower = pty.openpty()

    def stty(*args):
        done = subprocess.run(["stty", *args], executable=BIN / "stty", stdin=follower, stdout=subprocess.PIPE,
                              check=True, timeout=20)
        return done.stdout.decode()

    stty("rows", "30", "cols", "90")
    assert stty("size") == "30 90\n"
    stty("raw")
    assert "-echo -icanon -isig" in stty() and "-opost" in stty()
    stty("sane")
    assert stty() == "rows 30 cols 90 echo icanon isig -tostop opost onlcr icrnl\n"
    stty("-echo")
    assert " -echo icanon" in stty()
    os.close(leader)
    os.close(follower)


# ---- the archive ----

def members(data):
    return {name: (fields, content, offset) for name, fields, content, offset in cpio.read_archive(data)}


def sample(align=4096):
    out = io.BytesIO()
    writer = cpio.CpioWriter(out, align)
    writer.add_dir("/tmp", 0o1777)
    writer.add_file("/deep/er/file", b"x" * 5000, 0o755, uid=1, gid=2)
    writer.add_file("empty", b"")
    for i in range(60):
        writer.add_file(f"many/{'n' * (4 * i)}{i}", bytes([i]) * (71 * i))
    writer.add_symlink("link", "deep/er/file")
    writer.add_node("null", "c", 1, 3, 0o666)
    writer.close()
    return out.getvalue()


def test_archive_round_trip():
    found = members(sample())
    assert list(found)[:4] == ["tmp", "deep", "deep/er", "deep/er/file"]
    fields, content, _ = found["deep/er/file"]
    assert content == b"x" * 5000 and (fields["mode"], fields["uid"], fields["gid"]) == (0o100755, 1, 2)
    assert found["tmp"][0]["mode"] == 0o41777
    assert found["link"][0]["mode"] == 0o120777 and found["link"][1] == b"deep/er/file"
    node = found["null"][0]
    assert (node["mode"], node["rdevmajor"], node["rdevminor"]) == (0o20666, 1, 3)
    assert found["empty"][1] == b""
    for i in range(60):
        assert found[f"many/{'n' * (4 * i)}{i}"][1] == bytes([i]) * (71 * i)


def test_archive_data_is_aligned_and_names_are_short():
    for name, (fields, content, offset) in members(sample()).items():
        assert fields["namesize"] <= 4096
        if content and fields["mode"] & 0o170000 == 0o100000:
            assert offset % 4096 == 0, name
    assert len(sample(align=4)) < len(sample()) * 0.6


def test_archive_is_the_same_every_time(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    first = sample()
    assert first == sample()
    assert all(fields["mtime"] == 0 for fields, _, _ in members(first).values())
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    assert all(fields["mtime"] == 86400 for fields, _, _ in members(sample()).values())


def test_archive_refuses_what_it_cannot_hold(tmp_path):
    writer = cpio.CpioWriter(io.BytesIO())
    with pytest.raises(ValueError):
        writer.add_file("a/../b", b"")
    with pytest.raises(ValueError):
        writer.add_file("n" * 5000, b"")
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(ValueError):
        writer.add_tree(tmp_path, "/t")
    with pytest.raises(ValueError):
        list(cpio.read_archive(sample()[:-8000]))


@pytest.mark.skipif(not shutil.which("cpio"), reason="no cpio on this machine")
def test_archive_is_read_by_cpio(tmp_path):
    subprocess.run(["cpio", "-id", "--quiet", "--no-absolute-filenames"], input=sample(), cwd=tmp_path, check=IS_ROOT)
    assert (tmp_path / "deep/er/file").read_bytes() == b"x" * 5000
    assert os.readlink(tmp_path / "link") == "deep/er/file"
    assert (tmp_path / f"many/{'n' * 236}59").read_bytes() == bytes([59]) * (71 * 59)


def test_mkinitramfs_options(tmp_path):
    (tmp_path / "tree/sub").mkdir(parents=True)
    (tmp_path / "tree/sub/prog").write_text("#!/bin/sh\n")
    (tmp_path / "tree/sub/prog").chmod(0o755)
    (tmp_path / "tree/link").symlink_to("sub/prog")
    out = tmp_path / "out.cpio"
    subprocess.run([ROOT / "tools/mkinitramfs", "--out", out, "--dir", "/home/bob:750:1001.1002",
                    "--tree", f"{tmp_path}/tree:/opt", "--file", f"{tmp_path}/tree/sub/prog:/a/b:600",
                    "--link", "b:/a/c", "--node", "/dev/null:c:1:3:666"], check=True)
    found = members(out.read_bytes())
    assert {n: f["mode"] for n, (f, _, _) in found.items()} == {
        "home": 0o40755, "home/bob": 0o40750, "opt": 0o40755, "opt/link": 0o120777, "opt/sub": 0o40755,
        "opt/sub/prog": 0o100755, "a": 0o40755, "a/b": 0o100600, "a/c": 0o120777, "dev": 0o40755, "dev/null": 0o20666}
    assert (found["home/bob"][0]["uid"], found["home/bob"][0]["gid"]) == (1001, 1002)


def test_mkinitramfs_leaves_nothing_after_an_error(tmp_path):
    done = subprocess.run([ROOT / "tools/mkinitramfs", "--out", tmp_path / "out", "--file", "/no/such:/x"],
                          stderr=subprocess.PIPE, check=False)
    assert done.returncode == 1 and b"/no/such" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_built_archive_holds_the_userland():
    found = members(ARCHIVE.read_bytes())
    for name in programs():
        fields, content, offset = found[f"bin/{name}"]
        assert content == (BIN / name).read_bytes() and fields["mode"] == 0o100755 and offset % 4096 == 0
    assert found["init"][1] == b"bin/init" and found["sbin"][1] == b"bin" and found["bin/["][1] == b"test"
    assert found["tmp"][0]["mode"] == 0o41777
    assert found["home/alice"][0]["uid"] == 1000
    assert found["etc/passwd"][1].startswith(b"root:x:0:0:")
