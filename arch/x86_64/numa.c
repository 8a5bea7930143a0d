// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which node memory and CPUs belong to: the ACPI tables SRAT and SLIT. Proximity domains are numbered as nodes in the order of
 * their first appearance. Without a SRAT everything is node 0. Immutable after numa_init().
 * Source: ACPI 6.4, 5.2.16 (SRAT), 5.2.17 (SLIT).
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

#define MAX_NODE_RANGES 32
#define LOCAL_DISTANCE	10
#define REMOTE_DISTANCE 20

unsigned int nr_nodes = 1;

static struct {
	phys_addr_t start, end;
	unsigned int node;
} node_ranges[MAX_NODE_RANGES];
static unsigned int nr_node_ranges;
static u32 domains[MAX_NUMNODES];	/* proximity domain of a node */
static unsigned int nr_domains;
static u8 cpu_nodes[NR_CPUS];
static u8 distances[MAX_NUMNODES][MAX_NUMNODES];

static unsigned int domain_node(u32 domain)
{
	unsigned int n;

	for (n = 0; n < nr_domains; n++)
		if (domains[n] == domain)
			return n;
	if (nr_domains == MAX_NUMNODES)
		return 0;
	domains[nr_domains] = domain;
	return nr_domains++;
}

static void set_cpu(u32 apic, u32 domain, u32 flags)
{
	unsigned int cpu;

	if (!(flags & 1))
		return;
	for (cpu = 0; cpu < acpi.nr_cpus; cpu++)
		if (acpi.apic_ids[cpu] == apic)
			cpu_nodes[cpu] = domain_node(domain);
}

static void srat_entry(const u8 *e)
{
	u64 base, length;

	switch (e[0]) {
	case 0:			/* local APIC */
		set_cpu(e[3], e[2] | e[9] << 8 | e[10] << 16 | (u32)e[11] << 24, *(const u32_unaligned *)(e + 4));
		break;
	case 1:			/* memory */
		base = *(const u64_unaligned *)(e + 8);
		length = *(const u64_unaligned *)(e + 16);
		if (!(*(const u32_unaligned *)(e + 28) & 1) || !length || nr_node_ranges == MAX_NODE_RANGES)
			break;
		node_ranges[nr_node_ranges].start = base;
		node_ranges[nr_node_ranges].end = base + length;
		node_ranges[nr_node_ranges++].node = domain_node(*(const u32_unaligned *)(e + 2));
		break;
	case 2:			/* local x2APIC */
		set_cpu(*(const u32_unaligned *)(e + 8), *(const u32_unaligned *)(e + 4), *(const u32_unaligned *)(e + 12));
		break;
	}
}

static void read_slit(void)
{
	const u8 *s = acpi_table("SLIT");
	unsigned int a, b;
	u64 n;

	for (a = 0; a < MAX_NUMNODES; a++)
		for (b = 0; b < MAX_NUMNODES; b++)
			distances[a][b] = a == b ? LOCAL_DISTANCE : REMOTE_DISTANCE;
	if (!s)
		return;
	n = *(const u64_unaligned *)(s + 36);
	for (a = 0; a < nr_domains; a++)
		for (b = 0; b < nr_domains; b++)
			if (domains[a] < n && domains[b] < n)
				distances[a][b] = s[44 + domains[a] * n + domains[b]];
}

void numa_init(void)
{
	const u8 *s = acpi_table("SRAT"), *p, *end;

	if (s) {
		end = s + *(const u32_unaligned *)(s + 4);
		for (p = s + 48; p + 2 <= end && p[1] >= 2; p += p[1])
			srat_entry(p);
	}
	nr_nodes = max(nr_domains, 1u);
	read_slit();
	for (unsigned int i = 0; nr_nodes > 1 && i < nr_node_ranges; i++)
		pr_info("numa: node %u has %#llx-%#llx\n", node_ranges[i].node, (unsigned long long)node_ranges[i].start,
			(unsigned long long)node_ranges[i].end);
}

unsigned int cpu_to_node(unsigned int cpu)
{
	return cpu_nodes[cpu];
}

unsigned int phys_to_node(phys_addr_t pa)
{
	unsigned int i;

	for (i = 0; i < nr_node_ranges; i++)
		if (pa >= node_ranges[i].start && pa < node_ranges[i].end)
			return node_ranges[i].node;
	return 0;
}

phys_addr_t phys_node_end(phys_addr_t pa)
{
	phys_addr_t end = ~0ULL;
	unsigned int i;

	for (i = 0; i < nr_node_ranges; i++) {
		if (node_ranges[i].start > pa)
			end = min(end, node_ranges[i].start);
		else if (node_ranges[i].end > pa)
			end = min(end, node_ranges[i].end);
	}
	return end;
}

unsigned int node_distance(unsigned int a, unsigned int b)
{
	return distances[a][b];
}
