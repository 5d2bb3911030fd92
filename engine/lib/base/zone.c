/*
 * From local time to UTC: every span of constant offset shows the clock
 * [from + offset, to + offset). The spans that can hold the wanted time are
 * walked in order: the first that does gives the answer, a second makes it an
 * overlap, and if none does the time fell between the end of one and the
 * beginning of the next. This needs no guess and no second pass, and holds for
 * Samoa's missing day as for a half-hour of summer time.
 *
 * The cache is a table of chains under one mutex, in an arena that lives as
 * long as the process. A file is read under the mutex: it happens once a name.
 */
#include "base/zone.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/zone_priv.h"

enum { BUCKETS = 64, NAME_MAX_BYTES = 64 };

struct entry {
	struct entry *next;
	const struct zone *zone;
};

static const char *zone_directory = "/usr/share/zoneinfo";
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct entry *buckets[BUCKETS];
static struct arena *cache;

void
zone_init(const char *directory)
{
	if (directory)
		zone_directory = directory;
}

const char *
zone_name(const struct zone *z)
{
	return z->name;
}

/* Of letters, digits, "_", "+" and "-", parted by single slashes: no "..". */
static bool
name_valid(struct str name)
{
	char before = '/';

	if (name.len == 0 || name.len > NAME_MAX_BYTES)
		return false;
	for (size_t i = 0; i < name.len; before = name.p[i++]) {
		char c = name.p[i];

		if (c == '/'
			? before == '/'
			: !((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '0' && c <= '9') || c == '_' || c == '+' ||
			    c == '-'))
			return false;
	}
	return before != '/';
}

static struct entry **
bucket(struct str name)
{
	uint32_t hash = 2166136261;

	for (size_t i = 0; i < name.len; i++)
		hash = (hash ^ (unsigned char)name.p[i]) * 16777619;
	return &buckets[hash % BUCKETS];
}

static int
read_all(int fd, struct buf *out, struct error *err)
{
	char piece[4096];
	ssize_t got;

	while ((got = read(fd, piece, sizeof(piece))) != 0) {
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return error_system(err, errno, "read");
		buf_add(out, piece, (size_t)got);
		if (out->len > ZONE_FILE_MAX_BYTES)
			break;
	}
	return 0;
}

static int
unknown(const char *name, struct error *err)
{
	return error_set(err, ERROR_NOT_FOUND,
			 "no time zone \"%.64s\": expected a name like "
			 "Europe/Berlin",
			 name);
}

static int
load_file(const char *name, struct buf *out, struct error *err)
{
	const char *path = arena_printf(cache, "%s/%s", zone_directory, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	int rc;

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return unknown(name, err);
	if (fd < 0)
		return error_system(err, errno, "open %s", path);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		rc = read_all(fd, out, err);
	else
		rc = unknown(name, err);
	close(fd);
	return rc;
}

static int
load(const char *name, const struct zone **out, struct error *err)
{
	struct entry **head = bucket(str_of(name));
	struct arena_mark mark;
	struct buf bytes = { 0 };
	struct entry *e;
	int rc;

	if (!cache)
		cache = arena_new();
	mark = arena_mark(cache);
	rc = load_file(name, &bytes, err);
	arena_rewind(cache, mark);
	if (rc < 0)
		goto out;
	rc = zone_parse(cache, name, buf_view(&bytes), out, err);
	if (rc < 0) {
		error_context(err, "time zone %s", name);
		goto out;
	}
	e = ARENA_NEW(cache, struct entry);
	*e = (struct entry){ .next = *head, .zone = *out };
	*head = e;
out:
	buf_fini(&bytes);
	return rc;
}

int
zone_get(const char *name, const struct zone **out, struct error *err)
{
	const struct entry *e;
	int rc = 0;

	if (!name_valid(str_of(name)))
		return unknown(name, err);
	check(pthread_mutex_lock(&lock) == 0);
	e = *bucket(str_of(name));
	while (e && strcmp(e->zone->name, name) != 0)
		e = e->next;
	if (e)
		*out = e->zone;
	else
		rc = load(name, out, err);
	check(pthread_mutex_unlock(&lock) == 0);
	return rc;
}

/* The last change at or before at_s, which is not before the first. */
static size_t
last_change(const struct zone *z, int64_t at_s)
{
	size_t low = 0;
	size_t high = z->count;

	while (high - low > 1) {
		size_t mid = low + (high - low) / 2;

		if (z->at_s[mid] <= at_s)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static struct zone_span
span_at(const struct zone *z, int64_t at_s)
{
	struct zone_span span = { -ZONE_EVER_S, ZONE_EVER_S, &z->types[0] };
	size_t i;

	if (z->count && at_s < z->at_s[0]) {
		span.to_s = z->at_s[0];
		return span;
	}
	i = z->count ? last_change(z, at_s) : 0;
	if (i + 1 >= z->count && z->has_tail) {
		zone_tail_span(&z->tail, at_s, &span);
		if (z->count && span.from_s < z->at_s[i])
			span.from_s = z->at_s[i];
	} else if (z->count) {
		span.from_s = z->at_s[i];
		span.type = &z->types[z->which[i]];
		if (i + 1 < z->count)
			span.to_s = z->at_s[i + 1];
	}
	return span;
}

static int64_t
floor_seconds(int64_t ms)
{
	return ms / 1000 - (ms % 1000 < 0);
}

void
zone_offset(const struct zone *z, int64_t utc_ms, int32_t *offset_s, bool *dst,
	    const char **abbrev)
{
	const struct zone_type *type = span_at(z, floor_seconds(utc_ms)).type;

	if (offset_s)
		*offset_s = type->offset_s;
	if (dst)
		*dst = type->dst;
	if (abbrev)
		*abbrev = type->abbrev;
}

int64_t
zone_until(const struct zone *z, int64_t utc_ms)
{
	int64_t to_s = span_at(z, floor_seconds(utc_ms)).to_s;

	return to_s > INT64_MAX / 1000 ? INT64_MAX : to_s * 1000;
}

void
zone_to_local(const struct zone *z, int64_t utc_ms, struct local_time *t)
{
	int32_t offset_s;
	int64_t ms;

	zone_offset(z, utc_ms, &offset_s, NULL, NULL);
	check(!__builtin_add_overflow(utc_ms, offset_s * INT64_C(1000), &ms));
	civil_from_ms(ms, t);
}

int64_t
zone_to_utc(const struct zone *z, const struct local_time *t,
	    enum zone_fit *fit)
{
	int64_t local_s = floor_seconds(civil_to_ms(t));
	struct zone_span span = span_at(z, local_s - ZONE_OFFSET_MAX_S);
	int32_t before_s = span.type->offset_s;
	enum zone_fit how = ZONE_GAP;
	int32_t offset_s = 0;
	bool passed = false;

	for (;;) {
		int32_t here_s = span.type->offset_s;

		if (local_s < span.from_s + here_s) {
			if (how == ZONE_GAP && !passed)
				offset_s = before_s;
			passed = true;
		} else if (local_s < span.to_s + here_s) {
			if (how == ZONE_GAP)
				offset_s = here_s;
			how = how == ZONE_GAP ? ZONE_EXACT : ZONE_OVERLAP;
		}
		if (span.to_s > local_s + ZONE_OFFSET_MAX_S)
			break;
		before_s = here_s;
		span = span_at(z, span.to_s);
	}
	check(how != ZONE_GAP || passed);
	if (fit)
		*fit = how;
	return (local_s - offset_s) * 1000 + t->ms;
}
