/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Data structures and text: kernel/lib. Each test compares with the plainest thing that does the
 * same.
 */
#include "kernel/debug/debug.h"
#include "kernel/lib/lib.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"

/* A generator with a fixed seed: the same numbers in each run. */
static u64 next_random(u64 *state)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return *state >> 33;
}

struct item {
	struct list_head list;
	struct hlist_node hash;
	struct rb_node rb;
	unsigned long key;
};

KTEST(test_list)
{
	struct item items[5], *p, *n;
	LIST_HEAD(a);
	LIST_HEAD(b);
	unsigned long i, sum = 0;

	KTEST_EXPECT(list_empty(&a));
	for (i = 0; i < 5; i++) {
		items[i].key = i;
		list_add_tail(&items[i].list, &a);
	}
	i = 0;
	list_for_each_entry(p, &a, list)
		KTEST_EQ(p->key, i++);
	KTEST_EQ(i, 5);
	list_for_each_entry_reverse(p, &a, list)
		KTEST_EQ(p->key, --i);
	list_for_each_entry_safe(p, n, &a, list)
		if (p->key % 2)
			list_move(&p->list, &b);
	KTEST_EQ(list_first_entry(&b, struct item, list)->key, 3);
	list_splice_tail_init(&b, &a);
	KTEST_EXPECT(list_empty(&b));
	list_for_each_entry(p, &a, list)
		sum = sum * 10 + p->key;
	KTEST_EQ(sum, 2431);	/* 0 2 4 3 1 */
	list_for_each_entry_safe(p, n, &a, list)
		list_del_init(&p->list);
	KTEST_EXPECT(list_empty(&a) && !list_first_entry_or_null(&a, struct item, list));
}

KTEST(test_hlist)
{
	struct item items[4], *p;
	struct hlist_node *n;
	HLIST_HEAD(h);
	unsigned long sum = 0;

	for (unsigned long i = 0; i < 4; i++) {
		items[i].key = i + 1;
		hlist_add_head(&items[i].hash, &h);
	}
	hlist_del_init(&items[2].hash);
	KTEST_EXPECT(hlist_unhashed(&items[2].hash) && !hlist_unhashed(&items[1].hash));
	hlist_for_each_entry_rcu(p, &h, hash)
		sum = sum * 10 + p->key;
	KTEST_EQ(sum, 421);
	hlist_for_each_entry_safe(p, n, &h, hash)
		hlist_del(&p->hash);
	KTEST_EXPECT(hlist_empty(&h));
}

static bool item_less(const struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct item, rb)->key < rb_entry(b, struct item, rb)->key;
}

/* Black nodes on each path below n, or -1 if the rules are broken. */
static int black_height(const struct rb_node *n)
{
	bool red = n && !(n->parent_color & 1);
	int left, right;

	if (!n)
		return 0;
	if (red && ((n->left && !(n->left->parent_color & 1)) ||
		    (n->right && !(n->right->parent_color & 1))))
		return -1;
	if ((n->left && rb_parent(n->left) != n) || (n->right && rb_parent(n->right) != n))
		return -1;
	left = black_height(n->left);
	right = black_height(n->right);
	return left < 0 || left != right ? -1 : left + !red;
}

#define RB_ITEMS 500

