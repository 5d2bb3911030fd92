/*
 * What is not read as a template: raw, comment, doc and the comment of a line.
 *
 * raw and doc end at the first tag of that name, whatever stands before it. A
 * comment is cut into tokens: comments nest in it, and a raw in it hides what
 * would end it.
 */
#include "liquid/liquid_priv.h"

/* Nothing behind what is not closed can be read, so it is not searched again. */
static void
not_closed(struct liquid_compiler *c, const char *at, const char *what)
{
	c->lexer->rest =
	    str_slice(c->lexer->rest, c->lexer->rest.len, c->lexer->rest.len);
	liquid_finding(c, at, "\"%s\" is not closed, expected \"end%s\"", what,
		       what);
}

static void
no_markup(struct liquid_compiler *c)
{
	liquid_words(c, c->token.text);
	liquid_end_words(c, "nothing after the name of the tag");
}

void
liquid_parse_raw(struct liquid_compiler *c)
{
	const char *at = c->at;
	struct str text = { 0 };

	no_markup(c);
	if (!liquid_lex_raw(c->lexer, "endraw", &text)) {
		not_closed(c, at, "raw");
		return;
	}
	if (!text.len)
		return;
	liquid_shows(c);
	liquid_text(c, text);
}

void
liquid_parse_doc(struct liquid_compiler *c)
{
	struct liquid_lexer inner;
	struct str text = { 0 };
	struct str nested;
	const char *at = c->at;

	no_markup(c);
	if (!liquid_lex_raw(c->lexer, "enddoc", &text)) {
		not_closed(c, at, "doc");
		return;
	}
	inner = (struct liquid_lexer){ .rest = text, .lines = c->lexer->lines };
	if (liquid_lex_raw(&inner, "doc", &nested))
		liquid_finding(c, at, "a \"doc\" inside of another");
}

void
liquid_parse_comment(struct liquid_compiler *c)
{
	const char *at = c->at;
	struct liquid_token t = { 0 };
	struct str text;
	int depth = 1;

	while (depth) {
		liquid_lex(c->lexer, &t);
		if (t.kind == TOKEN_END) {
			liquid_finding(c, at,
				       "\"comment\" is not closed, expected "
				       "\"endcomment\"");
			return;
		}
		if (str_eq_cstr(t.name, "raw") &&
		    !liquid_lex_raw(c->lexer, "endraw", &text))
			not_closed(c, at, "raw");
		depth += str_eq_cstr(t.name, "comment");
		depth -= str_eq_cstr(t.name, "endcomment");
	}
}

void
liquid_parse_inline_comment(struct liquid_compiler *c)
{
	struct str rest = liquid_trim(c->token.text, true, false);
	struct str line;

	(void)str_split(&rest, '\n', &line);
	while (str_split(&rest, '\n', &line)) {
		line = liquid_trim(line, true, true);
		if (!line.len || line.p[0] == '#')
			continue;
		liquid_finding(c, line.p,
			       "a line of a comment begins with \"%c\", "
			       "expected \"#\"",
			       line.p[0]);
		return;
	}
}
