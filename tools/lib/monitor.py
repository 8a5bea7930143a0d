# SPDX-License-Identifier: GPL-2.0-only
"""Asks a running QEMU, through its QMP socket, where its CPUs are.

Start reading at registers().
"""
import json
import re
import socket
from collections import namedtuple

Cpu = namedtuple("Cpu", "number pc level halted")


def _answer(stream):
    """The next answer, events skipped."""
    for line in stream:
        message = json.loads(line)
        if "event" not in message:
            return message
    raise ValueError("the connection was closed")


def human_command(path, command, timeout=5):
    """Runs one command of QEMU's human monitor and returns its text. Raises OSError or ValueError."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as sock:
        sock.settimeout(timeout)
        sock.connect(path)
        stream = sock.makefile("rw", encoding="utf-8", errors="replace")
        _answer(stream)
        text = None
        for request in ({"execute": "qmp_capabilities"},
                        {"execute": "human-monitor-command", "arguments": {"command-line": command}}):
            stream.write(json.dumps(request) + "\n")
            stream.flush()
            text = _answer(stream).get("return")
        if not isinstance(text, str):
            raise ValueError(f"no answer to '{command}'")
        return text


def registers(path):
    """Returns a Cpu for each CPU of the guest whose QMP socket is at PATH."""
    cpus = []
    for part in re.split(r"^\s*CPU#", human_command(path, "info registers -a"), flags=re.M)[1:]:
        pc = re.search(r"\b[RE]IP=([0-9a-f]+)", part)
        level = re.search(r"\bCPL=(\d)", part)
        if pc:
            cpus.append(Cpu(int(part.split()[0]), int(pc.group(1), 16), int(level.group(1)) if level else 0,
                            "HLT=1" in part))
    return cpus
