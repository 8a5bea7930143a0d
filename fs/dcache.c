// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dentry cache: names, hashed by (parent, name), and the tree they form.
 *
 * Promises: a lookup takes no global lock and never returns a dentry that is about to be freed; it
 * never misses a name because of a rename elsewhere (it retries under rename_lock's count).
 *
 * A dentry whose d_count has reached 0 is dying: nobody can raise it again (lookups use
 * inc-not-zero), so the one who lowered it takes it apart. Its memory goes after a grace period,
 * because lookups may still compare its name.
 *
 * Locks: d_hash chains: the bucket's lock; d_name, d_parent: rename_lock for writing and d_lock;
 * d_subdirs: the parent's d_lock. Order: rename_lock, d_lock, bucket lock.
 *
 * Start with d_lookup() and dput(); paths as text are in d_path.c.
 */
#include "fs/internal.h"

#define HASH_LOCKS 64

/* A name too long for d_iname. Shared by reference when a rename hands it on. */
struct external_name {
	refcount_t count;
	struct rcu_head rcu;
	char text[];
};

DEFINE_SEQLOCK(rename_lock);
static struct hlist_head *dentry_hashtable;
static unsigned int d_hash_mask;
static spinlock_t hash_locks[HASH_LOCKS] = {[0 ... HASH_LOCKS - 1] = __SPIN_LOCK_UNLOCKED(hash_locks)};
static struct kmem_cache *dentry_cache;
static atomic_long_t dentry_count;

void dcache_init(void)
{
	unsigned long want = roundup_pow_of_two(clamp(total_ram_pages() / 4, 256UL, 262144UL));

	dentry_cache = kmem_cache_create("dentry", sizeof(struct dentry), 8, NULL);
	dentry_hashtable = kcalloc(want, sizeof(*dentry_hashtable), GFP_KERNEL);
	if (!dentry_cache || !dentry_hashtable)
		panic("no memory for the dentry cache");
	d_hash_mask = want - 1;
}

unsigned long nr_dentries(void)
{
	return (unsigned long)atomic_long_read(&dentry_count);
}

static struct external_name *external_name(const struct dentry *dentry)
{
	return dentry->d_name.name == dentry->d_iname
		       ? NULL
		       : container_of((char *)dentry->d_name.name, struct external_name, text[0]);
}

static void put_external_name(struct external_name *name)
{
	if (name && refcount_dec_and_test(&name->count))
		kfree_rcu(name, rcu);
}

/* ---- making ---- */

static struct dentry *d_alloc_bare(struct super_block *sb, const struct qstr *name)
{
	struct dentry *dentry = kmem_cache_alloc(dentry_cache, GFP_KERNEL);
	char *text;

	if (!dentry)
		return NULL;
	memset(dentry, 0, offsetof(struct dentry, d_iname));
	text = dentry->d_iname;
	if (name->len >= DNAME_INLINE) {
		struct external_name *ext = kmalloc(sizeof(*ext) + name->len + 1, GFP_KERNEL);

		if (!ext) {
			kmem_cache_free(dentry_cache, dentry);
			return NULL;
		}
		refcount_set(&ext->count, 1);
		text = ext->text;
	}
	memcpy(text, name->name, name->len);
	text[name->len] = 0;
	dentry->d_name.name = text;
	dentry->d_name.len = name->len;
	dentry->d_name.hash = name->hash;
	dentry->d_flags = DCACHE_UNHASHED;
	dentry->d_sb = sb;
	dentry->d_parent = dentry;
	dentry->d_next_off = 2;
	atomic_set(&dentry->d_count, 1);
	spin_lock_init(&dentry->d_lock);
	INIT_HLIST_NODE(&dentry->d_hash);
	INIT_LIST_HEAD(&dentry->d_child);
	INIT_LIST_HEAD(&dentry->d_subdirs);
	atomic_long_inc(&dentry_count);
	return dentry;
}

struct dentry *d_alloc(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = d_alloc_bare(parent->d_sb, name);

	if (!dentry)
		return NULL;
	dentry->d_parent = dget(parent);
	spin_lock(&parent->d_lock);
	dentry->d_off = parent->d_next_off++;
	list_add_tail(&dentry->d_child, &parent->d_subdirs);
	spin_unlock(&parent->d_lock);
	return dentry;
}

struct dentry *d_alloc_name(struct dentry *parent, const char *name)
{
	struct qstr q = {.name = name, .len = strlen(name)};

	q.hash = full_name_hash(parent, q.name, q.len);
	return d_alloc(parent, &q);
}

struct dentry *d_alloc_root(struct inode *root)
{
	static const struct qstr slash = {.name = "/", .len = 1};
	struct dentry *dentry;

	if (!root)
		return NULL;
	dentry = d_alloc_bare(root->i_sb, &slash);
	if (!dentry) {
		iput(root);
		return NULL;
	}
	dentry->d_inode = root;
	return dentry;
}

struct dentry *d_alloc_anon(const char *name)
{
	struct qstr q = {.name = name, .len = strlen(name)};

	return d_alloc_bare(NULL, &q);
}

/* ---- hashing ---- */

static struct hlist_head *d_bucket(u32 hash)
{
	return &dentry_hashtable[hash & d_hash_mask];
}

static spinlock_t *d_bucket_lock(u32 hash)
{
	return &hash_locks[hash & d_hash_mask & (HASH_LOCKS - 1)];
}

/* d_lock held. */
static void __d_rehash(struct dentry *dentry)
{
	spinlock_t *lock = d_bucket_lock(dentry->d_name.hash);

	dentry->d_flags &= ~DCACHE_UNHASHED;
	spin_lock(lock);
	hlist_add_head_rcu(&dentry->d_hash, d_bucket(dentry->d_name.hash));
	spin_unlock(lock);
}

/* d_lock held, or the dentry is dying. */
static void __d_drop(struct dentry *dentry)
{
	spinlock_t *lock = d_bucket_lock(dentry->d_name.hash);

	if (dentry->d_flags & DCACHE_UNHASHED)
		return;
	dentry->d_flags |= DCACHE_UNHASHED;
	spin_lock(lock);
	hlist_del_init_rcu(&dentry->d_hash);
	spin_unlock(lock);
}

void d_drop(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
}

void d_instantiate(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dentry->d_lock);
	BUG_ON(dentry->d_inode);
	smp_store_release(&dentry->d_inode, inode);
	spin_unlock(&dentry->d_lock);
}

