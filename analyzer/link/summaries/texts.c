#include "link/summaries/texts.h"

#include <stdlib.h>
#include <string.h>

#include "base/vec.h"

/* sprintf(3), asprintf(3), strdup(3), strcpy(3), string(3bsd); GLib's reference, "String
 * Utilities".
 */
static const struct {
	const char *name;
	struct bc_text_rule rule;
} known[] = {
	{"sprintf", {2, 1}},
	{"vsprintf", {2, 1}},
	{"snprintf", {3, 1}},
	{"vsnprintf", {3, 1}},
	{"asprintf", {2, 1}},
	{"vasprintf", {2, 1}},
	{"strcpy", {2, 1}},
	{"stpcpy", {2, 1}},
	{"strncpy", {2, 1}},
	{"strlcpy", {2, 1}},
	{"strdup", {1, 0}},
	{"strndup", {1, 0}},
	{"g_snprintf", {3, 1}},
	{"g_vsnprintf", {3, 1}},
	{"g_strlcpy", {2, 1}},
	{"g_strdup", {1, 0}},
	{"g_strndup", {1, 0}},
	{"g_strdup_printf", {1, 0}},
	{"g_strdup_vprintf", {1, 0}},
};

static struct bc_text_rule library_rule(const struct bc_sym *sym)
{
	struct bc_text_rule none = {0, 0};

	/* glibc's checked variants are inline bodies under the same names */
	if (sym->func != BC_NONE && !(sym->flags & BC_SYM_SYSTEM))
		return none;
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (!strcmp(known[i].name, sym->name))
			return known[i].rule;
	return none;
}

/* The parameter, from 1, that an argument passes on; 0 for anything else. */
static uint8_t passed_on(const struct bc_func *f, uint32_t call_node, uint8_t arg)
{
	uint32_t param = arg ? bc_param_at(f, bc_call_argument(f, call_node, arg)) : BC_NONE;

	return param < UINT8_MAX ? (uint8_t)(param + 1) : 0;
}

/* Is the call what the function returns, at once? */
static int is_returned(const struct bc_func *f, uint32_t node)
{
	while (node > 0 && f->nodes[node - 1].kind == BC_N_CAST)
		node--;
	return node > 0 && f->nodes[node - 1].kind == BC_N_RETURN;
}

static struct bc_text_rule wrapper_rule(
	const struct bc_program *program, const struct bc_call *c, struct bc_text_rule inner)
{
	const struct bc_func *f = &program->funcs[c->func];
	struct bc_text_rule rule = {
		passed_on(f, c->node, inner.from), passed_on(f, c->node, inner.into)};

	if (inner.into ? !rule.into : !is_returned(f, c->node))
		rule.from = 0;
	return rule;
}

struct bc_text_rule *bc_find_texts(const struct bc_program *program)
{
	struct bc_text_rule *rules = bc_xmalloc((program->nsyms + 1) * sizeof(*rules));
	int changed = 1;

	for (uint32_t i = 0; i < program->nsyms; i++)
		rules[i] = library_rule(&program->syms[i]);
	while (changed) {
		changed = 0;
		for (uint32_t i = 0; i < program->ncalls; i++) {
			const struct bc_call *c = &program->calls[i];
			uint32_t sym = program->funcs[c->func].sym;

			if (c->sym == BC_NONE || sym == BC_NONE || !rules[c->sym].from ||
				rules[sym].from)
				continue;
			rules[sym] = wrapper_rule(program, c, rules[c->sym]);
			changed |= rules[sym].from != 0;
		}
	}
	return rules;
}
