/* How libclang is called: arguments, its own headers, stack. */
#include "parse/parser.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"

/* ---- libclang's own headers ---- */

static int major_version(void)
{
	const char *text = bc_parse_version();
	const char *at = strstr(text, "version ");
	int major = 0;

	if (at)
		sscanf(at, "version %d", &major);
	return major;
}

static const char *with_headers(struct bc_arena *arena, const char *folder)
{
	const char *probe = bc_path_join(arena, folder, "include/stddef.h");

	return bc_file_exists(probe) ? folder : NULL;
}

/* Relative to the library itself, as distributions and LLVM's own builds lay it out. */
static const char *beside_library(struct bc_arena *arena, int major)
{
	static const char *const layouts[] = {"%s/clang/%d", "%s/../lib/clang/%d"};
	Dl_info info;
	char *real;
	const char *found = NULL;

	if (!dladdr((void *)(uintptr_t)clang_createIndex, &info) || !info.dli_fname)
		return NULL;
	real = realpath(info.dli_fname, NULL);
	if (!real)
		return NULL;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts) && !found; i++) {
		const char *folder = bc_path_dirname(arena, real);

		found = with_headers(
			arena, i ? bc_arena_printf(arena, "%s/../lib/clang/%d", folder, major)
				 : bc_arena_printf(arena, "%s/clang/%d", folder, major));
	}
	free(real);
	return found;
}

/*
 * Some packages of libclang look for stddef.h and its kin where they are not. Nothing is executed
 * to find them.
 */
static const char *find_resources(struct bc_arena *arena)
{
	int major = major_version();
	const char *found = beside_library(arena, major);
	const char *const folders[] = {
		bc_arena_printf(arena, "/usr/lib/llvm-%d/lib/clang/%d", major, major),
		bc_arena_printf(arena, "/usr/lib/clang/%d", major),
		bc_arena_printf(arena, "/usr/lib64/clang/%d", major),
		bc_arena_printf(arena, "/usr/lib/llvm%d/lib/clang/%d", major, major),
		bc_arena_printf(arena, "/usr/local/lib/clang/%d", major),
	};

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && !found; i++)
		found = with_headers(arena, folders[i]);
	return found;
}

/* ---- arguments ---- */

/*
 * Options that load code or prepared binaries, or that name headers of another compiler. The reader
 * of compile commands drops them as well; here no caller can forget it.
 */
static const struct {
	const char *name;
	int is_prefix, has_value;
} dropped[] = {
	{"-Xclang", 0, 1},
	{"-mllvm", 0, 1},
	{"-include-pch", 0, 1},
	{"-fplugin", 1, 0},
	{"-fpass-plugin", 1, 0},
	{"-load", 0, 1},
	{"-fmodule", 1, 0},
	{"-fprebuilt-module-path", 1, 0},
	{"-resource-dir", 0, 1},
	{"-resource-dir=", 1, 0},
	{"--config", 0, 1},
	{"--config=", 1, 0},
	{"-config", 0, 1},
	{"-working-directory", 0, 1},
	{"-working-directory=", 1, 0},
	{"@", 1, 0},
};

/* How many arguments from args[i] on are dropped. */
static int count_dropped(const struct bc_parse_job *job, int i)
{
	const char *arg = job->args[i];

	for (size_t d = 0; d < sizeof(dropped) / sizeof(*dropped); d++) {
		size_t len = strlen(dropped[d].name);

		if (dropped[d].is_prefix ? !strncmp(arg, dropped[d].name, len)
					 : !strcmp(arg, dropped[d].name))
			return dropped[d].has_value ? 2 : 1;
	}
	return 0;
}

/*
 * What gcc accepts with a warning must not make a unit count as broken: clang treats these as
 * errors by default, and -w does not silence errors.
 */
static const char *const own_args[] = {
	"-w",
	"-ferror-limit=0",
	"-fno-spell-checking",
	"-Wno-error=implicit-function-declaration",
	"-Wno-error=implicit-int",
	"-Wno-error=int-conversion",
	"-Wno-error=incompatible-function-pointer-types",
	"-Wno-error=return-type",
	"-Wno-error=return-mismatch",
};

/*
 * For `-include x.h` the driver takes x.h.pch where one lies beside it: a prepared binary, and not
 * ours. Handed to the compiler proper, the option means the header itself.
 */
static int add_include(const char **args, const char *header)
{
	args[0] = args[2] = "-Xclang";
	args[1] = "-include";
	args[3] = header;
	return 4;
}

const char *const *bc_parse_args(struct bc_arena *arena, const struct bc_parse_job *job, int *nargs)
{
	enum { OWN = sizeof(own_args) / sizeof(*own_args) };
	const char **args = BC_NEW_ARRAY(arena, const char *, (size_t)job->nargs * 2 + OWN + 2);
	const char *resources = find_resources(arena);
	int n = 0;

	for (int i = 0; i < job->nargs;) {
		int skip = count_dropped(job, i);

		if (!skip && !strcmp(job->args[i], "-include") && i + 1 < job->nargs) {
			n += add_include(args + n, job->args[i + 1]);
			i += 2;
			continue;
		}
		if (!skip)
			args[n++] = job->args[i];
		i += skip ? skip : 1;
	}
	for (int i = 0; i < OWN; i++)
		args[n++] = own_args[i];
	args[n++] = bc_arena_printf(arena, "-working-directory=%s", job->directory);
	if (resources)
		args[n++] = bc_arena_printf(arena, "-resource-dir=%s", resources);
	*nargs = n;
	return args;
}

const char *bc_parse_error_name(enum CXErrorCode code)
{
	switch (code) {
	case CXError_Crashed: return "libclang crashed";
	case CXError_InvalidArguments: return "libclang rejected the arguments";
	case CXError_ASTReadError: return "libclang could not read the command's inputs";
	case CXError_Success:
	case CXError_Failure: break;
	}
	return "libclang could not start on it";
}

/* ---- stack ---- */

enum { STACK_SIZE = 64 << 20 };

struct call {
	void (*run)(void *context);
	void *context;
};

static void *start(void *data)
{
	struct call *call = data;

	call->run(call->context);
	return NULL;
}

void bc_parse_on_big_stack(void (*run)(void *context), void *context)
{
	struct call call = {run, context};
	pthread_attr_t attr;
	pthread_t thread;
	int status;

	/* libclang would start a thread of its own for each parse, with a smaller stack. */
	setenv("LIBCLANG_NOTHREADS", "1", 1);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	status = pthread_create(&thread, &attr, start, &call);
	pthread_attr_destroy(&attr);
	if (status)
		run(context); /* no memory for it: the stack at hand does for most files */
	else
		pthread_join(thread, NULL);
}
