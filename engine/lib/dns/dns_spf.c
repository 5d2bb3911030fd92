/*
 * check_host() of RFC 7208: section 4 for the order of things, section 5 for
 * the mechanisms. An error ends everything, at whatever depth it was met.
 *
 * A record that includes itself ends by the count of lookups, and so does the
 * depth of the recursion.
 */
#include "dns/dns_spf.h"

#include "base/arena.h"
#include "dns/dns_spf_priv.h"

enum { HOSTS_MAX = 10 };

/* Behind the real results: the term does not match, go on. */
enum { GO_ON = -1 };

struct walk {
	struct arena *a;
	const struct dns_spf_ask *ask;
	struct dns_spf_verdict *verdict;
	int voids;
};

/* One record being evaluated. */
struct place {
	struct walk *walk;
	struct str domain;
	bool is_first;
};

static int check_host(struct walk *w, struct str domain, bool is_first);

const char *
dns_spf_result_name(enum dns_spf_result result)
{
	static const char *const names[] = {
#define DNS_SPF_NAME(name, text) [DNS_SPF_##name] = (text),
		DNS_SPF_RESULTS(DNS_SPF_NAME)
#undef DNS_SPF_NAME
	};

	return names[result];
}

/* ---- looking up ---- */

static int
fail(struct walk *w, enum dns_spf_result result, struct str why)
{
	w->verdict->why = why;
	return (int)result;
}

static int
fail_answer(struct walk *w, struct str name, enum dns_type type,
	    const struct dns_answer *answer)
{
	return fail(w, DNS_SPF_TEMPERROR,
		    str_printf(w->a, "%s %.*s: %s", dns_type_name(type),
			       STR_ARG(name), answer->why));
}

/* GO_ON with the answer, or an error. */
static int
look_up(struct walk *w, struct str name, enum dns_type type,
	const struct dns_answer **answer)
{
	const struct dns_source *source = &w->ask->source;

	*answer = source->get(source->arg, name, type);
	if ((*answer)->fate == DNS_FAILED)
		return fail_answer(w, name, type, *answer);
	return GO_ON;
}

/* A term's own lookup, whose being in vain counts. */
static int
look_up_term(struct walk *w, struct str name, enum dns_type type,
	     const struct dns_answer **answer)
{
	int code = look_up(w, name, type, answer);

	if (code != GO_ON || (*answer)->fate == DNS_FOUND)
		return code;
	if (++w->voids > DNS_SPF_VOIDS_MAX && w->ask->address)
		return fail(w, DNS_SPF_PERMERROR,
			    str_printf(w->a,
				       "%d lookups in vain, the last of %s "
				       "%.*s, expected %d at most",
				       w->voids, dns_type_name(type),
				       STR_ARG(name), DNS_SPF_VOIDS_MAX));
	return GO_ON;
}

static int
count_lookup(struct walk *w)
{
	int most = w->ask->address ? DNS_SPF_LOOKUPS_MAX : DNS_SPF_COUNT_MAX;

	if (++w->verdict->lookups > most)
		return fail(w, DNS_SPF_PERMERROR,
			    str_printf(w->a,
				       "more than %d lookups, expected %d at "
				       "most",
				       most, DNS_SPF_LOOKUPS_MAX));
	return GO_ON;
}

static enum dns_type
address_type(const struct walk *w)
{
	const struct dns_address *address = w->ask->address;

	return address && address->is_v6 ? DNS_AAAA : DNS_A;
}

static bool
has_address(const struct walk *w, const struct dns_answer *answer,
	    const struct spf_term *t)
{
	const struct dns_address *address = w->ask->address;

	for (size_t i = 0; address && i < answer->count; i++)
		if (dns_address_within(address, &answer->records[i].address,
				       address->is_v6 ? t->bits6 : t->bits4))
			return true;
	return false;
}

/* ---- mechanisms: GO_ON, PASS for a match, or an error ---- */

static int
match_a(struct walk *w, const struct spf_term *t, struct str name)
{
	const struct dns_answer *answer;
	int code = look_up_term(w, name, address_type(w), &answer);

	if (code != GO_ON)
		return code;
	return has_address(w, answer, t) ? DNS_SPF_PASS : GO_ON;
}

