/*
 * What a piece of text says: an enhanced status code, a reply of SMTP, or a
 * phrase. An enhanced code is surer than a reply: "554 4.4.7 expired" is the
 * sender's 5xx for a reason that passes. Both are told from other numbers
 * (addresses, versions, sizes, dates) by what stands around them.
 */
#include "mime/mime_report_priv.h"

#include "base/arena.h"

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
at_or_nul(struct str s, size_t i)
{
	return i < s.len ? s.p[i] : '\0';
}

struct str
mime_report_squeeze(struct arena *a, struct str text)
{
	struct str lower = str_lower(a, text);
	char *out = arena_copy(a, lower.p, lower.len);
	size_t len = 0;

	for (size_t i = 0; i < lower.len; i++) {
		char c = lower.p[i];

		if (c > ' ' || c < 0)
			out[len++] = c;
		else if (len > 0 && out[len - 1] != ' ')
			out[len++] = ' ';
	}
	return (struct str){ out, len };
}

bool
mime_report_has(struct str text, const char *part)
{
	return str_find(text, str_of(part)) >= 0;
}

bool
mime_report_begins(struct str text, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (str_starts(text, str_of(list[i])))
			return true;
	return false;
}

bool
mime_report_has_one(struct str text, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (mime_report_has(text, list[i]))
			return true;
	return false;
}

bool
mime_report_ends(struct str text, const char *const *list)
{
	for (size_t i = 0; list[i]; i++)
		if (str_ends(text, str_of(list[i])))
			return true;
	return false;
}

/* How many digits stand at i, up to 3; 0 also when there are more. */
static size_t
few_digits(struct str s, size_t i)
{
	size_t n = 0;

	while (is_digit(at_or_nul(s, i + n)))
		n++;
	return n <= 3 ? n : 0;
}

/* The length of an enhanced status code (RFC 3463) at i, or 0. */
static size_t
enhanced_at(struct str s, size_t i)
{
	char before = i > 0 ? s.p[i - 1] : ' ';
	size_t subject, detail, len;

	if (s.p[i] < '2' || s.p[i] > '5' || s.p[i] == '3' ||
	    at_or_nul(s, i + 1) != '.' || is_digit(before) || before == '.' ||
	    before == '/' || before == 'v')
		return 0;
	subject = few_digits(s, i + 2);
	if (!subject || at_or_nul(s, i + 2 + subject) != '.')
		return 0;
	detail = few_digits(s, i + 3 + subject);
	len = detail ? 3 + subject + detail : 0;
	if (at_or_nul(s, i + len) == '.' && is_digit(at_or_nul(s, i + len + 1)))
		return 0;
	return len;
}

/* Words that a reply follows; others are followed by sizes and times. */
static bool
announces_reply(struct str before)
{
	static const char *const words[] = { "said",	     "error",  "code",
					     "responsecode", "status", NULL };

	for (size_t i = 0; words[i]; i++) {
		struct str word = str_of(words[i]);

		if (before.len >= word.len &&
		    str_eq_fold(
			str_slice(before, before.len - word.len, before.len),
			word))
			return true;
	}
	return false;
}

/* A reply stands at the beginning of a line or behind a mark. */
static bool
reply_at(struct str s, size_t i)
{
	size_t start = i;
	char after = at_or_nul(s, i + 3);

	if ((s.p[i] != '4' && s.p[i] != '5') || few_digits(s, i) != 3 ||
	    (i > 0 && (is_digit(s.p[i - 1]) || s.p[i - 1] == '.')) ||
	    !strchr(" -:,;\n\"'", after))
		return false;
	while (start > 0 && (s.p[start - 1] == ' ' || s.p[start - 1] == '\t'))
		start--;
	return start == 0 || strchr("\n:;<>\"'(`=-,[", s.p[start - 1]) ||
	       announces_reply(str_slice(s, 0, start));
}

struct codes {
	struct str status;
	ptrdiff_t reply, first; /* where; -1: nowhere */
};

static void
find_codes(struct str s, struct codes *c)
{
	*c = (struct codes){ .reply = -1, .first = -1 };
	for (size_t i = 0; i < s.len && (c->reply < 0 || !c->status.len); i++) {
		size_t len = c->status.len ? 0 : enhanced_at(s, i);

		if (len > 0)
			c->status = str_slice(s, i, i + len);
		else if (c->reply < 0 && reply_at(s, i))
			c->reply = (ptrdiff_t)i;
		else
			continue;
		if (c->first < 0)
			c->first = (ptrdiff_t)i;
	}
}

/* A full mailbox (X.2.2) passes, whatever the class: RFC 3463 section 3.3. */
enum mime_report_class
mime_report_class_of(struct str code)
{
	char digit = at_or_nul(code, 0);
	bool full = str_eq(str_slice(code, 1, code.len), STR(".2.2"));

	if (digit != '4' && digit != '5')
		return MIME_REPORT_NONE;
	return digit == '5' && !full ? MIME_REPORT_HARD : MIME_REPORT_SOFT;
}

/* What was answered: from the code to the end of the paragraph. */
static struct str
answer(struct str text, ptrdiff_t from)
{
	struct str rest = str_slice(text, (size_t)from, text.len);
	ptrdiff_t end = str_find(rest, STR("\n\n"));

	return str_trim(end < 0 ? rest : str_slice(rest, 0, (size_t)end));
}

enum mime_report_class
mime_report_phrase(struct str squeezed)
{
	for (size_t i = 0; mime_report_phrases[i].text; i++)
		if (mime_report_has(squeezed, mime_report_phrases[i].text))
			return mime_report_phrases[i].class;
	return MIME_REPORT_NONE;
}

void
mime_report_judge(struct arena *a, struct str text,
		  struct mime_report_said *out)
{
	struct codes c;

	find_codes(text, &c);
	*out = (struct mime_report_said){ .status = c.status };
	if (c.first >= 0)
		out->diagnostic = answer(text, c.first);
	if (c.status.len > 0)
		out->class = mime_report_class_of(c.status);
	else if (c.reply >= 0)
		out->class = mime_report_class_of(
		    str_slice(text, (size_t)c.reply, text.len));
	else
		out->class = mime_report_phrase(mime_report_squeeze(a, text));
}
