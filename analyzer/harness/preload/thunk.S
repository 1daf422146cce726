/*
 * Callback thunks, and the stubs through which all timed code passes. x86-64, System V.
 *
 * A thunk is 16 bytes of text that names its record; the records lie in .bss at a distance that is
 * known when linking, so nothing is generated or made executable at run time. All of it has unwind
 * information. Branch targets begin with endbr64.
 */
#include "harness/preload/stub.inc"

#define NTHUNKS 4095
#define BC_SYS_SECCOMP 317	/* core.h has the same number */
#define F_SETFL 4
#define FIONBIO 0x5421
#define SYS_close 3

/* Four words that the caller left on the stack, for functions with more than six arguments. */
	.macro COPY_STACK
	.irp n,0,1,2,3
	mov 0x10 + 8 * \n(%rbp), %rax
	mov %rax, 8 * \n(%rsp)
	.endr
	.endm

	.section .bss.bc_records,"aw",@nobits
	.balign 4096
	.globl bc_records
	.hidden bc_records
	.type bc_records,@object
bc_records:
	.skip 32 * (NTHUNKS + 1)
	.size bc_records, . - bc_records

	.section .text.bc_thunks,"ax",@progbits
	.balign 4096
	.globl bc_thunks, bc_thunks_end
	.hidden bc_thunks, bc_thunks_end
	.type bc_thunks,@function
bc_thunks:
	.cfi_startproc
	ud2				/* no thunk has number 0 */
	.balign 16
	.set index, 1
	.rept NTHUNKS
	endbr64				/* 4 bytes */
	lea bc_records + 32 * index(%rip), %r11	/* 7 */
	jmp.d32 bc_thunk_common		/* 5 */
	.set index, index + 1
	.endr
	.cfi_endproc
bc_thunks_end:
	.size bc_thunks, . - bc_thunks

/*
 * The frame: rdi rsi rdx rcx r8 r9 rax record, then struct bc_local (16), then rax and rdx as the
 * callback returned them. The C half uses general registers only, so vectors pass through.
 */
	.text
	.globl bc_thunk_common
	.hidden bc_thunk_common
	.type bc_thunk_common,@function
	.balign 64
bc_thunk_common:
	.cfi_startproc
	.cfi_personality 0x9b, DW.ref.bc_personality
	cmpb $0, 22(%r11)
	jne bc_thunk_wide
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $0x60, %rsp
	SAVE_ARGUMENTS 0x00
	mov %r11, %rdi
	lea 0x40(%rsp), %rsi
	call bc_enter
	LOAD_ARGUMENTS 0x00
	call *(%r11)
	mov %rax, 0x50(%rsp)
	mov %rdx, 0x58(%rsp)
	mov 0x38(%rsp), %rdi
	lea 0x40(%rsp), %rsi
	call bc_leave
	mov 0x50(%rsp), %rax
	mov 0x58(%rsp), %rdx
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size bc_thunk_common, . - bc_thunk_common

/* For callbacks with seven to ten arguments: below the same frame, what its caller left on the stack. */
	.type bc_thunk_wide,@function
	.balign 64
bc_thunk_wide:
	.cfi_startproc
	.cfi_personality 0x9b, DW.ref.bc_wide_personality
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $0x80, %rsp
	SAVE_ARGUMENTS 0x20
	COPY_STACK
	mov %r11, %rdi
	lea 0x60(%rsp), %rsi
	call bc_enter
	LOAD_ARGUMENTS 0x20
	call *(%r11)
	mov %rax, 0x70(%rsp)
	mov %rdx, 0x78(%rsp)
	mov 0x58(%rsp), %rdi
	lea 0x60(%rsp), %rsi
	call bc_leave
	mov 0x70(%rsp), %rax
	mov 0x78(%rsp), %rdx
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size bc_thunk_wide, . - bc_thunk_wide

/*
 * A timed call of a real function: r11 is the row, the rest as its caller left it. Four words of the
 * caller's stack are copied down, for functions with more than six arguments. Frame: these words,
 * then struct bc_call_frame (80), then rax and rdx.
 */
	.globl __blockcheck_run, bc_call_stub
	.hidden bc_call_stub
	.type __blockcheck_run,@function
	.balign 64
