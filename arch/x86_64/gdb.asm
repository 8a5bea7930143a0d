; SPDX-License-Identifier: GPL-2.0-only
;
; Calls that may end at a fault, and calls on another stack: for the GDB stub (gdb.h).

section .bss
alignb 8
global try_sp
try_sp:	resq 1					; the stack pointer of the innermost arch_try(), or 0

section .text

; int arch_try(void (*fn)(void *), void *arg)
global arch_try
arch_try:
	push rbp
	mov rbp, rsp
	push rbx
	push r12
	push r13
	push r14
	push r15
	push qword [rel try_sp]
	mov [rel try_sp], rsp
	mov rax, rdi
	mov rdi, rsi
	call rax
	xor eax, eax
leave_try:
	pop qword [rel try_sp]
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	ret

; Where a fault inside fn goes on.
global arch_try_failed
arch_try_failed:
	mov rsp, [rel try_sp]
	mov eax, -14				; -EFAULT
	jmp leave_try

; void arch_call_on(void *stack_top, void (*fn)(void))
global arch_call_on
arch_call_on:
	push rbp
	mov rbp, rsp
	mov rsp, rdi
	call rsi
	mov rsp, rbp
	pop rbp
	ret
