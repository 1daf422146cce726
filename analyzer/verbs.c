/* The verbs and their options: nothing but tables. */
#include "input/project.h"
#include "options.h"

static const struct bc_word colors[] = {
	{"auto", BC_COLOR_AUTO},
	{"always", BC_COLOR_ALWAYS},
	{"never", BC_COLOR_NEVER},
	{NULL, 0},
};

#define OPTION(name, letter, type, argument, help, member, words) \
	{ \
		name, letter, BC_OPTION_##type, argument, help, \
			offsetof(struct bc_options, member), words \
	}
#define END OPTION(NULL, 0, FLAG, NULL, NULL, help, NULL)

/* What says which program is looked at, and how; the same wherever it is looked at. */
#define DATABASE \
	OPTION(NULL, 'p', TEXT, "FILE_OR_DIR", \
		"the compilation database (compile_commands.json);\n" \
		"without it, look here, in build*/ and in the folders above", \
		check.database, NULL)
#define RULES \
	OPTION("rules", 0, RULES, "FILE_OR_DIR", \
		"further rule packs; may be repeated, later ones override", rules, NULL)
#define DB \
	OPTION("db", 0, TEXT, "FILE", "where results are kept; default .blockcheck/blockcheck.db", \
		check.db, NULL)
#define JOBS \
	OPTION("jobs", 'j', COUNT, "N", "units to read at once; default: one for each processor", \
		check.jobs, NULL)
#define TIMEOUT \
	OPTION("timeout", 0, S, "TIME", "give up a unit after this long: 30s, 2min; default 60s", \
		check.timeout_s, NULL)
#define NO_CACHE OPTION("no-cache", 0, FLAG, NULL, "read all units anew", check.no_cache, NULL)

#define FAIL_ON \
	OPTION("fail-on", 0, WORD, "LEVEL", \
		"exit with 1 for findings of at least this severity; default warning", fail_on, \
		bc_words_fail_on)

/* What the project file may say, too. */
#define SETTINGS \
	OPTION("min-confidence", 0, WORD, "LEVEL", "report what is at least this; default likely", \
		min_confidence, bc_words_confidence), \
		OPTION("budget", 0, MS, "TIME", \
			"what ends within this is no finding: 500us, 10ms, 1s; default 10ms", \
			check.budget_ms, NULL), \
		OPTION("logging", 0, FLAG, NULL, "report calls that write logs, too (rule BC111)", \
			check.logging, NULL), \
		FAIL_ON

#define PLUGINS \
	OPTION("plugin", 0, PLUGIN, "FILE[,KEY=VALUE...]", \
		"ask this native plugin, too; it runs with your rights", plugins, NULL), \
		OPTION("allow-repo-plugins", 0, FLAG, NULL, \
			"load the plugins that the project file names, too", allow_repo_plugins, \
			NULL)

/* What an analysis needs to know, whatever is done with it. */
#define ANALYSIS DATABASE, RULES, PLUGINS, DB, JOBS, TIMEOUT, NO_CACHE

#define OUTPUT \
	OPTION("output", 'o', TEXT, "FILE", "write there, not to standard output", output, NULL)
#define COLOR \
	OPTION("color", 0, WORD, "WHEN", "default auto: on a terminal, unless NO_COLOR is set", \
		color, colors)
#define VERBOSE(help) OPTION("verbose", 'v', FLAG, NULL, help, verbose, NULL)
#define QUIET(help) OPTION("quiet", 'q', FLAG, NULL, help, check.quiet, NULL)
#define HELP OPTION("help", 'h', FLAG, NULL, "this text", help, NULL)

static const struct bc_option check_options[] = {
	ANALYSIS,
	SETTINGS,
	OPTION("format", 0, FORMAT, "FORMAT", "", format, NULL),
	OUTPUT,
	COLOR,
	VERBOSE("shorten nothing, and list unresolved calls"),
	QUIET("only findings and faults: no progress, no summary"),
	HELP,
	END,
};

static const struct bc_option config_options[] = {
	OPTION("origin", 0, FLAG, NULL, "say where each setting comes from", origin, NULL),
	RULES,
	SETTINGS,
	OUTPUT,
	HELP,
	END,
};

static const struct bc_option dump_options[] = {
	ANALYSIS,
	OUTPUT,
	QUIET("no progress"),
	HELP,
	END,
};

static const struct bc_word text_or_json[] = {
	{"text", 0},
	{"json", 1},
	{NULL, 0},
};

