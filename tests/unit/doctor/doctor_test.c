/*
 * What depends on who sends and when; what depends on the records alone is in
 * tests/scenario/doctor.bats.
 */
#include "test.h"

#include "doctor/doctor.h"
#include "zone.h"

#define DAY_MS (INT64_C(24) * 60 * 60 * 1000)

#define NOW INT64_C(1767225600000)

static const struct zone_row zone_rows[] = {
	{ "mail.one.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all" },
	{ "bounce.one.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all" },
	{ "bounce.two.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all" },
	{ "_dmarc.mail.one.example", DNS_TXT, "v=DMARC1; p=none" },
	{ "_dmarc.strict.example", DNS_TXT, "v=DMARC1; p=reject; aspf=s" },
	{ "a.strict.example", DNS_TXT, "v=spf1 ip4:192.0.2.1 -all" },
	{ "relay.one.example", DNS_A, "192.0.2.1" },
	{ "relay.one.example", DNS_A, "10.0.0.1" },
	{ "slow.example", DNS_MX, NULL },
	{ 0 }
};

static const struct dns_address relay_address = { false, { 192, 0, 2, 1 } };

static struct partner_dkim
pair_of(const char *domain)
{
	return (struct partner_dkim){
		.domain = str_of(domain),
		.selector = STR("guidon-x"),
		.public = { STR("rsa"), STR("ed25519") },
		.active_ms = NOW - DAY_MS,
	};
}

struct given {
	const char *domain, *envelope;
	const struct partner_dkim *pair; /* NULL: none */
};

static const struct str operands[] = { { " acme", 5 } };

static struct doctor_report
look(struct zone *z, const struct given *g)
{
	const struct doctor_envelope envelope = { .domain =
						      str_of(g->envelope) };
	const struct doctor_sender sender = {
		.domain = str_of(g->domain),
		.envelopes = &envelope,
		.envelope_count = 1,
		.operand = operands[0],
		.pairs = g->pair,
		.operands = operands,
		.pair_count = g->pair ? 1 : 0,
	};
	const struct doctor_relay relay = { .addresses = &relay_address,
					    .count = 1 };
	struct dns_source source = zone_source(z);
	struct doctor_report report = { 0 };

	doctor_want(&source, z->arena, &sender);
	doctor_sender(&source, z->arena, &sender, &relay, NOW, &report);
	return report;
}

/* The finding whose question begins so; NULL: there is none. */
static const struct doctor_finding *
find(const struct doctor_report *r, const char *check, const char *asked)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].check, check) == 0 &&
		    str_starts(r->items[i].asked, str_of(asked)))
			return &r->items[i];
	return NULL;
}

static enum doctor_grade
alignment(struct zone *z, const struct given *g)
{
	struct doctor_report r = look(z, g);
	const struct doctor_finding *x = find(&r, "dmarc", "alignment");

	assert_non_null(x);
	return x->grade;
}

static void
mail_is_aligned_by_a_signature_or_by_its_envelope(void **state)
{
	struct zone z = { .rows = zone_rows, .arena = arena_new() };
	struct partner_dkim one = pair_of("mail.one.example");
	struct partner_dkim strict = pair_of("strict.example");

	(void)state;
	assert_int_equal(
	    alignment(&z, &(struct given){ "mail.one.example",
					   "bounce.one.example", &one }),
	    DOCTOR_OK);
	assert_int_equal(
	    alignment(&z, &(struct given){ "mail.one.example",
					   "bounce.two.example", &one }),
	    DOCTOR_WARNING);
	assert_int_equal(
	    alignment(&z, &(struct given){ "mail.one.example",
					   "bounce.one.example", NULL }),
	    DOCTOR_WARNING);
	assert_int_equal(
	    alignment(&z, &(struct given){ "mail.one.example",
					   "bounce.two.example", NULL }),
	    DOCTOR_ERROR);
	assert_int_equal(
	    alignment(&z, &(struct given){ "strict.example", "a.strict.example",
					   &strict }),
	    DOCTOR_WARNING);
	assert_int_equal(
	    alignment(&z, &(struct given){ "strict.example", "a.strict.example",
					   NULL }),
	    DOCTOR_ERROR);
	arena_free(&z.arena);
}

