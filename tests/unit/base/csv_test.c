#include "base/csv.h"

#include <stdlib.h>

#include "base/arena.h"
#include "test.h"

/*
 * Reads all of `text`, fed `step` bytes at a time, into one line of
 * "line:[field|field]" for each row, and the error, if any, at the end.
 */
static int
read_all(struct str text, size_t step, struct buf *seen, struct error *err)
{
	struct csv_reader *r = csv_reader_new("t.csv");
	struct csv_row row;
	bool more = true;
	int got = 0;

	while (got >= 0 && more) {
		more = text.len > 0;
		if (more)
			csv_feed(r, str_slice(text, 0, step));
		else
			csv_finish(r);
		text = str_slice(text, step, text.len);
		while ((got = csv_next(r, &row, err)) > 0) {
			buf_printf(seen, "%d:[", (int)row.line);
			for (size_t i = 0; i < row.count; i++)
				buf_printf(seen, "%s%.*s", i ? "|" : "",
					   STR_ARG(row.fields[i]));
			buf_cat(seen, "]");
		}
	}
	csv_reader_free(&r);
	return got;
}

static void
assert_rows(struct str text, const char *expected)
{
	for (size_t step = 1; step <= text.len + 1; step++) {
		struct error err = { 0 };
		struct buf seen = { 0 };

		assert_ok(read_all(text, step, &seen, &err), err);
		assert_str(buf_view(&seen), expected);
		buf_fini(&seen);
	}
}

static void
assert_refused(struct str text, enum error_code code, const char *part)
{
	for (size_t step = 1; step <= 7; step += 2) {
		struct error err = { 0 };
		struct buf seen = { 0 };

		assert_fails(read_all(text, step, &seen, &err), err, code,
			     part);
		buf_fini(&seen);
	}
}

static void
reads_rows(void **state)
{
	(void)state;
	assert_rows(STR(""), "");
	assert_rows(STR("a"), "1:[a]");
	assert_rows(STR("a,b\n1,2\n"), "1:[a|b]2:[1|2]");
	assert_rows(STR("a,b\r\n1,\r\n"), "1:[a|b]2:[1|]");
	assert_rows(STR("a,b\r1,2"), "1:[a|b]2:[1|2]");
	assert_rows(STR("\n\r\na,b\n\n\n1\n1,2,3"), "3:[a|b]6:[1]7:[1|2|3]");
	assert_rows(STR(",\n,"), "1:[|]2:[|]");
	assert_rows(STR("\xef\xbb\xbfname\nJan"), "1:[name]2:[Jan]");
	assert_rows(STR("\xef\xbb\xbf\"a\"\n"), "1:[a]");
	assert_rows(STR("\xef\xbb\xbf"), "");
}

static void
reads_quotes(void **state)
{
	(void)state;
	assert_rows(STR("\"a\",\"\"\n\"\"\n"), "1:[a|]2:[]");
	assert_rows(STR("\"a \"\"b\"\"\",c\n"), "1:[a \"b\"|c]");
	assert_rows(STR("a\n\"x\ny\r\nz\rw\"\nb"),
		    "1:[a]2:[x\ny\r\nz\rw]6:[b]");
	assert_rows(STR("a\n\"x\r\"\nb"), "1:[a]2:[x\r]4:[b]");
	assert_rows(STR("a,5'10\",c\n"), "1:[a|5'10\"|c]");
}

static void
finds_the_separator(void **state)
{
	(void)state;
	assert_rows(STR("a;b,c;d\n1;2\n"), "1:[a|b,c|d]2:[1|2]");
	assert_rows(STR("a\tb\n1,2\t3\n"), "1:[a|b]2:[1,2|3]");
	assert_rows(STR("\"a,b,c\";d\n"), "1:[a,b,c|d]");
	assert_rows(STR("\"a\"\",b,c\";d\n"), "1:[a\",b,c|d]");
	assert_rows(STR("\n\na;b\n"), "3:[a|b]");
	assert_rows(STR("a,b;c\n"), "1:[a|b;c]");
	assert_rows(STR("\"a\n;;\",b\n"), "1:[a\n;;|b]");
}

