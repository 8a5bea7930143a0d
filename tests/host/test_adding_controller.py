# SPDX-License-Identifier: GPL-2.0-only
"""docs/adding-a-controller.md is right: its example, taken from the text, builds as one file and one line, and works."""

import os
import re
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
pytestmark = pytest.mark.not_with("coverage", reason="builds a kernel of its own, without counters")
SESSION = """
mkdir -p /dev/container && mount -t container -o births none /dev/container && cd /dev/container && mkdir a a/b
sh -c 'echo $$ > a/b/tasks; /bin/true; /bin/true; exit 0'
cat births.count > /tmp/top; cat a/births.count a/b/births.count
echo 0 > a/births.count; cat a/births.count a/b/births.count
echo 7 2>/dev/null >a/births.count; echo status $?
"""


def example():
    """The controller's file and its line, as the chapter prints them."""
    text = open(os.path.join(ROOT, "docs/adding-a-controller.md"), encoding="utf-8").read()
    code = re.search(r"^```c\n(.*?)^```", text, re.S | re.M).group(1)
    line = re.search(r"^SUBSYS\(\w+\)$", text, re.M).group(0)
    return code, line


def test_example_builds_and_counts(tmp_path):
    """A copy of the tree with nothing changed but the two places that the chapter names."""
    code, line = example()
    assert len(code.splitlines()) < 80
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git", "toolchain", "__pycache__"))
    (tree / "containers/controllers/births.c").write_text(code)
    with open(tree / "containers/container_subsys.h", "a", encoding="utf-8") as table:
        table.write(line + "\n")
    subprocess.run(["make", "-s", "-C", str(tree), "WERROR=1", "all"], check=True, stdout=subprocess.DEVNULL)
    done = subprocess.run([str(tree / "tools/vm"), "--timeout", "120", "-c", SESSION], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["2", "2", "0", "2", "status 1"], done.stdout + done.stderr
