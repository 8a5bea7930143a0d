// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of open files of a task (or of all tasks that share it): descriptors.
 *
 * Promises: a lookup takes no lock. When the table belongs to one task alone, fdget() takes no
 * reference either: nobody else could close the file meanwhile. Numbers are given lowest first,
 * below RLIMIT_NOFILE; the table grows and is never shrunk.
 *
 * Locks: files->file_lock for changes, RCU for lookups; a file found under RCU is only taken if its
 * count is not 0 and it is still in the table. Start with fdget() and get_unused_fd().
 */
#include "fs/internal.h"

static struct fdtable *files_fdtable(struct files_struct *files)
{
	return rcu_dereference(files->fdt);
}

/* ---- lookup ---- */

static struct file *fd_slot(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files_fdtable(files);

	return fd < fdt->max_fds ? READ_ONCE(fdt->fd[fd]) : NULL;
}

/* A reference to what is in the slot, unless it is in mode `not_mode`. */
static struct file *get_slot(struct files_struct *files, unsigned int fd, unsigned int not_mode)
{
	struct file *file;

	rcu_read_lock();
	for (;;) {
		file = fd_slot(files, fd);
		if (!file || file->f_mode & not_mode) {
			file = NULL;
			break;
		}
		if (atomic_long_inc_not_zero(&file->f_count)) {
			if (likely(fd_slot(files, fd) == file))
				break;
			rcu_read_unlock();
			fput(file);
			rcu_read_lock();
		}
	}
	rcu_read_unlock();
	return file;
}

struct file *fget(unsigned int fd)
{
	return get_slot(current->files, fd, FMODE_PATH);
}

struct file *fget_raw(unsigned int fd)
{
	return get_slot(current->files, fd, 0);
}

static struct fd fdget_mode(unsigned int fd, unsigned int not_mode)
{
	struct files_struct *files = current->files;
	struct file *file;

	if (likely(refcount_read(&files->count) == 1)) {
		file = fd_slot(files, fd);
		if (file && file->f_mode & not_mode)
			file = NULL;
		return (struct fd){file, false};
	}
	file = get_slot(files, fd, not_mode);
	return (struct fd){file, file != NULL};
}

struct fd fdget(unsigned int fd)
{
	return fdget_mode(fd, FMODE_PATH);
}

struct fd fdget_raw(unsigned int fd)
{
	return fdget_mode(fd, 0);
}

struct file *fget_task_next(struct task_struct *p, unsigned int *fd)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	task_lock(p);
	if (p->files) {
		spin_lock(&p->files->file_lock);
		fdt = p->files->fdt;
		for (; *fd < fdt->max_fds; ++*fd) {
			file = fdt->fd[*fd];
			if (file) {
				atomic_long_inc(&file->f_count);
				break;
			}
		}
		spin_unlock(&p->files->file_lock);
	}
	task_unlock(p);
	return file;
}

struct file *fget_task(struct task_struct *p, unsigned int fd)
{
	unsigned int at = fd;
	struct file *file = fget_task_next(p, &at);

	if (file && at != fd) {
		fput(file);
		file = NULL;
	}
	return file;
}

/* ---- tables ---- */

/* One allocation: slots, then the two bitmaps. max_fds is a multiple of 64. */
static struct fdtable *alloc_fdtable(unsigned int max_fds)
{
	size_t bits = max_fds / 8;
	struct fdtable *fdt =
		kzalloc(sizeof(*fdt) + max_fds * sizeof(struct file *) + 2 * bits, GFP_KERNEL);

	if (!fdt)
		return NULL;
	fdt->max_fds = max_fds;
	fdt->fd = (struct file **)(fdt + 1);
	fdt->open_fds = (unsigned long *)(fdt->fd + max_fds);
	fdt->close_on_exec = fdt->open_fds + max_fds / BITS_PER_LONG;
	return fdt;
}