static void
says_where_it_went_wrong(void **state)
{
	(void)state;
	assert_refused(STR("a,b\n1,\"x\ny\n"), ERROR_INVALID,
		       "t.csv:2:3: a quote opens here");
	assert_refused(STR("a,b\n\xc3\xa9,\"x\"y\n"), ERROR_INVALID,
		       "t.csv:2:6: stray text after a closing quote");
	assert_refused(STR("a\n\"\r\n\r\n\"\" \" \"\n"), ERROR_INVALID,
		       "t.csv:4:5: stray");
	assert_refused(STR("a,b\nc\0d"), ERROR_INVALID,
		       "t.csv:2:2: a NUL byte");
}

static void
bounds_rows(void **state)
{
	struct buf b = { 0 }, seen = { 0 };
	struct error err = { 0 };
	const size_t chunk = 65536;

	(void)state;
	for (int i = 1; i < CSV_COLUMNS; i++)
		buf_char(&b, ',');
	assert_ok(read_all(buf_view(&b), chunk, &seen, &err), err);
	buf_char(&b, ',');
	assert_fails(read_all(buf_view(&b), chunk, &seen, &err), err,
		     ERROR_LIMIT, "t.csv:1:257: more than 256 fields");

	buf_clear(&b);
	buf_cat(&b, "a\n");
	memset(buf_grow(&b, CSV_ROW_BYTES), 'x', CSV_ROW_BYTES);
	assert_ok(read_all(buf_view(&b), chunk, &seen, &err), err);
	buf_char(&b, 'x');
	assert_fails(read_all(buf_view(&b), chunk, &seen, &err), err,
		     ERROR_LIMIT, "t.csv:2:1: row of more than 1 MB");
	memcpy(b.p + 2, "x,\"", 3);
	buf_cat(&b, "xxxx");
	assert_fails(read_all(buf_view(&b), chunk, &seen, &err), err,
		     ERROR_LIMIT, "t.csv:2:3: a quote opens here");
	buf_fini(&b);
	buf_fini(&seen);
}

/* One row of the fields, written by `w` and without the line end. */
static void
assert_written(struct csv_writer w, struct str field, const char *expected)
{
	struct buf b = { 0 };

	w.out = &b;
	csv_write(&w, field);
	csv_end_row(&w);
	assert_str(str_slice(buf_view(&b), 0, b.len - 1), expected);
	buf_fini(&b);
}

static void
writes_quotes_where_needed(void **state)
{
	const struct csv_writer plain = { 0 };
	struct buf b = { 0 };
	struct csv_writer w = { .out = &b, .separator = ';', .crlf = true };

	(void)state;
	assert_written(plain, STR("a b"), "a b");
	assert_written(plain, STR("a,b"), "\"a,b\"");
	assert_written(plain, STR("a;b"), "\"a;b\"");
	assert_written(plain, STR("a\"b\""), "\"a\"\"b\"\"\"");
	assert_written(plain, STR("a\nb"), "\"a\nb\"");
	assert_written(plain, STR("a "), "\"a \"");
	assert_written(plain, STR(""), "\"\"");
	assert_written(plain, STR("\xef\xbb\xbf"), "\"\xef\xbb\xbf\"");
	csv_write(&w, STR("a"));
	csv_write(&w, STR(""));
	csv_write_int(&w, -7);
	csv_end_row(&w);
	csv_write(&w, STR(""));
	csv_write(&w, STR(""));
	csv_end_row(&w);
	assert_str(buf_view(&b), "a;;-7\r\n;\r\n");
	buf_fini(&b);
}

