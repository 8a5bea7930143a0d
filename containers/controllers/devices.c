// SPDX-License-Identifier: GPL-2.0-only
/*
 * devices: which device nodes the tasks of a container may open and make.
 *
 *   devices.deny, devices.allow	"TYPE MAJOR:MINOR ACCESS": c or b, numbers or *, of r (read), w (write), m (mknod); or "a" for all
 *   devices.list			what is allowed; "a *:* rwm" where everything is but for exceptions, which are not shown
 *
 * A container's *rules* are a default, allow or deny, and exceptions from it. "a" sets the default and forgets exceptions; any other line
 * changes one. With the default deny a use must be covered by one exception, with allow no exception may touch it.
 *
 * The one promise to keep: what a container may do, those above it may do. So a child begins with its parent's rules; `allow` is refused
 * (EPERM) where it would exceed the parent's; `deny` goes down the tree, and takes from those below what they could not be given now; and the
 * default of a container with children stays (EINVAL).
 *
 * Rules never change once they can be seen: a write makes new ones for the container and all below it, and when there was
 * memory for all puts them into place. So a check needs no lock, and a write happens whole or not at all.
 */
#include "containers/container.h"
#include "kernel/lib/ctype.h"
#include "fs/fs.h"

#define ANY ~0U

struct exception {
	char type;			/* 'c', 'b' */
	u8 access;			/* MAY_READ, MAY_WRITE, MAY_MKNOD */
	u32 major, minor;		/* or ANY */
};

struct rules {
	refcount_t ref;
	bool allow;			/* the default */
	unsigned int n;
	struct rcu_head rcu;
	struct exception ex[];
};

struct devices {
	struct container_subsys_state css;
	struct rules *rules;		/* container_mutex to write, RCU to read */
	struct rules *next;		/* a write prepares them; container_mutex */
};

static struct devices *cont_devices(struct container *cont)
{
	return container_of(container_subsys_state(cont, devices_subsys_id), struct devices, css);
}

/* ---- rules ---- */

/* A copy of `old` (NULL: nothing) with room for one more exception. */
static struct rules *new_rules(const struct rules *old, bool allow)
{
	unsigned int n = old ? old->n : 0;
	struct rules *r = kmalloc(sizeof(*r) + (n + 1) * sizeof(r->ex[0]), GFP_KERNEL);

	if (!r)
		return NULL;
	refcount_set(&r->ref, 1);
	r->allow = allow;
	r->n = n;
	if (n)
		memcpy(r->ex, old->ex, n * sizeof(r->ex[0]));
	return r;
}

static void put_rules(struct rules *r)
{
	if (r && refcount_dec_and_test(&r->ref))
		kfree_rcu(r, rcu);
}

static struct exception *find_same(struct rules *r, const struct exception *ex)
{
	for (struct exception *e = r->ex; e < r->ex + r->n; e++)
		if (e->type == ex->type && e->major == ex->major && e->minor == ex->minor)
			return e;
	return NULL;
}

static void add_exception(struct rules *r, const struct exception *ex)
{
	struct exception *e = find_same(r, ex);

	if (e)
		e->access |= ex->access;
	else
		r->ex[r->n++] = *ex;
}

/* Only an exception for the very same numbers loses something. */
static void remove_exception(struct rules *r, const struct exception *ex)
{
	struct exception *e = find_same(r, ex);

	if (!e)
		return;
	e->access &= ~ex->access;
	if (!e->access) {
		r->n--;
		memmove(e, e + 1, (r->ex + r->n - e) * sizeof(*e));
	}
}

/* Does one exception cover all of `want`? */
static bool covers(const struct rules *r, const struct exception *want)
{
	for (const struct exception *e = r->ex; e < r->ex + r->n; e++)
		if (e->type == want->type && (e->major == ANY || e->major == want->major) &&
		    (e->minor == ANY || e->minor == want->minor) && !(want->access & ~e->access))
			return true;
	return false;
}

static bool meets(u32 a, u32 b)
{
	return a == ANY || b == ANY || a == b;
}

