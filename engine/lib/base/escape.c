/*
 * What replaces a character in three languages, which replace malformed bytes
 * too. Most of a text is ASCII that stands as it is in all three.
 */
#include "base/escape.h"

#include "base/span.h"

static const struct span_word replacement = SPAN_WORD("\xef\xbf\xbd");

/* All others are looked at, here and for the references alone. */
static span_set plain = "................................"
			" !.#$%..()*+,-./0123456789:;.=.?"
			"@ABCDEFGHIJKLMNOPQRSTUVWXYZ[.]^_"
			"`abcdefghijklmnopqrstuvwxyz{|}~.";

/* One character as it is. */
static struct span_step
itself(char *to, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		to[i] = p[i];
	return (struct span_step){ len, len };
}

/* Beyond ASCII. */
static struct span_step
sequence(char *to, const char *p, const char *end)
{
	struct str rest = { p, (size_t)(end - p) };
	size_t len = str_utf8_sequence(rest, 0);

	return len ? itself(to, p, len) : span_put(to, &replacement, 1);
}

static bool
is_wide(char c)
{
	return (unsigned char)c & 0x80;
}

static bool
is_control(char c)
{
	return (unsigned char)c < ' ';
}

static const struct span_word *
reference(char c)
{
	static const struct span_word amp = SPAN_WORD("&amp;"),
				      lt = SPAN_WORD("&lt;"),
				      gt = SPAN_WORD("&gt;"),
				      quot = SPAN_WORD("&quot;"),
				      apos = SPAN_WORD("&#39;");

	switch (c) {
	case '&':
		return &amp;
	case '<':
		return &lt;
	case '>':
		return &gt;
	case '"':
		return &quot;
	case '\'':
		return &apos;
	default:
		return NULL;
	}
}

const char *
escape_reference(char c)
{
	const struct span_word *word = reference(c);

	return word ? word->text : NULL;
}

static struct span_step
put(char *to, const char *p, const struct span_word *word)
{
	return word ? span_put(to, word, 1) : itself(to, p, 1);
}

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct span_step
other_of_html(char *to, const char *p, const char *end, unsigned arg)
{

	(void)arg;
	if (is_wide(*p))
		return sequence(to, p, end);
	if (*p == 0x7f || (is_control(*p) && !blank(*p)))
		return span_put(to, &replacement, 1);
	return put(to, p, reference(*p));
}

/* What is no ASCII is taken as much at once as there is room for. */
static struct span_step
other_than_reference(char *to, const char *p, const char *end, unsigned arg)
{
	const struct span_word *word = reference(*p);
	size_t len = 1;

	(void)arg;
	if (word)
		return span_put(to, word, 1);
	while (len < SPAN_LONGEST && p + len < end && is_wide(p[len]))
		len++;
	return itself(to, p, len);
}

static const struct span_word *
control_of_xml(char c)
{
	static const struct span_word tab = SPAN_WORD("&#9;"),
				      lf = SPAN_WORD("&#10;"),
				      cr = SPAN_WORD("&#13;");

	switch (c) {
	case '\t':
		return &tab;
	case '\n':
		return &lf;
	case '\r':
		return &cr;
	default:
		return &replacement;
	}
}

static bool
starts(const char *p, const char *end, struct str what)
{
	return str_starts((struct str){ p, (size_t)(end - p) }, what);
}

/* U+FFFE and U+FFFF are no characters of XML 1.0, section 2.2. */
static struct span_step
other_of_xml(char *to, const char *p, const char *end, unsigned arg)
{
	(void)arg;
	if (starts(p, end, STR("\xef\xbf\xbe")) ||
	    starts(p, end, STR("\xef\xbf\xbf")))
		return span_put(to, &replacement, 3);
	if (is_wide(*p))
		return sequence(to, p, end);
	return put(to, p, is_control(*p) ? control_of_xml(*p) : reference(*p));
}

static const struct span_word *
word_of_json(char c)
{
	static const struct span_word controls[' '] = {
		SPAN_WORD("\\u0000"), SPAN_WORD("\\u0001"),
		SPAN_WORD("\\u0002"), SPAN_WORD("\\u0003"),
		SPAN_WORD("\\u0004"), SPAN_WORD("\\u0005"),
		SPAN_WORD("\\u0006"), SPAN_WORD("\\u0007"),
		SPAN_WORD("\\b"),     SPAN_WORD("\\t"),
		SPAN_WORD("\\n"),     SPAN_WORD("\\u000b"),
		SPAN_WORD("\\f"),     SPAN_WORD("\\r"),
		SPAN_WORD("\\u000e"), SPAN_WORD("\\u000f"),
		SPAN_WORD("\\u0010"), SPAN_WORD("\\u0011"),
		SPAN_WORD("\\u0012"), SPAN_WORD("\\u0013"),
		SPAN_WORD("\\u0014"), SPAN_WORD("\\u0015"),
		SPAN_WORD("\\u0016"), SPAN_WORD("\\u0017"),
		SPAN_WORD("\\u0018"), SPAN_WORD("\\u0019"),
		SPAN_WORD("\\u001a"), SPAN_WORD("\\u001b"),
		SPAN_WORD("\\u001c"), SPAN_WORD("\\u001d"),
		SPAN_WORD("\\u001e"), SPAN_WORD("\\u001f"),
	};
	static const struct span_word quote = SPAN_WORD("\\\""),
				      backslash = SPAN_WORD("\\\\"),
				      lt = SPAN_WORD("\\u003c"),
				      gt = SPAN_WORD("\\u003e"),
				      amp = SPAN_WORD("\\u0026");

	switch (c) {
	case '"':
		return &quote;
	case '\\':
		return &backslash;
	case '<':
		return &lt;
	case '>':
		return &gt;
	case '&':
		return &amp;
	default:
		return (unsigned char)c < ' ' ? &controls[(unsigned char)c]
					      : NULL;
	}
}

static struct span_step
other_of_json(char *to, const char *p, const char *end, unsigned arg)
{
	static const struct span_word line = SPAN_WORD("\\u2028"),
				      paragraph = SPAN_WORD("\\u2029");

	(void)arg;
	if (starts(p, end, STR("\xe2\x80\xa8")))
		return span_put(to, &line, 3);
	if (starts(p, end, STR("\xe2\x80\xa9")))
		return span_put(to, &paragraph, 3);
	if (is_wide(*p))
		return sequence(to, p, end);
	return put(to, p, word_of_json(*p));
}

void
escape_html(struct buf *out, struct str s)
{
	span_replace(out, s, plain, other_of_html, 0);
}

void
escape_references(struct buf *out, struct str s)
{
	span_replace(out, s, plain, other_than_reference, 0);
}

void
escape_xml(struct buf *out, struct str s)
{
	span_replace(out, s, plain, other_of_xml, 0);
}

void
escape_json(struct buf *out, struct str s)
{
	span_replace(out, s, plain, other_of_json, 0);
}
