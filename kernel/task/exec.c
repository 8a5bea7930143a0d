// SPDX-License-Identifier: GPL-2.0-only
/*
 * execve: another program in the same task.
 *
 * The new address space is built completely, stack and all, while the old one still runs; a failure
 * until then is an errno and nothing has changed. Then the other threads are ended, and
 * begin_new_exec() swaps what the task is made of. `#!` scripts turn into their interpreter's
 * program with more arguments before that. What an ELF file asks for is elf.c.
 */
#include "kernel/task/exec.h"

#define MAX_ARG_STRLEN	(128 * 1024)		/* one string, its NUL included */
#define MAX_ARGS_TOTAL	(2 << 20)		/* all, however large the stack may be */
#define MIN_ARGS_TOTAL	(128 * 1024)		/* … and however small */
#define MAX_SCRIPTS	5			/* interpreters that are scripts themselves */

/* ---- argument strings ---- */

static size_t strings_limit(void)
{
	u64 quarter = current->signal->rlim[RLIMIT_STACK].rlim_cur / 4;

	return clamp(quarter, (u64)MIN_ARGS_TOTAL, (u64)MAX_ARGS_TOTAL);
}

/* Room for n more bytes. */
static int strings_reserve(struct exec_strings *s, size_t n)
{
	size_t size = s->size ? s->size : 1024;
	char *buf;

	if (s->len + n <= s->size)
		return 0;
	while (size < s->len + n)
		size *= 2;
	buf = krealloc(s->buf, size, GFP_KERNEL);
	if (!buf)
		return -ENOMEM;
	s->buf = buf;
	s->size = size;
	return 0;
}

/* Charge one pointer and `n` bytes of string against the limit. */
static int strings_charge(struct exec_strings *s, size_t n)
{
	if (n + sizeof(char *) > s->limit)
		return -E2BIG;
	s->limit -= n + sizeof(char *);
	return 0;
}

static int add_kernel_string(struct exec_strings *s, const char *str)
{
	size_t n = strlen(str) + 1;
	int err = n > MAX_ARG_STRLEN ? -E2BIG : strings_charge(s, n);

	if (!err)
		err = strings_reserve(s, n);
	if (err)
		return err;
	memcpy(s->buf + s->len, str, n);
	s->len += n;
	return 0;
}

static int add_user_string(struct exec_strings *s, const char __user *str)
{
	size_t room = 256;
	long n;
	int err;

	for (;;) {
		err = strings_reserve(s, room);
		if (err)
			return err;
		n = strncpy_from_user(s->buf + s->len, str, room);
		if (n < 0)
			return -EFAULT;
		if ((size_t)n < room)
			break;
		if (room >= MAX_ARG_STRLEN)
			return -E2BIG;
		room *= 8;
		if (room > MAX_ARG_STRLEN)
			room = MAX_ARG_STRLEN;
	}
	s->len += n + 1;
	return strings_charge(s, n + 1);
}

static int add_user_array(struct exec_strings *s, const char __user *const __user *array,
			  int *count)
{
	const char __user *str;
	int err;

	if (!array)
		return 0;
	for (;; array++, (*count)++) {
		if (get_user(str, (const char __user **)array))
			return -EFAULT;
		if (!str)
			return 0;
		err = add_user_string(s, str);
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -ERESTARTNOHAND;
		cond_resched();
	}
}

static int add_kernel_array(struct exec_strings *s, const char *const array[], int *count)
{
	int err = 0;

	for (; array && *array && !err; array++, (*count)++)
		err = add_kernel_string(s, *array);
	return err;
}

/* ---- the file ---- */

struct file *open_exec(const char *name)
{
	struct file *file;
	struct inode *inode;
	struct path path;
	int err;

	err = kern_path(name, LOOKUP_FOLLOW, &path);
	if (err)
		return ERR_PTR(err);
	inode = path.dentry->d_inode;
	err = -EACCES;
	if (!S_ISREG(inode->i_mode) || (READ_ONCE(path.mnt->mnt_flags) & MNT_NOEXEC))
		goto out_path;
	err = inode_permission(inode, MAY_EXEC);
	if (err)
		goto out_path;
	file = dentry_open(&path, O_RDONLY | O_LARGEFILE);
	path_put(&path);
	if (IS_ERR(file))
		return file;
	err = deny_write_access(file);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;

out_path:
	path_put(&path);
	return ERR_PTR(err);
}

void close_exec(struct file *file)
{
	allow_write_access(file);
	fput(file);
}

