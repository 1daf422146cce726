#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};

static int level_named(const char *text, size_t len)
{
	for (int i = 0; i <= BC_LOG_TRACE; i++)
		if (strlen(level_names[i]) == len && !strncmp(level_names[i], text, len))
			return i;
	return -1;
}

/* The level that BLOCKCHECK_LOG asks for in `domain`; warnings where it says nothing. */
static int wanted_level(const char *domain)
{
	const char *p = getenv("BLOCKCHECK_LOG");
	int level = BC_LOG_WARN;

	while (p && *p) {
		size_t len = strcspn(p, ",");
		const char *colon = memchr(p, ':', len);
		size_t name = colon ? (size_t)(colon - p) : 0;
		int named = colon ? level_named(colon + 1, len - name - 1) : level_named(p, len);

		if (named >= 0 && (!colon || (strlen(domain) == name && !strncmp(p, domain, name))))
			level = named;
		p += len;
		p += *p == ',';
	}
	return level;
}

int bc_log_enabled(enum bc_log_level level, const char *domain)
{
	return (int)level <= wanted_level(domain);
}

void bc_log_write(enum bc_log_level level, const char *domain, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "blockcheck: %s: %s: ", domain, level_names[level]);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
