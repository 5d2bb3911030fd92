/*
 * DMARC (RFC 7489): the record of the From's domain, else that of its
 * organisation; and whether what we do is in alignment with it. Our signatures
 * always are: they are of the From's own domain. SPF is when the envelope's
 * domain is.
 */
#include "dns/dns_tags.h"
#include "doctor/doctor_priv.h"
#include "mime/mime_domain.h"

struct policy {
	struct str name; /* where the record is */
	struct dns_tags tags;
	bool is_above; /* it is the organisation's, and the domain below it */
};

/* Section 6.6.3: more than one is none. *text is the one. */
static int
count_records(const struct dns_answer *answer, struct str *text)
{
	int count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		struct str record = answer->records[i].text;

		if (!str_starts(record, STR("v=DMARC1")))
			continue;
		*text = record;
		count++;
	}
	return count;
}

static void
tell_none(const struct look *l, struct str name, int count)
{
	struct doctor_finding *x =
	    found(l, "dmarc", DOCTOR_ERROR, asked_for(l, name, DNS_TXT));

	x->found = count > 1 ? str_printf(l->a, "%d records of DMARC", count)
			     : STR("no record of DMARC");
	x->expected = count > 1 ? STR("one") : STR("\"v=DMARC1; p=none\"");
	x->advice = count > 1 ? STR("make one record of them: with several, "
				    "receivers take none")
			      : STR("publish it: it changes nothing, and large "
				    "receivers ask for it");
}

/* 1 found, 0 none, < 0 unknown or broken; all but found is told. */
static int
find_policy(const struct look *l, struct str domain, bool is_last,
	    struct policy *out)
{
	struct str name = str_printf(l->a, "_dmarc.%.*s", STR_ARG(domain));
	const struct dns_answer *answer = answer_to(l, name, DNS_TXT);
	struct doctor_finding *x;
	struct str text = { 0 };
	struct error err;
	int count;

	if (is_unknown(l, "dmarc", name, DNS_TXT, answer))
		return -1;
	count = count_records(answer, &text);
	if (count != 1) {
		if (is_last || count > 1)
			tell_none(l, name, count);
		return count > 1 ? -1 : 0;
	}
	out->name = name;
	if (dns_tags_parse(l->a, text, &out->tags, &err) >= 0)
		return 1;
	x = found(l, "dmarc", DOCTOR_ERROR, asked_for(l, name, DNS_TXT));
	x->found = str_of(arena_copy(l->a, err.text, strlen(err.text)));
	x->expected = STR("\"v=DMARC1; p=...\"");
	x->advice = STR("mend the record: receivers take one with a fault for "
			"none");
	return -1;
}

/* The tag's value in small letters, or what holds without it. */
static struct str
value_of(const struct look *l, const struct policy *p, const char *tag,
	 const char *otherwise)
{
	const struct str *value = dns_tags_find(&p->tags, tag);

	return value ? str_lower(l->a, *value) : str_of(otherwise);
}

static bool
is_request(struct str p)
{
	return str_eq_cstr(p, "none") || str_eq_cstr(p, "quarantine") ||
	       str_eq_cstr(p, "reject");
}

static void
tell_policy(const struct look *l, const struct policy *p)
{
	struct str own = value_of(l, p, "p", "");
	struct str policy =
	    p->is_above ? value_of(l, p, "sp", str_cstr(l->a, own)) : own;
	struct str pct = value_of(l, p, "pct", "100");
	bool is_good = is_request(own) && is_request(policy);
	int64_t percent;
	bool is_percent = str_int(pct, 0, 100, &percent);
	struct doctor_finding *x = found(l, "dmarc",
					 !is_good      ? DOCTOR_ERROR
					 : !is_percent ? DOCTOR_WARNING
						       : DOCTOR_OK,
					 asked_for(l, p->name, DNS_TXT));

	x->found = str_printf(
	    l->a, "\"%s=%.*s\"%s%.*s%s",
	    p->is_above && dns_tags_find(&p->tags, "sp") ? "sp" : "p",
	    STR_ARG(policy), is_percent && percent == 100 ? "" : ", \"pct=",
	    STR_ARG(is_percent && percent == 100 ? STR("") : pct),
	    is_percent && percent == 100 ? "" : "\"");
	if (!is_good)
		x->expected = STR("none, quarantine or reject");
	else if (!is_percent)
		x->expected = STR("a number up to 100");
	if (x->grade != DOCTOR_OK)
		x->advice = STR("mend the record: receivers take one with a "
				"fault for none");
}

static void
tell_alignment(const struct look *l, const struct policy *p,
	       struct str envelope)
{
	const struct doctor_sender *s = l->sender;
	bool is_strict = str_eq_cstr(value_of(l, p, "aspf", "r"), "s");
	bool spf = mime_domain_aligned(s->domain, envelope, is_strict);
	bool dkim = has_active_pair(l);
	struct doctor_finding *x =
	    found(l, "dmarc",
		  spf && dkim	? DOCTOR_OK
		  : spf || dkim ? DOCTOR_WARNING
				: DOCTOR_ERROR,
		  str_printf(l->a, "alignment with %.*s", STR_ARG(s->domain)));

	x->found = str_printf(
	    l->a, "SPF %s (envelope %.*s, aspf=%c), DKIM %s",
	    spf ? "is" : "is not", STR_ARG(envelope), is_strict ? 's' : 'r',
	    dkim ? "is" : "is not: no pair of keys is active");
	if (x->grade == DOCTOR_OK)
		return;
	x->expected = STR("both");
	x->advice = spf ? str_printf(l->a,
				     "have mail signed: \"guidon partner "
				     "dkim%.*s --make\"",
				     STR_ARG(s->operand))
			: STR("let bounces go to a domain of the same "
			      "organisation");
}

void
check_dmarc(const struct look *l)
{
	struct str domain = l->sender->domain;
	struct str organisation = mime_domain_organisational(domain);
	bool is_same = str_eq(domain, organisation);
	struct policy p = { 0 };
	int got = find_policy(l, domain, is_same, &p);

	if (got == 0 && !is_same) {
		p.is_above = true;
		got = find_policy(l, organisation, true, &p);
	}
	if (got <= 0)
		return;
	tell_policy(l, &p);
	for (size_t i = 0; i < l->sender->envelope_count; i++)
		tell_alignment(l, &p, l->sender->envelopes[i].domain);
}
