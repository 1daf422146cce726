/* A temporary folder for one test, removed with all that is in it. */
#ifndef BC_TEST_TEMPDIR_H
#define BC_TEST_TEMPDIR_H

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static inline char *tempdir_make(void)
{
	char template[] = "/tmp/bc-test-XXXXXX";
	char *made = mkdtemp(template);
	char *real = made ? realpath(made, NULL) : NULL;

	if (!real)
		abort();
	return real;
}

static inline int tempdir_remove_one(
	const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Removes the folder and frees its name. */
static inline void tempdir_remove(char *dir)
{
	nftw(dir, tempdir_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

/* Number of names in a folder. */
static inline int tempdir_count(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *e; d && (e = readdir(d));)
		n += strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
	if (d)
		closedir(d);
	return n;
}

/* Writes `text` into dir/name and returns the path, which the caller frees. */
static inline char *tempdir_file(const char *dir, const char *name, const char *text)
{
	char *path = NULL;
	FILE *f;

	if (asprintf(&path, "%s/%s", dir, name) < 0 || !(f = fopen(path, "w")))
		abort();
	fputs(text, f);
	fclose(f);
	return path;
}

#endif
