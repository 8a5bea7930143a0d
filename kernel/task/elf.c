// SPDX-License-Identifier: GPL-2.0-only
/*
 * ELF64 programs: from program headers to mappings, and the stack that a program finds when it
 * starts.
 *
 * Nothing is copied: each PT_LOAD is a private mapping of the file, faulted in from the page cache.
 * Only the rest of the last file page of a segment is cleared, where .bss begins. Sources: the
 * System V ABI, AMD64 supplement, 3.4.1 "Initial stack and register state"; elf(5); getauxval(3).
 */
#include "kernel/mm/mman.h"
#include "kernel/task/exec.h"

#define PT_LOAD	   1
#define PT_INTERP  3
#define ET_EXEC	   2
#define ET_DYN	   3
#define EM_X86_64  62
#define PF_X 1
#define PF_W 2
#define PF_R 4

struct elf64_hdr {
	u8 e_ident[16];
	u16 e_type, e_machine;
	u32 e_version;
	u64 e_entry, e_phoff, e_shoff;
	u32 e_flags;
	u16 e_ehsize, e_phentsize, e_phnum, e_shentsize, e_shnum, e_shstrndx;
};
struct elf64_phdr {
	u32 p_type, p_flags;
	u64 p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align;
};

#define DYN_BASE     0x555555554000UL	/* where position-independent programs go */
#define STACK_TOP    USER_END
#define MAX_PHDRS    64

#define AT_PHDR	    3
#define AT_PHENT    4
#define AT_PHNUM    5
#define AT_PAGESZ   6
#define AT_BASE	    7
#define AT_FLAGS    8
#define AT_ENTRY    9
#define AT_UID	    11
#define AT_EUID	    12
#define AT_GID	    13
#define AT_EGID	    14
#define AT_PLATFORM 15
#define AT_HWCAP    16
#define AT_CLKTCK   17
#define AT_SECURE   23
#define AT_RANDOM   25
#define AT_HWCAP2   26
#define AT_EXECFN   31

/* One ELF file on its way into an address space. */
struct elf_image {
	struct file *file;
	struct elf64_hdr hdr;
	struct elf64_phdr *phdrs;	/* kmalloc'ed */
	unsigned long bias;		/* what is added to the file's addresses */
	unsigned long entry, phdr_addr;	/* results, biased */
	unsigned long start_code, end_code, start_data, end_data, end;
};

static int read_exact(struct file *file, void *buf, size_t len, loff_t pos)
{
	ssize_t n = kernel_read(file, buf, len, &pos);

	return n < 0 ? n : (size_t)n == len ? 0 : -ENOEXEC;
}

static bool header_ok(const struct elf64_hdr *h)
{
	return !memcmp(h->e_ident, "\177ELF\2\1\1", 7) &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN) && h->e_machine == EM_X86_64 &&
	       h->e_phentsize == sizeof(struct elf64_phdr) && h->e_phnum && h->e_phnum <= MAX_PHDRS;
}

/* A segment whose numbers do not overflow and lie in user space. */
static bool segment_ok(const struct elf64_phdr *ph, unsigned long bias)
{
	unsigned long start = ph->p_vaddr + bias;

	return ph->p_filesz <= ph->p_memsz && start >= ph->p_vaddr && start < USER_END &&
	       ph->p_memsz < USER_END - start && ph->p_offset + ph->p_filesz >= ph->p_offset &&
	       ((ph->p_vaddr - ph->p_offset) & ~PAGE_MASK) == 0;
}

/*
 * Header and program headers. -ENOEXEC: not a program of ours. On success img->phdrs is the
 * caller's to free.
 */
