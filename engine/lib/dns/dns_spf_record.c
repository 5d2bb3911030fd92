/*
 * The text of a record becomes terms: RFC 7208 sections 4.6 and 12. All of it
 * is read before anything is looked up, so a fault at its end is found
 * whatever matches before.
 */
#include "dns/dns_spf_priv.h"

#include "base/arena.h"

static const struct {
	const char *name;
	bool looks;
} mechanisms[] = {
#define SPF_MECHANISM_ROW(name, text, looks) [SPF_##name] = { text, looks },
	SPF_MECHANISMS(SPF_MECHANISM_ROW)
#undef SPF_MECHANISM_ROW
};

bool
spf_is_record(struct str text)
{
	const struct str version = STR("v=spf1");

	return str_eq_fold(str_slice(text, 0, version.len), version) &&
	       (text.len == version.len || text.p[version.len] == ' ');
}

static int
wrong(struct error *err, struct str text, const char *expected)
{
	return error_set(err, ERROR_INVALID, "\"%.*s\", expected %s",
			 STR_ARG(text), expected);
}

/* Takes "/N" off the end: true with *bits, or as it is when there is none. */
static bool
take_bits(struct str *text, const char *slash, int most, int *bits)
{
	size_t len = strlen(slash);
	size_t at = text->len;
	int64_t number;

	*bits = most;
	while (at > 0 && text->p[at - 1] >= '0' && text->p[at - 1] <= '9')
		at--;
	if (at < len || !str_eq(str_slice(*text, at - len, at), str_of(slash)))
		return true;
	/* RFC 7208 section 12: no zeroes before the number. */
	if (at + 1 < text->len && text->p[at] == '0')
		return false;
	if (!str_int(str_slice(*text, at, text->len), 0, most, &number))
		return false;
	*bits = (int)number;
	*text = str_slice(*text, 0, at - len);
	return true;
}

/* "[/N][//N]" */
static bool
take_both_bits(struct str *text, struct spf_term *t)
{
	if (!take_bits(text, "//", DNS_ADDRESS_V6_BITS, &t->bits6))
		return false;
	return take_bits(text, "/", DNS_ADDRESS_V4_BITS, &t->bits4);
}

static int
parse_network(struct spf_term *t, struct str value, struct error *err)
{
	bool is_v6 = t->mechanism == SPF_IP6;
	int most = is_v6 ? DNS_ADDRESS_V6_BITS : DNS_ADDRESS_V4_BITS;

	if (!take_bits(&value, "/", most, is_v6 ? &t->bits6 : &t->bits4) ||
	    !dns_address_parse(value, &t->network) || t->network.is_v6 != is_v6)
		return wrong(err, t->text,
			     is_v6 ? "ip6:ADDRESS[/BITS]"
				   : "ip4:ADDRESS[/BITS]");
	return 0;
}

/* What is behind the name: ":domain", "/bits", both or nothing. */
static int
parse_rest(struct spf_term *t, struct str rest, struct error *err)
{
	bool has_value = rest.len > 0 && rest.p[0] == ':';

	switch (t->mechanism) {
	case SPF_ALL:
		return rest.len == 0 ? 0 : wrong(err, t->text, "\"all\"");
	case SPF_IP4:
	case SPF_IP6:
		if (!has_value)
			return wrong(err, t->text, "an address behind it");
		return parse_network(t, str_slice(rest, 1, rest.len), err);
	case SPF_A:
	case SPF_MX:
		if (!take_both_bits(&rest, t))
			return wrong(err, t->text, "/BITS in range");
		break;
	case SPF_INCLUDE:
	case SPF_EXISTS:
		if (!has_value)
			return wrong(err, t->text, "a domain behind it");
		break;
	case SPF_PTR:
		break;
	}
	if (rest.len == 0)
		return 0;
	t->domain = str_slice(rest, 1, rest.len);
	if (rest.p[0] != ':' || t->domain.len == 0)
		return wrong(err, t->text, "\":DOMAIN\" behind the name");
	return spf_macro_check(t->domain, err) < 0
		   ? error_context(err, "%.*s", STR_ARG(t->text))
		   : 0;
}

static enum dns_spf_result
take_qualifier(struct str *text)
{
	static const struct {
		char sign;
		enum dns_spf_result result;
	} known[] = {
		{ '+', DNS_SPF_PASS },
		{ '-', DNS_SPF_FAIL },
		{ '~', DNS_SPF_SOFTFAIL },
		{ '?', DNS_SPF_NEUTRAL },
	};

	for (size_t i = 0; text->len > 0 && i < COUNT_OF(known); i++) {
		if (text->p[0] != known[i].sign)
			continue;
		*text = str_slice(*text, 1, text->len);
		return known[i].result;
	}
	return DNS_SPF_PASS;
}

static int
parse_mechanism(struct spf_term *t, struct str text, struct error *err)
{
	struct str name;
	size_t len = 0;

	*t = (struct spf_term){ .text = text };
	t->result = take_qualifier(&text);
	while (len < text.len && text.p[len] != ':' && text.p[len] != '/')
		len++;
	name = str_slice(text, 0, len);
	for (size_t i = 0; i < COUNT_OF(mechanisms); i++) {
		if (!str_eq_fold(name, str_of(mechanisms[i].name)))
			continue;
		t->mechanism = (enum spf_mechanism)i;
		t->looks = mechanisms[i].looks;
		return parse_rest(t, str_slice(text, len, text.len), err);
	}
	return wrong(err, t->text,
		     "all, include, a, mx, ptr, ip4, ip6 or exists");
}

/* The length of a modifier's name, 0 when it is none: "redirect=". */
static size_t
modifier(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (c == '=')
			return i;
		if ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')
			continue;
		if (i == 0 || !((c >= '0' && c <= '9') || c == '-' ||
				c == '_' || c == '.'))
			return 0;
	}
	return 0;
}

static int
parse_modifier(struct str text, size_t len, struct spf_record *out,
	       bool *has_exp, struct error *err)
{
	struct str name = str_slice(text, 0, len);
	struct str value = str_slice(text, len + 1, text.len);
	bool is_exp = str_eq_fold(name, STR("exp"));
	bool is_redirect = str_eq_fold(name, STR("redirect"));

	if (!is_exp && !is_redirect)
		return 0;
	if (is_exp ? *has_exp : out->redirect.len > 0)
		return wrong(err, text, "it once");
	if (spf_macro_check(value, err) < 0)
		return error_context(err, "%.*s", STR_ARG(text));
	if (is_exp)
		*has_exp = true;
	else
		out->redirect = value;
	return 0;
}

int
spf_record_parse(struct arena *a, struct str text, struct spf_record *out,
		 struct error *err)
{
	struct str rest = str_slice(text, sizeof("v=spf1") - 1, text.len);
	bool has_exp = false;
	struct str word;

	*out = (struct spf_record){
		.terms = ARENA_ARRAY(a, SPF_TERMS_MAX, struct spf_term),
	};
	while (str_split(&rest, ' ', &word)) {
		size_t len = modifier(word);

		if (word.len == 0)
			continue;
		if (out->count == SPF_TERMS_MAX)
			return error_set(err, ERROR_LIMIT, "more than %d terms",
					 SPF_TERMS_MAX);
		if (len > 0 ? parse_modifier(word, len, out, &has_exp, err) < 0
			    : parse_mechanism(&out->terms[out->count++], word,
					      err) < 0)
			return -(int)err->code;
	}
	return 0;
}
