#include "input/flags.h"

#include <string.h>

#include "base/fs.h"
#include "input/flag_table.h"

struct filter {
	struct bc_arena *arena;
	const char *const *argv;
	size_t argc, at; /* `at` is the argument being read */
	const char *directory, *file;
	const char *x; /* what -x said last, NULL nothing */
	const char *x_of_file;
	int saw_file;
	struct bc_flags *out;
};

/* The value of the option at `at`, joined or in the next argument; "" when it is missing. */
static const char *take_value(struct filter *f, const struct bc_flag_option *option)
{
	const char *rest = f->argv[f->at] + strlen(option->name);

	if (*rest == '=' && !strncmp(option->name, "--", 2))
		rest++;
	if (*rest || option->name[strlen(option->name) - 1] == '=')
		return rest;
	return f->at + 1 < f->argc ? f->argv[++f->at] : "";
}

static void add(struct filter *f, const char *arg, int in_identity)
{
	bc_vec_push(&f->out->args, arg);
	if (in_identity)
		bc_vec_push(&f->out->identity, arg);
}

static int is_macro(const char *value, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(value, name, len) && (!value[len] || value[len] == '=');
}

static void add_macro(struct filter *f, char letter, const char *value)
{
	if (!*value || is_macro(value, "_FORTIFY_SOURCE"))
		return;
	/* libtool compiles each source twice, the second time with -fPIC -DPIC. */
	add(f, bc_arena_printf(f->arena, "-%c%s", letter, value), !is_macro(value, "PIC"));
}

static void add_path(struct filter *f, const char *name, const char *value)
{
	if (!*value)
		return;
	bc_vec_push(&f->out->args, name);
	bc_vec_push(&f->out->args, value);
	bc_vec_push(&f->out->identity, name);
	bc_vec_push(&f->out->identity, bc_path_absolute(f->arena, f->directory, value));
}

/* What came through -Wp, or -Xpreprocessor: macros and include folders, never -MD and its like. */
static void add_preprocessor(struct filter *f, const char *arg)
{
	if (!strncmp(arg, "-D", 2) || !strncmp(arg, "-U", 2))
		add_macro(f, arg[1], arg + 2);
	else if (!strncmp(arg, "-I", 2))
		add_path(f, "-I", arg + 2);
}

static void add_preprocessor_list(struct filter *f, const char *list)
{
	while (*list) {
		size_t len = strcspn(list, ",");

		add_preprocessor(f, bc_arena_strndup(f->arena, list, len));
		list += len;
		list += *list == ',';
	}
}

static void keep(struct filter *f, const struct bc_flag_option *option)
{
	const char *arg = f->argv[f->at];
	int in_identity = strncmp(arg, "-f", 2) != 0;
	const char *value;

	if (option->action == BC_FLAG_KEEP || option->action == BC_FLAG_KEEP_START) {
		add(f, arg, in_identity);
		return;
	}
	value = take_value(f, option);
	if (!*value)
		return;
	add(f, option->name, 1);
	add(f, value, 1);
}

static void set_language(struct filter *f, const char *value)
{
	f->x = !strcmp(value, "none") ? NULL : value;
}

static void set_target(struct filter *f, const struct bc_flag_option *option)
{
	const char *value = take_value(f, option);

	if (!*value)
		return;
	f->out->target = value;
	add(f, "-target", 1);
	add(f, value, 1);
}

static void set_sysroot(struct filter *f, const struct bc_flag_option *option)
{
	const char *value = take_value(f, option);

	f->out->sysroot = 1;
	add_path(f, !strcmp(option->name, "-isysroot") ? "-isysroot" : "--sysroot", value);
}

/*
 * CMake includes the header of a precompiled one by `-Xclang -include -Xclang x.h`. Nothing else
 * that comes this way is of use here.
 */
