/* Threads that are stopped for their stacks: whatever they were at goes on as if they had not been.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "harness/collect/stop.h"

static struct shared {
	volatile int ready, done, result, error;
	volatile uint64_t ns, turns;
} * shared;

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void sleep_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static pid_t start(void (*body)(void))
{
	pid_t pid;

	*shared = (struct shared){0};
	pid = fork();
	if (pid == 0) {
		alarm(30);
		body();
		_exit(7);
	}
	while (!shared->ready)
		sleep_ms(1);
	sleep_ms(20);
	return pid;
}

static int end_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* The thread may not be stopped here, as in some containers: then nothing can be tested. */
static int may_stop(int result)
{
	if (result == -EPERM) {
		print_message("skipped: ptrace is not permitted here\n");
		skip();
	}
	return result == 0;
}

static struct bc_perf_sample sample;

/* ---- what computes ---- */

static void compute(void)
{
	shared->ready = 1;
	while (!shared->done)
		shared->turns++;
}

static void test_computing(void **state)
{
	pid_t pid = start(compute);
	uint64_t turns = shared->turns;

	(void)state;
	assert_true(may_stop(bc_stop_sample(pid, pid, 1, &sample)));
	assert_true(sample.size > 0);
	assert_true(sample.registers[16] != 0 && sample.registers[7] != 0);
	while (shared->turns == turns)
		sleep_ms(1);
	shared->done = 1;
	assert_int_equal(WEXITSTATUS(end_of(pid)), 7);
}

/* ---- what has begun to wait meanwhile ---- */

/* One of the calls that the kernel does not go on with by itself. */
static void wait_for_nothing(void)
{
	struct epoll_event event;
	int fd = epoll_create1(0);
	uint64_t begin = now_ns();

	shared->ready = 1;
	shared->result = epoll_wait(fd, &event, 1, 1000);
	shared->error = errno;
	shared->ns = now_ns() - begin;
}

static void test_waiting(void **state)
{
	pid_t pid = start(wait_for_nothing);

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_true(may_stop(bc_stop_sample(pid, pid, 1, &sample)));
	assert_int_equal(WEXITSTATUS(end_of(pid)), 7);
	assert_int_equal(shared->result, 0);
	assert_true(shared->ns >= 1000000000);
}

/* ---- a signal of its own ---- */

static void on_signal(int number)
{
	shared->turns += (uint64_t)number == SIGUSR1;
}

static void wait_for_signal(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigaction(SIGUSR1, &action, NULL);
	wait_for_nothing();
}

/* A call that a signal ends still ends by it. One that comes right after the stop may find the
 * thread before it has begun to wait again: then the handler runs, and the call lasts. */
static void test_signalled(void **state)
{
	(void)state;
	for (int i = 0; i < 30; i++) {
		pid_t pid = start(wait_for_signal);

		if (i % 2)
			kill(pid, SIGUSR1);
		may_stop(bc_stop_sample(pid, pid, 1, &sample));
		if (i % 2 == 0)
			kill(pid, SIGUSR1);
		assert_int_equal(WEXITSTATUS(end_of(pid)), 7);
		assert_int_equal(shared->turns, 1);
		if (i % 2 == 0 && shared->result == 0)
			continue;
		assert_int_equal(shared->result, -1);
		assert_int_equal(shared->error, EINTR);
	}
}

/* ---- its end ---- */

static void test_ended(void **state)
{
	pid_t pid = start(compute);

	(void)state;
	kill(pid, SIGKILL);
	sleep_ms(20);
	assert_true(bc_stop_sample(pid, pid, 1, &sample) < 0);
	assert_true(WIFSIGNALED(end_of(pid)));
}

/* Killed at any moment, its end is there for whoever waits for it. */
static void test_killed(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		pid_t pid = start(compute), killer = fork();

		if (killer == 0) {
			nanosleep(&(struct timespec){0, i * 10000}, NULL);
			kill(pid, SIGKILL);
			_exit(0);
		}
		for (int n = 0; n < 40; n++)
			bc_stop_sample(pid, pid, 1, &sample);
		assert_true(WIFSIGNALED(end_of(pid)));
		end_of(killer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_computing),
		cmocka_unit_test(test_waiting),
		cmocka_unit_test(test_signalled),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_killed),
	};

	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
