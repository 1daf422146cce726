/* Which finding predicted a stall, and what was seen that the analysis did not know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "findings/join.h"
#include "findings/measured.h"
#include "findings/unseen.h"
#include "unit/profile_build.h"
#include "unit/report_build.h"

struct both {
	struct report_build report;
	struct profile_build profile;
	struct bc_profiles profiles;
};

static void init(struct both *b)
{
	report_init(&b->report);
	profile_init(&b->profile);
	b->profiles = (struct bc_profiles){&b->profile.profile, 1};
}

/* The fingerprint that the first stall gets. */
static const char *join(struct both *b)
{
	bc_join(&b->report.report, &b->profiles);
	return b->profile.stalls[0].finding;
}

#define DNS "39fa2ee980eb94b0"

static void test_names(void **state)
{
	(void)state;
	assert_true(bc_join_same_function("load", "load"));
	assert_true(bc_join_same_function("load.part.0", "load"));
	assert_false(bc_join_same_function("load_all", "load"));
	assert_false(bc_join_same_function("loa", "load"));
	assert_false(bc_join_same_function("load", ""));
	assert_int_equal(bc_join_same_file("/a/src/net.c", "src/net.c"), 2);
	assert_int_equal(bc_join_same_file("/a/b/net.c", "src/net.c"), 1);
	assert_int_equal(bc_join_same_file("net.c", "src/net.c"), 1);
	assert_int_equal(bc_join_same_file("src/net.c", "src/net.c"), 2);
	assert_int_equal(bc_join_same_file("/src/net.c", "/src/net.c"), 2);
	assert_int_equal(bc_join_same_file("/a/subnet.c", "net.c"), 0);
	assert_int_equal(bc_join_same_file("", "net.c"), 0);
}

static void test_call_in_another_checkout(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	assert_string_equal(join(&b), DNS);
	assert_int_equal(b.report.findings[0].observed.runs, 1);
	assert_int_equal(b.report.findings[0].observed.count, 1);
	assert_true(b.report.findings[0].observed.max_ms == 412);
	/* what was observed before is no more */
	assert_int_equal(b.report.findings[1].observed.runs, 0);
	/* neither the computation nor the many small callbacks were predicted */
	assert_string_equal(b.profile.stalls[1].finding, "");
	assert_string_equal(b.profile.stalls[2].finding, "");
}

static void test_line_has_moved(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.profile.stack[0].line = 60;
	assert_string_equal(join(&b), DNS);
}

static void test_other_function_or_file(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.profile.stack[0].function = "resolve_other";
	assert_string_equal(join(&b), "");
	init(&b);
	b.profile.stack[0].file = "/elsewhere/app/src/other.c";
	assert_string_equal(join(&b), "");
	init(&b);
	b.profile.stalls[0].culprit = "connect";
	assert_string_equal(join(&b), "");
}

/* poll() in getaddrinfo(), looked at from outside. */
static void test_blocked_deeper(void **state)
{
	static struct bc_profile_where stack[] = {{"__poll", "", 0, "/lib/libc.so.6"},
		{"getaddrinfo", "", 0, "/lib/libc.so.6"},
		{"resolve_peer", "/elsewhere/app/src/net.c", 6, "/usr/bin/app"}};
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].stack = stack;
	b.profile.stalls[0].culprit = "poll";
	b.profile.stalls[0].cause = BC_CAUSE_SYSCALL;
	assert_string_equal(join(&b), DNS);
	/* a library without names, called at that very line */
	stack[1].function = "libresolv.so.2+0x123";
	stack[1].module = "/lib/libresolv.so.2";
	assert_string_equal(join(&b), DNS);
	stack[2].line = 7;
	assert_string_equal(join(&b), "");
}

/* The program contains a library: its function is on the stack, and what that called is its inside.
 */
static void test_contained(void **state)
{
	static struct bc_profile_where stack[] = {
		{"resolve_peer", "/elsewhere/app/src/net.c", 6, "/usr/bin/app"},
		{"lib_fetch.part.0", "/elsewhere/app/lib/lib.c", 70, "/usr/bin/app"},
		{"fetch_all", "/elsewhere/app/src/conn.c", 9, "/usr/bin/app"}};
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].stack = stack;
	b.profile.stalls[0].culprit = "lib_fetch";
	b.profile.stalls[0].inside = "getaddrinfo";
	assert_string_equal(join(&b), DNS);
	/* or the finding knows the library's function only */
	b.report.findings[0].sink.function = "lib_fetch";
	b.report.findings[0].sink.in = "fetch_all";
	b.report.findings[0].sink.at.file = "src/conn.c";
	b.report.findings[0].sink.at.line = 9;
	assert_string_equal(join(&b), DNS);
	/* where the stack begins at the culprit's caller, that did not call the inside */
	init(&b);
	b.profile.stalls[0].culprit = "lib_fetch";
	b.profile.stalls[0].inside = "getaddrinfo";
	assert_string_equal(join(&b), "");
}

