# SPDX-License-Identifier: GPL-2.0-only
"""strace: what it prints in a guest, where Linux's strace prints the same; and that the two agree on this machine, if Debian's is
installed and processes may be traced here.
"""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("PADDOCK_KERNEL", ROOT / "build/paddock.elf")).resolve().parent
BIN = BUILD / "user/bin"
STRACE = BIN / "strace"


def lines_match(text, patterns):
    """Each pattern is found in one line of text, in this order."""
    rest = iter(text.splitlines())
    for pattern in patterns:
        assert any(re.search(pattern, line) for line in rest), f"no line, or not in this place: {pattern}\n{text}"


def strace(vm, command, status=0):
    """What strace writes to a file about a command in a guest."""
    done = vm(f"strace -o /tmp/log {command} >/tmp/out 2>&1; s=$?; cat /tmp/log; exit $s")
    assert done.status == status, done
    return done.out


def test_calls(vm):
    text = strace(vm, "sh -c 'umask 027; mkdir /tmp/d; cat /tmp/nope; kill -WINCH $$; exit 3'", 3)
    lines_match(text, [
        r'^execve\("/bin/sh", \["sh", "-c", "umask 027; mkdir /tmp/d; cat /tm"\.\.\.\], 0x[0-9a-f]+ /\* \d+ vars \*/\) = 0$',
        r"^arch_prctl\(ARCH_SET_FS, 0x[0-9a-f]+\) +?= 0$",
        r"^mmap\(NULL, \d+, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\) = 0x7f",
        r"^umask\(027\) {30}= 022$",
        r"^rt_sigprocmask\(SIG_BLOCK, ~\[RTMIN RT_1 RT_2\], \[\], 8\) = 0$",
        r"^fork\(\) {34}= \d+$",
        r"^wait4\(-1, \[\{WIFEXITED\(s\) && WEXITSTATUS\(s\) == 1\}\], 0, NULL\) = \d+$",
        r"^kill\(\d+, SIGWINCH\) +?= 0$",
        r"^--- SIGWINCH \{si_signo=SIGWINCH, si_code=SI_USER, si_pid=\d+, si_uid=0\} ---$",
        r"^exit_group\(3\) {27}= \?$",
        r"^\+\+\+ exited with 3 \+\+\+$",
    ])
    lines_match(text, [
        r"^--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=\d+, si_uid=0, si_status=1, si_utime=\d+, si_stime=\d+\} ---$"])


def test_files_and_errors(vm):
    text = strace(vm, "-e trace=%file,%desc cat /tmp/nope /etc/passwd", 1)
    lines_match(text, [
        r'^open\("/tmp/nope", O_RDONLY\|O_LARGEFILE\|O_CLOEXEC\) = -1 ENOENT \(No such file or directory\)$',
        r'^write\(2, "cat: /tmp/nope: No such file or "\.\.\., \d+\) = \d+$',
        r'^open\("/etc/passwd", O_RDONLY\|O_LARGEFILE\|O_CLOEXEC\) = 3$',
        r'^read\(3, "root:x:0:0:root:/root:/bin/sh\\n', r'^read\(3, "", \d+\) +?= 0$', r"^close\(3\) +?= 0$",
    ])
    assert "mmap" not in text and "exit_group" not in text
    text = strace(vm, r"""-s 4 -e '!mmap,read' sh -c 'printf "\001\t%slong" \"'""")
    lines_match(text, [r'^write\(1, "\\1\\t\\"l"\.\.\., 7\) += 7$'])
    assert "read(" not in text and "mmap(" not in text


def test_structures(vm):
    lines_match(strace(vm, "ls -l /etc/passwd /dev/null"), [
        r'^lstat\("/dev/null", \{st_mode=S_IFCHR\|0666, st_rdev=makedev\(0x1, 0x3\), \.\.\.\}\) = 0$',
        r'^lstat\("/etc/passwd", \{st_mode=S_IFREG\|0644, st_size=\d+, \.\.\.\}\) = 0$',
        r'^writev\(1, \[\{iov_base="',
    ])
    lines_match(strace(vm, "sleep 0.01"), [r"^nanosleep\(\{tv_sec=0, tv_nsec=10000000\}, (NULL|0x[0-9a-f]+)\) = 0$"])
    lines_match(strace(vm, "mknod /tmp/p p"), [r'^mknod\("/tmp/p", S_IFIFO\|0666\) +?= 0$'])
    lines_match(strace(vm, "uname"), [r'^uname\(\{sysname="', ])


def test_follow(vm):
    text = strace(vm, "-f sh -c 'true | cat; exit 0'")
    parent, *children = sorted(set(re.findall(r"^(\d+) ", text, re.M)), key=int)
    assert len(children) >= 1
    lines_match(text, [rf"^{parent} +fork\(", rf"^{children[-1]} +.*exited with 0"])
    assert text.count("+++ exited with 0 +++") == 1 + len(children)
    assert 'execve("/bin/cat", ["cat"]' in text


