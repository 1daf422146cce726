/* Packs that are good: every key, later ones over earlier ones, folders of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <unistd.h>

#include "models/schema.h"
#include "models/yaml.h"
#include "unit/models_sample.h"

/* ---- a pack with every key ---- */

static const char everything[] =
	"schema: blockcheck-rules/1\n"
	"pack:\n"
	"  name: all\n"
	"  version: 1.2\n"
	"  license: MIT\n"
	"  headers: [a.h, sys/b.h]\n"
	"  docs: https://example.org\n"
	"constants: {KNOWN: 0x10, MINUS: -3}\n"
	"loops:\n"
	"- id: ring\n"
	"  requires: [ring_run]\n"
	"  register:\n"
	"  - function: [on_a, on_b]\n"
	"    params: 4\n"
	"    args: [ring, fd, cb, data]\n"
	"    callbacks: [{arg: 3, thread: loop, fd_arg: 2, fd_param: 1}, {arg: 4, thread: "
	"worker}]\n"
	"    when: {arg: 3, null: false}\n"
	"  - {function: now, callbacks: [{arg: 1, thread: sync}]}\n"
	"  fields:\n"
	"  - {type: [ops, struct other], field: [read, write], thread: child}\n"
	"  - {type: ['*_impl', pre_*, a_*_z], field: '*', thread: loop}\n"
	"  wait:\n"
	"  - {function: wait_many, timeout: {arg: 2, unit: ms, forever: [negative, zero]}, "
	"count_arg: 1}\n"
	"  - {function: wait_on}\n"
	"  annotations: ['my:loop']\n"
	"blocking:\n"
	"- id: all.wait\n"
	"  function: [wait_for, wait_until]\n"
	"  params: 3\n"
	"  args: [what, timeout, flags]\n"
	"  category: network\n"
	"  bound: {timeout: {arg: 2, unit: timeval, forever: null}}\n"
	"  nonblocking_when: {any: [{arg: 3, has_flag: KNOWN}, {not: {arg: 1, eq: MINUS|2}}]}\n"
	"  severity: warning\n"
	"  because: waits for it\n"
	"  alternatives: [{use: on_a, note: pass a callback, loop: ring}, {use: poll}]\n"
	"  provenance: {kind: header, ref: a.h}\n"
	"  tests: [{code: 'int x;', expect: [{rule: all.wait, via: cb}]}, {code: 'int y;', expect: "
	"[]}]\n"
	"- {id: all.plain, function: plain, category: nested-loop, bound: short, provenance: "
	"{kind: "
	"manual, ref: ch. 3}}\n"
	"forks: [fork_it]\n"
	"never_blocks: [{function: [quick, quicker], reason: returns at once}]\n";

static void check_sink(const struct bc_models *models)
{
	const struct bc_sink_rule *rule;
	int n;

	rule = bc_models_sinks(models, "wait_until", &n)[0];
	assert_int_equal(n, 1);
	assert_string_equal(rule->id, "all.wait");
	assert_int_equal(rule->nfunctions, 2);
	assert_int_equal(rule->params, 3);
	assert_int_equal(rule->category, BC_CAT_NETWORK);
	assert_int_equal(rule->bound, BC_BOUND_TIMEOUT);
	assert_int_equal(rule->timeout.arg, 2);
	assert_int_equal(rule->timeout.unit, BC_UNIT_TIMEVAL);
	assert_true(rule->timeout.null_is_forever);
	assert_false(rule->timeout.negative_is_forever || rule->timeout.zero_is_forever);
	assert_int_equal(rule->severity, BC_SEV_WARNING);
	assert_string_equal(rule->because, "waits for it");
	assert_string_equal(rule->provenance, "a.h");
	assert_int_equal(rule->nalternatives, 2);
	assert_string_equal(rule->alternatives[0].note, "pass a callback");
	assert_string_equal(rule->alternatives[0].loop, "ring");
	assert_string_equal(rule->alternatives[1].use, "poll");
	assert_string_equal(rule->alternatives[1].note, "");
	assert_string_equal(rule->alternatives[1].loop, "");
	assert_string_equal(rule->origin.pack, "all");
	assert_int_equal(rule->origin.line, 27);
}

static void check_conditions(const struct bc_models *models)
{
	int n;
	const struct bc_pred *pred = bc_models_sinks(models, "wait_for", &n)[0]->nonblocking_when;

	assert_int_equal(pred->kind, BC_P_ANY);
	assert_int_equal(pred->nkids, 2);
	assert_string_equal(pred->kids[0].text, "flags has KNOWN");
	assert_string_equal(pred->kids[0].assumed, "flags lacks KNOWN");
	assert_int_equal(pred->kids[1].kind, BC_P_NOT);
	/* below "not" the report assumes that the atom holds */
	assert_string_equal(pred->kids[1].kids[0].text, "what is MINUS|2");
	assert_string_equal(pred->kids[1].kids[0].assumed, "what is MINUS|2");
	assert_int_equal(models->nconstants, 2);
	assert_int_equal(models->nheaders, 2);
	assert_string_equal(models->headers[1], "sys/b.h");
}

