// SPDX-License-Identifier: GPL-2.0-only
/*
 * The initramfs: newc cpio archives in memory become files of the root file system.
 *
 * Promises: the built-in archive first, then each boot module over it. A file whose data starts on
 * a page boundary of a page-aligned archive keeps the archive's own pages (tools/mkinitramfs pads
 * for that); others are copied. All other pages of an archive are freed at the end. A bad archive
 * is logged and ends there; what was unpacked before stays.
 *
 * Start with initramfs_unpack() and unpack_member().
 */
#include "fs/internal.h"

#define NEWC_HEADER 110
#define TRAILER	    "TRAILER!!!"

/* One archive while it is read. */
struct archive {
	const char *name;
	char *data;		/* direct map */
	size_t size, pos;
	bool aligned;		/* data is on a page boundary: pages may be adopted */
	/* a bit for each page that belongs to a file now; NULL: no memory, copy all */
	unsigned long *adopted;
	/* rest of the last page adopted, to be zeroed once nothing in it is needed any more */
	char *tail;
	size_t tail_len;
	struct list_head links;	/* struct hard_link: inode numbers with more than one name */
};

struct member {
	u32 ino, mode, uid, gid, nlink, mtime, size, major, minor, name_size;
	char *name;		/* in the archive; made absolute by `path` */
	char *data;
	size_t data_pos;	/* in the archive */
};

struct hard_link {
	struct list_head list;
	u32 ino;
	char path[];
};

/* ---- reading ---- */