KTEST(test_rbtree)
{
	struct item *items = kcalloc(RB_ITEMS, sizeof(*items), GFP_KERNEL);
	struct rb_root_cached root = RB_ROOT_CACHED;
	u64 seed = 1;
	struct rb_node *n;
	unsigned long last, count;

	if (!items) {
		KTEST_EXPECT(!"memory");
		return;
	}
	for (int i = 0; i < RB_ITEMS; i++) {
		items[i].key = next_random(&seed) % 1000;
		rb_add_cached(&items[i].rb, &root, item_less);
	}
	for (int round = 0; round < 2; round++) {
		KTEST_EXPECT(black_height(root.root.node) > 0);
		KTEST_EXPECT(rb_first(&root.root) == rb_first_cached(&root));
		last = count = 0;
		for (n = rb_first_cached(&root); n; n = rb_next(n), count++) {
			KTEST_EXPECT(rb_entry(n, struct item, rb)->key >= last);
			last = rb_entry(n, struct item, rb)->key;
		}
		KTEST_EQ(count, round ? RB_ITEMS / 2 : RB_ITEMS);
		for (n = rb_last(&root.root), count = 0; n; n = rb_prev(n))
			count++;
		KTEST_EQ(count, round ? RB_ITEMS / 2 : RB_ITEMS);
		for (int i = 0; i < RB_ITEMS; i++) {	/* first the even ones, then the odd ones */
			if (i % 2 != round)
				continue;
			rb_erase_cached(&items[i].rb, &root);
			if (i % 50 == round)
				KTEST_EXPECT(black_height(root.root.node) >= 0);
		}
	}
	KTEST_EXPECT(RB_EMPTY_ROOT(&root.root));
	kfree(items);
}

KTEST(test_bitmap)
{
	DECLARE_BITMAP(a, 130);
	DECLARE_BITMAP(b, 130);
	unsigned long bit, n = 0;

	bitmap_zero(a, 130);
	KTEST_EXPECT(bitmap_empty(a, 130));
	KTEST_EQ(find_first_bit(a, 130), 130);
	__set_bit(0, a);
	__set_bit(63, a);
	__set_bit(64, a);
	__set_bit(129, a);
	for_each_set_bit(bit, a, 130)
		n = n * 1000 + bit;
	KTEST_EQ(n, 63064129);
	KTEST_EQ(bitmap_weight(a, 130), 4);
	KTEST_EQ(bitmap_weight(a, 129), 3);
	KTEST_EQ(find_next_zero_bit(a, 130, 63), 65);
	KTEST_EQ(find_last_bit(a, 130), 129);
	bitmap_fill(b, 130);
	KTEST_EXPECT(bitmap_full(b, 130) && bitmap_subset(a, b, 130) && !bitmap_subset(b, a, 130));
	KTEST_EXPECT(bitmap_andnot(b, b, a, 130) && !bitmap_intersects(a, b, 130));
	KTEST_EQ(bitmap_weight(b, 130), 126);
	bitmap_or(b, b, a, 130);
	KTEST_EXPECT(bitmap_full(b, 130) && !(b[2] >> 2));
	bitmap_complement(b, a, 130);
	KTEST_EQ(bitmap_weight(b, 130), 126);
	bitmap_xor(b, b, b, 130);
	KTEST_EXPECT(bitmap_empty(b, 130) && !bitmap_and(b, a, b, 130));
}

static void expect_list(const char *text, int err, const char *printed)
{
	DECLARE_BITMAP(m, 100);
	char buf[64];

	KTEST_EQ(bitmap_parselist(text, m, 100), err);
	if (err)
		return;
	KTEST_EQ(bitmap_print_list(buf, sizeof(buf), m, 100), (int)strlen(printed));
	if (strcmp(buf, printed))
		ktest_fail(__FILE__, __LINE__, "\"%s\" became \"%s\", expected \"%s\"", text, buf,
			   printed);
}

