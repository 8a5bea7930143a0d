; SPDX-License-Identifier: GPL-2.0-only
;
; The first instructions: from 32-bit protected mode without paging, as every loader leaves us, to C in long mode.
;
; start_multiboot (eax = the loader's magic, ebx = its tables) and start_pvh (ebx = hvm_start_info) meet in start32, which
; builds page tables for the first 4 GiB three times over (identity, direct map, image), and calls boot_main() (boot_info.c).
; The tables stay: CPUs that start later come through them (arch/x86_64/trampoline.asm).
; Source: Intel SDM vol. 3, 10.8.5 (initializing IA-32e mode).

KERNEL_BASE equ 0xffffffff80000000
%define PHYS(x) ((x) - KERNEL_BASE)

PVH_MAGIC equ 0x336ec578
MSR_EFER  equ 0xc0000080

%include "arch/x86_64/cfi.inc"

extern boot_main
global start_multiboot
global start_pvh
global boot_pml4

section .text
bits 32

start_pvh:
	CFI_OUTERMOST
	mov eax, PVH_MAGIC
start_multiboot:
	cli
	cld
	mov esi, eax
	rdtsc
	mov [PHYS(entry_tsc)], eax
	mov [PHYS(entry_tsc) + 4], edx
	mov esp, PHYS(boot_stack_top)
	mov edi, ebx

	mov eax, 0x80000000
	cpuid
	cmp eax, 0x80000001
	jb .no_long_mode
	mov eax, 0x80000001
	cpuid
	bt edx, 29
	jnc .no_long_mode

	; Four page directories of 2 MiB pages cover 4 GiB.
	mov ecx, PHYS(boot_pd)
	mov eax, 0x83				; present, writable, large
	xor edx, edx
.fill:
	mov [ecx], eax
	add ecx, 8
	add eax, 0x200000
	jnc .fill

	mov eax, PHYS(boot_pd) + 3
	mov ecx, PHYS(boot_pdpt_low)
.link:
	mov [ecx], eax
	add eax, 0x1000
	add ecx, 8
	cmp ecx, PHYS(boot_pdpt_low) + 4 * 8
	jb .link
	mov dword [PHYS(boot_pdpt_high) + 510 * 8], PHYS(boot_pd) + 3
	mov dword [PHYS(boot_pdpt_high) + 511 * 8], PHYS(boot_pd) + 0x1003
	mov dword [PHYS(boot_pml4)], PHYS(boot_pdpt_low) + 3
	mov dword [PHYS(boot_pml4) + 273 * 8], PHYS(boot_pdpt_low) + 3	; PAGE_OFFSET
	mov dword [PHYS(boot_pml4) + 511 * 8], PHYS(boot_pdpt_high) + 3

%ifdef CONFIG_KASAN
	; All shadow of kernel addresses is one page for now (arch/x86_64/kasan.c): each table points 512 times to the one before it.
%macro FILL_TABLE 3				; table, what its entries point to, number of entries
	mov edi, %1
	mov ecx, %3
%%fill:
	mov dword [edi], (%2) + 3
	add edi, 8
	loop %%fill
%endmacro
	mov edx, edi
	FILL_TABLE PHYS(kasan_zero) + 4096, PHYS(kasan_zero), 512
	FILL_TABLE PHYS(kasan_zero) + 2 * 4096, PHYS(kasan_zero) + 4096, 512
	FILL_TABLE PHYS(kasan_zero) + 3 * 4096, PHYS(kasan_zero) + 2 * 4096, 512
	FILL_TABLE PHYS(boot_pml4) + 472 * 8, PHYS(kasan_zero) + 3 * 4096, 32	; KASAN_SHADOW_START to …_END
	mov edi, edx
%endif
	mov eax, cr4
	or eax, 1 << 5				; PAE
	mov cr4, eax
	mov eax, PHYS(boot_pml4)
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, 1 << 8				; LME
	wrmsr
	mov eax, cr0
	or eax, (1 << 31) | (1 << 16) | 1	; PG, WP, PE
	mov cr0, eax
	lgdt [PHYS(boot_gdt_pointer)]
	jmp 0x08:PHYS(.long_mode)

.no_long_mode:
	mov esi, PHYS(no_long_mode_text)
.say:
	lodsb
	test al, al
	jz .stop
	mov edx, 0x3f8
	out dx, al
	mov dl, 0xe9
	mov dh, 0
	out dx, al
	jmp .say
.stop:
	hlt
	jmp .stop

bits 64
.long_mode:
	mov rax, .high
	jmp rax
.high:
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov fs, eax
	mov gs, eax
	mov rsp, boot_stack_top
	xor ebp, ebp
	mov r8d, edi
	mov edi, esi				; magic
	mov esi, r8d				; physical address of the tables
	mov rdx, [entry_tsc]
	call boot_main
	ud2
	CFI_END

section .rodata
no_long_mode_text:
	db 'Paddock needs a 64-bit processor.', 10, 0
align 8
global boot_gdt
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff			; 0x08: 64-bit code
	dq 0x00cf93000000ffff			; 0x10: data
	dq 0x00cf9b000000ffff			; 0x18: 32-bit code, for the trampoline
boot_gdt_pointer:
	dw boot_gdt_pointer - boot_gdt - 1
	dd PHYS(boot_gdt)

section .bss..page_aligned nobits alloc noexec write align=4096
boot_pml4:	resb 4096
boot_pdpt_low:	resb 4096
boot_pdpt_high:	resb 4096
boot_pd:	resb 4 * 4096
%ifdef CONFIG_KASAN
global kasan_zero
kasan_zero:	resb 4 * 4096			; a page, its page table, and so on
%endif
global boot_stack
global boot_stack_top
boot_stack:	resb 16384
boot_stack_top:
entry_tsc:	resq 1
