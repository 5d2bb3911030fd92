/*
 * RFC 3464 and RFC 5965: fields in groups, a blank line between them. Servers
 * write less than they must (no address type, a blank before the colon, the
 * group of the message and that of the recipient in one), so a group is what
 * lies between blank lines, and counts when it names a recipient.
 */
#include "mime/mime_report_priv.h"

#include "base/arena.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The value when the line is a field of that name. */
static bool
is_field(struct str line, struct str name, struct str *value)
{
	struct str rest;

	if (!str_eq_fold(str_slice(line, 0, name.len), name))
		return false;
	rest = str_slice(line, name.len, line.len);
	while (rest.len > 0 && is_blank(rest.p[0]))
		rest = str_slice(rest, 1, rest.len);
	if (rest.len == 0 || rest.p[0] != ':')
		return false;
	*value = str_trim(str_slice(rest, 1, rest.len));
	return true;
}

/* The line at *at without its end; *at is moved behind it. */
static struct str
next_line(struct str text, size_t *at)
{
	struct str rest = str_slice(text, *at, text.len);
	ptrdiff_t end = str_find_char(rest, '\n');
	size_t len = end < 0 ? rest.len : (size_t)end;

	*at += len + (end >= 0);
	return str_slice(rest, 0, len);
}

bool
mime_report_field(struct arena *a, struct str text, const char *name,
		  size_t *from, struct str *value)
{
	size_t start = 0, *at = from ? from : &start;

	while (*at < text.len) {
		struct buf whole = { 0 };

		if (!is_field(next_line(text, at), str_of(name), value))
			continue;
		buf_str(&whole, *value);
		while (*at < text.len && is_blank(text.p[*at])) {
			buf_char(&whole, ' ');
			buf_str(&whole, str_trim(next_line(text, at)));
		}
		*value = str_copy(a, buf_view(&whole));
		buf_fini(&whole);
		return true;
	}
	return false;
}

/* The field of this group, or the empty str. */
static struct str
field(struct arena *a, struct str group, const char *name)
{
	struct str value = { 0 };

	mime_report_field(a, group, name, NULL, &value);
	return value;
}

/* Behind "type;", when there is one. */
static struct str
typed_value(struct str value)
{
	ptrdiff_t semicolon = str_find_char(value, ';');

	return semicolon < 0 ? value
			     : str_trim(str_slice(value, (size_t)semicolon + 1,
						  value.len));
}

/* The address in the value of a recipient field; false: a pipe, a file. */
static bool
recipient_in(struct arena *a, struct str group, const char *name,
	     struct str *address)
{
	struct str value = typed_value(field(a, group, name));
	size_t at = 0;

	if (value.len > 0 && (value.p[0] == '|' || value.p[0] == '/'))
		return false;
	return mime_report_address(value, &at, address);
}

/* What was done, as one word: "failed (expired)" is "failed". */
static bool
is_action(struct str action, const char *word)
{
	return str_eq_fold(str_slice(action, 0, strlen(word)), str_of(word));
}

static bool
is_good_news(struct str action)
{
	return is_action(action, "delivered") || is_action(action, "relayed") ||
	       is_action(action, "expanded");
}

/*
 * "delayed" is soft whatever the status says; a mail that "failed" for a
 * reason that passes (4.x.x) is soft, too, as the address may be good.
 */
static void
judge_group(struct arena *a, struct str group, struct mime_report_recipient *r)
{
	struct str action = field(a, group, "Action");
	struct str diagnostic = typed_value(field(a, group, "Diagnostic-Code"));
	struct mime_report_said status, said;

	mime_report_judge(a, field(a, group, "Status"), &status);
	mime_report_judge(a, diagnostic, &said);
	r->diagnostic = diagnostic;
	r->status = status.status.len > 0 ? status.status : said.status;
	r->class = mime_report_class_of(status.status);
	if (r->class == MIME_REPORT_NONE)
		r->class = said.class;
	if (is_action(action, "delayed") || is_action(action, "expired"))
		r->class = MIME_REPORT_SOFT;
	else if (r->class == MIME_REPORT_NONE && is_action(action, "failed"))
		r->class = MIME_REPORT_HARD;
}

