/*
 * What follows from a person's answer, in the unit of dispatch_return.c.
 *
 *	the reply -> event -> what waits for them in this run is cancelled
 *	  -> the delivery that sends it on
 *
 * From its commit on the mail may be moved, or answered with 250: what they wrote
 * is in the store with a delivery that will bring it to the partner, under the
 * same promises as any other.
 *
 * A mail that comes twice may come by two ways, and each leaves its trace in the
 * header. So a reply is the same when Message-ID and body are; either alone is
 * not enough, for the one is the sender's to choose, and "Yes, please" is written
 * by many.
 */
#include "dispatch/dispatch_intake_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "dispatch/dispatch_priv.h"
#include "mime/mime_entity.h"

/* Line ends are those of whoever stored it. */
static void
hash_lines(struct crypto_hash *h, struct str text)
{
	struct str line;

	while (str_split(&text, '\r', &line))
		crypto_hash_add(h, line);
}

static void
identify(const struct return_mail *m, const struct outbox_delivery *answered,
	 uint8_t id[LEAD_REPLY_ID_BYTES])
{
	struct str mail = m->mail->bytes;
	struct str header = mime_entity_header(mail);
	size_t end = header.len ? (size_t)(header.p - mail.p) + header.len : 0;
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct crypto_hash h;

	crypto_hash_init(&h);
	crypto_hash_add(&h, (struct str){ (const char *)answered->id.bytes,
					  sizeof(answered->id.bytes) });
	crypto_hash_add(&h, mime_entity_field(m->a, mail, "Message-ID"));
	crypto_hash_add(&h, (struct str){ "", 1 });
	hash_lines(&h, str_slice(mail, end, mail.len));
	crypto_hash_end(&h, hash);
	memcpy(id, hash, LEAD_REPLY_ID_BYTES);
}

static int
put_on_way(struct db *db, const struct lead_reply *r, struct str *note,
	   struct arena *a, struct error *err)
{
	const struct outbox_key key = {
		.partner_id = r->partner_id,
		.activation_id = r->activation_id,
		.step = STR(LEAD_STEP_REPLY),
		.subject_kind = OUTBOX_REPLY,
		.subject = { (const char *)r->id, sizeof(r->id) },
		.channel = STR("email"),
	};
	struct outbox_id id = outbox_id_of(&key);
	struct buf hex = { 0 };

	encode_hex(&hex,
		   (struct str){ (const char *)id.bytes, sizeof(id.bytes) });
	*note = str_printf(a, "sent on by %.*s", STR_ARG(buf_view(&hex)));
	buf_fini(&hex);
	return outbox_put(db, &key, r->at_ms, err);
}

/*
 * They have answered: what is on its way to them in this run is not sent. What
 * comes after it, the campaign says.
 */
static int
leave_sequence(struct db *db, const struct lead_reply *r, struct error *err)
{
	const struct outbox_filter waiting = {
		.partner_id = r->partner_id,
		.activation_id = r->activation_id,
		.subject = person_hash_view(&r->person),
	};

	return gate_pass_over(db, &waiting, STR("replied"), r->at_ms, err) < 0
		   ? -(int)err->code
		   : 0;
}

static int
follow(struct db *db, const struct return_mail *m, const struct lead_reply *r,
       const struct outbox_delivery *answered, struct error *err)
{
	struct str note = STR("too large to be sent on");

	if (m->taken->kept == LEAD_REPLY_TOO_MANY)
		return 0;
	if (m->taken->kept == LEAD_REPLY_TAKEN &&
	    put_on_way(db, r, &note, m->a, err) < 0)
		return -(int)err->code;
	if (gate_note(db, EVENT_REPLIED, answered, note, r->at_ms, err) < 0)
		return -(int)err->code;
	return leave_sequence(db, r, err);
}

int
return_take_reply(struct db *db, const struct return_mail *m,
		  const struct outbox_delivery *answered, struct error *err)
{
	struct lead_reply r = {
		.partner_id = answered->id.partner_id,
		.activation_id = answered->key.activation_id,
		.delivery = answered->id,
		.at_ms = m->now_ms,
		.bytes = (int64_t)m->mail->bytes.len,
		.address = m->report->author,
		.name = m->report->author_name,
		.mail = m->mail->bytes,
	};
	int added;

	check(answered->key.subject.len == sizeof(r.person.bytes));
	memcpy(r.person.bytes, answered->key.subject.p, sizeof(r.person.bytes));
	identify(m, answered, r.id);
	added = lead_reply_put(db, &r, &m->taken->kept, err);
	m->taken->again = added == 0;
	if (added <= 0)
		return added;
	return follow(db, m, &r, answered, err) < 0 ? -(int)err->code : 1;
}
