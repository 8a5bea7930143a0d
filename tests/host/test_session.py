# SPDX-License-Identifier: GPL-2.0-only
"""The worked example of the README, typed at the console, each line's output checked."""
import os
import re

from conftest import ROOT


def test_the_worked_example(console):
    c = console()
    shell = c.run("echo $$")
    assert c.run("mkdir /dev/container") == ""
    assert c.run("mount -t container xxx /dev/container") == ""
    assert c.run("cd /dev/container") == ""
    assert c.run("mkdir Charlie") == ""
    assert c.run("cd Charlie") == ""
    assert c.run("/bin/echo $$ > tasks").endswith("No space left on device")
    assert c.run("/bin/echo 1 > cpuset.cpus") == ""
    assert c.run("/bin/echo 0 > cpuset.mems") == ""
    assert c.run("/bin/echo $$ > tasks") == ""
    assert c.run("cat tasks").split()[0] == shell

    c.run("sh")
    subshell = c.run("echo $$")
    assert subshell != shell
    assert re.fullmatch(r"\S+:/Charlie", c.run("cat /proc/self/container"))
    listed = c.run("cat tasks").split()
    assert len(listed) == 3 and {shell, subshell} < set(listed), listed
    (cat,) = set(listed) - {shell, subshell}
    assert int(cat) > int(subshell)
    assert c.run("grep _list /proc/self/status").split() == ["Cpus_allowed_list:", "1", "Mems_allowed_list:", "0"]
    assert c.run("exit") == ""

    assert c.run("cd ..") == ""
    assert c.run("rmdir Charlie").endswith("Device or resource busy")
    assert c.run("/bin/echo $$ > tasks") == ""
    assert c.run("rmdir Charlie") == ""
    assert c.run("ls -d Charlie").endswith("No such file or directory")
    assert re.search(r"^xxx /dev/container container \S*rw\S* 0 0$", c.run("cat /proc/mounts"), re.M)
    assert c.run("umount /dev/container").endswith("Device or resource busy")
    assert c.run("cd /; umount /dev/container") == ""
    assert "/dev/container" not in c.run("cat /proc/mounts")
    assert re.search(r"No such file|^$", c.run("ls /dev/container"))


def test_a_second_time_is_like_the_first(console):
    """Nothing of a hierarchy is left when it is unmounted: the same commands give the same again."""
    c = console()
    commands = ("mkdir -p /dev/container && mount -t container xxx /dev/container && mkdir /dev/container/a && "
                "echo 0 > /dev/container/a/cpuset.cpus && echo 0 > /dev/container/a/cpuset.mems && echo $$ > /dev/container/a/tasks && cat /proc/self/container && echo $$ > /dev/container/tasks && "
                "rmdir /dev/container/a && umount /dev/container && echo $?")
    first = c.run(commands)
    assert first.endswith("\n0"), first
    assert c.run(commands) == first


def test_cpus_2_and_3_and_memory_node_1(vm):
    """The group that the original's example describes, on a machine that has all this."""
    done = vm("mkdir /dev/container; mount -t container cpuset -ocpuset /dev/container; cd /dev/container; mkdir Charlie; cd Charlie; "
              "/bin/echo 2-3 > cpuset.cpus; /bin/echo 1 > cpuset.mems; /bin/echo $$ > tasks; "
              "sh -c 'cat /proc/self/container /proc/self/cpuset; grep _list /proc/self/status; grep stack /proc/self/numa_maps'",
              smp=4, numa=2)
    lines = done.out.splitlines()
    assert lines[:4] == ["cpuset:/Charlie", "/Charlie", "Cpus_allowed_list:\t2-3", "Mems_allowed_list:\t1"], done
    assert re.search(r" stack anon=(\d+) dirty=\1 N1=\1 ", lines[4]), done


def test_the_session_of_the_readme_is_this_one():
    """The README's transcript may be copied as it stands: each of its commands is one that the test above types."""
    with open(os.path.join(ROOT, "README.md")) as f:
        block = re.search(r"## A session to copy\n\n```\n(.*?)```", f.read(), re.S).group(1)
    with open(__file__) as f:
        typed = f.read()
    for line in block.splitlines():
        command = line.partition("#")[0].strip()
        if command not in ("poweroff", "cd /", "umount /dev/container"):
            assert f'c.run("{command}")' in typed, command
