/*
 * Private to the pipeline: what its stages hand on to each other, and those that do not stand in
 * pipeline.c itself.
 */
#ifndef BC_STAGES_H
#define BC_STAGES_H

#include "base/progress.h"
#include "base/vec.h"
#include "findings/build.h"
#include "input/compdb.h"
#include "input/project.h"
#include "link/link.h"
#include "link/program/split.h"
#include "parse/units.h"
#include "pipeline.h"

/* Everything between the stages; what it points to lives in the arena until the end. */
struct bc_stages {
	const struct bc_check_options *options;
	struct bc_arena arena;
	struct bc_progress progress;
	const char *here;
	struct bc_compdb compdb;
	struct bc_project project;
	struct bc_units units;
	struct bc_models models;
	struct bc_plugins plugins;
	BC_VEC(struct bc_facts *) facts;      /* every fact file opened, units and shards */
	BC_VEC(struct bc_facts *) unit_facts; /* per unit, NULL where it failed */
	BC_VEC(const struct bc_compile *) unit_compiles;
	struct bc_split split;
};

/* pipeline.c: from the database to facts, sorted into programs. */
int bc_stages_run(struct bc_stages *p);
void bc_stages_fini(struct bc_stages *p);
/* pipeline.c: opens a fact file; NULL when it is damaged. */
struct bc_facts *bc_stages_open_facts(struct bc_stages *p, const char *path);

/* programs.c: which units make up which program. */
void bc_stages_split(struct bc_stages *p);
/* programs.c: links each program in turn and shows it to `use`. */
int bc_stages_link(struct bc_stages *p,
	void (*use)(struct bc_stages *p, const struct bc_linked *linked, void *context),
	void *context);

struct bc_collecting {
	struct bc_findings findings;
	struct bc_findings_options options;
};

/* summary.c: a user of bc_stages_link() whose context is a struct bc_collecting. */
void bc_stages_collect(struct bc_stages *p, const struct bc_linked *linked, void *context);
/* summary.c: with PATH arguments, only findings whose way passes through one of them are told. */
void bc_stages_mark_elsewhere(struct bc_stages *p, struct bc_report *report);
/* summary.c: what the report says of the units and of the run as a whole. */
void bc_stages_report_units(struct bc_stages *p, struct bc_report *report);

#endif
