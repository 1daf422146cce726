#include "input/flags.h"

#include <string.h>

#include "base/fs.h"

/*
 * Options by name. An option that is not listed is dropped: warnings, debug information, code
 * generation, linking, and also whatever loads code (-fplugin, -Xclang -load), reads prepared
 * binaries (-include-pch, -fmodule-file) or writes files (-MD, -save-temps, -ftime-trace).
 *
 * -O and -D_FORTIFY_SOURCE are dropped too: with both, glibc replaces read() and its like by inline
 * wrappers of other names. So is -fopenmp, under which the body of a parallel loop is no longer a
 * plain statement.
 */
enum action {
	DROP,        /* the option alone */
	DROP_VALUE,  /* its value follows as an argument of its own */
	DROP_EITHER, /* its value is joined to it, or follows */
	KEEP,
	KEEP_START, /* whatever starts like this */
	KEEP_VALUE,
	KEEP_EITHER,
	KEEP_PATH, /* KEEP_EITHER where the value is a folder */
	MACRO,     /* -D or -U */
	INCLUDE,
	XCLANG,             /* -Xclang a */
	PREPROCESSOR,       /* -Wp,a,b */
	PREPROCESSOR_VALUE, /* -Xpreprocessor a */
	LANGUAGE,
	OUTPUT,
	TARGET,
	SYSROOT,
	NO_COMPILE
};

struct option {
	const char *name;
	enum action action;
};

