/* Percentiles out of histograms. */
#include "harness/collect/run.h"

uint64_t bc_run_percentile(const struct bc_run_histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)(share * (double)histogram->count), seen = 0, ns;

	if (wanted >= histogram->count)
		return histogram->max_ns;
	for (uint32_t i = 0; i < BC_WIRE_BUCKETS; i++) {
		seen += histogram->buckets[i];
		if (seen <= wanted)
			continue;
		if (seen == histogram->count) /* the last bucket that has any */
			return histogram->max_ns;
		ns = bc_wire_bucket_ns(i);
		return ns < histogram->max_ns ? ns : histogram->max_ns;
	}
	return histogram->max_ns;
}

/* Of all moments, the share in which the loop is going to be busy for longer than `ns`. */
static double share_waiting(const struct bc_run *run, uint64_t ns)
{
	double waiting = 0, total = 0;

	for (size_t i = 0; i < run->loops.count; i++) {
		const struct bc_run_loop *loop = &run->loops.items[i];

		total += (double)(loop->busy_ns + loop->idle_ns);
		for (uint32_t b = 0; b < BC_WIRE_BUCKETS; b++)
			if (bc_wire_bucket_ns(b) > ns)
				waiting += (double)loop->times.buckets[b] *
					   (double)(bc_wire_bucket_ns(b) - ns);
	}
	return total > 0 ? waiting / total : 0;
}

uint64_t bc_run_imposed(const struct bc_run *run, double share)
{
	uint64_t low = 0, high = 1ull << 41;

	while (high - low > 1000) {
		uint64_t middle = low + (high - low) / 2;

		if (share_waiting(run, middle) > 1 - share)
			low = middle;
		else
			high = middle;
	}
	return low < 1000 ? 0 : high;
}
