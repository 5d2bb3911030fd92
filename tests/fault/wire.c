/*
 * What may happen on the wire, one row at a time: the receiver is made to
 * misbehave in one way at one moment, one message is sent, and the state in
 * which its delivery then rests is compared with the table of outcomes, which
 * stands below as data.
 *
 *	wire [--row TEXT]	only rows with TEXT in their name
 *
 * Each row is run by libesmtp with DATA and with BDAT (RFC 3030), both pipelined,
 * and by libcurl, pipelined and in steps.
 * Afterwards a receiver that is well is tried a day later: what is READY must
 * arrive there, once, with the bytes that the store says; all else must not.
 *
 * With BDAT the last chunk may be on its way before the reply to RCPT is read.
 * So a connection that breaks is in doubt there when the marker was set, and
 * is not when it was not: BY_MARK. A reply is definite in either case.
 *
 * Before the dot a stall ends when the receiver gives up. The minutes that RFC
 * 5321 section 4.5.3.2 lets a sender wait are not waited for. A stall after
 * the dot ends by the sender's timeout, shortened for this test.
 *
 * Rows of the table that are not here: our own death is crash's and
 * spool_kill's, a store that refuses the marker db_starve's, TLS and AUTH are
 * not spoken by this receiver.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "sending.h"
#include "sink_child.h"
#include "store.h"

#define START_MS INT64_C(1700000000000)
#define DAY_MS	 INT64_C(86400000)

enum {
	BIG_BYTES = 12 << 20, /* more than all socket buffers hold */
	DOT_TIMEOUT_MS = 1000,
	PATIENT_MS = 30000,
	SHORT_STALL_MS = 300,
	NAME_BYTES = 64,
};

/* What the receiver offers, and who sends. */
static const struct way {
	const char *name;
	bool pipelining;
	bool chunking;
	bool by_curl;
} ways[] = {
	{ "data", true, false, false },
	{ "bdat", true, true, false },
	{ "curl", true, true, true },
	{ "curl in steps", false, false, true },
};

/* clang-format off */
#define EXPECTATIONS(X)                                                     \
	X(WAITS, "ready, not marked")	/* nobody is to blame: at once */  \
	X(DEFERRED, "ready later, deferred once")                           \
	X(BOUNCED, "bounced")                                               \
	X(IN_DOUBT, "in doubt")                                             \
	X(BY_MARK, "in doubt when marked, else ready later")                      \
	X(SENT, "sent")
/* clang-format on */

enum expectation {
#define WIRE_ENUM(name, text) name,
	EXPECTATIONS(WIRE_ENUM)
#undef WIRE_ENUM
};

static const char *const expectations[] = {
#define WIRE_TEXT(name, text) [name] = (text),
	EXPECTATIONS(WIRE_TEXT)
#undef WIRE_TEXT
};

enum manner {
	USUAL,
	BIG,  /* the bytes do not fit into the socket's buffers */
	LATE, /* the stall ends before the sender's patience */
};

struct row {
	const char *at; /* NULL: nobody listens */
	const char *fault;
	enum expectation by_data;
	enum expectation by_bdat;
	enum manner manner;
};

