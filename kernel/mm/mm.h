/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory: pages, slabs, address spaces, user copies. The public header of kernel/mm/.
 *
 *   page_alloc.c  buddy allocator per node, per-CPU page lists
 *   slab.c        kmem_cache, kmalloc, with per-CPU free lists
 *   memblock.c    boot-time ranges, before the buddy, and how it comes by its pages (mm_init())
 *   vmalloc.c     kernel stacks with guard pages
 *   mm.c vma.c mmap.c mprotect.c mremap.c mlock.c   address spaces and what they consist of
 *   pagetable.c   copying and clearing ranges of page table entries
 *   fault.c       demand zero, copy-on-write, file pages
 *   filemap.c     the page cache (struct address_space); shmem.c: shared anonymous memory
 *   migrate.c     pages of an address space from some nodes to others
 *   uaccess.c     copy_from_user and friends, access_process_vm
 *   charge.c      who pays for pages: groups of tasks with limits (kernel/mm/charge.h)
 *   meminfo.c     what /proc says about all this
 */
#pragma once

#include "kernel/lib/lib.h"
#include "arch/x86_64/arch.h"
#include "kernel/sync/sync.h"

struct task_struct;
struct file;
struct inode;
struct seq_file;
struct vm_area_struct;
struct kmem_cache;
struct address_space;
struct mem_group;

typedef struct {
	unsigned long bits;
} nodemask_t;
#define NODE_MASK_ALL ((nodemask_t){~0UL})

/* ---- pages ---- */
#define GFP_ATOMIC  0x0		/* may not sleep; may use the reserve */
#define GFP_KERNEL  0x1		/* may sleep */
#define __GFP_ZERO  0x2
#define __GFP_NOFAIL_INJECT 0x4	/* fault injection (task_struct.fail_nth) does not count it */
/* Page for a program: from current's mems_allowed and from nowhere else. */
#define GFP_USER    (GFP_KERNEL | 0x8)
#define __GFP_NOWARN 0x10
#define __GFP_THISNODE 0x20		/* from the node that is named, or not at all */
typedef unsigned int gfp_t;
#define MAX_ORDER 11		/* blocks of 2^0 … 2^10 pages */

/*
 * One for each page frame of RAM. Free pages: the node's lock. Allocated pages: the owner's rules;
 * the count is atomic. A page of a program that is not in a page cache (mapping NULL) belongs to
 * those page table entries that map it, one reference each: with a count of 1 a writer may have it
 * for itself.
 */
struct page {
	unsigned int flags;		/* bits PG_*; the owner */
	u8 order;			/* of a free block's, a slab's or a large kmalloc's pages; else 0 */
	u8 node;			/* immutable after boot */
	/* Slab: objects that are not on its free list; the cache's lock. */
	u16 inuse;
	refcount_t refcount;		/* 0: free */
	union {
		struct {
			struct list_head lru;		/* free list, or the owner's list */
			struct address_space *mapping;	/* page cache only; mapping->lock */
			/* Page offset in the mapping, or free for the owner. */
			unsigned long index;
		};
		struct {			/* PG_SLAB; the cache's lock */
			struct list_head slab_list;
			/* All pages of the slab; immutable while it is one. */
			struct kmem_cache *slab_cache;
			void *freelist;
		};
	};
	struct mem_group *charge;	/* PG_CHARGED: who pays for it (charge.h); the owner */
#ifdef CONFIG_KASAN
	/* Of the head of a block: who allocated it and who freed it last; the owner. */
	struct kasan_track alloc_track, free_track;
#endif
};
#define PG_SLAB	    (1U << 0)
/* Was taken at boot (kernel image, archive): joins the buddy when its count drops to 0. */
#define PG_RESERVED (1U << 1)
#define PG_FILE	    (1U << 2)	/* is or was in a page cache */
#define PG_SHMEM    (1U << 6)	/* with PG_FILE: of shared anonymous memory, not of a file */
#define PG_BUDDY    (1U << 3)	/* head of a free block */
#define PG_LARGE    (1U << 4)	/* head of a kmalloc() of whole pages */
#define PG_CHARGED  (1U << 5)	/* somebody pays for it; bits from PG_KIND_SHIFT up say for what */

