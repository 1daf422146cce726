/* libevent: callbacks, and an echo server. */
#include "echo.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

static void count_nothing(evutil_socket_t fd, short what, void *argument)
{
	(void)fd;
	(void)what;
	__asm__ volatile("" : : "r"(argument));
}

static struct event *events[EACH];

/* Activating them is part of it, and the same with and without. */
static void iterate(void *base)
{
	for (int i = 0; i < EACH; i++)
		event_active(events[i], EV_READ, 0);
	event_base_loop(base, EVLOOP_NONBLOCK);
}

static void measure_callbacks(struct event_base *base)
{
	for (int i = 0; i < EACH; i++)
		events[i] = event_new(base, -1, 0, count_nothing, NULL);
	printf("event_callback %.1f\n", bench_fastest(iterate, base));
	for (int i = 0; i < EACH; i++)
		event_free(events[i]);
}

static void on_read(struct bufferevent *connection, void *argument)
{
	struct evbuffer *input = bufferevent_get_input(connection);

	(void)argument;
	echo_work((const char *)evbuffer_pullup(input, SIZE), SIZE);
	evbuffer_add_buffer(bufferevent_get_output(connection), input);
}

static void on_written(struct bufferevent *connection, void *argument)
{
	(void)connection;
	(void)argument;
}

static void on_end(struct bufferevent *connection, short what, void *argument)
{
	(void)what;
	(void)argument;
	bufferevent_free(connection);
}

static void measure_echo(struct event_base *base)
{
	int sockets[CONNECTIONS];

	echo_start(sockets);
	for (int i = 0; i < CONNECTIONS; i++) {
		struct bufferevent *connection;

		evutil_make_socket_nonblocking(sockets[i]);
		connection = bufferevent_socket_new(base, sockets[i], BEV_OPT_CLOSE_ON_FREE);
		bufferevent_setcb(connection, on_read, on_written, on_end, NULL);
		bufferevent_enable(connection, EV_READ | EV_WRITE);
	}
	event_base_dispatch(base);
	wait(NULL);
	echo_say_cpu();
}

int main(int argc, char **argv)
{
	struct event_base *base = event_base_new();

	if (argc < 2 || !strcmp(argv[1], "costs"))
		measure_callbacks(base);
	echo_options(argc, argv);
	if (argc < 2 || !strcmp(argv[1], "echo"))
		measure_echo(base);
	event_base_free(base);
	return 0;
}
