# SPDX-License-Identifier: GPL-2.0-only
"""Mounts, dentries and open files: pd-mounts, pd-dentries; paths as text."""
import gdb

from . import tasks
from .core import Command, Problem, flags, list_entries, number, say, table, text, typ

MNT_FLAGS = ((1, "ro"), (2, "nosuid"), (4, "nodev"), (8, "noexec"))
D_FLAGS = ((0x02, "UNHASHED"), (0x04, "PINNED"))
TYPES = {0o4: "directory", 0o10: "file", 0o12: "symlink", 0o2: "character device", 0o6: "block device", 0o1: "fifo", 0o14: "socket"}
ACCESS = {0: "r", 1: "w", 2: "rw", 3: "-"}
MOST_DENTRIES = 500


def is_root(dentry):
    return number(dentry["d_parent"]) == number(dentry)


def dentry_path(dentry, stop=0):
    """The path within its file system, or below the dentry at the address `stop`."""
    words, here = [], dentry
    for _ in range(1000):
        if number(here) == stop or is_root(here):
            return "/" + "/".join(reversed(words))
        words.append(text(here["d_name"]["name"]))
        here = here["d_parent"]
    raise Problem(f"dentry {number(dentry):#x} is more than 1000 levels deep: its parents run in a circle")


def path_of(mount, dentry):
    """The path of a place, from its namespace's root."""
    path = ""
    for _ in range(100):
        inner = dentry_path(dentry, number(mount["mnt_root"]))
        path = (inner if inner != "/" else "") + path
        if not number(mount["mnt_parent"]) or number(mount["mnt_parent"]) == number(mount):
            return path or "/"
        dentry, mount = mount["mnt_mountpoint"], mount["mnt_parent"]
    raise Problem(f"mount {number(mount):#x}: its parents run in a circle")


def file_path(file):
    if not number(file):
        return "none"
    mount, dentry = file["f_path"]["mnt"], file["f_path"]["dentry"]
    if not number(dentry):
        return "?"
    if not number(mount):
        return text(dentry["d_name"]["name"])
    path = path_of(mount, dentry)
    return path + (" (deleted)" if int(dentry["d_flags"]) & 2 and not is_root(dentry) else "")


def namespace_of(task):
    """The mounts a task sees; those of init for a kernel thread that has none."""
    for t in (task, tasks.find(1)):
        if t is not None and number(t["mnt_ns"]):
            return t["mnt_ns"]
    raise Problem("there are no mounts yet")


def mounts(namespace):
    return list_entries(namespace["list"], "struct mount", "mnt_list")


def mount_points_of(sb):
    """Where a super block is mounted, in init's namespace."""
    try:
        return [path_of(m, m["mnt_root"]) for m in mounts(namespace_of(tasks.find(1))) if number(m["mnt_sb"]) == number(sb)]
    except Problem:
        return []


def inode_text(dentry):
    inode = dentry["d_inode"]
    if not number(inode):
        return "(negative)"
    mode = int(inode["i_mode"])
    return f"{TYPES.get(mode >> 12, '?')} {mode & 0o7777:04o} ino {number(inode['i_ino'])} inode {number(inode):#x}"


def lookup(path, namespace):
    """The dentry with this absolute path. Symbolic links are not followed; what is not in the dcache is not there."""
    tree = list(mounts(namespace))
    mount = namespace["root"]
    dentry = mount["mnt_root"]
    mount, dentry = descend(tree, mount, dentry)
    for word in [w for w in path.split("/") if w]:
        for child in children(dentry):
            if text(child["d_name"]["name"]) == word and not int(child["d_flags"]) & 2:
                dentry = child
                break
        else:
            raise Problem(f"{dentry_path(dentry)} has no {word!r} in the dentry cache")
        mount, dentry = descend(tree, mount, dentry)
    return dentry


def descend(tree, mount, dentry):
    """From a mount point to what is mounted there, as often as needed."""
    for _ in range(100):
        for m in tree:
            if number(m["mnt_parent"]) == number(mount) and number(m["mnt_mountpoint"]) == number(dentry) and number(m) != number(mount):
                mount, dentry = m, m["mnt_root"]
                break
        else:
            return mount, dentry
    raise Problem("mounts run in a circle")


def children(dentry):
    return list_entries(dentry["d_subdirs"], "struct dentry", "d_child")


class Mounts(Command):
    """List the mounts that a task sees, in the order of mounting. Without PID: those of the selected thread's task, or init's."""

    name, usage = "pd-mounts", "pd-mounts [PID | TASK]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        namespace = namespace_of(tasks.named(argument))
        table(("MOUNT", "ID", "ON", "TYPE", "DEVICE", "FLAGS", "SUPER BLOCK", "COUNT"), self.rows(namespace), right=(1, 7))

    def rows(self, namespace):
        for m in mounts(namespace):
            yield (f"{number(m):#x}", int(m["mnt_id"]), path_of(m, m["mnt_root"]), text(m["mnt_typename"]), text(m["mnt_devname"]),
                   flags(int(m["mnt_flags"]), MNT_FLAGS), f"{number(m['mnt_sb']):#x}", int(m["mnt_count"]["counter"]))


class Dentries(Command):
    """Show the dentry cache below a path (of init's mounts) or a struct dentry *, as a tree: references, flags, inode.

DEPTH is how many levels, 2 without it; / is shown without PATH."""

    name, usage = "pd-dentries", "pd-dentries [PATH | DENTRY [DEPTH]]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        words = self.words(argument, 0, 2)
        where, depth = words[0] if words else "/", int(words[1]) if len(words) > 1 else 2
        if where.startswith("/"):
            dentry = lookup(where, namespace_of(tasks.find(1)))
        else:
            dentry = gdb.Value(number(where)).cast(typ("struct dentry").pointer())
        self.left = MOST_DENTRIES
        self.show(dentry, "", depth)

    def show(self, dentry, indent, depth):
        if not self.left:
            raise Problem(f"there are more than {MOST_DENTRIES}: name a PATH further down")
        self.left -= 1
        name = "/" if is_root(dentry) else text(dentry["d_name"]["name"])
        marks = flags(int(dentry["d_flags"]), D_FLAGS, "")
        say(f"{indent}{name}  (struct dentry *) {number(dentry):#x} count {int(dentry['d_count']['counter'])} {marks}"
            f"{' mounted on' if int(dentry['d_mounted']) else ''} {inode_text(dentry)}")
        if depth > 0:
            for child in children(dentry):
                self.show(child, indent + "  ", depth - 1)


# ---- lines of pd-task ----

def program(task):
    if not number(task["mm"]):
        return "none (kernel thread, or it has exited)"
    return f"{file_path(task['mm']['exe_file'])}, mm {number(task['mm']):#x}"


def directory(task):
    fs = task["fs"]
    return path_of(fs["pwd"]["mnt"], fs["pwd"]["dentry"]) if number(fs) else None


def descriptors(task):
    if not number(task["files"]):
        return None
    fdt = task["files"]["fdt"]
    found = []
    for fd in range(min(int(fdt["max_fds"]), 1024)):
        file = fdt["fd"][fd]
        if number(file):
            found.append(f"{fd}:{ACCESS[int(file['f_flags']) & 3]} {file_path(file)}")
    return ", ".join(found[:16]) + (f", and {len(found) - 16} more" if len(found) > 16 else "") or "none"
