/*
 * Lists. Text of others goes in: what is no UTF-8 in it becomes U+FFFD, and
 * both the number of items and their bytes are limited before ICU sees any.
 */
#include <unicode/ulistformatter.h>
#include <unicode/ustring.h>

#include "base/arena.h"
#include "base/locale_priv.h"

static void *
open_list(const char *locale, const char *pattern, UErrorCode *status)
{
	static const UListFormatterType types[] = {
		[LOCALE_AND] = ULISTFMT_TYPE_AND,
		[LOCALE_OR] = ULISTFMT_TYPE_OR,
		[LOCALE_UNIT] = ULISTFMT_TYPE_UNITS,
	};

	return ulistfmt_openForType(locale, types[pattern[0] - '0'],
				    ULISTFMT_WIDTH_WIDE, status);
}

static void
close_list(void *tool)
{
	ulistfmt_close(tool);
}

static const struct locale_kind lists = { open_list, close_list };

static int
check_list(const struct locale_list *list, struct error *err)
{
	size_t bytes = 0;

	if (list->count > LOCALE_LIST_MAX)
		return error_set(err, ERROR_LIMIT,
				 "found a list of %zu, expected at most %d",
				 list->count, LOCALE_LIST_MAX);
	for (size_t i = 0; i < list->count; i++) {
		if (list->items[i].len > LOCALE_LIST_MAX_BYTES - bytes)
			return error_set(err, ERROR_LIMIT,
					 "found a list of more than %d bytes, "
					 "expected a shorter one",
					 LOCALE_LIST_MAX_BYTES);
		bytes += list->items[i].len;
	}
	return 0;
}

struct wide {
	const UChar **items;
	int32_t *lens;
	int32_t total;
};

/* A byte of UTF-8 is at most one unit of UTF-16. */
static void
widen(const struct locale_list *list, struct arena *a, struct wide *out)
{
	out->items = ARENA_ARRAY(a, list->count, const UChar *);
	out->lens = ARENA_ARRAY(a, list->count, int32_t);
	for (size_t i = 0; i < list->count; i++) {
		UErrorCode status = U_ZERO_ERROR;
		struct str s = list->items[i];
		UChar *to = ARENA_ARRAY(a, s.len + 1, UChar);

		u_strFromUTF8WithSub(to, (int32_t)s.len + 1, &out->lens[i],
				     s.len ? s.p : "", (int32_t)s.len, 0xfffd,
				     NULL, &status);
		check(U_SUCCESS(status));
		out->items[i] = to;
		out->total += out->lens[i];
	}
}

int
locale_list(struct str tag, const struct locale_list *list, struct buf *out,
	    struct error *err)
{
	enum { GLUE_MAX = 32 };
	const char pattern[] = { (char)('0' + (int)list->join), '\0' };
	UErrorCode status = U_ZERO_ERROR;
	struct wide wide = { 0 };
	struct locale_tool tool;
	struct arena *a;
	int32_t room, len;
	UChar *text;

	if (check_list(list, err) < 0 ||
	    locale_take(&lists, tag, pattern, &tool, err) < 0)
		return -(int)err->code;
	a = arena_new();
	widen(list, a, &wide);
	room = wide.total + (int32_t)list->count * GLUE_MAX;
	text = ARENA_ARRAY(a, (size_t)room + 1, UChar);
	len = ulistfmt_format(tool.tool, wide.items, wide.lens,
			      (int32_t)list->count, text, room, &status);
	if (U_SUCCESS(status))
		locale_add(text, len, out);
	arena_free(&a);
	locale_give(&tool);
	return U_FAILURE(status) ? locale_failed(status, "list", err) : 0;
}
