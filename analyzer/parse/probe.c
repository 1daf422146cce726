/* Is the libclang of this machine usable? */
#include "parse/parse.h"

#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "parse/parser.h"

const char *bc_parse_version(void)
{
	static char version[128]; /* always the same text */
	CXString text;

	if (!version[0]) {
		text = clang_getClangVersion();
		snprintf(version, sizeof(version), "%s", clang_getCString(text));
		clang_disposeString(text);
	}
	return version;
}

static int count_errors(CXTranslationUnit tu)
{
	int errors = 0;

	for (unsigned i = 0; i < clang_getNumDiagnostics(tu); i++) {
		CXDiagnostic diagnostic = clang_getDiagnostic(tu, i);

		errors += clang_getDiagnosticSeverity(diagnostic) >= CXDiagnostic_Error;
		clang_disposeDiagnostic(diagnostic);
	}
	return errors;
}

static void probe(void *data)
{
	static const char name[] = "/blockcheck-probe.c";
	static const char text[] = "#include <stddef.h>\n#include <stdarg.h>\nsize_t probe;\n";
	struct CXUnsavedFile file = {name, text, sizeof(text) - 1};
	const struct bc_parse_job job = {.directory = "/"};
	struct bc_arena arena = BC_ARENA_INIT;
	int nargs, *errors = data;
	const char *const *args = bc_parse_args(&arena, &job, &nargs);
	CXIndex index = clang_createIndex(0, 0);
	CXTranslationUnit tu = NULL;

	if (!clang_parseTranslationUnit2(
		    index, name, args, nargs, &file, 1, CXTranslationUnit_None, &tu)) {
		*errors = count_errors(tu);
		clang_disposeTranslationUnit(tu);
	}
	clang_disposeIndex(index);
	bc_arena_fini(&arena);
}

int bc_parse_probe(void)
{
	int errors = -1;

	bc_parse_on_big_stack(probe, &errors);
	if (!errors)
		return 0;
	return bc_fail(BC_EINPUT,
		"libclang (%s) does not find its own stddef.h: install the package with clang's "
		"headers, libclang-common-19-dev on Debian or clang-resource-filesystem on Fedora",
		bc_parse_version());
}
