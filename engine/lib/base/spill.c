/*
 * A record is its length, four bytes in the order of this machine, and its
 * bytes. `window` is the part of all that is in memory: while records are
 * added the end that is not in the file yet, while they are read whatever was
 * asked for last.
 *
 *	file	|------------------------|
 *	window	              |----------------|
 *		0          window_at         bytes
 *
 * The file is tmpfile()'s, which is unlinked before anything is in it.
 */
#include "base/spill.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"

struct spill {
	size_t memory;
	FILE *file; /* NULL: all is in the window */
	int64_t bytes;
	struct buf window;
	int64_t window_at;
	size_t window_bytes; /* how much is read at once */
	bool reading;
	int64_t next; /* where the record after this one begins */
};

struct spill *
spill_new(size_t memory)
{
	struct spill *s = calloc(1, sizeof(*s));

	check(s);
	s->memory = memory;
	return s;
}

void
spill_free(struct spill **s)
{
	if (!*s)
		return;
	if ((*s)->file)
		fclose((*s)->file);
	buf_fini(&(*s)->window);
	free(*s);
	*s = NULL;
}

static int
file_error(struct error *err)
{
	return error_system(err, errno, "a temporary file");
}

/* ---- adding ---- */

static int
write_window(struct spill *s, struct error *err)
{
	struct str rest = buf_view(&s->window);
	int64_t at = s->window_at;

	if (!s->file)
		s->file = tmpfile();
	if (!s->file)
		return file_error(err);
	while (rest.len) {
		ssize_t n = pwrite(fileno(s->file), rest.p, rest.len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err);
		at += n;
		rest = str_slice(rest, (size_t)n, rest.len);
	}
	s->window_at = at;
	buf_clear(&s->window);
	return 0;
}

int
spill_add(struct spill *s, struct str record, struct error *err)
{
	const uint32_t len = (uint32_t)record.len;
	const size_t more = sizeof(len) + record.len;

	check(!s->reading && record.len == len);
	if (s->window.len && s->window.len + more > s->memory &&
	    write_window(s, err) < 0)
		return -(int)err->code;
	buf_add(&s->window, &len, sizeof(len));
	buf_str(&s->window, record);
	s->bytes += (int64_t)more;
	return 0;
}

/* ---- reading ---- */

int
spill_begin(struct spill *s, size_t window, struct error *err)
{
	if (!s->reading && s->file && write_window(s, err) < 0)
		return -(int)err->code;
	s->reading = true;
	s->window_bytes = window;
	s->next = 0;
	return 0;
}

static int
read_file(const struct spill *s, int64_t at, size_t len, char *out,
	  struct error *err)
{
	while (len) {
		ssize_t n = pread(fileno(s->file), out, len, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return file_error(err);
		if (n == 0)
			return error_set(err, ERROR_IO,
					 "a temporary file is shorter than "
					 "what was written to it");
		out += n;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}

static bool
is_in_window(const struct spill *s, int64_t at, size_t len)
{
	return at >= s->window_at &&
	       at + (int64_t)len <= s->window_at + (int64_t)s->window.len;
}

static int
move_window(struct spill *s, int64_t at, size_t len, struct error *err)
{
	size_t rest = (size_t)(s->bytes - at);
	size_t size = len > s->window_bytes ? len : s->window_bytes;

	if (size > rest)
		size = rest;
	buf_clear(&s->window);
	s->window_at = at;
	if (read_file(s, at, size, buf_grow(&s->window, size), err) >= 0)
		return 0;
	buf_clear(&s->window);
	return -(int)err->code;
}

/* The bytes [at, at + len), in the window. */
static int
look(struct spill *s, int64_t at, size_t len, const char **out,
     struct error *err)
{
	check(at + (int64_t)len <= s->bytes);
	if (!is_in_window(s, at, len) && move_window(s, at, len, err) < 0)
		return -(int)err->code;
	*out = s->window.p + (at - s->window_at);
	return 0;
}

int
spill_next(struct spill *s, struct str *record, struct error *err)
{
	const char *p;
	uint32_t len;

	check(s->reading);
	if (s->next == s->bytes)
		return 0;
	if (look(s, s->next, sizeof(len), &p, err) < 0)
		return -(int)err->code;
	memcpy(&len, p, sizeof(len));
	if (look(s, s->next + (int64_t)sizeof(len), len, &p, err) < 0)
		return -(int)err->code;
	s->next += (int64_t)sizeof(len) + len;
	*record = (struct str){ p, len };
	return 1;
}

int64_t
spill_place(const struct spill *s)
{
	check(s->reading);
	return s->next;
}

/* Past the window when it is not there: others may be asked for in any order. */
static int
copy(const struct spill *s, int64_t at, size_t len, char *out,
     struct error *err)
{
	check(at >= 0 && at + (int64_t)len <= s->bytes);
	if (!is_in_window(s, at, len))
		return read_file(s, at, len, out, err);
	memcpy(out, s->window.p + (at - s->window_at), len);
	return 0;
}

int
spill_get(struct spill *s, int64_t place, struct arena *a, struct str *record,
	  struct error *err)
{
	uint32_t len;
	char *p;

	check(s->reading);
	if (copy(s, place, sizeof(len), (char *)&len, err) < 0)
		return -(int)err->code;
	p = arena_array(a, len, 1);
	if (copy(s, place + (int64_t)sizeof(len), len, p, err) < 0)
		return -(int)err->code;
	*record = (struct str){ p, len };
	return 0;
}
