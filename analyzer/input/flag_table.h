/* The options of compilers by name, and what becomes of each. Private to flags.c. */
#ifndef BC_INPUT_FLAG_TABLE_H
#define BC_INPUT_FLAG_TABLE_H

/*
 * Options by name. An option that is not listed is dropped: warnings, debug information, code
 * generation, linking, and also whatever loads code (-fplugin, -Xclang -load), reads prepared
 * binaries (-include-pch, -fmodule-file) or writes files (-MD, -save-temps, -ftime-trace).
 *
 * -O and -D_FORTIFY_SOURCE are dropped too: with both, glibc replaces read() and its like by inline
 * wrappers of other names. So is -fopenmp, under which the body of a parallel loop is no longer a
 * plain statement.
 */
enum bc_flag_action {
	BC_FLAG_DROP,        /* the option alone */
	BC_FLAG_DROP_VALUE,  /* its value follows as an argument of its own */
	BC_FLAG_DROP_EITHER, /* its value is joined to it, or follows */
	BC_FLAG_KEEP,
	BC_FLAG_KEEP_START, /* whatever starts like this */
	BC_FLAG_KEEP_VALUE,
	BC_FLAG_KEEP_EITHER,
	BC_FLAG_KEEP_PATH, /* BC_FLAG_KEEP_EITHER where the value is a folder */
	BC_FLAG_MACRO,     /* -D or -U */
	BC_FLAG_INCLUDE,
	BC_FLAG_XCLANG,             /* -Xclang a */
	BC_FLAG_PREPROCESSOR,       /* -Wp,a,b */
	BC_FLAG_PREPROCESSOR_VALUE, /* -Xpreprocessor a */
	BC_FLAG_LANGUAGE,
	BC_FLAG_OUTPUT,
	BC_FLAG_TARGET,
	BC_FLAG_SYSROOT,
	BC_FLAG_NO_COMPILE
};

struct bc_flag_option {
	const char *name;
	enum bc_flag_action action;
};

/* The option that an argument is, by the longest name that fits; NULL for one that is unknown. */
const struct bc_flag_option *bc_flag_find(const char *arg);

#endif
