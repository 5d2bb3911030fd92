/*
 * docs/liquid.md, in which each row below a head like this is an example:
 *
 *	| name | example | gives | note |
 *	|---|---|---|---|
 *	| `upcase` | `{{ "a" \| upcase }}` | `A` | |
 *
 * It runs on the JSON of the page. What is in code must come out, with a sign
 * for each line end; what is not is what an error says behind its place. In the
 * section about places examples are HTML, in all others plain text. Each tag
 * and filter has a row that is called so, here or in docs/templates.md.
 */
#include <stdio.h>

#include "liquid/liquid_priv.h"
#include "liquid_try.h"

#define PAGE	 "liquid.md"
#define HEAD	 " | example | gives | note |"
#define PLACES	 "## Where values stand"
#define LINE_END "\u23ce"

enum { ROWS_MAX = 500 };

struct row {
	const char *page;
	int line;
	struct str name;
	struct str text;
	struct str gives;
	bool fails; /* gives is what the error says */
	enum liquid_context context;
};

static struct arena *a;
static struct row rows[ROWS_MAX];
static size_t row_count;
static struct js *data;

/* ---- reading ---- */

static struct str
read_page(const char *name)
{
	struct str path = str_printf(a, "%s/%s", DOCS, name);
	FILE *f = fopen(str_cstr(a, path), "rb");
	struct buf text = { 0 };
	struct str all;
	char part[4096];
	size_t len;

	if (!f)
		fail_msg("%.*s cannot be read", STR_ARG(path));
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&text, part, len);
	fclose(f);
	all = str_copy(a, buf_view(&text));
	buf_fini(&text);
	return all;
}

/* Up to a bar without a backslash before it; false: there is none. */
static bool
next_cell(struct str *row, struct str *cell)
{
	struct liquid_text t = { .a = a, .room = SIZE_MAX };

	for (size_t i = 0; i < row->len; i++) {
		if (row->p[i] == '|') {
			*row = str_slice(*row, i + 1, row->len);
			*cell = str_trim((struct str){ t.p, t.len });
			return true;
		}
		i += str_starts(str_slice(*row, i, row->len), STR("\\|"));
		liquid_text_char(&t, row->p[i]);
	}
	return false;
}

/* The code that a cell is, with its line ends; false: it is none. */
static bool
take_code(struct str *cell)
{
	struct liquid_text t = { .a = a, .room = SIZE_MAX };
	struct str rest = *cell;
	ptrdiff_t at;

	if (rest.len < 3 || rest.p[0] != '`' || rest.p[rest.len - 1] != '`')
		return false;
	rest = str_slice(rest, 1, rest.len - 1);
	while ((at = str_find(rest, STR(LINE_END))) >= 0) {
		liquid_text_add(&t, str_slice(rest, 0, (size_t)at));
		liquid_text_char(&t, '\n');
		rest = str_slice(rest, (size_t)at + strlen(LINE_END), rest.len);
	}
	liquid_text_add(&t, rest);
	*cell = (struct str){ t.p, t.len };
	return true;
}

static bool
read_row(struct str line, struct row *row)
{
	if (!str_starts(line, STR("| ")))
		return false;
	line = str_slice(line, 1, line.len);
	if (!next_cell(&line, &row->name) || !next_cell(&line, &row->text) ||
	    !take_code(&row->text) || !next_cell(&line, &row->gives))
		return false;
	row->fails = !take_code(&row->gives) && row->gives.len > 0;
	return true;
}

static void
read_rows(const char *page)
{
	struct str rest = read_page(page), line;
	struct row row = { .page = page, .context = LIQUID_TEXT };
	bool table = false;

	while (str_split(&rest, '\n', &line)) {
		row.line++;
		if (str_starts(line, STR("## ")))
			row.context = str_eq_cstr(line, PLACES) ? LIQUID_HTML
								: LIQUID_TEXT;
		table = str_ends(line, STR(HEAD)) ||
			(table && str_starts(line, STR("|")));
		if (str_ends(line, STR(HEAD)) || str_starts(line, STR("|-")))
			continue;
		assert_true(row_count < ROWS_MAX);
		if (read_row(line, &row))
			rows[row_count++] = row;
		else if (table)
			fail_msg("%s:%d: no example", page, row.line);
	}
}

