# SPDX-License-Identifier: GPL-2.0-only
"""Detectors as a user switches them; what they find is tested by tests/unit/detect_test.c."""
import re
import subprocess

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
    words = words_for({"append": "plant=hang watchdog=1", "timeout": 20 * scale, "smp": 2})
    done = subprocess.run([VM, *words, "-c", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 124, done
    found = re.search(r"WATCHDOG: hard lockup: CPU 0 has not taken its timer for 1 s; noticed by CPU 1\n(.*\n)+?.* spin_in_kernel\+0x",
                      done.stderr)
    assert found, done.stderr


def test_detectors_are_off_with_0(scale):
    words = words_for({"append": "plant=hang watchdog=0 rcu_stall=0 hung_task=0", "timeout": 8, "smp": 2})
    done = subprocess.run([VM, *words, "-c", "true"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 124 and "WATCHDOG" not in done.stderr and "khungtaskd" not in done.stderr, done
