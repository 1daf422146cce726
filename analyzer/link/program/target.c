#include "link/program/target.h"

#include <stddef.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The length of a folder that is the target's own, 0 without. */
static size_t folder_length(const char *object)
{
	const char *cmake = strstr(object, ".dir/"), *meson = strstr(object, ".p/");

	if (cmake)
		return (size_t)(cmake - object) + 5;
	return meson ? (size_t)(meson - object) + 3 : 0;
}

/* Automake: how much of "src/x-main.o" comes before "-main.o"; 0 where that is not its form. */
static size_t prefix_length(const char *object, const char *source)
{
	const char *name = base_name(object), *stem = base_name(source);
	size_t n = strcspn(stem, "."), length = strcspn(name, ".");

	if (length < n + 2 || name[length - n - 1] != '-' ||
		strncmp(name + length - n, stem, n) != 0)
		return 0;
	return (size_t)(name - object) + length - n - 1;
}

static char canonical(char c)
{
	return c == '/' || c == '-' || c == '.' ? '_' : c;
}

/* Whether the whole of "lib/x" says "src_lib_x" at its end: the target's own name, longer by
 * folders. */
static int ends_as(const char *whole, size_t nwhole, const char *name, size_t n)
{
	if (n > nwhole || (n < nwhole && canonical(whole[nwhole - n - 1]) != '_'))
		return 0;
	for (size_t i = 0; i < n; i++)
		if (canonical(whole[nwhole - n + i]) != canonical(name[i]))
			return 0;
	return 1;
}

static int same_prefix(const char *a, size_t na, const char *b, size_t nb)
{
	const char *name_a = a + na, *name_b = b + nb;

	while (name_a > a && name_a[-1] != '/')
		name_a--;
	while (name_b > b && name_b[-1] != '/')
		name_b--;
	if (a + na - name_a < b + nb - name_b)
		return ends_as(a, na, name_b, (size_t)(b + nb - name_b));
	return ends_as(b, nb, name_a, (size_t)(a + na - name_a));
}

int bc_target_same(
	const char *object, const char *source, const char *other, const char *other_source)
{
	size_t n = folder_length(object), m = folder_length(other);

	if (n || m)
		return n == m && !strncmp(object, other, n);
	n = prefix_length(object, source);
	m = prefix_length(other, other_source);
	return n && m && same_prefix(object, n, other, m);
}

int bc_target_named(const char *object, const char *source)
{
	return folder_length(object) || prefix_length(object, source);
}
