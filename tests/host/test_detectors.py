# SPDX-License-Identifier: GPL-2.0-only
"""Detectors as a user switches them; what they find is tested by tests/unit/detect_test.c."""
import os
import re
import signal
import subprocess
import time

from conftest import VM, words_for


def test_stack_use(vm):
    done = vm("cat /proc/stack_use", append="stack_use")
    used = re.fullmatch(r"(\d+) of 16384 bytes, PID: \d+ Comm: \S+\n", done.out)
    assert used and 500 < int(used.group(1)) < 12000, done
    assert re.search(r"stack_use: at most \d+ of 16384 bytes, by PID: \d+ Comm: ", done.err), done


def test_stack_use_is_off_unless_wanted(vm):
    assert "off" in vm("cat /proc/stack_use").out


def test_stack_use_reports_what_comes_near_the_end(scale):
    """With a limit that every task passes."""
    done = subprocess.run([VM, *words_for({"append": "stack_use=16000", "timeout": 60 * scale}), "-c", "true"],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, done
    assert re.search(r"WATCHDOG: stack use: PID: \d+ Comm: \S+ has come within \d+ bytes", done.stderr), done


def test_a_hung_cpu_is_named_by_another(scale):
    """The boot CPU hangs with its interrupts off (plant=hang): another shows where."""
    words = words_for({"append": "plant=hang watchdog=1", "timeout": 60 * scale, "smp": 2})
    guest = subprocess.Popen([VM, *words, "-c", "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE, text=True)
    told = ""
    for line in guest.stderr:
        told += line
        if "spin_in_kernel+0x" in line:
            break
    guest.terminate()
    guest.wait(30 * scale)
    assert re.search(r"WATCHDOG: hard lockup: CPU 0 has not taken its timer for 1 s; noticed by CPU 1\n(.*\n)+?.* spin_in_kernel\+0x",
                     told), told


def test_detectors_are_off_with_0(scale):
    words = words_for({"append": "plant=hang watchdog=0 rcu_stall=0 hung_task=0", "timeout": 8, "smp": 2})
    done = subprocess.run([VM, *words, "-c", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 124 and "WATCHDOG" not in done.stderr and "khungtaskd" not in done.stderr, done


def test_a_busy_host_is_no_fault_of_the_guest(scale):
    """QEMU is stopped again and again, for longer than the limits, while the guest computes."""
    words = words_for({"append": "watchdog=2 rcu_stall=2 hung_task=2", "timeout": 120 * scale, "smp": 2})
    guest = subprocess.Popen([VM, *words, "-c", "while :; do :; done & echo ready; while :; do :; done"],
                             stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert guest.stdout.readline() == "ready\n"
    qemu = int(subprocess.run(["ps", "-o", "pid=", "--ppid", str(guest.pid)], capture_output=True, text=True).stdout)
    for pause in (3, 0.5, 3, 0.5, 0.5, 3):
        os.kill(qemu, signal.SIGSTOP)
        time.sleep(pause)
        os.kill(qemu, signal.SIGCONT)
        time.sleep(0.3)
    guest.terminate()
    err = guest.communicate(timeout=60 * scale)[1]
    assert guest.returncode == 128 + signal.SIGTERM and "WATCHDOG" not in err, err
