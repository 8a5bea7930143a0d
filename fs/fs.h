/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The virtual file system: what a file is to the rest of the kernel. Public header of fs/.
 *
 * The objects and how they hang together:
 *   super_block   one mounted-or-mountable tree of one file system; owns its inodes and dentries
 *   inode         a file itself: type, owner, size, pages
 *   dentry        a name for it below a parent; the tree that path walk follows; hashed by
 *                 (parent, name)
 *   mount         a dentry tree attached at a dentry of another mount
 *   file          an open description: position, flags, inode
 *
 * The life of a dentry: d_alloc (one reference, parent pinned) → d_add/d_instantiate → lookups take
 * references, dput drops them. In-memory file systems keep one more reference for as long as the
 * name exists (d_instantiate by ramfs and containers, dropped by unlink/rmdir), so their dentries
 * never go by themselves. A dentry with no reference and no such pin is freed at once, after a
 * grace period, because path walk looks it up under RCU.
 *
 * Start with namei.c (path walk), then dcache.c, super.c, mount.c, file.c, read_write.c; libfs.c
 * helps small file systems.
 */
#pragma once

#include "kernel/lib/lib.h"
#include "kernel/sync/sync.h"
#include "kernel/mm/mm.h"
#include "kernel/sched/sched.h"
#include "fs/stat.h"
#include "fs/seq_file.h"

struct inode;
struct dentry;
struct file;
struct super_block;
struct mount;
struct poll_table;
struct nameidata;

#define NAME_MAX 255
#define PATH_MAX 4096

struct qstr {
	const char *name;
	u32 len;
	u32 hash;		/* of name and parent */
};

struct path {
	struct mount *mnt;
	struct dentry *dentry;
};

struct timespec_set {		/* ns since 1970 */
	u64 atime, mtime, ctime;
};

struct inode {
	ino_t i_ino;			/* immutable */
	umode_t i_mode;			/* type immutable; permission bits: i_mutex */
	uid_t i_uid;			/* i_mutex to write, READ_ONCE() without */
	gid_t i_gid;
	dev_t i_rdev;			/* immutable */
	unsigned int i_nlink;		/* i_mutex */
	loff_t i_size;			/* i_mutex to write, READ_ONCE() without */
	struct timespec_set i_times;	/* i_mutex to write (atime: WRITE_ONCE() without), READ_ONCE() else */
	refcount_t i_count;
	struct super_block *i_sb;	/* immutable */
	const struct inode_operations *i_op;	/* immutable after creation */
	const struct file_operations *i_fop;
	struct address_space i_data;	/* page cache of regular files */
	/* directory contents; file size and attributes. Parent before child. */
	struct mutex i_mutex;
	void *i_private;		/* the file system's */
	struct pipe_inode_info *i_pipe;	/* FIFOs; i_mutex */
	struct hlist_head i_locks;	/* record locks; record_lock.c's lock */
	/* open for writing > 0; denied by running programs < 0 (ETXTBSY) */
	atomic_t i_writecount;
	struct rcu_head i_rcu;
};

#define DNAME_INLINE 32
struct dentry {
	struct hlist_node d_hash;	/* dcache lock of the bucket; RCU */
	struct dentry *d_parent;	/* rename_lock + d_lock to write; RCU */
	struct qstr d_name;		/* same */
	struct inode *d_inode;		/* NULL: negative. d_lock to write */
	atomic_t d_count;
	unsigned int d_flags;		/* d_lock */
	unsigned int d_mounted;		/* mounts on it, in all namespaces; mount_lock to write */
	spinlock_t d_lock;
	/* its place in the parent's directory listing; rename_lock + parent's d_lock to write */
	u64 d_off;
	u64 d_next_off;			/* that of the next child; d_lock */
	struct super_block *d_sb;	/* immutable */
	const struct dentry_operations *d_op;	/* immutable after creation */
	struct list_head d_child;	/* in parent's d_subdirs; parent's d_lock */
	struct list_head d_subdirs;	/* d_lock */
	void *d_fsdata;			/* the file system's */
	struct rcu_head d_rcu;
	char d_iname[DNAME_INLINE];	/* short names live here */
};
#define DCACHE_UNHASHED 0x02		/* removed: not to be found, still referenced */
#define DCACHE_PINNED	0x04		/* holds the in-memory file system's own reference */

