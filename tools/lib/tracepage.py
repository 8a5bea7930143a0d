# SPDX-License-Identifier: GPL-2.0-only
"""A trace as one page that needs nothing else: HTML that is also XML, with pictures in SVG and a little script.

All pictures share one time axis, so that what happened at one moment stands above each other: who ran on each CPU, what was started,
moved, ended; each class's part of the CPUs beside what its shares promise; its memory beside its limit. A click into the CPUs shows
that moment magnified, task by task: that is the script's (DETAIL); everything else is there without it.

Start reading at page().
"""
import json
from html import escape

from traceclasses import LEAVING, TOP, percent, size

WIDTH, LEFT, RIGHT = 1160, 128, 16          # of a picture; what stands left and right of the time axis
PLOT = WIDTH - LEFT - RIGHT
COLUMN = 2                                  # pixels: the CPUs' pictures have a column for each
LANE, GAP = 34, 8                           # height of a CPU, space below it
CHART, CHART_GAP = 64, 30                   # the same of a chart
COLOURS = ("#2f6fb3", "#d9822b", "#3a9a5b", "#8e4aa8", "#b8860b", "#c0394b", "#16868f", "#6b7d1e")
OTHER, WATCHED, INK, FAINT, LINE = "#9aa3ad", "#c2185b", "#1f2933", "#59636e", "#d5dbe1"

STYLE = """
body { margin: 0 auto; padding: 20px 20px 48px; max-width: 1160px; background: #fff; color: #1f2933;
  font: 14px/1.5 "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 28px 0 4px; }
p { margin: 2px 0 8px; color: #3d4752; max-width: 1000px; }
table { border-collapse: collapse; margin: 10px 0; } th, td { padding: 4px 14px; text-align: right; border-bottom: 1px solid #d5dbe1; }
th { color: #59636e; font-weight: normal; font-size: 12px; } td:first-child, th:first-child { text-align: left; padding-left: 4px; }
.key { display: inline-block; width: 12px; height: 12px; margin-right: 7px; border-radius: 2px; vertical-align: -1px; }
.legend span.item { margin-right: 22px; white-space: nowrap; font-size: 12.5px; }
svg { display: block; width: 100%; height: auto; } svg text { font-family: "DejaVu Sans", Verdana, sans-serif; }
#cpus .lane { cursor: pointer; } .good { color: #2e7d32; } .bad { color: #b71c1c; font-weight: bold; }
button { font: inherit; font-size: 12.5px; padding: 2px 10px; margin-right: 6px; border: 1px solid #b5bec8; border-radius: 4px; background: #f4f6f8; }
#log { font-size: 12px; } #log td { text-align: left; padding: 1px 10px; } details { margin-top: 20px; } summary { cursor: pointer; }
"""


def attr(**pairs):
    return "".join(f' {name.replace("_", "-")}="{escape(str(value))}"' for name, value in pairs.items())


def tag(name, body="", **pairs):
    return f"<{name}{attr(**pairs)}>{body}</{name}>" if body else f"<{name}{attr(**pairs)}/>"


def label(x, y, words, font=11.5, fill=INK, **more):
    return tag("text", escape(words), x=f"{x:.1f}", y=f"{y:.1f}", font_size=font, fill=fill, **more)


def width_of(words, font):
    """Rather too wide."""
    return len(words) * font * 0.66


def seconds(ns):
    return f"{ns / 1e9:.3f} s"