/* Is there an exception that has anything in common with `want`? */
static bool touches(const struct rules *r, const struct exception *want)
{
	for (const struct exception *e = r->ex; e < r->ex + r->n; e++)
		if (e->type == want->type && meets(e->major, want->major) && meets(e->minor, want->minor) && (want->access & e->access))
			return true;
	return false;
}

static bool permits(const struct rules *r, const struct exception *want)
{
	return r->allow ? !touches(r, want) : covers(r, want);
}

int device_permission(umode_t mode, dev_t dev, int mask)
{
	struct container_subsys_state *css;
	const struct exception want = {
		.type = S_ISCHR(mode) ? 'c' : 'b',
		.access = mask & (MAY_READ | MAY_WRITE | MAY_MKNOD),
		.major = MAJOR(dev),
		.minor = MINOR(dev),
	};
	bool ok;

	rcu_read_lock();
	css = task_subsys_state(current, devices_subsys_id);
	ok = permits(rcu_dereference(container_of(css, struct devices, css)->rules), &want);
	rcu_read_unlock();
	return ok ? 0 : -EPERM;
}

/* ---- a container's life ---- */

static int devices_create(struct container_subsys *ss, struct container *cont)
{
	struct devices *d = kzalloc(sizeof(*d), GFP_KERNEL);

	if (!d)
		return -ENOMEM;
	if (cont->parent) {
		d->rules = cont_devices(cont->parent)->rules;
		refcount_inc(&d->rules->ref);
	} else {
		d->rules = new_rules(NULL, true);
	}
	if (!d->rules) {
		kfree(d);
		return -ENOMEM;
	}
	cont->subsys[ss->subsys_id] = &d->css;
	return 0;
}

static void devices_destroy(struct container_subsys *ss, struct container *cont)
{
	struct devices *d = cont_devices(cont);

	put_rules(d->rules);
	kfree(d);
}

/* ---- writing ---- */

/* A number below 2^32 - 1, or "*". */
static bool parse_number(const char **text, u32 *number)
{
	const char *p = *text;
	u64 n = 0;

	if (*p == '*') {
		*number = ANY;
		*text = p + 1;
		return true;
	}
	if (!isdigit(*p))
		return false;
	for (; isdigit(*p); p++) {
		n = n * 10 + (*p - '0');
		if (n >= ANY)
			return false;
	}
	*number = n;
	*text = p;
	return true;
}

static bool parse_access(const char *text, u8 *access)
{
	for (*access = 0; *text; text++) {
		switch (*text) {
		case 'r':
			*access |= MAY_READ;
			break;
		case 'w':
			*access |= MAY_WRITE;
			break;
		case 'm':
			*access |= MAY_MKNOD;
			break;
		default:
			return false;
		}
	}
	return *access;
}

static bool parse_exception(const char *text, struct exception *ex)
{
	ex->type = *text;
	if ((ex->type != 'c' && ex->type != 'b') || !isspace(text[1]))
		return false;
	text += 2;
	if (!parse_number(&text, &ex->major) || *text++ != ':' || !parse_number(&text, &ex->minor) || !isspace(*text++))
		return false;
	return parse_access(text, &ex->access);
}

/* The container's new default. With allow it is subject to all exceptions of its parent. */
static int prepare_all(struct container *cont, bool allow)
{
	const struct rules *parent = cont->parent ? cont_devices(cont->parent)->rules : NULL;
	struct devices *d = cont_devices(cont);

	if (!list_empty(&cont->children))
		return -EINVAL;
	if (allow && parent && !parent->allow)
		return -EPERM;
	d->next = new_rules(allow ? parent : NULL, allow);
	return d->next ? 0 : -ENOMEM;
}

/* One exception more, or less: what the parent does not permit, the child can neither be given nor freed from. */
static int prepare_allow(struct container *cont, const struct exception *ex)
{
	struct devices *d = cont_devices(cont);

	if (cont->parent && !permits(cont_devices(cont->parent)->rules, ex))
		return -EPERM;
	d->next = new_rules(d->rules, d->rules->allow);
	if (!d->next)
		return -ENOMEM;
	if (d->next->allow)
		remove_exception(d->next, ex);
	else
		add_exception(d->next, ex);
	return 0;
}

