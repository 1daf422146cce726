#include "base/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/error.h"

enum { READ_CHUNK = 64 * 1024, TEMP_ATTEMPTS = 100 };

/* ---- paths ---- */

/* Appends one component to the folded path in `out`, which has no trailing slash. */
static void fold_component(struct bc_buf *out, const char *name, size_t len)
{
	if (len == 0 || (len == 1 && name[0] == '.'))
		return;
	if (len == 2 && name[0] == '.' && name[1] == '.') {
		while (out->len && out->data[out->len - 1] != '/')
			out->len--;
		if (out->len)
			out->data[--out->len] = '\0';
		return;
	}
	bc_buf_char(out, '/');
	bc_buf_add(out, name, len);
}

static void fold_path(struct bc_buf *out, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");

		fold_component(out, path, len);
		path += len;
		path += *path == '/';
	}
}

char *bc_path_absolute(struct bc_arena *arena, const char *directory, const char *path)
{
	struct bc_buf out = {0};
	char *result;

	if (path[0] != '/')
		fold_path(&out, directory);
	fold_path(&out, path);
	result = bc_arena_strdup(arena, out.len ? out.data : "/");
	bc_buf_fini(&out);
	return result;
}

const char *bc_path_relative(const char *root, const char *path)
{
	size_t len = strlen(root);

	while (len && root[len - 1] == '/')
		len--;
	if (strncmp(root, path, len) != 0 || (path[len] && path[len] != '/'))
		return path;
	path += len;
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

char *bc_path_join(struct bc_arena *arena, const char *directory, const char *name)
{
	size_t len = strlen(directory);

	if (name[0] == '/' || len == 0)
		return bc_arena_strdup(arena, name);
	return bc_arena_printf(
		arena, "%s%s%s", directory, directory[len - 1] == '/' ? "" : "/", name);
}

char *bc_path_dirname(struct bc_arena *arena, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return len ? bc_arena_strndup(arena, path, len) : bc_arena_strdup(arena, ".");
}

const char *bc_path_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- reading ---- */

static int names_open_descriptor(const char *path)
{
	return !strncmp(path, "/dev/fd/", 8) || !strncmp(path, "/proc/self/fd/", 14) ||
	       !strcmp(path, "/dev/stdin");
}

/*
 * Opens a regular file. A FIFO or a device in the analysed tree would make us wait for ever, so
 * those are refused unless the user's shell made them: `-p <(command)` is a pipe in /dev/fd.
 */
static int open_for_reading(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode))
		return fd;
	if (!S_ISDIR(st.st_mode) && names_open_descriptor(path)) {
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
		return fd;
	}
	close(fd);
	return bc_fail(BC_EINPUT, "%s: %s", path,
		S_ISDIR(st.st_mode) ? "is a folder, a file is needed" : "is not a regular file");
}

static ssize_t read_some(int fd, void *bytes, size_t size)
{
	ssize_t n;

	do
		n = read(fd, bytes, size);
	while (n < 0 && errno == EINTR);
	return n;
}

static int read_all(struct bc_buf *out, int fd, const char *path, size_t limit)
{
	char chunk[READ_CHUNK];
	size_t start = out->len;
	ssize_t n;

	while ((n = read_some(fd, chunk, sizeof(chunk))) > 0) {
		if (limit && out->len - start + (size_t)n > limit)
			return bc_fail(
				BC_ELIMIT, "%s: larger than the limit of %zu bytes", path, limit);
		bc_buf_add(out, chunk, (size_t)n);
	}
	if (n < 0)
		return bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno));
	bc_buf_add(out, "", 0);
	return 0;
}

int bc_file_read(struct bc_buf *out, const char *path, size_t limit)
{
	int fd = open_for_reading(path);
	int status;

	if (fd < 0)
		return fd;
	status = read_all(out, fd, path, limit);
	close(fd);
	return status;
}

int bc_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

/* ---- hashing ---- */

static void store_hash(XXH128_hash_t value, uint64_t hash[2])
{
	hash[0] = value.low64;
	hash[1] = value.high64;
}

void bc_hash_bytes(const void *bytes, size_t size, uint64_t hash[2])
{
	store_hash(XXH3_128bits(bytes, size), hash);
}