static void
writes_no_formulas(void **state)
{
	const struct csv_writer guarded = { 0 }, open = { .formulas = true };
	static const char *const bad[] = {
		"=1+1",
		"+1",
		"-1",
		"@SUM(1)",
		"\t=1",
		"\r=1",
		"\nx",
		" =1",
		"  \xc2\xa0=1",
		"\xe3\x80\x80+1",
		"\xe2\x80\x8b=1",
		"\xef\xbb\xbf=1",
		"\xef\xbc\x9d"
		"1",
		"\xef\xbc\x8b"
		"1",
		"\xef\xbc\x8d"
		"1",
		"\xef\xbc\xa0"
		"a",
		" \xef\xb9\xa6"
		"1",
		"\xef\xb9\xa2"
		"1",
		"\xef\xb9\xa3"
		"1",
		"\xef\xb9\xab"
		"1",
		",=1",
		";=1",
		"\"=1",
		"\"\",=1",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		struct buf b = { 0 };
		struct csv_writer w = { .out = &b };

		csv_write(&w, str_of(bad[i]));
		assert_true(str_starts(buf_view(&b), STR("\"'")));
		assert_true(str_ends(buf_view(&b), STR("\"")));
		buf_fini(&b);
	}
	assert_written(guarded, STR("=\"a\""), "\"'=\"\"a\"\"\"");
	assert_written(guarded, STR("a=1"), "a=1");
	assert_written(guarded, STR("a-b@example.org"), "a-b@example.org");
	assert_written(guarded, STR("\xe4\xb8\xad"), "\xe4\xb8\xad");
	assert_written(open, STR("=1+1"), "=1+1");
	assert_written(open, STR("+49 30 1"), "+49 30 1");
}

static void
a_guard_is_taken_off_again(void **state)
{
	static const char *const fields[] = {
		"",	"plain",  "=1", "+49",	  " -1",   "'=1",  "''@x",
		"' =1", "'plain", "'",	"5'10\"", "'\"=1", ",'=1", "\"'=1\"",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(fields); i++) {
		struct buf b = { 0 };
		struct csv_writer w = { .out = &b };
		struct csv_reader *r = csv_reader_new("t");
		struct csv_row row;
		struct error err;

		csv_write(&w, str_of(fields[i]));
		csv_end_row(&w);
		csv_feed(r, buf_view(&b));
		if (csv_next(r, &row, &err) == 0) {
			csv_finish(r);
			assert_int_equal(csv_next(r, &row, &err), 1);
		}
		assert_str(csv_unguard(row.fields[0]), fields[i]);
		csv_reader_free(&r);
		buf_fini(&b);
	}
}

/* ---- csv-spectrum ---- */

static bool
load(struct arena *a, const char *path, struct str *out)
{
	FILE *f = fopen(path, "rb");
	char part[4096];
	struct buf b = { 0 };
	size_t n;

	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	*out = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return true;
}

/*
 * The strings of a JSON text in order, each ended by a NUL. The corpus is
 * objects of strings, in which that says everything.
 */
static void
json_strings(struct str json, struct buf *out)
{
	bool inside = false;

	for (size_t i = 0; i < json.len; i++) {
		char c = json.p[i];

		if (c == '"') {
			inside = !inside;
			if (!inside)
				buf_char(out, '\0');
		} else if (inside && c == '\\') {
			c = json.p[++i];
			buf_char(out, c == 'n' ? '\n' : c == 'r' ? '\r' : c);
		} else if (inside) {
			buf_char(out, c);
		}
	}
}

static void
add_string(struct buf *out, struct str s)
{
	buf_str(out, s);
	buf_char(out, '\0');
}

/* The same of a CSV: name and value of each field of each row. */
static int
csv_strings(struct arena *a, struct str text, struct buf *out,
	    struct error *err)
{
	struct csv_reader *r = csv_reader_new("corpus");
	struct str names[CSV_COLUMNS];
	bool header = true;
	size_t count = 0;
	struct csv_row row;
	int got;

