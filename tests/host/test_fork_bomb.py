# SPDX-License-Identifier: GPL-2.0-only
"""A fork bomb in a container of 50 tasks, typed at the console: the shell outside answers, and the container can be emptied."""
import re

import pytest

from test_survival import programs   # noqa: F401  the fixture

BOMB = ":(){ :|:& };:"


@pytest.mark.parametrize("smp", [1, 4])
def test_the_shell_outside_answers(console, scale, smp):
    c = console(smp=smp)
    assert c.run("mkdir /c; mount -t container -o freezer,numtasks x /c && mkdir /c/a && echo 50 > /c/a/numtasks.max") == ""
    c.run(f"(echo 0 > /c/a/tasks; {BOMB}) 2>/dev/null &")
    for i in range(5):
        # The shell may tell about its background job in another line.
        assert f"answer {i}" in c.run(f"echo answer {i}", timeout=20 * scale).splitlines()
    # On a fast host the answers can be there before the bomb has filled its container.
    full = "while grep -q 'max 0' /c/a/numtasks.events; do sleep 0.05; done"
    events, current = c.run(f"{full}; cat /c/a/numtasks.events /c/a/numtasks.current", timeout=20 * scale).splitlines()[:2]
    assert int(events.removeprefix("max ")) > 0 and int(current) <= 50


def test_a_bomb_that_goes_on_is_put_out(console, programs, scale):     # noqa: F811
    """As docs/freezer.md has it: frozen, its tasks can neither fork nor exit while they are listed and killed."""
    c = console(smp=4, add=[f"{programs}:/p"])
    c.run("mkdir /c; mount -t container -o freezer,numtasks x /c && mkdir /c/a && echo 50 > /c/a/numtasks.max")
    c.run("(echo 0 > /c/a/tasks; exec /p/forkforever) &")
    c.run("until [ $(cat /c/a/numtasks.current) = 50 ]; do sleep 0.1; done", timeout=60 * scale)
    assert c.run("echo there", timeout=20 * scale) == "there"
    c.run("echo FROZEN > /c/a/freezer.state; until grep -q FROZEN /c/a/freezer.state; do sleep 0.1; done", timeout=60 * scale)
    killed = c.run("for p in $(cat /c/a/container.procs); do kill -9 $p && echo killed; done", timeout=20 * scale)
    assert len(re.findall("^killed$", killed, re.M)) == 50
    assert c.run("cat /c/a/numtasks.current") == "50"
    c.run("echo THAWED > /c/a/freezer.state; until rmdir /c/a 2>/dev/null; do sleep 0.1; done", timeout=60 * scale)
    assert c.run("ls -d /c/a").endswith("No such file or directory")