class Drawing:
    """What all pictures of one page share: the time axis and the colours."""

    def __init__(self, trace, classes):
        self.trace, self.classes = trace, classes
        self.start, self.length = trace.start, max(1, trace.end - trace.start)
        named = [c for c in classes.list if c not in (TOP, LEAVING)]
        self.colour = {c: COLOURS[i % len(COLOURS)] for i, c in enumerate(named)}
        self.colour.update({TOP: OTHER, LEAVING: OTHER})
        self.named = named
        self.watched = [r.fields["text"].split(" ", 1)[1] for r in trace.events
                        if r.event == "mark" and r.fields["text"].startswith("watch ")]

    def x(self, time):
        return LEFT + (time - self.start) / self.length * PLOT

    def step(self):
        """Distance of the axis' marks: some ten of them."""
        for step in (m * 10**e for e in range(3, 13) for m in (1, 2, 5)):
            if self.length / step <= 12:
                return step
        return self.length

    def grid(self, top, bottom, words=True):
        """Vertical lines at round times after the beginning; spans that have a name are shaded."""
        out = []
        for span in self.trace.spans:
            if span.name != "measure":
                out.append(tag("rect", x=f"{self.x(span.start):.1f}", y=top, width=f"{self.x(span.end) - self.x(span.start):.1f}",
                               height=bottom - top, fill=WATCHED, fill_opacity="0.07"))
        time = 0
        while time <= self.length:
            x = self.x(self.start + time)
            out.append(tag("path", d=f"M{x:.1f} {top}V{bottom}", stroke=LINE))
            if words:
                text = f"{time / 1e9:g} s" if self.step() >= 10**6 else f"{time / 1e6:g} ms"
                out.append(label(x, bottom + 14, text, 11, FAINT, text_anchor="middle"))
            time += self.step()
        return out

    def picture(self, name, height, out):
        return tag("svg", "\n".join(out), id=name, viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height,
                   xmlns="http://www.w3.org/2000/svg")


# ---- the table ----

def table(drawing):
    head = ("class", "CPUs", "shares", "configured", "got", "by cpuacct", "memory limit", "peak", "ran outside its CPUs")
    rows = [tag("tr", "".join(tag("th", escape(word)) for word in head))]
    for row in drawing.classes.rows():
        if row.name == LEAVING and row.ns * 1000 < drawing.classes.capacity():
            continue                            # the last steps of exits
        key = tag("span", " ", **{"class": "key"}, style=f"background:{drawing.colour[row.name]}")
        cells = (key + escape(row.name), escape(row.cpus or "-"), row.shares or "-", percent(row.configured), percent(row.got),
                 percent(row.accounted), size(row.limit), size(row.peak))
        bad = tag("td", str(row.violations) if row.cpus else "-", **{"class": "bad" if row.violations else "good"})
        rows.append(tag("tr", "".join(tag("td", str(cell)) for cell in cells) + bad, data_class=row.name, data_ns=round(row.ns)))
    span = drawing.classes.span
    return tag("table", "\n".join(rows), id="classes", data_span=span.end - span.start, data_cpus=len(drawing.trace.cpus))


# ---- who ran where ----

def lanes(drawing, out, top):
    """A lane for each CPU: in each column the classes stand on each other, as high as they had of that time."""
    count = PLOT // COLUMN
    bins = drawing.classes.bins(count)
    width = drawing.length / count
    focus = drawing.classes.bins(count, lambda piece: piece.comm in drawing.watched)
    for cpu in drawing.trace.cpus:
        y = top + cpu * (LANE + GAP)
        out.append(label(LEFT - 10, y + LANE / 2 + 4, f"CPU {cpu}", 12, text_anchor="end"))
        out.append(tag("rect", tag("title", "idle"), x=LEFT, y=y, width=PLOT, height=LANE, fill="#eef1f4", **{"class": "lane"}))
        paths, totals = {name: [] for name in drawing.classes.list}, dict.fromkeys(drawing.classes.list, 0)
        for i, slot in enumerate(bins[cpu]):
            at = y + LANE
            watched = sum(focus[cpu][i].values())
            for name in drawing.classes.list:
                ns = slot.get(name, 0)
                totals[name] += ns
                high = ns / width * LANE
                if high >= 0.3:
                    at -= high
                    paths[name].append(f"M{LEFT + i * COLUMN} {at:.1f}h{COLUMN}v{high:.1f}h-{COLUMN}z")
            if watched:
                paths.setdefault(None, []).append(f"M{LEFT + i * COLUMN} {y + LANE + 1}h{COLUMN}v4h-{COLUMN}z")
        for name in drawing.classes.list:
            if paths[name]:
                out.append(tag("path", tag("title", escape(f"{name}: {seconds(totals[name])} on CPU {cpu}")), d="".join(paths[name]),
                               fill=drawing.colour[name], data_class=name, data_cpu=cpu, data_ns=round(totals[name]), **{"class": "lane"}))
        if None in paths:
            out.append(tag("path", tag("title", escape(", ".join(drawing.watched))), d="".join(paths[None]), fill=WATCHED))
    return top + len(drawing.trace.cpus) * (LANE + GAP)


def tick(x, y, colour, words):
    return tag("path", tag("title", escape(words)), d=f"M{x:.1f} {y - 6}v12", stroke=colour, stroke_width=2)


