# SPDX-License-Identifier: GPL-2.0-only
"""pd-pagetable: what the tables say about one address, level by level."""
import gdb

from . import memory, percpu, tasks
from .core import KERNEL_HALF, MASK, Command, Problem, flags, number, read_u64, say, var

PAGE_OFFSET = 0xffff888000000000
KERNEL_BASE = 0xffffffff80000000
ADDRESS = 0x000ffffffffff000
PRESENT, LARGE = 1, 1 << 7
LEVELS = ("PML4", "PDPT", "PD", "PT")       # Intel SDM vol. 3, 4.5
FLAGS = ((1, "present"), (2, "writable"), (4, "user"), (8, "write-through"), (16, "uncached"), (32, "accessed"), (64, "dirty"),
         (256, "global"), (512, "special"), (1 << 63, "no-execute"))


def table_for(address, task):
    """(virtual address of the top table, what it is) for an address."""
    if address < KERNEL_HALF:
        mm = memory.mm_of(task)
        return number(mm["pgd"]), f"of task {int(task['pid'])} ({tasks.comm(task)})"
    if number(var("kernel_pgd")):
        return number(var("kernel_pgd")), "of the kernel"
    cr3 = percpu.register("cr3")
    if cr3 == 0:
        raise Problem("paging is not on yet")
    return number(gdb.parse_and_eval("&boot_pml4")), "of the boot code"


def physical_to_virtual(address):
    return (PAGE_OFFSET + address) & MASK


class PageTable(Command):
    """Walk the page tables for an address and show each level's entry with its flags, and the physical address.

A program's address is looked up in the tables of the task PID, without it in those of the selected thread's task."""

    name, usage = "pd-pagetable", "pd-pagetable ADDR [PID]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        words = self.words(argument, 1, 2)
        address = number(words[0])
        if KERNEL_HALF > address >= 1 << 47:
            raise Problem(f"{address:#x} is not canonical")
        table, whose = table_for(address, tasks.named(words[1]) if len(words) > 1 else None if address >= KERNEL_HALF else percpu.current())
        say(f"{address:#x}, by the tables {whose} at {table:#x}")
        for level, name in enumerate(LEVELS):
            shift = 39 - 9 * level
            index = address >> shift & 511
            entry = read_u64(table + index * 8)
            large = level in (1, 2) and entry & LARGE
            say(f"  {name:4}[{index:3}] = {entry:#018x}  {entry & ADDRESS:#x} {flags(entry & ~ADDRESS & ~LARGE, FLAGS, 'not present')}"
                + (" large" if large else ""))
            if not entry & PRESENT:
                say("  not mapped")
                return
            if large or level == 3:
                size = 1 << shift
                physical = (entry & ADDRESS & ~(size - 1)) | address & (size - 1)
                say(f"  physical {physical:#x}, in a page of {size >> 10} KiB")
                self.page(physical)
                return
            table = physical_to_virtual(entry & ADDRESS)

    def page(self, physical):
        if physical >> 12 < number(var("max_pfn")) and number(var("mem_map")):
            page = var("mem_map") + (physical >> 12)
            say(f"  (struct page *) {number(page):#x}, {int(page['refcount']['refs']['counter'])} references, flags {int(page['flags']):#x}")
