#include "base/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BUF_FIRST = 256 };

/* Room for `len` more bytes and a NUL; false (and full) when over max. */
static bool
reserve(struct buf *b, size_t len)
{
	size_t need;

	check(!__builtin_add_overflow(b->len, len, &need) && need < SIZE_MAX);
	if (b->max && need > b->max) {
		b->full = true;
		return false;
	}
	if (need + 1 <= b->cap)
		return true;
	if (b->cap == 0)
		b->cap = BUF_FIRST;
	while (b->cap < need + 1)
		check(!__builtin_mul_overflow(b->cap, 2, &b->cap));
	b->p = realloc(b->p, b->cap);
	check(b->p);
	return true;
}

char *
buf_grow(struct buf *b, size_t len)
{
	char *at;

	if (!reserve(b, len))
		return NULL;
	at = b->p + b->len;
	b->len += len;
	return at;
}

void
buf_add(struct buf *b, const void *p, size_t len)
{
	char *at;

	if (len == 0)
		return;
	at = buf_grow(b, len);
	if (at)
		memcpy(at, p, len);
}

void
buf_cat(struct buf *b, const char *cstr)
{
	buf_add(b, cstr, strlen(cstr));
}

/* Written at once where there is room, as there is but for a few times. */
void
buf_vprintf(struct buf *b, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;
	va_list again;
	int len;

	va_copy(again, ap);
	len = vsnprintf(room ? b->p + b->len : NULL, room, fmt, again);
	va_end(again);
	check(len >= 0);
	if (!reserve(b, (size_t)len))
		return;
	if ((size_t)len >= room)
		vsnprintf(b->p + b->len, (size_t)len + 1, fmt, ap);
	b->len += (size_t)len;
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(b, fmt, ap);
	va_end(ap);
}

const char *
buf_cstr(struct buf *b)
{
	size_t max = b->max;

	if (!b->p) {
		b->max = 0;
		(void)reserve(b, 0);
		b->max = max;
	}
	b->p[b->len] = '\0';
	return b->p;
}

void
buf_clear(struct buf *b)
{
	b->len = 0;
	b->full = false;
}

void
buf_truncate(struct buf *b, size_t len)
{
	check(len <= b->len);
	b->len = len;
}

void
buf_fini(struct buf *b)
{
	size_t max = b->max;

	free(b->p);
	*b = (struct buf){ .max = max };
}
