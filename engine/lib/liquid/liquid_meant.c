/*
 * What somebody meant who wrote what is not Liquid: the words of other template
 * languages, and what word processors put in the place of signs.
 */
#include "liquid/liquid_priv.h"

/* ---- words ---- */

struct word {
	const char *found;
	const char *meant;
};

static const char *
find(const struct word *words, size_t count, struct str found)
{
	for (size_t i = 0; i < count; i++)
		if (str_eq_cstr(found, words[i].found))
			return words[i].meant;
	return NULL;
}

const char *
liquid_meant_tag(struct str name)
{
	static const struct word words[] = {
		{ "set", "assign" },	{ "let", "assign" },
		{ "elif", "elsif" },	{ "foreach", "for" },
		{ "each", "for" },	{ "switch", "case" },
		{ "import", "render" }, { "partial", "render" },
	};

	return find(words, COUNT_OF(words), name);
}

const char *
liquid_meant_filter(struct str name)
{
	static const struct word words[] = {
		{ "lower", "downcase" },       { "lowercase", "downcase" },
		{ "upper", "upcase" },	       { "uppercase", "upcase" },
		{ "trim", "strip" },	       { "length", "size" },
		{ "count", "size" },	       { "currency", "money" },
		{ "urlencode", "url_encode" }, { "e", "escape" },
		{ "striptags", "strip_html" }, { "nl2br", "newline_to_br" },
	};

	return find(words, COUNT_OF(words), name);
}

/* ---- signs ---- */

/* At the beginning of an output. */
static const struct word openings[] = {
	{ "#", "a block stands in {% %}, as {% if %} and {% endif %}" },
	{ "^", "a block stands in {% %}, as {% if %} and {% endif %}" },
	{ "/", "a block stands in {% %}, as {% if %} and {% endif %}" },
	{ ">", "did you mean {% render %}?" },
	{ "!", "did you mean {% comment %}?" },
	{ "{", "two are enough, each value is escaped for its place" },
};

static const struct word signs[] = {
	{ "=", "did you mean \"==\"?" },
	{ "!", "did you mean \"unless\" or \"!=\"?" },
	{ "+", "did you mean \"| plus:\" or, of texts, \"| append:\"?" },
	{ "*", "did you mean \"| times:\"?" },
	{ "/", "did you mean \"| divided_by:\"?" },
	{ "?", "did you mean {% if %}?" },
	{ "~", "did you mean \"| append:\"?" },
	{ "\xe2\x80\x98", "a text stands in \" or '" },
	{ "\xe2\x80\x99", "a text stands in \" or '" },
	{ "\xe2\x80\x9c", "a text stands in \" or '" },
	{ "\xe2\x80\x9d", "a text stands in \" or '" },
	{ "\xe2\x80\x9e", "a text stands in \" or '" },
	{ "\xc2\xab", "a text stands in \" or '" },
	{ "\xc2\xbb", "a text stands in \" or '" },
};

const char *
liquid_meant_sign(const struct liquid_compiler *c)
{
	/* A word of a sign that is none is its first byte. */
	struct str s = { c->word.at, c->word.text.len + c->rest.len };
	const char *meant = NULL;

	if (c->word.kind != WORD_SIGN)
		return NULL;
	if (c->token.kind == TOKEN_OUTPUT && c->word.at == c->at)
		meant = find(openings, COUNT_OF(openings), c->word.text);
	if (meant)
		return meant;
	if (str_starts(s, STR("&")))
		return "did you mean \"and\"?";
	if (str_starts(s, STR("||")))
		return "did you mean \"or\"?";
	/* The second of them, where a filter is expected. */
	if (str_starts(s, STR("|")) && c->word.at > c->at &&
	    c->word.at[-1] == '|')
		return "did you mean \"| default:\"?";
	return find(signs, COUNT_OF(signs), c->word.text);
}
