/*
 * Names and messages by themselves; what a server does with them is in
 * tests/scenario/doctor.bats, at a real one.
 */
#include "test.h"

#include "base/arena.h"
#include "dns/dns.h"

/* An answer of one record: x. IN TYPE, and as many of them as wanted. */
static struct str
message(struct arena *a, int type, struct str data, int count)
{
	const char question[] = { 1, 'x', 0, 0, (char)type, 0, 1 };
	const char record[] = {
		(char)0xc0, 12, 0, (char)type, 0, 1,
		0,	    0,	0, 60,	       0, (char)data.len
	};
	const char header[] = { 0, 1,		(char)0x81, (char)0x80, 0, 1,
				0, (char)count, 0,	    0,		0, 0 };
	struct buf b = { 0 };
	struct str m;

	buf_add(&b, header, sizeof(header));
	buf_add(&b, question, sizeof(question));
	for (int i = 0; i < count; i++) {
		buf_add(&b, record, sizeof(record));
		buf_str(&b, data);
	}
	m = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return m;
}

static struct dns_answer
parse(struct arena *a, enum dns_type type, struct str m)
{
	struct dns_answer answer;

	dns_parse(a, type, (const uint8_t *)m.p, m.len, &answer);
	return answer;
}

static void
records_of_each_type_are_read(void **state)
{
	struct arena *a = arena_new();
	struct dns_answer x;

	(void)state;
	x = parse(a, DNS_TXT, message(a, 16, STR("\2ab\3cde"), 1));
	assert_int_equal(x.fate, DNS_FOUND);
	assert_int_equal(x.count, 1);
	assert_str(x.records[0].text, "abcde");
	x = parse(a, DNS_TXT, message(a, 16, STR("\2ab"), 2));
	assert_int_equal(x.count, 2);
	x = parse(a, DNS_MX, message(a, 15, STR("\0\12\2mx\300\14"), 1));
	assert_str(x.records[0].text, "mx.x");
	assert_int_equal(x.records[0].preference, 10);
	x = parse(a, DNS_PTR, message(a, 12, STR("\2mx\300\14"), 1));
	assert_str(x.records[0].text, "mx.x");
	x = parse(a, DNS_A, message(a, 1, STR("\300\0\2\1"), 1));
	assert_str(dns_address_text(a, &x.records[0].address), "192.0.2.1");
	x = parse(
	    a, DNS_AAAA,
	    message(a, 28, STR("\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1"), 1));
	assert_str(dns_address_text(a, &x.records[0].address), "2001:db8::1");
	arena_free(&a);
}

static void
an_answer_has_limits(void **state)
{
	struct arena *a = arena_new();
	struct dns_answer x;

	(void)state;
	x = parse(a, DNS_TXT, message(a, 16, STR("\1a"), DNS_RECORDS_MAX));
	assert_int_equal(x.fate, DNS_FOUND);
	x = parse(a, DNS_TXT, message(a, 16, STR("\1a"), DNS_RECORDS_MAX + 1));
	assert_int_equal(x.fate, DNS_FAILED);
	assert_string_equal(x.why, "an answer too large");
	x = parse(a, DNS_MX,
		  message(a, 15, STR("\0\12\300\14"), DNS_RECORDS_MAX + 1));
	assert_int_equal(x.fate, DNS_FAILED);
	x = parse(a, DNS_TXT, str_slice(message(a, 16, STR("\1a"), 1), 0, 30));
	assert_int_equal(x.fate, DNS_FAILED);
	x = parse(a, DNS_TXT, STR("rubbish"));
	assert_int_equal(x.fate, DNS_FAILED);
	x = parse(a, DNS_TXT, message(a, 1, STR("\300\0\2\1"), 1));
	assert_int_equal(x.fate, DNS_NO_DATA);
	arena_free(&a);
}

#define LABEL_63                           \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
what_can_be_no_name_is_not_asked(void **state)
{
	static const char *const wrong[] = {
		"", ".", "a..b", ".a", "a b", "a\\046b", "a..", LABEL_63 "a.b",
	};
	struct dns *dns;
	struct error err;

	(void)state;
	assert_ok(dns_open(&dns, "127.0.0.1:1", &err), err);
	for (size_t i = 0; i < COUNT_OF(wrong); i++) {
		assert_false(dns_is_name(str_of(wrong[i])));
		assert_int_equal(dns_get(dns, str_of(wrong[i]), DNS_A)->fate,
				 DNS_NO_NAME);
	}
	dns_close(&dns);
	assert_true(dns_is_name(STR("_dmarc.example.com.")));
	assert_true(dns_is_name(STR(LABEL_63 ".b")));
}

static void
a_resolver_that_is_not_there_is_a_failure_for_each_name(void **state)
{
	const struct dns_answer *answer;
	struct error err;
	struct dns *dns;

	(void)state;
	assert_ok(dns_open(&dns, "127.0.0.1:1", &err), err);
	dns_want(dns, STR("b.example"), DNS_MX);
	answer = dns_get(dns, STR("a.example"), DNS_TXT);
	assert_int_equal(answer->fate, DNS_FAILED);
	assert_non_null(answer->why);
	assert_ptr_equal(answer, dns_get(dns, STR("A.example"), DNS_TXT));
	assert_int_equal(dns_get(dns, STR("b.example"), DNS_MX)->fate,
			 DNS_FAILED);
	dns_close(&dns);
}

static void
a_resolver_is_an_address(void **state)
{
	static const char *const wrong[] = { "", "dns.example", "127.0.0.1:x",
					     "127.0.0.1:99999", "::1:" };
	struct error err;
	struct dns *dns;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_fails(dns_open(&dns, wrong[i], &err), err, ERROR_INVALID,
			     "expected ADDRESS[:PORT]");
	assert_ok(dns_open(&dns, "[::1]:53,127.0.0.1:5353", &err), err);
	dns_close(&dns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_of_each_type_are_read),
		cmocka_unit_test(an_answer_has_limits),
		cmocka_unit_test(what_can_be_no_name_is_not_asked),
		cmocka_unit_test(
		    a_resolver_that_is_not_there_is_a_failure_for_each_name),
		cmocka_unit_test(a_resolver_is_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
