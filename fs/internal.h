/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files of fs/ share with each other and with the system call bodies, and nobody else
 * needs.
 */
#pragma once

#include "fs/fs.h"
#include "kernel/debug/debug.h"
#include "kernel/task/task.h"

/* ---- dcache.c ---- */
/* d_parent and d_name of any dentry; readers retry. Outside d_lock. */
extern seqlock_t rename_lock;
void dcache_init(void);
void inode_cache_init(void);
void file_cache_init(void);
void names_cache_init(void);
/* unmount: drops the pins of all below and of root itself */
void shrink_dcache_tree(struct dentry *root);
/* a root without super block, for pipes; NULL: no memory */
struct dentry *d_alloc_anon(const char *name);
struct dentry *dget_parent(struct dentry *dentry);
/* d_lookup() plus ->d_revalidate: a stale one is dropped. */
struct dentry *d_lookup_valid(struct dentry *parent, const struct qstr *name);
/* The same, and ask the file system. dir's i_mutex held. Referenced, may be negative; ERR_PTR. */
struct dentry *lookup_hash(struct dentry *parent, const struct qstr *name);
bool is_subdir(struct dentry *dentry, struct dentry *ancestor);	/* equal counts */

static inline bool d_is_root(const struct dentry *dentry)
{
	return dentry->d_parent == dentry;
}
static inline bool d_is_dir(const struct dentry *dentry)
{
	return dentry->d_inode && S_ISDIR(dentry->d_inode->i_mode);
}

/* ---- d_path.c ---- */
char *d_path_from(const struct path *path, const struct path *root, char *buf, int buflen,
		  bool *reached);

/* ---- attr.c ---- */
/* i_mutex held; EROFS is the caller's check */
int notify_change(struct dentry *dentry, struct iattr *attr);
int vfs_getattr(const struct path *path, struct kstat *stat);
int do_truncate(struct dentry *dentry, loff_t length, unsigned int valid);
/* a write by other than root takes setuid bits away; i_mutex held */
int file_remove_privs(struct inode *inode);
void truncate_setsize(struct inode *inode, loff_t size);	/* i_mutex held */
static inline void file_accessed(struct file *file)
{
	struct inode *inode = file->f_inode;
	u64 atime = READ_ONCE(inode->i_times.atime);

	if (atime > READ_ONCE(inode->i_times.mtime) && atime > READ_ONCE(inode->i_times.ctime))
		return;
	if (!(file->f_flags & O_NOATIME) && !(inode->i_sb && READ_ONCE(inode->i_sb->s_flags) & SB_RDONLY))
		WRITE_ONCE(inode->i_times.atime, current_time_ns());
}

/* ---- libfs.c ---- */
bool dir_emit_dots(struct file *file, struct dir_context *ctx);

/* ---- mount.c: the tree of mounts ---- */
extern seqlock_t mount_lock;		/* the shape of all mount trees */
/* who changes it sleeps on this; outside mount_lock, inside i_mutex */
extern struct rw_semaphore namespace_sem;
/* Count 1. Takes over an s_active reference of sb on success; NULL: no memory. */
struct mount *alloc_mount(struct super_block *sb, struct dentry *root, const char *devname,
			  const char *type, unsigned int flags);
struct mount *mntget(struct mount *mnt);
void mntput(struct mount *mnt);		/* may sleep */
/* What is mounted on `path`, referenced; NULL: nothing. */
struct mount *lookup_mnt(const struct path *path);
/* go into what is mounted here, all the way; true: path changed */
bool follow_mount(struct path *path);
/* from a mount's root to the place it is mounted on; false: it has none */
bool follow_up(struct path *path);
void attach_mount(struct mount *mnt, const struct path *at);	/* mount_lock held for writing */
void detach_mount(struct mount *mnt);	/* same; mnt->mnt_place is then to be put */
void destroy_mount(struct mount *mnt);	/* count is 0 */
int mnt_want_write(struct mount *mnt);	/* 0 or -EROFS */

/* ---- namespace.c ---- */
struct mnt_namespace {
	refcount_t count;
	struct mount *root;		/* immutable */
	/* mount.mnt_list, in the order of mounting; namespace_sem */
	struct list_head list;
};
/*
 * One more mount, in no namespace yet: of `root` with old's super block, flags and names. NULL: no
 * memory.
 */
struct mount *clone_mount(struct mount *old, struct dentry *root);
/*
 * at: where to attach it; NULL: it is the root. Takes over the reference; namespace_sem held for
 * writing.
 */
void add_to_ns(struct mnt_namespace *ns, struct mount *mnt, const struct path *at);
/*
 * Take a mount and all below it out of the tree and collect them, a child after its parent;
 * namespace_sem held for writing. Then, with no lock held, put_gone().
 */