/* What the program will be: another user if the file is set-id (and the mount and the task let it). */
static int prepare_exec_creds(struct linux_binprm *bprm)
{
	struct inode *inode = bprm->file->f_inode;
	struct cred *c = bprm->cred;

	c->euid = current_cred()->euid;
	c->egid = current_cred()->egid;
	if (!current->no_new_privs && !(READ_ONCE(bprm->file->f_path.mnt->mnt_flags) & MNT_NOSUID) &&
	    READ_ONCE(inode->i_mode) & (S_ISUID | S_ISGID)) {
		/* As one: a chown gives another owner, and only then takes the bits away. */
		mutex_lock(&inode->i_mutex);
		if (inode->i_mode & S_ISUID)
			c->euid = inode->i_uid;
		if ((inode->i_mode & (S_ISGID | 0010)) == (S_ISGID | 0010))
			c->egid = inode->i_gid;
		mutex_unlock(&inode->i_mutex);
	}
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	bprm->secure = c->euid != c->uid || c->egid != c->gid;
	bprm->readable = !inode_permission(inode, MAY_READ);
	if (bprm->secure && !exec_secure_begin()) {	/* its tracer would have the rights, too */
		c->euid = c->suid = c->fsuid = c->uid;
		c->egid = c->sgid = c->fsgid = c->gid;
	}
	return 0;
}

static int read_head(struct linux_binprm *bprm)
{
	loff_t pos = 0;
	ssize_t n;

	memset(bprm->buf, 0, sizeof(bprm->buf));
	n = kernel_read(bprm->file, bprm->buf, sizeof(bprm->buf), &pos);
	return n < 0 ? n : 0;
}

/* ---- scripts ---- */

/* Cut "#! interpreter argument" out of buf. -ENOEXEC: no such line. */
static int parse_script(char *buf, char **interp, char **arg)
{
	char *end = memchr(buf, '\n', BINPRM_BUF_SIZE), *p;

	if (!end) {
		end = buf + BINPRM_BUF_SIZE - 1;
		p = skip_spaces(buf + 2);
		/* A cut-off name would start another program. */
		if (strnlen(buf, BINPRM_BUF_SIZE) == BINPRM_BUF_SIZE && !p[strcspn(p, " \t")])
			return -ENOEXEC;
	}
	*end = '\0';
	p = strim(buf + 2);
	if (!*p)
		return -ENOEXEC;
	*interp = strsep(&p, " \t");
	*arg = p ? skip_spaces(p) : NULL;
	if (*arg && !**arg)
		*arg = NULL;
	return 0;
}

/* Replace argv[0] by: interpreter, its argument, the script's name. */
static int script_arguments(struct linux_binprm *bprm, const char *interp, const char *arg,
			    const char *script)
{
	struct exec_strings *old = &bprm->strings, s = {.limit = old->limit};
	size_t skip = old->argc ? strlen(old->buf) + 1 : 0;
	int err;

	s.argc = (old->argc ? old->argc : 1) + 1 + (arg ? 1 : 0);
	s.envc = old->envc;
	err = add_kernel_string(&s, interp);
	if (!err && arg)
		err = add_kernel_string(&s, arg);
	if (!err)
		err = add_kernel_string(&s, script);
	if (!err)
		err = strings_reserve(&s, old->len - skip);
	if (err) {
		kfree(s.buf);
		return err;
	}
	memcpy(s.buf + s.len, old->buf + skip, old->len - skip);
	s.len += old->len - skip;
	kfree(old->buf);
	*old = s;
	return 0;
}

/*
 * The file is a script: go on with its interpreter. `name`: in, the script's name; out, the
 * interpreter's (in bprm->strings).
 */
static int load_script(struct linux_binprm *bprm, char **name)
{
	char *interp, *arg, *fresh;
	struct file *file;
	int err;

	err = parse_script(bprm->buf, &interp, &arg);
	if (err)
		return err;
	err = script_arguments(bprm, interp, arg, *name);
	if (err)
		return err;
	fresh = kstrdup(interp, GFP_KERNEL);
	if (!fresh)
		return -ENOMEM;
	file = open_exec(interp);
	if (IS_ERR(file)) {
		kfree(fresh);
		return PTR_ERR(file);
	}
	close_exec(bprm->file);
	bprm->file = file;
	kfree(*name);
	*name = fresh;
	return 0;
}

/* Find out what the file is and build the address space for it. */
static int load_binary(struct linux_binprm *bprm)
{
	char *name = kstrdup(bprm->filename, GFP_KERNEL);
	int err;

	if (!name)
		return -ENOMEM;
	for (int depth = 0;; depth++) {
		err = read_head(bprm);
		if (err)
			break;
		if (bprm->buf[0] != '#' || bprm->buf[1] != '!') {
			/* the interpreter's set-id bits count, a script's do not */
			prepare_exec_creds(bprm);
			err = load_elf_binary(bprm);
			break;
		}
		if (depth == MAX_SCRIPTS) {
			err = -ELOOP;
			break;
		}
		err = load_script(bprm, &name);
		if (err)
			break;
	}
	kfree(name);
	return err;
}

