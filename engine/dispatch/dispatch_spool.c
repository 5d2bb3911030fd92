/*
 * The transport `spool:DIR`: messages become files. For a vendor who has
 * another program send them, for looking at a campaign before it is sent, and
 * for tests: no other wire can be compared byte for byte with the store.
 *
 *	DIR/index.jsonl			one line for each message, in order
 *	DIR/2026-03-01/ID-ATTEMPT.eml	mail; posts are .json
 *	DIR/tmp/			what is being written
 *
 * ID is the delivery's id in base32, whole, so that two deliveries never have
 * one name. The index is the receiver's ledger: what is in it was accepted.
 * It is written before the file gets its name, so a reader of the directory
 * never sees a file that the index does not have.
 *
 *	write tmp, fsync -> mark -> add the index line, fsync -> link, fsync
 *	  not accepted   |        in doubt                    | accepted
 *
 * Failing before the marker is definite: DEFERRED. Failing after it is not:
 * UNKNOWN, and the file stays in tmp/, as it does when the process is killed.
 * The next sender that is alone goes by the index: what it has gets its name,
 * the rest is taken away (dispatch_spool_left.c).
 *
 * A line that was cut short by a full disk or a kill has no newline. The next
 * line begins with one then, so a broken line spoils no other.
 *
 * Rejected: rename(2) for link(2) and unlink(2), because it would replace a
 * file that is already there, and nothing that was sent is ever replaced.
 */
#include "dispatch/dispatch_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/failpoint.h"
#include "base/fd.h"
#include "base/js.h"
#include "base/log.h"
#include "base/random.h"
#include "dispatch/dispatch_spool_priv.h"

struct spool {
	int dir;
	int tmp;
	int index;
	int64_t nonce; /* of this opening: names in tmp/ are never shared */
	atomic_uint_fast64_t number;
	pthread_mutex_t mutex; /* one line at a time; guards `torn` */
	bool torn;	       /* the last line has no newline */
};

/* One message on its way. All names live in `arena`. */
struct piece {
	const struct dispatch_message *message;
	struct arena *arena;
	int64_t now_ms;
	int day; /* directory */
	const char *day_name;
	const char *file_name;
	const char *tmp_name;
};

/* ---- files ---- */

/* Made when it is not there; 1 when it was made. */
static int
make_dir(int at, const char *name, struct error *err)
{
	if (mkdirat(at, name, 0700) == 0)
		return 1;
	return errno == EEXIST ? 0 : error_system(err, errno, "%s", name);
}

static int
open_dir(int *out, int at, const char *name, struct error *err)
{
	*out = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out < 0 ? error_system(err, errno, "%s", name) : 0;
}

static int
sync_fd(int fd, const char *name, struct error *err)
{
	return fsync(fd) < 0 ? error_system(err, errno, "%s", name) : 0;
}

/* ---- before the marker ---- */

static bool
is_mail(const struct dispatch_message *m)
{
	return str_eq_cstr(m->delivery->key.channel, "email");
}

static void
name_piece(struct spool *s, struct piece *p)
{
	const struct outbox_delivery *d = p->message->delivery;
	struct local_time day;
	struct buf id = { 0 };

	civil_from_ms(p->now_ms, &day);
	encode_base32(&id, (struct str){ (const char *)d->id.bytes,
					 sizeof(d->id.bytes) });
	p->day_name = arena_printf(p->arena, "%04d-%02d-%02d", day.year,
				   day.month, day.day);
	p->file_name = arena_printf(p->arena, "%s-%lld.%s", buf_cstr(&id),
				    (long long)d->attempt + 1,
				    is_mail(p->message) ? "eml" : "json");
	p->tmp_name =
	    arena_printf(p->arena, "%s.%llx.%llu", p->file_name,
			 (unsigned long long)s->nonce,
			 (unsigned long long)atomic_fetch_add(&s->number, 1));
	buf_fini(&id);
}

static int
open_day(struct spool *s, struct piece *p, struct error *err)
{
	int made = make_dir(s->dir, p->day_name, err);

	if (made < 0 || (made > 0 && sync_fd(s->dir, "spool", err) < 0))
		return -(int)err->code;
	return open_dir(&p->day, s->dir, p->day_name, err);
}

