/* A fact file of any content is refused or read in bounds. The input is the file's image. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "facts/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bc_buf out = {0};
	struct bc_facts facts;
	void *image = malloc(size ? size : 1); /* aligned, and its end is the input's */

	if (!image)
		return 0;
	memcpy(image, data, size);
	/* No mutation would find the right checksum and size; what they guard is what is tested. */
	if (size >= sizeof(struct bc_image_header)) {
		((struct bc_image_header *)image)->size = size;
		bc_image_seal(image, size);
	}
	if (bc_facts_load(&facts, image, size) == 0)
		bc_facts_print(&facts, 1, &out);
	bc_buf_fini(&out);
	free(image);
	return 0;
}