static void
read_group(struct arena *a, struct str group, struct mime_report *out)
{
	struct mime_report_recipient *r;
	struct str final = { 0 }, original = { 0 };
	bool has_final = recipient_in(a, group, "Final-Recipient", &final);
	bool has_original =
	    recipient_in(a, group, "Original-Recipient", &original);

	if ((!has_final && !has_original) ||
	    is_good_news(field(a, group, "Action")))
		return;
	r = mime_report_add(out, has_final ? final : original);
	if (!r || r->class != MIME_REPORT_NONE)
		return;
	if (has_final && has_original && !str_eq_fold(final, original))
		r->original = original;
	judge_group(a, group, r);
}

void
mime_report_fields(struct arena *a, struct str text, struct mime_report *out)
{
	size_t start = 0, at = 0;

	while (at < text.len) {
		size_t before = at;

		if (str_trim(next_line(text, &at)).len > 0)
			continue;
		read_group(a, str_slice(text, start, before), out);
		start = at;
	}
	read_group(a, str_slice(text, start, text.len), out);
}

bool
mime_report_fate(struct arena *a, struct str text,
		 struct mime_report_recipient *r)
{
	struct str action = field(a, text, "Action");

	if (action.len == 0 || is_good_news(action))
		return false;
	judge_group(a, text, r);
	return true;
}

/* ---- complaints ---- */

static void
add_complaint(struct mime_report *out, struct str value)
{
	struct mime_report_recipient *r;
	struct str address;
	size_t at = 0;

	if (!mime_report_address(value, &at, &address))
		return;
	r = mime_report_add(out, address);
	if (r)
		r->class = MIME_REPORT_COMPLAINT;
}

static void
add_complaints(struct arena *a, struct str text, const char *name,
	       struct mime_report *out)
{
	struct str value;
	size_t at = 0;

	while (mime_report_field(a, text, name, &at, &value))
		add_complaint(out, value);
}

/* Who complains is left out by many; then it is who the mail went to. */
static void
add_complainers(struct arena *a, const struct mime_report_mail *m,
		struct mime_report *out)
{
	add_complaints(a, m->feedback, "Original-Rcpt-To", out);
	if (out->count == 0)
		add_complaints(a, m->feedback, "Removal-Recipient", out);
	if (out->count == 0)
		add_complaints(a, m->returned, "X-HmXmrOriginalRecipient", out);
	if (out->count == 0)
		add_complaints(a, m->returned, "To", out);
}

/* Amazon's service tells of complaints in JSON, within a text. */
static bool
is_notification(struct arena *a, const struct mime_report_mail *m)
{
	return mime_report_is_from_server(a, m) &&
	       mime_report_has(mime_report_squeeze(a, m->prose),
			       "\"notificationtype\":\"complaint\"");
}

static void
add_notified(const struct mime_report_mail *m, struct mime_report *out)
{
	struct str key = STR("\"emailAddress\":");
	struct str rest = m->prose;
	ptrdiff_t at;

	while ((at = str_find(rest, key)) >= 0) {
		rest = str_slice(rest, (size_t)at + key.len, rest.len);
		add_complaint(out, rest);
	}
}

/*
 * A report of failed authentication (RFC 6591) is of what somebody sent in our
 * name, and one of "not-spam" is praise: neither is a complaint.
 */
bool
mime_report_complaint(struct arena *a, const struct mime_report_mail *m,
		      struct mime_report *out)
{
	struct str type = field(a, m->feedback, "Feedback-Type");
	struct str subject = mime_report_squeeze(a, m->subject);

	if (m->feedback.len > 0) {
		if (type.len == 0 || str_eq_fold(type, STR("auth-failure")) ||
		    str_eq_fold(type, STR("not-spam")))
			return false;
	} else if (is_notification(a, m)) {
		add_notified(m, out);
	} else if (!str_starts(subject, STR("complaint about message from")) ||
		   m->returned.len == 0) {
		return false;
	}
	out->class = MIME_REPORT_COMPLAINT;
	if (out->count == 0)
		add_complainers(a, m, out);
	return true;
}
