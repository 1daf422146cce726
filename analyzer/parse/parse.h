/*
 * Parsing: one compile command through libclang, into fact files. Nothing of libclang leaves this
 * folder. Runs inside a worker process (base/workers.h): it may crash or hang without harm.
 */
#ifndef BC_PARSE_PARSE_H
#define BC_PARSE_PARSE_H

#include <stddef.h>
#include <stdint.h>

struct bc_parse_job {
	const char *file;        /* the main file, absolute */
	const char *directory;   /* where the command runs, absolute */
	const char *const *args; /* compiler arguments without the compiler, the source file, -c,
				    -o, and dependency options; -working-directory is added here */
	int nargs;
	const char *root;     /* project root, absolute; paths below it are stored relative to it */
	const char *unit_out; /* where the unit's fact file goes; written to a temporary, then
				 renamed */
	const char *
		shard_dir; /* header shards go to <shard_dir>/<32 hex digits>.bcf, unless present */
};

struct bc_parse_result {
	int errors;            /* error and fatal diagnostics in the unit */
	char first_error[400]; /* "file:line: text" of the first; "" without */
	uint64_t hash[2];      /* XXH3-128 of the unit's fact file */
	uint32_t nshards;
};

/*
 * 0 with a fact file written (it may be degraded: result->errors > 0), or a negative error when
 * libclang gave no translation unit at all or the file could not be written.
 */
int bc_parse_unit(const struct bc_parse_job *job, struct bc_parse_result *result);

/* Constants that are asked for by name, and what they are. All of it is the caller's. */
struct bc_constants {
	const char *const *headers; /* to include, as far as they exist */
	int nheaders;
	const char *const *names;
	int nnames;
	int64_t *values; /* one for each name; counts where known[i] is 1 */
	uint8_t *known;
};

/*
 * The values that macro or enum constants such as MSG_DONTWAIT have under the given command: parses
 * one synthetic unit that includes the headers and reads the value of each name. known[i] is 0
 * where a name has no integer value there. 0, or negative when the parse failed.
 */
int bc_parse_constants(const struct bc_parse_job *job, const struct bc_constants *wanted);

/* "clang version 19.1.7 ...": part of every cache key, and of --version. */
const char *bc_parse_version(void);

/*
 * Checks that libclang finds its own headers (stddef.h). 0, or BC_EINPUT with a message that says
 * which package to install. Call once, in a worker or a short-lived process.
 */
int bc_parse_probe(void);

#endif
