/*
 * Models: what the rule packs (YAML files below rules/) say about libraries.
 *
 * A pack is YAML 1.1 with `schema: blockcheck-rules/1`. Four kinds of knowledge come out of it:
 *   blocking   functions that may block, how long, and when they do not: struct bc_sink_rule
 *   register   functions that take callbacks, and on which context these run: bc_register_rule
 *   fields     struct fields that hold callbacks: bc_field_rule
 *   wait       functions in which a home-grown loop waits: bc_wait_rule
 * plus names with a meaning of their own (fork, functions that never block) and the macro constants
 * that conditions mention, whose values come from the analysed program's own headers.
 *
 * Everything a model points to lives in the arena given to bc_models_load().
 */
#ifndef BC_MODELS_MODELS_H
#define BC_MODELS_MODELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "models/rules.h"

struct bc_models_index; /* name -> rules; private to models/ */

struct bc_models {
	struct bc_sink_rule *sinks;
	struct bc_register_rule *registers;
	struct bc_field_rule *fields;
	struct bc_wait_rule *waits;
	struct bc_creator_rule *creators;
	struct bc_mode_rule *modes;
	struct bc_lock_rule *locks;
	struct bc_watch_rule *watches;
	struct bc_limit_rule *limits;
	struct bc_phase_rule *phases;
	struct bc_handler_rule *handlers;
	struct bc_queue_rule *queues;
	struct bc_same_rule *sames;
	struct bc_number
		*would_block; /* errno values that only a non-blocking call gives: EAGAIN */
	struct bc_constant *constants;
	const char **headers; /* that define the constants, in order of mention */
	const char **forks;   /* functions that return twice, like fork */
	const char **never_blocks;
	const char **thread_identity;  /* functions that tell on which thread code runs */
	const char **loop_annotations; /* annotate() texts that make a function a callback */
	const char **loops;            /* ids, in order of first mention */
	struct bc_rule_test *tests;
	struct bc_never_rule *nevers; /* never_blocks with its reasons, as the packs say it */
	struct bc_pack *packs;        /* in order of reading */
	struct bc_cut_rule *cuts;
	struct bc_worst_rule *worsts; /* in order of the packs: the last one that fits counts */
	int nsinks, nregisters, nfields, nwaits, nconstants, nheaders, nforks, nnever_blocks,
		nloop_annotations, nloops, ntests, ncreators, nmodes, nlocks, nwatches, nqueues,
		nsames, nwould_block, nthread_identity, nnevers, npacks, ncuts, nworsts, nlimits,
		nphases, nhandlers;
	uint64_t hash[2]; /* XXH3-128 over all packs read, in order */
	struct bc_models_index *index;
};

/*
 * Reads packs: each path is a file, or a folder searched for *.yaml below it in sorted order. Later
 * ones override earlier ones by rule id; `disable: [id]` drops a rule, or all that a loop of this
 * id registers. 0, or BC_EINPUT / BC_ELIMIT with "file:line:column: what is wrong; did you mean
 * ...", and then *models is left empty.
 */
int bc_models_load(
	struct bc_arena *arena, const char *const *paths, int npaths, struct bc_models *models);

/*
 * The files that bc_models_load() would read for these paths, in order: `*files` ends with NULL. 0,
 * or BC_EINPUT / BC_ELIMIT.
 */
int bc_models_files(struct bc_arena *arena, const char *const *paths, int npaths,
	const char *const **files, int *nfiles);

struct bc_yaml_node;

/* The pack that the project file amounts to. */
#define BC_PROJECT_PACK "project"

/*
 * A pack, or a folder of packs, by its path; or the rules in a project file, which its reader has
 * checked already. What these say holds for the program's own functions, too.
 */
struct bc_pack_source {
	const char *path;
	const struct bc_yaml_node *root; /* of a project file, else NULL */
	uint64_t hash[2];                /* of its bytes */
};

/* Like bc_models_load(). */
int bc_models_load_sources(struct bc_arena *arena, const struct bc_pack_source *sources,
	int nsources, struct bc_models *models);

/* One pack from memory, as an editor has it; `name` serves messages and origins. */
int bc_models_load_text(struct bc_arena *arena, const char *name, const char *text, size_t size,
	struct bc_models *models);

void bc_models_set_constant(struct bc_models *models, const char *name, int64_t value);

/*
 * What the packs say of a function's name; never NULL, `name` is NULL when they do not mention it.
 * Linking asks once per symbol and keeps the answer there; the others below ask by name each time.
 */