/* clang-format off */
static const struct row rows[] = {
	/* at, fault, with DATA, with BDAT, manner */

	/* There is no session: no delivery is to blame. */
	{ NULL, "refused", WAITS, WAITS, USUAL },
	{ "connect", "drop", WAITS, WAITS, USUAL },
	{ "connect", "rst", WAITS, WAITS, USUAL },
	{ "connect", "stall", WAITS, WAITS, USUAL },
	{ "connect", "half-close", WAITS, WAITS, USUAL },
	{ "banner", "4xx", WAITS, WAITS, USUAL },
	{ "banner", "421", WAITS, WAITS, USUAL },
	{ "banner", "5xx", WAITS, WAITS, USUAL },
	{ "banner", "drop", WAITS, WAITS, USUAL },
	{ "banner", "stall", WAITS, WAITS, USUAL },
	{ "banner", "garbage", WAITS, WAITS, USUAL },
	{ "ehlo", "4xx", WAITS, WAITS, USUAL },
	{ "ehlo", "421", WAITS, WAITS, USUAL },
	{ "ehlo", "5xx", WAITS, WAITS, USUAL },
	{ "ehlo", "drop", WAITS, WAITS, USUAL },
	{ "ehlo", "rst", WAITS, WAITS, USUAL },
	{ "ehlo", "stall", WAITS, WAITS, USUAL },
	{ "ehlo", "half-close", WAITS, WAITS, USUAL },
	{ "ehlo", "garbage", WAITS, WAITS, USUAL },

	/* MAIL goes alone: nothing can have arrived. */
	{ "mail", "4xx", DEFERRED, DEFERRED, USUAL },
	{ "mail", "421", DEFERRED, DEFERRED, USUAL },
	{ "mail", "5xx", WAITS, WAITS, USUAL },
	{ "mail", "drop", DEFERRED, DEFERRED, USUAL },
	{ "mail", "rst", DEFERRED, DEFERRED, USUAL },
	{ "mail", "stall", DEFERRED, DEFERRED, USUAL },
	{ "mail", "half-close", DEFERRED, DEFERRED, USUAL },
	{ "mail", "garbage", DEFERRED, DEFERRED, USUAL },

	{ "rcpt", "4xx", DEFERRED, DEFERRED, USUAL },
	{ "rcpt", "421", DEFERRED, DEFERRED, USUAL },
	{ "rcpt", "5xx", BOUNCED, BOUNCED, USUAL },
	{ "rcpt", "drop", DEFERRED, BY_MARK, USUAL },
	{ "rcpt", "rst", DEFERRED, BY_MARK, USUAL },
	{ "rcpt", "stall", DEFERRED, BY_MARK, USUAL },
	{ "rcpt", "half-close", DEFERRED, BY_MARK, USUAL },
	{ "rcpt", "garbage", DEFERRED, BY_MARK, USUAL },

	{ "data", "4xx", DEFERRED, DEFERRED, USUAL },
	{ "data", "421", DEFERRED, DEFERRED, USUAL },
	{ "data", "5xx", BOUNCED, BOUNCED, USUAL },
	{ "data", "drop", DEFERRED, BY_MARK, USUAL },
	{ "data", "rst", DEFERRED, BY_MARK, USUAL },
	{ "data", "stall", DEFERRED, BY_MARK, USUAL },
	{ "data", "half-close", DEFERRED, BY_MARK, USUAL },
	{ "data", "garbage", DEFERRED, BY_MARK, USUAL },

	/* A small message leaves whole, so the marker came first. */
	{ "body", "drop", IN_DOUBT, BY_MARK, USUAL },
	{ "body", "rst", IN_DOUBT, BY_MARK, USUAL },
	{ "body", "stall", IN_DOUBT, BY_MARK, USUAL },
	{ "body", "half-close", IN_DOUBT, BY_MARK, USUAL },
	/* A big one is stuck, and it depends on when that is noticed. */
	{ "body", "drop", BY_MARK, BY_MARK, BIG },
	{ "body", "rst", BY_MARK, BY_MARK, BIG },
	{ "body", "stall", BY_MARK, BY_MARK, BIG },
	{ "body", "half-close", BY_MARK, BY_MARK, BIG },

	{ "dot", "ok", SENT, SENT, USUAL },
	{ "dot", "ok", SENT, SENT, BIG },
	{ "dot", "4xx", DEFERRED, DEFERRED, USUAL },
	{ "dot", "421", DEFERRED, DEFERRED, USUAL },
	{ "dot", "5xx", BOUNCED, BOUNCED, USUAL },
	{ "dot", "drop", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "rst", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "stall", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "garbage", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "half-close", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "accept-drop", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "accept-stall", IN_DOUBT, IN_DOUBT, USUAL },
	{ "dot", "accept-stall", SENT, SENT, LATE },
};
/* clang-format on */

/* Of all rows. */
struct wire {
	struct sending sending;
	struct clock clock;
	char dir[sizeof("wire.XXXXXX")];
	int failures;
};

/* Of one. */
struct trial {
	struct wire *wire;
	const struct row *row;
	const struct way *way;
	char name[NAME_BYTES]; /* also the step of its delivery */
	struct arena *arena;
	const char *bad; /* ledgers */
	const char *good;
	struct outbox_id id;
	const char *message_id;
};

/* ---- sending ---- */

static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *err)
{
	static const char line[] =
	    ".Three sizes, one price, and no end of colours to choose from.\r\n";
	const struct trial *t = arg;
	int code = sending_source.make(NULL, a, db, order, out, err);
	struct buf bytes = { 0 };

	if (code <= 0 || t->row->manner != BIG)
		return code;
	buf_str(&bytes, out->bytes);
	while (bytes.len < BIG_BYTES)
		buf_cat(&bytes, line);
	out->bytes = str_copy(a, buf_view(&bytes));
	buf_fini(&bytes);
	return code;
}

