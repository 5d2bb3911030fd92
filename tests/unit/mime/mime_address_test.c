#include "mime/mime.h"

#include <stdlib.h>

#include "base/arena.h"
#include "test.h"

static struct arena *a;

static int
make_arena(void **state)
{
	(void)state;
	a = arena_new();
	return 0;
}

static int
free_arena(void **state)
{
	(void)state;
	arena_free(&a);
	return 0;
}

static void
assert_becomes(const char *text, const char *expected)
{
	struct error err = { 0 };
	struct str got = { 0 };

	assert_ok(mime_address_normalise(a, str_of(text), &got, &err), err);
	assert_str(got, expected);
	assert_ok(mime_address_normalise(a, got, &got, &err), err);
	assert_str(got, expected);
}

static void
assert_refused(struct str text, const char *part)
{
	struct error err = { 0 };
	struct str got = { 0 };

	assert_fails(mime_address_normalise(a, text, &got, &err), err,
		     ERROR_INVALID, part);
	assert_null(got.p);
}

/* `count` times c. */
static struct str
many(char c, size_t count)
{
	char *p = arena_alloc(a, count);

	memset(p, c, count);
	return (struct str){ p, count };
}

static void
one_mailbox_has_one_spelling(void **state)
{
	(void)state;
	assert_becomes("ann@example.org", "ann@example.org");
	assert_becomes(" \tAnn.Smith+X@Mail.Example.ORG \t",
		       "ann.smith+x@mail.example.org");
	assert_becomes("!#$%&'*+-/=?^_`{|}~@a-b.example",
		       "!#$%&'*+-/=?^_`{|}~@a-b.example");
}

static void
dots_and_tags_are_significant(void **state)
{
	(void)state;
	assert_becomes("a.b+c@example.org", "a.b+c@example.org");
	assert_becomes("ab@example.org", "ab@example.org");
}

static void
a_domain_comes_out_in_a_labels(void **state)
{
	(void)state;
	assert_becomes("a@B\xc3\x9c"
		       "CHER.example",
		       "a@xn--bcher-kva.example");
	assert_becomes("a@bu\xcc\x88"
		       "cher.example",
		       "a@xn--bcher-kva.example");
	assert_becomes("a@XN--BCHER-KVA.example", "a@xn--bcher-kva.example");
	assert_becomes("a@fa\xc3\x9f.de", "a@xn--fa-hia.de");
	assert_becomes("a@a\xe3\x80\x82"
		       "example",
		       "a@a.example");
}

static void
hyphens_of_existing_host_names_pass(void **state)
{
	(void)state;
	assert_becomes("a@r3---sn-4g.example", "a@r3---sn-4g.example");
	assert_refused(STR("a@-b.example"), "a hyphen at the end of a label");
	assert_refused(STR("a@b-.example"), "a hyphen at the end of a label");
}

static void
what_idna_maps_to_no_host_name_is_refused(void **state)
{
	(void)state;
	assert_refused(STR("a@\xe2\x84\x80.com"), "that no host name has");
	assert_refused(STR("a@\xef\xbc\xa0.com"), "that no host name has");
	assert_refused(STR("a@xn--a.com"), "TR46");
	assert_refused(STR("a@xn--.com"), "punycode");
}

static void
other_forms_are_refused_with_what_was_found(void **state)
{
	(void)state;
	assert_refused(STR(""), "\"\" without \"@\"");
	assert_refused(STR("ann"), "\"ann\" without \"@\"");
	assert_refused(STR("@example.org"), "0 characters before the \"@\"");
	assert_refused(STR("a@"), "a single label");
	assert_refused(STR("a@localhost"), "a single label");
	assert_refused(STR("a@example.org."), "an empty label");
	assert_refused(STR("a@b..example"), "an empty label");
	assert_refused(STR("a@b@example.org"), "that no host name has");
	assert_refused(STR("a@1.2.3.4"), "a number as its last label");
	assert_refused(STR("a@[127.0.0.1]"), "that no host name has");
	assert_refused(STR("\"a\"@example.org"), "\"\\x22\" before the \"@\"");
	assert_refused(STR(".a@example.org"), "a stray dot");
	assert_refused(STR("a.@example.org"), "a stray dot");
	assert_refused(STR("a..b@example.org"), "a stray dot");
	assert_refused(STR("\xc3\xa9@example.org"), "\"\\xc3\" before");
	assert_refused(STR("a b@example.org"), "neither blanks nor");
	assert_refused(STR("a@example.org\r\nBcc: b@example.org"),
		       "\"\\x0d\" in an address");
	assert_refused(STR("a@example.org\n"), "\"\\x0a\" in an address");
	assert_refused(STR("a\0b@example.org"), "\"\\x00\" in an address");
	assert_refused(STR("a@\xff.org"), "\"a@\\xff.org\" is not UTF-8");
}

