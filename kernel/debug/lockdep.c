// SPDX-License-Identifier: GPL-2.0-only
/*
 * The lock checker (builds with LOCKDEP=1): finds deadlocks before they happen. Locks that were initialised at one place
 * are one class. Whenever class B is taken while A is held, the order "A before B" is learnt; a new order that closes a circle
 * with those learnt before is reported with both chains, even if nothing hung this time. Further reported: the same lock
 * taken twice; a spin lock that an interrupt handler takes and that others hold with interrupts on; sleeping with
 * a spin lock held; release by somebody who does not hold the lock.
 *
 * Each fault is reported once. Two locks of one class held together (parent and child directory) are not compared.
 * Nothing is allocated: when a table is full the checker says so and learns no more. Start reading at lockdep_acquire().
 */
#ifdef CONFIG_LOCKDEP
#include "kernel/debug/debug.h"
#include "kernel/debug/internal.h"
#include "kernel/sched/sched.h"

#define MAX_CLASSES 512		/* class 0 is "none" */
#define MAX_EDGES   8192
#define MAX_SITES   64
#define MAX_CHAIN   16		/* orders of a chain that are shown */

/* How a class is used: taken by interrupt handlers, or held with interrupts on; by readers, or alone. */
enum { IRQ_WRITE, IRQ_READ, ON_WRITE, ON_READ, NR_USES };

struct lock_class {
	const char *name;
	unsigned long use[NR_USES];	/* where first used so; 0: never */
	u16 first_edge;			/* orders that begin here, by edge.next; 0 ends */
	bool irq_reported;
};

/* "from before to", with the places where both were taken. */
struct edge {
	u16 from, to, next;
	unsigned long from_ip, to_ip;
};

/* All under graph_lock, but `known` and `use` are first looked at without it: they only grow. */
static struct lock_class classes[MAX_CLASSES];
static unsigned int nr_classes = 1;
static struct edge edges[MAX_EDGES];
static unsigned int nr_edges = 1;
static unsigned long known[MAX_CLASSES][BITS_TO_LONGS(MAX_CLASSES)];	/* orders that need no look any more */
static unsigned long sites[MAX_SITES];		/* places that had their report; more than these are not reported */
static int graph_lock;				/* a plain word: spin locks are what is checked */

static DEFINE_PER_CPU(struct held_locks, held_spins);
static DEFINE_PER_CPU(int, checking);	/* this CPU is in here: locks taken meanwhile are not looked at */
static bool off;			/* a panic, or a table was full */

static bool enter(void)
{
	if (this_cpu_read(checking) || READ_ONCE(off) || panic_in_progress() || !current)
		return false;
	this_cpu_write(checking, 1);
	return true;
}

static void leave(void)
{
	this_cpu_write(checking, 0);
}

static void lock_graph(void)
{
	while (xchg(&graph_lock, 1))
		cpu_relax();
}

static void unlock_graph(void)
{
	smp_store_release(&graph_lock, 0);
}

static void give_up(const char *what)
{
	WRITE_ONCE(off, true);
	pr_warn("LOCKDEP: no room for more %s; locks are not checked from here on\n", what);
}

/* ---- reports ---- */

/*
 * The list may be another's, and change: a lock that was just released may be gone with the stack that it was on, and the
 * newest may not be in its place yet.
 */
static unsigned int print_list(int (*print)(const char *fmt, ...), const char *whose, int id, const struct held_locks *held)
{
	unsigned int count = min(READ_ONCE(held->count), (unsigned int)MAX_HELD);

	for (unsigned int i = 0; i < count; i++) {
		const struct held_lock *h = &held->lock[i];
		const struct lockdep_map *map = READ_ONCE(h->map);

		if (!kernel_address_mapped((unsigned long)map))
			continue;
		print(KERN_ERR "  %s %d holds %s (%p), taken at %pS%s\n", whose, id, map->name ?: "a lock without name",
		      (void *)map, (void *)h->ip, h->irq ? ", in an interrupt" : "");
	}
	return count;
}

