/*
 * The guard is written under a name of its own, flushed and renamed, so there
 * is an old one or a new one, never half of one.
 *
 * A store on a server has a guard on each host that sends. When it was put back
 * and adopted from one of them, the others see that it was adopted later than
 * their own guard was written, and go on.
 *
 * Rejected: the guard in the store (it would be put back with it); a counter in
 * place of the hash, which a copy that went on by itself reaches too.
 */
#include "dispatch/dispatch_guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/encode.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "base/random.h"
#include "dispatch/dispatch_priv.h"

enum { GUARD_BYTES_MAX = 1 << 20, ADOPT_ROWS = 250 };

#define TITLE "guidon guard 1\n"

/* ---- the file ---- */

/* 1 read, 0 there is none. */
static int
read_file(const char *path, struct buf *out, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char part[4096];
	struct stat st;
	ssize_t n;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0)
		return error_system(err, errno, "%s", path);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return error_set(err, ERROR_CONFIG, "%s is no regular file",
				 path);
	}
	while ((n = read(fd, part, sizeof(part))) > 0 &&
	       out->len <= GUARD_BYTES_MAX)
		buf_add(out, part, (size_t)n);
	if (n < 0)
		error_system(err, errno, "%s", path);
	close(fd);
	return n < 0 ? -(int)err->code : 1;
}

static int
write_new(const char *path, struct str text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int code;

	if (fd < 0)
		return -1;
	code = fd_write(fd, text) == 0 ? fsync(fd) : -1;
	return close(fd) == 0 ? code : -1;
}

/* Several may write it at once: each has a draft of its own. */
static int
write_file(const char *path, struct str text, struct error *err)
{
	struct buf draft = { 0 };
	int code = 0;

	buf_printf(&draft, "%s.%016" PRIx64, path, (uint64_t)random_id());
	if (write_new(buf_cstr(&draft), text) != 0)
		code = error_system(err, errno, "%s", path);
	if (code == 0)
		code = failpoint("dispatch: guard drafted", err);
	if (code == 0 && rename(buf_cstr(&draft), path) != 0)
		code = error_system(err, errno, "%s", path);
	if (code < 0)
		(void)unlink(buf_cstr(&draft));
	buf_fini(&draft);
	return code;
}

/* ---- what it says ---- */

static int
malformed(const char *path, int line, struct error *err)
{
	return error_set(err, ERROR_CONFIG,
			 "%s:%d: not a guard of this program, expected %s",
			 path, line,
			 line == 1   ? "\"guidon guard 1\""
			 : line == 2 ? "\"at MILLISECONDS\""
				     : "\"lane NUMBER NUMBER HASH\"");
}

static bool
read_number(struct str *rest, int64_t *n)
{
	struct str word;

	return str_word(rest, &word) && str_int(word, 0, INT64_MAX, n);
}

static bool
read_hash(struct str hex, uint8_t hash[CRYPTO_HASH_BYTES])
{
	struct buf bytes = { 0 };
	struct error ignored;
	bool good = decode_hex(&bytes, hex, &ignored) >= 0 &&
		    bytes.len == CRYPTO_HASH_BYTES;

	if (good)
		memcpy(hash, bytes.p, bytes.len);
	buf_fini(&bytes);
	return good;
}

static bool
read_head(struct str line, struct event_head *head)
{
	struct str word;

	return str_word(&line, &word) && str_eq_cstr(word, "lane") &&
	       read_number(&line, &head->lane) &&
	       read_number(&line, &head->seq) && str_word(&line, &word) &&
	       read_hash(word, head->hash);
}

static bool
read_time(struct str line, int64_t *at_ms)
{
	struct str word;

	return str_word(&line, &word) && str_eq_cstr(word, "at") &&
	       read_number(&line, at_ms);
}

/* Somebody has adopted the store since this guard was written. */
static int
is_adopted(struct db *db, int64_t at_ms, struct error *err)
{
	int64_t adopted_ms;
	int got = outbox_adopted(db, &adopted_ms, err);

	return got > 0 ? adopted_ms >= at_ms : got;
}

/* 1 the store holds all of it, 0 it does not: *missing is what. */
static int
compare(struct db *db, const char *path, struct str text,
	struct event_head *missing, int64_t *at_ms, struct error *err)
{
	struct str rest = text, line;
	int number = 2;

	if (!str_starts(rest, STR(TITLE)))
		return malformed(path, 1, err);
	rest = str_slice(rest, sizeof(TITLE) - 1, rest.len);
	if (!str_split(&rest, '\n', &line) || !read_time(line, at_ms))
		return malformed(path, number, err);
	while (str_split(&rest, '\n', &line)) {
		int holds;

		number++;
		if (!read_head(line, missing))
			return malformed(path, number, err);
		holds = event_holds(db, missing, err);
		if (holds <= 0)
			return holds;
	}
	return 1;
}

/* The store is the newest there was. */
static void
judge_time(enum dispatch_guard *out, const char *path, int64_t at_ms,
	   int64_t now_ms, struct buf *why)
{
	if (at_ms <= now_ms || at_ms - now_ms <= DISPATCH_GUARD_SLACK_MS)
		return;
	*out = DISPATCH_GUARD_LATER;
	buf_cat(why, "the clock says ");
	civil_print_instant(now_ms, 0, why);
	buf_printf(why, ", and %s was written at ", path);
	civil_print_instant(at_ms, 0, why);
}