/* That a wire breaks is what is tested; that there is none ends the test. */
static void
send_what_is_due(struct trial *t, int port, int dot_timeout_ms)
{
	const struct dispatch_config config = {
		.store = t->wire->sending.store,
		.clock = &t->wire->clock,
		.transport = arena_printf(
		    t->arena, "smtp://127.0.0.1:%d?dot-timeout=%d%s", port,
		    dot_timeout_ms, t->way->by_curl ? "&client=curl" : ""),
		.source = { .make = make, .arg = t },
		.key_id = 1,
		.worker_count = 1,
		.batch = 1,
	};
	struct dispatch *d;
	struct error err;

	if (dispatch_open(&d, &config, &err) < 0) {
		fprintf(stderr, "wire: %s\n", err.text);
		exit(1);
	}
	if (dispatch_once(d, &err) < 0)
		printf("  %s: %s\n", t->name, err.text);
	dispatch_close(&d);
}

/* After the dot the sender is the one who gives up. */
static bool
outlasts_us(const struct row *row)
{
	return row->at && strcmp(row->at, "dot") == 0 &&
	       strstr(row->fault, "stall") && row->manner != LATE;
}

static void
start(const struct trial *t, struct sink_child *sink, const char *ledger,
      const struct row *row)
{
	const char *options[2] = { NULL, NULL };
	int count = 0;
	const char *stall_ms = arena_printf(
	    t->arena, "%d", outlasts_us(row) ? PATIENT_MS : SHORT_STALL_MS);

	if (t->way->pipelining)
		options[count++] = "--pipelining";
	if (t->way->chunking)
		options[count++] = "--chunking";
	sink_child_start(sink, ledger,
			 SINK_ARGS("--at", row->at ? row->at : "dot", "--do",
				   row->at ? row->fault : "ok", "--stall-ms",
				   stall_ms, options[0], options[1]));
	if (!row->at) {
		int port = sink->port;

		sink_child_stop(sink);
		sink->port = port;
	}
}

/* To a receiver that does what the row says. */
static void
send_to(struct trial *t, const char *ledger, const struct row *row,
	int dot_timeout_ms)
{
	struct sink_child sink;

	start(t, &sink, ledger, row);
	send_what_is_due(t, sink.port, dot_timeout_ms);
	if (row->at)
		sink_child_stop(&sink);
}

/* ---- judging ---- */

static bool
is_deferred(const struct outbox_delivery *d, int64_t now_ms)
{
	return d->state == OUTBOX_READY && d->deferrals == 1 &&
	       d->due_ms > now_ms;
}

static bool
fits(const struct outbox_delivery *d, enum expectation wanted, int64_t now_ms)
{
	bool marked = d->marked_ms != 0;
	bool ready = d->state == OUTBOX_READY;

	switch (wanted) {
	case WAITS:
		return ready && !marked;
	case DEFERRED:
		return is_deferred(d, now_ms);
	case BOUNCED:
		return d->state == OUTBOX_BOUNCED;
	case IN_DOUBT:
		return d->state == OUTBOX_INDOUBT;
	case BY_MARK:
		return marked ? d->state == OUTBOX_INDOUBT
			      : is_deferred(d, now_ms);
	case SENT:
		return d->state == OUTBOX_SENT;
	}
	return false;
}

/* That the ledger has it `count` times, with the bytes the store knows. */
static bool
arrived(struct trial *t, const char *ledger, int count,
	const struct outbox_delivery *d)
{
	const struct sink_entry *entry;
	struct sink_list list;
	struct buf hex = { 0 };
	bool same;

	sink_list_read(&list, t->arena, ledger);
	entry = sink_list_find(&list, str_of(t->message_id));
	if (!entry || entry->accepted == 0)
		return count == 0;
	encode_hex(&hex, d->sha256);
	same = str_eq(buf_view(&hex), entry->sha256);
	buf_fini(&hex);
	return entry->accepted == count && same && !entry->differs;
}

static bool
says(struct trial *t, bool well, const struct outbox_delivery *d,
     const char *what)
{
	if (well)
		return true;
	printf("FAILED %s: %s, %s, attempt %d, deferrals %d, \"%.*s\"; "
	       "expected: %s\n",
	       t->name, outbox_state_name(d->state),
	       d->marked_ms ? "marked" : "not marked", (int)d->attempt,
	       (int)d->deferrals, STR_ARG(d->status), what);
	t->wire->failures++;
	return false;
}

