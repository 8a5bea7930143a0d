# SPDX-License-Identifier: GPL-2.0-only
"""Backtraces through the C library of programs.

The kernel's C and our programs tell debuggers about their frames, and so do the kernel's doors (arch/x86_64/cfi.inc); musl as
distributions install it does not. For a function of a program without such information this reads its instructions from the beginning
to where it stands, and counts what they pushed. That is exact for straight code; a jump over an epilogue is told by its `ret`.
A program whose symbols are not loaded ends the backtrace: what would follow is guesswork.
"""
import re

import gdb
import gdb.unwinder

from .core import KERNEL_HALF, MASK, symbol

KEPT = ("rbx", "rbp", "r12", "r13", "r14", "r15")       # what a C function must give back
UNKNOWN = -1
LONGEST = 16384                                         # bytes of a function that are looked at
# Instructions that stand among those of an epilogue; any other ends it.
IN_EPILOGUE = ("mov", "lea", "xor", "nop", "cltq", "movslq")


class FrameId:
    def __init__(self, sp, pc):
        self.sp, self.pc = sp, pc


class Stack:
    """What a function has on the stack at some instruction: bytes below the frame's address, and where registers were saved."""

    def __init__(self):
        self.depth = 8                  # the return address
        self.saved = {}                 # register: depth
        self.by_rbp = None              # depth at which rbp was made the frame pointer
        self.before_epilogue = None

    def copy(self):
        return self.depth, dict(self.saved), self.by_rbp

    def shrink(self, size):
        if self.before_epilogue is None:
            self.before_epilogue = self.copy()
        self.depth -= size

    def step(self, text):
        """One instruction, in AT&T syntax, that has been executed, or jumped over."""
        name, _, operands = text.partition(" ")
        operands = operands.strip()
        amount = re.fullmatch(r"\$(-?0x[0-9a-f]+),%rsp", operands)
        if name == "push":
            self.depth += 8
            if operands[1:] in KEPT:
                self.saved.setdefault(operands[1:], self.depth)
        elif name == "pop":
            self.shrink(8)
        elif name in ("sub", "add") and amount:
            size = int(amount.group(1), 16) * (1 if name == "sub" else -1)
            if size > 0:
                self.depth += size
            else:
                self.shrink(-size)
        elif name == "mov" and operands == "%rsp,%rbp":
            self.by_rbp = self.depth
        elif name.rstrip("q") in ("ret", "jmp"):
            if self.before_epilogue and (self.depth == 8 or name.startswith("ret")):     # else it jumps within the function
                self.depth, self.saved, self.by_rbp = self.before_epilogue
            self.before_epilogue = None
        elif name not in IN_EPILOGUE:
            self.before_epilogue = None


def without_information(pc):
    """The address of a function of a program of which only the name is known; UNKNOWN: not even that. None: any other."""
    if not pc or pc >= KERNEL_HALF or gdb.find_pc_line(pc).symtab is not None:
        return None
    said = symbol(pc)
    name, plus, offset = said.partition("+")
    if said.startswith("0x"):
        return UNKNOWN
    return pc - int(offset) if plus else pc


def stack_at(architecture, start, pc):
    stack = Stack()
    if pc - start > LONGEST:
        return None
    for instruction in architecture.disassemble(start, pc - 1) if pc > start else ():
        if instruction["addr"] >= pc:
            break
        stack.step(" ".join(instruction["asm"].split()))
    return stack


def end_of_chain(pending):
    """A frame whose caller is address 0, where GDB stops."""
    sp = pending.read_register("rsp")
    info = pending.create_unwind_info(FrameId(sp, pending.read_register("rip")))
    info.add_saved_register("rip", gdb.Value(0).cast(gdb.lookup_type("unsigned long")))
    info.add_saved_register("rsp", sp)
    for register in KEPT:
        info.add_saved_register(register, pending.read_register(register))
    return info


class LibraryUnwinder(gdb.unwinder.Unwinder):
    def __init__(self):
        super().__init__("paddock-library")

    def __call__(self, pending):
        pc = int(pending.read_register("rip")) & MASK
        start = without_information(pc)
        if start is None:
            return None
        if start == UNKNOWN:
            return end_of_chain(pending)
        try:
            stack = stack_at(pending.architecture(), start, pc)
        except gdb.error:
            return None
        if stack is None or stack.depth < 8:
            return None
        base = pending.read_register("rbp" if stack.by_rbp else "rsp")
        frame = (int(base) + (stack.by_rbp or stack.depth)) & MASK
        long = gdb.lookup_type("unsigned long")

        def word(depth):
            return gdb.Value((frame - depth) & MASK).cast(long.pointer()).dereference()

        info = pending.create_unwind_info(FrameId(gdb.Value(frame), gdb.Value(start)))
        info.add_saved_register("rip", word(8))
        info.add_saved_register("rsp", gdb.Value(frame).cast(long))
        for register in KEPT:
            depth = stack.saved.get(register)
            here = pending.read_register(register)
            if depth is not None and depth <= stack.depth:
                info.add_saved_register(register, word(depth))
            elif not here.is_optimized_out:
                info.add_saved_register(register, here.cast(long))
        return info


gdb.unwinder.register_unwinder(None, LibraryUnwinder(), replace=True)
