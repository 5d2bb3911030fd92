#ifndef TESTS_UNIT_RENDER_GOLDEN_H
#define TESTS_UNIT_RENDER_GOLDEN_H

/*
 * golden - what is made is what lies in a file of the folder GOLDEN
 *
 * GUIDON_GOLDEN_WRITE=1 writes the files instead, to be read and committed.
 */

#include <stdio.h>
#include <stdlib.h>

#include "subject.h"

static inline void
assert_golden(const char *name, struct str bytes)
{
	static char expected[1 << 16];
	const char *path = arena_printf(a, "%s/%s", GOLDEN, name);
	bool write = getenv("GUIDON_GOLDEN_WRITE");
	FILE *f = fopen(path, write ? "wb" : "rb");
	size_t n;

	if (!f)
		fail_msg("%s cannot be opened", path);
	if (write) {
		assert_int_equal(fwrite(bytes.p, 1, bytes.len, f), bytes.len);
		fclose(f);
		return;
	}
	n = fread(expected, 1, sizeof(expected), f);
	fclose(f);
	if (!str_eq(bytes, (struct str){ expected, n }))
		fail_msg("%s differs, got:\n%.*s", path, STR_ARG(bytes));
}

#endif