	csv_feed(r, text);
	csv_finish(r);
	while ((got = csv_next(r, &row, err)) > 0) {
		for (size_t i = 0; !header && i < row.count; i++) {
			add_string(out, i < count ? names[i] : STR("?"));
			add_string(out, row.fields[i]);
		}
		for (; header && count < row.count; count++)
			names[count] = str_copy(a, row.fields[count]);
		header = false;
	}
	csv_reader_free(&r);
	return got;
}

/*
 * All expected strings are somewhere in the CSV. Where one is not, the two
 * files of the case contradict each other and no reader can pass it.
 */
static bool
possible(struct str csv, struct str expected)
{
	struct str s;
	bool found = true;

	while (found && str_split(&expected, '\0', &s)) {
		struct buf b = { 0 };
		struct csv_writer w = { .out = &b, .formulas = true };

		csv_write(&w, s);
		found =
		    str_find(csv, s) >= 0 || str_find(csv, buf_view(&b)) >= 0;
		buf_fini(&b);
	}
	return found;
}

struct tally {
	int passed;
	int failed;
	int impossible; /* of the failed */
};

static void
run_corpus_case(const char *corpora, const char *name, struct tally *tally)
{
	struct arena *a = arena_new();
	struct buf expected = { 0 }, got = { 0 };
	struct error err = { 0 };
	struct str csv = { 0 }, json = { 0 };
	const char *why = "other values";

	if (!load(a, arena_printf(a, "%s/csvs/%s.csv", corpora, name), &csv) ||
	    !load(a, arena_printf(a, "%s/json/%s.json", corpora, name), &json))
		fail_msg("csv-spectrum: %s cannot be read", name);
	json_strings(json, &expected);
	if (csv_strings(a, csv, &got, &err) < 0)
		why = err.text;
	if (str_eq(buf_view(&got), buf_view(&expected))) {
		tally->passed++;
		goto out;
	}
	tally->failed++;
	if (!possible(csv, buf_view(&expected))) {
		tally->impossible++;
		why = "its JSON has a value that is not in its CSV";
	}
	print_message("csv-spectrum: %s failed: %s\n", name, why);
out:
	buf_fini(&expected);
	buf_fini(&got);
	arena_free(&a);
}

static void
reads_csv_spectrum(void **state)
{
	static const char *const names[] = {
		"comma_in_quotes", "empty",	    "empty_crlf",
		"escaped_quotes",  "json",	    "location_coordinates",
		"newlines",	   "newlines_crlf", "quotes_and_newlines",
		"simple",	   "simple_crlf",   "utf8",
	};
	const char *corpora = getenv("GUIDON_CORPORA");
	struct tally tally = { 0 };
	struct buf path = { 0 };

	(void)state;
	if (!corpora) {
		print_message("csv-spectrum: SKIPPED, GUIDON_CORPORA is not "
			      "set\n");
		return;
	}
	buf_printf(&path, "%s/csv-spectrum", corpora);
	for (size_t i = 0; i < COUNT_OF(names); i++)
		run_corpus_case(buf_cstr(&path), names[i], &tally);
	buf_fini(&path);
	print_message("csv-spectrum: %d passed, %d failed\n", tally.passed,
		      tally.failed);
	assert_int_equal(tally.failed, tally.impossible);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_rows),
		cmocka_unit_test(reads_quotes),
		cmocka_unit_test(finds_the_separator),
		cmocka_unit_test(says_where_it_went_wrong),
		cmocka_unit_test(bounds_rows),
		cmocka_unit_test(writes_quotes_where_needed),
		cmocka_unit_test(writes_no_formulas),
		cmocka_unit_test(a_guard_is_taken_off_again),
		cmocka_unit_test(reads_csv_spectrum),
	};

	return cmocka_run_group_tests_name("base/csv", tests, NULL, NULL);
}
