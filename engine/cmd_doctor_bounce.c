/*
 * Mails that are sent to be refused. They leave as any other mail does, but out
 * of a store of their own that is gone afterwards: so they are in no count of
 * deliveries and use up no limit. What is kept of them is a row each.
 *
 * The row is there before the mail leaves; of one that did not leave it says
 * so. One whose reply was lost may have left, and is waited for.
 */
#include "cmd_doctor_bounce.h"

#include <string.h>

#include "base/arena.h"
#include "base/random.h"
#include "cmd.h"
#include "cmd_scratch.h"
#include "dispatch/dispatch.h"
#include "doctor/doctor_probe.h"
#include "event/event.h"
#include "mime/mime.h"
#include "outbox/outbox.h"
#include "render/render.h"

enum { RUN = 1 };

struct bounce {
	struct doctor_probe probe;
	const struct doctor_envelope *envelope;
	struct outbox_key key; /* in the scratch store */
	struct outbox_delivery end;
};

struct bounces {
	struct app *app;
	struct event_keys *keys;
	const char *mail;
	struct bounce *items;
	int count;
	int64_t now_ms;
};

/* ---- which ---- */

static void
add(struct bounces *b, const struct doctor_sender *s,
    const struct doctor_envelope *e, struct str to)
{
	struct bounce *x = &b->items[b->count++];

	x->envelope = e;
	x->probe = (struct doctor_probe){
		.domain = s->domain,
		.envelope = e->domain,
		.to = to,
		.sent_ms = b->now_ms,
	};
	random_bytes(x->probe.id, sizeof(x->probe.id));
	x->key = (struct outbox_key){
		.activation_id = RUN,
		.step = STR("bounce"),
		.subject_kind = OUTBOX_USER,
		.subject = { (const char *)x->probe.id, sizeof(x->probe.id) },
		.channel = STR("email"),
	};
}

static int
gather(struct bounces *b, const struct bounce_order *order, struct error *err)
{
	struct arena *a = b->app->arena;
	size_t total = 0;
	struct str to;

	if (mime_address_normalise(a, str_of(order->to), &to, err) < 0)
		return error_context(err, "--bounce");
	if (!order->mail)
		return error_set(err, ERROR_CONFIG,
				 "--bounce without a relay, expected --mail "
				 "URL or GUIDON_MAIL");
	for (int i = 0; i < order->count; i++)
		total += order->senders[i].envelope_count;
	b->items = ARENA_ARRAY(a, total, struct bounce);
	for (int i = 0; i < order->count; i++)
		for (size_t j = 0; j < order->senders[i].envelope_count; j++)
			add(b, &order->senders[i],
			    &order->senders[i].envelopes[j], to);
	return 0;
}

/* ---- what is kept ---- */

static int
put_unit(struct db *db, void *arg, struct error *err)
{
	const struct bounces *b = arg;

	for (int i = 0; i < b->count; i++)
		if (doctor_probe_put(db, &b->items[i].probe, err) < 0)
			return -(int)err->code;
	return 0;
}

static bool
may_have_left(const struct bounce *x)
{
	return x->end.state == OUTBOX_SENT || x->end.state == OUTBOX_INDOUBT;
}

static int
conclude_unit(struct db *db, void *arg, struct error *err)
{
	const struct bounces *b = arg;

	for (int i = 0; i < b->count; i++) {
		const struct bounce *x = &b->items[i];
		struct str why = x->end.status.len > 0
				     ? x->end.status
				     : STR("it did not leave");

		if (!may_have_left(x) &&
		    doctor_probe_refuse(db, x->probe.id, why, b->now_ms, err) <
			0)
			return -(int)err->code;
	}
	return 0;
}

/* ---- sending ---- */

static const struct bounce *
bounce_of(const struct bounces *b, const struct outbox_delivery *d)
{
	for (int i = 0; i < b->count; i++)
		if (str_eq(b->items[i].key.subject, d->key.subject))
			return &b->items[i];
	check(false);
	return NULL;
}

/* A domain that nobody sends from yet has a postmaster (RFC 2142). */
static struct str
from_of(const struct bounce *x, struct arena *a)
{
	return x->envelope->from.len > 0
		   ? x->envelope->from
		   : str_printf(a, "postmaster@%.*s", STR_ARG(x->probe.domain));
}

