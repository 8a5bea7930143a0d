/* SPDX-License-Identifier: GPL-2.0-only */
/* Between exec.c and elf.c: a program that is being started. */
#pragma once

#include "kernel/task/ptrace.h"

#define BINPRM_BUF_SIZE 256

/* Strings, one behind the other, each with its NUL: arguments, then environment. */
struct exec_strings {
	char *buf;			/* kmalloc'ed */
	size_t len, size;
	size_t limit;			/* bytes that may be used, pointers to the strings counted */
	int argc, envc;
};

struct linux_binprm {
	struct file *file;		/* referenced, writing denied */
	const char *filename;		/* as given to execve: AT_EXECFN */
	char buf[BINPRM_BUF_SIZE];	/* how the file begins, zero-padded */
	struct exec_strings strings;
	struct mm_struct *mm;		/* the new address space; nobody else sees it */
	struct cred *cred;		/* the new credentials */
	bool secure;			/* AT_SECURE: the file gives more than the caller has */
	bool readable;			/* who may run it may read it, too */
	unsigned long entry, sp;	/* where user mode starts */
};

/* Fill bprm->mm with the ELF program in bprm->file and its stack. -ENOEXEC: not one; others as execve(2). May sleep. */
int load_elf_binary(struct linux_binprm *bprm);
/* Open a file to be executed: checks rights and type, denies writing. ERR_PTR. */
struct file *open_exec(const char *name);
void close_exec(struct file *file);