static bool
accepts(const struct row *row)
{
	return row->at && strcmp(row->at, "dot") == 0 &&
	       (strcmp(row->fault, "ok") == 0 ||
		strncmp(row->fault, "accept-", 7) == 0);
}

/*
 * libcurl's connection is ours to look at before the marker, so that what broke
 * in the bytes may be known then.
 */
static enum expectation
expected(const struct trial *t)
{
	const struct row *row = t->row;

	if (!t->way->by_curl)
		return t->way->chunking ? row->by_bdat : row->by_data;
	return row->at && strcmp(row->at, "body") == 0 ? BY_MARK : row->by_data;
}

static struct outbox_delivery
try_fault(struct trial *t)
{
	enum expectation wanted = expected(t);
	struct outbox_delivery d;

	send_to(t, t->bad, t->row,
		outlasts_us(t->row) ? DOT_TIMEOUT_MS : PATIENT_MS);
	d = sending_find(&t->wire->sending, t->arena, &t->id);
	says(t, fits(&d, wanted, clock_now_ms(&t->wire->clock)), &d,
	     expectations[wanted]);
	says(t, d.attempt == (d.marked_ms != 0), &d, "an attempt is a marker");
	says(t, arrived(t, t->bad, accepts(t->row), &d), &d,
	     "the receiver's ledger agrees");
	return d;
}

/* A day later all is well again, and whom it stopped was resumed. */
static void
try_again(struct trial *t, const struct outbox_delivery *before)
{
	static const struct row well = { .at = "dot", .fault = "ok" };
	struct clock *clock = &t->wire->clock;
	bool ready = before->state == OUTBOX_READY;
	struct outbox_delivery d;

	clock_advance(clock, clock_now_ms(clock) + DAY_MS);
	sending_resume(&t->wire->sending, clock_now_ms(clock));
	send_to(t, t->good, &well, PATIENT_MS);
	d = sending_find(&t->wire->sending, t->arena, &t->id);
	says(t, d.state == (ready ? OUTBOX_SENT : before->state), &d,
	     ready ? "sent the next day" : "left alone the next day");
	says(t, arrived(t, t->good, ready, &d), &d,
	     ready ? "arrived the next day" : "nothing arrived the next day");
}

/* ---- all rows ---- */

static void
run(struct wire *w, const struct row *row, const struct way *way,
    const char *only)
{
	struct trial t = {
		.wire = w,
		.row = row,
		.way = way,
	};
	struct outbox_delivery d;
	struct buf hex = { 0 };

	snprintf(t.name, sizeof(t.name), "%s %s%s%s %s",
		 row->at ? row->at : "connect", row->fault,
		 row->manner == BIG ? " big" : "",
		 row->manner == LATE ? " late" : "", way->name);
	if (only && !strstr(t.name, only))
		return;
	t.arena = arena_new();
	t.bad = arena_printf(t.arena, "%s/bad", w->dir);
	t.good = arena_printf(t.arena, "%s/good", w->dir);
	t.id = sending_put_one(&w->sending, 0, 0, t.name, "email",
			       clock_now_ms(&w->clock));
	encode_hex(
	    &hex, (struct str){ (const char *)t.id.bytes, sizeof(t.id.bytes) });
	t.message_id =
	    arena_printf(t.arena, "%s@mail.northwind.example", buf_cstr(&hex));
	d = try_fault(&t);
	try_again(&t, &d);
	printf("%s: %s\n", t.name, outbox_state_name(d.state));
	buf_fini(&hex);
	arena_free(&t.arena);
}

int
main(int argc, char **argv)
{
	const char *only =
	    argc == 3 && strcmp(argv[1], "--row") == 0 ? argv[2] : NULL;
	struct wire w = { .dir = "wire.XXXXXX" };
	char url[TEST_URL_BYTES];

	check(mkdtemp(w.dir));
	log_open(LOG_LEVEL_ERROR);
	test_sqlite_url(url);
	clock_init_virtual(&w.clock, START_MS);
	sending_open(&w.sending, url);
	sending_people(&w.sending, 1, 1);
	for (size_t i = 0; i < COUNT_OF(rows); i++)
		for (size_t k = 0; k < COUNT_OF(ways); k++)
			run(&w, &rows[i], &ways[k], only);
	w.failures += !sending_is_sound(&w.sending);
	sending_close(&w.sending);
	printf("%d failures\n", w.failures);
	if (w.failures == 0) {
		test_store_remove(url);
		test_tree_remove(w.dir);
	}
	return w.failures != 0;
}
