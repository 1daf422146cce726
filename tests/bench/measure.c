/*
 * measure [-q] COMMAND [ARGUMENT...]
 *
 * Runs a command and prints "<wall ms> <CPU ms> <peak KB>" on file descriptor 3, or on stderr when
 * that is closed. CPU time is that of all its descendants, the peak that of the largest one.
 * -q drops what the command prints. Ends with the command's exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static double to_ms(struct timeval time)
{
	return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3;
}

static int drop_output(void)
{
	int null = open("/dev/null", O_RDWR);

	return null < 0 || dup2(null, STDOUT_FILENO) < 0 || dup2(null, STDERR_FILENO) < 0;
}

int main(int argc, char **argv)
{
	int quiet = argc > 1 && strcmp(argv[1], "-q") == 0;
	int out = fcntl(3, F_GETFD) < 0 ? STDERR_FILENO : 3;
	struct rusage usage;
	double start = now_ms();
	int status;
	pid_t pid;

	if (argc - quiet < 2) {
		fputs("usage: measure [-q] COMMAND [ARGUMENT...]\n", stderr);
		return 2;
	}
	pid = fork();
	if (pid == 0) {
		if (quiet && drop_output())
			_exit(126);
		execvp(argv[1 + quiet], argv + 1 + quiet);
		dprintf(out, "measure: %s: %s\n", argv[1 + quiet], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || getrusage(RUSAGE_CHILDREN, &usage)) {
		perror("measure");
		return 2;
	}
	dprintf(out, "%.1f %.1f %ld\n", now_ms() - start,
		to_ms(usage.ru_utime) + to_ms(usage.ru_stime), usage.ru_maxrss);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