static void
lengths_are_those_of_smtp(void **state)
{
	struct str l63 = many('b', 63);
	struct str l64 = many('a', 64);
	struct str got = { 0 };
	struct error err = { 0 };

	(void)state;
	assert_ok(mime_address_normalise(a,
					 str_printf(a, "%.*s@%.*s.example",
						    STR_ARG(l64), STR_ARG(l63)),
					 &got, &err),
		  err);
	assert_refused(str_printf(a, "a%.*s@example.org", STR_ARG(l64)),
		       "65 characters before");
	assert_refused(str_printf(a, "a@b%.*s.example", STR_ARG(l63)),
		       "more than 63");
	assert_refused(str_printf(a, "aa@%.*s.%.*s.%.*s.%.*s", STR_ARG(l63),
				  STR_ARG(l63), STR_ARG(l63), STR_ARG(l63)),
		       "more than 253");
	assert_refused(str_printf(a, "ab@%.*s.%.*s.%.*s.%.*s", STR_ARG(l63),
				  STR_ARG(l63), STR_ARG(l63),
				  STR_ARG(str_slice(l63, 0, 60))),
		       "an address of 255 characters");
	assert_refused(many('a', 5000), "5000 bytes");
}

static void
assert_becomes_utf8(const char *text, const char *expected)
{
	struct error err = { 0 };
	struct str got = { 0 };

	assert_ok(mime_address_normalise_utf8(a, str_of(text), &got, &err),
		  err);
	assert_str(got, expected);
	assert_ok(mime_address_normalise_utf8(a, got, &got, &err), err);
	assert_str(got, expected);
}

static void
assert_refused_utf8(struct str text, const char *part)
{
	struct error err = { 0 };
	struct str got = { 0 };

	assert_fails(mime_address_normalise_utf8(a, text, &got, &err), err,
		     ERROR_INVALID, part);
}

static void
a_local_part_beyond_ascii_has_one_spelling_too(void **state)
{
	static const char jurgen[] = "j\xc3\xbcrgen@xn--bcher-kva.example";

	(void)state;
	assert_becomes_utf8(jurgen, jurgen);
	assert_becomes_utf8("J\xc3\x9cRGEN@b\xc3\xbc"
			    "cher.example",
			    jurgen);
	assert_becomes_utf8("ju\xcc\x88rgen@BU\xcc\x88"
			    "CHER.example",
			    jurgen);
	assert_becomes_utf8("Ann@Example.org", "ann@example.org");
	assert_becomes_utf8("\xe7\x94\xb2.x@example.org",
			    "\xe7\x94\xb2.x@example.org");
	/* It is no two of them: only the receiver knows. */
	assert_becomes_utf8("wei\xc3\x9f@example.org",
			    "wei\xc3\x9f@example.org");
}

static void
what_no_local_part_has_is_refused_beyond_ascii_too(void **state)
{
	struct str umlauts = STR("");

	(void)state;
	for (int i = 0; i < 32; i++)
		umlauts = str_printf(a, "%.*su\xcc\x88", STR_ARG(umlauts));
	assert_becomes_utf8(
	    str_cstr(a, str_printf(a, "%.*s@example.org",
				   STR_ARG(str_slice(umlauts, 0, 3)))),
	    "\xc3\xbc@example.org");
	/* 96 bytes, and 64 in NFC. */
	assert_ok(mime_address_normalise_utf8(
		      a, str_printf(a, "%.*s@example.org", STR_ARG(umlauts)),
		      &(struct str){ 0 }, &(struct error){ 0 }),
		  (struct error){ 0 });
	assert_refused_utf8(
	    str_printf(a, "%.*sa@example.org", STR_ARG(umlauts)),
	    "65 characters before");
	assert_refused_utf8(STR("a\xc2\x85@example.org"), "U+0085");
	assert_refused_utf8(STR("a\xe2\x80\x8b@example.org"), "U+200B");
	assert_refused_utf8(STR("a\xe2\x80\xae@example.org"), "U+202E");
	assert_refused_utf8(STR("a\xc2\xa0@example.org"), "U+00A0");
	assert_refused_utf8(STR("\xc3\xbc..a@example.org"), "a stray dot");
	assert_refused_utf8(STR("\xc3\xbc\"@example.org"), "\"\\x22\" before");
	assert_refused_utf8(STR("\xc3@example.org"), "is not UTF-8");
	assert_refused_utf8(STR("\xc3\xbc@xn--a.com"), "TR46");
}

