/*
 * Notices in words. Whether a mail is one is decided by who wrote it (a
 * server, by its name or by having no sender) and not by its words, so that a
 * person may write about bounces.
 *
 * Whom it is about: addresses are sought before the place where our own mail
 * begins, and the surest kind that is found counts:
 *
 *	NAMED  at the beginning of a line, or behind "RCPT TO:" and the like
 *	REPLY  in a line that has a reply of SMTP
 *	LOOSE  anywhere else
 *
 * "To:" of the returned message is the last resort, when it names one.
 */
#include "mime/mime_report_priv.h"

#include "base/arena.h"

enum place { NOWHERE, LOOSE, REPLY, NAMED };

/* Enough for a notice; what is beyond is not looked for. */
enum { FOUND_MAX = 64 };

struct found {
	struct str address;
	enum place place;
	size_t at; /* of its first line at that place */
};

struct search {
	struct arena *a;
	struct str prose, lower; /* the same, lower case */
	struct found found[FOUND_MAX];
	size_t count;
	struct str sender; /* of the mail that the transcript is of */
};

/* ---- where our own mail begins ---- */

static bool
is_marker(struct str line)
{
	struct str s = str_trim(line);

	if (s.len == 0 || s.len > 100 ||
	    !mime_report_has_one(s, mime_report_returned) ||
	    str_starts(s, STR("the original message was")))
		return false;
	return s.p[0] == '-' || s.p[0] == '=' || s.p[0] == '*' ||
	       strchr("-:.=*", s.p[s.len - 1]);
}

/* Splits m->prose at it; what is behind is the returned header if none was. */
static void
split(struct arena *a, const struct mime_report_mail *m, struct search *s,
      struct str *returned)
{
	struct str lower = str_lower(a, m->prose), line;
	struct str rest = lower;

	*returned = m->returned;
	while (str_split(&rest, '\n', &line)) {
		size_t at = (size_t)(line.p - lower.p);

		if (!is_marker(line) &&
		    !mime_report_begins(line, mime_report_traces))
			continue;
		s->prose = str_slice(m->prose, 0, at);
		s->lower = str_slice(lower, 0, at);
		if (returned->len == 0)
			*returned = str_slice(m->prose, at, m->prose.len);
		return;
	}
	s->prose = m->prose;
	s->lower = lower;
}

/* ---- whom it is about ---- */

/* Without blanks and the marks that stand around an address. */
static struct str
bare(struct str text)
{
	while (text.len > 0 && strchr(" \t<>\"'([*-", text.p[text.len - 1]))
		text.len--;
	return text;
}

/* "from", "from:", "mail from:", "by" before an address: who wrote it. */
static bool
is_sender(struct str before)
{
	static const char *const words[] = {
		"from",	   "from:",   "from=",	   " by", "sender",
		"sender:", "mailto:", "reply-to:", NULL
	};

	return mime_report_ends(before, words);
}

/* A reply and a code at most: "<<< 550 5.1.1 <address>". */
static bool
is_only_code(struct str before)
{
	bool has_digit = false;

	for (size_t i = 0; i < before.len; i++) {
		if (!strchr("<>.- 0123456789", before.p[i]))
			return false;
		has_digit |= before.p[i] >= '0' && before.p[i] <= '9';
	}
	return has_digit;
}

static enum place
place_of(struct str lower_line, size_t at)
{
	static const char *const fields[] = { "to:",   "cc:",	"subject:",
					      "from:", "sent:", NULL };
	struct str before = bare(str_slice(lower_line, 0, at));

	if (is_sender(before))
		return NOWHERE;
	if (mime_report_begins(str_trim(lower_line), fields))
		return NOWHERE;
	if (before.len == 0 || is_only_code(before) ||
	    mime_report_ends(before, mime_report_before))
		return NAMED;
	return LOOSE;
}

/* A server's own: named for help, seldom meant. */
static bool
is_role(struct str address)
{
	static const char *const roles[] = { "postmaster@", "mailer-daemon@",
					     "abuse@",	    "support@",
					     "helpdesk@",   NULL };

	for (size_t i = 0; roles[i]; i++)
		if (str_eq_fold(str_slice(address, 0, strlen(roles[i])),
				str_of(roles[i])))
			return true;
	return false;
}

static void
note(struct search *s, struct str address, enum place place, size_t at)
{
	if (str_eq_fold(address, s->sender) && place < NAMED)
		return;
	for (size_t i = 0; i < s->count; i++) {
		struct found *f = &s->found[i];

		if (!str_eq_fold(f->address, address))
			continue;
		if (place > f->place) {
			f->place = place;
			f->at = at;
		}
		return;
	}
	if (s->count < FOUND_MAX)
		s->found[s->count++] = (struct found){ address, place, at };
}

