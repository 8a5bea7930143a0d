# SPDX-License-Identifier: GPL-2.0-only
"""What a guest is made of: the kernel file, the boot module, the disc, and QEMU's command line.

Everything a guest needs beside the build lives in the caller's temporary folder, so guests run side by side.
Start reading at Spec.command(). All failures are CannotStart, with the reason in one line.
"""
import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import struct
import subprocess
import tempfile

from cpio import CpioWriter

QEMU = "qemu-system-x86_64"
EXIT_PORT = 0xF4
LOG_PORT = 0xE9
COVERAGE_PORT = 0xEA

# (code, variables) of UEFI firmware, as distributions install it.
FIRMWARE = (
    ("/usr/share/OVMF/OVMF_CODE_4M.fd", "/usr/share/OVMF/OVMF_VARS_4M.fd"),
    ("/usr/share/OVMF/OVMF_CODE.fd", "/usr/share/OVMF/OVMF_VARS.fd"),
    ("/usr/share/edk2/ovmf/OVMF_CODE.fd", "/usr/share/edk2/ovmf/OVMF_VARS.fd"),
    ("/usr/share/edk2/x64/OVMF_CODE.4m.fd", "/usr/share/edk2/x64/OVMF_VARS.4m.fd"),
    ("/usr/share/qemu/edk2-x86_64-code.fd", "/usr/share/qemu/edk2-i386-vars.fd"),
    ("/opt/homebrew/share/qemu/edk2-x86_64-code.fd", "/opt/homebrew/share/qemu/edk2-i386-vars.fd"),
)

# What GRUB needs to start a multiboot 2 image from a disc; the whole set makes a disc three times as large.
GRUB_MODULES = "normal multiboot2 iso9660 part_msdos part_gpt"


class CannotStart(Exception):
    """The guest could not be started; the text says why."""


def find_kernel(root, opts):
    """The image file that OPTS ask for; the PVH variant stands beside the image it belongs to."""
    kernel = opts.kernel or os.path.join(root, "build", "paddock.elf")
    if opts.boot == "pvh":
        variant = re.sub(r"(-pvh)?\.elf$", "-pvh.elf", kernel)
        if os.path.exists(variant) or not opts.kernel:
            kernel = variant
    if not os.path.exists(kernel):
        raise CannotStart(f"{os.path.relpath(kernel)} is not there: run `make`")
    return kernel


def have_kvm():
    """Returns None when KVM can be used, else why it can't."""
    try:
        with open("/proc/cpuinfo") as f:
            flags = re.search(r"^flags\s*:(.*)$", f.read(), re.M)
        if not flags or not {"vmx", "svm"} & set(flags.group(1).split()):
            return "the CPU shows neither vmx nor svm"
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError as error:
        return f"{error.filename}: {error.strerror}"
    return None


def kibibytes(text):
    """Memory size in KiB from '256M', '1G', '8192K' or plain MiB."""
    match = re.fullmatch(r"(\d+)([KMG]?)", text.upper())
    if not match:
        raise CannotStart(f"--mem {text}: not a size; for example 256M or 1G")
    return int(match.group(1)) * {"K": 1, "M": 1024, "": 1024, "G": 1024 * 1024}[match.group(2)]


def image_end(kernel):
    """Physical address behind the last byte that the kernel's image takes, or 0 if the file is no ELF64 (QEMU will say so)."""
    with open(kernel, "rb") as elf:
        data = elf.read()
    if data[:5] != b"\x7fELF\x02":
        return 0
    offset, size, count = struct.unpack_from("<Q", data, 32)[0], *struct.unpack_from("<HH", data, 54)
    loads = (struct.unpack_from("<IIQQQQQQ", data, offset + n * size) for n in range(count))
    return max((paddr + memsz for kind, _, _, _, paddr, _, memsz, _ in loads if kind == 1), default=0)


