/* libuv: callbacks, calls on and off the loop, timers, an echo server. */
#include "echo.h"

#include <fcntl.h>
#include <pthread.h>
#include <uv.h>

#include "slow_library.h"

enum { TIMERS = 200, TIMER_TURNS = 1000, ROOM = 4096 };

static void count_nothing(uv_idle_t *handle)
{
	__asm__ volatile("" : : "r"(handle));
}

static void iterate(void *loop)
{
	uv_run(loop, UV_RUN_NOWAIT);
}

static void measure_callbacks(uv_loop_t *loop)
{
	static uv_idle_t idles[EACH];

	for (int i = 0; i < EACH; i++) {
		uv_idle_init(loop, &idles[i]);
		uv_idle_start(&idles[i], count_nothing);
	}
	printf("uv_callback %.1f\n", bench_fastest(iterate, loop));
	for (int i = 0; i < EACH; i++)
		uv_close((uv_handle_t *)&idles[i], NULL);
	uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- calls ---- */

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static FILE *sink;
static int empty[2];

/* A call that is always timed, and takes next to no time itself. */
static void put_often(void *unused)
{
	const char *nothing = "";

	(void)unused;
	for (int i = 0; i < EACH; i++) {
		__asm__ volatile("" : "+r"(nothing)); /* no compiler knows what is put */
		fputs(nothing, sink);
	}
}

/* A lock that is free needs no timing, */
static void lock_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < EACH; i++) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
}

/* nor does a pipe that does not block. */
static void read_often(void *unused)
{
	char byte;

	(void)unused;
	for (int i = 0; i < EACH; i++)
		if (read(empty[0], &byte, 1) >= 0)
			abort();
}

static void call_often(void *unused)
{
	(void)unused;
	for (int i = 0; i < EACH; i++)
		slow_nothing();
}

static void on_calls(uv_timer_t *timer)
{
	(void)timer;
	printf("libc_on_loop %.1f\n", bench_fastest(put_often, NULL));
	printf("lock_on_loop %.1f\n", bench_fastest(lock_often, NULL));
	printf("prompt_on_loop %.1f\n", bench_fastest(read_often, NULL));
	printf("library_on_loop %.1f\n", bench_fastest(call_often, NULL));
}

static void measure_calls(uv_loop_t *loop)
{
	static uv_timer_t timer;

	sink = fopen("/dev/null", "w");
	if (!sink || pipe2(empty, O_NONBLOCK) < 0)
		abort();
	printf("libc_off_loop %.1f\n", bench_fastest(put_often, NULL));
	printf("library_off_loop %.1f\n", bench_fastest(call_often, NULL));
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, on_calls, 0, 0);
	uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- timers ---- */

static uint32_t late[TIMERS * TIMER_TURNS];
static int turns;

static void on_turn(uv_timer_t *timer)
{
	uint64_t *last = timer->data, at = bench_now();
	int64_t off = (int64_t)(at - *last) / 1000 - 1000;

	*last = at;
	late[turns++] = off > 0 ? (uint32_t)off : 0;
	if (turns == TIMERS * TIMER_TURNS)
		uv_stop(timer->loop);
}

static void measure_timers(uv_loop_t *loop)
{
	static uv_timer_t timers[TIMERS];
	static uint64_t last[TIMERS];
	uint64_t begun = bench_now();

	uv_update_time(loop);
	for (int i = 0; i < TIMERS; i++) {
		uv_timer_init(loop, &timers[i]);
		last[i] = begun;
		timers[i].data = &last[i];
		uv_timer_start(&timers[i], on_turn, 1, 1);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	printf("uv_timer_rate %.0f\n",
		TIMERS * TIMER_TURNS / ((double)(bench_now() - begun) / 1e9));
	printf("uv_timer_p99 %u\n", bench_p99(late, TIMERS * TIMER_TURNS));
	for (int i = 0; i < TIMERS; i++)
		uv_close((uv_handle_t *)&timers[i], NULL);
	uv_run(loop, UV_RUN_DEFAULT);
}

/* ---- echo ---- */

static void on_alloc(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
	(void)size;
	*buffer = uv_buf_init(handle->data, ROOM);
}

static void on_written(uv_write_t *request, int status)
{
	(void)status;
	free(request);
}

static void on_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
	uv_write_t *request;
	uv_buf_t copy;

	if (size < 0) {
		uv_close((uv_handle_t *)stream, NULL);
		return;
	}
	request = malloc(sizeof(*request));
	echo_work(buffer->base, (size_t)size);
	copy = uv_buf_init(buffer->base, (unsigned)size);
	uv_write(request, stream, &copy, 1, on_written);
}

static void measure_echo(uv_loop_t *loop)
{
	static uv_pipe_t pipes[CONNECTIONS];
	static char buffers[CONNECTIONS][ROOM];
	int sockets[CONNECTIONS];

	echo_start(sockets);
	for (int i = 0; i < CONNECTIONS; i++) {
		uv_pipe_init(loop, &pipes[i], 0);
		uv_pipe_open(&pipes[i], sockets[i]);
		pipes[i].data = buffers[i];
		uv_read_start((uv_stream_t *)&pipes[i], on_alloc, on_read);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	wait(NULL);
	echo_say_cpu();
}

int main(int argc, char **argv)
{
	uv_loop_t *loop = uv_default_loop();

	if (argc < 2 || !strcmp(argv[1], "costs")) {
		measure_calls(loop);
		measure_callbacks(loop);
	}
	if (argc < 2 || !strcmp(argv[1], "timers"))
		measure_timers(loop);
	echo_options(argc, argv);
	if (argc < 2 || !strcmp(argv[1], "echo"))
		measure_echo(loop);
	return 0;
}