static int
match_mx(struct walk *w, const struct spf_term *t, struct str name)
{
	const struct dns_answer *hosts;
	const struct dns_answer *answer;
	int code = look_up_term(w, name, DNS_MX, &hosts);

	if (code == GO_ON && hosts->count > HOSTS_MAX)
		return fail(w, DNS_SPF_PERMERROR,
			    str_printf(w->a,
				       "%zu hosts of MX %.*s, expected %d at "
				       "most",
				       hosts->count, STR_ARG(name), HOSTS_MAX));
	for (size_t i = 0; code == GO_ON && w->ask->address && i < hosts->count;
	     i++) {
		code = look_up(w, hosts->records[i].text, address_type(w),
			       &answer);
		if (code == GO_ON && has_address(w, answer, t))
			code = DNS_SPF_PASS;
	}
	return code;
}

/* The name itself or one below it. */
static bool
is_below(struct str name, struct str domain)
{
	size_t at = name.len - domain.len;

	if (name.len < domain.len ||
	    !str_eq_fold(str_slice(name, at, name.len), domain))
		return false;
	return at == 0 || name.p[at - 1] == '.';
}

/* Section 5.5: a failure of DNS is no match here, and no error. */
static int
match_ptr(struct walk *w, struct str domain)
{
	const struct dns_source *source = &w->ask->source;
	const struct dns_address *address = w->ask->address;
	const struct spf_term exact = { .bits4 = DNS_ADDRESS_V4_BITS,
					.bits6 = DNS_ADDRESS_V6_BITS };
	const struct dns_answer *names;

	if (!address)
		return GO_ON;
	names = source->get(source->arg, dns_address_reverse(w->a, address),
			    DNS_PTR);
	for (size_t i = 0; i < names->count && i < HOSTS_MAX; i++) {
		struct str name = names->records[i].text;

		if (is_below(name, domain) &&
		    has_address(w,
				source->get(source->arg, name, address_type(w)),
				&exact))
			return DNS_SPF_PASS;
	}
	return GO_ON;
}

static int
match_exists(struct walk *w, struct str name)
{
	const struct dns_answer *answer;
	int code = look_up_term(w, name, DNS_A, &answer);

	if (code != GO_ON)
		return code;
	return answer->fate == DNS_FOUND && w->ask->address ? DNS_SPF_PASS
							    : GO_ON;
}

/* Section 5.2. */
static int
match_include(struct walk *w, struct str name)
{
	int code = check_host(w, name, false);

	switch (code) {
	case DNS_SPF_PASS:
	case DNS_SPF_TEMPERROR:
	case DNS_SPF_PERMERROR:
		return code;
	case DNS_SPF_NONE:
		return fail(w, DNS_SPF_PERMERROR,
			    str_printf(w->a,
				       "include:%.*s has no record of SPF",
				       STR_ARG(name)));
	default:
		return GO_ON;
	}
}

static int
match_network(const struct walk *w, const struct spf_term *t)
{
	const struct dns_address *address = w->ask->address;

	return address && dns_address_within(address, &t->network,
					     t->network.is_v6 ? t->bits6
							      : t->bits4)
		   ? DNS_SPF_PASS
		   : GO_ON;
}

/* The name that the term is about: 0 when it cannot be known. */
static int
target_of(const struct place *p, struct str spec, struct str *name)
{
	const struct dns_spf_ask *ask = p->walk->ask;
	const struct spf_macros macros = {
		.address = ask->address,
		.local = ask->local,
		.sender_domain = ask->domain,
		.domain = p->domain,
		.helo = ask->helo,
	};

	*name = p->domain;
	return spec.len == 0 ||
	       spf_macro_expand(p->walk->a, spec, &macros, name);
}

