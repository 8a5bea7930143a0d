# SPDX-License-Identifier: GPL-2.0-only
"""Runs one guest and says how it ended.

Batch: console and log come on two channels; the console's bytes go to standard output as they come, the log to standard
error, and the status is the one in the log line `paddock-exit NONCE STATUS`. Interactive: the terminal is QEMU's.
In both, a guest that stays silent, runs out of time or panics is reported with what can be known from outside.

Start reading at Batch.run().
"""
import os
import re
import selectors
import signal
import subprocess
import sys
import termios
import time

import monitor
from machine import CannotStart
from symbols import Symbols, annotate

TIMED_OUT = 124
COULD_NOT_START = 125
PANICKED = 134

SILENCE = 10        # seconds without any output after which the CPUs are asked where they are
PANIC_GRACE = 5     # seconds that a panicked guest has to leave by itself
COUNTS_GRACE = 5    # seconds that a guest has to send what it has counted
TAIL = 65536        # bytes of each channel kept for reports

# QEMU's exit status is twice what the guest wrote to isa-debug-exit, plus one.
QEMU_POWEROFF, QEMU_REBOOT, QEMU_PANIC = 1, 33, 65


def say(text):
    sys.stderr.write(f"tools/vm: {text}\n")
    sys.stderr.flush()


def report_cpus(spec, why):
    """Prints where each CPU of the running guest is."""
    say(why)
    try:
        cpus = monitor.registers(spec.qmp)
    except (OSError, ValueError) as error:
        say(f"QEMU's monitor does not answer ({error})")
        return
    symbols = Symbols(spec.kernel)
    for cpu in cpus:
        where = symbols.describe(cpu.pc) if symbols.holds(cpu.pc) else "outside the kernel"
        state = " halted" if cpu.halted else ""
        sys.stderr.write(f"  CPU {cpu.number}: pc {cpu.pc:#x} {where}, privilege level {cpu.level}{state}\n")
    sys.stderr.flush()


def report_panic(spec, log, console):
    """Prints the end of the console and, for the log's part from the panic on, the source lines of its addresses."""
    if console:
        sys.stderr.write("---- last lines of the console ----\n")
        sys.stderr.write("\n".join(console.decode(errors="replace").splitlines()[-20:]) + "\n")
    text = log.decode(errors="replace")
    start = text.rfind("Kernel panic: ")
    found = annotate(Symbols(spec.kernel), text[max(start, 0):].splitlines())
    if found:
        sys.stderr.write("---- source lines ----\n" + "\n".join(found) + "\n")
    sys.stderr.flush()


def ask_for_counts(process, spec):
    """Has a guest that counts what it runs send that and end: to such a kernel an NMI from outside says so (nmi_dispatch())."""
    try:
        monitor.human_command(spec.qmp, "nmi")
        process.wait(COUNTS_GRACE)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        pass


def stop(process, spec):
    """Ends QEMU, politely first: on SIGTERM it gives the terminal back."""
    if process.poll() is None and spec.coverage:
        ask_for_counts(process, spec)
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def last_line(data):
    lines = [line for line in data.decode(errors="replace").splitlines() if line.strip()]
    return re.sub(r"^qemu-system-x86_64: ", "", lines[-1]) if lines else None


class TimeIsUp(Exception):
    """The guest has run for as long as it may."""


class Channel:
    """The end of what came through one descriptor."""

    def __init__(self):
        self.tail = b""
        self.count = 0

    def add(self, data):
        self.count += len(data)
        self.tail = (self.tail + data)[-TAIL:]


