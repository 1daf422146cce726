/*
 * load PORT SECONDS CONNECTIONS HELLO REQUEST: asks a server on loopback the same thing again and
 * again, on each connection one request at a time. HELLO goes before the first one, "" for none.
 * Both may have \r \n \t \xHH. All replies are taken to be as long as the first one. Prints
 * "<requests per second> <p50> <p99> <max>", times in microseconds. SECONDS 0: only one request.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CONNECTIONS = 64, MAX_TIMES = 1 << 22, QUIET_MS = 200 };

struct text {
	char bytes[4096];
	size_t len;
};

struct connection {
	size_t got;
	double sent_us;
};

static float times[MAX_TIMES];
static size_t ntimes;

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

static void unescape(const char *from, struct text *to)
{
	static const char names[] = "rnt\\", values[] = "\r\n\t\\";

	for (; *from && to->len < sizeof(to->bytes); from++) {
		const char *name = *from == '\\' && from[1] ? strchr(names, from[1]) : NULL;
		unsigned value;

		if (*from == '\\' && sscanf(from, "\\x%2x", &value) == 1) {
			to->bytes[to->len++] = (char)value;
			from += 3;
		} else if (name) {
			to->bytes[to->len++] = values[name - names];
			from++;
		} else {
			to->bytes[to->len++] = *from;
		}
	}
}

static int open_connection(int port)
{
	struct sockaddr_in there = {.sin_family = AF_INET,
		.sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&there, sizeof(there)) < 0) {
		perror("load: connect");
		exit(1);
	}
	return fd;
}

static void put(int fd, const struct text *text)
{
	if (send(fd, text->bytes, text->len, MSG_NOSIGNAL) != (ssize_t)text->len) {
		perror("load: send");
		exit(1);
	}
}

/* The length of one reply: all that comes until the server is silent. */
static size_t measure_reply(int fd, int first_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};
	char bytes[65536];
	size_t len = 0;
	ssize_t n;

	while (poll(&poller, 1, len ? QUIET_MS : first_ms) > 0 &&
		(n = read(fd, bytes, sizeof(bytes))) > 0)
		len += (size_t)n;
	if (!len)
		fputs("load: no reply\n", stderr);
	return len;
}

static void note(struct connection *connection, double now)
{
	if (ntimes < MAX_TIMES)
		times[ntimes++] = (float)(now - connection->sent_us);
}

static void take_reply(
	int fd, struct connection *connection, const struct text *request, size_t length)
{
	char bytes[65536];
	ssize_t n = read(fd, bytes, sizeof(bytes));

	if (n <= 0) {
		fputs("load: the server hung up\n", stderr);
		exit(1);
	}
	connection->got += (size_t)n;
	if (connection->got < length)
		return;
	connection->got = 0;
	note(connection, now_us());
	connection->sent_us = now_us();
	put(fd, request);
}

static int compare(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return (x > y) - (x < y);
}

static void print_times(double seconds)
{
	qsort(times, ntimes, sizeof(*times), compare);
	printf("%.0f %.0f %.0f %.0f\n", (double)ntimes / seconds, (double)times[ntimes / 2],
		(double)times[ntimes * 99 / 100], (double)times[ntimes - 1]);
}

int main(int argc, char **argv)
{
	static struct pollfd pollers[MAX_CONNECTIONS];
	static struct connection connections[MAX_CONNECTIONS];
	struct text hello = {.len = 0}, request = {.len = 0};
	int port = argc == 6 ? atoi(argv[1]) : 0, count = argc == 6 ? atoi(argv[3]) : 0;
	double seconds = argc == 6 ? atof(argv[2]) : 0, start;
	size_t length = 0;

	if (port <= 0 || count <= 0 || count > MAX_CONNECTIONS)
		return 2;
	unescape(argv[4], &hello);
	unescape(argv[5], &request);
	for (int i = 0; i < count; i++) {
		pollers[i] = (struct pollfd){.fd = open_connection(port), .events = POLLIN};
		if (hello.len) {
			put(pollers[i].fd, &hello);
			measure_reply(pollers[i].fd, 10000);
		}
		if (i == 0) {
			put(pollers[0].fd, &request);
			length = measure_reply(pollers[0].fd, 10000);
		}
	}
	if (!length || seconds <= 0)
		return !length;
	start = now_us();
	for (int i = 0; i < count; i++) {
		connections[i].sent_us = now_us();
		put(pollers[i].fd, &request);
	}
	while (now_us() < start + seconds * 1e6) {
		if (poll(pollers, (nfds_t)count, 10000) <= 0)
			return 1;
		for (int i = 0; i < count; i++)
			if (pollers[i].revents)
				take_reply(pollers[i].fd, &connections[i], &request, length);
	}
	if (!ntimes)
		return 1;
	print_times((now_us() - start) / 1e6);
	return 0;
}