static void copy_fdtable(struct fdtable *to, const struct fdtable *from)
{
	unsigned int n = min(to->max_fds, from->max_fds);

	memcpy(to->fd, from->fd, n * sizeof(struct file *));
	memcpy(to->open_fds, from->open_fds, n / 8);
	memcpy(to->close_on_exec, from->close_on_exec, n / 8);
}

/* Make room for `fd`. Called and returns with file_lock held, which it may drop. -ENOMEM. */
static int expand_files(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt;
	unsigned int want;

	if (fd < files->fdt->max_fds)
		return 0;
	want = roundup_pow_of_two(fd + 1);
	spin_unlock(&files->file_lock);
	fdt = alloc_fdtable(want);
	spin_lock(&files->file_lock);
	if (!fdt)
		return -ENOMEM;
	if (files->fdt->max_fds >= want) {	/* another thread was faster */
		kfree(fdt);
		return 0;
	}
	copy_fdtable(fdt, files->fdt);
	if (files->fdt != &files->fdtab)
		kfree_rcu(files->fdt, rcu);
	rcu_assign_pointer(files->fdt, fdt);
	return 0;
}

static struct files_struct *alloc_files(void)
{
	struct files_struct *files = kzalloc(sizeof(*files), GFP_KERNEL);

	if (!files)
		return NULL;
	refcount_set(&files->count, 1);
	spin_lock_init(&files->file_lock);
	files->fdtab = (struct fdtable){
		.max_fds = NR_OPEN_DEFAULT,
		.fd = files->fd_array,
		.open_fds = files->open_fds_init,
		.close_on_exec = files->close_on_exec_init,
	};
	files->fdt = &files->fdtab;
	return files;
}

/* A copy with a reference to each file. NULL: no memory. */
static struct files_struct *copy_files(struct files_struct *old)
{
	struct files_struct *files = alloc_files();
	unsigned long last;
	struct fdtable *fdt;
	unsigned int fd;

	if (!files)
		return NULL;
	spin_lock(&old->file_lock);
	last = find_last_bit(old->fdt->open_fds, old->fdt->max_fds);
	if (last < old->fdt->max_fds) {
		spin_lock(&files->file_lock);
		while (last >= files->fdt->max_fds) {
			spin_unlock(&old->file_lock);
			if (expand_files(files, last)) {
				spin_unlock(&files->file_lock);
				kfree(files);
				return NULL;
			}
			spin_lock(&old->file_lock);
			last = find_last_bit(old->fdt->open_fds, old->fdt->max_fds);
			if (last >= old->fdt->max_fds)
				last = 0;
		}
		spin_unlock(&files->file_lock);
	}
	fdt = files->fdt;
	copy_fdtable(fdt, old->fdt);
	files->next_fd = old->next_fd;
	for_each_set_bit(fd, fdt->open_fds, fdt->max_fds) {
		if (fdt->fd[fd])
			atomic_long_inc(&fdt->fd[fd]->f_count);
		else		/* a number that another thread has reserved for a file to come */
			__clear_bit(fd, fdt->open_fds);
	}
	files->next_fd = 0;
	spin_unlock(&old->file_lock);
	return files;
}

/* A descriptor of this table goes. */
static int flush_file(struct file *file, const struct files_struct *files)
{
	record_locks_close(file, files);
	return file->f_op && file->f_op->flush ? file->f_op->flush(file) : 0;
}

static void put_files(struct files_struct *files)
{
	struct fdtable *fdt;
	unsigned int fd;

	if (!files || !refcount_dec_and_test(&files->count))
		return;
	fdt = files->fdt;
	for_each_set_bit(fd, fdt->open_fds, fdt->max_fds) {
		struct file *file = fdt->fd[fd];

		if (!file)
			continue;
		flush_file(file, files);
		fput(file);
	}
	if (fdt != &files->fdtab)
		kfree(fdt);
	kfree(files);
}

