// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the framework tells the trace. Each function is called only while its event is on; a container is named as in
 * /proc/PID/container, "names:path". container_mutex is held.
 */
#include "containers/internal.h"
#include "kernel/debug/trace.h"

/* cont as text; "names:?" if the path is too long for a record. */
static const char *label(const struct container *cont, char text[TRACE_TEXT])
{
	struct seq_file m = {.buf = text, .size = TRACE_TEXT};

	container_show_names(&m, cont->root);
	seq_putc(&m, ':');
	if (m.count + 2 > TRACE_TEXT)
		return "?";
	if (container_path(cont, text + m.count, TRACE_TEXT - m.count))
		strscpy(text + m.count, "?", 2);
	return text;
}

void container_trace_mkdir(const struct container *cont)
{
	char text[TRACE_TEXT];

	trace_container_mkdir(label(cont, text));
}

void container_trace_rmdir(const struct container *cont)
{
	char text[TRACE_TEXT];

	trace_container_rmdir(label(cont, text));
}

void container_trace_attach(const struct container *cont, const struct container *old, struct task_struct *tsk, u64 began)
{
	char from[TRACE_TEXT], to[TRACE_TEXT];

	/* The event was off when the move began: then it took no time. */
	trace_container_attach(tsk->pid, began ? arch_clock_ns() - began : 0, label(old, from), label(cont, to));
}

void container_trace_release(const struct container *cont, const char *agent)
{
	char text[TRACE_TEXT];

	trace_release_agent(agent, label(cont, text));
}