static bool parse_hex(const char *s, u32 *value)
{
	*value = 0;
	for (int i = 0; i < 8; i++) {
		char c = s[i] | 0x20;

		if (s[i] >= '0' && s[i] <= '9')
			*value = *value << 4 | (u32)(s[i] - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (u32)(c - 'a' + 10);
		else
			return false;
	}
	return true;
}

/* The member at a->pos, which is moved behind it. NULL or what is wrong with it. */
static const char *read_member(struct archive *a, struct member *m)
{
	u32 f[13];
	char *head = a->data + a->pos;

	if (a->size - a->pos < NEWC_HEADER)
		return "is cut off";
	if (memcmp(head, "070701", 6) && memcmp(head, "070702", 6))
		return "has no newc header";
	for (int i = 0; i < 13; i++)
		if (!parse_hex(head + 6 + 8 * i, &f[i]))
			return "has a bad header";
	*m = (struct member){.ino = f[0],
			     .mode = f[1],
			     .uid = f[2],
			     .gid = f[3],
			     .nlink = f[4],
			     .mtime = f[5],
			     .size = f[6],
			     .major = f[9],
			     .minor = f[10],
			     .name_size = f[11]};
	if (!m->name_size || m->name_size > PATH_MAX ||
	    a->size - a->pos - NEWC_HEADER < m->name_size)
		return "has a bad name";
	m->name = head + NEWC_HEADER;
	if (m->name[m->name_size - 1])
		return "has a bad name";
	m->data_pos = ALIGN(a->pos + NEWC_HEADER + m->name_size, 4);
	if (m->data_pos > a->size || a->size - m->data_pos < m->size)
		return "is cut off";
	m->data = a->data + m->data_pos;
	a->pos = min(ALIGN(m->data_pos + m->size, 4), a->size);
	return NULL;
}

/* ---- file contents ---- */

static void flush_tail(struct archive *a)
{
	if (a->tail)
		memset(a->tail, 0, a->tail_len);
	a->tail = NULL;
}

/* Give the archive's pages to the file. Returns the bytes done, in full or none of a page. */
static size_t adopt_pages(struct archive *a, const struct member *m, struct inode *inode)
{
	size_t done = 0;

	if (!a->aligned || !a->adopted || m->data_pos & ~PAGE_MASK)
		return 0;
	while (done < m->size) {
		struct page *page = virt_to_page(m->data + done);

		if (add_to_page_cache(&inode->i_data, page, done >> PAGE_SHIFT))
			break;
		__set_bit((m->data_pos + done) >> PAGE_SHIFT, a->adopted);
		done += PAGE_SIZE;
	}
	if (done > m->size) {
		flush_tail(a);
		a->tail = m->data + m->size;
		a->tail_len = done - m->size;
		done = m->size;
	}
	return done;
}

static int fill_file(struct archive *a, const struct member *m, const char *path)
{
	struct file *file = filp_open(path, O_WRONLY, 0);
	ssize_t n = 0;
	loff_t pos;

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	pos = (loff_t)adopt_pages(a, m, file->f_inode);
	file->f_inode->i_size = pos;
	while (n >= 0 && pos < (loff_t)m->size)
		n = kernel_write(file, m->data + pos, m->size - (size_t)pos, &pos);
	fput(file);
	return n < 0 ? (int)n : 0;
}

/* ---- one member ---- */

static void remember_link(struct archive *a, const struct member *m, const char *path)
{
	struct hard_link *link = kmalloc(sizeof(*link) + strlen(path) + 1, GFP_KERNEL);

	if (!link)
		/* the other names become files of their own, without data: better than nothing */
		return;
	link->ino = m->ino;
	memcpy(link->path, path, strlen(path) + 1);
	list_add(&link->list, &a->links);
}

static const char *find_link(struct archive *a, u32 ino)
{
	struct hard_link *link;

	list_for_each_entry(link, &a->links, list)
		if (link->ino == ino)
			return link->path;
	return NULL;
}

/* Regular files. With several names the data comes with one of them, usually the last. */
static int unpack_file(struct archive *a, const struct member *m, const char *path)
{
	const char *first = m->nlink > 1 ? find_link(a, m->ino) : NULL;
	int err;

	unlink_path(path, false);
	if (first) {
		err = link_path(first, path);
	} else {
		err = mknod_path(path, (umode_t)m->mode, 0);
		if (!err && m->nlink > 1)
			remember_link(a, m, path);
	}
	return err || !m->size ? err : fill_file(a, m, path);
}

static int unpack_symlink(const struct member *m, const char *path)
{
	char *target = kstrndup(m->data, m->size, GFP_KERNEL);
	int err;

	if (!target)
		return -ENOMEM;
	unlink_path(path, false);
	err = symlink_path(target, path);
	kfree(target);
	return err;
}

static int unpack_dir(const char *path)
{
	int err = mkdir_path(path, 0755);

	/* an archive may add to a directory, but not turn a file into one silently */
	if (err == -EEXIST) {
		struct path p;

		err = kern_path(path, LOOKUP_FOLLOW | LOOKUP_DIRECTORY, &p);
		if (!err)
			path_put(&p);
	}
	return err;
}

/* Owner, mode and time as the archive says. */
static void set_attributes(const struct member *m, const char *path)
{
	struct inode *inode;
	struct path p;

	if (kern_path(path, 0, &p))
		return;
	inode = p.dentry->d_inode;
	mutex_lock(&inode->i_mutex);
	inode->i_uid = m->uid;
	inode->i_gid = m->gid;
	inode->i_mode = (inode->i_mode & S_IFMT) | (m->mode & S_IALLUGO);
	inode->i_times.mtime = m->mtime * NSEC_PER_SEC;
	mutex_unlock(&inode->i_mutex);
	path_put(&p);
}

static int unpack_member(struct archive *a, const struct member *m)
{
	const char *name = m->name;
	char *path;
	int err;

	while (*name == '/')
		name++;
	path = kasprintf(GFP_KERNEL, "/%s", name);
	if (!path)
		return -ENOMEM;
	switch (m->mode & S_IFMT) {
	case S_IFREG:
		err = unpack_file(a, m, path);
		break;
	case S_IFDIR:
		err = unpack_dir(path);
		break;
	case S_IFLNK:
		err = unpack_symlink(m, path);
		break;
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
		unlink_path(path, false);
		err = mknod_path(path, (umode_t)m->mode, MKDEV(m->major, m->minor));
		break;
	default:
		err = -EINVAL;
		break;
	}
	if (!err)
		set_attributes(m, path);
	kfree(path);
	return err;
}

/* ---- whole archives ---- */

/*
 * Several archives may follow each other, with zeroes between (as Linux takes them). NULL, or what
 * is wrong.
 */
static const char *unpack_archive(struct archive *a)
{
	const char *problem;
	struct member m;
	int err;

	for (;;) {
		while (a->pos < a->size && !a->data[a->pos])
			a->pos++;
		a->pos = min(ALIGN(a->pos, 4), a->size);
		if (a->pos == a->size)
			return NULL;
		problem = read_member(a, &m);
		if (problem)
			return problem;
		if (!strcmp(m.name, TRAILER))
			continue;
		err = unpack_member(a, &m);
		if (err)
			pr_warn("initramfs: %s: %s: %pe\n", a->name, m.name, ERR_PTR(err));
	}
}

/* Pages that no file has taken go to the allocator. */
static void free_archive_pages(const struct archive *a)
{
	size_t first = DIV_ROUND_UP((unsigned long)a->data, PAGE_SIZE),
	       last = ((unsigned long)a->data + a->size) / PAGE_SIZE;

	for (size_t i = first; i < last; i++) {
		char *p = (char *)(i * PAGE_SIZE);

		if (!a->adopted ||
		    !test_bit((long)((size_t)(p - a->data) >> PAGE_SHIFT), a->adopted))
			free_reserved_page(virt_to_page(p));
	}
}

/*
 * Unpack `size` bytes at `data`. adopt: data is a boot image of its own (reserved pages in the
 * direct map): files take its pages, the others are freed. 0 or -EINVAL after what is wrong has
 * been logged.
 */
int initramfs_unpack_archive(const char *name, char *data, size_t size, bool adopt)
{
	struct archive a = {
		.name = name, .data = data, .size = size, .links = LIST_HEAD_INIT(a.links)};
	struct hard_link *link;
	const char *problem;

	a.aligned = adopt && !((unsigned long)data & ~PAGE_MASK);
	if (a.aligned)
		a.adopted = kcalloc(BITS_TO_LONGS(DIV_ROUND_UP(size, PAGE_SIZE)), sizeof(long),
				    GFP_KERNEL);
	problem = unpack_archive(&a);
	if (problem)
		pr_err("initramfs: %s: the member at offset %zu %s\n", name, a.pos, problem);
	flush_tail(&a);
	if (adopt)
		free_archive_pages(&a);
	while (!list_empty(&a.links)) {
		link = list_first_entry(&a.links, struct hard_link, list);
		list_del(&link->list);
		kfree(link);
	}
	kfree(a.adopted);
	return problem ? -EINVAL : 0;
}

static int unpack_range(const char *name, phys_addr_t start, phys_addr_t end)
{
	return end > start ? initramfs_unpack_archive(name, __va(start), end - start, true) : 0;
}

int initramfs_unpack(void)
{
	int err = unpack_range("built-in archive", __pa(initramfs_start), __pa(initramfs_end));

	for (unsigned int i = 0; i < boot_info.nr_modules; i++) {
		char name[16];
		int e;

		snprintf(name, sizeof(name), "module %u", i);
		e = unpack_range(name, boot_info.modules[i].start, boot_info.modules[i].end);
		err = err ? err : e;
	}
	return err;
}
