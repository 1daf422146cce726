/*
 * An example: whether a query blocks hangs on its text.
 *
 * dbx is a made-up database library that keeps its tables in memory and writes a log:
 *
 *	int dbx_exec(struct dbx *db, const char *query, int timeout_ms);
 *
 * SELECT and PRAGMA are answered from memory. COMMIT waits for the disk. What begins with REMOTE
 * goes to another machine, for at most timeout_ms; a negative number means for as long as it takes.
 * The argument "remote=WORD" names another word for that. A query that is no literal may be any of
 * these.
 *
 *	cc -shared -fPIC -fvisibility=hidden -o dbx.so dbx.c
 *	blockcheck check --plugin ./dbx.so,remote=FAR
 */
#include <blockcheck/plugin.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { QUERY = 2, TIMEOUT = 3 }; /* arguments */

struct dbx {
	const struct bc_host_v1 *host;
	const char *remote;
};

static int begins_with(const char *text, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(text, word, len) && (text[len] == ' ' || text[len] == '\0');
}

static void say(
	struct bc_verdict_v1 *verdict, uint32_t category, uint32_t bound, const char *because)
{
	verdict->opinion = BLOCKCHECK_BLOCKS;
	verdict->category = category;
	verdict->bound = bound;
	verdict->because = because;
	verdict->alternative = "dbx_exec_async";
}

/* The limit is the third argument. */
static void judge_remote(
	const struct dbx *dbx, const struct blockcheck_site *site, struct bc_verdict_v1 *verdict)
{
	int64_t ms;

	say(verdict, BLOCKCHECK_NETWORK, BLOCKCHECK_TIMEOUT, "asks another machine");
	verdict->timeout_ms = -1;
	if (!dbx->host->site_integer(site, TIMEOUT, &ms))
		verdict->confidence = BLOCKCHECK_LIKELY;
	else if (ms < 0)
		verdict->bound = BLOCKCHECK_UNBOUNDED;
	else
		verdict->timeout_ms = (double)ms;
}

static void judge(void *context, const struct blockcheck_site *site, struct bc_verdict_v1 *verdict)
{
	const struct dbx *dbx = context;
	const char *query = dbx->host->site_text(site, QUERY);

	if (!query) {
		say(verdict, BLOCKCHECK_DISK, BLOCKCHECK_DATA_SIZED, "may wait for the disk");
		verdict->confidence = BLOCKCHECK_POSSIBLE;
	} else if (begins_with(query, "SELECT") || begins_with(query, "PRAGMA")) {
		verdict->opinion = BLOCKCHECK_DOES_NOT_BLOCK;
	} else if (begins_with(query, "COMMIT")) {
		say(verdict, BLOCKCHECK_DISK, BLOCKCHECK_UNBOUNDED, "waits for the disk");
	} else if (begins_with(query, dbx->remote)) {
		judge_remote(dbx, site, verdict);
	}
	/* else: no opinion */
}

static int read_argument(struct dbx *dbx, const char *argument)
{
	if (strncmp(argument, "remote=", 7) != 0) {
		fprintf(stderr, "dbx: unknown argument '%s'; there is: remote=WORD\n", argument);
		return -1;
	}
	dbx->remote = argument + 7;
	return 0;
}

BLOCKCHECK_PLUGIN_EXPORT const uint32_t blockcheck_plugin_abi = BLOCKCHECK_PLUGIN_ABI;

BLOCKCHECK_PLUGIN_EXPORT int blockcheck_plugin_init(
	const struct bc_host_v1 *host, struct bc_plugin_v1 *out, int argc, char **argv)
{
	static const char *const functions[] = {"dbx_exec", NULL};
	static struct dbx dbx;

	dbx.host = host;
	dbx.remote = "REMOTE";
	for (int i = 1; i < argc; i++)
		if (read_argument(&dbx, argv[i]) != 0)
			return -1;
	out->name = "dbx";
	out->version = "1.0";
	out->functions = functions;
	out->context = &dbx;
	out->on_call = judge;
	return 0;
}
