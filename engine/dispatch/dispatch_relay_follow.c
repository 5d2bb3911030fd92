/*
 * A log is read in passes: from a place that is early enough to its end, with
 * what is in doubt as the pass begins. Then all is forgotten but the places.
 *
 * Rejected: to read each line once, as it is written. A message becomes in
 * doubt after its lines were written, by minutes or by a restart; whoever reads
 * a line once has to keep all Message-IDs of that time.
 *
 * What was looked for in vain for SETTLE_MS since it is in doubt is settled,
 * and the log is not read for it any more: what it would prove it would have
 * proven by then.
 */
#include "dispatch/dispatch_relay_follow.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/log.h"
#include "dispatch/dispatch_relay_log.h"
#include "dispatch/dispatch_relay_tail_priv.h"
#include "dispatch/dispatch_resolve.h"

enum {
	PLACES = 64,
	ASKED = 200, /* in a step */
	LOOK_MS = 10 * 1000,
	AGAIN_MS = 20 * 1000,
	PLACE_MS = 5 * 60 * 1000,
	SETTLE_MS = 60 * 60 * 1000,
	/* What is on the wire now may be in doubt by then. */
	KEPT_MS = 2 * 60 * 60 * 1000,
	/* Lines are that much older than the marker: clocks differ. */
	BEFORE_MS = 2 * RELAY_LOG_WINDOW_MS,
};

/* Where the log ended. */
struct end {
	int64_t at_ms;
	struct relay_place place;
};

struct relay_follow {
	struct relay_follow_config config;
	struct arena *arena;
	const char *note; /* its name */
	struct relay_tail *tail;
	bool is_loaded;
	struct end ends[PLACES]; /* oldest first */
	int end_count;
	int64_t placed_ms;  /* when the last was looked for */
	int64_t settled_ms; /* all that were in doubt SETTLE_MS before */
	int64_t looked_ms;  /* for what is in doubt */
	int64_t passed_ms;  /* when the last pass began */
	bool is_missing;    /* and it was said */
	/* A pass; NULL: none. */
	struct arena *pass;
	struct relay_log *log;
	struct dispatch_doubts doubts;
	bool is_read;
	size_t asked; /* of the doubts */
	int64_t closed;
};

/* ---- open and close ---- */

void
relay_follow_open(struct relay_follow **out,
		  const struct relay_follow_config *config)
{
	struct relay_follow *f = calloc(1, sizeof(*f));
	char host[256] = "";

	check(f);
	(void)gethostname(host, sizeof(host) - 1);
	f->config = *config;
	f->arena = arena_new();
	f->note = arena_printf(f->arena, "relay-log %s %s", host, config->path);
	relay_tail_open(&f->tail, config->path);
	*out = f;
}

static void
end_pass(struct relay_follow *f)
{
	relay_log_close(&f->log);
	arena_free(&f->pass);
	f->is_read = false;
	f->asked = 0;
	f->closed = 0;
}

void
relay_follow_close(struct relay_follow **follow)
{
	struct relay_follow *f = *follow;

	if (!f)
		return;
	end_pass(f);
	relay_tail_close(&f->tail);
	arena_free(&f->arena);
	free(f);
	*follow = NULL;
}

/* ---- the note ---- */

/* "SETTLED", then a line "AT FILE OFFSET PRINT" for each place. */
static int
save_unit(struct db *db, void *arg, struct error *err)
{
	const struct relay_follow *f = arg;
	struct buf b = { 0 };
	int code;

	buf_printf(&b, "%" PRId64 "\n", f->settled_ms);
	for (int i = 0; i < f->end_count; i++) {
		const struct end *e = &f->ends[i];

		buf_printf(&b, "%" PRId64 " %" PRIu64 " %" PRId64 " ", e->at_ms,
			   e->place.file, e->place.offset);
		encode_hex(&b, (struct str){ (const char *)e->place.print,
					     RELAY_TAIL_PRINT_BYTES });
		buf_char(&b, '\n');
	}
	code = db_note_set(db, f->note, buf_view(&b), err);
	buf_fini(&b);
	return code;
}

static int
save(struct relay_follow *f, struct error *err)
{
	return db_commit(f->config.store, save_unit, f, err) < 0
		   ? -(int)err->code
		   : 0;
}

static bool
parse_end(struct str line, struct end *e)
{
	struct str at, file, offset, print;
	struct buf bytes = { 0 };
	struct error ignored;
	int64_t inode;
	bool good =
	    str_word(&line, &at) && str_int(at, 0, INT64_MAX, &e->at_ms) &&
	    str_word(&line, &file) && str_int(file, 0, INT64_MAX, &inode) &&
	    str_word(&line, &offset) &&
	    str_int(offset, 0, INT64_MAX, &e->place.offset) &&
	    str_word(&line, &print) &&
	    decode_hex(&bytes, print, &ignored) >= 0 &&
	    bytes.len == RELAY_TAIL_PRINT_BYTES;

	if (good) {
		e->place.file = (uint64_t)inode;
		memcpy(e->place.print, bytes.p, bytes.len);
	}
	buf_fini(&bytes);
	return good;
}

