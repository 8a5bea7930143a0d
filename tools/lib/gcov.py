# SPDX-License-Identifier: GPL-2.0-only
"""What guests have counted (kernel/debug/gcov.c), summed and asked of gcov, GCC's own reader.

A guest leaves a file of counts: for each object u32 length and name of its .gcda file, u32 length and its data; at the end a u32 of 0.
Counts of all guests are added, object by object, and written as .gcda files beside the compiler's .gcno files, where GCC's tools look for
them; gcov makes of both how often each line has run.

Start reading at Counts.add_guest(), then lines_of().
"""
import array
import json
import os
import struct
import subprocess

GCDA, GCNO = 0x67636461, 0x67636E6F         # first word of the two kinds of files
TAG_FUNCTION, TAG_ARCS, TAG_SUMMARY = 0x01000000, 0x01A10000, 0xA1000000
HEADER = 16                                 # bytes: magic, version, stamp, checksum
OLDEST, NEWEST = 12, 15                     # GCC's major versions whose files look as we know them
# What gcov says of an object that no guest has run, and of one without code.
EXPECTED = ("cannot open data file, assuming not executed", "no functions found")


class BadCounts(Exception):
    """These counts can't be used; the text says why."""


def gcc_version(word):
    """The major version of GCC in a file's second word: four letters, `B22*` is 12.2."""
    letters = struct.pack(">I", word).decode("latin-1")
    return (ord(letters[0]) - ord("A")) * 10 + int(letters[1]) if letters[1].isdigit() else 0


def read_head(data, magic, name):
    """(version, stamp) of a .gcda or .gcno file. Raises BadCounts."""
    if len(data) < HEADER or struct.unpack_from("<I", data)[0] != magic:
        raise BadCounts(f"{name} is no file of GCC's coverage data")
    version, stamp = struct.unpack_from("<II", data, 4)
    if not OLDEST <= gcc_version(version) <= NEWEST:
        raise BadCounts(f"{name} is by GCC {gcc_version(version)}; known are {OLDEST} to {NEWEST}")
    return version, stamp


def counters_in(data, name):
    """[(offset, number)] of the 64-bit counters in DATA, a .gcda file's. Raises BadCounts."""
    read_head(data, GCDA, name)
    found, at = [], HEADER
    while at + 8 <= len(data):
        tag, size = struct.unpack_from("<Ii", data, at)
        at += 8
        if tag not in (TAG_FUNCTION, TAG_ARCS, TAG_SUMMARY) or size < 0 or at + size > len(data):
            raise BadCounts(f"{name}: a record of kind {tag:#x} and {size} bytes at {at - 8}")
        if tag == TAG_ARCS:
            found.append((at, size // 8))
        at += size
    if at != len(data):
        raise BadCounts(f"{name} ends within a record")
    return found


def add(total, data, name):
    """TOTAL, a .gcda file's bytes as a bytearray, plus the counters of DATA, another run of the same object."""
    places = counters_in(data, name)
    if places != counters_in(total, name) or data[:HEADER] != total[:HEADER]:
        raise BadCounts(f"{name}: two guests ran different builds of it")
    for at, number in places:
        sums = array.array("Q", map(int.__add__, *(array.array("Q", bytes(d[at:at + 8 * number])) for d in (total, data))))
        total[at:at + 8 * number] = sums.tobytes()


def read_guest(data):
    """[(name, bytes)] of what one guest left; None when it ended before all was written."""
    objects, at = [], 0
    try:
        while True:
            size = struct.unpack_from("<I", data, at)[0]
            if size == 0:
                return objects
            name = data[at + 4:at + 4 + size].decode()
            at += 4 + size
            size = struct.unpack_from("<I", data, at)[0]
            objects.append((name, data[at + 4:at + 4 + size]))
            at += 4 + size
    except struct.error:
        return None


class Counts:
    """The sum over guests."""

    def __init__(self):
        self.objects = {}       # {name of the .gcda file: bytearray}
        self.guests = 0         # of which counts came
        self.silent = 0         # of which none came, or not all

    def add_guest(self, data):
        objects = read_guest(data)
        if objects is None:
            self.silent += 1
            return
        self.guests += 1
        for name, content in objects:
            if name in self.objects:
                add(self.objects[name], content, name)
            else:
                counters_in(content, name)
                self.objects[name] = bytearray(content)

    def add_folder(self, folder):
        for entry in sorted(os.scandir(folder), key=lambda e: e.name):
            if entry.name.endswith(".counts"):
                with open(entry.path, "rb") as file:
                    self.add_guest(file.read())

    def write(self, notes):
        """Writes the .gcda files, beside NOTES, the .gcno files of one build. Raises BadCounts when the counts are of another build."""
        known = {os.path.realpath(note)[:-5]: note for note in notes}
        for base in known:
            if os.path.exists(base + ".gcda"):
                os.unlink(base + ".gcda")
        for name, content in self.objects.items():
            base = os.path.realpath(name)[:-5]
            if base not in known:
                raise BadCounts(f"{name} was counted, but {base}.gcno is not in this build")
            with open(known[base], "rb") as note:
                head = read_head(note.read(HEADER), GCNO, known[base])
            if head != read_head(content, GCDA, name):
                raise BadCounts(f"{name} was counted by another build than the one that is here now")
            with open(base + ".gcda", "wb") as file:
                file.write(content)


def notes_in(build, root):
    """The .gcno files of the objects in BUILD whose sources are still below ROOT."""
    notes = []
    for folder, _, files in os.walk(build):
        source = os.path.join(root, os.path.relpath(folder, build))
        notes += [os.path.join(folder, f) for f in files if f.endswith(".gcno") and os.path.exists(os.path.join(source, f[:-5] + ".c"))]
    return sorted(notes)


class Source:
    """One source file: how often each of its lines has run, and which functions begin where."""

    def __init__(self, path):
        self.path = path
        self.lines = {}         # {number: count}; a line without code is not in it
        self.functions = {}     # {(first line, name): times entered}

    @property
    def missed(self):
        return [number for number, count in sorted(self.lines.items()) if not count]

    @property
    def hit(self):
        return len(self.lines) - len(self.missed)

    def never_entered(self):
        return [name for (_, name), count in sorted(self.functions.items()) if not count]


def lines_of(notes, gcov, root):
    """{path: Source}, by gcov, of the objects whose .gcno files are NOTES. A header's line has run when it has in any object."""
    done = subprocess.run([gcov, "--json-format", "--stdout", *notes], cwd=root, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if not line.endswith(EXPECTED)]
    if done.returncode or complaints:
        why = complaints[0] if complaints else f"exit status {done.returncode}"
        hint = "build again" if "newer than notes" in why else "it must be of the compiler's version, and GCOV= can name another"
        raise BadCounts(f"{gcov}: {why} ({hint})")
    sources = {}
    for text in done.stdout.splitlines():
        for file in json.loads(text)["files"]:
            path = os.path.normpath(file["file"])
            source = sources.setdefault(path, Source(path))
            for line in file["lines"]:
                source.lines[line["line_number"]] = source.lines.get(line["line_number"], 0) + line["count"]
            for fn in file["functions"]:
                key = fn["start_line"], fn["name"]
                source.functions[key] = source.functions.get(key, 0) + fn["execution_count"]
    return {path: source for path, source in sorted(sources.items()) if source.lines}
