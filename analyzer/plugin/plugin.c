#include "plugin/plugin.h"

#include <blockcheck/plugin.h>
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/fs.h"
#include "models/confidence.h"
#include "models/models.h"
#include "plugin/object.h"

enum { MAX_ARGUMENTS = 32 };

typedef int init_function(const struct bc_host_v1 *, struct bc_plugin_v1 *, int, char **);

/* A plugin on its way in. */
struct loading {
	struct bc_arena *arena;
	struct bc_plugin plugin;
	char **argv;
	int argc;
};

__attribute__((format(printf, 2, 3))) static int refuse(
	const struct loading *l, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	return bc_fail(BC_EINPUT, "plugin %s: %s", l->plugin.path, why);
}

/* FILE[,KEY=VALUE...]. Made absolute: dlopen() looks for bare names in the system's folders. */
static int read_spec(struct loading *l, const char *here, const char *spec)
{
	char *rest = bc_arena_strdup(l->arena, spec);
	char *file = strsep(&rest, ",");

	l->plugin.path = bc_path_absolute(l->arena, here, file);
	l->argv = BC_NEW_ARRAY(l->arena, char *, MAX_ARGUMENTS + 2);
	l->argv[l->argc++] = (char *)l->plugin.path;
	while (rest) {
		char *argument = strsep(&rest, ",");

		if (!strchr(argument, '=') || *argument == '=')
			return refuse(l, "'%s' is no KEY=VALUE", argument);
		if (l->argc > MAX_ARGUMENTS)
			return refuse(l, "more than %d arguments", MAX_ARGUMENTS);
		l->argv[l->argc++] = argument;
	}
	return *file ? 0 : bc_fail(BC_EINPUT, "--plugin: '%s' names no file", spec);
}

static int open_object(struct loading *l)
{
	const char *why = bc_object_fault(l->plugin.path);

	if (why)
		return refuse(l, "%s", why);
	l->plugin.handle = dlopen(l->plugin.path, RTLD_NOW | RTLD_LOCAL);
	if (l->plugin.handle)
		return 0;
	why = dlerror();
	/* "PATH: what is wrong", where the path has been said already */
	if (why && !strncmp(why, l->plugin.path, strlen(l->plugin.path)))
		why += strlen(l->plugin.path) + (why[strlen(l->plugin.path)] == ':' ? 2 : 0);
	return refuse(l, "cannot be loaded: %s", why ? why : "no reason given");
}

static int check_abi(const struct loading *l)
{
	const uint32_t *abi = dlsym(l->plugin.handle, "blockcheck_plugin_abi");

	if (!abi)
		return refuse(l, "is no plugin of blockcheck: it has no blockcheck_plugin_abi");
	if (*abi != BLOCKCHECK_PLUGIN_ABI)
		return refuse(l,
			"is made for plugin interface %u, and this blockcheck has %d; build it "
			"again with this version's blockcheck/plugin.h",
			(unsigned)*abi, BLOCKCHECK_PLUGIN_ABI);
	return 0;
}

static int check_api(const struct loading *l)
{
	const struct bc_plugin_v1 *api = l->plugin.api;

	if (!api->name || !*api->name || !api->version)
		return refuse(l, "does not say its name and version");
	if (!api->functions || !api->functions[0] || !api->on_call)
		return refuse(l, "asks for no calls (functions, on_call)");
	return 0;
}

static int start(struct loading *l, const struct bc_host_v1 *host)
{
	init_function *init;
	int status;

	/* C has no conversion between pointers to data and to functions; POSIX has this one */
	*(void **)&init = dlsym(l->plugin.handle, "blockcheck_plugin_init");
	if (!init)
		return refuse(l, "is no plugin of blockcheck: it has no blockcheck_plugin_init");
	l->plugin.api = BC_NEW(l->arena, struct bc_plugin_v1);
	l->plugin.api->size = sizeof(*l->plugin.api);
	status = init(host, l->plugin.api, l->argc, l->argv);
	if (status != 0)
		return refuse(l, "refused to start (%d)", status);
	return check_api(l);
}

static int load(
	struct loading *l, const char *here, const char *spec, const struct bc_host_v1 *host)
{
	int status = read_spec(l, here, spec);