struct dentry_operations {
	/*
	 * Still right? false: drop it and look up again. Called by path walk without locks, may not
	 * sleep.
	 */
	bool (*d_revalidate)(struct dentry *dentry);
	/* last reference gone, before the grace period */
	void (*d_release)(struct dentry *dentry);
};

struct inode_operations {
	/*
	 * Find `dentry`'s name in dir: d_add() it (negative too). 0 or error; -EAGAIN: the name has
	 * come to the dcache meanwhile. dir->i_mutex held. NULL: only what d_add put there.
	 */
	int (*lookup)(struct inode *dir, struct dentry *dentry);
	/* all of these: both i_mutex as VFS rules */
	int (*create)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*link)(struct dentry *old, struct inode *dir, struct dentry *dentry);
	int (*unlink)(struct inode *dir, struct dentry *dentry);
	int (*symlink)(struct inode *dir, struct dentry *dentry, const char *target);
	int (*mkdir)(struct inode *dir, struct dentry *dentry, umode_t mode);
	int (*rmdir)(struct inode *dir, struct dentry *dentry);
	int (*mknod)(struct inode *dir, struct dentry *dentry, umode_t mode, dev_t dev);
	int (*rename)(struct inode *old_dir, struct dentry *old, struct inode *new_dir,
		      struct dentry *new_dentry, unsigned int flags);
	/*
	 * Target of a symlink: NUL-terminated, valid while the inode is referenced, or made in buf,
	 * which has LINK_TEXT_MAX bytes; or ERR_PTR.
	 */
	const char *(*get_link)(struct dentry *dentry, struct inode *inode, char *buf);
#define LINK_TEXT_MAX 32
	/*
	 * For magic links (/proc/PID/exe, fd/N): the place itself, referenced. 0 or error. Instead
	 * of get_link.
	 */
	int (*follow_link)(struct dentry *dentry, struct path *out);
	/* NULL: simple_setattr */
	int (*setattr)(struct dentry *dentry, const struct iattr *attr);
	/* NULL: generic_fillattr */
	int (*getattr)(struct dentry *dentry, struct kstat *stat);
	/* NULL: generic_permission */
	int (*permission)(struct inode *inode, int mask);
};

#define MAY_EXEC  1
#define MAY_WRITE 2
#define MAY_READ  4
#define MAY_MKNOD 8		/* device_permission() only */

struct file {
	atomic_long_t f_count;		/* first: fget's increment */
	unsigned int f_flags;		/* O_*; f_lock to change */
	unsigned int f_mode;		/* FMODE_*; immutable after open */
	struct path f_path;		/* immutable after open */
	struct inode *f_inode;		/* = f_path.dentry->d_inode, immutable */
	const struct file_operations *f_op;
	loff_t f_pos;			/* f_pos_lock */
	struct mutex f_pos_lock;
	spinlock_t f_lock;
	void *private_data;		/* the file system's */
	struct hlist_node f_flock_node;	/* when f_flock is not LOCK_UN; flock.c's lock, as below */
	u8 f_flock;			/* LOCK_SH, LOCK_EX, LOCK_UN: none */
	bool f_watched;			/* has been in an epoll set; set under epoll_mutex, for ever */
	uid_t f_euid;			/* who opened it; immutable */
	struct hlist_head f_members;	/* what epoll sets keep of it; epoll_mutex */
	struct rcu_head f_rcu;
};
/* f_flock, and the operations of flock(2) */
#define LOCK_SH 1
#define LOCK_EX 2
#define LOCK_UN 8