def diamond(x, y, colour, words):
    return tag("path", tag("title", escape(words)), d=f"M{x:.1f} {y - 6}l5 6l-5 6l-5 -6z", fill=colour)


def triangle(x, y, colour, words):
    return tag("path", tag("title", escape(words)), d=f"M{x:.1f} {y - 6}l6 11h-12z", fill=colour)


def cross(x, y, colour, words):
    return tag("path", tag("title", escape(words)), d=f"M{x - 5:.1f} {y - 5}l10 10m0 -10l-10 10", stroke=colour, stroke_width=3)


def class_of_user(drawing):
    """{uid: class} as the moves of its programs tell."""
    found, users = {}, {}
    for r in drawing.trace.events:
        if r.event == "exec":
            users[r.pid] = r.fields["uid"]
        elif r.event == "container_attach":
            names, _, path = r.fields["to"].rpartition(":")
            uid = users.get(int(r.fields["pid"]))
            if names == drawing.classes.names and uid is not None and drawing.classes.of_path(path) != TOP:
                found[uid] = drawing.classes.of_path(path)
    return found


def event_rows(drawing):
    """(label, draw, records with colour and words) for each kind of event that there is."""
    trace, classes = drawing.trace, drawing.classes
    users = class_of_user(drawing)
    rows = {"programs start": (tick, []), "moves": (diamond, []), "release agent": (triangle, []), "out of memory": (cross, [])}
    only_users = any(r.fields["uid"] != "0" for r in trace.events if r.event == "exec")
    for r in trace.events:
        if r.event == "exec" and (r.fields["uid"] != "0" or not only_users):
            colour = drawing.colour[users.get(r.fields["uid"], TOP)]
            rows["programs start"][1].append((r.time, colour, f'{r.fields["file"]} by user {r.fields["uid"]}, pid {r.pid}'))
        elif r.event == "container_attach":
            names, _, path = r.fields["to"].rpartition(":")
            if names == classes.names:
                words = f'pid {r.fields["pid"]}: {r.fields["from"]} → {r.fields["to"]}'
                rows["moves"][1].append((r.time, drawing.colour[classes.of_path(path)], words))
        elif r.event == "release_agent":
            path = r.fields["container"].rpartition(":")[2]
            rows["release agent"][1].append((r.time, drawing.colour.get(classes.of_path(path), INK), f'{r.fields["container"]} is empty'))
        elif r.event == "oom":
            rows["out of memory"][1].append((r.time, "#b71c1c", f'{r.fields["victim"]} (pid {r.fields["pid"]}) is killed, {r.fields["kb"]} kB'))
    return [(name, draw, found) for name, (draw, found) in rows.items() if found]


def captions(drawing, out, top):
    """Notes and spans in words, each on the first line where it has room."""
    notes = [(span.start, span.name, span.end) for span in drawing.trace.spans if span.name != "measure"]
    notes += [(r.time, r.fields["text"], None) for r in drawing.trace.events
              if r.event == "mark" and not r.fields["text"].startswith("watch ")]
    lines = []
    for time, words, end in sorted(notes, key=lambda note: note[0]):
        x = drawing.x(time)
        room = width_of(words, 11.5)
        begin = x if x + room <= WIDTH - RIGHT else x - room - 5
        for number, right in enumerate(lines):
            if right + 12 <= begin:
                break
        else:
            number = len(lines)
            lines.append(0)
        lines[number] = begin + room
        y = top + 12 + number * 17
        colour = WATCHED if end else FAINT
        out.append(tag("path", d=f"M{x:.1f} {y - 9}v14", stroke=colour, stroke_width=1.5))
        out.append(label(x - 4, y, words, 11.5, colour, text_anchor="end") if begin < x else label(x + 4, y, words, 11.5, colour))
    return top + len(lines) * 17 + (12 if lines else 0)


