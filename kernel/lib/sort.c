/* SPDX-License-Identifier: GPL-2.0-only */
/* Heap sort. */
#include "kernel/lib/lib.h"

static void swap_bytes(char *a, char *b, size_t n)
{
	while (n--)
		swap(a[n], b[n]);
}

/* Let the item at index `root` sink until no child is greater. */
static void sift_down(char *base, size_t root, size_t n, size_t size,
		      int (*cmp)(const void *, const void *))
{
	size_t child;

	while ((child = 2 * root + 1) < n) {
		if (child + 1 < n && cmp(base + child * size, base + (child + 1) * size) < 0)
			child++;
		if (cmp(base + root * size, base + child * size) >= 0)
			return;
		swap_bytes(base + root * size, base + child * size, size);
		root = child;
	}
}

void sort(void *base, size_t n, size_t size, int (*cmp)(const void *a, const void *b))
{
	for (size_t i = n / 2; i-- > 0;)
		sift_down(base, i, n, size, cmp);
	while (n > 1) {
		n--;
		swap_bytes(base, (char *)base + n * size, size);
		sift_down(base, 0, n, size, cmp);
	}
}
