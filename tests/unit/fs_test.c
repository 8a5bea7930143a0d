// SPDX-License-Identifier: GPL-2.0-only
/*
 * Units of fs/ and kernel/dev: the generator against the RFC's vector, dentries that come and go,
 * pipes in pages, paths as text.
 */
#include "fs/internal.h"

/* kernel/dev/random.c */
void chacha20_block(const u32 key[8], u32 counter, const u32 nonce[3], u32 out[16]);
void get_random_bytes(void *buf, size_t len);

/* RFC 8439, section 2.3.2. */
KTEST(random_chacha20_vector)
{
	static const u32 nonce[3] = {0x09000000, 0x4a000000, 0};
	static const u32 want[16] = {0xe4e7f110, 0x15593bd1, 0x1fdd0f50, 0xc47120a3,
				     0xc7f4d1c7, 0x0368c033, 0x9aaa2204, 0x4e6cd4c3,
				     0x466482d2, 0x09aa9f07, 0x05d7c214, 0xa2028bd9,
				     0xd19c12b5, 0xb94e16de, 0xe883d0cb, 0x4e3c50a2};
	u32 key[8], out[16];

	for (u32 i = 0; i < 32; i++)
		((u8 *)key)[i] = (u8)i;
	chacha20_block(key, 1, nonce, out);
	KTEST_EQ(memcmp(out, want, sizeof(want)), 0);
}

KTEST(random_never_twice)
{
	u64 a[4], b[4];

	get_random_bytes(a, sizeof(a));
	get_random_bytes(b, sizeof(b));
	KTEST_EXPECT(memcmp(a, b, sizeof(a)) != 0);
}

/* Make, find, rename and remove files; the caches are as before. */
KTEST(dcache_leaves_nothing)
{
	unsigned long dentries, inodes;
	struct path path;
	char name[32];

	rcu_barrier();
	dentries = nr_dentries();
	inodes = nr_inodes();
	KTEST_EQ(mkdir_path("/ktest-dir", 0755), 0);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/ktest-dir/file%d", i);
		KTEST_EQ(mknod_path(name, S_IFREG | 0644, 0), 0);
		KTEST_EQ(kern_path(name, LOOKUP_FOLLOW, &path), 0);
		path_put(&path);
	}
	KTEST_EQ(kern_path("/ktest-dir/nothing", 0, &path), -ENOENT);
	KTEST_EQ(mknod_path("/ktest-dir/file7", S_IFREG | 0644, 0), -EEXIST);
	KTEST_EQ(unlink_path("/ktest-dir", true), -ENOTEMPTY);
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof(name), "/ktest-dir/file%d", i);
		KTEST_EQ(unlink_path(name, false), 0);
	}
	KTEST_EQ(unlink_path("/ktest-dir", true), 0);
	rcu_barrier();
	KTEST_EQ(nr_dentries(), dentries);
	KTEST_EQ(nr_inodes(), inodes);
}

KTEST(file_kernel_read_write)
{
	struct file *file = filp_open("/ktest-file", O_CREAT | O_RDWR | O_EXCL, 0600);
	char buf[16];
	loff_t pos = 0;

	KTEST_EXPECT(!IS_ERR(file));
	if (IS_ERR(file))
		return;
	KTEST_EQ(kernel_write(file, "hello", 5, &pos), 5);
	pos = 4090;
	KTEST_EQ(kernel_write(file, "across pages", 12, &pos), 12);
	KTEST_EQ(file->f_inode->i_size, 4102);
	pos = 4090;
	KTEST_EQ(kernel_read(file, buf, sizeof(buf), &pos), 12);
	KTEST_EQ(memcmp(buf, "across pages", 12), 0);
	pos = 3;
	KTEST_EQ(kernel_read(file, buf, 4, &pos), 4);
	KTEST_EQ(memcmp(buf, "lo\0\0", 4), 0);
	fput(file);
	KTEST_EQ(unlink_path("/ktest-file", false), 0);
}