static int hash_stream(XXH3_state_t *state, int fd, const char *path, uint64_t *size)
{
	char chunk[READ_CHUNK];
	ssize_t n;

	XXH3_128bits_reset(state);
	*size = 0;
	while ((n = read_some(fd, chunk, sizeof(chunk))) > 0) {
		XXH3_128bits_update(state, chunk, (size_t)n);
		*size += (uint64_t)n;
	}
	return n < 0 ? bc_fail(BC_EINPUT, "%s: %s", path, strerror(errno)) : 0;
}

int bc_file_hash(const char *path, uint64_t hash[2], uint64_t *size)
{
	int fd = open_for_reading(path);
	XXH3_state_t *state;
	int status;

	if (fd < 0)
		return fd;
	state = XXH3_createState();
	if (!state) {
		close(fd);
		return bc_fail(BC_EINTERNAL, "%s: out of memory", path);
	}
	status = hash_stream(state, fd, path, size);
	if (status == 0)
		store_hash(XXH3_128bits_digest(state), hash);
	XXH3_freeState(state);
	close(fd);
	return status;
}

void bc_hash_hex(const uint64_t hash[2], char out[33])
{
	snprintf(out, 33, "%016" PRIx64 "%016" PRIx64, hash[1], hash[0]);
}

/* ---- writing ---- */

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size) {
		ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Writes and closes `fd`; close reports the errors that network file systems delay. */
static int write_and_close(int fd, const void *bytes, size_t size)
{
	int status = write_all(fd, bytes, size);
	int error = errno;

	if (close(fd) != 0 && status == 0)
		return -1;
	errno = error;
	return status;
}

/* The mode is left to the umask, which mkstemp() would ignore. */
static int open_temporary(struct bc_arena *arena, const char *path, char **name)
{
	for (int i = 0; i < TEMP_ATTEMPTS; i++) {
		int fd;

		*name = bc_arena_printf(arena, "%s.tmp.%d.%d", path, (int)getpid(), i);
		fd = open(*name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd >= 0 || errno != EEXIST)
			return fd;
	}
	return -1;
}

static int replace_file(struct bc_arena *arena, const char *path, const void *bytes, size_t size)
{
	char *temporary;
	int fd = open_temporary(arena, path, &temporary);
	int error;

	if (fd < 0)
		return bc_fail(BC_EOUTPUT, "%s: cannot write: %s", path, strerror(errno));
	if (write_and_close(fd, bytes, size) == 0 && rename(temporary, path) == 0)
		return 0;
	error = errno;
	unlink(temporary);
	return bc_fail(BC_EOUTPUT, "%s: cannot write: %s", path, strerror(error));
}

/* Pipes and devices: `-o /dev/stdout` must write there and not replace it. */
static int write_through(const char *path, const void *bytes, size_t size)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write_and_close(fd, bytes, size) != 0)
		return bc_fail(BC_EOUTPUT, "%s: cannot write: %s", path, strerror(errno));
	return 0;
}

int bc_file_write(const char *path, const void *bytes, size_t size)
{
	struct bc_arena arena = BC_ARENA_INIT;
	char *real = realpath(path, NULL);
	struct stat st;
	int status;

	/* A symbolic link is kept and its target replaced. */
	if (stat(path, &st) == 0 && (!S_ISREG(st.st_mode) || !strncmp(path, "/dev/", 5) || !real))
		status = write_through(path, bytes, size);
	else
		status = replace_file(&arena, real ? real : path, bytes, size);
	free(real);
	bc_arena_fini(&arena);
	return status;
}

static int make_folder(const char *path)
{
	struct stat st;
	int error;

	if (mkdir(path, 0777) == 0)
		return 0;
	error = errno;
	if (stat(path, &st) == 0)
		return S_ISDIR(st.st_mode)
			       ? 0
			       : bc_fail(BC_EOUTPUT, "%s: is in the way of a folder", path);
	return bc_fail(BC_EOUTPUT, "%s: cannot create the folder: %s", path, strerror(error));
}

int bc_mkdirs(const char *path)
{
	char *copy = bc_xstrdup(path);
	int status = 0;

	for (char *p = copy + 1; status == 0 && *copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		status = make_folder(copy);
		*p = '/';
	}
	if (status == 0)
		status = make_folder(copy);
	free(copy);
	return status;
}
