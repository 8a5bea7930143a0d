// SPDX-License-Identifier: GPL-2.0-only
/* The initramfs unpacker: what an archive may hold, and archives that are damaged in every way. */
#include "fs/internal.h"

static char archive[8192];
static size_t used;

/* Append a member; the data is `text`. */
static void member(const char *name, u32 mode, u32 ino, u32 nlink, const char *text)
{
	size_t size = strlen(text);
	int n = snprintf(archive + used, sizeof(archive) - used,
			 "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x%s", ino,
			 mode, 0, 0, nlink, 1000, size, 0, 0, 1, 3, strlen(name) + 1, 0, name);

	used = ALIGN(used + (size_t)n + 1, 4);
	memcpy(archive + used, text, size);
	used = ALIGN(used + size, 4);
}

static void begin(void)
{
	memset(archive, 0, sizeof(archive));
	used = 0;
}

static int unpack(void)
{
	return initramfs_unpack_archive("test", archive, used, false);
}

static void check_content(const char *name, const char *text)
{
	struct file *file = filp_open(name, O_RDONLY, 0);
	char buf[64];
	loff_t pos = 0;
	ssize_t n;

	if (IS_ERR(file)) {
		ktest_fail(__FILE__, __LINE__, "%s: %ld", name, PTR_ERR(file));
		return;
	}
	n = kernel_read(file, buf, sizeof(buf), &pos);
	KTEST_EXPECT(n == (ssize_t)strlen(text) && !memcmp(buf, text, (size_t)n));
	fput(file);
}

KTEST(initramfs_members)
{
	struct path path;

	begin();
	member("ktest-i", 0040750, 1, 2, "");
	member("ktest-i/file", 0100640, 2, 1, "hello");
	member("/ktest-i/link", 0120777, 3, 1, "file");
	member("ktest-i/null", 0020666, 4, 1, "");
	member("ktest-i/one", 0100644, 5, 2, "");
	member("ktest-i/two", 0100644, 5, 2, "shared");
	member("TRAILER!!!", 0, 0, 1, "");
	used += 512;		/* padding, then another archive right behind */
	member("ktest-i/file", 0100600, 6, 1, "replaced");
	member("ktest-i", 0040755, 7, 2, "");
	member("ktest-i/no/such/dir", 0100644, 8, 1, "lost");
	member("TRAILER!!!", 0, 0, 1, "");
	KTEST_EQ(unpack(), 0);
	check_content("/ktest-i/link", "replaced");
	check_content("/ktest-i/one", "shared");
	KTEST_EQ(kern_path("/ktest-i/file", 0, &path), 0);
	KTEST_EQ(path.dentry->d_inode->i_mode, 0100600);
	KTEST_EQ(path.dentry->d_inode->i_times.mtime, 1000 * NSEC_PER_SEC);
	path_put(&path);
	KTEST_EQ(kern_path("/ktest-i", 0, &path), 0);
	KTEST_EQ(path.dentry->d_inode->i_mode, 0040755);
	path_put(&path);
	KTEST_EQ(kern_path("/ktest-i/null", 0, &path), 0);
	KTEST_EQ(path.dentry->d_inode->i_rdev, MKDEV(1, 3));
	path_put(&path);
	KTEST_EQ(unlink_path("/ktest-i/file", false), 0);
	KTEST_EQ(unlink_path("/ktest-i/link", false), 0);
	KTEST_EQ(unlink_path("/ktest-i/null", false), 0);
	KTEST_EQ(unlink_path("/ktest-i/one", false), 0);
	KTEST_EQ(unlink_path("/ktest-i/two", false), 0);
	KTEST_EQ(unlink_path("/ktest-i", true), 0);
}

/* Cut off at every length: an error or a clean end, and never a byte behind the end is touched. */
KTEST(initramfs_cut_off)
{
	size_t whole, good = 0;

	begin();
	member("ktest-c", 0100644, 1, 1, "0123456789");
	member("TRAILER!!!", 0, 0, 1, "");
	whole = used;
	for (used = 0; used <= whole; used += 29)
		good += unpack() == 0;
	used = whole;
	KTEST_EQ(unpack(), 0);
	check_content("/ktest-c", "0123456789");
	/* nothing at all, the end of the file, the end of the archive */
	KTEST_EXPECT(good >= 1 && good <= 4);
	KTEST_EQ(unlink_path("/ktest-c", false), 0);
}

/* Fields that lie. */
KTEST(initramfs_damaged)
{
	static const struct {
		unsigned int at;
		const char *text;
	} damage[] = {
		{0, "garbage"},			/* magic */
		{6 + 8, "zzzzzzzz"},		/* mode */
		{6 + 6 * 8, "ffffffff"},	/* size */
		{6 + 11 * 8, "ffffffff"},	/* length of the name */
		{6 + 11 * 8, "00000000"},
		{6 + 11 * 8, "00000003"},	/* a name without its NUL */
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(damage); i++) {
		begin();
		member("ktest-d", 0100644, 1, 1, "data");
		memcpy(archive + damage[i].at, damage[i].text, strlen(damage[i].text));
		KTEST_EQ(unpack(), -EINVAL);
	}
	KTEST_EQ(unlink_path("/ktest-d", false), -ENOENT);
}
