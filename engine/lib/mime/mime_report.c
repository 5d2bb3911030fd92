/*
 * In the order of how formal a mail is: fields of RFC 5965, fields of RFC
 * 3464 (in a part of their own, or among the prose), prose, and last whether
 * a machine answered. Line ends are made LF before anything is looked at, so
 * the three kinds cannot differ.
 */
#include "mime/mime_report.h"

#include "base/arena.h"
#include "mime/mime_report_priv.h"

const char *mime_report_class_name(enum mime_report_class class)
{
	static const char *const names[] = {
#define NAME(name, word) [MIME_REPORT_##name] = word,
		MIME_REPORT_CLASSES(NAME)
#undef NAME
	};

	check((size_t) class < COUNT_OF(names));
	return names[class];
}

/* A line that mbox files begin with is none of the mail. */
static struct str
without_mbox_line(struct str mail)
{
	ptrdiff_t end = str_find_char(mail, '\n');

	return end > 0 && str_starts(mail, STR("From "))
		   ? str_slice(mail, (size_t)end + 1, mail.len)
		   : mail;
}

/* NUL becomes a blank: GMime takes header values for C strings. */
static struct str
normalise(struct arena *a, struct str mail)
{
	char *out;
	size_t len = 0;

	mail = str_slice(mail, 0, MIME_REPORT_INPUT_MAX);
	out = arena_alloc(a, mail.len + 1);
	for (size_t i = 0; i < mail.len; i++) {
		char c = mail.p[i];

		if (c == '\r') {
			out[len++] = '\n';
			i += i + 1 < mail.len && mail.p[i + 1] == '\n';
		} else {
			out[len++] = c ? c : ' ';
		}
	}
	return without_mbox_line((struct str){ out, len });
}

/* A text that is JSON has JSON within, with its quotes escaped. */
static struct str
without_escapes(struct arena *a, struct str prose)
{
	struct buf out = { 0 };

	if (!str_starts(str_trim(prose), STR("{")))
		return prose;
	for (size_t i = 0; i < prose.len; i++)
		if (prose.p[i] != '\\')
			buf_char(&out, prose.p[i]);
	prose = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return prose;
}

/* Some send the fields of RFC 5965 as a text; these two are required there. */
static bool
is_feedback_in_text(struct arena *a, const struct mime_report_mail *m)
{
	struct str value;

	return m->feedback.len == 0 &&
	       mime_report_field(a, m->prose, "Feedback-Type", NULL, &value) &&
	       mime_report_field(a, m->prose, "User-Agent", NULL, &value);
}

/* ---- what comes out ---- */

/* One line of UTF-8, capped; a byte that is none of it becomes '?'. */
static struct str
clean(struct arena *a, struct str text, size_t max)
{
	struct buf out = { 0 };
	struct str result;
	size_t n;

	for (size_t i = 0; i < text.len; i += n) {
		unsigned char c = (unsigned char)text.p[i];

		n = str_utf8_sequence(text, i);
		if (out.len + (n ? n : 1) > max)
			break;
		if (n == 0)
			buf_char(&out, '?');
		else if (n == 1 && (c <= ' ' || c == 0x7f))
			buf_cat(&out, out.len && out.p[out.len - 1] != ' '
					  ? " "
					  : "");
		else if (n == 2 && c == 0xc2 &&
			 (unsigned char)text.p[i + 1] < 0xa0)
			buf_char(&out, '?');
		else
			buf_add(&out, text.p + i, n);
		n = n ? n : 1;
	}
	result = str_copy(a, str_trim(buf_view(&out)));
	buf_fini(&out);
	return result;
}

static void
clean_recipient(struct arena *a, struct mime_report_recipient *r)
{
	r->address = clean(a, r->address, MIME_REPORT_VALUE_MAX);
	r->original = clean(a, r->original, MIME_REPORT_VALUE_MAX);
	r->status = clean(a, r->status, MIME_REPORT_VALUE_MAX);
	r->diagnostic = clean(a, r->diagnostic, MIME_REPORT_DIAGNOSTIC_MAX);
}