def cpus(drawing):
    out = []
    top = captions(drawing, out, 0)
    rows = event_rows(drawing)
    span, part = drawing.classes.span, (drawing.classes.span.start, drawing.classes.span.end) != (drawing.trace.start, drawing.trace.end)
    bottom = top + len(drawing.trace.cpus) * (LANE + GAP) + (len(rows) + part) * 22 + 4
    out += drawing.grid(top, bottom)
    y = lanes(drawing, out, top) + 12
    for name, draw, found in rows:
        out.append(label(LEFT - 10, y + 4, name, 11.5, FAINT, text_anchor="end"))
        out += [draw(drawing.x(time), y, colour, words) for time, colour, words in found]
        y += 22
    if part:
        out.append(label(LEFT - 10, y + 4, "in the table", 11.5, FAINT, text_anchor="end"))
        out.append(tag("path", fill="none", stroke=INK, stroke_width=1.5, d=f"M{drawing.x(span.start):.1f} {y - 5}v10v-5H{drawing.x(span.end):.1f}v-5v10"))
    out.append(tag("path", id="cursor", d=f"M{LEFT} {top}V{bottom}", stroke=INK, stroke_dasharray="3 3", visibility="hidden"))
    return drawing.picture("cpus", bottom + 20, out)


# ---- charts ----

def chart(drawing, out, y, name, lines, most, limit, words):
    """One chart with its name on the left: lines are (times, values, colour, filled)."""
    def level(value):
        return y + CHART - min(value, most) / most * CHART

    out.append(tag("rect", x=LEFT, y=y, width=PLOT, height=CHART, fill="none", stroke=LINE))
    out.append(label(LEFT - 10, y + 24, name, 12, text_anchor="end", font_weight="bold"))
    for i, line in enumerate(words):
        out.append(label(LEFT - 10, y + 42 + 15 * i, line, 10.5, FAINT, text_anchor="end"))
    for times, values, colour, filled in lines:
        if not times:
            continue
        points = [f"{drawing.x(t):.1f} {level(v):.1f}" for t, v in zip(times, values)]
        if filled:
            out.append(tag("path", d=f"M{drawing.x(times[0]):.1f} {y + CHART}L" + "L".join(points) + f"L{drawing.x(times[-1]):.1f} {y + CHART}z",
                           fill=colour, fill_opacity="0.25"))
        out.append(tag("path", d="M" + "L".join(points), fill="none", stroke=colour, stroke_width="1.8", stroke_linejoin="round"))
    if limit is not None:
        at = level(limit[0])
        out.append(tag("path", d=f"M{LEFT} {at:.1f}H{WIDTH - RIGHT}", stroke=INK, stroke_width="1.2", stroke_dasharray="6 4"))
        out.append(label(WIDTH - RIGHT, y - 5, limit[1], 10.5, FAINT, text_anchor="end"))


def share_charts(drawing):
    """Each class's part of all CPUs in short pieces of time, and that of each watched command."""
    classes, count = drawing.classes, 100
    width = drawing.length / count
    times = [drawing.start + (i + 0.5) * width for i in range(count)]
    configured = classes.configured()
    subjects = [(name, classes.bins(count), configured.get(name), drawing.colour[name], name) for name in drawing.named]
    for comm in drawing.watched:
        subjects.append((comm, classes.bins(count, lambda piece, comm=comm: piece.comm == comm), None, WATCHED, None))
    capacity = width * len(drawing.trace.cpus)
    series = []
    for name, bins, part, colour, only in subjects:
        values = [sum(ns for lane in bins.values() for key, ns in lane[i].items() if only in (None, key)) / capacity for i in range(count)]
        series.append((name, values, part, colour))
    most = min(1.0, max([v for _, values, _, _ in series for v in values] + [p for _, _, p, _ in series if p] + [0.1]) * 1.1)
    out, y = [], 18
    bottom = y + len(series) * (CHART + CHART_GAP) - CHART_GAP
    out += drawing.grid(y, bottom)
    for name, values, part, colour in series:
        chart(drawing, out, y, name, [(times, values, colour, True)], most, part and (part, f"configured: {percent(part)}"),
              (f"0 to {100 * most:.0f} %", "of all CPUs"))
        y += CHART + CHART_GAP
    return drawing.picture("shares", bottom + 20, out) if series else ""


def memory_charts(drawing):
    classes = drawing.classes
    found = [(name, *classes.memory_samples(name), classes.memory_limit(name)) for name in drawing.named]
    found = [entry for entry in found if entry[1]]
    out, y = [], 18
    bottom = y + len(found) * (CHART + CHART_GAP) - CHART_GAP
    if not found:
        return ""
    out += drawing.grid(y, bottom)
    for name, times, values, limit in found:
        most = max(values + [limit or 0, 1]) * 1.15
        chart(drawing, out, y, name, [(times, values, drawing.colour[name], True)], most, limit and (limit, f"limit: {size(limit)}"),
              (f"0 to {size(most)}", f"peak {size(classes.memory_peak(name))}"))
        y += CHART + CHART_GAP
    return drawing.picture("memory", bottom + 20, out)


