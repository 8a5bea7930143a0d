# SPDX-License-Identifier: GPL-2.0-only
"""Address spaces and slabs: pd-vma, pd-slab."""
import gdb

from . import files, percpu, tasks
from .core import Command, Problem, list_entries, number, say, table, text, var


def mm_of(task):
    mm = task["mm"]
    if not number(mm):
        raise Problem(f"task {int(task['pid'])} ({tasks.comm(task)}) has no address space: it is a kernel thread, or has exited")
    return mm


def areas(mm):
    return list_entries(mm["mmap"], "struct vm_area_struct", "vm_list")


def rights(flags):
    return "".join(letter if flags & mask else "-" for mask, letter in ((1, "r"), (2, "w"), (4, "x"))) + ("s" if flags & 8 else "p")


class Vma(Command):
    """List the areas of a task's address space, as /proc/PID/maps does. Without PID: of the selected thread's task.

The column OBJECT is a struct vm_area_struct *."""

    name, usage = "pd-vma", "pd-vma [PID | TASK]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        task = tasks.named(argument)
        mm = mm_of(task)
        say(f"task {int(task['pid'])} ({tasks.comm(task)}), (struct mm_struct *) {number(mm):#x}: {int(mm['map_count'])} areas, "
            f"{number(mm['total_vm'])} pages, resident {int(mm['rss_anon'])} anonymous and {int(mm['rss_file'])} of files")
        table(("START", "END", "MODE", "OFFSET", "OBJECT", "WHAT"), self.rows(mm), right=(0, 1, 3))

    def rows(self, mm):
        count = 0
        for vma in areas(mm):
            start, end = number(vma["vm_start"]), number(vma["vm_end"])
            count += 1
            yield (f"{start:x}", f"{end:x}", rights(number(vma["vm_flags"])), f"{number(vma['vm_pgoff']) << 12:x}", f"{number(vma):#x}",
                   self.what(mm, vma, start, end))
        if count != int(mm["map_count"]):
            raise Problem(f"map_count is {int(mm['map_count'])}, but the list has {count}")

    def what(self, mm, vma, start, end):
        if number(vma["vm_file"]):
            return files.file_path(vma["vm_file"])
        if start <= number(mm["start_stack"]) < end:
            return "[stack]"
        if start < number(mm["brk"]) and end > number(mm["start_brk"]):
            return "[heap]"
        return ""


class Slab(Command):
    """Show the slab caches: objects in use, on CPUs' free lists, in all. With NAME: one cache and its partly free slabs."""

    name, usage = "pd-slab", "pd-slab [NAME]"

    def run(self, argument):
        wanted = argument.strip()
        caches = [c for c in list_entries(var("caches", "kernel/mm/slab.c"), "struct kmem_cache", "caches")
                  if not wanted or text(c["name"]) == wanted]
        if not caches:
            raise Problem(f"no cache is called {wanted!r}" if wanted else "there are no caches yet")
        table(("CACHE", "NAME", "IN USE", "ON CPUS", "TOTAL", "SIZE", "PER SLAB", "SLABS", "ORDER"), (self.row(c) for c in caches),
              right=range(2, 9))
        for cache in caches if wanted else ():
            for n, page in enumerate(list_entries(cache["partial"], "struct page", "slab_list")):
                say(f"  slab {n}: (struct page *) {number(page):#x}, {int(page['inuse'])} of {int(cache['per_slab'])} in use")

    def row(self, c):
        on_cpus = sum(int(percpu.variable("slab_cpu", cpu, "kernel/mm/slab.c")[int(c["id"])]["count"]) for cpu in range(percpu.count()))
        return (f"{number(c):#x}", text(c["name"]), number(c["nr_inuse"]) - on_cpus, on_cpus, number(c["nr_slabs"]) * int(c["per_slab"]),
                int(c["size"]), int(c["per_slab"]), number(c["nr_slabs"]), int(c["order"]))
