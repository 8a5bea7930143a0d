# SPDX-License-Identifier: GPL-2.0-only
"""The hunts of docs/debugging.md: each bug can still be planted and compiled, and without it its script shows nothing wrong.

That the bug shows is not tested here: it takes a build of its own, and a race need not happen.
"""
import glob
import os
import re
import shlex
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
HUNTS = sorted(os.path.basename(p)[:-len(".patch")] for p in glob.glob(os.path.join(ROOT, "docs/hunts/*.patch")))


def make_prints(*words):
    return subprocess.run(["make", "-s", "--no-print-directory", *words], cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("hunt", HUNTS)
def test_patch_applies_and_compiles(hunt, tmp_path):
    patch = os.path.join(ROOT, "docs/hunts", hunt + ".patch")
    with open(patch, encoding="utf-8") as f:
        names = re.findall(r"^\+\+\+ b/(\S+)$", f.read(), re.M)
    assert len(names) == 1
    copy = tmp_path / "planted.c"
    done = subprocess.run(["patch", "--fuzz=0", "-o", str(copy), names[0], patch], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0 and "offset" not in done.stdout, done.stdout + done.stderr
    command = next(line for line in make_prints("-nB", "V=1", f"build/{names[0][:-2]}.o").splitlines() if f" {names[0]}" in line)
    words = [w for w in shlex.split(command.replace(names[0], str(copy))) if w not in ("-MMD", "-MP")]
    words[words.index("-o") + 1] = str(tmp_path / "planted.o")
    done = subprocess.run([*words, "-Werror"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def script(name):
    with open(os.path.join(ROOT, "docs/hunts", name + ".sh"), encoding="utf-8") as f:
        return f.read()


def test_no_wakeup_is_lost(vm):
    done = vm(script("lost-wakeup"), smp=4, timeout=60)
    lines = re.findall(r"has read (\w+)", done.out)
    assert len(lines) == 2 and sorted("".join(lines)) == sorted("firstsecond"), done        # a shell reads byte by byte: they may mix
    assert "waits in pipe" not in done.out


def test_nothing_leaks(vm):
    done = vm(script("leak"), smp=4, timeout=120)
    before, after = (int(n) for n in re.findall(r"^kmalloc-64 +(\d+)", done.out, re.M))
    assert after < before + 100, done


def test_the_limit_holds_and_all_are_counted(vm):
    done = vm(script("race"), smp=4, timeout=240)
    assert int(re.search(r"most at once: (\d+) of 8", done.out).group(1)) <= 8, done
    assert "now there: 0; counted: 0" in done.out, done


def test_bad_words():
    for words in ([], ["nothing"], ["../x"], ["race", "KCSAN"]):
        done = subprocess.run(["tools/hunt", *words], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stdout) == (2, ""), done
        assert done.stderr.startswith("usage: tools/hunt NAME") and "lost-wakeup" in done.stderr


def test_gdb_in_the_copy(tmp_path):
    """`gdb` started in the copy finds the guest that was started there: the copy has what the folder has, hidden files too."""
    for name in ("tools/hunt", "docs/hunts", "containers/mount.c", ".gdbinit", ".clang-format"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(["cp", "-R", os.path.join(ROOT, name), str(tmp_path / name)], check=True)
    (tmp_path / "bin").mkdir()
    make = tmp_path / "bin" / "make"
    make.write_text("#!/bin/sh\necho make was here\nexit 7\n")
    make.chmod(0o755)
    done = subprocess.run([tmp_path / "tools/hunt", "leak"], env=dict(os.environ, PATH=f"{tmp_path}/bin:{os.environ['PATH']}"),
                          capture_output=True, text=True)
    copy = tmp_path / "build/hunts/leak"
    assert done.returncode == 7 and "make was here" in done.stdout, done
    assert (copy / ".gdbinit").read_text() == (tmp_path / ".gdbinit").read_text()
    assert (copy / "containers/mount.c").read_text() != (tmp_path / "containers/mount.c").read_text()