	if (status == 0)
		status = open_object(l);
	if (status == 0)
		status = check_abi(l);
	if (status == 0)
		status = start(l, host);
	if (status == 0) {
		l->plugin.name = bc_arena_strdup(l->arena, l->plugin.api->name);
		l->plugin.version = bc_arena_strdup(l->arena, l->plugin.api->version);
	} else if (l->plugin.handle) {
		dlclose(l->plugin.handle);
	}
	return status;
}

int bc_plugins_load(struct bc_arena *arena, const char *here, const char *const *specs, int nspecs,
	const char *version, struct bc_plugins *plugins)
{
	struct bc_host_v1 *host = BC_NEW(arena, struct bc_host_v1);
	int status = 0;

	*host = bc_plugin_host;
	host->version = version;
	*plugins = (struct bc_plugins){
		.items = BC_NEW_ARRAY(arena, struct bc_plugin, (size_t)nspecs + 1)};
	for (int i = 0; status == 0 && i < nspecs; i++) {
		struct loading l = {.arena = arena};

		status = load(&l, here, specs[i], host);
		if (status == 0)
			plugins->items[plugins->count++] = l.plugin;
	}
	if (status != 0)
		bc_plugins_fini(plugins);
	return status;
}

void bc_plugins_fini(struct bc_plugins *plugins)
{
	for (int i = plugins->count; i-- > 0;) {
		struct bc_plugin_v1 *api = plugins->items[i].api;

		if (api->fini)
			api->fini(api->context);
		dlclose(plugins->items[i].handle);
	}
	plugins->count = 0;
}

static int watches(const struct bc_plugin *plugin, const char *function)
{
	for (const char *const *name = plugin->api->functions; *name; name++)
		if (!strcmp(*name, function))
			return 1;
	return 0;
}

int bc_plugins_watch(const struct bc_plugins *plugins, const char *function)
{
	for (int i = 0; plugins && i < plugins->count; i++)
		if (watches(&plugins->items[i], function))
			return 1;
	return 0;
}

/* A verdict that makes no sense is none: no plugin may bring down what comes after it. */
static int makes_sense(const struct bc_verdict_v1 *v)
{
	if (v->opinion == BLOCKCHECK_DOES_NOT_BLOCK)
		return 1;
	return v->opinion == BLOCKCHECK_BLOCKS && v->category >= BLOCKCHECK_SLEEP &&
	       v->category < BC_CAT_COUNT && v->bound <= BLOCKCHECK_SHORT &&
	       v->confidence <= BLOCKCHECK_CERTAIN;
}

const struct bc_plugin *bc_plugins_ask(const struct bc_plugins *plugins,
	const struct blockcheck_site *site, struct bc_verdict_v1 *verdict)
{
	for (int i = 0; plugins && i < plugins->count; i++) {
		const struct bc_plugin *plugin = &plugins->items[i];

		if (!watches(plugin, site->function))
			continue;
		*verdict = (struct bc_verdict_v1){
			.size = sizeof(*verdict), .confidence = BLOCKCHECK_CERTAIN};
		plugin->api->on_call(plugin->api->context, site, verdict);
		if (makes_sense(verdict))
			return plugin;
	}
	return NULL;
}

/* The numbers of the interface are promises; those of the analysis just happen to be the same. */
_Static_assert((int)BLOCKCHECK_SLEEP == BC_CAT_SLEEP, "categories");
_Static_assert((int)BLOCKCHECK_NETWORK == BC_CAT_NETWORK, "categories");
_Static_assert((int)BLOCKCHECK_LOCK == BC_CAT_LOCK, "categories");
_Static_assert((int)BLOCKCHECK_LOGGING == BC_CAT_LOGGING, "categories");
_Static_assert((int)BLOCKCHECK_UNBOUNDED == BC_BOUND_UNBOUNDED, "bounds");
_Static_assert((int)BLOCKCHECK_TIMEOUT == BC_BOUND_TIMEOUT, "bounds");
_Static_assert((int)BLOCKCHECK_DATA_SIZED == BC_BOUND_DATA, "bounds");
_Static_assert((int)BLOCKCHECK_SHORT == BC_BOUND_SHORT, "bounds");
_Static_assert((int)BLOCKCHECK_POSSIBLE == BC_CONF_POSSIBLE, "confidence");
_Static_assert((int)BLOCKCHECK_CERTAIN == BC_CONF_CERTAIN, "confidence");
