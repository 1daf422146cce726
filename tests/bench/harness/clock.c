/* What no measurement can do without: two readings of a clock. */
#include "bench.h"

#ifdef __x86_64__
static void read_counter(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2 * EACH; i++)
		__builtin_ia32_rdtsc();
}
#endif

static void read_clock(void *unused)
{
	(void)unused;
	for (int i = 0; i < 2 * EACH; i++)
		bench_now();
}

int main(void)
{
#ifdef __x86_64__
	printf("two_tsc %.1f\n", bench_fastest(read_counter, NULL));
#endif
	printf("two_clock_gettime %.1f\n", bench_fastest(read_clock, NULL));
	return 0;
}
