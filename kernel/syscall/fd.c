// SPDX-License-Identifier: GPL-2.0-only
/*
 * System calls on open descriptors: read, write, seek, duplicate, fcntl. The man pages of section 2
 * say what each does; the work is in fs/read_write.c and fs/file.c.
 */
#include "fs/internal.h"
#include "kernel/syscall/syscall.h"

/* SIGPIPE goes with -EPIPE for every kind of write (write(2)). */
static ssize_t write_result(ssize_t n)
{
	if (unlikely(n == -EPIPE))
		send_sig(SIGPIPE, current);
	return n;
}

long sys_read(fd_t fd, uptr_t buf, size_t count)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (!f.file)
		return -EBADF;
	file_pos_lock(f.file);
	n = vfs_read(f.file, buf, count, &f.file->f_pos);
	file_pos_unlock(f.file);
	fdput(f);
	return n;
}

long sys_write(fd_t fd, ucptr_t buf, size_t count)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (!f.file)
		return -EBADF;
	file_pos_lock(f.file);
	n = vfs_write(f.file, buf, count, &f.file->f_pos);
	file_pos_unlock(f.file);
	fdput(f);
	return write_result(n);
}

static long rw_vector(fd_t fd, const struct iovec __user *iov, unsigned long n, bool write)
{
	struct fd f = fdget(fd);
	ssize_t done;

	if (!f.file)
		return -EBADF;
	file_pos_lock(f.file);
	done = vfs_readv(f.file, iov, n, &f.file->f_pos, write);
	file_pos_unlock(f.file);
	fdput(f);
	return write ? write_result(done) : done;
}

long sys_readv(fd_t fd, ucptr_t iov, unsigned long iovcnt)
{
	return rw_vector(fd, iov, iovcnt, false);
}

long sys_writev(fd_t fd, ucptr_t iov, unsigned long iovcnt)
{
	return rw_vector(fd, iov, iovcnt, true);
}

long sys_pread64(fd_t fd, uptr_t buf, size_t count, loff_t pos)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (pos < 0) {
		fdput(f);
		return -EINVAL;
	}
	if (!f.file)
		return -EBADF;
	n = f.file->f_mode & FMODE_NOPOS ? -ESPIPE : vfs_read(f.file, buf, count, &pos);
	fdput(f);
	return n;
}

long sys_pwrite64(fd_t fd, ucptr_t buf, size_t count, loff_t pos)
{
	struct fd f = fdget(fd);
	ssize_t n;

	if (pos < 0) {
		fdput(f);
		return -EINVAL;
	}
	if (!f.file)
		return -EBADF;
	n = f.file->f_mode & FMODE_NOPOS ? -ESPIPE : vfs_write(f.file, buf, count, &pos);
	fdput(f);
	return n;
}

static long rw_vector_at(fd_t fd, const struct iovec __user *iov, unsigned long n, loff_t pos,
			 bool write)
{
	struct fd f = fdget(fd);
	ssize_t done;

	if (pos < 0) {
		fdput(f);
		return -EINVAL;
	}
	if (!f.file)
		return -EBADF;
	done = f.file->f_mode & FMODE_NOPOS ? -ESPIPE : vfs_readv(f.file, iov, n, &pos, write);
	fdput(f);
	return done;
}

/* The position comes as one register; pos_high is 0 on 64-bit machines. */
long sys_preadv(fd_t fd, ucptr_t iov, unsigned long iovcnt, unsigned long pos_low,
		unsigned long pos_high)
{
	return rw_vector_at(fd, iov, iovcnt, (loff_t)pos_low, false);
}

long sys_pwritev(fd_t fd, ucptr_t iov, unsigned long iovcnt, unsigned long pos_low,
		 unsigned long pos_high)
{
	return rw_vector_at(fd, iov, iovcnt, (loff_t)pos_low, true);
}

long sys_lseek(fd_t fd, loff_t offset, int whence)
{
	struct fd f = fdget(fd);
	loff_t pos;

	if (!f.file)
		return -EBADF;
	file_pos_lock(f.file);
	pos = vfs_llseek(f.file, offset, whence);
	file_pos_unlock(f.file);
	fdput(f);
	return pos;
}

