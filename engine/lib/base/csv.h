#ifndef BASE_CSV_H
#define BASE_CSV_H

/*
 * csv - tables as text, read in bounded memory and written with care
 *
 * Follows RFC 4180 and takes what spreadsheets make of it: the separator is
 * the one of , ; TAB that the first line has most of outside quotes; lines end
 * in CR LF, LF or CR; a UTF-8 byte order mark is passed over, so are empty
 * lines. A field in quotes may hold separators, line ends and, doubled,
 * quotes. A quote inside a field that does not begin with one is itself.
 *
 *	struct csv_reader *r = csv_reader_new("contacts.csv");
 *	struct csv_row row;
 *	int got = 0;
 *
 *	while (got >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0) {
 *		csv_feed(r, (struct str){ chunk, (size_t)n });
 *		while ((got = csv_next(r, &row, err)) > 0)
 *			use(&row);
 *	}
 *	if (got >= 0) {
 *		csv_finish(r);
 *		while ((got = csv_next(r, &row, err)) > 0)
 *			use(&row);
 *	}
 *	csv_reader_free(&r);
 *
 * A text that is in memory is one chunk. The first row is a row like others;
 * whether it is a header and whether row.count fits it is the caller's affair.
 *
 * Thread rule: one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/str.h"

enum { CSV_ROW_BYTES = 1 << 20, CSV_COLUMNS = 256 };

struct csv_reader;

/* Both from 1; columns in characters. */
struct csv_place {
	int64_t line;
	int64_t column;
};

struct csv_row {
	const struct str *fields; /* until the next csv_ call on the reader */
	size_t count;		  /* at least 1 */
	int64_t line;		  /* where the row begins, from 1 */
	const struct csv_place *places; /* where each field begins */
};

/* `name` begins the error texts; it is copied. */
struct csv_reader *csv_reader_new(const char *name);

/* NULL is fine; *r becomes NULL. */
void csv_reader_free(struct csv_reader **r);

/*
 * More input. It is borrowed until csv_next() has returned 0, before which
 * nothing more may be fed.
 */
void csv_feed(struct csv_reader *r, struct str chunk);

/* There is no more input. */
void csv_finish(struct csv_reader *r);

/*
 * 1: a row. 0: needs more input, or after csv_finish(): that was all.
 *
 * INVALID: text between a closing quote and the next separator, a quote that
 * nothing closes, a NUL byte. LIMIT: more than CSV_ROW_BYTES in a row, or more
 * than CSV_COLUMNS fields. The text begins with name:line:column, columns
 * counted in characters from 1. After a failure the reader can only be freed.
 */
int csv_next(struct csv_reader *r, struct csv_row *row,
	     struct error *err) MUST_CHECK;

/* ---- writing ---- */

/*
 *	struct csv_writer w = { .out = &b };
 *
 *	csv_write(&w, lead->name);
 *	csv_write_int(&w, lead->score);
 *	csv_end_row(&w);
 *
 * Fields are quoted where a reader, of whatever separator, needs it. The
 * caller sees to it that there is something in each row, and looks at
 * buf_full() if `out` has a max.
 *
 * A spreadsheet takes a field for a formula when it begins with = + - @ TAB
 * CR or LF, or their full-width or small forms, even after blanks, invisible
 * characters, double quotes and separators. Such a field is written with a '
 * before it and in quotes, unless `formulas` is true. A number of ours,
 * written by csv_write_int(), is none. Leading ' are passed over, too, so
 * csv_unguard() gives back every field as it was.
 */
struct csv_writer {
	struct buf *out;
	char separator;	    /* 0: ',' */
	bool crlf;	    /* rows end in CR LF, not LF */
	bool formulas;	    /* write fields as they are: for programs only */
	size_t row_start;   /* the writer's own: where the row began ... */
	size_t field_count; /* ... and what is in it */
};

void csv_write(struct csv_writer *w, struct str field);
void csv_write_int(struct csv_writer *w, int64_t number);
void csv_end_row(struct csv_writer *w);

/*
 * A field that was read, without the ' a writer put before it: a part of
 * `field`. Not for tables whose writer had `formulas` set.
 */
struct str csv_unguard(struct str field);

#endif