#define FMODE_READ    1
#define FMODE_WRITE   2
#define FMODE_EXEC    4
#define FMODE_PATH    8		/* O_PATH */
#define FMODE_NOPOS   16	/* pipe, tty: no position, lseek says ESPIPE */

struct dir_context {
	/* One entry; false: the buffer is full, stop and come back with the same pos. */
	bool (*actor)(struct dir_context *ctx, const char *name, unsigned int len, loff_t pos,
		      ino_t ino, unsigned int type);
	loff_t pos;		/* position of the next entry */
};
struct file_operations {
	/* NULL: generic_file_llseek */
	loff_t (*llseek)(struct file *file, loff_t offset, int whence);
	/*
	 * Buffers are user memory unless the caller says otherwise through kernel_read(). *ppos
	 * moves. Bytes or -errno.
	 */
	ssize_t (*read)(struct file *file, char __user *buf, size_t len, loff_t *ppos);
	ssize_t (*write)(struct file *file, const char __user *buf, size_t len, loff_t *ppos);
	/*
	 * What one call writes is one message, not part of a stream: the pieces of a writev(2) are
	 * put together for write(), a page of them at most (else E2BIG).
	 */
	bool writes_are_messages;
	/* directory's i_mutex held */
	int (*iterate)(struct file *file, struct dir_context *ctx);
	/* NULL: always ready. EPOLL* bits as POLL* */
	unsigned int (*poll)(struct file *file, struct poll_table *pt);
	long (*ioctl)(struct file *file, unsigned int cmd, unsigned long arg);
	/* check and set vm_ops; NULL: ENODEV */
	int (*mmap)(struct file *file, struct vm_area_struct *vma);
	int (*open)(struct inode *inode, struct file *file);
	int (*flush)(struct file *file);				/* each close() */
	int (*release)(struct inode *inode, struct file *file);		/* last close */
	int (*fsync)(struct file *file);				/* NULL: EINVAL */
	/* mode, offset, len: checked as far as all files have it alike; NULL: EOPNOTSUPP */
	int (*fallocate)(struct file *file, int mode, loff_t offset, loff_t len);
};

struct super_operations {
	/* last reference gone, nlink 0 or unmount; free i_private */
	void (*evict_inode)(struct inode *inode);
	int (*statfs)(struct dentry *root, struct kstatfs *buf);	/* NULL: simple_statfs */
	/* data may be NULL; s_umount held for writing */
	int (*remount_fs)(struct super_block *sb, int *flags, char *data);
	/* ",name=value" after the generic ones */
	int (*show_options)(struct seq_file *m, struct dentry *root);
	void (*put_super)(struct super_block *sb);	/* last unmount, all dentries gone */
};

struct file_system_type {
	const char *name;
	/*
	 * Find or make the super block for this mount: referenced and s_umount held for writing
	 * (sget() does both), root set. ERR_PTR on error. May sleep.
	 */
	struct super_block *(*get_sb)(struct file_system_type *type, int flags,
				      const char *dev_name, void *data);
	/*
	 * No mount refers to sb any more (s_active dropped to 0), s_umount held for writing. Must
	 * end with generic_shutdown_super(sb).
	 */
	void (*kill_sb)(struct super_block *sb);
};
/* One line makes a file system known: DEFINE_FILESYSTEM(ramfs_fs_type). */
#define DEFINE_FILESYSTEM(type_object) \
	struct file_system_type *const fstype_##type_object TABLE_ENTRY(filesystem) = &(type_object)

