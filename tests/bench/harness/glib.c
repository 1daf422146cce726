/* GLib: callbacks of idle sources. */
#include "bench.h"

#include <glib.h>

static gboolean count_nothing(gpointer data)
{
	__asm__ volatile("" : : "r"(data));
	return G_SOURCE_CONTINUE;
}

static void iterate(void *context)
{
	g_main_context_iteration(context, FALSE);
}

int main(void)
{
	for (int i = 0; i < EACH; i++)
		g_idle_add(count_nothing, NULL);
	printf("glib_callback %.1f\n", bench_fastest(iterate, NULL));
	return 0;
}
