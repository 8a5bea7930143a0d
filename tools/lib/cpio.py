# SPDX-License-Identifier: GPL-2.0-only
"""newc cpio archives, as the kernel's initramfs unpacker reads them.

Promises:
  * the data of every non-empty regular file starts at a multiple of `align` from the start of the archive, so that a kernel
    that finds the archive on a page boundary may adopt the pages instead of copying them. The room is made by ending
    the name with more than one NUL, which every reader of the format skips; no name field exceeds 4096 bytes, the
    most that Linux accepts.
  * the same calls give the same bytes: inode numbers count up, times are SOURCE_DATE_EPOCH or 0, owners are 0 unless given.
  * parent directories that were not added are added first (mode 0755, owner 0).

    with open("out.cpio", "wb") as f:
        w = CpioWriter(f)
        w.add_file("/etc/vm/run", b"echo hi\\n", 0o755)
        w.close()

Start reading at CpioWriter._record().  read_archive() is the other direction.
"""

import os
import stat

HEADER_SIZE = 110
NAME_MAX = 4096
TRAILER = "TRAILER!!!"


def _clean(path):
    """Return PATH as it is stored: without leading slash, without '.', '..' or doubled slashes."""
    parts = [p for p in path.split("/") if p not in ("", ".")]
    if ".." in parts:
        raise ValueError(f"{path}: '..' in the path of an archive member")
    return "/".join(parts) or "."


