// SPDX-License-Identifier: GPL-2.0-only
/* Seeds for the random number generator: RDSEED or RDRAND, and the jitter of the TSC where there is neither. */
#include "arch/x86_64/cpu.h"

static bool hardware(u64 *v)
{
	unsigned int tries;
	bool ok = false;

	for (tries = 0; tries < 10 && !ok; tries++) {	/* SDM vol. 1, 7.3.17: ten tries */
		if (cpu_features.rdseed)
			__asm__ __volatile__("rdseed %0" : "=r"(*v), "=@ccc"(ok));
		if (!ok && cpu_features.rdrand)
			__asm__ __volatile__("rdrand %0" : "=r"(*v), "=@ccc"(ok));
		if (!cpu_features.rdseed && !cpu_features.rdrand)
			break;
	}
	return ok;
}

u64 arch_random_seed(void)
{
	u64 v = 0, seed = rdtsc();
	unsigned int i;

	if (hardware(&v))
		return v ^ seed;
	for (i = 0; i < 64; i++)	/* the low bits of port reads' durations */
		seed = (seed << 7 | seed >> 57) ^ (inb(0x61) + rdtsc()) * 0x9e3779b97f4a7c15ULL;
	return seed;
}