static int elf_read(struct elf_image *img, struct file *file, const struct elf64_hdr *hdr)
{
	size_t size;
	int err;

	img->file = file;
	img->hdr = *hdr;
	if (!header_ok(hdr))
		return -ENOEXEC;
	size = hdr->e_phnum * sizeof(struct elf64_phdr);
	img->phdrs = kmalloc(size, GFP_KERNEL);
	if (!img->phdrs)
		return -ENOMEM;
	err = read_exact(file, img->phdrs, size, hdr->e_phoff);
	if (err) {
		kfree(img->phdrs);
		img->phdrs = NULL;
	}
	return err == -ENOMEM || err == -EIO ? err : err ? -ENOEXEC : 0;
}

/* Write into the address space that is being built. 0, -ENOMEM, -EFAULT: not mapped for writing. */
static int write_mm(struct mm_struct *mm, unsigned long to, const void *data, size_t len)
{
	ssize_t n = access_process_vm(mm, to, (void *)data, len, FAULT_WRITE);

	/* it began, so it is mapped */
	return n == (ssize_t)len ? 0 : n < 0 ? (int)n : -ENOMEM;
}

/*
 * Clear from `from` to the end of its page: the file's bytes behind the data are not the program's.
 */
static int clear_tail(struct mm_struct *mm, unsigned long from)
{
	static const char zeros[256];
	unsigned long end = ALIGN(from, PAGE_SIZE);

	while (from < end) {
		size_t n = min(end - from, sizeof(zeros));
		int err = write_mm(mm, from, zeros, n);

		if (err)
			return err;
		from += n;
	}
	return 0;
}