/* What stands between '<' and '>' and begins with `scheme`. */
static struct str
bracketed(struct str text, struct str scheme)
{
	while (text.len > 0) {
		ptrdiff_t open = str_find_char(text, '<');
		ptrdiff_t close;

		if (open < 0)
			break;
		text = str_slice(text, (size_t)open + 1, text.len);
		close = str_find_char(text, '>');
		if (close < 0)
			break;
		if (str_eq_fold(str_slice(text, 0, scheme.len), scheme))
			return str_slice(text, 0, (size_t)close);
	}
	return (struct str){ 0 };
}

/* Of the message that came back, or of the text that stands for it. */
static void
read_returned(struct arena *a, const struct mime_report_mail *m,
	      struct mime_report *out)
{
	struct str text = m->returned.len > 0 ? m->returned : m->prose;
	struct str value;

	if (mime_report_field(a, text, "Message-ID", NULL, &value))
		out->message_id =
		    clean(a, bracketed(value, STR("")), MIME_REPORT_VALUE_MAX);
	if (!mime_report_field(a, text, "List-Unsubscribe", NULL, &value))
		return;
	value = str_slice(value, 0, 4 * MIME_REPORT_VALUE_MAX);
	out->unsubscribe = bracketed(value, STR("https:"));
	if (out->unsubscribe.len == 0)
		out->unsubscribe = bracketed(value, STR("http:"));
	out->unsubscribe = clean(a, out->unsubscribe, MIME_REPORT_VALUE_MAX);
}

/*
 * Some separate what was done from whom it was done to: by a blank line, or by
 * saying it in words alone.
 */
static void
judge_the_rest(struct arena *a, const struct mime_report_mail *m,
	       struct mime_report *out)
{
	for (size_t i = 0; i < out->count; i++) {
		struct mime_report_recipient *r = &out->recipients[i];
		struct mime_report_said said;

		if (r->class != MIME_REPORT_NONE || r->status.len > 0 ||
		    mime_report_fate(a, m->status, r))
			continue;
		mime_report_judge(a, m->prose, &said);
		r->class = said.class;
		r->status = said.status;
		r->diagnostic = said.diagnostic;
	}
}

/* Of a mail that may be a person's answer; of no other is it of use. */
static void
read_author(struct arena *a, const struct mime_report_mail *m,
	    struct mime_report *out)
{
	out->author = clean(a, m->author, MIME_REPORT_VALUE_MAX);
	out->author_name = clean(a, m->author_name, MIME_REPORT_VALUE_MAX);
	out->is_machine = mime_report_is_machine(a, m);
}

/* A mail is what the worst of its recipients is; those it spares are left out. */
static void
sum_up(struct mime_report *r)
{
	size_t count = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (r->recipients[i].class == MIME_REPORT_NONE)
			continue;
		if (r->recipients[i].class > r->class)
			r->class = r->recipients[i].class;
		r->recipients[count++] = r->recipients[i];
	}
	r->count = count;
}

void
mime_report_parse(struct arena *a, struct str mail, struct mime_report *out)
{
	struct mime_report_mail m = { 0 };

	*out = (struct mime_report){ .class = MIME_REPORT_NONE };
	mime_report_tree(a, normalise(a, mail), &m);
	m.prose = without_escapes(a, m.prose);
	if (is_feedback_in_text(a, &m))
		m.feedback = m.prose;
	if (!mime_report_complaint(a, &m, out) && m.feedback.len == 0) {
		mime_report_fields(a, m.status, out);
		judge_the_rest(a, &m, out);
		if (out->count == 0 && m.status.len == 0)
			mime_report_fields(a, m.prose, out);
		if (out->count == 0 && mime_report_is_from_server(a, &m))
			mime_report_fields(a, m.inner, out);
		if (out->count == 0)
			mime_report_prose(a, &m, out);
	}
	sum_up(out);
	if (out->class == MIME_REPORT_NONE && mime_report_says_answer(a, &m))
		out->class = MIME_REPORT_AUTO_REPLY;
	if (out->class > MIME_REPORT_AUTO_REPLY)
		read_returned(a, &m, out);
	if (out->class == MIME_REPORT_NONE)
		read_author(a, &m, out);
	for (size_t i = 0; i < out->count; i++)
		clean_recipient(a, &out->recipients[i]);
}
