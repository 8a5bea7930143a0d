; SPDX-License-Identifier: GPL-2.0-only
;
; Where the other CPUs start: in real mode, at the beginning of a page below 1 MiB into which smp.c has copied this code. They all
; come through here at once (the addresses they patch in are the same for all). Each finds its number by its APIC id, takes the kernel's page tables and the stack prepared for it, and enters
; smp.c's secondary_start(). Source: Intel SDM vol. 3, 9.4 (MP initialization), 10.8.5.

%include "arch/x86_64/asm.inc"

extern boot_pml4
extern secondary_start
extern smp_apic_ids
extern smp_stacks
extern smp_count
extern smp_use_x2apic_ids
extern smp_cr3
extern smp_efer

section .rodata
global trampoline_begin
global trampoline_end
bits 16
trampoline_begin:
	cli
	cld
	xor ebx, ebx
	mov bx, cs
	mov ds, bx
	shl ebx, 4				; linear address of this page
	lea eax, [ebx + gdt - trampoline_begin]
	mov [gdt_pointer - trampoline_begin + 2], eax
	lea eax, [ebx + protected - trampoline_begin]
	mov [far_protected - trampoline_begin], eax
	o32 lgdt [gdt_pointer - trampoline_begin]
	mov eax, 1
	mov cr0, eax
	jmp far dword [far_protected - trampoline_begin]

align 4
far_protected:
	dd 0
	dw 0x18
align 4
gdt_pointer:
	dw gdt_end - gdt - 1
	dd 0
align 8
gdt:
	dq 0
	dq 0x00af9b000000ffff			; 0x08: 64-bit code
	dq 0x00cf93000000ffff			; 0x10: data
	dq 0x00cf9b000000ffff			; 0x18: 32-bit code
gdt_end:

bits 32
protected:
	mov ax, 0x10
	mov ds, ax
	mov ss, ax
	mov eax, cr4
	or eax, 1 << 5				; PAE
	mov cr4, eax
	mov eax, boot_pml4 - KERNEL_BASE
	mov cr3, eax
	mov ecx, MSR_EFER
	rdmsr
	or eax, 1 << 8				; LME
	wrmsr
	mov eax, 0x80010001			; PG, WP, PE
	mov cr0, eax
	lea eax, [ebx + long_mode - trampoline_begin]
	mov [ebx + far_long - trampoline_begin], eax
	jmp far dword [ebx + far_long - trampoline_begin]
align 4
far_long:
	dd 0
	dw 0x08

bits 64
long_mode:
	mov rax, secondary_entry
	jmp rax
trampoline_end:

section .text
secondary_entry:
	CFI_OUTERMOST
	xor eax, eax
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov fs, eax
	mov gs, eax
	cmp byte [rel smp_use_x2apic_ids], 0
	jne .x2apic
	mov eax, 1
	cpuid
	shr ebx, 24
	mov edx, ebx
	jmp .find
.x2apic:
	mov eax, 0xb
	xor ecx, ecx
	cpuid
.find:						; edx = APIC id
	xor edi, edi
.next:
	cmp [smp_apic_ids + rdi * 4], edx
	je .found
	inc edi
	cmp edi, [rel smp_count]
	jb .next
.lost:						; not one of ours
	hlt
	jmp .lost
.found:
	mov ecx, MSR_EFER			; NX first: the kernel's page tables use it
	mov eax, [rel smp_efer]
	xor edx, edx
	wrmsr
	mov rax, [rel smp_cr3]
	mov cr3, rax
	mov rsp, [smp_stacks + rdi * 8]
	xor ebp, ebp
	call secondary_start			; edi = CPU number
	ud2
	CFI_END
