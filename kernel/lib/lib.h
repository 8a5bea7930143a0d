/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data structures, strings, numbers: the public header of kernel/lib/. Depends on nothing above it
 * but the two upcalls that radix_tree.h names (memory for its nodes) and ksym_lookup() for %pS.
 *
 *   types.h err.h          basic types, errno values and error pointers
 *   math.h                 powers of two, bit searches in one word
 *   list.h rbtree.h radix_tree.h hash.h   containers of pointers
 *   bitmap.h               sets of small numbers, and their text forms (0-2,5)
 *   string.h ctype.h       memory, strings, text to number
 *   printf.h               formatting
 *   sort.h                 arrays
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/lib/err.h"
#include "kernel/lib/math.h"
#include "kernel/lib/ctype.h"
#include "kernel/lib/string.h"
#include "kernel/lib/printf.h"
#include "kernel/lib/list.h"
#include "kernel/lib/rbtree.h"
#include "kernel/lib/bitmap.h"
#include "kernel/lib/hash.h"
#include "kernel/lib/radix_tree.h"
#include "kernel/lib/sort.h"