class CpioWriter:
    """Writes one archive to a binary file object, front to back (no seeking).

    Guest paths may start with a slash or not. A directory added twice is written twice only when the second call changes
    its mode or owner. Call close() once, at the end: it writes the trailer and does not close the file object.
    """

    def __init__(self, fileobj, align=4096):
        """fileobj: binary, writable. align: power of two; 1 or 4 leaves file data where it falls."""
        self.out = fileobj
        self.align = max(align, 4)
        self.pos = 0
        self.ino = 0
        self.dirs = {}
        self.mtime = int(os.environ.get("SOURCE_DATE_EPOCH", "0")) & 0xffffffff

    def add_dir(self, path, mode=0o755, uid=0, gid=0):
        """Add a directory; adding it again with another mode or owner changes it."""
        name = _clean(path)
        attributes = (mode, uid, gid)
        if self.dirs.get(name) == attributes:
            return
        self._parents(name)
        self.dirs[name] = attributes
        self._record(name, stat.S_IFDIR | mode, uid=uid, gid=gid, nlink=2)

    def add_file(self, path, data, mode=0o644, uid=0, gid=0):
        """Add a regular file holding the bytes DATA."""
        name = _clean(path)
        self._parents(name)
        self._record(name, stat.S_IFREG | mode, bytes(data), uid=uid, gid=gid)

    def add_symlink(self, path, target, uid=0, gid=0):
        """Add the symbolic link PATH that contains TARGET."""
        name = _clean(path)
        self._parents(name)
        self._record(name, stat.S_IFLNK | 0o777, os.fsencode(target), uid=uid, gid=gid)

    def add_node(self, path, kind, major=0, minor=0, mode=0o600, uid=0, gid=0):
        """Add a special file: kind 'c', 'b' (with device number) or 'p'."""
        name = _clean(path)
        kinds = {"c": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO}
        if kind not in kinds:
            raise ValueError(f"{path}: kind of node is {kind!r}, not c, b or p")
        self._parents(name)
        self._record(name, kinds[kind] | mode, uid=uid, gid=gid, rdev=(major, minor))

    def add_host_file(self, host, guest, mode=None, uid=0, gid=0):
        """Add the host's regular file HOST as GUEST; without a mode, 0755 if HOST is executable and 0644 if not."""
        with open(host, "rb") as f:
            data = f.read()
            if mode is None:
                mode = 0o755 if os.fstat(f.fileno()).st_mode & 0o111 else 0o644
        self.add_file(guest, data, mode, uid, gid)

    def add_tree(self, hostdir, guestdir):
        """Add the host's folder HOSTDIR, with all below it in name order, as GUESTDIR. Symbolic links stay links;
        sockets, fifos and devices are an error, because nothing sensible can be done with them."""
        self.add_dir(guestdir)
        for entry in sorted(os.scandir(hostdir), key=lambda e: os.fsencode(e.name)):
            guest = f"{guestdir}/{entry.name}"
            if entry.is_symlink():
                self.add_symlink(guest, os.readlink(entry.path))
            elif entry.is_dir():
                self.add_tree(entry.path, guest)
            elif entry.is_file():
                self.add_host_file(entry.path, guest)
            else:
                raise ValueError(f"{entry.path}: neither file, folder nor symbolic link")

    def close(self):
        """Write the trailer. Nothing may be added afterwards."""
        self._record(TRAILER, 0)

    def _parents(self, name):
        parent = name.rpartition("/")[0]
        if parent and parent not in self.dirs:
            self.add_dir(parent)

    def _record(self, name, mode, data=b"", uid=0, gid=0, nlink=1, rdev=(0, 0)):
        """Write one member: header, name (with the padding that aligns the data of a regular file), data."""
        raw = os.fsencode(name) + b"\0"
        if len(raw) > NAME_MAX:
            raise ValueError(f"{name[:60]}...: name too long")
        trailer = name == TRAILER
        if stat.S_ISREG(mode) and data:
            raw = self._padded_name(raw)
        self.ino += 0 if trailer else 1
        ino = 0 if trailer else self.ino
        mtime = 0 if trailer else self.mtime
        fields = (ino, mode, uid, gid, nlink, mtime, len(data), 0, 0, rdev[0], rdev[1], len(raw), 0)
        self._write(b"070701" + b"".join(b"%08X" % f for f in fields) + raw)
        self._write(data)

    def _padded_name(self, raw):
        """Return RAW with the NULs that put the data on a boundary; first writes a record for '.' when the name
        field would exceed NAME_MAX."""
        gap = -(self.pos + HEADER_SIZE) % self.align
        if gap < len(raw) and gap + self.align > NAME_MAX:
            filler = max(HEADER_SIZE + 2, gap + -gap % 4)
            mode, uid, gid = self.dirs.setdefault(".", (0o755, 0, 0))
            fields = (self._next_ino(), stat.S_IFDIR | mode, uid, gid, 2, self.mtime, 0, 0, 0, 0, 0, filler - HEADER_SIZE, 0)
            self._write(b"070701" + b"".join(b"%08X" % f for f in fields) + b".".ljust(filler - HEADER_SIZE, b"\0"))
            gap = -(self.pos + HEADER_SIZE) % self.align
        while gap < len(raw):
            gap += self.align
        return raw.ljust(gap, b"\0")

    def _next_ino(self):
        self.ino += 1
        return self.ino

    def _write(self, data):
        pad = -(self.pos + len(data)) % 4
        self.out.write(data + b"\0" * pad)
        self.pos += len(data) + pad


def read_archive(data):
    """Yield (name, fields, content, offset of content) for each member of the newc archive DATA (bytes), without the trailer.
    fields: dict of ints with the keys ino mode uid gid nlink mtime size devmajor devminor rdevmajor rdevminor namesize check.
    Raises ValueError where the bytes are no archive."""
    keys = ("ino", "mode", "uid", "gid", "nlink", "mtime", "size", "devmajor", "devminor", "rdevmajor", "rdevminor",
            "namesize", "check")
    pos = 0
    while True:
        if data[pos:pos + 6] != b"070701" or len(data) < pos + HEADER_SIZE:
            raise ValueError(f"no newc header at offset {pos}")
        fields = {k: int(data[pos + 6 + 8 * i:pos + 14 + 8 * i], 16) for i, k in enumerate(keys)}
        start = pos + HEADER_SIZE
        name = os.fsdecode(data[start:start + fields["namesize"]].split(b"\0", 1)[0])
        start = (start + fields["namesize"] + 3) & ~3
        if name == TRAILER:
            return
        if start + fields["size"] > len(data):
            raise ValueError(f"{name}: content ends behind the archive")
        yield name, fields, data[start:start + fields["size"]], start
        pos = (start + fields["size"] + 3) & ~3
