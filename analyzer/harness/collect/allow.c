#include "harness/collect/allow.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#include "base/duration.h"
#include "base/error.h"
#include "base/fs.h"
#include "models/schema.h"

static const struct bc_key entry_keys[] = {
	{"callback", BC_TYPE_TEXT, BC_ONE, 0, 0, "the callback that stalled; * stands for any text",
		NULL, NULL},
	{"function", BC_TYPE_TEXT, BC_ONE, 0, 0, "any function on the stack; likewise", NULL, NULL},
	{"culprit", BC_TYPE_TEXT, BC_ONE, 0, 0, "the function it was blocked or computing in", NULL,
		NULL},
	{"up_to", BC_TYPE_TIME, BC_ONE, 0, 0, "longer stalls are not allowed", NULL, NULL},
	{"until", BC_TYPE_TEXT, BC_ONE, 0, 0, "the last day, as 2027-06-30", NULL, NULL},
	{"reason", BC_TYPE_TEXT, BC_ONE, 1, 0, "why this is accepted", NULL, NULL},
	{NULL, BC_TYPE_TEXT, BC_ONE, 0, 0, NULL, NULL, NULL},
};
static const struct bc_shape entry_shape = {"an allowed stall", entry_keys};

struct reader {
	struct bc_arena *arena;
	struct bc_allow *allow;
	const char *today;
};

/* ---- reading ---- */

static const char *text_of(const struct bc_yaml_node *entry, const char *key)
{
	const struct bc_yaml_node *node = bc_yaml_get(entry, key);

	return node ? node->text : NULL;
}

static int is_day(const char *text)
{
	unsigned year, month, day;
	int end = 0;

	return sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &end) == 3 && end == 10 &&
	       !text[end] && month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* What the table of keys does not say. */
static int check_entry(const struct reader *r, const struct bc_yaml_node *entry)
{
	const char *path = r->allow->path, *until = text_of(entry, "until");

	if (!text_of(entry, "callback") && !text_of(entry, "function") &&
		!text_of(entry, "culprit"))
		return bc_yaml_fail(
			path, entry, "an allowed stall needs 'callback', 'function' or 'culprit'");
	if (until && !is_day(until))
		return bc_yaml_fail(path, bc_yaml_get(entry, "until"),
			"'%s' is no day; write it like 2027-06-30", until);
	if (until && strcmp(until, r->today) < 0)
		return bc_yaml_fail(
			path, bc_yaml_get(entry, "until"), "was allowed until %s", until);
	return 0;
}

/* The message without the place, which the remark has for itself. */
static void add_fault(struct reader *r, const struct bc_yaml_node *entry)
{
	struct bc_remark *fault = &r->allow->faults[r->allow->nfaults++];
	const char *message = bc_error_message(), *rest = strstr(message, ": ");

	*fault = (struct bc_remark){.rule = "BC302",
		.at = {r->allow->path, (uint32_t)entry->line, (uint32_t)entry->column},
		.message = bc_arena_printf(
			r->arena, "%s; this entry has no effect", rest ? rest + 2 : message)};
}

static void read_entry(struct reader *r, const struct bc_yaml_node *node)
{
	struct bc_allow_entry *entry = &r->allow->entries[r->allow->nentries];
	const char *up_to;

	if (bc_schema_check_as(r->allow->path, node, &entry_shape) != 0 ||
		check_entry(r, node) != 0) {
		add_fault(r, node);
		return;
	}
	r->allow->nentries++;
	*entry = (struct bc_allow_entry){.callback = text_of(node, "callback"),
		.function = text_of(node, "function"),
		.culprit = text_of(node, "culprit"),
		.reason = text_of(node, "reason"),
		.line = node->line,
		.column = node->column};
	up_to = text_of(node, "up_to");
	if (up_to)
		bc_duration_read(up_to, 0, &entry->up_to_ms);
}

