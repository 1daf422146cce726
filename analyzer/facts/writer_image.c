/* The writer's end: all tables in one image, sealed with their checksum. */
#include <string.h>
#include <xxhash.h>

#include "base/fs.h"
#include "facts/writing.h"

int bc_fw_empty(const struct bc_fw *fw)
{
	size_t records = 0;

#define X(ID, member, record) records += fw->member.count;
	BC_FACT_TABLES(X)
#undef X
	return records == fw->files.count;
}

void bc_image_seal(void *image, size_t size)
{
	struct bc_image_header *header = image;

	header->checksum = XXH3_64bits(
		(const unsigned char *)image + BC_IMAGE_PAYLOAD, size - BC_IMAGE_PAYLOAD);
}

static void place_section(
	struct bc_image_header *header, enum bc_section id, size_t item_size, size_t count)
{
	uint64_t offset = bc_image_align(header->size);

	header->sections[id] =
		(struct bc_image_section){offset, (uint32_t)count, (uint32_t)item_size};
	header->size = offset + (uint64_t)count * item_size;
}

static void copy_section(unsigned char *image, enum bc_section id, const void *items)
{
	const struct bc_image_section *section =
		&((const struct bc_image_header *)(const void *)image)->sections[id];

	if (section->count)
		memcpy(image + section->offset, items, (size_t)section->count * section->item_size);
}

static void copy_strings(unsigned char *image, const struct bc_fw *fw)
{
	uint64_t pool = ((const struct bc_image_header *)(const void *)image)
				->sections[BC_SECTION_STRINGS]
				.offset;

	for (size_t id = 0; id < fw->offsets.count; id++) {
		const char *text = bc_intern_text(&fw->strings, (uint32_t)id);

		memcpy(image + pool + fw->offsets.items[id], text, strlen(text) + 1);
	}
}

const void *bc_fw_finish(struct bc_fw *fw, size_t *size, uint64_t hash[2])
{
	struct bc_image_header header = {
		.magic = BC_FACTS_MAGIC,
		.version = BC_FACTS_VERSION,
		.size = sizeof(header),
		.path_main = fw->path_main,
		.nsections = BC_SECTION_COUNT,
	};

	place_section(&header, BC_SECTION_STRINGS, 1, fw->pool_size);
#define X(ID, member, record) \
	place_section(&header, BC_SECTION_##ID, sizeof(record), fw->member.count);
	BC_FACT_TABLES(X)
#undef X
	fw->image = bc_xrealloc(fw->image, header.size);
	memset(fw->image, 0, header.size); /* gaps between sections are part of the hash */
	memcpy(fw->image, &header, sizeof(header));
	copy_strings(fw->image, fw);
#define X(ID, member, record) copy_section(fw->image, BC_SECTION_##ID, fw->member.items);
	BC_FACT_TABLES(X)
#undef X
	bc_image_seal(fw->image, header.size);
	bc_hash_bytes(fw->image, header.size, hash);
	*size = header.size;
	return fw->image;
}
