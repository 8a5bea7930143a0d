# SPDX-License-Identifier: GPL-2.0-only
"""A real GDB: early breakpoints on every way to boot, backtraces through the doors, and each helper, on QEMU's stub and the kernel's own
(whose commands are the subject of test_gdb_stub.py; how GDB is started is that of test_make_debug.py).

Each test has a session's folder of its own (PADDOCK_DEBUG), so they run side by side. GDB's commands run one after the other in batch
mode; where one must wait for the guest, a breakpoint does that.
"""
import os
import re
import subprocess

import pytest
from conftest import CHECKS, KERNEL, ROOT
from gdb_guests import HELPERS, NEEDS_GDB, TO_DUE, session  # noqa: F401

pytestmark = [NEEDS_GDB, pytest.mark.not_with("coverage", reason="wants what make leaves in build/, and code as it is without counters")]


# ---- starting ----

@pytest.mark.parametrize("boot, entry", [("kernel", "start_multiboot"), ("pvh", "start_pvh"), ("iso", "start_multiboot"),
                                         ("uefi", "start_multiboot")])
def test_early_boot(session, boot, entry):
    """GDB is at the kernel's first instruction, goes through the change to long mode step by step, and stops in early C."""
    s = session(boot=boot)
    out = s.gdb("info registers rip", "bt", "stepi 3", "hbreak start_multiboot.high", "continue", "info registers rip", "bt",
                "hbreak arch_init_early", "continue", "bt", "p boot_info.protocol", "p $current()", "info threads", "pd-ps", timeout=300)
    assert f"{entry} () at boot/start.asm" in s.head, s.all
    assert re.search(r"rip +0x1[0-9a-f]{5} ", out[0]), s.all
    assert len(out[1].splitlines()) == 1, s.all                    # nobody called the first instruction
    assert "boot/start.asm" in s.all
    assert re.search(r"rip +0xffffffff80", out[5]), s.all
    assert "arch_init_early () at arch/x86_64/init.c" in out[9] and "kernel_main" in out[9] and "boot_main" in out[9], s.all
    assert re.search(r"boot/start.asm:\d+\n$", out[9]), s.all       # the last frame: nothing made up behind it
    assert '"swapper/0" pid 0' in out[11], s.all
    assert "CPU#0" in out[12] and "CPU#1" in out[12], s.all
    assert re.search(r"0 +0 +0 +R\* +0 +\(runs\) +\[swapper/0\]", out[13]), s.all


# ---- helpers ----

SETUP = ("mkdir /c /d", "mount -t container -o debug,numtasks x /c", "mount -t container -o none,name=teams y /d",
         "mkdir /c/students /c/students/anna /d/red", "sleep 55555 &", "echo $! >/c/students/anna/tasks", "echo $! >/d/red/tasks",
         "mkdir /tmp/names", "echo text >/tmp/names/file", "while :; do :; done &")


BOTH_STUBS = pytest.mark.parametrize("stub", ["qemu", "kernel"])


