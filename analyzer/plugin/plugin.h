/*
 * Native plugins: loading them, and asking them. The interface that they see is
 * include/blockcheck/plugin.h.
 */
#ifndef BC_PLUGIN_PLUGIN_H
#define BC_PLUGIN_PLUGIN_H

#include <stdint.h>

#include "base/arena.h"
#include "models/value.h"

struct bc_plugin_v1;
struct bc_verdict_v1;

/* What a plugin sees of a call. */
struct blockcheck_site {
	const char *function, *caller, *file;
	uint32_t line;
	const struct bc_value *args; /* args[0] is argument 1 */
	int nargs;
};

struct bc_plugin {
	const char *name, *version, *path;
	void *handle; /* of dlopen() */
	struct bc_plugin_v1 *api;
};

struct bc_plugins {
	struct bc_plugin *items;
	int count;
};

/*
 * Loads "FILE[,KEY=VALUE...]", one after the other; `here` is what relative files are relative to.
 * 0, or BC_EINPUT with one line that says which plugin and why; none is loaded then. `version` is
 * blockcheck's own.
 */
int bc_plugins_load(struct bc_arena *arena, const char *here, const char *const *specs, int nspecs,
	const char *version, struct bc_plugins *plugins);
void bc_plugins_fini(struct bc_plugins *plugins);

/* 1 when some plugin wants to be asked about calls of this function. `plugins` may be NULL. */
int bc_plugins_watch(const struct bc_plugins *plugins, const char *function);

/*
 * The first opinion that a plugin has on a call, checked; the plugin's name is returned with it.
 * NULL when none has one. The texts in the verdict are the plugin's: copy them.
 */
const struct bc_plugin *bc_plugins_ask(const struct bc_plugins *plugins,
	const struct blockcheck_site *site, struct bc_verdict_v1 *verdict);

/* host.c: the table of functions for plugins. */
struct bc_host_v1;
extern const struct bc_host_v1 bc_plugin_host;

#endif
