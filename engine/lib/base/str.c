#define _GNU_SOURCE /* memmem(), whose time does not depend on what is sought */
#include "base/str.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool
str_eq_fold(struct str a, struct str b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

int
str_cmp(struct str a, struct str b)
{
	size_t common = a.len < b.len ? a.len : b.len;
	int order = common ? memcmp(a.p, b.p, common) : 0;

	if (order)
		return order;
	return (a.len > b.len) - (a.len < b.len);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len &&
	       str_eq(str_slice(s, 0, prefix.len), prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	       str_eq(str_slice(s, s.len - suffix.len, s.len), suffix);
}

ptrdiff_t
str_find(struct str s, struct str needle)
{
	const char *hit;

	if (needle.len == 0)
		return 0;
	hit = s.len ? memmem(s.p, s.len, needle.p, needle.len) : NULL;
	return hit ? hit - s.p : -1;
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct str
str_trim(struct str s)
{
	while (s.len && blank(s.p[0])) {
		s.p++;
		s.len--;
	}
	while (s.len && blank(s.p[s.len - 1]))
		s.len--;
	return s;
}

bool
str_split(struct str *rest, char sep, struct str *part)
{
	ptrdiff_t at;

	if (!rest->p)
		return false;
	at = str_find_char(*rest, sep);
	if (at < 0) {
		*part = *rest;
		*rest = (struct str){ 0 };
		return part->len > 0;
	}
	*part = str_slice(*rest, 0, (size_t)at);
	*rest = str_slice(*rest, (size_t)at + 1, rest->len);
	return true;
}

bool
str_word(struct str *rest, struct str *word)
{
	struct str s = str_trim(*rest);
	size_t len = 0;

	while (len < s.len && !blank(s.p[len]))
		len++;
	*word = str_slice(s, 0, len);
	*rest = str_slice(s, len, s.len);
	return len > 0;
}

bool
str_int(struct str s, int64_t min, int64_t max, int64_t *out)
{
	bool negative = s.len && s.p[0] == '-';
	int64_t n = 0;

	if (s.len == negative)
		return false;
	for (size_t i = negative; i < s.len; i++) {
		int digit = s.p[i] - '0';

		/* Counted downwards, so that INT64_MIN fits. */
		if (digit < 0 || digit > 9 ||
		    __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_sub_overflow(n, digit, &n))
			return false;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, n, &n))
		return false;
	if (n < min || n > max)
		return false;
	*out = n;
	return true;
}

struct str
str_copy(struct arena *a, struct str s)
{
	return (struct str){ str_cstr(a, s), s.len };
}

char *
str_cstr(struct arena *a, struct str s)
{
	return arena_copy(a, s.p, s.len);
}

struct str
str_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap;
	char *p;

	va_start(ap, fmt);
	p = arena_vprintf(a, fmt, ap);
	va_end(ap);
	return str_of(p);
}

struct str
str_lower(struct arena *a, struct str s)
{
	char *p = str_cstr(a, s);

	for (size_t i = 0; i < s.len; i++)
		p[i] = lower(p[i]);
	return (struct str){ p, s.len };
}

/*
 * The bounds of the second byte are those of RFC 3629 section 4; they exclude
 * overlong forms, surrogates and what lies above U+10FFFF.
 */
size_t
str_utf8_sequence(struct str s, size_t i)
{
	const unsigned char *p = (const unsigned char *)s.p + i;
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (len > s.len - i || p[1] < low || p[1] > high)
		return 0;
	for (size_t k = 2; k < len; k++)
		if ((p[k] & 0xc0) != 0x80)
			return 0;
	return len;
}

size_t
str_characters(struct str s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return count;
}

/* How far `s` is ASCII from its start, to a multiple of eight bytes. */
static size_t
ascii_words(struct str s)
{
	const uint64_t high = UINT64_C(0x8080808080808080);
	size_t i = 0;
	uint64_t word;

	for (; s.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, s.p + i, sizeof(word));
		if (word & high)
			break;
	}
	return i;
}

bool
str_is_ascii(struct str s)
{
	for (size_t i = ascii_words(s); i < s.len; i++)
		if ((unsigned char)s.p[i] >= 0x80)
			return false;
	return true;
}

bool
str_utf8_valid(struct str s)
{
	for (size_t i = ascii_words(s); i < s.len;) {
		size_t len = 1; /* most text is ASCII */

		if ((unsigned char)s.p[i] >= 0x80)
			len = str_utf8_sequence(s, i);
		if (!len)
			return false;
		i += len;
	}
	return true;
}

enum { NEAREST_NAME_MAX = 64 };

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance, one row at a time; both at most NEAREST_NAME_MAX. */
static size_t
edit_distance(struct str a, struct str b)
{
	size_t row[NEAREST_NAME_MAX + 1];

	for (size_t j = 0; j <= b.len; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t swap = diagonal;

			swap += lower(a.p[i - 1]) != lower(b.p[j - 1]);
			diagonal = row[j];
			row[j] = least(row[j] + 1, row[j - 1] + 1, swap);
		}
	}
	return row[b.len];
}

/*
 * Two errors make any word of three letters of any other; but the first letter
 * is seldom wrong.
 */
static bool
is_far(struct str found, struct str name, size_t distance)
{
	return found.len <= 3 && distance > 1 &&
	       lower(found.p[0]) != lower(name.p[0]);
}

const char *
str_nearest(struct str found, const char *const *names, size_t count)
{
	const char *best = NULL;
	size_t best_distance = found.len / 3 + 1;

	if (found.len == 0 || found.len > NEAREST_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		struct str name = str_of(names[i]);
		size_t distance;

		if (name.len == 0 || name.len > NEAREST_NAME_MAX)
			continue;
		distance = edit_distance(found, name);
		if (is_far(found, name, distance))
			continue;
		if (distance < best_distance ||
		    (distance == best_distance && !best)) {
			best = names[i];
			best_distance = distance;
		}
	}
	return best;
}
