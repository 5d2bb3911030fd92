#ifndef TESTS_LIB_ZONE_H
#define TESTS_LIB_ZONE_H

/*
 * zone - a source of answers in a test's memory
 *
 *	static const struct zone_row rows[] = {
 *		{ "example.com", DNS_TXT, "v=spf1 -all" },
 *		{ "slow.example", DNS_TXT, NULL },	FAILED
 *		{ 0 },
 *	};
 *	struct zone zone = { rows };
 *	... zone_source(&zone), zone.arena freed by the test
 *
 * A name that has no row is NO_NAME, one without a row of the type NO_DATA. An
 * MX is a host, of preference 10.
 */

#include "base/arena.h"
#include "dns/dns.h"

struct zone_row {
	const char *name;
	enum dns_type type;
	const char *text; /* NULL: nobody answers */
};

struct zone {
	const struct zone_row *rows;
	struct arena *arena;
	int asked;
};

static void
zone_add(struct zone *z, struct dns_answer *answer, struct dns_record *records,
	 const struct zone_row *row)
{
	struct dns_record *r = &records[answer->count];

	if (!row->text) {
		*answer =
		    (struct dns_answer){ .fate = DNS_FAILED, .why = "timeout" };
		return;
	}
	r->text = str_copy(z->arena, str_of(row->text));
	r->preference = 10;
	if (row->type == DNS_A || row->type == DNS_AAAA)
		check(dns_address_parse(r->text, &r->address));
	answer->fate = DNS_FOUND;
	answer->records = records;
	answer->count++;
}

static const struct dns_answer *
zone_get(void *arg, struct str name, enum dns_type type)
{
	struct zone *z = arg;
	struct dns_answer *answer = ARENA_NEW(z->arena, struct dns_answer);
	struct dns_record *records =
	    ARENA_ARRAY(z->arena, DNS_RECORDS_MAX, struct dns_record);

	z->asked++;
	answer->fate = DNS_NO_NAME;
	for (const struct zone_row *row = z->rows; row->name; row++) {
		if (!str_eq_fold(name, str_of(row->name)))
			continue;
		if (answer->fate == DNS_NO_NAME)
			answer->fate = DNS_NO_DATA;
		if (row->type == type && answer->count < DNS_RECORDS_MAX)
			zone_add(z, answer, records, row);
	}
	return answer;
}

static inline struct dns_source
zone_source(struct zone *z)
{
	return (struct dns_source){ .get = zone_get, .arg = z };
}

#endif