void d_add(struct dentry *dentry, struct inode *inode)
{
	spin_lock(&dentry->d_lock);
	dentry->d_inode = inode;
	if (dentry->d_flags & DCACHE_UNHASHED)
		__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);
}

bool d_unlinked(const struct dentry *dentry)
{
	return (READ_ONCE(dentry->d_flags) & DCACHE_UNHASHED) && !d_is_root(dentry);
}

/* ---- references ---- */

struct dentry *dget(struct dentry *dentry)
{
	if (dentry)
		atomic_inc(&dentry->d_count);
	return dentry;
}

struct dentry *dget_parent(struct dentry *dentry)
{
	struct dentry *parent;

	spin_lock(&dentry->d_lock);
	parent = dget(dentry->d_parent);
	spin_unlock(&dentry->d_lock);
	return parent;
}

static void dentry_free_rcu(struct rcu_head *head)
{
	struct dentry *dentry = container_of(head, struct dentry, d_rcu);

	put_external_name(external_name(dentry));
	kmem_cache_free(dentry_cache, dentry);
	atomic_long_dec(&dentry_count);
}

/*
 * The count is 0: nobody else will come. Returns the parent, whose reference this one held, or
 * NULL.
 */
static struct dentry *dentry_kill(struct dentry *dentry)
{
	struct dentry *parent = dentry->d_parent;

	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	if (parent != dentry) {
		spin_lock(&parent->d_lock);
		list_del(&dentry->d_child);
		spin_unlock(&parent->d_lock);
	} else {
		parent = NULL;
	}
	if (dentry->d_op && dentry->d_op->d_release)
		dentry->d_op->d_release(dentry);
	if (dentry->d_inode)
		iput(dentry->d_inode);
	call_rcu(&dentry->d_rcu, dentry_free_rcu);
	return parent;
}

/* Take it apart, and the parents that nothing else held. */
static noinline void dentry_kill_chain(struct dentry *dentry)
{
	do {
		dentry = dentry_kill(dentry);
	} while (dentry && atomic_dec_and_test(&dentry->d_count));
}

