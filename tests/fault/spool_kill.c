/*
 * A sender that is killed at any moment loses nothing, sends nothing twice,
 * and knows what it does not know.
 *
 *	spool_kill [--kills N] [--seed S] [--url URL]
 *
 * A child sends what is due to a spool with 4 workers. It is killed with
 * SIGKILL at moments drawn from the seed, and started again, until all kills
 * are used up and a run ends by itself; when it ends before, more is put.
 * Meanwhile the parent lets persons opt out, in another process, in one unit
 * that also reads how their deliveries stand: what was not marked then must
 * never be in the ledger.
 *
 * What is compared at the end: the spool's index, which is the receiver's
 * ledger, its files, and the store. Nothing that the child said.
 */
#include <inttypes.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/js.h"
#include "base/map.h"
#include "base/now.h"
#include "killing.h"
#include "sending.h"
#include "store.h"

enum {
	PARTNERS = 3,
	CONTACTS = 200,
	WORKERS = 4,
	BATCH = 20,
	KILL_FROM_MS = 30,
	KILL_SPAN_MS = 500,
	MAKE_US = 2000, /* a message takes a moment to make */
	ROWS_MAX = 1 << 20,
	OPT_OUT_MS = 10,    /* between two of them, about */
	OPT_OUTS_MAX = 200, /* the others are there to be sent to */
	CHILD_TURNS = 100,
};

struct run {
	struct sending sending;
	const char *url;
	char spool[TEST_URL_BYTES];
	uint64_t seed;
	int kills;
	int killed;
	int rounds; /* of deliveries put */
	int opt_outs;
	struct arena *arena;
	struct map forbidden; /* by delivery id: not marked at the opt-out */
};

static _Noreturn void
give_up(const char *where, const struct error *err)
{
	fprintf(stderr, "spool_kill: %s: %s\n", where, err->text);
	exit(1);
}

/* ---- the child ---- */

static int
make_slowly(void *arg, struct arena *a, struct db *db,
	    const struct dispatch_order *order, struct dispatch_message *out,
	    struct error *err)
{
	now_sleep_us(MAKE_US);
	return sending_source.make(arg, a, db, order, out, err);
}

static int
be_the_child(const char *url, const char *transport)
{
	const struct killing_sender sender = {
		.url = url,
		.transport = transport,
		.source = { .make = make_slowly },
		.workers = WORKERS,
		.batch = BATCH,
		.now_ms = now_wall_ms(),
		.turns = CHILD_TURNS,
	};

	return !killing_send(&sender);
}

/* ---- the parent: kills and opt-outs ---- */

static void
forbid(struct run *run, const struct outbox_delivery *d)
{
	struct str id = { (const char *)d->id.bytes, sizeof(d->id.bytes) };
	struct buf hex = { 0 };

	if (d->state == OUTBOX_MARKED || d->state == OUTBOX_SENT ||
	    d->state == OUTBOX_INDOUBT)
		return;
	encode_hex(&hex, id);
	map_put(&run->forbidden, buf_view(&hex), run);
	buf_fini(&hex);
}

/*
 * One whose message leaves next: an opt-out that comes between the gate and
 * the marker is the one that is hard to obey.
 */
static void
opt_somebody_out(struct run *run)
{
	struct sending *s = &run->sending;
	struct arena *a = arena_new();
	int partner = (int)(killing_random(&run->seed) % PARTNERS);
	struct outbox_delivery *rows;
	struct person_hash person;
	int count;

	count = sending_list(s, a, partner, OUTBOX_CLAIMED, BATCH, &rows);
	if (count > 0) {
		memcpy(person.bytes, rows[0].key.subject.p,
		       sizeof(person.bytes));
		count = sending_opt_out(s, a, rows[0].id.partner_id, &person,
					now_wall_ms(), &rows);
		for (int i = 0; i < count; i++)
			forbid(run, &rows[i]);
		run->opt_outs++;
	}
	arena_free(&a);
}

