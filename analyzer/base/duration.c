#include "base/duration.h"

#include <stddef.h>
#include <string.h>

/* Digits with at most one point; strtod() would also take "0x1p3", "nan" and "infinity". */
static const char *read_decimal(const char *text, double *value)
{
	double scale = 1;
	int digits = 0;

	*value = 0;
	for (; *text >= '0' && *text <= '9'; text++, digits++)
		*value = *value * 10 + (*text - '0');
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, digits++)
			*value += (*text - '0') * (scale /= 10);
	return digits ? text : NULL;
}

int bc_duration_read(const char *text, double bare_ms, double *ms)
{
	static const struct {
		const char *name;
		double ms;
	} units[] = {{"us", 1e-3}, {"ms", 1}, {"s", 1e3}, {"min", 60e3}};
	const char *unit = read_decimal(text, ms);
	double factor = unit && !*unit ? bare_ms : 0;

	for (size_t i = 0; unit && i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(unit, units[i].name))
			factor = units[i].ms;
	if (unit && !*unit && *ms == 0)
		factor = 1;
	if (factor == 0)
		return -1;
	*ms *= factor;
	return 0;
}