def test_interrupted(vm):
    done = vm("sleep 100 & p=$!; strace -q -o /tmp/log -p $p & "
              "until grep -q 'TracerPid:.[1-9]' /proc/$p/status; do sleep 0.05; done; sleep 0.2; kill $p; wait; cat /tmp/log")
    lines_match(done.out, [r"^(restart_syscall|nanosleep)\(.*= \? ERESTART_RESTARTBLOCK \(Interrupted by signal\)$", r"^--- SIGTERM ",
                           r"^\+\+\+ killed by SIGTERM \+\+\+$"])


def test_attach_to_a_stopped_one(vm):
    done = vm("sh -c 'kill -STOP $$; echo went on' & p=$!; until grep -q stopped /proc/$p/status; do sleep 0.05; done; "
              "strace -q -o /tmp/log -p $p & until grep -q 'TracerPid:.[1-9]' /proc/$p/status; do sleep 0.05; done; "
              "sleep 0.5; echo still; kill -CONT $p; wait; cat /tmp/log")
    assert done.out.startswith("still\nwent on\n"), done
    lines_match(done.out, [r"^--- SIGCONT \{si_signo=SIGCONT, ", r'^write\(1, "went on\\n", 8\) += 8$', r"exited with 0"])


def test_attach_and_let_go(vm):
    done = vm("sh -c 'while :; do sleep 0.05; done' & p=$!; strace -e kill -p $p 2>/tmp/log & t=$!; "
              "until grep -q 'TracerPid:.[1-9]' /proc/$p/status; do sleep 0.05; done; kill -INT $t; wait $t; echo $?; "
              "grep TracerPid /proc/$p/status; kill -0 $p && echo lives; kill -9 $p; grep tached /tmp/log")
    lines_match(done.out, ["^130$", r"^TracerPid:\s0$", "^lives$", r"^strace: Process \d+ attached$", r"^strace: Process \d+ detached$"])


def test_status_and_counts(vm):
    assert vm("strace -o /tmp/log sh -c 'kill -9 $$'").status == 137
    done = vm("strace -c -o /tmp/log cat /tmp/nope 2>/dev/null; cat /tmp/log")
    lines_match(done.out, [r"^% time +seconds +usecs/call +calls +errors syscall$", r" 1 +1 open$", r"^100\.00 .* total$"])
    done = vm("exec 2>/dev/null; for w in '-o /nope/x true' nope '-e bad true' '' '-p 99999' '-s x true' '-p 1 true' /etc; do strace $w; echo $?; done")
    assert done.out.split() == ["1"] * 8


def test_cannot_attach(vm):
    """Itself, a kernel thread, nobody, and what is another user's."""
    done = vm("exec 2>&1; sh -c 'exec strace -p $$'; for p in 2 99999; do strace -p $p; done; su nobody -c 'strace -p 1'; strace -p 1 -p 99999 & t=$!; "
              "until grep -q 'TracerPid:.[1-9]' /proc/1/status; do sleep 0.05; done; kill $t; wait $t")
    lines_match(done.out, [r"^strace: cannot trace itself$", r"^strace: attach: ptrace\(PTRACE_SEIZE, 2\): Operation not permitted$",
                           r"^strace: attach: ptrace\(PTRACE_SEIZE, 99999\): No such process$",
                           r"^strace: attach: ptrace\(PTRACE_SEIZE, 1\): Operation not permitted$",
                           r"^strace: Process 1 attached$", r"^strace: attach: ptrace\(PTRACE_SEIZE, 99999\): No such process$"])


# Three threads make a directory each when /tmp/go is there; the last first makes a fourth, which does so, too.
THREADS = r"""
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
static void *work(void *number)
{
	char name[32];
	pthread_t t;

	while ((long)number < 4 && access("/tmp/go", F_OK))
		usleep(20000);
	if ((long)number == 3 && !pthread_create(&t, NULL, work, (void *)4))
		pthread_join(t, NULL);
	snprintf(name, sizeof(name), "/tmp/d%ld", (long)number);
	return (void *)(long)mkdir(name, 0700);
}
int main(void)
{
	pthread_t t[2];

	for (long i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, work, (void *)(i + 2));
	work((void *)1);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	return 0;
}
"""