void dput(struct dentry *dentry)
{
	if (dentry && unlikely(atomic_dec_and_test(&dentry->d_count)))
		dentry_kill_chain(dentry);
}

void d_pin(struct dentry *dentry)
{
	spin_lock(&dentry->d_lock);
	if (!(dentry->d_flags & DCACHE_PINNED)) {
		dentry->d_flags |= DCACHE_PINNED;
		dget(dentry);
	}
	spin_unlock(&dentry->d_lock);
}

static __always_inline void unpin(struct dentry *dentry, bool drop)
{
	bool pinned;

	spin_lock(&dentry->d_lock);
	if (drop)
		__d_drop(dentry);
	pinned = dentry->d_flags & DCACHE_PINNED;
	dentry->d_flags &= ~DCACHE_PINNED;
	spin_unlock(&dentry->d_lock);
	if (pinned)
		dput(dentry);
}

void d_unpin(struct dentry *dentry)
{
	unpin(dentry, false);
}

void d_delete_pinned(struct dentry *dentry)
{
	unpin(dentry, true);
}

bool d_drop_unused(struct dentry *dentry)
{
	bool unused;

	spin_lock(&dentry->d_lock);
	/* Lookups take a reference under d_lock, and not of what is unhashed. */
	unused = atomic_read(&dentry->d_count) == 2 && dentry->d_flags & DCACHE_PINNED;
	if (unused)
		__d_drop(dentry);
	spin_unlock(&dentry->d_lock);
	return unused;
}

struct dentry *d_find_child(struct dentry *dir, bool (*match)(const struct dentry *, const void *),
			    const void *arg)
{
	struct dentry *child, *found = NULL;

	spin_lock(&dir->d_lock);
	list_for_each_entry(child, &dir->d_subdirs, d_child) {
		if (match(child, arg) && atomic_inc_not_zero(&child->d_count)) {
			found = child;
			break;
		}
	}
	spin_unlock(&dir->d_lock);
	return found;
}

/*
 * The deepest first child below root that still has a pin to lose; NULL: none. Nobody else uses the
 * tree any more.
 */
static struct dentry *next_to_shrink(struct dentry *root)
{
	struct dentry *dentry = root, *child, *next;

	for (;;) {
		next = NULL;
		list_for_each_entry(child, &dentry->d_subdirs, d_child) {
			if (child->d_flags & DCACHE_PINNED || !list_empty(&child->d_subdirs)) {
				next = child;
				break;
			}
		}
		if (!next)
			return dentry != root ? dentry : NULL;
		dentry = next;
	}
}

void shrink_dcache_tree(struct dentry *root)
{
	struct dentry *dentry;

	while ((dentry = next_to_shrink(root)))
		if (WARN_ON(!(dentry->d_flags & DCACHE_PINNED)))
			return;		/* somebody still holds a name: leak it rather than loop */
		else
			d_delete_pinned(dentry);
	WARN_ON(!list_empty(&root->d_subdirs));
	d_delete_pinned(root);
}

/* ---- lookup ---- */

/* memcmp() is a call and goes byte by byte: most names fit into two words. */
static inline bool same_text(const char *a, const char *b, u32 len)
{
	u64 x, y;

	for (; len >= sizeof(x); len -= sizeof(x), a += sizeof(x), b += sizeof(x)) {
		__builtin_memcpy(&x, a, sizeof(x));
		__builtin_memcpy(&y, b, sizeof(y));
		if (x != y)
			return false;
	}
	for (; len; len--)
		if (*a++ != *b++)
			return false;
	return true;
}

/* d_lock held: is this live dentry the one that is looked for? */
static bool d_matches(const struct dentry *dentry, const struct dentry *parent,
		      const struct qstr *name)
{
	return dentry->d_parent == parent && !(dentry->d_flags & DCACHE_UNHASHED) &&
	       dentry->d_name.len == name->len &&
	       same_text(dentry->d_name.name, name->name, name->len);
}

static struct dentry *__d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry, *found = NULL;

	rcu_read_lock();
	hlist_for_each_entry_rcu(dentry, d_bucket(name->hash), d_hash) {
		if (READ_ONCE(dentry->d_name.hash) != name->hash ||
		    READ_ONCE(dentry->d_parent) != parent)
			continue;
		spin_lock(&dentry->d_lock);
		if (d_matches(dentry, parent, name) && atomic_inc_not_zero(&dentry->d_count))
			found = dentry;
		spin_unlock(&dentry->d_lock);
		if (found)
			break;
	}
	rcu_read_unlock();
	return found;
}

