/* Units that cannot be parsed, their order, interrupts, and checkouts that move. */
#include <sys/stat.h>

#include "facts/facts.h"
#include "input/cache.h"
#include "unit/sanitized.h"
#include "unit/cache_build.h"

static void test_failures_are_units(void **state)
{
	static const char *const names[] = {
		"src/a.c", "crash.c", "hang.c", "gone.c", "refused.c", "src/b.c"};
	struct fixture *f = *state;

	put(f, "crash.c", "crash\n");
	put(f, "hang.c", "hang\n");
	put(f, "refused.c", "");
	set_units(f, names, 6);
	f->options.timeout_s = 1;
	for (int round = 0; round < 2; round++) {
		prepare(f);
		assert_int_equal(f->units.count, 6);
		assert_int_equal(f->units.failed, 4);
		assert_int_equal(f->units.degraded, 4);
		assert_int_equal(f->units.items[1].status, BC_UNIT_FAILED);
		assert_null(f->units.items[1].facts);
		assert_string_equal(f->units.items[1].first_error, "libclang crashed (SIGSEGV)");
		assert_string_equal(f->units.items[2].first_error, "gave up after 1 s");
		assert_string_equal(f->units.items[3].first_error, "file not found");
		assert_string_equal(f->units.items[4].first_error, "no translation unit at all");
		assert_int_equal(f->units.items[0].status, round ? BC_UNIT_CACHED : BC_UNIT_PARSED);
		assert_int_equal(f->units.items[5].status, round ? BC_UNIT_CACHED : BC_UNIT_PARSED);
	}
}

/* Options about a machine that libclang does not know cost nothing but themselves. */
static void test_unknown_machine(void **state)
{
	static const char *const args[] = {"-march=vax", "-target", "vax-dec-vms", "-I", "inc"};
	struct fixture *f = *state;
	struct bc_compile *entry = (struct bc_compile *)&f->db.entries[1];

	entry->args = args;
	entry->nargs = 5;
	assert_string_equal(prepare(f), "abb");
	assert_int_equal(f->units.degraded, 0);
	assert_string_equal(prepare(f), "");
}

static void test_memory(void **state)
{
	static const char *const names[] = {"eat.c", "src/a.c"};
	struct fixture *f = *state;

	if (SANITIZED)
		skip();
	put(f, "eat.c", "eat\n");
	set_units(f, names, 2);
	f->options.memory_limit = (size_t)256 << 20;
	prepare(f);
	assert_string_equal(f->units.items[0].first_error, "needed more than 256 MB");
	assert_int_equal(f->units.items[1].status, BC_UNIT_PARSED);
}

/* A parse that dies midway must not leave the facts of before looking valid. */
static void test_crash_forgets_old_facts(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(prepare(f), "ab");
	put(f, "inc/b.h", "crash\n");
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.failed, 2);
	put(f, "inc/b.h", "");
	assert_string_equal(prepare(f), "ab");
	assert_int_equal(f->units.failed, 0);
}

static void test_disk_trouble(void **state)
{
	struct fixture *f = *state;

	f->project.facts = in(f, "nowhere/facts");
	assert_int_equal(bc_units_prepare(&f->arena, &f->db, &f->project, &f->options, &f->units),
		BC_EOUTPUT);
	assert_non_null(strstr(bc_error_message(), "nowhere/facts/"));
}

/* ---- order ---- */

static void on_progress(void *context, size_t done, size_t total, const char *file)
{
	size_t *calls = context;

	assert_int_equal(done, ++*calls);
	assert_int_equal(total, 4);
	assert_int_equal(strlen(file), 3);
}

static void test_order(void **state)
{
	static const char *const names[] = {"s.c", "m.c", "l.c", "n.c"};
	struct fixture *f = *state;
	size_t calls = 0;

	put(f, "s.c", "1");
	put(f, "m.c", "22");
	put(f, "l.c", "333");
	put(f, "n.c", "22");
	set_units(f, names, 4);
	f->options.context = &calls;
	f->options.progress = on_progress;
	assert_string_equal(prepare(f), "lmns"); /* the biggest first */
	assert_int_equal(calls, 4);
	f->options.jobs = 3;
	f->options.no_cache = 1;
	calls = 0;
	prepare(f);
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(f->units.items[i].compile->file, in(f, names[i]));
}

static int always(void *context)
{
	(void)context;
	return 1;
}

static void test_interrupt(void **state)
{
	struct fixture *f = *state;

	f->options.interrupted = always;
	assert_int_equal(bc_units_prepare(&f->arena, &f->db, &f->project, &f->options, &f->units),
		BC_EINTERRUPTED);
	f->options.interrupted = NULL;
	assert_string_equal(prepare(f), "ab");
}

/* Another checkout of the same project has the same keys, and its cache can be carried over. */
static void test_moved_checkout(void **state)
{
	static const char *const names[] = {"src/a.c", "src/b.c"};
	struct fixture *f = *state;
	char *moved = bc_arena_printf(&f->arena, "%s-moved", f->dir);
	uint64_t key[2];

	assert_string_equal(prepare(f), "ab");
	memcpy(key, f->units.items[0].key, sizeof(key));
	assert_int_equal(rename(f->dir, moved), 0);
	free(f->dir);
	f->dir = strdup(moved);
	set_units(f, names, 2);
	bc_project_locate(&f->arena, f->dir, &f->db, NULL, &f->project);
	assert_string_equal(prepare(f), "");
	assert_memory_equal(f->units.items[0].key, key, sizeof(key));
}

static void test_keys_replace_only_the_root(void **state)
{
	static const char *const a[] = {"-I/r/p/inc", "-DR=/r/p"},
				 *const b[] = {"-I/q/inc", "-DR=/q"},
				 *const c[] = {"-I/r/pinc", "-DR=/r/p"};
	struct bc_compile compile = {.file = "/r/p/x.c", .directory = "/r/p", .nargs = 2};
	uint64_t key[3][2];

	(void)state;
	compile.args = a;
	bc_cache_key("/r/p", &compile, "", key[0]);
	compile.args = c;
	bc_cache_key("/r/p", &compile, "", key[2]);
	compile.args = b;
	compile.file = "/q/x.c";
	compile.directory = "/q";
	bc_cache_key("/q", &compile, "", key[1]);
	assert_memory_equal(key[0], key[1], sizeof(key[0]));
	assert_memory_not_equal(key[0], key[2], sizeof(key[0]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_failures_are_units),
		TEST(test_unknown_machine),
		TEST(test_memory),
		TEST(test_crash_forgets_old_facts),
		TEST(test_disk_trouble),
		TEST(test_order),
		TEST(test_interrupt),
		TEST(test_moved_checkout),
		TEST(test_keys_replace_only_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