# ---- the magnified part ----

def detail_data(drawing):
    """What DETAIL draws from: pieces as [cpu, start in us, length in us, class, command, pid], names once."""
    comms, classes = {}, {name: i for i, name in enumerate(drawing.classes.list)}
    rows = []
    for piece in drawing.trace.pieces:
        comm = comms.setdefault(piece.comm, len(comms))
        rows.append([piece.cpu, (piece.start - drawing.start) // 1000, max(1, piece.length // 1000), classes[drawing.classes.of(piece)], comm,
                     piece.pid])
    return {"pieces": rows, "comms": list(comms), "classes": list(classes), "colours": [drawing.colour[c] for c in classes],
            "watched": drawing.watched, "cpus": len(drawing.trace.cpus), "length": drawing.length // 1000, "left": LEFT, "plot": PLOT,
            "lane": LANE, "gap": GAP, "watchedColour": WATCHED}


DETAIL = """
const svg = document.getElementById("detail"), overview = document.getElementById("cpus"), cursor = document.getElementById("cursor");
const NS = "http://www.w3.org/2000/svg";
let middle = DATA.length / 2, span = Math.min(100000, DATA.length);
function add(name, pairs, words) {
  const e = document.createElementNS(NS, name);
  for (const key in pairs) e.setAttribute(key, pairs[key]);
  if (words !== undefined) e.textContent = words;
  svg.appendChild(e);
  return e;
}
function draw() {
  middle = Math.max(span / 2, Math.min(DATA.length - span / 2, middle));
  const from = middle - span / 2, to = from + span, scale = DATA.plot / span, bottom = DATA.cpus * (DATA.lane + DATA.gap);
  svg.replaceChildren();
  for (let cpu = 0; cpu !== DATA.cpus; cpu++) {
    const y = cpu * (DATA.lane + DATA.gap);
    add("rect", {x: DATA.left, y: y, width: DATA.plot, height: DATA.lane, fill: "#eef1f4"});
    add("text", {x: DATA.left - 10, y: y + DATA.lane / 2 + 4, "font-size": 12, "text-anchor": "end", fill: "#1f2933"}, "CPU " + cpu);
  }
  for (const [cpu, start, length, kind, comm, pid] of DATA.pieces) {
    const a = Math.max(start, from), b = Math.min(start + length, to);
    if (a >= b) continue;
    const name = DATA.comms[comm], w = (b - a) * scale, y = cpu * (DATA.lane + DATA.gap), x = DATA.left + (a - from) * scale;
    const r = add("rect", {x: x.toFixed(2), y: y, width: Math.max(0.4, w - (w > 3 ? 0.6 : 0)).toFixed(2), height: DATA.lane, "class": "slice",
      fill: DATA.watched.includes(name) ? DATA.watchedColour : DATA.colours[kind]});
    const t = document.createElementNS(NS, "title");
    t.textContent = name + " (pid " + pid + ", " + DATA.classes[kind] + "): " + (length / 1000).toFixed(3) + " ms";
    r.appendChild(t);
    if (w > name.length * 7.2 + 6)
      add("text", {x: (x + w / 2).toFixed(1), y: y + DATA.lane / 2 + 4, "font-size": 11, fill: "#fff", "text-anchor": "middle",
        "pointer-events": "none"}, name);
  }
  for (let i = 0; i !== 11; i++) {
    const x = DATA.left + i * DATA.plot / 10, ms = (from + i * span / 10) / 1000;
    add("text", {x: x, y: bottom + 10, "font-size": 11, "text-anchor": i === 10 ? "end" : "middle", fill: "#59636e"}, ms.toFixed(span > 50000 ? 0 : 1) + " ms");
  }
  const x = DATA.left + middle / DATA.length * DATA.plot;
  cursor.setAttribute("d", cursor.getAttribute("d").replace(/^M[0-9.]+/, "M" + x.toFixed(1)));
  cursor.setAttribute("visibility", "visible");
}
overview.addEventListener("click", function (event) {
  const box = overview.getBoundingClientRect();
  middle = ((event.clientX - box.left) * overview.viewBox.baseVal.width / box.width - DATA.left) / DATA.plot * DATA.length;
  draw();
});
for (const b of document.querySelectorAll("button"))
  b.addEventListener("click", function () {
    if (b.dataset.span) span = Math.min(DATA.length, Number(b.dataset.span));
    else middle += Number(b.dataset.move) * span;
    draw();
  });
draw();
"""


