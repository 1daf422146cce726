/*
 * Plugins: a verdict in C on calls that no rule pack can judge.
 *
 * A rule pack says almost everything, needs no compiler and cannot crash: write one first. A plugin
 * is for calls whose blocking hangs on what only code can tell, such as the text of a query.
 *
 * A plugin is a shared object. It links nothing of blockcheck's: what it may ask comes with the
 * host, a table of functions. Build it with
 *
 *	cc -shared -fPIC -fvisibility=hidden -o myplugin.so myplugin.c
 *
 * and name it on the command line: blockcheck check --plugin ./myplugin.so,key=value
 *
 * It runs inside blockcheck, with all its rights, and when it crashes, so does blockcheck. That is
 * why it is only ever loaded because somebody who runs blockcheck names it.
 *
 * Promises: the structures below only grow, at their ends, and each begins with its size in bytes
 * as its maker knows it. A plugin may use a member of the host's tables when it lies within `size`.
 * What would break that raises BLOCKCHECK_PLUGIN_ABI, and blockcheck refuses plugins of another
 * number. Texts given to a plugin live until the call in which it got them returns; texts that it
 * gives are copied before anything else of it is called.
 *
 * This header is C89 (with <stdint.h>) and C++.
 */
#ifndef BLOCKCHECK_PLUGIN_H
#define BLOCKCHECK_PLUGIN_H

#include <stdint.h>

#define BLOCKCHECK_PLUGIN_ABI 1

#if defined(__cplusplus)
#define BLOCKCHECK_PLUGIN_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define BLOCKCHECK_PLUGIN_EXPORT __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

enum blockcheck_opinion {
	BLOCKCHECK_NO_OPINION = 0, /* as if the plugin were not there */
	BLOCKCHECK_DOES_NOT_BLOCK = 1,
	BLOCKCHECK_BLOCKS = 2
};

enum blockcheck_category {
	BLOCKCHECK_SLEEP = 1,
	BLOCKCHECK_DNS = 2,
	BLOCKCHECK_NETWORK = 3,
	BLOCKCHECK_DISK = 4,
	BLOCKCHECK_PROCESS = 5,
	BLOCKCHECK_LOCK = 6,
	BLOCKCHECK_IPC = 7,
	BLOCKCHECK_NESTED_LOOP = 8,
	BLOCKCHECK_CPU = 9,
	BLOCKCHECK_DEVICE = 10,
	BLOCKCHECK_LOGGING = 11
};

enum blockcheck_bound {
	BLOCKCHECK_UNBOUNDED = 0,
	BLOCKCHECK_TIMEOUT = 1,    /* at most timeout_ms */
	BLOCKCHECK_DATA_SIZED = 2, /* grows with the data */
	BLOCKCHECK_SHORT = 3       /* normally below a millisecond */
};

enum blockcheck_confidence {
	BLOCKCHECK_POSSIBLE = 0,
	BLOCKCHECK_LIKELY = 1,
	BLOCKCHECK_CERTAIN = 2
};

/* One call in the program, on one path that leads to it. Ask the host about it. */
struct blockcheck_site;

/* What blockcheck does for a plugin. Arguments count from 1. */
struct bc_host_v1 {
	uint32_t size;
	uint32_t abi;        /* BLOCKCHECK_PLUGIN_ABI of the host */
	const char *version; /* of blockcheck: "0.1.0" */

	const char *(*site_function)(const struct blockcheck_site *site); /* that is called */
	const char *(*site_caller)(const struct blockcheck_site *site);   /* that calls it */
	const char *(*site_file)(const struct blockcheck_site *site); /* relative to the project */
	uint32_t (*site_line)(const struct blockcheck_site *site);
	uint32_t (*site_arguments)(const struct blockcheck_site *site); /* how many */

	/* 1 and *value when the argument surely is this integer, else 0. A null pointer is 0. */
	int (*site_integer)(const struct blockcheck_site *site, uint32_t argument, int64_t *value);
	/* The argument when it is a string literal, else NULL. */
	const char *(*site_text)(const struct blockcheck_site *site, uint32_t argument);
	/* 1 when it surely is null (or 0), 0 when it surely is not, -1 when that is not known. */
	int (*site_is_null)(const struct blockcheck_site *site, uint32_t argument);
};

/* An opinion on one call. The host sets `size` and, but for the confidence (certain), zeroes. */
struct bc_verdict_v1 {
	uint32_t size;
	uint32_t opinion; /* enum blockcheck_opinion; the rest counts with BLOCKS only */
	uint32_t category;
	uint32_t bound;
	uint32_t confidence;
	uint32_t reserved;
	double timeout_ms;       /* BLOCKCHECK_TIMEOUT; negative when it is not known */
	const char *because;     /* one clause for people: "asks the server"; or NULL */
	const char *alternative; /* what to call instead, or NULL */
};

/* What a plugin is. The host sets `size` and zeroes the rest. */
struct bc_plugin_v1 {
	uint32_t size;
	uint32_t reserved;
	const char *name, *version;   /* for reports */
	const char *const *functions; /* whose calls on_call() is asked about; ends with NULL */
	void *context;                /* handed to the functions below */
	void (*on_call)(
		void *context, const struct blockcheck_site *site, struct bc_verdict_v1 *verdict);
	void (*fini)(void *context); /* or NULL */
};

#ifdef __cplusplus
}
#endif

/*
 * Every plugin defines these two, and nothing else that is visible:
 *
 *	BLOCKCHECK_PLUGIN_EXPORT const uint32_t blockcheck_plugin_abi = BLOCKCHECK_PLUGIN_ABI;
 *	BLOCKCHECK_PLUGIN_EXPORT int blockcheck_plugin_init(const struct bc_host_v1 *host,
 *		struct bc_plugin_v1 *out, int argc, char **argv);
 *
 * init fills in `out` and returns 0, or anything else to be refused; what it writes to standard
 * error before that is seen. argv[0] is the plugin's file, the others are "key=value" as given on
 * the command line. All of it, and the host, stays valid until fini. In C++, a const needs `extern`
 * to be visible: BLOCKCHECK_PLUGIN_EXPORT has it.
 */
#ifdef __cplusplus
extern "C" {
#endif
__attribute__((visibility("default"))) extern const uint32_t blockcheck_plugin_abi;
__attribute__((visibility("default"))) int blockcheck_plugin_init(
	const struct bc_host_v1 *host, struct bc_plugin_v1 *out, int argc, char **argv);
#ifdef __cplusplus
}
#endif

#endif