static int
load(struct relay_follow *f, struct error *err)
{
	struct buf note = { 0 };
	struct str rest, line;
	struct db *db;
	int got = db_reader(f->config.store, &db, err);

	if (got >= 0)
		got = db_note_find(db, f->note, &note, err);
	rest = buf_view(&note);
	if (got > 0 && str_split(&rest, '\n', &line))
		(void)str_int(line, 0, INT64_MAX, &f->settled_ms);
	while (got > 0 && f->end_count < PLACES &&
	       str_split(&rest, '\n', &line))
		f->end_count += parse_end(line, &f->ends[f->end_count]);
	buf_fini(&note);
	f->is_loaded = got >= 0;
	return got < 0 ? got : 0;
}

/* ---- places ---- */

static void
forget(struct relay_follow *f, int i)
{
	f->end_count--;
	memmove(&f->ends[i], &f->ends[i + 1],
		(size_t)(f->end_count - i) * sizeof(f->ends[0]));
}

/* The one whose neighbours are next to each other; the oldest stays. */
static int
least_missed(const struct relay_follow *f)
{
	int best = 1;

	for (int i = 1; i + 1 < f->end_count; i++)
		if (f->ends[i + 1].at_ms - f->ends[i - 1].at_ms <
		    f->ends[best + 1].at_ms - f->ends[best - 1].at_ms)
			best = i;
	return best;
}

static void
add_end(struct relay_follow *f, const struct end *e)
{
	if (f->end_count == PLACES)
		forget(f, least_missed(f));
	f->ends[f->end_count++] = *e;
}

/* The place to read from for what was marked then; -1: there is none. */
static int
end_before(const struct relay_follow *f, int64_t marked_ms)
{
	int i = f->end_count - 1;

	while (i >= 0 && f->ends[i].at_ms > marked_ms - BEFORE_MS)
		i--;
	/* The one before: so there is a line between them. */
	return i > 0 ? i - 1 : i;
}

static void
say_missing(struct relay_follow *f, bool is_missing)
{
	if (is_missing == f->is_missing)
		return;
	f->is_missing = is_missing;
	if (is_missing)
		log_line(LOG_LEVEL_WARN, "dispatch", "relay_log_missing",
			 LOG_FIELDS(LOG_CSTR("file", f->config.path),
				    LOG_CSTR("msg", "it is waited for")));
	else
		log_line(LOG_LEVEL_INFO, "dispatch", "relay_log_there",
			 LOG_FIELDS(LOG_CSTR("file", f->config.path)));
}

static bool
is_last(const struct relay_follow *f, const struct relay_place *place)
{
	const struct relay_place *last;

	if (f->end_count == 0)
		return false;
	last = &f->ends[f->end_count - 1].place;
	return last->file == place->file && last->offset == place->offset;
}

static int
keep_place(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	struct end e = { .at_ms = now_ms };
	int got;

	if (f->placed_ms && now_ms - f->placed_ms < PLACE_MS)
		return 0;
	got = relay_tail_end(f->tail, &e.place, err);
	if (got <= 0)
		return got;
	f->placed_ms = now_ms;
	if (is_last(f, &e.place))
		return 0;
	add_end(f, &e);
	return save(f, err);
}

/* ---- what is in doubt ---- */

static bool
is_open(const struct relay_follow *f, const struct dispatch_doubt *doubt)
{
	return doubt->message_id.len > 0 &&
	       doubt->delivery.done_ms + SETTLE_MS > f->settled_ms;
}

struct need {
	int64_t marked_ms; /* the oldest; INT64_MAX: nothing is open */
	int64_t done_ms;   /* the newest */
};

static struct need
need_of(const struct relay_follow *f, const struct dispatch_doubts *doubts)
{
	struct need need = { INT64_MAX, INT64_MIN };

	for (size_t i = 0; i < doubts->count; i++) {
		const struct outbox_delivery *d = &doubts->items[i]->delivery;

		if (!is_open(f, doubts->items[i]))
			continue;
		if (d->marked_ms < need.marked_ms)
			need.marked_ms = d->marked_ms;
		if (d->done_ms > need.done_ms)
			need.done_ms = d->done_ms;
	}
	return need;
}

/* At once when it is new, then after half the time that it is there. */
static bool
is_time(const struct relay_follow *f, const struct need *need, int64_t now_ms)
{
	int64_t wait_ms = (f->passed_ms - need->done_ms) / 2;

	if (need->marked_ms == INT64_MAX)
		return false;
	return f->passed_ms == 0 ||
	       now_ms - f->passed_ms >=
		   (wait_ms > AGAIN_MS ? wait_ms : AGAIN_MS);
}

/* What nothing is read from any more. */
static void
forget_ends(struct relay_follow *f, const struct need *need, int64_t now_ms)
{
	int64_t from_ms = now_ms - KEPT_MS;

	if (need->marked_ms < from_ms)
		from_ms = need->marked_ms;
	while (end_before(f, from_ms) > 0)
		forget(f, 0);
}