struct super_block {
	struct list_head s_list;		/* sb_lock: all super blocks */
	struct file_system_type *s_type;	/* immutable */
	const struct super_operations *s_op;	/* immutable once s_root is set */
	struct dentry *s_root;			/* s_umount; NULL while being made and when dying */
	unsigned int s_flags;			/* SB_RDONLY …; s_umount to write, READ_ONCE() else */
	unsigned long s_magic;
	u32 s_blocksize;
	dev_t s_dev;				/* anonymous device number; immutable */
	/* mounts, and who keeps the tree alive (child containers) */
	atomic_t s_active;
	atomic_t s_count;			/* the struct itself */
	/* files open for writing: no remount to read-only */
	atomic_t s_writers;
	/* mount, remount, umount; outside container_mutex and i_mutex */
	struct rw_semaphore s_umount;
	bool s_dying;				/* sb_lock: not to be found any more */
	void *s_fs_info;			/* the file system's */
	loff_t s_maxbytes;
	atomic_long_t s_next_ino;
	struct rcu_head s_rcu;
};
#define SB_RDONLY 1
#define SB_NOSUID 2
#define SB_NODEV  4
#define SB_NOEXEC 8

struct mount {
	/* mount_lock (seqlock, irqs on); readers: its count + RCU */
	struct hlist_node mnt_hash;
	struct mount *mnt_parent;	/* mount_lock */
	struct dentry *mnt_mountpoint;	/* mount_lock */
	struct dentry *mnt_root;	/* immutable */
	struct super_block *mnt_sb;	/* immutable */
	struct list_head mnt_mounts;	/* children; mount_lock */
	struct list_head mnt_child;	/* mount_lock */
	struct list_head mnt_list;	/* in mnt_namespace; mount_lock */
	struct mnt_namespace *mnt_ns;	/* mount_lock */
	char *mnt_devname;		/* column 1 of /proc/mounts; immutable */
	/*
	 * column 3: the type's name as it was asked for (the container type has an alias);
	 * immutable
	 */
	const char *mnt_typename;
	unsigned int mnt_flags;		/* MNT_*: mount_lock to write, READ_ONCE() else */
	atomic_t mnt_writers;		/* files open for writing through it */
	atomic_t mnt_count;
	int mnt_id;
	/* detached: what is still to be put; the one who detached it */
	struct path mnt_place;
	struct mount *mnt_copy;		/* while a tree is copied: its copy; namespace_sem */
	struct rcu_head mnt_rcu;
};

#define MNT_RDONLY 1
#define MNT_NOSUID 2
#define MNT_NODEV  4
#define MNT_NOEXEC 8

/* ---- dentries (dcache.c) ---- */
/* unhashed, count 1; NULL: no memory */
struct dentry *d_alloc(struct dentry *parent, const struct qstr *name);
struct dentry *d_alloc_name(struct dentry *parent, const char *name);
/* takes over the inode reference, also on failure (NULL) */
struct dentry *d_alloc_root(struct inode *root);
/* hash it; takes over the inode reference; NULL: negative */
void d_add(struct dentry *dentry, struct inode *inode);
/* dentry is hashed already (negative) */
void d_instantiate(struct dentry *dentry, struct inode *inode);
/* For in-memory file systems: keep a reference until d_unpin() or d_delete_pinned(). */
void d_pin(struct dentry *dentry);
void d_drop(struct dentry *dentry);			/* unhash: not to be found any more */
void d_unpin(struct dentry *dentry);			/* drop the pin; may sleep */
/* unhash what nobody but its pin and the caller refers to; false: somebody does */
bool d_drop_unused(struct dentry *dentry);
/* unhash and drop the pin: the name is gone; users keep it alive */
void d_delete_pinned(struct dentry *dentry);
/*
 * The first child, in the order of their making, for which match() says yes, referenced; NULL: none.
 * match runs under dir's d_lock, which is what keeps names in the list.
 */
struct dentry *d_find_child(struct dentry *dir, bool (*match)(const struct dentry *, const void *),
			    const void *arg);
struct dentry *dget(struct dentry *dentry);
void dput(struct dentry *dentry);			/* may sleep */
/* referenced or NULL */
struct dentry *d_lookup(struct dentry *parent, const struct qstr *name);
/* cached or by ->lookup; parent's i_mutex held; may be negative */
struct dentry *lookup_one(struct dentry *parent, const char *name, size_t len);
/* rename: dentry takes target's name and parent */
void d_move(struct dentry *dentry, struct dentry *target);
bool d_unlinked(const struct dentry *dentry);
/* Something is mounted on it. Stays so while its i_mutex is held. */
static inline bool d_mountpoint(const struct dentry *dentry)
{
	return READ_ONCE(dentry->d_mounted);
}
/*
 * Path of `path` from `root` into buf, built from the end: returns its start, or
 * ERR_PTR(-ENAMETOOLONG). " (deleted)" is appended for removed names. Safe against renames.
 */
