/*
 * An address in the making. What matters is whether a value can still say
 * which scheme it has: up to the first of : / ? # it can.
 *
 *	{{ url }}		looked at when it is written
 *	https://x/{{ a }}	behind the scheme: only made fit for an address
 *	page{{ n }}.html	may not hold a colon, so all of it is encoded
 *	?q={{ text }}		a component
 *	{{ scheme }}://		refused: nobody can look at that
 *	javascript:{{ a }}	refused
 *
 * An address of what a page runs or embeds is only as good as its site, which
 * no value may choose (docs/decisions/029): it begins in one piece of text.
 *
 *	https://x/{{ a }}	a name in a path, a component behind ? or #
 *	/a{{ n }}.js		of the own site
 *	#{{ id }}		of the page itself
 *	{{ url }}, a{{ n }}.js	refused
 *
 * RFC 3986 for the parts, WHATWG URL for what browsers pass over.
 */
#include "liquid/liquid_spot_priv.h"

static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
is_code(struct str scheme)
{
	return str_eq_fold(scheme, STR("javascript")) ||
	       str_eq_fold(scheme, STR("vbscript")) ||
	       str_eq_fold(scheme, STR("livescript")) ||
	       str_eq_fold(scheme, STR("data")) ||
	       str_eq_fold(scheme, STR("blob"));
}

/* Browsers drop them out of the middle of a scheme. */
static bool
has_blank(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (is_blank(s.p[i]))
			return true;
	return false;
}

/* A scheme that is not whole in this piece of text is not looked at: refused. */
static const char *
at_colon(uint8_t *url, struct str scheme, bool whole)
{
	if (*url == URL_VALUE || *url == URL_MIXED)
		return "a scheme that is a value, expected it written out, as "
		       "in https://";
	scheme = str_trim(scheme);
	whole = whole && scheme.len > 0 && !has_blank(scheme);
	*url = whole && !is_code(scheme) ? URL_REST : URL_FORBIDDEN;
	return NULL;
}

static uint8_t
at_letter(uint8_t url)
{
	if (url == URL_BEGIN)
		return URL_SCHEME;
	return url == URL_VALUE ? URL_MIXED : url;
}

const char *
spot_url_text(uint8_t *url, struct str text, size_t *at)
{
	bool whole = *url == URL_BEGIN;
	const char *problem;

	for (size_t i = 0; i < text.len; i++) {
		char c = text.p[i];

		if (*url == URL_QUERY || *url == URL_FORBIDDEN)
			return NULL;
		if (c == '?' || c == '#') {
			*url = URL_QUERY;
		} else if (*url == URL_REST) {
			continue;
		} else if (c == '/') {
			*url = URL_REST;
		} else if (c == ':') {
			problem = at_colon(url, str_slice(text, 0, i), whole);
			*at = i;
			if (problem)
				return problem;
		} else if (!is_blank(c)) {
			*url = at_letter(*url);
		}
	}
	return NULL;
}

const char *
spot_url_value(uint8_t *url, unsigned *escape)
{
	switch ((enum spot_url) * url) {
	case URL_BEGIN:
	case URL_VALUE:
		*url = URL_VALUE;
		*escape |= ESCAPE_URL;
		return NULL;
	case URL_SCHEME:
	case URL_MIXED:
		*url = URL_MIXED;
		*escape |= ESCAPE_URL_QUERY;
		return NULL;
	case URL_REST:
		*escape |= ESCAPE_URL_PART;
		return NULL;
	case URL_QUERY:
		*escape |= ESCAPE_URL_QUERY;
		return NULL;
	case URL_FORBIDDEN:
		return "a value behind a scheme that runs or holds what "
		       "follows it, expected https:, http:, mailto: or tel:";
	case URL_UNKNOWN:
		return "a value in an address that begins differently in the "
		       "branches before it, expected the value in each of them";
	}
	return NULL;
}

/* ---- addresses of code ---- */

static bool
is_of_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '-' || c == '_';
}

/* "https://host/" or "https://host:8443/": its length, or 0. */
static size_t
site_length(struct str text)
{
	struct str scheme = STR("https://");
	size_t i = scheme.len, host;

	if (!str_eq_fold(str_slice(text, 0, i), scheme))
		return 0;
	while (i < text.len && (is_of_name(text.p[i]) || text.p[i] == '.'))
		i++;
	host = i;
	if (i < text.len && text.p[i] == ':')
		while (++i < text.len && text.p[i] >= '0' && text.p[i] <= '9')
			;
	return host > scheme.len && i < text.len && text.p[i] == '/' ? i + 1
								     : 0;
}

/* Two slashes would begin a host, and so would one and a tab and another. */
static bool
names_a_site(struct str text)
{
	return site_length(text) || str_starts(text, STR("#")) ||
	       (text.len > 1 && text.p[0] == '/' && is_of_name(text.p[1]));
}

void
spot_code_text(uint8_t *url, struct str text)
{
	if (*url == URL_BEGIN)
		*url = names_a_site(text) ? URL_REST : URL_FORBIDDEN;
	for (size_t i = 0; i < text.len && *url == URL_REST; i++)
		if (text.p[i] == '?' ||
		    (text.p[i] == '#' && (i == 0 || text.p[i - 1] != '&')))
			*url = URL_QUERY;
}

const char *
spot_code_value(uint8_t url, unsigned *escape)
{
	if (url == URL_QUERY)
		*escape |= ESCAPE_URL_QUERY;
	else if (url == URL_REST)
		*escape |= ESCAPE_URL_NAME;
	else
		return "a value in the address of what the page runs or "
		       "embeds, expected its site before it, as in "
		       "https://example.com/ or /path";
	return NULL;
}
