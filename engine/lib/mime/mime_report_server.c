/*
 * Who wrote it. A notice is known by its writer, not by its words: by a name
 * that speaks for a server, by having no author, by its form, or by a subject
 * that servers use. So a person may write about bounces. An empty envelope
 * sender tells nothing, as automatic answers have it too (RFC 3834).
 */
#include "mime/mime_report_priv.h"

#include "base/arena.h"

/* Nothing but a-z: "Mail Delivery System" and "mail-delivery.system". */
static struct str
letters(struct arena *a, struct str text)
{
	struct str lower = str_lower(a, text);
	char *out = arena_copy(a, lower.p, lower.len);
	size_t len = 0;

	for (size_t i = 0; i < lower.len; i++)
		if (lower.p[i] >= 'a' && lower.p[i] <= 'z')
			out[len++] = lower.p[i];
	return (struct str){ out, len };
}

static bool
is_mailer_daemon(struct arena *a, const struct mime_report_mail *m)
{
	return mime_report_has(letters(a, m->from), "mailerdaemon");
}

bool
mime_report_is_from_server(struct arena *a, const struct mime_report_mail *m)
{
	struct str subject = mime_report_squeeze(a, m->subject);

	return m->is_report || m->status.len > 0 ||
	       m->failed_recipients.len > 0 ||
	       mime_report_has_one(letters(a, m->from), mime_report_daemons) ||
	       str_trim(m->from).len == 0 ||
	       mime_report_begins(subject, mime_report_subjects) ||
	       (m->returned.len > 0 &&
		mime_report_has_one(mime_report_squeeze(a, m->prose),
				    mime_report_openings));
}

bool
mime_report_says_answer(struct arena *a, const struct mime_report_mail *m)
{
	struct str how = str_lower(a, str_trim(m->auto_submitted));

	return m->is_receipt || m->autoreply.len > 0 ||
	       str_starts(how, STR("auto-replied")) ||
	       str_eq_fold(str_trim(m->precedence), STR("auto_reply")) ||
	       mime_report_begins(mime_report_squeeze(a, m->subject),
				  mime_report_answers);
}

static bool
is_bulk(struct str precedence)
{
	static const char *const words[] = { "bulk", "junk", "list",
					     "auto_reply" };

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (str_eq_fold(str_trim(precedence), str_of(words[i])))
			return true;
	return false;
}

/*
 * Wider than an automatic answer: what any program says of itself when it
 * writes on its own counts here (RFC 3834 section 5, RFC 2369), for at stake is
 * whether somebody is to read it.
 */
bool
mime_report_is_machine(struct arena *a, const struct mime_report_mail *m)
{
	struct str how = str_trim(m->auto_submitted);

	return (how.len > 0 && !str_eq_fold(str_slice(how, 0, 2), STR("no"))) ||
	       is_bulk(m->precedence) || m->is_of_list || m->was_sent_on ||
	       m->is_from_nobody || mime_report_says_answer(a, m) ||
	       mime_report_is_from_server(a, m);
}

/*
 * RFC 3834 has notices say auto-replied, too; one that says so, has no other
 * mark of a notice and is not from a mailer-daemon is taken at its word.
 */
bool
mime_report_is_answer(struct arena *a, const struct mime_report_mail *m)
{
	return mime_report_says_answer(a, m) && !m->is_report &&
	       m->status.len == 0 && m->failed_recipients.len == 0 &&
	       !is_mailer_daemon(a, m);
}
