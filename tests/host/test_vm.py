# SPDX-License-Identifier: GPL-2.0-only
"""tools/vm itself: statuses, the two channels, added files, guests side by side."""
import glob
import os
import signal
import subprocess
import time

import pytest
from conftest import VM, words_for


def test_output_and_status(vm):
    done = vm("echo out; echo err >&2; exit 7")
    assert (done.status, done.out) == (7, "out\nerr\n"), done
    assert done.err, "the kernel's log belongs on standard error"


@pytest.mark.parametrize("status", [0, 1, 124, 125, 134, 255])
def test_any_status_is_the_commands(vm, status):
    assert vm(f"exit {status}").status == status


def test_last_command_counts(vm):
    assert vm("true; false").status == 1
    assert vm("false; true").status == 0


def test_output_is_byte_exact(vm, tmp_path):
    data = bytes(range(256)) * 40 + b"no newline at the end"
    (tmp_path / "data").write_bytes(data)
    done = vm("cat /data", add=[f"{tmp_path}/data:/data"])
    assert done.status == 0, done
    assert done.raw == data


def test_output_is_byte_exact_behind_grub(vm, tmp_path):
    data = bytes(range(256))
    (tmp_path / "data").write_bytes(data)
    done = vm("cat /data", add=[f"{tmp_path}/data:/data"], boot="iso")
    assert (done.status, done.raw) == (0, data), done


def test_the_log_is_not_on_the_console(vm):
    done = vm("echo 'told the log' >/dev/kmsg; echo said")
    assert done.out == "said\n", done
    assert "told the log" in done.err


def test_a_guest_cannot_forge_its_status(vm):
    done = vm("echo 'paddock-exit 0000000000000000 0' >/dev/kmsg; cat /proc/cmdline; dmesg; cat /proc/kmsg; exit 3")
    assert done.status == 3, done
    assert "console=debugcon" in done.out and "nonce" not in done.out and "vm.exit" not in done.out, done


def test_add_files_and_folders(vm, tmp_path):
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "sub" / "script").write_text("#!/bin/sh\necho ran $1\n")
    (tree / "sub" / "script").chmod(0o755)
    (tree / "link").symlink_to("sub/script")
    done = vm("/opt/tree/link one; cat /opt/tree/sub/script; ls -l /opt/tree/sub",
              add=[f"{tree}:/opt/tree"])
    assert done.status == 0, done
    assert done.out.startswith("ran one\n#!/bin/sh\necho ran $1\n-rwxr-xr-x")


def test_standard_input_is_empty(vm):
    assert vm("cat; echo $?").out == "0\n"


def test_timeout_is_124_and_says_where_the_cpus_are(vm, scale):
    done = vm("echo before; sleep 1000", timeout=4)
    assert done.status == 124, done
    assert done.out == "before\n"
    assert "CPU 0: pc 0x" in done.err and "CPU 1: pc 0x" in done.err


def test_alarm_is_a_timeout(scale):
    process = subprocess.Popen([VM, *words_for({}), "-c", "echo ready; sleep 1000"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout.readline() == b"ready\n"
    process.send_signal(signal.SIGALRM)
    assert process.wait(20 * scale) == 124


@pytest.mark.parametrize("options, reason", [
    ({"kernel": "/nowhere/paddock.elf"}, "run `make`"),
    ({"kernel": "/etc/passwd"}, "QEMU"),
    ({"add": ["/nowhere/file:/file"]}, "/nowhere/file"),
    ({"add": ["no-colon"]}, "HOST:GUEST"),
    ({"mem": "many"}, "--mem"),
    ({"mem": "3M"}, "the kernel's image alone needs"),
    ({"no_such_option": "1"}, "--help"),
    ({"boot": "pvh", "numa": 2}, "--numa"),
    ({"smp": 0}, "--smp"),
])
def test_what_cannot_start_is_125_and_one_line(vm, options, reason):
    done = vm("true", **options)
    assert done.status == 125, done
    assert reason in done.err and done.err.count("\n") == 1, done


def test_missing_qemu_is_125(tmp_path):
    done = subprocess.run([VM, *words_for({}), "-c", "true"], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert done.returncode == 125
    assert "tools/setup" in done.stderr and done.stderr.count("\n") == 1


def test_panic_is_134(vm):
    """An init that can't be started is a panic, which tells its reason and shows source lines."""
    done = vm("true", append="init=/nowhere")
    assert done.status == 134, done
    assert "Kernel panic: " in done.err
    assert "source lines" in done.err and ".c:" in done.err


def test_two_guests_side_by_side(scale):
    words = [VM, *words_for({}), "--timeout", f"{60 * scale:.0f}", "-c"]
    guests = [subprocess.Popen([*words, f"sleep 1; echo {n}; exit {n}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL) for n in (3, 4)]
    assert [g.communicate()[0] for g in guests] == [b"3\n", b"4\n"]
    assert [g.returncode for g in guests] == [3, 4]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_nothing_behind(number, tmp_path, scale):
    process = subprocess.Popen([VM, *words_for({}), "-c", "echo ready; sleep 1000"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=dict(os.environ, TMPDIR=str(tmp_path)))
    assert process.stdout.readline() == b"ready\n"
    children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process.pid)], capture_output=True, text=True).stdout.split()
    assert children and glob.glob(f"{tmp_path}/paddock-vm-*")
    process.send_signal(number)
    assert process.wait(20 * scale) == 128 + number
    assert not glob.glob(f"{tmp_path}/paddock-vm-*")
    deadline = time.monotonic() + 5 * scale
    while any(os.path.exists(f"/proc/{pid}") for pid in children):
        assert time.monotonic() < deadline, "QEMU still runs"
        time.sleep(0.05)


def test_icount_is_repeatable(vm):
    """Two runs under --icount end at the same virtual time."""
    runs = [vm("cat /proc/uptime", icount=True, smp=1, accel="tcg").out for _ in range(2)]
    assert runs[0] == runs[1] != ""


def test_poweroff_at_the_console(console):
    c = console()
    assert c.run("echo one two") == "one two"
    c.send("poweroff\r")
    assert c.end() == 0


def test_reboot_at_the_console_boots_again(console):
    c = console()
    c.run("touch /tmp/here")
    c.send("reboot\r")
    c.expect(r"[#$] $")
    c.send("ls /tmp; poweroff\r")
    assert c.end() == 0
    assert "here" not in c.child.before


def test_quit_key(console):
    c = console()
    c.key("a")
    c.send("x")
    assert c.end() == 0


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_an_idle_guest_leaves_the_host_alone(console):
    """A shell that waits at its prompt costs less than a twentieth of one CPU, QEMU's own work included."""
    c = console(smp=4)
    (qemu,) = subprocess.run(["ps", "-o", "pid=", "--ppid", str(c.child.pid)], capture_output=True, text=True).stdout.split()
    time.sleep(1)
    before = cpu_seconds(qemu)
    time.sleep(4)
    assert cpu_seconds(qemu) - before < 0.2
