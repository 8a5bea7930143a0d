# SPDX-License-Identifier: GPL-2.0-only
"""What a guest must survive: no memory left, everything killed, thousands of forks; and nothing lost by it."""
import re
import subprocess

import pytest

SOURCES = {
    # Takes memory until there is none; a limit in MiB as argument, a file to make then before waiting as another. Exit status 3: refused.
    "hog": r"""
        #include <stdlib.h>
        #include <string.h>
        #include <fcntl.h>
        #include <sys/mman.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            long limit = argc > 1 ? atol(argv[1]) : 1 << 20;
            for (long i = 0; i < limit; i++) {
                char *p = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
                if (p == MAP_FAILED)
                    return 3;
                memset(p, 1, 1 << 20);
            }
            if (argc > 2 && creat(argv[2], 0600) >= 0)
                pause();
            return 0;
        }""",
    # Fills the memory with page tables alone, by reading one page in each 2 MiB; with an argument, with shared memory.
    "quiet": r"""
        #include <string.h>
        #include <sys/mman.h>
        int main(int argc, char **argv) {
            volatile char *p;
            for (long i = 0; argc > 1 && i < 1L << 12; i++) {
                char *q = mmap(0, 1 << 20, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
                if (q == MAP_FAILED)
                    return 3;
                memset(q, 1, 1 << 20);
            }
            p = mmap(0, 1L << 40, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
            for (long i = 0; p != MAP_FAILED && i < 1L << 19; i++)
                (void)p[i << 21];
            return 0;
        }""",
    # Forks COUNT times, one child at a time; exit status 4 when one fails.
    "forks": r"""
        #include <stdlib.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main(int argc, char **argv) {
            for (long i = 0; i < atol(argv[1]); i++) {
                int status;
                pid_t pid = fork();
                if (!pid)
                    _exit(i & 0x7f);
                if (pid < 0 || waitpid(pid, &status, 0) != pid || status != (i & 0x7f) << 8)
                    return 4;
            }
            return 0;
        }""",
    # Forks for ever, and so do the children; a refused fork is tried again.
    "forkforever": r"""
        #include <sched.h>
        #include <unistd.h>
        int main(void) {
            for (;;)
                if (fork() < 0)
                    sched_yield();
        }""",
    # Forks children that wait, until fork fails; prints why, then ends them.
    "bomb": r"""
        #include <errno.h>
        #include <signal.h>
        #include <stdio.h>
        #include <string.h>
        #include <sys/wait.h>
        #include <unistd.h>
        int main(void) {
            long n = 0;
            int error;
            sigset_t term;
            sigemptyset(&term);
            sigaddset(&term, SIGTERM);
            sigprocmask(SIG_BLOCK, &term, NULL);    /* a child that has not run yet keeps it for later */
            setpgid(0, 0);
            for (;;) {
                pid_t pid = fork();
                if (!pid) {
                    sigprocmask(SIG_UNBLOCK, &term, NULL);
                    for (;;) pause();
                }
                if (pid < 0)
                    break;
                n++;
            }
            error = errno;
            while (waitpid(-1, 0, WNOHANG) == 0) {
                kill(0, SIGTERM);
                usleep(10000);
            }
            while (wait(0) > 0)
                ;
            printf("%s %s\n", n > 50 ? "many" : "few", strerror(error));
            return 0;
        }""",
    # Opens pipes and fills them until that fails; prints why.
    "pipes": r"""
        #include <errno.h>
        #include <fcntl.h>
        #include <stdio.h>
        #include <string.h>
        #include <unistd.h>
        int main(void) {
            static char page[65536];
            int ends[2], error;
            while (!pipe2(ends, O_NONBLOCK))
                if (write(ends[1], page, sizeof(page)) < 0)
                    break;
            error = errno;
            printf("%s\n", strerror(error));
            return 0;
        }""",
}


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder with the programs above, for add=."""
    folder = tmp_path_factory.mktemp("programs")
    for name, text in SOURCES.items():
        subprocess.run(["musl-gcc", "-static", "-O1", "-o", folder / name, "-x", "c", "-"], input=text, text=True, check=True)
    return folder


FREE = "free_kib() { read none </proc/quiesce; while read name kib unit; do case $name in MemFree:) echo $kib;; esac; done </proc/meminfo; }\n"


def free_before_and_after(vm, programs, command, times=1, **options):
    """Runs COMMAND once to warm caches up, then again between two readings of MemFree (all that was put off is done by then); returns the KiB lost."""
    script = FREE + f"{command}; sleep 1; free_kib; {command}; sleep 1; free_kib"
    done = vm(script, add=[f"{programs}:/p"], **options)
    assert done.status == 0, done
    numbers = [int(line) for line in done.out.splitlines() if line.isdigit()]
    assert len(numbers) == 2, done
    return numbers[0] - numbers[1]


def test_ten_thousand_forks_lose_no_page(vm, programs):
    """A page lost in each fork would be 40,000 KiB; what the CPUs keep in hand stays below one MiB."""
    assert free_before_and_after(vm, programs, "/p/forks 10000 || exit 4", timeout=300) < 1024


def test_ten_thousand_forks_on_four_cpus(vm, programs):
    command = "/p/forks 2500 & /p/forks 2500 & /p/forks 2500 & /p/forks 2500 & wait"
    assert free_before_and_after(vm, programs, command, timeout=300, smp=4) < 1024


def test_programs_come_and_go_without_loss(vm, programs):
    command = "i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done"
    assert free_before_and_after(vm, programs, command, timeout=120) < 512


def test_a_hog_is_killed_and_the_shell_lives(vm, programs):
    done = vm("/p/hog; echo status $?; echo alive", mem="64M", add=[f"{programs}:/p"], timeout=120)
    assert done.status == 0, done
    status, alive = done.out.splitlines()[-2:]
    assert status in ("status 137", "status 3") and alive == "alive", done


@pytest.mark.parametrize("how", ("", "shared"))
def test_the_one_who_holds_the_memory_is_killed(vm, programs, how):
    """Page tables and shared memory count: a small program is not killed for what another has of these."""
    done = vm(f"/p/hog 4 /tmp/full & P=$!; until [ -e /tmp/full ]; do sleep 0.1; done; /p/quiet {how}; echo status $?; "
              "kill -0 $P && echo alive", mem="64M", add=[f"{programs}:/p"], timeout=120)
    assert done.out.endswith("status 137\nalive\n"), done


def test_memory_comes_back_from_a_killed_hog(vm, programs):
    lost = free_before_and_after(vm, programs, "/p/hog >/dev/null 2>&1", mem="64M", timeout=120)
    assert lost < 1024


def test_a_frozen_hog_is_no_way_to_keep_memory(vm, programs):
    """Nothing else ends a frozen task before it is thawed."""
    done = vm("mkdir /c; mount -t container -o freezer x /c; mkdir /c/a; /p/hog 30 /tmp/full & P=$!; "
              "until [ -e /tmp/full ]; do sleep 0.1; done; echo $P > /c/a/tasks; echo FROZEN > /c/a/freezer.state; "
              "/p/hog >/dev/null 2>&1; wait $P; echo status $?; cat /c/a/freezer.state",
              mem="64M", add=[f"{programs}:/p"], timeout=120)
    assert done.out.endswith("status 137\nFROZEN\n"), done


def test_what_fits_is_given(vm, programs):
    assert vm("/p/hog 32 && echo fits", mem="64M", add=[f"{programs}:/p"]).out == "fits\n"


def test_a_full_file_system_says_so_and_gives_back(vm, programs):
    """The writer is refused before anything is killed, and what it wrote can be removed."""
    done = vm(FREE + "free_kib; cat /dev/zero >/tmp/big; echo status $?; rm /tmp/big; free_kib; echo alive", mem="64M", timeout=120)
    assert done.status == 0 and done.out.endswith("alive\n"), done
    assert "No space left on device\nstatus 1\n" in done.out, done
    before, after = [int(line) for line in done.out.splitlines() if line.isdigit()]
    assert before - after < 1024, done


def test_a_fork_bomb_ends_in_an_error(vm, programs):
    done = vm("/p/bomb; echo alive", mem="48M", add=[f"{programs}:/p"], timeout=180)
    assert done.status == 0 and done.out.endswith("alive\n"), done
    assert done.out.splitlines()[0] in ("many Resource temporarily unavailable", "many Out of memory",
                                        "many Cannot allocate memory"), done


def test_pipes_end_in_an_error(vm, programs, checks):
    """At a limit, before memory is short: what KASAN keeps behind each object is as much again."""
    done = vm("/p/pipes; echo alive", mem="96M" if "kasan" in checks else "48M", add=[f"{programs}:/p"], timeout=120)
    assert done.status == 0 and done.out.endswith("alive\n"), done
    assert done.out.splitlines()[0] in ("No file descriptors available", "Too many open files", "Out of memory",
                                        "Too many open files in system", "Cannot allocate memory"), done


def test_everything_killed_gives_a_new_shell(console):
    c = console(smp=2)
    shell = c.run("echo $$")
    c.run("sleep 1000 & sleep 1001 & sleep 1002 &")
    c.send("/bin/kill -9 -1\r")
    c.expect(r"# $")
    c.send("export PS1='vm-''prompt> '\r")
    c.prompt()
    assert c.run("echo $$") != shell
    assert "sleep" not in c.run("ps")


def test_a_fault_leaves_the_shell_alive(vm, programs, tmp_path):
    source = "int main(void) { *(volatile int *)16 = 1; return 0; }"
    subprocess.run(["musl-gcc", "-static", "-o", tmp_path / "bad", "-x", "c", "-"], input=source, text=True, check=True)
    done = vm("/bad; echo status $?", add=[f"{tmp_path}/bad:/bad"])
    assert done.out.splitlines()[-1] == "status 139", done
    assert re.search(r"bad\[\d+\]: segfault at (0x)?0*10 ip", done.err), done


def test_an_unknown_system_call_is_named_once(vm, tmp_path):
    source = "#include <errno.h>\n#include <unistd.h>\n" \
             "int main(void) { for (int i = 0; i < 3; i++) if (syscall(999) != -1 || errno != ENOSYS) return 1; return 0; }"
    subprocess.run(["musl-gcc", "-static", "-o", tmp_path / "calls", "-x", "c", "-"], input=source, text=True, check=True)
    done = vm("/calls && /calls", add=[f"{tmp_path}/calls:/calls"])
    assert done.status == 0, done
    assert len(re.findall(r"\bcall.* 999\b", done.err)) == 1, done
