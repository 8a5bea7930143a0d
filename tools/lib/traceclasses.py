# SPDX-License-Identifier: GPL-2.0-only
"""What a trace says about classes: the containers right below the top of the hierarchy that divides the CPUs, and what the same
container has in the hierarchy that divides memory. A class includes the containers below it.

    classes = Classes(trace)
    for row in classes.rows():
        print(row.name, row.configured, row.got)

Without such a hierarchy each command is a class. Times are ns, shares are parts of all CPUs together.
"""
from collections import namedtuple

TOP, LEAVING = "(top)", "(exiting)"

Row = namedtuple("Row", "name cpus shares configured got ns accounted limit peak violations")


class Classes:
    """names: the CPU hierarchy, memory: the memory hierarchy (or None); list: the classes in order, TOP and LEAVING last."""

    def __init__(self, trace):
        self.trace = trace
        self.names = (trace.hierarchy_with("cpu") or trace.hierarchy_with("cpuset")
                      or (trace.hierarchies[0] if trace.hierarchies else None))
        self.memory = trace.hierarchy_with("memory")
        self.span = trace.measured()
        found = {}
        if self.names:
            for r in trace.records:
                label = r.fields.get("container") if r.event == "container_mkdir" else None
                words = r.fields["text"].split(" ") if r.event == "mark" else []
                if words[:1] == ["container"] and len(words) > 1:
                    label = words[1]
                if label and label.rpartition(":")[0] == self.names:
                    found[self.of_path(label.rpartition(":")[2])] = True
        for piece in trace.pieces:
            found[self.of(piece)] = True
        self.list = [c for c in found if c not in (TOP, LEAVING)] + [c for c in (TOP, LEAVING) if c in found]

    @staticmethod
    def of_path(path):
        return path.split("/")[1] or TOP

    def of(self, piece):
        if not self.names:
            return piece.comm
        path = self.trace.place(piece, self.names)
        return LEAVING if path is None else self.of_path(path)

    # ---- time ----

    def time_in(self, start, end, wanted=None):
        """{class: ns} of all pieces (for which wanted() is true) between two times."""
        total = dict.fromkeys(self.list, 0)
        for piece in self.trace.pieces:
            ns = min(piece.end, end) - max(piece.start, start)
            if ns > 0 and (wanted is None or wanted(piece)):
                total[self.of(piece)] += ns
        return total

    def bins(self, count, wanted=None):
        """[{class: ns}] for `count` equal parts of the whole trace, by CPU: {cpu: list}."""
        start, width = self.trace.start, (self.trace.end - self.trace.start) / count
        found = {cpu: [{} for _ in range(count)] for cpu in self.trace.cpus}
        for piece in self.trace.pieces:
            if wanted is not None and not wanted(piece):
                continue
            name, at = self.of(piece), piece.start
            while at < piece.end:
                index = min(count - 1, int((at - start) / width))
                until = piece.end if index == count - 1 else min(piece.end, start + (index + 1) * width)
                if until <= at:             # rounding
                    until = min(piece.end, at + 1)
                slot = found[piece.cpu][index]
                slot[name] = slot.get(name, 0) + until - at
                at = until
        return found

    # ---- what was set, what came of it ----

    def setting(self, name, file, time=None):
        if not self.names or name in (TOP, LEAVING):
            return None
        return self.trace.value(self.names, "/" + name, file, self.span.end if time is None else time)

    def configured(self):
        """{class: part of the CPUs that its shares promise while everybody wants more}."""
        shares = {name: int(self.setting(name, "cpu.shares") or 0) for name in self.list}
        total = sum(shares.values())
        return {name: value / total for name, value in shares.items() if value} if total else {}

    def accounted(self, name):
        """The part of the CPUs by cpuacct.usage, as read at the ends of the measured span; None: it was not."""
        values = self.trace.values.get((self.names, "/" + name, "cpuacct.usage"))
        if not values:
            return None
        first, last = (int(values.near(time)) for time in (self.span.start, self.span.end))
        return (last - first) / self.capacity()

    def capacity(self):
        return (self.span.end - self.span.start) * len(self.trace.cpus)

    def memory_limit(self, name):
        limit = self.trace.value(self.memory, "/" + name, "memory.limit_in_bytes", self.span.end) if self.memory else None
        return int(limit) if limit and int(limit) < 1 << 60 else None

    def memory_samples(self, name):
        """(times, bytes) that were read of memory.usage_in_bytes."""
        values = self.trace.values.get((self.memory, "/" + name, "memory.usage_in_bytes"))
        return (values.times, [int(v) for v in values.values]) if values else ([], [])

    def memory_peak(self, name):
        most = self.trace.value(self.memory, "/" + name, "memory.max_usage_in_bytes", self.trace.end) if self.memory else None
        sampled = self.memory_samples(name)[1]
        return max(([int(most)] if most else []) + sampled, default=None)

    def rows(self):
        configured, used = self.configured(), self.time_in(self.span.start, self.span.end)
        bad = [self.of(piece) for piece, _ in self.trace.violations]
        for name in self.list:
            yield Row(name, self.setting(name, "cpuset.cpus"), self.setting(name, "cpu.shares"), configured.get(name),
                      used[name] / self.capacity(), used[name], self.accounted(name) if self.names else None,
                      self.memory_limit(name), self.memory_peak(name), bad.count(name))


# ---- as text ----

def percent(part):
    return "-" if part is None else f"{100 * part:.1f} %"


def size(number):
    if number is None:
        return "-"
    return f"{number / 2**20:.1f} MiB" if number >= 2**20 else f"{number / 2**10:.0f} KiB"


def summary(trace, classes):
    """The table of classes for a terminal."""
    lines = [("class", "CPUs", "configured", "got", "by cpuacct", "limit", "peak", "outside its CPUs")]
    for row in classes.rows():
        if row.name == LEAVING and row.ns * 1000 < classes.capacity():
            continue
        lines.append((row.name, row.cpus or "-", percent(row.configured), percent(row.got), percent(row.accounted), size(row.limit),
                      size(row.peak), str(row.violations)))
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    text = "\n".join("  ".join(word.ljust(w) if not i else word.rjust(w) for i, (word, w) in enumerate(zip(line, widths))) for line in lines)
    span = classes.span
    counts = {event: sum(1 for r in trace.records if r.event == event) for event in ("exec", "release_agent", "oom")}
    return (f"{text}\nmeasured over {(span.end - span.start) / 1e9:.2f} s on {len(trace.cpus)} CPUs\n"
            f"in the whole trace: {counts['exec']} programs started, {len(trace.moves)} moves, "
            f"{counts['release_agent']} runs of a release agent, {counts['oom']} killed for memory, {trace.lost} records lost\n")
