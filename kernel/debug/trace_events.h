/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every trace event, one line: name, then type and name of each field. Included several times with
 * different meanings of TRACEn: numbers and prototypes (trace.h), records, writers and descriptions
 * (trace.c). The types are those of trace.h. Each record also has the time, the CPU, and number and
 * name of the task that ran there; what follows names the fields beyond that.
 *
 * A record with a text_t goes to the rings for long records, where the many short ones cannot
 * overwrite it.
 */

/* This CPU goes on with the task next_pid. */
TRACE3(sched_switch, state_t, prev_state, pid_t, next_pid, comm_t, next_comm)
/* A task that slept, is new, or may not stay where it was, is about to be queued on a CPU. */
TRACE2(sched_wakeup, pid_t, pid, u32, cpu)
/*
 * A new task, not running yet; process is its thread group. It is born into its parent's
 * containers.
 */
TRACE2(fork, pid_t, child, pid_t, process)
/* The task runs another program now. */
TRACE2(exec, uid_t, uid, text_t, file)
/* The task is done, and has left its containers; code as wait(2) has it. */
TRACE1(exit, hex_t, code)
/* A task has been moved; took: ns from the decision until all subsystems had been told. */
TRACE4(container_attach, pid_t, pid, u64, took, text_t, from, text_t, to)
TRACE1(container_mkdir, text_t, container)
TRACE1(container_rmdir, text_t, container)
/* ip: where the program is; flags: 1 a write, 2 from user mode, 4 an instruction fetch. */
TRACE3(page_fault, hex_t, addr, hex_t, ip, hex_t, flags)
/* A process is killed because memory has run out. */
TRACE4(oom, pid_t, pid, comm_t, victim, u64, kb, text_t, why)
/* A container has become empty: its release agent is started. */
TRACE2(release_agent, text_t, agent, text_t, container)
/* What somebody wrote into /proc/trace. */
TRACE1(mark, text_t, text)