/* The longest name that fits decides, so that -include-pch is not taken for -include. */
static const struct option options[] = {
	{"-D", MACRO},
	{"-U", MACRO},
	{"--define-macro", MACRO},
	{"--undefine-macro", MACRO},
	{"-I", KEEP_PATH},
	{"-iquote", KEEP_PATH},
	{"-isystem", KEEP_PATH},
	{"-isystem-after", KEEP_PATH},
	{"-idirafter", KEEP_PATH},
	{"-F", KEEP_PATH},
	{"-iframework", KEEP_PATH},
	{"-iprefix", KEEP_PATH},
	{"-iwithprefix", KEEP_EITHER},
	{"-iwithprefixbefore", KEEP_EITHER},
	{"-include", INCLUDE},
	{"--include", INCLUDE},
	{"-include-pch", DROP_VALUE},
	{"-imacros", KEEP_EITHER},
	{"-imultilib", DROP_VALUE},
	{"-isysroot", SYSROOT},
	{"--sysroot", SYSROOT},
	{"--sysroot=", SYSROOT},
	{"-nostdinc", KEEP},
	{"-nostdlibinc", KEEP},
	{"-nobuiltininc", KEEP},
	{"-undef", KEEP},
	{"-trigraphs", KEEP},
	{"-traditional-cpp", KEEP},
	{"-ansi", KEEP},
	{"-std=", KEEP_START},
	{"--std=", KEEP_START},
	{"-x", LANGUAGE},
	{"--language", LANGUAGE},
	{"--language=", LANGUAGE},
	{"-target", TARGET},
	{"--target", TARGET},
	{"--target=", TARGET},
	{"-arch", KEEP_VALUE},
	{"-pthread", KEEP},
	{"-pthreads", KEEP},
	{"-EB", KEEP},
	{"-EL", KEEP},
	{"-mlittle-endian", KEEP},
	{"-mbig-endian", KEEP},
	/*
	 * -m: what changes predefined macros and the sizes of types. Not all that starts so: gcc
	 * has options that clang calls an error (-mno-fancy-math-387).
	 */
	{"-m16", KEEP},
	{"-m32", KEEP},
	{"-m64", KEEP},
	{"-mx32", KEEP},
	{"-mthumb", KEEP},
	{"-marm", KEEP},
	{"-msoft-float", KEEP},
	{"-mhard-float", KEEP},
	{"-march=", KEEP_START},
	{"-mcpu=", KEEP_START},
	{"-mabi=", KEEP_START},
	{"-mfloat-abi=", KEEP_START},
	{"-mfpu=", KEEP_START},
	{"-mlong-double", KEEP_START},
	{"-mmmx", KEEP_START},
	{"-mno-mmx", KEEP_START},
	{"-msse", KEEP_START},
	{"-mno-sse", KEEP_START},
	{"-mavx", KEEP_START},
	{"-mno-avx", KEEP_START},
	{"-maes", KEEP_START},
	{"-mno-aes", KEEP_START},
	{"-mpclmul", KEEP_START},
	{"-mpopcnt", KEEP_START},
	{"-mfma", KEEP_START},
	{"-mno-fma", KEEP_START},
	{"-mbmi", KEEP_START},
	{"-mlzcnt", KEEP_START},
	{"-mf16c", KEEP_START},
	{"-mrdrnd", KEEP_START},
	{"-mrdseed", KEEP_START},
	{"-msha", KEEP_START},
	{"-madx", KEEP_START},
	{"-mmovbe", KEEP_START},
	{"-mxsave", KEEP_START},
	{"-mcx16", KEEP_START},
	{"-mcrc32", KEEP_START},
	{"-mneon", KEEP_START},
	{"-maltivec", KEEP_START},
	{"-mno-altivec", KEEP_START},
	{"-mvsx", KEEP_START},
	{"-mno-vsx", KEEP_START},
	{"-mrvv", KEEP_START},
	{"-mllvm", DROP_VALUE},
	/* -f: dialect and predefined macros */
	{"-fPIC", KEEP},
	{"-fpic", KEEP},
	{"-fPIE", KEEP},
	{"-fpie", KEEP},
	{"-fms-extensions", KEEP},
	{"-fms-compatibility", KEEP},
	{"-fplan9-extensions", KEEP},
	{"-fgnu89-inline", KEEP},
	{"-fblocks", KEEP},
	{"-fasm", KEEP},
	{"-fno-asm", KEEP},
	{"-fgnu-keywords", KEEP},
	{"-fno-gnu-keywords", KEEP},
	{"-ffreestanding", KEEP},
	{"-fhosted", KEEP},
	{"-fno-hosted", KEEP},
	{"-fbuiltin", KEEP},
	{"-fno-builtin", KEEP_START},
	{"-fsigned-char", KEEP},
	{"-fno-signed-char", KEEP},
	{"-funsigned-char", KEEP},
	{"-fno-unsigned-char", KEEP},
	{"-fshort-enums", KEEP},
	{"-fno-short-enums", KEEP},
	{"-fshort-wchar", KEEP},
	{"-fno-short-wchar", KEEP},
	{"-fdollars-in-identifiers", KEEP},
	{"-fno-dollars-in-identifiers", KEEP},
	{"-fdeclspec", KEEP},
	{"-fexceptions", KEEP},
	{"-fpack-struct", KEEP_START},
	{"-ftrigraphs", KEEP},
	{"-fdigraphs", KEEP},
	{"-fno-digraphs", KEEP},
	{"-fheinous-gnu-extensions", KEEP},
	{"-fextended-identifiers", KEEP},
	{"-o", OUTPUT},
	{"--output", OUTPUT},
	{"--output=", OUTPUT},
	{"-Wp,", PREPROCESSOR},
	{"-Xpreprocessor", PREPROCESSOR_VALUE},
	{"-E", NO_COMPILE},
	{"-M", NO_COMPILE},
	{"-MM", NO_COMPILE},
	/* dropped, listed only for the argument that they take along */
	{"-MF", DROP_EITHER},
	{"-MT", DROP_EITHER},
	{"-MQ", DROP_EITHER},
	{"-MJ", DROP_EITHER},
	{"-L", DROP_EITHER},
	{"-l", DROP_EITHER},
	{"-B", DROP_EITHER},
	{"-T", DROP_EITHER},
	{"-u", DROP_EITHER},
	{"-e", DROP_EITHER},
	{"-z", DROP_EITHER},
	{"-A", DROP_EITHER},
	{"-framework", DROP_VALUE},
	{"-Xclang", XCLANG},
	{"-Xlinker", DROP_VALUE},
	{"-Xassembler", DROP_VALUE},
	{"-Xanalyzer", DROP_VALUE},
	{"-Xarch_host", DROP_VALUE},
	{"-Xarch_device", DROP_VALUE},
	{"-Xopenmp-target", DROP_VALUE},
	{"--param", DROP_VALUE},
	{"-aux-info", DROP_VALUE},
	{"-dumpbase", DROP_VALUE},
	{"-dumpbase-ext", DROP_VALUE},
	{"-dumpdir", DROP_VALUE},
	{"-wrapper", DROP_VALUE},
	{"-specs", DROP_VALUE},
	{"--specs", DROP_VALUE},
	{"-gcc-toolchain", DROP_VALUE},
	{"--config", DROP_VALUE},
	{"-working-directory", DROP_VALUE},
	{"--serialize-diagnostics", DROP_VALUE},
	{"-serialize-diagnostics", DROP_VALUE},
	{"-ivfsoverlay", DROP_VALUE},
	{"-install_name", DROP_VALUE},
	{"-current_version", DROP_VALUE},
	{"-compatibility_version", DROP_VALUE},
};

