#include "link/program/reads.h"

#include <string.h>

enum { READS = 64 }; /* bits in bc_typeinfo.reads */

/* The n-th parameter (from 1) in "int (const char *, struct a *)": its text and length. */
static const char *find_parameter(const char *spelling, int nth, size_t *len)
{
	const char *at = strchr(spelling, '(');
	int depth = 0;

	if (!at)
		return NULL;
	for (const char *start = ++at;; at++) {
		if (*at == '(')
			depth++;
		if (*at && !(depth == 0 && (*at == ',' || *at == ')'))) {
			depth -= *at == ')';
			continue;
		}
		if (--nth == 0) {
			*len = (size_t)(at - start);
			return start;
		}
		if (*at != ',')
			return NULL;
		start = at + 1;
	}
}

uint64_t bc_reads_of_type(const char *spelling)
{
	const char *parameter;
	uint64_t reads = 0;
	size_t len;

	if (!strstr(spelling, "const "))
		return 0;
	for (int i = 0; i < READS && (parameter = find_parameter(spelling, i + 1, &len)); i++) {
		const char *star = memchr(parameter, '*', len);
		const char *constant = star ? strstr(parameter, "const ") : NULL;

		if (constant && constant < star)
			reads |= UINT64_C(1) << i;
	}
	return reads;
}

int bc_may_write_argument(const struct bc_program *program, uint32_t type, int arg)
{
	return type == BC_NONE || arg < 1 || arg > READS ||
	       !(program->types[type].reads >> (arg - 1) & 1);
}