__blockcheck_run:
bc_call_stub:
	.cfi_startproc
	.cfi_personality 0x9b, DW.ref.bc_call_personality
	endbr64
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $0x80, %rsp
	SAVE_ARGUMENTS 0x20
	COPY_STACK
	mov %r11, %rdi
	lea 0x20(%rsp), %rsi
	call bc_call_enter
	LOAD_ARGUMENTS 0x20
	call *(%r11)
	cmpw $0, 0x68(%rsp)
	je 1f
	mov %rax, 0x70(%rsp)
	mov %rdx, 0x78(%rsp)
	mov 0x58(%rsp), %rdi
	lea 0x20(%rsp), %rsi
	call bc_call_leave
	mov 0x70(%rsp), %rax
	mov 0x78(%rsp), %rdx
1:	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size bc_call_stub, . - bc_call_stub
	.size __blockcheck_run, . - __blockcheck_run

/* Saves what may hold an argument, runs a C function (rdi: row, rsi: saved registers, rdx: return
 * address) that gives the address to go on at, and goes there as if the caller had. */
	.macro TAIL_THROUGH function
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $0xc0, %rsp
	mov %rdi, 0x00(%rsp)
	mov %rsi, 0x08(%rsp)
	mov %rdx, 0x10(%rsp)
	mov %rcx, 0x18(%rsp)
	mov %r8, 0x20(%rsp)
	mov %r9, 0x28(%rsp)
	mov %rax, 0x30(%rsp)
	.irp n,0,1,2,3,4,5,6,7
	movups %xmm\n, 0x40 + 16 * \n(%rsp)
	.endr
	mov %r11, %rdi
	mov %rsp, %rsi
	mov 0x8(%rbp), %rdx
	call \function
	mov %rax, %r11
	mov 0x00(%rsp), %rdi
	mov 0x08(%rsp), %rsi
	mov 0x10(%rsp), %rdx
	mov 0x18(%rsp), %rcx
	mov 0x20(%rsp), %r8
	mov 0x28(%rsp), %r9
	mov 0x30(%rsp), %rax
	.irp n,0,1,2,3,4,5,6,7
	movups 0x40 + 16 * \n(%rsp), %xmm\n
	.endr
	leave
	.cfi_def_cfa %rsp, 8
	jmp *%r11
	.endm

/* A function that takes callbacks: r11 is its row. */
	.globl __blockcheck_register
	.type __blockcheck_register,@function
	.balign 16
__blockcheck_register:
	.cfi_startproc
	endbr64
	TAIL_THROUGH bc_register
	.cfi_endproc
	.size __blockcheck_register, . - __blockcheck_register

/* The first call of a function of calls.def that comes before our constructor. */
	.globl __blockcheck_resolve
	.type __blockcheck_resolve,@function
__blockcheck_resolve:
call_resolve:
	.cfi_startproc
	endbr64
	TAIL_THROUGH bc_call_resolve
	.cfi_endproc
	.size call_resolve, . - call_resolve

/* void bc_keep_vectors(void (*run)(void *), void *argument): for slow paths inside a callback's
 * entry, where vector registers may hold its arguments */
	.globl bc_keep_vectors
	.hidden bc_keep_vectors
	.type bc_keep_vectors,@function
	.balign 16
bc_keep_vectors:
	.cfi_startproc
	push %rbp
	.cfi_def_cfa_offset 16
	.cfi_offset %rbp, -16
	mov %rsp, %rbp
	.cfi_def_cfa_register %rbp
	sub $0x80, %rsp
	.irp n,0,1,2,3,4,5,6,7
	movups %xmm\n, 16 * \n(%rsp)
	.endr
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
	.irp n,0,1,2,3,4,5,6,7
	movups 16 * \n(%rsp), %xmm\n
	.endr
	leave
	.cfi_def_cfa %rsp, 8
	ret
	.cfi_endproc
	.size bc_keep_vectors, . - bc_keep_vectors

