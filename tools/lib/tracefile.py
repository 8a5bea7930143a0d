# SPDX-License-Identifier: GPL-2.0-only
"""A trace of Paddock (docs/trace.md) as objects: records, what ran on each CPU when, in which containers each task was.

    trace = Trace(read_records(open("trace.txt")))
    for piece in trace.pieces:                 # one task on one CPU, in the same containers all the time
        print(piece.cpu, piece.start, piece.end, piece.pid, piece.comm, piece.places)

Times are nanoseconds since boot. Besides the kernel's own events it understands marks of these forms:

    task PID NAMES:PATH                a task was there when the trace began
    container NAMES:PATH FILE=VALUE …  what control files say at this moment
    begin TEXT, end TEXT               a span of time that is to be measured, or shown: "measure" is what totals are taken from
    anything else                      a note

Start reading at Trace.
"""
import bisect
import re
from collections import namedtuple

LINE = re.compile(r"(\d+)\.(\d{9}) (\d+) (\d+) (\S+) ([a-z_]+):((?: [a-z_]+=\S*)*)")
LOST = re.compile(r"# lost (\d+) records on cpu (\d+)")
ESCAPE = re.compile(r"\\([0-7]{3})")

Record = namedtuple("Record", "time cpu pid comm event fields")
Lost = namedtuple("Lost", "after count cpu")            # after: time of the record before it, or 0
Span = namedtuple("Span", "name start end")


class BadTrace(Exception):
    """What was read is not a trace; the text says why and where."""


def unescape(word):
    return ESCAPE.sub(lambda m: chr(int(m.group(1), 8)), word)


def read_records(lines):
    """The Records and Losts of a trace, in their order. Raises BadTrace."""
    found, last = [], 0
    for number, line in enumerate(lines, 1):
        line = line.rstrip("\n")
        match = LINE.fullmatch(line)
        if match:
            seconds, nanoseconds, cpu, pid, comm, event, fields = match.groups()
            pairs = (word.split("=", 1) for word in fields.split(" ")[1:])
            last = int(seconds) * 10**9 + int(nanoseconds)
            found.append(Record(last, int(cpu), int(pid), unescape(comm), event, {k: unescape(v) for k, v in pairs}))
            continue
        match = LOST.fullmatch(line)
        if match:
            found.append(Lost(last, int(match.group(1)), int(match.group(2))))
        elif line:
            raise BadTrace(f"line {number} is no record of a trace: {line[:80]!r}")
    if not any(isinstance(record, Record) for record in found):
        raise BadTrace("there is no record in it")
    return found


