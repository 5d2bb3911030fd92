/*
 * The reader is a state machine over bytes that can stop after any of them.
 *
 *	START	nothing of the field yet
 *	PLAIN	in a field without quotes
 *	QUOTED	in a field in quotes
 *	CLOSED	after a quote in one: its end, or half of a doubled quote
 *
 * Before it, the first line is collected in `head` to find the separator in
 * it. The head is then read like a chunk, ahead of the chunk it was taken
 * from; where it ends has no meaning to the machine.
 *
 * A row's bytes gather in `text`, and `ends` holds where in it each field
 * ends; fields become pointers when the row is complete, since text moves
 * while it grows. Both are bounded, and so is what a reader needs.
 *
 * A quote inside an unquoted field is taken as it is: nothing else can be
 * meant by 5'10" and refusing it would help nobody. After a closing quote
 * there are two readings, so that is an error.
 */
#include "base/csv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum csv_state { START, PLAIN, QUOTED, CLOSED };

static const char separators[] = ",;\t"; /* the first wins a tie */

/* How far the search for the separator is. */
struct scan {
	size_t at; /* in the head */
	size_t counts[sizeof(separators) - 1];
	bool quoted;
	bool may_open; /* a quote here would be an opening one */
	bool seen;     /* something besides line ends */
};

struct csv_reader {
	struct buf name;
	struct str input; /* what was fed and is not read */
	bool finished;
	bool failed;
	bool row_given; /* text and ends are to be cleared first */

	struct buf head;
	size_t head_read;
	struct scan scan;
	char separator; /* 0: the head is not complete */

	enum csv_state state;
	struct csv_place here;	 /* of the byte that comes next */
	struct csv_place opened; /* of the last opening quote */
	int64_t row_line;
	bool after_cr; /* a LF now belongs to the line end before */

	struct buf text;
	size_t count;
	size_t ends[CSV_COLUMNS];
	struct csv_place places[CSV_COLUMNS];
	struct str fields[CSV_COLUMNS];
};

struct csv_reader *
csv_reader_new(const char *name)
{
	struct csv_reader *r = calloc(1, sizeof(*r));

	check(r);
	buf_cat(&r->name, name);
	r->head.max = CSV_ROW_BYTES;
	r->text.max = CSV_ROW_BYTES;
	r->here = (struct csv_place){ 1, 1 };
	r->scan.may_open = true;
	return r;
}

void
csv_reader_free(struct csv_reader **r)
{
	if (!*r)
		return;
	buf_fini(&(*r)->name);
	buf_fini(&(*r)->head);
	buf_fini(&(*r)->text);
	free(*r);
	*r = NULL;
}

void
csv_feed(struct csv_reader *r, struct str chunk)
{
	check(!r->finished && r->input.len == 0);
	r->input = chunk;
}

void
csv_finish(struct csv_reader *r)
{
	r->finished = true;
}

static int
fail(struct csv_reader *r, struct csv_place at, enum error_code code,
     const char *what, struct error *err)
{
	r->failed = true;
	return error_set(err, code, "%s:%" PRId64 ":%" PRId64 ": %s",
			 buf_cstr(&r->name), at.line, at.column, what);
}

static int
fail_long(struct csv_reader *r, struct error *err)
{
	if (r->state == QUOTED)
		return fail(r, r->opened, ERROR_LIMIT,
			    "a quote opens here and is still open where the "
			    "row passes 1 MB, expected a closing quote",
			    err);
	return fail(r, (struct csv_place){ r->row_line, 1 }, ERROR_LIMIT,
		    "row of more than 1 MB, expected less", err);
}

/* ---- the first line ---- */

/*
 * Goes on through the head, counting separators outside quotes; true at the
 * end of the first line that is not empty. A quote opens only where a field
 * may begin.
 */
static bool
scan_head(struct csv_reader *r)
{
	struct scan *s = &r->scan;

	while (s->at < r->head.len) {
		const char c = r->head.p[s->at++];
		const char *hit = c ? strchr(separators, c) : NULL;
		const bool line_end = c == '\n' || c == '\r';

		if (c == '"' && (s->quoted || s->may_open)) {
			s->quoted = !s->quoted;
			s->seen = s->may_open = true;
			continue;
		}
		if (s->quoted)
			continue;
		if (line_end && s->seen)
			return true;
		if (hit)
			s->counts[hit - separators]++;
		s->may_open = hit || line_end;
		s->seen = s->seen || !line_end;
	}
	return false;
}

/* True when the separator is known, so that reading may begin. */
static bool
collect_head(struct csv_reader *r)
{
	const struct str mark = STR("\xef\xbb\xbf");
	struct str part = str_slice(r->input, 0, r->head.max - r->head.len);
	size_t best = 0;

	buf_str(&r->head, part);
	r->input = str_slice(r->input, part.len, r->input.len);
	if (r->head.len < mark.len && !r->finished)
		return false;
	if (r->scan.at == 0 && str_starts(buf_view(&r->head), mark))
		r->scan.at = r->head_read = mark.len;
	if (!scan_head(r) && !r->finished && r->head.len < r->head.max)
		return false;
	for (size_t i = 1; i < COUNT_OF(r->scan.counts); i++)
		if (r->scan.counts[i] > r->scan.counts[best])
			best = i;
	r->separator = separators[best];
	return true;
}

/* ---- the machine ---- */

static void
advance(struct csv_reader *r, struct str run)
{
	for (size_t i = 0; i < run.len; i++)
		r->here.column += ((unsigned char)run.p[i] & 0xc0) != 0x80;
}

