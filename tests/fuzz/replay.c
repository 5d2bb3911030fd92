/*
 * Runs a fuzz target once over each file of the directories given, in any
 * compiler's build: inputs that broke something stay tests. An empty corpus
 * is a failure, for it would pass without testing.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"
#include "fuzz.h"

static bool
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf input = { 0 };
	char part[4096];
	uint8_t *exact;
	size_t n;

	if (!f) {
		perror(path);
		return false;
	}
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&input, part, n);
	fclose(f);
	/* Exactly as long, so that reading past the end is caught. */
	exact = malloc(input.len ? input.len : 1);
	check(exact);
	for (size_t i = 0; i < input.len; i++)
		exact[i] = (uint8_t)input.p[i];
	(void)LLVMFuzzerTestOneInput(exact, input.len);
	free(exact);
	buf_fini(&input);
	return true;
}

static int
replay_directory(const char *path)
{
	DIR *dir = opendir(path);
	struct buf file = { 0 };
	struct dirent *e;
	int count = 0;

	if (!dir) {
		perror(path);
		return -1;
	}
	while (count >= 0 && (e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		buf_clear(&file);
		buf_printf(&file, "%s/%s", path, e->d_name);
		count = replay_file(buf_cstr(&file)) ? count + 1 : -1;
	}
	closedir(dir);
	buf_fini(&file);
	return count;
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		int count = replay_directory(argv[i]);

		printf("%s: %d inputs\n", argv[i], count);
		if (count <= 0)
			return EXIT_FAILURE;
	}
	return argc > 1 ? EXIT_SUCCESS : EXIT_FAILURE;
}
