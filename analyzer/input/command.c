#include "input/command.h"

#include <string.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/fs.h"

enum {
	MAX_ARGUMENTS = 65536,        /* execve() itself takes 2 MB; real commands have hundreds */
	MAX_RESPONSE_BYTES = 4 << 20, /* response files hold what a command line could not */
	MAX_RESPONSE_DEPTH = 8        /* they seldom nest; a file that names itself always does */
};

void bc_argv_fini(struct bc_argv *argv)
{
	bc_vec_fini(argv);
}

/* ---- splitting ---- */

static int is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}

/* Whether a backslash before `c` goes away between double quotes. */
static int escapes_in_quotes(enum bc_quoting quoting, char c)
{
	return quoting == BC_QUOTING_RESPONSE || (c && strchr("$`\"\\\n", c));
}

/* Reads from behind the opening quote; returns behind the closing one, NULL when there is none. */
static const char *read_quoted(
	const char *p, char quote, enum bc_quoting quoting, struct bc_buf *word)
{
	for (; *p != quote; p++) {
		if (!*p)
			return NULL;
		if (*p == '\\' && p[1] && (quote == '"' || quoting == BC_QUOTING_RESPONSE) &&
			escapes_in_quotes(quoting, p[1])) {
			p++;
			if (*p == '\n') /* a line that goes on */
				continue;
		}
		bc_buf_char(word, *p);
	}
	return p + 1;
}

/* Reads one word; returns behind it, NULL when a quote stays open. */
static const char *read_word(const char *p, enum bc_quoting quoting, struct bc_buf *word)
{
	while (p && *p && !is_blank(*p)) {
		if (*p == '\'' || *p == '"') {
			p = read_quoted(p + 1, *p, quoting, word);
			continue;
		}
		if (*p == '\\' && p[1] == '\n') {
			p += 2;
			continue;
		}
		if (*p == '\\' && p[1])
			p++;
		bc_buf_char(word, *p++);
	}
	return p;
}

int bc_command_split(
	struct bc_arena *arena, const char *text, enum bc_quoting quoting, struct bc_argv *argv)
{
	struct bc_buf word = {0};
	int status = 0;

	while (status == 0) {
		while (is_blank(*text) || (text[0] == '\\' && text[1] == '\n'))
			text += *text == '\\' ? 2 : 1;
		if (!*text)
			break;
		bc_buf_clear(&word);
		text = read_word(text, quoting, &word);
		if (!text)
			status = bc_fail(BC_EINPUT, "the command has an open quote");
		else if (argv->count >= MAX_ARGUMENTS)
			status = bc_fail(
				BC_ELIMIT, "the command has over %d arguments", MAX_ARGUMENTS);
		else
			bc_vec_push(argv, bc_arena_strdup(arena, bc_buf_text(&word)));
	}
	bc_buf_fini(&word);
	return status;
}

/* ---- response files ---- */

struct expansion {
	struct bc_arena *arena;
	const char *directory;
	size_t *budget; /* left for all commands */
	struct bc_argv out;
};

static int expand_one(struct expansion *x, const char *arg, int depth);

static int expand_text(struct expansion *x, const char *text, int depth)
{
	struct bc_argv words = {0};
	int status = bc_command_split(x->arena, text, BC_QUOTING_RESPONSE, &words);

	for (size_t i = 0; status == 0 && i < words.count; i++)
		status = expand_one(x, words.items[i], depth);
	bc_argv_fini(&words);
	return status;
}

/* Reads the file of an `@file` argument. 1; 0 when it is none; BC_ELIMIT. */
static int read_response(struct expansion *x, const char *arg, int depth, struct bc_buf *text)
{
	size_t limit = *x->budget < MAX_RESPONSE_BYTES ? *x->budget : MAX_RESPONSE_BYTES;
	const char *path;
	int status;

	if (arg[0] != '@' || !arg[1])
		return 0;
	if (depth >= MAX_RESPONSE_DEPTH)
		return bc_fail(
			BC_ELIMIT, "%s: response files nest over %d deep", arg, MAX_RESPONSE_DEPTH);
	if (limit == 0)
		return bc_fail(BC_ELIMIT, "%s: all response files together are too large", arg);
	path = bc_path_absolute(x->arena, x->directory, arg + 1);
	status = bc_file_read(text, path, limit);
	if (status == 0 || status == BC_ELIMIT)
		*x->budget -= status == 0 ? text->len : limit;
	return status == BC_EINPUT ? 0 : status == 0 ? 1 : status;
}

static int expand_one(struct expansion *x, const char *arg, int depth)
{
	struct bc_buf text = {0};
	int status;

	if (x->out.count >= MAX_ARGUMENTS)
		return bc_fail(BC_ELIMIT, "the command has over %d arguments", MAX_ARGUMENTS);
	status = read_response(x, arg, depth, &text);
	if (status == 0)
		bc_vec_push(&x->out, arg);
	else if (status > 0)
		status = expand_text(x, bc_buf_text(&text), depth + 1);
	bc_buf_fini(&text);
	return status;
}