static void
the_domain_is_what_follows_the_at(void **state)
{
	(void)state;
	assert_str(mime_address_domain(STR("a@example.org")), "example.org");
}

/* ---- the isemail corpus ---- */

/* The text between <tag> and </tag> in `xml`; empty when there is none. */
static struct str
element(struct str xml, const char *tag)
{
	struct str open = str_printf(a, "<%s>", tag);
	struct str end = str_printf(a, "</%s>", tag);
	ptrdiff_t from = str_find(xml, open);
	struct str rest;

	if (from < 0)
		return STR("");
	rest = str_slice(xml, (size_t)from + open.len, xml.len);
	return str_slice(rest, 0, (size_t)str_find(rest, end));
}

static void
add_utf8(struct buf *out, unsigned c)
{
	char two[] = { (char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f)) };
	char one = (char)c;

	if (c < 0x80)
		buf_add(out, &one, 1);
	else
		buf_add(out, two, sizeof(two));
}

/* The character of "&...;", where U+2400 + n stands for control character n. */
static unsigned
character(const char *entity)
{
	unsigned long c;

	if (entity[1] == '#')
		c = strtoul(entity + 3, NULL, 16);
	else if (strncmp(entity, "&amp;", 5) == 0)
		c = '&';
	else if (strncmp(entity, "&lt;", 4) == 0)
		c = '<';
	else if (strncmp(entity, "&gt;", 4) == 0)
		c = '>';
	else
		c = '"';
	if (c >= 0x2400 && c < 0x2420)
		c -= 0x2400;
	assert_true(c < 0x800);
	return (unsigned)c;
}

static struct str
unescape(struct str xml)
{
	struct buf b = { 0 };
	struct str s;

	for (size_t i = 0; i < xml.len; i++) {
		if (xml.p[i] != '&') {
			buf_char(&b, xml.p[i]);
			continue;
		}
		add_utf8(&b, character(xml.p + i));
		while (xml.p[i] != ';')
			i++;
	}
	s = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return s;
}

static struct str
load(const char *path)
{
	static char bytes[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;

	if (!f)
		fail_msg("%s cannot be read", path);
	n = fread(bytes, 1, sizeof(bytes), f);
	assert_true(n < sizeof(bytes));
	fclose(f);
	return (struct str){ bytes, n };
}

/* False when we accept what the corpus calls an error, or refuse all of it. */
static bool
agrees(struct str address, struct str category, int *accepted)
{
	struct error err;
	struct str got;

	if (mime_address_normalise(a, address, &got, &err) < 0)
		return true;
	++*accepted;
	if (!str_eq(category, STR("ISEMAIL_ERR")))
		return true;
	printf("isemail: accepted %.*s\n", STR_ARG(got));
	return false;
}

static void
nothing_is_accepted_that_isemail_calls_an_error(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	int passed = 0, failed = 0, accepted = 0;
	struct str rest, test;
	ptrdiff_t at;

	(void)state;
	if (!corpora) {
		printf("SKIPPED: isemail (GUIDON_CORPORA is not set)\n");
		skip();
	}
	rest = load(arena_printf(a, "%s/isemail/tests.xml", corpora));
	while ((at = str_find(rest, STR("<test id="))) >= 0) {
		rest = str_slice(rest, (size_t)at + 1, rest.len);
		at = str_find(rest, STR("</test>"));
		test = str_slice(rest, 0, (size_t)at);
		if (agrees(unescape(element(test, "address")),
			   element(test, "category"), &accepted))
			passed++;
		else
			failed++;
	}
	printf("isemail: %d passed, %d failed\n", passed, failed);
	assert_int_equal(failed, 0);
	assert_true(passed >= 160 && accepted >= 20);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_arena, free_arena)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_mailbox_has_one_spelling),
		TEST(dots_and_tags_are_significant),
		TEST(a_domain_comes_out_in_a_labels),
		TEST(hyphens_of_existing_host_names_pass),
		TEST(what_idna_maps_to_no_host_name_is_refused),
		TEST(other_forms_are_refused_with_what_was_found),
		TEST(lengths_are_those_of_smtp),
		TEST(a_local_part_beyond_ascii_has_one_spelling_too),
		TEST(what_no_local_part_has_is_refused_beyond_ascii_too),
		TEST(the_domain_is_what_follows_the_at),
		TEST(nothing_is_accepted_that_isemail_calls_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
