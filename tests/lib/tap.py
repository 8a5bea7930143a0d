# SPDX-License-Identifier: GPL-2.0-only
"""Reads TAP, as test programs print it, and KTAP, as the kernel's log carries it.

A result line is `ok N - name` or `not ok N - name # why`; the plan is `1..N`, first or last. A stream without plan, or
with fewer results than planned, has failed: that is how a program that died half-way is seen.
"""
import re

STAMP = re.compile(r"^(?:<\d>)?(?:\[[^\]]*\]\s?)?")
RESULT = re.compile(r"^(ok|not ok)\s+(\d+)\s*(?:-\s*)?(.*?)(?:\s+#\s*(.*))?$")
PLAN = re.compile(r"^1\.\.(\d+)\s*(?:#.*)?$")


class Tap:
    """One stream: feed lines, then ask for problems()."""

    def __init__(self):
        self.plan = None
        self.results = []       # (passed, name, why, skipped)
        self.numbers = set()
        self.notes = []         # diagnostics since the last result
        self.doubled = []

    def feed(self, line):
        """Takes one line; returns True when it was a result."""
        line = STAMP.sub("", line.rstrip("\r\n"), count=1)
        plan, result = PLAN.match(line), RESULT.match(line)
        if plan:
            self.plan = int(plan.group(1))
        elif result:
            verdict, number, name, why = result.groups()
            why = why or ""
            skipped = verdict == "ok" and why.upper().startswith("SKIP")
            if number in self.numbers:
                self.doubled.append(number)
            self.numbers.add(number)
            notes = "; ".join(self.notes) if verdict != "ok" else ""
            self.results.append((verdict == "ok", name or number, "; ".join(filter(None, (why, notes))), skipped))
            self.notes = []
        elif line.startswith("#"):
            self.notes = (self.notes + [line.lstrip("# ")])[-20:]
        return bool(result)

    def problems(self):
        """What is wrong with the stream as a whole, as a list of texts."""
        found = []
        if self.plan is None:
            found.append("no plan (1..N): the program ended early")
        elif len(self.numbers) != self.plan:
            found.append(f"{self.plan} results planned, {len(self.numbers)} came")
        if self.doubled:
            found.append(f"results came twice: {', '.join(self.doubled)}")
        return found
