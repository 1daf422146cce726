/*
 * The project file, .blockcheck.yaml: what a project says about its own code, and how it wants to
 * be checked. Strangers write it, as they write the code, so nothing in it runs or opens anything
 * but rule packs.
 */
#ifndef BC_CONFIG_CONFIG_H
#define BC_CONFIG_CONFIG_H

#include <stddef.h>

#include "models/confidence.h"
#include "models/models.h"
#include "models/schema.h"

/* Settings that the command line knows, too. */
enum bc_setting {
	BC_SETTING_BUDGET, /* milliseconds */
	BC_SETTING_MIN_CONFIDENCE,
	BC_SETTING_FAIL_ON, /* enum bc_severity, or BC_FAIL_NEVER */
	BC_SETTING_LOGGING,
	BC_SETTING_COUNT
};

enum {
	BC_FAIL_NEVER = BC_SEV_ERROR + 1 /* a severity that nothing has */
};

struct bc_config_setting {
	double value;
	int line; /* 0: not said */
};

struct bc_config_text {
	const char *text;
	const char *path; /* `text` as an absolute path */
	int line, column;
};

/* Settings of one file or folder. */
struct bc_config_path {
	const char *path;   /* relative to the project root, without a / at the end */
	int skip;           /* nothing in it is reported, nor runs on a loop */
	int min_confidence; /* enum bc_confidence, or -1 */
	int line;
};

struct bc_config {
	const char *path;   /* as messages name it; NULL: there is no project file */
	const char *folder; /* absolute */
	struct bc_config_setting settings[BC_SETTING_COUNT];
	struct bc_config_text *rules, *plugins;
	int nrules, nplugins;
	struct bc_config_path *paths;
	int npaths;
	struct bc_pack_source pack;      /* the rules in the file itself */
	const struct bc_yaml_node *root; /* the document; NULL when it says nothing */
};

extern const struct bc_shape bc_shape_config;
extern const struct bc_word bc_words_confidence[], bc_words_fail_on[];

/*
 * Reads the file `path` (absolute); `shown` is what messages call it, and as good a way to it. 0,
 * or BC_EINPUT / BC_ELIMIT with "file:line:column: what is wrong; did you mean ...". All memory is
 * the arena's.
 */
int bc_config_load(
	struct bc_arena *arena, const char *path, const char *shown, struct bc_config *config);

/* The settings of a file below the project root: the last entry that it lies in, or NULL. */
const struct bc_config_path *bc_config_of_file(const struct bc_config *config, const char *file);

/* The name of a setting in the file: "budget". */
const char *bc_setting_name(enum bc_setting setting);

#endif
