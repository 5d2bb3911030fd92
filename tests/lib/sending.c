#include "sending.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "outbox/outbox_queue.h"

enum { ROWS_MAX = 1 << 20, CONTACTS_A_UNIT = 100 };

static const char no_revision[32];
static const struct outbox_filter all = { .partner_id = -1 };

static void
must(int64_t result, const char *what, const struct error *err)
{
	if (result >= 0)
		return;
	fprintf(stderr, "sending: %s: %s\n", what, err->text);
	abort();
}

void
sending_open(struct sending *s, const char *url)
{
	static const uint8_t master[DB_MASTER_BYTES] = { 1 };
	const struct db_schema *const schemas[] = {
		&db_note_schema,
		&partner_schema,
		&outbox_schema,
		&event_schema,
	};
	struct error err;

	crypto_init();
	*s = (struct sending){ 0 };
	must(db_store_open(&s->store, url, &err), "open", &err);
	must(db_secrets_open(s->store, master, &err), "secrets", &err);
	must(db_migrate(s->store, schemas, COUNT_OF(schemas), &err), "migrate",
	     &err);
	must(partner_pepper_open(&s->pepper, s->store, &err), "pepper", &err);
}

void
sending_close(struct sending *s)
{
	partner_pepper_free(&s->pepper);
	db_store_close(&s->store);
}

/* ---- people ---- */

struct group {
	struct sending *s;
	int partner;
	int first; /* contact */
	int count;
	const char *step;
	int64_t due_ms;
};

int64_t
sending_activation(const struct sending *s, int partner)
{
	return s->partner_id[partner] * 1000;
}

static struct str
address_of(const struct sending *s, struct arena *a, int partner, int contact)
{
	return str_printf(a, "p%d-c%d@example.org", s->is_shared ? 0 : partner,
			  contact);
}

struct person_hash
sending_person(const struct sending *s, int partner, int contact)
{
	struct arena *a = arena_new();
	struct str address = address_of(s, a, partner, contact);
	struct person_hash person = partner_person(s->pepper, address);

	arena_free(&a);
	return person;
}

static int
partner_unit(struct db *db, void *arg, struct error *err)
{
	const struct group *g = arg;
	struct arena *a = arena_new();
	struct partner p = {
		.slug = str_printf(a, "partner-%d", g->partner),
		.company = STR("Company"),
		.language = STR("en"),
		.time_zone = STR("Europe/Berlin"),
		.attributes = STR("{}"),
	};
	struct partner old;
	int code = partner_find(db, a, p.slug, &old, err);

	if (code > 0)
		p.id = old.id;
	if (code == 0 && (code = partner_put(db, &p, 1, err)) >= 0)
		code = activation_start(
		    db,
		    &(struct activation){
			.partner_id = p.id,
			.id = p.id * 1000,
			.campaign = STR("spring"),
			.revision = { no_revision, sizeof(no_revision) },
			.parameters = STR("{}"),
			.start_ms = 1,
		    },
		    1, err);
	g->s->partner_id[g->partner] = p.id;
	arena_free(&a);
	return code;
}

static int
contacts_unit(struct db *db, void *arg, struct error *err)
{
	const struct group *g = arg;
	struct arena *a = arena_new();
	int code = 0;

	for (int i = g->first; i < g->first + g->count && code >= 0; i++) {
		struct contact c = {
			.partner_id = g->s->partner_id[g->partner],
			.address = address_of(g->s, a, g->partner, i),
			.attributes = STR("{}"),
			.consent = CONSENT_GIVEN,
			.consent_basis = STR("opt-in"),
			.consent_source = STR("test"),
			.consent_ms = 1,
		};

		c.person = partner_person(g->s->pepper, c.address);
		code = contact_put(db, &c, 1, err);
	}
	arena_free(&a);
	return code;
}