class Spec:
    """One guest: made once, started with the words of command()."""

    def __init__(self, opts, root, kernel, tmp, batch):
        self.opts, self.root, self.kernel, self.tmp, self.batch = opts, root, kernel, tmp, batch
        self.nonce = secrets.token_hex(8)
        self.marker = None
        self.coverage = os.environ.get("PADDOCK_COVERAGE")      # a folder for what kernels built with COVERAGE=1 have counted
        self.qmp = os.path.join(tmp, "qmp")
        self.console_log = os.path.join(tmp, "console")
        self.gdb_socket = os.path.join(tmp, "gdb")      # QEMU's stub, or the guest's COM2
        self.machine = opts.machine or ("microvm" if opts.boot == "pvh" else "pc")
        if not shutil.which(QEMU):
            raise CannotStart(f"{QEMU} is not installed: run `tools/setup`")
        if opts.boot in ("iso", "uefi") and self.machine == "microvm":
            raise CannotStart("microvm has no disc drive: use --boot kernel or pvh")
        self.module = self._module()
        self.disc = self._disc() if opts.boot in ("iso", "uefi") else None

    # ---- what goes in ----

    def _module(self):
        """Writes the boot module with added files and the commands; returns its path, or None when there is nothing."""
        opts = self.opts
        if not opts.add and not opts.commands:
            return None
        path = os.path.join(self.tmp, "module.cpio")
        with open(path, "wb") as out:
            writer = CpioWriter(out)
            for item in opts.add:
                self._add(writer, item)
            if opts.commands:
                self._add_commands(writer, "\n".join(opts.commands) + "\n")
            writer.close()
        return path

    def _add(self, writer, item):
        host, colon, inside = item.rpartition(":")
        if not colon or not inside.startswith("/"):
            raise CannotStart(f"--add {item}: write HOST:GUEST, with GUEST starting with /")
        if inside.startswith("/tmp/"):
            writer.add_dir("/tmp", 0o1777)
        try:
            if os.path.isdir(host):
                writer.add_tree(host, inside)
            else:
                writer.add_host_file(host, inside + os.path.basename(host) if inside.endswith("/") else inside)
        except OSError as error:
            raise CannotStart(f"--add {error.filename or host}: {error.strerror}")
        except ValueError as error:
            raise CannotStart(f"--add {error}")

    def _add_commands(self, writer, text):
        """The commands are the script that init runs. Firmware and GRUB write on the serial port too, so after them a
        marker line of this run's own says where the commands' output begins."""
        script = text
        if self.opts.boot in ("iso", "uefi"):
            self.marker = f"vm-output-{secrets.token_hex(8)}\n".encode()
            writer.add_file("/etc/vm/commands", text.encode(), 0o755)
            script = f"echo {self.marker.decode().strip()}\nexec /bin/sh /etc/vm/commands\n"
        writer.add_file("/etc/vm/run", script.encode(errors="surrogateescape"), 0o755)

    def cmdline(self):
        """The kernel command line: the runner's own words first, since `--` ends them."""
        words = ["console=debugcon", f"vm.nonce={self.nonce}"] if self.batch else ["console=ttyS0"]
        if self.opts.gdb == "kernel":
            words.append("gdb=com2,wait")       # a gdb= in opts.append comes later and counts
        if self.coverage:
            words.append(f"vm.coverage={COVERAGE_PORT:#x}")
        return " ".join(words + [f"vm.exit={EXIT_PORT:#x}", self.opts.append]).strip()

    def _disc(self):
        """Makes a disc that holds kernel, module and command line."""
        if not shutil.which("grub-mkrescue"):
            raise CannotStart("grub-mkrescue is not installed: run `tools/setup`")
        tree = os.path.join(self.tmp, "disc")
        os.makedirs(os.path.join(tree, "boot", "grub"))
        shutil.copy(self.kernel, os.path.join(tree, "boot", "paddock.elf"))
        quoted = " ".join(w if w == shlex.quote(w) else f"'{w}'" for w in self.cmdline().split())
        lines = ["set timeout=0", 'menuentry "Paddock" {', f"multiboot2 /boot/paddock.elf {quoted}"]
        if self.module:
            os.link(self.module, os.path.join(tree, "boot", "module.cpio"))
            lines.append("module2 /boot/module.cpio module.cpio")
        with open(os.path.join(tree, "boot", "grub", "grub.cfg"), "w") as f:
            f.write("\n".join(lines + ["boot", "}"]) + "\n")
        disc = os.path.join(self.tmp, "paddock.iso")
        words = ["grub-mkrescue", "-o", disc, "--install-modules=" + GRUB_MODULES, "--fonts=", "--locales=", "--themes="]
        made = subprocess.run(words + [tree], capture_output=True, text=True)
        if made.returncode:
            reason = (made.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise CannotStart(f"grub-mkrescue failed: {reason} (`make doctor` shows what is missing)")
        return disc

    # ---- the command line ----

    def command(self, log_fd=None):
        """QEMU and its arguments. Batch: the console is QEMU's standard output, the log goes to descriptor LOG_FD."""
        opts = self.opts
        words = [QEMU, "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-nic", "none"]
        words += self._processor() + self._memory() + self._boot()
        words += ["-qmp", f"unix:{self.qmp},server=on,wait=off"]
        words += ["-device", f"isa-debug-exit,iobase={EXIT_PORT:#x},iosize=4"]
        if self.batch:
            words += ["-chardev", "stdio,id=con,signal=off", "-serial", "chardev:con"]
            words += ["-chardev", f"file,id=log,path=/dev/fd/{log_fd}"]
            words += ["-device", f"isa-debugcon,iobase={LOG_PORT:#x},chardev=log"]
        else:
            words += ["-chardev", f"stdio,id=con,mux=on,signal=off,logfile={self.console_log}"]
            words += ["-serial", "chardev:con", "-mon", "chardev=con,mode=readline"]
        if self.coverage:
            words += ["-chardev", f"file,id=coverage,path={self._counts_file()}"]
            words += ["-device", f"isa-debugcon,iobase={COVERAGE_PORT:#x},chardev=coverage"]
        if opts.icount:
            words += ["-icount", "shift=0,sleep=off"]
        if opts.gdb == "qemu":
            words += ["-S", "-gdb", f"unix:{self.gdb_socket},server=on,wait=off"]
        elif opts.gdb == "kernel":
            words += ["-chardev", f"socket,id=gdb,path={self.gdb_socket},server=on,wait=off"]
            words += ["-device", "isa-serial,chardev=gdb,index=1"]
        return words + opts.qemu_arg

    def _counts_file(self):
        """A new file in the folder of counts for each start of QEMU: a guest that reboots makes several."""
        try:
            fd, path = tempfile.mkstemp(suffix=".counts", dir=self.coverage)
        except OSError as error:
            raise CannotStart(f"PADDOCK_COVERAGE={self.coverage}: {error.strerror}")
        os.close(fd)
        return path.replace(",", ",,")

    def gdb_hint(self):
        if self.opts.announce:
            return "run `gdb` in Paddock's folder, in another terminal"
        return f"gdb -ex 'target remote {self.gdb_socket}' {os.path.relpath(self.kernel)}"

    @contextlib.contextmanager
    def announced(self):
        """While this lasts, the folder --announce has `guest`, which says what waits there, and `gdb.sock`, where to connect. A guest that
        comes later takes the place."""
        folder = self.opts.announce if self.opts.gdb else None
        if not folder:
            yield
            return
        note, link = os.path.join(folder, "guest"), os.path.join(folder, "gdb.sock")
        text = json.dumps({"kernel": os.path.realpath(self.kernel), "built": os.stat(self.kernel).st_mtime_ns, "boot": self.opts.boot,
                           "stub": self.opts.gdb, "pid": os.getpid(), "socket": self.gdb_socket})
        try:
            os.makedirs(folder, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):
                os.unlink(link)
            os.symlink(self.gdb_socket, link)
            with open(note + ".new", "w") as f:
                f.write(text + "\n")
            os.rename(note + ".new", note)
        except OSError as error:
            raise CannotStart(f"--announce {folder}: {error.strerror}")
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                with open(note) as f:
                    ours = f.read() == text + "\n"
                if ours:
                    os.unlink(note)
                    os.unlink(link)

    def _processor(self):
        opts, accel = self.opts, self.opts.accel
        why_not = None if accel == "tcg" else have_kvm()
        if accel == "kvm" and why_not:
            raise CannotStart(f"--accel kvm: {why_not}")
        if accel == "auto":
            accel = "tcg" if why_not or opts.icount else "kvm"
        return ["-M", self.machine, "-accel", accel, "-cpu", opts.cpu, "-smp", str(opts.smp)]

    def _memory(self):
        opts, kib = self.opts, kibibytes(self.opts.mem)
        needed = image_end(self.kernel) // 1024 + 512
        if kib < needed:
            raise CannotStart(f"--mem {opts.mem}: too little, the kernel's image alone needs {-(-needed // 1024)}M")
        words = ["-m", f"{kib}K"]
        if opts.numa < 1:
            return words
        share = kib // opts.numa // 1024 * 1024
        for node in range(opts.numa):
            size = share if node else kib - share * (opts.numa - 1)
            cpus = [c for c in range(opts.smp) if c * opts.numa // opts.smp == node]
            words += ["-object", f"memory-backend-ram,id=ram{node},size={size}K"]
            words += ["-numa", f"node,nodeid={node},memdev=ram{node}" + (f",cpus={cpus[0]}-{cpus[-1]}" if cpus else "")]
        return words

    def _boot(self):
        if self.disc:
            words = ["-cdrom", self.disc, "-boot", "order=d,strict=on"]
            return words + (self._firmware() if self.opts.boot == "uefi" else [])
        words = ["-kernel", self.kernel, "-append", self.cmdline()]
        return words + (["-initrd", self.module] if self.module else [])

    def _firmware(self):
        for code, variables in FIRMWARE:
            if os.path.exists(code) and os.path.exists(variables):
                own = shutil.copy(variables, os.path.join(self.tmp, "vars.fd"))
                return ["-drive", f"if=pflash,format=raw,readonly=on,file={code}",
                        "-drive", f"if=pflash,format=raw,file={own}"]
        raise CannotStart("no UEFI firmware (OVMF) found: run `tools/setup`")