void umount_tree(struct mount *top, struct list_head *gone);
void put_gone(struct list_head *gone);

/* ---- do_mount.c ---- */
long do_umount(const char __user *name, int flags);
int umount_path(const char *name, int flags);
#define MS_RDONLY      1
#define MS_NOSUID      2
#define MS_NODEV       4
#define MS_NOEXEC      8
#define MS_SYNCHRONOUS 16
#define MS_REMOUNT     32
#define MS_NOATIME     1024
#define MS_NODIRATIME  2048
#define MS_BIND	       4096
#define MS_MOVE	       8192
#define MS_REC	       16384
#define MS_SILENT      32768
#define MS_UNBINDABLE  (1 << 17)
#define MS_PRIVATE     (1 << 18)
#define MS_SLAVE       (1 << 19)
#define MS_SHARED      (1 << 20)
#define MS_RELATIME    (1 << 21)
#define MS_STRICTATIME (1 << 24)
#define MS_MGC_VAL     0xc0ed0000UL
#define MS_MGC_MSK     0xffff0000UL
#define MNT_FORCE      1
#define MNT_DETACH     2
#define UMOUNT_NOFOLLOW 8

/* ---- fs_struct.c ---- */
struct fs_struct {
	refcount_t users;
	spinlock_t lock;		/* root, pwd */
	int umask;			/* plain */
	struct path root, pwd;		/* referenced */
};
void get_fs_root(struct path *root);	/* of current, referenced */
void get_fs_pwd(struct path *pwd);
void set_fs_root(const struct path *path);
void set_fs_pwd(const struct path *path);
int fs_init_task(const struct path *root);
static inline umode_t current_umask(void)
{
	return (umode_t)current->fs->umask;
}
/* path of another task, referenced; -ENOENT when it has none any more. */
int task_fs_path(struct task_struct *p, bool want_root, struct path *out);

/* ---- namei.c ---- */
#define LAST_NORM   0
#define LAST_ROOT   1
#define LAST_DOT    2
#define LAST_DOTDOT 3
#define MAXSYMLINKS 40

/* A path copied from the user, in a buffer of PATH_MAX. */
/* ERR_PTR(-EFAULT, -ENAMETOOLONG, -ENOENT if empty) */
char *getname(const char __user *name);
char *getname_empty(const char __user *name);	/* an empty one is fine */
char *getname_kernel(const char *name);
void putname(char *name);

/* A symbolic link being followed. */
struct saved_link {
	const char *rest;	/* what follows it in the path it stood in; NULL: nothing (left) */
	struct path link;	/* keeps the target's text alive */
	char text[LINK_TEXT_MAX]; /* or has it, if the file system makes it */
};

struct nameidata {
	struct path path;		/* where the walk is; referenced */
	struct path root;		/* current's root; referenced when root.mnt is set */
	struct qstr last;		/* last component */
	int last_type;			/* LAST_* */
	unsigned int flags;		/* LOOKUP_* */
	bool trailing_slash;
	int total_links, depth;
	struct saved_link *stack;	/* `few`, or more, allocated */
	struct saved_link few[2];	/* enough for nearly every walk */
};
/*
 * Walk to the parent of the last component: nd->path, nd->last. Then path_put(&nd->path),
 * nd_release().
 */
int path_parent(int dfd, const char *name, unsigned int flags, struct nameidata *nd);
void nd_release(struct nameidata *nd);		/* what is left but nd->path */
int filename_lookup(int dfd, const char *name, unsigned int flags, struct path *path);
struct file *do_filp_open(int dfd, const char *name, int flags, umode_t mode);
int path_init(struct nameidata *nd, int dfd, const char *name, unsigned int flags);
int link_path_walk(const char *name, struct nameidata *nd);
int walk_to_end(struct nameidata *nd, const char *name);
int may_delete(struct inode *dir, struct dentry *victim, bool want_dir);
int pick_link(struct nameidata *nd, struct path *link, const char *rest, const char **target);

/* ---- dirops.c ---- */
int vfs_create(struct inode *dir, struct dentry *dentry, umode_t mode);
int do_mknodat(int dfd, const char __user *name, umode_t mode, unsigned long dev);
int do_mkdirat(int dfd, const char __user *name, umode_t mode);
int do_unlinkat(int dfd, const char __user *name, bool dir);
int do_symlinkat(const char __user *target, int dfd, const char __user *name);
int do_linkat(int olddfd, const char __user *oldname, int newdfd, const char __user *newname,
	      int flags);
int do_renameat(int olddfd, const char __user *oldname, int newdfd, const char __user *newname,
		unsigned int flags);
/* from the kernel; also regular files and FIFOs */
int mknod_path(const char *name, umode_t mode, dev_t dev);
int mkdir_path(const char *name, umode_t mode);
int symlink_path(const char *target, const char *name);
int link_path(const char *oldname, const char *newname);
int unlink_path(const char *name, bool dir);