/* Here and not in a guest program: one that runs elsewhere must not ask for so much. */
KTEST(fallocate_more_than_there_is)
{
	struct file *file = filp_open("/ktest-file", O_CREAT | O_RDWR | O_EXCL, 0600);
	loff_t room = (loff_t)nr_free_pages() << PAGE_SHIFT;

	KTEST_EXPECT(!IS_ERR(file));
	if (IS_ERR(file))
		return;
	KTEST_EQ(vfs_fallocate(file, 0, 0, 1L << 50), -ENOSPC);
	KTEST_EQ(vfs_fallocate(file, FALLOC_FL_KEEP_SIZE, 4096, room), -ENOSPC);
	KTEST_EQ(file->f_inode->i_data.nrpages, 0);
	KTEST_EQ(file->f_inode->i_size, 0);
	KTEST_EQ(vfs_fallocate(file, 0, 4096, 4096), 0);
	KTEST_EQ(file->f_inode->i_data.nrpages, 1);
	fput(file);
	KTEST_EQ(unlink_path("/ktest-file", false), 0);
}

/* What a failed fallocate() takes back: not what is in use, nor what has been written to. */
KTEST(drop_unused_page_spares_contents)
{
	struct file *file = filp_open("/ktest-file", O_CREAT | O_RDWR | O_EXCL, 0600);
	struct address_space *m;
	struct page *page;

	KTEST_EXPECT(!IS_ERR(file));
	if (IS_ERR(file))
		return;
	m = &file->f_inode->i_data;
	page = find_or_create_page(m, 3, GFP_USER);
	KTEST_EXPECT(!IS_ERR(page));
	drop_unused_page(m, 3);
	KTEST_EQ(m->nrpages, 1);
	*(char *)page_address(page) = 1;
	put_page(page);
	drop_unused_page(m, 3);
	KTEST_EQ(m->nrpages, 1);
	*(char *)page_address(page) = 0;
	drop_unused_page(m, 3);
	KTEST_EQ(m->nrpages, 0);
	fput(file);
	KTEST_EQ(unlink_path("/ktest-file", false), 0);
}

KTEST(d_path_text)
{
	struct path path;
	char buf[64];

	KTEST_EQ(mkdir_path("/ktest-a", 0755), 0);
	KTEST_EQ(mkdir_path("/ktest-a/b", 0755), 0);
	KTEST_EQ(kern_path("/ktest-a/./b/../b", 0, &path), 0);
	KTEST_EQ(strcmp(d_path(&path, buf, sizeof(buf)), "/ktest-a/b"), 0);
	KTEST_EQ(PTR_ERR(d_path(&path, buf, 10)), -ENAMETOOLONG);
	KTEST_EQ(unlink_path("/ktest-a/b", true), 0);
	KTEST_EQ(strcmp(d_path(&path, buf, sizeof(buf)), "/ktest-a/b (deleted)"), 0);
	path_put(&path);
	KTEST_EQ(unlink_path("/ktest-a", true), 0);
	KTEST_EQ(kern_path("/", 0, &path), 0);
	KTEST_EQ(strcmp(d_path(&path, buf, sizeof(buf)), "/"), 0);
	path_put(&path);
}

/* A seq_file grows until its one record fits, and small reads get the same text. */
static int many_lines(struct seq_file *m, void *v)
{
	for (int i = 0; i < 1000; i++)
		seq_printf(m, "line %d\n", i);
	return 0;
}

KTEST(seq_file_grows)
{
	struct file *file = alloc_file_anon("ktest-seq", NULL, NULL, O_RDONLY);
	size_t total = 0;
	loff_t pos = 0;
	char buf[7];
	ssize_t n;

	KTEST_EXPECT(!IS_ERR(file));
	if (IS_ERR(file))
		return;
	KTEST_EQ(single_open(file, many_lines, NULL), 0);
	while ((n = seq_read(file, buf, sizeof(buf), &pos)) > 0)
		total += (size_t)n;
	KTEST_EQ(total, 10 * 7 + 90 * 8 + 900 * 9);
	KTEST_EQ(n, 0);
	single_release(file->f_inode, file);
	fput(file);
}