struct dentry *d_lookup(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry;
	unsigned int seq;

	do {
		seq = read_seqbegin(&rename_lock);
		dentry = __d_lookup(parent, name);
	} while (!dentry && read_seqretry(&rename_lock, seq));
	return dentry;
}

struct dentry *d_lookup_valid(struct dentry *parent, const struct qstr *name)
{
	struct dentry *dentry = d_lookup(parent, name);

	if (dentry && unlikely(dentry->d_op && dentry->d_op->d_revalidate) &&
	    !dentry->d_op->d_revalidate(dentry)) {
		d_drop(dentry);
		dput(dentry);
		return NULL;
	}
	return dentry;
}

struct dentry *lookup_hash(struct dentry *parent, const struct qstr *name)
{
	struct inode *dir = parent->d_inode;
	struct dentry *dentry = d_lookup_valid(parent, name);
	int err;

	if (dentry)
		return dentry;
	if (d_unlinked(parent))
		return ERR_PTR(-ENOENT);
	dentry = d_alloc(parent, name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	if (dir->i_op->lookup) {
		err = dir->i_op->lookup(dir, dentry);
		if (err) {
			dput(dentry);
			return err == -EAGAIN ? lookup_hash(parent, name) : ERR_PTR(err);
		}
	} else {
		d_add(dentry, NULL);
	}
	return dentry;
}

struct dentry *lookup_one(struct dentry *parent, const char *name, size_t len)
{
	struct qstr q = {.name = name, .len = len};

	if (!len || (len <= 2 && !memcmp(name, "..", len)) || memchr(name, '/', len))
		return ERR_PTR(-EACCES);
	if (len > NAME_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	q.hash = full_name_hash(parent, name, len);
	return lookup_hash(parent, &q);
}

/* ---- moving ---- */

/* rename_lock held for writing, both d_locks not. Readers of the name hold d_lock or retry. */
static void take_name(struct dentry *dentry, const struct dentry *target)
{
	struct external_name *old = external_name(dentry), *ext = external_name(target);

	if (ext) {
		refcount_inc(&ext->count);
		dentry->d_name.name = ext->text;
	} else {
		memcpy(dentry->d_iname, target->d_iname, target->d_name.len + 1);
		dentry->d_name.name = dentry->d_iname;
	}
	dentry->d_name.len = target->d_name.len;
	dentry->d_name.hash = target->d_name.hash;
	put_external_name(old);
}

/*
 * Both directories' i_mutex (and the rename mutex if they differ) held. target, usually negative or
 * about to lose its pin, is unhashed and keeps its name, which " (deleted)" will follow.
 */
void d_move(struct dentry *dentry, struct dentry *target)
{
	struct dentry *old_parent = dentry->d_parent, *new_parent = target->d_parent;

	dget(new_parent);
	write_seqlock(&rename_lock);
	d_drop(target);
	spin_lock(&old_parent->d_lock);
	list_del(&dentry->d_child);
	spin_unlock(&old_parent->d_lock);

	spin_lock(&dentry->d_lock);
	__d_drop(dentry);
	take_name(dentry, target);
	dentry->d_parent = new_parent;
	__d_rehash(dentry);
	spin_unlock(&dentry->d_lock);

	spin_lock(&new_parent->d_lock);
	dentry->d_off = new_parent->d_next_off++;
	list_add_tail(&dentry->d_child, &new_parent->d_subdirs);
	spin_unlock(&new_parent->d_lock);
	write_sequnlock(&rename_lock);
	dput(old_parent);
}

bool is_subdir(struct dentry *dentry, struct dentry *ancestor)
{
	struct dentry *d;
	unsigned int seq;
	bool found;

	do {
		seq = read_seqbegin(&rename_lock);
		rcu_read_lock();
		for (d = dentry; d != ancestor && !d_is_root(d); d = READ_ONCE(d->d_parent))
			;
		found = d == ancestor;
		rcu_read_unlock();
	} while (read_seqretry(&rename_lock, seq));
	return found;
}
