; SPDX-License-Identifier: GPL-2.0-only
;
; What loaders look for in the image: the multiboot 1 and 2 headers (in its first 8 KiB) and the PVH note.
;
; Multiboot 1 carries address fields (flag 16): QEMU's -kernel then takes the ELF64 file as a flat block.
; Sources: Multiboot Specification 0.6.96 (3.1), Multiboot2 Specification 2.0 (3.1), xen/include/public/elfnote.h.

KERNEL_BASE equ 0xffffffff80000000

extern start_multiboot
extern start_pvh
extern __kernel_start
extern __kernel_end
extern __load_end

section .multiboot1 alloc noexec nowrite align=8
MB1_MAGIC equ 0x1badb002
MB1_FLAGS equ (1 << 0) | (1 << 1) | (1 << 16)	; modules on pages, memory map, address fields

mb1_header:
	dd MB1_MAGIC
	dd MB1_FLAGS
	dd -(MB1_MAGIC + MB1_FLAGS)
	dd mb1_header - KERNEL_BASE
	dd __kernel_start - KERNEL_BASE
	dd __load_end - KERNEL_BASE
	dd __kernel_end - KERNEL_BASE
	dd start_multiboot - KERNEL_BASE

section .multiboot2 alloc noexec nowrite align=8
MB2_MAGIC equ 0xe85250d6
MB2_LENGTH equ mb2_end - mb2_header

mb2_header:
	dd MB2_MAGIC
	dd 0					; i386, protected mode
	dd MB2_LENGTH
	dd 0x100000000 - (MB2_MAGIC + MB2_LENGTH)
	dw 3, 0					; entry address: the ELF's own is a virtual one
	dd 12
	dd start_multiboot - KERNEL_BASE
	align 8, db 0
	dw 6, 0					; modules on page boundaries
	dd 8
	dw 0, 0					; end
	dd 8
mb2_end:

section .note.pvh alloc noexec nowrite align=4
	dd 4					; name, description, type
	dd 4
	dd 18					; XEN_ELFNOTE_PHYS32_ENTRY
	db 'Xen', 0
	dd start_pvh - KERNEL_BASE