@BOTH_STUBS
def test_helpers(session, stub):
    """What each command says about a guest whose state is known, in substance."""
    s = session(run=SETUP, smp=2, gdb=stub)
    asked = {"ps": "pd-ps", "task": "pd-task 1", "containers": "pd-containers", "named": "pd-containers /c", "groups": "pd-css-group",
             "mounts": "pd-mounts", "dentries": "pd-dentries /tmp 3", "vma": "pd-vma 1", "user page": "pd-pagetable 0x401000 1",
             "text page": "pd-pagetable sys_sethostname", "hole": "pd-pagetable 0x7000000000 1", "queues": "pd-runqueues",
             "dmesg": "pd-dmesg", "last": "pd-dmesg 1", "slab": "pd-slab", "dentry slab": "pd-slab dentry", "bt": "pd-bt 1",
             "list": 'pd-list css_groups "struct css_group" all nr_links', "all": "pd", "console": "pd-console", "locks": "pd-locks"}
    got = dict(zip(asked, s.gdb(*TO_DUE, *asked.values())[len(TO_DUE):]))

    rows = [line.split() for line in got["ps"].splitlines()]
    assert ["0", "[swapper/0]"] == [rows[1][1], rows[1][-2]] and "[swapper/1]" in rows[2], s.all
    init = next(r for r in rows if r[-2] == "init")
    assert init[1:5] == ["1", "1", "0", "S"] and init[6] == "do_wait" and init[-1] == "-", s.all
    assert any(r[-2] == "[kworker]" for r in rows), s.all
    sleeper = next(r for r in rows if "debug,numtasks" in " ".join(r) or "numtasks,debug" in " ".join(r))
    assert "sleep" in sleeper and sleeper[6] == "sleep_for", s.all
    assert sleeper[-2].endswith(":/students/anna") and sleeper[-1] == "name=teams:/red", s.all

    assert "init, pid 1, thread group 1" in got["task"] and "program       /bin/init" in got["task"], s.all
    assert "0:rw /dev/console" in got["task"] and "top ones only" in got["task"] and "uid 0/0" in got["task"], s.all

    tree = got["containers"]
    assert re.search(r"hierarchy \d+: numtasks,debug, on /c .*\n  / .*\n    students .*\n      anna .*\n        css_group 0x\w+, 1 references: "
                     + sleeper[1] + r" \(sleep\)\n", tree), s.all
    assert re.search(r"hierarchy \d+: name=teams, on /d .*\n  / .*\n    red .*\n      css_group", tree), s.all
    assert re.search(r"hierarchy 0: cpuset,", tree), s.all
    assert "teams" not in got["named"] and "1 (init)" in got["named"] and "anna" in got["named"], s.all
    assert "in     top containers only" in got["groups"] and re.search(r"in     numtasks,debug:/students/anna .*\n  in     name=teams:/red",
                                                                        got["groups"]), s.all

    mounts = [line.split() for line in got["mounts"].splitlines()]
    assert ["/", "ramfs", "rootfs"] in [m[2:5] for m in mounts] and ["/c", "container", "x"] in [m[2:5] for m in mounts], s.all
    assert re.search(r"^tmp .* directory 1777 .*\n  names .* directory 0755 .*\n    file .*PINNED.* file 0644", got["dentries"]), s.all
    assert re.search(r" 400000 +\w+ +r-xp +0 +0x\w+ +/bin/init\n", got["vma"]) and "[stack]" in got["vma"], s.all

    assert re.search(r"PML4\[  0\].*present.*user.*\n.*\n.*\n  PT  \[  1\] .*present\|user.*\n  physical 0x\w+000, in a page of 4 KiB",
                     got["user page"]), s.all
    assert "writable" not in got["user page"].splitlines()[4], s.all          # a program's text
    assert "by the tables of the kernel" in got["text page"] and "no-execute" not in got["text page"], s.all
    assert "not mapped" in got["hole"], s.all

    assert got["queues"].count("CPU ") == 2 and re.search(r"\* \d+ \((sh|hostname)\), weight 1024, virtual time", got["queues"]), s.all
    assert "] Paddock: " in got["dmesg"] and "smp: 2 CPUs" in got["dmesg"] and len(got["last"].splitlines()) == 1, s.all
    row = next(line.split() for line in got["slab"].splitlines() if " task_struct " in line)
    alive = len(rows) - 1 - 2           # the two idle tasks are from elsewhere; the dead stay until a grace period has passed
    assert alive <= int(row[2]) <= alive + 16 and int(row[5]) >= row_size(s, "task_struct"), s.all
    in_use, on_cpus, total = map(int, got["dentry slab"].splitlines()[1].split()[2:5])
    listed = re.search(r"slab 0: \(struct page \*\) 0x\w+, \d+ of \d+ in use", got["dentry slab"])
    assert bool(listed) == (in_use + on_cpus < total), s.all        # those that have room
    assert re.search(r"do_wait \(\) at kernel/task/wait.c:\d+\n", got["bt"]) and "sys_wait4" in got["bt"], s.all
    assert "nr_links = 2" in got["list"] and "[0] (struct css_group *) 0x" in got["list"], s.all
    assert "the guest's console is not here" in got["console"], s.all
    for name in re.findall(r'name(?:, usage)? = "(pd-[\w-]+)"', helpers_text()):
        assert name in got["all"], name


def row_size(s, name):
    return int(s.gdb(f"p sizeof(struct {name})", start=("-nx", KERNEL))[0].split()[-1])


def helpers_text():
    folder = os.path.join(ROOT, "tools", "gdb", "pd")
    return "\n".join(open(os.path.join(folder, f)).read() for f in sorted(os.listdir(folder)) if f.endswith(".py"))


