/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The strongest lock there is: every other CPU stands still. For what is rare and has no other way, such as a change of the
 * kernel's own text.
 */
#pragma once

#include "arch/x86_64/arch.h"

/*
 * Call fn(arg) once, on this CPU, with interrupts off, while all others wait in an interrupt with theirs off. None of them is
 * inside a part that runs with interrupts off, and before they go on they fetch their instructions anew (sync_core()). They
 * may hold any lock that is taken with interrupts on, and serve NMIs. fn must not wait for anything and should be short.
 *
 * May sleep; interrupts on. One caller at a time, the others sleep. While there is only the boot CPU it is a call of fn.
 */
void stop_machine(void (*fn)(void *arg), void *arg);

/* For fn: the frame in which another CPU stands. What the interrupt has found in its registers is above, on the same stack. */
DECLARE_PER_CPU(unsigned long, stopped_frame);