/* True when it was killed. */
static bool
run_once(struct run *run)
{
	const char *const child_argv[] = {
		"spool_kill", "--child", run->url, run->spool, NULL,
	};
	int64_t end_us = now_mono_us();
	pid_t child = killing_start(child_argv);

	if (run->killed < run->kills)
		end_us += (int64_t)(KILL_FROM_MS +
				    killing_random(&run->seed) % KILL_SPAN_MS) *
			  1000;
	else
		end_us = INT64_MAX;
	while (!killing_has_ended(child)) {
		int64_t left_us = end_us - now_mono_us();
		int64_t pause_us =
		    (int64_t)(killing_random(&run->seed) % (2000 * OPT_OUT_MS));

		if (left_us <= 0) {
			killing_kill(child);
			run->killed++;
			return true;
		}
		now_sleep_us(pause_us < left_us ? pause_us : left_us);
		if (pause_us < left_us && run->opt_outs < OPT_OUTS_MAX)
			opt_somebody_out(run);
	}
	return false;
}

static void
print_run(struct run *run, bool killed)
{
	struct outbox_counts c;

	sending_count(&run->sending, &c);
	printf("%s: sent %" PRId64 ", ready %" PRId64 ", claimed %" PRId64
	       ", marked %" PRId64 ", in doubt %" PRId64 ", cancelled %" PRId64
	       "\n",
	       killed ? "killed" : "ended", c.by_state[OUTBOX_SENT],
	       c.by_state[OUTBOX_READY], c.by_state[OUTBOX_CLAIMED],
	       c.by_state[OUTBOX_MARKED], c.by_state[OUTBOX_INDOUBT],
	       c.by_state[OUTBOX_CANCELLED]);
}

static void
put_round(struct run *run)
{
	char step[32];

	snprintf(step, sizeof(step), "step-%d", run->rounds++);
	sending_put(&run->sending, step, now_wall_ms());
}

static void
kill_and_restart(struct run *run)
{
	bool killed = true;

	put_round(run);
	while (killed || run->killed < run->kills) {
		if (!killed)
			put_round(run);
		killed = run_once(run);
		print_run(run, killed);
	}
}

/* ---- the checker ---- */

struct ledger {
	struct arena *arena;
	struct map lines; /* by delivery id in hex: struct listed */
	int count;
	int torn;
};

struct listed {
	int count;
	struct str file;
	struct str sha256;
};

struct result {
	int64_t lost;
	int64_t twice;
	int64_t indoubt;
	int64_t after_opt_out;
};

static struct str
read_file(struct arena *a, const char *path)
{
	FILE *f = fopen(path, "rb");
	struct buf b = { 0 };
	struct str all;
	size_t n;

	if (!f)
		return (struct str){ 0 };
	do {
		char piece[4096];

		n = fread(piece, 1, sizeof(piece), f);
		buf_add(&b, piece, n);
	} while (n > 0);
	fclose(f);
	all = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return all;
}

static void
read_line(struct ledger *l, struct str line)
{
	struct listed *listed;
	struct error err;
	struct str id, file, sha256;
	struct js *js;

	if (line.len == 0)
		return;
	if (js_parse(line, &js, &err) < 0) {
		l->torn++;
		return;
	}
	if (js_get_str(js, "delivery", &id, &err) < 0 ||
	    js_get_str(js, "file", &file, &err) < 0 ||
	    js_get_str(js, "sha256", &sha256, &err) < 0)
		give_up("index.jsonl", &err);
	listed = map_find(&l->lines, id);
	if (!listed) {
		listed = ARENA_NEW(l->arena, struct listed);
		map_put(&l->lines, id, listed);
	}
	listed->count++;
	listed->file = str_copy(l->arena, file);
	listed->sha256 = str_copy(l->arena, sha256);
	l->count++;
	js_free(&js);
}

static void
read_ledger(struct ledger *l, const char *dir)
{
	char path[TEST_URL_BYTES + 32];
	struct str rest;
	struct str line;

	snprintf(path, sizeof(path), "%s/index.jsonl", dir);
	rest = read_file(l->arena, path);
	map_init(&l->lines, l->arena, NULL);
	while (str_split(&rest, '\n', &line))
		read_line(l, line);
}