def test_attach_to_threads(vm, tmp_path):
    subprocess.run(["musl-gcc", "-static", "-pthread", "-O1", "-o", tmp_path / "threads", "-x", "c", "-"], input=THREADS, text=True, check=True)
    done = vm("/threads & p=$!; until set -- /proc/$p/task/*; [ $# = 3 ]; do sleep 0.05; done; strace -f -e mkdir -p $p 2>/tmp/log & t=$!; "
              "until grep -q attached /tmp/log; do sleep 0.05; done; echo >/tmp/go; wait $t; echo $? $p; cat /tmp/log",
              add=[f"{tmp_path}/threads:/threads"])
    status, pid = done.out.split()[:2]
    assert status == "0", done
    lines_match(done.out, [rf"^strace: Process {pid} attached with 3 threads$", r"strace: Process \d+ attached$",
                           r"^\[pid +\d+\] (<... mkdir resumed>|mkdir\(\"/tmp/d4\", 0700)"])
    callers = dict(re.findall(r"^(?:\[pid +(\d+)\] )?mkdir\(\"/tmp/d(\d)\", 0700", done.out, re.M))
    assert sorted(callers.values()) == ["1", "2", "3", "4"], done
    assert done.out.count("+++ exited with 0 +++") == 4, done


def test_timestamps(vm):
    lines_match(strace(vm, "-tT true"), [r"^\d\d:\d\d:\d\d arch_prctl\(.*<\d+\.\d{6}>$"])
    lines_match(strace(vm, "-r true"), [r"^ +0\.\d{6} execve", r"^ +\d+\.\d{6} exit_group"])


# ---- Debian's strace, which is a program of many libraries ----

def test_debians_in_the_guest(vm):
    program = shutil.which("strace")
    if not program or not shutil.which("ldd"):
        pytest.skip("needs Debian's strace")
    libraries = re.findall(r"/\S+", subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout)
    files = [f"{program}:/usr/bin/strace", *(f"{os.path.realpath(name)}:{name}" for name in libraries)]
    done = vm("/usr/bin/strace -f -o /tmp/log sh -c 'true | cat; exit 3'; echo $?; cat /tmp/log; sleep 100 & p=$!; "
              "/usr/bin/strace -q -o /tmp/log -p $p & until grep -q 'TracerPid:.[1-9]' /proc/$p/status; do sleep 0.05; done; "
              "kill -STOP $p; until grep -q 'stopped by' /tmp/log; do sleep 0.05; done; kill -CONT $p; kill $p; wait; cat /tmp/log", add=files)
    lines_match(done.out, [r"^3$", r"execve\(\"/bin/sh\"", r"fork\(", r"exited with 3", r"^--- SIGSTOP ", r"^--- stopped by SIGSTOP ---$",
                           r"^--- SIGTERM ", r"^\+\+\+ killed by SIGTERM \+\+\+$"])


# ---- beside Debian's, on this machine ----

def traced(program, command, folder):
    log = folder / "log"
    done = subprocess.run([program, "-o", log, *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60,
                          check=False)
    text = log.read_text() if log.exists() else ""
    text = re.sub(r"0x[0-9a-f]{5,}", "ADDRESS", text)
    text = re.sub(r"(si_[us]time=|set_tid_address\(ADDRESS\) += )\d+", r"\1N", text)
    text = re.sub(r"\b(si_pid=|fork\(\) +?= |wait4\(.*\) += |getpid\(\) += |gettid\(\) += |kill\()\d+", r"\1PID", text)
    return done.returncode, [re.sub(r"\) += ", ") = ", line) for line in text.splitlines()]


@pytest.mark.parametrize("words", ([], ["-e", "bad", "true"], ["-e", "trace=read,%bad", "true"], ["-o", "/nope/x", "true"], ["nope"], ["-p", "99999999"],
                                   ["-p", "x"], ["-s", "x", "true"], ["/etc"]), ids=" ".join)
def test_errors_beside_debians(words, tmp_path):
    theirs = shutil.which("strace")
    if not theirs or not may_trace(theirs, tmp_path):
        pytest.skip("needs Debian's strace, and that processes may be traced")
    results = []
    for program in (theirs, STRACE):
        done = subprocess.run(["strace", *words], executable=program, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
        results.append((done.returncode, re.sub(r"0x[0-9a-f]{5,}|\nTry .*", "", done.stderr)))
    assert results[1] == results[0]


def may_trace(program, folder):
    return traced(program, ["/bin/true"], folder)[0] == 0


@pytest.mark.parametrize("command", (["cat", "a", "nope"], ["ls", "-l", "a"], ["sh", "-c", "echo x >f; read y <f; exit 4"],
                                     ["mkdir", "-m", "750", "d"], ["touch", "f"], ["sleep", "0.01"], ["env"], ["true"],
                                     ["ln", "-s", "x", "link"], ["readlink", "a"], ["mkfifo", "p"], ["wc", "a"]), ids=" ".join)
def test_beside_debians(command, tmp_path):
    theirs = shutil.which("strace")
    if not theirs or not may_trace(theirs, tmp_path) or not may_trace(STRACE, tmp_path):
        pytest.skip("needs Debian's strace, and that processes may be traced")
    results = []
    for program in (theirs, STRACE):
        folder = tmp_path / f"{len(results)}"
        folder.mkdir()
        (folder / "a").write_text("some text\n")
        os.utime(folder / "a", (1000, 1000))
        results.append(traced(program, [str(BIN / command[0]), *command[1:]], folder))
    assert results[1] == results[0]
