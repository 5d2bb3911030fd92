/*
 * SPF is asked of the envelope's domain: is there one record, can it be
 * evaluated whatever the address, and does it let the relay send?
 *
 * The cost is counted for an address that nothing matches: a record that works
 * today because its third term matches breaks when the relay moves.
 */
#include "dns/dns_spf.h"
#include "doctor/doctor_priv.h"

static struct dns_spf_ask
ask_of(const struct look *l, const struct dns_address *address)
{
	return (struct dns_spf_ask){
		.source = *l->source,
		.address = address,
		.domain = l->envelope,
		.local = STR("postmaster"),
		.helo = l->relay->host.len > 0 ? l->relay->host : l->envelope,
	};
}

/* " ip4:192.0.2.1", or the host by name, or nothing that we know. */
static void
add_relay_terms(const struct look *l, struct buf *b)
{
	for (size_t i = 0; i < l->relay->count; i++) {
		const struct dns_address *x = &l->relay->addresses[i];

		buf_printf(b, " ip%d:%.*s", x->is_v6 ? 6 : 4,
			   STR_ARG(dns_address_text(l->a, x)));
	}
	if (l->relay->count == 0)
		buf_cat(b, " ip4:ADDRESS-OF-THE-RELAY");
}

static struct str
wanted_record(const struct look *l)
{
	struct buf b = { 0 };
	struct str text;

	buf_cat(&b, "\"v=spf1");
	add_relay_terms(l, &b);
	buf_cat(&b, " -all\"");
	text = str_copy(l->a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static void
tell_none(const struct look *l, struct str asked)
{
	struct doctor_finding *x = found(l, "spf", DOCTOR_ERROR, asked);

	x->found = STR("no record of SPF");
	x->expected = wanted_record(l);
	x->advice = str_printf(l->a, "publish it as a TXT record of %.*s",
			       STR_ARG(l->envelope));
}

/* The record cannot be evaluated. */
static void
tell_error(const struct look *l, struct str asked,
	   const struct dns_spf_verdict *v)
{
	bool passes = v->result == DNS_SPF_TEMPERROR;
	struct doctor_finding *x =
	    found(l, "spf", passes ? DOCTOR_UNKNOWN : DOCTOR_ERROR, asked);

	x->found = v->why;
	x->expected = v->records > 1 ? STR("one record")
				     : STR("a record that can be evaluated");
	x->advice =
	    passes ? STR("ask again later, or another resolver with --resolver")
	    : v->records > 1
		? STR("make one record of them: with several, receivers take "
		      "none")
		: STR("mend the record: receivers take one with a fault for "
		      "none");
}

static void
tell_record(const struct look *l, struct str asked,
	    const struct dns_spf_verdict *v)
{
	enum doctor_grade grade = v->lookups > DNS_SPF_LOOKUPS_MAX
				      ? DOCTOR_ERROR
				  : v->lets_all ? DOCTOR_WARNING
						: DOCTOR_OK;
	struct doctor_finding *x = found(l, "spf", grade, asked);

	x->found = str_printf(l->a, "\"%.*s\", %d lookup%s", STR_ARG(v->record),
			      v->lookups, v->lookups == 1 ? "" : "s");
	if (grade == DOCTOR_ERROR) {
		x->expected =
		    str_printf(l->a, "%d lookups at most", DNS_SPF_LOOKUPS_MAX);
		x->advice = STR("take out what is not used, and put addresses "
				"(ip4, ip6) for names");
	} else if (grade == DOCTOR_WARNING) {
		x->expected = STR("\"-all\" or \"~all\" at its end");
		x->advice = STR("with \"+all\" anybody may send in this name");
	}
}

static void
check_address(const struct look *l, const struct dns_address *address)
{
	const struct dns_spf_ask ask = ask_of(l, address);
	struct str text = dns_address_text(l->a, address);
	struct dns_spf_verdict v;
	struct doctor_finding *x;
	enum doctor_grade grade;

	dns_spf_check(l->a, &ask, &v);
	grade = v.result == DNS_SPF_PASS	? DOCTOR_OK
		: v.result == DNS_SPF_TEMPERROR ? DOCTOR_UNKNOWN
						: DOCTOR_ERROR;
	x = found(l, "spf", grade,
		  str_printf(l->a, "may %.*s send?", STR_ARG(text)));
	x->found = str_printf(l->a, "%s%s%.*s", dns_spf_result_name(v.result),
			      v.term.len > 0  ? " by "
			      : v.why.len > 0 ? ": "
					      : "",
			      STR_ARG(v.term.len > 0 ? v.term : v.why));
	if (grade == DOCTOR_OK)
		return;
	x->expected = STR("pass");
	x->advice = str_printf(
	    l->a, "add \"ip%d:%.*s\" to the record%s", address->is_v6 ? 6 : 4,
	    STR_ARG(text),
	    l->relay->is_stated
		? ""
		: "; if the relay sends from other addresses, name them with "
		  "--address");
}

void
check_spf(const struct look *l)
{
	struct str asked = asked_for(l, l->envelope, DNS_TXT);
	const struct dns_spf_ask ask = ask_of(l, NULL);
	struct dns_spf_verdict v;

	dns_spf_check(l->a, &ask, &v);
	if (v.result == DNS_SPF_NONE) {
		tell_none(l, asked);
		return;
	}
	if (v.result == DNS_SPF_PERMERROR || v.result == DNS_SPF_TEMPERROR) {
		tell_error(l, asked, &v);
		if (v.records != 1)
			return;
	} else {
		tell_record(l, asked, &v);
	}
	for (size_t i = 0; i < l->relay->count; i++)
		check_address(l, &l->relay->addresses[i]);
}