/* The file is there and is what the ledger says. */
static bool
file_is_right(const struct listed *listed, const char *dir)
{
	struct arena *a = arena_new();
	struct str bytes = read_file(
	    a, arena_printf(a, "%s/%.*s", dir, STR_ARG(listed->file)));
	uint8_t sha256[CRYPTO_HASH_BYTES];
	struct buf hex = { 0 };
	bool right;

	crypto_sha256(bytes, sha256);
	encode_hex(&hex, (struct str){ (const char *)sha256, sizeof(sha256) });
	right = str_eq(buf_view(&hex), listed->sha256);
	buf_fini(&hex);
	arena_free(&a);
	return right;
}

static void
judge(const struct run *run, const struct ledger *l, const char *dir,
      const struct outbox_delivery *d, struct result *r)
{
	struct str id = { (const char *)d->id.bytes, sizeof(d->id.bytes) };
	struct buf hex = { 0 };
	const struct listed *listed;
	bool right;

	encode_hex(&hex, id);
	listed = map_find(&l->lines, buf_view(&hex));
	if (d->state == OUTBOX_SENT)
		right = listed && file_is_right(listed, dir);
	else if (d->state == OUTBOX_INDOUBT)
		right = true;
	else
		right = outbox_state_final(d->state) && !listed;
	if (!right)
		printf("lost: %s is %s, %s\n", buf_cstr(&hex),
		       outbox_state_name(d->state),
		       listed ? "listed" : "not listed");
	r->lost += !right;
	r->twice += listed && listed->count > 1;
	r->indoubt += d->state == OUTBOX_INDOUBT;
	r->after_opt_out +=
	    listed && map_find(&run->forbidden, buf_view(&hex)) != NULL;
	buf_fini(&hex);
}

static bool
compare(struct run *run)
{
	const char *dir = run->spool + sizeof("spool:") - 1;
	struct ledger l = { .arena = arena_new() };
	struct result r = { 0 };
	int64_t known = 0;
	bool sound;

	read_ledger(&l, dir);
	for (int p = 0; p < PARTNERS; p++) {
		struct outbox_delivery *rows;
		int count = sending_list(&run->sending, l.arena, p, -1,
					 ROWS_MAX, &rows);

		known += count;
		for (int i = 0; i < count; i++)
			judge(run, &l, dir, &rows[i], &r);
	}
	sound = sending_is_sound(&run->sending) &&
		known == (int64_t)run->rounds * PARTNERS * CONTACTS &&
		r.indoubt <= (int64_t)run->kills * WORKERS &&
		l.torn <= run->kills;
	printf("%d kills, %" PRId64 " deliveries, %d accepted, %d lines torn, "
	       "%d opt-outs, %" PRId64 " sent after one\n",
	       run->killed, known, l.count, l.torn, run->opt_outs,
	       r.after_opt_out);
	printf("lost %" PRId64 ", twice %" PRId64 ", in doubt %" PRId64 "\n",
	       r.lost, r.twice, r.indoubt);
	arena_free(&l.arena);
	return sound && r.lost == 0 && r.twice == 0 && r.after_opt_out == 0 &&
	       l.count > 0;
}

/* ---- both stores ---- */

static bool
survives(const char *url, uint64_t seed, int kills)
{
	struct run run = {
		.url = url,
		.seed = seed,
		.kills = kills,
		.arena = arena_new(),
	};
	char dir[] = "spool.XXXXXX";
	bool ok;

	check(mkdtemp(dir));
	snprintf(run.spool, sizeof(run.spool), "spool:%s", dir);
	map_init(&run.forbidden, run.arena, NULL);
	printf("seed %" PRIu64 "\n", seed);
	sending_open(&run.sending, url);
	sending_people(&run.sending, PARTNERS, CONTACTS);
	kill_and_restart(&run);
	ok = compare(&run);
	sending_close(&run.sending);
	arena_free(&run.arena);
	if (ok)
		test_tree_remove(dir);
	else
		printf("left for looking: %s, %s\n", dir, url);
	return ok;
}

int
main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "--child") == 0)
		return be_the_child(argv[2], argv[3]);
	return killing_main(argc, argv, survives);
}
