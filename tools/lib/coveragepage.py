# SPDX-License-Identifier: GPL-2.0-only
"""Line coverage as one page that needs nothing else: HTML that is also XML, without a script.

It opens with an overview: how much of each folder and file has run. A file's name leads to its source with how often each line has run. All sources
are in the page; style sheets show the one that the address names (`index.html#fs/pipe.c`, or a line of it, `#fs/pipe.c:120`).

Start reading at page().
"""
import os
from html import escape

STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2933; --faint: #59636e; --line: #d5dbe1; --bar: #d9dfe5; --link: #1a5fa8;
  --good: #3a9a5b; --fair: #c9971c; --poor: #c0394b; --missed: #fbe3e4; --missed-ink: #a31e30; --ran: #2e7d4a; --head: #f4f6f8; }
@media (prefers-color-scheme: dark) { :root { --paper: #15191e; --ink: #d8dee6; --faint: #8b97a5; --line: #2d353f; --bar: #2d353f; --link: #7db4ee;
  --good: #4fb072; --fair: #d3a73d; --poor: #dd5f6e; --missed: #43202a; --missed-ink: #ff9aa6; --ran: #6cc48a; --head: #1c2229; } }
body { margin: 0 auto; padding: 20px 20px 48px; max-width: 1160px; background: var(--paper); color: var(--ink);
  font: 14px/1.5 "DejaVu Sans", Verdana, sans-serif; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 16px; margin: 28px 0 4px; }
p { margin: 2px 0 8px; color: var(--faint); max-width: 1000px; } a { color: var(--link); text-decoration: none; } a:hover { text-decoration: underline; }
table { border-collapse: collapse; margin: 10px 0; width: 100%; table-layout: fixed; } th:first-child { width: 34%; } th:nth-child(2) { width: 24%; }
td, th { padding: 2px 12px 2px 4px; text-align: right; border-bottom: 1px solid var(--line); }
th { color: var(--faint); font-weight: normal; font-size: 12px; } td:first-child, th:first-child { text-align: left; }
tr.folder td { font-weight: bold; background: var(--head); } tr.file td:first-child { padding-left: 24px; }
.bar span { display: block; height: 9px; border-radius: 2px; background: var(--bar); } .bar i { display: block; height: 9px; border-radius: 2px; }
.good i { background: var(--good); } .fair i { background: var(--fair); } .poor i { background: var(--poor); }
section.file { display: none; } section.file:target { display: block; } section.file:target ~ #overview { display: none; }
section.file:has(:target) { display: block; } section.file:has(:target) ~ #overview { display: none; }
pre { font: 12.5px/1.45 "DejaVu Sans Mono", Menlo, Consolas, monospace; tab-size: 8; margin: 12px 0; overflow-x: auto; border: 1px solid var(--line); }
pre div { min-height: 1.45em; width: max-content; min-width: 100%; }
pre b { display: inline-block; width: 4.5em; text-align: right; padding-right: 1em; font-weight: normal; color: var(--faint); user-select: none; }
pre i { display: inline-block; width: 5em; text-align: right; font-style: normal; color: var(--ran); user-select: none; }
pre .m { background: var(--missed); } pre .m i { color: var(--missed-ink); } pre div:target { outline: 2px solid var(--missed-ink); outline-offset: -2px; }
"""


def percent(hit, of):
    """Rounded down: 100.0 means all."""
    return f"{1000 * hit // of / 10:.1f}" if of else "-"


def number(n):
    return f"{n:,}"


def times(count):
    """How often a line has run, in five characters at most."""
    for unit in ("", "k", "M", "G", "T"):
        if count < 1000:
            return f"{count:.3g}{unit}" if unit and count < 100 else f"{count:.0f}{unit}"
        count /= 1000
    return "many"


def by_folder(sources):
    """{folder: [Source]}, each in the order of names."""
    folders = {}
    for path in sorted(sources, key=os.path.split):
        folders.setdefault(os.path.dirname(path), []).append(sources[path])
    return folders


def total(sources):
    """(lines that have run, lines) of many."""
    return sum(s.hit for s in sources), sum(len(s.lines) for s in sources)


def row(kind, name, hit, of):
    grade = "good" if hit >= 0.9 * of else "fair" if hit >= 0.75 * of else "poor"
    return (f'<tr class="{kind}"><td>{name}</td><td class="bar {grade}"><span><i style="width: {percent(hit, of)}%"></i></span></td>'
            f"<td>{percent(hit, of)} %</td><td>{number(hit)}</td><td>{number(of)}</td><td>{number(of - hit)}</td></tr>")


HEAD = "<tr><th>{}</th><th></th><th>run</th><th>lines run</th><th>lines</th><th>never run</th></tr>"


def link(path, line=None):
    target = f"{path}:{line}" if line else path
    return f'<a href="#{escape(target)}">{escape(target)}</a>'


def runs(numbers):
    """[12, 13, 14, 40] -> [(12, 14), (40, 40)]"""
    found = []
    for n in numbers:
        if found and n == found[-1][1] + 1:
            found[-1] = (found[-1][0], n)
        else:
            found.append((n, n))
    return found


def source_section(source, text):
    """The part of the page that shows one file, whose lines are TEXT."""
    ranges = runs(source.missed)
    heads = {first for first, _ in ranges}
    out = [f'<section class="file" id="{escape(source.path)}"><p><a href="#overview">overview</a></p><h1>{escape(source.path)}</h1>',
           f"<p>{percent(source.hit, len(source.lines))} % of {number(len(source.lines))} lines have run.</p>"]
    if source.never_entered():
        out.append("<p>Never entered: " + ", ".join(f"{escape(name)}()" for name in source.never_entered()) + ".</p>")
    if ranges:
        words = (f'<a href="#{escape(source.path)}:{first}">{first if first == last else f"{first}–{last}"}</a>' for first, last in ranges)
        out.append("<p>Lines that never ran: " + ", ".join(words) + ".</p>")
    shown = []
    for n, line in enumerate(text, 1):
        count = source.lines.get(n)
        mark = ' class="m"' if count == 0 else ""
        where = f' id="{escape(source.path)}:{n}"' if n in heads else ""
        often = "" if count is None else times(count) if count else "never"
        shown.append(f"<div{mark}{where}><i>{often}</i><b>{n}</b>{escape(line)}</div>")
    return "\n".join(out) + "<pre>" + "".join(shown) + "</pre></section>"


def overview(sources, notes):
    hit, of = total(sources.values())
    out = ['<section id="overview"><h1>Paddock: which lines the tests run</h1>',
           f"<p>{percent(hit, of)} % of {number(of)} lines of the kernel have run. {escape(notes)}</p>",
           "<h2>Folders</h2><table>" + HEAD.format("folder")]
    folders = by_folder(sources)
    out += [row("sum", escape(folder), *total(files)) for folder, files in folders.items()]
    out += [row("folder", "all", hit, of), "</table>", "<h2>Where most is missing</h2><table>" + HEAD.format("file")]
    worst = sorted(sources.values(), key=lambda s: (-len(s.missed), s.path))[:15]
    out += [row("sum", link(s.path), s.hit, len(s.lines)) for s in worst if s.missed]
    out += ["</table>", "<h2>All files</h2><table>" + HEAD.format("folder and file")]
    for folder, files in folders.items():
        out.append(row("folder", escape(folder), *total(files)))
        out += [row("file", link(s.path), s.hit, len(s.lines)) for s in files]
    return "\n".join(out) + "</table></section>"


def page(sources, root, notes):
    """The page for {path: Source}, paths below ROOT; NOTES is a sentence on what was run."""
    parts = []
    for path, source in sorted(sources.items()):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            parts.append(source_section(source, file.read().replace("\f", "").splitlines()))
    return ('<!DOCTYPE html>\n<html xmlns="http://www.w3.org/1999/xhtml" lang="en"><head><meta charset="utf-8"/>'
            '<meta name="viewport" content="width=device-width"/>'
            f"<title>Paddock: coverage</title><style>{STYLE}</style></head><body>\n" + "\n".join(parts) + overview(sources, notes) + "</body></html>\n")
