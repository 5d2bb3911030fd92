/*
 * Hosts: where bounces go, and what the relay's addresses are called. Many
 * receivers refuse what comes from an address without a name, and from a
 * domain that takes no mail itself.
 */
#include "doctor/doctor_priv.h"

enum { HOSTS_SHOWN = 3, NAMES_MAX = 10, ADDRESSES_MAX = 16 };

static bool
has_address(const struct look *l, struct str name, bool *is_unsure)
{
	const struct dns_answer *v4 = answer_to(l, name, DNS_A);
	const struct dns_answer *v6 = answer_to(l, name, DNS_AAAA);

	*is_unsure |= v4->fate == DNS_FAILED || v6->fate == DNS_FAILED;
	return v4->fate == DNS_FOUND || v6->fate == DNS_FOUND;
}

/* ---- MX ---- */

static struct str
host_names(const struct look *l, const struct dns_answer *answer)
{
	struct buf b = { 0 };
	struct str text;

	for (size_t i = 0; i < answer->count && i < HOSTS_SHOWN; i++)
		buf_printf(&b, "%s%.*s", i ? ", " : "",
			   STR_ARG(answer->records[i].text));
	if (answer->count > HOSTS_SHOWN)
		buf_cat(&b, " ...");
	text = str_copy(l->a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static bool
is_null_mx(const struct dns_answer *answer)
{
	struct str host = answer->records[0].text;

	return answer->count == 1 && (host.len == 0 || str_eq_cstr(host, "."));
}

static void
check_mx_hosts(const struct look *l, const struct dns_answer *answer)
{
	struct str asked = asked_for(l, l->envelope, DNS_MX);
	struct doctor_finding *x;
	bool is_unsure = false;
	bool reachable = false;

	for (size_t i = 0; i < answer->count && i < NAMES_MAX; i++)
		reachable |=
		    has_address(l, answer->records[i].text, &is_unsure);
	x = found(l, "mx",
		  reachable   ? DOCTOR_OK
		  : is_unsure ? DOCTOR_UNKNOWN
			      : DOCTOR_ERROR,
		  asked);
	x->found = host_names(l, answer);
	if (reachable)
		return;
	x->expected = STR("a host that has an address");
	x->advice = STR("bounces cannot come back, and some receivers refuse "
			"such a sender");
}

/* Without one the domain itself takes its mail. */
static void
check_mx_none(const struct look *l, const struct dns_answer *answer)
{
	bool is_unsure = false;
	bool has = has_address(l, l->envelope, &is_unsure);
	struct doctor_finding *x = found(l, "mx",
					 has	     ? DOCTOR_WARNING
					 : is_unsure ? DOCTOR_UNKNOWN
						     : DOCTOR_ERROR,
					 asked_for(l, l->envelope, DNS_MX));

	x->found =
	    str_printf(l->a, "%.*s%s", STR_ARG(says_nothing(l, answer, DNS_MX)),
		       has ? ", and an address" : ", and no address");
	x->expected = STR("a host that takes what bounces");
	x->advice = STR("publish an MX record: bounces go there, and some "
			"receivers refuse senders without one");
}

void
check_mx(const struct look *l)
{
	struct str name = l->envelope;
	const struct dns_answer *answer = answer_to(l, name, DNS_MX);
	struct doctor_finding *x;

	if (is_unknown(l, "mx", name, DNS_MX, answer))
		return;
	if (answer->fate != DNS_FOUND) {
		check_mx_none(l, answer);
	} else if (!is_null_mx(answer)) {
		check_mx_hosts(l, answer);
	} else {
		x = found(l, "mx", DOCTOR_ERROR, asked_for(l, name, DNS_MX));
		x->found = STR("\".\": it takes no mail (RFC 7505)");
		x->expected = STR("a host that takes what bounces");
		x->advice = STR("receivers refuse mail from a domain that "
				"takes none");
	}
}

/* ---- PTR ---- */

static bool
leads_back(const struct look *l, struct str name,
	   const struct dns_address *address, bool *is_unsure)
{
	const struct dns_answer *answer =
	    answer_to(l, name, address->is_v6 ? DNS_AAAA : DNS_A);

	*is_unsure |= answer->fate == DNS_FAILED;
	for (size_t i = 0; i < answer->count; i++)
		if (dns_address_eq(&answer->records[i].address, address))
			return true;
	return false;
}

static void
check_names(const struct look *l, const struct dns_address *address,
	    const struct dns_answer *names, struct str asked)
{
	struct str name = names->records[0].text;
	struct doctor_finding *x;
	bool is_unsure = false;
	bool good = false;

	for (size_t i = 0; !good && i < names->count && i < NAMES_MAX; i++) {
		good =
		    leads_back(l, names->records[i].text, address, &is_unsure);
		if (good)
			name = names->records[i].text;
	}
	x = found(l, "ptr",
		  good	      ? DOCTOR_OK
		  : is_unsure ? DOCTOR_UNKNOWN
			      : DOCTOR_ERROR,
		  asked);
	x->found = str_printf(l->a, "%.*s, which %s %.*s", STR_ARG(name),
			      good ? "is" : "is not",
			      STR_ARG(dns_address_text(l->a, address)));
	if (good)
		return;
	x->expected = STR("a name that leads back to the address");
	x->advice = str_printf(l->a, "give %.*s this address", STR_ARG(name));
}

static void
check_ptr(const struct look *l, const struct dns_address *address)
{
	struct str name = dns_address_reverse(l->a, address);
	const struct dns_answer *names = answer_to(l, name, DNS_PTR);
	struct str asked = str_printf(l->a, "PTR of %.*s",
				      STR_ARG(dns_address_text(l->a, address)));
	struct doctor_finding *x;

	if (is_unknown(l, "ptr", name, DNS_PTR, names))
		return;
	if (names->fate == DNS_FOUND) {
		check_names(l, address, names, asked);
		return;
	}
	x = found(l, "ptr", DOCTOR_ERROR, asked);
	x->found = says_nothing(l, names, DNS_PTR);
	x->expected = STR("the name of the relay");
	x->advice = STR("have whoever gave you the address name it: large "
			"receivers refuse addresses without a name");
}

/* ---- the relay ---- */

void
doctor_relay(const struct dns_source *source, struct arena *a,
	     const struct doctor_relay *relay, struct doctor_report *report)
{
	const struct look l = {
		.source = source, .a = a, .relay = relay, .report = report
	};
	struct doctor_finding *x;

	for (size_t i = 0; i < relay->count; i++)
		check_ptr(&l, &relay->addresses[i]);
	if (relay->count > 0)
		return;
	x = found(&l, "relay", DOCTOR_WARNING,
		  STR("which addresses does mail come from?"));
	x->found = STR("not known");
	x->expected = STR("an address that the world sees");
	x->advice = STR("name the relay with --mail, or its addresses with "
			"--address: else neither SPF nor PTR can be tried");
}

static void
add_addresses(struct doctor_relay *relay, struct dns_address *room,
	      const struct dns_answer *answer)
{
	for (size_t i = 0; i < answer->count && relay->count < ADDRESSES_MAX;
	     i++)
		if (!dns_address_is_inner(&answer->records[i].address))
			room[relay->count++] = answer->records[i].address;
}

void
doctor_relay_find(const struct dns_source *source, struct arena *a,
		  struct doctor_relay *relay)
{
	struct dns_address *room =
	    ARENA_ARRAY(a, ADDRESSES_MAX, struct dns_address);

	if (relay->count > 0 || relay->host.len == 0)
		return;
	relay->addresses = room;
	if (dns_address_parse(relay->host, room)) {
		relay->count = dns_address_is_inner(room) ? 0 : 1;
		return;
	}
	if (source->want)
		source->want(source->arg, relay->host, DNS_AAAA);
	add_addresses(relay, room,
		      source->get(source->arg, relay->host, DNS_A));
	add_addresses(relay, room,
		      source->get(source->arg, relay->host, DNS_AAAA));
}
