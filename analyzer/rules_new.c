/* `rules new`: the beginning of a pack, with the questions that its author has to answer. */
#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "rules.h"
#include "rules_header.h"

/* ---- templates ---- */

static const char examples[] =
	"# One rule for functions that block in the same way. What the keys mean: 'blockcheck "
	"schema "
	"rules'.\n"
	"# blocking:\n"
	"# - id: NAME.fetch            # a later pack overrides by it\n"
	"#   function: [NAME_fetch, NAME_fetch_all]\n"
	"#   params: 3                 # others of the same name do not match\n"
	"#   args: [handle, buffer, flags]\n"
	"#   category: network         # sleep dns network disk process lock ipc nested-loop cpu "
	"device\n"
	"#   bound: unbounded          # data-sized, short, or {timeout: {arg: 3, unit: ms}}\n"
	"#   nonblocking_when: {arg: 3, has_flag: NAME_NOWAIT}\n"
	"#   because: waits for the server\n"
	"#   provenance: {kind: manual, ref: \"chapter, page or header that says so\"}\n"
	"#   alternatives: [{use: NAME_fetch_async, note: pass a callback}]\n"
	"#   tests:                    # run by 'blockcheck rules test'\n"
	"#   - code: |\n"
	"#       ON_LOOP void cb(struct NAME *h) { NAME_fetch(h, 0, 0); }\n"
	"#     expect: [{rule: NAME.fetch, via: cb}]\n"
	"#   - code: |                 # and once where it must stay silent\n"
	"#       ON_LOOP void cb(struct NAME *h) { NAME_fetch(h, 0, NAME_NOWAIT); }\n";

static const char loop_examples[] =
	"# Who takes callbacks, and on which thread they run.\n"
	"# loops:\n"
	"# - id: NAME\n"
	"#   register:\n"
	"#   - {function: NAME_watch, params: 3, callbacks: [{arg: 2, thread: loop}]}\n"
	"#   - {function: NAME_work, params: 2, callbacks: [{arg: 2, thread: worker}]}\n"
	"#   fields:\n"
	"#   - {type: NAME_watcher, field: cb, thread: loop}\n";

/* A template with the library's name in the place of NAME. */
static void add_template(struct bc_buf *out, const char *text, const char *name)
{
	const char *at;

	for (; (at = strstr(text, "NAME")); text = at + 4) {
		bc_buf_add(out, text, (size_t)(at - text));
		bc_buf_str(out, name);
	}
	bc_buf_str(out, text);
}

/* ---- the pack ---- */

static void write_pack(
	struct bc_buf *out, const char *name, const char *header, struct bc_header *h)
{
	struct bc_buf blocking = {0}, loops = {0};

	bc_buf_printf(out, "# What blocks in %s, and what runs on its loop.\n", name);
	bc_buf_str(out, "schema: " BC_SCHEMA_ID "\n");
	bc_buf_printf(out, "pack:\n  name: %s\n", name);
	bc_buf_str(
		out, "  # version: \"1.2\"       the release whose headers and manual you read\n");
	if (header)
		bc_buf_printf(out, "  headers: [%s]\n", header);
	else
		add_template(out, "  # headers: [NAME.h]   declare the functions below\n", name);
	add_template(out,
		"  # debian: libNAME-dev      the package with these headers\n"
		"  # pkg_config: NAME         if the compiler needs flags to bc_header_find "
		"them\n\n",
		name);
	if (h)
		bc_header_propose_blocking(h, name, &blocking);
	add_template(out, blocking.len ? "# blocking:\n" : examples, name);
	bc_buf_str(out, bc_buf_text(&blocking));
	bc_buf_char(out, '\n');
	if (h && bc_header_propose_loops(h, &loops))
		bc_buf_printf(out,
			"# These take a callback. Which of them run it on the loop, which on a "
			"worker,\n# and which at once (sync)?\n# loops:\n# - id: %s\n#   "
			"register:\n%s",
			name, bc_buf_text(&loops));
	else
		add_template(out, loop_examples, name);
	bc_buf_fini(&blocking);
	bc_buf_fini(&loops);
}

/* ---- the command ---- */

static int is_name(const char *name)
{
	const char *c = name;

	while (bc_header_is_name_char(*c) || *c == '-')
		c++;
	return *name && *name != '-' && !*c;
}

int bc_rules_new(const struct bc_options *options, const char *const *arguments)
{
	struct bc_header h = {.arena = BC_ARENA_INIT};
	struct bc_buf out = {0};
	int status = 0;

	if (!arguments[0] || arguments[1])
		status = bc_fail(BC_EUSAGE, "rules new: needs one name, that of the library");
	else if (!is_name(arguments[0]))
		status = bc_fail(BC_EUSAGE,
			"rules new: '%s': a name has letters, digits, and - _ inside",
			arguments[0]);
	if (status == 0 && options->output && bc_file_exists(options->output))
		status = bc_fail(BC_EUSAGE, "%s: is there already", options->output);
	if (status == 0 && options->header)
		status = bc_header_read(&h, options->header);
	if (status == 0) {
		write_pack(&out, arguments[0], options->header, options->header ? &h : NULL);
		status = bc_cmd_write(options->output, &out);
	}
	bc_buf_fini(&out);
	bc_header_fini(&h);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
