// SPDX-License-Identifier: GPL-2.0-only
/*
 * Undefined behaviour, reported (builds with UBSAN=1). The compiler puts a check before each operation that the language
 * leaves undefined and calls one of the handlers below where it fails, with a record that says where and of which type. A
 * handler logs `UBSAN: file:line: what`, with the values, and a backtrace; then the kernel goes on. Each place reports once.
 *
 * The records' layout is the compiler's interface (GCC 5 and later, clang): structures here mirror what it emits.
 * Handlers are called from any context. Start reading at begin() and any handler. This file is built without checks.
 */
#ifdef CONFIG_UBSAN
#include "arch/x86_64/arch.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#define REPORTED (1U << 31)	/* set in `column` when the place has had its report */

struct source_location {
	const char *file;
	u32 line;
	u32 column;
};

struct type_descriptor {
	u16 kind;		/* TYPE_INTEGER, or something whose values we do not print */
	u16 info;		/* bit 0: signed; above: log2 of the width in bits */
	char name[];
};
#define TYPE_INTEGER 0

/* The record of most handlers: a place and a type or two. */
struct ubsan_data {
	struct source_location location;
	const struct type_descriptor *type;
	const struct type_descriptor *second;	/* index or shift count, where there is one */
};

struct type_mismatch_data {
	struct source_location location;
	const struct type_descriptor *type;
	u8 log_alignment;
	u8 access;		/* index into access_names */
};

struct nonnull_data {
	struct source_location location;
	struct source_location attribute;
	int argument;
};

static const char *const access_names[] = {
	"load of", "store to", "reference binding to", "member access within", "member call on", "constructor call on",
	"downcast of", "downcast of", "upcast of", "cast to virtual base of", "binding to non-null type", "dynamic operation on",
};

static DEFINE_PER_CPU(int, reporting);	/* this CPU is in a report: one within it is dropped */

/* May this place report, here and now? If so the report has begun, until end(). */
static bool begin(struct source_location *at, unsigned long *flags)
{
	if (__atomic_fetch_or(&at->column, REPORTED, __ATOMIC_RELAXED) & REPORTED)
		return false;
	local_irq_save(*flags);
	if (this_cpu_read(reporting)) {
		local_irq_restore(*flags);
		return false;
	}
	this_cpu_write(reporting, 1);
	(void)report_begin();
	return true;
}

static void end(unsigned long flags)
{
	dump_stack();
	this_cpu_write(reporting, 0);
	report_end(flags);
}

#define report(at, fmt, ...) pr_err("UBSAN: %s:%u: " fmt "\n", (at)->file, (at)->line, ##__VA_ARGS__)

static bool is_signed(const struct type_descriptor *t)
{
	return t->kind == TYPE_INTEGER && (t->info & 1);
}

static unsigned int width(const struct type_descriptor *t)
{
	return 1U << (t->info >> 1);
}

/* A value comes in a register up to 64 bits, else by address. */
static s64 value(const struct type_descriptor *t, unsigned long v)
{
	unsigned int unused = 64 - min(width(t), 64U);

	if (width(t) > 64)
		v = *(unsigned long *)v;
	return is_signed(t) ? (s64)(v << unused) >> unused : (s64)(v << unused >> unused);
}

#define VALUE_MAX 24
static const char *decimal(char text[VALUE_MAX], const struct type_descriptor *t, unsigned long v)
{
	if (t->kind != TYPE_INTEGER)
		snprintf(text, VALUE_MAX, "?");
	else if (is_signed(t))
		snprintf(text, VALUE_MAX, "%ld", (long)value(t, v));
	else
		snprintf(text, VALUE_MAX, "%lu", (unsigned long)value(t, v));
	return text;
}

static void overflow(struct ubsan_data *d, unsigned long a, const char *operation, unsigned long b)
{
	char left[VALUE_MAX], right[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "signed integer overflow: %s %s %s does not fit type %s", decimal(left, d->type, a), operation,
	       decimal(right, d->type, b), d->type->name);
	end(flags);
}

void __ubsan_handle_add_overflow(struct ubsan_data *d, unsigned long a, unsigned long b);
void __ubsan_handle_add_overflow(struct ubsan_data *d, unsigned long a, unsigned long b)
{
	overflow(d, a, "+", b);
}

