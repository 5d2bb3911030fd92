/*
 * A lead that a visitor was thanked for survives the death of the process, and
 * so does all that follows from it.
 *
 *	lead_kill [SEED]
 *
 * A child captures leads without end from several threads; the number of each
 * goes into a pipe only after its unit was committed. The parent kills it with
 * SIGKILL at moments drawn from SEED. The child started next captures anew
 * what was not acknowledged, as a visitor does who got no answer and sends the
 * form once more: then it may be there already.
 *
 * What is compared at the end: each number in the pipe has its lead, its
 * deliveries (notify, hook and thanks) and one line in the journal, and there
 * is no lead without these.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/arena.h"
#include "base/now.h"
#include "event/event.h"
#include "killing.h"
#include "lead/lead.h"
#include "store.h"

enum {
	KILLS = 20,
	THREADS = 4,
	RUN_FROM_US = 20 * 1000,
	RUN_SPAN_US = 60 * 1000,
	POLL_US = 500,
	OPENING_MAX_US = 20 * 1000 * 1000,
	NUMBERS_MAX = 1 << 20,
	RUN_ID = 1001,
	NOW = 1772357400,
	PAGE = 500,
};

static const struct db_schema *const schemas[] = {
	&event_schema,	  &partner_schema, &outbox_schema,
	&campaign_schema, &lead_schema,
};

static struct db_store *store;
static int64_t partner_id;
static int acknowledged; /* the child's end of the pipe */

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "lead_kill: %s: %s\n", where, err->text);
	exit(1);
}

/* ---- the store ---- */