@BOTH_STUBS
def test_functions_and_printers(session, stub):
    s = session(run=SETUP, gdb=stub)
    out = s.gdb(*TO_DUE, "p $current()", "p $task(1)", "p $task(1)->comm", 'p $container("debug:/students/anna")',
                'p $container("/d:/red")->count', 'p $container("teams:/")', "p $current()->containers", "p $task(1)->mm->exe_file",
                "p (char *)-2", "p (struct inode *)-12", "p $errname(-17)", "p $errname(12)", "p css_groups", "p container_mutex", "p css_group_lock",
                "p $task(1)->real_parent", 'p $percpu("cpu_number", 1)', "p $task(999)", 'p $container("debug:/nobody")',
                'p $container("nothing:/")', 'p $container("rubbish")', "p tasklist_lock", "p $task(1)->usage",
                *(c for n in (2, 1 << 30, (1 << 30) + 3, (1 << 31) + 1) for c in (f"set var tasklist_lock.count = {n}u", "p tasklist_lock")),
                "set var tasklist_lock.count = 0")[2:]
    assert re.search(r'"hostname" pid \d+', out[0]) and '"init" pid 1' in out[1] and 'init' in out[2], s.all
    assert '"numtasks,debug:/students/anna"' in out[3] and "= 1" in out[4] and '"name=teams:/"' in out[5], s.all
    assert "in top containers" in out[6] and '"/bin/init"' in out[7], s.all
    assert "ERR_PTR(-2) ENOENT" in out[8] and "ERR_PTR(-12) ENOMEM" in out[9] and '"EEXIST"' in out[10] and '"ENOMEM"' in out[11], s.all
    assert re.search(r"= [23] entries", out[12]) and "= free" in out[13] and "= unlocked" in out[14], s.all
    assert '"swapper/0" pid 0' in out[15] and "= 1" in out[16], s.all
    assert "no task has pid 999" in out[17] and "/ has no child 'nobody'" in out[18] and "no hierarchy 'nothing'" in out[19], s.all
    assert 'write "hierarchy:/path"' in out[20] and "= unlocked" in out[21] and re.search(r"= \d+$", out[22].strip()) is not None, s.all
    assert [line.split("= ")[1].strip() for line in out[24:31:2]] == ["locked by 2 readers", "locked by a writer", "locked by a writer, 3 readers waiting",
                                                                    "locked by 1 readers, a writer waiting"], s.all


@BOTH_STUBS
def test_waiting_for_a_lock(session, stub):
    """Who waits for a mutex is found without records, too: here one is taken by nobody, so mkdir waits for ever."""
    s = session(run=("mkdir /c", "mount -t container -o debug x /c", "hostname first", "mkdir /c/a &", "sleep 1"), gdb=stub)
    out = s.gdb(*TO_DUE, "set var container_mutex.owner = (unsigned long)&init_task", *TO_DUE, "pd-locks", "p container_mutex", "pd-ps",
                "p $task($unset)", "p $errname($unset)")
    assert re.search(r"task \d+ \(mkdir\) waits for \(struct mutex \*\) 0x\w+ <container_mutex>, owned by 0 \(swapper/0\)", out[5]), s.all
    assert 'held by "swapper/0" pid 0, 1 waiting' in out[6], s.all
    assert re.search(r" D +\d+ +container_\w+ +mkdir ", out[7]), s.all
    assert "$task: " in out[8] and "$errname: " in out[9], s.all


def test_broken_structures(session):
    """A walk over something broken ends with a line that says what is broken; what was found before it is shown."""
    s = session(run=SETUP)
    link = "(unsigned long *)&init_task.tasks.next"
    out = s.gdb(*TO_DUE, f"set $saved = *{link}", f"set var *({link}) = 0x1234", "pd-ps", f"set var *({link}) = $saved",
                "set $group = css_groups.next", "set var css_groups.next->next = css_groups.next", "pd-css-group", "pd-containers /c",
                "p css_groups", "set $r = roots.next", "set var roots.next = 0", "pd-containers", "set var roots.next = $r",
                "set $n = nr_cpus", "set var nr_cpus = 4000000", "pd-runqueues", "pd-ps", "pd-slab", "set var nr_cpus = $n",
                "set $m = $task(1)->mm->mmap.next", "set var $task(1)->mm->mmap.next = $m->next", "pd-vma 1",
                "set var $task(1)->mm->mmap.next = 0xffff900000000000", "pd-vma 1", "set var $task(1)->mm->mmap.next = $m",
                "set var $task(1)->thread.sp = 0", "pd-bt 1", "pd-task 1", "pd-ps")[2:]
    assert re.search(r"pd-ps: list at 0x\w+, entry 0, is broken: a link is 0x1234", out[2]) and "[swapper/0]" in out[2], s.all
    assert re.search(r"pd-css-group: list at 0x\w+ is broken at entry \d", out[6]), s.all
    assert "pd-containers" in out[7] and "broken" in out[7] and "broken" in out[8], s.all
    assert "was never initialised" in out[11], s.all
    for n in (15, 16, 17):
        assert "nr_cpus is 4000000: broken" in out[n], s.all
    assert "points back to" in out[21], s.all
    assert "Cannot access memory" in out[23], s.all
    assert "is not on its stack" in out[26] and "init, pid 1" in out[27] and " init " in out[28], s.all