static int takes_joined(enum action action)
{
	switch (action) {
	case DROP_EITHER:
	case KEEP_START:
	case KEEP_EITHER:
	case KEEP_PATH:
	case MACRO:
	case PREPROCESSOR:
	case LANGUAGE:
	case OUTPUT:
	case INCLUDE:
	case SYSROOT: return 1;
	case DROP:
	case NO_COMPILE:
	case DROP_VALUE:
	case KEEP:
	case KEEP_VALUE:
	case PREPROCESSOR_VALUE:
	case XCLANG:
	case TARGET: break;
	}
	return 0;
}

static int fits(const struct option *option, const char *arg)
{
	size_t len;

	if (arg[1] != option->name[1])
		return 0;
	len = strlen(option->name);
	if (strncmp(arg, option->name, len) != 0)
		return 0;
	/* Long forms are joined by '=' alone, so that --sysrootfoo is unknown. */
	return !arg[len] || option->name[len - 1] == '=' ||
	       (takes_joined(option->action) && strncmp(option->name, "--", 2) != 0) ||
	       (takes_joined(option->action) && arg[len] == '=');
}

static const struct option *find_option(const char *arg)
{
	const struct option *best = NULL;

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (fits(&options[i], arg) &&
			(!best || strlen(options[i].name) > strlen(best->name)))
			best = &options[i];
	return best;
}

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
static const char *take_value(struct filter *f, const struct option *option)
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

static void keep(struct filter *f, const struct option *option)
{
	const char *arg = f->argv[f->at];
	int in_identity = strncmp(arg, "-f", 2) != 0;
	const char *value;

	if (option->action == KEEP || option->action == KEEP_START) {
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

static void set_target(struct filter *f, const struct option *option)
{
	const char *value = take_value(f, option);

	if (!*value)
		return;
	f->out->target = value;
	add(f, "-target", 1);
	add(f, value, 1);
}

static void set_sysroot(struct filter *f, const struct option *option)
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

static void apply_option(struct filter *f, const struct option *option)
{
	const char *value;

	switch (option->action) {
	case DROP: break;
	case NO_COMPILE: f->out->no_compile = 1; break;
	case DROP_VALUE:
	case DROP_EITHER: take_value(f, option); break;
	case KEEP:
	case KEEP_START:
	case KEEP_VALUE:
	case KEEP_EITHER: keep(f, option); break;
	case KEEP_PATH: add_path(f, option->name, take_value(f, option)); break;
	case MACRO:
		value = take_value(f, option);
		add_macro(f, strchr(option->name, 'U') || strstr(option->name, "undef") ? 'U' : 'D',
			value);
		break;
	case INCLUDE: add_path(f, "-include", take_value(f, option)); break;
	case XCLANG: take_xclang(f); break;
	case PREPROCESSOR: add_preprocessor_list(f, f->argv[f->at] + strlen(option->name)); break;
	case PREPROCESSOR_VALUE: add_preprocessor(f, take_value(f, option)); break;
	case LANGUAGE: set_language(f, take_value(f, option)); break;
	case OUTPUT:
		value = take_value(f, option);
		f->out->output = *value ? value : f->out->output;
		break;
	case TARGET: set_target(f, option); break;
	case SYSROOT: set_sysroot(f, option); break;
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
		const struct option *option;

		if (operands_only || arg[0] != '-' || !arg[1]) {
			see_operand(&f, arg);
			continue;
		}
		operands_only = !strcmp(arg, "--");
		option = find_option(arg);
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
