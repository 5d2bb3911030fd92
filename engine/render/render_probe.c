/*
 * The mail that is sent to be refused. It is of no campaign and for no person,
 * so it has no link and nothing is said about opting out; who reads it after
 * all is told why it came.
 *
 * The tag is in its Message-ID too: a sender without `bounces` has mail come
 * back to an address that says nothing, and what returns its headers shows it
 * all the same.
 */
#include "render/render_priv.h"

#include <string.h>

#include "base/arena.h"
#include "mime/mime.h"

static const char words[] =
    "This mail was sent to be refused. It finds out whether word of a mail\n"
    "that cannot be delivered comes back to its sender. If you read it, the\n"
    "address takes mail: nothing is to be done, and no more will follow.\n";

static struct str
tag_of(const struct event_keys *keys, const struct outbox_delivery *d,
       struct arena *a)
{
	struct event_address address = { .kind = EVENT_ADDRESS_PROBE,
					 .partner_id = d->id.partner_id };
	struct buf b = { 0 };
	struct str tag;

	memcpy(address.delivery, d->id.bytes, sizeof(address.delivery));
	event_address_make(keys, (int)d->key_id, &address, &b);
	tag = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return tag;
}

static int
put_all(struct buf *b, const struct render_subject *subject,
	const struct render_probe *p, const struct render_mail *mail,
	struct arena *a, struct error *err)
{
	struct str id = str_printf(a, "<%.*s>", STR_ARG(mail->message_id));

	if (mime_header_mailbox(b, "From", STR(""), p->from, err) < 0 ||
	    mime_header_mailbox(b, "To", STR(""), p->to, err) < 0 ||
	    mime_header(b, "Subject", STR("Does a bounce come back?"), err) <
		0 ||
	    mime_header_raw(b, "Date", render_date(subject, a), err) < 0 ||
	    mime_header_raw(b, "Message-ID", id, err) < 0)
		return -(int)err->code;
	buf_cat(b, "MIME-Version: 1.0\r\n");
	if (mime_text(b, str_of(words), err) < 0)
		return -(int)err->code;
	return mime_check_canonical(buf_view(b), err);
}

int
render_probe_make(const struct event_keys *keys, const struct render_probe *p,
		  struct arena *a, struct render_mail *out, struct error *err)
{
	const struct partner_sender sender = { .from_address = p->from,
					       .bounces = p->bounces };
	struct outbox_delivery d = { .key_id = event_keys_newest(keys),
				     .date_ms = p->at_ms };
	const struct render_subject subject = { .sender = &sender,
						.delivery = &d,
						.keys = keys };
	struct buf b = { 0 };
	int code;

	memcpy(d.id.bytes, p->id, sizeof(d.id.bytes));
	out->domain = mime_address_domain(p->from);
	out->sender = p->bounces.len > 0
			  ? render_address(&subject, EVENT_ADDRESS_PROBE, a)
			  : p->from;
	out->receiver = p->to;
	out->message_id = str_printf(
	    a, "%.*s@%.*s", STR_ARG(tag_of(keys, &d, a)), STR_ARG(out->domain));
	code = put_all(&b, &subject, p, out, a, err);
	if (code >= 0)
		out->bytes = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return code < 0 ? error_context(err, "a mail to be refused") : 0;
}