long sys_sendfile(fd_t out_fd, fd_t in_fd, uptr_t offset, size_t count)
{
	struct fd in = fdget(in_fd), out = fdget(out_fd);
	loff_t pos, *ppos;
	long n = -EBADF;

	if (!in.file || !out.file || !(in.file->f_mode & FMODE_READ) ||
	    !(out.file->f_mode & FMODE_WRITE))
		goto out;
	n = -EINVAL;
	if (in.file->f_mode & FMODE_NOPOS || out.file->f_flags & O_APPEND) {
		if (in.file->f_mode & FMODE_NOPOS && offset)
			n = -ESPIPE;
		goto out;
	}
	ppos = &in.file->f_pos;
	if (offset) {
		n = -EFAULT;
		if (get_user(pos, (loff_t __user *)offset))
			goto out;
		n = -EINVAL;
		if (pos < 0)
			goto out;
		ppos = &pos;
	}
	n = write_result(do_sendfile(out.file, in.file, ppos, min(count, (size_t)MAX_RW_COUNT)));
	if (offset && put_user(pos, (loff_t __user *)offset))
		n = -EFAULT;
out:
	fdput(in);
	fdput(out);
	return n;
}

long sys_close(fd_t fd)
{
	return close_fd(fd);
}

long sys_close_range(unsigned int first, unsigned int last, unsigned int flags)
{
	return close_range(first, last, flags);
}

/* ---- dup, fcntl ---- */

long sys_dup(fd_t fd)
{
	struct file *file = fget_raw(fd);

	return file ? f_dupfd(0, file, 0) : -EBADF;
}

long sys_dup2(fd_t oldfd, fd_t newfd)
{
	if (oldfd == newfd) {
		struct fd f = fdget_raw(oldfd);

		fdput(f);
		return f.file ? newfd : -EBADF;
	}
	return do_dup2(oldfd, newfd, 0);
}

long sys_dup3(fd_t oldfd, fd_t newfd, int flags)
{
	if (flags & ~O_CLOEXEC || oldfd == newfd)
		return -EINVAL;
	return do_dup2(oldfd, newfd, (unsigned int)flags);
}

#define F_DUPFD	 0
#define F_GETFD	 1
#define F_SETFD	 2
#define F_GETFL	 3
#define F_SETFL	 4
#define F_GETLK	 5
#define F_SETLK	 6
#define F_SETLKW 7
#define F_OFD_GETLK	36
#define F_OFD_SETLK	37
#define F_OFD_SETLKW	38
#define F_DUPFD_CLOEXEC 1030
#define F_SETPIPE_SZ	1031
#define F_GETPIPE_SZ	1032
#define FD_CLOEXEC	1

/* What F_SETFL may change. */
#define SETFL_MASK (O_APPEND | O_NONBLOCK | O_DIRECT | O_NOATIME)

static long setfl(struct file *file, unsigned int flags)
{
	if (flags & O_NOATIME && !(file->f_flags & O_NOATIME) &&
	    current_fsuid() != READ_ONCE(file->f_inode->i_uid) && !capable(CAP_FOWNER))
		return -EPERM;
	spin_lock(&file->f_lock);
	file->f_flags = (file->f_flags & ~SETFL_MASK) | (flags & SETFL_MASK);
	spin_unlock(&file->f_lock);
	return 0;
}

static long record_lock(fd_t fd, struct file *file, enum lock_command command, bool of_file,
			struct user_flock __user *user)
{
	struct user_flock u;
	long err;

	if (copy_from_user(&u, user, sizeof(u)))
		return -EFAULT;
	err = fcntl_lock(fd, file, command, of_file, &u);
	if (!err && command == LOCK_GET && copy_to_user(user, &u, sizeof(u)))
		err = -EFAULT;
	return err;
}

