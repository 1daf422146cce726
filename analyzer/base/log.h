/*
 * Diagnostics for developers, on stderr only: BLOCKCHECK_LOG=parse:debug,link:trace or a bare level
 * for all domains. A file chooses its tag once, with `#define BC_DOMAIN "link"` above its includes.
 * Findings never go through the log.
 */
#ifndef BC_BASE_LOG_H
#define BC_BASE_LOG_H

enum bc_log_level { BC_LOG_ERROR, BC_LOG_WARN, BC_LOG_INFO, BC_LOG_DEBUG, BC_LOG_TRACE };

int bc_log_enabled(enum bc_log_level level, const char *domain);
void bc_log_write(enum bc_log_level level, const char *domain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define BC_LOG(level, ...) \
	do { \
		if (bc_log_enabled(BC_LOG_##level, BC_DOMAIN)) \
			bc_log_write(BC_LOG_##level, BC_DOMAIN, __VA_ARGS__); \
	} while (0)

#endif