static int
read_pages(void **state)
{
	struct str begin = STR("```json\n"), text;
	struct error err = { 0 };
	ptrdiff_t at;

	(void)state;
	a = arena_new();
	text = read_page(PAGE);
	at = str_find(text, begin);
	assert_true(at >= 0);
	text = str_slice(text, (size_t)at + begin.len, text.len);
	text = str_slice(text, 0, (size_t)str_find(text, STR("```")));
	assert_ok(js_parse(text, &data, &err), err);
	read_rows(PAGE);
	read_rows("templates.md");
	return 0;
}

static int
drop_pages(void **state)
{
	(void)state;
	js_free(&data);
	arena_free(&a);
	return 0;
}

/* ---- */

static bool
is_true(const struct row *row)
{
	const struct liquid_source source = { .name = row->page,
					      .text = row->text,
					      .context = row->context };
	const struct liquid_inputs inputs = { 0 };
	struct error err = { 0 };
	struct buf out = { 0 };
	bool failed = liquid_try_js(data, &source, inputs, &out, &err) < 0;
	struct str got = failed ? str_of(err.text) : buf_view(&out);
	struct str wanted =
	    failed ? str_printf(a, ": %.*s", STR_ARG(row->gives)) : row->gives;
	bool is = failed == row->fails &&
		  (failed ? str_ends(got, wanted) : str_eq(got, wanted));

	if (!is)
		print_error("docs/%s:%d: gives \"%.*s\", expected \"%.*s\"\n",
			    row->page, row->line, STR_ARG(got),
			    STR_ARG(row->gives));
	buf_fini(&out);
	return is;
}

static void
each_example_gives_what_stands_beside_it(void **state)
{
	size_t wrong = 0, run = 0;

	(void)state;
	for (size_t i = 0; i < row_count; i++) {
		if (strcmp(rows[i].page, PAGE) != 0)
			continue;
		wrong += !is_true(&rows[i]);
		run++;
	}
	assert_int_equal(wrong, 0);
	assert_true(run > 100);
}

/* A word that does not go on. */
static bool
has_word(struct str s, size_t at, struct str word)
{
	struct str behind;

	if (!str_starts(str_slice(s, at, s.len), word))
		return false;
	behind = str_slice(s, at + word.len, s.len);
	return !behind.len ||
	       !strchr("abcdefghijklmnopqrstuvwxyz_", behind.p[0]);
}

/* The row is called so, and its example has it behind `sign`. */
static bool
shows(const struct row *row, struct str sign, const char *name)
{
	struct str rest = row->text, word = str_of(name);
	ptrdiff_t at;

	if (!has_word(row->name, 1, word))
		return false;
	while ((at = str_find(rest, sign)) >= 0) {
		rest = str_slice(rest, (size_t)at + sign.len, rest.len);
		if (has_word(rest, 0, word))
			return true;
	}
	return false;
}

static bool
is_shown(const char *sign, const char *name)
{
	for (size_t i = 0; i < row_count; i++)
		if (shows(&rows[i], str_of(sign), name))
			return true;
	print_error("docs/%s: no example of \"%s\"\n", PAGE, name);
	return false;
}

static void
each_tag_and_each_filter_has_an_example(void **state)
{
	const struct liquid_filter *const *table;
	size_t missing = 0;

	(void)state;
	for (const struct liquid_tag *t = liquid_tags; t->name; t++)
		missing += !is_shown("{% ", t->name);
	for (table = liquid_filter_tables; *table; table++)
		for (const struct liquid_filter *f = *table; f->name; f++)
			missing += !is_shown("| ", f->name);
	assert_int_equal(missing, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_example_gives_what_stands_beside_it),
		cmocka_unit_test(each_tag_and_each_filter_has_an_example),
	};

	return cmocka_run_group_tests(tests, read_pages, drop_pages);
}
