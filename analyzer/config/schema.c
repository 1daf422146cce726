/* What may stand in .blockcheck.yaml: nothing but tables. */
#include "config/config.h"

const struct bc_word bc_words_confidence[] = {
	{"certain", BC_CONF_CERTAIN},
	{"likely", BC_CONF_LIKELY},
	{"possible", BC_CONF_POSSIBLE},
	{NULL, 0},
};

const struct bc_word bc_words_fail_on[] = {
	{"error", BC_SEV_ERROR},
	{"warning", BC_SEV_WARNING},
	{"note", BC_SEV_NOTE},
	{"never", BC_FAIL_NEVER},
	{NULL, 0},
};

static const struct bc_key cut_keys[] = {
	{.name = "from", .type = BC_TYPE_NAME, .required = 1, .doc = "the function that calls"},
	{.name = "to", .type = BC_TYPE_NAME, .required = 1, .doc = "the function that is called"},
	{.name = "reason", .type = BC_TYPE_TEXT, .required = 1, .doc = "why it never happens"},
	{.name = NULL},
};

static const struct bc_shape cut = {"a cut", cut_keys};

static const struct bc_key path_keys[] = {
	{.name = "path",
		.type = BC_TYPE_TEXT,
		.required = 1,
		.doc = "a file or folder, relative to the project file"},
	{.name = "skip",
		.type = BC_TYPE_BOOL,
		.doc = "nothing in it is reported, and nothing in it counts as a callback"},
	{.name = "min_confidence",
		.type = BC_TYPE_WORD,
		.words = bc_words_confidence,
		.doc = "report what is at least this"},
	{.name = NULL},
};

static const struct bc_shape path = {"a path", path_keys};

static const struct bc_key config_keys[] = {
	{.name = "rules",
		.type = BC_TYPE_TEXT,
		.many = BC_MANY,
		.doc = "further rule packs: files or folders, relative to this file"},
	{.name = "disable",
		.type = BC_TYPE_ID,
		.many = BC_MANY,
		.doc = "ids of rules or loops to drop"},
	{.name = "register",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.shape = &bc_shape_register,
		.doc = "functions that take callbacks, as in a rule pack"},
	{.name = "blocking",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.shape = &bc_shape_own_blocking,
		.doc = "functions that block, as in a rule pack; those of the program itself, too"},
	{.name = "never_blocks",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.shape = &bc_shape_never,
		.doc = "functions that do not block; those of the program itself are not looked "
		       "into"},
	{.name = "cut",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.shape = &cut,
		.doc = "calls that never happen on a loop"},
	{.name = "budget",
		.type = BC_TYPE_TIME,
		.doc = "what ends within this is no finding: 500us, 10ms, 1s"},
	{.name = "min_confidence",
		.type = BC_TYPE_WORD,
		.words = bc_words_confidence,
		.doc = "report what is at least this"},
	{.name = "fail_on",
		.type = BC_TYPE_WORD,
		.words = bc_words_fail_on,
		.doc = "exit with 1 for findings of at least this severity"},
	{.name = "logging", .type = BC_TYPE_BOOL, .doc = "report calls that write logs, too"},
	{.name = "paths",
		.type = BC_TYPE_MAP,
		.many = BC_MANY,
		.shape = &path,
		.doc = "settings of files and folders; the last one that fits counts"},
	{.name = "plugins",
		.type = BC_TYPE_TEXT,
		.many = BC_MANY,
		.doc = "FILE[,KEY=VALUE...]; loaded only where the command line has "
		       "--allow-repo-plugins"},
	{.name = NULL},
};

const struct bc_shape bc_shape_config = {"the project file", config_keys};

static const char *const names[] = {
	[BC_SETTING_BUDGET] = "budget",
	[BC_SETTING_MIN_CONFIDENCE] = "min_confidence",
	[BC_SETTING_FAIL_ON] = "fail_on",
	[BC_SETTING_LOGGING] = "logging",
};

const char *bc_setting_name(enum bc_setting setting)
{
	return names[setting];
}
