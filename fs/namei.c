// SPDX-License-Identifier: GPL-2.0-only
/*
 * Path walk: from text to a dentry on a mount.
 *
 * Promises: each directory on the way is searched only with execute permission; mounts are followed
 * down, ".." goes out of them and stops at current's root; at most 40 symbolic links (ELOOP); a
 * component of more than 255 bytes or a path of 4096 is ENAMETOOLONG; a trailing slash asks for a
 * directory.
 *
 * The walk holds one reference, on where it stands. Symbolic links do not recurse: what is still to
 * be walked behind a link is kept in nd->stack. The last component is left to the caller:
 * link_path_walk() stops before it with nd->last set; walk_last() below goes to it, open (open.c),
 * create and remove (dirops.c) do their own thing.
 *
 * Start with link_path_walk().
 */
#include "fs/internal.h"

static struct kmem_cache *names_cache;

void path_get(const struct path *path)
{
	mntget(path->mnt);
	dget(path->dentry);
}

void path_put(const struct path *path)
{
	dput(path->dentry);
	mntput(path->mnt);
}

void names_cache_init(void)
{
	names_cache = kmem_cache_create("names", PATH_MAX, 8, NULL);
	if (!names_cache)
		panic("no memory for the cache of names");
}

/* ---- names ---- */

static char *name_buffer(void)
{
	return kmem_cache_alloc(names_cache, GFP_KERNEL);
}

void putname(char *name)
{
	if (!IS_ERR_OR_NULL(name))
		kmem_cache_free(names_cache, name);
}

char *getname_empty(const char __user *name)
{
	char *buf = name_buffer();
	long len;

	if (!buf)
		return ERR_PTR(-ENOMEM);
	len = strncpy_from_user(buf, name, PATH_MAX);
	if (len >= 0 && len < (long)PATH_MAX)
		return buf;
	putname(buf);
	return ERR_PTR(len < 0 ? len : -ENAMETOOLONG);
}

char *getname(const char __user *name)
{
	char *buf = getname_empty(name);

	if (!IS_ERR(buf) && !*buf) {
		putname(buf);
		return ERR_PTR(-ENOENT);
	}
	return buf;
}

char *getname_kernel(const char *name)
{
	char *buf;

	if (strlen(name) >= PATH_MAX)
		return ERR_PTR(-ENAMETOOLONG);
	buf = name_buffer();
	if (!buf)
		return ERR_PTR(-ENOMEM);
	memcpy(buf, name, strlen(name) + 1);
	return buf;
}

/* ---- beginning and end ---- */

static void set_root(struct nameidata *nd)
{
	if (!nd->root.mnt)
		get_fs_root(&nd->root);
}

/* Where the walk begins: root, cwd, or the directory dfd. Checked later that it is one. -EBADF. */
int path_init(struct nameidata *nd, int dfd, const char *name, unsigned int flags)
{
	nd->flags = flags;
	nd->last_type = LAST_ROOT;
	nd->root.mnt = NULL;		/* taken when it is needed */
	nd->trailing_slash = false;
	nd->total_links = nd->depth = 0;
	nd->stack = nd->few;
	if (*name == '/') {
		get_fs_root(&nd->path);
	} else if (dfd == AT_FDCWD) {
		get_fs_pwd(&nd->path);
	} else {
		struct fd f = fdget_raw(dfd);

		if (!f.file)
			return -EBADF;
		if (*name && !(f.file->f_path.mnt && d_is_dir(f.file->f_path.dentry))) {
			fdput(f);
			return -ENOTDIR;
		}
		nd->path = f.file->f_path;
		path_get(&nd->path);
		fdput(f);
	}
	return 0;
}

void nd_release(struct nameidata *nd)
{
	if (likely(!nd->depth && !nd->root.mnt))
		return;
	while (nd->depth)
		path_put(&nd->stack[--nd->depth].link);
	if (nd->stack != nd->few)
		kfree(nd->stack);
	if (nd->root.mnt)
		path_put(&nd->root);
	nd->root = (struct path){0};
}

/* ---- one step ---- */

/*
 * Is path still below the root of its mount? A directory of a bind mount may have been moved out of what is bound, and ".." of
 * it would lead to all of the file system.
 */
static bool path_connected(const struct path *path)
{
	return likely(path->mnt->mnt_root == path->mnt->mnt_sb->s_root) ||
	       is_subdir(path->dentry, path->mnt->mnt_root);
}

