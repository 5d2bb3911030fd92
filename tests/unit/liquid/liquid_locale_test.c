#include "base/arena.h"
#include "liquid/liquid.h"
#include "test.h"

static int
run(const char *text, struct buf *out, struct error *err)
{
	static const char webinar[] = "2026-08-02T09:05:00Z";
	const struct liquid_source source = { .name = "t.html",
					      .text = str_of(text),
					      .context = LIQUID_HTML };
	const struct liquid_options options = { 0 };
	struct arena *a = arena_new();
	struct liquid_object *globals = liquid_object_new(a);
	const struct liquid_inputs inputs = { .globals = globals,
					      .locale = STR("de"),
					      .zone = STR("Europe/Berlin") };
	struct liquid_program *p = NULL;
	int rc = liquid_compile(&p, &source, &options, err);

	liquid_object_set(globals, STR("webinar"),
			  liquid_string(str_of(webinar)));
	if (rc == 0)
		rc = liquid_run(p, &inputs, a, out, err);
	liquid_free(&p);
	arena_free(&a);
	return rc;
}

static void
gives(const char *text, const char *expected)
{
	struct buf out = { 0 };
	struct error err = { 0 };

	assert_ok(run(text, &out, &err), err);
	assert_str(buf_view(&out), expected);
	buf_fini(&out);
}

static void
is_refused(const char *text, enum error_code code, const char *why)
{
	struct buf out = { 0 };
	struct error err = { 0 };

	assert_fails(run(text, &out, &err), err, code, why);
	buf_fini(&out);
}

/* ---- */

static void
a_date_is_written_for_its_reader(void **state)
{
	(void)state;
	gives("{{ '2026-08-02' | format_date }}", "2. August 2026");
	gives("{{ '2026-08-02' | format_date: 'full' }}",
	      "Sonntag, 2. August 2026");
	gives("{{ '2026-08-02' | format_date: 'yMMM' }}", "Aug. 2026");
	gives("{{ '2026-08-02' | format_date: locale: 'fr-CA' }}",
	      "2 août 2026");
	gives("{{ '2026-08-02' | format_date: 'short', locale: 'en-GB' }}",
	      "02/08/2026");
	gives("{{ '2026-08-02 09:05' | format_time }}", "09:05");
	gives("{{ '2026-08-02 09:05' | format_time: 'Hm' }}", "09:05");
	gives("{{ '2026-08-02 09:05' | format_datetime }}",
	      "2. August 2026 um 09:05");
	gives("{{ '2026-08-02 09:05' | format_datetime: 'short', 'medium' }}",
	      "02.08.26, 09:05:00");
}

static void
an_instant_is_shown_on_the_readers_clock(void **state)
{
	(void)state;
	gives("{{ '2026-08-02T22:30:00Z' | format_datetime }}",
	      "3. August 2026 um 00:30");
	gives("{{ '2026-08-02T22:30:00Z' | format_time: 'long' }}",
	      "00:30:00 GMT+2");
	gives("{{ 1785709800 | format_datetime }}", "3. August 2026 um 00:30");
	gives("{{ 0 | format_date }}", "1. Januar 1970");
	gives("{{ '2026-08-02T22:30:00Z' | format_datetime: zone: 'UTC' }}",
	      "2. August 2026 um 22:30");
	/* ICU has it that summer time ended there for good. */
	gives("{{ '2026-08-02T22:30:00Z' "
	      "| format_datetime: zone: 'Africa/Cairo' }}",
	      "3. August 2026 um 01:30");
	gives("{{ '2026-08-02T22:30:00Z' "
	      "| format_time: zone: 'Asia/Almaty' }}",
	      "03:30");
}

static void
a_time_without_an_offset_stands_as_it_is(void **state)
{
	(void)state;
	gives("{{ '2026-08-02 09:05' | format_time: zone: 'Asia/Tokyo' }}",
	      "09:05");
	gives("{{ '2026-08-02 09:05' | format_time: 'long' }}", "09:05:00");
	gives("{{ '2026-08-02 09:05' "
	      "| format_time: 'long', zone: 'Asia/Tokyo' }}",
	      "09:05:00 GMT+9");
}

static void
a_date_alone_has_no_zone_and_gets_no_time(void **state)
{
	(void)state;
	gives("{{ '2026-08-02' | format_date: zone: 'Pacific/Honolulu' }}",
	      "2. August 2026");
	gives("{{ '2026-08-02' | format_datetime }}", "2. August 2026");
	gives("{{ '2026-08-02' | format_time }}", "2026-08-02");
	gives("{{ '2026-08-02' | format_date: 'yMMMMdjm' }}", "2026-08-02");
}

