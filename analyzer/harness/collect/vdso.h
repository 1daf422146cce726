/* The code that the kernel maps into each program, which is no file. */
#ifndef BC_HARNESS_COLLECT_VDSO_H
#define BC_HARNESS_COLLECT_VDSO_H

/* Its name among a program's modules. */
#define BC_VDSO_NAME "linux-vdso.so.1"

/* A descriptor of a copy, which the caller closes; -1 when there is none. All programs have the
 * same as we do. */
int bc_vdso_open(void);

#endif
