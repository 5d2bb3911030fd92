/*
 * Whatever is read can be written and read again, the same, however it is cut
 * into chunks. The first byte of the input is the length of a chunk.
 */
#include "base/csv.h"
#include "fuzz.h"

/* Rows into `csv`, and into `seen` in a form that has nothing to escape. */
static int
copy(struct str text, size_t step, struct buf *csv, struct buf *seen)
{
	struct csv_reader *r = csv_reader_new("fuzz");
	struct csv_writer w = { .out = csv, .formulas = true };
	struct csv_row row;
	struct error err;
	bool more = true;
	int got = 0;

	while (got >= 0 && more) {
		more = text.len > 0;
		if (more)
			csv_feed(r, str_slice(text, 0, step));
		else
			csv_finish(r);
		text = str_slice(text, step, text.len);
		while ((got = csv_next(r, &row, &err)) > 0) {
			for (size_t i = 0; i < row.count; i++) {
				csv_write(&w, row.fields[i]);
				buf_printf(seen, "%zu:", row.fields[i].len);
				buf_str(seen, row.fields[i]);
			}
			csv_end_row(&w);
			buf_char(seen, '\n');
		}
	}
	csv_reader_free(&r);
	return got;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = { (const char *)data, size };
	struct buf csv[2] = { 0 }, seen[2] = { 0 };
	size_t step = size ? (size_t)data[0] + 1 : 1;

	(void)copy(str_slice(text, 1, size), step, &csv[0], &seen[0]);
	check(copy(buf_view(&csv[0]), size + 1, &csv[1], &seen[1]) == 0);
	check(str_eq(buf_view(&seen[0]), buf_view(&seen[1])));
	check(str_eq(buf_view(&csv[0]), buf_view(&csv[1])));
	for (int i = 0; i < 2; i++) {
		buf_fini(&csv[i]);
		buf_fini(&seen[i]);
	}
	return 0;
}
