/*
 * bounces: mails by others, each with what a reader finds in it, in
 * tests/golden/bounces.tsv: a file, and for each recipient ADDRESS=CLASS ("-"
 * where none is named), or the class of a mail that has none. Addresses count
 * but for the case of letters. Each mail is read with all three line ends, and
 * in a jail, where no file is to be had.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "corpus.h"
#include "jail/jail.h"
#include "mime/mime_report.h"

enum { PERCENT_MIN = 97, MAILS_MIN = 500 };

static bool
has_recipient(const struct mime_report *r, struct str address, struct str class)
{
	if (str_eq_cstr(address, "-"))
		return r->count == 0 &&
		       str_eq_cstr(class, mime_report_class_name(r->class));
	for (size_t i = 0; i < r->count; i++) {
		const struct mime_report_recipient *p = &r->recipients[i];

		if (str_eq_fold(p->address, address) &&
		    str_eq_cstr(class, mime_report_class_name(p->class)))
			return true;
	}
	return false;
}

static bool
is_as_expected(const struct mime_report *r, struct str expected)
{
	size_t count = 0;
	struct str one;

	if (str_find_char(expected, '=') < 0)
		return r->count == 0 &&
		       str_eq_cstr(expected, mime_report_class_name(r->class));
	while (str_split(&expected, ',', &one)) {
		size_t equals = one.len;

		while (one.p[equals - 1] != '=')
			equals--;
		if (!has_recipient(r, str_slice(one, 0, equals - 1),
				   str_slice(one, equals, one.len)))
			return false;
		count += !str_starts(one, STR("-="));
	}
	return r->count == count;
}

/* The same mail with another line end. */
static struct str
with_ends(struct arena *a, struct str mail, const char *end)
{
	struct buf out = { 0 };
	struct str copy;

	for (size_t i = 0; i < mail.len; i++) {
		bool is_crlf = mail.p[i] == '\r' && i + 1 < mail.len &&
			       mail.p[i + 1] == '\n';

		if (mail.p[i] == '\r' || mail.p[i] == '\n')
			buf_cat(&out, end);
		else
			buf_char(&out, mail.p[i]);
		i += is_crlf;
	}
	copy = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return copy;
}

static struct str
packed(struct arena *a, struct str mail, struct mime_report *r)
{
	struct buf out = { 0 };
	struct str copy;

	mime_report_parse(a, mail, r);
	mime_report_pack(r, &out);
	copy = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return copy;
}

static bool
is_same_for_all_ends(struct arena *a, struct str mail, struct str packing)
{
	static const char *const ends[] = { "\n", "\r", "\r\n" };
	struct mime_report *r = ARENA_NEW(a, struct mime_report);
	bool is = true;

	for (size_t i = 0; i < COUNT_OF(ends); i++)
		is &=
		    str_eq(packed(a, with_ends(a, mail, ends[i]), r), packing);
	return is;
}

static bool
is_same_in_jail(struct jail *j, struct str mail, struct str packing)
{
	const struct jail_limits limits = { JAIL_LIMITS_DEFAULT };
	struct error err = { 0 };
	struct buf out = { 0 };
	bool is;

	if (jail_run(j, &limits, mime_report_answer, mail, &out, &err) < 0)
		print_message("%s\n", err.text);
	is = str_eq(buf_view(&out), packing);
	buf_fini(&out);
	return is;
}

struct tally {
	struct jail *jail;
	size_t passed, failed, unlike, false_bounces;
};

static void
judge(const char *corpora, struct str file, struct str expected,
      struct tally *t)
{
	struct arena *a = arena_new();
	struct mime_report *r = ARENA_NEW(a, struct mime_report);
	struct buf path = { 0 }, mail = { 0 };
	struct str packing;

	buf_printf(&path, "%s/bounces/%.*s", corpora, STR_ARG(file));
	corpus_read(buf_cstr(&path), &mail);
	packing = packed(a, buf_view(&mail), r);
	if (is_as_expected(r, expected)) {
		t->passed++;
	} else {
		t->failed++;
		print_message("%.*s: expected %.*s\n%.*s", STR_ARG(file),
			      STR_ARG(expected), STR_ARG(packing));
	}
	if (!is_same_for_all_ends(a, buf_view(&mail), packing)) {
		print_message("%.*s: line ends matter\n", STR_ARG(file));
		t->unlike++;
	}
	if (!is_same_in_jail(t->jail, buf_view(&mail), packing)) {
		print_message("%.*s: the jail matters\n", STR_ARG(file));
		t->unlike++;
	}
	t->false_bounces +=
	    str_starts(file, STR("not/")) && r->class > MIME_REPORT_AUTO_REPLY;
	buf_fini(&mail);
	buf_fini(&path);
	arena_free(&a);
}

static void
mails_are_what_a_reader_finds(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	struct buf table = { 0 };
	struct tally t = { 0 };
	struct str rest, line, file;
	struct error err = { 0 };

	(void)state;
	if (!corpora) {
		print_message("SKIPPED: GUIDON_CORPORA is not set\n");
		skip();
	}
	assert_ok(jail_open(&t.jail, &err), err);
	corpus_read(GOLDEN "/bounces.tsv", &table);
	rest = buf_view(&table);
	while (str_split(&rest, '\n', &line)) {
		if (line.len > 0 && line.p[0] != '#' &&
		    str_split(&line, '\t', &file))
			judge(corpora, file, line, &t);
	}
	jail_close(&t.jail);
	buf_fini(&table);
	print_message("bounces: %zu passed, %zu failed\n", t.passed, t.failed);
	assert_int_equal(t.false_bounces, 0);
	assert_int_equal(t.unlike, 0);
	assert_true(t.passed + t.failed >= MAILS_MIN);
	assert_true(t.passed * 100 >= (t.passed + t.failed) * PERCENT_MIN);
}

/* The judge itself: another class, one too many and one too few are seen. */
static void
what_differs_is_noticed(void **state)
{
	struct mime_report r = {
		.class = MIME_REPORT_HARD,
		.count = 1,
		.recipients = { { .class = MIME_REPORT_HARD,
				  .address = STR("a@Example.org") } },
	};

	(void)state;
	assert_true(is_as_expected(&r, STR("a@example.org=hard")));
	assert_false(is_as_expected(&r, STR("a@example.org=soft")));
	assert_false(is_as_expected(&r, STR("b@example.org=hard")));
	assert_false(
	    is_as_expected(&r, STR("a@example.org=hard,b@example.org=hard")));
	assert_false(is_as_expected(&r, STR("hard")));
	assert_false(is_as_expected(&r, STR("none")));
	r.count = 0;
	assert_true(is_as_expected(&r, STR("-=hard")));
	assert_false(is_as_expected(&r, STR("a@example.org=hard")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mails_are_what_a_reader_finds),
		cmocka_unit_test(what_differs_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