static const struct bc_option explain_options[] = {
	OPTION("finding", 0, TEXT, "FINGERPRINT",
		"explain this finding; the beginning is enough when no other begins so", finding,
		NULL),
	ANALYSIS,
	OPTION("format", 0, WORD, "FORMAT", "default text", json, text_or_json),
	OUTPUT,
	COLOR,
	VERBOSE("shorten nothing"),
	QUIET("no progress"),
	HELP,
	END,
};

static const struct bc_option rules_options[] = {
	RULES,
	OPTION("format", 0, WORD, "FORMAT", "of list and show; default text", json, text_or_json),
	OPTION("from-header", 0, TEXT, "FILE",
		"new: look for functions that come in a blocking and a non-blocking form", header,
		NULL),
	DATABASE,
	DB,
	JOBS,
	OUTPUT,
	VERBOSE("shorten nothing"),
	QUIET("no progress"),
	HELP,
	END,
};

static const struct bc_option schema_options[] = {
	OUTPUT,
	HELP,
	END,
};

static const struct bc_word run_formats[] = {
	{"text", BC_RUN_TEXT},
	{"json", BC_RUN_JSON},
	{"folded", BC_RUN_FOLDED},
	{NULL, 0},
};

static const struct bc_word whens[] = {
	{"auto", BC_RUN_LIVE_AUTO},
	{"always", BC_RUN_LIVE_ALWAYS},
	{"never", BC_RUN_LIVE_NEVER},
	{NULL, 0},
};

static const struct bc_option run_options[] = {
	OPTION("budget", 0, MS, "TIME",
		"a callback that holds the loop for this long is a stall; default 10ms",
		check.budget_ms, NULL),
	OPTION("fail-over", 0, MS, "TIME",
		"exit with 1 for a stall of at least this, whatever the program's status",
		fail_over_ms, NULL),
	OPTION("allow", 0, TEXT, "FILE", "stalls that are accepted, with reasons; see docs/RUN.md",
		allow, NULL),
	OPTION("grace", 0, MS, "TIME", "do not report stalls of the first TIME", grace_ms, NULL),
	OPTION("duration", 0, MS, "TIME", "end the program with SIGTERM after this long",
		duration_ms, NULL),
	OPTION("follow-fork", 0, FLAG, NULL, "measure what it forks and executes, too", follow,
		NULL),
	OPTION("debug-files", 0, TEXT, "DIR",
		"look there, too, for debug information of stripped files (.build-id/...)",
		debug_files, NULL),
	DB,
	OPTION("format", 0, WORD, "FORMAT",
		"of the report; default text; folded: stacks for flame graphs", run_format,
		run_formats),
	RULES,
	OPTION("live", 0, WORD, "WHEN",
		"live view on the terminal; default auto: if the output is elsewhere", live, whens),
	OPTION("trace", 0, TEXT, "FILE",
		"write every stall there as it happens, for Perfetto or chrome://tracing", trace,
		NULL),
	OPTION("speedscope", 0, TEXT, "FILE", "write the stacks of stalls there, for speedscope",
		speedscope, NULL),
	OPTION("folded", 0, TEXT, "FILE", "write them there for flame graphs, beside the report",
		folded, NULL),
	OPTION("output", 'o', TEXT, "FILE", "write the report there, not to standard error", output,
		NULL),
	COLOR,
	QUIET("no report without stalls but in a file; nothing while it runs"),
	HELP,
	END,
};

static const struct bc_option report_options[] = {
	DB,
	FAIL_ON,
	OPTION("format", 0, FORMAT, "FORMAT", "", format, NULL),
	OUTPUT,
	COLOR,
	VERBOSE("shorten nothing"),
	QUIET("no summary"),
	HELP,
	END,
};

static const struct bc_option no_options[] = {
	HELP,
	END,
};

static const char check_details[] =
	"Reads every unit of the compilation database, and reports what the callbacks of\n"
	"the whole program can reach. With PATHs, only findings whose way leads through\n"
	"these files or folders are shown, and count; the database gets all of them.\n"
	"\n"
	"Exit status:\n"
	"  0  nothing found at or above --fail-on\n"
	"  1  findings at or above --fail-on; those that are suppressed, or below\n"
	"     --min-confidence, do not count\n"
	"  2  the command line, a configuration or an input is wrong, or results could not\n"
	"     be written (findings are shown all the same when only the database is at fault)\n"
	"  3  incomplete: a unit could not be read whole, whatever was found in the others\n"
	"  130, 143  ended by SIGINT, SIGTERM\n";

static const char config_details[] =
	"show    what holds here: the project file's settings, those of the command line\n"
	"        and the defaults, as a project file\n"
	"\n"
	"The project file is " BC_PROJECT_FILE ", in the current folder or in one above. What the\n"
	"command line says goes before it. 'blockcheck schema config' says what may stand in it.\n";

