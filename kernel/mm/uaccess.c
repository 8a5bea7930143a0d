/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between the kernel and programs. Those of the running program go through arch's copy
 * routines, which survive any address; those of other address spaces through their page tables and
 * the direct map.
 */
#include "kernel/mm/internal.h"
#include "kernel/sched/sched.h"

size_t copy_from_user(void *to, const void __user *from, size_t n)
{
	size_t left = n;

	lockdep_might_fault();
	kasan_check_write(to, n);
	if (likely(access_ok(from, n)))
		left = arch_copy_user(to, from, n);
	if (unlikely(left))
		memset((char *)to + (n - left), 0, left);
	return left;
}

size_t copy_to_user(void __user *to, const void *from, size_t n)
{
	lockdep_might_fault();
	kasan_check_read(from, n);
	return likely(access_ok(to, n)) ? arch_copy_user(to, from, n) : n;
}

size_t clear_user(void __user *to, size_t n)
{
	return access_ok(to, n) ? arch_clear_user(to, n) : n;
}

long strncpy_from_user(char *to, const char __user *from, size_t n)
{
	size_t room;
	long len;

	if (!access_ok(from, 1))
		return -EFAULT;
	room = min(n, USER_END - (unsigned long)from);
	kasan_check_write(to, n);
	len = arch_strncpy_from_user(to, from, room);
	/* It ran into the end of user space. */
	return len == (long)room && room < n ? -EFAULT : len;
}

long strnlen_user(const char __user *s, size_t n)
{
	char chunk[64];
	size_t done = 0;

	while (done <= n) {
		long len = strncpy_from_user(chunk, s + done, sizeof(chunk));

		if (len < 0)
			return 0;
		done += (size_t)len;
		if ((size_t)len < sizeof(chunk))
			return (long)done + 1;
	}
	return (long)n + 1;
}

/*
 * May a tracer write to this page, although the program may not? If it is the program's own: the area
 * is private and nobody shares the page. page_table_lock held.
 */
static bool may_force(pte_t pte)
{
	const struct page *page = phys_to_page(pte_phys(pte));

	return !(pte & PTE_SPECIAL) && !(page->flags & PG_FILE) && refcount_read(&page->refcount) == 1;
}

/* The page behind addr, referenced; NULL: not there yet, or not in a way that `flags` may use. */
static struct page *lookup_user_page(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	struct page *page = NULL;
	pte_t *pte;

	down_read(&mm->mmap_lock);
	spin_lock(&mm->page_table_lock);
	pte = pte_lookup(mm->pgd, addr);
	if (pte && (*pte & (flags & FAULT_FORCE ? PTE_PRESENT | PTE_PROTNONE : PTE_PRESENT)) &&
	    (!(flags & FAULT_WRITE) || (*pte & PTE_WRITE) ||
	     ((flags & FAULT_FORCE) && may_force(*pte)))) {
		page = phys_to_page(pte_phys(*pte));
		get_page(page);
	}
	spin_unlock(&mm->page_table_lock);
	up_read(&mm->mmap_lock);
	return page;
}

/* ERR_PTR(-EFAULT, -ENOMEM). */
static struct page *get_user_page(struct mm_struct *mm, unsigned long addr, unsigned int flags)
{
	for (;;) {
		struct page *page = lookup_user_page(mm, addr, flags);

		if (page)
			return page;
		switch (handle_mm_fault(mm, addr, flags)) {
		case FAULT_OK:
			break;
		case FAULT_NOMEM:
			return ERR_PTR(-ENOMEM);
		default:
			return ERR_PTR(-EFAULT);
		}
		if (fatal_signal_pending(current))
			return ERR_PTR(-EFAULT);
	}
}

ssize_t access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len,
			  unsigned int flags)
{
	size_t done = 0;

	if (!access_ok((void __user *)addr, len))
		return -EFAULT;
	while (done < len) {
		size_t offset = (addr + done) & ~PAGE_MASK, n = min(PAGE_SIZE - offset, len - done);
		struct page *page = get_user_page(mm, addr + done, flags);
		char *at;

		if (IS_ERR(page))
			return done ? (ssize_t)done : PTR_ERR(page);
		at = (char *)page_address(page) + offset;
		if (flags & FAULT_WRITE)
			memcpy(at, (char *)buf + done, n);
		else
			memcpy((char *)buf + done, at, n);
		put_page(page);
		done += n;
	}
	return (ssize_t)done;
}