/* unit(group) for all contacts of all partners. */
static void
for_all(struct sending *s, db_unit_fn *unit, const struct group *what)
{
	struct group g = *what;
	struct error err;

	for (g.partner = 0; g.partner < s->partners; g.partner++)
		for (g.first = 0; g.first < s->contacts;
		     g.first += CONTACTS_A_UNIT) {
			g.count = s->contacts - g.first < CONTACTS_A_UNIT
				      ? s->contacts - g.first
				      : CONTACTS_A_UNIT;
			must(db_commit(s->store, unit, &g, &err), "set up",
			     &err);
		}
}

void
sending_people(struct sending *s, int partners, int contacts)
{
	struct group g = { .s = s };
	struct error err;

	check(partners <= SENDING_PARTNERS_MAX);
	s->partners = partners;
	s->contacts = contacts;
	for (g.partner = 0; g.partner < partners; g.partner++)
		must(db_commit(s->store, partner_unit, &g, &err), "partner",
		     &err);
	for_all(s, contacts_unit, &g);
}

/* ---- deliveries ---- */

static struct outbox_key
key_of(const struct sending *s, int partner, const char *step,
       const struct person_hash *person)
{
	return (struct outbox_key){
		.partner_id = s->partner_id[partner],
		.activation_id = sending_activation(s, partner),
		.step = str_of(step),
		.subject_kind = OUTBOX_PERSON,
		.subject = person_hash_view(person),
		.channel = STR("email"),
	};
}