/* ---- initramfs.c ---- */
int initramfs_unpack_archive(const char *name, char *data, size_t size, bool adopt);

/* ---- open.c ---- */
int get_write_access(struct inode *inode);	/* -ETXTBSY */
void put_write_access(struct inode *inode);
/* takes its own references of path */
int vfs_open(struct file *file, const struct path *path);
struct file *alloc_file(int flags);
extern const struct file_operations chrdev_open_fops;	/* finds the device's by number */

/* ---- file.c ---- */
struct fdtable {
	unsigned int max_fds;
	struct file **fd;		/* RCU */
	unsigned long *open_fds;	/* file_lock */
	unsigned long *close_on_exec;	/* file_lock */
	struct rcu_head rcu;
};
#define NR_OPEN_DEFAULT 64
struct files_struct {
	refcount_t count;		/* tasks that share it */
	struct fdtable *fdt;		/* RCU; file_lock to change */
	spinlock_t file_lock;		/* all below */
	unsigned int next_fd;		/* no free number below */
	struct fdtable fdtab;		/* the first table, without any allocation */
	unsigned long open_fds_init[1], close_on_exec_init[1];
	struct file *fd_array[NR_OPEN_DEFAULT];
};
/*
 * A descriptor for the length of a system call: no reference is taken when nobody else can close
 * it.
 */
struct fd {
	struct file *file;
	bool put;
};
struct fd fdget(unsigned int fd);	/* file NULL: none, or O_PATH */
struct fd fdget_raw(unsigned int fd);
static inline void fdput(struct fd f)
{
	if (f.put)
		fput(f.file);
}
int do_dup2(unsigned int oldfd, unsigned int newfd, unsigned int flags);
int f_dupfd(unsigned int from, struct file *file, unsigned int flags);
int close_range(unsigned int first, unsigned int last, unsigned int flags);
bool get_close_on_exec(unsigned int fd);
void set_close_on_exec(unsigned int fd, bool on);
bool still_open(unsigned int fd, const struct file *file);	/* is fd of current this file? */
struct file *fget_task(struct task_struct *p, unsigned int fd);		/* another task's */
/* the next at or above *fd */
struct file *fget_task_next(struct task_struct *p, unsigned int *fd);
bool task_has_fd(struct task_struct *p, unsigned int fd);

/* ---- eventfd.c ---- */
/* A descriptor. -EINVAL: unknown flags; -EMFILE, -ENOMEM. */
int do_eventfd(unsigned int count, int flags);

/* ---- epoll.c ---- */
struct epoll_event {		/* as programs see it */
	u32 events;		/* EPOLL* */
	u64 data;		/* the program's own */
} __packed;
#define EPOLL_CTL_ADD 1
#define EPOLL_CTL_DEL 2
#define EPOLL_CTL_MOD 3
int do_epoll_create(int flags);		/* a descriptor; -EINVAL, -EMFILE, -ENOMEM */
/* event is not looked at by EPOLL_CTL_DEL. -EPERM: target cannot be waited for; -EINVAL, -EEXIST, -ENOENT, -ENOMEM. */
long do_epoll_ctl(struct file *file, int op, struct file *target, int fd,
		  const struct epoll_event *event);
/*
 * Up to max (at least 1) events, for at most timeout_ns (negative: for ever). Their number, 0: time is up; -EINVAL: not a set; -EINTR,
 * -EFAULT.
 */
long do_epoll_wait(struct file *file, struct epoll_event __user *to, int max, s64 timeout_ns);
void __epoll_file_release(struct file *file);
/* The last reference is gone. */
static inline void epoll_file_release(struct file *file)
{
	if (unlikely(READ_ONCE(file->f_watched)))
		__epoll_file_release(file);
}

/* ---- record_lock.c ---- */
struct user_flock {		/* as programs see it */
	short l_type, l_whence;
	loff_t l_start, l_len;
	pid_t l_pid;
};
enum lock_command { LOCK_GET, LOCK_SET, LOCK_SET_WAIT };
/*
 * fd is file's descriptor; of_file: the owner is the open file, not the process. LOCK_GET changes *u; LOCK_SET_WAIT may sleep.
 * -EINVAL, -EOVERFLOW; -EBADF: not opened for that, or closed meanwhile; -EAGAIN; -EDEADLK; -ENOLCK: no memory; -ERESTARTSYS.
 */
long fcntl_lock(unsigned int fd, struct file *file, enum lock_command command, bool of_file,
		struct user_flock *u);
void __record_locks_close(struct file *file, const void *owner);
/*
 * A descriptor of the owner (a table of descriptors, or the file itself) is closed: its locks of the
 * inode go. The owner's own are all there: it made them before, or looks at its descriptor after
 * (still_open()).
 */