extern struct page *mem_map;		/* indexed by page frame number */
extern unsigned long max_pfn;
#define page_to_pfn(p)	((unsigned long)((p) - mem_map))
#define pfn_to_page(n)	(mem_map + (n))
#define page_to_phys(p) ((phys_addr_t)page_to_pfn(p) << PAGE_SHIFT)
#define phys_to_page(a) pfn_to_page((a) >> PAGE_SHIFT)
#define page_address(p) __va(page_to_phys(p))
#define virt_to_page(v) phys_to_page(__pa(v))

struct page *alloc_pages_node(int node, gfp_t gfp, unsigned int order);	/* node -1: this CPU's */
/* NULL: none. GFP_KERNEL may sleep. */
struct page *alloc_pages(gfp_t gfp, unsigned int order);
#define alloc_page(gfp) alloc_pages(gfp, 0)
/*
 * The owner of a block lets go of it. A lookup in a page cache may refer to its first page for a
 * moment still (find_get_page(), of a page that was a file's before): then that one frees all of it.
 * Any context but NMI.
 */
void __free_pages(struct page *page, unsigned int order);
void *get_free_page(gfp_t gfp);		/* direct-map address */
void free_page(void *addr);
static inline void get_page(struct page *page)
{
	refcount_inc(&page->refcount);
}
void free_page_last(struct page *page);		/* put_page()'s slow half */
/* Frees at 0. Any context but NMI. */
static inline void put_page(struct page *page)
{
	if (refcount_dec_and_test(&page->refcount))
		free_page_last(page);
}
/*
 * The boot-time owner of a page (boot image, archive) lets go of it: to the buddy, unless somebody
 * else still refers to it.
 */
#define free_reserved_page(page) put_page(page)
unsigned long nr_free_pages(void);
unsigned long node_free_pages(unsigned int node);	/* without what CPUs keep for themselves */
bool pages_available(void);		/* would current get a page for itself now? */
nodemask_t nodes_with_memory(void);	/* immutable after boot */
unsigned long total_ram_pages(void);

void memblock_add(phys_addr_t start, phys_addr_t end);
void memblock_reserve(phys_addr_t start, phys_addr_t end);
/* Zeroed; boot only; panics with how much there is and was asked. */
void *memblock_alloc(size_t size, size_t align);
void mm_init(void);			/* buddy and slab from memblock's ranges; boot CPU */
/* Per-CPU parts of all CPUs, after smp_boot() sized nr_cpus. */
void mm_init_late(void);

/* ---- slab ---- */
struct kmem_cache *kmem_cache_create(const char *name, size_t size, size_t align,
				     void (*ctor)(void *));
void kmem_cache_destroy(struct kmem_cache *c);
void *kmem_cache_alloc(struct kmem_cache *c, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *c, void *obj);	/* any context but NMI */
void *kmalloc(size_t size, gfp_t gfp);			/* any size up to 4 MiB */
void *kzalloc(size_t size, gfp_t gfp);
void *kcalloc(size_t n, size_t size, gfp_t gfp);
void *krealloc(void *p, size_t size, gfp_t gfp);
void kfree(const void *p);				/* NULL is fine */
char *kstrdup(const char *s, gfp_t gfp);
char *kstrndup(const char *s, size_t n, gfp_t gfp);
void *kmemdup(const void *p, size_t n, gfp_t gfp);
char *kasprintf(gfp_t gfp, const char *fmt, ...) __printf(2, 3);
/* Live objects, for tests and /proc/slabinfo. */
unsigned long kmem_cache_nr_objects(const char *name);

void *vmalloc(size_t size);		/* zeroed; may sleep */
void vfree(void *p);			/* may sleep */
#define STACK_PAGES ((long)(THREAD_SIZE / PAGE_SIZE))
/* THREAD_SIZE, guard page below; cached per CPU; may sleep. */
void *alloc_kernel_stack(void);
void free_kernel_stack(void *stack);	/* any context but NMI */

/* ---- page cache ---- */
/* The pages of one file. Lookups are under RCU with get-unless-zero; changes under `lock`. */
struct address_space {
	struct inode *host;			/* immutable */
	spinlock_t lock;			/* pages, nrpages, i_mmap */
	struct radix_tree pages;		/* index → struct page, each holding a reference */
	unsigned long nrpages;
	struct list_head i_mmap;		/* vm_area_struct.shared: for truncation */
	const struct address_space_operations *ops;
};
struct address_space_operations {
	/*
	 * Make the page at `index` exist and be filled, referenced; ERR_PTR(-EIO, -ENOMEM). May
	 * sleep.
	 */
	struct page *(*read_page)(struct address_space *mapping, unsigned long index);
};
void address_space_init(struct address_space *m, struct inode *host,
			const struct address_space_operations *ops);