static void show_list(const char *whose, int id, const struct held_locks *held)
{
	print_list(printk, whose, id, held);
}

unsigned int lockdep_print_task(struct task_struct *p, int (*print)(const char *fmt, ...))
{
	return print_list(print, "task", p->pid, &p->held);
}

unsigned int lockdep_print_cpus(int (*print)(const char *fmt, ...))
{
	unsigned int cpu, n = 0;

	for (cpu = 0; cpu < nr_cpus; cpu++)
		n += print_list(print, "CPU", cpu, per_cpu_ptr(held_spins, cpu));
	return n;
}

void lockdep_show_held(void)
{
	lockdep_show_task(current);
	lockdep_show_cpus();
}

void lockdep_show_task(const struct task_struct *task)
{
	show_list("task", task->pid, &task->held);
}

void lockdep_show_cpus(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpus; cpu++)
		show_list("CPU", cpu, per_cpu_ptr(held_spins, cpu));
}

/*
 * A report. Any lock may be held but graph_lock: another CPU's report, which this one waits for, takes locks, and looks at
 * the graph for it.
 */
static void end_report(unsigned long flags)
{
	pr_err("  CPU %u, task %d (%s)\n", raw_cpu_id(), current->pid, current->comm);
	show_list("task", current->pid, &current->held);
	show_list("CPU", raw_cpu_id(), this_cpu_ptr(held_spins));
	dump_stack();
	report_end(flags);
}

