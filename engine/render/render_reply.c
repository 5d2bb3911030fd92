/*
 * A reply in an envelope of ours.
 *
 *	multipart/mixed
 *		what they wrote, with the type it had
 *		text/plain: the note
 *
 * Their words come first: a mail program shows the first text it finds, and
 * some show no other but as a file. So mailing lists put their footers, too.
 * Rejected: the mail attached as message/rfc822, which is shown as a file or not
 * at all, and whose answer button is that of the mail around it.
 *
 * Their subject and their thread are kept, so that what the partner answers
 * lies where the customer looks for it. Of other headers nothing is: they are
 * about a mail that has arrived.
 */
#include "render/render_priv.h"

#include "base/arena.h"
#include "base/encode.h"
#include "mime/mime.h"
#include "mime/mime_entity.h"
#include "mime/mime_report.h"

enum { NAME_MAX_BYTES = 100, THREAD_MAX = 2000 };
enum { BASE64_BYTES = 57 };

static const struct words {
	const char *about;  /* MAIL */
	const char *of;	    /* CAMPAIGN */
	const char *answer; /* ADDRESS */
	const char *remove;
} languages[RENDER_LANGUAGE_COUNT] = {
	[RENDER_EN] = { "An answer to the mail", "of the campaign",
			"If you answer this, your answer goes to",
			"Do they ask not to be mailed again? Then open this page:" },
	[RENDER_DE] = { "Eine Antwort auf die E-Mail", "der Kampagne",
			"Wenn Sie hierauf antworten, geht Ihre Antwort an",
			"Sollen keine weiteren E-Mails kommen? Dann \u00f6ffnen Sie diese "
			"Seite:" },
	[RENDER_FR] = { "Une r\u00e9ponse \u00e0 l\u2019e-mail",
			"de la campagne",
			"Si vous r\u00e9pondez, votre r\u00e9ponse ira \u00e0",
			"On vous demande de ne plus \u00e9crire\u00a0? Ouvrez alors cette "
			"page\u00a0:" },
};

struct envelope {
	const struct render_subject *subject;
	const struct render_origin *origin;
	const struct render_reply *reply;
	struct arena *a;
	struct buf out;
	struct str boundary;
	struct render_mail mail;
};

/* ---- headers ---- */

/* "Ada Lovelace (Acme via Northwind)": who wrote it, and who says so. */
static struct str
author_of(const struct envelope *e)
{
	const struct render_reply *r = e->reply;
	struct str name = r->name.len > 0 && r->name.len <= NAME_MAX_BYTES
			      ? r->name
			      : r->address;

	return str_printf(e->a, "%.*s (%.*s)", STR_ARG(name),
			  STR_ARG(e->subject->sender->from_name));
}

static int
put_people(struct envelope *e, struct error *err)
{
	const struct render_reply *r = e->reply;
	struct str name =
	    r->name.len <= NAME_MAX_BYTES ? r->name : (struct str){ 0 };

	if (mime_header_mailbox(&e->out, "From", author_of(e),
				e->subject->sender->from_address, err) < 0 ||
	    mime_header_mailbox(&e->out, "To", STR(""), r->receiver, err) < 0)
		return -(int)err->code;
	return mime_header_mailbox(&e->out, "Reply-To", name, r->address, err);
}

/* As it came when it may; encoded when it is text of another kind. */
static void
put_subject(struct envelope *e)
{
	struct str subject = mime_entity_field(e->a, e->reply->mail, "Subject");
	struct error ignored;

	if (subject.len > 0 &&
	    (mime_header_raw(&e->out, "Subject", subject, &ignored) >= 0 ||
	     mime_header(&e->out, "Subject", subject, &ignored) >= 0))
		return;
	check(mime_header(&e->out, "Subject", STR("Re:"), &ignored) >= 0);
}

/* What is no list of ids is left out, and so is the beginning of a long one. */
static bool
put_thread(struct envelope *e, const char *name, struct str ids)
{
	struct str last = str_slice(
	    ids, ids.len > THREAD_MAX ? ids.len - THREAD_MAX : 0, ids.len);
	ptrdiff_t first = str_find_char(last, '<');
	struct error ignored;

	last = str_slice(last, first < 0 ? last.len : (size_t)first, last.len);
	return last.len > 0 &&
	       mime_header_raw(&e->out, name, last, &ignored) >= 0;
}