static void
what_is_no_date_or_number_comes_out_as_it_went_in(void **state)
{
	(void)state;
	gives("{{ 'now' | format_date }}|{{ 'today' | format_datetime }}|"
	      "{{ 'a<b' | format_time }}|{{ nothing | format_date }}|"
	      "{{ '2026-02-30' | format_date }}|{{ true | format_date }}",
	      "now|today|a&lt;b||2026-02-30|true");
	gives("{{ 'ab 49 €' | money: 'EUR' }}|{{ nothing | money: 'EUR' }}|"
	      "{{ '49,90' | format_number }}|{{ '1e9' | format_percent }}|"
	      "{{ 'viele' | plural: other: '#' }}|"
	      "{{ '49.9' | money: 'EUR', minor: true }}",
	      "ab 49 €||49,90|1e9|viele|49.9");
}

static void
numbers_follow_the_language(void **state)
{
	(void)state;
	gives("{{ 1234567.5 | format_number }}", "1.234.567,5");
	gives("{{ '1234567.5' | format_number: decimals: 2 }}", "1.234.567,50");
	gives("{{ ' 1234.5 ' | format_number: decimals: 0, locale: 'en' }}",
	      "1,235");
	gives("{{ 0.256 | format_percent: locale: 'en' }}", "26%");
	gives("{{ '0.256' | format_percent: decimals: 1, locale: 'en' }}",
	      "25.6%");
}

static void
money_is_exact(void **state)
{
	(void)state;
	gives("{{ '49.9' | money: 'EUR' }}", "49,90\u00a0€");
	gives("{{ 4990 | money: 'EUR', minor: true }}", "49,90\u00a0€");
	gives("{{ '4990' | money: 'JPY', minor: true, locale: 'ja' }}",
	      "￥4,990");
	gives("{{ 4990 | money: 'EUR' }}", "4.990,00\u00a0€");
	gives("{{ 49.9 | times: 3 | money: 'EUR', locale: 'en' }}", "€149.70");
	gives("{{ '49' | money: 'USD', decimals: 0, locale: 'en' }}", "$49");
	gives("{{ '9007199254740993.01' | money: 'USD', locale: 'en' }}",
	      "$9,007,199,254,740,993.01");
}

static void
plurals_choose_their_words(void **state)
{
	(void)state;
	gives("{% for n in (0..2) %}{{ n | plural: one: '# Platz', "
	      "other: '# Plätze' }} {% endfor %}",
	      "0 Plätze 1 Platz 2 Plätze ");
	gives("{{ 0 | plural: zero: 'keine', one: 'einer', other: '#' }}",
	      "keine");
	gives("{{ 5 | plural: one: '# plik', few: '# pliki', "
	      "many: '# plików', other: '# pliku', locale: 'pl' }}",
	      "5 plików");
	gives("{{ 5 | plural: one: 'x', other: '# y', locale: 'pl' }}", "5 y");
	gives("{{ 1234 | plural: other: '#, ## <b>' }}", "1.234, # &lt;b&gt;");
	gives("{{ '1.5' | plural: one: 'eins', other: '# Stunden' }}",
	      "1,5 Stunden");
}

static void
lists_are_joined_in_words(void **state)
{
	(void)state;
	gives("{{ 'a,b,c' | split: ',' | format_list }}", "a, b und c");
	gives("{{ 'a,b,c' | split: ',' | format_list: type: 'or', "
	      "locale: 'en' }}",
	      "a, b, or c");
	gives("{{ 'a,, ,<c>' | split: ',' | format_list }}", "a und &lt;c&gt;");
	gives("{{ 'a' | format_list }}|{{ nothing | format_list }}|"
	      "{{ (1..3) | format_list }}",
	      "a||1, 2 und 3");
}

