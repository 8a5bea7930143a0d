# SPDX-License-Identifier: GPL-2.0-only
"""A guest that hangs before it can say anything: tools/vm says where its CPUs are, whichever way it was booted."""
import os
import re
import subprocess

import pytest
from conftest import ROOT, VM

BUILD = os.path.dirname(os.environ.get("PADDOCK_KERNEL") or os.path.join(ROOT, "build", "paddock.elf"))
CLI_LOOP = b"\xfa\xeb\xfe"      # cli; 1: jmp 1b


def file_offset(elf, symbol):
    """Where in the file ELF the code of SYMBOL is."""
    nm = subprocess.run(["nm", elf], capture_output=True, text=True, check=True).stdout
    address = int(re.search(rf"^(\w+) \w {symbol}$", nm, re.M).group(1), 16)
    headers = subprocess.run(["readelf", "-lW", elf], capture_output=True, text=True, check=True).stdout
    for offset, start, size in re.findall(r"LOAD +0x(\w+) 0x(\w+) 0x\w+ 0x(\w+)", headers):
        if int(start, 16) <= address < int(start, 16) + int(size, 16):
            return int(offset, 16) + address - int(start, 16)
    raise AssertionError(f"{symbol} is in no segment")


def hanging(tmp_path, boot):
    """A copy of the image that stops with interrupts off where C begins."""
    name = "paddock-pvh.elf" if boot == "pvh" else "paddock.elf"
    source = os.path.join(BUILD, name)
    with open(source, "rb") as f:
        data = bytearray(f.read())
    at = file_offset(source, "kernel_main")
    data[at:at + len(CLI_LOOP)] = CLI_LOOP
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


def run(words, seconds):
    return subprocess.run([VM, *words, f"--timeout={seconds}"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace")


@pytest.mark.parametrize("boot, way, seconds", [("kernel", "batch", 3), ("kernel", "interactive", 3), ("pvh", "batch", 3),
                                                ("iso", "batch", 6), ("uefi", "batch", 15)])
def test_a_timeout_says_where_an_early_hang_is(tmp_path, scale, boot, way, seconds):
    words = ["--kernel", hanging(tmp_path, boot), "--boot", boot] + (["-c", "true"] if way == "batch" else [])
    limit, done = seconds, None
    while limit <= seconds * 4 * scale and not (done and "kernel_main+0x" in done.stderr):
        done = run(words, limit)
        limit *= 4                      # a slow host may not have come to the kernel by then
    assert done.returncode == 124, done
    assert re.search(r"CPU 0: pc 0xffffffff8\w+ kernel_main\+0x1 \(kernel/main\.c:\d+\), privilege level 0", done.stderr), done


def test_silence_is_reported_before_the_time_is_up(tmp_path):
    done = run(["--kernel", hanging(tmp_path, "kernel"), "-c", "true"], 14)
    said = re.search(r"the guest has printed nothing for 10 s; its CPUs:\n +CPU 0: pc 0x\w+ kernel_main\+0x1 ", done.stderr)
    assert done.returncode == 124 and said, done
    assert done.stderr.index("printed nothing") < done.stderr.index("did not end in"), done
