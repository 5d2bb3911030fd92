#include "http/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/check.h"
#include "test.h"

/* The first and last of each range, and its neighbours outside. */
static const char *const refused[] = {
	"0.0.0.0",
	"0.255.255.255",
	"10.0.0.0",
	"10.255.255.255",
	"100.64.0.0",
	"100.127.255.255",
	"127.0.0.1",
	"127.255.255.255",
	"169.254.0.0",
	"169.254.169.254",
	"172.16.0.0",
	"172.31.255.255",
	"192.0.0.1",
	"192.0.2.1",
	"192.31.196.1",
	"192.52.193.1",
	"192.88.99.1",
	"192.168.0.0",
	"192.168.255.255",
	"192.175.48.1",
	"198.18.0.0",
	"198.19.255.255",
	"198.51.100.255",
	"203.0.113.0",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.0",
	"255.255.255.255",
	"::",
	"::1",
	"::ffff:8.8.8.8",
	"::ffff:10.0.0.1",
	"::8.8.8.8",
	"64:ff9b::808:808",
	"64:ff9b:1::1",
	"100::1",
	"2001::1",
	"2001:1ff::1",
	"2001:db8::1",
	"2002:808:808::1",
	"2620:4f:8000::1",
	"3fff::1",
	"3fff:fff::1",
	"4000::1",
	"5f00::1",
	"fc00::1",
	"fdff::1",
	"fe80::1",
	"fec0::1",
	"ff02::1",
	"ff0e::1",
};

static const char *const allowed[] = {
	"1.0.0.1",	   "8.8.8.8",	      "9.255.255.255",	 "11.0.0.0",
	"100.63.255.255",  "100.128.0.0",     "126.255.255.255", "128.0.0.0",
	"169.253.255.255", "169.255.0.0",     "172.15.255.255",	 "172.32.0.0",
	"192.0.1.1",	   "192.0.3.1",	      "192.167.255.255", "192.169.0.0",
	"198.17.255.255",  "198.20.0.0",      "198.51.99.255",	 "203.0.114.0",
	"223.255.255.255", "2001:200::1",     "2001:db7::1",	 "2001:db9::1",
	"2003::1",	   "2606:4700::1111", "3ffe::1",
};

static const char *const nonsense[] = {
	"", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "fe80::1%lo"
};

static bool
by_sockaddr(const char *text, bool only_loopback)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };

	if (inet_pton(AF_INET, text, &in.sin_addr) == 1)
		return http_address_allowed((struct sockaddr *)&in,
					    only_loopback);
	assert_int_equal(inet_pton(AF_INET6, text, &in6.sin6_addr), 1);
	return http_address_allowed((struct sockaddr *)&in6, only_loopback);
}

static void
only_global_addresses_pass(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		if (by_sockaddr(refused[i], false) ||
		    http_address_text_allowed(refused[i], false))
			fail_msg("%s passes", refused[i]);
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		if (!by_sockaddr(allowed[i], false) ||
		    !http_address_text_allowed(allowed[i], false))
			fail_msg("%s does not pass", allowed[i]);
}

static void
loopback_passes_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		bool loopback = strncmp(refused[i], "127.", 4) == 0 ||
				strcmp(refused[i], "::1") == 0;

		if (by_sockaddr(refused[i], true) != loopback)
			fail_msg("%s", refused[i]);
	}
	for (size_t i = 0; i < COUNT_OF(allowed); i++)
		assert_false(by_sockaddr(allowed[i], true));
}

static void
what_is_no_address_does_not_pass(void **state)
{
	const struct sockaddr other = { .sa_family = AF_UNIX };

	(void)state;
	assert_false(http_address_allowed(&other, true));
	for (size_t i = 0; i < COUNT_OF(nonsense); i++)
		assert_false(http_address_text_allowed(nonsense[i], true));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_global_addresses_pass),
		cmocka_unit_test(loopback_passes_and_nothing_else),
		cmocka_unit_test(what_is_no_address_does_not_pass),
	};

	return cmocka_run_group_tests_name("http/http_address", tests, NULL,
					   NULL);
}