static int
put_unit(struct db *db, void *arg, struct error *err)
{
	const struct group *g = arg;

	for (int i = g->first; i < g->first + g->count; i++) {
		struct person_hash person = sending_person(g->s, g->partner, i);
		struct outbox_key key =
		    key_of(g->s, g->partner, g->step, &person);

		if (outbox_put(db, &key, g->due_ms, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

void
sending_put(struct sending *s, const char *step, int64_t due_ms)
{
	for_all(s, put_unit,
		&(struct group){ .s = s, .step = step, .due_ms = due_ms });
}

struct one {
	struct outbox_key key;
	int64_t due_ms;
};

static int
put_one_unit(struct db *db, void *arg, struct error *err)
{
	const struct one *one = arg;

	return outbox_put(db, &one->key, one->due_ms, err);
}

struct outbox_id
sending_put_one(struct sending *s, int partner, int contact, const char *step,
		const char *channel, int64_t due_ms)
{
	struct person_hash person = sending_person(s, partner, contact);
	struct one one = {
		.key = key_of(s, partner, step, &person),
		.due_ms = due_ms,
	};
	struct error err;

	one.key.channel = str_of(channel);
	if (strcmp(channel, "email") != 0) {
		one.key.subject_kind = OUTBOX_ACCOUNT;
		one.key.subject = STR("acme");
	}
	must(db_commit(s->store, put_one_unit, &one, &err), "put", &err);
	return outbox_id_of(&one.key);
}

/* ---- opting out ---- */

struct opt_out {
	struct arena *arena;
	struct arena_mark mark;
	int64_t partner_id;
	struct person_hash person;
	int64_t now_ms;
	struct outbox_delivery *before;
};

static int
opt_out_unit(struct db *db, void *arg, struct error *err)
{
	struct opt_out *o = arg;
	const struct outbox_filter filter = {
		.partner_id = o->partner_id,
		.subject = person_hash_view(&o->person),
	};
	const struct event event = {
		.kind = EVENT_UNSUBSCRIBED,
		.at_ms = o->now_ms,
		.partner_id = o->partner_id,
	};

	arena_rewind(o->arena, o->mark);
	/* The lock first: what is read then stands still. */
	if (partner_suppress(db, SUPPRESSION_PARTNER, o->partner_id, &o->person,
			     STR("asked to"), o->now_ms, err) < 0 ||
	    event_append(db, &event, err) < 0)
		return -(int)err->code;
	return outbox_list(db, o->arena, &filter, -1, ROWS_MAX, &o->before,
			   err);
}

int
sending_opt_out(struct sending *s, struct arena *a, int64_t partner_id,
		const struct person_hash *person, int64_t now_ms,
		struct outbox_delivery **before)
{
	struct opt_out o = {
		.arena = a,
		.mark = arena_mark(a),
		.partner_id = partner_id,
		.person = *person,
		.now_ms = now_ms,
	};
	struct error err;
	int count = db_commit(s->store, opt_out_unit, &o, &err);

	must(count, "opt out", &err);
	*before = o.before;
	return count;
}

/* ---- messages ---- */

static struct str
hex_of(struct arena *a, const struct outbox_id *id)
{
	struct buf hex = { 0 };
	struct str text;

	encode_hex(&hex,
		   (struct str){ (const char *)id->bytes, sizeof(id->bytes) });
	text = str_copy(a, buf_view(&hex));
	buf_fini(&hex);
	return text;
}

struct str
sending_message_id(struct arena *a, const struct outbox_id *id)
{
	return str_printf(a, "%.*s@mail.northwind.example",
			  STR_ARG(hex_of(a, id)));
}

static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *err)
{
	const struct outbox_delivery *delivery = order->delivery;
	struct str id = sending_message_id(a, &delivery->id);

	(void)db;
	(void)err;
	if (arg)
		out->policy = *(const enum outbox_policy *)arg;
	out->sender = STR("acme@mail.northwind.example");
	out->receiver = str_printf(a, "%.*s@example.org",
				   STR_ARG(hex_of(a, &delivery->id)));
	out->domain = STR("mail.northwind.example");
	out->revision = (struct str){ no_revision, sizeof(no_revision) };
	out->bytes = str_printf(a,
				"Message-ID: <%.*s>\r\n"
				"Date: Fri, 15 Jan 2027 08:00:00 +0000\r\n"
				"From: <acme@mail.northwind.example>\r\n"
				"To: <%.*s>\r\n"
				"Subject: %.*s\r\n"
				"\r\n"
				"One design for the whole army.\r\n",
				STR_ARG(id), STR_ARG(out->receiver),
				STR_ARG(delivery->key.step));
	return 1;
}

const struct dispatch_source sending_source = { .make = make };

struct dispatch_source
sending_source_of(enum outbox_policy policy)
{
	static enum outbox_policy policies[OUTBOX_POLICY_COUNT];

	policies[policy] = policy;
	return (struct dispatch_source){ .make = make,
					 .arg = &policies[policy] };
}

/* ---- looking ---- */

static struct db *
reader_of(struct sending *s)
{
	struct error err;
	struct db *db;

	must(db_reader(s->store, &db, &err), "reader", &err);
	return db;
}

static int
resume_unit(struct db *db, void *arg, struct error *err)
{
	const int64_t *now_ms = arg;
	struct arena *a = arena_new();
	struct outbox_queue *closed;
	int count = outbox_queue_closed(db, a, *now_ms, &closed, err);
	int code = count;

	for (int i = 0; i < count && code >= 0; i++)
		code = outbox_queue_open(db, closed[i].id, *now_ms, err);
	arena_free(&a);
	return code;
}

void
sending_resume(struct sending *s, int64_t now_ms)
{
	struct error err;

	must(db_commit(s->store, resume_unit, &now_ms, &err), "resume", &err);
}

struct outbox_delivery
sending_find(struct sending *s, struct arena *a, const struct outbox_id *id)
{
	struct outbox_delivery d;
	struct error err;
	int got = outbox_find(reader_of(s), a, id, &d, &err);

	must(got, "find", &err);
	check(got == 1);
	return d;
}

int
sending_list(struct sending *s, struct arena *a, int partner, int state,
	     int limit, struct outbox_delivery **out)
{
	const struct outbox_filter filter = {
		.partner_id = s->partner_id[partner],
	};
	struct error err;
	int count =
	    outbox_list(reader_of(s), a, &filter, state, limit, out, &err);

	must(count, "list", &err);
	return count;
}

void
sending_count(struct sending *s, struct outbox_counts *out)
{
	struct error err;

	must(outbox_count(reader_of(s), &all, out, &err), "count", &err);
}

int64_t
sending_next_due(struct sending *s)
{
	struct error err;
	int64_t due_ms;
	int got = outbox_next_due(reader_of(s), &due_ms, &err);

	must(got, "next due", &err);
	return got > 0 ? due_ms : -1;
}

int64_t
sending_events(struct sending *s, enum event_kind kind)
{
	struct event_filter filter = {
		.partner_id = -1,
		.kinds = &kind,
		.kind_count = 1,
		.limit = 1000,
	};
	int64_t sum = 0;
	struct error err;
	int count;

	do {
		struct arena *a = arena_new();
		struct event_row *rows;

		count = event_list(reader_of(s), a, &filter, &rows, &err);
		must(count, "events", &err);
		if (count > 0) {
			filter.after_lane = rows[count - 1].lane;
			filter.after_seq = rows[count - 1].seq;
		}
		sum += count;
		arena_free(&a);
	} while (count > 0);
	return sum;
}

/* ---- what must be true ---- */

static bool
says(bool well, const char *what, const char *text)
{
	if (!well)
		printf("%s: %s\n", what, text);
	return well;
}

static bool
file_is_sound(struct sending *s)
{
	struct db_rows rows;
	struct error err;
	bool well;

	if (db_store_dialect(s->store) != DB_SQLITE)
		return true;
	must(db_query(reader_of(s), &rows, "PRAGMA integrity_check", DB_NO_ARGS,
		      &err),
	     "integrity_check", &err);
	must(db_next(&rows, &err), "integrity_check", &err);
	well = str_eq_cstr(db_text(&rows, 0), "ok");
	db_rows_end(&rows);
	must(db_query(reader_of(s), &rows, "PRAGMA foreign_key_check",
		      DB_NO_ARGS, &err),
	     "foreign_key_check", &err);
	well = db_next(&rows, &err) == 0 && well;
	db_rows_end(&rows);
	return well;
}

static bool
agree(struct sending *s, const struct outbox_counts *counts,
      enum outbox_state state, enum event_kind kind)
{
	int64_t rows = counts->by_state[state];
	int64_t events = sending_events(s, kind);

	if (rows != events)
		printf("%" PRId64 " rows %s, %" PRId64 " events %s\n", rows,
		       outbox_state_name(state), events, event_kind_name(kind));
	return rows == events;
}

bool
sending_is_assumed(const struct outbox_delivery *d)
{
	return d->state == OUTBOX_SENT &&
	       str_starts(d->status, STR("assumed sent: "));
}

/* How often one became INDOUBT, by the rows: as often as the journal says. */
static bool
doubts_agree(struct sending *s)
{
	int64_t events = sending_events(s, EVENT_IN_DOUBT);
	struct arena *a = arena_new();
	int64_t doubts = 0;

	for (int p = 0; p < s->partners; p++) {
		struct outbox_delivery *rows;
		int count = sending_list(s, a, p, -1, ROWS_MAX, &rows);

		for (int i = 0; i < count; i++)
			doubts += rows[i].resends +
				  (rows[i].state == OUTBOX_INDOUBT) +
				  sending_is_assumed(&rows[i]);
	}
	arena_free(&a);
	if (doubts != events)
		printf("%" PRId64 " times in doubt, %" PRId64 " events\n",
		       doubts, events);
	return doubts == events;
}

bool
sending_is_sound(struct sending *s)
{
	struct outbox_counts counts;
	struct error err = { 0 };
	bool well;

	well = says(outbox_check(reader_of(s), &err) >= 0, "outbox_check",
		    err.text);
	well = says(event_verify(reader_of(s), &err) >= 0, "event_verify",
		    err.text) &&
	       well;
	well = says(file_is_sound(s), "store", "the file is not whole") && well;
	sending_count(s, &counts);
	well = agree(s, &counts, OUTBOX_SENT, EVENT_SENT) && well;
	well = doubts_agree(s) && well;
	return agree(s, &counts, OUTBOX_CANCELLED, EVENT_CANCELLED) && well;
}
