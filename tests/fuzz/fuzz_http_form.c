/*
 * Whatever a body holds, in either writing: what is taken has at most so many
 * pairs, each of UTF-8 without NUL, and read from the body alone. The first
 * line is the content type; when it is empty, the rest is urlencoded.
 */
#include "base/arena.h"
#include "base/encode.h"
#include "fuzz.h"
#include "http/http.h"

enum { MOST = 16 };

static void
check_text(struct str s, size_t most)
{
	check(s.len <= most && str_utf8_valid(s) && str_find_char(s, '\0') < 0);
}

/* Written again in the one way, the pairs are read as the same. */
static void
check_again(struct arena *a, const struct http_pair *pairs, int count)
{
	struct http_pair *again;
	struct buf b = { 0 };
	struct error err;

	for (int i = 0; i < count; i++) {
		encode_percent(&b, pairs[i].name);
		buf_char(&b, '=');
		encode_percent(&b, pairs[i].value);
		buf_char(&b, '&');
	}
	check(http_form(a, buf_view(&b), &again, MOST, &err) == count);
	for (int i = 0; i < count; i++)
		check(str_eq(pairs[i].name, again[i].name) &&
		      str_eq(pairs[i].value, again[i].value));
	buf_fini(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_request r = { .body = { (const char *)data, size } };
	struct http_pair *pairs;
	struct error err;
	int count;

	if (size == 0)
		return 0;
	r.a = arena_new();
	(void)str_split(&r.body, '\n', &r.content_type);
	if (r.content_type.len == 0)
		r.content_type = STR("application/x-www-form-urlencoded");
	count = http_form_read(&r, &pairs, MOST, &err);
	if (count < 0)
		check(err.code == ERROR_INVALID || err.code == ERROR_LIMIT);
	check(count <= MOST);
	for (int i = 0; i < count; i++) {
		check_text(pairs[i].name, size);
		check_text(pairs[i].value, size);
	}
	if (count >= 0)
		check_again(r.a, pairs, count);
	arena_free(&r.a);
	return 0;
}