static int
put_partner(struct db *db, void *arg, struct error *err)
{
	struct partner acme = { .slug = STR("acme"),
				.lead_email = STR("sales@acme.example") };
	struct activation run = {
		.id = RUN_ID,
		.campaign = STR("spring"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
	};

	(void)arg;
	if (partner_put(db, &acme, NOW, err) < 0)
		return -(int)err->code;
	run.partner_id = acme.id;
	return activation_start(db, &run, NOW, err);
}

static void
open_store(const char *url)
{
	struct arena *a = arena_new();
	struct partner acme;
	struct error err;
	struct db *db;
	int got;

	if (db_store_open(&store, url, &err) < 0 ||
	    db_migrate(store, schemas, COUNT_OF(schemas), &err) < 0 ||
	    db_reader(store, &db, &err) < 0)
		give_up("open", &err);
	got = partner_find(db, a, STR("acme"), &acme, &err);
	if (got == 0 && db_commit(store, put_partner, NULL, &err) >= 0)
		got = partner_find(db, a, STR("acme"), &acme, &err);
	if (got <= 0)
		give_up("partner", &err);
	partner_id = acme.id;
	arena_free(&a);
}

/* ---- the child ---- */

static int
capture_unit(struct db *db, void *arg, struct error *err)
{
	const struct lead_capture how = { .lead = arg, .hook = true };

	return lead_capture(db, &how, err);
}

/* Lead number n; every number is another person. */
static int
capture(int64_t n, struct error *err)
{
	char address[64];
	struct lead lead = {
		.partner_id = partner_id,
		.id = n,
		.activation_id = RUN_ID,
		.campaign = STR("spring"),
		.page = STR("offer"),
		.form = STR("call-me"),
		.revision = STR("0123456789abcdef0123456789abcdef"),
		.has_person = true,
		.fields = STR("{}"),
		.at_ms = NOW + n,
	};

	snprintf(address, sizeof(address), "p%" PRId64 "@example.org", n);
	lead.address = str_of(address);
	memcpy(lead.person.bytes, &n, sizeof(n));
	return db_commit(store, capture_unit, &lead, err);
}

static void *
capture_for_ever(void *arg)
{
	int64_t n = *(const int64_t *)arg;
	struct error err;

	for (;; n += THREADS) {
		if (capture(n, &err) < 0)
			give_up("capture", &err);
		check(write(acknowledged, &n, sizeof(n)) == sizeof(n));
	}
	return NULL;
}

static _Noreturn void
be_the_child(const char *url, const char *first_numbers)
{
	struct str rest = str_of(first_numbers);
	int64_t first[THREADS];
	pthread_t thread;
	struct str word;

	acknowledged = STDOUT_FILENO;
	open_store(url);
	for (int i = 0; i < THREADS; i++)
		check(str_split(&rest, ',', &word) &&
		      str_int(word, 1, NUMBERS_MAX, &first[i]));
	for (int i = 0; i < THREADS; i++)
		check(pthread_create(&thread, NULL, capture_for_ever,
				     &first[i]) == 0);
	for (;;)
		pause();
}

/* ---- the parent ---- */

struct ledger {
	unsigned char *acked; /* by number */
	_Atomic int64_t count;
	int64_t next[THREADS]; /* the first that is not acknowledged */
	int from;
};

static void *
read_ledger(void *arg)
{
	struct ledger *l = arg;
	int64_t n;

	while (read(l->from, &n, sizeof(n)) == sizeof(n)) {
		check(n > 0 && n < NUMBERS_MAX && !l->acked[n]);
		l->acked[n] = 1;
		l->next[n % THREADS] = n + THREADS;
		l->count++;
	}
	return NULL;
}

/* Its standard output is our pipe. */
static pid_t
start_child(const char *url, const struct ledger *l, int to)
{
	int out = dup(STDOUT_FILENO);
	char numbers[THREADS * 24];
	size_t len = 0;
	pid_t child;

	for (int i = 0; i < THREADS; i++)
		len += (size_t)snprintf(numbers + len, sizeof(numbers) - len,
					"%s%" PRId64, i ? "," : "", l->next[i]);
	fflush(stdout);
	check(out >= 0 && dup2(to, STDOUT_FILENO) >= 0);
	child = killing_start((const char *const[]){ "lead_kill", "--child",
						     url, numbers, NULL });
	check(dup2(out, STDOUT_FILENO) >= 0);
	close(out);
	return child;
}

static void
run_and_kill(const char *url, struct ledger *l, uint64_t *seed)
{
	int64_t before = l->count;
	int64_t end_us = now_mono_us() + OPENING_MAX_US;
	pthread_t reader;
	int ends[2];
	pid_t child;

	check(pipe(ends) == 0);
	l->from = ends[0];
	child = start_child(url, l, ends[1]);
	close(ends[1]);
	check(pthread_create(&reader, NULL, read_ledger, l) == 0);
	while (l->count == before && now_mono_us() < end_us)
		now_sleep_us(POLL_US);
	now_sleep_us(RUN_FROM_US +
		     (int64_t)(killing_random(seed) % RUN_SPAN_US));
	killing_kill(child);
	check(pthread_join(reader, NULL) == 0);
	close(ends[0]);
}

/* ---- the checker ---- */

struct result {
	int64_t leads;
	int64_t lost;
	int64_t twice;
};

static bool
has_delivery(struct db *db, struct arena *a, int64_t n, const char *step,
	     const char *channel)
{
	uint8_t subject[LEAD_SUBJECT_BYTES];
	const struct outbox_key key = {
		.partner_id = partner_id,
		.activation_id = RUN_ID,
		.step = str_of(step),
		.subject_kind = OUTBOX_LEAD,
		.subject = lead_subject(n, subject),
		.channel = str_of(channel),
	};
	struct outbox_id id = outbox_id_of(&key);
	struct outbox_delivery d;
	struct error err;
	int got = outbox_find(db, a, &id, &d, &err);

	if (got < 0)
		give_up("delivery", &err);
	return got > 0 && d.state == OUTBOX_READY;
}

/* How many lines of the journal tell of each lead. */
static void
count_events(struct db *db, unsigned char *submitted)
{
	static const enum event_kind kind = EVENT_SUBMITTED;
	struct event_filter filter = { .partner_id = partner_id,
				       .kinds = &kind,
				       .kind_count = 1,
				       .limit = PAGE };
	struct arena *a = arena_new();
	struct event_row *rows;
	struct error err;
	int count;

	do {
		struct arena_mark mark = arena_mark(a);

		count = event_list(db, a, &filter, &rows, &err);
		if (count < 0)
			give_up("journal", &err);
		for (int i = 0; i < count; i++)
			submitted[rows[i].event.at_ms - NOW]++;
		if (count > 0) {
			filter.after_lane = rows[count - 1].lane;
			filter.after_seq = rows[count - 1].seq;
		}
		arena_rewind(a, mark);
	} while (count == PAGE);
	arena_free(&a);
}

static void
judge(struct db *db, int64_t n, bool acked, unsigned submitted,
      struct result *r)
{
	struct arena *a = arena_new();
	struct lead lead;
	struct error err;
	bool there = lead_get(db, a, partner_id, n, &lead, &err) >= 0;
	bool whole = there && submitted > 0 &&
		     has_delivery(db, a, n, LEAD_STEP_NOTIFY, "email") &&
		     has_delivery(db, a, n, LEAD_STEP_HOOK, "webhook") &&
		     has_delivery(db, a, n, LEAD_STEP_THANKS, "email");

	r->leads += there;
	r->twice += submitted > 1;
	if (whole || (!acked && !there && submitted == 0)) {
		arena_free(&a);
		return;
	}
	printf("lost: lead %" PRId64 " %s, %u lines in the journal\n", n,
	       there ? "is not whole" : "is not there", submitted);
	r->lost++;
	arena_free(&a);
}

static bool
compare(const char *url, const struct ledger *l)
{
	unsigned char *submitted = calloc(NUMBERS_MAX, 1);
	struct result r = { 0 };
	struct error err;
	int64_t highest = 0;
	struct db *db;

	check(submitted);
	open_store(url);
	if (db_reader(store, &db, &err) < 0 || event_verify(db, &err) < 0 ||
	    outbox_check(db, &err) < 0)
		give_up("check", &err);
	count_events(db, submitted);
	for (int i = 0; i < THREADS; i++)
		if (l->next[i] > highest)
			highest = l->next[i];
	for (int64_t n = 1; n <= highest; n++)
		judge(db, n, l->acked[n], submitted[n], &r);
	db_store_close(&store);
	free(submitted);
	printf("%d kills, %" PRId64 " acknowledged, %" PRId64 " leads\n", KILLS,
	       l->count, r.leads);
	printf("lost %" PRId64 ", twice %" PRId64 "\n", r.lost, r.twice);
	return r.lost == 0 && r.twice == 0 && l->count > 0;
}

static void
empty_store(const char *url)
{
	struct error err;

	if (test_store_begin(&store, url, schemas, COUNT_OF(schemas), &err) < 0)
		give_up("begin", &err);
	db_store_close(&store);
}

static bool
survives(const char *url, uint64_t seed)
{
	struct ledger l = { .acked = calloc(NUMBERS_MAX, 1) };
	bool ok;

	check(l.acked);
	for (int i = 0; i < THREADS; i++)
		l.next[i] = i == 0 ? THREADS : i;
	printf("seed %" PRIu64 "\n", seed);
	empty_store(url);
	for (int i = 0; i < KILLS; i++)
		run_and_kill(url, &l, &seed);
	ok = compare(url, &l);
	free(l.acked);
	return ok;
}

int
main(int argc, char **argv)
{
	const char *url = getenv("GUIDON_TEST_PG");
	char sqlite[TEST_URL_BYTES];
	bool ok;

	crypto_init();
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		be_the_child(argv[2], argv[3]);
	if (!url || !url[0]) {
		test_sqlite_url(sqlite);
		url = sqlite;
	}
	ok = survives(url, argc > 1 ? strtoull(argv[1], NULL, 10) : 1);
	if (ok)
		test_store_remove(url);
	return !ok;
}