static int map_segment(struct mm_struct *mm, const struct elf_image *img,
		       const struct elf64_phdr *ph)
{
	unsigned long start = ph->p_vaddr + img->bias, page = start & PAGE_MASK,
		      skew = start - page;
	unsigned long file_end = start + ph->p_filesz, mem_end = start + ph->p_memsz, bss;
	int prot = (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
		   (ph->p_flags & PF_X ? PROT_EXEC : 0);
	long ret;

	if (ph->p_filesz) {
		ret = do_mmap(mm, img->file, page, ALIGN(ph->p_filesz + skew, PAGE_SIZE), prot,
			      MAP_PRIVATE | MAP_FIXED, ph->p_offset - skew);
		if (ret < 0)
			return ret;
		if (mem_end > file_end && (prot & PROT_WRITE)) {
			ret = clear_tail(mm, file_end);
			if (ret)
				return ret;
		}
		bss = ALIGN(file_end, PAGE_SIZE);
	} else {
		bss = page;
	}
	if (ALIGN(mem_end, PAGE_SIZE) <= bss)
		return 0;
	ret = do_mmap(mm, NULL, bss, ALIGN(mem_end, PAGE_SIZE) - bss, prot,
		      MAP_PRIVATE | MAP_FIXED | MAP_ANONYMOUS, 0);
	return ret < 0 ? ret : 0;
}

static void note_segment(struct elf_image *img, const struct elf64_phdr *ph)
{
	unsigned long start = ph->p_vaddr + img->bias, file_end = start + ph->p_filesz;

	if (ph->p_offset <= img->hdr.e_phoff && img->hdr.e_phoff < ph->p_offset + ph->p_filesz)
		img->phdr_addr = img->hdr.e_phoff - ph->p_offset + start;
	if (ph->p_flags & PF_X) {
		img->start_code = img->start_code ? min(img->start_code, start) : start;
		img->end_code = max(img->end_code, file_end);
	}
	img->start_data = max(img->start_data, start);
	img->end_data = max(img->end_data, file_end);
	img->end = max(img->end, start + ph->p_memsz);
}

/* Span of all PT_LOADs in the file's own addresses; false: there is none. */
static bool elf_span(const struct elf_image *img, unsigned long *start, unsigned long *end)
{
	*start = ~0UL;
	*end = 0;
	for (int i = 0; i < img->hdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		*start = min(*start, (unsigned long)(ph->p_vaddr & PAGE_MASK));
		*end = max(*end, (unsigned long)(ph->p_vaddr + ph->p_memsz));
	}
	return *end > *start;
}

static int elf_map(struct mm_struct *mm, struct elf_image *img)
{
	unsigned long start, end;
	int err;

	if (!elf_span(img, &start, &end))
		return -ENOEXEC;
	for (int i = 0; i < img->hdr.e_phnum; i++) {
		const struct elf64_phdr *ph = &img->phdrs[i];

		if (ph->p_type != PT_LOAD || !ph->p_memsz)
			continue;
		if (!segment_ok(ph, img->bias))
			return -ENOEXEC;
		err = map_segment(mm, img, ph);
		if (err)
			return err;
		note_segment(img, ph);
	}
	img->entry = img->hdr.e_entry + img->bias;
	return img->entry < USER_END ? 0 : -ENOEXEC;
}

/*
 * The dynamic loader that the program asks for. Its entry, and where it is, in *interp. -ENOENT:
 * there is none such.
 */
static int load_interp(struct linux_binprm *bprm, const struct elf64_phdr *ph,
		       struct elf_image *interp)
{
	unsigned long start, end;
	struct elf64_hdr hdr;
	struct file *file;
	char *name;
	long err;

	if (ph->p_filesz < 2 || ph->p_filesz > PATH_MAX)
		return -ENOEXEC;
	name = kmalloc(ph->p_filesz, GFP_KERNEL);
	if (!name)
		return -ENOMEM;
	err = read_exact(bprm->file, name, ph->p_filesz, ph->p_offset);
	if (!err && name[ph->p_filesz - 1])
		err = -ENOEXEC;
	file = err ? ERR_PTR(err) : open_exec(name);
	kfree(name);
	if (IS_ERR(file))
		return PTR_ERR(file);
	err = read_exact(file, &hdr, sizeof(hdr), 0);
	if (!err)
		err = elf_read(interp, file, &hdr);
	if (!err && (hdr.e_type != ET_DYN || !elf_span(interp, &start, &end)))
		err = -ENOEXEC;
	if (!err) {
		/* Any free place that is large enough. */
		err = do_mmap(bprm->mm, NULL, 0, ALIGN(end - start, PAGE_SIZE), PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS, 0);
		if (err > 0) {
			interp->bias = err - start;
			err = elf_map(bprm->mm, interp);
		}
	}
	kfree(interp->phdrs);
	close_exec(file);
	return err == -ENOEXEC ? -80 /* ELIBBAD */ : err;
}

/* ---- the stack ---- */

struct stack_builder {
	struct mm_struct *mm;
	unsigned long sp;		/* strings are put below it */
	u64 *words;			/* argc, pointers, auxv: the block that sp will point to */
	unsigned int n;
};

static int push(struct stack_builder *b, const void *data, size_t len)
{
	b->sp -= len;
	return write_mm(b->mm, b->sp, data, len);
}

static void put(struct stack_builder *b, u64 word)
{
	b->words[b->n++] = word;
}

/*
 * Pointers to `count` strings that lie one behind the other from `addr` on; the address behind the
 * last.
 */
static unsigned long put_pointers(struct stack_builder *b, const char **text, unsigned long addr,
				  int count)
{
	while (count--) {
		size_t n = strlen(*text) + 1;

		put(b, addr);
		addr += n;
		*text += n;
	}
	put(b, 0);
	return addr;
}

static void put_auxv(struct stack_builder *b, struct linux_binprm *bprm,
		     const struct elf_image *img, unsigned long base, unsigned long execfn,
		     unsigned long platform, unsigned long random)
{
	const struct cred *c = bprm->cred;
	const u64 auxv[] = {
		AT_HWCAP, arch_hwcap(),
		AT_PAGESZ, PAGE_SIZE,
		AT_CLKTCK, 100,
		AT_PHDR, img->phdr_addr,
		AT_PHENT, sizeof(struct elf64_phdr),
		AT_PHNUM, img->hdr.e_phnum,
		AT_BASE, base,
		AT_FLAGS, 0,
		AT_ENTRY, img->entry,
		AT_UID, c->uid,
		AT_EUID, c->euid,
		AT_GID, c->gid,
		AT_EGID, c->egid,
		AT_SECURE, bprm->secure,
		AT_RANDOM, random,
		AT_HWCAP2, 0,
		AT_EXECFN, execfn,
		AT_PLATFORM, platform,
		0, 0,
	};

	BUILD_BUG_ON(sizeof(auxv) > sizeof(b->mm->auxv));
	memcpy(b->mm->auxv, auxv, sizeof(auxv));
	for (unsigned int i = 0; i < ARRAY_SIZE(auxv); i++)
		put(b, auxv[i]);
}

static int build_stack(struct linux_binprm *bprm, const struct elf_image *img, unsigned long base)
{
	struct exec_strings *s = &bprm->strings;
	struct stack_builder b = {.mm = bprm->mm, .sp = STACK_TOP - 8};
	unsigned long execfn, platform, random;
	const char *text = s->buf;
	u8 bytes[16];
	int err;

	get_random_bytes(bytes, sizeof(bytes));
	err = push(&b, bprm->filename, strlen(bprm->filename) + 1);
	execfn = b.sp;
	if (!err)
		err = push(&b, s->buf, s->len);
	bprm->mm->arg_start = b.sp;
	if (!err)
		err = push(&b, "x86_64", 7);
	platform = b.sp;
	b.sp = ALIGN_DOWN(b.sp, 16);
	if (!err)
		err = push(&b, bytes, sizeof(bytes));
	random = b.sp;
	if (err)
		return err;

	b.words = kmalloc((s->argc + s->envc + 3) * sizeof(u64) + sizeof(b.mm->auxv), GFP_KERNEL);
	if (!b.words)
		return -ENOMEM;
	put(&b, s->argc);
	bprm->mm->arg_end = bprm->mm->env_start =
		put_pointers(&b, &text, bprm->mm->arg_start, s->argc);
	bprm->mm->env_end = put_pointers(&b, &text, bprm->mm->env_start, s->envc);
	put_auxv(&b, bprm, img, base, execfn, platform, random);
	b.sp = ALIGN_DOWN(b.sp - b.n * sizeof(u64), 16) + b.n * sizeof(u64);
	err = push(&b, b.words, b.n * sizeof(u64));
	kfree(b.words);
	bprm->sp = bprm->mm->start_stack = b.sp;
	return err;
}

static void describe_mm(struct mm_struct *mm, const struct elf_image *img)
{
	mm->start_code = img->start_code;
	mm->end_code = img->end_code;
	mm->start_data = img->start_data;
	mm->end_data = img->end_data;
	mm->start_brk = mm->brk = ALIGN(img->end, PAGE_SIZE);
}

int load_elf_binary(struct linux_binprm *bprm)
{
	struct elf_image img = {0}, interp = {0};
	unsigned long entry, base = 0, start, end;
	int err;

	err = elf_read(&img, bprm->file, (const struct elf64_hdr *)bprm->buf);
	if (err)
		return err;
	err = -ENOEXEC;
	if (!elf_span(&img, &start, &end))
		goto out;
	if (img.hdr.e_type == ET_DYN)
		img.bias = DYN_BASE - start;
	/* The stack first: it decides from where on free places are looked for. */
	err = mm_setup_stack(bprm->mm, STACK_TOP, current->signal->rlim[RLIMIT_STACK].rlim_cur);
	if (!err)
		err = elf_map(bprm->mm, &img);
	if (err)
		goto out;
	describe_mm(bprm->mm, &img);
	entry = img.entry;
	for (int i = 0; i < img.hdr.e_phnum; i++) {
		if (img.phdrs[i].p_type != PT_INTERP)
			continue;
		err = load_interp(bprm, &img.phdrs[i], &interp);
		if (err)
			goto out;
		entry = interp.entry;
		base = interp.bias;
		break;
	}
	err = build_stack(bprm, &img, base);
	bprm->entry = entry;
out:
	kfree(img.phdrs);
	return err;
}
