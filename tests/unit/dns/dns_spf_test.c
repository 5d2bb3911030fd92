/*
 * The zone and the cases of RFC 7208: appendix A, section 7.4, and the limits
 * of section 4.6.4.
 */
#include "test.h"

#include "dns/dns_spf_priv.h"
#include "zone.h"

#define HOSTS                                                              \
	{ "example.com", DNS_MX, "mail-a.example.com" },                   \
	    { "example.com", DNS_MX, "mail-b.example.com" },               \
	    { "example.com", DNS_A, "192.0.2.10" },                        \
	    { "example.com", DNS_A, "192.0.2.11" },                        \
	    { "amy.example.com", DNS_A, "192.0.2.65" },                    \
	    { "bob.example.com", DNS_A, "192.0.2.66" },                    \
	    { "mail-a.example.com", DNS_A, "192.0.2.129" },                \
	    { "mail-b.example.com", DNS_A, "192.0.2.130" },                \
	    { "mail-a.example.com", DNS_AAAA, "2001:db8::129" },           \
	    { "example.org", DNS_MX, "mail-c.example.org" },               \
	    { "mail-c.example.org", DNS_A, "192.0.2.140" },                \
	    { "10.2.0.192.in-addr.arpa", DNS_PTR, "example.com" },         \
	    { "65.2.0.192.in-addr.arpa", DNS_PTR, "amy.example.com" },     \
	    { "140.2.0.192.in-addr.arpa", DNS_PTR, "mail-c.example.org" }, \
	{                                                                  \
		"4.0.0.10.in-addr.arpa", DNS_PTR, "bob.example.com"        \
	}

static struct dns_spf_verdict
ask(struct zone *z, const char *ip, const char *domain)
{
	struct dns_spf_ask ask = {
		.source = zone_source(z),
		.domain = str_of(domain),
		.local = STR("strong-bad"),
		.helo = STR("mx.example.org"),
	};
	struct dns_spf_verdict verdict;
	struct dns_address address;

	if (ip) {
		assert_true(dns_address_parse(str_of(ip), &address));
		ask.address = &address;
	}
	dns_spf_check(z->arena, &ask, &verdict);
	return verdict;
}

static void
expect_all(const struct zone_row *rows, const char *ip, const char *domain,
	   const char *result)
{
	struct zone z = { .rows = rows, .arena = arena_new() };
	struct dns_spf_verdict v = ask(&z, ip, domain);

	if (strcmp(dns_spf_result_name(v.result), result) != 0)
		fail_msg("%s for %s: %s (%.*s %.*s), expected %s", ip, domain,
			 dns_spf_result_name(v.result), STR_ARG(v.term),
			 STR_ARG(v.why), result);
	arena_free(&z.arena);
}

/* The record is example.com's. */
static void
expect(const char *record, const char *ip, const char *result)
{
	const struct zone_row rows[] = { HOSTS,
					 { "example.com", DNS_TXT, record },
					 { 0 } };

	expect_all(rows, ip, "example.com", result);
}

static void
simple_examples_of_the_rfc(void **state)
{
	(void)state;
	expect("v=spf1 +all", "198.51.100.1", "pass");
	expect("v=spf1 a -all", "192.0.2.10", "pass");
	expect("v=spf1 a -all", "192.0.2.11", "pass");
	expect("v=spf1 a -all", "192.0.2.65", "fail");
	expect("v=spf1 a:example.org -all", "192.0.2.10", "fail");
	expect("v=spf1 mx -all", "192.0.2.129", "pass");
	expect("v=spf1 mx -all", "192.0.2.130", "pass");
	expect("v=spf1 mx -all", "192.0.2.140", "fail");
	expect("v=spf1 mx -all", "2001:db8::129", "pass");
	expect("v=spf1 mx:example.org -all", "192.0.2.140", "pass");
	expect("v=spf1 mx mx:example.org -all", "192.0.2.140", "pass");
	expect("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", "pass");
	expect("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", "pass");
	expect("v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.144", "fail");
	expect("v=spf1 ptr -all", "192.0.2.65", "pass");
	expect("v=spf1 ptr -all", "192.0.2.140", "fail");
	expect("v=spf1 ptr -all", "10.0.0.4", "fail");
	expect("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", "fail");
	expect("v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.129", "pass");
}

