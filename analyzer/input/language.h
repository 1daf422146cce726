/* In which language a source is written. */
#ifndef BC_INPUT_LANGUAGE_H
#define BC_INPUT_LANGUAGE_H

enum bc_language {
	BC_LANG_C,
	BC_LANG_CXX,
	BC_LANG_OBJC,
	BC_LANG_CUDA,
	BC_LANG_ASSEMBLER,
	BC_LANG_HEADER,
	BC_LANG_OTHER
};

/* By the name that -x takes. */
enum bc_language bc_language_named(const char *x);
enum bc_language bc_language_of_extension(const char *file);

#endif