/* Something is noted, then it goes on in the real function as if its caller had called that. */
	.macro PASS_BY name function label=
	.ifb \label
	PASS \name \function \name
	.else
	.hidden \label
	PASS \name \function \label
	.endif
	.endm
	.macro PASS name function label
	.globl \label
	.type \label,@function
	.balign 16
\label:
	.cfi_startproc
	endbr64
	lea pass_\name(%rip), %r11
	TAIL_THROUGH \function
	.cfi_endproc
	.size \label, . - \label
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.popsection
	.pushsection .data.rel.local,"aw",@progbits
	.balign 8
pass_\name:
	.quad 0, name_\name
	.popsection
	.endm
	PASS_BY longjmp bc_longjmp	/* leaves the callbacks that are jumped out of */
	PASS_BY _longjmp bc_longjmp
	PASS_BY siglongjmp bc_longjmp
	PASS_BY __longjmp_chk bc_longjmp
	PASS_BY dlopen bc_note_open
	PASS_BY dlmopen bc_note_open
	PASS_BY dlsym bc_note_search bc_pass_dlsym
	PASS_BY dlvsym bc_note_search bc_pass_dlvsym
	PASS_BY dladdr bc_note_address bc_pass_dladdr
	PASS_BY dladdr1 bc_note_address bc_pass_dladdr1

/* In place of the real function, when what that would give is known: the second argument. */
	.globl bc_give
	.hidden bc_give
	.type bc_give,@function
bc_give:
	.cfi_startproc
	endbr64
	mov %rsi, %rax
	ret
	.cfi_endproc
	.size bc_give, . - bc_give
	PASS_BY mlockall bc_note_lock	/* makes real what we have mapped */
	PASS_BY setrlimit bc_note_limit	/* may leave no room for it */
	PASS_BY setrlimit64 bc_note_limit
	PASS_BY prlimit bc_note_limit_of
	PASS_BY prlimit64 bc_note_limit_of
	PASS_BY prctl bc_note_prctl	/* may begin a sandbox */

/* What a call changes about the descriptor that its first argument is (quick.c), whatever thread makes
 * it. */
#define DESCRIPTORS 65536
	.macro FORGET_DESCRIPTOR register
	cmp $DESCRIPTORS, %e\register
	jae 9f
	mov %e\register, %r10d
	lea bc_quick_states(%rip), %r11
	movb $0, (%r11,%r10)
9:
	.endm

/* Likewise, where the first argument is this one; else straight on. */
	.macro PASS_WHEN value name function
	.globl \name
	.type \name,@function
	.balign 16
\name:
	.cfi_startproc
	endbr64
	cmp $\value, %rdi
	je 1f
	.ifc \name,syscall		/* libuv closes descriptors by it */
	cmp $SYS_close, %rdi
	jne 7f
	FORGET_DESCRIPTOR si
7:
	.endif
	mov pass_\name(%rip), %r11
	test %r11, %r11
	jz 1f
	jmp *%r11
1:
	lea pass_\name(%rip), %r11
	TAIL_THROUGH \function
	.cfi_endproc
	.size \name, . - \name
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.popsection
	.pushsection .data.rel.local,"aw",@progbits
	.balign 8
pass_\name:
	.quad 0, name_\name
	.popsection
	.endm
	PASS_WHEN BC_SYS_SECCOMP syscall bc_note_seccomp

	.macro THROUGH_FOR value name way
	cmp $\value, %esi
	jne 8f
	lea row_\name(%rip), %r11
	jmp \way
8:
	.endm
	.macro WAY name function
	.type \name,@function
\name:
	.cfi_startproc
	TAIL_THROUGH \function
	.cfi_endproc
	.size \name, . - \name
	.endm
	WAY set_flags bc_quick_set
	WAY forget_all bc_quick_forget

/* A function that only changes them. `register` has the number of the descriptor, "all" is all. */
	.macro CHANGES name register
	.globl \name
	.type \name,@function
	.balign 16
\name:
	.cfi_startproc
	endbr64
	.ifc \register,all
	lea row_\name(%rip), %r11
	jmp forget_all
	.else
	FORGET_DESCRIPTOR \register
	lea row_\name(%rip), %r11
	jmp *(%r11)
	.endif
	.cfi_endproc
	.size \name, . - \name
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.popsection
	.pushsection .data.rel.local.bc_changes,"aw",@progbits