static void
a_mistake_in_a_template_is_an_error(void **state)
{
	(void)state;
	is_refused("{{ '2026-08-02' | format_date: 'yMMMMdz' }}", ERROR_INVALID,
		   "filter \"format_date\": found \"yMMMMdz\"");
	is_refused("{{ '2026-08-02' | format_datetime: 'long', 'tall' }}",
		   ERROR_INVALID, "found \"tall\"");
	is_refused("{{ '2026-08-02' | format_datetime: 'yMd', 'short' }}",
		   ERROR_INVALID, "one or the other");
	is_refused("{{ '2026-08-02' | format_date: locale: 'xq' }}",
		   ERROR_INVALID,
		   "found the language \"xq\", which is not known");
	is_refused("{{ '' | format_number: locale: 'de-!' }}", ERROR_INVALID,
		   "found the language \"de-!\", which is none");
	is_refused("{{ '2026-08-02' | format_date: zone: 'Europe/Berlni' }}",
		   ERROR_NOT_FOUND, "no time zone");
	is_refused("{{ '2026-08-02' | format_date: zon: 'UTC' }}",
		   ERROR_INVALID,
		   "found argument \"zon\", expected one of zone, locale");
	is_refused("{{ 1 | money: 'Euro' }}", ERROR_INVALID, "ISO 4217");
	is_refused("{{ nothing | money: 'Euro' }}", ERROR_INVALID, "ISO 4217");
	is_refused("{{ nothing | format_date: 'long-ago' }}", ERROR_INVALID,
		   "found \"long-ago\"");
	is_refused("{{ '2026-08-02' | format_time: 'jmx' }}", ERROR_INVALID,
		   "found \"jmx\"");
	is_refused("{{ 1 | money: '' }}", ERROR_INVALID, "ISO 4217");
	is_refused("{{ 1 | format_number: decimals: 99 }}", ERROR_INVALID,
		   "expected 0 to 10");
	is_refused("{{ 1 | plural: one: 'x' }}", ERROR_INVALID, "\"other\"");
	is_refused("{{ 1 | format_list: type: 'nor' }}", ERROR_INVALID,
		   "expected and, or, unit");
	is_refused("{{ (1..1001) | format_list }}", ERROR_LIMIT,
		   "at most 1000");
	is_refused("{{ (1..999999999) | format_list }}", ERROR_LIMIT,
		   "at most 1000");
	is_refused("{% for i in (1..9000) %}{{ i | format_number }}"
		   "{% endfor %}",
		   ERROR_LIMIT, "too many steps");
}

/* ---- docs/templates.md ---- */

static void
read_doc(struct buf *text)
{
	FILE *f = fopen(DOC, "rb");
	char part[4096];
	size_t len;

	if (!f)
		fail_msg("%s cannot be read", DOC);
	while ((len = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(text, part, len);
	fclose(f);
}

/* Of a row: what stands between these, with "\|" as "|". */
static bool
cut(struct str *row, struct str from, struct str to, struct buf *out)
{
	ptrdiff_t at = str_find(*row, from), end;

	if (at < 0)
		return false;
	*row = str_slice(*row, (size_t)at + from.len, row->len);
	end = str_find(*row, to);
	for (size_t i = 0; end > 0 && i < (size_t)end; i++)
		if (row->p[i] != '\\')
			buf_char(out, row->p[i]);
	*row = str_slice(*row, (size_t)end + to.len, row->len);
	return end > 0;
}

/* They are written with plain blanks. */
static bool
is_as_documented(struct str row)
{
	struct buf example = { 0 }, gives = { 0 }, out = { 0 };
	struct error err = { 0 };
	bool found = cut(&row, STR("| `{{ "), STR(" }}` "), &example) &&
		     cut(&row, STR("| "), STR(" |"), &gives);

	if (found) {
		struct buf text = { 0 };
		struct str rest, part;

		buf_printf(&text, "{{ %s }}", buf_cstr(&example));
		assert_ok(run(buf_cstr(&text), &out, &err), err);
		buf_clear(&text);
		for (rest = buf_view(&out); str_split(&rest, '\xc2', &part);)
			buf_printf(&text, "%s%.*s", text.len ? " " : "",
				   STR_ARG(str_starts(part, STR("\xa0"))
					       ? str_slice(part, 1, part.len)
					       : part));
		assert_str(buf_view(&text), buf_cstr(&gives));
		buf_fini(&text);
	}
	buf_fini(&example);
	buf_fini(&gives);
	buf_fini(&out);
	return found;
}

static void
the_examples_of_the_documentation_are_true(void **state)
{
	struct buf text = { 0 };
	struct str rest, line;
	int examples = 0;

	(void)state;
	read_doc(&text);
	rest = buf_view(&text);
	while (str_split(&rest, '\n', &line))
		examples += is_as_documented(line);
	assert_true(examples >= 13);
	buf_fini(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_date_is_written_for_its_reader),
		cmocka_unit_test(an_instant_is_shown_on_the_readers_clock),
		cmocka_unit_test(a_time_without_an_offset_stands_as_it_is),
		cmocka_unit_test(a_date_alone_has_no_zone_and_gets_no_time),
		cmocka_unit_test(
		    what_is_no_date_or_number_comes_out_as_it_went_in),
		cmocka_unit_test(numbers_follow_the_language),
		cmocka_unit_test(money_is_exact),
		cmocka_unit_test(plurals_choose_their_words),
		cmocka_unit_test(lists_are_joined_in_words),
		cmocka_unit_test(a_mistake_in_a_template_is_an_error),
		cmocka_unit_test(the_examples_of_the_documentation_are_true),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
