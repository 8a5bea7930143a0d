# SPDX-License-Identifier: GPL-2.0-only
"""pd-runqueues: what each CPU runs and who waits for it."""
from . import containers, percpu, tasks
from .core import Command, Problem, container_of, number, rb_entries, say, var


def group_name(group):
    """The container that a task_group is for, or its address."""
    if number(group) == number(var("root_task_group").address):
        return "top group"
    try:
        ids = {name: i for i, name in containers.subsystems()}
        root = containers.find_root("cpu")
        found = walk(root["top_container"].address, ids["cpu"], number(group))
        if found:
            return f"container {found}"
    except Problem:
        pass
    return f"group {number(group):#x}"


def walk(container, subsys, group, depth=0):
    state = container["subsys"][subsys]
    if number(state) and number(container_of(state, "struct cpu", "css")["tg"]) == group:
        return containers.path(container)
    for child in containers.children(container) if depth < 100 else ():
        found = walk(child, subsys, group, depth + 1)
        if found:
            return found
    return None


class RunQueues(Command):
    """Show each CPU's run queue: what runs, who waits in order of virtual time (ms), groups of tasks as trees."""

    name = "pd-runqueues"

    def run(self, argument):
        for cpu in range(percpu.count()):
            rq = percpu.variable("runqueue", cpu)
            running = rq["curr"]
            if not number(running):
                say(f"CPU {cpu}: not started")
                continue
            idle = number(running) == number(rq["idle"])
            say(f"CPU {cpu}: runs " + ("its idle task" if idle else f"{int(running['pid'])} ({tasks.comm(running)})")
                + f", {int(rq['nr_running'])} runnable, {number(rq['nr_switches'])} switches, clock {number(rq['clock']) / 1e6:.3f} ms"
                + f"  (struct rq *) {number(rq.address):#x}")
            self.queue(rq["cfs"], "  ", 0)

    def queue(self, cfs, indent, depth):
        if depth > 50:
            raise Problem("groups are nested without end")
        first = number(cfs["min_vruntime"])
        if number(cfs["curr"]):
            self.entity(cfs["curr"], indent, first, True, depth)
        for entity in rb_entries(cfs["timeline"]["root"], "struct sched_entity", "run_node"):
            self.entity(entity, indent, first, False, depth)

    def entity(self, entity, indent, first, running, depth):
        behind = number(entity["vruntime"]) - first
        when = f"weight {number(entity['load_weight'])}, virtual time {behind / 1e6:+.3f}"
        mark = "*" if running else " "
        if number(entity["my_q"]):
            queue = entity["my_q"].dereference()
            say(f"{indent}{mark} {group_name(queue['tg'])}, {when}" + (", throttled" if bool(queue["throttled"]) else ""))
            self.queue(queue, indent + "    ", depth + 1)
        else:
            task = container_of(entity, "struct task_struct", "se")
            say(f"{indent}{mark} {int(task['pid'])} ({tasks.comm(task)}), {when}")