/* The caller ended in that call, or was inlined: a function of the path is next on the stack. */
static void test_caller_is_gone(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].stack = b.profile.stack + 1;
	b.profile.stalls[0].nstack = 2;
	assert_string_equal(join(&b), DNS);
	/* with two such findings it could be either */
	b.report.findings[2] = b.report.findings[0];
	memcpy(b.report.findings[2].fingerprint, "0000000000000002", 17);
	b.report.findings[2].sink.in = "resolve_other";
	assert_string_equal(join(&b), "");
}

static void test_without_stack(void **state)
{
	static struct bc_profile_where other[] = {
		{"resolve_other", "/elsewhere/app/src/net.c", 6, "/usr/bin/app"},
		{"on_read", "/elsewhere/app/src/conn.c", 120, "/usr/bin/app"},
		{"main", "", 0, "/usr/bin/app"}};
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].nstack = 0;
	assert_string_equal(join(&b), DNS);
	b.profile.callbacks[0].where.function = "on_other";
	assert_string_equal(join(&b), "");
	/* a loop's body has the name of its loop when there is no better */
	b.profile.stalls[0].kind = BC_STALL_BODY;
	assert_string_equal(join(&b), DNS);
	b.report.findings[2] = b.report.findings[0];
	b.report.findings[2].sink.in = "resolve_other";
	memcpy(b.report.findings[2].fingerprint, "0000000000000002", 17);
	assert_string_equal(join(&b), "");
	/* another one with a stack tells them apart, but not two at different places */
	b.profile.stalls[1] = b.profile.stalls[0];
	b.profile.stalls[1].nstack = 3;
	assert_string_equal(join(&b), DNS);
	b.profile.stalls[2] = b.profile.stalls[1];
	b.profile.stalls[2].stack = other;
	assert_string_equal(join(&b), "");
}

/* Two calls of one function in one function: the nearest line, or the other if it is that. */
static void test_nearest_line(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.report.findings[2] = b.report.findings[0];
	memcpy(b.report.findings[2].fingerprint, "0000000000000002", 17);
	b.report.findings[2].sink.at.line = 40;
	b.profile.stack[0].line = 9;
	assert_string_equal(join(&b), DNS);
	b.profile.stack[0].line = 38;
	assert_string_equal(join(&b), "0000000000000002");
}

static void test_same_static_name(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.report.findings[2] = b.report.findings[0];
	memcpy(b.report.findings[2].fingerprint, "0000000000000002", 17);
	b.report.findings[2].sink.at.file = "lib/net.c";
	assert_string_equal(join(&b), DNS);
	b.profile.stack[0].file = "/x/lib/net.c";
	assert_string_equal(join(&b), "0000000000000002");
}

static void test_note_speaks_for_others(void **state)
{
	static struct bc_site also[] = {{"fgets", {"src/net.c", 6, 1}}};
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].culprit = "fgets";
	assert_string_equal(join(&b), "");
	b.report.findings[0].also = also;
	b.report.findings[0].nalso = 1;
	assert_string_equal(join(&b), DNS);
}

static void test_overload_is_predicted_by_nothing(void **state)
{
	struct both b;

	(void)state;
	init(&b);
	b.profile.stalls[0].cause = BC_CAUSE_RUNQUEUE;
	assert_string_equal(join(&b), "");
	init(&b);
	b.profile.stalls[0].callback = 99;
	assert_string_equal(join(&b), "");
}

static void test_times(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct bc_bucket one[] = {{1000000, 98}, {3000000, 1}},
			 two[] = {{1000000, 1}, {2000000, 5}};
	struct bc_times sum = {99, 101, 3.1, one, 2}, more = {6, 11, 2.2, two, 2};

	(void)state;
	bc_times_add(&arena, &sum, &more);
	assert_int_equal(sum.count, 105);
	assert_int_equal(sum.nbuckets, 3);
	assert_int_equal(sum.buckets[0].count, 99);
	assert_int_equal(sum.buckets[1].ns, 2000000);
	assert_true(sum.max_ms == 3.1);
	assert_true(bc_times_percentile(&sum, 0.50) == 1);
	assert_true(bc_times_percentile(&sum, 0.97) == 2);
	assert_true(bc_times_percentile(&sum, 1) == 3.1);
	more = (struct bc_times){0};
	assert_true(bc_times_percentile(&more, 0.99) == 0);
	bc_arena_fini(&arena);
}

/* ---- all runs together ---- */

