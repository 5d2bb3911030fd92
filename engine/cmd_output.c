/*
 * A table for people is aligned by its first rows: cells are gathered until
 * there are TABLE_ROWS of them, then written with the width of the longest; a
 * later row may widen a column, never narrow it. So a list of a million
 * contacts is one page of memory. JSON is written as it comes.
 *
 * A width counts characters, not the columns a terminal gives them: wide
 * scripts stand out of line there. Rejected: wcwidth(), which needs a locale
 * and disagrees with terminals.
 */
#include "cmd_output.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/civil.h"

enum {
	TABLE_ROWS = 500,
	FLUSH_BYTES = 64 * 1024,
	LABEL_WIDTH = 20,
	COLUMN_GAP = 2,
};

struct out_cell {
	struct str text;
	size_t width;
	bool number;
};

static const char BOLD[] = "\033[1m";
static const char RED[] = "\033[1;31m";
static const char PLAIN[] = "\033[0m";

static bool
is_coloured(int fd, bool no_color)
{
	const char *never = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color || (never && never[0]))
		return false;
	return term && strcmp(term, "dumb") != 0 && isatty(fd);
}

void
out_init(struct output *out, bool json, bool quiet, bool no_color)
{
	*out = (struct output){
		.json = json,
		.quiet = quiet,
		.data_color = is_coloured(STDOUT_FILENO, no_color),
		.note_color = is_coloured(STDERR_FILENO, no_color),
	};
}

static void
flush(struct output *out)
{
	struct str rest = out->untold ? STR("") : buf_view(&out->data);

	while (rest.len && !out->failed) {
		ssize_t n = write(STDOUT_FILENO, rest.p, rest.len);

		if (n >= 0)
			rest = str_slice(rest, (size_t)n, rest.len);
		else if (errno != EINTR)
			out->failed = errno;
	}
	buf_clear(&out->data);
}

static void
flush_if_long(struct output *out)
{
	if (out->data.len >= FLUSH_BYTES)
		flush(out);
}

int
out_fini(struct output *out, struct error *err)
{
	flush(out);
	buf_fini(&out->data);
	arena_free(&out->cells_arena);
	if (out->failed && out->failed != EPIPE)
		return error_system(err, out->failed, "stdout");
	return 0;
}

/* ---- text of strangers ---- */

/* Of 2 and 3 bytes: C1 controls, and marks that change the direction. */
bool
out_is_harmful(struct str sequence)
{
	const unsigned char *p = (const unsigned char *)sequence.p;

	if (str_utf8_sequence(sequence, 0) != sequence.len)
		return true;

	if (sequence.len == 1)
		return p[0] < ' ' || p[0] == 0x7f;
	if (sequence.len == 2)
		return (p[0] == 0xc2 && p[1] < 0xa0) ||
		       (p[0] == 0xd8 && p[1] == 0x9c);
	if (sequence.len != 3 || p[0] != 0xe2)
		return false;
	return (p[1] == 0x80 && (p[2] == 0x8e || p[2] == 0x8f ||
				 (p[2] >= 0xa8 && p[2] <= 0xae))) ||
	       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9);
}

/* Returns how many characters were added. */
static size_t
add_harmless(struct buf *b, struct str s)
{
	size_t width = 0;
	size_t n;

	for (size_t i = 0; i < s.len; i += n ? n : 1) {
		n = str_utf8_sequence(s, i);
		if (n == 0 || out_is_harmful(str_slice(s, i, i + n)))
			buf_char(b, '?');
		else
			buf_str(b, str_slice(s, i, i + n));
		width++;
	}
	return width;
}

static void
pad(struct buf *b, size_t from, size_t to)
{
	for (; from < to; from++)
		buf_char(b, ' ');
}

static struct str
instant_text(struct buf *b, int64_t ms)
{
	if (ms)
		civil_print_instant(ms, 0, b);
	return buf_view(b);
}

/* ---- objects ---- */

static void
begin_json(struct output *out)
{
	if (out->json && out->depth == 0)
		js_writer_init(&out->js, &out->data, true);
}

static void
end_json(struct output *out)
{
	if (out->json && out->depth == 0)
		js_writer_end(&out->js);
}

void
out_what_was_done(struct output *out)
{
	flush(out);
	out->untold = out->quiet && !out->json;
}

