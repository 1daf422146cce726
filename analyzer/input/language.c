#include "input/language.h"

#include <string.h>

#include "base/fs.h"

static int is_in(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(text, *list))
			return 1;
	return 0;
}

enum bc_language bc_language_named(const char *x)
{
	static const char *const c[] = {"c", "cpp-output", NULL};

	if (is_in(x, c))
		return BC_LANG_C;
	if (!strncmp(x, "objective-c", 11))
		return BC_LANG_OBJC;
	if (!strncmp(x, "c++", 3))
		return !strcmp(x, "c++-header") ? BC_LANG_HEADER : BC_LANG_CXX;
	if (!strcmp(x, "c-header"))
		return BC_LANG_HEADER;
	if (!strncmp(x, "assembler", 9))
		return BC_LANG_ASSEMBLER;
	return !strcmp(x, "cuda") || !strcmp(x, "hip") ? BC_LANG_CUDA : BC_LANG_OTHER;
}

enum bc_language bc_language_of_extension(const char *file)
{
	static const char *const c[] = {"c", "i", NULL};
	static const char *const cxx[] = {
		"cc", "cp", "cxx", "cpp", "CPP", "c++", "C", "ii", "cppm", "ixx", NULL};
	static const char *const headers[] = {"h", "hh", "hpp", "hxx", "H", "h++", "inl", NULL};
	static const char *const objc[] = {"m", "mm", "M", "mi", "mii", NULL};
	static const char *const assembler[] = {"s", "S", "sx", "asm", "nasm", NULL};
	static const char *const cuda[] = {"cu", "cui", "hip", NULL};
	const char *dot = strrchr(bc_path_basename(file), '.');

	if (!dot)
		return BC_LANG_OTHER;
	if (is_in(dot + 1, c))
		return BC_LANG_C;
	if (is_in(dot + 1, cxx))
		return BC_LANG_CXX;
	if (is_in(dot + 1, headers))
		return BC_LANG_HEADER;
	if (is_in(dot + 1, objc))
		return BC_LANG_OBJC;
	if (is_in(dot + 1, assembler))
		return BC_LANG_ASSEMBLER;
	return is_in(dot + 1, cuda) ? BC_LANG_CUDA : BC_LANG_OTHER;
}