/* Referenced or NULL. */
struct page *find_get_page(struct address_space *m, unsigned long index);
/* Find or make (zeroed) the page; ERR_PTR(-ENOMEM). May sleep. */
struct page *find_or_create_page(struct address_space *m, unsigned long index, gfp_t gfp);
/* Hand a ready page over to the cache (its reference goes to the cache). -EEXIST, -ENOMEM. */
int add_to_page_cache(struct address_space *m, struct page *page, unsigned long index);
unsigned long nr_pagecache_pages(void);
/*
 * How many cpusets want the pages of their files spread over nodes; while there are none,
 * cpuset_spread_node() is not asked. container_mutex to write.
 */
extern unsigned int page_spreaders;
/* Drop pages from `start` (page index) on, after unmapping them from every program. May sleep. */
void truncate_pagecache(struct address_space *m, unsigned long start);
/* Drop the pages [start, end), also from the programs that map them; private copies stay theirs. May sleep. */
void punch_pagecache(struct address_space *m, unsigned long start, unsigned long end);
/*
 * Take back what find_or_create_page() made at index, unless somebody has it mapped, is looking at it, or has written to it: without
 * the page the file reads as before.
 */
void drop_unused_page(struct address_space *m, unsigned long index);
/* How many of the pages [start, end) there are, at about one moment. */
unsigned long pages_in_cache(struct address_space *m, unsigned long start, unsigned long end);

/* ---- address spaces ---- */
#define VM_READ	      0x0001
#define VM_WRITE      0x0002
#define VM_EXEC	      0x0004
#define VM_SHARED     0x0008
#define VM_MAYREAD    0x0010
#define VM_MAYWRITE   0x0020
#define VM_MAYEXEC    0x0040
#define VM_GROWSDOWN  0x0100
#define VM_DONTCOPY   0x0200
#define VM_LOCKED     0x0400
#define VM_LOCKONFAULT 0x1000	/* with VM_LOCKED: pages come when they are touched */
#define VM_LOCKED_MASK (VM_LOCKED | VM_LOCKONFAULT)
/* Has pages of its own, which fork must copy; set by faults, never cleared. */
#define VM_PRIVATE_PAGES 0x0800
struct vm_operations_struct {
	/* A copy of the area was made: fork, split. NULL: nothing to do. */
	void (*open)(struct vm_area_struct *vma);
	void (*close)(struct vm_area_struct *vma);	/* the area goes. NULL: nothing to do */
	/*
	 * The page for a fault at page offset `pgoff` of the file, referenced; ERR_PTR(-EFAULT →
	 * SIGBUS, -ENOMEM). mmap_lock held for reading.
	 */
	struct page *(*fault)(struct vm_area_struct *vma, unsigned long pgoff);
};
/*
 * [vm_start, vm_end) with one set of rights. mm->mmap_lock for writing to change, for reading to
 * read.
 */
