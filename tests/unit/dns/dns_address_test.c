#include "test.h"

#include "base/arena.h"
#include "dns/dns.h"

static struct dns_address
address(const char *text)
{
	struct dns_address out;

	assert_true(dns_address_parse(str_of(text), &out));
	return out;
}

static void
an_address_is_within_its_first_bits(void **state)
{
	static const struct {
		const char *address, *network;
		int bits;
		bool within;
	} cases[] = {
		{ "192.0.2.129", "192.0.2.0", 24, true },
		{ "192.0.2.129", "192.0.2.0", 25, false },
		{ "192.0.2.129", "192.0.2.128", 25, true },
		{ "192.0.2.129", "10.0.0.0", 0, true },
		{ "192.0.2.129", "192.0.2.129", 32, true },
		{ "192.0.2.128", "192.0.2.129", 32, false },
		{ "2001:db8::1", "2001:db8::", 32, true },
		{ "2001:db9::1", "2001:db8::", 32, false },
		{ "2001:db8::1", "2001:db8::2", 127, false },
		{ "2001:db8::3", "2001:db8::2", 127, true },
		{ "2001:db8::1", "0.0.0.0", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct dns_address x = address(cases[i].address);
		struct dns_address net = address(cases[i].network);

		if (dns_address_within(&x, &net, cases[i].bits) !=
		    cases[i].within)
			fail_msg("%s within %s/%d", cases[i].address,
				 cases[i].network, cases[i].bits);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	static const char *const wrong[] = {
		"",	     "1.2.3",
		"1.2.3.4.5", "1.2.3.256",
		":::",	     "x",
		"1.2.3.4 ",  "1111:2222:3333:4444:5555:6666:7777:8888:9999",
	};
	struct dns_address out;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(wrong); i++)
		assert_false(dns_address_parse(str_of(wrong[i]), &out));
	assert_false(dns_address_parse(STR("1.2.3.4\0"), &out));
}

static void
an_address_has_a_name_in_dns(void **state)
{
	struct dns_address v4 = address("192.0.2.1");
	struct dns_address v6 = address("2001:db8::cb01");
	struct arena *a = arena_new();

	(void)state;
	assert_str(dns_address_reverse(a, &v4), "1.2.0.192.in-addr.arpa");
	assert_str(dns_address_reverse(a, &v6),
		   "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1."
		   "0.0.2.ip6.arpa");
	assert_str(dns_address_dotted(a, &v4), "192.0.2.1");
	assert_str(dns_address_dotted(a, &v6),
		   "2.0.0.1.0.d.b.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.c."
		   "b.0.1");
	assert_str(dns_address_text(a, &v6), "2001:db8::cb01");
	arena_free(&a);
}

static void
inner_addresses_are_not_how_the_world_sees_a_host(void **state)
{
	static const char *const inner[] = {
		"127.0.0.1",  "10.1.2.3",    "172.31.0.1", "192.168.1.1",
		"100.64.0.1", "169.254.1.1", "0.0.0.0",	   "::1",
		"::",	      "fe80::1",     "fd00::1"
	};
	static const char *const outer[] = { "192.0.2.1", "172.32.0.1",
					     "100.128.0.1", "8.8.8.8",
					     "2001:db8::1" };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(inner); i++) {
		struct dns_address x = address(inner[i]);

		if (!dns_address_is_inner(&x))
			fail_msg("%s", inner[i]);
	}
	for (size_t i = 0; i < COUNT_OF(outer); i++) {
		struct dns_address x = address(outer[i]);

		if (dns_address_is_inner(&x))
			fail_msg("%s", outer[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_address_is_within_its_first_bits),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(an_address_has_a_name_in_dns),
		cmocka_unit_test(
		    inner_addresses_are_not_how_the_world_sees_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
