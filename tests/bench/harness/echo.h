/* The other side of an echo server: a process of its own, so that it is never measured. */
#ifndef ECHO_H
#define ECHO_H

#include "bench.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CONNECTIONS = 64, SIZE = 64, TURNS = 1500 };

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

static inline void echo_ask(const int *sockets)
{
	static uint32_t took[TURNS * CONNECTIONS];
	uint64_t start = bench_now();

	for (int i = 0; i < TURNS; i++)
		echo_exchange(sockets, &took[i * CONNECTIONS]);
	printf("echo_rate %.0f\n", TURNS * CONNECTIONS / ((double)(bench_now() - start) / 1e9));
	printf("echo_p99 %u\n", bench_p99(took, TURNS * CONNECTIONS));
	fflush(stdout);
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
		for (int i = 0; i < CONNECTIONS; i++)
			close(sockets[i]);
		echo_ask(mine);
		_exit(0);
	}
	for (int i = 0; i < CONNECTIONS; i++)
		close(mine[i]);
}

#endif
