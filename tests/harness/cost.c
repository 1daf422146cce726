/*
 * cost: what being measured costs a libuv program. Prints one figure per line, NAME VALUE:
 *
 *	callback   ns for one empty callback of 100 idle handles
 *	on_loop    ns for one read() of a byte inside a callback
 *	off_loop   ns for one read() on a thread without a loop
 *	rate       callbacks per second of 200 timers that are due each millisecond
 *	late_p99   us by which they come later than that, in 99 of 100 cases
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

enum { IDLES = 100, CALLBACKS = 3000000, READS = 400000, TIMERS = 200, TURNS = 1500 };

static unsigned calls;
static int zero;
static uint64_t begun;
static uint32_t late[TIMERS * TURNS];

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void on_idle(uv_idle_t *handle)
{
	if (++calls == CALLBACKS)
		uv_stop(handle->loop);
}

static double read_often(void)
{
	uint64_t start = now();
	char byte;

	for (int i = 0; i < READS; i++)
		if (read(zero, &byte, 1) != 1)
			abort();
	return (double)(now() - start) / READS;
}

static void on_read(uv_timer_t *handle)
{
	printf("on_loop %.1f\n", read_often());
	uv_stop(handle->loop);
}

static void *read_elsewhere(void *argument)
{
	*(double *)argument = read_often();
	return NULL;
}

static void on_turn(uv_timer_t *handle)
{
	uint64_t *last = handle->data, at = now();
	int64_t off = (int64_t)(at - *last) / 1000 - 1000;

	*last = at;
	late[calls++] = off > 0 ? (uint32_t)off : 0;
	if (calls == TIMERS * TURNS)
		uv_stop(handle->loop);
}

static int compare(const void *a, const void *b)
{
	return *(const uint32_t *)a < *(const uint32_t *)b ? -1 : 1;
}

static void measure_rate(uv_loop_t *loop)
{
	static uv_timer_t timers[TIMERS];
	static uint64_t last[TIMERS];
	double seconds;

	calls = 0;
	uv_update_time(loop);
	begun = now();
	for (int i = 0; i < TIMERS; i++) {
		uv_timer_init(loop, &timers[i]);
		last[i] = begun;
		timers[i].data = &last[i];
		uv_timer_start(&timers[i], on_turn, 1, 1);
	}
	uv_run(loop, UV_RUN_DEFAULT);
	seconds = (double)(now() - begun) / 1e9;
	qsort(late, TIMERS * TURNS, sizeof(*late), compare);
	printf("rate %.0f\nlate_p99 %u\n", TIMERS * TURNS / seconds,
		late[TIMERS * TURNS / 100 * 99]);
}

int main(void)
{
	static uv_idle_t idles[IDLES];
	uv_loop_t *loop = uv_default_loop();
	uv_timer_t timer;
	pthread_t thread;
	double elsewhere = 0;
	uint64_t start;

	zero = open("/dev/zero", O_RDONLY);
	for (int i = 0; i < IDLES; i++) {
		uv_idle_init(loop, &idles[i]);
		uv_idle_start(&idles[i], on_idle);
	}
	start = now();
	uv_run(loop, UV_RUN_DEFAULT);
	printf("callback %.1f\n", (double)(now() - start) / CALLBACKS);
	for (int i = 0; i < IDLES; i++)
		uv_idle_stop(&idles[i]);
	uv_timer_init(loop, &timer);
	uv_timer_start(&timer, on_read, 1, 0);
	uv_run(loop, UV_RUN_DEFAULT);
	pthread_create(&thread, NULL, read_elsewhere, &elsewhere);
	pthread_join(thread, NULL);
	printf("off_loop %.1f\n", elsewhere);
	measure_rate(loop);
	return 0;
}
