/* Which units make up which program. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "facts/writer.h"
#include "link/program/split.h"

enum { MAX_UNITS = 8 };

struct world {
	struct bc_fw *writers[MAX_UNITS];
	struct bc_facts facts[MAX_UNITS];
	struct bc_split_unit units[MAX_UNITS];
	const char *outputs[MAX_UNITS];
	uint32_t n;
	struct bc_split split;
};

static void add_symbols(struct bc_fw *fw, const char *names, uint32_t flags)
{
	char text[256], *rest = NULL;

	snprintf(text, sizeof(text), "%s", names);
	for (char *name = strtok_r(text, " ", &rest); name; name = strtok_r(NULL, " ", &rest)) {
		struct bc_fact_symbol symbol = {.key = bc_fw_str(fw, name),
			.name = bc_fw_str(fw, name),
			.flags = flags | BC_SYM_FUNCTION,
			.type = BC_NONE,
			.file = bc_fw_file(fw, "x.c"),
			.line = 1,
			.column = 1};

		bc_fw_symbol(fw, &symbol);
	}
}

/* A unit by what it defines and what it needs; `output` may be NULL. */
static void add_unit(struct world *w, const char *path, const char *defines, const char *needs,
	const char *output)
{
	struct bc_fw *fw = bc_fw_new(path);
	const void *image;
	uint64_t hash[2];
	size_t size;

	add_symbols(fw, defines, BC_SYM_DEFINED);
	add_symbols(fw, needs, 0);
	image = bc_fw_finish(fw, &size, hash);
	assert_int_equal(bc_facts_load(&w->facts[w->n], image, size), 0);
	w->writers[w->n] = fw;
	w->outputs[w->n] = output;
	w->units[w->n] = (struct bc_split_unit){&w->facts[w->n], &w->outputs[w->n], output != NULL};
	w->n++;
}

/* The link units as text: "0 2|1 2". */
static const char *split(struct world *w)
{
	static char text[256];
	size_t at = 0;

	bc_split_units(&w->split, w->units, w->n);
	text[0] = '\0';
	for (size_t i = 0; i < w->split.list.count; i++)
		for (uint32_t k = 0; k < w->split.list.items[i].nunits; k++)
			at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%u",
				k   ? " "
				: i ? "|"
				    : "",
				w->split.list.items[i].units[k]);
	return text;
}

static void drop(struct world *w)
{
	bc_split_fini(&w->split);
	for (uint32_t i = 0; i < w->n; i++) {
		bc_facts_close(&w->facts[i]);
		bc_fw_free(w->writers[i]);
	}
}

static void test_one_program_takes_all(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "a.c", "main", "f", NULL);
	add_unit(&w, "b.c", "f", "", NULL);
	add_unit(&w, "plugin.c", "hook", "", NULL);
	assert_string_equal(split(&w), "0 1 2");
	drop(&w);
}

static void test_no_unit_no_program(void **state)
{
	struct world w = {0};

	(void)state;
	assert_string_equal(split(&w), "");
	drop(&w);
}

static void test_two_programs_share_a_library(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "server.c", "main usage", "util", NULL);
	add_unit(&w, "client.c", "main usage", "util", NULL);
	add_unit(&w, "util.c", "util", "usage", NULL);
	assert_string_equal(split(&w), "0 2|1 2");
	drop(&w);
}

static void test_the_nearest_folder_wins(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "src/a/main.c", "main", "log", NULL);
	add_unit(&w, "src/b/main.c", "main", "log", NULL);
	add_unit(&w, "src/b/log.c", "log", "", NULL);
	add_unit(&w, "src/a/log.c", "log", "", NULL);
	assert_string_equal(split(&w), "0 3|1 2");
	drop(&w);
}

static void test_the_build_target_beats_the_folder(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "src/main.c", "main", "log", "CMakeFiles/one.dir/src/main.o");
	add_unit(&w, "src/other.c", "main", "log", "CMakeFiles/two.dir/src/other.o");
	add_unit(&w, "src/log.c", "log", "", "CMakeFiles/two.dir/src/log.o");
	add_unit(&w, "far/log.c", "log", "", "CMakeFiles/one.dir/far/log.o");
	assert_string_equal(split(&w), "0 3|1 2");
	drop(&w);
}

/* debug.c needs what only the server's main unit has: it is no part of the client. */
/* Automake names the program in the object's name, with its folder unless the object lies there. */
static void test_a_program_named_by_automake(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "src/main.c", "main", "net util", "src/server-main.o");
	add_unit(&w, "vpn/main.c", "main", "net util", "vpn/agent-main.o");
	add_unit(&w, "src/probe.c", "main", "net", "src/probe.o");
	add_unit(&w, "src/net.c", "net", "", "src/vpn_agent-net.o");
	add_unit(&w, "src/net.c", "net", "", "src/server-net.o");
	add_unit(&w, "src/net.c", "net", "", "src/net.o");
	add_unit(&w, "lib/util.c", "util", "", "lib/src_server-util.o");
	add_unit(&w, "lib/util.c", "util", "", "lib/vpn_agent-util.o");
	assert_string_equal(split(&w), "0 4 6|1 3 7|2 5");
	drop(&w);
}

static void test_what_needs_a_main_unit_belongs_to_it(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "server.c", "main state", "assert_failed", NULL);
	add_unit(&w, "client.c", "main", "assert_failed", NULL);
	add_unit(&w, "debug.c", "assert_failed", "state", NULL);
	add_unit(&w, "simple.c", "assert_failed", "", NULL);
	assert_string_equal(split(&w), "0 2|1 3");
	drop(&w);
}

static void test_what_no_main_needs_is_linked_by_itself(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "a.c", "main", "", NULL);
	add_unit(&w, "b.c", "main", "", NULL);
	add_unit(&w, "plugin.c", "hook", "helper", NULL);
	add_unit(&w, "helper.c", "helper", "", NULL);
	assert_string_equal(split(&w), "0|1|2 3");
	drop(&w);
}

/* Nobody's main() needs a plugin, but the plugin needs its host. */
static void test_a_plugin_joins_its_host(void **state)
{
	struct world w = {0};

	(void)state;
	add_unit(&w, "server.c", "main", "load register_hook", NULL);
	add_unit(&w, "client.c", "main", "load", NULL);
	add_unit(&w, "load.c", "load", "", NULL);
	add_unit(&w, "host.c", "register_hook log_line", "", NULL);
	add_unit(&w, "plugin.c", "hook", "register_hook log_line load", NULL);
	assert_string_equal(split(&w), "0 2 3 4|1 2");
	drop(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_program_takes_all),
		cmocka_unit_test(test_no_unit_no_program),
		cmocka_unit_test(test_two_programs_share_a_library),
		cmocka_unit_test(test_the_nearest_folder_wins),
		cmocka_unit_test(test_the_build_target_beats_the_folder),
		cmocka_unit_test(test_a_program_named_by_automake),
		cmocka_unit_test(test_what_needs_a_main_unit_belongs_to_it),
		cmocka_unit_test(test_what_no_main_needs_is_linked_by_itself),
		cmocka_unit_test(test_a_plugin_joins_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
