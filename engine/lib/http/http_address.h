#ifndef HTTP_HTTP_ADDRESS_H
#define HTTP_HTTP_ADDRESS_H

/*
 * http_address - may we connect to this address?
 *
 * To global unicast addresses alone (RFC 6890 and the registries of IANA for
 * special purposes): not to this host, private and shared networks, links,
 * documentation, benchmarks, multicast, nor to anything that carries an IPv4
 * address in an IPv6 one (mapped, NAT64, 6to4, Teredo).
 *
 * Pure; all threads.
 */

#include <stdbool.h>

struct sockaddr;

/* only_loopback: 127.0.0.0/8 and ::1, and nothing else. */
bool http_address_allowed(const struct sockaddr *address, bool only_loopback);

/* The same of an address as inet_ntop() writes it; false when it is none. */
bool http_address_text_allowed(const char *text, bool only_loopback);

#endif
