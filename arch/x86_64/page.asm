; SPDX-License-Identifier: GPL-2.0-only
;
; Whole pages: arch_clear_page and arch_copy_page with the widest moves the processor has. The vector register they use holds the running
; program's value, so it is put back. The kernel is not preemptible and interrupt handlers do the same, so that is enough.

%include "arch/x86_64/cfi.inc"

extern page_use_avx

section .text

; void arch_clear_page(void *page)
global arch_clear_page
align 16
arch_clear_page:
	CFI_FUNCTION
	lea rax, [rdi + 4096]
	cmp byte [rel page_use_avx], 0
	je .sse
	sub rsp, 32
	CFI_GROW 32
	vmovdqu [rsp], ymm0
	vpxor ymm0, ymm0, ymm0
.avx_loop:
%assign i 0
%rep 16
	vmovdqa [rdi + i], ymm0
%assign i i + 32
%endrep
	add rdi, 512
	cmp rdi, rax
	jb .avx_loop
	vmovdqu ymm0, [rsp]
	add rsp, 32
	CFI_SHRINK 32
	ret
.sse:
	sub rsp, 16
	CFI_GROW 16
	movups [rsp], xmm0
	pxor xmm0, xmm0
.sse_loop:
%assign i 0
%rep 16
	movaps [rdi + i], xmm0
%assign i i + 16
%endrep
	add rdi, 256
	cmp rdi, rax
	jb .sse_loop
	movups xmm0, [rsp]
	add rsp, 16
	CFI_SHRINK 16
	ret
	CFI_END

; void arch_copy_page(void *to, const void *from)
global arch_copy_page
align 16
arch_copy_page:
	CFI_FUNCTION
	lea rax, [rdi + 4096]
	cmp byte [rel page_use_avx], 0
	je .sse
	sub rsp, 32
	CFI_GROW 32
	vmovdqu [rsp], ymm0
.avx_loop:
%assign i 0
%rep 16
	vmovdqa ymm0, [rsi + i]
	vmovdqa [rdi + i], ymm0
%assign i i + 32
%endrep
	add rsi, 512
	add rdi, 512
	cmp rdi, rax
	jb .avx_loop
	vmovdqu ymm0, [rsp]
	add rsp, 32
	CFI_SHRINK 32
	ret
.sse:
	sub rsp, 16
	CFI_GROW 16
	movups [rsp], xmm0
.sse_loop:
%assign i 0
%rep 16
	movaps xmm0, [rsi + i]
	movaps [rdi + i], xmm0
%assign i i + 16
%endrep
	add rsi, 256
	add rdi, 256
	cmp rdi, rax
	jb .sse_loop
	movups xmm0, [rsp]
	add rsp, 16
	CFI_SHRINK 16
	ret
	CFI_END
