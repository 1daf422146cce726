/* A compilation database of any content is refused or read. The input is the file's text. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "input/compdb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What compdb.h promises of each entry; a reader relies on it. */
static void check_entry(const struct bc_compile *entry)
{
	if (!entry->file || entry->file[0] != '/' || !entry->directory ||
		entry->directory[0] != '/')
		abort();
	for (int i = 0; i < entry->nargs; i++)
		if (!entry->args[i])
			abort();
	for (int i = 0; i < entry->noutputs; i++)
		if (!entry->outputs[i])
			abort();
	if (entry->noutputs ? entry->output != entry->outputs[0] : entry->output != NULL)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_compdb db;
	char *text = malloc(size ? size : 1); /* not terminated: the reader must mind its length */

	if (!text)
		return 0;
	memcpy(text, data, size);
	if (bc_compdb_parse(&arena, text, size, "/nonexistent/compile_commands.json", &db) == 0)
		for (size_t i = 0; i < db.count; i++)
			check_entry(&db.entries[i]);
	else if (db.count)
		abort();
	bc_arena_fini(&arena);
	free(text);
	return 0;
}
