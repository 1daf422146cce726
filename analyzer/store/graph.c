/* The call graph of the last check. It seldom changes much, and is not written when it did not. */
#include "store/profile.h"

#include <string.h>

#include "base/error.h"
#include "base/vec.h"
#include "store/database.h"
#include "store/rows.h"

static int read_hash(struct bc_store *store, int64_t *hash)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path, "SELECT hash FROM graphs");

	*hash = 0;
	if (status == 0)
		status = bc_row_next(&row);
	if (status == 1)
		*hash = bc_row_int(&row);
	bc_row_fini(&row);
	return status;
}

static int put_hash(struct bc_store *store, int64_t hash)
{
	struct bc_row row;
	int status = bc_row_prepare(
		&row, store->db, store->path, "INSERT OR REPLACE INTO graphs VALUES (1, ?)");

	if (status == 0) {
		bc_row_put_int(&row, hash);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

static int put_functions(struct bc_store *store, const struct bc_graph *graph)
{
	struct bc_row row;
	int status = bc_row_prepare(
		&row, store->db, store->path, "INSERT INTO functions VALUES (?,?,?,?,?)");

	for (uint32_t i = 0; status == 0 && i < graph->nfunctions; i++) {
		bc_row_put_int(&row, i);
		bc_row_put_text(&row, graph->functions[i].name);
		bc_row_put_text(&row, graph->functions[i].file);
		bc_row_put_int(&row, graph->functions[i].line);
		bc_row_put_int(&row, graph->functions[i].indirect);
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

static int put_calls(struct bc_store *store, const struct bc_graph *graph)
{
	struct bc_row row;
	int status =
		bc_row_prepare(&row, store->db, store->path, "INSERT INTO calls VALUES (?,?,?)");

	for (uint32_t i = 0; status == 0 && i < graph->ncalls; i++) {
		bc_row_put_int(&row, graph->calls[i].caller);
		bc_row_put_int(&row, graph->calls[i].callee);
		bc_row_put_text(&row, bc_via_name((enum bc_via)graph->calls[i].via));
		status = bc_row_run(&row);
	}
	bc_row_fini(&row);
	return status;
}

int bc_store_put_graph(struct bc_store *store, const struct bc_graph *graph)
{
	int64_t hash;
	int status = read_hash(store, &hash);

	if (status < 0 || (status == 1 && hash == (int64_t)graph->hash))
		return status < 0 ? status : 0;
	status = bc_store_execute(store->db, store->path,
		"DELETE FROM graphs; DELETE FROM calls; DELETE FROM functions");
	if (status == 0)
		status = put_functions(store, graph);
	if (status == 0)
		status = put_calls(store, graph);
	return status ? status : put_hash(store, (int64_t)graph->hash);
}

/* ---- loading ---- */

/* The rows of a table in the order of their key, read by `read`; 1 for each that is sound. */
typedef int (*row_reader)(struct bc_row *row, void *context);

static int read_rows(struct bc_store *store, const char *sql, row_reader read, void *context)
{
	struct bc_row row;
	int status = bc_row_prepare(&row, store->db, store->path, sql);

	while (status == 0 && (status = bc_row_next(&row)) == 1) {
		if (!read(&row, context))
			bc_row_mark_damaged(&row);
		status = bc_row_done(&row);
	}
	bc_row_fini(&row);
	return status;
}

struct loader {
	struct bc_arena *arena;
	BC_VEC(struct bc_graph_function) functions;
	BC_VEC(struct bc_graph_call) calls;
};

static int read_function(struct bc_row *row, void *context)
{
	struct loader *loader = context;
	struct bc_graph_function function = {0};
	int64_t number = bc_row_int(row);

	function.name = bc_row_text(row, loader->arena);
	function.file = bc_row_text(row, loader->arena);
	function.line = bc_row_count(row, UINT32_MAX);
	function.indirect = bc_row_int(row) != 0;
	bc_vec_push(&loader->functions, function);
	return number == (int64_t)loader->functions.count - 1;
}

static int read_call(struct bc_row *row, void *context)
{
	struct loader *loader = context;
	uint32_t most = (uint32_t)loader->functions.count - 1;
	struct bc_graph_call call = {.via = BC_VIA_DIRECT};
	struct bc_graph_function *caller;

	if (!loader->functions.count)
		return 0;
	call.caller = bc_row_count(row, most);
	call.callee = bc_row_count(row, most);
	caller = &loader->functions.items[call.caller];
	if (!caller->ncalls++)
		caller->call = (uint32_t)loader->calls.count;
	bc_vec_push(&loader->calls, call);
	return 1;
}

int bc_store_load_graph(struct bc_store *store, struct bc_arena *arena, struct bc_graph *graph)
{
	struct loader loader = {.arena = arena};
	int status = read_rows(store,
		"SELECT function, name, file, line, indirect FROM functions ORDER BY function",
		read_function, &loader);

	*graph = (struct bc_graph){0};
	if (status == 0)
		status =
			read_rows(store, "SELECT caller, callee FROM calls ORDER BY caller, callee",
				read_call, &loader);
	if (status == 0 && loader.functions.count) {
		graph->nfunctions = (uint32_t)loader.functions.count;
		graph->functions =
			BC_NEW_ARRAY(arena, struct bc_graph_function, loader.functions.count);
		memcpy(graph->functions, loader.functions.items,
			loader.functions.count * sizeof(*graph->functions));
		graph->ncalls = (uint32_t)loader.calls.count;
		graph->calls = BC_NEW_ARRAY(arena, struct bc_graph_call, loader.calls.count + 1);
		if (loader.calls.count)
			memcpy(graph->calls, loader.calls.items,
				loader.calls.count * sizeof(*graph->calls));
	}
	bc_vec_fini(&loader.functions);
	bc_vec_fini(&loader.calls);
	return status;
}
