#ifndef DNS_DNS_H
#define DNS_DNS_H

/*
 * dns - questions to a resolver, many at once, and what mail reads of the
 * answers
 *
 *	if (dns_open(&dns, "127.0.0.1:5353", err) < 0)
 *		return -err->code;
 *	dns_want(dns, name, DNS_TXT);		asked, not waited for
 *	dns_want(dns, other, DNS_MX);
 *	answer = dns_get(dns, name, DNS_TXT);	waits for this one
 *	dns_close(&dns);
 *
 * A question is asked once, by UDP with EDNS (1232 bytes), by TCP when the
 * answer was cut, three times at most within some ten seconds. Who wants the
 * answer again gets the same: a dns is opened for one look at things and not
 * kept. Names are asked as they stand; no search list, no file of hosts.
 *
 * Foreign bytes: an answer has at most DNS_RECORDS_MAX records that count and
 * a text at most DNS_TEXT_MAX bytes; an answer beyond that FAILED. Texts may
 * have any bytes in them.
 *
 * Thread rule: a dns belongs to one thread; several to several.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "dns/dns_address.h"

struct arena;

enum {
	DNS_NAME_MAX = 253,
	DNS_RECORDS_MAX = 64,
	DNS_TEXT_MAX = 4096,
	DNS_QUESTIONS_MAX = 20000, /* of one dns; what is beyond FAILED */
};

#define DNS_TYPES(X) \
	X(A, 1)      \
	X(PTR, 12)   \
	X(MX, 15)    \
	X(TXT, 16)   \
	X(AAAA, 28)

enum dns_type {
#define DNS_TYPE_ENUM(name, number) DNS_##name = (number),
	DNS_TYPES(DNS_TYPE_ENUM)
#undef DNS_TYPE_ENUM
};

/* "TXT" */
const char *dns_type_name(enum dns_type type);

enum dns_fate {
	DNS_FOUND,
	DNS_NO_NAME, /* NXDOMAIN, and what can be no name */
	DNS_NO_DATA, /* the name is there, and has none of the type */
	DNS_FAILED,  /* nobody knows; `why` is for people */
};

struct dns_record {
	struct str text;	    /* of TXT in one piece; a host of MX, PTR */
	int preference;		    /* of MX */
	struct dns_address address; /* of A, AAAA */
};

struct dns_answer {
	enum dns_fate fate;
	const char *why;		  /* of FAILED */
	const struct dns_record *records; /* of FOUND: one at least */
	size_t count;
};

struct dns;

/*
 * `servers`: ADDRESS[:PORT], several with commas between; NULL: those of
 * /etc/resolv.conf. INVALID when they are none; IO.
 */
int dns_open(struct dns **out, const char *servers,
	     struct error *err) MUST_CHECK;
/* NULL is fine; *dns becomes NULL. */
void dns_close(struct dns **dns);

/* Asks, unless it was asked before. */
void dns_want(struct dns *dns, struct str name, enum dns_type type);

/* The answer, which lives as long as the dns. */
const struct dns_answer *dns_get(struct dns *dns, struct str name,
				 enum dns_type type);

/*
 * Where answers come from: a dns, or a zone in a test's memory. What is read
 * of answers (dns_spf.h) takes this.
 */
struct dns_source {
	void (*want)(void *arg, struct str name, enum dns_type type);
	const struct dns_answer *(*get)(void *arg, struct str name,
					enum dns_type type);
	void *arg;
};

struct dns_source dns_source(struct dns *dns);

/* Labels of 1 to 63 printable bytes; a '.' at the end is fine. */
bool dns_is_name(struct str name);

/*
 * An answer message as it came, for this type; what FOUND has lives in `a`.
 * For dns.c and for the fuzzer.
 */
void dns_parse(struct arena *a, enum dns_type type, const uint8_t *message,
	       size_t len, struct dns_answer *out);

#endif