static int follow_dotdot(struct nameidata *nd)
{
	set_root(nd);
	for (;;) {
		if (nd->path.dentry == nd->root.dentry && nd->path.mnt == nd->root.mnt)
			return 0;
		if (nd->path.dentry != nd->path.mnt->mnt_root) {
			struct dentry *old = nd->path.dentry;

			nd->path.dentry = dget_parent(old);
			dput(old);
			if (!path_connected(&nd->path))
				return -ENOENT;
			break;
		}
		if (!follow_up(&nd->path))
			break;
	}
	follow_mount(&nd->path);
	return 0;
}

/* The dentry of nd->last below nd->path: referenced and positive, or ERR_PTR. */
static struct dentry *lookup_last_dentry(struct nameidata *nd)
{
	struct dentry *parent = nd->path.dentry, *dentry;
	struct inode *dir = parent->d_inode;

	dentry = d_lookup_valid(parent, &nd->last);
	if (!dentry && dir->i_op->lookup) {
		mutex_lock(&dir->i_mutex);
		dentry = lookup_hash(parent, &nd->last);
		mutex_unlock(&dir->i_mutex);
		if (IS_ERR(dentry))
			return dentry;
	}
	if (!dentry)
		return ERR_PTR(-ENOENT);
	if (!smp_load_acquire(&dentry->d_inode)) {
		dput(dentry);
		return ERR_PTR(-ENOENT);
	}
	return dentry;
}

/* Make room for one more link; texts in nd->few stay where they are. -ENOMEM. */
static int grow_stack(struct nameidata *nd)
{
	struct saved_link *stack;

	if (likely(nd->depth < (int)ARRAY_SIZE(nd->few)) || nd->stack != nd->few)
		return 0;
	stack = kmalloc(MAXSYMLINKS * sizeof(*stack), GFP_KERNEL);
	if (!stack)
		return -ENOMEM;
	memcpy(stack, nd->few, sizeof(nd->few));
	nd->stack = stack;
	return 0;
}

/*
 * Follow the symbolic link `link` (taken over), whose path goes on with `rest`. Magic links jump:
 * *target is then "". Else *target is the text to walk next, from nd->path, which is the root if
 * the text says so.
 */
int pick_link(struct nameidata *nd, struct path *link, const char *rest, const char **target)
{
	struct inode *inode = link->dentry->d_inode;
	struct saved_link *s;
	int err = -ELOOP;

	if (++nd->total_links > MAXSYMLINKS)
		goto out;
	err = grow_stack(nd);
	if (err)
		goto out;
	s = &nd->stack[nd->depth++];
	s->rest = rest;
	s->link = *link;
	if (inode->i_op->follow_link) {
		struct path to;

		err = inode->i_op->follow_link(link->dentry, &to);
		if (err)
			return err;
		path_put(&nd->path);
		nd->path = to;
		nd->last_type = LAST_ROOT;
		*target = "";
		return 0;
	}
	*target = inode->i_op->get_link(link->dentry, inode, s->text);
	if (IS_ERR(*target))
		return (int)PTR_ERR(*target);
	if (!**target)
		return -ENOENT;
	if (**target == '/') {
		set_root(nd);
		path_put(&nd->path);
		nd->path = nd->root;
		path_get(&nd->path);
		nd->last_type = LAST_ROOT;
	}
	return 0;
out:
	path_put(link);
	return err;
}

/*
 * Go to nd->last. 0: nd->path is there. 1: it is a symbolic link to be followed, *target is its
 * text (pick_link()). `rest`: what comes behind it.
 */
static int walk_component(struct nameidata *nd, bool follow, const char *rest, const char **target)
{
	struct path next;
	int err;

	if (nd->last_type == LAST_DOTDOT)
		return follow_dotdot(nd);
	if (nd->last_type != LAST_NORM)
		return 0;
	next.dentry = lookup_last_dentry(nd);
	if (IS_ERR(next.dentry))
		return (int)PTR_ERR(next.dentry);
	next.mnt = nd->path.mnt;
	if (unlikely(S_ISLNK(next.dentry->d_inode->i_mode)) && follow) {
		mntget(next.mnt);
		err = pick_link(nd, &next, rest, target);
		return err ? err : 1;
	}
	dput(nd->path.dentry);		/* the reference on the mount goes over */
	nd->path.dentry = next.dentry;
	if (unlikely(d_mountpoint(next.dentry)))
		follow_mount(&nd->path);
	return 0;
}

/* ---- the walk ---- */

