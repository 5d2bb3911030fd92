/*
 * Tags and the pool of tools.
 *
 * Opening a formatter of ICU reads its data and takes up to a millisecond,
 * using one takes some microseconds, and some kinds may only be used by one
 * thread at a time. So a tool is taken out of the pool, used, and given back:
 * what is in the pool is nobody's, and the lock is held only to move it. Where
 * all tools of a kind are out, one more is opened; when the pool is full, the
 * one that lay longest is closed. At most POOL_MAX lie idle and each thread
 * has a few out, whatever tags and patterns come in.
 *
 * ICU answers for a language it lacks with that of the process, which would be
 * the LANG of whoever started us. Its default is therefore set to English
 * once, and a tag's language is looked up before ICU is given it.
 */
#include "base/locale.h"

#include <pthread.h>
#include <string.h>
#include <unicode/uloc.h>
#include <unicode/ustring.h>

#include "base/locale_priv.h"

enum { POOL_MAX = 64 };

#define STANDARD "en"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct locale_tool pool[POOL_MAX]; /* the longest idle first */
static size_t pool_count;

static void
set_default(void)
{
	UErrorCode status = U_ZERO_ERROR;

	uloc_setDefault(STANDARD, &status);
}

/* ---- tags ---- */

static bool
has_language(const char *language)
{
	size_t len = strlen(language);

	for (int32_t i = 0; i < uloc_countAvailable(); i++) {
		const char *id = uloc_getAvailable(i);

		if (strncmp(id, language, len) == 0 &&
		    (id[len] == '\0' || id[len] == '_'))
			return true;
	}
	return false;
}

/* ICU's name of a tag; false when not all of it is one. */
static bool
read_tag(const char *tag, char *id, size_t room)
{
	char dashed[LOCALE_TAG_MAX + 1];
	UErrorCode status = U_ZERO_ERROR;
	size_t len = strlen(tag);
	int32_t read = 0;

	check(len <= LOCALE_TAG_MAX && room >= ULOC_FULLNAME_CAPACITY);
	for (size_t i = 0; i <= len; i++)
		dashed[i] = tag[i] == '_' ? '-' : tag[i];
	uloc_forLanguageTag(dashed, id, (int32_t)room, &read, &status);
	if (U_FAILURE(status) || status == U_STRING_NOT_TERMINATED_WARNING)
		id[0] = '\0';
	return id[0] && (size_t)read == len;
}

/* Whether ICU can write as the language of its name does. */
static bool
is_spoken(const char *id)
{
	char language[ULOC_LANG_CAPACITY];
	UErrorCode status = U_ZERO_ERROR;

	uloc_getLanguage(id, language, sizeof(language), &status);
	return U_SUCCESS(status) && status != U_STRING_NOT_TERMINATED_WARNING &&
	       language[0] && has_language(language);
}

void
locale_resolve(const char *tag, char *id, size_t room)
{
	(void)read_tag(tag, id, room);
	if (!id[0] || !is_spoken(id))
		memcpy(id, STANDARD, sizeof(STANDARD));
}

/* A tag that is longer than any, or is no text at all, is as good as none. */
static void
set_tag(struct locale_tool *t, struct str tag)
{
	memset(t->tag, 0, sizeof(t->tag));
	if (tag.len > LOCALE_TAG_MAX || !str_is_ascii(tag) ||
	    str_find_char(tag, '\0') >= 0)
		return;
	if (tag.len > 0)
		memcpy(t->tag, tag.p, tag.len);
}

int
locale_check(struct str tag, struct error *err)
{
	char id[ULOC_FULLNAME_CAPACITY];
	struct locale_tool t;
	bool good;

	check(pthread_once(&once, set_default) == 0);
	set_tag(&t, tag);
	good = t.tag[0] && read_tag(t.tag, id, sizeof(id));
	if (good && is_spoken(id))
		return 0;
	return error_set(err, good ? ERROR_NOT_FOUND : ERROR_INVALID,
			 "found the language \"%.*s\", %s, expected a tag "
			 "such as de or pt-BR",
			 STR_ARG(str_slice(tag, 0, LOCALE_TAG_MAX)),
			 good ? "which is not known" : "which is none");
}

/* ---- the pool ---- */

static bool
same(const struct locale_tool *a, const struct locale_tool *b)
{
	return a->kind == b->kind && strcmp(a->tag, b->tag) == 0 &&
	       strcmp(a->pattern, b->pattern) == 0;
}

static void
pull(size_t i, struct locale_tool *out)
{
	*out = pool[i];
	pool_count--;
	memmove(&pool[i], &pool[i + 1], (pool_count - i) * sizeof(pool[0]));
}

static bool
find_idle(struct locale_tool *wanted)
{
	bool found = false;

	check(pthread_mutex_lock(&lock) == 0);
	for (size_t i = pool_count; i-- > 0 && !found;) {
		found = same(&pool[i], wanted);
		if (found)
			pull(i, wanted);
	}
	check(pthread_mutex_unlock(&lock) == 0);
	return found;
}

int
locale_take(const struct locale_kind *kind, struct str tag, const char *pattern,
	    struct locale_tool *out, struct error *err)
{
	char id[ULOC_FULLNAME_CAPACITY];
	UErrorCode status = U_ZERO_ERROR;
	size_t len = strlen(pattern);

	check(len <= LOCALE_PATTERN_MAX);
	check(pthread_once(&once, set_default) == 0);
	*out = (struct locale_tool){ .kind = kind };
	memcpy(out->pattern, pattern, len);
	set_tag(out, tag);
	if (find_idle(out))
		return 0;
	locale_resolve(out->tag, id, sizeof(id));
	out->tool = kind->open(id, pattern, &status);
	if (U_FAILURE(status)) {
		if (out->tool)
			kind->close(out->tool);
		return locale_failed(status, id, err);
	}
	return 0;
}

void
locale_give(const struct locale_tool *tool)
{
	struct locale_tool oldest = { 0 };

	check(pthread_mutex_lock(&lock) == 0);
	if (pool_count == POOL_MAX)
		pull(0, &oldest);
	pool[pool_count++] = *tool;
	check(pthread_mutex_unlock(&lock) == 0);
	if (oldest.tool)
		oldest.kind->close(oldest.tool);
}

/* ---- text ---- */

void
locale_add(const UChar *text, int32_t len, struct buf *out)
{
	UErrorCode status = U_ZERO_ERROR;
	size_t before = out->len;
	int32_t written = 0;
	char *room = buf_grow(out, (size_t)len * 3); /* of UTF-8 at most */

	if (!room)
		return;
	u_strToUTF8WithSub(room, len * 3, &written, text, len, 0xfffd, NULL,
			   &status);
	check(U_SUCCESS(status));
	buf_truncate(out, before + (size_t)written);
}

int
locale_failed(UErrorCode status, const char *what, struct error *err)
{
	if (status == U_BUFFER_OVERFLOW_ERROR)
		return error_set(err, ERROR_LIMIT,
				 "%s: found too long a text, expected a "
				 "shorter one",
				 what);
	return error_set(err, ERROR_INTERNAL, "locale %s: %s", what,
			 u_errorName(status));
}
