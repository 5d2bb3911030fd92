/*
 * What is made of a reply: the mail that brings it to the partner.
 *
 * Whom to answer is who wrote it. An address that we cannot write down (a quoted
 * local part, one that needs SMTPUTF8) gives way to the one the campaign's mail
 * was sent to, which reached them.
 */
#include "dispatch/dispatch_make_priv.h"

#include "base/arena.h"
#include "lead/lead_reply.h"
#include "mime/mime.h"

static int
find_writer(struct making *m, const struct lead_reply *r, struct str *out,
	    struct error *err)
{
	struct contact contact;
	struct error ignored;
	int got;

	if (mime_address_normalise(m->a, r->address, out, &ignored) >= 0)
		return 0;
	got =
	    contact_find(m->db, m->a, r->partner_id, &r->person, &contact, err);
	if (got < 0)
		return got;
	*out = got > 0 ? contact.address : (struct str){ 0 };
	return out->len > 0 ? 0
			    : error_set(err, ERROR_NOT_FOUND,
					"who wrote the reply is not known");
}

static int
find_answered(struct making *m, const struct lead_reply *r,
	      struct render_origin *origin, struct error *err)
{
	const struct campaign *c = render_kit_campaign(m->about->kit);
	struct outbox_delivery answered;
	int got = outbox_find(m->db, m->a, &r->delivery, &answered, err);

	if (got <= 0)
		return got < 0
			   ? got
			   : error_set(err, ERROR_NOT_FOUND,
				       "the mail that was answered is gone");
	*origin = (struct render_origin){
		.site = c->workspace->site,
		.brand = c->brand->id,
		.campaign = c->id,
		.step = answered.key.step,
	};
	return 0;
}

int
make_of_reply(struct making *m, struct error *err)
{
	const struct outbox_key *key = &m->delivery->key;
	struct render_subject subject = m->about->subject;
	struct render_origin origin;
	struct render_reply shown;
	struct render_mail mail;
	struct lead_reply reply;
	struct partner fresh;

	subject.contact = NULL;
	if (lead_reply_get(m->db, m->a, key->partner_id, key->subject, &reply,
			   err) < 0)
		return -(int)err->code;
	if (reply.mail.len == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "what was written is not here any more");
	if (make_check_told(m, &fresh, &subject, err) < 0 ||
	    make_check_kit(m, err) < 0 ||
	    find_answered(m, &reply, &origin, err) < 0 ||
	    find_writer(m, &reply, &shown.address, err) < 0)
		return -(int)err->code;
	shown.mail = reply.mail;
	shown.name = reply.name;
	shown.receiver = partner_reply_address(subject.partner);
	shown.answered = reply.delivery.bytes;
	if (render_reply_make(&subject, &origin, &shown, m->a, &mail, err) < 0)
		return -(int)err->code;
	return make_mail(m, &mail, err);
}
