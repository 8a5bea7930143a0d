// SPDX-License-Identifier: GPL-2.0-only
/*
 * Static keys, as far as it is not the processor's part (arch/x86_64/jump_label.h): which places go with a key, and when they
 * may be rewritten.
 *
 * A place is one instruction before and after, of the same length, so a CPU that was stopped is either before or behind it, never
 * in the midst. Two parties could still see one that is half written: NMIs, so none of them may run through a place; and GDB's stub,
 * which stops the machine by NMI and has put its breakpoints into the same bytes. gdb_change_text() keeps it out.
 */
#include "kernel/sync/static_key.h"
#include "kernel/debug/gdb/gdb.h"
#include "kernel/sync/stop_machine.h"
#include "kernel/sync/sync.h"

struct change {
	struct static_key *keys;
	unsigned int n;
	u64 on;
};

static DEFINE_MUTEX(static_key_mutex);		/* static_key.enabled, and the places' bytes with it; outside stop_mutex */

/* All other CPUs stand still. */
static void rewrite_places(void *arg)
{
	const struct change *c = arg;
	const struct jump_entry *e;

	for_each_table_entry(e, jump_entry) {
		unsigned long i = e->key - c->keys;	/* huge when it is below */

		if (i < c->n && e->key->enabled != (c->on >> i & 1))
			arch_jump_entry_set(e, c->on >> i & 1);
	}
}

static void switch_places(void *arg)
{
	gdb_change_text(rewrite_places, arg);
}

void static_keys_set(struct static_key *keys, unsigned int n, u64 on)
{
	struct change c = {keys, n, on};
	bool changes = false;

	mutex_lock(&static_key_mutex);
	for (unsigned int i = 0; i < n; i++)
		changes |= keys[i].enabled != (on >> i & 1);
	if (changes)
		stop_machine(switch_places, &c);
	for (unsigned int i = 0; i < n; i++)
		keys[i].enabled = on >> i & 1;
	mutex_unlock(&static_key_mutex);
}

void static_key_enable(struct static_key *key)
{
	static_keys_set(key, 1, 1);
}

void static_key_disable(struct static_key *key)
{
	static_keys_set(key, 1, 0);
}
