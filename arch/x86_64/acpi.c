// SPDX-License-Identifier: GPL-2.0-only
/*
 * ACPI tables: which CPUs and interrupt controllers there are, and how to switch off. Read once, on the boot page tables (physical
 * memory below 4 GiB visible), into `acpi`; only the DSDT is looked at later, when power off needs its \_S5 object.
 * Source: ACPI 6.4, 5.2 (tables), 5.2.12 (MADT), 7.4.2 (\_Sx); IA-PC HPET 1.0a, 3.2.4.
 */
#include "arch/x86_64/cpu.h"
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"

struct acpi_info acpi;

struct rsdp {
	char signature[8];
	u8 checksum;
	char oem[6];
	u8 revision;
	u32 rsdt;
	u32 length;
	u64 xsdt;
} __packed;

struct header {
	char signature[4];
	u32 length;
	u8 revision, checksum;
	char oem[6], oem_table[8];
	u32 oem_revision, creator, creator_revision;
} __packed;

struct gas {			/* generic address structure, 5.2.3.2 */
	u8 space, width, offset, access;
	u64 addr;
} __packed;

static const struct header *root;	/* RSDT or XSDT; NULL: no ACPI */
static bool root_is_xsdt;

static bool checksum_ok(const void *p, size_t len)
{
	const u8 *b = p;
	u8 sum = 0;

	while (len--)
		sum += *b++;
	return sum == 0;
}

static const struct rsdp *search(phys_addr_t start, size_t len)
{
	phys_addr_t at;

	for (at = start; at < start + len; at += 16) {
		const struct rsdp *r = __va(at);

		if (memcmp(r->signature, "RSD PTR ", 8) == 0 && checksum_ok(r, 20))
			return r;
	}
	return NULL;
}

/* 5.2.5.1: the first KiB of the extended BIOS data area, or the BIOS area. */
static const struct rsdp *find_rsdp(void)
{
	const struct rsdp *r = NULL;
	phys_addr_t ebda;

	if (boot_info.rsdp)
		return __va(boot_info.rsdp);
	r = search(0xe0000, 0x20000);
	ebda = (phys_addr_t)(*(const volatile u16 *)__va(0x40e)) << 4;
	if (!r && ebda >= 0x400 && ebda < 0xa0000)
		r = search(ebda, 1024);
	return r;
}

static void find_root(void)
{
	const struct rsdp *r = find_rsdp();

	if (!r)
		return;
	root_is_xsdt = r->revision >= 2 && r->xsdt && r->xsdt < (1ULL << 32);
	root = __va(root_is_xsdt ? r->xsdt : r->rsdt);
}

const void *acpi_table(const char *signature)
{
	unsigned int size = root_is_xsdt ? 8 : 4, n, i;

	if (!root)
		return NULL;
	n = (root->length - sizeof(*root)) / size;
	for (i = 0; i < n; i++) {
		const char *p = (const char *)(root + 1) + i * size;
		u64 at = *(const u32_unaligned *)p;
		const struct header *h;

		if (root_is_xsdt)
			at |= (u64)(*(const u32_unaligned *)(p + 4)) << 32;
		if (!at || at >= (1ULL << 32))
			continue;
		h = __va(at);
		if (memcmp(h->signature, signature, 4) == 0)
			return h;
	}
	return NULL;
}

/* ---- MADT ---- */

struct madt {
	struct header header;
	u32 lapic, flags;
} __packed;

static void add_cpu(u32 id, u32 flags)
{
	unsigned long limit = boot_param_ulong("maxcpus", NR_CPUS);

	if (!(flags & 1) || id == acpi.apic_ids[0])
		return;
	if (acpi.nr_cpus >= NR_CPUS || acpi.nr_cpus >= max(limit, 1UL))
		acpi.cpus_left_out++;
	else
		acpi.apic_ids[acpi.nr_cpus++] = id;
}

static void madt_entry(const u8 *e)
{
	u32 source;

	switch (e[0]) {
	case 0:			/* local APIC */
		add_cpu(e[3], *(const u32_unaligned *)(e + 4));
		break;
	case 9:			/* local x2APIC */
		add_cpu(*(const u32_unaligned *)(e + 4), *(const u32_unaligned *)(e + 8));
		break;
	case 1:			/* I/O APIC */
		if (acpi.nr_ioapics < ARRAY_SIZE(acpi.ioapics)) {
			acpi.ioapics[acpi.nr_ioapics].addr = *(const u32_unaligned *)(e + 4);
			acpi.ioapics[acpi.nr_ioapics++].gsi_base = *(const u32_unaligned *)(e + 8);
		}
		break;
	case 2:			/* interrupt source override */
		source = e[3];
		if (source < 16) {
			acpi.isa[source].gsi = *(const u32_unaligned *)(e + 4);
			acpi.isa[source].flags = *(const u16_unaligned *)(e + 8);
		}
		break;
	case 5:			/* local APIC address, 64 bits */
		acpi.lapic = *(const u64_unaligned *)(e + 4);
		break;
	}
}

