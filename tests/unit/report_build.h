/* A report made by hand, with every shape of finding in it. */
#ifndef BC_TEST_REPORT_BUILD_H
#define BC_TEST_REPORT_BUILD_H

#include <stdio.h>
#include <string.h>

#include "findings/finding.h"

#define AT(file, line, column) ((struct bc_place_loc){file, line, column})

static const char *const report_net[] = {
	"#include \"net.h\"",
	"",
	"int resolve_peer(const char *host)",
	"{",
	"\tstruct addrinfo hints = {0}, *res;",
	"\treturn getaddrinfo(host, NULL, &hints, &res);",
	"}",
	NULL,
};

/* The unbounded one: three hops, one through a pointer. */
static inline struct bc_finding report_dns(void)
{
	static struct bc_step path[] = {
		{"on_read", {"src/conn.c", 120, 2}, "dispatch", BC_VIA_DIRECT, 0, "", {"", 0, 0}},
		{"dispatch", {"src/conn.c", 140, 9}, "resolve_peer", BC_VIA_POINTER, 4,
			"struct proto.handle", {"src/proto.c", 12, 3}},
		{"resolve_peer", {"src/net.c", 6, 9}, "getaddrinfo", BC_VIA_DIRECT, 0, "",
			{"", 0, 0}},
	};
	static const char *callbacks[] = {"on_read", "on_timer", "on_signal"};
	static const char *assumptions[] = {"hints.ai_flags lacks AI_NUMERICHOST"};
	static const struct bc_alternative alternatives[] = {
		{"uv_getaddrinfo", "pass a callback", "libuv"}, {"ares_getaddrinfo", "", ""}};

	return (struct bc_finding){
		.fingerprint = "39fa2ee980eb94b0",
		.rule = "BC102",
		.category = BC_CAT_DNS,
		.severity = BC_SEV_ERROR,
		.confidence = BC_CONF_CERTAIN,
		.bound = BC_BOUND_UNBOUNDED,
		.bound_ms = -1,
		.message = "getaddrinfo() can block the event loop",
		.because = "waits for the resolver",
		.worst = {30000, "servers that do not answer"},
		.sink = {"getaddrinfo", "resolve_peer", AT("src/net.c", 6, 9)},
		.callback = {"on_read", AT("src/conn.c", 101, 1), "libuv", "uv_read_start",
			AT("src/main.c", 41, 2)},
		.path = path,
		.npath = 3,
		.callbacks = callbacks,
		.ncallbacks = 3,
		.assumptions = assumptions,
		.nassumptions = 1,
		.alternatives = alternatives,
		.nalternatives = 2,
		.observed = {.runs = 3, .count = 12, .max_ms = 412, .p99_ms = 31.25},
		.baseline = "new",
	};
}

/* Twelve hops, a family, a limit, a loop's own body, no source, and nine more callbacks. */
static inline struct bc_finding report_long(void)
{
	static const char *names[] = {"serve", "step", "one", "two", "three", "four", "five", "six",
		"seven", "eight", "nine", "nap"};
	static const char *callbacks[] = {"serve", "a", "b", "c", "d", "e", "f", "g", "h", "i"};
	static struct bc_step path[12];

	for (uint32_t i = 0; i < 12; i++)
		path[i] = (struct bc_step){names[i], {"src/gone.c", 10 + i, 1},
			i < 11 ? names[i + 1] : "usleep", BC_VIA_DIRECT, 0, "", {"", 0, 0}};
	path[1].via = BC_VIA_POINTER;
	path[1].targets = 266;
	path[1].witness_place = "struct redisCommand.proc";
	path[7].via = BC_VIA_POINTER;
	path[7].witness_place = "parameter 2 of six";
	path[7].witness = AT("src/gone.c", 99, 5);
	path[10].via = BC_VIA_CLEANUP;
	return (struct bc_finding){
		.fingerprint = "0000000000000001",
		.rule = "BC101",
		.category = BC_CAT_SLEEP,
		.severity = BC_SEV_WARNING,
		.confidence = BC_CONF_LIKELY,
		.bound = BC_BOUND_TIMEOUT,
		.bound_ms = 1500,
		.worst = {1500, "its time limit"},
		.phase = BC_PHASE_SHUTDOWN,
		.phase_why = "the loop ends after this",
		.message = "usleep() can block the event loop",
		.because = "",
		.sink = {"usleep", "nap", AT("src/gone.c", 21, 1)},
		.callback = {"serve", AT("src/gone.c", 5, 1), "discovered", NULL,
			AT("src/gone.c", 7, 2)},
		.path = path,
		.npath = 12,
		.callbacks = callbacks,
		.ncallbacks = 10,
		.family = "struct redisCommand.proc",
		.family_size = 266,
		.baseline = "new",
	};
}

