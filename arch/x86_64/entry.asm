; SPDX-License-Identifier: GPL-2.0-only
;
; The doors into the kernel: SYSCALL, traps and interrupts, and those that may open at any moment (NMI, int3 and debug traps,
; double fault, machine check); and the one way out, exit_to_user.
;
; Every door leaves a struct pt_regs (ptrace.h) on the kernel stack and calls C with its address. GS holds the program's base in
; user mode and the CPU's per-CPU base in the kernel: swapgs at each crossing. In the kernel GS may still be the program's for
; a few instructions around SYSCALL's entry and before IRETQ; only the doors with stacks of their own can open there, and they
; look at the base itself: the kernel's is negative (percpu.c), a program's never is.
; exit_to_user never faults: rip, cs, ss of a pt_regs that goes to user mode are valid by construction (process.c, signal.c).
; Source: Intel SDM vol. 3, 5.8.8 (SYSCALL), 6.14 (64-bit interrupts).

%include "arch/x86_64/asm.inc"

extern handle_syscall
extern exit_to_user_work
extern syscall_trace_enter
extern syscall_exit_work
extern trap_dispatch
extern debug_trap
extern nmi_dispatch
extern double_fault
extern machine_check
extern schedule_tail
extern percpu_kernel_sp0
extern percpu_user_sp
extern percpu_current_task

section .text

