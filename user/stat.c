// SPDX-License-Identifier: GPL-2.0-only
//
// stat: print what the kernel knows of files and file systems. Start reading at print_format(): the
// human form is a format too.

#include "user/lib.h"

#include <limits.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static const char help[] =
	"Usage: stat [-fL] [-c FORMAT] FILE...\n"
	"Print what the kernel knows of each FILE, or with -f of the file system it is on.\n"
	"  -L  follow symbolic links\n"
	"  -c  %n name, %s size, %b blocks, %F kind, %a mode in octal, %A mode in letters, %f mode "
	"in hex,\n"
	"      %u %g owner and group, %U %G their names, %i inode, %h links, %d device, %t %T "
	"device\n"
	"      number in hex, %X %Y %Z times of access, content and inode in seconds, %x %y %z in "
	"words\n"
	"  -f -c  %n name, %t type in hex, %s block size, %l longest name, %b %f %a blocks: all, "
	"free,\n"
	"      free for all users, %c %d inodes: all, free\n";

static const char human[] = "  File: %N\n"
			    "  Size: %s\tBlocks: %b\t%F\n"
			    "Device: %d\tInode: %i\tLinks: %h\n"
			    "Access: (%a/%A)  Uid: (%u/%U)  Gid: (%g/%G)\n"
			    "Access: %x\n"
			    "Modify: %y\n"
			    "Change: %z";

static const char human_fs[] = "  File: %n\n"
			       "  Type: %t\tBlock size: %s\tLongest name: %l\n"
			       "Blocks: %b\tFree: %f\tAvailable: %a\n"
			       "Inodes: %c\tFree: %d";

static void print_name(const char *path, mode_t mode)
{
	char target[PATH_MAX];
	ssize_t length = S_ISLNK(mode) ? readlink(path, target, sizeof(target)) : -1;

	fputs(path, stdout);
	if (length >= 0)
		printf(" -> %.*s", (int)length, target);
}

static void print_when(const struct timespec *when)
{
	struct tm tm;
	char text[64];

	gmtime_r(&when->tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	printf("%s.%09ld +0000", text, when->tv_nsec);
}

static void print_text_field(char letter, const char *path, const struct stat *st)
{
	char mode[11];

	switch (letter) {
	case 'n':
		fputs(path, stdout);
		break;
	case 'N':
		print_name(path, st->st_mode);
		break;
	case 'F':
		fputs(file_kind(st->st_mode, st->st_size), stdout);
		break;
	case 'A':
		mode_string(st->st_mode, mode);
		fputs(mode, stdout);
		break;
	case 'U':
		fputs(user_name(st->st_uid), stdout);
		break;
	case 'G':
		fputs(group_name(st->st_gid), stdout);
		break;
	case 'x':
		print_when(&st->st_atim);
		break;
	case 'y':
		print_when(&st->st_mtim);
		break;
	case 'z':
		print_when(&st->st_ctim);
		break;
	default:
		usage_error("unknown field: %%%c", letter);
	}
}

static void print_field(char letter, const char *path, const void *info)
{
	const struct stat *st = info;
	const struct {
		char letter;
		const char *format;
		unsigned long long value;
	} numbers[] = {
		{'s', "%llu", st->st_size},	    {'b', "%llu", st->st_blocks},
		{'a', "%llo", st->st_mode & 07777}, {'f', "%llx", st->st_mode},
		{'u', "%llu", st->st_uid},	    {'g', "%llu", st->st_gid},
		{'i', "%llu", st->st_ino},	    {'h', "%llu", st->st_nlink},
		{'d', "%llu", st->st_dev},	    {'t', "%llx", major(st->st_rdev)},
		{'T', "%llx", minor(st->st_rdev)},  {'X', "%llu", st->st_atim.tv_sec},
		{'Y', "%llu", st->st_mtim.tv_sec},  {'Z', "%llu", st->st_ctim.tv_sec},
	};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].letter == letter) {
			printf(numbers[i].format, numbers[i].value);
			return;
		}
	print_text_field(letter, path, st);
}

static void print_fs_field(char letter, const char *path, const void *info)
{
	const struct statfs *fs = info;

	switch (letter) {
	case 'n':
		fputs(path, stdout);
		break;
	case 't':
		printf("%lx", (unsigned long)fs->f_type);
		break;
	case 's':
		printf("%lu", (unsigned long)fs->f_bsize);
		break;
	case 'l':
		printf("%lu", (unsigned long)fs->f_namelen);
		break;
	case 'b':
		printf("%llu", (unsigned long long)fs->f_blocks);
		break;
	case 'f':
		printf("%llu", (unsigned long long)fs->f_bfree);
		break;
	case 'a':
		printf("%llu", (unsigned long long)fs->f_bavail);
		break;
	case 'c':
		printf("%llu", (unsigned long long)fs->f_files);
		break;
	case 'd':
		printf("%llu", (unsigned long long)fs->f_ffree);
		break;
	default:
		usage_error("unknown field: %%%c", letter);
	}
}

static void print_format(const char *format, const char *path, const void *info,
			 void (*field)(char letter, const char *path, const void *info))
{
	for (; *format; format++) {
		if (format[0] != '%' || !format[1])
			putchar(*format);
		else if (*++format == '%')
			putchar('%');
		else
			field(*format, path, info);
	}
	putchar('\n');
}

static int print_fs(const char *path, const char *format)
{
	struct statfs fs;

	if (statfs(path, &fs) < 0)
		return -1;
	print_format(format ? format : human_fs, path, &fs, print_fs_field);
	return 0;
}

static int print_stat(const char *path, const char *format, bool follow)
{
	struct stat st;

	if ((follow ? stat : lstat)(path, &st) < 0)
		return -1;
	print_format(format ? format : human, path, &st, print_field);
	return 0;
}

int main(int argc, char **argv)
{
	bool of_fs = false, follow = false;
	const char *format = NULL;
	int option, failed = 0;

	program_start("stat", help);
	while ((option = next_option(argc, argv, "fLc:")) != -1) {
		of_fs |= option == 'f';
		follow |= option == 'L';
		if (option == 'c')
			format = optarg;
	}
	if (optind == argc)
		usage_error("no file given");
	for (; optind < argc; optind++)
		if ((of_fs ? print_fs(argv[optind], format)
			   : print_stat(argv[optind], format, follow)) < 0) {
			warn_errno("%s", argv[optind]);
			failed = 1;
		}
	return finish(failed);
}
