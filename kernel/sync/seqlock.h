/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sequence counts: readers copy without a lock and do it again if a writer came by. For small data
 * that is read often. Writers of a seqcount_t exclude each other by the owner's lock; a seqlock_t
 * brings its own.
 */
#pragma once

#include "kernel/lib/types.h"
#include "kernel/sync/spinlock.h"

typedef struct {
	unsigned int sequence;	/* odd: a writer is at work */
} seqcount_t;
typedef struct {
	seqcount_t seqcount;
	spinlock_t lock;
} seqlock_t;

#define SEQCNT_ZERO {0}
#define DEFINE_SEQLOCK(name) seqlock_t name = {SEQCNT_ZERO, __SPIN_LOCK_UNLOCKED(name)}
#define seqcount_init(s) ((s)->sequence = 0)
#define seqlock_init(s)                                                                            \
	do {                                                                                       \
		seqcount_init(&(s)->seqcount);                                                     \
		spin_lock_init(&(s)->lock);                                                        \
	} while (0)

static inline unsigned int read_seqcount_begin(const seqcount_t *s)
{
	unsigned int seq;

	while ((seq = __atomic_load_n(&s->sequence, __ATOMIC_ACQUIRE)) & 1)
		cpu_relax();
	return seq;
}
static inline bool read_seqcount_retry(const seqcount_t *s, unsigned int start)
{
	smp_rmb();
	return unlikely(__atomic_load_n(&s->sequence, __ATOMIC_RELAXED) != start);
}
static inline void write_seqcount_begin(seqcount_t *s)
{
	WRITE_ONCE(s->sequence, s->sequence + 1);
	smp_wmb();
}
static inline void write_seqcount_end(seqcount_t *s)
{
	smp_wmb();
	WRITE_ONCE(s->sequence, s->sequence + 1);
}
#define read_seqbegin(sl)	 read_seqcount_begin(&(sl)->seqcount)
#define read_seqretry(sl, start) read_seqcount_retry(&(sl)->seqcount, start)
static inline void write_seqlock(seqlock_t *sl)
{
	spin_lock(&sl->lock);
	write_seqcount_begin(&sl->seqcount);
}
static inline void write_sequnlock(seqlock_t *sl)
{
	write_seqcount_end(&sl->seqcount);
	spin_unlock(&sl->lock);
}
#define write_seqlock_irqsave(sl, flags)                                                           \
	do {                                                                                       \
		local_irq_save(flags);                                                             \
		write_seqlock(sl);                                                                 \
	} while (0)
#define write_sequnlock_irqrestore(sl, flags)                                                      \
	do {                                                                                       \
		write_sequnlock(sl);                                                               \
		local_irq_restore(flags);                                                          \
	} while (0)