static void
qualifiers_and_what_is_left_over(void **state)
{
	(void)state;
	expect("v=spf1 ~all", "192.0.2.1", "softfail");
	expect("v=spf1 ?all", "192.0.2.1", "neutral");
	expect("v=spf1", "192.0.2.1", "neutral");
	expect("V=SPF1 IP6:2001:DB8::/32 -ALL", "2001:db8::1", "pass");
	expect("v=spf1 ip6:2001:db8::/32 -all", "192.0.2.1", "fail");
	expect("v=spf1 a//32 -all", "192.0.2.10", "pass");
	expect("v=spf1 mx/0//0 -all", "2001:db9::1", "pass");
	expect("v=spf10 -all", "192.0.2.1", "none");
	expect("spf1 -all", "192.0.2.1", "none");
	expect("v=spf1 -all unknown=%{d}.x exp=why.%{d}", "192.0.2.1", "fail");
}

static void
a_record_with_a_fault_is_a_permanent_error(void **state)
{
	static const char *const wrong[] = {
		"v=spf1 ipv4:192.0.2.1 -all",
		"v=spf1 ip4:192.0.2 -all",
		"v=spf1 ip4:192.0.2.1/33",
		"v=spf1 ip4:192.0.2.1/032",
		"v=spf1 ip4 -all",
		"v=spf1 ip6:192.0.2.1",
		"v=spf1 include -all",
		"v=spf1 include: -all",
		"v=spf1 exists -all",
		"v=spf1 all:example.com",
		"v=spf1 a:%{x}.example.com",
		"v=spf1 a:%{d",
		"v=spf1 a:%example.com",
		"v=spf1 a:localhost",
		"v=spf1 a:example.123",
		"v=spf1 a/33 -all",
		"v=spf1 redirect=",
		"v=spf1 redirect=a.b redirect=a.b",
		"v=spf1 +all mx/129",
		"v=spf1 a:%{d129}.x",
		"v=spf1 a:%{c}.example.com",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		expect(wrong[i], "192.0.2.10", "permerror");
}

static void
records_lead_to_others(void **state)
{
	static const struct zone_row rows[] = {
		HOSTS,
		{ "example.com", DNS_TXT, "v=spf1 mx -all" },
		{ "example.org", DNS_TXT,
		  "v=spf1 include:example.com include:example.net -all" },
		{ "example.net", DNS_TXT, "v=spf1 ip4:203.0.113.0/24 ?all" },
		{ "la.example.org", DNS_TXT, "v=spf1 redirect=example.org" },
		{ "no.example.org", DNS_TXT, "v=spf1 include:amy.example.com" },
		{ "gone.example.org", DNS_TXT,
		  "v=spf1 redirect=amy.example.com" },
		{ "both.example.org", DNS_TXT,
		  "v=spf1 -all redirect=example.com" },
		{ "two.example.org", DNS_TXT, "v=spf1 -all" },
		{ "two.example.org", DNS_TXT, "v=spf1 mx -all" },
		{ "other.example.org", DNS_TXT, "google-site=1" },
		{ "slow.example.org", DNS_TXT, NULL },
		{ "waits.example.org", DNS_TXT,
		  "v=spf1 include:slow.example.org -all" },
		{ 0 }
	};

	(void)state;
	expect_all(rows, "192.0.2.129", "example.org", "pass");
	expect_all(rows, "203.0.113.7", "example.org", "pass");
	expect_all(rows, "198.51.100.1", "example.org", "fail");
	expect_all(rows, "192.0.2.129", "la.example.org", "pass");
	expect_all(rows, "198.51.100.1", "la.example.org", "fail");
	expect_all(rows, "192.0.2.129", "no.example.org", "permerror");
	expect_all(rows, "192.0.2.129", "gone.example.org", "permerror");
	expect_all(rows, "192.0.2.129", "both.example.org", "fail");
	expect_all(rows, "192.0.2.129", "two.example.org", "permerror");
	expect_all(rows, "192.0.2.129", "other.example.org", "none");
	expect_all(rows, "192.0.2.129", "amy.example.com", "none");
	expect_all(rows, "192.0.2.129", "nowhere.example", "none");
	expect_all(rows, "192.0.2.129", "slow.example.org", "temperror");
	expect_all(rows, "192.0.2.129", "waits.example.org", "temperror");
}

static void
macros_of_section_7_4(void **state)
{
	static const struct {
		const char *spec, *name;
	} cases[] = {
		{ "%{s}", "strong-bad@email.example.com" },
		{ "%{o}", "email.example.com" },
		{ "%{d}", "email.example.com" },
		{ "%{d4}", "email.example.com" },
		{ "%{d3}", "email.example.com" },
		{ "%{d2}", "example.com" },
		{ "%{d1}", "com" },
		{ "%{dr}", "com.example.email" },
		{ "%{d2r}", "example.email" },
		{ "%{l}", "strong-bad" },
		{ "%{l-}", "strong.bad" },
		{ "%{lr}", "strong-bad" },
		{ "%{lr-}", "bad.strong" },
		{ "%{l1r-}", "strong" },
		{ "%{S}", "strong-bad%40email.example.com" },
		{ "%{h}", "mx.example.org" },
		{ "a%%b%_c%-d.x", "a%b c%20d.x" },
		{ "%{ir}.%{v}._spf.%{d2}",
		  "3.2.0.192.in-addr._spf.example.com" },
		{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
		  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
		{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
		  "3.2.0.192.in-addr.strong.lp._spf.example.com" },
		{ "%{d2}.trusted-domains.example.net",
		  "example.com.trusted-domains.example.net" },
	};
	struct arena *a = arena_new();
	struct dns_address address;
	struct spf_macros macros = { &address, STR("strong-bad"),
				     STR("email.example.com"),
				     STR("email.example.com"),
				     STR("mx.example.org") };
	struct str name;

	(void)state;
	assert_true(dns_address_parse(STR("192.0.2.3"), &address));
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		assert_true(
		    spf_macro_expand(a, str_of(cases[i].spec), &macros, &name));
		assert_str(name, cases[i].name);
	}
	assert_true(dns_address_parse(STR("2001:db8::cb01"), &address));
	assert_true(
	    spf_macro_expand(a, STR("%{ir}.%{v}._spf.%{d2}"), &macros, &name));
	assert_str(name, "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b."
			 "d.0.1.0.0.2.ip6._spf.example.com");
	macros.address = NULL;
	assert_false(spf_macro_expand(a, STR("%{i}.%{d2}"), &macros, &name));
	arena_free(&a);
}

static void
a_name_that_is_too_long_loses_labels_from_the_left(void **state)
{
	struct arena *a = arena_new();
	struct spf_macros macros = { 0 };
	struct buf long_one = { 0 };
	struct str name;

	(void)state;
	for (int i = 0; i < 60; i++)
		buf_cat(&long_one, "abcd.");
	buf_cat(&long_one, "example.com");
	assert_true(spf_macro_expand(a, buf_view(&long_one), &macros, &name));
	assert_int_equal(name.len, 251);
	assert_true(str_starts(name, STR("abcd.")));
	assert_true(str_ends(name, STR(".example.com")));
	buf_fini(&long_one);
	arena_free(&a);
}

static void
exists_is_for_one_address(void **state)
{
	static const struct zone_row rows[] = {
		{ "example.com", DNS_TXT,
		  "v=spf1 exists:%{ir}.list.%{d2} -all" },
		{ "7.2.0.192.list.example.com", DNS_A, "127.0.0.2" },
		{ 0 }
	};

	(void)state;
	expect_all(rows, "192.0.2.7", "example.com", "pass");
	expect_all(rows, "192.0.2.8", "example.com", "fail");
	expect_all(rows, NULL, "example.com", "neutral");
}

/* A record of `terms` lookups, each of which finds something. */
static struct str
record_of(struct arena *a, int terms)
{
	struct buf b = { 0 };
	struct str text;

	buf_cat(&b, "v=spf1");
	for (int i = 0; i < terms; i++)
		buf_cat(&b, " a:amy.example.com");
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static void
ten_lookups_are_the_most(void **state)
{
	struct arena *a = arena_new();
	const struct zone_row rows[] = {
		HOSTS,
		{ "ten.example", DNS_TXT, record_of(a, 10).p },
		{ "eleven.example", DNS_TXT, record_of(a, 11).p },
		{ "deep.example", DNS_TXT, "v=spf1 include:ten.example" },
		{ "loop.example", DNS_TXT, "v=spf1 include:loop.example" },
		{ "forty.example", DNS_TXT, record_of(a, 41).p },
		{ 0 }
	};
	struct zone z = { .rows = rows, .arena = a };

	(void)state;
	assert_int_equal(ask(&z, "192.0.2.1", "ten.example").result,
			 DNS_SPF_NEUTRAL);
	assert_int_equal(ask(&z, "192.0.2.1", "eleven.example").result,
			 DNS_SPF_PERMERROR);
	assert_int_equal(ask(&z, "192.0.2.65", "eleven.example").result,
			 DNS_SPF_PASS);
	assert_int_equal(ask(&z, "192.0.2.1", "deep.example").result,
			 DNS_SPF_PERMERROR);
	assert_int_equal(ask(&z, "192.0.2.1", "loop.example").result,
			 DNS_SPF_PERMERROR);
	/* What it would cost at worst. */
	assert_int_equal(ask(&z, NULL, "ten.example").lookups, 10);
	assert_int_equal(ask(&z, NULL, "ten.example").result, DNS_SPF_NEUTRAL);
	assert_int_equal(ask(&z, NULL, "deep.example").lookups, 11);
	assert_int_equal(ask(&z, NULL, "deep.example").result, DNS_SPF_NEUTRAL);
	assert_int_equal(ask(&z, NULL, "forty.example").result,
			 DNS_SPF_PERMERROR);
	assert_int_equal(ask(&z, NULL, "loop.example").result,
			 DNS_SPF_PERMERROR);
	arena_free(&a);
}

static void
two_lookups_may_be_in_vain(void **state)
{
	(void)state;
	expect("v=spf1 a:x1.example.com a:x2.example.com a -all", "192.0.2.10",
	       "pass");
	expect("v=spf1 a:x1.example.com a:x2.example.com a:x3.example.com a",
	       "192.0.2.10", "permerror");
}

static void
ten_hosts_are_the_most_of_a_domain(void **state)
{
	struct zone_row rows[13] = {
		{ "example.com", DNS_TXT, "v=spf1 mx -all" },
	};

	(void)state;
	for (int i = 1; i <= 11; i++)
		rows[i] = (struct zone_row){ "example.com", DNS_MX,
					     "mail.example.com" };
	expect_all(rows, "192.0.2.1", "example.com", "permerror");
	rows[11] = (struct zone_row){ 0 };
	expect_all(rows, "192.0.2.1", "example.com", "fail");
}

static void
without_an_address_all_is_read(void **state)
{
	static const struct zone_row rows[] = {
		HOSTS,
		{ "open.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 +all" },
		{ "late.example", DNS_TXT, "v=spf1 -all include:bad.example" },
		{ "bad.example", DNS_TXT, "v=spf1 rubbish" },
		{ "good.example", DNS_TXT,
		  "v=spf1 mx:example.com include:open.example -all" },
		{ 0 }
	};
	struct zone z = { .rows = rows, .arena = arena_new() };
	struct dns_spf_verdict v;

	(void)state;
	v = ask(&z, NULL, "open.example");
	assert_true(v.lets_all);
	assert_int_equal(v.records, 1);
	assert_str(v.record, "v=spf1 ip4:192.0.2.1 +all");
	v = ask(&z, NULL, "late.example");
	assert_int_equal(v.result, DNS_SPF_PERMERROR);
	assert_true(str_find(v.why, STR("bad.example: \"rubbish\"")) >= 0);
	v = ask(&z, NULL, "good.example");
	assert_int_equal(v.result, DNS_SPF_NEUTRAL);
	assert_int_equal(v.lookups, 2);
	assert_false(v.lets_all);
	arena_free(&z.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(simple_examples_of_the_rfc),
		cmocka_unit_test(qualifiers_and_what_is_left_over),
		cmocka_unit_test(a_record_with_a_fault_is_a_permanent_error),
		cmocka_unit_test(records_lead_to_others),
		cmocka_unit_test(macros_of_section_7_4),
		cmocka_unit_test(
		    a_name_that_is_too_long_loses_labels_from_the_left),
		cmocka_unit_test(exists_is_for_one_address),
		cmocka_unit_test(ten_lookups_are_the_most),
		cmocka_unit_test(two_lookups_may_be_in_vain),
		cmocka_unit_test(ten_hosts_are_the_most_of_a_domain),
		cmocka_unit_test(without_an_address_all_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