#define report(fmt, ...)                                                                           \
	do {                                                                                       \
		unsigned long report_flags = report_begin();                                       \
		pr_err("LOCKDEP: " fmt "\n", ##__VA_ARGS__);                                       \
		end_report(report_flags);                                                          \
	} while (0)

/* Is this the first report of this place? */
static bool first_at(unsigned long ip)
{
	unsigned int i;
	bool first;

	lock_graph();
	for (i = 0; i < MAX_SITES && sites[i] && sites[i] != ip; i++)
		;
	first = i < MAX_SITES && !sites[i];
	if (first)
		sites[i] = ip;
	unlock_graph();
	return first;
}

/* ---- the graph ---- */

/* The class of a lock; 0: it has none. */
static unsigned int class_of(struct lockdep_map *map)
{
	unsigned int i;

	if (map->class || !map->name)
		return map->class;
	lock_graph();
	for (i = 1; i < nr_classes && classes[i].name != map->name; i++)
		;
	if (i == MAX_CLASSES)
		i = 0;
	map->class = i;
	if (i == nr_classes) {
		classes[i].name = map->name;
		nr_classes++;
	}
	unlock_graph();
	if (!i)
		give_up("classes");
	return i;
}

/*
 * Search orders from class `from` to class `to`, breadth first; via[c] is the edge by which c was reached. True: there is a
 * chain. graph_lock.
 */
static u16 via[MAX_CLASSES];
static bool find_chain(unsigned int from, unsigned int to)
{
	static u16 queue[MAX_CLASSES];
	unsigned int head = 0, tail = 0;

	memset(via, 0, sizeof(via));
	queue[tail++] = from;
	while (head < tail) {
		for (unsigned int e = classes[queue[head++]].first_edge; e; e = edges[e].next) {
			unsigned int c = edges[e].to;

			if (via[c] || c == from)
				continue;
			via[c] = e;
			if (c == to)
				return true;
			queue[tail++] = c;
		}
	}
	return false;
}

/* A chain that find_chain() found: edges from `a` on, `n` in all. */
struct chain {
	u16 edge[MAX_CHAIN];
	unsigned int n;
};

static void copy_chain(struct chain *chain, unsigned int a, unsigned int b)
{
	chain->n = 0;
	for (unsigned int c = a; c != b; c = edges[via[c]].from) {
		if (chain->n < MAX_CHAIN)
			chain->edge[chain->n] = via[c];
		chain->n++;
	}
}

/* The edges of a chain and the names of classes stay as they are. */
static void report_cycle(const struct chain *chain, unsigned int a, unsigned long a_ip, unsigned int b, unsigned long b_ip)
{
	unsigned long flags = report_begin();

	pr_err("LOCKDEP: circular order of locks: %s is taken while %s is held\n", classes[b].name, classes[a].name);
	pr_err("  now:     %s at %pS, then %s at %pS\n", classes[a].name, (void *)a_ip, classes[b].name, (void *)b_ip);
	for (unsigned int i = 0; i < min(chain->n, (unsigned int)MAX_CHAIN); i++) {
		const struct edge *e = &edges[chain->edge[i]];

		pr_err("  earlier: %s at %pS, then %s at %pS\n", classes[e->from].name, (void *)e->from_ip, classes[e->to].name,
		       (void *)e->to_ip);
	}
	if (chain->n > MAX_CHAIN)
		pr_err("  and %u orders more\n", chain->n - MAX_CHAIN);
	end_report(flags);
}

/* Learn "a before b", unless it contradicts what is known. */
static void learn(unsigned int a, unsigned long a_ip, unsigned int b, unsigned long b_ip)
{
	struct chain chain = {.n = 0};
	bool full = false;

	if (test_bit(b, known[a]))
		return;
	lock_graph();
	if (test_bit(b, known[a]))
		goto out;
	set_bit(b, known[a]);
	if (find_chain(b, a)) {
		copy_chain(&chain, a, b);
	} else if (nr_edges == MAX_EDGES) {
		full = true;
	} else {
		edges[nr_edges] = (struct edge){a, b, classes[a].first_edge, a_ip, b_ip};
		classes[a].first_edge = nr_edges++;
	}
out:
	unlock_graph();
	if (chain.n)
		report_cycle(&chain, a, a_ip, b, b_ip);
	if (full)
		give_up("orders");
}

static void check_order(const struct held_locks *held, const struct held_lock *new)
{
	for (unsigned int i = 0; i < held->count; i++) {
		const struct held_lock *h = &held->lock[i];

		if (h->irq != new->irq)		/* what was interrupted is no order of ours */
			continue;
		if (h->map == new->map && !((h->kind & LOCK_NESTS) && (new->kind & LOCK_NESTS))) {
			if (first_at(new->ip))
				report("%s is taken twice: at %pS, then at %pS", new->map->name ?: "a lock", (void *)h->ip,
				       (void *)new->ip);
		} else if (h->class && new->class && h->class != new->class) {
			learn(h->class, h->ip, new->class, new->ip);
		}
	}
}

/* Interrupt handlers spin for ever on a lock whose holder they interrupted. */
static void check_irq(const struct held_lock *new, bool irqs_on)
{
	struct lock_class *c = &classes[new->class];
	unsigned int use = new->irq ? IRQ_WRITE : ON_WRITE;
	unsigned long irq_ip, on_ip;
	bool wrong;

	if (!new->class || (!new->irq && !irqs_on) || (new->irq && (new->kind & LOCK_TRY)))
		return;
	if (new->kind & LOCK_READ)
		use++;
	if (likely(c->use[use]))
		return;
	lock_graph();
	c->use[use] = new->ip;
	irq_ip = c->use[IRQ_WRITE] ?: c->use[IRQ_READ];
	on_ip = c->use[IRQ_WRITE] && c->use[ON_READ] ? c->use[ON_READ] : c->use[ON_WRITE];
	wrong = irq_ip && on_ip && !c->irq_reported;
	c->irq_reported |= wrong;
	unlock_graph();
	if (wrong)
		report("%s is taken in an interrupt at %pS, and with interrupts on at %pS", c->name, (void *)irq_ip,
		       (void *)on_ip);
}

/* Once for each place that takes the lock: there are many of those, but one schedule(). */
static void check_sleep(unsigned long ip)
{
	const struct held_locks *spins = this_cpu_ptr(held_spins);

	if (likely(!spins->count) || !first_at(spins->lock[spins->count - 1].ip))
		return;
	report("sleeping with a spin lock held, at %pS", (void *)ip);
}

/* ---- what locks call ---- */

void lockdep_acquire(struct lockdep_map *map, unsigned int kind)
{
	struct held_lock new = {.map = map, .ip = (unsigned long)__builtin_return_address(0), .kind = kind};
	struct held_locks *held;
	bool irqs_on = !irqs_disabled();
	unsigned long flags;

	local_irq_save(flags);
	if (!enter())
		goto out;
	new.class = class_of(map);
	new.irq = in_interrupt();
	held = kind & LOCK_SLEEPS ? &current->held : this_cpu_ptr(held_spins);
	if (!(kind & LOCK_TRY)) {
		if (kind & LOCK_SLEEPS)
			check_sleep(new.ip);
		if (!new.irq)
			check_order(&current->held, &new);
		if (!(kind & LOCK_SLEEPS))
			check_order(this_cpu_ptr(held_spins), &new);
	}
	if (!(kind & LOCK_SLEEPS))
		check_irq(&new, irqs_on);
	if (held->count < MAX_HELD)
		held->lock[held->count++] = new;
	else
		give_up("locks held at once");
	leave();
out:
	local_irq_restore(flags);
}

void lockdep_release(struct lockdep_map *map, unsigned int kind)
{
	unsigned long flags, ip = (unsigned long)__builtin_return_address(0);
	struct held_locks *held;
	unsigned int i;

	local_irq_save(flags);
	if (!enter())
		goto out;
	held = kind & LOCK_SLEEPS ? &current->held : this_cpu_ptr(held_spins);
	for (i = held->count; i && held->lock[i - 1].map != map; i--)
		;
	if (i) {
		held->count--;
		memmove(&held->lock[i - 1], &held->lock[i], (held->count - (i - 1)) * sizeof(held->lock[0]));
	} else if (first_at(ip)) {
		report("%s is released at %pS by one who does not hold it", map->name ?: "a lock", (void *)ip);
	}
	leave();
out:
	local_irq_restore(flags);
}

static void might_sleep_at(unsigned long ip)
{
	unsigned long flags;

	local_irq_save(flags);
	if (enter()) {
		check_sleep(ip);
		leave();
	}
	local_irq_restore(flags);
}

void lockdep_might_sleep(void)
{
	might_sleep_at((unsigned long)__builtin_return_address(0));
}

void lockdep_might_freeze(void)
{
	unsigned long flags, ip = (unsigned long)__builtin_return_address(0);

	local_irq_save(flags);
	if (enter()) {
		check_sleep(ip);
		if (current->held.count && first_at(ip))
			report("freezing with a lock held, at %pS", (void *)ip);
		leave();
	}
	local_irq_restore(flags);
}

void lockdep_might_fault(void)
{
	if (!this_cpu_read(pagefault_disabled))
		might_sleep_at((unsigned long)__builtin_return_address(0));
}

bool lockdep_is_held(const struct lockdep_map *map)
{
	const struct held_locks *spins, *sleeping;
	unsigned long flags;
	bool found;

	local_irq_save(flags);
	spins = this_cpu_ptr(held_spins);
	sleeping = &current->held;
	found = READ_ONCE(off) || this_cpu_read(checking);
	for (unsigned int i = 0; !found && i < spins->count; i++)
		found = spins->lock[i].map == map;
	for (unsigned int i = 0; !found && i < sleeping->count; i++)
		found = sleeping->lock[i].map == map;
	local_irq_restore(flags);
	return found;
}

void lockdep_init_held(struct held_locks *held)
{
	held->count = 0;
}
#endif
