/*
 * Two tables of prefixes. For IPv4 what is special is listed, for it is
 * scattered over the whole; for IPv6 all but 2000::/3 is refused and the table
 * lists what is special within.
 */
#include "http/http_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "base/check.h"

struct prefix {
	uint8_t bytes[16];
	int bits;
};

static const struct prefix special4[] = {
	{ { 0 }, 8 },		  /* this network */
	{ { 10 }, 8 },		  /* private */
	{ { 100, 64 }, 10 },	  /* shared, carrier NAT */
	{ { 127 }, 8 },		  /* loopback */
	{ { 169, 254 }, 16 },	  /* link-local, cloud metadata */
	{ { 172, 16 }, 12 },	  /* private */
	{ { 192, 0, 0 }, 24 },	  /* protocol assignments */
	{ { 192, 0, 2 }, 24 },	  /* documentation */
	{ { 192, 31, 196 }, 24 }, /* AS112 */
	{ { 192, 52, 193 }, 24 }, /* AMT */
	{ { 192, 88, 99 }, 24 },  /* 6to4 relays */
	{ { 192, 168 }, 16 },	  /* private */
	{ { 192, 175, 48 }, 24 }, /* AS112 */
	{ { 198, 18 }, 15 },	  /* benchmarks */
	{ { 198, 51, 100 }, 24 }, /* documentation */
	{ { 203, 0, 113 }, 24 },  /* documentation */
	{ { 224 }, 4 },		  /* multicast */
	{ { 240 }, 4 },		  /* reserved, broadcast */
};

static const struct prefix global6 = { { 0x20 }, 3 };

static const struct prefix special6[] = {
	{ { 0x20, 0x01, 0x00 }, 23 },		  /* Teredo, ORCHID ... */
	{ { 0x20, 0x01, 0x0d, 0xb8 }, 32 },	  /* documentation */
	{ { 0x20, 0x02 }, 16 },			  /* 6to4 */
	{ { 0x26, 0x20, 0x00, 0x4f, 0x80 }, 48 }, /* AS112 */
	{ { 0x3f, 0xff, 0x00 }, 20 },		  /* documentation */
};

static const struct prefix loopback4 = { { 127 }, 8 };
static const struct prefix loopback6 = { { [15] = 1 }, 128 };

static bool
has_prefix(const uint8_t *address, const struct prefix *p)
{
	int whole = p->bits / 8;
	int rest = p->bits % 8;
	uint8_t mask = (uint8_t)(0xff00 >> rest);

	if (memcmp(address, p->bytes, (size_t)whole) != 0)
		return false;
	return rest == 0 || (address[whole] & mask) == (p->bytes[whole] & mask);
}

static bool
has_any(const uint8_t *address, const struct prefix *p, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (has_prefix(address, &p[i]))
			return true;
	return false;
}

static bool
allowed4(const struct in_addr *in, bool only_loopback)
{
	uint8_t bytes[4];

	memcpy(bytes, in, sizeof(bytes));
	if (only_loopback)
		return has_prefix(bytes, &loopback4);
	return !has_any(bytes, special4, COUNT_OF(special4));
}

static bool
allowed6(const struct in6_addr *in, bool only_loopback)
{
	if (only_loopback)
		return has_prefix(in->s6_addr, &loopback6);
	return has_prefix(in->s6_addr, &global6) &&
	       !has_any(in->s6_addr, special6, COUNT_OF(special6));
}

bool
http_address_allowed(const struct sockaddr *address, bool only_loopback)
{
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	if (address->sa_family == AF_INET) {
		memcpy(&in, address, sizeof(in));
		return allowed4(&in.sin_addr, only_loopback);
	}
	if (address->sa_family == AF_INET6) {
		memcpy(&in6, address, sizeof(in6));
		return allowed6(&in6.sin6_addr, only_loopback);
	}
	return false;
}

bool
http_address_text_allowed(const char *text, bool only_loopback)
{
	struct in_addr in;
	struct in6_addr in6;

	if (inet_pton(AF_INET, text, &in) == 1)
		return allowed4(&in, only_loopback);
	if (inet_pton(AF_INET6, text, &in6) == 1)
		return allowed6(&in6, only_loopback);
	return false;
}
