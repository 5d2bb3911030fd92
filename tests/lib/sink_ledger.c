/*
 * The sink's ledger. Lines:
 *
 *	accepted MESSAGE-ID SHA256 RECEIVERS
 *	refused MESSAGE-ID STAGE RECEIVERS
 *
 * Words have no blanks in them, are cut at 1,000 bytes and are never empty:
 * what is not known is "-".
 *
 * Many connections wait for the disk at once. One of them syncs for all whose
 * lines are written by then; the others wait for it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "sink_priv.h"

enum { WORD_BYTES = 1000, LINE_BYTES = 4096 };

static _Noreturn void
give_up(const char *what)
{
	fprintf(stderr, "guidon_sink: ledger: %s: %s\n", what, strerror(errno));
	_Exit(1);
}

static void
add_word(struct buf *line, struct str word)
{
	if (line->len > 0)
		buf_char(line, ' ');
	if (word.len == 0)
		buf_char(line, '-');
	for (size_t i = 0; i < word.len && i < WORD_BYTES; i++)
		buf_char(line,
			 word.p[i] > ' ' && word.p[i] < 0x7f ? word.p[i] : '?');
}

/* ---- attempts ---- */

static int64_t
count_attempt(struct sink_ledger *l, struct str id)
{
	int64_t *count = map_find(&l->attempts, id);

	if (!count) {
		count = ARENA_NEW(l->arena, int64_t);
		map_put(&l->attempts, id, count);
	}
	return ++*count;
}

int64_t
ledger_attempt(struct sink_ledger *l, struct str id)
{
	int64_t attempt;

	pthread_mutex_lock(&l->mutex);
	attempt = count_attempt(l, id);
	pthread_mutex_unlock(&l->mutex);
	return attempt;
}

/* What came before a restart. */
static int
recall(struct sink_ledger *l, const char *path, struct error *err)
{
	FILE *f = fopen(path, "r");
	char line[LINE_BYTES];

	if (!f)
		return error_system(err, errno, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		struct str rest = str_of(line);
		struct str word, id;

		if (str_word(&rest, &word) && str_word(&rest, &id) &&
		    !str_eq_cstr(id, "-"))
			count_attempt(l, id);
	}
	fclose(f);
	return 0;
}

int
ledger_open(struct sink_ledger *l, const char *path, struct error *err)
{
	*l = (struct sink_ledger){ .arena = arena_new() };
	map_init(&l->attempts, l->arena, NULL);
	check(pthread_mutex_init(&l->mutex, NULL) == 0);
	check(pthread_cond_init(&l->synced_more, NULL) == 0);
	l->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	if (l->fd < 0)
		return error_system(err, errno, "%s", path);
	return recall(l, path, err);
}

void
ledger_close(struct sink_ledger *l)
{
	close(l->fd);
	check(pthread_cond_destroy(&l->synced_more) == 0);
	check(pthread_mutex_destroy(&l->mutex) == 0);
	arena_free(&l->arena);
}

/* ---- lines ---- */

/* With the lock held, which is open while the disk works. */
static void
sync_up_to(struct sink_ledger *l, int64_t line)
{
	while (l->synced < line) {
		int64_t upto = l->written;

		if (l->syncing) {
			pthread_cond_wait(&l->synced_more, &l->mutex);
			continue;
		}
		l->syncing = true;
		pthread_mutex_unlock(&l->mutex);
		if (fsync(l->fd) < 0)
			give_up("fsync");
		pthread_mutex_lock(&l->mutex);
		l->syncing = false;
		l->synced = upto;
		pthread_cond_broadcast(&l->synced_more);
	}
}

static void
add_line(struct sink_ledger *l, const struct str words[4], bool durable)
{
	struct buf line = { 0 };

	for (int i = 0; i < 4; i++)
		add_word(&line, words[i]);
	buf_char(&line, '\n');
	pthread_mutex_lock(&l->mutex);
	if (write(l->fd, line.p, line.len) != (ssize_t)line.len)
		give_up("write");
	l->written++;
	if (durable)
		sync_up_to(l, l->written);
	pthread_mutex_unlock(&l->mutex);
	buf_fini(&line);
}

void
ledger_accepted(struct sink_ledger *l, struct str id, struct str sha256,
		struct str receivers)
{
	add_line(l, (struct str[]){ STR("accepted"), id, sha256, receivers },
		 true);
}

void
ledger_refused(struct sink_ledger *l, struct str id, enum sink_moment stage,
	       struct str receivers)
{
	add_line(l,
		 (struct str[]){ STR("refused"), id,
				 str_of(sink_moment_name(stage)), receivers },
		 false);
}
