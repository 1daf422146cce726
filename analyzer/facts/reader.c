#include "facts/facts.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"
#include "facts/format.h"

static int refuse(const char *name, const char *what)
{
	return bc_fail(
		BC_EINPUT, "%s: damaged fact file: %s; delete it and analyse again", name, what);
}

/* What must hold before any other number of the header is believed. */
static int check_header(const unsigned char *image, size_t size, const char *name)
{
	const struct bc_image_header *header = (const void *)image;

	if (size < sizeof(uint32_t) || header->magic != BC_FACTS_MAGIC)
		return bc_fail(BC_EINPUT, "%s: not a fact file", name);
	if (size < BC_IMAGE_PAYLOAD)
		return refuse(name, "its header is cut short");
	if (header->version != BC_FACTS_VERSION)
		return bc_fail(BC_EINPUT,
			"%s: fact file of version %u, this program reads version %u; analyse again",
			name, header->version, BC_FACTS_VERSION);
	if (size < sizeof(*header))
		return refuse(name, "its header is cut short");
	if (header->size != size)
		return bc_fail(BC_EINPUT,
			"%s: damaged fact file: it says %llu bytes and has %zu; delete it and "
			"analyse "
			"again",
			name, (unsigned long long)header->size, size);
	if (XXH3_64bits(image + BC_IMAGE_PAYLOAD, size - BC_IMAGE_PAYLOAD) != header->checksum)
		return refuse(name, "its checksum is wrong");
	if (header->nsections != BC_SECTION_COUNT)
		return refuse(name, "its number of sections is wrong");
	return 0;
}

/* The next section in the one layout there is; *end moves behind it. NULL when it does not fit. */
static const void *take_section(
	const unsigned char *image, enum bc_section id, size_t item_size, uint64_t *end)
{
	const struct bc_image_header *header = (const void *)image;
	const struct bc_image_section *section = &header->sections[id];
	uint64_t start = bc_image_align(*end);

	if (section->item_size != item_size || section->offset != start || start > header->size ||
		section->count > (header->size - start) / item_size)
		return NULL;
	*end = start + (uint64_t)section->count * item_size;
	return image + start;
}

static int map_sections(struct bc_facts *facts, const unsigned char *image, const char *name)
{
	const struct bc_image_header *header = (const void *)image;
	uint64_t end = sizeof(*header);

	facts->strings = take_section(image, BC_SECTION_STRINGS, 1, &end);
	if (!facts->strings)
		return refuse(name, "its strings are out of bounds");
	facts->strings_size = header->sections[BC_SECTION_STRINGS].count;
#define X(ID, member, record) \
	facts->member = take_section(image, BC_SECTION_##ID, sizeof(record), &end); \
	if (!facts->member) \
		return refuse(name, "its table of " #member " is out of bounds"); \
	facts->n##member = header->sections[BC_SECTION_##ID].count;
	BC_FACT_TABLES(X)
#undef X
	return end == header->size ? 0 : refuse(name, "bytes follow its last table");
}

static int check_strings(struct bc_facts *facts, const char *name)
{
	const struct bc_image_header *header = facts->image;
	uint32_t size = facts->strings_size;

	if (!size || facts->strings[0] || facts->strings[size - 1])
		return refuse(name, "its strings are not terminated");
	if (header->path_main >= size)
		return refuse(name, "the name of its main file is out of bounds");
	facts->path_main = facts->strings + header->path_main;
	return 0;
}

static int load(struct bc_facts *facts, const void *image, size_t size, const char *name)
{
	int status;

	*facts = (struct bc_facts){.image = image, .image_size = size};
	status = check_header(image, size, name);
	if (!status)
		status = map_sections(facts, image, name);
	if (!status)
		status = check_strings(facts, name);
	if (!status)
		status = bc_facts_check(facts, name);
	if (status)
		*facts = (struct bc_facts){0};
	return status;
}

int bc_facts_load(struct bc_facts *facts, const void *image, size_t size)
{
	return load(facts, image, size, "facts in memory");
}

/* The whole file in memory. Fact files are replaced by rename, so that a mapping stays whole. */
static int map_file(int fd, const char *path, void **image, size_t *size)
{
	struct stat st;

	if (fstat(fd, &st))
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)sizeof(uint32_t))
		return bc_fail(BC_EINPUT, "%s: not a fact file", path);
	*size = (size_t)st.st_size;
	*image = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (*image == MAP_FAILED)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	return 0;
}

int bc_facts_open(struct bc_facts *facts, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	void *image = NULL;
	size_t size = 0;
	int status;

	*facts = (struct bc_facts){0};
	if (fd < 0)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	status = map_file(fd, path, &image, &size);
	close(fd);
	if (status)
		return status;
	status = load(facts, image, size, path);
	if (status)
		munmap(image, size);
	else
		facts->mapped = 1;
	return status;
}

void bc_facts_close(struct bc_facts *facts)
{
	if (facts->mapped)
		munmap((void *)(uintptr_t)facts->image, facts->image_size);
	*facts = (struct bc_facts){0};
}
