// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random numbers: ChaCha20 as a generator, keyed from arch_random_seed().
 *
 * Each CPU has a generator of its own, so that readers do not wait for each other. After each
 * request the first half of a fresh block becomes the new key: what was given out cannot be
 * computed from the memory of later ("fast key erasure", Bernstein 2017). ChaCha20's block function
 * is that of RFC 8439, section 2.3. A generator takes in new seed every minute.
 *
 * /dev/random and /dev/urandom are the same: the seed is there from the start. Start with
 * get_random_bytes().
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

#define CHACHA_BLOCK 64
#define RESEED_NS    (60 * NSEC_PER_SEC)

struct generator {
	u32 key[8];
	u64 reseed_at;		/* ktime; 0: never seeded */
};

/* Its CPU alone, interrupts off. */
static DEFINE_PER_CPU(struct generator, generators);

static u32 rotl(u32 v, int n)
{
	return v << n | v >> (32 - n);
}

static void quarter_round(u32 *s, int a, int b, int c, int d)
{
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 16);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 12);
	s[a] += s[b];
	s[d] = rotl(s[d] ^ s[a], 8);
	s[c] += s[d];
	s[b] = rotl(s[b] ^ s[c], 7);
}

void chacha20_block(const u32 key[8], u32 counter, const u32 nonce[3], u32 out[16])
{
	u32 in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

	memcpy(in + 4, key, 32);
	in[12] = counter;
	memcpy(in + 13, nonce, 12);
	memcpy(out, in, sizeof(in));
	for (int i = 0; i < 10; i++) {
		for (int c = 0; c < 4; c++)
			quarter_round(out, c, 4 + c, 8 + c, 12 + c);
		for (int c = 0; c < 4; c++)
			quarter_round(out, c, 4 + (c + 1) % 4, 8 + (c + 2) % 4, 12 + (c + 3) % 4);
	}
	for (int i = 0; i < 16; i++)
		out[i] += in[i];
}

/* Interrupts off. */
static void reseed(struct generator *g)
{
	u64 now = ktime_get();

	if (g->reseed_at && now < g->reseed_at)
		return;
	for (int i = 0; i < 8; i += 2) {
		u64 seed = arch_random_seed() ^ arch_cycles();

		g->key[i] ^= (u32)seed;
		g->key[i + 1] ^= (u32)(seed >> 32);
	}
	g->reseed_at = now + RESEED_NS;
}

/* A key for one request: nobody will see it again. */
static void take_key(u32 key[8])
{
	static const u32 no_nonce[3];
	u32 block[16];
	unsigned long flags;
	struct generator *g;

	local_irq_save(flags);
	g = this_cpu_ptr(generators);
	reseed(g);
	chacha20_block(g->key, 0, no_nonce, block);
	memcpy(g->key, block, 32);
	memcpy(key, block + 8, 32);
	local_irq_restore(flags);
}

/* The stream of one request; starts with a key of its own. */
struct stream {
	u32 key[8], counter;
	u32 block[16];
};

static void next_block(struct stream *s)
{
	static const u32 no_nonce[3];

	if (!s->counter)
		take_key(s->key);
	chacha20_block(s->key, s->counter++, no_nonce, s->block);
}

/* Fill buf with random bytes. Any context but NMI. */
void get_random_bytes(void *buf, size_t len)
{
	struct stream s = {.counter = 0};
	size_t n;

	for (size_t done = 0; done < len; done += n) {
		next_block(&s);
		n = min(len - done, (size_t)CHACHA_BLOCK);
		memcpy((char *)buf + done, s.block, n);
	}
	memset(&s, 0, sizeof(s));
	barrier();
}

/* Requests of up to 256 bytes are never cut short by a signal (getrandom(2)). */
static ssize_t random_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	struct stream s = {.counter = 0};
	size_t done = 0, n;

	while (done < len) {
		next_block(&s);
		n = min(len - done, (size_t)CHACHA_BLOCK);
		if (copy_to_reader(buf + done, s.block, n))
			return done ? (ssize_t)done : -EFAULT;
		done += n;
		cond_resched();
		if (done >= 256 && signal_pending(current))
			break;
	}
	return (ssize_t)done;
}

/*
 * What is written goes into this CPU's key. It is not believed to be random, so it can do no harm.
 */
static ssize_t random_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	size_t n = min(len, (size_t)32), done = 0;
	u32 mix[8] = {0};
	unsigned long flags;

	for (; done < len; done += n) {
		n = min(len - done, (size_t)32);
		if (copy_from_writer(mix, buf + done, n))
			return done ? (ssize_t)done : -EFAULT;
		local_irq_save(flags);
		for (int i = 0; i < 8; i++)
			this_cpu_ptr(generators)->key[i] ^= mix[i];
		local_irq_restore(flags);
		if (signal_pending(current))
			return (ssize_t)(done + n);
	}
	return (ssize_t)len;
}

static const struct file_operations random_fops = {
	.read = random_read,
	.write = random_write,
};
CHRDEV("random", 1, 8, 0666, random_fops);
CHRDEV("urandom", 1, 9, 0666, random_fops);

#define GRND_NONBLOCK 1
#define GRND_RANDOM   2
#define GRND_INSECURE 4

long sys_getrandom(uptr_t buf, size_t count, unsigned int flags)
{
	if (flags & ~(GRND_NONBLOCK | GRND_RANDOM | GRND_INSECURE) ||
	    (flags & (GRND_RANDOM | GRND_INSECURE)) == (GRND_RANDOM | GRND_INSECURE))
		return -EINVAL;
	count = min(count, (size_t)0x7fffffff);
	if (!access_ok(buf, count))
		return -EFAULT;
	return random_read(NULL, buf, count, NULL);
}