static void
put_threads(struct envelope *e)
{
	struct str mail = e->reply->mail;
	struct str ids =
	    str_printf(e->a, "%.*s %.*s",
		       STR_ARG(mime_entity_field(e->a, mail, "References")),
		       STR_ARG(mime_entity_field(e->a, mail, "Message-ID")));

	(void)put_thread(e, "In-Reply-To",
			 mime_entity_field(e->a, mail, "In-Reply-To"));
	(void)put_thread(e, "References", str_trim(ids));
}

static int
put_headers(struct envelope *e, struct error *err)
{
	struct str id = str_printf(e->a, "<%.*s>", STR_ARG(e->mail.message_id));
	struct str about =
	    str_printf(e->a, "%.*s/%.*s", STR_ARG(e->origin->campaign),
		       STR_ARG(e->origin->step));

	if (put_people(e, err) < 0)
		return -(int)err->code;
	put_subject(e);
	if (mime_header_raw(&e->out, "Date", render_date(e->subject, e->a),
			    err) < 0 ||
	    mime_header_raw(&e->out, "Message-ID", id, err) < 0)
		return -(int)err->code;
	put_threads(e);
	if (mime_header_raw(&e->out, MIME_REPORT_SENT_ON, about, err) < 0)
		return -(int)err->code;
	buf_printf(&e->out,
		   "MIME-Version: 1.0\r\n"
		   "Content-Type: multipart/mixed;\r\n boundary=\"=_%.*s\"\r\n"
		   "\r\n",
		   STR_ARG(e->boundary));
	return 0;
}

/* ---- parts ---- */

static void
put_file(struct envelope *e)
{
	struct str mail = e->reply->mail;

	buf_cat(&e->out, "Content-Type: application/octet-stream;"
			 " name=\"reply.eml\"\r\n"
			 "Content-Disposition: attachment;"
			 " filename=\"reply.eml\"\r\n"
			 "Content-Transfer-Encoding: base64\r\n\r\n");
	for (size_t i = 0; i < mail.len; i += BASE64_BYTES) {
		encode_base64(&e->out, str_slice(mail, i, i + BASE64_BYTES));
		buf_cat(&e->out, "\r\n");
	}
}

static int
put_note(struct envelope *e, struct error *err)
{
	const struct words *words =
	    &languages[render_language(e->subject->partner->language)];
	struct str url =
	    render_url_remove(e->subject, e->origin, e->reply->answered, e->a);
	struct buf text = { 0 };
	int code;

	buf_printf(&text, "-- \n%s \"%.*s\" %s \"%.*s\".\n", words->about,
		   STR_ARG(e->origin->step), words->of,
		   STR_ARG(e->origin->campaign));
	buf_printf(&text, "%s %.*s.\n\n%s\n%.*s\n", words->answer,
		   STR_ARG(e->reply->address), words->remove, STR_ARG(url));
	code = mime_text_part(&e->out, buf_view(&text), err);
	buf_fini(&text);
	return code;
}

static int
put_all(struct envelope *e, struct error *err)
{
	struct error ignored;

	if (put_headers(e, err) < 0)
		return -(int)err->code;
	buf_printf(&e->out, "--=_%.*s\r\n", STR_ARG(e->boundary));
	if (mime_entity_put(&e->out, e->reply->mail, &ignored) < 0)
		put_file(e);
	buf_printf(&e->out, "\r\n--=_%.*s\r\n", STR_ARG(e->boundary));
	if (put_note(e, err) < 0)
		return -(int)err->code;
	buf_printf(&e->out, "\r\n--=_%.*s--\r\n", STR_ARG(e->boundary));
	return mime_check_canonical(buf_view(&e->out), err);
}

int
render_reply_make(const struct render_subject *subject,
		  const struct render_origin *origin,
		  const struct render_reply *reply, struct arena *a,
		  struct render_mail *out, struct error *err)
{
	struct envelope e = {
		.subject = subject, .origin = origin, .reply = reply, .a = a
	};
	struct str domain;
	int code;

	render_check_subject(subject);
	check(subject->sender && subject->delivery);
	domain = mime_address_domain(subject->sender->from_address);
	e.boundary =
	    render_derive(subject, "boundary", RENDER_BOUNDARY_BYTES, a);
	e.mail = (struct render_mail){
		.sender = render_envelope_sender(subject, a),
		.receiver = reply->receiver,
		.domain = domain,
		.message_id = render_message_id(
		    subject->delivery, subject->message_key, domain, a),
	};
	code = put_all(&e, err);
	if (code >= 0) {
		e.mail.bytes = str_copy(a, buf_view(&e.out));
		*out = e.mail;
	}
	buf_fini(&e.out);
	return code < 0 ? error_context(err, "reply") : 0;
}
