/*
 * The order of the checks, and the report.
 *
 * What is asked of all senders first is wanted before any is looked at, so a
 * hundred domains take as long as the slowest; what depends on answers, the
 * includes of SPF above all, is asked one after the other.
 */
#include "doctor/doctor.h"

#include "base/arena.h"
#include "doctor/doctor_priv.h"
#include "mime/mime_domain.h"

enum { ITEMS_FIRST = 16 };

const char *
doctor_grade_name(enum doctor_grade grade)
{
	static const char *const names[] = {
#define DOCTOR_GRADE_NAME(name, text) [DOCTOR_##name] = (text),
		DOCTOR_GRADES(DOCTOR_GRADE_NAME)
#undef DOCTOR_GRADE_NAME
	};

	return names[grade];
}

/* ---- findings ---- */

/* Room for one more: a count that is a power of two is full. */
static void
make_room(const struct look *l)
{
	struct doctor_report *r = l->report;
	struct doctor_finding *items;

	if (r->count > 0 &&
	    (r->count < ITEMS_FIRST || r->count & (r->count - 1)))
		return;
	items = ARENA_ARRAY(l->a, r->count ? r->count * 2 : ITEMS_FIRST,
			    struct doctor_finding);
	if (r->count > 0)
		memcpy(items, r->items, r->count * sizeof(*items));
	r->items = items;
}

struct doctor_finding *
found(const struct look *l, const char *check, enum doctor_grade grade,
      struct str asked)
{
	struct doctor_report *r = l->report;
	struct doctor_finding *x;

	make_room(l);
	x = &r->items[r->count++];
	*x = (struct doctor_finding){
		.about = l->sender		  ? l->sender->domain
			 : l->relay->host.len > 0 ? l->relay->host
						  : STR("relay"),
		.check = check,
		.grade = grade,
		.asked = asked,
	};
	r->by_grade[grade]++;
	return x;
}

struct str
asked_for(const struct look *l, struct str name, enum dns_type type)
{
	return str_printf(l->a, "%s %.*s", dns_type_name(type), STR_ARG(name));
}

const struct dns_answer *
answer_to(const struct look *l, struct str name, enum dns_type type)
{
	return l->source->get(l->source->arg, name, type);
}

struct str
says_nothing(const struct look *l, const struct dns_answer *answer,
	     enum dns_type type)
{
	switch (answer->fate) {
	case DNS_NO_NAME:
		return STR("no such name");
	case DNS_NO_DATA:
		return str_printf(l->a, "no %s record", dns_type_name(type));
	case DNS_FAILED:
		return str_printf(l->a, "no answer (%s)", answer->why);
	case DNS_FOUND:
		break;
	}
	check(false);
	return STR("");
}

bool
is_unknown(const struct look *l, const char *check, struct str name,
	   enum dns_type type, const struct dns_answer *answer)
{
	struct doctor_finding *x;

	if (answer->fate != DNS_FAILED)
		return false;
	x = found(l, check, DOCTOR_UNKNOWN, asked_for(l, name, type));
	x->found = says_nothing(l, answer, type);
	x->expected = STR("one");
	x->advice = STR("ask again later, or another resolver with "
			"--resolver");
	return true;
}

bool
has_active_pair(const struct look *l)
{
	for (int i = 0; i < l->sender->pair_count; i++)
		if (partner_dkim_state(&l->sender->pairs[i], l->now_ms) ==
		    PARTNER_DKIM_ACTIVE)
			return true;
	return false;
}

/* ---- all of a sender ---- */

static void
want(const struct dns_source *source, struct str name, enum dns_type type)
{
	if (source->want)
		source->want(source->arg, name, type);
}

void
doctor_want(const struct dns_source *source, struct arena *a,
	    const struct doctor_sender *sender)
{
	struct str organisation = mime_domain_organisational(sender->domain);

	for (size_t i = 0; i < sender->envelope_count; i++) {
		want(source, sender->envelopes[i].domain, DNS_TXT);
		want(source, sender->envelopes[i].domain, DNS_MX);
	}
	want(source, str_printf(a, "_dmarc.%.*s", STR_ARG(sender->domain)),
	     DNS_TXT);
	want(source, str_printf(a, "_dmarc.%.*s", STR_ARG(organisation)),
	     DNS_TXT);
	for (int i = 0; i < sender->pair_count * SIGN_ALGORITHM_COUNT; i++) {
		const struct partner_dkim *pair =
		    &sender->pairs[i / SIGN_ALGORITHM_COUNT];
		enum sign_algorithm algorithm =
		    (enum sign_algorithm)(i % SIGN_ALGORITHM_COUNT);

		if (partner_dkim_has(pair, algorithm))
			want(source,
			     partner_dkim_record_name(a, pair, algorithm),
			     DNS_TXT);
	}
}

static void
each_envelope(struct look *l, void (*look)(const struct look *l))
{
	for (size_t i = 0; i < l->sender->envelope_count; i++) {
		l->envelope = l->sender->envelopes[i].domain;
		look(l);
	}
}

void
doctor_sender(const struct dns_source *source, struct arena *a,
	      const struct doctor_sender *sender,
	      const struct doctor_relay *relay, int64_t now_ms,
	      struct doctor_report *report)
{
	struct look l = {
		.source = source,
		.a = a,
		.sender = sender,
		.relay = relay,
		.now_ms = now_ms,
		.report = report,
	};

	check(sender->envelope_count > 0);
	each_envelope(&l, check_spf);
	check_dkim(&l);
	check_dmarc(&l);
	each_envelope(&l, check_mx);
}
