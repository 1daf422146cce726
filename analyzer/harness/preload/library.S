/*
 * Calls of other libraries' functions, whatever their prototype: gates, handed out as functions are
 * found to be worth timing (library.c). Nothing here has a visible name, so no program finds a
 * function that it would not find without us. x86-64, System V.
 */
#include "harness/preload/stub.inc"

#define NGATES 2047

	.section .bss.bc_gate_rows,"aw",@nobits
	.balign 4096
	.globl bc_gate_rows
	.hidden bc_gate_rows
	.type bc_gate_rows,@object
bc_gate_rows:
	.skip 40 * (NGATES + 1)		/* struct bc_call_row */
	.size bc_gate_rows, . - bc_gate_rows

	.section .text.bc_gates,"ax",@progbits
	.balign 4096
	.globl bc_gates, bc_gates_end
	.hidden bc_gates, bc_gates_end
	.type bc_gates,@function
bc_gates:
	.cfi_startproc
	ud2
	.balign 16
	.set index, 1
	.rept NGATES
	endbr64
	lea bc_gate_rows + 40 * index(%rip), %r11
	jmp.d32 pass_gate
	.set index, index + 1
	.endr
	.cfi_endproc
bc_gates_end:
	.size bc_gates, . - bc_gates

/* Off the loop straight on to the real function. r10 holds no argument of C. */
	.text
	.type pass_gate,@function
	.balign 64
pass_gate:
	.cfi_startproc
	mov bc_thread@gottpoff(%rip), %r10
	cmpl $0, %fs:(%r10)
	jne bc_library_stub
	jmp *(%r11)
	.cfi_endproc
	.size pass_gate, . - pass_gate

/*
 * As bc_call_stub of thunk.S, for functions that may have any number of arguments: WORDS of the
 * caller's stack are copied down, or as many as there are (bc_call_words). Frame: these words,
 * struct bc_outer (64), struct bc_call_frame (80), then rax and rdx.
 */
#define WORDS 64
#define FRAME (8 * WORDS + 64)
	.globl bc_library_stub
	.hidden bc_library_stub
	.type bc_library_stub,@function
	.balign 64
bc_library_stub:
	.cfi_startproc
	.cfi_personality 0x9b, DW.ref.bc_library_personality
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $(FRAME + 96), %rsp
	SAVE_ARGUMENTS FRAME
	mov %r11, %rdi
	lea FRAME(%rsp), %rsi
	call bc_call_enter
	lea 0x10(%rbp), %rsi
	mov $WORDS, %ecx
	mov %esi, %eax
	and $0xfff, %eax
	cmp $(0x1000 - 8 * WORDS), %eax
	ja 2f
1:	mov %rsp, %rdi
	rep movsq
	LOAD_ARGUMENTS FRAME
	call *(%r11)
	mov %rax, FRAME + 0x50(%rsp)
	cmpw $0, FRAME + 0x48(%rsp)
	je 3f
	mov %rdx, FRAME + 0x58(%rsp)
	mov FRAME + 0x38(%rsp), %rdi
	lea FRAME(%rsp), %rsi
	call bc_call_leave
	mov FRAME + 0x50(%rsp), %rax
	mov FRAME + 0x58(%rsp), %rdx
3:	.cfi_remember_state
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_restore_state
2:	mov %rsi, %rdi			/* they reach into the next page */
	mov $WORDS, %esi
	call bc_call_words
	mov %eax, %ecx
	lea 0x10(%rbp), %rsi
	jmp 1b
	.cfi_endproc
	.size bc_library_stub, . - bc_library_stub

	.section .note.GNU-stack,"",@progbits