static void check_loops(const struct bc_models *models)
{
	const struct bc_register_rule *rule;
	const struct bc_wait_rule *wait = bc_models_wait(models, "wait_many");
	int n;

	rule = bc_models_registers(models, "on_b", &n)[0];
	assert_int_equal(n, 1);
	assert_string_equal(rule->loop, "ring");
	assert_int_equal(rule->nroles, 2);
	assert_int_equal(rule->roles[0].fd_arg, 2);
	assert_int_equal(rule->roles[0].fd_param, 1);
	assert_int_equal(rule->roles[1].context, BC_CTX_WORKER);
	assert_string_equal(rule->when->text, "cb is not null");
	assert_string_equal(rule->when->assumed, "cb is not null");
	rule = bc_models_registers(models, "now", &n)[0];
	assert_int_equal(rule->roles[0].context, BC_CTX_SYNC);
	assert_int_equal(rule->params, -1);
	assert_int_equal(wait->count_arg, 1);
	assert_true(wait->timeout.negative_is_forever && wait->timeout.zero_is_forever);
	assert_int_equal(bc_models_wait(models, "wait_on")->timeout.arg, 0);
	assert_null(bc_models_wait(models, "on_a"));
	assert_string_equal(models->loop_annotations[0], "my:loop");
	assert_string_equal(models->loops[0], "ring");
}

static void check_fields(const struct bc_models *models)
{
	const struct bc_field_rule *rule = bc_models_field(models, "struct ops", "write");

	assert_non_null(rule);
	assert_int_equal(rule->context, BC_CTX_CHILD);
	assert_int_equal(rule->nrequires, 1);
	assert_string_equal(rule->requires[0], "ring_run");
	assert_ptr_equal(bc_models_field(models, "ops", "write"), rule);
	assert_non_null(bc_models_field(models, "other", "read"));
	assert_null(bc_models_field(models, "ops", "seek"));
	assert_null(bc_models_field(models, "union opsx", "read"));
	assert_non_null(bc_models_field(models, "struct x_impl", "anything"));
	assert_non_null(bc_models_field(models, "pre_", "f"));
	assert_non_null(bc_models_field(models, "a__z", "f"));
	assert_null(bc_models_field(models, "a_z", "f")); /* no character serves twice */
	assert_null(bc_models_field(models, "a_b_zz", "f"));
	assert_null(bc_models_field(models, "impl", "anything"));
}

static void test_every_key(void **state)
{
	struct sample s;

	(void)state;
	sample_load_good(&s, everything, NULL, NULL);
	check_sink(&s.models);
	check_conditions(&s.models);
	check_loops(&s.models);
	check_fields(&s.models);
	assert_true(bc_models_is_fork(&s.models, "fork_it"));
	assert_false(bc_models_is_fork(&s.models, "fork"));
	assert_true(bc_models_never_blocks(&s.models, "quicker"));
	assert_true(bc_models_knows(&s.models, "plain"));
	assert_false(bc_models_knows(&s.models, "nobody"));
	assert_int_equal(s.models.ntests, 2);
	assert_string_equal(s.models.tests[0].rule, "all.wait");
	assert_string_equal(s.models.tests[0].expect[0].via, "cb");
	assert_int_equal(s.models.tests[1].nexpect, 0);
	sample_drop(&s);
}

/* ---- folders ---- */

static int load_path(const char *path, struct bc_models *models, struct bc_arena *arena)
{
	return bc_models_load(arena, &path, 1, models);
}

