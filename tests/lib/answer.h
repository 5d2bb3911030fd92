/*
 * answer.h - a program that answers each line of its input with a line, for
 * judges that are not written in C.
 */
#ifndef ANSWER_H
#define ANSWER_H

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

/* Adds the answer to a line, without its end. */
typedef void (*answer_fn)(struct str line, struct buf *out);

static inline int
answer_lines(answer_fn answer)
{
	struct buf out = { 0 };
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while ((len = getline(&line, &size, stdin)) > 0) {
		buf_clear(&out);
		answer((struct str){ line, (size_t)len }, &out);
		printf("%s\n", buf_cstr(&out));
	}
	free(line);
	buf_fini(&out);
	return EXIT_SUCCESS;
}

#endif
