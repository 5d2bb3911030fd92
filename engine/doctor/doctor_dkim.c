/*
 * The records of the keys that sign, that are to sign, and that have signed
 * what may still be on its way (RFC 6376 section 3.6.1).
 *
 * Where two keys sign, one that verifies is enough for a receiver that knows
 * both algorithms, and not for the others: so each has to be there.
 */
#include "base/encode.h"
#include "dns/dns_tags.h"
#include "doctor/doctor_priv.h"

#define DAY_MS	(INT64_C(24) * 60 * 60 * 1000)
#define YEAR_MS (365 * DAY_MS)
#define WEEK_MS (7 * DAY_MS)

enum { SHOWN_OF_KEY = 16 };

/* One record being looked at. */
struct key_look {
	const struct look *look;
	const struct partner_dkim *pair;
	struct str operand;
	enum partner_dkim_state state;
	enum sign_algorithm algorithm;
	struct str name;
};

/* Said of one that does not sign now, it is no error. */
static struct doctor_finding *
tell(const struct key_look *k, enum doctor_grade grade)
{
	if (grade == DOCTOR_ERROR && k->state != PARTNER_DKIM_ACTIVE)
		grade = DOCTOR_WARNING;
	return found(k->look, "dkim", grade,
		     asked_for(k->look, k->name, DNS_TXT));
}

static void
advise(const struct key_look *k, struct doctor_finding *x)
{
	const struct look *l = k->look;
	struct buf b = { 0 };

	buf_printf(&b,
		   "publish what \"guidon partner dns%.*s --domain %.*s\" "
		   "prints",
		   STR_ARG(k->operand), STR_ARG(l->sender->domain));
	if (k->state == PARTNER_DKIM_MADE)
		buf_printf(&b, ", then \"guidon partner dkim%.*s --activate\"",
			   STR_ARG(k->operand));
	x->advice = str_copy(l->a, buf_view(&b));
	buf_fini(&b);
}

static void
tell_wrong(const struct key_look *k, struct str what, struct str expected)
{
	struct doctor_finding *x = tell(k, DOCTOR_ERROR);

	x->found = what;
	x->expected = expected;
	advise(k, x);
}

/* White space may be in it: it folds. */
static struct str
without_space(struct arena *a, struct str text)
{
	struct buf b = { 0 };
	struct str word;

	while (str_word(&text, &word))
		buf_str(&b, word);
	word = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return word;
}