void
out_object_begin(struct output *out)
{
	check(out->depth == 0);
	begin_json(out);
	if (out->json)
		js_begin_object(&out->js);
	out->depth++;
}

void
out_object_end(struct output *out)
{
	check(out->depth == 1 && !out->columns);
	if (out->json)
		js_end_object(&out->js);
	out->depth--;
	end_json(out);
}

static void
add_label(struct output *out, const char *name)
{
	size_t width = strlen(name);

	for (const char *p = name; *p; p++)
		buf_char(&out->data, *p == '_' ? ' ' : *p);
	pad(&out->data, width, LABEL_WIDTH);
	if (width >= LABEL_WIDTH)
		buf_char(&out->data, ' ');
}

void
out_field(struct output *out, const char *name, struct str value)
{
	check(out->depth == 1 && !out->columns);
	if (out->json) {
		js_key(&out->js, str_of(name));
		js_string(&out->js, value);
		return;
	}
	add_label(out, name);
	add_harmless(&out->data, value.len ? value : STR("-"));
	buf_char(&out->data, '\n');
}

void
out_field_int(struct output *out, const char *name, int64_t value)
{
	if (out->json) {
		js_key(&out->js, str_of(name));
		js_int(&out->js, value);
		return;
	}
	add_label(out, name);
	buf_printf(&out->data, "%lld\n", (long long)value);
}

void
out_field_bool(struct output *out, const char *name, bool value)
{
	if (!out->json) {
		out_field(out, name, value ? STR("yes") : STR("no"));
		return;
	}
	js_key(&out->js, str_of(name));
	js_bool(&out->js, value);
}

void
out_field_time(struct output *out, const char *name, int64_t ms)
{
	struct buf text = { 0 };

	if (ms || !out->json) {
		out_field(out, name, instant_text(&text, ms));
	} else {
		js_key(&out->js, str_of(name));
		js_null(&out->js);
	}
	buf_fini(&text);
}

/* ---- tables ---- */

void
out_table_begin(struct output *out, const char *name,
		const char *const *columns, size_t count)
{
	check(!out->columns && (name != NULL) == (out->depth == 1));
	begin_json(out);
	if (out->json && name)
		js_key(&out->js, str_of(name));
	if (out->json)
		js_begin_array(&out->js);
	else if (name)
		buf_printf(&out->data, "\n%s\n", name);
	out->depth++;
	out->columns = columns;
	out->column_count = count;
	out->cell_count = 0;
	out->title_done = false;
	if (!out->cells_arena)
		out->cells_arena = arena_new();
	out->widths = ARENA_ARRAY(out->cells_arena, count, size_t);
	out->cells =
	    ARENA_ARRAY(out->cells_arena, count * TABLE_ROWS, struct out_cell);
	out->page = arena_mark(out->cells_arena);
	for (size_t i = 0; i < count; i++)
		out->widths[i] = strlen(columns[i]);
}

static void
widen(struct output *out)
{
	for (size_t i = 0; i < out->cell_count; i++) {
		size_t *width = &out->widths[i % out->column_count];

		if (out->cells[i].width > *width)
			*width = out->cells[i].width;
	}
}

/* The last column is not padded: no line ends in blanks. */
static void
add_cell(struct output *out, const struct out_cell *cell, size_t column)
{
	size_t width = out->widths[column];
	bool last = column + 1 == out->column_count;

	if (cell->number)
		pad(&out->data, cell->width, width);
	buf_str(&out->data, cell->text);
	if (!cell->number && !last)
		pad(&out->data, cell->width, width);
	if (last)
		buf_char(&out->data, '\n');
	else
		pad(&out->data, 0, COLUMN_GAP);
}

/* Over numbers a name stands at the right, as they do. */
static void
add_title(struct output *out)
{
	if (out->data_color)
		buf_cat(&out->data, BOLD);
	for (size_t i = 0; i < out->column_count; i++) {
		struct buf name = { 0 };
		struct out_cell cell = {
			.width = strlen(out->columns[i]),
			.number = i < out->cell_count && out->cells[i].number,
		};

		for (const char *p = out->columns[i]; *p; p++)
			buf_char(&name, *p == '_' ? ' ' : *p);
		cell.text = buf_view(&name);
		add_cell(out, &cell, i);
		buf_fini(&name);
	}
	if (out->data_color)
		buf_cat(&out->data, PLAIN);
	out->title_done = true;
}

