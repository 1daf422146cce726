#include "rules_header.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/fs.h"

enum { MAX_HEADER = 16 << 20, MAX_NAME = 120 };

/* ---- reading ---- */

/* Comments and directives become blanks. */
static void blank_out(char *text)
{
	int line_start = 1;

	while (*text) {
		char *end = text + 1;

		if (!strncmp(text, "/*", 2)) {
			end = strstr(text + 2, "*/");
			end = end ? end + 2 : text + strlen(text);
		} else if (!strncmp(text, "//", 2) || (*text == '#' && line_start)) {
			while (*end && (*end != '\n' || end[-1] == '\\'))
				end++;
		} else {
			line_start = *text == '\n' || (line_start && isspace((unsigned char)*text));
			text++;
			continue;
		}
		memset(text, ' ', (size_t)(end - text));
		text = end;
	}
}

static int ends_in(const char *text, size_t len, const char *end)
{
	size_t n = strlen(end);

	return len >= n && !strncmp(text + len - n, end, n);
}

/* A word of the parameter ends like the name of a callback's type. */
static int looks_like_callback(const char *param, size_t len)
{
	static const char *const ends[] = {"_cb", "_cb_t", "_callback", "_callback_t", "_func",
		"_func_t", "_fn", "_fn_t", "_handler", "_handler_t", "_hook", "Callback", "Func",
		"_proc", "Proc"};

	for (size_t i = 0; i < len;) {
		size_t n = 0;

		while (i + n < len && bc_header_is_name_char(param[i + n]))
			n++;
		for (size_t e = 0; n && e < sizeof(ends) / sizeof(ends[0]); e++)
			if (ends_in(param + i, n, ends[e]))
				return 1;
		if (len - i > 2 && !strncmp(param + i, "(*", 2))
			return 1;
		i += n ? n : 1;
	}
	return 0;
}

static int looks_like_timeout(const char *param, size_t len)
{
	for (size_t i = 0; i + 7 <= len; i++)
		if (!strncasecmp(param + i, "timeout", 7))
			return 1;
	return 0;
}

static void add_param(struct bc_declared *d, const char *param, size_t len)
{
	while (len && isspace((unsigned char)*param)) {
		param++;
		len--;
	}
	while (len && isspace((unsigned char)param[len - 1]))
		len--;
	if (!len || (len == 4 && !strncmp(param, "void", 4)) ||
		(len == 3 && !strncmp(param, "...", 3)))
		return;
	d->nparams++;
	if (!d->callback && looks_like_callback(param, len))
		d->callback = d->nparams;
	if (!d->timeout && looks_like_timeout(param, len))
		d->timeout = d->nparams;
}

/* `text` stands behind the opening parenthesis. Where the closing one is, or NULL. */
static const char *read_params(struct bc_declared *d, const char *text)
{
	const char *start = text;
	int depth = 0;

	for (; *text && *text != ';' && *text != '{'; text++) {
		depth += (*text == '(') - (*text == ')');
		if (depth < 0 || (depth == 0 && *text == ',')) {
			add_param(d, start, (size_t)(text - start));
			start = text + 1;
		}
		if (depth < 0)
			return text;
	}
	return NULL;
}

/* A declaration ends after its parameters, apart from attributes. */
static int is_declaration(const char *after)
{
	int depth = 0;

	for (; *after && (depth || *after != ';'); after++) {
		depth += (*after == '(') - (*after == ')');
		if (!depth && *after != ')' && !bc_header_is_name_char(*after) &&
			!isspace((unsigned char)*after))
			return 0;
	}
	return *after == ';';
}

static void add_declared(struct bc_header *h, struct bc_declared d, const char *name, size_t len)
{
	static const char *const no_names[] = {"__attribute__", "__declspec", "__asm__", "sizeof",
		"void", "int", "char", "short", "long", "unsigned", "signed", "float", "double",
		"const"};

	for (size_t i = 0; i < sizeof(no_names) / sizeof(no_names[0]); i++)
		if (strlen(no_names[i]) == len && !strncmp(no_names[i], name, len))
			return;
	if (len > MAX_NAME || bc_intern_n(&h->names, name, len) != h->list.count)
		return;
	d.name = bc_arena_strndup(&h->arena, name, len);
	bc_vec_push(&h->list, d);
}

/* Behind the end of a typedef: what looks like a function there is a type. */
static const char *skip_statement(const char *text)
{
	int depth = 0;

	for (; *text && (depth > 0 || *text != ';'); text++)
		depth += (*text == '{') - (*text == '}');
	return text;
}