def detail(drawing):
    height = len(drawing.trace.cpus) * (LANE + GAP) + 16
    buttons = "".join(tag("button", words, type="button", **{f"data-{name}": value}) for words, name, value in (
        ("← earlier", "move", -0.5), ("later →", "move", 0.5), ("10 ms", "span", 10000), ("30 ms", "span", 30000), ("100 ms", "span", 100000),
        ("300 ms", "span", 300000)))
    data = json.dumps(detail_data(drawing), separators=(",", ":"))
    for char, code in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):     # for XML, and so that no text ends the script
        data = data.replace(char, code)
    script = f"\n//<![CDATA[\nconst DATA = {data};{DETAIL}//]]>\n"
    return (f'<h2>A moment magnified</h2><p>Each box is one turn of one task, around the moment of the dotted line above. Click there to choose another.</p><p>{buttons}</p>'
            + tag("svg", " ", id="detail", viewBox=f"0 0 {WIDTH} {height}", width=WIDTH, height=height, xmlns="http://www.w3.org/2000/svg")
            + f"<script>{script}</script>")


# ---- the whole ----

def legend(drawing):
    items = [(drawing.colour[name], name) for name in drawing.named]
    if TOP in drawing.classes.list:
        items.append((OTHER, "in no class (top container)"))
    items.append(("#eef1f4", "idle"))
    items += [(WATCHED, f"{comm} (line below the CPU)") for comm in drawing.watched]
    out = "".join(tag("span", tag("span", " ", **{"class": "key"}, style=f"background:{colour}") + escape(words), **{"class": "item"})
                  for colour, words in items)
    shapes = {"tick": "a program starts", "diamond": "a task is moved", "triangle": "the release agent runs", "cross": "out of memory"}
    drawn = {"programs start": "tick", "moves": "diamond", "release agent": "triangle", "out of memory": "cross"}
    for name, _, _ in event_rows(drawing):
        shape = drawn[name]
        picture = tag("svg", globals()[shape](8, 8, FAINT, shapes[shape]), width=16, height=16, style="display:inline-block;width:16px;vertical-align:-3px")
        out += tag("span", picture + " " + shapes[shape], **{"class": "item"})
    return tag("p", out, **{"class": "legend"})


def log(drawing):
    """What happened, in words; without what root's own scripts start."""
    rows = []
    for r in drawing.trace.events:
        if r.event == "exit" or (r.event == "exec" and r.fields["uid"] == "0"):
            continue
        words = " ".join(f"{key}={value}" for key, value in r.fields.items())
        rows.append(tag("tr", "".join(tag("td", escape(str(word))) for word in
                                      (seconds(r.time - drawing.start), f"CPU {r.cpu}", f"{r.comm} ({r.pid})", r.event, words))))
    return tag("details", tag("summary", f"What happened, in words ({len(rows)} events)") + tag("table", "\n".join(rows) or " ", id="log"))


def page(trace, classes, title, about):
    """The page as text."""
    drawing = Drawing(trace, classes)
    warning = f'<p class="bad">{trace.lost} records were lost: what is shown is incomplete.</p>' if trace.lost else ""
    memory = memory_charts(drawing)
    shares = share_charts(drawing)
    body = [
        f"<h1>{escape(title)}</h1>", tag("p", escape(about)) if about else "", warning, table(drawing),
        "<h2>Who ran where</h2>", legend(drawing), cpus(drawing), detail(drawing),
        f"<h2>Part of all CPUs</h2><p>The dashed line is what the shares promise while all classes want more.</p>{shares}" if shares else "",
        f"<h2>Memory</h2><p>Usage as sampled by the guest; the dashed line is the limit.</p>{memory}" if memory else "",
        log(drawing),
    ]
    return ('<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en">\n<head>\n<meta charset="utf-8"/>\n'
            f'<meta name="viewport" content="width=1200"/>\n<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n'
            + "\n".join(filter(None, body)) + "\n</body>\n</html>\n")
