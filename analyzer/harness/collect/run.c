/* The collector's main loop: starts the program, looks at the shared memory at every tick, and ends
 * with the program. */
#include "harness/collect/run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/fs.h"
#include "harness/collect/collector.h"
#include "harness/collect/screen.h"
#include "harness/collect/stripped.h"
#include "harness/collect/successor.h"

enum { TICK_MAX_MS = 5, LOADED_WITHIN_MS = 200 };

/* ---- signals ---- */

/* Those that end us are for the program to act upon. A terminal sends them to it, too; others have
 * to be handed on. */
static int open_signals(sigset_t *old, int live)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGQUIT);
	if (live) {
		sigaddset(&set, SIGWINCH);
		sigaddset(&set, SIGTSTP);
	}
	sigprocmask(SIG_BLOCK, &set, old);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void handle_signal(struct bc_collector *collector, const struct signalfd_siginfo *info)
{
	if (info->ssi_signo == SIGCHLD)
		return;
	if (info->ssi_signo == SIGWINCH || info->ssi_signo == SIGTSTP) {
		bc_live_leave(collector->live);
		if (info->ssi_signo == SIGTSTP) /* the terminal has told the program, too */
			raise(SIGSTOP);
		return;
	}
	collector->run->interrupted = (int)info->ssi_signo;
	if (info->ssi_code <= 0)
		kill(collector->pid, (int)info->ssi_signo);
}

static void read_signals(struct bc_collector *collector, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == sizeof(info))
		handle_signal(collector, &info);
}

/* ---- the program's end ---- */

/* 1 when it has ended. Children that were left to us are buried on the way. */
static int has_ended(struct bc_collector *collector)
{
	int status, ended = 0;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != collector->pid)
			continue;
		ended = 1;
		if (WIFSIGNALED(status))
			collector->run->signal = WTERMSIG(status);
		else
			collector->run->code = WEXITSTATUS(status);
	}
	return ended || (pid < 0 && errno == ECHILD);
}

static int others_run(const struct bc_collector *collector)
{
	for (uint32_t i = 0; i < collector->nprocesses; i++)
		if (collector->processes[i].pid &&
			collector->processes[i].pid != (uint32_t)collector->pid)
			return 1;
	return 0;
}

/* ---- which measurement is possible ---- */

static void set_tier(struct bc_collector *collector, const char *preload_dir)
{
	struct bc_run *run = collector->run;

	run->tier = "inside";
	run->tier_why = "";
	if (collector->target.preloadable && preload_dir)
		return;
	run->tier = "outside";
	run->tier_why = collector->target.preloadable ? "libblockcheck-preload.so was not found"
						      : collector->target.why;
}

static int tick_ms(const struct bc_collector *collector)
{
	double half = collector->options->budget_ms / 2;

	return half < 1 ? 1 : half > TICK_MAX_MS ? TICK_MAX_MS : (int)half;
}

/* Said at once, not after an hour of measuring nothing. */
static void observe(struct bc_collector *collector)
{
	struct bc_run *run = collector->run;

	run->tier = "outside";
	run->resolution_ns = (uint64_t)tick_ms(collector) * 1000000u;
	if (!collector->options->silent)
		fprintf(stderr,
			"blockcheck: warning: observed from outside only, every %d ms: %s\n",
			tick_ms(collector), run->tier_why);
	bc_outside_open(collector);
}

/* On a terminal, since elsewhere somebody may compare what the program says. */
static void say_tier(struct bc_collector *collector)
{
	struct bc_buf libraries = {0};

	collector->said = 1;
	if (collector->options->quiet || collector->options->silent || !isatty(STDERR_FILENO) ||
		bc_screen_is_taken())
		return;
	bc_target_name_plugs(&collector->target, &libraries);
	fprintf(stderr,
		"blockcheck: measuring from inside (%sloops by their waits), %.0f ns per "
		"callback\n",
		bc_buf_text(&libraries), collector->segment.wire->selftest_ns / 16.0);
	bc_buf_fini(&libraries);
}

static const struct bc_seen_process *find_inside(const struct bc_collector *collector)
{
	for (uint32_t i = 0; i < BC_OUTSIDE_PROCESS; i++)
		if (collector->processes[i].pid == (uint32_t)collector->pid)
			return &collector->processes[i];
	return NULL;
}

