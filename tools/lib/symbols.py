# SPDX-License-Identifier: GPL-2.0-only
"""Addresses of a kernel image as names and source lines, by binutils' nm and addr2line.

Where those tools or the symbols are missing, answers are empty; a report is then shorter, never an error.
Start reading at annotate().
"""
import bisect
import os
import re
import subprocess

WHERE = re.compile(r"\b([A-Za-z_][\w.]*)\+0x([0-9a-f]+)(?:/0x([0-9a-f]+))?|\b(?:0x)?(ffffffff[89a-f][0-9a-f]{7})\b")


def _output(words, text=None):
    try:
        return subprocess.run(words, input=text, capture_output=True, text=True).stdout
    except OSError:
        return ""


class Symbols:
    """The text symbols of one ELF file, read when first asked for."""

    def __init__(self, elf):
        self.elf = elf
        self.table = None

    def _load(self):
        if self.table is not None:
            return
        self.table, self.by_name = [], {}
        for line in _output(["nm", "-n", self.elf]).splitlines():
            fields = line.split()
            if len(fields) == 3 and fields[1] in "tTwW":
                self.table.append((int(fields[0], 16), fields[2]))
        starts = [address for address, _ in self.table]
        for i, (address, name) in enumerate(self.table):
            following = bisect.bisect_right(starts, address)
            size = starts[following] - address if following < len(starts) else 0
            self.by_name.setdefault(name, []).append((address, size))
        self.starts = starts

    def holds(self, address):
        """Whether ADDRESS is inside the text, or not far behind a text symbol."""
        self._load()
        before = bisect.bisect_right(self.starts, address) - 1
        return before >= 0 and address - self.starts[before] < 0x10000 and self.table[before][1] != "__text_end"

    def name(self, address):
        """'function+0x12', or '' when the address is outside the text."""
        if not self.holds(address):
            return ""
        start, name = self.table[bisect.bisect_right(self.starts, address) - 1]
        return f"{name}+{address - start:#x}"

    def address(self, name, offset, size):
        """The address of NAME+OFFSET; among functions of one name, the one of SIZE (None: any). None when unknown."""
        self._load()
        found = self.by_name.get(name, [])
        fitting = [start for start, length in found if size is None or abs(length - size) < 16]
        return (fitting or [found[0][0]])[0] + offset if found else None

    def lines(self, addresses):
        """For each address 'file:line', or '' when unknown."""
        text = _output(["addr2line", "-e", self.elf], "\n".join(f"{a:#x}" for a in addresses) + "\n")
        found = []
        for line in text.splitlines():
            path, _, number = line.rpartition("//")[2].partition(":")
            path = os.path.relpath(path) if os.path.isabs(path) else path.removeprefix("./")
            number = number.split(" ")[0]
            found.append("" if path.startswith("?") or number in ("?", "0") else f"{path}:{number}")
        return found if len(found) == len(addresses) else [""] * len(addresses)

    def describe(self, address):
        line = self.lines([address])[0]
        return self.name(address) + (f" ({line})" if line else "")


def annotate(symbols, lines):
    """For each place that LINES of a log name, as function+0xOFF/0xSIZE or as a raw kernel address: one line
    'place  name  file:line', in the log's order, each once. A backtrace holds return addresses, so except on a line
    with RIP, and the panic's first, the instruction before is looked up."""
    places = {}
    for line in lines:
        back = 0 if re.search(r"\bRIP\b|Kernel panic: ", line, re.I) else 1
        found = list(WHERE.finditer(line))
        for match in [m for m in found if m.group(4)] or found:
            name, offset, size, raw = match.groups()
            if raw:
                address = int(raw, 16)
            else:
                address = symbols.address(name, int(offset, 16), int(size, 16) if size else None)
            if address is not None and symbols.holds(address):
                places.setdefault(address, address - back)
    if not places:
        return []
    found = symbols.lines(list(places.values()))
    return [f"  {a:#x} {symbols.name(a)} {line}".rstrip() for a, line in zip(places, found)]
