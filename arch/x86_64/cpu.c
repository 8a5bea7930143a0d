// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the processor can do (CPUID) and switching it on: control registers, SYSCALL's MSRs, protections.
 * cpu_detect() runs once; cpu_setup() on every CPU. Source: Intel SDM vol. 2 CPUID, vol. 3 2.5, 5.8.8 (SYSCALL).
 */
#include "arch/x86_64/cpu.h"

struct cpu_features cpu_features;
u64 pte_nx;
u8 smap_on;		/* for usercopy.asm */
u8 page_use_avx;	/* for page.asm */

static void put_regs(char *to, const u32 *regs, unsigned int n)
{
	unsigned int i, b;

	for (i = 0; i < n; i++)
		for (b = 0; b < 4; b++)
			*to++ = regs[i] >> (8 * b);
	*to = '\0';
}

static void detect_names(struct cpu_features *f)
{
	struct cpuid_regs r = cpuid(0, 0);
	u32 sig = cpuid(1, 0).eax, i;
	u32 name[12];

	put_regs(f->vendor, (u32[]){r.ebx, r.edx, r.ecx}, 3);
	f->stepping = sig & 0xf;
	f->model = (sig >> 4) & 0xf;
	f->family = (sig >> 8) & 0xf;
	if (f->family == 6 || f->family == 15)
		f->model |= (sig >> 12) & 0xf0;
	if (f->family == 15)
		f->family += (sig >> 20) & 0xff;
	if (f->max_ext_leaf < 0x80000004)
		return;
	for (i = 0; i < 3; i++) {
		r = cpuid(0x80000002 + i, 0);
		name[4 * i] = r.eax;
		name[4 * i + 1] = r.ebx;
		name[4 * i + 2] = r.ecx;
		name[4 * i + 3] = r.edx;
	}
	put_regs(f->model_name, name, 12);
}

static void detect_xsave(struct cpu_features *f)
{
	struct cpuid_regs d;

	f->xsave_size = 512;
	f->xsave = (f->leaf1_ecx & BIT(26)) && f->max_leaf >= 0xd;
	if (!f->xsave)
		return;
	d = cpuid(0xd, 0);
	f->xcr0 = d.eax & 7;				/* x87, SSE, AVX */
	if ((d.eax & 0xe0) == 0xe0 && (f->xcr0 & 4))
		f->xcr0 |= 0xe0;			/* AVX-512 */
	f->avx = (f->xcr0 & 4) && (f->leaf1_ecx & BIT(28));
	f->xsaveopt = cpuid(0xd, 1).eax & 1;
}

void cpu_detect(void)
{
	struct cpu_features *f = &cpu_features;
	struct cpuid_regs r = cpuid(0, 0);

	f->max_leaf = r.eax;
	f->max_ext_leaf = cpuid(0x80000000, 0).eax;
	r = cpuid(1, 0);
	f->leaf1_ecx = r.ecx;
	f->leaf1_edx = r.edx;
	if (f->max_leaf >= 7) {
		r = cpuid(7, 0);
		f->leaf7_ebx = r.ebx;
		f->leaf7_ecx = r.ecx;
	}
	r = cpuid(0x80000001, 0);
	f->ext1_ecx = r.ecx;
	f->ext1_edx = r.edx;
	detect_names(f);
	detect_xsave(f);
	f->nx = f->ext1_edx & BIT(20);
	f->gbpages = f->ext1_edx & BIT(26);
	f->pge = f->leaf1_edx & BIT(13);
	f->x2apic = f->leaf1_ecx & BIT(21);
	f->tsc_deadline = f->leaf1_ecx & BIT(24);
	f->rdrand = f->leaf1_ecx & BIT(30);
	f->smep = f->leaf7_ebx & BIT(7);
	f->rdseed = f->leaf7_ebx & BIT(18);
	f->smap = f->leaf7_ebx & BIT(20);
	f->umip = f->leaf7_ecx & BIT(2);
	f->phys_bits = 36;
	f->virt_bits = 48;
	if (f->max_ext_leaf >= 0x80000008) {
		r = cpuid(0x80000008, 0);
		f->phys_bits = r.eax & 0xff;
		f->virt_bits = (r.eax >> 8) & 0xff;
	}
	pte_nx = f->nx ? PTE_NX : 0;
	smap_on = f->smap;
	page_use_avx = f->avx;
}

static void setup_syscall(void)
{
	/* STAR: SYSCALL loads CS = [47:32], SS = +8; SYSRET loads CS = [63:48] + 16, SS = +8. */
	wrmsr(MSR_STAR, ((u64)(USER_DS - 8) << 48) | ((u64)KERNEL_CS << 32));
	wrmsr(MSR_LSTAR, (u64)syscall_entry);
	wrmsr(MSR_SFMASK, EFLAGS_TF | EFLAGS_IF | EFLAGS_DF | EFLAGS_IOPL | EFLAGS_NT | EFLAGS_RF | EFLAGS_AC | 0x8d5);
}

void cpu_setup(void)
{
	const struct cpu_features *f = &cpu_features;
	unsigned long cr4 = read_cr4();

	write_cr0((read_cr0() & ~(CR0_EM | CR0_TS)) | CR0_MP | CR0_NE | CR0_WP);
	cr4 |= CR4_OSFXSR | CR4_OSXMMEXCPT;
	if (f->pge)
		cr4 |= CR4_PGE;
	if (f->xsave)
		cr4 |= CR4_OSXSAVE;
	if (f->smep)
		cr4 |= CR4_SMEP;
	if (f->smap)
		cr4 |= CR4_SMAP;
	if (f->umip)
		cr4 |= CR4_UMIP;
	write_cr4(cr4);
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE | (f->nx ? EFER_NX : 0));
	setup_syscall();
	fpu_init_cpu();
}

unsigned long arch_hwcap(void)
{
	return cpu_features.leaf1_edx;
}