/* ---- the point of no return ---- */

/*
 * Wait until the condition about other threads holds; they wake us (exit.c). False: we are killed
 * ourselves. If the others are to freeze, they do so before they die.
 */
#define wait_for_threads(condition)                                                                \
	({                                                                                         \
		bool wft_ok;                                                                       \
		for (;;) {                                                                         \
			set_current_state(TASK_KILLABLE | TASK_FREEZABLE);                         \
			wft_ok = (condition);                                                      \
			if (wft_ok || fatal_signal_pending(current))                               \
				break;                                                             \
			schedule();                                                                \
		}                                                                                  \
		__set_current_state(TASK_RUNNING);                                                 \
		wft_ok;                                                                            \
	})

/* current, not the leader, becomes it: the process keeps its pid. The old leader is a zombie. */
static void take_over_leadership(struct task_struct *leader)
{
	struct task_struct *p = current;
	pid_t pid = p->pid;

	write_lock_irq(&tasklist_lock);
	pid_detach(p);
	pid_detach(leader);
	p->pid = leader->pid;
	leader->pid = pid;
	p->tgid = p->pid;
	p->start_time = leader->start_time;
	p->exit_signal = SIGCHLD;
	leader->exit_signal = -1;
	p->group_leader = p;
	leader->group_leader = p;
	list_replace_rcu(&leader->tasks, &p->tasks);
	list_replace_init(&leader->sibling, &p->sibling);
	pid_attach(p);
	pid_attach(leader);
	leader->exit_state = EXIT_DEAD;
	/* A tracer that waits for the leader alone waits in vain now. */
	if (unlikely(leader->ptrace))
		wake_up_interruptible_all(&leader->parent->signal->wait_chldexit);
	write_unlock_irq(&tasklist_lock);
	release_task(leader);
}

/* End all other threads of the process. -EAGAIN: the process is being ended anyway. */
static int de_thread(void)
{
	struct task_struct *p = current, *leader = p->group_leader;
	struct signal_struct *sig = p->signal;
	int keep = leader == p ? 1 : 2;
	bool alone;

	if (thread_group_empty(p))
		return 0;
	spin_lock_irq(&p->sighand->siglock);
	if ((sig->flags & SIGNAL_GROUP_EXIT) || sig->group_exit_task) {
		spin_unlock_irq(&p->sighand->siglock);
		return -EAGAIN;
	}
	sig->group_exit_task = p;
	zap_other_threads();
	spin_unlock_irq(&p->sighand->siglock);
	alone = wait_for_threads(READ_ONCE(sig->nr_threads) <= keep);
	if (alone && leader != p) {
		alone = wait_for_threads(READ_ONCE(leader->exit_state) == EXIT_ZOMBIE);
		if (alone) {
			/*
			 * exit_notify() may still hold the lock: its leader is complete when we get
			 * it.
			 */
			take_over_leadership(leader);
		}
	}
	spin_lock_irq(&p->sighand->siglock);
	sig->group_exit_task = NULL;
	spin_unlock_irq(&p->sighand->siglock);
	return alone ? 0 : -EAGAIN;
}

/* Handlers of the old program are gone with it; what it ignored stays ignored. */
static void flush_signal_handlers(struct sighand_struct *sh)
{
	for (int i = 0; i < _NSIG; i++) {
		struct k_sigaction *ka = &sh->action[i];

		*ka = (struct k_sigaction){.handler = ka->handler == SIG_IGN ? SIG_IGN : SIG_DFL};
	}
}

/* A table of handlers of our own, if it is shared with another process. */
static int unshare_sighand(void)
{
	struct sighand_struct *old = current->sighand, *sh;

	if (refcount_read(&old->count) == 1)
		return 0;
	sh = kmem_cache_alloc(sighand_cache, GFP_KERNEL);
	if (!sh)
		return -ENOMEM;
	refcount_set(&sh->count, 1);
	spin_lock_init(&sh->siglock);
	write_lock_irq(&tasklist_lock);
	spin_lock(&old->siglock);
	memcpy(sh->action, old->action, sizeof(sh->action));
	rcu_assign_pointer(current->sighand, sh);
	spin_unlock(&old->siglock);
	write_unlock_irq(&tasklist_lock);
	put_sighand(old);
	return 0;
}

static void exec_mmap(struct mm_struct *mm)
{
	struct task_struct *p = current;
	struct mm_struct *old = p->mm, *active = p->active_mm;

	if (old)
		mm_release(p);
	task_lock(p);
	local_irq_disable();
	p->mm = p->active_mm = mm;
	mm_activate(active, mm, smp_processor_id());
	local_irq_enable();
	task_unlock(p);
	if (old)
		mmput(old);
	else if (active)
		mmdrop(active);
}

