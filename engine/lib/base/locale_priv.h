#ifndef BASE_LOCALE_PRIV_H
#define BASE_LOCALE_PRIV_H

/*
 * What the files of locale share: tools of ICU that are lent to one thread at
 * a time, and the way of its text into ours.
 */

#include <unicode/utypes.h>

#include "base/locale.h"

enum { LOCALE_PATTERN_MAX = 96 };

/* A kind of formatter: how one is made for a pattern of ASCII, and unmade. */
struct locale_kind {
	void *(*open)(const char *locale, const char *pattern,
		      UErrorCode *status);
	void (*close)(void *tool);
};

struct locale_tool {
	const struct locale_kind *kind;
	char tag[LOCALE_TAG_MAX + 1];
	char pattern[LOCALE_PATTERN_MAX + 1];
	void *tool; /* of ICU */
};

/*
 * A tool of the kind for a tag, this thread's own until it is given back.
 * `pattern` has at most LOCALE_PATTERN_MAX bytes.
 */
int locale_take(const struct locale_kind *kind, struct str tag,
		const char *pattern, struct locale_tool *out,
		struct error *err) MUST_CHECK;
void locale_give(const struct locale_tool *tool);

/* ICU's name of the locale that stands for a tag; with room for any. */
void locale_resolve(const char *tag, char *id, size_t room);

/* Add `len` units of UTF-16 to `out`. */
void locale_add(const UChar *text, int32_t len, struct buf *out);

int locale_failed(UErrorCode status, const char *what,
		  struct error *err) MUST_CHECK;

#endif
