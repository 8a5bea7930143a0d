# SPDX-License-Identifier: GPL-2.0-only
"""A trace in the JSON format of Chrome's trace viewer, which Perfetto (ui.perfetto.dev) opens too.

One process, "CPUs", has a track for each CPU: a slice for each stretch of time that a task ran, with its pid, containers and the state
it was left in; arrows from a wake-up to the moment when the task runs; a mark for every other event. What control files said is
drawn as counters. Times in the format are microseconds. Format: "Trace Event Format", Google, 2016.
"""

PROCESS = 1
QUIET = {"sched_switch", "sched_wakeup"}    # these are slices and arrows


def us(time):
    return time / 1000


def metadata(trace):
    yield {"ph": "M", "pid": PROCESS, "name": "process_name", "args": {"name": "CPUs"}}
    for cpu in trace.cpus:
        yield {"ph": "M", "pid": PROCESS, "tid": cpu, "name": "thread_name", "args": {"name": f"CPU {cpu}"}}
        yield {"ph": "M", "pid": PROCESS, "tid": cpu, "name": "thread_sort_index", "args": {"sort_index": cpu}}


def slices(trace):
    for piece in trace.pieces:
        args = {"pid": piece.pid, "left": piece.state}
        for names, path in (piece.places or {}).items():
            args[names] = path
        yield {"ph": "X", "pid": PROCESS, "tid": piece.cpu, "ts": us(piece.start), "dur": us(piece.length), "name": piece.comm,
               "cat": "sched", "args": args}


def arrows(trace):
    """From each wake-up by a running task to the first slice of the woken one after it."""
    running = {}            # cpu: the end of what runs there, to know that a wake-up lies in a slice
    starts = {}
    for piece in trace.pieces:
        starts.setdefault(piece.pid, []).append(piece)
    position, number = {}, 0
    pieces = iter(trace.pieces)
    upcoming = next(pieces, None)
    for record in trace.records:
        while upcoming and upcoming.start <= record.time:
            running[upcoming.cpu] = upcoming.end
            upcoming = next(pieces, None)
        if record.event != "sched_wakeup" or running.get(record.cpu, 0) < record.time:
            continue
        pid = int(record.fields["pid"])
        mine, at = starts.get(pid, []), position.get(pid, 0)
        while at < len(mine) and mine[at].start < record.time:
            at += 1
        position[pid] = at
        if at == len(mine):
            continue
        number += 1
        common = {"pid": PROCESS, "name": "wakeup", "cat": "wakeup", "id": number}
        yield {**common, "ph": "s", "tid": record.cpu, "ts": us(record.time)}
        yield {**common, "ph": "f", "bp": "e", "tid": mine[at].cpu, "ts": us(mine[at].start)}


def marks(trace):
    for record in trace.records:
        if record.event not in QUIET:
            yield {"ph": "i", "s": "t", "pid": PROCESS, "tid": record.cpu, "ts": us(record.time), "name": record.event, "cat": "event",
                   "args": {"pid": record.pid, "comm": record.comm, **record.fields}}


def counters(trace):
    for (names, path, file), values in trace.values.items():
        for time, value in zip(values.times, values.values):
            if value.isdigit():
                yield {"ph": "C", "pid": PROCESS, "ts": us(time), "name": f"{names}:{path} {file}", "args": {"value": int(value)}}


def to_json(trace):
    """The whole as an object for json.dump()."""
    events = [event for part in (metadata, slices, arrows, marks, counters) for event in part(trace)]
    return {"traceEvents": events, "displayTimeUnit": "ns",
            "otherData": {"lost_records": trace.lost, "start_ns": trace.start, "end_ns": trace.end}}