def test_numbers_are_the_kernels(scale):
    """What the helpers repeat of the kernel's macros is what stands there."""
    lines = open(os.path.join(ROOT, "kernel", "sync", "wait.h")).read() + open(os.path.join(ROOT, "kernel", "sched", "sched.h")).read()
    states = {name: int(n, 16) for name, n in re.findall(r"^#define TASK_(\w+)\s+0x(\w+)", lines, re.M)}
    flags = {name: int(n, 16) for name, n in re.findall(r"^#define PF_(\w+)\s+0x(\w+)", lines, re.M)}
    exits = {int(n) for n in re.findall(r"^#define EXIT_\w+\s+(\d+)", lines, re.M)} - {0}
    work = re.findall(r"^\tTIF_(\w+)", lines, re.M)
    del states["RUNNING"]
    ask = "from pd import tasks as t; print({n: m for m, n in t.STATE_NAMES} == %r, {n: m for m, n in t.FLAG_NAMES} == %r, " \
          "set(t.EXITED) == %r, list(t.WORK) == %r, [m for m, _ in t.work_names()])" % (states, flags, exits, work)
    done = subprocess.run(["gdb", "-batch", "-nx", KERNEL, "-ex", f"source {HELPERS}", "-ex", f"python {ask}"], cwd=ROOT,
                          capture_output=True, text=True, timeout=60 * scale)
    assert done.stdout.startswith("True True True True [1, 2, 4, 8, 16, 32, 64]"), done.stdout + done.stderr


NONSENSE = ("pd-task 99999", "pd-task rubbish", "pd-css-group 1", "pd-css-group init_task", "pd-dentries /no/such", "pd-dentries 8", "pd-dentries / x",
            "pd-vma 2", "pd-pagetable", "pd-pagetable 0x800000000000", "pd-pagetable rubbish", "pd-slab nothing", "pd-bt $current()",
            "pd-symbols nothing", "pd-symbols 2", "pd-symbols 1 /nothing", "pd-symbols 1 /tmp", "pd-symbols 1 /etc/passwd",
            "pd-break nothing", "pd-dmesg x", "pd-dmesg -1", "pd-dmesg 1 2", "pd-containers nothing", "pd-list", "pd-list 1 2 3",
            "pd-mounts rubbish", "pd-connect", "pd-type hello")


@BOTH_STUBS
def test_nonsense(session, stub):
    """Arguments that mean nothing, and helpers before the kernel has made what they show, fail in one line."""
    s = session(run=(), gdb=stub)
    early = ("pd-ps", "pd-task", "pd-containers", "pd-css-group", "pd-mounts", "pd-dentries", "pd-vma", "pd-pagetable 0xffffffff80100000",
             "pd-runqueues", "pd-locks", "pd-dmesg", "pd-slab", "p $current()", "p $task(1)", 'p $container("debug:/")')
    later = ("thbreak kernel_main", "continue", *early) if stub == "qemu" else ()       # the kernel's stub begins behind that place
    out = s.gdb(*early, *later, *TO_DUE, *NONSENSE, "pd-task init_task", "pd-css-group init_css_group")
    assert stub == "qemu" or "there are no tasks yet" in out[0] and "no task runs here yet" in out[12], s.all
    assert ": swapper/0, pid 0," in out.pop(-2) and "in     top containers only" in out.pop(), s.all     # the object itself will do
    for command, text in zip(NONSENSE, out[-len(NONSENSE):]):
        assert text.startswith((command.split()[0] + ": ", "usage: ")) and len(text.splitlines()) == 1, (command, text)