static int
match(const struct place *p, const struct spf_term *t)
{
	struct walk *w = p->walk;
	struct str name;
	int code;

	if (t->looks && (code = count_lookup(w)) != GO_ON)
		return code;
	if (!target_of(p, t->domain, &name))
		return GO_ON;
	switch (t->mechanism) {
	case SPF_ALL:
		if (!w->ask->address && p->is_first)
			w->verdict->lets_all = t->result == DNS_SPF_PASS;
		return w->ask->address ? DNS_SPF_PASS : GO_ON;
	case SPF_INCLUDE:
		return match_include(w, name);
	case SPF_A:
		return match_a(w, t, name);
	case SPF_MX:
		return match_mx(w, t, name);
	case SPF_PTR:
		return match_ptr(w, name);
	case SPF_IP4:
	case SPF_IP6:
		return match_network(w, t);
	case SPF_EXISTS:
		return match_exists(w, name);
	}
	check(false);
	return GO_ON;
}

/* ---- a record ---- */

static bool
has_all(const struct spf_record *record)
{
	for (size_t i = 0; i < record->count; i++)
		if (record->terms[i].mechanism == SPF_ALL)
			return true;
	return false;
}

/* Section 6.1; it is ignored beside an "all". */
static int
redirect(const struct place *p, const struct spf_record *record)
{
	struct walk *w = p->walk;
	struct str name;
	int code;

	if (record->redirect.len == 0 || has_all(record))
		return DNS_SPF_NEUTRAL;
	code = count_lookup(w);
	if (code != GO_ON)
		return code;
	if (!target_of(p, record->redirect, &name))
		return DNS_SPF_NEUTRAL;
	code = check_host(w, name, p->is_first);
	if (code != DNS_SPF_NONE)
		return code;
	return fail(w, DNS_SPF_PERMERROR,
		    str_printf(w->a, "redirect=%.*s has no record of SPF",
			       STR_ARG(name)));
}

static int
evaluate(const struct place *p, struct str text)
{
	struct walk *w = p->walk;
	struct spf_record record;
	struct error err;

	if (spf_record_parse(w->a, text, &record, &err) < 0)
		return fail(
		    w, DNS_SPF_PERMERROR,
		    str_printf(w->a, "%.*s: %s", STR_ARG(p->domain), err.text));
	for (size_t i = 0; i < record.count; i++) {
		const struct spf_term *t = &record.terms[i];
		int code = match(p, t);

		if (code == GO_ON)
			continue;
		if (code == DNS_SPF_PASS) {
			w->verdict->term =
			    str_printf(w->a, "%.*s of %.*s", STR_ARG(t->text),
				       STR_ARG(p->domain));
			return (int)t->result;
		}
		return code;
	}
	return redirect(p, &record);
}

/* Section 4.5: how many there are, and the last of them. */
static int
find_record(const struct dns_answer *answer, struct str *text)
{
	int count = 0;

	for (size_t i = 0; i < answer->count; i++) {
		if (!spf_is_record(answer->records[i].text))
			continue;
		*text = answer->records[i].text;
		count++;
	}
	return count;
}

static int
check_host(struct walk *w, struct str domain, bool is_first)
{
	const struct place place = { w, domain, is_first };
	const struct dns_answer *answer;
	struct str text = { 0 };
	int count;
	int code = is_first ? look_up(w, domain, DNS_TXT, &answer)
			    : look_up_term(w, domain, DNS_TXT, &answer);

	if (code != GO_ON)
		return code;
	count = find_record(answer, &text);
	if (str_eq(domain, w->ask->domain) && w->verdict->record.len == 0) {
		w->verdict->record = text;
		w->verdict->records = count;
	}
	if (count == 0)
		return DNS_SPF_NONE;
	if (count > 1)
		return fail(w, DNS_SPF_PERMERROR,
			    str_printf(w->a,
				       "%d records of SPF at %.*s, expected 1",
				       count, STR_ARG(domain)));
	return evaluate(&place, text);
}

void
dns_spf_check(struct arena *a, const struct dns_spf_ask *ask,
	      struct dns_spf_verdict *out)
{
	struct walk w = { .a = a, .ask = ask, .verdict = out };

	*out = (struct dns_spf_verdict){ .result = DNS_SPF_NONE };
	out->result = (enum dns_spf_result)check_host(&w, ask->domain, true);
}