/* Take from r the exceptions that go beyond the parent's rules. Only those of a default deny permit anything. */
static void revalidate(struct rules *r, const struct rules *parent)
{
	unsigned int kept = 0;

	if (r->allow)
		return;
	for (unsigned int i = 0; i < r->n; i++)
		if (permits(parent, &r->ex[i]))
			r->ex[kept++] = r->ex[i];
	r->n = kept;
}

/* One exception less, or more, in cont and all below. */
static int prepare_deny(struct container *cont, const struct exception *ex)
{
	struct container *pos;

	container_for_each_below (pos, cont) {
		struct devices *d = cont_devices(pos);

		d->next = new_rules(d->rules, d->rules->allow);
		if (!d->next)
			return -ENOMEM;
		if (d->next->allow)
			add_exception(d->next, ex);
		else
			remove_exception(d->next, ex);
		if (pos != cont)
			revalidate(d->next, cont_devices(pos->parent)->next);
	}
	return 0;
}

/* What has been prepared in cont and below comes into force, or is forgotten. */
static void finish(struct container *cont, bool commit)
{
	struct container *pos;

	container_for_each_below (pos, cont) {
		struct devices *d = cont_devices(pos);
		struct rules *old = d->next;

		if (commit && d->next) {
			old = d->rules;
			rcu_assign_pointer(d->rules, d->next);
		}
		put_rules(old);
		d->next = NULL;
	}
}

/* cft->private: true for devices.allow */
static int devices_write(struct container *cont, const struct cftype *cft, char *text)
{
	bool allow = cft->private, all = !strcmp(text, "a") || !strcmp(text, "a *:* rwm");
	struct exception ex;
	int err;

	if (!capable(CAP_SYS_ADMIN))
		return -EPERM;
	if (!all && !parse_exception(text, &ex))
		return -EINVAL;
	container_lock();
	if (container_is_removed(cont))
		err = -ENODEV;
	else if (all)
		err = prepare_all(cont, allow);
	else
		err = allow ? prepare_allow(cont, &ex) : prepare_deny(cont, &ex);
	finish(cont, !err);
	container_unlock();
	return err;
}

/* ---- reading ---- */

static void show_number(struct seq_file *m, u32 number, const char *after)
{
	if (number == ANY)
		seq_printf(m, "*%s", after);
	else
		seq_printf(m, "%u%s", number, after);
}

static int list_read(struct container *cont, const struct cftype *cft, struct seq_file *m)
{
	const struct rules *r;

	rcu_read_lock();
	r = rcu_dereference(cont_devices(cont)->rules);
	if (r->allow)
		seq_puts(m, "a *:* rwm\n");
	for (unsigned int i = 0; !r->allow && i < r->n; i++) {
		const struct exception *e = &r->ex[i];

		seq_printf(m, "%c ", e->type);
		show_number(m, e->major, ":");
		show_number(m, e->minor, " ");
		seq_printf(m, "%s%s%s\n", e->access & MAY_READ ? "r" : "", e->access & MAY_WRITE ? "w" : "",
			   e->access & MAY_MKNOD ? "m" : "");
	}
	rcu_read_unlock();
	return 0;
}

static const struct cftype devices_files[] = {
	{.name = "devices.allow", .private = true, .write_string = devices_write},
	{.name = "devices.deny", .private = false, .write_string = devices_write},
	{.name = "devices.list", .read_seq = list_read},
};

static int devices_populate(struct container_subsys *ss, struct container *cont)
{
	return container_add_files(cont, devices_files, ARRAY_SIZE(devices_files));
}

struct container_subsys devices_subsys = {
	.name = "devices",
	.subsys_id = devices_subsys_id,
	.create = devices_create,
	.destroy = devices_destroy,
	.populate = devices_populate,
};