static void test_folders(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;
	char *dir = tempdir_make(), *sub = NULL;
	struct bc_models models;

	(void)state;
	assert_int_equal(load_path(dir, &models, &arena), BC_EINPUT);
	assert_non_null(strstr(bc_error_message(), "no rule packs (*.yaml) in this folder"));
	assert_int_equal(load_path("/nowhere/at/all", &models, &arena), BC_EINPUT);
	assert_string_equal(bc_error_message(), "/nowhere/at/all: No such file or directory");
	assert_int_equal(load_path("/dev/zero", &models, &arena), BC_EINPUT);
	/* only *.yaml counts, in sorted order, below subfolders too; links back are not followed */
	free(tempdir_file(dir, "notes.txt", "not yaml: ["));
	free(tempdir_file(dir, ".hidden.yaml", "["));
	free(tempdir_file(dir, ".yaml", "["));
	assert_true(asprintf(&sub, "%s/sub", dir) > 0);
	assert_int_equal(mkdir(sub, 0700), 0);
	free(tempdir_file(sub, "b.yaml", PACK_HEAD "forks: [b]\n"));
	free(tempdir_file(dir, "z.yaml", PACK_HEAD "forks: [z]\n"));
	free(tempdir_file(dir, "a.yaml", PACK_HEAD "forks: [a]\n"));
	free(sub);
	assert_true(asprintf(&sub, "%s/sub/back", dir) > 0);
	assert_int_equal(symlink(dir, sub), 0);
	assert_int_equal(load_path(dir, &models, &arena), 0);
	assert_int_equal(models.nforks, 3);
	assert_string_equal(models.forks[0], "a");
	assert_string_equal(models.forks[1], "b");
	assert_string_equal(models.forks[2], "z");
	free(sub);
	tempdir_remove(dir);
	bc_arena_fini(&arena);
}

static void test_hash_follows_the_content(void **state)
{
	struct sample a, b, c, d;

	(void)state;
	sample_load_good(&a, PACK_HEAD, PACK_HEAD "forks: [x]\n", NULL);
	sample_load_good(&b, PACK_HEAD, PACK_HEAD "forks: [x]\n", NULL);
	sample_load_good(&c, PACK_HEAD, PACK_HEAD "forks: [y]\n", NULL);
	sample_load_good(&d, PACK_HEAD "forks: [x]\n", PACK_HEAD, NULL);
	assert_memory_equal(a.models.hash, b.models.hash, sizeof(a.models.hash));
	assert_memory_not_equal(a.models.hash, c.models.hash, sizeof(a.models.hash));
	assert_memory_not_equal(a.models.hash, d.models.hash, sizeof(a.models.hash));
	sample_drop(&a);
	sample_drop(&b);
	sample_drop(&c);
	sample_drop(&d);
}

/* ---- later packs ---- */

static void test_override_by_id(void **state)
{
	struct sample s;
	int n;

	(void)state;
	sample_load_good(&s, PACK_HEAD "blocking:\n" SINK("a", "[f, g]", "") SINK("b", "f", ""),
		PACK_HEAD "blocking:\n" SINK("a", "f", ", because: mine"), NULL);
	assert_int_equal(s.models.nsinks, 2);
	assert_string_equal(bc_models_sinks(&s.models, "f", &n)[0]->id, "b");
	assert_string_equal(bc_models_sinks(&s.models, "f", &n)[1]->because, "mine");
	assert_int_equal(n, 2);
	assert_null(bc_models_sinks(&s.models, "g", &n));
	assert_int_equal(n, 0);
	sample_drop(&s);
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", "") SINK("a", "g", ""), NULL,
		"a.yaml:5:3: the id 'a' is taken by the rule in line 4");
}

static const char one_loop[] = PACK_HEAD
	"loops:\n- id: l\n  register: [{function: reg, callbacks: [{arg: 1, thread: loop}]}]\n"
	"  fields: [{type: r, field: f, thread: loop}]\n  wait: [{function: w}]\n"
	"blocking:\n" SINK("sink.one", "f", "");

static void test_disable(void **state)
{
	struct sample s;
	int n;

	(void)state;
	sample_load_good(&s, one_loop, PACK_HEAD "disable: [sink.one, l]\n", NULL);
	assert_int_equal(s.models.nsinks, 0);
	bc_models_registers(&s.models, "reg", &n);
	assert_int_equal(n, 0);
	assert_null(bc_models_field(&s.models, "r", "f"));
	assert_null(bc_models_wait(&s.models, "w"));
	assert_false(bc_models_knows(&s.models, "f"));
	sample_drop(&s);
	/* what was dropped may come again, and be dropped again */
	sample_load_good(&s, one_loop,
		PACK_HEAD "disable: [sink.one]\nblocking:\n" SINK("sink.one", "g", ""), NULL);
	assert_true(bc_models_knows(&s.models, "g"));
	assert_false(bc_models_knows(&s.models, "f"));
	sample_drop(&s);
	assert_refused(one_loop, PACK_HEAD "disable: [sink.on]\n",
		"b.yaml:3:11: no rule or loop of an earlier pack has the id 'sink.on'; did you "
		"mean 'sink.one'?");
}