static long fcntl_file(fd_t fd, struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg > 0x7fffffff || arg >= rlimit(RLIMIT_NOFILE))
			return -EINVAL;
		atomic_long_inc(&file->f_count);
		return f_dupfd(arg, file, cmd == F_DUPFD ? 0 : O_CLOEXEC);
	case F_GETFD:
		return get_close_on_exec(fd) ? FD_CLOEXEC : 0;
	case F_SETFD:
		set_close_on_exec(fd, arg & FD_CLOEXEC);
		return 0;
	case F_GETFL:
		return file->f_flags | (file->f_mode & FMODE_PATH ? 0 : O_LARGEFILE);
	}
	if (file->f_mode & FMODE_PATH)
		return -EBADF;
	switch (cmd) {
	case F_SETFL:
		return setfl(file, arg);
	case F_GETLK:
	case F_SETLK:
	case F_SETLKW:
		return record_lock(fd, file, LOCK_GET + cmd - F_GETLK, false, (uptr_t)arg);
	case F_OFD_GETLK:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return record_lock(fd, file, LOCK_GET + cmd - F_OFD_GETLK, true, (uptr_t)arg);
	case F_GETPIPE_SZ:
	case F_SETPIPE_SZ:
		return pipe_fcntl(file, cmd, arg);
	default:
		return -EINVAL;
	}
}

long sys_fcntl(fd_t fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget_raw(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = fcntl_file(fd, f.file, cmd, arg);
	fdput(f);
	return ret;
}

#define LOCK_NB 4

long sys_flock(fd_t fd, int op)
{
	int kind = op & ~LOCK_NB;
	struct fd f;
	long ret;

	if (kind != LOCK_SH && kind != LOCK_EX && kind != LOCK_UN)
		return -EINVAL;
	f = fdget(fd);
	if (!f.file)
		return -EBADF;
	/* Access mode 3 is good for ioctl alone. */
	if (kind != LOCK_UN && !(f.file->f_mode & (FMODE_READ | FMODE_WRITE)))
		ret = -EBADF;
	else
		ret = flock_file(f.file, kind, !(op & LOCK_NB));
	fdput(f);
	return ret;
}

#define FIONBIO	  0x5421
#define FIOCLEX	  0x5451
#define FIONCLEX  0x5450
#define FIONREAD_ 0x541b

long sys_ioctl(fd_t fd, unsigned int cmd, unsigned long arg)
{
	struct fd f = fdget(fd);
	long ret = 0;
	int on;

	if (!f.file)
		return -EBADF;
	switch (cmd) {
	case FIOCLEX:
	case FIONCLEX:
		set_close_on_exec(fd, cmd == FIOCLEX);
		break;
	case FIONBIO:
		ret = get_user(on, (int __user *)arg);
		if (!ret)
			ret = setfl(f.file, on ? f.file->f_flags | O_NONBLOCK
					       : f.file->f_flags & ~O_NONBLOCK);
		break;
	case FIONREAD_:
		if (S_ISREG(f.file->f_inode->i_mode)) {
			loff_t left = READ_ONCE(f.file->f_inode->i_size) - READ_ONCE(f.file->f_pos);

			ret = put_user((int)max(left, (loff_t)0), (int __user *)arg);
			break;
		}
		fallthrough;
	default:
		ret = f.file->f_op && f.file->f_op->ioctl ? f.file->f_op->ioctl(f.file, cmd, arg)
							  : -ENOTTY;
		break;
	}
	fdput(f);
	return ret;
}

static long do_fsync(fd_t fd)
{
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = f.file->f_op && f.file->f_op->fsync ? f.file->f_op->fsync(f.file) : -EINVAL;
	fdput(f);
	return ret;
}

long sys_fsync(fd_t fd)
{
	return do_fsync(fd);
}

long sys_fdatasync(fd_t fd)
{
	return do_fsync(fd);
}

/* Everything is in memory and stays there. */
long sys_sync(void)
{
	return 0;
}

long sys_fallocate(fd_t fd, int mode, loff_t offset, loff_t len)
{
	struct fd f = fdget(fd);
	long ret;

	if (!f.file)
		return -EBADF;
	ret = vfs_fallocate(f.file, mode, offset, len);
	fdput(f);
	return ret;
}

long sys_memfd_create(ustr_t name, unsigned int flags)
{
	return do_memfd_create(name, flags);
}

/* Advice needs no following; the checks are those of posix_fadvise(2). */
long sys_fadvise64(fd_t fd, loff_t offset, size_t len, int advice)
{
	struct fd f = fdget(fd);
	long ret = 0;

	if (!f.file)
		return -EBADF;
	if (f.file->f_mode & FMODE_NOPOS)
		ret = -ESPIPE;
	else if (advice < 0 || advice > 5 || (ssize_t)len < 0)
		ret = -EINVAL;
	fdput(f);
	return ret;
}
