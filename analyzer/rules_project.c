/* The tests of one pack as a project of their own: sources, flags, compilation database. */
#include <stdio.h>

#include "base/fs.h"
#include "base/json.h"
#include "rules_testing.h"

/* Include paths and definitions alone: what else pkg-config says is not about reading headers. */
static void add_flags(struct bc_json *json, const struct bc_pack *pack)
{
	char command[160], word[1024];
	FILE *stream;

	if (!*pack->pkg_config)
		return;
	/* the schema has seen to it that the name is none to a shell */
	snprintf(command, sizeof(command), "pkg-config --cflags %s 2>/dev/null", pack->pkg_config);
	stream = popen(command, "r");
	while (stream && fscanf(stream, "%1023s", word) == 1)
		if (!strncmp(word, "-I", 2) || !strncmp(word, "-D", 2))
			bc_json_str(json, word);
	if (stream)
		pclose(stream);
}

static void write_entry(
	struct bc_rules_testing *t, struct bc_json *json, const struct bc_pack *pack, int i)
{
	char file[32];

	snprintf(file, sizeof(file), "test%d.c", i);
	bc_json_object(json);
	bc_json_put_str(json, "directory", t->folder);
	bc_json_put_str(json, "file", file);
	bc_json_key(json, "arguments");
	bc_json_array(json);
	bc_json_str(json, "cc");
	bc_json_str(json, "-std=gnu11");
	bc_json_str(json, "-D_GNU_SOURCE");
	bc_json_str(json, "-DON_LOOP=__attribute__((annotate(\"blockcheck:loop\")))");
	for (int d = 0; d < pack->ndefines; d++)
		bc_json_str(json, bc_arena_printf(&t->arena, "-D%s", pack->defines[d]));
	add_flags(json, pack);
	bc_json_str(json, "-c");
	bc_json_str(json, file);
	bc_json_end(json);
	bc_json_end(json);
}

/* Each has a main(), so that each is a program of its own. */
static int write_source(struct bc_rules_testing *t, const struct bc_pack *pack,
	const struct bc_rule_test *test, int i)
{
	struct bc_buf text = {0};
	int status;

	bc_buf_str(&text, "#include <stddef.h>\n");
	for (int h = 0; h < bc_rules_count_headers(pack); h++)
		bc_buf_printf(&text, "#include <%s>\n", pack->headers[h]);
	bc_buf_str(&text, test->code);
	if (!strstr(test->code, "main("))
		bc_buf_str(&text, "\nint main(void) { return 0; }\n");
	status = bc_file_write(bc_arena_printf(&t->arena, "%s/test%d.c", t->folder, i),
		bc_buf_text(&text), text.len);
	bc_buf_fini(&text);
	return status;
}

int bc_rules_write_project(struct bc_rules_testing *t, const struct bc_pack *pack)
{
	struct bc_buf text = {0};
	struct bc_json json;
	int status = 0;

	bc_json_init(&json, &text, 1);
	bc_json_array(&json);
	for (int i = 0; status == 0 && i < t->models.ntests; i++) {
		if (!bc_rules_is_of(&t->models.tests[i], pack))
			continue;
		write_entry(t, &json, pack, i);
		status = write_source(t, pack, &t->models.tests[i], i);
	}
	bc_json_end(&json);
	if (status == 0)
		status = bc_file_write(
			bc_arena_printf(&t->arena, "%s/compile_commands.json", t->folder),
			bc_buf_text(&text), text.len);
	bc_buf_fini(&text);
	return status;
}
