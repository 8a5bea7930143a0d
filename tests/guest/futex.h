/* SPDX-License-Identifier: GPL-2.0-only */
/* The names of futex(2) and set_robust_list(2), which musl's headers do not have. */
#pragma once

#include <stdint.h>

#define FUTEX_WAIT	    0
#define FUTEX_WAKE	    1
#define FUTEX_REQUEUE	    3
#define FUTEX_CMP_REQUEUE   4
#define FUTEX_WAKE_OP	    5
#define FUTEX_WAIT_BITSET   9
#define FUTEX_WAKE_BITSET   10
#define FUTEX_PRIVATE_FLAG  128
#define FUTEX_CLOCK_REALTIME 256
#define FUTEX_BITSET_MATCH_ANY 0xffffffffU

/* FUTEX_WAKE_OP: what it does to the second word, and what that is compared with before */
enum { FUTEX_OP_SET, FUTEX_OP_ADD, FUTEX_OP_OR, FUTEX_OP_ANDN, FUTEX_OP_XOR, FUTEX_OP_OPARG_SHIFT = 8 };
enum { FUTEX_OP_CMP_EQ, FUTEX_OP_CMP_NE, FUTEX_OP_CMP_LT, FUTEX_OP_CMP_LE, FUTEX_OP_CMP_GT, FUTEX_OP_CMP_GE };
#define FUTEX_OP(op, oparg, cmp, cmparg) \
	((uint32_t)(op) << 28 | ((cmp) & 15U) << 24 | ((oparg) & 0xfffU) << 12 | ((cmparg) & 0xfffU))

/* The word of a robust mutex: its owner's thread id, and these. */
#define FUTEX_WAITERS	 0x80000000U
#define FUTEX_OWNER_DIED 0x40000000U

struct robust_list {
	struct robust_list *next;
};
struct robust_list_head {
	struct robust_list list;
	long futex_offset;
	struct robust_list *list_op_pending;
};