int files_fork(struct task_struct *child, bool share)
{
	struct files_struct *files = current->files;

	if (!files)
		files = alloc_files();
	else if (share)
		refcount_inc(&files->count);
	else
		files = copy_files(files);
	if (!files)
		return -ENOMEM;
	child->files = files;
	return 0;
}

void files_exit(struct task_struct *p)
{
	struct files_struct *files = p->files;

	task_lock(p);
	p->files = NULL;
	task_unlock(p);
	put_files(files);
}

int files_unshare(void)
{
	struct files_struct *old = current->files, *files;

	if (refcount_read(&old->count) == 1)
		return 0;
	files = copy_files(old);
	if (!files)
		return -ENOMEM;
	task_lock(current);
	current->files = files;
	task_unlock(current);
	put_files(old);
	return 0;
}

/* ---- numbers ---- */

/* The lowest free number from `from` on, now taken; -EMFILE, -ENOMEM. */
static int alloc_fd(unsigned int from, unsigned int flags)
{
	struct files_struct *files = current->files;
	unsigned long limit = min(rlimit(RLIMIT_NOFILE), 1UL << 20);
	struct fdtable *fdt;
	unsigned int fd;
	int err;

	spin_lock(&files->file_lock);
	for (;;) {
		fdt = files->fdt;
		fd = max(from, files->next_fd);
		if (fd < fdt->max_fds)
			fd = find_next_zero_bit(fdt->open_fds, fdt->max_fds, fd);
		err = -EMFILE;
		if (fd >= limit)
			goto out;
		if (fd < fdt->max_fds)
			break;
		err = expand_files(files, fd);
		if (err)
			goto out;
	}
	if (from <= files->next_fd)
		files->next_fd = fd + 1;
	__set_bit(fd, fdt->open_fds);
	__assign_bit(fd, fdt->close_on_exec, flags & O_CLOEXEC);
	err = (int)fd;
out:
	spin_unlock(&files->file_lock);
	return err;
}

int get_unused_fd(unsigned int flags)
{
	return alloc_fd(0, flags);
}

/* file_lock held. */
static void __put_unused_fd(struct files_struct *files, unsigned int fd)
{
	__clear_bit(fd, files->fdt->open_fds);
	if (fd < files->next_fd)
		files->next_fd = fd;
}

void put_unused_fd(unsigned int fd)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	__put_unused_fd(files, fd);
	spin_unlock(&files->file_lock);
}

void fd_install(unsigned int fd, struct file *file)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	rcu_assign_pointer(files->fdt->fd[fd], file);
	spin_unlock(&files->file_lock);
}

/* ---- closing ---- */

static int filp_close(struct file *file)
{
	int err = flush_file(file, current->files);

	fput(file);
	return err;
}

/* file_lock held. Takes the file out; NULL: there was none. */
static struct file *take_fd(struct files_struct *files, unsigned int fd)
{
	struct fdtable *fdt = files->fdt;
	struct file *file;

	if (fd >= fdt->max_fds || !fdt->fd[fd])
		return NULL;
	file = fdt->fd[fd];
	WRITE_ONCE(fdt->fd[fd], NULL);
	__put_unused_fd(files, fd);
	return file;
}

int close_fd(unsigned int fd)
{
	struct files_struct *files = current->files;
	struct file *file;

	spin_lock(&files->file_lock);
	file = take_fd(files, fd);
	spin_unlock(&files->file_lock);
	return file ? filp_close(file) : -EBADF;
}

#define CLOSE_RANGE_UNSHARE 2
#define CLOSE_RANGE_CLOEXEC 4

