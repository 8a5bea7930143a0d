// SPDX-License-Identifier: GPL-2.0-only
/*
 * The files of /proc whose subject is below the file systems and therefore cannot name them:
 * cmdline, meminfo, slabinfo, kmsg. All others stand beside what they show.
 */
#include "fs/proc/internal.h"

/*
 * The command line without what is between tools/vm and the kernel (words that begin with "vm.").
 */
static int cmdline_show(struct seq_file *m)
{
	const char *p = boot_info.cmdline, *end;
	bool first = true;

	for (; *p; p = end) {
		p = skip_spaces(p);
		end = p + strcspn(p, " ");
		if (end == p || strstarts(p, "vm."))
			continue;
		if (!first)
			seq_putc(m, ' ');
		seq_write(m, p, (size_t)(end - p));
		first = false;
	}
	seq_putc(m, '\n');
	return 0;
}
PROC_FILE("cmdline", cmdline_show);

static int meminfo_show(struct seq_file *m)
{
	mm_meminfo(m);
	return 0;
}
PROC_FILE("meminfo", meminfo_show);

static int slabinfo_show(struct seq_file *m)
{
	mm_slabinfo(m);
	return 0;
}
PROC_FILE("slabinfo", slabinfo_show);

/* The log, from the oldest text that is still there to the newest; then end of file. */
static ssize_t kmsg_read(struct file *file, char __user *buf, size_t len, loff_t *ppos)
{
	u64 pos = (u64)*ppos;
	char text[256];
	size_t done = 0, n;

	while (done < len && (n = log_read(&pos, text, min(len - done, sizeof(text))))) {
		if (copy_to_reader(buf + done, text, n))
			return done ? (ssize_t)done : -EFAULT;
		done += n;
		*ppos = (loff_t)pos;
	}
	return (ssize_t)done;
}

/* One message a write; /dev/kmsg. */
static ssize_t kmsg_write(struct file *file, const char __user *buf, size_t len, loff_t *ppos)
{
	char text[256];
	size_t n = min(len, sizeof(text) - 1);

	if (copy_from_writer(text, buf, n))
		return -EFAULT;
	text[n] = 0;
	printk("%s%s", text, n && text[n - 1] == '\n' ? "" : "\n");
	return (ssize_t)len;
}

static const struct file_operations kmsg_fops = {
	.read = kmsg_read,
	.write = kmsg_write,
};
PROC_FILE_OPS("kmsg", 0400, kmsg_fops);
CHRDEV("kmsg", 1, 11, 0644, kmsg_fops);
