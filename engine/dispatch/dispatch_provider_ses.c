/*
 * What Amazon SES says of a mail, be it as feedback of an identity or as events
 * of a configuration set: the two differ in the name of one member.
 *
 *	Bounce, Permanent	refused for good; also whom SES does not mail
 *				any more
 *	Bounce, Transient	late; but MessageTooLarge, ContentRejected and
 *				AttachmentRejected are about the mail
 *	Bounce, Undetermined	SES cannot tell: late
 *	Complaint		one, but for "not-spam" and for whom SES has
 *				not mailed because of an earlier one
 *	Delivery, Send, DeliveryDelay	it has left
 *
 * SES puts its own Message-ID into a mail; ours is among the headers that it
 * returns, which are there when events have them (a configuration set), or when
 * the identity was told to include them. The link to unsubscribe is there too.
 *
 * One message may name several recipients. Ours have one each.
 */
#include "dispatch/dispatch_provider_priv.h"

#include "base/arena.h"
#include "dispatch/dispatch_intake_priv.h"

enum { RECIPIENTS_MAX = 50 };

/* The headers and whose they are. */
struct returned {
	struct str id; /* of the notification */
	struct str message_id;
	struct str unsubscribe;
};

/* The first URL of <URL>, <URL> that is of the web. */
static struct str
web_url(struct str list)
{
	struct str part;

	while (str_split(&list, ',', &part)) {
		part = str_trim(part);
		if (str_starts(part, STR("<http")) && str_ends(part, STR(">")))
			return str_slice(part, 1, part.len - 1);
	}
	return (struct str){ 0 };
}

static void
read_headers(const struct js *mail, struct arena *a, struct returned *r)
{
	const struct js *headers = js_find(mail, "headers");

	for (size_t i = 0; i < js_count(headers); i++) {
		const struct js *h = js_at(headers, i);
		struct str name = provider_str(h, "name");

		if (str_eq_fold(name, STR("message-id")))
			r->message_id = provider_text(a, h, "value");
		else if (str_eq_fold(name, STR("list-unsubscribe")))
			r->unsubscribe = web_url(provider_text(a, h, "value"));
	}
	if (r->message_id.len == 0)
		r->message_id = provider_text(a, js_find(mail, "commonHeaders"),
					      "messageId");
}

/* ---- what it says ---- */

static enum event_return_class
class_of_bounce(const struct js *bounce, struct str status)
{
	static const char *const of_mail[] = { "MessageTooLarge",
					       "ContentRejected",
					       "AttachmentRejected" };
	struct str kind = provider_str(bounce, "bounceSubType");

	if (str_eq_cstr(provider_str(bounce, "bounceType"), "Permanent"))
		return return_class_for_good(status);
	for (size_t i = 0; i < COUNT_OF(of_mail); i++)
		if (str_eq_cstr(kind, of_mail[i]))
			return EVENT_RETURN_REFUSED;
	return EVENT_RETURN_SOFT;
}

static void
read_bounce(const struct js *bounce, const struct js *recipient,
	    struct arena *a, struct provider_event *e)
{
	e->said = provider_text(a, recipient, "diagnosticCode");
	e->status = provider_status(provider_text(a, recipient, "status"));
	if (e->status.len == 0)
		e->status = provider_status(e->said);
	e->kind = PROVIDER_RETURN;
	e->class = class_of_bounce(bounce, e->status);
}

static void
read_complaint(const struct js *complaint, struct provider_event *e)
{
	if (str_eq_cstr(provider_str(complaint, "complaintFeedbackType"),
			"not-spam"))
		return;
	e->kind = PROVIDER_RETURN;
	e->class = str_eq_cstr(provider_str(complaint, "complaintSubType"),
			       "OnAccountSuppressionList")
		       ? EVENT_RETURN_HARD
		       : EVENT_RETURN_COMPLAINT;
}

/* ---- each recipient ---- */

/* Where a kind of event has what it says, and whom it says it of. */
static const struct kind {
	const char *name;
	const char *about;
	const char *recipients;
} kinds[] = {
	{ "Bounce", "bounce", "bouncedRecipients" },
	{ "Complaint", "complaint", "complainedRecipients" },
	{ "Delivery", "delivery", "recipients" },
	{ "DeliveryDelay", "deliveryDelay", "delayedRecipients" },
	{ "Send", "mail", "destination" },
};

enum { BOUNCE, COMPLAINT };

static void
read_recipient(const struct kind *kind, const struct js *about,
	       const struct js *recipient, const struct returned *r,
	       struct provider_news *news)
{
	struct provider_event *e = provider_next(news);
	struct str plain = { 0 };
	struct arena *a = news->a;

	e->recipient = provider_text(a, recipient, "emailAddress");
	if (js_as_str(recipient, &plain))
		e->recipient = provider_line(a, plain);
	e->message_id = r->message_id;
	e->unsubscribe = r->unsubscribe;
	if (kind == &kinds[BOUNCE])
		read_bounce(about, recipient, a, e);
	else if (kind == &kinds[COMPLAINT])
		read_complaint(about, e);
	if (r->id.len > 0 && e->recipient.len > 0)
		e->id = str_printf(a, "%.*s %.*s", STR_ARG(r->id),
				   STR_ARG(e->recipient));
	provider_end(news, e);
}

static void
read_all(const struct kind *kind, const struct js *doc, struct returned *r,
	 struct provider_news *news)
{
	const struct js *about = js_find(doc, kind->about);
	const struct js *recipients = js_find(about, kind->recipients);
	size_t count = js_count(recipients);
	struct error ignored;

	if (!recipients || count == 0 || count > RECIPIENTS_MAX ||
	    provider_room(news, count, &ignored) < 0) {
		news->malformed++;
		return;
	}
	read_headers(js_find(doc, "mail"), news->a, r);
	for (size_t i = 0; i < count; i++)
		if (js_at(recipients, i))
			read_recipient(kind, about, js_at(recipients, i), r,
				       news);
}

void
provider_read_ses(struct str message, struct str id, struct provider_news *news)
{
	struct returned r = { .id = id };
	struct error ignored;
	struct str name;
	struct js *doc;

	/* It says in plain words that a topic was named to it. */
	if (js_parse(message, &doc, &ignored) < 0) {
		news->malformed++;
		return;
	}
	name = provider_str(doc, "eventType");
	if (name.len == 0)
		name = provider_str(doc, "notificationType");
	for (size_t i = 0; i < COUNT_OF(kinds); i++)
		if (str_eq_cstr(name, kinds[i].name))
			read_all(&kinds[i], doc, &r, news);
	if (name.len == 0)
		news->malformed++;
	js_free(&doc);
}
