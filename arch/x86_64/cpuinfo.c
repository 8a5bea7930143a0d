// SPDX-License-Identifier: GPL-2.0-only
/* /proc/cpuinfo, in Linux's form. */
#include "arch/x86_64/cpu.h"
#include "fs/seq_file.h"
#include "kernel/lib/lib.h"

/* Names of feature bits, in the order of their registers; the words are Linux's. */
static const struct {
	u8 word, bit;		/* word: 0 leaf1 edx, 1 ext1 edx, 2 leaf1 ecx, 3 ext1 ecx, 4 leaf7 ebx, 5 leaf7 ecx */
	const char *name;
} flags[] = {
	{0, 0, "fpu"},	     {0, 1, "vme"},	 {0, 2, "de"},	    {0, 3, "pse"},	 {0, 4, "tsc"},
	{0, 5, "msr"},	     {0, 6, "pae"},	 {0, 7, "mce"},	    {0, 8, "cx8"},	 {0, 9, "apic"},
	{0, 11, "sep"},	     {0, 12, "mtrr"},	 {0, 13, "pge"},    {0, 14, "mca"},	 {0, 15, "cmov"},
	{0, 16, "pat"},	     {0, 17, "pse36"},	 {0, 19, "clflush"}, {0, 23, "mmx"},	 {0, 24, "fxsr"},
	{0, 25, "sse"},	     {0, 26, "sse2"},	 {0, 28, "ht"},	    {1, 11, "syscall"},	 {1, 20, "nx"},
	{1, 26, "pdpe1gb"},  {1, 27, "rdtscp"},	 {1, 29, "lm"},	    {2, 0, "pni"},	 {2, 1, "pclmulqdq"},
	{2, 9, "ssse3"},     {2, 12, "fma"},	 {2, 13, "cx16"},   {2, 17, "pcid"},	 {2, 19, "sse4_1"},
	{2, 20, "sse4_2"},   {2, 21, "x2apic"},	 {2, 22, "movbe"},  {2, 23, "popcnt"},	 {2, 24, "tsc_deadline_timer"},
	{2, 25, "aes"},	     {2, 26, "xsave"},	 {2, 28, "avx"},    {2, 29, "f16c"},	 {2, 30, "rdrand"},
	{2, 31, "hypervisor"}, {3, 0, "lahf_lm"}, {3, 5, "abm"},    {4, 0, "fsgsbase"},	 {4, 3, "bmi1"},
	{4, 5, "avx2"},	     {4, 7, "smep"},	 {4, 8, "bmi2"},    {4, 9, "erms"},	 {4, 10, "invpcid"},
	{4, 16, "avx512f"},  {4, 18, "rdseed"},	 {4, 19, "adx"},    {4, 20, "smap"},	 {4, 29, "sha_ni"},
	{5, 2, "umip"},	     {5, 3, "pku"},	 {5, 22, "rdpid"},
};

static void show_flags(struct seq_file *m)
{
	const struct cpu_features *f = &cpu_features;
	const u32 words[] = {f->leaf1_edx, f->ext1_edx, f->leaf1_ecx, f->ext1_ecx, f->leaf7_ebx, f->leaf7_ecx};
	unsigned int i;

	seq_puts(m, "flags\t\t:");
	for (i = 0; i < ARRAY_SIZE(flags); i++)
		if (words[flags[i].word] & BIT(flags[i].bit))
			seq_printf(m, " %s", flags[i].name);
	seq_puts(m, "\n");
}

void arch_show_cpuinfo(struct seq_file *m)
{
	const struct cpu_features *f = &cpu_features;
	unsigned int cpu;

	for (cpu = 0; cpu < nr_cpus; cpu++) {
		seq_printf(m, "processor\t: %u\nvendor_id\t: %s\n", cpu, f->vendor);
		seq_printf(m, "cpu family\t: %u\nmodel\t\t: %u\n", f->family, f->model);
		seq_printf(m, "model name\t: %s\nstepping\t: %u\n", f->model_name, f->stepping);
		seq_printf(m, "cpu MHz\t\t: %u.%03u\n", tsc_khz / 1000, tsc_khz % 1000);
		seq_printf(m, "apicid\t\t: %u\nfpu\t\t: yes\n", cpu_apic_id(cpu));
		seq_printf(m, "cpuid level\t: %u\nwp\t\t: yes\n", f->max_leaf);
		show_flags(m);
		seq_printf(m, "address sizes\t: %u bits physical, %u bits virtual\n\n", f->phys_bits, f->virt_bits);
	}
}