/* A measured program, a script or `env` as a rule, has executed one that cannot be. */
static void check_successor(struct bc_collector *collector)
{
	const char *why = find_inside(collector) ? bc_successor_look(collector) : NULL;

	if (!why)
		return;
	collector->run->tier_why = why;
	bc_reader_leave(collector);
	observe(collector);
}

/* A library that does not say that it is there may only be late, on a busy machine. */
static void check_loaded(struct bc_collector *collector, uint64_t now)
{
	struct bc_run *run = collector->run;
	uint32_t attached = __atomic_load_n(&collector->segment.wire->attached, __ATOMIC_ACQUIRE);

	/* it has come, later than it should have, or with what the program has executed */
	if (collector->outside && find_inside(collector)) {
		bc_outside_drop(collector->outside, collector);
		collector->outside = NULL;
		run->tier = "inside";
		run->tier_why = "";
	}
	if (attached && !collector->outside && !collector->said)
		say_tier(collector);
	if (collector->outside || now - collector->looked_ns < LOADED_WITHIN_MS * 1000000ull)
		return;
	collector->looked_ns = now;
	if (collector->options->follow)
		check_successor(collector);
	if (collector->outside || attached || run->processes)
		return;
	if (bc_successor_may_come(collector->pid, now - collector->start_ns))
		return;
	run->tier_why = "the injected library did not report back: was LD_PRELOAD taken away?";
	observe(collector);
}

/* ---- the loop ---- */

static int is_over_time(const struct bc_collector *collector, uint64_t now)
{
	double limit = collector->options->duration_ms;

	return limit > 0 && (double)(now - collector->start_ns) >= limit * 1e6;
}

/* Until the next tick, a signal, or the end of a process that is followed. */
static void wait_for_news(const struct bc_collector *collector, int signals)
{
	struct pollfd fds[1 + BC_WIRE_PROCESSES] = {{.fd = signals, .events = POLLIN}};
	nfds_t n = 1;

	for (uint32_t i = 0; i < collector->nprocesses; i++)
		if (collector->processes[i].pid && collector->processes[i].pidfd >= 0)
			fds[n++] = (struct pollfd){
				.fd = collector->processes[i].pidfd, .events = POLLIN};
	/* where many are forked, there must be room for the next */
	poll(fds, n, n > BC_WIRE_PROCESSES / 4 ? 1 : tick_ms(collector));
}

static void watch(struct bc_collector *collector, int signals)
{
	uint64_t read = bc_segment_now(&collector->segment);
	int ended = 0, told = 0;

	while (!ended || (collector->options->follow && others_run(collector))) {
		uint64_t now;

		wait_for_news(collector, signals);
		read_signals(collector, signals);
		if (collector->outside)
			bc_outside_tick(
				collector->outside, collector, bc_segment_now(&collector->segment));
		bc_reader_scan(collector);
		now = bc_segment_now(&collector->segment);
		if (now - read > collector->run->late_ns)
			collector->run->late_ns = now - read;
		read = now;
		check_loaded(collector, now);
		if (collector->trace)
			bc_trace_tick(collector->trace, now);
		if (collector->live)
			bc_live_tick(collector->live, collector, now);
		if (!told && is_over_time(collector, now)) {
			told = collector->run->over_time = 1;
			kill(collector->pid, SIGTERM);
		}
		ended |= has_ended(collector);
		if (ended && (told || collector->run->interrupted))
			break; /* daemons that it left behind go on without us */
	}
}

/* For what the program executes as another user; -1: not needed, or not to be had. */
static int hand_down(const struct bc_collector *collector)
{
	enum { OUT_OF_THE_WAY = 200 };

	return collector->options->follow ? fcntl(collector->segment.fd, F_DUPFD, OUT_OF_THE_WAY)
					  : -1;
}

static int launch(struct bc_collector *collector)
{
	const struct bc_run_options *options = collector->options;
	struct bc_arena *arena = &collector->run->arena;
	const char *dir =
		options->preload_dir ? options->preload_dir : bc_target_preload_dir(arena);
	const char *wire =
		bc_arena_printf(arena, "/proc/%d/fd/%d", (int)getpid(), collector->segment.fd);
	int status, inherited = hand_down(collector);

	if (inherited >= 0)
		wire = bc_arena_printf(arena, "%s:%d", wire, inherited);
	set_tier(collector, dir);
	if (options->follow) /* what it will execute may have it, and refuse to run with us in front
			      */
		collector->target.asan = 1;
	status = bc_target_launch(arena, &collector->target, options->argv, dir, wire,
		options->follow, &collector->pid);
	if (inherited >= 0)
		close(inherited);
	if (status == 0 && *collector->run->tier_why)
		observe(collector);
	return status;
}

