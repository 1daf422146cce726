/* The other side of an echo server: a process of its own, so that it is never measured. */
#ifndef ECHO_H
#define ECHO_H

#define _GNU_SOURCE 1 /* sched_setaffinity() */

#include "bench.h"

#include <sched.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 64, SIZE = 64, SECONDS_OF_LOAD = 1, MESSAGES_MAX = 1 << 20 };

/* What a server does with a message besides sending it back: as many rounds of arithmetic as the
 * command line says, the same number bare and measured. */
static unsigned echo_rounds;

static inline void echo_work(const char *bytes, size_t size)
{
	uint64_t sum = size ? (uint64_t)bytes[0] : 1;

	for (unsigned i = 0; i < echo_rounds; i++) {
		sum = sum * 6364136223846793005u + 1442695040888963407u;
		__asm__ volatile("" : "+r"(sum));
	}
}

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
		took[i] = (uint32_t)((bench_now() - start[i]) / 1000);
	}
}

/* For a time rather than a number of turns: a slow way to watch the server must end, too. */
static inline void echo_ask(const int *sockets)
{
	static uint32_t took[MESSAGES_MAX];
	uint64_t start = bench_now(), end = start + SECONDS_OF_LOAD * 1000000000ull;
	size_t count = 0;

	while (bench_now() < end && count + CONNECTIONS <= MESSAGES_MAX) {
		echo_exchange(sockets, &took[count]);
		count += CONNECTIONS;
	}
	printf("echo_rate %.0f\n", (double)count / ((double)(bench_now() - start) / 1e9));
	printf("echo_p99 %u\n", bench_p99(took, count));
	fflush(stdout);
}

/* The server keeps to one processor and its client to another, as a load generator on another
 * machine would. */
static inline void echo_keep_to(int processor)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(processor, &set);
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
