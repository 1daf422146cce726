/* The program: standard streams, signals, and the command that the first argument names. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "cmd.h"
#include "options.h"
#include "parse/parse.h"
#include "pipeline.h"
#include "store/store.h"

static const struct {
	const char *verb;
	int (*run)(const struct bc_options *options);
} commands[] = {
	{"check", bc_cmd_check},
	{"config", bc_cmd_config},
	{"dump", bc_cmd_dump},
	{"explain", bc_cmd_explain},
	{"help", bc_cmd_help},
	{"report", bc_cmd_report},
	{"rules", bc_cmd_rules},
	{"schema", bc_cmd_schema},
	{"run", bc_cmd_run},
	{"version", bc_cmd_version},
};

/* The signal that asked us to stop, 0 without. Set by the handler, hence global. */
static volatile sig_atomic_t stop_signal;

static void handle_stop(int number)
{
	stop_signal = number;
	bc_pipeline_interrupt();
}

/*
 * The first signal lets the command stop by itself, with the database as it was; the handler is
 * gone then, so a second one ends the program at once. Nothing is restarted: a write that waits for
 * its reader comes back. Writing to a closed pipe is an error like others, see bc_cmd_write().
 */
static void catch_signals(void)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction stop = {.sa_handler = handle_stop, .sa_flags = (int)SA_RESETHAND};
	struct sigaction old;

	sigemptyset(&stop.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		/* nohup and shells that run us in the background have it ignored: so be it */
		if (sigaction(signals[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			sigaction(signals[i], &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/*
 * Files opened later must not become standard streams by taking their numbers. The placeholders
 * cannot be written to, so that output to a closed stream still fails.
 */
static void keep_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

/* Ends as the signal would have ended us: shells and make(1) look for that. */
static void end_by_signal(void)
{
	fflush(NULL);
	signal(stop_signal, SIG_DFL);
	raise(stop_signal);
}

static int write_text(const struct bc_options *options, struct bc_buf *text)
{
	int status = bc_cmd_write(options->output, text);

	bc_buf_fini(text);
	return status < 0 ? bc_cmd_fail(status) : BC_EXIT_CLEAN;
}

int bc_cmd_help(const struct bc_options *options)
{
	const char *name = options->operands.items[0];
	const struct bc_verb *verb = name ? bc_options_verb(name) : NULL;
	struct bc_buf text = {0};

	if (name && !verb)
		return bc_cmd_fail(bc_options_fail_verb(name));
	bc_options_help(verb, &text);
	return write_text(options, &text);
}

int bc_cmd_version(const struct bc_options *options)
{
	struct bc_buf text = {0};

	bc_buf_printf(&text, "blockcheck %s\nlibclang: %s\nSQLite: %s\n", BC_VERSION,
		bc_parse_version(), bc_store_sqlite_version());
	return write_text(options, &text);
}

static int run_command(const struct bc_options *options)
{
	struct bc_buf text = {0};

	if (options->help) {
		bc_options_help(options->verb, &text);
		return write_text(options, &text);
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].verb, options->verb->name))
			return commands[i].run(options);
	return bc_cmd_fail(bc_fail(BC_EINTERNAL, "%s: no such command", options->verb->name));
}

/* Who types nothing but our name wants to know what there is; a script has forgotten something. */
static int say_usage(void)
{
	struct bc_buf text = {0};

	bc_options_help(NULL, &text);
	bc_cmd_write_error(&text);
	bc_buf_fini(&text);
	return BC_EXIT_ERROR;
}

int main(int argc, char **argv)
{
	struct bc_options options;
	int status;

	keep_standard_streams();
	catch_signals();
	if (argc < 2)
		return say_usage();
	status = bc_options_parse(&options, argv);
	if (status == 0 && !options.help)
		status = bc_options_configure(&options);
	status = status < 0 ? bc_cmd_fail(status) : run_command(&options);
	bc_options_fini(&options);
	if (stop_signal)
		end_by_signal();
	return status;
}