static enum doctor_grade
missing_record(struct zone *z, const struct partner_dkim *pair,
	       struct doctor_report *r)
{
	const struct doctor_finding *x;

	*r = look(
	    z, &(struct given){ "mail.one.example", "mail.one.example", pair });
	x = find(r, "dkim", "TXT guidon-x-rsa._domainkey.mail.one.example");
	return x ? x->grade : DOCTOR_OK;
}

static void
a_record_that_is_missing_counts_while_mail_of_its_time_may_be_on_its_way(
    void **state)
{
	struct zone z = { .rows = zone_rows, .arena = arena_new() };
	struct partner_dkim pair = pair_of("mail.one.example");
	struct doctor_report r;

	(void)state;
	assert_int_equal(missing_record(&z, &pair, &r), DOCTOR_ERROR);
	pair.retired_ms = NOW - 1;
	assert_int_equal(missing_record(&z, &pair, &r), DOCTOR_WARNING);
	pair.retired_ms = NOW - 7 * DAY_MS;
	assert_int_equal(missing_record(&z, &pair, &r), DOCTOR_OK);
	pair.active_ms = pair.retired_ms = 0;
	assert_int_equal(missing_record(&z, &pair, &r), DOCTOR_WARNING);
	assert_true(str_find(find(&r, "dkim", "TXT")->advice,
			     STR("guidon partner dkim acme --activate")) >= 0);
	arena_free(&z.arena);
}

static void
keys_are_old_after_a_year(void **state)
{
	struct zone z = { .rows = zone_rows, .arena = arena_new() };
	struct partner_dkim pair = pair_of("mail.one.example");
	struct doctor_report r;

	(void)state;
	pair.active_ms = NOW - 365 * DAY_MS + 1;
	(void)missing_record(&z, &pair, &r);
	assert_null(find(&r, "dkim", "age"));
	pair.active_ms = NOW - 365 * DAY_MS;
	(void)missing_record(&z, &pair, &r);
	assert_non_null(find(&r, "dkim", "age"));
	arena_free(&z.arena);
}

static void
what_nobody_answers_is_no_error(void **state)
{
	static const struct zone_row silent[] = {
		{ "s.example", DNS_TXT, NULL },
		{ "s.example", DNS_MX, NULL },
		{ "_dmarc.s.example", DNS_TXT, NULL },
		{ "guidon-x-rsa._domainkey.s.example", DNS_TXT, NULL },
		{ "guidon-x-ed25519._domainkey.s.example", DNS_TXT, NULL },
		{ 0 }
	};
	struct zone z = { .rows = silent, .arena = arena_new() };
	struct partner_dkim pair = pair_of("s.example");
	struct doctor_report r =
	    look(&z, &(struct given){ "s.example", "s.example", &pair });

	(void)state;
	assert_int_equal(r.by_grade[DOCTOR_UNKNOWN], 5);
	assert_int_equal(r.count, 5);
	arena_free(&z.arena);
}

static void
the_relay_is_known_by_what_the_world_sees_of_it(void **state)
{
	struct zone z = { .rows = zone_rows, .arena = arena_new() };
	struct dns_source source = zone_source(&z);
	struct doctor_relay relay = { .host = STR("relay.one.example") };

	(void)state;
	doctor_relay_find(&source, z.arena, &relay);
	assert_int_equal(relay.count, 1);
	assert_true(dns_address_eq(&relay.addresses[0], &relay_address));
	relay = (struct doctor_relay){ .host = STR("127.0.0.1") };
	doctor_relay_find(&source, z.arena, &relay);
	assert_int_equal(relay.count, 0);
	relay = (struct doctor_relay){ .host = STR("192.0.2.1") };
	doctor_relay_find(&source, z.arena, &relay);
	assert_int_equal(relay.count, 1);
	arena_free(&z.arena);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    mail_is_aligned_by_a_signature_or_by_its_envelope),
		cmocka_unit_test(
		    a_record_that_is_missing_counts_while_mail_of_its_time_may_be_on_its_way),
		cmocka_unit_test(keys_are_old_after_a_year),
		cmocka_unit_test(what_nobody_answers_is_no_error),
		cmocka_unit_test(
		    the_relay_is_known_by_what_the_world_sees_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
