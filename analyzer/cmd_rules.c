/* `blockcheck rules`: which packs are read, and whether they are in order. */
#include "rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "base/vec.h"
#include "packs.h"

static const struct {
	const char *name;
	int (*run)(const struct bc_options *options, const char *const *arguments);
} subcommands[] = {
	{"list", bc_rules_list},
	{"show", bc_rules_show},
	{"validate", bc_rules_validate},
	{"test", bc_rules_test},
	{"coverage", bc_rules_coverage},
	{"new", bc_rules_new},
};

enum { NSUBCOMMANDS = sizeof(subcommands) / sizeof(subcommands[0]) };

/* ---- which packs ---- */

/* `path` is one of `folders`, or lies in one. */
static int lies_in(const char *path, const char *const *folders, size_t n)
{
	char *real = realpath(path, NULL);
	int found = 0;

	for (size_t i = 0; real && i < n && !found; i++) {
		char *folder = realpath(folders[i], NULL);
		size_t len = folder ? strlen(folder) : 0;

		found = folder && !strncmp(real, folder, len) && (!real[len] || real[len] == '/');
		free(folder);
	}
	free(real);
	return found;
}

int bc_rules_paths(const struct bc_options *options, const char *const *more,
	struct bc_arena *arena, const char *const **paths, int *npaths)
{
	BC_VEC(const char *) list = {0};
	const char *shipped = bc_packs_shipped(arena);
	const char **copy;

	if (!shipped)
		return bc_fail(BC_EINPUT, "the shipped rule packs are missing; install blockcheck "
					  "again or set BLOCKCHECK_RULES to their folder");
	bc_vec_push(&list, shipped);
	for (const char *const *r = options->check.rules; *r; r++)
		bc_vec_push(&list, *r);
	for (; more && *more; more++)
		if (!lies_in(*more, list.items, list.count))
			bc_vec_push(&list, *more);
	copy = BC_NEW_ARRAY(arena, const char *, list.count + 1);
	*npaths = (int)list.count;
	for (size_t i = 0; i < list.count; i++)
		copy[i] = list.items[i];
	*paths = copy;
	bc_vec_fini(&list);
	return 0;
}

int bc_rules_load(const struct bc_options *options, const char *const *more, struct bc_arena *arena,
	struct bc_models *models)
{
	const struct bc_pack_source *sources;
	const char *const *paths;
	int n, status;

	if (!more) {
		status = bc_packs_list(&options->check, arena, &sources, &n);
		return status ? status : bc_models_load_sources(arena, sources, n, models);
	}
	status = bc_rules_paths(options, more, arena, &paths, &n);
	return status ? status : bc_models_load(arena, paths, n, models);
}

/* ---- validate ---- */

struct validation {
	const struct bc_options *options;
	struct bc_arena arena;
	struct bc_buf out;
	int faults;
};

static void tell(void *context, const char *message)
{
	struct validation *v = context;

	bc_buf_printf(&v->out, "%s\n", message);
}

/* What the schema cannot say: conditions, ids, argument numbers. */
static int check_meaning(struct validation *v, const char *file, const struct bc_yaml_node *root)
{
	const char *more[] = {file, NULL};
	struct bc_models models;

	if (!bc_yaml_get(root, "disable"))
		return bc_models_load(&v->arena, more, 1, &models);
	return bc_rules_load(v->options, more, &v->arena, &models);
}

static void validate_file(struct validation *v, const char *file)
{
	struct bc_buf bytes = {0};
	struct bc_yaml_node *root;
	int faults = 0, status = bc_file_read(&bytes, file, BC_YAML_MAX_BYTES);

	if (status == 0)
		status = bc_yaml_read(&v->arena, file, bc_buf_text(&bytes), bytes.len, &root);
	if (status == 0)
		faults = bc_schema_check_all(file, root, tell, v);
	if (status == 0 && faults == 0)
		status = check_meaning(v, file, root);
	if (status != 0)
		tell(v, bc_error_message());
	v->faults += faults + (status != 0);
	bc_buf_fini(&bytes);
}

/* Packs that are in order one by one may still contradict each other. */
static void validate_together(
	struct validation *v, const char *const *arguments, struct bc_models *models)
{
	if (bc_rules_load(v->options, arguments, &v->arena, models) == 0)
		return;
	tell(v, bc_error_message());
	v->faults++;
}

int bc_rules_validate(const struct bc_options *options, const char *const *arguments)
{
	struct validation v = {.options = options};
	struct bc_models models = {0};
	const char *const *paths = arguments, *const * files;
	int npaths = 0, nfiles = 0, status = 0;

	while (paths[npaths])
		npaths++;
	if (npaths == 0)
		status = bc_rules_paths(options, NULL, &v.arena, &paths, &npaths);
	if (status == 0)
		status = bc_models_files(&v.arena, paths, npaths, &files, &nfiles);
	for (int i = 0; status == 0 && i < nfiles; i++)
		validate_file(&v, files[i]);
	if (status == 0 && !v.faults)
		validate_together(&v, arguments, &models);
	bc_buf_printf(&v.out, "%d pack%s read, %d fault%s\n", nfiles, nfiles == 1 ? "" : "s",
		v.faults, v.faults == 1 ? "" : "s");
	if (status == 0)
		status = bc_cmd_write(options->output, &v.out);
	bc_buf_fini(&v.out);
	bc_arena_fini(&v.arena);
	if (status < 0)
		return bc_cmd_fail(status);
	return v.faults ? BC_EXIT_ERROR : BC_EXIT_CLEAN;
}

/* ---- the command ---- */

int bc_cmd_rules(const struct bc_options *options)
{
	const char *names[NSUBCOMMANDS + 1] = {NULL};
	const char *name = options->operands.items[0];

	if (!name)
		return bc_cmd_fail(bc_fail(BC_EUSAGE,
			"rules: what? list, show, validate, test, coverage or new; "
			"'blockcheck rules --help' explains them"));
	for (int i = 0; i < NSUBCOMMANDS; i++) {
		names[i] = subcommands[i].name;
		if (!strcmp(subcommands[i].name, name))
			return subcommands[i].run(
				options, (const char *const *)options->operands.items + 1);
	}
	return bc_cmd_fail(bc_options_fail_unknown("subcommand of rules", name, names));
}
