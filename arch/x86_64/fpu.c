// SPDX-License-Identifier: GPL-2.0-only
/*
 * x87, SSE, AVX state of programs. The kernel itself does not compute with these registers (its code is built without; page.asm
 * and usercopy.asm put back the one they borrow), so they hold the running program's values, and a switch saves and loads
 * them only for tasks that have a program. When the task that used them last comes back on the same CPU, nothing is loaded.
 *
 * An area is in XSAVE's standard format, or FXSAVE's 512 bytes on processors without. Source: Intel SDM vol. 1, 13.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/sched/sched.h"

#define FPU_ALIGN	   64
#define XSTATE_HEADER	   512		/* of 64 bytes: xstate_bv, xcomp_bv, reserved */
#define FX_MXCSR	   24
#define FX_MXCSR_MASK	   28
#define FX_SW_BYTES	   464		/* in a signal frame: struct fpx_sw_bytes */
#define FP_XSTATE_MAGIC1   0x46505853
#define FP_XSTATE_MAGIC2   0x46505845
#define MXCSR_DEFAULT	   0x1f80
#define FCW_DEFAULT	   0x37f

/* What follows a saved area in its allocation: where its values are loaded. */
struct fpu_tail {
	unsigned int last_cpu;		/* -1: nowhere */
};

static struct kmem_cache *fpu_cache;
static char fpu_init_state[2816] __aligned(FPU_ALIGN);	/* AVX-512's size; what a fresh program starts with */
static u32 mxcsr_mask = 0xffbf;
static DEFINE_PER_CPU(void *, fpu_owner);	/* the area whose values the registers hold */

static struct fpu_tail *tail(void *area)
{
	return (struct fpu_tail *)((char *)area + ALIGN(cpu_features.xsave_size, 8u));
}

static void save(void *area)
{
	u32 lo = ~0u, hi = ~0u;

	if (!cpu_features.xsave)
		__asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
	else if (cpu_features.xsaveopt)
		__asm__ __volatile__("xsaveopt64 (%0)" ::"r"(area), "a"(lo), "d"(hi) : "memory");
	else
		__asm__ __volatile__("xsave64 (%0)" ::"r"(area), "a"(lo), "d"(hi) : "memory");
}

static void load(const void *area)
{
	u32 lo = ~0u, hi = ~0u;

	if (!cpu_features.xsave)
		__asm__ __volatile__("fxrstor64 (%0)" ::"r"(area) : "memory");
	else
		__asm__ __volatile__("xrstor64 (%0)" ::"r"(area), "a"(lo), "d"(hi) : "memory");
}

void fpu_init_cpu(void)
{
	if (cpu_features.xsave) {
		__asm__ __volatile__("xsetbv" ::"c"(0), "a"((u32)cpu_features.xcr0), "d"(0));
		cpu_features.xsave_size = cpuid(0xd, 0).ebx;	/* for what is now enabled */
	}
	__asm__ __volatile__("fninit");
}