static struct str
our_key(const struct key_look *k)
{
	struct buf b = { 0 };
	struct str text;

	encode_base64(&b, k->pair->public[k->algorithm]);
	text = str_copy(k->look->a, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* Its end, for the beginnings of all RSA keys are the same. */
static struct str
shown(struct arena *a, struct str key)
{
	size_t from = key.len > SHOWN_OF_KEY ? key.len - SHOWN_OF_KEY : 0;

	return str_printf(a, "p=%s%.*s", from ? "..." : "",
			  STR_ARG(str_slice(key, from, key.len)));
}

static void
check_key(const struct key_look *k, const struct dns_tags *tags)
{
	const struct str *p = dns_tags_find(tags, "p");
	const struct str *t = dns_tags_find(tags, "t");
	struct arena *a = k->look->a;
	struct str ours = our_key(k);
	struct doctor_finding *x;
	struct str theirs;

	if (!p || p->len == 0) {
		tell_wrong(
		    k, p ? STR("revoked (\"p=\" is empty)") : STR("no \"p=\""),
		    shown(a, ours));
		return;
	}
	theirs = without_space(a, *p);
	if (!str_eq(theirs, ours)) {
		tell_wrong(k,
			   str_printf(a, "another key, %.*s",
				      STR_ARG(shown(a, theirs))),
			   shown(a, ours));
		return;
	}
	if (t && dns_tags_has(*t, STR("y"))) {
		x = tell(k, DOCTOR_WARNING);
		x->found = STR("our key, \"t=y\": under test");
		x->expected = STR("no \"t=y\"");
		x->advice = STR("take it out: receivers may treat signed mail "
				"as if it were not");
		return;
	}
	tell(k, DOCTOR_OK)->found = STR("our key");
}

/* Whether the record is for keys like ours: its tags but for p= and t=. */
static bool
check_kind(const struct key_look *k, const struct dns_tags *tags)
{
	const char *algorithm = sign_algorithm_name(k->algorithm);
	const struct {
		const char *tag;
		struct str otherwise; /* without the tag */
		struct str wanted, or_wanted;
	} rules[] = {
		{ "v", STR("DKIM1"), STR("DKIM1"), STR("DKIM1") },
		{ "k", STR("rsa"), str_of(algorithm), str_of(algorithm) },
		{ "h", STR("sha256"), STR("sha256"), STR("sha256") },
		{ "s", STR("*"), STR("*"), STR("email") },
	};

	for (size_t i = 0; i < COUNT_OF(rules); i++) {
		const struct str *given = dns_tags_find(tags, rules[i].tag);
		struct str value = given ? *given : rules[i].otherwise;

		if (dns_tags_has(value, rules[i].wanted) ||
		    dns_tags_has(value, rules[i].or_wanted))
			continue;
		tell_wrong(k,
			   str_printf(k->look->a, "\"%s=%.*s\"", rules[i].tag,
				      STR_ARG(value)),
			   str_printf(k->look->a, "\"%s=%.*s\"", rules[i].tag,
				      STR_ARG(rules[i].wanted)));
		return false;
	}
	return true;
}

static void
check_record(const struct key_look *k)
{
	const struct look *l = k->look;
	const struct dns_answer *answer = answer_to(l, k->name, DNS_TXT);
	struct str wanted = shown(l->a, our_key(k));
	struct dns_tags tags;
	struct error err;

	if (is_unknown(l, "dkim", k->name, DNS_TXT, answer))
		return;
	if (answer->fate != DNS_FOUND)
		tell_wrong(k, says_nothing(l, answer, DNS_TXT), wanted);
	else if (answer->count > 1)
		tell_wrong(k, str_printf(l->a, "%zu records", answer->count),
			   STR("one"));
	else if (dns_tags_parse(l->a, answer->records[0].text, &tags, &err) < 0)
		tell_wrong(k,
			   str_of(arena_copy(l->a, err.text, strlen(err.text))),
			   wanted);
	else if (check_kind(k, &tags))
		check_key(k, &tags);
}

static void
tell_age(const struct key_look *k)
{
	const struct look *l = k->look;
	const struct partner_dkim *pair = k->pair;
	struct doctor_finding *x =
	    found(l, "dkim", DOCTOR_WARNING,
		  str_printf(l->a, "age of %.*s", STR_ARG(pair->selector)));

	x->found = str_printf(l->a, "%d days",
			      (int)((l->now_ms - pair->active_ms) / DAY_MS));
	x->expected = STR("a year at most");
	x->advice =
	    str_printf(l->a, "new keys: \"guidon partner dkim%.*s --make\"",
		       STR_ARG(k->operand));
}

/* To those who do not know RFC 8463 such a mail is not signed. */
static void
check_algorithms(const struct key_look *k)
{
	const struct look *l = k->look;
	struct doctor_finding *x;

	if (partner_dkim_has(k->pair, SIGN_RSA))
		return;
	x = found(
	    l, "dkim", DOCTOR_WARNING,
	    str_printf(l->a, "algorithms of %.*s", STR_ARG(k->pair->selector)));
	x->found = STR("ed25519 alone");
	x->expected = STR("rsa too: many receivers verify nothing else");
	x->advice = str_printf(l->a,
			       "new keys: \"guidon partner dkim%.*s --make "
			       "--algorithm both\"",
			       STR_ARG(k->operand));
}

static void
check_pair(const struct look *l, int number)
{
	const struct partner_dkim *pair = &l->sender->pairs[number];
	struct key_look k = {
		.look = l,
		.pair = pair,
		.operand = l->sender->operands[number],
		.state = partner_dkim_state(pair, l->now_ms),
	};

	if (k.state == PARTNER_DKIM_RETIRED &&
	    l->now_ms >= pair->retired_ms + WEEK_MS)
		return;
	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++) {
		k.algorithm = (enum sign_algorithm)i;
		if (!partner_dkim_has(pair, k.algorithm))
			continue;
		k.name = partner_dkim_record_name(l->a, pair, k.algorithm);
		check_record(&k);
	}
	if (k.state != PARTNER_DKIM_RETIRED)
		check_algorithms(&k);
	if (k.state == PARTNER_DKIM_ACTIVE &&
	    l->now_ms >= pair->active_ms + YEAR_MS)
		tell_age(&k);
}

void
check_dkim(const struct look *l)
{
	struct doctor_finding *x;

	for (int i = 0; i < l->sender->pair_count; i++)
		check_pair(l, i);
	if (has_active_pair(l))
		return;
	x = found(l, "dkim", DOCTOR_WARNING, STR("which keys sign?"));
	x->found = STR("none: mail leaves unsigned");
	x->expected = STR("a pair that is active");
	x->advice = str_printf(l->a,
			       "\"guidon partner dkim%.*s --make\", unless the "
			       "relay signs",
			       STR_ARG(l->sender->operand));
}
