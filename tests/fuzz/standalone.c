/*
 * Replays a corpus through a fuzz target built without libFuzzer, so that every input that ever
 * broke something is an ordinary test under gcc and the sanitizers. Arguments are files or folders.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static _Noreturn void fail(const char *path)
{
	fprintf(stderr, "standalone: %s: %s\n", path, strerror(errno));
	exit(2);
}

/* The buffer has exactly the input's size, so that AddressSanitizer sees the first byte past it. */
static void replay_file(const char *path, size_t size)
{
	uint8_t *data = malloc(size ? size : 1);
	FILE *file = fopen(path, "rb");

	if (!file || !data || fread(data, 1, size, file) != size)
		fail(path);
	fclose(file);
	fprintf(stderr, "%s (%zu bytes)\n", path, size);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

static void replay(const char *path)
{
	struct dirent **entries;
	struct stat st;
	int count;

	if (stat(path, &st) != 0)
		fail(path);
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	count = scandir(path, &entries, NULL, alphasort);
	if (count < 0)
		fail(path);
	for (int i = 0; i < count; i++) {
		char inner[4096];

		snprintf(inner, sizeof(inner), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			replay(inner);
		free(entries[i]);
	}
	free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	if (!replayed) {
		fprintf(stderr, "standalone: no input found\n");
		return 2;
	}
	printf("%u inputs replayed\n", replayed);
	return 0;
}