static inline void record_locks_close(struct file *file, const void *owner)
{
	if (unlikely(file->f_inode && READ_ONCE(file->f_inode->i_locks.first)))
		__record_locks_close(file, owner);
}

/* ---- flock.c ---- */
/*
 * kind: LOCK_SH, LOCK_EX or LOCK_UN, in place of what the file has. May sleep if `wait`. -EAGAIN: not without waiting,
 * -ERESTARTSYS; then it has no lock.
 */
int flock_file(struct file *file, int kind, bool wait);
void flock_release(struct file *file);			/* the last reference is gone */

/* ---- read_write.c ---- */
struct iovec {
	void __user *iov_base;
	size_t iov_len;
};
#define UIO_MAXIOV   1024
#define MAX_RW_COUNT (0x7fffffffUL & PAGE_MASK)
loff_t vfs_llseek(struct file *file, loff_t offset, int whence);
ssize_t do_sendfile(struct file *out, struct file *in, loff_t *ppos, size_t count);
loff_t *file_ppos(struct file *file);	/* NULL: it has no position */
void file_pos_lock(struct file *file);
void file_pos_unlock(struct file *file);

/*
 * The buffer of a read or write operation: user memory, or the kernel's when
 * kernel_read()/kernel_write() made the call. A user's pointer never looks like the latter, because
 * vfs_read() and vfs_write() let only user addresses pass. Bytes NOT copied.
 */
static inline bool is_kernel_buffer(const void __user *p)
{
	return (unsigned long)p > USER_END;
}
static inline size_t copy_to_reader(void __user *to, const void *from, size_t n)
{
	if (likely(!is_kernel_buffer(to)))
		return copy_to_user(to, from, n);
	memcpy(to, from, n);
	return 0;
}
static inline size_t copy_from_writer(void *to, const void __user *from, size_t n)
{
	if (likely(!is_kernel_buffer(from)))
		return copy_from_user(to, from, n);
	memcpy(to, from, n);
	return 0;
}
static inline size_t clear_reader(void __user *to, size_t n)
{
	if (likely(!is_kernel_buffer(to)))
		return clear_user(to, n);
	memset(to, 0, n);
	return 0;
}

/* ---- iovec.c ---- */
ssize_t vfs_readv(struct file *file, const struct iovec __user *iov, unsigned long n, loff_t *pos,
		  bool write);

/* ---- filemap_rw.c: read and write through the page cache ---- */
ssize_t generic_file_read(struct file *file, char __user *buf, size_t len, loff_t *ppos);
ssize_t generic_file_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos);
/* The page at index, referenced, made if it is not there. ERR_PTR(-ENOSPC, -ENOMEM). */
struct page *page_for_write(struct inode *inode, unsigned long index);
bool has_room_for(unsigned long n);	/* n pages more, without taking what is left for programs? */

/* ---- fallocate.c ---- */
#define FALLOC_FL_KEEP_SIZE  1
#define FALLOC_FL_PUNCH_HOLE 2
/* fallocate(2): the errors are its own. May sleep. */
int vfs_fallocate(struct file *file, int mode, loff_t offset, loff_t len);
int generic_file_fallocate(struct file *file, int mode, loff_t offset, loff_t len);

/* ---- memfd.c ---- */
/* A descriptor. -EINVAL: unknown flags, the name is too long; -EFAULT, -EMFILE, -ENOMEM. */
int do_memfd_create(const char __user *name, unsigned int flags);

/* ---- pipe.c ---- */
extern const struct file_operations pipefifo_fops;
struct pipe_inode_info;
int do_pipe(int fds[2], int flags);
long pipe_fcntl(struct file *file, unsigned int cmd, unsigned long arg);
void free_pipe_info(struct pipe_inode_info *pipe);

/* ---- select.c ---- */
struct pollfd {
	int fd;
	short events, revents;
};
long do_poll(struct pollfd __user *fds, unsigned int nfds, s64 timeout_ns);
long do_select(int n, unsigned long __user *in, unsigned long __user *out, unsigned long __user *ex,
	       s64 timeout_ns);

#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2
#define SEEK_DATA 3
#define SEEK_HOLE 4

#define DT_UNKNOWN 0
static inline unsigned int mode_to_dt(umode_t mode)
{
	return (mode & S_IFMT) >> 12;
}

#define AT_SYMLINK_NOFOLLOW 0x100
#define AT_REMOVEDIR	    0x200
#define AT_EACCESS	    0x200
#define AT_SYMLINK_FOLLOW   0x400
#define AT_NO_AUTOMOUNT	    0x800
#define AT_EMPTY_PATH	    0x1000
#define RENAME_NOREPLACE    1
#define RENAME_EXCHANGE	    2