static const char *join(struct bc_arena *arena, char *const *argv)
{
	struct bc_buf text = {0};
	const char *copy;

	for (; *argv; argv++)
		bc_buf_printf(&text, "%s%s", text.len ? " " : "", *argv);
	copy = bc_arena_strdup(arena, bc_buf_text(&text));
	bc_buf_fini(&text);
	return copy;
}

static uint64_t own_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000000u +
	       (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1000u;
}

/* The program was observed, and what it started was measured. */
static void set_both(struct bc_collector *collector)
{
	struct bc_run *run = collector->run;

	if (!collector->outside || !run->processes)
		return;
	run->tier = "both";
	run->tier_why = bc_arena_printf(&run->arena,
		"%s; %u process%s that it started %s measured from inside", run->tier_why,
		run->processes, run->processes == 1 ? "" : "es",
		run->processes == 1 ? "was" : "were");
}

static void measure(struct bc_collector *collector, int signals)
{
	struct bc_run *run = collector->run;

	collector->seen_ns = bc_segment_now(&collector->segment);
	bc_deputy_open(collector, (uint64_t)tick_ms(collector) * 1000000u);
	watch(collector, signals);
	bc_deputy_close(collector);
	bc_live_close(collector->live);
	collector->live = NULL;
	run->duration_ns = bc_segment_now(&collector->segment) - collector->start_ns;
	bc_reader_finish(collector, run->signal != 0);
	set_both(collector);
	bc_workers_drop(run);
	bc_outside_close(collector->outside, collector);
	run->collector_cpu_ns = own_cpu();
	bc_stripped_find(run);
}

/* Both ways of measuring look at the program there. */
static int check_system(void)
{
	if (bc_file_exists("/proc/self/stat"))
		return 0;
	return bc_fail(
		BC_EINPUT, "/proc is not mounted; a program can only be measured where it is");
}

int bc_run_program(const struct bc_run_options *options, struct bc_run *run)
{
	struct bc_collector *collector = bc_xmalloc(sizeof(*collector));
	sigset_t old;
	int status, signals;

	*collector = (struct bc_collector){.options = options, .run = run};
	*run = (struct bc_run){
		.budget_ns = (uint64_t)(options->budget_ms * 1e6), .followed = options->follow};
	run->command = join(&run->arena, options->argv);
	status = check_system();
	if (status == 0)
		status = bc_target_inspect(&run->arena, options->argv[0], &collector->target);
	if (status == 0)
		status = bc_segment_open(
			&collector->segment, BC_WIRE_THREADS, run->budget_ns, options->follow);
	if (status == 0 && options->trace)
		status = bc_trace_open(&collector->trace, options->trace);
	if (status == 0) {
		bc_segment_calibrate(&collector->segment);
		bc_calls_add(collector, options->calls);
		collector->live = bc_live_open(collector);
		run->clock = collector->segment.clock.factor ? "tsc" : "vdso";
		signals = open_signals(&old, collector->live != NULL);
		prctl(PR_SET_CHILD_SUBREAPER, options->follow);
		collector->start_ns = bc_segment_now(&collector->segment);
		collector->looked_ns = collector->start_ns;
		if (collector->trace)
			bc_trace_begin(collector->trace, collector->start_ns);
		status = launch(collector);
		if (status == 0)
			measure(collector, signals);
		close(signals);
		sigprocmask(SIG_SETMASK, &old, NULL);
	}
	bc_live_close(collector->live);
	if (bc_trace_close(collector->trace, run) < 0)
		run->trace_error = bc_arena_strdup(&run->arena, bc_error_message());
	bc_modules_fini(collector);
	bc_seen_fini(collector);
	bc_segment_close(&collector->segment);
	free(collector);
	return status;
}

void bc_run_fini(struct bc_run *run)
{
	bc_vec_fini(&run->threads);
	bc_vec_fini(&run->loops);
	bc_vec_fini(&run->workers);
	bc_vec_fini(&run->callbacks);
	bc_vec_fini(&run->stalls);
	bc_vec_fini(&run->stripped);
	bc_vec_fini(&run->remarks);
	bc_arena_fini(&run->arena);
}
