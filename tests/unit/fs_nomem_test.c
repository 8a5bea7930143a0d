// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory in the file systems: each operation is run again and again with its first, second …
 * n-th allocation failing, until it needs no n-th. Each time it must fail with ENOMEM (or do
 * without), and leave no dentry, inode or file behind.
 */
#include "fs/internal.h"

#define LONG_NAME "/ktest-a-name-that-does-not-fit-into-the-dentry-itself"

struct op {
	const char *name;
	int (*run)(void);
	int (*undo)(void);	/* after a success; NULL: nothing to undo */
};

static int do_mkdir(void)
{
	return mkdir_path(LONG_NAME, 0755);
}

static int undo_mkdir(void)
{
	return unlink_path(LONG_NAME, true);
}

static int do_create(void)
{
	struct file *file = filp_open(LONG_NAME, O_CREAT | O_EXCL | O_RDWR, 0644);

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	fput(file);
	return 0;
}

static int undo_create(void)
{
	return unlink_path(LONG_NAME, false);
}

static int do_symlink(void)
{
	return symlink_path("/ktest-nomem/target", LONG_NAME);
}

static int do_link(void)
{
	return link_path("/ktest-nomem/target", LONG_NAME);
}

/* Over a link, which needs buffers. */
static int do_walk(void)
{
	struct path path;
	int err = kern_path("/ktest-nomem/link", LOOKUP_FOLLOW, &path);

	if (!err)
		path_put(&path);
	return err;
}

/* Each page and each node of the tree may be missing. */
static int do_write(void)
{
	struct file *file = filp_open("/ktest-nomem/target", O_RDWR | O_TRUNC, 0);
	loff_t pos = 100 * PAGE_SIZE;
	ssize_t n;

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	n = kernel_write(file, "far away", 8, &pos);
	if (n == 8) {
		pos = 0;
		n = kernel_write(file, "near", 4, &pos);
	}
	fput(file);
	return n < 0 ? (int)n : 0;
}

static int do_mount_ramfs(void)
{
	return (int)do_mount("ktest", "/ktest-nomem/mnt", "ramfs", 0, NULL);
}

static int do_mount_devfs(void)
{
	return (int)do_mount("ktest", "/ktest-nomem/mnt", "devtmpfs", 0, NULL);
}

static int do_bind(void)
{
	return (int)do_mount("/ktest-nomem", "/ktest-nomem/mnt", NULL, MS_BIND | MS_REC, NULL);
}

static int undo_mount(void)
{
	return umount_path("/ktest-nomem/mnt", 0);
}

/* The bind has brought /ktest-nomem/proc along. */
static int undo_bind(void)
{
	return umount_path("/ktest-nomem/mnt", MNT_DETACH);
}

static int do_proc(void)
{
	struct file *file = filp_open("/ktest-nomem/proc/filesystems", O_RDONLY, 0);
	char buf[64];
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file))
		return (int)PTR_ERR(file);
	n = kernel_read(file, buf, sizeof(buf), &pos);
	fput(file);
	return n < 0 ? (int)n : 0;
}

static const struct op ops[] = {
	{"mkdir", do_mkdir, undo_mkdir},
	{"create", do_create, undo_create},
	{"symlink", do_symlink, undo_create},
	{"link", do_link, undo_create},
	{"walk", do_walk, NULL},
	{"write", do_write, NULL},
	{"mount", do_mount_ramfs, undo_mount},
	{"mount devfs", do_mount_devfs, undo_mount},
	{"bind", do_bind, undo_bind},
	{"proc", do_proc, NULL},
};

/* Run op with its n-th allocation failing; false: there was no n-th. */
static bool fail_one(const struct op *op, long n)
{
	bool struck;
	int err;

	current->fail_nth = (unsigned int)n;
	err = op->run();
	struck = current->fail_nth == 0;
	current->fail_nth = 0;
	if (!err && op->undo)
		KTEST_EQ(op->undo(), 0);
	if (err && (err != -ENOMEM || !struck))
		ktest_fail(__FILE__, __LINE__, "%s, allocation %ld: error %d", op->name, n, err);
	return struck;
}

KTEST(fs_out_of_memory)
{
	unsigned long dentries, inodes, files;

	KTEST_EQ(mkdir_path("/ktest-nomem", 0755), 0);
	KTEST_EQ(mkdir_path("/ktest-nomem/mnt", 0755), 0);
	KTEST_EQ(mkdir_path("/ktest-nomem/proc", 0755), 0);
	KTEST_EQ(mknod_path("/ktest-nomem/target", S_IFREG | 0644, 0), 0);
	KTEST_EQ(symlink_path("target", "/ktest-nomem/link"), 0);
	KTEST_EQ(do_mount("ktest", "/ktest-nomem/proc", "proc", 0, NULL), 0);
	rcu_barrier();
	dentries = nr_dentries();
	inodes = nr_inodes();
	files = kmem_cache_nr_objects("file");
	for (unsigned int i = 0; i < ARRAY_SIZE(ops); i++) {
		for (long n = 1; n < 500 && fail_one(&ops[i], n); n++)
			;
		rcu_barrier();
		if (nr_dentries() != dentries || nr_inodes() != inodes ||
		    kmem_cache_nr_objects("file") != files)
			ktest_fail(__FILE__, __LINE__,
				   "%s leaves %ld dentries, %ld inodes, %ld files", ops[i].name,
				   (long)(nr_dentries() - dentries), (long)(nr_inodes() - inodes),
				   (long)(kmem_cache_nr_objects("file") - files));
	}
	KTEST_EQ(umount_path("/ktest-nomem/proc", 0), 0);
	KTEST_EQ(unlink_path("/ktest-nomem/link", false), 0);
	KTEST_EQ(unlink_path("/ktest-nomem/target", false), 0);
	KTEST_EQ(unlink_path("/ktest-nomem/mnt", true), 0);
	KTEST_EQ(unlink_path("/ktest-nomem/proc", true), 0);
	KTEST_EQ(unlink_path("/ktest-nomem", true), 0);
}

/* Two records: "short", and one of 3000 bytes. */
static void *two_start(struct seq_file *m, loff_t *pos)
{
	return *pos < 2 ? (void *)(*pos + 1) : NULL;
}

static void *two_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return two_start(m, pos);
}

static void two_stop(struct seq_file *m, void *v)
{
}

static int two_show(struct seq_file *m, void *v)
{
	if (v == (void *)1)
		seq_puts(m, "short");
	for (int i = 0; v == (void *)2 && i < 3000; i++)
		seq_putc(m, 'x');
	return 0;
}

/* A record that does not fit, and no memory to make room: what the buffer has is not given to the reader, then or later. */
KTEST(seq_file_out_of_memory)
{
	static const struct seq_operations two = {two_start, two_stop, two_next, two_show};
	struct file seq = {0};
	char *buf = kmalloc(4096, GFP_KERNEL);
	loff_t pos = 0;

	KTEST_EQ(seq_open(&seq, &two), 0);
	KTEST_EQ(seq_read(&seq, buf, 4096, &pos), 5);
	for (int i = 0; i < 2; i++) {
		current->fail_nth = 1;
		KTEST_EQ(seq_read(&seq, buf, 4096, &pos), -ENOMEM);
		current->fail_nth = 0;
	}
	KTEST_EQ(pos, 5);
	KTEST_EQ(seq_read(&seq, buf, 4096, &pos), 3000);
	KTEST_EQ(buf[2999], 'x');
	KTEST_EQ(seq_read(&seq, buf, 4096, &pos), 0);
	seq_release(NULL, &seq);
	kfree(buf);
}
