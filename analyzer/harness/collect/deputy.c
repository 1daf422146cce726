#include "harness/collect/deputy.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "harness/collect/collector.h"

struct bc_deputy {
	pthread_t thread;
	pthread_mutex_t lock; /* of the collector's state; the collector has it unless it is away */
	pthread_cond_t called;
	struct bc_collector *collector;
	uint64_t tick_ns;
	int away, closing;
};

static void sleep_for(uint64_t ns)
{
	nanosleep(&(struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)}, NULL);
}

/* Until the next look is due; the collector may be back before that. */
static void wait_until_due(struct bc_deputy *deputy)
{
	uint64_t due = deputy->collector->seen_ns + deputy->tick_ns;
	uint64_t now = bc_segment_now(&deputy->collector->segment);

	if (now >= due)
		return;
	pthread_mutex_unlock(&deputy->lock);
	sleep_for(due - now);
	pthread_mutex_lock(&deputy->lock);
}

static void *stand_in(void *argument)
{
	struct bc_deputy *deputy = argument;

	pthread_mutex_lock(&deputy->lock);
	while (!deputy->closing) {
		if (!deputy->away) {
			pthread_cond_wait(&deputy->called, &deputy->lock);
			continue;
		}
		wait_until_due(deputy);
		if (deputy->away)
			bc_watch_all(deputy->collector);
	}
	pthread_mutex_unlock(&deputy->lock);
	return NULL;
}

void bc_deputy_open(struct bc_collector *collector, uint64_t tick_ns)
{
	struct bc_deputy *deputy = bc_xmalloc(sizeof(*deputy));

	*deputy = (struct bc_deputy){.collector = collector, .tick_ns = tick_ns};
	pthread_mutex_init(&deputy->lock, NULL);
	pthread_cond_init(&deputy->called, NULL);
	pthread_mutex_lock(&deputy->lock);
	collector->deputy = deputy;
	if (pthread_create(&deputy->thread, NULL, stand_in, deputy) == 0)
		return;
	pthread_mutex_unlock(&deputy->lock);
	collector->deputy = NULL;
	free(deputy);
}

void bc_deputy_close(struct bc_collector *collector)
{
	struct bc_deputy *deputy = collector->deputy;

	if (!deputy)
		return;
	collector->deputy = NULL;
	deputy->closing = 1;
	pthread_cond_signal(&deputy->called);
	pthread_mutex_unlock(&deputy->lock);
	pthread_join(deputy->thread, NULL);
	pthread_cond_destroy(&deputy->called);
	pthread_mutex_destroy(&deputy->lock);
	free(deputy);
}

void bc_deputy_call(struct bc_collector *collector)
{
	struct bc_deputy *deputy = collector->deputy;

	if (!deputy)
		return;
	deputy->away = 1;
	pthread_cond_signal(&deputy->called);
	pthread_mutex_unlock(&deputy->lock);
}

void bc_deputy_dismiss(struct bc_collector *collector)
{
	struct bc_deputy *deputy = collector->deputy;

	if (!deputy)
		return;
	pthread_mutex_lock(&deputy->lock);
	deputy->away = 0;
}
