/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How deep kernel stacks get (stack_use.c): who gives them out and takes them back tells here.
 * Unless stack_use is on the command line that is one test.
 */
#pragma once

#include "kernel/lib/types.h"

struct task_struct;

extern bool stack_use_on; /* immutable after stack_use_init() */

void stack_use_init(void); /* boot, before the first stack */
void stack_use_fill(void *stack);
void stack_use_report(struct task_struct *task);
void stack_use_look_slow(struct task_struct *task);
/* Log the deepest so far. May sleep. */
void stack_use_show(void);

/* A stack is given out. */
static inline void stack_use_begin(void *stack)
{
	if (unlikely(stack_use_on))
		stack_use_fill(stack);
}
/* A task is about to lose its stack. */
static inline void stack_use_end(struct task_struct *task)
{
	if (unlikely(stack_use_on))
		stack_use_report(task);
}
/* How deep was it so far? Any context but NMI; not with a run queue's lock held. */
static inline void stack_use_look(struct task_struct *task)
{
	if (unlikely(stack_use_on))
		stack_use_look_slow(task);
}