; ---- SYSCALL: rax = number, arguments rdi rsi rdx r10 r8 r9; rcx = user rip, r11 = user flags ----
; There are two entries, so that one whose task is not traced has nothing to test: exit_to_user_work() loads the address of the second into
; the CPU's register (LSTAR) when it sends a traced task to user mode. Another task that comes in by it loads the first one again.
%macro SYSCALL_PROLOGUE 0
	CFI_DOOR 0
	CFI_IN rip, rcx
	CFI_IN rflags, r11
	swapgs
	mov [gs:percpu_user_sp], rsp
	mov rsp, [gs:percpu_kernel_sp0]		; (a debugger does not know the program's rsp up to the second push)
	push qword USER_DS
	CFI_GROW 8
	push qword [gs:percpu_user_sp]
	CFI_GROW 8
	CFI_ON_TOP rsp
	push r11
	CFI_GROW 8
	CFI_ON_TOP rflags
	push qword USER_CS
	CFI_GROW 8
	push rcx
	CFI_GROW 8
	CFI_ON_TOP rip
	push rax				; orig_rax
	CFI_GROW 8
	push rdi
	push rsi
	push rdx
	push rcx
	CFI_PUSHED rdi, rsi, rdx, rcx
	push qword -38				; rax: -ENOSYS until the call says otherwise
	CFI_GROW 8
	push r8
	push r9
	push r10
	push r11
	push rbx
	push rbp
	push r12
	push r13
	push r14
	push r15
	CFI_PUSHED r8, r9, r10, r11, rbx, rbp, r12, r13, r14, r15
	xor ebp, ebp				; ends the chain of frames
	mov rdi, rsp
	sti
%endmacro

align 64
global syscall_entry_traced
syscall_entry_traced:
	SYSCALL_PROLOGUE
	CFI_CALL syscall_trace_enter		; false: no call is to be made, rax is in the frame
	mov rdi, rsp
	test al, al
	jnz syscall_entry.call
	mov rax, [rsp + PT_RAX]
	jmp syscall_entry.done
	CFI_END

align 64
global syscall_entry
syscall_entry:
	SYSCALL_PROLOGUE
.call:
	CFI_CALL handle_syscall
.done:
	cli
	mov [rsp + PT_RAX], rax

	mov rcx, [gs:percpu_current_task]
	cmp qword [rcx], 0			; task_struct.work
	jne syscall_exit_slow
	test dword [rsp + PT_R11], 0x10100	; RF, TF: SYSRET does not do them justice
	jnz restore_and_iret

	; Nobody has changed the frame: who does (exec, sigreturn, signals) sets a work flag and leaves by IRETQ. So rcx and r11
	; are the return address, which SYSCALL itself put there from below USER_END (a non-canonical one would fault in
	; the kernel on Intel), and the flags; and the registers that C functions preserve are still the program's.
	add rsp, 4 * 8				; r15 … r12
	CFI_SHRINK 4 * 8
	CFI_RESTORED r15, r14, r13, r12
	pop rbp
	CFI_POPPED rbp
	add rsp, 8				; rbx
	CFI_SHRINK 8
	CFI_RESTORED rbx
	pop r11
	pop r10
	pop r9
	pop r8
	pop rax
	pop rcx
	pop rdx
	pop rsi
	pop rdi
	CFI_POPPED r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi
	mov rsp, [rsp + PT_RSP - PT_ORIG_RAX]
	CFI_SIZE 0
	CFI_RESTORED rsp
	CFI_IN rip, rcx
	CFI_IN rflags, r11
	swapgs
	o64 sysret
	CFI_END

; There is work: stops of a traced task at the end of a system call come first, while rax still is what the call returned.
syscall_exit_slow:
	CFI_SAVED
	mov rdi, rsp
	CFI_CALL syscall_exit_work		; returns with interrupts off
	CFI_END
	; fall through

; ---- the way out: rsp = pt_regs at the top of current's stack, interrupts off ----
global exit_to_user
exit_to_user:
	CFI_SAVED
	mov rax, [gs:percpu_current_task]
	cmp qword [rax], 0
	je restore_and_iret
	mov rdi, rsp
	xor ebp, ebp
	CFI_CALL exit_to_user_work
restore_and_iret:
	POP_REGS
	add rsp, 8
	CFI_SHRINK 8
	swapgs
	iretq
	CFI_END

; ---- traps and interrupts ----
; A stub pushes an error code where the processor did not, and its number; the common part turns that into pt_regs.
align 16
global trap_stubs
trap_stubs:
%assign vector 0
%rep 256
	align 16
%if vector = 10 || vector = 11 || vector = 12 || vector = 13 || vector = 14 || vector = 17 || vector = 21
	CFI_DOOR 48				; the processor has pushed an error code
%else
	CFI_DOOR 40
%if vector < 32
	push 0
	CFI_GROW 8
%else
	push -1
	CFI_GROW 8
%endif
%endif
	push strict dword vector
	CFI_GROW 8
	jmp strict near trap_common
	CFI_END
%assign vector vector + 1
%endrep
	align 16

trap_common:
	CFI_DOOR 56
	cld
	push rsi
	CFI_PUSHED rsi
	mov rsi, [rsp + 8]			; the vector, in rdi's place
	mov [rsp + 8], rdi
	CFI_BELOW_TOP rdi
	PUSH_REGS_BELOW_RSI
	test byte [rsp + PT_CS], 3
	jz .from_kernel
	swapgs
	xor ebp, ebp
	mov rdi, rsp
	CFI_CALL trap_dispatch			; returns with interrupts off
	jmp exit_to_user
.from_kernel:
	mov rdi, rsp
	CFI_CALL trap_dispatch
global trap_common_return			; stack traces know by it that pt_regs stands behind the frame
trap_common_return:
	POP_REGS
	add rsp, 8
	CFI_SHRINK 8
	iretq
	CFI_END

; ---- doors that may open at any instruction ----
section .text.nobreak progbits alloc exec nowrite align=16

; The kernel's GS base, whoever's it was: ebx says whether it was the program's. To the end of the door.
%macro KERNEL_GS 0
	mov ecx, MSR_GS_BASE
	rdmsr
	xor ebx, ebx
	test edx, edx
	js %%there
	swapgs
	inc ebx
%%there:
%endmacro
%macro GS_BACK_AND_IRET 0
	test ebx, ebx
	jz %%leave
	swapgs
%%leave:
	POP_REGS
	add rsp, 8
	CFI_SHRINK 8
	iretq
	CFI_END
%endmacro

%macro PARANOID_DOOR 3				; name, C function, has error code
global %1
%1:
%if %3 = 0
	CFI_DOOR 40
	push 0
	CFI_GROW 8
%else
	CFI_DOOR 48
%endif
	cld
	push rdi
	push rsi
	CFI_PUSHED rdi, rsi
	PUSH_REGS_BELOW_RSI
	KERNEL_GS
	mov rdi, rsp
	CFI_CALL %2
global %1_return				; as trap_common_return, but on a stack of its own
%1_return:
	GS_BACK_AND_IRET
%endmacro

; int3 and debug traps come on a stack of their own, too; so does the stub's third, whose frame an NMI has made (gdb_break_in()). From
; user mode they go on as other traps do, on the task's stack.
%macro DEBUG_DOOR 2				; name, vector
global %1
%1:
	CFI_DOOR 40
	push 0
	CFI_GROW 8
	cld
	push rdi
	push rsi
	CFI_PUSHED rdi, rsi
	PUSH_REGS_BELOW_RSI
	mov esi, %2
	test byte [rsp + PT_CS], 3
	jnz debug_from_user
	KERNEL_GS
	mov rdi, rsp
	CFI_CALL debug_trap
	GS_BACK_AND_IRET
%endmacro

debug_from_user:				; esi = vector
	CFI_SAVED
	swapgs
	mov edx, esi
	mov rsi, rsp
	mov rdi, [gs:percpu_kernel_sp0]
	sub rdi, PT_SIZE
	mov ecx, PT_SIZE / 8
	rep movsq
	lea rsp, [rdi - PT_SIZE]		; last: as long as the frame here is in use, gdb_break_in() must find us here
	xor ebp, ebp
	mov rdi, rsp
	mov esi, edx
	CFI_CALL trap_dispatch
	jmp exit_to_user
	CFI_END

DEBUG_DOOR trap_debug, 1
DEBUG_DOOR trap_int3, 3
DEBUG_DOOR trap_break_in, GDB_BREAK_IN
PARANOID_DOOR trap_nmi, nmi_dispatch, 0
PARANOID_DOOR trap_double_fault, double_fault, 1
PARANOID_DOOR trap_machine_check, machine_check, 0

section .text

; ---- a new task's first instruction (process.c lays out its stack): rax = the task that ran before ----
global ret_from_fork
ret_from_fork:
	CFI_OUTERMOST
	mov rdi, rax
	xor ebp, ebp
	call schedule_tail
	test rbx, rbx				; a kernel thread's function, its argument in r12
	jz .user
	sti
	mov rdi, r12
	call rbx
.user:						; a fork's child, or a kernel thread that has called exec
	cli
	jmp exit_to_user

; arch_enter_user(): leave for user mode through the pt_regs at the top of the kernel stack.
global arch_enter_user
arch_enter_user:
	cli
	mov rsp, [gs:percpu_kernel_sp0]
	sub rsp, PT_SIZE
	jmp exit_to_user
	CFI_END