static void set_comm(const char *path)
{
	const char *slash = strrchr(path, '/');

	strscpy(current->comm, slash ? slash + 1 : path, sizeof(current->comm));
}

/* From here on the old program is gone: an error kills the task. */
static int begin_new_exec(struct linux_binprm *bprm)
{
	struct task_struct *p = current;
	pid_t old_pid = p->pid;
	int err = de_thread();

	if (err)
		return err;
	err = unshare_sighand();
	if (err)
		return err;
	bprm->mm->dumpable = bprm->readable && bprm->cred->euid == bprm->cred->uid &&
			     bprm->cred->egid == bprm->cred->gid;
	exec_mmap(bprm->mm);
	bprm->mm = NULL;
	if (p->flags & PF_KTHREAD)
		set_bit(TIF_FREEZE, &p->work);	/* it did not have to: look now */
	/* Before descriptors are closed: a parent that sees this by a pipe may not set the group any more (setpgid()). */
	p->flags &= ~(PF_KTHREAD | PF_FORKNOEXEC);
	files_close_on_exec();
	spin_lock_irq(&p->sighand->siglock);
	flush_signal_handlers(p->sighand);
	spin_unlock_irq(&p->sighand->siglock);
	p->sas_ss_sp = p->sas_ss_size = p->sas_ss_flags = 0;
	p->set_child_tid = p->clear_child_tid = NULL;
	p->robust_list = NULL;
	p->restart_block.fn = NULL;
	if (bprm->secure)
		p->pdeath_signal = 0;
	WRITE_ONCE(p->exit_signal, SIGCHLD);
	set_comm(bprm->filename);
	commit_creds(bprm->cred);
	bprm->cred = NULL;
	trace(exec, current_uid(), bprm->filename);
	err = arch_thread_exec(current_pt_regs(), bprm->entry, bprm->sp);
	if (!err)
		ptrace_exec(old_pid);
	return err;
}

/* Everything between the strings and the new program. */
static int do_execve(struct linux_binprm *bprm)
{
	int err = -ENOMEM;

	if (current->flags & PF_NPROC_EXCEEDED) {
		if (nproc_exceeds(current_uid(), rlimit(RLIMIT_NPROC)))
			return -EAGAIN;
		current->flags &= ~PF_NPROC_EXCEEDED;
	}
	bprm->file = open_exec(bprm->filename);
	if (IS_ERR(bprm->file))
		return PTR_ERR(bprm->file);
	sched_exec();
	bprm->cred = prepare_creds();
	if (!bprm->cred)
		goto out;
	bprm->mm = mm_alloc();
	if (!bprm->mm)
		goto out;
	err = load_binary(bprm);
	if (err)
		goto out;
	err = files_unshare();
	if (err)
		goto out;
	bprm->mm->exe_file = bprm->file;	/* with the reference and the denied writing */
	bprm->file = NULL;
	err = begin_new_exec(bprm);
	if (err)
		force_fatal_sig(SIGKILL);
out:
	exec_secure_end();
	if (bprm->mm)
		mmput(bprm->mm);
	if (bprm->cred)
		put_cred(bprm->cred);
	if (bprm->file)
		close_exec(bprm->file);
	return err;
}

static int finish_execve(struct linux_binprm *bprm, int err)
{
	if (!err && !bprm->strings.argc) {
		/* A program may rely on argv[0]: an empty list becomes one empty string. */
		struct exec_strings s = bprm->strings;

		bprm->strings = (struct exec_strings){.limit = s.limit, .argc = 1, .envc = s.envc};
		err = add_kernel_string(&bprm->strings, "");
		if (!err)
			err = strings_reserve(&bprm->strings, s.len);
		if (!err) {
			memcpy(bprm->strings.buf + bprm->strings.len, s.buf, s.len);
			bprm->strings.len += s.len;
		}
		kfree(s.buf);
	}
	if (!err)
		err = do_execve(bprm);
	kfree(bprm->strings.buf);
	return err;
}

int kernel_execve(const char *path, const char *const argv[], const char *const envp[])
{
	struct linux_binprm bprm = {.filename = path, .strings.limit = strings_limit()};
	int err;

	err = add_kernel_array(&bprm.strings, argv, &bprm.strings.argc);
	if (!err)
		err = add_kernel_array(&bprm.strings, envp, &bprm.strings.envc);
	return finish_execve(&bprm, err);
}

/* execve(2): the arrays are in user memory. Returns 0 with fresh user registers, or -errno. */
long user_execve(const char *path, const char __user *const __user *argv,
		 const char __user *const __user *envp)
{
	struct linux_binprm bprm = {.filename = path, .strings.limit = strings_limit()};
	int err;

	err = add_user_array(&bprm.strings, argv, &bprm.strings.argc);
	if (!err)
		err = add_user_array(&bprm.strings, envp, &bprm.strings.envc);
	return finish_execve(&bprm, err);
}
