/*
 * Which renderer makes which delivery.
 *
 * A failure is of one of two kinds, and the code tells which. What an input
 * lacks (INVALID, NOT_FOUND, LIMIT, DENIED) will lack tomorrow too: the
 * delivery is held with the reason, for somebody to put right. All else is the
 * store's or the machine's, and passes.
 *
 * The message outlives the profile it was made of, so what it borrows is
 * copied into its arena.
 */
#include "dispatch/dispatch_make.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "dispatch/dispatch_make_priv.h"

_Static_assert((int)DB_SECRET_BYTES == (int)RENDER_MESSAGE_KEY_BYTES,
	       "a secret is a key");

static const char SECRET_NAME[] = "message";

int
make_message_key(struct db_store *store, uint8_t key[RENDER_MESSAGE_KEY_BYTES],
		 struct error *err)
{
	/* The first generation for ever: a Message-ID is one for ever. */
	if (db_secret(store, SECRET_NAME, key, err) >= 0 &&
	    db_secret_get(store, SECRET_NAME, 1, key, err) >= 0)
		return 0;
	crypto_wipe(key, RENDER_MESSAGE_KEY_BYTES);
	return error_context(err, "message key");
}

/* ---- open and close ---- */

int
dispatch_maker_open(struct dispatch_maker **out, struct db_store *store,
		    struct render_kits *kits, const struct event_keys *keys,
		    struct error *err)
{
	struct dispatch_maker *m = calloc(1, sizeof(*m));

	check(m);
	m->store = store;
	m->kits = kits;
	m->keys = keys;
	if (make_message_key(store, m->message_key, err) < 0) {
		free(m);
		return -(int)err->code;
	}
	check(pthread_mutex_init(&m->mutex, NULL) == 0);
	*out = m;
	return 0;
}

void
dispatch_maker_close(struct dispatch_maker **maker)
{
	struct dispatch_maker *m = *maker;

	if (!m)
		return;
	profiles_clear(m);
	signers_clear(m);
	check(pthread_mutex_destroy(&m->mutex) == 0);
	crypto_wipe(m->message_key, sizeof(m->message_key));
	free(m);
	*maker = NULL;
}

/* ---- making ---- */

/* As in the address that it comes back to (VERP), whether it has one or not. */
static struct str
tag_of(const struct making *m)
{
	const struct outbox_delivery *d = m->delivery;
	struct event_address address = { .kind = EVENT_ADDRESS_BOUNCE,
					 .partner_id = d->id.partner_id };
	struct buf b = { 0 };
	struct str tag;

	memcpy(address.delivery, d->id.bytes, sizeof(address.delivery));
	event_address_make(m->maker->keys, (int)d->key_id, &address, &b);
	tag = str_copy(m->a, buf_view(&b));
	buf_fini(&b);
	return tag;
}

int
make_mail(struct making *m, const struct render_mail *mail, struct error *err)
{
	if (sign_mail(m, mail, &m->out->bytes, err) < 0)
		return -(int)err->code;
	m->out->sender = str_copy(m->a, mail->sender);
	m->out->receiver = str_copy(m->a, mail->receiver);
	m->out->domain = str_copy(m->a, mail->domain);
	m->out->tag = tag_of(m);
	return 1;
}

/* The step of the kit, of the right kind. */
static int
find_step(const struct dispatch_subject *s, struct str id,
	  enum campaign_step_kind kind, const struct campaign_step **step,
	  struct error *err)
{
	*step = campaign_step_find(render_kit_campaign(s->kit), id);
	if (*step && (*step)->kind == kind)
		return 0;
	return error_set(err, ERROR_NOT_FOUND,
			 "campaign %.*s has no %s %.*s in this revision",
			 STR_ARG(s->subject.activation->campaign),
			 kind == CAMPAIGN_EMAIL ? "email" : "post",
			 STR_ARG(id));
}

static int
render_mail_of(struct arena *a, const struct outbox_delivery *d,
	       const struct dispatch_subject *s, struct render_content *content,
	       struct render_mail *mail, struct error *err)
{
	const struct campaign_step *step;

	if (!s->subject.contact)
		return error_set(err, ERROR_NOT_FOUND,
				 "the contact is not on the list any more");
	if (!s->subject.sender)
		return error_set(err, ERROR_NOT_FOUND,
				 "partner %.*s has no sender",
				 STR_ARG(s->subject.partner->slug));
	if (find_step(s, d->key.step, CAMPAIGN_EMAIL, &step, err) < 0)
		return -(int)err->code;
	return render_kit_mail(s->kit, step, &s->subject, a, content, mail,
			       err);
}

