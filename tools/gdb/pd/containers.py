# SPDX-License-Identifier: GPL-2.0-only
"""Task containers: pd-containers, pd-css-group, and the function $container("hierarchy:/path")."""
import gdb

from . import files, tasks
from .core import Command, Function, Problem, flags, has_member, have, list_entries, number, offset_of, say, text, typ, var

CONT_FLAGS = ((1, "REMOVED"), (2, "notify_on_release"), (4, "releasable"))


def built_in():
    return have("css_groups")


def need():
    if not built_in():
        raise Problem("this kernel was built without containers (CONTAINERS=0)")


def subsystems():
    """(id, name) of each."""
    table = var("subsys", "containers/subsys.c")
    low, high = table.type.range()
    return [(i, text(table[i]["name"])) for i in range(low, high + 1) if number(table[i])]


def roots():
    """All complete hierarchies as pointers; `rootnode`, which is not mounted, comes last."""
    yield from list_entries(var("roots"), "struct containerfs_root", "root_list")
    yield var("rootnode").address


def root_names(root):
    """What a hierarchy is called: its subsystems, then its name."""
    bits = number(root["subsys_bits"])
    names = [name for i, name in subsystems() if bits >> i & 1]
    own = text(root["name"])
    return names + ([f"name={own}"] if own else [])


def root_title(root):
    return ",".join(root_names(root)) or ("(not mounted)" if number(root) == number(var("rootnode").address) else "(no subsystem)")


def name_of(container):
    return "/" if not number(container["parent"]) else text(container["name"]["text"])


def path(container):
    """The path in its hierarchy."""
    words, here = [], container
    for _ in range(1000):
        if not number(here["parent"]):
            return "/" + "/".join(reversed(words))
        words.append(name_of(here))
        here = here["parent"]
    raise Problem(f"container {number(container):#x} is more than 1000 levels deep: its parents run in a circle")


def children(container):
    return list_entries(container["children"], "struct container", "sibling")


def links(group):
    """The containers of a css_group other than the top ones."""
    count = int(group["nr_links"])
    if count > 64:
        raise Problem(f"css_group {number(group):#x} is broken: it has {count} links")
    for i in range(count):
        yield (number(group) + offset_of("struct css_group", "links") + i * typ("struct cg_link").sizeof,
               group["links"][i]["cont"])


def of_task(task):
    """"hierarchy:/path" for each container of a task that is not a top one."""
    if not built_in() or not number(task["containers"]):
        return []
    try:
        return [f"{root_title(cont['root'])}:{path(cont)}" for _, cont in links(task["containers"])]
    except (Problem, gdb.MemoryError) as error:
        return [f"({error})"]


def group_of(task):
    if not built_in():
        return None
    group = task["containers"]
    return f"(struct css_group *) {number(group):#x}"


def groups_in(container):
    """css_groups with tasks in a container that is no top one."""
    for link in list_entries(container["cg_links"], "struct cg_link", "in_cont"):
        yield link["group"]


def groups_in_top(root):
    """A top container has no links: its groups are those without a link to this hierarchy."""
    for group in list_entries(var("css_groups"), "struct css_group", "all"):
        if all(number(cont["root"]) != number(root) for _, cont in links(group)):
            yield group


def members(group):
    return list_entries(group["tasks"], "struct task_struct", "cg_list")


def member_names(group, most=12):
    found, more = [], 0
    for task in members(group):
        if len(found) < most:
            found.append(f"{int(task['pid'])} ({tasks.comm(task)})")
        else:
            more += 1
    return ", ".join(found + ([f"and {more} more"] if more else [])) or "no tasks"