char *d_path(const struct path *path, char *buf, int buflen);
/* within its super block; "/" for the root */
char *dentry_path(struct dentry *dentry, char *buf, int buflen);
unsigned long nr_dentries(void);
unsigned long nr_inodes(void);

/* ---- inodes (inode.c) ---- */
/* count 1, number assigned, times now; NULL: no memory */
struct inode *new_inode(struct super_block *sb);
void iput(struct inode *inode);				/* may sleep */
static inline struct inode *igrab(struct inode *inode)
{
	refcount_inc(&inode->i_count);
	return inode;
}
/* fsuid/fsgid, setgid rule */
void inode_init_owner(struct inode *inode, const struct inode *dir, umode_t mode);
int inode_permission(struct inode *inode, int mask);	/* 0 or -EACCES, -EROFS */
int generic_permission(struct inode *inode, int mask);
int inode_change_ok(const struct inode *inode, struct iattr *attr);
void generic_fillattr(struct inode *inode, struct kstat *stat);
u64 current_time_ns(void);

/* ---- super blocks (super.c) ---- */
/*
 * Find a live super block for which test() says yes (s_active is taken), or make one and set() it.
 * Either way s_umount is held for writing. test runs under sb_lock. A super block that is dying is
 * waited for, never returned. ERR_PTR.
 */
struct super_block *sget(struct file_system_type *type, int (*test)(struct super_block *, void *),
			 int (*set)(struct super_block *, void *), void *data);
/* drop all dentries (pins included), put_super */
void generic_shutdown_super(struct super_block *sb);
void deactivate_super(struct super_block *sb);		/* s_active - 1; at 0 kill_sb. May sleep. */
/* the same with s_umount held for writing; releases it */
void deactivate_locked_super(struct super_block *sb);
bool atomic_inc_super(struct super_block *sb);		/* s_active + 1 unless it is 0 */
/*
 * get_sb for file systems with a fresh or a single instance: fill(sb, data, silent) sets s_op and
 * s_root.
 */
struct super_block *get_sb_nodev(struct file_system_type *type, int flags, void *data,
				 int (*fill)(struct super_block *, void *));
struct super_block *get_sb_single(struct file_system_type *type, int flags, void *data,
				  int (*fill)(struct super_block *, void *));
void kill_anon_super(struct super_block *sb);

/* ---- files (file.c, open.c, read_write.c) ---- */
struct file *fget(unsigned int fd);		/* referenced; NULL; not O_PATH */
struct file *fget_raw(unsigned int fd);		/* O_PATH too */
void fput(struct file *file);			/* may sleep */
int get_unused_fd(unsigned int flags);		/* O_CLOEXEC; -EMFILE */
void put_unused_fd(unsigned int fd);
void fd_install(unsigned int fd, struct file *file);	/* takes over the reference */
int close_fd(unsigned int fd);
/* from the kernel, current's root and cwd */
struct file *filp_open(const char *path, int flags, umode_t mode);
/* takes its own references */
struct file *dentry_open(const struct path *path, int flags);
/* no path in any tree (pipes …) */
struct file *alloc_file_anon(const char *name, const struct file_operations *fops, void *priv,
			     int flags);
/*
 * The same as a new descriptor of current, read and write, without a position; flags: O_CLOEXEC, O_NONBLOCK. priv is from
 * kmalloc(): fops->release frees it, and if there is no file in the end, this does. The descriptor, -EMFILE, -ENOMEM.
 */
