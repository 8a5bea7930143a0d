// SPDX-License-Identifier: GPL-2.0-only
/*
 * Paths as text: from a dentry upwards, over the mounts, built from the end of a buffer.
 *
 * Nothing is locked: the walk runs under RCU and is repeated when a rename or a mount came in
 * between (the counts of rename_lock and mount_lock). Start with d_path().
 */
#include "fs/internal.h"

struct prepend {
	char *pos;		/* start of the text so far */
	int room;		/* bytes before it; negative: did not fit */
};

static void prepend(struct prepend *p, const char *text, int len)
{
	if (p->room >= 0)
		p->room -= len;
	if (p->room < 0)
		return;
	p->pos -= len;
	memcpy(p->pos, text, len);
}

/*
 * The name may change under us: then the length read is checked against what any name can have, and
 * the caller retries.
 */
static void prepend_name(struct prepend *p, const struct dentry *dentry)
{
	const char *name = READ_ONCE(dentry->d_name.name);
	u32 len = READ_ONCE(dentry->d_name.len);

	prepend(p, name, (int)min(len, (u32)strnlen(name, NAME_MAX)));
	prepend(p, "/", 1);
}

/* From dentry up to root (or to the top of what there is). True: root was met. RCU read section. */
static bool prepend_path(struct prepend *p, struct dentry *dentry, struct mount *mnt,
			 const struct path *root)
{
	while (dentry != root->dentry || mnt != root->mnt) {
		if (mnt && dentry == mnt->mnt_root) {
			struct mount *parent = READ_ONCE(mnt->mnt_parent);

			if (parent == mnt)
				return false;
			dentry = READ_ONCE(mnt->mnt_mountpoint);
			mnt = parent;
			continue;
		}
		if (d_is_root(dentry))
			return false;
		prepend_name(p, dentry);
		dentry = READ_ONCE(dentry->d_parent);
	}
	return true;
}

static char *path_to_text(const struct path *path, const struct path *root, char *buf, int buflen,
			  bool *reached)
{
	struct prepend p;
	unsigned int rseq, mseq;

	do {
		rseq = read_seqbegin(&rename_lock);
		mseq = read_seqbegin(&mount_lock);
		p = (struct prepend){.pos = buf + buflen, .room = buflen};
		prepend(&p, "", 1);
		if (d_unlinked(path->dentry))
			prepend(&p, " (deleted)", 10);
		rcu_read_lock();
		*reached = prepend_path(&p, path->dentry, path->mnt, root);
		rcu_read_unlock();
		if (p.room >= 0 && *p.pos != '/')
			prepend(&p, "/", 1);
	} while (read_seqretry(&rename_lock, rseq) || read_seqretry(&mount_lock, mseq));
	return p.room < 0 ? ERR_PTR(-ENAMETOOLONG) : p.pos;
}

/*
 * The path as current sees it. What hangs in no tree (a pipe) is its name alone. May be called with
 * any locks but rename_lock and mount_lock.
 */
char *d_path(const struct path *path, char *buf, int buflen)
{
	struct path root;
	bool reached;
	char *text;

	if (!path->mnt) {
		int len = (int)path->dentry->d_name.len;

		if (len + 1 > buflen)
			return ERR_PTR(-ENAMETOOLONG);
		return memcpy(buf + buflen - len - 1, path->dentry->d_name.name, len + 1);
	}
	get_fs_root(&root);
	text = path_to_text(path, &root, buf, buflen, &reached);
	path_put(&root);
	return text;
}

/* The same from a given root; *reached: false if path is not below it. */
char *d_path_from(const struct path *path, const struct path *root, char *buf, int buflen,
		  bool *reached)
{
	return path_to_text(path, root, buf, buflen, reached);
}

char *dentry_path(struct dentry *dentry, char *buf, int buflen)
{
	struct path path = {.dentry = dentry}, root = {0};
	bool reached;

	return path_to_text(&path, &root, buf, buflen, &reached);
}
