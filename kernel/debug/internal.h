/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of kernel/debug/. */
#pragma once

#include "kernel/lib/types.h"

/* A panic has begun: locks may be held by CPUs that have stopped. */
bool panic_in_progress(void);
