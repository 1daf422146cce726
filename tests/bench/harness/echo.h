/* The other side of an echo server: a process of its own, so that it is never measured. */
#ifndef ECHO_H
#define ECHO_H

#define _GNU_SOURCE 1 /* sched_setaffinity() */

#include "bench.h"

#include <sched.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 64, SIZE = 64, SECONDS_OF_LOAD = 1, MESSAGES_MAX = 1 << 20 };

/* What a server does with a message besides sending it back: as many rounds of arithmetic as the
 * command line says, the same number bare and measured. */
static unsigned echo_rounds;
static double echo_rate; /* messages a second, 0: as many as can be */

static inline void echo_options(int argc, char **argv)
{
	if (argc > 2)
		echo_rate = strtod(argv[2], NULL);
	if (argc > 3)
		echo_rounds = (unsigned)strtoul(argv[3], NULL, 10);
}

static unsigned long echo_messages;

/* What the server itself took for a message, which others' work changes less than how long it took.
 */
static inline void echo_say_cpu(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	printf("%s_cpu %.0f\n", echo_rate > 0 ? "paced" : "full",
		((double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e9 +
			(double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e3) /
			(double)echo_messages);
}

static inline void echo_work(const char *bytes, size_t size)
{
	uint64_t sum = size ? (uint64_t)bytes[0] : 1;

	echo_messages++;
	for (unsigned i = 0; i < echo_rounds; i++) {
		sum = sum * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(sum));
	}
}

/* ---- as fast as the server can ---- */

/* One message on every connection at a time, and the time until each has come back. */
static inline void echo_exchange(const int *sockets, uint32_t *took)
{
	char bytes[SIZE];
	uint64_t start[CONNECTIONS];

	memset(bytes, 'x', sizeof(bytes));
	for (int i = 0; i < CONNECTIONS; i++) {
		start[i] = bench_now();
		if (write(sockets[i], bytes, SIZE) != SIZE)
			abort();
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (recv(sockets[i], bytes, SIZE, MSG_WAITALL) != SIZE)
			abort();
		took[i] = (uint32_t)(bench_now() - start[i]);
	}
}

static inline size_t echo_flood(const int *sockets, uint32_t *took, uint64_t end)
{
	size_t count = 0;

	while (bench_now() < end && count + CONNECTIONS <= MESSAGES_MAX) {
		echo_exchange(sockets, &took[count]);
		count += CONNECTIONS;
	}
	return count;
}

/* ---- as often as is asked ---- */

/* Messages go out at fixed times on one connection after the other, whether answers have come or
 * not; an answer is late from the moment at which its message should have gone out. */
static inline size_t echo_pace(const int *sockets, uint32_t *took, uint64_t start, uint64_t end)
{
	char bytes[SIZE];
	size_t sent = 0, count = 0;
	double each = 1e9 / echo_rate;

	memset(bytes, 'x', sizeof(bytes));
	while (count < MESSAGES_MAX) {
		uint64_t now = bench_now(), due = start + (uint64_t)((double)sent * each);

		if (now >= end)
			return count;
		if (now >= due && sent - count < CONNECTIONS) {
			if (write(sockets[sent++ % CONNECTIONS], bytes, SIZE) != SIZE)
				abort();
		} else if (count < sent &&
			   recv(sockets[count % CONNECTIONS], bytes, SIZE, MSG_DONTWAIT) == SIZE) {
			due = start + (uint64_t)((double)count * each);
			took[count++] = (uint32_t)(bench_now() - due);
		}
	}
	return count;
}

/* For a time rather than a number of turns: a slow way to watch the server must end, too. */
static inline void echo_ask(const int *sockets)
{
	static uint32_t took[MESSAGES_MAX];
	uint64_t start = bench_now(), end = start + SECONDS_OF_LOAD * 1000000000ull;
	size_t count = echo_rate > 0 ? echo_pace(sockets, took, start, end)
				     : echo_flood(sockets, took, end);

	printf("%s_rate %.0f\n", echo_rate > 0 ? "paced" : "full",
		(double)count / ((double)(bench_now() - start) / 1e9));
	qsort(took, count, sizeof(*took), bench_compare);
	printf("%s_p50 %.1f\n", echo_rate > 0 ? "paced" : "full", took[count / 2] / 1e3);
	printf("%s_p99 %.1f\n", echo_rate > 0 ? "paced" : "full", bench_p99(took, count) / 1e3);
	fflush(stdout);
}

/* ---- both sides ---- */

/* The server keeps to one processor and its client to another, as a load generator on another
 * machine would. */
static inline void echo_keep_to(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)processor, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

/* The server's ends of CONNECTIONS connections; the client goes on by itself, and closes them when
 * it is done. */
static inline void echo_start(int *sockets)
{
	int mine[CONNECTIONS];

	fflush(stdout);
	for (int i = 0; i < CONNECTIONS; i++) {
		int pair[2];

		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
			abort();
		sockets[i] = pair[0];
		mine[i] = pair[1];
	}
	if (fork() == 0) {
		echo_keep_to(1);
		for (int i = 0; i < CONNECTIONS; i++)
			close(sockets[i]);
		echo_ask(mine);
		_exit(0);
	}
	echo_keep_to(0);
	for (int i = 0; i < CONNECTIONS; i++)
		close(mine[i]);
}

#endif