row_\name:
	.quad call_resolve, name_\name, 0, 0, 0
	.popsection
	.endm
	.section .data.rel.local.bc_changes,"aw",@progbits
	.balign 8
	.globl bc_changes
	.hidden bc_changes
bc_changes:
	.text
	CHANGES dup2 si
	CHANGES dup3 si
	CHANGES close_range all
	CHANGES closefrom all
	.pushsection .data.rel.local.bc_changes,"aw",@progbits
	.globl bc_changes_end
	.hidden bc_changes_end
bc_changes_end:
	.popsection

/* Calls: a test of one word, and off the loop straight on to the real function. */
	.macro CALL_ROW name kind quick=0 attempt=
	.globl \name
	.type \name,@function
	.balign 16
\name:
	.cfi_startproc
	endbr64
	.ifc \name,close
	FORGET_DESCRIPTOR di
	.endif
	.irp name_of_fcntl,fcntl,fcntl64
	.ifc \name,\name_of_fcntl
	THROUGH_FOR F_SETFL \name set_flags
	.endif
	.endr
	.ifc \name,ioctl
	cmp $FIONBIO, %esi
	jne 7f
	FORGET_DESCRIPTOR di
7:
	.endif
	.if \kind != 1
	mov bc_thread@gottpoff(%rip), %r11
	cmpl $0, %fs:(%r11)
	jne 1f
	lea row_\name(%rip), %r11
	jmp *(%r11)
1:
	.endif
	lea row_\name(%rip), %r11
	.if \kind == 3
	jmp bc_library_stub
	.else
	jmp bc_call_stub
	.endif
	.cfi_endproc
	.size \name, . - \name
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.ifnb \attempt
attempt_\name:
	.asciz "\attempt"
	.endif
	.popsection
	.pushsection .data.rel.local.bc_calls,"aw",@progbits
row_\name:
	.ifb \attempt
	.quad call_resolve, name_\name, 0, 0
	.else
	.quad call_resolve, name_\name, attempt_\name, 0
	.endif
	.long call_number
	.if \kind == 3
	.short 0, \quick
	.else
	.short \kind, \quick
	.endif
	.popsection
	.set call_number, call_number + 1
	.endm

	.section .data.rel.local.bc_calls,"aw",@progbits
	.balign 8
	.globl bc_calls
	.hidden bc_calls
bc_calls:
	.text
	.set call_number, 1
#define CALL(name, shown) CALL_ROW name 0;
#define WAIT(name, shown) CALL_ROW name 1;
#define CALL_MANY(name, shown) CALL_ROW name 3;
/* enum bc_quick of quick.h */
#define CALL_DESCRIPTOR(name, shown) CALL_ROW name 0 1;
#define CALL_FLAGS_2(name, shown) CALL_ROW name 0 2;
#define CALL_FLAGS_3(name, shown) CALL_ROW name 0 3;
#define CALL_GET(name, shown) CALL_ROW name 0 4;
#define CALL_READ(name, shown) CALL_ROW name 0 5;
#define CALL_WRITE(name, shown) CALL_ROW name 0 6;
#define CALL_LOCK(name, shown, attempt) CALL_ROW name 0 7 attempt;
#include "harness/calls.def"
	.pushsection .data.rel.local.bc_calls,"aw",@progbits
	.globl bc_calls_end
	.hidden bc_calls_end
bc_calls_end:
	.popsection

	.macro PERSONALITY name
	.section .data.rel.local.DW.ref.\name,"awG",@progbits,DW.ref.\name,comdat
	.balign 8
	.hidden DW.ref.\name
	.weak DW.ref.\name
	.type DW.ref.\name,@object
	.size DW.ref.\name, 8
DW.ref.\name:
	.quad \name
	.endm
	PERSONALITY bc_personality
	PERSONALITY bc_wide_personality
	PERSONALITY bc_call_personality
	PERSONALITY bc_library_personality

	.section .note.GNU-stack,"",@progbits