/* ---- a pass ---- */

/*
 * 1 when the tail is there; 0: there is no file. When no place is early enough,
 * all is read of the file that the oldest lies in.
 */
static int
seek(struct relay_follow *f, int64_t marked_ms, struct error *err)
{
	int first = end_before(f, marked_ms);
	int got = 0;

	for (int i = first < 0 ? 0 : first; i < f->end_count && got == 0; i++)
		got = relay_tail_seek(f->tail, &f->ends[i].place, err);
	if (got > 0 && first < 0)
		relay_tail_rewind(f->tail);
	return got == 0 ? relay_tail_seek(f->tail, NULL, err) : got;
}

static int
look(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	struct need need;
	int got = 0;

	if (f->looked_ms && now_ms - f->looked_ms < LOOK_MS)
		return 0;
	f->pass = arena_new();
	if (dispatch_doubts_load(&f->doubts, f->config.store, f->pass, err) < 0)
		got = -(int)err->code;
	f->looked_ms = now_ms;
	if (got >= 0) {
		need = need_of(f, &f->doubts);
		forget_ends(f, &need, now_ms);
		if (is_time(f, &need, now_ms))
			got = seek(f, need.marked_ms, err);
	}
	if (got > 0) {
		f->passed_ms = now_ms;
		relay_log_open(&f->log, &f->doubts, f->config.zone, now_ms);
	} else {
		end_pass(f);
	}
	return got;
}

/* 1 at the end of the log. */
static int
read_some(struct relay_follow *f, struct error *err)
{
	int64_t left = RELAY_FOLLOW_STEP_BYTES;
	struct relay_part part;
	int got = 1;

	while (got > 0 && left > 0) {
		got = relay_tail_read(f->tail, &part, err);
		if (got <= 0)
			break;
		if (part.kind == RELAY_PART_FILE)
			relay_log_file(f->log);
		else if (part.kind == RELAY_PART_GAP)
			relay_log_gap(f->log);
		relay_log_feed(f->log, part.bytes);
		left -= (int64_t)part.bytes.len;
	}
	return got < 0 ? got : got == 0;
}

struct closing {
	const struct relay_follow *f;
	const struct dispatch_doubt *doubt;
	int64_t now_ms;
};

/* Whether the store was put back since is asked in the unit that acts on it. */
static int
close_unit(struct db *db, void *arg, struct error *err)
{
	const struct closing *c = arg;
	struct arena *a = arena_new();
	struct relay_proof proof;
	int got =
	    dispatch_resolve_proof(db, a, c->f->log, c->doubt, &proof, err);

	if (got > 0 && proof.to == OUTBOX_READY && !c->f->config.is_alone)
		got = 0;
	if (got > 0)
		got = dispatch_resolve(db, &c->doubt->delivery.id, proof.to,
				       proof.evidence, c->now_ms, err);
	arena_free(&a);
	return got;
}

/* 1 when all were asked for. */
static int
close_some(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	for (int i = 0; i < ASKED && f->asked < f->doubts.count; i++) {
		struct closing c = { f, f->doubts.items[f->asked++], now_ms };
		int got = is_open(f, c.doubt)
			      ? db_commit(f->config.store, close_unit, &c, err)
			      : 0;

		if (got < 0)
			return got;
		f->closed += got;
	}
	return f->asked == f->doubts.count;
}

static int64_t
end_of_pass(struct relay_follow *f, struct error *err)
{
	int64_t sum = f->closed;

	if (sum > 0)
		log_line(LOG_LEVEL_INFO, "dispatch", "relay_log_closed",
			 LOG_FIELDS(LOG_INT("deliveries", sum)));
	end_pass(f);
	f->settled_ms = f->passed_ms;
	return save(f, err) < 0 ? -(int)err->code : sum;
}

static int64_t
go_on(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	int got = f->is_read ? 1 : read_some(f, err);

	f->is_read = got > 0;
	if (got > 0)
		got = close_some(f, now_ms, err);
	if (got < 0)
		end_pass(f);
	return got > 0 ? end_of_pass(f, err) : got;
}

static int
find_file(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	if (!f->is_loaded && load(f, err) < 0)
		return -(int)err->code;
	say_missing(f, access(f->config.path, F_OK) != 0);
	return keep_place(f, now_ms, err);
}

int64_t
relay_follow_step(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	int got;

	if (f->log)
		return go_on(f, now_ms, err);
	if (find_file(f, now_ms, err) < 0)
		return -(int)err->code;
	got = look(f, now_ms, err);
	return got > 0 ? go_on(f, now_ms, err) : got;
}

int64_t
relay_follow_all(struct relay_follow *f, int64_t now_ms, struct error *err)
{
	int64_t sum = 0;

	do {
		int64_t got = relay_follow_step(f, now_ms, err);

		if (got < 0)
			return got;
		sum += got;
	} while (f->log);
	return sum;
}
