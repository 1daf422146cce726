/* Is a file a shared object that this process could load? */
#ifndef BC_PLUGIN_OBJECT_H
#define BC_PLUGIN_OBJECT_H

/*
 * Answers before dlopen() is asked, which says little about what is no ELF file and crashes on one
 * that was cut short. NULL when all is well, else what is wrong.
 */
const char *bc_object_fault(const char *path);

#endif