static void take_xclang(struct filter *f)
{
	const char *const *next = f->argv + f->at + 1;
	size_t left = f->argc - f->at - 1;

	if (left >= 3 && !strcmp(next[0], "-include") && !strcmp(next[1], "-Xclang")) {
		add_path(f, "-include", next[2]);
		f->at += 3;
	} else {
		f->at += left > 0;
	}
}

static void apply_option(struct filter *f, const struct bc_flag_option *option)
{
	const char *value;

	switch (option->action) {
	case BC_FLAG_DROP: break;
	case BC_FLAG_NO_COMPILE: f->out->no_compile = 1; break;
	case BC_FLAG_DROP_VALUE:
	case BC_FLAG_DROP_EITHER: take_value(f, option); break;
	case BC_FLAG_KEEP:
	case BC_FLAG_KEEP_START:
	case BC_FLAG_KEEP_VALUE:
	case BC_FLAG_KEEP_EITHER: keep(f, option); break;
	case BC_FLAG_KEEP_PATH: add_path(f, option->name, take_value(f, option)); break;
	case BC_FLAG_MACRO:
		value = take_value(f, option);
		add_macro(f, strchr(option->name, 'U') || strstr(option->name, "undef") ? 'U' : 'D',
			value);
		break;
	case BC_FLAG_INCLUDE: add_path(f, "-include", take_value(f, option)); break;
	case BC_FLAG_XCLANG: take_xclang(f); break;
	case BC_FLAG_PREPROCESSOR:
		add_preprocessor_list(f, f->argv[f->at] + strlen(option->name));
		break;
	case BC_FLAG_PREPROCESSOR_VALUE: add_preprocessor(f, take_value(f, option)); break;
	case BC_FLAG_LANGUAGE: set_language(f, take_value(f, option)); break;
	case BC_FLAG_OUTPUT:
		value = take_value(f, option);
		f->out->output = *value ? value : f->out->output;
		break;
	case BC_FLAG_TARGET: set_target(f, option); break;
	case BC_FLAG_SYSROOT: set_sysroot(f, option); break;
	}
}

/* ---- all of it ---- */

static enum bc_language decide_language(const struct filter *f)
{
	const char *x = f->saw_file ? f->x_of_file : f->x;
	const char *driver = f->argc ? bc_path_basename(f->argv[0]) : "";
	enum bc_language by_name = bc_language_of_extension(f->file);

	if (x)
		return bc_language_named(x);
	/* g++ compiles x.c as C++ */
	return by_name == BC_LANG_C && strstr(driver, "++") ? BC_LANG_CXX : by_name;
}

/* A word that is no option: the source, or an object or library for the linker. */
static void see_operand(struct filter *f, const char *arg)
{
	if (strcmp(bc_path_absolute(f->arena, f->directory, arg), f->file) != 0)
		return;
	f->saw_file = 1;
	f->x_of_file = f->x;
}

void bc_flags_filter(struct bc_arena *arena, const char *const *argv, size_t argc,
	const char *directory, const char *file, struct bc_flags *out)
{
	struct filter f = {.arena = arena,
		.argv = argv,
		.argc = argc,
		.directory = directory,
		.file = file,
		.out = out};
	int operands_only = 0;

	*out = (struct bc_flags){0};
	for (f.at = 1; f.at < argc; f.at++) {
		const char *arg = argv[f.at];
		const struct bc_flag_option *option;

		if (operands_only || arg[0] != '-' || !arg[1]) {
			see_operand(&f, arg);
			continue;
		}
		operands_only = !strcmp(arg, "--");
		option = bc_flag_find(arg);
		if (option)
			apply_option(&f, option);
	}
	out->language = decide_language(&f);
	/* The parser would go by the extension. */
	if (out->language == BC_LANG_C && bc_language_of_extension(file) != BC_LANG_C) {
		add(&f, "-x", 1);
		add(&f, "c", 1);
	}
}

void bc_flags_fini(struct bc_flags *flags)
{
	bc_argv_fini(&flags->args);
	bc_argv_fini(&flags->identity);
}