static int
write_tmp(struct spool *s, struct piece *p, struct error *err)
{
	int fd = openat(s->tmp, p->tmp_name,
			O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int code = 0;

	if (fd < 0)
		return error_system(err, errno, "tmp/%s", p->tmp_name);
	if (fd_write(fd, p->message->bytes) < 0 || fsync(fd) < 0)
		code = error_system(err, errno, "tmp/%s", p->tmp_name);
	if (close(fd) < 0 && code == 0)
		code = error_system(err, errno, "tmp/%s", p->tmp_name);
	if (code < 0)
		unlinkat(s->tmp, p->tmp_name, 0);
	return code;
}

/* ---- after the marker ---- */

static void
add_hex(struct js_writer *w, const char *key, const void *p, size_t len)
{
	struct buf hex = { 0 };

	encode_hex(&hex, (struct str){ p, len });
	js_key_str(w, key, buf_view(&hex));
	buf_fini(&hex);
}

static void
index_line(const struct piece *p, struct buf *out)
{
	const struct dispatch_message *m = p->message;
	const struct outbox_delivery *d = m->delivery;
	uint8_t sha256[CRYPTO_HASH_BYTES];
	struct js_writer w;

	crypto_sha256(m->bytes, sha256);
	js_writer_init(&w, out, false);
	js_begin_object(&w);
	js_key_int(&w, "at", p->now_ms);
	js_key_int(&w, "partner", d->id.partner_id);
	add_hex(&w, "delivery", d->id.bytes, sizeof(d->id.bytes));
	js_key_int(&w, "attempt", d->attempt + 1);
	js_key_str(&w, "file",
		   str_printf(p->arena, "%s/%s", p->day_name, p->file_name));
	if (is_mail(m))
		js_key_str(&w, "sender", m->sender);
	js_key_str(&w, "to",
		   is_mail(m) ? log_mask_address(p->arena, m->receiver)
			      : m->receiver);
	add_hex(&w, "sha256", sha256, sizeof(sha256));
	js_end_object(&w);
	js_writer_end(&w);
	buf_char(out, '\n');
}

static int
add_to_index(struct spool *s, const struct piece *p, struct error *err)
{
	struct buf line = { 0 };
	int code = 0;

	pthread_mutex_lock(&s->mutex);
	if (s->torn)
		buf_char(&line, '\n');
	index_line(p, &line);
	s->torn = fd_write(s->index, buf_view(&line)) < 0;
	if (s->torn || fsync(s->index) < 0)
		code = error_system(err, errno, "index.jsonl");
	pthread_mutex_unlock(&s->mutex);
	buf_fini(&line);
	return code;
}

static int
link_file(struct spool *s, const struct piece *p, struct error *err)
{
	if (linkat(s->tmp, p->tmp_name, p->day, p->file_name, 0) < 0 &&
	    errno != EEXIST)
		return error_system(err, errno, "%s/%s", p->day_name,
				    p->file_name);
	if (sync_fd(p->day, p->day_name, err) < 0)
		return -(int)err->code;
	/* Left behind it is no harm: the next sender takes it away. */
	unlinkat(s->tmp, p->tmp_name, 0);
	return 0;
}

/* ---- a session ---- */

static void
verdict(struct dispatch_feed *feed, const struct piece *p,
	enum outbox_verdict_kind kind, struct str status)
{
	feed_verdict(
	    feed, p->message,
	    &(struct outbox_verdict){ .kind = kind, .status = status });
}

static int
accept_piece(struct spool *s, struct dispatch_feed *feed, struct piece *p,
	     struct error *err)
{
	if (add_to_index(s, p, err) < 0 ||
	    failpoint("dispatch: spool index written", err) < 0 ||
	    link_file(s, p, err) < 0 ||
	    failpoint("dispatch: spool file linked", err) < 0) {
		verdict(feed, p, OUTBOX_VERDICT_UNKNOWN, str_of(err->text));
		return -(int)err->code;
	}
	verdict(feed, p, OUTBOX_VERDICT_SENT,
		str_printf(p->arena, "%s/%s", p->day_name, p->file_name));
	return 1;
}

/* 1 accepted, 0 the marker was refused. */
static int
spool_piece(struct spool *s, struct dispatch_feed *feed, struct piece *p,
	    struct error *err)
{
	int got;

	if (open_day(s, p, err) < 0 || write_tmp(s, p, err) < 0 ||
	    failpoint("dispatch: spool file written", err) < 0) {
		verdict(feed, p, OUTBOX_VERDICT_DEFERRED, str_of(err->text));
		return -(int)err->code;
	}
	got = feed_mark(feed, p->message, err);
	if (got > 0)
		return accept_piece(s, feed, p, err);
	unlinkat(s->tmp, p->tmp_name, 0);
	return got;
}

static int
spool_message(struct spool *s, struct dispatch_feed *feed,
	      const struct dispatch_message *m, struct error *err)
{
	struct piece p = {
		.message = m,
		.arena = arena_new(),
		.now_ms = feed_now(feed),
		.day = -1,
	};
	int got;

	name_piece(s, &p);
	got = spool_piece(s, feed, &p, err);
	if (p.day >= 0)
		close(p.day);
	arena_free(&p.arena);
	return got;
}

static int
spool_session(void *self, struct dispatch_feed *feed, struct error *err)
{
	struct dispatch_message m;
	int got;

	feed_connected(feed, STR("spool"));
	do {
		got = feed_next(feed, &m, err);
		if (got > 0)
			got = spool_message(self, feed, &m, err);
	} while (got > 0);
	return got;
}

/* ---- open and close ---- */

/* A kill may have cut the last line. */
static int
look_at_index(struct spool *s, struct error *err)
{
	struct stat st;
	char last = '\n';

	if (fstat(s->index, &st) < 0 ||
	    (st.st_size > 0 && pread(s->index, &last, 1, st.st_size - 1) < 0))
		return error_system(err, errno, "index.jsonl");
	s->torn = last != '\n';
	return 0;
}

static int
open_files(struct spool *s, const char *dir, struct error *err)
{
	if (make_dir(AT_FDCWD, dir, err) < 0 ||
	    open_dir(&s->dir, AT_FDCWD, dir, err) < 0 ||
	    make_dir(s->dir, "tmp", err) < 0 ||
	    open_dir(&s->tmp, s->dir, "tmp", err) < 0)
		return -(int)err->code;
	s->index = openat(s->dir, "index.jsonl",
			  O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (s->index < 0)
		return error_system(err, errno, "index.jsonl");
	spool_join(s->dir, s->tmp, s->index);
	if (look_at_index(s, err) < 0)
		return -(int)err->code;
	return sync_fd(s->dir, dir, err);
}

static void
spool_close(void *self)
{
	struct spool *s = self;
	const int fds[] = { s->dir, s->tmp, s->index };

	for (size_t i = 0; i < COUNT_OF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	check(pthread_mutex_destroy(&s->mutex) == 0);
	free(s);
}

static int
spool_open(void **out, const char *url, struct error *err)
{
	const char *dir = url + sizeof("spool:") - 1;
	struct spool *s;

	if (!str_starts(str_of(url), STR("spool:")) || !dir[0])
		return error_set(err, ERROR_CONFIG,
				 "transport \"%s\", expected \"spool:DIR\"",
				 url);
	s = calloc(1, sizeof(*s));
	check(s);
	s->dir = s->tmp = s->index = -1;
	s->nonce = random_id();
	atomic_init(&s->number, 0);
	check(pthread_mutex_init(&s->mutex, NULL) == 0);
	if (open_files(s, dir, err) < 0) {
		spool_close(s);
		(void)error_context(err, "spool %s", dir);
		err->code = ERROR_CONFIG;
		return -(int)err->code;
	}
	*out = s;
	return 0;
}

const struct transport spool_transport = {
	.scheme = "spool",
	.carriers = CARRIER(OUTBOX_MAIL) | CARRIER(OUTBOX_HTTP),
	.open = spool_open,
	.close = spool_close,
	.session = spool_session,
};
