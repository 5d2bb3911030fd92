/*
 * A list of contacts, whatever stands in it: each row is good and has an
 * address, or says why not; and a good row, written as an export writes it, is
 * good again and says the same.
 */
#include "base/arena.h"
#include "base/civil.h"
#include "fuzz.h"
#include "partner/partner_import_priv.h"

static const struct import_rules rules = {
	.calling_code = { "49", 2 },
	.now_ms = INT64_C(1772357400000),
};

typedef void use_row_fn(struct arena *a, const struct import_header *h,
			const struct import_row *row);

/* The first row is the header. False when there is no going on. */
static bool
read_rows(struct arena *a, struct csv_reader *r, struct import_header *h,
	  use_row_fn *use)
{
	struct csv_row row;
	struct import_row read;
	struct error err;
	int got;

	while ((got = csv_next(r, &row, &err)) > 0) {
		if (h->count) {
			import_row_read(h, &rules, &row, a, &read);
			use(a, h, &read);
		} else if (import_header_read(h, a, "fuzz", &row, false, &err) <
			   0) {
			return false;
		}
	}
	return got == 0;
}

static void
read_table(struct arena *a, struct str text, use_row_fn *use)
{
	struct csv_reader *r = csv_reader_new("fuzz");
	struct import_header h = { 0 };

	csv_feed(r, text);
	if (read_rows(a, r, &h, use)) {
		csv_finish(r);
		(void)read_rows(a, r, &h, use);
	}
	csv_reader_free(&r);
}

static const struct import_row *written;
static int again_count;

static void
check_same(struct arena *a, const struct import_header *h,
	   const struct import_row *row)
{
	struct contact x = import_row_over(h, written, NULL);
	struct contact y = import_row_over(h, row, NULL);

	(void)a;
	check(!row->bad && row->finding_count == 0);
	check(row->says_consent == written->says_consent);
	check(import_same(&x, &y));
	again_count++;
}

static void
write_field(struct csv_writer *w, const struct import_row *row,
	    enum contact_field field)
{
	struct contact c = row->contact;
	struct buf b = { 0 };

	if (field == FIELD_CONSENT && row->says_consent)
		buf_cat(&b, consent_word(c.consent));
	else if (field == FIELD_CONSENT_DATE && c.consent_ms)
		civil_print_instant(c.consent_ms, 0, &b);
	else if (contact_text(&c, field))
		buf_str(&b, *contact_text(&c, field));
	csv_write(w, buf_view(&b));
	buf_fini(&b);
}

static void
check_row(struct arena *a, const struct import_header *h,
	  const struct import_row *row)
{
	struct buf text = { 0 };
	struct csv_writer w = { .out = &text };

	(void)h;
	check(!row->bad || row->finding_count > 0);
	if (row->bad)
		return;
	for (int i = 0; i < FIELD_COUNT; i++)
		csv_write(&w,
			  str_of(contact_field_name((enum contact_field)i)));
	csv_end_row(&w);
	for (int i = 0; i < FIELD_COUNT; i++)
		write_field(&w, row, (enum contact_field)i);
	csv_end_row(&w);
	written = row;
	again_count = 0;
	read_table(a, buf_view(&text), check_same);
	check(again_count == 1);
	buf_fini(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();

	read_table(a, (struct str){ (const char *)data, size }, check_row);
	arena_free(&a);
	return 0;
}
