/*
 * Writing is stateless but for the fields in the row so far. A row that is one
 * empty field is written as "", since an empty line would be no row at all.
 *
 * All three separators are quoted whichever is in use: a program that guesses
 * another one must not find its fields in ours. That is also what lets our
 * own reader guess right.
 *
 * The guard is put before whatever a look past all leading ' finds to be a
 * formula, also where a ' stands already. So a field is guarded exactly when
 * it is one with a ' before it, and taking one off undoes it for every text.
 */
#include "base/csv.h"

#include <inttypes.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

static bool
has_any(struct str s, struct str chars)
{
	for (size_t i = 0; i < chars.len; i++)
		if (str_find_char(s, chars.p[i]) >= 0)
			return true;
	return false;
}

static bool
needs_quotes(struct str s)
{
	return has_any(s, STR(",;\t\"\r\n")) || str_starts(s, STR(" ")) ||
	       str_ends(s, STR(" ")) || str_starts(s, STR(BYTE_ORDER_MARK));
}

/* The length of the one of `texts` that `s` begins with, or 0. */
static size_t
begins_with(struct str s, const char *const *texts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_starts(s, str_of(texts[i])))
			return str_of(texts[i]).len;
	return 0;
}

/* What spreadsheets trim, pass over or split at before they look. */
static size_t
passed_over(struct str s)
{
	static const char *const texts[] = {
		" ",
		"\"",
		"'",
		",",
		";",
		"\xc2\xa0", /* no-break space */
		"\xc2\xad", /* soft hyphen */
		"\xe1\x9a\x80",
		"\xe1\xa0\x8e",
		"\xe2\x80\xa8",
		"\xe2\x80\xa9",
		"\xe2\x80\xaf",
		"\xe2\x81\x9f",
		"\xe2\x81\xa0",
		"\xe3\x80\x80",
		BYTE_ORDER_MARK,
	};

	/* U+2000 to U+200F: spaces of all widths, joiners, marks. */
	if (str_starts(s, STR("\xe2\x80")) && s.len >= 3 &&
	    (unsigned char)s.p[2] <= 0x8f)
		return 3;
	return begins_with(s, texts, COUNT_OF(texts));
}

static bool
formula(struct str s)
{
	static const char *const starts[] = {
		"=",
		"+",
		"-",
		"@",
		"\t",
		"\r",
		"\n",
		"\xef\xbc\x9d", /* the full-width forms, = + - @ */
		"\xef\xbc\x8b",
		"\xef\xbc\x8d",
		"\xef\xbc\xa0",
		"\xef\xb9\xa6", /* the small forms */
		"\xef\xb9\xa2",
		"\xef\xb9\xa3",
		"\xef\xb9\xab",
	};
	size_t len;

	while ((len = passed_over(s)) > 0)
		s = str_slice(s, len, s.len);
	return begins_with(s, starts, COUNT_OF(starts)) > 0;
}

static void
begin_field(struct csv_writer *w)
{
	if (w->field_count == 0)
		w->row_start = w->out->len;
	if (w->field_count++ > 0)
		buf_char(w->out, w->separator ? w->separator : ',');
}

static void
write_quoted(struct buf *out, struct str s, const char *before)
{
	buf_char(out, '"');
	buf_cat(out, before);
	for (ptrdiff_t at; (at = str_find_char(s, '"')) >= 0;) {
		buf_str(out, str_slice(s, 0, (size_t)at + 1));
		buf_char(out, '"');
		s = str_slice(s, (size_t)at + 1, s.len);
	}
	buf_str(out, s);
	buf_char(out, '"');
}

void
csv_write(struct csv_writer *w, struct str field)
{
	begin_field(w);
	if (!w->formulas && formula(field))
		write_quoted(w->out, field, "'");
	else if (needs_quotes(field))
		write_quoted(w->out, field, "");
	else
		buf_str(w->out, field);
}

struct str
csv_unguard(struct str field)
{
	const bool guarded = str_starts(field, STR("'")) && formula(field);

	return str_slice(field, guarded ? 1 : 0, field.len);
}

void
csv_write_int(struct csv_writer *w, int64_t number)
{
	begin_field(w);
	buf_printf(w->out, "%" PRId64, number);
}

void
csv_end_row(struct csv_writer *w)
{
	check(w->field_count > 0);
	if (w->out->len == w->row_start && !buf_full(w->out))
		buf_cat(w->out, "\"\"");
	buf_cat(w->out, w->crlf ? "\r\n" : "\n");
	w->field_count = 0;
}
