/*
 * What may happen to a request, row by row, for posts and for event hooks; and
 * a sender that is killed while the receiver misbehaves.
 *
 *	hook_wire [--kills N] [--seed S]
 *	hook_wire --send URL SECRET	one hook and one post, by the real clock
 *
 * With GUIDON_TEST_PG the kills alone, on that store.
 *
 * The receiver (hook_receiver.py) writes what came into a ledger before it
 * answers. After the kills, ledger and store are compared: of a post at most
 * one was accepted, exactly one when the store says sent; of a hook one at
 * least, all under one id.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/map.h"
#include "killing.h"
#include "sending.h"
#include "store.h"

#define NOW_MS	 INT64_C(1800000000000)
#define WEBHOOK	 "webhook:?loopback=yes&timeout=1"
#define SECRET	 "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define HOOK_MS	 INT64_C(5000)
#define ASKED_MS (2 * INT64_C(3600000)) /* by the receiver's Retry-After */

enum {
	KILL_FROM_MS = 50,
	KILL_SPAN_MS = 400,
	ROUND = 60, /* deliveries of each kind */
	ROUNDS_MAX = 50,
	CHILD_TURNS = 400,
	ROWS_MAX = 1 << 16,
	LEDGER_BYTES = 16 << 20,
};

static struct error err;

static void
must(int64_t result, const char *what)
{
	if (result >= 0)
		return;
	fprintf(stderr, "hook_wire: %s: %s\n", what, err.text);
	exit(1);
}

/* ---- the receiver ---- */

struct receiver {
	pid_t pid;
	int input; /* it ends when this is closed */
	int port;
	const char *ledger;
};

static void
be_the_receiver(const int in[2], const int out[2], const char *ledger)
{
	check(dup2(in[0], 0) == 0 && dup2(out[1], 1) == 1);
	close(in[0]);
	close(in[1]);
	close(out[0]);
	close(out[1]);
	execlp("python3", "python3", HOOK_RECEIVER, ledger, (char *)NULL);
	_exit(127);
}

static void
receiver_start(struct receiver *r, const char *ledger)
{
	char line[32] = "";
	int in[2];
	int out[2];

	check(pipe(in) == 0 && pipe(out) == 0);
	r->pid = fork();
	check(r->pid >= 0);
	if (r->pid == 0)
		be_the_receiver(in, out, ledger);
	close(in[0]);
	close(out[1]);
	for (size_t n = 0; !strchr(line, '\n'); n++)
		check(n < sizeof(line) - 1 && read(out[0], line + n, 1) == 1);
	close(out[0]);
	r->input = in[1];
	r->port = (int)strtol(line, NULL, 10);
	r->ledger = ledger;
	check(r->port > 0);
}

static void
receiver_stop(struct receiver *r)
{
	close(r->input);
	check(waitpid(r->pid, NULL, 0) == r->pid);
}

static struct str
read_ledger(struct arena *a, const char *path)
{
	char *p = arena_alloc(a, LEDGER_BYTES);
	FILE *f = fopen(path, "rb");
	size_t n;

	check(f);
	n = fread(p, 1, LEDGER_BYTES, f);
	check(n < LEDGER_BYTES);
	fclose(f);
	return (struct str){ p, n };
}

/* ---- what is sent ---- */

static int
make(void *arg, struct arena *a, struct db *db,
     const struct dispatch_order *order, struct dispatch_message *out,
     struct error *e)
{
	const struct outbox_id *id = &order->delivery->id;
	struct buf hex = { 0 };

	(void)arg;
	(void)db;
	(void)e;
	encode_hex(&hex,
		   (struct str){ (const char *)id->bytes, sizeof(id->bytes) });
	out->receiver = STR("acme");
	out->domain = STR("northwind.example");
	out->bytes = str_printf(a, "{\"type\":\"lead.created\",\"id\":\"%s\"}",
				buf_cstr(&hex));
	buf_fini(&hex);
	return 1;
}

static int
put_unit(struct db *db, void *arg, struct error *e)
{
	return partner_endpoint_put(db, arg, NOW_MS, e);
}