class Containers(Command):
    """Show each hierarchy as a tree of containers, with the css_groups in each and their tasks.

HIERARCHY shows one: a subsystem, a name, or where it is mounted. A top container's groups are shown only for a hierarchy that was
named, as every task that was never moved is in all of them."""

    name, usage = "pd-containers", "pd-containers [HIERARCHY]"

    def run(self, argument):
        need()
        wanted = argument.strip()
        for root in [find_root(wanted)] if wanted else roots():
            places = files.mount_points_of(root["sb"]) if number(root["sb"]) else []
            say(f"hierarchy {int(root['hierarchy_id'])}: {root_title(root)}"
                + (f", on {', '.join(places)}" if places else "") + f"  (struct containerfs_root *) {number(root):#x}")
            self.show(root["top_container"].address, "  ", root if wanted else None)

    def show(self, container, indent, root, depth=0):
        if depth > 100:
            raise Problem(f"container {number(container):#x} is more than 100 levels deep: its children run in a circle")
        marks = flags(number(container["flags"]), CONT_FLAGS, "")
        say(f"{indent}{name_of(container)}  (struct container *) {number(container):#x}" + (f"  {marks}" if marks else ""))
        top = not number(container["parent"])
        for group in groups_in_top(root) if top and root is not None else [] if top else groups_in(container):
            say(f"{indent}  css_group {number(group):#x}, {int(group['ref']['refs']['counter'])} references: {member_names(group)}")
        for child in children(container):
            self.show(child, indent + "  ", root, depth + 1)


class CssGroup(Command):
    """Show a css_group: its containers, the states its tasks find there, its tasks. Without ADDR: all groups."""

    name, usage = "pd-css-group", "pd-css-group [ADDR]"
    completion = gdb.COMPLETE_EXPRESSION

    def run(self, argument):
        need()
        if not argument.strip():
            for group in list_entries(var("css_groups"), "struct css_group", "all"):
                self.show(group, brief=True)
            return
        value = gdb.parse_and_eval(argument)
        if value.type.strip_typedefs().code == gdb.TYPE_CODE_PTR and has_member(value, "cg_list"):
            value = value["containers"]         # a task will do
        wanted = number(value)
        for group in list_entries(var("css_groups"), "struct css_group", "all"):
            if number(group) == wanted:
                return self.show(group, brief=False)
        raise Problem(f"{wanted:#x} is no css_group of `css_groups`")

    def show(self, group, brief):
        say(f"(struct css_group *) {number(group):#x}, {int(group['ref']['refs']['counter'])} references")
        for _, cont in links(group):
            say(f"  in     {root_title(cont['root'])}:{path(cont)}  (struct container *) {number(cont):#x}")
        if not int(group["nr_links"]):
            say("  in     top containers only")
        if not brief:
            for i, name in subsystems():
                state = group["subsys"][i]
                if number(state):
                    say(f"  state  {name:8} (struct container_subsys_state *) {number(state):#x}, of {path(state['container'])}")
        if number(group["successor"]):
            say(f"  replaced by css_group {number(group['successor']):#x}")
        say(f"  tasks  {member_names(group, most=12 if brief else 1000)}")


def find_root(wanted):
    name = wanted.removeprefix("name=")
    found = []
    for root in roots():
        names = root_names(root)
        if (wanted == ",".join(names) or wanted in names or f"name={name}" in names
                or wanted.startswith("/") and number(root["sb"]) and wanted in files.mount_points_of(root["sb"])):
            found.append(root)
    if not found:
        known = "; ".join(root_title(root) for root in roots())
        raise Problem(f"no hierarchy {wanted!r}; there are: {known}")
    return found[0]


class Container(Function):
    """$container("HIERARCHY:/PATH"): a struct container *. HIERARCHY is a subsystem, a name, or where it is mounted.

  p *$container("cpuset:/students")
  p $container("/dev/container:/a/b")->count"""

    name = "container"

    def value(self, wanted):
        need()
        hierarchy, colon, rest = wanted.string().rpartition(":")
        if not colon or not rest.startswith("/"):
            raise Problem('write "hierarchy:/path", for example "cpuset:/a" or "/dev/container:/a"')
        here = find_root(hierarchy)["top_container"].address
        for word in [w for w in rest.split("/") if w]:
            for child in children(here):
                if name_of(child) == word:
                    here = child
                    break
            else:
                raise Problem(f"{path(here)} has no child {word!r}")
        return here
