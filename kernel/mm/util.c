/* SPDX-License-Identifier: GPL-2.0-only */
/* Small helpers on top of kmalloc. All may return NULL, or what their comment in mm.h says. */
#include "kernel/mm/internal.h"

void *kzalloc(size_t size, gfp_t gfp)
{
	void *p = kmalloc(size, gfp & ~__GFP_ZERO);

	return p ? memset(p, 0, size) : NULL;
}

void *kcalloc(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	return __builtin_mul_overflow(n, size, &bytes) ? NULL : kzalloc(bytes, gfp);
}

void *kmemdup(const void *p, size_t n, gfp_t gfp)
{
	void *copy = kmalloc(n, gfp);

	return copy ? memcpy(copy, p, n) : NULL;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	return s ? kmemdup(s, strlen(s) + 1, gfp) : NULL;
}

char *kstrndup(const char *s, size_t n, gfp_t gfp)
{
	char *copy;

	n = strnlen(s, n);
	copy = kmalloc(n + 1, gfp);
	if (copy) {
		memcpy(copy, s, n);
		copy[n] = '\0';
	}
	return copy;
}

char *kasprintf(gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	s = kmalloc((size_t)len + 1, gfp);
	if (s) {
		va_start(ap, fmt);
		vsnprintf(s, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	return s;
}

void *memdup_user(const void __user *p, size_t n)
{
	void *copy = kmalloc(n, GFP_KERNEL);

	if (!copy)
		return ERR_PTR(-ENOMEM);
	if (copy_from_user(copy, p, n)) {
		kfree(copy);
		return ERR_PTR(-EFAULT);
	}
	return copy;
}

char *strndup_user(const char __user *s, size_t max)
{
	long len = strnlen_user(s, max);
	char *copy;

	if (!len)
		return ERR_PTR(-EFAULT);
	if ((size_t)len > max)
		return ERR_PTR(-EINVAL);
	copy = memdup_user(s, (size_t)len);
	if (!IS_ERR(copy))
		copy[len - 1] = '\0';	/* it may have been changed meanwhile */
	return copy;
}