/* close_range(2). */
int close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	struct files_struct *files;
	struct file *file;
	int err;

	if (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC) || first > last)
		return -EINVAL;
	if (flags & CLOSE_RANGE_UNSHARE) {
		err = files_unshare();
		if (err)
			return err;
	}
	files = current->files;
	spin_lock(&files->file_lock);
	for (unsigned int fd = first; fd <= last && fd < files->fdt->max_fds; fd++) {
		if (flags & CLOSE_RANGE_CLOEXEC) {
			if (files->fdt->fd[fd])
				__set_bit(fd, files->fdt->close_on_exec);
			continue;
		}
		file = take_fd(files, fd);
		if (file) {
			spin_unlock(&files->file_lock);
			filp_close(file);
			spin_lock(&files->file_lock);
		}
	}
	spin_unlock(&files->file_lock);
	return 0;
}

/* exec: the table is not shared any more (files_unshare()). */
void files_close_on_exec(void)
{
	struct files_struct *files = current->files;
	struct fdtable *fdt = files->fdt;
	struct file *file;

	for (unsigned int i = 0; i < fdt->max_fds / BITS_PER_LONG; i++) {
		unsigned long set = fdt->close_on_exec[i] & fdt->open_fds[i];

		fdt->close_on_exec[i] = 0;
		for (; set; set &= set - 1) {
			spin_lock(&files->file_lock);
			file = take_fd(files, i * BITS_PER_LONG + __ffs(set));
			spin_unlock(&files->file_lock);
			if (file)
				filp_close(file);
		}
	}
}

bool still_open(unsigned int fd, const struct file *file)
{
	struct files_struct *files = current->files;
	bool same;

	spin_lock(&files->file_lock);
	same = fd < files->fdt->max_fds && files->fdt->fd[fd] == file;
	spin_unlock(&files->file_lock);
	return same;
}

bool get_close_on_exec(unsigned int fd)
{
	struct files_struct *files = current->files;
	bool on;

	spin_lock(&files->file_lock);
	on = fd < files->fdt->max_fds && test_bit(fd, files->fdt->close_on_exec);
	spin_unlock(&files->file_lock);
	return on;
}

void set_close_on_exec(unsigned int fd, bool on)
{
	struct files_struct *files = current->files;

	spin_lock(&files->file_lock);
	if (fd < files->fdt->max_fds && files->fdt->fd[fd])
		__assign_bit(fd, files->fdt->close_on_exec, on);
	spin_unlock(&files->file_lock);
}

/* ---- dup ---- */

/* Takes over the reference of file. */
int f_dupfd(unsigned int from, struct file *file, unsigned int flags)
{
	int fd = alloc_fd(from, flags);

	if (fd < 0)
		fput(file);
	else
		fd_install(fd, file);
	return fd;
}

/* dup3(2) with numbers that differ. What newfd was is closed in the same moment. */
int do_dup2(unsigned int oldfd, unsigned int newfd, unsigned int flags)
{
	struct files_struct *files = current->files;
	struct file *file, *old;
	int err;

	if (newfd >= rlimit(RLIMIT_NOFILE))
		return -EBADF;
	file = fget_raw(oldfd);
	if (!file)
		return -EBADF;
	spin_lock(&files->file_lock);
	err = expand_files(files, newfd);
	old = err ? NULL : files->fdt->fd[newfd];
	if (!err && !old && test_bit(newfd, files->fdt->open_fds))
		err = -EBUSY;		/* another thread is just opening something there */
	if (err) {
		spin_unlock(&files->file_lock);
		fput(file);
		return err;
	}
	__set_bit(newfd, files->fdt->open_fds);
	__assign_bit(newfd, files->fdt->close_on_exec, flags & O_CLOEXEC);
	rcu_assign_pointer(files->fdt->fd[newfd], file);
	spin_unlock(&files->file_lock);
	if (old)
		filp_close(old);
	return (int)newfd;
}

/* Is fd of p open? Does not sleep. */
bool task_has_fd(struct task_struct *p, unsigned int fd)
{
	bool open = false;

	task_lock(p);
	if (p->files) {
		spin_lock(&p->files->file_lock);
		open = fd < p->files->fdt->max_fds && p->files->fdt->fd[fd];
		spin_unlock(&p->files->file_lock);
	}
	task_unlock(p);
	return open;
}
