/* `blockcheck config`: what holds here, written as a project file that would say the same. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "cmd.h"
#include "input/project.h"
#include "packs.h"

enum { ORIGIN_COLUMN = 40 };

struct printer {
	const struct bc_options *options;
	const struct bc_config *config; /* NULL without a project file */
	struct bc_buf out;
	size_t line; /* where the line at work begins */
};

/* Ends a line, with its origin where that was asked for. */
__attribute__((format(printf, 2, 3))) static void end_line(
	struct printer *p, const char *origin, ...)
{
	size_t used = p->out.len - p->line;
	char text[4096];
	va_list args;

	if (p->options->origin) {
		va_start(args, origin);
		vsnprintf(text, sizeof(text), origin, args);
		va_end(args);
		bc_buf_printf(&p->out, "%*s # %s",
			used < ORIGIN_COLUMN ? ORIGIN_COLUMN - (int)used : 0, "", text);
	}
	bc_buf_char(&p->out, '\n');
	p->line = p->out.len;
}

/* ---- settings ---- */

/* %g alone would write a long time with an exponent, and a long one with rounding. */
static void add_time(struct bc_buf *out, double ms)
{
	if (ms > 0 && ms < 1)
		bc_buf_printf(out, "%.15gus", ms * 1e3);
	else
		bc_buf_printf(out, "%.15gms", ms);
}

static void add_value(struct bc_buf *out, enum bc_setting setting, double value)
{
	switch (setting) {
	case BC_SETTING_BUDGET: add_time(out, value); break;
	case BC_SETTING_MIN_CONFIDENCE:
		bc_buf_str(out, bc_word_text(bc_words_confidence, (int)value));
		break;
	case BC_SETTING_FAIL_ON: bc_buf_str(out, bc_word_text(bc_words_fail_on, (int)value)); break;
	case BC_SETTING_LOGGING: bc_buf_str(out, value != 0 ? "true" : "false"); break;
	case BC_SETTING_COUNT: break;
	}
}

static void print_setting(struct printer *p, enum bc_setting setting)
{
	bc_buf_printf(&p->out, "%s: ", bc_setting_name(setting));
	add_value(&p->out, setting, bc_setting_value(p->options, setting));
	if (bc_options_given(p->options, bc_setting_option(setting)))
		end_line(p, "--%s", bc_setting_option(setting));
	else if (p->config && p->config->settings[setting].line)
		end_line(p, "%s:%d", p->config->path, p->config->settings[setting].line);
	else
		end_line(p, "default");
}

/* ---- parts of the document ---- */

static int is_plain(const struct bc_yaml_node *node)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_./+";

	return !node->quoted && *node->text && !node->text[strspn(node->text, plain)];
}

/* Between double quotes YAML reads the escapes of C, and any UTF-8. */
static void add_quoted(struct bc_buf *out, const char *text)
{
	bc_buf_char(out, '"');
	for (; *text; text++)
		if (*text == '"' || *text == '\\')
			bc_buf_printf(out, "\\%c", *text);
		else if ((unsigned char)*text < ' ' || *text == 0x7f)
			bc_buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			bc_buf_char(out, *text);
	bc_buf_char(out, '"');
}

/* On one line. The reader has bounded the depth. */
static void add_node(struct bc_buf *out, const struct bc_yaml_node *node)
{
	int map = node->kind == BC_YAML_MAP, n = 0;

	if (node->kind == BC_YAML_SCALAR) {
		if (is_plain(node))
			bc_buf_str(out, node->text);
		else
			add_quoted(out, node->text);
		return;
	}
	bc_buf_char(out, map ? '{' : '[');
	for (const struct bc_yaml_node *kid = node->kids; kid; kid = kid->next, n++) {
		if (n)
			bc_buf_str(out, map && n % 2 ? ": " : ", ");
		add_node(out, kid);
	}
	bc_buf_char(out, map ? '}' : ']');
}

static void print_list(struct printer *p, const char *key)
{
	const struct bc_yaml_node *list = p->config ? bc_yaml_get(p->config->root, key) : NULL;

	if (!list)
		return;
	bc_buf_printf(&p->out, "%s:\n", key);
	p->line = p->out.len;
	for (const struct bc_yaml_node *item = list->kids; item; item = item->next) {
		bc_buf_str(&p->out, "- ");
		add_node(&p->out, item);
		end_line(p, "%s:%d", p->config->path, item->line);
	}
}

/* ---- packs ---- */

static void print_pack(struct printer *p, const char *path)
{
	bc_buf_str(&p->out, "- ");
	add_quoted(&p->out, path);
}

static void print_packs(struct printer *p)
{
	const char *const *more = p->options->check.rules;
	int n = p->config ? p->config->nrules : 0;

	if (!n && !*more)
		return;
	bc_buf_str(&p->out, "rules:\n");
	p->line = p->out.len;
	for (int i = 0; i < n; i++) {
		print_pack(p, p->config->rules[i].text);
		end_line(p, "%s:%d", p->config->path, p->config->rules[i].line);
	}
	for (; *more; more++) {
		print_pack(p, *more);
		end_line(p, "--rules");
	}
}

/* ---- the command ---- */

static void print_head(struct printer *p)
{
	const char *shipped;

	if (!p->options->origin)
		return;
	shipped = bc_packs_shipped((struct bc_arena *)&p->options->arena);
	bc_buf_printf(&p->out, "# project file: %s\n",
		p->config ? p->config->path : "none (" BC_PROJECT_FILE " here or above)");
	bc_buf_printf(&p->out, "# shipped rules: %s\n", shipped ? shipped : "missing");
	p->line = p->out.len;
}

static int check_operand(const struct bc_options *options)
{
	static const char *const names[] = {"show", NULL};
	const char *name = options->operands.items[0];

	if (!name)
		return bc_fail(BC_EUSAGE, "config: what? show");
	return strcmp(name, names[0]) ? bc_options_fail_unknown("subcommand", name, names) : 0;
}

int bc_cmd_config(const struct bc_options *options)
{
	static const char *const lists[] = {
		"disable", "register", "blocking", "never_blocks", "cut", "paths", "plugins"};
	struct printer p = {.options = options, .config = options->check.config};
	int status = check_operand(options);

	if (status < 0)
		return bc_cmd_fail(status);
	print_head(&p);
	for (int i = 0; i < BC_SETTING_COUNT; i++)
		print_setting(&p, (enum bc_setting)i);
	print_packs(&p);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		print_list(&p, lists[i]);
	status = bc_cmd_write(options->output, &p.out);
	bc_buf_fini(&p.out);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}
