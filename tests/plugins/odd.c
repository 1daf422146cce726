/* Plugins with one thing wrong each; a macro says which. */
#include <blockcheck/plugin.h>
#include <stddef.h>
#include <string.h>

#if !defined(NO_ABI)
#if defined(WRONG_ABI)
BLOCKCHECK_PLUGIN_EXPORT const uint32_t blockcheck_plugin_abi = BLOCKCHECK_PLUGIN_ABI + 1;
#else
BLOCKCHECK_PLUGIN_EXPORT const uint32_t blockcheck_plugin_abi = BLOCKCHECK_PLUGIN_ABI;
#endif
#endif

#if !defined(NO_INIT)
#if !defined(REFUSES) && !defined(NO_FUNCTIONS)
static const char *const functions[] = {"dbx_exec", NULL};
#endif

/* One that only a host of a later version could fill in fully reads what it knows, and no more. */
struct grown_plugin {
	struct bc_plugin_v1 v1;
	void (*later)(void);
};

static void judge(void *context, const struct blockcheck_site *site, struct bc_verdict_v1 *verdict)
{
	(void)context, (void)site;
	verdict->opinion = BLOCKCHECK_BLOCKS;
	verdict->category = BLOCKCHECK_CPU;
	verdict->because = "grew";
#if defined(NONSENSE)
	memset((char *)verdict + sizeof(verdict->size), 0x5a, sizeof(*verdict) - sizeof(uint32_t));
#endif
}

BLOCKCHECK_PLUGIN_EXPORT int blockcheck_plugin_init(
	const struct bc_host_v1 *host, struct bc_plugin_v1 *out, int argc, char **argv)
{
	(void)host, (void)argc, (void)argv;
	out->on_call = judge;
#if defined(REFUSES)
	return 7;
#else
#if !defined(NO_NAME)
	out->name = "odd";
#endif
	out->version = "0";
#if !defined(NO_FUNCTIONS)
	out->functions = functions;
#endif
#if defined(GROWN)
	if (out->size >= sizeof(struct grown_plugin))
		((struct grown_plugin *)(void *)out)->later = NULL;
#endif
	return 0;
#endif
}
#endif
