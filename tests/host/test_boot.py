# SPDX-License-Identifier: GPL-2.0-only
"""Every way to boot, on every number of CPUs, with the memory and the command line that was given."""
import re

import pytest

WAYS = ("kernel", "pvh", "iso", "uefi")


def processors(text):
    return len(re.findall(r"^processor\s*:", text, re.M))


@pytest.mark.parametrize("boot", WAYS)
@pytest.mark.parametrize("smp", [1, 2])
def test_way(vm, boot, smp, tmp_path):
    """A way gives the kernel its CPUs, its module and its command line."""
    (tmp_path / "file").write_text("from a module\n")
    done = vm("cat /file /proc/cmdline; cat /proc/cpuinfo", boot=boot, smp=smp, append="loglevel=7 one=two",
              add=[f"{tmp_path}/file:/file"], timeout=120)
    assert done.status == 0, done
    lines = done.out.splitlines()
    assert lines[0] == "from a module"
    assert lines[1].endswith("loglevel=7 one=two"), lines[1]
    assert "vm." not in lines[1]
    assert processors(done.out) == smp


@pytest.mark.parametrize("smp", [1, 2, 4, 8])
def test_all_cpus_run_programs(vm, smp):
    """Each CPU is there and takes a task that is bound to it."""
    done = vm(f"nproc; for c in $(seq 0 {smp - 1}); do taskset -c $c nproc; done", smp=smp, timeout=120)
    assert done.out.split() == [str(smp)] + ["1"] * smp, done


def test_maxcpus(vm):
    assert vm("nproc", smp=4, append="maxcpus=2").out == "2\n"


@pytest.mark.parametrize("boot", WAYS)
def test_memory_map_is_honoured(vm, boot, checks):
    """The kernel finds what the machine has, less what firmware and kernel keep for themselves."""
    done = vm("grep MemTotal: /proc/meminfo", mem="192M", boot=boot, timeout=120)
    total = int(done.out.split()[1])
    kept = 192 / 8 * ("kasan" in checks) + 192 / 16 * ("kmemleak" in checks)
    assert (160 - kept) * 1024 < total < 192 * 1024, done


def test_numa_nodes(vm):
    """Nodes by SRAT; the log names them."""
    done = vm("nproc; grep MemTotal: /proc/meminfo", smp=4, numa=2, mem="256M")
    assert done.status == 0, done
    assert done.out.startswith("4\n") and int(done.out.split()[2]) > 200 * 1024
    assert re.search(r"node 1\b", done.err), done.err


def test_arguments_for_init(vm, tmp_path):
    """init= chooses the program, words behind -- are its arguments; its path is its name."""
    (tmp_path / "first").write_text("#!/bin/sh\nmount -t devtmpfs dev /dev\necho args: $# $1 $2 >/dev/kmsg\npoweroff 5\n")
    (tmp_path / "first").chmod(0o755)
    done = vm("true", append="init=/first -- red blue", add=[f"{tmp_path}/first:/first"])
    assert "args: 2 red blue" in done.err and done.status == 5, done


def test_init_that_is_missing_panics(vm):
    done = vm("true", append="init=/nowhere/init")
    assert done.status == 134, done
    assert re.search(r"Kernel panic: .*init", done.err)


@pytest.mark.parametrize("machine", ["pc", "q35"])
def test_machines(vm, machine):
    assert vm("echo up", machine=machine).out == "up\n"


def test_poweroff_through_acpi(vm):
    """Without the exit port the kernel leaves through ACPI, and the status is in the log all the same."""
    done = vm("exit 9", append="vm.exit=")
    assert done.status == 9, done