struct vm_area_struct {
	struct rb_node vm_rb;
	struct list_head vm_list;	/* in address order */
	unsigned long vm_start, vm_end;
	struct mm_struct *vm_mm;
	unsigned long vm_flags;
	unsigned long vm_pgoff;		/* of vm_start in the file, pages */
	struct file *vm_file;		/* referenced; NULL: anonymous */
	const struct vm_operations_struct *vm_ops;	/* NULL: anonymous or plain page cache */
	void *vm_private;		/* vm_ops' */
	struct list_head shared;	/* mapping->i_mmap; mapping->lock */
};
struct mm_struct {
	refcount_t mm_users;		/* tasks and borrowers; at 0 the mappings go */
	refcount_t mm_count;		/* + lazy users (kernel threads); at 0 the struct goes */
	pgd_t *pgd;			/* immutable */
	spinlock_t page_table_lock;	/* user entries of pgd, rss counters */
	struct rw_semaphore mmap_lock;	/* vmas, brk, flags */
	struct rb_root mm_rb;		/* mmap_lock */
	struct list_head mmap;		/* mmap_lock */
	/* find_vma()'s last answer; a hint, mmap_lock for reading to set. */
	struct vm_area_struct *mmap_cache;
	/* Addresses are given out downward from here; set by exec. */
	unsigned long mmap_base;
	unsigned long free_top;		/* the search begins here: above it no hole was found … */
	unsigned long hole_skipped;	/* … larger than this, bytes; mmap_lock */
	unsigned int map_count;		/* mmap_lock */
	/* Pages in all, locked, and private ones that may be written (RLIMIT_DATA); mmap_lock. */
	unsigned long total_vm, locked_vm, data_vm;
	unsigned long def_flags;	/* VM_LOCKED_MASK for new areas, by MCL_FUTURE; mmap_lock */
	/* mmap_lock */
	unsigned long start_brk, brk, start_stack, start_code, end_code, start_data, end_data;
	unsigned long arg_start, arg_end, env_start, env_end;	/* mmap_lock */
	long rss_anon, rss_file;	/* pages; page_table_lock to write, others peek */
	long rss_shmem;			/* of rss_file: shared anonymous memory; the same */
	DECLARE_BITMAP(cpumask, NR_CPUS);	/* CPUs that may hold translations; atomic bits */
	struct file *exe_file;		/* referenced; mmap_lock */
	/*
	 * The program's own user may look into it: no set-ID program, nor one that may not be read,
	 * nor one that has changed its identity. Its tasks write; read plainly.
	 */
	bool dumpable;
	bool membarrier;		/* has said that it will use membarrier(2)'s private command; set once, plainly */
	u64 auxv[48];			/* as put on the stack; set by exec */
};
#define MAX_MAP_COUNT 65530

struct mm_struct *mm_alloc(void);		/* empty; NULL: no memory */
/* Fork: copy-on-write copy of current's; NULL: no memory. May sleep. */
struct mm_struct *mm_dup(struct mm_struct *old);
/* p's address space, with a reference on its users; NULL: it has none (any more). */
struct mm_struct *get_task_mm(struct task_struct *p);
bool task_dumpable(struct task_struct *p);	/* p's mm's `dumpable`; true: it has none */
void mmput(struct mm_struct *mm);		/* mm_users; may sleep */
void mmdrop(struct mm_struct *mm);		/* mm_count */
/* Scheduler: load next's tables, keep cpumasks right; irqs off. */
void mm_activate(struct mm_struct *prev, struct mm_struct *next, unsigned int cpu);

/* First with vm_end > addr; mmap_lock. */
struct vm_area_struct *find_vma(struct mm_struct *mm, unsigned long addr);
/* Files whose pages are in a page cache, and shared anonymous objects; NULL: anonymous. */
struct address_space *vma_mapping(const struct vm_area_struct *vma);
/*
 * mmap for current (do_mmap) or another mm that is being built (exec). Lengths in bytes,
 * page-aligned file offset. prot/flags are mmap(2)'s. Returns the address or -errno. Takes
 * mmap_lock for writing. May sleep.
 */
long do_mmap(struct mm_struct *mm, struct file *file, unsigned long addr, unsigned long len,
	     int prot, int flags, u64 offset);
int do_munmap(struct mm_struct *mm, unsigned long addr, unsigned long len);
int do_mprotect(struct mm_struct *mm, unsigned long addr, unsigned long len, int prot);
long do_madvise(struct mm_struct *mm, unsigned long addr, unsigned long len, int advice);
/* mlock2(2), flags 0 or MLOCK_ONFAULT: any address and length; -EINVAL, -ENOMEM, -EPERM, -EINTR */
int do_mlock(struct mm_struct *mm, unsigned long start, unsigned long len, int flags);
int do_munlock(struct mm_struct *mm, unsigned long start, unsigned long len);
int do_mlockall(struct mm_struct *mm, int flags);		/* MCL_*, checked */
int do_munlockall(struct mm_struct *mm);
long do_mremap(struct mm_struct *mm, unsigned long addr, unsigned long old_len,
	       unsigned long new_len, int flags, unsigned long new_addr);
unsigned long do_brk(struct mm_struct *mm, unsigned long brk);	/* brk(2)'s answer */
/* A growing stack of `size` bytes limit ending at `top`, for exec. */
int mm_setup_stack(struct mm_struct *mm, unsigned long top, unsigned long limit);

