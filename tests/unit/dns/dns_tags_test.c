#include "test.h"

#include "base/arena.h"
#include "dns/dns_tags.h"

static void
tags_are_read_with_white_space_around_them(void **state)
{
	struct arena *a = arena_new();
	struct dns_tags tags;
	struct error err;

	(void)state;
	assert_ok(dns_tags_parse(a,
				 STR(" v = DMARC1 ;\tp=none; rua=mailto:a@x"
				     " ; "),
				 &tags, &err),
		  err);
	assert_int_equal(tags.count, 3);
	assert_str(*dns_tags_find(&tags, "v"), "DMARC1");
	assert_str(*dns_tags_find(&tags, "p"), "none");
	assert_null(dns_tags_find(&tags, "P"));
	assert_ok(dns_tags_parse(a, STR("p="), &tags, &err), err);
	assert_str(*dns_tags_find(&tags, "p"), "");
	arena_free(&a);
}

static void
what_is_no_list_is_refused(void **state)
{
	struct arena *a = arena_new();
	struct dns_tags tags;
	struct error err;
	struct buf many = { 0 };

	(void)state;
	assert_fails(dns_tags_parse(a, STR("v=DKIM1; rubbish"), &tags, &err),
		     err, ERROR_INVALID, "rubbish");
	assert_fails(dns_tags_parse(a, STR("p=a; p=b"), &tags, &err), err,
		     ERROR_INVALID, "twice");
	assert_fails(dns_tags_parse(a, STR("1p=a"), &tags, &err), err,
		     ERROR_INVALID, "1p");
	assert_fails(dns_tags_parse(a, STR("p=a;;v=b"), &tags, &err), err,
		     ERROR_INVALID, "expected");
	for (int i = 0; i <= DNS_TAGS_MAX; i++)
		buf_printf(&many, "t%d=1;", i);
	assert_fails(dns_tags_parse(a, buf_view(&many), &tags, &err), err,
		     ERROR_LIMIT, "more than");
	buf_fini(&many);
	arena_free(&a);
}

static void
a_word_is_found_in_a_list(void **state)
{
	(void)state;
	assert_true(dns_tags_has(STR("s: y"), STR("y")));
	assert_false(dns_tags_has(STR("sy"), STR("y")));
	assert_false(dns_tags_has(STR(""), STR("y")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_read_with_white_space_around_them),
		cmocka_unit_test(what_is_no_list_is_refused),
		cmocka_unit_test(a_word_is_found_in_a_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
