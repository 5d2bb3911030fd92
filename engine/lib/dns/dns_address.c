/*
 * IP addresses as values, and as the names under which DNS has them: RFC 1035
 * section 3.5, RFC 3596 section 2.5.
 */
#include "dns/dns_address.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/arena.h"

enum { TEXT_MAX = INET6_ADDRSTRLEN };

bool
dns_address_parse(struct str text, struct dns_address *out)
{
	struct dns_address address = { 0 };
	char copy[TEXT_MAX] = "";

	if (text.len == 0 || text.len >= sizeof(copy) ||
	    str_find_char(text, '\0') >= 0)
		return false;
	memcpy(copy, text.p, text.len);
	address.is_v6 = str_find_char(text, ':') >= 0;
	if (inet_pton(address.is_v6 ? AF_INET6 : AF_INET, copy,
		      address.bytes) != 1)
		return false;
	*out = address;
	return true;
}

struct str
dns_address_text(struct arena *a, const struct dns_address *address)
{
	char text[TEXT_MAX];

	check(inet_ntop(address->is_v6 ? AF_INET6 : AF_INET, address->bytes,
			text, sizeof(text)));
	return str_copy(a, str_of(text));
}

bool
dns_address_within(const struct dns_address *address,
		   const struct dns_address *network, int bits)
{
	size_t whole = (size_t)bits / 8;
	uint8_t mask = (uint8_t)(0xff00 >> (bits % 8));

	check(bits >= 0 && bits <= DNS_ADDRESS_V6_BITS);
	if (address->is_v6 != network->is_v6 ||
	    memcmp(address->bytes, network->bytes, whole) != 0)
		return false;
	return bits % 8 == 0 ||
	       ((address->bytes[whole] ^ network->bytes[whole]) & mask) == 0;
}

bool
dns_address_eq(const struct dns_address *x, const struct dns_address *y)
{
	return dns_address_within(x, y, DNS_ADDRESS_V6_BITS);
}

bool
dns_address_is_inner(const struct dns_address *address)
{
	static const struct {
		const char *network;
		int bits;
	} inner[] = {
		{ "0.0.0.0", 8 },      { "10.0.0.0", 8 },
		{ "100.64.0.0", 10 },  { "127.0.0.0", 8 },
		{ "169.254.0.0", 16 }, { "172.16.0.0", 12 },
		{ "192.168.0.0", 16 }, { "::", 127 },
		{ "fc00::", 7 },       { "fe80::", 10 },
	};

	for (size_t i = 0; i < COUNT_OF(inner); i++) {
		struct dns_address network;

		check(dns_address_parse(str_of(inner[i].network), &network));
		if (dns_address_within(address, &network, inner[i].bits))
			return true;
	}
	return false;
}

static size_t
parts_of(const struct dns_address *address)
{
	return address->is_v6 ? 32 : 4;
}

/* The i-th part from the left: a byte of four, or a digit of 32. */
static void
add_part(struct buf *b, const struct dns_address *address, size_t i)
{
	if (!address->is_v6)
		buf_printf(b, "%u.", address->bytes[i]);
	else
		buf_printf(b, "%x.",
			   address->bytes[i / 2] >> (i % 2 ? 0 : 4) & 0xf);
}

struct str
dns_address_reverse(struct arena *a, const struct dns_address *address)
{
	size_t parts = parts_of(address);
	struct buf b = { 0 };
	struct str name;

	for (size_t i = parts; i-- > 0;)
		add_part(&b, address, i);
	buf_cat(&b, address->is_v6 ? "ip6.arpa" : "in-addr.arpa");
	name = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return name;
}

struct str
dns_address_dotted(struct arena *a, const struct dns_address *address)
{
	size_t parts = parts_of(address);
	struct buf b = { 0 };
	struct str text;

	for (size_t i = 0; i < parts; i++)
		add_part(&b, address, i);
	text = str_copy(a, str_slice(buf_view(&b), 0, b.len - 1));
	buf_fini(&b);
	return text;
}