static void
put_endpoint(struct sending *s, enum partner_purpose purpose, const char *url,
	     const char *secret)
{
	struct partner_endpoint e = { .purpose = purpose, .url = str_of(url) };
	struct buf sealed = { 0 };

	must(partner_endpoint_seal(s->store, &e, str_of(secret), &sealed, &err),
	     "seal");
	e.sealed = buf_view(&sealed);
	must(db_commit(s->store, put_unit, &e, &err), "endpoint");
	buf_fini(&sealed);
}

static void
send_due(struct sending *s, struct clock *clock)
{
	const struct dispatch_config config = {
		.store = s->store,
		.clock = clock,
		.transport = WEBHOOK,
		.source = { .make = make },
		.key_id = 1,
		.worker_count = 1,
		.batch = 50,
	};
	struct dispatch *d;

	must(dispatch_open(&d, &config, &err), "open");
	must(dispatch_once(d, &err), "once");
	dispatch_close(&d);
}

/* ---- row by row ---- */

struct row {
	const char *path; /* or a whole URL; NULL: no endpoint */
	enum outbox_state post;
	enum outbox_state hook;
	int64_t wait_ms; /* at least, until it is due again */
};

static const struct row rows[] = {
	{ NULL, OUTBOX_HELD, OUTBOX_HELD, 0 },
	{ "/200", OUTBOX_SENT, OUTBOX_SENT, 0 },
	{ "/204", OUTBOX_SENT, OUTBOX_SENT, 0 },
	{ "/302", OUTBOX_HELD, OUTBOX_READY, HOOK_MS },
	{ "/400", OUTBOX_HELD, OUTBOX_READY, HOOK_MS },
	{ "/429", OUTBOX_READY, OUTBOX_READY, ASKED_MS },
	{ "/500", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/503", OUTBOX_READY, OUTBOX_READY, 1 },
	{ "/drop", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/reset", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/stall", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/slow-header", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/garbage", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/status-999", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/only-100", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/cut-header", OUTBOX_INDOUBT, OUTBOX_READY, HOOK_MS },
	{ "/cut-body", OUTBOX_SENT, OUTBOX_SENT, 0 },
	{ "/endless", OUTBOX_SENT, OUTBOX_SENT, 0 },
	{ "http://127.0.0.1:1/closed", OUTBOX_READY, OUTBOX_READY, 1 },
	{ "https://127.0.0.1:1/closed", OUTBOX_READY, OUTBOX_READY, 1 },
	{ "http://10.0.0.1/private", OUTBOX_HELD, OUTBOX_READY, HOOK_MS },
	{ "http://[::ffff:127.0.0.1]/", OUTBOX_HELD, OUTBOX_READY, HOOK_MS },
	{ "/410", OUTBOX_HELD, OUTBOX_HELD, 0 },
};

struct wire {
	struct sending sending;
	struct receiver receiver;
	struct clock clock;
	struct arena *arena;
	int wrong;
};

static bool
is_as_expected(struct wire *w, const struct row *row,
	       const struct outbox_id *id, enum outbox_state expected)
{
	struct outbox_delivery d = sending_find(&w->sending, w->arena, id);
	bool right = d.state == expected;

	if (right && d.state == OUTBOX_READY)
		right = d.due_ms >= NOW_MS + row->wait_ms;
	printf("%-28s %-8s %-9s %.*s%s\n", row->path ? row->path : "(none)",
	       d.key.channel.len == 7 ? "hook" : "post",
	       outbox_state_name(d.state), STR_ARG(d.status),
	       right ? "" : "   <- WRONG");
	return right;
}

static void
run_row(struct wire *w, const struct row *row, int number)
{
	char step[32];
	char url[200];
	struct outbox_id post;
	struct outbox_id hook;

	snprintf(step, sizeof(step), "step-%d", number);
	if (row->path) {
		snprintf(url, sizeof(url), "http://127.0.0.1:%d%s",
			 w->receiver.port, row->path);
		if (row->path[0] != '/')
			snprintf(url, sizeof(url), "%s", row->path);
		put_endpoint(&w->sending, PARTNER_POSTS, url, SECRET);
		put_endpoint(&w->sending, PARTNER_LEADS, url, SECRET);
	}
	post = sending_put_one(&w->sending, 0, 0, step, "linkedin", NOW_MS);
	hook = sending_put_one(&w->sending, 0, 0, step, "webhook", NOW_MS);
	send_due(&w->sending, &w->clock);
	w->wrong += !is_as_expected(w, row, &post, row->post);
	w->wrong += !is_as_expected(w, row, &hook, row->hook);
}

/* After the 410: both endpoints are off, and no request goes there. */
static void
check_disabled(struct wire *w)
{
	const struct row late = { "(disabled)", OUTBOX_HELD, OUTBOX_HELD, 0 };
	struct partner_endpoint e;
	struct outbox_id post;
	struct outbox_id hook;
	struct db *db;

	must(db_reader(w->sending.store, &db, &err), "reader");
	for (int i = 0; i < PARTNER_PURPOSE_COUNT; i++) {
		must(partner_endpoint_find(db, w->arena, 0,
					   (enum partner_purpose)i, &e, &err),
		     "find");
		w->wrong += e.enabled;
	}
	post = sending_put_one(&w->sending, 0, 0, "late", "linkedin", NOW_MS);
	hook = sending_put_one(&w->sending, 0, 0, "late", "webhook", NOW_MS);
	send_due(&w->sending, &w->clock);
	w->wrong += !is_as_expected(w, &late, &post, OUTBOX_HELD);
	w->wrong += !is_as_expected(w, &late, &hook, OUTBOX_HELD);
}

/* One request for each row: nothing was repeated, no redirect followed. */
static void
check_ledger(struct wire *w)
{
	struct str rest = read_ledger(w->arena, w->receiver.ledger);
	struct str line;
	int expected = 0;
	int count = 0;

	for (size_t i = 0; i < COUNT_OF(rows); i++)
		if (rows[i].path && rows[i].path[0] == '/')
			expected += 2;
	while (str_split(&rest, '\n', &line))
		count++;
	if (count != expected)
		printf("%d requests came, expected %d\n", count, expected);
	w->wrong += count != expected;
}

static bool
every_row_is_right(void)
{
	struct wire w = { .arena = arena_new() };
	char url[TEST_URL_BYTES];
	char ledger[] = "hook.XXXXXX";
	int fd = mkstemp(ledger);

	check(fd >= 0);
	close(fd);
	test_sqlite_url(url);
	clock_init_virtual(&w.clock, NOW_MS);
	sending_open(&w.sending, url);
	sending_people(&w.sending, 1, 1);
	receiver_start(&w.receiver, ledger);
	for (int i = 0; i < (int)COUNT_OF(rows); i++)
		run_row(&w, &rows[i], i);
	check_disabled(&w);
	check_ledger(&w);
	w.wrong += !sending_is_sound(&w.sending);
	receiver_stop(&w.receiver);
	sending_close(&w.sending);
	arena_free(&w.arena);
	unlink(ledger);
	test_store_remove(url);
	return w.wrong == 0;
}

/* ---- mail and posts side by side ---- */

/* Mail goes to the spool, the hook to its endpoint, by one sender. */
static bool
two_wires_take_their_own(void)
{
	struct wire w = { .arena = arena_new() };
	char url[TEST_URL_BYTES];
	char ledger[] = "hook.XXXXXX";
	char dir[] = "spool.XXXXXX";
	char text[200];
	int fd = mkstemp(ledger);
	struct dispatch_config config = {
		.posts_transport = WEBHOOK,
		.clock = &w.clock,
		.source = { .make = make },
		.worker_count = 2,
		.batch = 10,
	};
	struct outbox_counts counts;
	struct dispatch *d;
	bool right;

	check(fd >= 0 && mkdtemp(dir));
	close(fd);
	test_sqlite_url(url);
	clock_init_virtual(&w.clock, NOW_MS);
	sending_open(&w.sending, url);
	sending_people(&w.sending, 1, 20);
	receiver_start(&w.receiver, ledger);
	snprintf(text, sizeof(text), "http://127.0.0.1:%d/200",
		 w.receiver.port);
	put_endpoint(&w.sending, PARTNER_LEADS, text, SECRET);
	sending_put(&w.sending, "mail", NOW_MS);
	(void)sending_put_one(&w.sending, 0, 0, "lead", "webhook", NOW_MS);
	snprintf(text, sizeof(text), "spool:%s", dir);
	config.store = w.sending.store;
	config.transport = text;
	must(dispatch_open(&d, &config, &err), "open");
	must(dispatch_once(d, &err), "once");
	dispatch_close(&d);
	sending_count(&w.sending, &counts);
	right = counts.by_state[OUTBOX_SENT] == 21 &&
		read_ledger(w.arena, ledger).len > 0;
	printf("two wires: %" PRId64 " of 21 sent\n",
	       counts.by_state[OUTBOX_SENT]);
	receiver_stop(&w.receiver);
	sending_close(&w.sending);
	arena_free(&w.arena);
	unlink(ledger);
	test_tree_remove(dir);
	test_store_remove(url);
	return right;
}

/* ---- kills ---- */

static int
be_the_child(const char *url)
{
	const struct killing_sender sender = {
		.url = url,
		.transport = WEBHOOK,
		.source = { .make = make },
		.workers = 2,
		.batch = 20,
		.now_ms = NOW_MS,
		.turns = CHILD_TURNS,
	};

	return !killing_send(&sender);
}

static void
put_round(struct sending *s, int round)
{
	char step[32];

	for (int i = 0; i < ROUND; i++) {
		snprintf(step, sizeof(step), "step-%d-%d", round, i);
		(void)sending_put_one(s, 0, 0, step, "linkedin", NOW_MS);
		(void)sending_put_one(s, 0, 0, step, "webhook", NOW_MS);
	}
}

/* True when it was killed. */
static bool
run_child(const char *url, bool kill, uint64_t *seed)
{
	const char *const argv[] = { "hook_wire", "--child", url, NULL };
	int64_t life_ms =
	    KILL_FROM_MS + (int64_t)(killing_random(seed) % KILL_SPAN_MS);

	return killing_run(argv, kill ? life_ms * 1000 : INT64_MAX);
}

struct came {
	int accepted;
	int all;
};

/* By delivery id, which is the webhook-id and stands in the body too. */
static void
read_came(struct map *came, struct arena *a, struct str rest)
{
	struct str line;

	while (str_split(&rest, '\n', &line)) {
		struct str words = line;
		struct str what;
		struct str id;
		struct buf hex = { 0 };
		struct came *c;

		check(str_word(&words, &what) && str_word(&words, &id));
		encode_hex(&hex, id);
		/* the body, in hex, holds the id that the headers name */
		check(str_find(line, buf_view(&hex)) > 0);
		buf_fini(&hex);
		c = map_find(came, id);
		if (!c) {
			c = ARENA_NEW(a, struct came);
			map_put(came, id, c);
		}
		c->all++;
		c->accepted += str_eq_cstr(what, "accepted");
	}
}

struct tally {
	int hooks, posts, lost, twice, wrong, indoubt, repeated;
};

static void
judge(struct tally *t, const struct map *came, const struct outbox_delivery *d)
{
	struct buf hex = { 0 };
	const struct came *c;
	int accepted;

	encode_hex(&hex, (struct str){ (const char *)d->id.bytes,
				       sizeof(d->id.bytes) });
	c = map_find(came, buf_view(&hex));
	accepted = c ? c->accepted : 0;
	if (str_eq_cstr(d->key.channel, "webhook")) {
		t->hooks++;
		t->lost += accepted == 0;
		t->repeated += accepted > 1;
		t->wrong += d->state != OUTBOX_SENT;
	} else {
		t->posts++;
		t->lost += d->state == OUTBOX_SENT && accepted == 0;
		t->twice += accepted > 1;
		t->indoubt += d->state == OUTBOX_INDOUBT;
		t->wrong +=
		    d->state != OUTBOX_SENT && d->state != OUTBOX_INDOUBT;
	}
	buf_fini(&hex);
}

static bool
compare(struct sending *s, const char *ledger, int kills)
{
	struct arena *a = arena_new();
	struct outbox_delivery *all;
	struct tally t = { 0 };
	struct map came;
	int count = sending_list(s, a, 0, -1, ROWS_MAX, &all);

	map_init(&came, a, NULL);
	read_came(&came, a, read_ledger(a, ledger));
	for (int i = 0; i < count; i++)
		judge(&t, &came, &all[i]);
	printf("%d kills, %d hooks, %d posts: lost %d, posts twice %d, "
	       "posts in doubt %d, hooks repeated %d, wrong %d\n",
	       kills, t.hooks, t.posts, t.lost, t.twice, t.indoubt, t.repeated,
	       t.wrong);
	arena_free(&a);
	return t.lost == 0 && t.twice == 0 && t.wrong == 0 && t.hooks > 0 &&
	       t.posts > 0 && sending_is_sound(s);
}

static void
kill_and_restart(struct sending *s, const char *url, int kills, uint64_t seed)
{
	int killed = 0;
	int round = 0;
	bool again = true;

	while (again || killed < kills) {
		if (!again && round >= ROUNDS_MAX)
			break;
		if (!again || round == 0)
			put_round(s, round++);
		again = run_child(url, killed < kills, &seed);
		killed += again;
	}
	printf("%d kills in %d rounds\n", killed, round);
}

static bool
survives(const char *url, int kills, uint64_t seed)
{
	struct sending s;
	struct receiver receiver;
	char to[100];
	char ledger[] = "hook.XXXXXX";
	int fd = mkstemp(ledger);
	bool ok;

	check(fd >= 0);
	close(fd);
	sending_open(&s, url);
	sending_people(&s, 1, 1);
	receiver_start(&receiver, ledger);
	snprintf(to, sizeof(to), "http://127.0.0.1:%d/random", receiver.port);
	put_endpoint(&s, PARTNER_POSTS, to, SECRET);
	put_endpoint(&s, PARTNER_LEADS, to, SECRET);
	kill_and_restart(&s, url, kills, seed);
	ok = compare(&s, ledger, kills);
	receiver_stop(&receiver);
	sending_close(&s);
	unlink(ledger);
	if (ok)
		test_store_remove(url);
	return ok;
}

/* ---- for a receiver that others wrote ---- */

static int
send_two(const char *to, const char *secret)
{
	struct sending s;
	struct outbox_counts counts;
	struct clock clock;
	char url[TEST_URL_BYTES];

	test_sqlite_url(url);
	clock_init_real(&clock);
	sending_open(&s, url);
	sending_people(&s, 1, 1);
	put_endpoint(&s, PARTNER_POSTS, to, secret);
	put_endpoint(&s, PARTNER_LEADS, to, secret);
	(void)sending_put_one(&s, 0, 0, "one", "linkedin", 1);
	(void)sending_put_one(&s, 0, 0, "one", "webhook", 1);
	send_due(&s, &clock);
	sending_count(&s, &counts);
	sending_close(&s);
	test_store_remove(url);
	return counts.by_state[OUTBOX_SENT] != 2;
}

int
main(int argc, char **argv)
{
	const char *pg = getenv("GUIDON_TEST_PG");
	char url[TEST_URL_BYTES];
	uint64_t seed = 1;
	int kills = 15;

	crypto_init();
	log_open(LOG_LEVEL_ERROR);
	if (argc == 3 && strcmp(argv[1], "--child") == 0)
		return be_the_child(argv[2]);
	if (argc == 4 && strcmp(argv[1], "--send") == 0)
		return send_two(argv[2], argv[3]);
	for (int i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--kills") == 0)
			kills = (int)strtol(argv[i + 1], NULL, 10);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 10);
	}
	if (pg && pg[0])
		return !survives(pg, kills, seed);
	if (!every_row_is_right() || !two_wires_take_their_own())
		return 1;
	test_sqlite_url(url);
	return !survives(url, kills, seed);
}
