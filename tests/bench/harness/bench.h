/*
 * What the programs of this folder share. Each prints one figure per line, NAME VALUE; harness.sh
 * runs them bare and measured. Costs are those of the fastest of many short rounds, which is what a
 * busy machine changes least; throughput is what it is.
 */
#ifndef BENCH_H
#define BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 2000, EACH = 1000 };

static inline uint64_t bench_now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* ns for one of the EACH things that a round does. */
static inline double bench_fastest(void (*round)(void *), void *argument)
{
	uint64_t best = UINT64_MAX;

	for (int i = 0; i < ROUNDS; i++) {
		uint64_t start = bench_now(), ns;

		round(argument);
		ns = bench_now() - start;
		if (ns < best)
			best = ns;
	}
	return (double)best / EACH;
}

static inline int bench_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Puts them in order. */
static inline uint32_t bench_p99(uint32_t *values, size_t count)
{
	qsort(values, count, sizeof(*values), bench_compare);
	return values[count / 100 * 99];
}

#endif