static const char dump_details[] =
	"facts   what was read from the source; NAME is the end of a file's path\n"
	"graph   calls and their targets; NAME is a function\n"
	"roots   callbacks, and what made them so; NAME is a function\n"
	"places  what function pointers may hold; NAME is a place\n";

static const char explain_details[] =
	"With a RULE (BC102) or the id of a pack's rule (posix.getaddrinfo): why it exists,\n"
	"what it looks like, and what to do.\n"
	"\n"
	"With --finding: all that is known of one finding of the last check. The whole way,\n"
	"why each pointer leads where it does and where else it may lead, the conditions that\n"
	"could not be decided, what is assumed and why, who made the descriptor, which other\n"
	"callbacks get there, and the lines that would settle it. It is worked out again from\n"
	"the sources as they are now, so give the options that the check had (-p, --rules).\n"
	"\n"
	"Exit status: 0 explained, 2 there is no such rule or finding, or the command line is\n"
	"wrong, 3 the sources have changed and the finding is gone, or are not at hand: what was\n"
	"stored is shown.\n";

static const char rules_details[] =
	"list [TEXT]                 rules and loops whose name, category or pack has TEXT\n"
	"show ID|FUNCTION            everything about a rule or loop, or about a function\n"
	"validate [FILE_OR_DIR...]   say what is wrong with packs; without names, with all\n"
	"test [FILE_OR_DIR...]       run the programs that packs carry as their tests\n"
	"coverage [-p FILE_OR_DIR]   functions without a body that loop callbacks call and no\n"
	"                            rule knows, the most called ones first\n"
	"new NAME [--from-header H]  write the beginning of a pack for a library\n"
	"\n"
	"Exit status: 0 all is well, 1 a test failed, 2 a pack or the command line is wrong.\n";

static const char run_details[] =
	"Starts the program with a library in front of its own that measures every callback\n"
	"of its event loop (libuv, libevent, libev, GLib, sd-event, Wayland servers), and\n"
	"what other loops do between their waits. Its standard streams, arguments and\n"
	"signals are its own. That needs glibc, x86-64 and dynamic linking; other programs are\n"
	"observed from outside, less precisely.\n"
	"\n"
	"Exit status: the program's own, 128 and more when a signal ended it. With\n"
	"--fail-over, 1 when a stall was that long, 3 when measuring was incomplete or no\n"
	"event loop was seen, and 0 for what --duration had to end. 2 when the program could\n"
	"not be started, or the report not be written.\n";

static const char report_details[] =
	"Findings of the last check and all measured runs that are kept, together: findings that\n"
	"were confirmed, stalls that no finding predicted (rules BC201 to BC205), findings whose\n"
	"callbacks ran often and never stalled there, what ran and the check did not know, and\n"
	"the worst callbacks.\n"
	"\n"
	"Exit status:\n"
	"  0  nothing at or above --fail-on\n"
	"  1  findings, or stalls that were not predicted, at or above --fail-on\n"
	"  2  the command line is wrong, or there is no database that can be read\n"
	"  3  the last check was incomplete\n";

static const struct bc_verb verbs[] = {
	{"check", "[PATH...]", "find blocking calls that event-loop callbacks can reach",
		check_details, check_options, -1},
	{"run", "[--] PROGRAM [ARG...]", "measure how long each callback holds the loop",
		run_details, run_options, BC_OPERANDS_COMMAND},
	{"explain", "RULE... | --finding FINGERPRINT",
		"say why a rule exists, or all that is known of a finding", explain_details,
		explain_options, -1},
	{"report", "", "show findings and measurements of the database together", report_details,
		report_options, 0},
	{"config", "show", "show the settings that hold here", config_details, config_options, 1},
	{"dump", "facts|graph|roots|places [NAME]", "show what a stage of the analysis hands on",
		dump_details, dump_options, 2},
	{"rules", "list|show|validate|test|coverage|new [ARGUMENT...]",
		"look at rule packs, check them, and make new ones", rules_details, rules_options,
		-1},
	{"schema", "rules|config", "print the JSON Schema of rule packs, or of the project file",
		"", schema_options, 1},
	{"help", "[COMMAND]", "say what a command does and which options it has", "", no_options,
		1},
	{"version", "", "print the versions of blockcheck and of what it is built on", "",
		no_options, 0},
	{NULL, NULL, NULL, NULL, NULL, 0},
};

const struct bc_verb *bc_options_verbs(void)
{
	return verbs;
}

int bc_option_is_end(const struct bc_option *option)
{
	return !option->name && !option->letter;
}