int bc_command_expand(
	struct bc_arena *arena, const char *directory, struct bc_argv *argv, size_t *budget)
{
	struct expansion x = {.arena = arena, .directory = directory, .budget = budget};
	size_t first = 0;
	int status = 0;

	while (first < argv->count && argv->items[first][0] != '@')
		first++;
	if (first == argv->count)
		return 0;
	for (size_t i = 0; status == 0 && i < argv->count; i++)
		status = expand_one(&x, argv->items[i], 0);
	bc_argv_fini(argv);
	*argv = x.out;
	return status;
}

/* ---- wrappers ---- */

/* NAME=VALUE, as a shell or env takes it. */
static int is_assignment(const char *arg)
{
	size_t len = strspn(arg, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789");

	return len && arg[len] == '=' && !(arg[0] >= '0' && arg[0] <= '9');
}

static int is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return 1;
	return 0;
}

static int ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static size_t skip_options(const struct bc_argv *argv, size_t at, const char *const *with_value)
{
	while (at < argv->count && argv->items[at][0] == '-') {
		if (!strcmp(argv->items[at], "--"))
			return at + 1;
		at += is_one_of(argv->items[at], with_value) ? 2 : 1;
	}
	return at;
}

/* `env -u X A=B cc`, and the part of `cmake -E env A=B cc` behind the verb. */
static size_t skip_env(const struct bc_argv *argv, size_t at)
{
	static const char *const with_value[] = {"-u", "-C", "--unset", "--chdir", NULL};

	at = skip_options(argv, at, with_value);
	while (at < argv->count && is_assignment(argv->items[at]))
		at++;
	return at;
}

/* `cmake -E env ...`, `cmake -E time cc`, `cmake -E __run_co_compile --tidy=... -- cc ...`. */
static size_t skip_cmake(const struct bc_argv *argv, size_t at)
{
	if (at + 2 >= argv->count || strcmp(argv->items[at + 1], "-E") != 0)
		return at;
	if (!strcmp(argv->items[at + 2], "env"))
		return skip_env(argv, at + 3);
	if (!strcmp(argv->items[at + 2], "time"))
		return at + 3;
	for (size_t i = at + 3; i < argv->count; i++)
		if (!strcmp(argv->items[i], "--"))
			return i + 1;
	return at;
}

/* Index behind the wrapper at `at`, or `at` itself when no wrapper stands there. */
static size_t skip_wrapper(const struct bc_argv *argv, size_t at)
{
	static const char *const plain[] = {"ccache", "distcc", "sccache", "icecc", "gomacc",
		"buildcache", "fiskc", "pump", "colorgcc", "time", "nohup", NULL};
	static const char *const shells[] = {"sh", "bash", "dash", "ksh", NULL};
	static const char *const optioned[] = {"nice", "ionice", "rewrapper", "chrt", NULL};
	static const char *const option_values[] = {"-n", "-c", "--tag", "--mode", NULL};
	const char *name = bc_path_basename(argv->items[at]);
	const char *next = at + 1 < argv->count ? argv->items[at + 1] : "";

	if (is_one_of(name, plain)) {
		/* `ccache key=value cc`; a wrapper before an option stands for its own default cc.
		 */
		for (at++; at < argv->count && is_assignment(argv->items[at]);)
			at++;
		return next[0] == '-' ? at - 1 : at;
	}
	if (is_one_of(name, shells))
		return next[0] == '-' ? at : at + 1;
	if (is_one_of(name, optioned) || ends_with(name, "libtool"))
		return skip_options(argv, at + 1, option_values);
	if (!strcmp(name, "env"))
		return skip_env(argv, at + 1);
	return !strcmp(name, "cmake") ? skip_cmake(argv, at) : at;
}

/* Cuts at the first word that ends a shell command. */
static void cut_at_operator(struct bc_argv *argv, size_t at)
{
	static const char *const operators[] = {"&&", "||", ";", "|", "&", NULL};

	for (; at < argv->count; at++)
		if (is_one_of(argv->items[at], operators))
			argv->count = at;
}

size_t bc_command_unwrap(struct bc_arena *arena, struct bc_argv *argv, const char **directory)
{
	size_t at = 0, before;

	while (at + 3 < argv->count && !strcmp(argv->items[at], "cd") &&
		(!strcmp(argv->items[at + 2], "&&") || !strcmp(argv->items[at + 2], ";"))) {
		*directory = bc_path_absolute(arena, *directory, argv->items[at + 1]);
		at += 3;
	}
	cut_at_operator(argv, at);
	while (at < argv->count && is_assignment(argv->items[at]))
		at++;
	do {
		before = at;
		if (at < argv->count)
			at = skip_wrapper(argv, at);
	} while (at > before && at < argv->count);
	return at < argv->count ? at : argv->count;
}
