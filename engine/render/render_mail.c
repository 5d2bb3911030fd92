/*
 * A mail around its texts. The order of the headers is fixed, and each goes
 * through the one builder of lib/mime, which refuses what would add a line.
 * With texts in quoted-printable the whole is canonical then, which is asked of
 * the bytes that go out, by the wire, and not here too.
 *
 * Message-ID and boundary are MACs of the delivery's id, under one key with a
 * word for each purpose. So every attempt has the same, a receiver can fold
 * what it got twice, and nobody can guess the id of a mail that is not theirs.
 *
 * There are two kinds: what goes to a list, which says how it is left, and what
 * answers somebody, which says that no person wrote it (RFC 3834), so that
 * absence notices do not answer it.
 *
 * Rejected: Auto-Submitted in what goes to a list, for a person decided to send
 * that; a mailto: beside the https: opt-out, which needs a mailbox that somebody
 * reads; Return-Path and Bcc, which are not the message's.
 */
#include "render/render_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "mime/mime.h"

/* ---- what derives from the delivery ---- */

struct str
render_derive(const struct render_subject *subject, const char *purpose,
	      size_t bytes, struct arena *a)
{
	const struct outbox_delivery *delivery = subject->delivery;
	uint8_t mac[CRYPTO_HASH_BYTES];
	struct buf b = { 0 };
	struct str text;

	if (!delivery && subject->message_key.len == 0)
		return STR("preview");
	buf_printf(&b, "%s ", purpose);
	if (delivery) {
		encode_id(&b, delivery->id.partner_id);
		buf_add(&b, delivery->id.bytes, sizeof(delivery->id.bytes));
	}
	crypto_hmac((const uint8_t *)subject->message_key.p, buf_view(&b), mac);
	buf_clear(&b);
	encode_base32(&b, (struct str){ (const char *)mac, bytes });
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static struct str
message_id_of(const struct render_subject *subject, struct str domain,
	      struct arena *a)
{
	struct str name =
	    render_derive(subject, "message-id", RENDER_ID_BYTES, a);

	return str_printf(a, "%.*s@%.*s", STR_ARG(name), STR_ARG(domain));
}

struct str
render_message_id(const struct outbox_delivery *delivery,
		  struct str message_key, struct str domain, struct arena *a)
{
	const struct render_subject subject = {
		.delivery = delivery,
		.message_key = message_key,
	};

	check(message_key.len == RENDER_MESSAGE_KEY_BYTES);
	return message_id_of(&subject, domain, a);
}

struct str
render_date(const struct render_subject *subject, struct arena *a)
{
	struct buf b = { 0 };
	struct str date;

	civil_print_mail(render_date_ms(subject), 0, &b);
	date = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return date;
}

/* NAME+TAG@DOMAIN, or TAG@DOMAIN where all of the domain is ours. */
struct str
render_address(const struct render_subject *subject,
	       enum event_address_kind kind, struct arena *a)
{
	const struct outbox_delivery *d = subject->delivery;
	struct str bounces = subject->sender->bounces;
	struct event_address address = { .kind = kind };
	ptrdiff_t at = str_find_char(bounces, '@');
	struct buf b = { 0 };
	struct str text;

	check(d && at >= 0);
	address.partner_id = d->id.partner_id;
	memcpy(address.delivery, d->id.bytes, sizeof(address.delivery));
	buf_str(&b, str_slice(bounces, 0, (size_t)at));
	if (at > 0)
		buf_char(&b, '+');
	event_address_make(subject->keys, (int)d->key_id, &address, &b);
	buf_str(&b, str_slice(bounces, (size_t)at, bounces.len));
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

static bool
comes_back(const struct render_subject *subject)
{
	return subject->delivery && subject->sender->bounces.len > 0;
}

/*
 * VERP: the address to which it comes back says which one it was. A mail of no
 * delivery, which is one's own to look at, comes back to its sender.
 */
struct str
render_envelope_sender(const struct render_subject *subject, struct arena *a)
{
	return comes_back(subject)
		   ? render_address(subject, EVENT_ADDRESS_BOUNCE, a)
		   : subject->sender->from_address;
}

/* Answers come by us, unless the partner wants them itself. */
static void
set_answers(const struct render_subject *subject, struct render_reader *to,
	    struct arena *a)
{
	to->reply_to = subject->sender->reply_to;
	if (!comes_back(subject) || partner_replies_direct(subject->partner))
		return;
	to->reply_to = render_address(subject, EVENT_ADDRESS_REPLY, a);
	to->reply_name = subject->sender->from_name;
}

/* ---- the message ---- */

/* A mail being made. */
struct letter {
	const struct render_subject *subject;
	const struct render_origin *origin;
	struct arena *a;
	struct buf out;
	struct render_mail mail;
	struct render_reader to;
	struct str unsubscribe; /* empty: answers somebody */
};

/* As printf("%.*s") would not: with a NUL and what is behind it. */
static struct str
join(struct arena *a, const struct str *parts, size_t count)
{
	struct buf b = { 0 };
	struct str joined;

	for (size_t i = 0; i < count; i++)
		buf_str(&b, parts[i]);
	joined = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return joined;
}

#define JOIN(a, ...)                                   \
	join((a), (const struct str[]){ __VA_ARGS__ }, \
	     COUNT_OF(((const struct str[]){ __VA_ARGS__ })))

static struct str
display_of(const struct render_reader *to, struct arena *a)
{
	return str_trim(JOIN(a, str_trim(to->given_name), STR(" "),
			     str_trim(to->family_name)));
}

static int
put_people(struct letter *l, struct error *err)
{
	const struct partner_sender *sender = l->subject->sender;

	if (mime_header_mailbox(&l->out, "From", sender->from_name,
				sender->from_address, err) < 0 ||
	    mime_header_mailbox(&l->out, "To", display_of(&l->to, l->a),
				l->to.receiver, err) < 0)
		return -(int)err->code;
	if (l->to.reply_to.len == 0)
		return 0;
	return mime_header_mailbox(&l->out, "Reply-To", l->to.reply_name,
				   l->to.reply_to, err);
}

static int
put_identity(struct letter *l, struct str subject, struct error *err)
{
	struct str id = JOIN(l->a, STR("<"), l->mail.message_id, STR(">"));

	if (mime_header(&l->out, "Subject", subject, err) < 0 ||
	    mime_header_raw(&l->out, "Date", render_date(l->subject, l->a),
			    err) < 0 ||
	    mime_header_raw(&l->out, "Message-ID", id, err) < 0)
		return -(int)err->code;
	return 0;
}

/* What receivers sort, report and opt out by; nothing personal is in it. */
static int
put_list(struct letter *l, struct error *err)
{
	struct str partner = l->subject->partner->slug;
	struct str domain = l->mail.domain;
	struct str list =
	    JOIN(l->a, STR("<news."), partner, STR("."), domain, STR(">"));
	struct str leave = JOIN(l->a, STR("<"), l->unsubscribe, STR(">"));
	struct str feedback = JOIN(l->a, l->origin->campaign, STR(":"), partner,
				   STR(":mail:"), domain);

	if (mime_header_raw(&l->out, "List-Id", list, err) < 0 ||
	    mime_header_raw(&l->out, "List-Unsubscribe", leave, err) < 0 ||
	    mime_header_raw(&l->out, "List-Unsubscribe-Post",
			    STR("List-Unsubscribe=One-Click"), err) < 0 ||
	    mime_header_raw(&l->out, "Feedback-ID", feedback, err) < 0)
		return -(int)err->code;
	return mime_header_raw(&l->out, "Precedence", STR("bulk"), err);
}

/* The second is Microsoft's word for the same. */
static int
put_automatic(struct letter *l, struct error *err)
{
	if (mime_header_raw(&l->out, "Auto-Submitted", STR("auto-generated"),
			    err) < 0)
		return -(int)err->code;
	return mime_header_raw(&l->out, "X-Auto-Response-Suppress", STR("All"),
			       err);
}

static int
check_content(const struct letter *l, const struct render_content *content,
	      struct error *err)
{
	const char *blank = NULL;

	if (str_trim(content->subject).len == 0)
		blank = "subject";
	else if (str_trim(content->html).len == 0)
		blank = "HTML";
	else if (str_trim(content->text).len == 0)
		blank = "text";
	if (blank)
		return error_set(err, ERROR_INVALID,
				 "mail with a blank %s, expected text", blank);
	if (l->unsubscribe.len == 0)
		return 0;
	if (render_footer_check(content->html, RENDER_HTML, l->subject->sender,
				l->unsubscribe, l->a, err) < 0)
		return -(int)err->code;
	return render_footer_check(content->text, RENDER_TEXT,
				   l->subject->sender, l->unsubscribe, l->a,
				   err);
}

static int
put_all(struct letter *l, const struct render_content *content,
	struct error *err)
{
	struct str boundary =
	    render_derive(l->subject, "boundary", RENDER_BOUNDARY_BYTES, l->a);

	if (check_content(l, content, err) < 0 || put_people(l, err) < 0 ||
	    put_identity(l, content->subject, err) < 0 ||
	    (l->unsubscribe.len ? put_list(l, err) : put_automatic(l, err)) < 0)
		return -(int)err->code;
	return mime_alternative(&l->out, boundary, content->text, content->html,
				err);
}

static int
make(struct letter *l, const struct render_content *content,
     struct render_mail *out, struct error *err)
{
	struct render_mail *mail = &l->mail;
	int code;

	mail->sender = render_envelope_sender(l->subject, l->a);
	mail->receiver = l->to.receiver;
	mail->domain = mime_address_domain(l->subject->sender->from_address);
	mail->message_id = message_id_of(l->subject, mail->domain, l->a);
	code = put_all(l, content, err);
	if (code < 0) {
		(void)error_context(err, "partner %.*s",
				    STR_ARG(l->subject->partner->slug));
	} else {
		mail->bytes = str_copy(l->a, buf_view(&l->out));
		*out = *mail;
	}
	buf_fini(&l->out);
	return code;
}

int
render_mail_make(const struct render_subject *subject,
		 const struct render_origin *origin,
		 const struct render_content *content, struct arena *a,
		 struct render_mail *out, struct error *err)
{
	struct letter l = { .subject = subject, .origin = origin, .a = a };
	const struct contact *contact = subject->contact;
	struct render_urls urls;

	render_check_subject(subject);
	check(subject->sender && contact);
	render_urls_of(subject, origin, a, &urls);
	l.unsubscribe = urls.unsubscribe;
	l.to = (struct render_reader){
		.receiver = contact->address,
		.given_name = contact->given_name,
		.family_name = contact->family_name,
	};
	set_answers(subject, &l.to, a);
	return make(&l, content, out, err);
}

int
render_mail_automatic(const struct render_subject *subject,
		      const struct render_origin *origin,
		      const struct render_content *content,
		      const struct render_reader *to, struct arena *a,
		      struct render_mail *out, struct error *err)
{
	struct letter l = {
		.subject = subject, .origin = origin, .a = a, .to = *to
	};

	render_check_subject(subject);
	check(subject->sender);
	return make(&l, content, out, err);
}
