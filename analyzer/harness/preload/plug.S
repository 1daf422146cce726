/*
 * One plug per event-loop library, built with -DPLUG_UV, -DPLUG_EVENT and so on: it defines the
 * library's functions that take callbacks or run a loop, and so stands before the library itself.
 */
	/* the callbacks are the arguments a, b, c; 0x80 | 2: the watcher in the second */
	.macro HOOK name a b c
	.globl \name
	.type \name,@function
	.text
	.balign 16
\name:
	.cfi_startproc
	endbr64
	lea row_\name(%rip), %r11
	jmp *__blockcheck_register@GOTPCREL(%rip)
	.cfi_endproc
	.size \name, . - \name
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.popsection
	.pushsection .data.rel.local,"aw",@progbits
	.balign 8
row_\name:
	.quad 0, name_\name
	.long api_number
	.byte \a, \b, \c, 0
	.popsection
	.endm

	.macro RUN name
	.globl \name
	.type \name,@function
	.text
	.balign 16
\name:
	.cfi_startproc
	endbr64
	lea row_\name(%rip), %r11
	jmp *__blockcheck_run@GOTPCREL(%rip)
	.cfi_endproc
	.size \name, . - \name
	.pushsection .rodata.str1.1,"aMS",@progbits,1
name_\name:
	.asciz "\name"
	.popsection
	.pushsection .data.rel,"aw",@progbits
	.balign 8
row_\name:
	.quad __blockcheck_resolve, name_\name, 0, 0
	.long 0
	.short 2, 0
	.popsection
	.endm

#define ROW(name, a, b, c) HOOK name a b c; .set api_number, api_number + 1;
#define FIELD(name) HOOK name 0x82 0 0; .set api_number, api_number + 1;
#define SKIP(...) .set api_number, api_number + 1;
#define UV SKIP
#define EVENT SKIP
#define EV SKIP
#define EV_FIELD SKIP
#define OTHER SKIP
#define GIO SKIP
#define SDEVENT SKIP
#define WAYLAND SKIP
	.set api_number, 1
#if defined(PLUG_UV)
#undef UV
#define UV ROW
#elif defined(PLUG_EVENT)
#undef EVENT
#define EVENT ROW
#elif defined(PLUG_EV)
#undef EV
#undef EV_FIELD
#define EV ROW
#define EV_FIELD FIELD
#elif defined(PLUG_GIO)
#undef GIO
#define GIO ROW
#elif defined(PLUG_SDEVENT)
#undef SDEVENT
#define SDEVENT ROW
#elif defined(PLUG_WAYLAND)
#undef WAYLAND
#define WAYLAND ROW
#endif
#include "harness/hooks.def"

#undef UV
#undef EVENT
#undef EV
#undef SDEVENT
#undef WAYLAND
#define NONE(name)
#define LOOP(name) RUN name;
#if defined(PLUG_UV)
#define UV LOOP
#else
#define UV NONE
#endif
#if defined(PLUG_EVENT)
#define EVENT LOOP
#else
#define EVENT NONE
#endif
#if defined(PLUG_EV)
#define EV LOOP
#else
#define EV NONE
#endif
#if defined(PLUG_GLIB)
#define GLIB LOOP
#else
#define GLIB NONE
#endif
#if defined(PLUG_SDEVENT)
#define SDEVENT LOOP
#else
#define SDEVENT NONE
#endif
#if defined(PLUG_WAYLAND)
#define WAYLAND LOOP
#else
#define WAYLAND NONE
#endif
#include "harness/runs.def"
	.section .note.GNU-stack,"",@progbits