static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *err)
{
	const struct bounces *b = arg;
	const struct bounce *x = bounce_of(b, order->delivery);
	const struct render_probe probe = {
		.id = x->probe.id,
		.from = from_of(x, a),
		.bounces = x->envelope->bounces,
		.to = x->probe.to,
		.at_ms = x->probe.sent_ms,
	};
	struct render_mail mail;

	(void)db;
	if (render_probe_make(b->keys, &probe, a, &mail, err) < 0)
		return DISPATCH_HELD;
	out->sender = mail.sender;
	out->receiver = mail.receiver;
	out->bytes = mail.bytes;
	out->domain = mail.domain;
	out->tag = str_slice(mail.message_id, 0, EVENT_ADDRESS_CHARS);
	out->revision = STR("00000000000000000000000000000000");
	return DISPATCH_MADE;
}

/* Somebody whom the deliveries of the scratch store are of. */
static int
put_deliveries_unit(struct db *db, void *arg, struct error *err)
{
	struct bounces *b = arg;
	struct partner nobody = { .slug = STR("bounce") };
	struct activation run = {
		.id = RUN,
		.campaign = STR("bounce"),
		.revision = STR("00000000000000000000000000000000"),
		.parameters = STR("{}"),
		.start_ms = b->now_ms,
	};

	if (partner_put(db, &nobody, b->now_ms, err) < 0)
		return -(int)err->code;
	run.partner_id = nobody.id;
	if (activation_start(db, &run, b->now_ms, err) < 0)
		return -(int)err->code;
	for (int i = 0; i < b->count; i++) {
		b->items[i].key.partner_id = nobody.id;
		if (outbox_put(db, &b->items[i].key, b->now_ms, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
find_ends(struct bounces *b, struct db *db, struct error *err)
{
	for (int i = 0; i < b->count; i++) {
		struct outbox_id id = outbox_id_of(&b->items[i].key);

		if (outbox_find(db, b->app->arena, &id, &b->items[i].end, err) <
		    0)
			return -(int)err->code;
	}
	return 0;
}

static int
send_from(struct app *scratch, struct bounces *b, struct error *err)
{
	const struct dispatch_config config = {
		.store = scratch->store,
		.clock = &scratch->clock,
		.transport = b->mail,
		.source = { .make = make, .arg = b },
		.key_id = 1,
		.worker_count = 1,
		.batch = 1,
	};
	struct dispatch *d;
	int64_t sent;
	struct error ignored;

	if (db_commit(scratch->store, put_deliveries_unit, b, err) < 0 ||
	    dispatch_open(&d, &config, err) < 0)
		return -(int)err->code;
	sent = dispatch_once(d, err);
	dispatch_close(&d);
	if (sent < 0) {
		(void)find_ends(b, scratch->db, &ignored);
		return (int)sent;
	}
	return find_ends(b, scratch->db, err);
}

static int
send_all(struct bounces *b, struct error *err)
{
	struct app scratch;
	int code;

	/* What is virtual sends nothing away: dispatch_open(). */
	if (scratch_open(&scratch, b->app,
			 b->app->clock.is_virtual ? b->now_ms : -1, err) < 0)
		return -(int)err->code;
	code = send_from(&scratch, b, err);
	scratch_close(&scratch);
	return code;
}

int
bounce_send(struct app *app, const struct bounce_order *order,
	    struct error *err)
{
	struct bounces b = {
		.app = app,
		.mail = order->mail,
		.now_ms = app_now_ms(app),
	};
	struct error failed;
	int code;

	if (gather(&b, order, err) < 0 ||
	    event_keys_open(&b.keys, app->store, err) < 0)
		return -(int)err->code;
	code = db_commit(app->store, put_unit, &b, err);
	if (code >= 0) {
		code = send_all(&b, err);
		if (db_commit(app->store, conclude_unit, &b, &failed) < 0 &&
		    code >= 0) {
			*err = failed;
			code = -(int)failed.code;
		}
	}
	event_keys_free(&b.keys);
	return code < 0 ? error_context(err, "--bounce") : 0;
}