int install_anon_file(const char *name, const struct file_operations *fops, void *priv, int flags);
ssize_t kernel_read(struct file *file, void *buf, size_t len, loff_t *pos);
ssize_t kernel_write(struct file *file, const void *buf, size_t len, loff_t *pos);
ssize_t vfs_read(struct file *file, char __user *buf, size_t len, loff_t *pos);
ssize_t vfs_write(struct file *file, const char __user *buf, size_t len, loff_t *pos);
int generic_file_open(struct inode *inode, struct file *file);
loff_t generic_file_llseek(struct file *file, loff_t offset, int whence);
/* From a kernel buffer to the reader, honouring *ppos. */
ssize_t simple_read_from_buffer(void __user *to, size_t count, loff_t *ppos, const void *from,
				size_t available);
int deny_write_access(struct file *file);	/* exec: -ETXTBSY when open for writing */
void allow_write_access(struct file *file);

/* Sharing and copying for fork, clone, exec and exit (kernel/task calls these). */
int files_fork(struct task_struct *child, bool share);	/* CLONE_FILES; -ENOMEM */
void files_exit(struct task_struct *p);
int files_unshare(void);				/* exec, unshare(CLONE_FILES) */
void files_close_on_exec(void);
int fs_fork(struct task_struct *child, bool share);	/* CLONE_FS */
void fs_exit(struct task_struct *p);
int fs_unshare(void);
/*
 * For a kernel thread that becomes a program: a working directory, its root's, and a umask of its
 * own. -ENOMEM. Kernel threads and pid 1 share theirs.
 */
int fs_start_afresh(void);
int mnt_ns_fork(struct task_struct *child, bool new_ns);	/* CLONE_NEWNS; -ENOMEM */
void mnt_ns_exit(struct task_struct *p);
int mnt_ns_unshare(void);

/* ---- path walk (namei.c) ---- */
#define LOOKUP_FOLLOW	 1
#define LOOKUP_DIRECTORY 2
#define LOOKUP_PARENT	 4
#define LOOKUP_EMPTY	 8
#define AT_FDCWD	 (-100)
int kern_path(const char *name, unsigned int flags, struct path *path);
int user_path_at(int dfd, const char __user *name, unsigned int flags, struct path *path);
void path_get(const struct path *path);
void path_put(const struct path *path);
int vfs_mkdir(struct inode *dir, struct dentry *dentry, umode_t mode);	/* dir->i_mutex held */
int vfs_rmdir(struct inode *dir, struct dentry *dentry);
int vfs_unlink(struct inode *dir, struct dentry *dentry);

/* ---- mounts (mount.c, do_mount.c, namespace.c) ---- */
long do_mount(const char *dev_name, const char *dir_name, const char *type, unsigned long flags,
	      void *data);
int memfd_init(void);		/* the mount that memfds are files of; -ENOMEM. From boot */
int mount_root(void);		/* the initial ramfs, its namespace, init_task's root and cwd */
struct file_system_type *get_fs_type(const char *name);

/* ---- help for small file systems (libfs.c) ---- */
/* readdir over pinned children, "." and ".." included */
extern const struct file_operations simple_dir_operations;
int simple_fsync(struct file *file);
extern const struct inode_operations simple_dir_inode_operations;
int simple_statfs(struct dentry *root, struct kstatfs *buf);
int simple_setattr(struct dentry *dentry, const struct iattr *attr);
bool simple_empty(struct dentry *dentry);

/* ---- polling (select.c) ---- */
#define POLLIN	   0x001
#define POLLPRI	   0x002
#define POLLOUT	   0x004
#define POLLERR	   0x008
#define POLLHUP	   0x010
#define POLLNVAL   0x020
#define POLLRDNORM 0x040
#define POLLRDBAND 0x080
#define POLLWRNORM 0x100
#define POLLWRBAND 0x200
struct poll_table {
	void (*queue)(struct poll_table *pt, wait_queue_head_t *wq);
};
static inline void poll_wait(wait_queue_head_t *wq, struct poll_table *pt)
{
	if (pt && pt->queue)
		pt->queue(pt, wq);
}

