/*
 * A report as text, CSV and JSON. All three have every number; a form that
 * leaves some out is read as if there were none.
 */
#include "report/report.h"

#include <inttypes.h>
#include <string.h>

#include "base/csv.h"
#include "base/js.h"

static const char *const names[] = {
#define NAME(name) #name,
	REPORT_NUMBERS(NAME)
#undef NAME
};

enum { NUMBER_COUNT = sizeof(names) / sizeof(names[0]) };

static void
numbers_of(const struct report_row *row, int64_t out[NUMBER_COUNT])
{
	int i = 0;

#define NUMBER(name) out[i++] = row->name;
	REPORT_NUMBERS(NUMBER)
#undef NUMBER
}

/* ---- text ---- */

static int
digits_of(int64_t n)
{
	int digits = 1;

	while ((n /= 10) > 0)
		digits++;
	return digits;
}

/* The columns of words; a table of one campaign is without the first. */
enum { CAMPAIGN, PARTNER, STEP, WORDS };

static void
widen_for(int *width, struct str word)
{
	if ((int)word.len > *width)
		*width = (int)word.len;
}

/* How wide a column must be for these rows; `widths` only grow. */
static void
widen(const struct report_row *rows, size_t count,
      int widths[WORDS + NUMBER_COUNT])
{
	int64_t numbers[NUMBER_COUNT];

	for (size_t i = 0; i < count; i++) {
		numbers_of(&rows[i], numbers);
		widen_for(&widths[PARTNER], rows[i].partner);
		widen_for(&widths[STEP], rows[i].step);
		for (int n = 0; n < NUMBER_COUNT; n++)
			if (digits_of(numbers[n]) > widths[WORDS + n])
				widths[WORDS + n] = digits_of(numbers[n]);
	}
}

static void
text_words(struct buf *out, const int widths[WORDS + NUMBER_COUNT],
	   struct str campaign, struct str partner, struct str step)
{
	if (widths[CAMPAIGN] > 0)
		buf_printf(out, "%-*.*s  ", widths[CAMPAIGN],
			   STR_ARG(campaign));
	buf_printf(out, "%-*.*s  %-*.*s", widths[PARTNER], STR_ARG(partner),
		   widths[STEP], STR_ARG(step));
}

static void
text_title(struct buf *out, const int widths[WORDS + NUMBER_COUNT])
{
	text_words(out, widths, STR("campaign"), STR("partner"), STR("step"));
	for (int n = 0; n < NUMBER_COUNT; n++) {
		size_t at = out->len + 2;

		buf_printf(out, "  %*s", widths[WORDS + n], names[n]);
		for (; at < out->len; at++)
			if (out->p[at] == '_')
				out->p[at] = ' ';
	}
	buf_char(out, '\n');
}

static void
text_rows(struct buf *out, struct str campaign, const struct report_row *rows,
	  size_t count, const int widths[WORDS + NUMBER_COUNT])
{
	int64_t numbers[NUMBER_COUNT];

	for (size_t i = 0; i < count; i++) {
		struct str who =
		    rows[i].partner.len ? rows[i].partner : STR("all");

		numbers_of(&rows[i], numbers);
		text_words(out, widths, campaign, who, rows[i].step);
		for (int n = 0; n < NUMBER_COUNT; n++)
			buf_printf(out, "  %*" PRId64, widths[WORDS + n],
				   numbers[n]);
		buf_char(out, '\n');
	}
}

static bool
has_one_partner(const struct report *r)
{
	return r->row_count == 0 ||
	       str_eq(r->rows[0].partner, r->rows[r->row_count - 1].partner);
}

void
report_text(const struct report *reports, size_t count, struct buf *out)
{
	int widths[WORDS + NUMBER_COUNT] = {
		[CAMPAIGN] = count > 1 ? sizeof("campaign") - 1 : 0,
		[PARTNER] = sizeof("partner") - 1,
		[STEP] = sizeof("step") - 1,
	};

	for (int n = 0; n < NUMBER_COUNT; n++)
		widths[WORDS + n] = (int)strlen(names[n]);
	for (size_t i = 0; i < count; i++) {
		const struct report *r = &reports[i];

		if (count > 1)
			widen_for(&widths[CAMPAIGN], r->campaign);
		widen(r->totals, r->total_count, widths);
		widen(r->rows, r->row_count, widths);
	}
	text_title(out, widths);
	for (size_t i = 0; i < count; i++) {
		const struct report *r = &reports[i];

		if (!has_one_partner(r))
			text_rows(out, r->campaign, r->totals, r->total_count,
				  widths);
		text_rows(out, r->campaign, r->rows, r->row_count, widths);
	}
}

/* ---- CSV ---- */

static void
csv_rows(struct csv_writer *w, const struct report *r)
{
	int64_t numbers[NUMBER_COUNT];

	for (size_t i = 0; i < r->row_count; i++) {
		numbers_of(&r->rows[i], numbers);
		csv_write(w, r->campaign);
		csv_write(w, r->rows[i].partner);
		csv_write(w, r->rows[i].step);
		for (int n = 0; n < NUMBER_COUNT; n++)
			csv_write_int(w, numbers[n]);
		csv_end_row(w);
	}
}

void
report_csv(const struct report *reports, size_t count, struct buf *out)
{
	struct csv_writer w = { .out = out };

	csv_write(&w, STR("campaign"));
	csv_write(&w, STR("partner"));
	csv_write(&w, STR("step"));
	for (int n = 0; n < NUMBER_COUNT; n++)
		csv_write(&w, str_of(names[n]));
	csv_end_row(&w);
	for (size_t i = 0; i < count; i++)
		csv_rows(&w, &reports[i]);
}

/* ---- JSON ---- */

static void
json_rows(struct js_writer *w, struct str name, const struct report_row *rows,
	  size_t count)
{
	int64_t numbers[NUMBER_COUNT];

	js_key(w, name);
	js_begin_array(w);
	for (size_t i = 0; i < count; i++) {
		numbers_of(&rows[i], numbers);
		js_begin_object(w);
		if (rows[i].partner.len > 0) {
			js_key_str(w, "partner", rows[i].partner);
		}
		js_key_str(w, "step", rows[i].step);
		for (int n = 0; n < NUMBER_COUNT; n++) {
			js_key_int(w, names[n], numbers[n]);
		}
		js_end_object(w);
	}
	js_end_array(w);
}

static void
json_report(struct js_writer *w, const struct report *r)
{
	js_begin_object(w);
	js_key_str(w, "campaign", r->campaign);
	json_rows(w, STR("totals"), r->totals, r->total_count);
	json_rows(w, STR("rows"), r->rows, r->row_count);
	js_end_object(w);
}

void
report_json(const struct report *reports, size_t count, struct buf *out)
{
	struct js_writer w;

	js_writer_init(&w, out, true);
	js_begin_array(&w);
	for (size_t i = 0; i < count; i++)
		json_report(&w, &reports[i]);
	js_end_array(&w);
	js_writer_end(&w);
	buf_char(out, '\n');
}

void
report_json_one(const struct report *report, struct buf *out)
{
	struct js_writer w;

	js_writer_init(&w, out, true);
	json_report(&w, report);
	js_writer_end(&w);
	buf_char(out, '\n');
}