#define FAULT_WRITE 1
#define FAULT_USER  2
#define FAULT_EXEC  4
/* A tracer's: reads what may be made readable; writes to a private area go to a copy, even where the program may not write. */
#define FAULT_FORCE 8
/* What handle_mm_fault found. */
enum fault_result {
	FAULT_OK,
	FAULT_NOMEM,		/* → OOM kill */
	FAULT_MAPERR,		/* SIGSEGV, SEGV_MAPERR */
	FAULT_ACCERR,		/* SIGSEGV, SEGV_ACCERR */
	FAULT_SIGBUS,		/* beyond the file's end */
};
/* Takes mmap_lock for reading; may sleep. */
enum fault_result handle_mm_fault(struct mm_struct *mm, unsigned long addr, unsigned int flags);
/*
 * Read or (with FAULT_WRITE, maybe FAULT_FORCE) write another or a not yet active address space:
 * pages are faulted in. Bytes done, or -EFAULT/-ENOMEM if none. May sleep.
 */
ssize_t access_process_vm(struct mm_struct *mm, unsigned long addr, void *buf, size_t len,
			  unsigned int flags);

/*
 * Move mm's pages on nodes of `from` to nodes of `to` (neither is empty), as far as possible: see
 * migrate.c. Takes mmap_lock for writing; may sleep.
 */
void migrate_pages(struct mm_struct *mm, nodemask_t from, nodemask_t to);

/* Text of /proc/PID/maps and numa_maps; takes mmap_lock for reading. 0, -EINTR. */
int mm_show_maps(struct seq_file *m, struct mm_struct *mm);
int mm_show_numa_maps(struct seq_file *m, struct mm_struct *mm);
/* Text of /proc/meminfo and /proc/slabinfo. */
void mm_meminfo(struct seq_file *m);
void mm_slabinfo(struct seq_file *m);
void mm_show_nodes(struct seq_file *m);	/* pages of each node. Any context but NMI. */

/*
 * Between these, a page fault of the kernel on user memory fails at once (the copy reports it)
 * instead of sleeping: for copies with a spinlock held. They nest.
 */
DECLARE_PER_CPU(unsigned int, pagefault_disabled);
static inline void pagefault_disable(void)
{
	this_cpu_inc(pagefault_disabled);
	barrier();
}
static inline void pagefault_enable(void)
{
	barrier();
	this_cpu_dec(pagefault_disabled);
}

/* ---- user copies: 0 or -EFAULT unless said otherwise. May sleep (page faults). ---- */
static inline bool access_ok(const void __user *p, size_t n)
{
	return (unsigned long)p <= USER_END && n <= USER_END - (unsigned long)p;
}
/* Bytes NOT copied; the rest is zeroed. */
size_t copy_from_user(void *to, const void __user *from, size_t n) __must_check;
/* Bytes NOT copied. */
size_t copy_to_user(void __user *to, const void *from, size_t n) __must_check;
/* Bytes NOT cleared. */
size_t clear_user(void __user *to, size_t n) __must_check;
/* Length, n if too long, -EFAULT. */
long strncpy_from_user(char *to, const char __user *from, size_t n) __must_check;
/* With NUL; 0: fault; > n: too long. */
long strnlen_user(const char __user *s, size_t n);
#define get_user(x, ptr)                                                                           \
	({                                                                                         \
		__typeof__(*(ptr)) gu_val;                                                         \
		int gu_err = copy_from_user(&gu_val, (ptr), sizeof(gu_val)) ? -EFAULT : 0;         \
		(x) = gu_val;                                                                      \
		gu_err;                                                                            \
	})
#define put_user(x, ptr)                                                                           \
	({                                                                                         \
		__typeof__(*(ptr)) pu_val = (x);                                                   \
		copy_to_user((ptr), &pu_val, sizeof(pu_val)) ? -EFAULT : 0;                        \
	})
void *memdup_user(const void __user *p, size_t n);		/* kmalloc'ed copy or ERR_PTR */
char *strndup_user(const char __user *s, size_t max);		/* ERR_PTR(-EINVAL) if longer */

/* ---- upcalls ---- */
/* kernel/sched: nodes that a GFP_USER page may come from, and where the kernel's own are sought first. */
nodemask_t current_mems_allowed(void);
/*
 * containers/controllers/cpuset.c: nodes that the kernel may use on behalf of current when those are
 * full (without cpusets: all); current has to reclaim; the node for a page that current adds to a
 * file, -1: any.
 */
nodemask_t cpuset_kernel_mems(void);
void cpuset_note_reclaim(void);
int cpuset_spread_node(void);
/*
 * kernel/task/oom.c: nothing is left; pick and kill something. Returns true if waiting makes sense.
 */
bool out_of_memory(gfp_t gfp, unsigned int order);
