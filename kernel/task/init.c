// SPDX-License-Identifier: GPL-2.0-only
/*
 * From the kernel into programs: the first one (kernel_init becomes pid 1), and helpers that the
 * kernel starts.
 */
#include "kernel/task/internal.h"

struct usermode_helper {
	struct work_struct work;
	struct completion done;		/* exec has succeeded or failed */
	const char *path;
	char *const *argv, *const *envp;
	int err;
};

static int helper_main(void *data)
{
	struct usermode_helper *h = data;
	int err;

	current->blocked = 0;
	/* Its chdir() and umask() are not for kernel threads, pid 1 and the next helper. */
	err = fs_start_afresh();
	if (!err)
		err = kernel_execve(h->path, (const char *const *)h->argv,
				    (const char *const *)h->envp);
	h->err = err;
	complete(&h->done);		/* h is gone after this */
	return err;
}

static void helper_work(struct work_struct *work)
{
	struct usermode_helper *h = container_of(work, struct usermode_helper, work);
	struct task_struct *p = kthread_run(helper_main, h, "helper");

	if (IS_ERR(p)) {
		h->err = PTR_ERR(p);
		complete(&h->done);
	}
}

int call_usermodehelper(const char *path, char *const argv[], char *const envp[])
{
	struct usermode_helper h = {.path = path, .argv = argv, .envp = envp};

	INIT_WORK(&h.work, helper_work);
	init_completion(&h.done);
	/*
	 * A program's descriptors and credentials are not for the helper; a kernel thread (the work
	 * queue's itself) has none.
	 */
	if (current->flags & PF_KTHREAD)
		helper_work(&h.work);
	else
		schedule_work(&h.work);
	wait_for_completion(&h.done);
	return h.err;
}

/* ---- the first program ---- */

#define MAX_INIT_ARGS 32

/*
 * /dev/console as the first three descriptors, so that any program can be init; without it that has
 * none.
 */
static void open_console(void)
{
	struct file *file;
	int fd;

	if (do_mount("devtmpfs", "/dev", "devtmpfs", 0, NULL))
		pr_warn("init: cannot mount /dev\n");
	file = filp_open("/dev/console", O_RDWR, 0);
	if (IS_ERR(file)) {
		pr_warn("init: no /dev/console (%pe)\n", file);
		return;
	}
	for (int i = 0; i < 3; i++) {
		fd = get_unused_fd(0);
		if (fd < 0)
			break;
		atomic_long_inc(&file->f_count);
		fd_install(fd, file);
	}
	fput(file);
}

/* Split text at blanks into at most `max` words; their number. The text is changed. */
static int split_words(char *text, const char **words, int max)
{
	int n = 0;
	char *word;

	while (n < max && (word = strsep(&text, " \t")))
		if (*word)
			words[n++] = word;
	return n;
}

static int try_init(const char *path, const char **argv)
{
	static const char *const envp[] = {"HOME=/root", "PATH=/bin:/sbin:/usr/bin:/usr/sbin",
					   "TERM=linux", NULL};
	int err;

	argv[0] = path;
	err = kernel_execve(path, argv, envp);
	if (err)
		pr_err("init: cannot run %s: error %d\n", path, err);
	return err;
}

int kernel_init(void *unused)
{
	static const char *const fallbacks[] = {"/init", "/sbin/init", "/bin/init", "/bin/sh"};
	const char *argv[MAX_INIT_ARGS + 2] = {NULL};
	char path[256], *args;

	(void)unused;
	current->blocked = 0;
	open_console();
	args = kstrdup(boot_init_args(), GFP_KERNEL);
	if (!args)
		return -ENOMEM;
	split_words(args, argv + 1, MAX_INIT_ARGS);
	if (boot_param("init", path, sizeof(path)) && path[0]) {
		if (try_init(path, argv))
			panic("init=%s cannot be run", path);
		goto out;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(fallbacks); i++)
		if (!try_init(fallbacks[i], argv))
			goto out;
	panic("no init found; give one with init=PATH");
out:
	kfree(args);
	return 0;
}