KTEST(test_bitlist)
{
	DECLARE_BITMAP(m, 100);
	char buf[8];

	expect_list("0-2,5", 0, "0-2,5");
	expect_list(" 5,0-1,2\n", 0, "0-2,5");
	expect_list("", 0, "");
	expect_list("\n", 0, "");
	expect_list("99", 0, "99");
	expect_list("7,7,7-7", 0, "7");
	expect_list("0-99", 0, "0-99");
	expect_list("100", -ERANGE, NULL);
	expect_list("5-100", -ERANGE, NULL);
	expect_list("99999999999999999999", -ERANGE, NULL);
	expect_list("3-1", -EINVAL, NULL);
	expect_list("1,", -EINVAL, NULL);
	expect_list(",1", -EINVAL, NULL);
	expect_list("-1", -EINVAL, NULL);
	expect_list("1-", -EINVAL, NULL);
	expect_list("1 2", -EINVAL, NULL);
	expect_list("a", -EINVAL, NULL);
	/* A text that does not fit is cut, and its length told. */
	KTEST_EQ(bitmap_parselist("1,3,5,7,9", m, 100), 0);
	KTEST_EQ(bitmap_print_list(buf, sizeof(buf), m, 100), 9);
	KTEST_EQ(strcmp(buf, "1,3,5,7"), 0);
	KTEST_EQ(bitmap_print_list(NULL, 0, m, 100), 9);
}

KTEST(test_bitmask_text)
{
	DECLARE_BITMAP(m, 36);
	char buf[32];

	bitmap_zero(m, 36);
	__set_bit(0, m);
	__set_bit(35, m);
	bitmap_print_mask(buf, sizeof(buf), m, 36);
	KTEST_EQ(strcmp(buf, "8,00000001"), 0);
	bitmap_print_mask(buf, sizeof(buf), m, 8);
	KTEST_EQ(strcmp(buf, "01"), 0);
}

static void __printf(2, 3) expect_format(const char *expected, const char *fmt, ...)
{
	char buf[64];
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (strcmp(buf, expected) || len != (int)strlen(expected))
		ktest_fail(__FILE__, __LINE__, "format \"%s\" gave \"%s\" (%d), expected \"%s\"",
			   fmt, buf, len, expected);
}

KTEST(test_printf)
{
	char buf[4];

	expect_format("42 -42 +42", "%d %i %+d", 42, -42, 42);
	expect_format("   42|42   |00042", "%5d|%-5d|%05d", 42, 42, 42);
	expect_format("-0042", "%05d", -42);
	expect_format("2a 2A 0x2a 052", "%x %X %#x %#o", 42, 42, 42, 42);
	expect_format("-9223372036854775808", "%ld", (long)INT64_MIN);
	expect_format("18446744073709551615", "%llu", ~0ULL);
	expect_format("255 65535", "%hhu %hu", (unsigned char)~0U, (unsigned short)~0U);
	expect_format("abc|  abc|abc  |ab", "%s|%5s|%-5s|%.2s", "abc", "abc", "abc", "abc");
	expect_format("x%", "%c%%", 'x');
	expect_format("   7", "%*d", 4, 7);
	expect_format("00000000deadbeef", "%p", (void *)0xdeadbeefUL);
	expect_format("-ENOENT", "%pe", ERR_PTR(-ENOENT));
	expect_format("007", "%.3d", 7);
	KTEST_EQ(snprintf(buf, sizeof(buf), "%s", "hello"), 5);
	KTEST_EQ(strcmp(buf, "hel"), 0);
	KTEST_EQ(scnprintf(buf, sizeof(buf), "%s", "hello"), 3);
	KTEST_EQ(snprintf(NULL, 0, "%d", 12345), 5);
}

