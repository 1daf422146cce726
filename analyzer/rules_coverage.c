/* `rules coverage`: which functions of a project's libraries no rule knows. */
#include "base/error.h"
#include "base/json.h"
#include "link/coverage.h"
#include "rules.h"

enum { SHOWN = 40, WIDEST = 32 };

struct measuring {
	struct bc_coverage coverage;
	struct bc_models models;
};

static void add_program(void *context, const struct bc_linked *linked)
{
	struct measuring *m = context;

	bc_coverage_add(&m->coverage, linked);
}

static void write_text(const struct bc_coverage *c, int verbose, struct bc_buf *out)
{
	size_t shown = verbose || c->list.count < SHOWN ? c->list.count : SHOWN;

	for (size_t i = 0; i < shown; i++) {
		const struct bc_uncovered *u = &c->list.items[i];

		bc_buf_printf(out, "%6u  %-*s  %s:%u in %s()  [%s]\n", u->nsites, WIDEST,
			u->function, u->example->file, u->example->line, u->example->in,
			u->declared);
	}
	if (shown < c->list.count)
		bc_buf_printf(
			out, "... and %zu more; --verbose shows them\n", c->list.count - shown);
	bc_buf_printf(out,
		"of the functions without a body that code on a loop calls, %zu are known to no "
		"rule, "
		"%u to one\n",
		c->list.count, c->known);
}

static void write_one(struct bc_json *json, const struct bc_uncovered *u)
{
	bc_json_object(json);
	bc_json_put_str(json, "function", u->function);
	bc_json_put_str(json, "declared", u->declared);
	bc_json_put_int(json, "sites", u->nsites);
	bc_json_put_str(json, "file", u->example->file);
	bc_json_put_int(json, "line", u->example->line);
	bc_json_put_str(json, "in", u->example->in);
	bc_json_end(json);
}

static void write_json(const struct bc_coverage *c, struct bc_buf *out)
{
	struct bc_json json;

	bc_json_init(&json, out, 1);
	bc_json_object(&json);
	bc_json_put_str(&json, "schema", "blockcheck-coverage/1");
	bc_json_put_int(&json, "known", c->known);
	bc_json_key(&json, "unknown");
	bc_json_array(&json);
	for (size_t i = 0; i < c->list.count; i++)
		write_one(&json, &c->list.items[i]);
	bc_json_end(&json);
	bc_json_end(&json);
	bc_buf_char(out, '\n');
}

int bc_rules_coverage(const struct bc_options *options, const char *const *arguments)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct measuring m = {.coverage = {.known = 0}};
	struct bc_buf out = {0};
	int status = 0;

	if (*arguments)
		status = bc_fail(BC_EUSAGE,
			"rules coverage: unexpected argument '%s'; the project is named by -p",
			*arguments);
	if (status == 0)
		status = bc_rules_load(options, NULL, &arena, &m.models);
	if (status == 0)
		status = bc_pipeline_link(&options->check, add_program, &m);
	if (status == 0) {
		bc_coverage_finish(&m.coverage);
		if (options->json)
			write_json(&m.coverage, &out);
		else
			write_text(&m.coverage, options->verbose, &out);
		status = bc_cmd_write(options->output, &out);
	}
	bc_buf_fini(&out);
	bc_coverage_fini(&m.coverage);
	bc_arena_fini(&arena);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