void fpu_init(void)
{
	u16 *fcw = (u16 *)fpu_init_state;
	u32 *mxcsr = (u32 *)(fpu_init_state + FX_MXCSR);
	u32 mask;

	BUG_ON(cpu_features.xsave_size > sizeof(fpu_init_state));
	if (cpu_features.xsave)
		__asm__ __volatile__("xsave64 (%0)" ::"r"(fpu_init_state), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ __volatile__("fxsave64 (%0)" ::"r"(fpu_init_state) : "memory");
	mask = *(u32 *)(fpu_init_state + FX_MXCSR_MASK);
	if (mask)
		mxcsr_mask = mask;
	memset(fpu_init_state + 32, 0, sizeof(fpu_init_state) - 32);	/* registers; xstate_bv 0: all initial */
	*fcw = FCW_DEFAULT;
	*mxcsr = MXCSR_DEFAULT;
	if (cpu_features.xsave)
		*(u64 *)(fpu_init_state + XSTATE_HEADER) = 3;
	fpu_cache = kmem_cache_create("fpu_state", ALIGN(cpu_features.xsave_size, 8u) + sizeof(struct fpu_tail),
				      FPU_ALIGN, NULL);
}

void fpu_switch(struct thread *prev, struct thread *next)
{
	unsigned int cpu = raw_cpu_id();

	if (prev->fpu) {
		save(prev->fpu);
		tail(prev->fpu)->last_cpu = cpu;
		this_cpu_write(fpu_owner, prev->fpu);
	}
	if (next->fpu && (this_cpu_read(fpu_owner) != next->fpu || tail(next->fpu)->last_cpu != cpu)) {
		load(next->fpu);
		this_cpu_write(fpu_owner, next->fpu);
		tail(next->fpu)->last_cpu = cpu;
	}
}

static void *fpu_alloc(void)
{
	void *area = kmem_cache_alloc(fpu_cache, GFP_KERNEL);

	if (area) {
		memset((char *)area + XSTATE_HEADER, 0, 64);	/* XSAVE wants its reserved bytes zero */
		tail(area)->last_cpu = -1;
	}
	return area;
}

int fpu_copy_current(struct thread *to)
{
	void *area = fpu_alloc();

	if (!area)
		return -ENOMEM;
	if (!current->thread.fpu)
		memcpy(area, fpu_init_state, cpu_features.xsave_size);
	else if (cpu_features.xsave)	/* not XSAVEOPT: it may leave out what the last XRSTOR loaded */
		__asm__ __volatile__("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
	to->fpu = area;
	return 0;
}

int fpu_fresh(struct thread *t)
{
	void *area = t->fpu ? t->fpu : fpu_alloc();

	if (!area)
		return -ENOMEM;
	local_irq_disable();
	memcpy(area, fpu_init_state, cpu_features.xsave_size);
	load(area);
	tail(area)->last_cpu = raw_cpu_id();
	this_cpu_write(fpu_owner, area);
	t->fpu = area;
	local_irq_enable();
	return 0;
}

void fpu_free(struct thread *t)
{
	if (t->fpu)
		kmem_cache_free(fpu_cache, t->fpu);
	t->fpu = NULL;
}

/* ---- for tracers: x87 and SSE state of a task that does not run ---- */

#define FX_ST	 32		/* eight x87 registers of 16 bytes, then sixteen XMM registers */
#define FX_XMM	 160
#define FX_END	 416
#define XSTATE_X87 1
#define XSTATE_SSE 2

void fpu_get_fxsave(const struct thread *t, void *fxsave)
{
	const char *area = t->fpu;
	u64 in_use = cpu_features.xsave ? *(const u64 *)(area + XSTATE_HEADER) : XSTATE_X87 | XSTATE_SSE;
	char *to = fxsave;

	memcpy(to, area, 512);
	/* XSAVEOPT does not write what is in its initial state. */
	if (!(in_use & XSTATE_X87)) {
		memcpy(to, fpu_init_state, FX_MXCSR);
		memset(to + FX_ST, 0, FX_XMM - FX_ST);
	}
	if (!(in_use & XSTATE_SSE))
		memset(to + FX_XMM, 0, FX_END - FX_XMM);
	memset(to + FX_END, 0, 512 - FX_END);
}

void fpu_set_fxsave(struct thread *t, const void *fxsave)
{
	char *area = t->fpu;

	memcpy(area, fxsave, FX_END);
	*(u32 *)(area + FX_MXCSR) &= mxcsr_mask;
	*(u32 *)(area + FX_MXCSR_MASK) = mxcsr_mask;
	if (cpu_features.xsave)
		*(u64 *)(area + XSTATE_HEADER) |= XSTATE_X87 | XSTATE_SSE;
	tail(area)->last_cpu = -1;	/* what registers still hold is not it any more */
}

/* ---- signal frames: the area as the program sees it, described by struct fpx_sw_bytes in FXSAVE's spare bytes ---- */

struct fpx_sw_bytes {
	u32 magic1;
	u32 extended_size;		/* with magic 2 */
	u64 xstate_bv;
	u32 xstate_size;
	u32 padding[7];
};

unsigned int fpu_frame_size(void)
{
	return cpu_features.xsave ? cpu_features.xsave_size + 4 : 512;
}

int fpu_save_frame(void *buf)
{
	struct fpx_sw_bytes sw = {0};
	void *area = current->thread.fpu;
	u32 size = cpu_features.xsave_size;

	local_irq_disable();
	if (cpu_features.xsave)
		__asm__ __volatile__("xsave64 (%0)" ::"r"(area), "a"(~0u), "d"(~0u) : "memory");
	else
		__asm__ __volatile__("fxsave64 (%0)" ::"r"(area) : "memory");
	local_irq_enable();
	if (copy_to_user(buf, area, size))
		return -EFAULT;
	if (!cpu_features.xsave)
		return 0;
	sw.magic1 = FP_XSTATE_MAGIC1;
	sw.extended_size = size + 4;
	sw.xstate_bv = cpu_features.xcr0;
	sw.xstate_size = size;
	if (copy_to_user((char *)buf + FX_SW_BYTES, &sw, sizeof(sw)))
		return -EFAULT;
	return put_user(FP_XSTATE_MAGIC2, (u32 *)((char *)buf + size));
}

/* What a program may put into the area without making XRSTOR fault. */
static void sanitize(void *area, bool extended)
{
	u64 *header = (u64 *)((char *)area + XSTATE_HEADER);

	*(u32 *)((char *)area + FX_MXCSR) &= mxcsr_mask;
	if (!cpu_features.xsave)
		return;
	header[0] = extended ? header[0] & cpu_features.xcr0 : 3;
	memset(header + 1, 0, 56);
}

int fpu_restore_frame(void *buf)
{
	void *area = current->thread.fpu;
	struct fpx_sw_bytes sw;
	bool extended = false;
	u32 magic2;
	size_t size = 512;

	if (copy_from_user(&sw, (char *)buf + FX_SW_BYTES, sizeof(sw)))
		return -EFAULT;
	if (cpu_features.xsave && sw.magic1 == FP_XSTATE_MAGIC1 && sw.xstate_size == cpu_features.xsave_size) {
		if (get_user(magic2, (u32 *)((char *)buf + sw.xstate_size)))
			return -EFAULT;
		extended = magic2 == FP_XSTATE_MAGIC2;
	}
	if (extended)
		size = cpu_features.xsave_size;
	/* The copy may sleep, and a switch saves the old registers into the area: so into a buffer first. */
	void *tmp = kmemdup(fpu_init_state, cpu_features.xsave_size, GFP_KERNEL);

	if (!tmp)
		return -ENOMEM;
	if (copy_from_user(tmp, buf, size)) {
		kfree(tmp);
		return -EFAULT;
	}
	sanitize(tmp, extended);
	local_irq_disable();
	memcpy(area, tmp, cpu_features.xsave_size);
	load(area);
	local_irq_enable();
	kfree(tmp);
	return 0;
}
