/*
 * A TZif file is a header and a block of data with times of 4 bytes; from
 * version 2 on a second pair with times of 8 bytes and a rule for the time
 * after them follow. Only the best of the two blocks is read. Every count is
 * held against what is left of the file before anything is allocated.
 */
#include "base/zone_priv.h"

#include "base/arena.h"

enum { HEADER_BYTES = 44, TYPE_BYTES = 6 };

/* No change is before the Big Bang, nor that far ahead. */
#define CHANGE_MAX_S (INT64_C(1) << 60)

struct header {
	char version;
	uint32_t isut_count;
	uint32_t isstd_count;
	uint32_t leap_count;
	uint32_t change_count;
	uint32_t type_count;
	uint32_t char_count;
};

static int
broken(struct error *err, const char *what)
{
	return error_set(err, ERROR_INVALID, "time-zone file: %s", what);
}

static int64_t
big_endian(const char *p, size_t len)
{
	uint64_t n = 0;

	for (size_t i = 0; i < len; i++)
		n = n << 8 | (unsigned char)p[i];
	return len == 4 ? (int32_t)(uint32_t)n : (int64_t)n;
}

static uint32_t
count_at(const char *p)
{
	return (uint32_t)big_endian(p, 4);
}

static int
read_header(struct str *s, struct header *h, struct error *err)
{
	const char *p = s->p;

	if (s->len < HEADER_BYTES || !str_starts(*s, STR("TZif")))
		return broken(err, "expected it to begin with TZif");
	*h = (struct header){
		.version = p[4],
		.isut_count = count_at(p + 20),
		.isstd_count = count_at(p + 24),
		.leap_count = count_at(p + 28),
		.change_count = count_at(p + 32),
		.type_count = count_at(p + 36),
		.char_count = count_at(p + 40),
	};
	*s = str_slice(*s, HEADER_BYTES, s->len);
	return 0;
}

/* Of the block after the header; no sum of products of 32 bits overflows. */
static uint64_t
block_bytes(const struct header *h, uint64_t time_bytes)
{
	return h->change_count * (time_bytes + 1) +
	       h->type_count * (uint64_t)TYPE_BYTES + h->char_count +
	       h->leap_count * (time_bytes + 4) + h->isstd_count +
	       h->isut_count;
}

static int
read_changes(struct zone *z, const char *p, const struct header *h,
	     size_t time_bytes, struct error *err)
{
	const char *which = p + z->count * time_bytes;

	for (size_t i = 0; i < z->count; i++) {
		z->at_s[i] = big_endian(p + i * time_bytes, time_bytes);
		z->which[i] = (uint8_t)which[i];
		if (z->at_s[i] < -CHANGE_MAX_S || z->at_s[i] > CHANGE_MAX_S ||
		    (i && z->at_s[i] <= z->at_s[i - 1]))
			return broken(err, "changes are not in order of time");
		if (z->which[i] >= h->type_count)
			return broken(err, "a change to a type it lacks");
	}
	return 0;
}

static bool
abbreviations_valid(struct str chars)
{
	for (size_t i = 0; i < chars.len; i++) {
		char c = chars.p[i];

		if (c != '\0' && c != '+' && c != '-' &&
		    !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') &&
		    !(c >= 'a' && c <= 'z'))
			return false;
	}
	return true;
}

static int
read_types(struct arena *a, struct zone *z, const char *p,
	   const struct header *h, struct error *err)
{
	struct str chars = { p + h->type_count * (size_t)TYPE_BYTES,
			     h->char_count };
	const char *names = arena_copy(a, chars.p, chars.len);

	if (!abbreviations_valid(chars))
		return broken(err, "an abbreviation beyond letters and digits");
	for (size_t i = 0; i < h->type_count; i++, p += TYPE_BYTES) {
		unsigned char name = (unsigned char)p[5];
		int64_t offset_s = big_endian(p, 4);

		if (offset_s < -ZONE_OFFSET_MAX_S ||
		    offset_s > ZONE_OFFSET_MAX_S)
			return broken(err, "an offset of more than 26 hours");
		if (name >= h->char_count)
			return broken(err, "a type without an abbreviation");
		z->types[i] = (struct zone_type){
			.offset_s = (int32_t)offset_s,
			.dst = p[4] != 0,
			.abbrev = names + name,
		};
	}
	return 0;
}

static int
read_block(struct arena *a, struct zone *z, struct str *s,
	   const struct header *h, struct error *err)
{
	size_t time_bytes = h->version ? 8 : 4;
	uint64_t len = block_bytes(h, time_bytes);

	if (len > s->len)
		return broken(err, "cut short");
	if (h->leap_count)
		return broken(err, "counts leap seconds, which we do not");
	if (h->type_count == 0 || h->type_count > 256 || h->char_count == 0)
		return broken(err, "expected 1 to 256 types of local time");
	z->count = h->change_count;
	z->at_s = ARENA_ARRAY(a, z->count, int64_t);
	z->which = ARENA_ARRAY(a, z->count, uint8_t);
	z->types = ARENA_ARRAY(a, h->type_count, struct zone_type);
	if (read_changes(z, s->p, h, time_bytes, err) < 0 ||
	    read_types(a, z, s->p + z->count * (time_bytes + 1), h, err) < 0)
		return -(int)err->code;
	*s = str_slice(*s, (size_t)len, s->len);
	return 0;
}

/* A line feed, the rule or nothing, a line feed. */
static int
read_footer(struct arena *a, struct zone *z, struct str s, struct error *err)
{
	struct str rule;
	ptrdiff_t end;

	if (!str_starts(s, STR("\n")))
		return broken(err, "expected a rule at the end");
	s = str_slice(s, 1, s.len);
	end = str_find_char(s, '\n');
	if (end < 0)
		return broken(err, "cut short in the rule at the end");
	rule = str_slice(s, 0, (size_t)end);
	z->has_tail = rule.len > 0;
	if (!z->has_tail)
		return 0;
	return zone_tail_parse(a, rule, &z->tail, err);
}

static int
read_file(struct arena *a, struct zone *z, struct str s, struct error *err)
{
	struct header h;
	uint64_t skip;

	if (read_header(&s, &h, err) < 0)
		return -(int)err->code;
	if (h.version == 0)
		return read_block(a, z, &s, &h, err);
	if (h.version < '2')
		return broken(err, "expected version 1, 2, 3 or 4");
	skip = block_bytes(&h, 4);
	if (skip > s.len)
		return broken(err, "cut short");
	s = str_slice(s, (size_t)skip, s.len);
	if (read_header(&s, &h, err) < 0)
		return -(int)err->code;
	if (h.version < '2')
		return broken(err, "its two headers differ in version");
	if (read_block(a, z, &s, &h, err) < 0)
		return -(int)err->code;
	return read_footer(a, z, s, err);
}

int
zone_parse(struct arena *a, const char *name, struct str bytes,
	   const struct zone **out, struct error *err)
{
	struct arena_mark mark = arena_mark(a);
	struct zone *z;

	if (bytes.len > ZONE_FILE_MAX_BYTES)
		return error_set(err, ERROR_LIMIT,
				 "time-zone file: larger than %d bytes",
				 ZONE_FILE_MAX_BYTES);
	z = ARENA_NEW(a, struct zone);
	z->name = str_cstr(a, str_of(name));
	if (read_file(a, z, bytes, err) < 0) {
		arena_rewind(a, mark);
		return -(int)err->code;
	}
	*out = z;
	return 0;
}