static int
judge(enum dispatch_guard *out, struct db *db, const char *path,
      struct str text, int64_t now_ms, struct buf *why, struct error *err)
{
	struct event_head missing;
	int64_t at_ms;
	int got = compare(db, path, text, &missing, &at_ms, err);

	if (got < 0 && err->code == ERROR_CONFIG) {
		*out = DISPATCH_GUARD_BEHIND;
		buf_cat(why, err->text);
		return 0;
	}
	if (got > 0)
		judge_time(out, path, at_ms, now_ms, why);
	if (got == 0)
		got = is_adopted(db, at_ms, err);
	if (got != 0)
		return got < 0 ? got : 0;
	*out = DISPATCH_GUARD_BEHIND;
	buf_printf(why,
		   "the store lacks event %" PRId64 " of lane %" PRId64
		   ", which %s knows: it was put back from a copy, or is one",
		   missing.seq, missing.lane, path);
	return 0;
}

int
dispatch_guard_ask(enum dispatch_guard *out, struct db *db, const char *path,
		   int64_t now_ms, struct buf *why, struct error *err)
{
	struct buf text = { 0 };
	int got = read_file(path, &text, err);
	int code = got;

	*out = DISPATCH_GUARD_GOOD;
	if (got > 0) {
		code = judge(out, db, path, buf_view(&text), now_ms, why, err);
	} else if (got == 0 && (code = outbox_has_any(db, err)) > 0) {
		*out = DISPATCH_GUARD_MISSING;
		buf_printf(why,
			   "the store has deliveries, and its guard %s is not "
			   "there: it may be an older copy",
			   path);
		code = 0;
	}
	buf_fini(&text);
	return code;
}

/* ---- writing it ---- */

static int
print_heads(struct db *db, struct buf *out, struct error *err)
{
	struct arena *a = arena_new();
	struct event_head *heads;
	int count = event_heads(db, a, &heads, err);

	buf_cat(out, TITLE);
	for (int i = 0; i < count; i++) {
		buf_printf(out, "lane %" PRId64 " %" PRId64 " ", heads[i].lane,
			   heads[i].seq);
		encode_hex(out, (struct str){ (const char *)heads[i].hash,
					      sizeof(heads[i].hash) });
		buf_char(out, '\n');
	}
	arena_free(&a);
	return count < 0 ? count : 0;
}

int
dispatch_guard_keep(struct db *db, const char *path, int64_t now_ms,
		    struct buf *known, struct error *err)
{
	struct buf heads = { 0 };
	struct buf text = { 0 };
	int code = print_heads(db, &heads, err);

	if (code == 0 && !str_eq(buf_view(&heads), buf_view(known))) {
		buf_printf(&text, "%sat %" PRId64 "\n", TITLE, now_ms);
		buf_str(&text, str_slice(buf_view(&heads), sizeof(TITLE) - 1,
					 heads.len));
		code = write_file(path, buf_view(&text), err);
	}
	if (code == 0) {
		buf_clear(known);
		buf_str(known, buf_view(&heads));
	}
	buf_fini(&heads);
	buf_fini(&text);
	return code;
}

/* ---- adopting ---- */

struct adoption {
	int64_t now_ms;
	bool unsent; /* hold, or let go */
};

static int
change(struct db *db, struct arena *a, const struct adoption *x,
       struct outbox_delivery **rows, struct error *err)
{
	const struct outbox_release unsent = {
		.status = str_of(outbox_maybe_sent),
		.partner_id = -1,
		.to = OUTBOX_READY,
		.limit = ADOPT_ROWS,
		.now_ms = x->now_ms,
	};

	if (x->unsent)
		return outbox_unhold_all(db, a, &unsent, rows, err);
	return outbox_doubt(db, a, x->now_ms, ADOPT_ROWS, x->now_ms, rows, err);
}

static int
change_some(struct db *db, struct arena *a, const struct adoption *x,
	    struct error *err)
{
	enum event_kind kind = x->unsent ? EVENT_RELEASED : EVENT_HELD;
	struct outbox_delivery *rows;
	int count = change(db, a, x, &rows, err);

	for (int i = 0; i < count; i++)
		if (gate_note(db, kind, &rows[i], str_of(outbox_maybe_sent),
			      x->now_ms, err) < 0)
			return -(int)err->code;
	return count;
}

/* The mark comes first: what is put meanwhile is doubted already. */
static int
adopt_unit(struct db *db, void *arg, struct error *err)
{
	const struct adoption *x = arg;
	struct arena *a;
	int count;

	if (outbox_adopt(db, x->now_ms,
			 x->unsent ? OUTBOX_DOUBTS_NOTHING : OUTBOX_DOUBTS_ALL,
			 err) < 0)
		return -(int)err->code;
	a = arena_new();
	count = change_some(db, a, x, err);
	arena_free(&a);
	return count;
}

static int64_t
adopt_all(struct db_store *store, struct adoption x, struct error *err)
{
	int64_t sum = 0;
	int got;

	while ((got = db_commit(store, adopt_unit, &x, err)) > 0)
		sum += got;
	return got < 0 ? got : sum;
}

int64_t
dispatch_adopt(struct db_store *store, int64_t now_ms, struct error *err)
{
	return adopt_all(store, (struct adoption){ .now_ms = now_ms }, err);
}

int64_t
dispatch_assume_unsent(struct db_store *store, int64_t now_ms,
		       struct error *err)
{
	return adopt_all(
	    store, (struct adoption){ .now_ms = now_ms, .unsent = true }, err);
}