static int read_document(struct reader *r, const struct bc_yaml_node *root)
{
	const struct bc_yaml_node *list = bc_yaml_get(root, "allow");

	if (root->kind != BC_YAML_MAP || !list || list->kind != BC_YAML_LIST || root->nkids != 2)
		return bc_yaml_fail(r->allow->path, root,
			"a file for --allow is 'allow:' with a list of stalls, such as "
			"{callback: NAME, reason: TEXT}");
	r->allow->entries = BC_NEW_ARRAY(r->arena, struct bc_allow_entry, (size_t)list->nkids + 1);
	r->allow->faults = BC_NEW_ARRAY(r->arena, struct bc_remark, (size_t)list->nkids + 1);
	for (const struct bc_yaml_node *node = list->kids; node; node = node->next)
		read_entry(r, node);
	return 0;
}

int bc_allow_load(
	struct bc_arena *arena, const char *path, const char *today, struct bc_allow *allow)
{
	struct reader r = {.arena = arena, .allow = allow, .today = today};
	struct bc_yaml_node *root;
	struct bc_buf bytes = {0};
	int status;

	*allow = (struct bc_allow){.path = bc_arena_strdup(arena, path)};
	status = bc_file_read(&bytes, path, BC_YAML_MAX_BYTES);
	if (status == 0)
		status = bc_yaml_read(arena, path, bc_buf_text(&bytes), bytes.len, &root);
	if (status == 0)
		status = read_document(&r, root);
	bc_buf_fini(&bytes);
	return status;
}

/* ---- applying ---- */

/* A compiler's clones (load.part.0) go by the name of their function. */
static int is_like(const char *pattern, const char *name)
{
	char plain[256];

	if (!pattern || fnmatch(pattern, name, 0) == 0)
		return 1;
	snprintf(plain, sizeof(plain), "%.*s", (int)strcspn(name, "."), name);
	return fnmatch(pattern, plain, 0) == 0;
}

static int is_on_stack(const char *pattern, const struct bc_run_stall *stall, const char *callback)
{
	for (uint32_t i = 0; i < stall->nstack; i++)
		if (is_like(pattern, stall->stack[i].function))
			return 1;
	return is_like(pattern, callback);
}

static int allows(const struct bc_allow_entry *entry, const struct bc_run *run,
	const struct bc_run_stall *stall)
{
	const char *callback = run->callbacks.items[stall->callback].where.function;

	if (entry->up_to_ms > 0 && (double)stall->ns > entry->up_to_ms * 1e6)
		return 0;
	return is_like(entry->callback, callback) && is_like(entry->culprit, stall->culprit) &&
	       (!entry->function || is_on_stack(entry->function, stall, callback));
}

static void add_remark(struct bc_run *run, const struct bc_remark *remark)
{
	struct bc_remark copy = *remark;

	copy.at.file = bc_arena_strdup(&run->arena, remark->at.file);
	copy.message = bc_arena_strdup(&run->arena, remark->message);
	bc_vec_push(&run->remarks, copy);
}

static void apply(struct bc_allow *allow, struct bc_run *run, struct bc_run_stall *stall)
{
	for (int i = 0; i < allow->nentries; i++) {
		if (!allows(&allow->entries[i], run, stall))
			continue;
		/* those that come later are of use as well */
		allow->entries[i].used = 1;
		if (!stall->allowed)
			stall->allowed = bc_arena_strdup(&run->arena, allow->entries[i].reason);
	}
}

void bc_allow_apply(struct bc_allow *allow, struct bc_run *run)
{
	for (size_t i = 0; i < run->stalls.count; i++)
		apply(allow, run, &run->stalls.items[i]);
	for (int i = 0; i < allow->nfaults; i++)
		add_remark(run, &allow->faults[i]);
	for (int i = 0; i < allow->nentries; i++) {
		const struct bc_allow_entry *entry = &allow->entries[i];

		/* where nothing ran, nothing could be of use */
		if (!entry->used && run->callbacks.count)
			add_remark(
				run, &(struct bc_remark){.rule = "BC301",
					     .at = {allow->path, (uint32_t)entry->line,
						     (uint32_t)entry->column},
					     .message = "no stall of this run is like this entry"});
	}
}
