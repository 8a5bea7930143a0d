; SPDX-License-Identifier: GPL-2.0-only
;
; The built-in userland: a cpio (newc) archive carried inside the image. It starts on a page, and tools/mkinitramfs
; starts each file's data on a page of the archive, so that ramfs can adopt the pages as they stand.
; The Makefile defines INITRAMFS as the archive's file name.

section .initramfs alloc noexec write align=4096

global initramfs_start
global initramfs_end

initramfs_start:
	incbin INITRAMFS
initramfs_end:
	align 4096, db 0
