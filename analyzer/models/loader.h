/* What the files of this folder share while packs are read; nobody else includes it. */
#ifndef BC_MODELS_LOADER_H
#define BC_MODELS_LOADER_H

#include <uthash.h>

#include "base/vec.h"
#include "models/models.h"
#include "models/schema.h"

/* A rule as long as a later pack may still drop it. */
struct bc_loading_sink {
	struct bc_sink_rule rule;
	int pack; /* ordinal of the pack it came from */
	int dead;
};

struct bc_loading_register {
	struct bc_register_rule rule;
	int dead;
};

struct bc_loading_field {
	struct bc_field_rule rule;
	int dead;
};

struct bc_loading_wait {
	struct bc_wait_rule rule;
	const char *loop;
	int dead;
};

/* Never dropped: wrapped only so that all tables look alike. */
struct bc_loading_creator {
	struct bc_creator_rule rule;
	int dead;
};

struct bc_loading_mode {
	struct bc_mode_rule rule;
	int dead;
};

struct bc_loading_watch {
	struct bc_watch_rule rule;
	int dead;
};

struct bc_loading_same {
	struct bc_same_rule rule;
	int dead;
};

struct bc_loading_queue {
	struct bc_queue_rule rule;
	int dead;
};

struct bc_loading_limit {
	struct bc_limit_rule rule;
	int dead;
};

struct bc_loading_lock {
	struct bc_lock_rule rule;
	int dead;
};

/* A name that was met, and what is remembered of it. */
struct bc_loading_name {
	const char *name;
	size_t value;  /* of an id: index into sinks; of a function that never blocks: its pack */
	int overruled; /* a function that never blocks: a later pack says that it does */
	UT_hash_handle hh;
};

struct bc_loader {
	struct bc_arena *arena; /* of the models */

	/* the pack at work */
	const char *path, *pack_name;
	int pack; /* ordinal, from 0 */
	int own;  /* it is the project file */

	BC_VEC(struct bc_loading_sink) sinks;
	BC_VEC(struct bc_loading_register) registers;
	BC_VEC(struct bc_loading_field) fields;
	BC_VEC(struct bc_loading_wait) waits;
	BC_VEC(struct bc_loading_creator) creators;
	BC_VEC(struct bc_loading_mode) modes;
	BC_VEC(struct bc_loading_lock) locks;
	BC_VEC(struct bc_loading_watch) watches;
	BC_VEC(struct bc_loading_limit) limits;
	BC_VEC(struct bc_loading_queue) queues;
	BC_VEC(struct bc_loading_same) sames;
	BC_VEC(struct bc_number) would_block;
	BC_VEC(struct bc_constant) constants;
	BC_VEC(struct bc_rule_test) tests;
	BC_VEC(struct bc_never_rule) nevers_said;
	BC_VEC(struct bc_pack) packs;
	BC_VEC(struct bc_cut_rule) cuts;
	BC_VEC(struct bc_worst_rule) worsts;
	BC_VEC(struct bc_phase_rule) phases;
	BC_VEC(struct bc_handler_rule) handlers;
	BC_VEC(const char *) headers;
	BC_VEC(const char *) forks;
	BC_VEC(const char *) thread_identity;
	BC_VEC(const char *) annotations;
	BC_VEC(const char *) loops;       /* ids */
	struct bc_loading_name *sink_ids; /* of living rules */
	struct bc_loading_name *nevers;   /* functions that never block */
};

/* load.c: remembers `value` under `name`, or replaces what was there. */
void bc_loader_remember(
	struct bc_loader *loader, struct bc_loading_name **names, const char *name, size_t value);

/* pack.c: takes over what a checked document says. 0 or BC_EINPUT. */
int bc_loader_take_pack(struct bc_loader *loader, const struct bc_yaml_node *root);

/* pack_loops.c: the lists of locks, and of functions about queues. */
void bc_loader_take_locks(struct bc_loader *loader, const struct bc_yaml_node *root);
void bc_loader_take_queues(struct bc_loader *loader, const struct bc_yaml_node *root);

/* pack_loops.c: one loop, or the descriptors of a pack. 0 or BC_EINPUT. */
int bc_loader_take_loop(struct bc_loader *loader, const struct bc_yaml_node *node);
int bc_loader_take_descriptors(struct bc_loader *loader, const struct bc_yaml_node *map);

/* limits.c: the setters of limits among a pack's descriptors, and what limits a rule's calls. */
int bc_loader_take_limits(struct bc_loader *loader, const struct bc_yaml_node *map);
int bc_loader_read_limited(
	struct bc_loader *loader, const struct bc_yaml_node *node, struct bc_sink_rule *rule);

/* phases.c: the pack's lists of phases, and of who installs signal handlers. */
void bc_loader_take_phases(struct bc_loader *loader, const struct bc_yaml_node *root);
void bc_loader_take_handlers(struct bc_loader *loader, const struct bc_yaml_node *root);

/* worst.c: what a rule says of its worst case, and the pack's list by category. */
struct bc_worst bc_loader_read_worst(struct bc_loader *loader, const struct bc_yaml_node *map);
void bc_loader_take_worsts(struct bc_loader *loader, const struct bc_yaml_node *root);

/* What a condition is for: it decides what a report that could not decide it has to assume. */
enum bc_cond_use {
	BC_COND_ASSUME_NO, /* nonblocking_when: the call is reported, so it was assumed false */
	BC_COND_ASSUME_YES /* when: the registration counts, so it was assumed true */
};

/* The call that a condition asks about. */
struct bc_cond_scope {
	int params;               /* -1: not said */
	const char *const *names; /* of the arguments, or NULL */
	int nnames;
};

/* condition.c: a condition as bc_pred. 0 or BC_EINPUT. */
int bc_loader_read_condition(struct bc_loader *loader, const struct bc_yaml_node *node,
	const struct bc_cond_scope *scope, enum bc_cond_use use, const struct bc_pred **pred);

/* condition.c: a number or constant that passed the schema. */
struct bc_number bc_loader_number(struct bc_loader *loader, const char *text);

/* The index of a constant in loader->constants, which it is added to when new. */
uint32_t bc_loader_constant(struct bc_loader *loader, const char *name);

/* index.c: builds models->index over the finished tables. */
void bc_models_build_index(struct bc_arena *arena, struct bc_models *models);

#endif
