; SPDX-License-Identifier: GPL-2.0-only
;
; Copies between kernel and user memory. Every access to the user side has an entry in the exception table: after a fault that
; kernel/mm can't repair, traps.c continues at the entry's fix-up, and the function reports how much is left.
; SMAP is opened (stac) for just these functions; on processors without it the instructions are skipped by `smap_on`.
; Registers rdi, rsi, rdx always describe what is left, so that the byte loop finds the exact place of a fault.

%include "arch/x86_64/asm.inc"

extern smap_on

section .text

%macro OPEN_USER 0
	cmp byte [rel smap_on], 0
	je %%without
	stac
%%without:
%endmacro
%macro CLOSE_USER 0
	cmp byte [rel smap_on], 0
	je %%without
	clac
%%without:
%endmacro

; size_t arch_copy_user(void *to, const void *from, size_t n): bytes not copied
global arch_copy_user
align 16
arch_copy_user:
	CFI_FUNCTION
	OPEN_USER
	cmp rdx, 128
	jae .wide
.words:
	sub rdx, 8
	jb .tail
.word:
..@w1:	mov rax, [rsi]
..@w2:	mov [rdi], rax
	add rsi, 8
	add rdi, 8
	sub rdx, 8
	jae .word
.tail:
	add rdx, 8
	jz .out
.byte:
..@b1:	mov al, [rsi]
..@b2:	mov [rdi], al
	inc rsi
	inc rdi
	dec rdx
	jnz .byte
.out:
	CLOSE_USER
	mov rax, rdx
	ret

.wide:						; xmm0 to xmm3 are the program's: borrow them
	sub rsp, 64
	CFI_GROW 64
	movups [rsp], xmm0
	movups [rsp + 16], xmm1
	movups [rsp + 32], xmm2
	movups [rsp + 48], xmm3
	sub rdx, 64
.block:
..@x1:	movups xmm0, [rsi]
..@x2:	movups xmm1, [rsi + 16]
..@x3:	movups xmm2, [rsi + 32]
..@x4:	movups xmm3, [rsi + 48]
..@y1:	movups [rdi], xmm0
..@y2:	movups [rdi + 16], xmm1
..@y3:	movups [rdi + 32], xmm2
..@y4:	movups [rdi + 48], xmm3
	add rsi, 64
	add rdi, 64
	sub rdx, 64
	jae .block
	add rdx, 64
	call .give_back
	CFI_SHRINK 64
	jmp .words
.give_back:
	CFI_GROW 64 + 8
	movups xmm0, [rsp + 8]
	movups xmm1, [rsp + 24]
	movups xmm2, [rsp + 40]
	movups xmm3, [rsp + 56]
	ret 64
	CFI_SHRINK 8
.fix_block:					; somewhere in the next 64 bytes: find out by bytes
	add rdx, 64
	call .give_back
	CFI_SHRINK 64
	jmp .byte
.fix_word:
	add rdx, 8
	jmp .byte
	CFI_END

	EXTABLE ..@w1, .fix_word, 0
	EXTABLE ..@w2, .fix_word, 0
	EXTABLE ..@b1, .out, 0
	EXTABLE ..@b2, .out, 0
	EXTABLE ..@x1, .fix_block, 0
	EXTABLE ..@x2, .fix_block, 0
	EXTABLE ..@x3, .fix_block, 0
	EXTABLE ..@x4, .fix_block, 0
	EXTABLE ..@y1, .fix_block, 0
	EXTABLE ..@y2, .fix_block, 0
	EXTABLE ..@y3, .fix_block, 0
	EXTABLE ..@y4, .fix_block, 0

; size_t arch_clear_user(void *to, size_t n): bytes not cleared
global arch_clear_user
align 16
arch_clear_user:
	CFI_FUNCTION
	OPEN_USER
	xor eax, eax
	sub rsi, 8
	jb .tail
.word:
..@c1:	mov [rdi], rax
	add rdi, 8
	sub rsi, 8
	jae .word
.tail:
	add rsi, 8
	jz .out
.byte:
..@c2:	mov [rdi], al
	inc rdi
	dec rsi
	jnz .byte
.out:
	CLOSE_USER
	mov rax, rsi
	ret
	CFI_END
	EXTABLE ..@c1, .tail, 0
	EXTABLE ..@c2, .out, 0

; long arch_strncpy_from_user(char *to, const char *from, size_t n): length without NUL, n if there is none, or -EFAULT
global arch_strncpy_from_user
align 16
arch_strncpy_from_user:
	CFI_FUNCTION
	OPEN_USER
	mov r8, rsi
	mov r9, 0x0101010101010101
	mov r10, 0x8080808080808080
.word:						; eight bytes at a time while none of them is zero
	cmp rdx, 8
	jb .bytes
..@s1:	mov rax, [rsi]
	mov rcx, rax
	sub rcx, r9
	mov r11, rax
	not r11
	and rcx, r11
	test rcx, r10
	jnz .bytes
	mov [rdi], rax
	add rsi, 8
	add rdi, 8
	sub rdx, 8
	jmp .word
.bytes:
	test rdx, rdx
	jz .done
..@s2:	mov al, [rsi]
	mov [rdi], al
	test al, al
	jz .done
	inc rsi
	inc rdi
	dec rdx
	jmp .bytes
.done:
	CLOSE_USER
	mov rax, rsi
	sub rax, r8
	ret
.fault:
	CLOSE_USER
	mov rax, -14				; -EFAULT
	ret
	CFI_END
	EXTABLE ..@s1, .bytes, 0
	EXTABLE ..@s2, .fault, 0

; int arch_futex_cmpxchg(u32 *uaddr, u32 *old, u32 new): called under spinlocks, so it never waits for a page
global arch_futex_cmpxchg
align 16
arch_futex_cmpxchg:
	CFI_FUNCTION
	OPEN_USER
	mov eax, [rsi]
..@f1:	lock cmpxchg [rdi], edx
	mov [rsi], eax
	CLOSE_USER
	xor eax, eax
	ret
.fault:
	CLOSE_USER
	mov eax, -14
	ret
	CFI_END
	EXTABLE ..@f1, .fault, 1
