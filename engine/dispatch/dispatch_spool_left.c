/*
 * What senders that were killed left in the spool's tmp/.
 *
 *	in the index, and of its hash	gets its name: it was accepted
 *	all else			goes: it was not, and is a mail
 *
 * A kill between the line and the name leaves an index that promises a file
 * which is not there; whoever then finds the delivery in the index and resolves
 * it as sent is right only when the file comes to be. The hash tells it from an
 * earlier try of the same name, which may have been made of other texts.
 *
 * Whose file a name in tmp/ is cannot be seen, so nothing is touched while
 * another sender lives: each holds a read lock on the index, and who gets the
 * write lock is alone. Several stores may send into one spool, and so does
 * send-test beside a sender. Open file description locks, as they also count
 * between two openings in one process and go when the holder dies.
 */
#define _GNU_SOURCE /* F_OFD_SETLK */
#include "dispatch/dispatch_spool_priv.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/map.h"

/* A file in tmp/; several may be tries of one. */
struct left {
	const char *tmp_name;
	struct str hash; /* hexadecimal, or empty: not read yet */
	bool keep;
	struct left *next;
};

struct clearing {
	int dir;
	int tmp;
	struct arena *arena;
	struct map left; /* by the name that each would get */
};

static bool
lock(int index, short type, bool wait)
{
	struct flock whole = { .l_type = type, .l_whence = SEEK_SET };

	return fcntl(index, wait ? F_OFD_SETLKW : F_OFD_SETLK, &whole) == 0;
}

static void
complain(const char *name)
{
	log_line(LOG_LEVEL_WARN, "spool", "left",
		 LOG_FIELDS(LOG_CSTR("file", name),
			    LOG_CSTR("msg", strerror(errno))));
}

/* ---- what is there ---- */

static bool
cut_number(struct str *name, const char *digits)
{
	size_t n = name->len;

	while (n > 0 && strchr(digits, name->p[n - 1]))
		n--;
	if (n == name->len || n == 0 || name->p[n - 1] != '.')
		return false;
	*name = str_slice(*name, 0, n - 1);
	return true;
}

/* "NAME.NONCE.NUMBER": the name it would get, or empty: it is not ours. */
static struct str
final_name(const char *tmp_name)
{
	struct str name = str_of(tmp_name);

	if (cut_number(&name, "0123456789") &&
	    cut_number(&name, "0123456789abcdef") &&
	    (str_ends(name, STR(".eml")) || str_ends(name, STR(".json"))))
		return name;
	return STR("");
}

static void
note_left(struct clearing *c, const char *tmp_name)
{
	struct str name = final_name(tmp_name);
	struct left *left;

	if (name.len == 0)
		return;
	left = ARENA_NEW(c->arena, struct left);
	left->tmp_name = arena_printf(c->arena, "%s", tmp_name);
	left->next = map_find(&c->left, name);
	map_put(&c->left, name, left);
}

static void
look_around(struct clearing *c)
{
	int fd = openat(c->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!dir) {
		complain("tmp");
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(dir)))
		note_left(c, e->d_name);
	closedir(dir);
}

/* ---- what was accepted ---- */

static void
read_hash(struct clearing *c, struct left *left)
{
	uint8_t sha256[CRYPTO_HASH_BYTES];
	struct crypto_hash h;
	struct buf hex = { 0 };
	char chunk[1 << 14];
	ssize_t n;
	int fd = openat(c->tmp, left->tmp_name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	crypto_hash_init(&h);
	while (fd >= 0 && (n = read(fd, chunk, sizeof(chunk))) > 0)
		crypto_hash_add(&h, (struct str){ chunk, (size_t)n });
	crypto_hash_end(&h, sha256);
	if (fd >= 0)
		close(fd);
	encode_hex(&hex, (struct str){ (const char *)sha256, sizeof(sha256) });
	left->hash = str_copy(c->arena, buf_view(&hex));
	buf_fini(&hex);
}

/* The text of a member that the index's own writer wrote: nothing escaped. */
static struct str
member(struct str line, struct str opening)
{
	ptrdiff_t at = str_find(line, opening);
	struct str value = { 0 };

	if (at < 0)
		return value;
	line = str_slice(line, (size_t)at + opening.len, line.len);
	(void)str_split(&line, '"', &value);
	return value;
}

/* It may have it already. */
static bool
give_name(struct clearing *c, const struct left *left, struct str day,
	  struct str name)
{
	int fd = openat(c->dir, str_cstr(c->arena, day),
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool done = fd >= 0 &&
		    (linkat(c->tmp, left->tmp_name, fd,
			    str_cstr(c->arena, name), 0) == 0 ||
		     errno == EEXIST) &&
		    fsync(fd) == 0;

	if (!done)
		complain(left->tmp_name);
	if (fd >= 0)
		close(fd);
	return done;
}

static void
use_line(struct clearing *c, struct str line)
{
	struct str name = member(line, STR("\"file\":\""));
	struct str hash = member(line, STR("\"sha256\":\""));
	struct str day = { 0 };
	struct left *left;

	(void)str_split(&name, '/', &day);
	if (day.len == 0 || day.p[0] == '.')
		return;
	for (left = map_find(&c->left, name); left; left = left->next) {
		if (left->hash.len == 0)
			read_hash(c, left);
		if (str_eq(left->hash, hash))
			left->keep = !give_name(c, left, day, name);
	}
}

/* False when it was not read to its end. */
static bool
read_index(struct clearing *c)
{
	int fd = openat(c->dir, "index.jsonl", O_RDONLY | O_CLOEXEC);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	char *line = NULL;
	size_t room = 0;
	ssize_t n;
	bool whole;

	while (f && (n = getline(&line, &room, f)) > 0)
		use_line(c, (struct str){ line, (size_t)n });
	whole = f && !ferror(f);
	if (!whole)
		complain("index.jsonl");
	free(line);
	if (f)
		fclose(f);
	else if (fd >= 0)
		close(fd);
	return whole;
}

static void
clear(struct clearing *c)
{
	map_foreach (&c->left, e)
		for (const struct left *x = e->value; x; x = x->next)
			if (!x->keep && unlinkat(c->tmp, x->tmp_name, 0) != 0)
				complain(x->tmp_name);
}

void
spool_join(int dir, int tmp, int index)
{
	struct clearing c = { .dir = dir, .tmp = tmp };

	if (lock(index, F_WRLCK, false)) {
		c.arena = arena_new();
		map_init(&c.left, c.arena, NULL);
		look_around(&c);
		if (c.left.count > 0 && read_index(&c))
			clear(&c);
		arena_free(&c.arena);
	}
	if (!lock(index, F_RDLCK, true))
		complain("index.jsonl");
}