KTEST(test_kstrto)
{
	unsigned long long ull;
	long long ll;
	int i;
	bool b;

	KTEST_EXPECT(!kstrtoull("18446744073709551615\n", 10, &ull) && ull == ~0ULL);
	KTEST_EQ(kstrtoull("18446744073709551616", 10, &ull), -ERANGE);
	KTEST_EXPECT(!kstrtoull("0x1f", 0, &ull) && ull == 31);
	KTEST_EXPECT(!kstrtoull("017", 0, &ull) && ull == 15);
	KTEST_EQ(kstrtoull("", 10, &ull), -EINVAL);
	KTEST_EQ(kstrtoull("-1", 10, &ull), -EINVAL);
	KTEST_EQ(kstrtoull("12a", 10, &ull), -EINVAL);
	KTEST_EXPECT(!kstrtoll("-9223372036854775808", 10, &ll) && ll == INT64_MIN);
	KTEST_EQ(kstrtoll("9223372036854775808", 10, &ll), -ERANGE);
	KTEST_EXPECT(!kstrtoint("-7", 10, &i) && i == -7);
	KTEST_EQ(kstrtoint("2147483648", 10, &i), -ERANGE);
	KTEST_EXPECT(!kstrtobool("y\n", &b) && b && !kstrtobool("off", &b) && !b);
	KTEST_EQ(kstrtobool("maybe", &b), -EINVAL);
	KTEST_EXPECT(memparse("64M", NULL) == 64ULL << 20 && memparse("7", NULL) == 7);
}

KTEST(test_strings)
{
	char buf[200], *s, *rest;
	size_t at, n;

	KTEST_EQ(strscpy(buf, "abc", 4), 3);
	KTEST_EQ(strscpy(buf, "abcd", 4), -E2BIG);
	KTEST_EQ(strcmp(buf, "abc"), 0);
	strscpy(buf, " a,b,,c \n", sizeof(buf));
	rest = strim(buf);
	KTEST_EQ(strcmp(strsep(&rest, ","), "a"), 0);
	KTEST_EQ(strcmp(strsep(&rest, ","), "b"), 0);
	KTEST_EQ(strcmp(strsep(&rest, ","), ""), 0);
	KTEST_EQ(strcmp(strsep(&rest, ","), "c"), 0);
	KTEST_EXPECT(!strsep(&rest, ","));
	KTEST_EXPECT(sysfs_streq("1\n", "1") && !sysfs_streq("12", "1") &&
		     !strstr("abcabd", "abe") && !strcmp(strstr("abcabd", "abd"), "abd"));
	/* Moves over itself, by every distance that matters, against a byte-wise copy. */
	for (at = 0; at < 80; at += 7) {
		for (n = 0; n < 100; n += 9) {
			for (size_t i = 0; i < sizeof(buf); i++)
				buf[i] = (char)i;
			s = memmove(buf + at, buf + 40, n);
			for (size_t i = 0; i < n; i++)
				KTEST_EQ(s[i], (char)(40 + i));
		}
	}
	memset(buf, 'x', 150);
	KTEST_EXPECT(!memchr_inv(buf, 'x', 150) && memchr_inv(buf, 'x', 151) == buf + 150);
}

static int compare_long(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;

	return x < y ? -1 : x > y;
}

KTEST(test_sort)
{
	long v[97];
	u64 seed = 7;

	for (size_t n = 0; n <= ARRAY_SIZE(v); n += 8) {
		for (size_t i = 0; i < n; i++)
			v[i] = (long)(next_random(&seed) % 50);
		sort(v, n, sizeof(v[0]), compare_long);
		for (size_t i = 1; i < n; i++)
			KTEST_EXPECT(v[i - 1] <= v[i]);
	}
}

