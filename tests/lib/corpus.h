/* corpus.h - a file of the corpora, whole; the test fails where it cannot be read. */
#ifndef TESTS_LIB_CORPUS_H
#define TESTS_LIB_CORPUS_H

#include "test.h"

static inline void
corpus_read(const char *path, struct buf *text)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	size_t len;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, len);
	fclose(f);
}

#endif