static inline struct bc_finding report_note(const char *suppressed, const char *baseline)
{
	static struct bc_step path[] = {
		{"on_timer", {"src/log.c", 8, 3}, "open", BC_VIA_DIRECT, 0, "", {"", 0, 0}}};
	static const char *callbacks[] = {"on_timer"};

	return (struct bc_finding){
		.fingerprint = "ffffffffffffffff",
		.rule = "BC104",
		.category = BC_CAT_DISK,
		.severity = BC_SEV_NOTE,
		.confidence = BC_CONF_POSSIBLE,
		.bound = BC_BOUND_SHORT,
		.worst = {-1, "as long as the device takes"},
		.phase = BC_PHASE_RELOAD,
		.phase_why = "only on reload (SIGHUP)",
		.message = "open() can block the event loop",
		.because = "",
		.sink = {"open", "on_timer", AT("src/log.c", 8, 3)},
		.callback = {"on_timer", AT("src/log.c", 5, 1), "annotated", NULL,
			AT("src/log.c", 5, 1)},
		.path = path,
		.npath = 1,
		.callbacks = callbacks,
		.ncallbacks = 1,
		.suppressed = suppressed,
		.baseline = baseline,
	};
}

/* The report lies in the caller's memory and refers to static memory only. */
struct report_build {
	struct bc_finding findings[5];
	struct bc_unresolved unresolved[1];
	struct bc_degraded degraded[1];
	struct bc_callback_info callbacks[2];
	struct bc_report report;
};

static inline void report_init(struct report_build *b)
{
	b->findings[0] = report_dns();
	b->findings[1] = report_long();
	b->findings[2] = report_note(NULL, "new");
	b->findings[3] = report_note("read once, at start", "new");
	b->findings[4] = report_note(NULL, "known");
	b->unresolved[0] = (struct bc_unresolved){
		AT("src/x.c", 9, 4), "run", "struct y.cb", "no target found"};
	b->degraded[0] = (struct bc_degraded){"src/z.c", 2, "src/z.c:1: 'foo.h' file not found"};
	b->callbacks[0] = (struct bc_callback_info){"on_read", AT("src/conn.c", 101, 1), "libuv",
		"uv_read_start", AT("src/main.c", 41, 2), BC_CTX_LOOP};
	b->callbacks[1] = (struct bc_callback_info){
		"work", AT("src/w.c", 3, 1), "libuv", NULL, AT("", 0, 0), BC_CTX_WORKER};
	b->report = (struct bc_report){
		.root = "/no/such/folder",
		.findings = b->findings,
		.nfindings = 5,
		.unresolved = b->unresolved,
		.nunresolved = 1,
		.degraded = b->degraded,
		.ndegraded = 1,
		.callbacks = b->callbacks,
		.ncallbacks = 2,
		.summary = {.units = 214,
			.parsed = 9,
			.cached = 205,
			.degraded = 1,
			.callbacks = 61,
			.functions = 1000,
			.calls = 9000,
			.indirect_calls = 80,
			.indirect_resolved = 79,
			.hidden_confidence = 12,
			.hidden_budget = 3,
			.hidden_logging = 4,
			.skipped_cxx = 5,
			.skipped_asm = 6,
			.skipped_other = 7,
			.parse_ms = 1000.5,
			.link_ms = 200.25,
			.total_ms = 1240,
			.peak_memory = (size_t)150 << 20},
	};
}

#endif
