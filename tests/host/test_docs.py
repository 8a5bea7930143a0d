# SPDX-License-Identifier: GPL-2.0-only
"""The book in docs/ speaks of what is there: every file, function and link that it names exists."""

import glob
import os
import re

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CHAPTERS = sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))) + [os.path.join(ROOT, "README.md")]
SOURCES = ("boot", "arch", "kernel", "fs", "containers", "user", "tools", "tests")
C_LIBRARY = {"malloc", "printf", "free", "exit", "main"}


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


def files_of_the_tree():
    for top in SOURCES:
        for folder, folders, files in os.walk(os.path.join(ROOT, top)):
            folders[:] = [f for f in folders if f not in ("__pycache__", "build")]
            for name in files:
                yield os.path.join(folder, name)


def defined_functions():
    """Names of functions and macros with arguments that the tree defines, and of system calls."""
    names = set()
    for path in files_of_the_tree():
        text = read(path)
        if path.endswith((".c", ".h")):
            names.update(re.findall(r"^[A-Za-z_][^\n;={}()]*?\b(\w+)\(", text, re.M))
            names.update(re.findall(r"^\s*#\s*define\s+(\w+)\(", text, re.M))
            names.update(re.findall(r"\(\*(\w+)\)\(", text))     # operations of a structure
            names.update(re.findall(r"^KTEST\((\w+)\)", text, re.M))
        elif path.endswith((".asm", ".inc")):
            names.update(re.findall(r"^(\w+):", text, re.M))
            names.update(re.findall(r"^(?:PARANOID|DEBUG)_DOOR (\w+)", text, re.M))
        else:
            names.update(re.findall(r"^\s*def (\w+)\(", text, re.M))
            names.update(re.findall(r"^class (\w+)", text, re.M))
    table = read(os.path.join(ROOT, "kernel/syscall/table.h"))
    calls = re.findall(r"^SYSCALL\d\(\d+, (\w+)", table, re.M)
    return names | C_LIBRARY | set(calls) | {"sys_" + call for call in calls}


@pytest.fixture(scope="module", name="functions")
def functions_fixture():
    return defined_functions()


def spans(text):
    """What stands in backquotes, outside of blocks of code."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))


def is_path(word):
    return bool(re.fullmatch(r"[\w.-]+(/[\w.*-]+)+/?", word)) and word.split("/")[0] in (*SOURCES, "docs")


@pytest.mark.parametrize("chapter", CHAPTERS, ids=os.path.basename)
def test_files_exist(chapter):
    example = read(chapter)
    missing = []
    for span in spans(example):
        for word in span.split():
            word = word.rstrip(".,:;")
            # NAME is a placeholder. A file that the reader is to write is called so.
            if "NAME" in word or f"`{word}`, whole" in example or f"Write `{word}`" in example:
                continue
            if is_path(word) and not glob.glob(os.path.join(ROOT, word)):
                missing.append(word)
    assert missing == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=os.path.basename)
def test_functions_exist(chapter, functions):
    text = read(chapter)
    own = set(re.findall(r"\b(\w+)\(", "".join(re.findall(r"^```.*?^```", text, re.S | re.M))))
    named = set(re.findall(r"\b([A-Za-z_]\w+)\(\)", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M)))
    assert sorted(named - functions - own) == []


@pytest.mark.parametrize("chapter", CHAPTERS, ids=os.path.basename)
def test_links_lead_somewhere(chapter):
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(chapter)):
        if not re.match(r"[a-z]+:", target):
            assert os.path.exists(os.path.join(os.path.dirname(chapter), target)), target


def test_contents_name_every_chapter():
    contents = read(os.path.join(ROOT, "docs/README.md"))
    for chapter in glob.glob(os.path.join(ROOT, "docs/*.md")):
        name = os.path.basename(chapter)
        assert name == "README.md" or f"({name})" in contents, name


def test_something_is_checked(functions):
    """The patterns above find what they are for."""
    assert {"commit_moves", "switch_stacks", "openat", "copy_process", "list_for_each_entry", "annotate"} <= functions
    assert "no_such_function" not in functions and len(functions) > 1000