static void test_measured(void **state)
{
	struct bc_arena arena = BC_ARENA_INIT;
	struct profile_build second;
	struct bc_profile runs[2];
	struct bc_measured measured;
	struct both b;

	(void)state;
	init(&b);
	profile_init(&second);
	second.stalls[0].finding[0] = '\0';
	runs[0] = b.profile.profile;
	runs[1] = second.profile;
	b.profiles = (struct bc_profiles){runs, 2};
	/* a finding of the same callback that never showed */
	b.report.findings[2].callback.function = "on_read";
	b.report.findings[2].ncallbacks = 0;
	bc_join(&b.report.report, &b.profiles);
	bc_measured_make(&arena, &b.report.report, &b.profiles, &measured);
	assert_int_equal(measured.runs, 2);
	assert_int_equal(measured.allowed, 2);
	assert_int_equal(measured.nsurprises, 1);
	assert_string_equal(measured.surprises[0].rule, "BC203");
	assert_int_equal(measured.surprises[0].runs, 2);
	assert_int_equal(measured.surprises[0].times.count, 2);
	assert_int_equal(measured.ncallbacks, 2);
	assert_int_equal(measured.nquiet, 1);
	assert_int_equal(measured.quiet[0].finding, 2);
	assert_int_equal(measured.quiet[0].count, 200);
	assert_int_equal(measured.nquiet + measured.nseldom, 4);
	bc_arena_fini(&arena);
}

/* ---- what the analysis did not know ---- */

/* on_read -> dispatch -(pointer)-> known -> deep -> deeper; nobody knows who calls resolve_peer. */
static void make_graph(struct bc_arena *arena, struct bc_graph *graph)
{
	static const char *const names[] = {
		"on_read", "dispatch", "known", "deep", "deeper", "resolve_peer"};
	static const char *const files[] = {
		"src/conn.c", "src/conn.c", "src/net.c", "src/net.c", "src/net.c", "src/net.c"};
	static const uint32_t calls[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 4}};

	*graph = (struct bc_graph){.nfunctions = 6, .ncalls = 4};
	graph->functions = BC_NEW_ARRAY(arena, struct bc_graph_function, 6);
	graph->calls = BC_NEW_ARRAY(arena, struct bc_graph_call, 4);
	for (int i = 0; i < 6; i++)
		graph->functions[i] = (struct bc_graph_function){
			.name = names[i], .file = files[i], .line = 3, .indirect = i == 1};
	for (int i = 0; i < 4; i++)
		graph->calls[i] = (struct bc_graph_call){calls[i][0], calls[i][1], BC_VIA_DIRECT};
	bc_graph_finish(arena, graph);
}

static void test_unseen_calls(void **state)
{
	struct bc_graph graph;
	struct both b;

	(void)state;
	init(&b);
	b.report.report.arena = (struct bc_arena)BC_ARENA_INIT;
	make_graph(&b.report.report.arena, &graph);
	b.report.report.ncallbacks = 0;
	bc_unseen_find(&b.report.report, &graph, &b.profiles);
	/* the callback that it does not know, then the call */
	assert_int_equal(b.report.report.nunseen, 2);
	assert_true(b.report.report.unseen[0].is_callback);
	assert_string_equal(b.report.report.unseen[0].callee, "on_read");
	assert_string_equal(b.report.report.unseen[0].caller, "uv_read_start");
	assert_int_equal(b.report.report.unseen[0].count, 100);
	assert_string_equal(b.report.report.unseen[1].caller, "dispatch");
	assert_int_equal(b.report.report.unseen[1].caller_at.line, 140);
	assert_string_equal(b.report.report.unseen[1].callee, "resolve_peer");
	assert_string_equal(b.report.report.unseen[1].callee_at.file, "src/net.c");
	/* with the callback known, and a tail call that explains the rest */
	b.report.report.ncallbacks = 2;
	b.profile.stack[0].function = "deeper";
	bc_unseen_find(&b.report.report, &graph, &b.profiles);
	assert_int_equal(b.report.report.nunseen, 0);
	/* no pointers, no unknown targets: a stack that was not read well */
	b.profile.stack[0].function = "resolve_peer";
	for (uint32_t i = 0; i < graph.nfunctions; i++)
		graph.functions[i].indirect = 0;
	bc_unseen_find(&b.report.report, &graph, &b.profiles);
	assert_int_equal(b.report.report.nunseen, 0);
	bc_arena_fini(&b.report.report.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_call_in_another_checkout),
		cmocka_unit_test(test_line_has_moved),
		cmocka_unit_test(test_other_function_or_file),
		cmocka_unit_test(test_blocked_deeper),
		cmocka_unit_test(test_contained),
		cmocka_unit_test(test_caller_is_gone),
		cmocka_unit_test(test_without_stack),
		cmocka_unit_test(test_nearest_line),
		cmocka_unit_test(test_same_static_name),
		cmocka_unit_test(test_note_speaks_for_others),
		cmocka_unit_test(test_overload_is_predicted_by_nothing),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_measured),
		cmocka_unit_test(test_unseen_calls),
	};

	return cmocka_run_group_tests_name("join", tests, NULL, NULL);
}