def parse_list(text):
    """The numbers of a list such as 0-2,5."""
    numbers = set()
    for part in filter(None, text.strip().split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return numbers


class Piece:
    """A task on a CPU, from switch to switch or until it was moved while it ran. places: {names: path}."""

    __slots__ = ("cpu", "start", "end", "pid", "comm", "places", "state")

    def __init__(self, cpu, start, pid, comm, places):
        self.cpu, self.start, self.end, self.pid, self.comm, self.places = cpu, start, start, pid, comm, places
        self.state = "R"            # what it was left in

    @property
    def length(self):
        return self.end - self.start


class Task:
    """What is known of a pid while it goes by: places is replaced, never changed."""

    def __init__(self, comm, places, uid=None):
        self.comm, self.places, self.uid, self.dead = comm, places, uid, False


class Values:
    """One control file of one container over time: the last value set counts."""

    def __init__(self):
        self.times, self.values = [], []

    def add(self, time, value):
        self.times.append(time)
        self.values.append(value)

    def at(self, time):
        """The value at a time: before the first, the first."""
        return self.values[max(0, bisect.bisect_right(self.times, time) - 1)]

    def near(self, time):
        """The value that was set nearest to a time."""
        after = min(bisect.bisect_left(self.times, time), len(self.times) - 1)
        before = max(0, after - 1)
        return self.values[min((before, after), key=lambda i: abs(self.times[i] - time))]


class Trace:
    """
    records     all, without marks about tasks and settings
    pieces      what ran, idle left out, by start; idle: {cpu: ns}
    events      the records that are worth a mark in a picture
    moves       container_attach: (record, comm of the task)
    values      {(names, path, file): Values}
    spans       Span for each pair of begin and end
    cpus        their numbers; start, end: of the whole trace
    lost        number of records that are missing
    violations  pieces (or parts) on a CPU that the task's cpuset did not have: (piece, the CPUs it had)
    """

    def __init__(self, records):
        self.records = [r for r in records if isinstance(r, Record)]
        self.lost = sum(r.count for r in records if isinstance(r, Lost))
        self.start, self.end = self.records[0].time, max(r.time for r in self.records)
        self.cpus = list(range(max(r.cpu for r in self.records) + 1))
        self.pieces, self.events, self.moves, self.spans = [], [], [], []
        self.values, self.idle = {}, dict.fromkeys(self.cpus, 0)
        self._tasks, self._running, self._seen, self._open_spans = {}, {}, set(), {}
        self._collect_snapshot()
        for record in records:
            if isinstance(record, Lost):
                self._running.pop(record.cpu, None)     # what ran meanwhile is not known
                self._seen.add(record.cpu)
            else:
                getattr(self, "_on_" + record.event, self._on_other)(record)
        for cpu in list(self._running):
            self._stop(cpu, self.end, "R")
        self.spans += [Span(name, start, self.end) for name, start in self._open_spans.items()]
        self.pieces.sort(key=lambda p: (p.start, p.cpu))
        self.violations = list(self.find_violations())

    # ---- tasks ----

    def _collect_snapshot(self):
        """Where tasks were before the first event: marks tell later what was true from the start."""
        self.hierarchies, seen = [], set()
        for record in self.records:
            words = record.fields.get("text", "").split(" ") if record.event == "mark" else []
            if words[:1] == ["task"] and len(words) >= 3:
                names, _, path = " ".join(words[2:]).rpartition(":")
                if (words[1], names) not in seen:
                    seen.add((words[1], names))
                    task = self._tasks.setdefault(int(words[1]), Task("?", {}))
                    task.places = {**task.places, names: path}
            labels = [record.fields[k] for k in ("container", "from", "to") if k in record.fields]
            if words[:1] == ["container"] and len(words) > 1:
                labels.append(words[1])
            for label in labels:
                names = label.rpartition(":")[0]
                if names and names not in self.hierarchies:
                    self.hierarchies.append(names)

    def task(self, pid, comm=None):
        task = self._tasks.get(pid)
        if task is None:
            task = self._tasks[pid] = Task(comm or "?", {})
        if comm:
            task.comm = comm
        return task

    # ---- what ran ----

    def _start(self, cpu, time, pid, comm):
        task = self.task(pid, comm)
        self._running[cpu] = Piece(cpu, time, pid, comm, None if task.dead else task.places)

    def _stop(self, cpu, time, state):
        piece = self._running.pop(cpu, None)
        if piece is None or time <= piece.start:
            return
        piece.end, piece.state = time, state
        if piece.pid:
            self.pieces.append(piece)
        else:
            self.idle[cpu] += piece.length

    def _split(self, pid, time):
        """The running task's name or places change."""
        for cpu, piece in list(self._running.items()):
            if piece.pid == pid and pid:
                self._stop(cpu, time, "R")
                self._start(cpu, time, pid, self.task(pid).comm)
                break

    def _on_sched_switch(self, r):
        if r.cpu not in self._running:      # the first of this CPU: the task has run from the beginning; or some were lost
            self._start(r.cpu, r.time if r.cpu in self._seen else self.start, r.pid, r.comm)
        self._seen.add(r.cpu)
        self._stop(r.cpu, r.time, r.fields["prev_state"])
        self._start(r.cpu, r.time, int(r.fields["next_pid"]), r.fields["next_comm"])

    def _on_sched_wakeup(self, r):
        pass

    def _on_page_fault(self, r):
        pass

    def _on_fork(self, r):
        parent = self.task(r.pid, r.comm)
        self._tasks[int(r.fields["child"])] = Task(r.comm, parent.places, parent.uid)

    def _on_exec(self, r):
        self.task(r.pid, r.comm).uid = int(r.fields["uid"])
        self._split(r.pid, r.time)
        self.events.append(r)

    def _on_exit(self, r):
        self.task(r.pid, r.comm).dead = True        # from here on it is in no container
        self._split(r.pid, r.time)
        self.events.append(r)

    def _on_container_attach(self, r):
        pid, (names, _, path) = int(r.fields["pid"]), r.fields["to"].rpartition(":")
        task = self.task(pid)
        if not task.dead:
            task.places = {**task.places, names: path}
        self._split(pid, r.time)
        self.moves.append((r, task.comm))
        self.events.append(r)

    def _on_mark(self, r):
        words = r.fields["text"].split(" ")
        if words[0] == "container" and len(words) > 1:
            names, _, path = words[1].rpartition(":")
            for word in words[2:]:
                file, equals, value = word.partition("=")
                if equals:
                    self.values.setdefault((names, path, file), Values()).add(r.time, value)
        elif words[0] == "begin":
            self._open_spans[" ".join(words[1:])] = r.time
        elif words[0] == "end" and " ".join(words[1:]) in self._open_spans:
            name = " ".join(words[1:])
            self.spans.append(Span(name, self._open_spans.pop(name), r.time))
        elif words[0] != "task":
            self.events.append(r)

    def _on_other(self, r):
        self.events.append(r)

    # ---- questions ----

    def place(self, piece, names):
        """Path of a piece's task in a hierarchy; None: it has left (it is exiting)."""
        return None if piece.places is None else piece.places.get(names, "/")

    def hierarchy_with(self, subsystem):
        """The names of the hierarchy that has a subsystem, or None."""
        for names in self.hierarchies:
            if subsystem in names.split(","):
                return names
        return None

    def value(self, names, path, file, time):
        """What a control file said at a time, or None."""
        values = self.values.get((names, path, file))
        return values.at(time) if values else None

    def cpus_of(self, names, path, time):
        """The CPUs of a container in a cpuset hierarchy, as a list in words: its own, or those of the next above that are known."""
        while True:
            cpus = self.value(names, path, "cpuset.cpus", time)
            if cpus or path == "/":
                return cpus
            path = path.rpartition("/")[0] or "/"

    def measured(self):
        """The span called `measure`, or all."""
        for span in self.spans:
            if span.name == "measure":
                return span
        return Span("measure", self.start, self.end)

    def find_violations(self):
        """
        Pieces on a CPU that the task's cpuset did not have, each with the CPUs it had, as a list in words.

        A task that is moved may be found on a CPU of either side until the move is over: `took` before the record. A piece that
        was running at that moment ends there (_split), so from then on only the new CPUs count.
        """
        names = self.hierarchy_with("cpuset")
        if not names:
            return
        moving = {}
        for r, _ in self.moves:
            if r.fields["to"].rpartition(":")[0] == names:
                to = r.fields["to"].rpartition(":")[2]
                moving.setdefault(int(r.fields["pid"]), []).append((r.time - int(r.fields["took"]), r.time, to))
        for piece in self.pieces:
            path = self.place(piece, names)
            cpus = path and self.cpus_of(names, path, piece.start)
            if not cpus or piece.cpu in parse_list(cpus):
                continue
            for begun, done, to in moving.get(piece.pid, ()):
                after = self.cpus_of(names, to, done)
                if begun <= piece.start and piece.end <= done and (not after or piece.cpu in parse_list(after)):
                    break
            else:
                yield piece, cpus