static void scan(struct bc_header *h, const char *text)
{
	while (*text) {
		const char *name = text, *open, *close;
		struct bc_declared d = {.name = NULL};

		while (bc_header_is_name_char(*text))
			text++;
		if (text - name == 7 && !strncmp(name, "typedef", 7)) {
			text = skip_statement(text);
			continue;
		}
		open = text;
		while (isspace((unsigned char)*open))
			open++;
		if (text == name || isdigit((unsigned char)*name) || *open != '(') {
			text += text == name;
			continue;
		}
		close = read_params(&d, open + 1);
		if (!close || !is_declaration(close + 1))
			continue;
		add_declared(h, d, name, (size_t)(text - name));
		text = close + 1;
	}
}

int bc_header_read(struct bc_header *h, const char *name)
{
	const char *path = name;
	int status;

	if (!bc_file_exists(path) && *name != '/')
		path = bc_arena_printf(&h->arena, "/usr/include/%s", name);
	if (!bc_file_exists(path))
		return bc_fail(BC_EINPUT, "%s: no such header here or in /usr/include", name);
	status = bc_file_read(&h->text, path, MAX_HEADER);
	if (status == 0 && h->text.len) {
		blank_out(h->text.data);
		scan(h, h->text.data);
	}
	return status;
}

void bc_header_fini(struct bc_header *h)
{
	bc_buf_fini(&h->text);
	bc_vec_fini(&h->list);
	bc_intern_fini(&h->names);
	bc_arena_fini(&h->arena);
}

/* ---- proposals ---- */

static const struct bc_declared *find(const struct bc_header *h, const char *name)
{
	uint32_t id = bc_intern_find(&h->names, name);

	return id == BC_INTERN_NONE ? NULL : &h->list.items[id];
}

static void propose_rule(
	struct bc_buf *out, const char *library, const struct bc_declared *d, const char *instead)
{
	bc_buf_printf(out, "# - id: %s.%s\n#   function: %s\n#   params: %d\n", library, d->name,
		d->name, d->nparams);
	bc_buf_str(out, "#   category: network\n");
	if (d->timeout)
		bc_buf_printf(out, "#   bound: {timeout: {arg: %d, unit: ms, forever: negative}}\n",
			d->timeout);
	else
		bc_buf_str(out, "#   bound: unbounded\n");
	bc_buf_str(out, "#   because: waits for ...\n");
	bc_buf_str(out, "#   provenance: {kind: manual, ref: ...}\n");
	if (instead)
		bc_buf_printf(out, "#   alternatives: [{use: %s}]\n", instead);
	bc_buf_char(out, '\n');
}

/* The name of the same function in another form, when the header has it. */
static const char *find_form(
	struct bc_header *h, const struct bc_declared *d, size_t stem, const char *ending)
{
	const char *name = bc_arena_printf(&h->arena, "%.*s%s", (int)stem, d->name, ending);
	const struct bc_declared *other = find(h, name);

	return other && other != d ? name : NULL;
}

/* fetch() beside fetch_async(), fetch_sync() beside fetch(). */
static const char *find_twin(struct bc_header *h, const struct bc_declared *d)
{
	static const char *const endings[] = {"_async", "_start", "_nonblocking", "_nonblock",
		"_noblock", "_try", "Async", "NonBlock"};
	size_t len = strlen(d->name);
	const char *twin = NULL;

	if (ends_in(d->name, len, "_sync")) {
		twin = find_form(h, d, len - 5, "_async");
		return twin ? twin : find_form(h, d, len - 5, "");
	}
	for (size_t i = 0; !twin && i < sizeof(endings) / sizeof(endings[0]); i++)
		twin = find_form(h, d, len, endings[i]);
	return twin;
}

static int sounds_blocking(const struct bc_declared *d)
{
	static const char *const endings[] = {"_sync", "_wait", "_blocking", "_join", "_flush",
		"_drain", "_sleep", "_recv", "_receive", "_accept", "_connect", "_run"};

	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends_in(d->name, strlen(d->name), endings[i]))
			return 1;
	return d->timeout != 0 && !d->callback;
}

int bc_header_propose_blocking(struct bc_header *h, const char *library, struct bc_buf *out)
{
	int n = 0;

	for (size_t i = 0; i < h->list.count; i++) {
		const struct bc_declared *d = &h->list.items[i];
		const char *twin = find_twin(h, d);

		if (!twin && !sounds_blocking(d))
			continue;
		if (twin)
			bc_buf_printf(
				out, "# %s() has a twin %s(): does it block?\n", d->name, twin);
		else
			bc_buf_printf(out, "# %s(): does it block?\n", d->name);
		propose_rule(out, library, d, twin);
		n++;
	}
	return n;
}

int bc_header_propose_loops(struct bc_header *h, struct bc_buf *out)
{
	int n = 0;

	for (size_t i = 0; i < h->list.count; i++) {
		const struct bc_declared *d = &h->list.items[i];

		if (!d->callback)
			continue;
		bc_buf_printf(out,
			"#   - {function: %s, params: %d, callbacks: [{arg: %d, thread: loop}]}\n",
			d->name, d->nparams, d->callback);
		n++;
	}
	return n;
}