/* Cut the first component off: nd->last. Returns what follows it, or ERR_PTR(-ENAMETOOLONG). */
static const char *next_component(struct nameidata *nd, const char *name)
{
	const char *end;

	for (end = name; *end && *end != '/'; end++)
		;
	if (unlikely(end - name > NAME_MAX))
		return ERR_PTR(-ENAMETOOLONG);
	nd->last = (struct qstr){.name = name, .len = (u32)(end - name)};
	nd->last.hash = full_name_hash(nd->path.dentry, name, nd->last.len);
	nd->last_type = LAST_NORM;
	if (unlikely(name[0] == '.')) {
		if (nd->last.len == 1)
			nd->last_type = LAST_DOT;
		else if (nd->last.len == 2 && name[1] == '.')
			nd->last_type = LAST_DOTDOT;
	}
	return end;
}

/* The text that goes on behind the links walked last, or NULL: at the end of all. */
static const char *pop_rest(struct nameidata *nd)
{
	for (int i = nd->depth - 1; i >= 0; i--) {
		const char *rest = nd->stack[i].rest;

		if (rest) {
			nd->stack[i].rest = NULL;
			return rest;
		}
	}
	return NULL;
}

static bool more_to_walk(const struct nameidata *nd)
{
	for (int i = nd->depth - 1; i >= 0; i--)
		if (nd->stack[i].rest)
			return true;
	return false;
}

/*
 * Walk all of `name` but its last component, which is left in nd->last (LAST_ROOT: there was none).
 * nd->path is the directory it is to be looked for in.
 */
int link_path_walk(const char *name, struct nameidata *nd)
{
	const char *rest, *target = NULL;
	int err;

	while (*name == '/')
		name++;
	for (;;) {
		if (!*name) {			/* a link to "/", or a magic one */
			name = pop_rest(nd);
			if (!name)
				return 0;
			continue;
		}
		if (unlikely(!d_is_dir(nd->path.dentry)))
			return -ENOTDIR;
		err = inode_permission(nd->path.dentry->d_inode, MAY_EXEC);
		if (err)
			return err;
		rest = next_component(nd, name);
		if (IS_ERR(rest))
			return (int)PTR_ERR(rest);
		if (*rest == '/') {
			while (*rest == '/')
				rest++;
			if (!*rest && !more_to_walk(nd)) {
				nd->trailing_slash = true;
				return 0;
			}
		} else if (!more_to_walk(nd)) {
			return 0;
		}
		err = walk_component(nd, true, *rest ? rest : NULL, &target);
		if (err < 0)
			return err;
		name = rest;
		if (err) {
			for (name = target; *name == '/'; name++)
				;
		}
	}
}

/* Walk to the very end. LOOKUP_FOLLOW: through a symbolic link at the end, too. */
int walk_to_end(struct nameidata *nd, const char *name)
{
	const char *target = name;
	int err;

	do {
		err = link_path_walk(target, nd);
		if (err)
			return err;
		if (nd->trailing_slash)
			nd->flags |= LOOKUP_FOLLOW | LOOKUP_DIRECTORY;
		err = walk_component(nd, nd->flags & LOOKUP_FOLLOW, NULL, &target);
	} while (err > 0);
	if (!err && nd->flags & LOOKUP_DIRECTORY && !d_is_dir(nd->path.dentry))
		err = -ENOTDIR;
	return err;
}

/* name in kernel memory. On success *path is referenced. */
int filename_lookup(int dfd, const char *name, unsigned int flags, struct path *path)
{
	struct nameidata nd;
	int err = path_init(&nd, dfd, name, flags);

	if (err)
		return err;
	if (*name)
		err = walk_to_end(&nd, name);
	if (err)
		path_put(&nd.path);
	else
		*path = nd.path;
	nd_release(&nd);
	return err;
}

int path_parent(int dfd, const char *name, unsigned int flags, struct nameidata *nd)
{
	int err = path_init(nd, dfd, name, flags | LOOKUP_PARENT);

	if (err)
		return err;
	err = link_path_walk(name, nd);
	if (!err && !d_is_dir(nd->path.dentry))
		err = -ENOTDIR;
	if (err) {
		path_put(&nd->path);
		nd_release(nd);
	}
	return err;
}

int kern_path(const char *name, unsigned int flags, struct path *path)
{
	if (!*name)
		return -ENOENT;
	return filename_lookup(AT_FDCWD, name, flags, path);
}

/* LOOKUP_EMPTY: an empty name means dfd itself (or the cwd). */
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path)
{
	char *text = flags & LOOKUP_EMPTY ? getname_empty(name) : getname(name);
	int err;

	if (IS_ERR(text))
		return (int)PTR_ERR(text);
	err = filename_lookup(dfd, text, flags, path);
	putname(text);
	return err;
}
