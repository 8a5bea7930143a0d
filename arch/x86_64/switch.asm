; SPDX-License-Identifier: GPL-2.0-only
;
; The switch of kernel stacks. process.c's arch_switch_to() does the rest around it.

%include "arch/x86_64/cfi.inc"

section .text

; struct task_struct *switch_stacks(unsigned long *prev_sp, unsigned long next_sp, struct task_struct *prev)
; Saves what the C calling convention wants preserved, changes stacks, and returns `prev` on the new one: to where that stack
; called switch_stacks, or to ret_from_fork for a new task.
global switch_stacks
switch_stacks:
	CFI_FUNCTION
	push rbp
	push rbx
	push r12
	push r13
	push r14
	push r15
	CFI_PUSHED rbp, rbx, r12, r13, r14, r15
	mov [rdi], rsp
	mov rsp, rsi
	mov rax, rdx
	pop r15
	pop r14
	pop r13
	pop r12
	pop rbx
	pop rbp
	CFI_POPPED r15, r14, r13, r12, rbx, rbp
	ret
	CFI_END
