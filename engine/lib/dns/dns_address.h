#ifndef DNS_DNS_ADDRESS_H
#define DNS_DNS_ADDRESS_H

/*
 * dns_address - IP addresses as DNS has them
 *
 * Included by dns/dns.h. Pure; all threads.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

struct arena;

/* A plain value; bytes beyond those of its kind are 0. */
struct dns_address {
	bool is_v6;
	uint8_t bytes[16];
};

enum { DNS_ADDRESS_V4_BITS = 32, DNS_ADDRESS_V6_BITS = 128 };

/* As inet_pton() reads them; false: it is none, *out is untouched. */
bool dns_address_parse(struct str text, struct dns_address *out);

/* "192.0.2.1", "2001:db8::1"; in `a`. */
struct str dns_address_text(struct arena *a, const struct dns_address *address);

/* Both of a kind, and the same in their first bits. */
bool dns_address_within(const struct dns_address *address,
			const struct dns_address *network, int bits);
bool dns_address_eq(const struct dns_address *x, const struct dns_address *y);

/*
 * Not how the world sees a host: loopback, private, shared, of a link
 * (RFC 6890).
 */
bool dns_address_is_inner(const struct dns_address *address);

/* "1.2.0.192.in-addr.arpa"; in `a`. */
struct str dns_address_reverse(struct arena *a,
			       const struct dns_address *address);

/* Its parts with dots between, as %{i} of RFC 7208 has them; in `a`. */
struct str dns_address_dotted(struct arena *a,
			      const struct dns_address *address);

#endif
