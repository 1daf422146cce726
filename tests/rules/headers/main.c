/*
 * Holds the shipped packs against the real headers: does each function that a pack names exist, has
 * it as many parameters as the pack says, and is the argument that the pack calls a callback, a
 * timeout or a descriptor one?
 *
 *	headers FOLDER [PACK...]
 *
 * A pack whose headers are not installed is skipped, and said so. What a pack's headers lack on
 * purpose is declared in the pack (absent), not here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "checking.h"

enum { MAX_FLAGS = 64, SKIPPED = 77 };

void fault(struct checking *c, const char *format, ...)
{
	va_list args;

	printf("WRONG %s:%d: %s: ", c->pack->path, c->line, c->rule);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	c->faults++;
}

/* ---- the headers of a pack ---- */

struct flags {
	char text[MAX_FLAGS][512];
	const char *args[MAX_FLAGS + 2];
	int n;
};

static void read_flags(struct flags *flags, const struct bc_pack *pack)
{
	char command[200];
	FILE *stream = NULL;
	int n = 0;

	flags->args[flags->n++] = "-std=gnu11";
	flags->args[flags->n++] = "-D_GNU_SOURCE";
	if (*pack->pkg_config) {
		snprintf(command, sizeof(command), "pkg-config --cflags %s 2>/dev/null",
			pack->pkg_config);
		stream = popen(command, "r");
	}
	while (stream && n < MAX_FLAGS && fscanf(stream, "%511s", flags->text[n]) == 1) {
		if (!strncmp(flags->text[n], "-I", 2) || !strncmp(flags->text[n], "-D", 2))
			flags->args[flags->n++] = flags->text[n];
		n++;
	}
	if (stream)
		pclose(stream);
}

static CXTranslationUnit parse(CXIndex index, const struct bc_pack *pack)
{
	struct flags flags = {.n = 0};
	struct bc_buf text = {0};
	struct CXUnsavedFile file = {.Filename = "blockcheck-headers.c"};
	CXTranslationUnit tu;

	read_flags(&flags, pack);
	for (int i = 0; i < pack->ndefines; i++)
		bc_buf_printf(&text, "#define %.*s %s\n", (int)strcspn(pack->defines[i], "="),
			pack->defines[i],
			strchr(pack->defines[i], '=') ? strchr(pack->defines[i], '=') + 1 : "1");
	for (int i = 0; i < pack->nheaders; i++)
		bc_buf_printf(&text, "#include <%s>\n", pack->headers[i]);
	file.Contents = bc_buf_text(&text);
	file.Length = text.len;
	tu = clang_parseTranslationUnit(index, file.Filename, flags.args, flags.n, &file, 1,
		CXTranslationUnit_DetailedPreprocessingRecord |
			CXTranslationUnit_SkipFunctionBodies | CXTranslationUnit_KeepGoing);
	bc_buf_fini(&text);
	return tu;
}

/* The first error, copied; NULL without. */
static char *first_error(CXTranslationUnit tu)
{
	char *error = NULL;

	for (unsigned i = 0; !error && i < clang_getNumDiagnostics(tu); i++) {
		CXDiagnostic d = clang_getDiagnostic(tu, i);
		CXString text = clang_getDiagnosticSpelling(d);

		if (clang_getDiagnosticSeverity(d) >= CXDiagnostic_Error)
			error = strdup(clang_getCString(text));
		clang_disposeString(text);
		clang_disposeDiagnostic(d);
	}
	return error;
}

/* ---- one pack ---- */

/* 1 checked, 0 skipped. */
static int check_pack(struct checking *c, CXIndex index)
{
	CXTranslationUnit tu;
	char *error;
	int skipped;

	c->rule = c->pack->name;
	c->line = 1;
	if (!strcmp(c->pack->debian, "none")) {
		printf("SKIP  %s: Debian has no package with its headers\n", c->pack->name);
		return 0;
	}
	tu = parse(index, c->pack);
	error = first_error(tu);
	skipped = error && strstr(error, "file not found") != NULL;
	if (skipped)
		printf("SKIP  %s: %s%s%s\n", c->pack->name, error,
			*c->pack->debian ? "; Debian: " : "", c->pack->debian);
	else if (error)
		fault(c, "the headers do not compile: %s", error);
	if (!skipped) {
		declared_collect(c, tu);
		check_rules(c);
	}
	free(error);
	clang_disposeTranslationUnit(tu);
	declared_drop(c);
	return !skipped;
}

static int is_wanted(const struct bc_pack *pack, char *const *names)
{
	for (char *const *name = names; *name; name++)
		if (!strcmp(pack->name, *name))
			return 1;
	return !*names;
}

int main(int argc, char **argv)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_models models;
	struct checking c = {.models = &models};
	CXIndex index = clang_createIndex(0, 0);
	const char *folder = argc > 1 ? argv[1] : getenv("BLOCKCHECK_RULES");
	int packs = 0, skipped = 0;

	if (bc_models_load(&arena, &folder, 1, &models) != 0) {
		fprintf(stderr, "%s\n", bc_error_message());
		return 2;
	}
	for (int i = 0; i < models.npacks; i++) {
		c.pack = &models.packs[i];
		if (!is_wanted(c.pack, argc > 1 ? argv + 2 : argv + 1))
			continue;
		if (check_pack(&c, index))
			packs++;
		else
			skipped++;
	}
	printf("%d functions, %d structs and %d constants of %d packs checked against the headers; "
	       "%d packs skipped, %d faults\n",
		c.functions_checked, c.records_checked, c.constants_checked, packs, skipped,
		c.faults);
	clang_disposeIndex(index);
	bc_arena_fini(&arena);
	return c.faults ? 1 : packs ? 0 : SKIPPED;
}