static void
look_at_line(struct search *s, struct str line, struct str lower)
{
	size_t at = 0, start = (size_t)(line.p - s->prose.p);
	struct mime_report_said said;
	struct str address;

	mime_report_judge(s->a, line, &said);
	while (mime_report_address(line, &at, &address)) {
		size_t before = (size_t)(address.p - line.p);
		enum place place = place_of(lower, before);

		if (place == NOWHERE) {
			if (mime_report_has(lower, "mail from:"))
				s->sender = address;
			continue;
		}
		if (place == LOOSE && said.diagnostic.len > 0)
			place = REPLY;
		if (place == NAMED && str_eq_fold(address, s->sender) &&
		    said.diagnostic.len > 0)
			place = LOOSE;
		if (is_role(address))
			place = LOOSE;
		note(s, address, place, start);
	}
}

static void
look(struct search *s)
{
	struct str rest = s->prose, line;

	while (str_split(&rest, '\n', &line)) {
		size_t at = (size_t)(line.p - s->prose.p);

		look_at_line(s, line, str_slice(s->lower, at, at + line.len));
	}
}

static void
add_best(const struct search *s, struct mime_report *out)
{
	enum place best = NOWHERE;

	for (size_t i = 0; i < s->count; i++)
		if (s->found[i].place > best)
			best = s->found[i].place;
	for (size_t i = 0; i < s->count && best > NOWHERE; i++)
		if (s->found[i].place == best)
			(void)mime_report_add(out, s->found[i].address);
}

static void
add_all(struct str text, struct mime_report *out)
{
	struct str address;
	size_t at = 0;

	while (mime_report_address(text, &at, &address))
		(void)mime_report_add(out, address);
}

/* The one that our mail went to; a list of them says nothing. */
static void
add_returned_to(struct arena *a, struct str returned, struct mime_report *out)
{
	struct str to;

	if (!mime_report_field(a, returned, "To", NULL, &to))
		return;
	add_all(to, out);
	if (out->count > 1)
		out->count = 0;
}

/* ---- what it says of each ---- */

/* From the first line of one to that of the next. */
static struct str
about(const struct search *s, struct str address)
{
	size_t from = s->prose.len, to = s->prose.len;

	for (size_t i = 0; i < s->count; i++)
		if (str_eq_fold(s->found[i].address, address))
			from = s->found[i].at;
	for (size_t i = 0; i < s->count; i++)
		if (s->found[i].at > from && s->found[i].at < to &&
		    s->found[i].place == NAMED)
			to = s->found[i].at;
	return str_slice(s->prose, from, to);
}

/* The first line that names the address and has a code. */
static bool
judge_line(const struct search *s, struct str address,
	   struct mime_report_said *said)
{
	struct str rest = s->prose, line;

	while (str_split(&rest, '\n', &line)) {
		if (str_find(line, address) < 0)
			continue;
		mime_report_judge(s->a, line, said);
		if (said->diagnostic.len > 0 && said->class > MIME_REPORT_NONE)
			return true;
	}
	return false;
}

static void
judge(const struct search *s, struct mime_report_recipient *r)
{
	struct mime_report_said said, whole;

	mime_report_judge(s->a, s->prose, &whole);
	if (!judge_line(s, r->address, &said))
		mime_report_judge(s->a, about(s, r->address), &said);
	if (said.class == MIME_REPORT_NONE ||
	    (said.diagnostic.len == 0 && whole.diagnostic.len > 0 &&
	     whole.class > MIME_REPORT_NONE))
		said = whole;
	r->class = said.class;
	r->status = said.status;
	r->diagnostic =
	    said.diagnostic.len > 0 ? said.diagnostic : about(s, r->address);
}

static bool
is_late(const struct search *s, const struct mime_report_mail *m)
{
	return mime_report_has_one(mime_report_squeeze(s->a, s->prose),
				   mime_report_late) ||
	       mime_report_has_one(mime_report_squeeze(s->a, m->subject),
				   mime_report_late);
}

/* By the fields, where they name a file; else by the prose, or the subject. */
static void
judge_one(const struct search *s, const struct mime_report_mail *m, bool late,
	  struct mime_report_recipient *r)
{
	if (mime_report_fate(s->a, m->status, r))
		return;
	judge(s, r);
	if (r->class == MIME_REPORT_NONE)
		r->class =
		    mime_report_phrase(mime_report_squeeze(s->a, m->subject));
	if (late)
		r->class = MIME_REPORT_SOFT;
}

void
mime_report_prose(struct arena *a, const struct mime_report_mail *m,
		  struct mime_report *out)
{
	struct search *s = ARENA_NEW(a, struct search);
	struct str returned;
	bool late;

	if (!mime_report_is_from_server(a, m) || mime_report_is_answer(a, m))
		return;
	s->a = a;
	split(a, m, s, &returned);
	look(s);
	add_all(m->failed_recipients, out);
	if (out->count == 0)
		add_best(s, out);
	if (out->count == 0)
		add_returned_to(a, returned, out);
	late = is_late(s, m);
	for (size_t i = 0; i < out->count; i++)
		judge_one(s, m, late, &out->recipients[i]);
}
