/*
 * The command line. Each verb has one table of its options, from which come the parser, `--help`,
 * and whatever else needs to know them (man pages, completions).
 */
#ifndef BC_OPTIONS_H
#define BC_OPTIONS_H

#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/vec.h"
#include "config/config.h"
#include "harness/collect/run.h"
#include "models/schema.h"
#include "output/output.h"
#include "pipeline.h"

enum bc_run_format { BC_RUN_TEXT, BC_RUN_JSON, BC_RUN_FOLDED };

enum bc_color { BC_COLOR_AUTO, BC_COLOR_ALWAYS, BC_COLOR_NEVER };

enum {
	BC_OPERANDS_COMMAND = -2 /* the first operand begins a command with options of its own */
};

struct bc_options {
	struct bc_arena arena;
	const struct bc_verb *verb;
	int help;            /* --help: of the verb, or of all without one */
	const char *command; /* the whole command line, for people */

	struct bc_check_options check;
	BC_VEC(const char *) rules;   /* check.rules points here */
	BC_VEC(const char *) plugins; /* check.plugins points here */
	int allow_repo_plugins;
	BC_VEC(const char *) operands; /* what is no option; check.paths points here */
	BC_VEC(const struct bc_option *) given;
	struct bc_config config; /* check.config points here once it is read */

	int min_confidence; /* enum bc_confidence */
	int fail_on;        /* enum bc_severity, or BC_FAIL_NEVER */
	int color;          /* enum bc_color */
	const struct bc_format *format;
	const char *output; /* -o, or NULL */
	int verbose;
	int origin; /* of `config show`: say where settings come from */

	/* of `run` */
	double fail_over_ms, grace_ms, duration_ms;
	int follow;
	const char *debug_files;                 /* --debug-files, or NULL */
	const char *allow;                       /* --allow, or NULL */
	int run_format;                          /* enum bc_run_format */
	int live;                                /* enum bc_run_live */
	const char *trace, *folded, *speedscope; /* files to write, or NULL */
	int json;                                /* of `rules`: JSON, not text */
	const char *header;                      /* of `rules new`: --from-header, or NULL */
	const char *finding; /* of `explain`: a fingerprint or its beginning, or NULL */
};

enum bc_option_type {
	BC_OPTION_FLAG,   /* int, set to 1 */
	BC_OPTION_TEXT,   /* const char * */
	BC_OPTION_RULES,  /* one more for bc_options.rules */
	BC_OPTION_PLUGIN, /* one more for bc_options.plugins */
	BC_OPTION_COUNT,  /* int, at least 1 */
	BC_OPTION_S,      /* int, whole seconds, at least 1 */
	BC_OPTION_MS,     /* double, milliseconds */
	BC_OPTION_WORD,   /* int, one of `words` */
	BC_OPTION_FORMAT  /* const struct bc_format * */
};

struct bc_option {
	const char *name; /* without the dashes; NULL when it has a letter only */
	char letter;      /* or 0 */
	enum bc_option_type type;
	const char *argument; /* as help shows it, NULL for a flag */
	const char *help;
	size_t target; /* offset in struct bc_options */
	const struct bc_word *words;
};

struct bc_verb {
	const char *name;
	const char *operands; /* as help shows them: "[PATH...]" */
	const char *summary;  /* one line */
	const char *details;  /* for its own help; lines, or "" */
	const struct bc_option
		*options; /* the one with type FLAG and no name or letter ends them */
	int max_operands; /* -1: any number; BC_OPERANDS_COMMAND */
};

/* All verbs; the one without a name ends the list. */
const struct bc_verb *bc_options_verbs(void);
/* NULL when there is none of this name. */
const struct bc_verb *bc_options_verb(const char *name);
/* 1 at the end of a table of options. */
int bc_option_is_end(const struct bc_option *option);

/* `argv` ends with NULL. 0 or BC_EUSAGE. What it fills in is dropped with bc_options_fini() in both
 * cases. */
int bc_options_parse(struct bc_options *options, char *const *argv);
void bc_options_fini(struct bc_options *options);

/*
 * settings.c: reads the project file above the current folder for verbs that take rules, and fills
 * in what it says and the command line does not. 0 or BC_EINPUT.
 */
int bc_options_configure(struct bc_options *options);
/* The option of this name if the command line has it, else NULL. */
const struct bc_option *bc_options_given(const struct bc_options *options, const char *name);
/* The option that means the same as a setting: "min-confidence". */
const char *bc_setting_option(enum bc_setting setting);
double bc_setting_value(const struct bc_options *options, enum bc_setting setting);

/* Help for a verb, or for all of them with NULL. */
void bc_options_help(const struct bc_verb *verb, struct bc_buf *out);

/*
 * "unknown KIND 'text'; did you mean 'X'?", or the list of all names when none is near. `names`
 * ends with NULL. BC_EUSAGE.
 */
int bc_options_fail_unknown(const char *kind, const char *text, const char *const *names);
int bc_options_fail_verb(const char *name);

#endif