/* One line end has been read: CR, LF, or the CR of CR LF. */
static void
next_line(struct csv_reader *r)
{
	r->here.line++;
	r->here.column = 1;
}

static int
end_field(struct csv_reader *r, struct error *err)
{
	if (buf_full(&r->text))
		return fail_long(r, err);
	if (r->count == CSV_COLUMNS)
		return fail(r, r->here, ERROR_LIMIT,
			    "more than 256 fields in a row, expected fewer",
			    err);
	if (r->state == START)
		r->places[r->count] = r->here;
	r->ends[r->count++] = r->text.len;
	r->state = START;
	return 0;
}

static void
give_row(struct csv_reader *r, struct csv_row *row)
{
	size_t from = 0;

	for (size_t i = 0; i < r->count; i++) {
		r->fields[i] = str_slice(buf_view(&r->text), from, r->ends[i]);
		from = r->ends[i];
	}
	*row = (struct csv_row){ r->fields, r->count, r->row_line, r->places };
	r->row_given = true;
}

static void
begin_row(struct csv_reader *r)
{
	r->row_given = false;
	r->count = 0;
	buf_clear(&r->text);
}

/* 1: that completed a row. */
static int
end_line(struct csv_reader *r, struct csv_row *row, struct error *err)
{
	if (r->state == START && r->count == 0)
		return 0;
	if (end_field(r, err) < 0)
		return -(int)err->code;
	give_row(r, row);
	return 1;
}

/* How much of `s` is content of the field whatever it is. */
static size_t
content(const struct csv_reader *r, struct str s)
{
	size_t i = 0;

	if (r->state == QUOTED)
		while (i < s.len && s.p[i] && s.p[i] != '"' && s.p[i] != '\n' &&
		       s.p[i] != '\r')
			i++;
	else
		while (i < s.len && s.p[i] && s.p[i] != r->separator &&
		       s.p[i] != '\n' && s.p[i] != '\r')
			i++;
	return i;
}

static int
take_quoted(struct csv_reader *r, char c, struct error *err)
{
	const bool lf_of_crlf = c == '\n' && r->after_cr;

	if (c == '"') {
		r->state = CLOSED;
		r->after_cr = false;
		r->here.column++;
		return 0;
	}
	buf_char(&r->text, c);
	r->after_cr = c == '\r';
	if (!lf_of_crlf)
		next_line(r);
	return buf_full(&r->text) ? fail_long(r, err) : 0;
}

/* A byte outside quotes that is a separator, a line end or a quote. */
static int
take_mark(struct csv_reader *r, char c, struct csv_row *row, struct error *err)
{
	int got;

	if (c == '\r' || c == '\n') {
		got = end_line(r, row, err);
		r->after_cr = c == '\r';
		next_line(r);
		return got;
	}
	if (c == r->separator) {
		got = end_field(r, err);
		r->here.column++;
		return got;
	}
	if (c != '"')
		return fail(r, r->here, ERROR_INVALID,
			    "stray text after a closing quote, expected a "
			    "separator or the end of the line",
			    err);
	if (r->state == CLOSED)
		buf_char(&r->text, '"');
	else
		r->opened = r->here;
	r->state = QUOTED;
	r->here.column++;
	return 0;
}

/* Takes at least one byte of the input; 1: a row is complete. */
static int
take(struct csv_reader *r, struct str *input, struct csv_row *row,
     struct error *err)
{
	const char c = input->p[0];
	const bool opens = r->state == START && c == '"';
	struct str run;

	if (c == '\0')
		return fail(r, r->here, ERROR_INVALID,
			    "a NUL byte, expected text in UTF-8", err);
	if (r->state == START && r->count == 0)
		r->row_line = r->here.line;
	if (r->state == START && r->count < CSV_COLUMNS)
		r->places[r->count] = r->here;
	run.p = input->p;
	run.len = opens || r->state == CLOSED ? 0 : content(r, *input);
	if (run.len == 0) {
		*input = str_slice(*input, 1, input->len);
		if (r->after_cr && c == '\n' && r->state != QUOTED) {
			r->after_cr = false;
			return 0;
		}
		if (r->state == QUOTED)
			return take_quoted(r, c, err);
		r->after_cr = false;
		return take_mark(r, c, row, err);
	}
	*input = str_slice(*input, run.len, input->len);
	r->after_cr = false;
	buf_str(&r->text, run);
	advance(r, run);
	if (r->state == START)
		r->state = PLAIN;
	return buf_full(&r->text) ? fail_long(r, err) : 0;
}

static int
finish(struct csv_reader *r, struct csv_row *row, struct error *err)
{
	if (r->state == QUOTED)
		return fail(r, r->opened, ERROR_INVALID,
			    "a quote opens here and nothing closes it, "
			    "expected a closing quote",
			    err);
	return end_line(r, row, err);
}

int
csv_next(struct csv_reader *r, struct csv_row *row, struct error *err)
{
	int got = 0;

	check(!r->failed);
	if (r->row_given)
		begin_row(r);
	if (!r->separator && !collect_head(r))
		return 0;
	while (got == 0 && r->head_read < r->head.len) {
		struct str rest =
		    str_slice(buf_view(&r->head), r->head_read, r->head.len);

		got = take(r, &rest, row, err);
		r->head_read = r->head.len - rest.len;
	}
	while (got == 0 && r->input.len)
		got = take(r, &r->input, row, err);
	if (got == 0 && r->finished)
		got = finish(r, row, err);
	return got;
}
