/* SPDX-License-Identifier: GPL-2.0-only */
/* Heap sort: in place, no recursion, O(n log n) always, not stable (sort.c). Any context. */
#pragma once

#include "kernel/lib/types.h"

void sort(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b));