void __ubsan_handle_sub_overflow(struct ubsan_data *d, unsigned long a, unsigned long b);
void __ubsan_handle_sub_overflow(struct ubsan_data *d, unsigned long a, unsigned long b)
{
	overflow(d, a, "-", b);
}

void __ubsan_handle_mul_overflow(struct ubsan_data *d, unsigned long a, unsigned long b);
void __ubsan_handle_mul_overflow(struct ubsan_data *d, unsigned long a, unsigned long b)
{
	overflow(d, a, "*", b);
}

void __ubsan_handle_negate_overflow(struct ubsan_data *d, unsigned long v);
void __ubsan_handle_negate_overflow(struct ubsan_data *d, unsigned long v)
{
	char text[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "negation of %s does not fit type %s", decimal(text, d->type, v), d->type->name);
	end(flags);
}

void __ubsan_handle_divrem_overflow(struct ubsan_data *d, unsigned long a, unsigned long b);
void __ubsan_handle_divrem_overflow(struct ubsan_data *d, unsigned long a, unsigned long b)
{
	char text[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	if (value(d->type, b) == 0)
		report(&d->location, "division of %s by zero", decimal(text, d->type, a));
	else
		report(&d->location, "division of %s by -1 does not fit type %s", decimal(text, d->type, a), d->type->name);
	end(flags);
}

void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *d, unsigned long v, unsigned long count);
void __ubsan_handle_shift_out_of_bounds(struct ubsan_data *d, unsigned long v, unsigned long count)
{
	char left[VALUE_MAX], right[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	decimal(left, d->type, v);
	decimal(right, d->second, count);
	if (is_signed(d->second) && value(d->second, count) < 0)
		report(&d->location, "shift of %s by %s, a negative count", left, right);
	else if ((u64)value(d->second, count) >= width(d->type))
		report(&d->location, "shift of %s by %s, but type %s has %u bits", left, right, d->type->name, width(d->type));
	else
		report(&d->location, "shift of %s by %s does not fit type %s", left, right, d->type->name);
	end(flags);
}

void __ubsan_handle_out_of_bounds(struct ubsan_data *d, unsigned long index);
void __ubsan_handle_out_of_bounds(struct ubsan_data *d, unsigned long index)
{
	char text[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "index %s is out of range for type %s", decimal(text, d->second, index), d->type->name);
	end(flags);
}

void __ubsan_handle_type_mismatch_v1(struct type_mismatch_data *d, unsigned long ptr);
void __ubsan_handle_type_mismatch_v1(struct type_mismatch_data *d, unsigned long ptr)
{
	unsigned long alignment = 1UL << d->log_alignment;
	const char *access = d->access < ARRAY_SIZE(access_names) ? access_names[d->access] : "access to";
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	if (!ptr)
		report(&d->location, "%s null pointer of type %s", access, d->type->name);
	else if (ptr & (alignment - 1))
		report(&d->location, "%s address %#lx, which type %s wants aligned to %lu", access, ptr, d->type->name, alignment);
	else
		report(&d->location, "%s address %#lx without room for type %s", access, ptr, d->type->name);
	end(flags);
}

void __ubsan_handle_load_invalid_value(struct ubsan_data *d, unsigned long v);
void __ubsan_handle_load_invalid_value(struct ubsan_data *d, unsigned long v)
{
	char text[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "load of value %s, which type %s does not have", decimal(text, d->type, v), d->type->name);
	end(flags);
}

void __ubsan_handle_vla_bound_not_positive(struct ubsan_data *d, unsigned long bound);
void __ubsan_handle_vla_bound_not_positive(struct ubsan_data *d, unsigned long bound)
{
	char text[VALUE_MAX];
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "array of variable length %s", decimal(text, d->type, bound));
	end(flags);
}

void __ubsan_handle_nonnull_arg(struct nonnull_data *d);
void __ubsan_handle_nonnull_arg(struct nonnull_data *d)
{
	unsigned long flags;

	if (!begin(&d->location, &flags))
		return;
	report(&d->location, "null pointer as argument %d, which must not be null", d->argument);
	end(flags);
}

/* Does not return: there is no code behind the call. */
void __ubsan_handle_builtin_unreachable(struct ubsan_data *d) __noreturn;
void __ubsan_handle_builtin_unreachable(struct ubsan_data *d)
{
	report(&d->location, "reached what must not be reachable");
	panic("UBSAN: %s:%u: reached what must not be reachable", d->location.file, d->location.line);
}
#endif