const struct bc_name_rules *bc_models_of(const struct bc_models *models, const char *name);

/* Rules for a function's name, in order of the packs; *n receives their number. */
const struct bc_sink_rule *const *bc_models_sinks(
	const struct bc_models *models, const char *name, int *n);
const struct bc_register_rule *const *bc_models_registers(
	const struct bc_models *models, const char *name, int *n);
const struct bc_wait_rule *bc_models_wait(const struct bc_models *models, const char *name);
/*
 * NULL when the field holds no callback. `record` as bc_fact_field.record has it, with or without
 * "struct ". An exact name goes before a pattern, a later pack before an earlier one.
 */
const struct bc_field_rule *bc_models_field(
	const struct bc_models *models, const char *record, const char *field);
/* The phase of callbacks that wait for a signal, and the signal's name ("SIGHUP"). */
enum bc_phase bc_models_phase_of_signal(
	const struct bc_models *models, int64_t number, const char **name);
int bc_models_is_fork(const struct bc_models *models, const char *name);
/* A function is never both here and in the sinks: the later pack decides. */
int bc_models_never_blocks(const struct bc_models *models, const char *name);
/* The pack that something came from. */
const struct bc_pack *bc_models_pack_of(
	const struct bc_models *models, const struct bc_origin *origin);
/*
 * The worst stall of a call by a rule, which turned out to be of this category and bound: what the
 * rule says, else what the packs say of the category. Without an answer, `why` is NULL.
 */
struct bc_worst bc_models_worst(const struct bc_models *models, const struct bc_sink_rule *rule,
	enum bc_category category, enum bc_bound bound);
/* 1 when any rule at all mentions the function. */
int bc_models_knows(const struct bc_models *models, const char *name);

/* The rules that mention one function; lists are in the order of the packs. */
struct bc_name_rules {
	const char *name;
	const struct bc_sink_rule **sinks;
	const struct bc_register_rule **registers;
	const struct bc_limit_rule **limits; /* by which the function sets limits */
	int nsinks, nregisters, nlimits;
	/* NULL where the function does no such thing; of several rules the last one counts */
	const struct bc_wait_rule *wait;
	const struct bc_creator_rule *creator; /* makes a descriptor */
	const struct bc_mode_rule *mode;       /* changes the mode of one */
	const struct bc_watch_rule *watch;     /* has one watched */
	const struct bc_queue_rule *queue;
	const struct bc_same_rule *same; /* its result is another name for an argument */
	const struct bc_lock_rule *take, *release;
	uint8_t identity; /* tells on which thread code runs */
	uint8_t fork;     /* returns twice */
	uint8_t never;    /* never blocks; then it has no sinks, the later pack decides */
};

/* How a predicate reads the call it is asked about. Arguments count from 1. */
struct bc_call_view {
	void *context;
	struct bc_value (*value)(void *context, int arg);
	/* the named field of what the argument points to */
	struct bc_value (*field)(void *context, int arg, const char *field);
	enum bc_fd_mode (*fd)(void *context, int arg);
};

/*
 * Three-valued evaluation. When the result is BC_UNKNOWN, *undecided (if not NULL) receives the
 * first atom that could not be decided; its `assumed` is what a report says it assumes.
 */
enum bc_tri bc_pred_eval(const struct bc_models *models, const struct bc_pred *pred,
	const struct bc_call_view *call, const struct bc_pred **undecided);

/* The argument whose mode as a descriptor decides, 0 when none does. `pred` may be NULL. */
int bc_pred_fd_argument(const struct bc_pred *pred);
/* 1 with the value of a rule's number, 0 while a constant in it is unknown. */
int bc_number_known(const struct bc_models *models, const struct bc_number *number, int64_t *value);

/*
 * The limit of a call in milliseconds under a timeout description: BC_YES with *ms set (0 for "does
 * not wait"), BC_NO when it surely waits without limit, BC_UNKNOWN otherwise.
 */
enum bc_tri bc_timeout_eval(
	const struct bc_timeout *timeout, const struct bc_call_view *call, double *ms);

const char *bc_category_name(enum bc_category category); /* "nested-loop" */
const char *bc_bound_name(enum bc_bound bound); /* "unbounded" "timeout" "data-sized" "short" */
const char *bc_phase_name(enum bc_phase phase); /* "reload" */
const char *bc_context_name(enum bc_context context);    /* "LOOP" */
const char *bc_severity_name(enum bc_severity severity); /* "error" */

#endif