/* ---- /proc files: one line each (fs/proc/) ---- */
struct proc_file {
	const char *name;			/* below /proc, without a slash */
	umode_t mode;					/* 0444 */
	int (*show)(struct seq_file *m);		/* the whole text, from the start */
	const struct file_operations *fops;		/* instead of show */
};
#define PROC_FILE(file_name, show_fn)                             \
	static const struct proc_file CONCAT(proc_file_, show_fn) \
		TABLE_ENTRY(proc_file) = {file_name, 0444, show_fn, NULL}
#define PROC_FILE_OPS(file_name, file_mode, file_ops)              \
	static const struct proc_file CONCAT(proc_file_, file_ops) \
		TABLE_ENTRY(proc_file) = {file_name, file_mode, NULL, &file_ops}
/* A file below /proc/PID; p is referenced, may be a zombie. */
struct proc_pid_file {
	const char *name;
	umode_t mode;
	int (*show)(struct seq_file *m, struct task_struct *p);
	/* a symlink (exe, cwd, root) instead of show */
	int (*link)(struct task_struct *p, struct path *out);
	const struct file_operations *fops;	/* instead of show; proc_task() tells whose it is */
};
#define PROC_PID_FILE(file_name, show_fn)                            \
	static const struct proc_pid_file CONCAT(proc_pid_, show_fn) \
		TABLE_ENTRY(proc_pid_file) = {file_name, 0444, show_fn, NULL, NULL}
#define PROC_PID_LINK(file_name, link_fn)                            \
	static const struct proc_pid_file CONCAT(proc_pid_, link_fn) \
		TABLE_ENTRY(proc_pid_file) = {file_name, 0777, NULL, link_fn, NULL}
#define PROC_PID_FILE_OPS(file_name, file_mode, file_ops)             \
	static const struct proc_pid_file CONCAT(proc_pid_, file_ops) \
		TABLE_ENTRY(proc_pid_file) = {file_name, file_mode, NULL, NULL, &file_ops}
/* The task whose PROC_PID_FILE_OPS file this is. It lives as long as the file. */
struct task_struct *proc_task(const struct file *file);
/*
 * May current look into p's files and addresses? ptrace(2)'s rule, with the ids that count for files. May sleep. Not with p's alloc_lock held.
 */
bool proc_may_look(struct task_struct *p);
/*
 * The same of one address space (NULL: none), as get_task_mm() gave it before the question: by now p may run another program, as another user.
 * Any context.
 */
bool proc_may_look_at(struct task_struct *p, const struct mm_struct *mm);
/*
 * What procfs keeps of a task in the dcache (task_struct.proc_dentry), of all tasks: give it back. The first
 * is for release_task(), when sighand is NULL for others to see. May sleep.
 */
void proc_flush_task(struct task_struct *p);
void proc_flush_all(void);

/* ---- character devices: one line each; a node appears in devfs (devfs.c) ---- */
struct chrdev {
	const char *name;		/* below /dev */
	dev_t dev;
	umode_t mode;
	const struct file_operations *fops;
};
#define CHRDEV(dev_name, major, minor, dev_mode, file_ops)                          \
	static const struct chrdev CONCAT(chrdev_, CONCAT(major, CONCAT(_, minor))) \
		TABLE_ENTRY(device) = {dev_name, MKDEV(major, minor), dev_mode, &file_ops}

/* ---- upcalls: the controller `devices` defines it; without that, everything is allowed ---- */
/*
 * May current's containers use this device so? `mode`: S_IFCHR or S_IFBLK (more bits do not matter); mask: MAY_READ, MAY_WRITE,
 * MAY_MKNOD. 0 or -EPERM. Any context.
 */
int device_permission(umode_t mode, dev_t dev, int mask);

/* ---- boot ---- */
void vfs_init_early(void);	/* caches and hash tables */
/* the built-in archive, then each boot module over it; frees them. Errors are logged. */
int initramfs_unpack(void);