static void read_madt(void)
{
	const struct madt *m = acpi_table("APIC");
	const u8 *p, *end;

	if (!m) {
		acpi.ioapics[acpi.nr_ioapics++].addr = 0xfec00000;	/* where PCs and microvm have it */
		return;
	}
	acpi.lapic = m->lapic;
	end = (const u8 *)m + m->header.length;
	for (p = (const u8 *)(m + 1); p + 2 <= end && p[1] >= 2; p += p[1])
		madt_entry(p);
}

/* ---- FADT, HPET ---- */

#define FADT_DSDT	 40
#define FADT_PM1A_CNT	 64
#define FADT_PM1B_CNT	 68
#define FADT_PM_TIMER	 76
#define FADT_FLAGS	 112
#define FADT_RESET_REG	 116
#define FADT_RESET_VALUE 128
#define FADT_X_DSDT	 140
#define FADT_SLEEP_CTL	 244
#define FADT_RESET_SUPPORTED BIT(10)
#define FADT_HW_REDUCED	     BIT(20)

static void read_fadt(void)
{
	const char *f = acpi_table("FACP");
	u32 length, flags;
	const struct gas *g;

	if (!f)
		return;
	length = ((const struct header *)f)->length;
	flags = *(const u32_unaligned *)(f + FADT_FLAGS);
	acpi.have_fadt = true;
	acpi.dsdt = *(const u32_unaligned *)(f + FADT_DSDT);
	if (length >= FADT_X_DSDT + 8 && *(const u64_unaligned *)(f + FADT_X_DSDT))
		acpi.dsdt = *(const u64_unaligned *)(f + FADT_X_DSDT);
	acpi.pm1a = *(const u32_unaligned *)(f + FADT_PM1A_CNT);
	acpi.pm1b = *(const u32_unaligned *)(f + FADT_PM1B_CNT);
	acpi.pm_timer = *(const u32_unaligned *)(f + FADT_PM_TIMER);
	if ((flags & FADT_RESET_SUPPORTED) && length > FADT_RESET_VALUE) {
		g = (const struct gas *)(f + FADT_RESET_REG);
		acpi.reset_reg_ok = true;
		acpi.reset_space = g->space;
		acpi.reset_addr = g->addr;
		acpi.reset_value = f[FADT_RESET_VALUE];
	}
	if ((flags & FADT_HW_REDUCED) && length >= FADT_SLEEP_CTL + sizeof(*g)) {
		g = (const struct gas *)(f + FADT_SLEEP_CTL);
		acpi.reduced = true;
		acpi.sleep_control_space = g->space;
		acpi.sleep_control = g->addr;
	}
}

void acpi_init(void)
{
	const char *hpet;
	unsigned int i;

	acpi.lapic = 0xfee00000;
	acpi.nr_cpus = 1;
	acpi.apic_ids[0] = cpuid(1, 0).ebx >> 24;
	if (cpu_features.x2apic && cpu_features.max_leaf >= 0xb)
		acpi.apic_ids[0] = cpuid(0xb, 0).edx;
	for (i = 0; i < 16; i++)
		acpi.isa[i].gsi = i;
	find_root();
	read_madt();
	read_fadt();
	hpet = acpi_table("HPET");
	if (hpet)
		acpi.hpet = *(const u64_unaligned *)(hpet + 44);
}

/* ---- \_S5 ---- */

/* One integer of an AML package (20.2.3): ZeroOp, OneOp, or a byte. */
static const u8 *aml_integer(const u8 *p, u8 *value)
{
	if (*p == 0x0a) {
		*value = p[1];
		return p + 2;
	}
	*value = *p;		/* ZeroOp is 0, OneOp is 1 */
	return p + 1;
}

/* Looks for "_S5_" PackageOp length count typ_a typ_b in the byte code: an interpreter for one object would be out of proportion. */
bool acpi_s5(u8 type[2])
{
	const struct header *h;
	const u8 *p, *end;

	if (!acpi.dsdt)
		return false;
	h = ioremap(acpi.dsdt, sizeof(*h));
	if (!h)
		return false;
	h = ioremap(acpi.dsdt, h->length);
	if (!h)
		return false;
	end = (const u8 *)h + h->length - 10;		/* the least that such an object takes, less one */
	for (p = (const u8 *)(h + 1); p < end; p++) {
		if (p[0] != '_' || p[1] != 'S' || p[2] != '5' || p[3] != '_' || p[4] != 0x12)
			continue;
		p += 5;
		p += 1 + (*p >> 6);	/* PkgLength: its top bits say how many bytes follow */
		p++;			/* number of elements */
		p = aml_integer(p, &type[0]);
		aml_integer(p, &type[1]);
		return true;
	}
	return false;
}