static void test_never_blocks(void **state)
{
	static const char never[] = PACK_HEAD "never_blocks: [{function: f, reason: r}]\n";
	static const char sink[] = PACK_HEAD "blocking:\n" SINK("a", "[f, g]", "");
	struct sample s;
	int n;

	(void)state;
	sample_load_good(&s, sink, never, NULL);
	assert_true(bc_models_never_blocks(&s.models, "f"));
	assert_null(bc_models_sinks(&s.models, "f", &n));
	assert_non_null(bc_models_sinks(&s.models, "g", &n));
	sample_drop(&s);
	sample_load_good(&s, never, sink, NULL);
	assert_false(bc_models_never_blocks(&s.models, "f"));
	assert_non_null(bc_models_sinks(&s.models, "f", &n));
	sample_drop(&s);
	/* the last word counts, whatever came before */
	sample_load_good(&s, sink, never, PACK_HEAD "blocking:\n" SINK("b", "f", ""));
	assert_false(bc_models_never_blocks(&s.models, "f"));
	assert_string_equal(bc_models_sinks(&s.models, "f", &n)[0]->id, "b");
	assert_int_equal(n, 1);
	sample_drop(&s);
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", "") "never_blocks: [{function: f, "
								  "reason: r}]\n",
		NULL, "a.yaml:4: 'f' stands both in this rule and in never_blocks");
}

/* The rule itself goes before its category, and a later pack before an earlier one. */
static void test_worst_cases(void **state)
{
	static const char cases[] = PACK_HEAD
		"worst_cases:\n"
		"- {category: dns, bound: unbounded, time: 30s, why: servers" PROVENANCE "}\n";
	static const char rules[] = PACK_HEAD
		"worst_cases:\n"
		"- {category: dns, bound: unbounded, why: later" PROVENANCE "}\n"
		"blocking:\n" SINK("a.own", "own", ", worst: {time: 500ms, why: a moment}")
			SINK("a.plain", "plain", "");
	struct sample s;
	struct bc_worst worst;

	(void)state;
	sample_load_good(&s, cases, rules, NULL);
	worst = bc_models_worst(&s.models, &s.models.sinks[0], BC_CAT_DNS, BC_BOUND_UNBOUNDED);
	assert_string_equal(worst.why, "a moment");
	assert_true(worst.ms == 500);
	worst = bc_models_worst(&s.models, &s.models.sinks[1], BC_CAT_DNS, BC_BOUND_UNBOUNDED);
	assert_string_equal(worst.why, "later");
	assert_true(worst.ms < 0);
	worst = bc_models_worst(&s.models, &s.models.sinks[1], BC_CAT_DNS, BC_BOUND_SHORT);
	assert_null(worst.why);
	sample_drop(&s);
	assert_refused(PACK_HEAD
		"worst_cases:\n- {category: dns, bound: unbounded, time: 1h, why: x" PROVENANCE
		"}\n",
		NULL,
		"a.yaml:4:43: 'time' in a category's worst case must be a time of at most a day "
		"(500us, 10ms, 1s), not '1h'");
	assert_refused(PACK_HEAD "blocking:\n" SINK("a", "f", ", worst: {time: 1s}"), NULL,
		"a.yaml:4:100: a worst case needs the key 'why': what takes so long, in one "
		"clause");
}

static void test_loops_add_up(void **state)
{
	struct sample s;
	int n;

	(void)state;
	sample_load_good(&s, one_loop,
		PACK_HEAD "loops:\n- {id: l, register: [{function: reg, callbacks: [{arg: 2, "
			  "thread: worker}]}], fields: [{type: r, field: f, thread: worker}]}\n",
		NULL);
	assert_int_equal(s.models.nloops, 1);
	assert_int_equal(bc_models_registers(&s.models, "reg", &n)[1]->roles[0].arg, 2);
	assert_int_equal(n, 2);
	/* one field has one meaning: the later */
	assert_int_equal(bc_models_field(&s.models, "r", "f")->context, BC_CTX_WORKER);
	sample_drop(&s);
}

/* ---- names ---- */

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(bc_category_name(BC_CAT_NESTED_LOOP), "nested-loop");
	assert_string_equal(bc_category_name((enum bc_category)0), "?");
	assert_string_equal(bc_bound_name(BC_BOUND_TIMEOUT), "timeout");
	assert_string_equal(bc_bound_name(BC_BOUND_DATA), "data-sized");
	assert_string_equal(bc_context_name(BC_CTX_SYNC), "SYNC");
	assert_string_equal(bc_context_name(BC_CTX_COUNT), "?");
	assert_string_equal(bc_severity_name(BC_SEV_NOTE), "note");
	for (int c = BC_CAT_SLEEP; c < BC_CAT_COUNT; c++)
		assert_int_equal(
			bc_word_value(bc_words_category, bc_category_name((enum bc_category)c)), c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_folders),
		cmocka_unit_test(test_hash_follows_the_content),
		cmocka_unit_test(test_override_by_id),
		cmocka_unit_test(test_disable),
		cmocka_unit_test(test_never_blocks),
		cmocka_unit_test(test_worst_cases),
		cmocka_unit_test(test_loops_add_up),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
