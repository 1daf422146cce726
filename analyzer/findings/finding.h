/*
 * Findings: what a person is told. Everything here is text, numbers and places; nothing refers back
 * to facts or the graph, so that store/, output/ and a language server can use it alone.
 * All memory belongs to the arena of the report.
 */
#ifndef BC_FINDINGS_FINDING_H
#define BC_FINDINGS_FINDING_H

#include <stddef.h>
#include <stdint.h>

#include "findings/graph.h"
#include "models/confidence.h"
#include "models/models.h"

struct bc_place_loc {
	const char *file;      /* relative to the project root; "" when unknown */
	uint32_t line, column; /* from 1; 0 when unknown */
};

enum bc_via { BC_VIA_DIRECT, BC_VIA_POINTER, BC_VIA_CLEANUP };

/* One hop of a path: `function` calls `calls` at `at`. */
struct bc_step {
	const char *function;
	struct bc_place_loc at;
	const char *calls;
	enum bc_via via;
	uint32_t targets;            /* POINTER: how many functions the call may reach; else 0 */
	const char *witness_place;   /* POINTER: "struct proto.handle"; else "" */
	struct bc_place_loc witness; /* POINTER: where the callee was put into that place */
};

struct bc_finding {
	char fingerprint[17]; /* 16 hex digits; no line numbers go into it */
	char rule[8];         /* "BC102" */
	enum bc_category category;
	enum bc_severity severity;
	enum bc_confidence confidence;
	enum bc_bound bound;
	double bound_ms;       /* BC_BOUND_TIMEOUT: the limit, negative when it is not known */
	struct bc_worst worst; /* the stall to be expected when things go wrong */
	enum bc_phase phase;   /* NORMAL as soon as one way here is */
	const char *phase_why; /* "only on reload (SIGHUP)"; NULL when NORMAL */
	const char *message;   /* "getaddrinfo() can block the event loop" */
	const char *because;   /* "waits for the resolver"; "" without */

	struct {
		const char *function; /* that blocks */
		const char *in;       /* that calls it */
		struct bc_place_loc at;
	} sink;

	struct {
		const char *function;
		struct bc_place_loc at;    /* its definition */
		const char *loop;          /* "libuv", "discovered", "annotated" */
		const char *registered_by; /* "uv_read_start"; NULL where the loop's own body is the
					      root */
		struct bc_place_loc registered_at;
	} callback;

	struct bc_step *path; /* from the callback to the sink; at least one */
	int npath;
	const char **callbacks; /* every callback that reaches the sink, the one above first */
	int ncallbacks;
	const char **assumptions; /* "hints.ai_flags lacks AI_NUMERICHOST" */
	int nassumptions;
	const struct bc_alternative *alternatives; /* those that fit the loop in use come first */
	int nalternatives;

	/* a wide dispatch table on the path: any of `family_size` entries of `family`; 0 without */
	const char *family;
	uint32_t family_size;

	/*
	 * A note about files stands for all calls like it in the same function: fopen(), then
	 * fgets() in a loop, is one thing to look at. These are the others, in order of their
	 * lines.
	 */
	struct bc_site {
		const char *function;
		struct bc_place_loc at;
	} * also;
	int nalso;

	/* joined measurements; runs == 0 when never observed */
	struct {
		int runs;
		int64_t count;
		double max_ms, p99_ms;
	} observed;

	const char *suppressed; /* the reason, or NULL */
	const char *baseline;   /* "new", "known"; "new" without a baseline */
	int elsewhere;          /* `check PATH...`: nothing of its way lies there */
};

struct bc_unresolved {
	struct bc_place_loc at;
	const char *in;     /* the function that makes the call */
	const char *place;  /* "struct y.cb" */
	const char *reason; /* "no target found" */
};

struct bc_degraded {
	const char *file;
	int errors;
	const char *first; /* first error or the reason the unit is missing */
};

/* About what people wrote for us: an entry that matches nothing, an annotation that says nothing.
 */
struct bc_remark {
	char rule[8]; /* "BC301" */
	struct bc_place_loc at;
	const char *message;
};

/* A native plugin that took part. */
struct bc_plugin_info {
	const char *name, *version, *path;
};

struct bc_callback_info {
	const char *function;
	struct bc_place_loc at;
	const char *loop, *registered_by;
	struct bc_place_loc registered_at;
	enum bc_context context;
};

/* What was seen to run and the analysis did not know, see unseen.h. */
struct bc_unseen {
	int is_callback;    /* the loop runs it; else it was called through a pointer */
	const char *caller; /* the function that calls it, or that registered the callback */
	struct bc_place_loc caller_at; /* the call; nothing for a callback */
	const char *callee;
	struct bc_place_loc callee_at; /* its definition */
	int64_t count;                 /* times it ran, or stalls that show the call */
};

struct bc_measured;

struct bc_report {
	struct bc_arena arena;
	const char *root;     /* absolute project root */
	const char *database; /* where results of this project go; NULL when it was not found out */

	struct bc_finding *findings; /* sorted: severity, confidence, file, line, column, rule */
	int nfindings;
	struct bc_unresolved *unresolved;
	int nunresolved;
	struct bc_degraded *degraded;
	int ndegraded;
	struct bc_callback_info *callbacks;
	int ncallbacks;
	struct bc_remark *remarks; /* sorted by place */
	int nremarks;
	struct bc_plugin_info *plugins; /* in order of the command line */
	int nplugins;
	struct bc_unseen *unseen; /* of all measured runs */
	int nunseen;
	struct bc_graph graph;              /* empty in a report that was loaded */
	const struct bc_measured *measured; /* `report`: see measured.h; else NULL */
	const char *stray; /* the first PATH in which there is nothing of the program, or NULL */

	struct {
		int units, parsed, cached,
			degraded; /* units = parsed + cached, degraded among them or missing */
		int callbacks;
		int functions, calls, indirect_calls, indirect_resolved;
		int hidden_confidence; /* findings left out for --min-confidence */
		int hidden_budget;     /* left out because they end within the budget */
		int hidden_logging;    /* left out because the logging class is off */
		int hidden_paths;      /* left out because the project file skips their files */
		int elsewhere;         /* left out because their way is not through a PATH */
		int malformed;         /* entries of the database; it is in `degraded` then */
		int skipped_cxx, skipped_asm,
			skipped_other; /* database entries of other languages */
		double parse_ms, link_ms, total_ms;
		size_t peak_memory; /* bytes, the largest worker */
	} summary;
};

const char *bc_confidence_name(enum bc_confidence confidence);
const char *bc_via_name(enum bc_via via);
const char *bc_rule_title(const char *rule); /* "BC102" -> "name resolution on the loop" */

/* Keeps what `check PATH...` asks for: findings that are not elsewhere. */
void bc_report_keep_asked(struct bc_report *report);

void bc_report_fini(struct bc_report *report);

#endif