# ---- programs and backtraces ----

@BOTH_STUBS
def test_programs(session, stub):
    """A breakpoint in main of /bin/ls, from a system call and an interrupt back into it, and steps over system calls."""
    s = session(run=("mkdir /tmp/x", "cat /etc/passwd", "ls /tmp"), gdb=stub)
    out = s.gdb("pd-break ls", "continue", "bt", "p argc", "p argv[1]", "next", "next", "thbreak sys_writev", "continue", "bt", "up 100", "p argv[1]",
                "frame 0", "finish", "pd-symbols", "pd-symbols 1",
                "info breakpoints")
    assert re.search(r"hit Breakpoint 1, main \(argc=2, argv=0x\w+\) at user/ls.c:\d+", out[1]), s.all
    assert out[3].strip().endswith("= 2") and '"/tmp"' in out[4], s.all
    assert re.match(r"\d+\t", out[5]) and re.match(r"\d+\t", out[6]), s.all
    frames = out[9]
    assert re.search(r"#0  sys_writev \(fd=1.*\n(?:#\d .*\n)*?#\d  <signal handler called>\n#\d .* __stdio_write \(\)\n", frames), s.all
    assert re.search(r"in puts \(\)\n#\d+ .* at user/ls.c:\d+\n", frames) and re.search(r"main \(argc=.*user/ls.c:\d+\n$", frames), s.all
    assert '"/tmp"' in out[11], s.all
    assert "_writev" in out[13] or "handle_syscall" in out[13] or "<signal handler called>" in out[13], s.all
    assert "which task" in out[14] and "/bin/ls" in out[14] and "user/debug/init" in out[15], s.all


def test_interrupts(session):
    """From the timer's interrupt the backtrace goes on into the program that was interrupted, to its main."""
    s = session(run=("while :; do :; done &",), smp=1)
    out = s.gdb("thbreak sys_sethostname", "continue", "pd-symbols sh", 
                'thbreak trap_dispatch if (regs->cs & 3) == 3 && vector == 240 && $runs("sh")', "continue", "bt", "p $runs(1)", 'p $runs("ls")')
    frames = out[5]
    assert re.search(r"#0  trap_dispatch \(.*vector=240\).*\n#1  <signal handler called>\n#2 ", frames), s.all
    assert re.search(r" main \(argc=.*at user/sh/main.c:\d+\n$", frames), s.all
    assert out[6].strip().endswith("= 0") and out[7].strip().endswith("= 0"), s.all


def test_steps_through_the_doors(session):
    """Single steps from a program into the kernel: at each instruction of syscall_entry GDB knows who called, and where it will return to."""
    s = session(run=(), smp=1)
    steps = [c for n in range(32) for c in ("stepi", "p $_as_string($pc)", "bt 2")]
    out = s.gdb("thbreak syscall_entry", "continue", "pd-symbols", "bt 2", *steps)
    caller = re.search(r"#1  (0x\w+) in", out[3]).group(1)
    for n in range(0, len(steps), 3):
        frames = out[4 + n + 2]
        if "handle_syscall" in frames:
            break
        if "arch/x86_64/entry.asm" in frames and n in (2 * 3, 3 * 3):
            continue            # between the change of stacks and the second push only a per-CPU variable knows the program's rsp
        assert re.search(rf"#1  {caller} in ", frames), (n, frames, s.all)
    else:
        assert False, "never came to handle_syscall"


@BOTH_STUBS
def test_locks_by_records(session, stub):
    """In a build with LOCKDEP=1 pd-locks shows what is held, by whom, and where it was taken. Without one, that of make test CHECKED=1."""
    checked = KERNEL if "lockdep" in CHECKS else os.path.join(ROOT, "build", "lockdep-ubsan-kasan", "paddock.elf")
    if not os.path.exists(checked):
        pytest.skip("there is no kernel with LOCKDEP=1")
    s = session(run=("mkdir /c", "mount -t container -o debug x /c", "mkdir /c/a"), kernel=checked, gdb=stub)
    out = s.gdb("thbreak debug_create if cont->parent", "continue", "pd-locks", "pd-task", "p container_mutex")
    assert re.search(r"task \d+ \(mkdir\): held containers/\S+ container_mutex, taken at container_\w+\+", out[2]), s.all
    assert "container_mutex" in out[3] and 'held by "mkdir"' in out[4], s.all