class Batch:
    """One guest without a person: see the file's head."""

    def __init__(self, spec, timeout):
        self.spec, self.timeout = spec, timeout
        self.console, self.log, self.errors = Channel(), Channel(), Channel()
        self.line = b""         # the log's unfinished line
        self.before = b""       # console bytes ahead of the marker
        self.status = None      # from the line with the nonce
        self.panicked_at = None
        self.leaves_by = None   # when a panicked guest is ended; a debugger may look at it for as long as it likes
        self.verdict = re.compile(rb"paddock-exit %s (\d+)\s*$" % spec.nonce.encode())

    def run(self):
        read_end, write_end = os.pipe()
        process = subprocess.Popen(self.spec.command(write_end), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, pass_fds=(write_end,), bufsize=0)
        try:
            os.close(write_end)
            if self.spec.opts.gdb:
                say(f"waiting for GDB: {self.spec.gdb_hint()}")
            timed_out = self.pump_or_time_out(process, read_end)
            if not timed_out:
                process.wait()
        finally:
            stop(process, self.spec)
            os.close(read_end)
        self.flush_log()
        if self.spec.marker and self.before:
            say("the commands never began; the console had:")
            sys.stderr.buffer.write(self.before)
            sys.stderr.flush()
        return TIMED_OUT if timed_out else self.verdict_of(process.returncode)

    def pump_or_time_out(self, process, log_fd):
        """Returns True when the time ran out before the guest ended; then it still runs, but has been reported."""
        start = time.monotonic()
        signal.signal(signal.SIGALRM, self.time_is_up)
        try:
            self.pump(process, log_fd, start)
            return False
        except TimeIsUp:
            report_cpus(self.spec, f"the guest did not end in {time.monotonic() - start:.0f} s; its CPUs:")
            return True

    def pump(self, process, log_fd, start):
        """Moves bytes until QEMU closes all channels, or a panicked guest has had time to leave."""
        silence_due = None if self.spec.opts.gdb else start + SILENCE
        handlers = {process.stdout.fileno(): self.on_console, log_fd: self.on_log, process.stderr.fileno(): self.on_error}
        with selectors.DefaultSelector() as selector:
            for fd, handler in handlers.items():
                selector.register(fd, selectors.EVENT_READ, handler)
            while selector.get_map():
                now = time.monotonic()
                if silence_due and (self.log.count or self.console.count):
                    silence_due = None
                if silence_due and now >= silence_due:
                    report_cpus(self.spec, f"the guest has printed nothing for {SILENCE} s; its CPUs:")
                    silence_due = None
                if self.timeout is not None and now >= start + self.timeout:
                    raise TimeIsUp
                if self.leaves_by and now >= self.leaves_by:
                    process.terminate()
                    return
                due = [silence_due, self.timeout is not None and start + self.timeout, self.leaves_by]
                due = [t for t in due if t]
                for key, _ in selector.select(max(0, min(due) - now) if due else None):
                    data = os.read(key.fd, 65536)
                    if data:
                        key.data(data)
                    else:
                        selector.unregister(key.fd)

    def time_is_up(self, number, frame):
        """SIGALRM is the caller's way to say, at any moment, that the time has run out."""
        raise TimeIsUp

    def on_console(self, data):
        if self.spec.marker:
            self.before += data
            head, found, data = self.before.partition(self.spec.marker)
            if not found:
                return
            self.before, self.spec.marker = head, None
        self.console.add(data)
        while data:
            data = data[os.write(sys.stdout.fileno(), data):]

    def on_log(self, data):
        self.log.add(data)
        lines = (self.line + data).split(b"\n")
        self.line = lines.pop()
        for line in lines:
            found = self.verdict.search(line)
            if found:
                self.status = int(found.group(1)) & 0xFF
                continue
            if b"Kernel panic: " in line and not self.panicked_at:
                self.panicked_at = time.monotonic()
                self.leaves_by = None if self.spec.opts.gdb else self.panicked_at + PANIC_GRACE
            sys.stderr.buffer.write(line.rstrip(b"\r") + b"\n")
        sys.stderr.flush()

    def on_error(self, data):
        self.errors.add(data)

    def flush_log(self):
        if self.line:
            self.on_log(b"\n")

    def verdict_of(self, code):
        """The status for QEMU's exit status CODE."""
        if code == QEMU_PANIC or (self.status is None and self.panicked_at):
            report_panic(self.spec, self.log.tail, self.console.tail)
            say("the guest panicked")
            return PANICKED
        if self.status is not None:
            return self.status
        if not self.log.count and not self.console.count and code:
            raise CannotStart(f"QEMU: {last_line(self.errors.tail) or f'exit status {code}'}")
        report_panic(self.spec, self.log.tail, self.console.tail)
        say(f"the guest went down without a verdict: a reset, a triple fault, or QEMU ended (its exit status: {code})")
        return PANICKED


class Interactive:
    """One guest with the terminal, started again when it asks for a reboot."""

    def __init__(self, spec, timeout):
        self.spec, self.timeout = spec, timeout

    def run(self):
        deadline = None if self.timeout is None else time.monotonic() + self.timeout
        saved = termios.tcgetattr(0) if os.isatty(0) else None
        try:
            while True:
                code, errors = self.boot_once(deadline)
                if code != QEMU_REBOOT:
                    return self.verdict_of(code, errors)
        finally:
            if saved:
                termios.tcsetattr(0, termios.TCSADRAIN, saved)

    def boot_once(self, deadline):
        """One run of QEMU. Returns its exit status (None: the time ran out) and what it wrote to standard error."""
        command = self.spec.command()
        if self.spec.opts.gdb:
            say(f"waiting for GDB: {self.spec.gdb_hint()}")
        errors = os.path.join(self.spec.tmp, "errors")
        with open(errors, "wb") as sink:
            process = subprocess.Popen(command, stderr=sink)
        try:
            code = self.watch(process, deadline)
        finally:
            stop(process, self.spec)
        with open(errors, "rb") as f:
            return code, f.read()

    def watch(self, process, deadline):
        silence_due = None if self.spec.opts.gdb else time.monotonic() + SILENCE
        while True:
            due = [t for t in (silence_due, deadline) if t is not None]
            try:
                return process.wait(max(0.01, min(due) - time.monotonic()) if due else None)
            except subprocess.TimeoutExpired:
                now = time.monotonic()
            if deadline is not None and now >= deadline:
                report_cpus(self.spec, f"the guest did not end in {self.timeout:g} s; its CPUs:")
                return None
            if silence_due is not None and now >= silence_due:
                if not self.console_bytes():
                    report_cpus(self.spec, f"the guest has printed nothing for {SILENCE} s; its CPUs:")
                silence_due = None

    def console_bytes(self):
        try:
            with open(self.spec.console_log, "rb") as f:
                f.seek(max(0, os.fstat(f.fileno()).st_size - TAIL))
                return f.read()
        except FileNotFoundError:
            return b""

    def verdict_of(self, code, errors):
        if code is None:
            return TIMED_OUT
        if code == QEMU_PANIC:
            report_panic(self.spec, self.console_bytes(), b"")
            say("the guest panicked")
            return PANICKED
        if code == QEMU_POWEROFF and self.console_bytes():
            return 0
        if code:
            raise CannotStart(f"QEMU: {last_line(errors) or f'exit status {code}'}")
        sys.stderr.write(errors.decode(errors="replace"))
        return 0