static int
make_person(struct making *m, struct error *err)
{
	struct render_content content;
	struct render_mail mail;

	if (render_mail_of(m->a, m->delivery, m->about, &content, &mail, err) <
	    0)
		return -(int)err->code;
	return make_mail(m, &mail, err);
}

static int
make_post(struct making *m, struct error *err)
{
	struct str channel = m->delivery->key.channel;
	const struct campaign_step *step;
	struct render_post post;

	if (find_step(m->about, m->delivery->key.step, CAMPAIGN_POST, &step,
		      err) < 0 ||
	    render_kit_post(m->about->kit, step, channel, &m->about->subject,
			    m->a, &post, err) < 0)
		return -(int)err->code;
	m->out->receiver = channel;
	m->out->bytes = post.json;
	return 1;
}

/* The campaign's word for what it sends; mail about a lead stays in doubt. */
static enum outbox_policy
policy_of(const struct render_kit *kit)
{
	switch (render_kit_campaign(kit)->on_unknown) {
	case CAMPAIGN_RESEND:
		return OUTBOX_POLICY_RESEND;
	case CAMPAIGN_ASSUME_SENT:
		return OUTBOX_POLICY_ASSUME_SENT;
	case CAMPAIGN_HOLD:
		break;
	}
	return OUTBOX_POLICY_HOLD;
}

static int
make_known(struct making *m, struct error *err)
{
	const struct outbox_key *key = &m->delivery->key;

	m->out->revision = str_copy(m->a, m->about->revision);
	if (key->subject_kind == OUTBOX_LEAD)
		return make_of_lead(m, err);
	if (key->subject_kind == OUTBOX_REPLY)
		return make_of_reply(m, err);
	if (key->subject_kind == OUTBOX_NOTICE)
		return make_of_notice(m, err);
	if (!m->about->kit) {
		*err = ((struct profile *)m->about->profile)->kit_error;
		return -(int)err->code;
	}
	m->out->policy = policy_of(m->about->kit);
	if (key->subject_kind == OUTBOX_PERSON &&
	    str_eq_cstr(key->channel, "email"))
		return make_person(m, err);
	if (key->subject_kind == OUTBOX_ACCOUNT)
		return make_post(m, err);
	return error_set(err, ERROR_INVALID,
			 "nothing is made for channel %.*s of this subject",
			 STR_ARG(key->channel));
}

static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *err)
{
	const struct outbox_delivery *d = order->delivery;
	const struct dispatch_whom whom = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = d,
		.contact = order->contact,
	};
	struct dispatch_subject about;
	struct making m = {
		.maker = arg,
		.a = a,
		.db = db,
		.delivery = d,
		.about = &about,
		.out = out,
	};
	int got = subject_load(m.maker, a, db, &whom, &about, err);

	if (got >= 0) {
		got = make_at_this_hour(&m, order->now_ms, err);
		if (got == DISPATCH_MADE)
			got = make_known(&m, err);
		dispatch_subject_release(m.maker, &about);
	}
	return got < 0 && error_stays(err) ? DISPATCH_HELD : got;
}

struct dispatch_source
dispatch_maker_source(struct dispatch_maker *maker)
{
	return (struct dispatch_source){ .make = make, .arg = maker };
}

/* ---- the web ---- */

int
dispatch_view(struct dispatch_maker *maker, struct arena *a, struct db *db,
	      const struct outbox_delivery *d, struct str *html,
	      struct error *err)
{
	const struct dispatch_whom whom = {
		.partner_id = d->key.partner_id,
		.activation_id = d->key.activation_id,
		.delivery = d,
	};
	struct dispatch_subject about;
	struct render_content content;
	struct render_mail mail;
	int code;

	if (d->key.subject_kind != OUTBOX_PERSON ||
	    !str_eq_cstr(d->key.channel, "email"))
		return error_set(err, ERROR_NOT_FOUND, "no mail to a contact");
	if (dispatch_subject_load(maker, a, db, &whom, &about, err) < 0)
		return -(int)err->code;
	code = render_mail_of(a, d, &about, &content, &mail, err);
	if (code >= 0)
		*html = str_copy(a, content.html);
	dispatch_subject_release(maker, &about);
	return code < 0 ? code : 0;
}