KTEST(test_radix_tree)
{
	static const unsigned long indices[] = {0, 1, 63, 64, 4095, 4096, 1UL << 30, ~0UL};
	struct radix_tree t = RADIX_TREE_INIT;
	unsigned long index, i, live;

	rcu_barrier();		/* nodes of others that are on their way out */
	live = kmem_cache_nr_objects("radix_tree_node");
	KTEST_EQ(radix_tree_insert(&t, 0, &t, GFP_KERNEL), 0);
	/* Index 0 alone needs no node. */
	KTEST_EQ(kmem_cache_nr_objects("radix_tree_node"), live);
	radix_tree_replace(&t, 0, &index);
	KTEST_EXPECT(radix_tree_lookup(&t, 0) == &index && radix_tree_delete(&t, 0) == &index);
	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		KTEST_EQ(radix_tree_insert(&t, indices[i], (void *)&indices[i], GFP_KERNEL), 0);
		KTEST_EQ(radix_tree_insert(&t, indices[i], &t, GFP_KERNEL), -EEXIST);
	}
	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		radix_tree_replace(&t, indices[i], &t);
		KTEST_EXPECT(radix_tree_lookup(&t, indices[i]) == &t);
		radix_tree_replace(&t, indices[i], (void *)&indices[i]);
	}
	for (i = 0; i < ARRAY_SIZE(indices); i++)
		KTEST_EXPECT(radix_tree_lookup(&t, indices[i]) == &indices[i]);
	KTEST_EXPECT(!radix_tree_lookup(&t, 2) && !radix_tree_lookup(&t, 1UL << 31) &&
		     !radix_tree_delete(&t, 65));
	for (i = 0, index = 0; i < ARRAY_SIZE(indices); i++, index++) {
		KTEST_EXPECT(radix_tree_next(&t, &index) == &indices[i]);
		KTEST_EQ(index, indices[i]);
	}
	for (i = 0; i < ARRAY_SIZE(indices); i++)
		KTEST_EXPECT(radix_tree_delete(&t, indices[i]) == &indices[i]);
	index = 0;
	KTEST_EXPECT(!t.root && !radix_tree_next(&t, &index));
	rcu_barrier();
	KTEST_EQ(kmem_cache_nr_objects("radix_tree_node"), live);
}

/* No allocation of an insertion may fail without leaving the tree as it was. */
KTEST(test_radix_tree_nomem)
{
	struct radix_tree t = RADIX_TREE_INIT;
	unsigned long live;
	int err = -ENOMEM;

	rcu_barrier();
	live = kmem_cache_nr_objects("radix_tree_node");
	KTEST_EQ(radix_tree_insert(&t, 0, &t, GFP_KERNEL), 0);
	for (long n = 1; err && n < 100; n++) {
		current->fail_nth = (unsigned int)n;
		err = radix_tree_insert(&t, 1UL << 40, &live, GFP_KERNEL);
		current->fail_nth = 0;
		KTEST_EXPECT(radix_tree_lookup(&t, 0) == &t);
		if (err) {
			KTEST_EQ(err, -ENOMEM);
			KTEST_EXPECT(!radix_tree_lookup(&t, 1UL << 40));
		}
	}
	KTEST_EQ(err, 0);
	radix_tree_delete(&t, 1UL << 40);
	radix_tree_delete(&t, 0);
	KTEST_EXPECT(!t.root);
	rcu_barrier();
	KTEST_EQ(kmem_cache_nr_objects("radix_tree_node"), live);
}

KTEST(test_hash)
{
	unsigned int used[64] = {0}, empty = 0;

	for (unsigned long i = 0; i < 1024; i++)
		used[hash_long(i * PAGE_SIZE, 6)]++;
	for (int i = 0; i < 64; i++)
		empty += !used[i] || used[i] > 64;
	KTEST_EQ(empty, 0);
	KTEST_EXPECT(full_name_hash(NULL, "ab", 2) != full_name_hash(NULL, "ba", 2));
	KTEST_EXPECT(full_name_hash(NULL, "ab", 2) != full_name_hash(used, "ab", 2));
	KTEST_EQ(hash_bytes("abc", 3, 1), hash_bytes("abcd", 3, 1));
}

KTEST(test_math)
{
	KTEST_EQ(roundup_pow_of_two(1), 1);
	KTEST_EQ(roundup_pow_of_two(5), 8);
	KTEST_EQ(roundup_pow_of_two(8), 8);
	KTEST_EQ(ilog2(4095), 11);
	KTEST_EQ(fls(0), 0);
	KTEST_EQ(fls64(1ULL << 63), 64);
	KTEST_EQ(ffs(8), 4);
	KTEST_EQ(hweight_long(0xff00ff00ff00ff00UL), 32);
}