static void
write_rows(struct output *out)
{
	widen(out);
	if (!out->title_done)
		add_title(out);
	for (size_t i = 0; i < out->cell_count; i++) {
		add_cell(out, &out->cells[i], i % out->column_count);
		flush_if_long(out);
	}
	out->cell_count = 0;
	arena_rewind(out->cells_arena, out->page);
}

void
out_table_end(struct output *out)
{
	check(out->columns && out->cell_count % out->column_count == 0);
	if (out->json)
		js_end_array(&out->js);
	else
		write_rows(out);
	out->columns = NULL;
	out->cell_count = 0;
	out->depth--;
	end_json(out);
}

static const char *
next_column(struct output *out)
{
	check(out->columns);
	return out->columns[out->cell_count % out->column_count];
}

static void
json_cell_begin(struct output *out)
{
	if (out->cell_count == 0)
		js_begin_object(&out->js);
	js_key(&out->js, str_of(next_column(out)));
}

static void
json_cell_end(struct output *out)
{
	if (++out->cell_count < out->column_count)
		return;
	js_end_object(&out->js);
	out->cell_count = 0;
	flush_if_long(out);
}

static void
text_cell(struct output *out, struct str value, bool number)
{
	struct buf text = { 0 };
	struct out_cell *cell = &out->cells[out->cell_count];

	check(out->columns);
	cell->width = add_harmless(&text, value.len ? value : STR("-"));
	cell->text = str_copy(out->cells_arena, buf_view(&text));
	buf_fini(&text);
	cell->number = number;
	if (++out->cell_count == out->column_count * TABLE_ROWS)
		write_rows(out);
}

void
out_cell(struct output *out, struct str value)
{
	if (!out->json) {
		text_cell(out, value, false);
		return;
	}
	json_cell_begin(out);
	js_string(&out->js, value);
	json_cell_end(out);
}

void
out_cell_int(struct output *out, int64_t value)
{
	struct buf text = { 0 };

	if (out->json) {
		json_cell_begin(out);
		js_int(&out->js, value);
		json_cell_end(out);
		return;
	}
	buf_printf(&text, "%lld", (long long)value);
	text_cell(out, buf_view(&text), true);
	buf_fini(&text);
}

void
out_cell_time(struct output *out, int64_t ms)
{
	struct buf text = { 0 };

	if (ms || !out->json) {
		out_cell(out, instant_text(&text, ms));
	} else {
		json_cell_begin(out);
		js_null(&out->js);
		json_cell_end(out);
	}
	buf_fini(&text);
}

/* ---- plain text and messages ---- */

void
out_text(struct output *out, const char *fmt, ...)
{
	va_list ap;

	check(out->depth == 0);
	va_start(ap, fmt);
	buf_vprintf(&out->data, fmt, ap);
	va_end(ap);
}

void
out_harmless(struct output *out, struct str text)
{
	check(out->depth == 0);
	(void)add_harmless(&out->data, text);
}

void
out_bold(struct output *out, const char *text)
{
	out_text(out, "%s%s%s", out->data_color ? BOLD : "", text,
		 out->data_color ? PLAIN : "");
}

static void say(struct output *out, const char *before, const char *fmt,
		va_list ap) PRINTF_LIKE(3, 0);

/* What is known first is seen first, where both streams meet. */
static void
say(struct output *out, const char *before, const char *fmt, va_list ap)
{
	struct buf text = { 0 };
	struct buf line = { 0 };

	flush(out);
	buf_vprintf(&text, fmt, ap);
	buf_cat(&line, before);
	add_harmless(&line, buf_view(&text));
	buf_char(&line, '\n');
	(void)fwrite(line.p, 1, line.len, stderr);
	buf_fini(&text);
	buf_fini(&line);
}

void
out_note(struct output *out, const char *fmt, ...)
{
	va_list ap;

	if (out->quiet)
		return;
	va_start(ap, fmt);
	say(out, "", fmt, ap);
	va_end(ap);
}

void
out_error(struct output *out, const char *fmt, ...)
{
	struct buf before = { 0 };
	va_list ap;

	buf_printf(&before, "%sguidon:%s ", out->note_color ? RED : "",
		   out->note_color ? PLAIN : "");
	va_start(ap, fmt);
	say(out, buf_cstr(&before), fmt, ap);
	va_end(ap);
	buf_fini(&before);
}
