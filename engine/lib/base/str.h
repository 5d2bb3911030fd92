#ifndef BASE_STR_H
#define BASE_STR_H

/*
 * str - a view of bytes for reading; buf - bytes for building
 *
 * A struct str borrows: it points into an arena, a literal or a buf and lives
 * as long as that does. It is not NUL-terminated. Text is UTF-8.
 *
 * A struct buf owns heap memory and grows; out of memory aborts. With `max`
 * set, an addition that would pass it is dropped whole and `full` stays true:
 * add without looking, check buf_full() once at the end.
 *
 *	struct buf b = { 0 };
 *	buf_printf(&b, "%d of %d", n, total);
 *	puts(buf_cstr(&b));
 *	buf_fini(&b);
 *
 * Thread rule: one thread at a time for a buf; a str is a plain value.
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/check.h"

struct arena;

struct str {
	const char *p;
	size_t len;
};

/* A str of a literal; of a NUL-terminated string (NULL gives the empty str). */
#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
static inline struct str
str_of(const char *cstr)
{
	return (struct str){ cstr, cstr ? strlen(cstr) : 0 };
}

/* printf("%.*s", STR_ARG(s)) */
#define STR_ARG(s) (int)(s).len, (s).p ? (s).p : ""

static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}

/* Names are looked for in tables: most differ in their first letter. */
static inline bool
str_eq_cstr(struct str a, const char *b)
{
	if (a.len == 0 || a.p[0] != b[0])
		return a.len == 0 && b[0] == '\0';
	return str_eq(a, str_of(b));
}

/* Equal but for the case of A-Z; nothing beyond ASCII folds. */
bool str_eq_fold(struct str a, struct str b);

/* < 0, 0, > 0 by bytes, the shorter first. */
int str_cmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);

/* The index of the first c (of needle), or -1. */
static inline ptrdiff_t
str_find_char(struct str s, char c)
{
	const char *hit = s.len ? memchr(s.p, c, s.len) : NULL;

	return hit ? hit - s.p : -1;
}

ptrdiff_t str_find(struct str s, struct str needle);

/* s[from, to), both clamped to the length. */
static inline struct str
str_slice(struct str s, size_t from, size_t to)
{
	if (to > s.len)
		to = s.len;
	if (from > to)
		from = to;
	return (struct str){ s.p ? s.p + from : NULL, to - from };
}

/* Without spaces, tabs, CR and LF at both ends. */
struct str str_trim(struct str s);

/*
 * Takes the part of *rest before `sep` off into *part: true while there is
 * one. "a,,b" gives "a", "", "b"; the empty str gives nothing.
 */
bool str_split(struct str *rest, char sep, struct str *part);

/*
 * The next word of *rest between white space; false at the end.
 */
bool str_word(struct str *rest, struct str *word);

/*
 * A decimal number with nothing before or after it, within the range. False
 * otherwise, with *out untouched.
 */
bool str_int(struct str s, int64_t min, int64_t max, int64_t *out);

/* A copy in the arena; NUL-terminated too, so .p may go to a library. */
struct str str_copy(struct arena *a, struct str s);
char *str_cstr(struct arena *a, struct str s);
struct str str_printf(struct arena *a, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* A-Z to a-z, in the arena. */
struct str str_lower(struct arena *a, struct str s);

/* No byte of 0x80 or more. */
bool str_is_ascii(struct str s);

/* Well-formed UTF-8 without surrogates and overlong forms (RFC 3629). */
bool str_utf8_valid(struct str s);

/* How many characters (code points) well-formed UTF-8 has. */
size_t str_characters(struct str s);

/* The length of the well-formed sequence at s.p[i], i < s.len; 0: malformed. */
size_t str_utf8_sequence(struct str s, size_t i);

/*
 * Of `count` names, the one nearest to `found` by edit distance, for "did you
 * mean ...?"; NULL when none is near enough to be worth saying.
 */
const char *str_nearest(struct str found, const char *const *names,
			size_t count);

struct buf {
	char *p;
	size_t len;
	size_t cap;
	size_t max; /* 0: no limit */
	bool full;  /* an addition was dropped */
};

void buf_add(struct buf *b, const void *p, size_t len);
void buf_cat(struct buf *b, const char *cstr);
void buf_printf(struct buf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *b, const char *fmt, va_list ap) PRINTF_LIKE(2, 0);

/* Room for len more bytes at the end, counted in; NULL when over max. */
char *buf_grow(struct buf *b, size_t len);

/* Whether len more bytes and a NUL fit into what is there, and below max. */
static inline bool
buf_fits(const struct buf *b, size_t len)
{
	return len < b->cap - b->len && (!b->max || len <= b->max - b->len);
}

/* What is added a thousand times a message is added in line. */
static inline void
buf_str(struct buf *b, struct str s)
{
	if (!s.len || !buf_fits(b, s.len)) {
		buf_add(b, s.p, s.len);
		return;
	}
	memcpy(b->p + b->len, s.p, s.len);
	b->len += s.len;
}

static inline void
buf_char(struct buf *b, char c)
{
	if (buf_fits(b, 1))
		b->p[b->len++] = c;
	else
		buf_add(b, &c, 1);
}

static inline bool
buf_full(const struct buf *b)
{
	return b->full;
}

/* What is in it, borrowed until the next change. */
static inline struct str
buf_view(const struct buf *b)
{
	return (struct str){ b->p, b->len };
}

/* The same, NUL-terminated; "" when empty. */
const char *buf_cstr(struct buf *b);

/* Empty, memory kept. */
void buf_clear(struct buf *b);

/* Cut to len, which is at most what is there. */
void buf_truncate(struct buf *b, size_t len);

/* Free the memory; the buf may be used again. */
void buf_fini(struct buf *b);

#endif
