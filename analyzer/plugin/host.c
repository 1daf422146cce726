/* What plugins may ask: see include/blockcheck/plugin.h. */
#include <blockcheck/plugin.h>

#include <stddef.h>

#include "plugin/plugin.h"

static const char *site_function(const struct blockcheck_site *site)
{
	return site->function;
}

static const char *site_caller(const struct blockcheck_site *site)
{
	return site->caller;
}

static const char *site_file(const struct blockcheck_site *site)
{
	return site->file;
}

static uint32_t site_line(const struct blockcheck_site *site)
{
	return site->line;
}

static uint32_t site_arguments(const struct blockcheck_site *site)
{
	return (uint32_t)site->nargs;
}

/* What is known of an argument, NULL when there is none of this number. */
static const struct bc_value *argument(const struct blockcheck_site *site, uint32_t n)
{
	return n >= 1 && n <= (uint32_t)site->nargs ? &site->args[n - 1] : NULL;
}

static int site_integer(const struct blockcheck_site *site, uint32_t n, int64_t *value)
{
	const struct bc_value *arg = argument(site, n);

	if (!arg || arg->kind != BC_V_INTS || arg->n != 1)
		return 0;
	*value = arg->u.ints[0];
	return 1;
}

static const char *site_text(const struct blockcheck_site *site, uint32_t n)
{
	const struct bc_value *arg = argument(site, n);

	return arg && arg->kind == BC_V_TEXT ? arg->u.text : NULL;
}

static int has_zero(const struct bc_value *value)
{
	for (int i = 0; i < value->n; i++)
		if (!value->u.ints[i])
			return 1;
	return 0;
}

static int site_is_null(const struct blockcheck_site *site, uint32_t n)
{
	const struct bc_value *arg = argument(site, n);

	if (!arg)
		return -1;
	switch ((enum bc_value_kind)arg->kind) {
	case BC_V_INTS: return !has_zero(arg) ? 0 : arg->n == 1 ? 1 : -1;
	case BC_V_BITS: return arg->u.bits.ones ? 0 : -1;
	case BC_V_FUNCS:
	case BC_V_NONNULL:
	case BC_V_TEXT:
	case BC_V_LOCAL: return 0;
	case BC_V_TOP:
	case BC_V_FORK:
	case BC_V_FD: return -1;
	}
	return -1;
}

const struct bc_host_v1 bc_plugin_host = {
	.size = sizeof(struct bc_host_v1),
	.abi = BLOCKCHECK_PLUGIN_ABI,
	.site_function = site_function,
	.site_caller = site_caller,
	.site_file = site_file,
	.site_line = site_line,
	.site_arguments = site_arguments,
	.site_integer = site_integer,
	.site_text = site_text,
	.site_is_null = site_is_null,
};
