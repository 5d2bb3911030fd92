/*
 * Whatever URL a workspace or a partner gives: one that is tagged still begins
 * as it did and keeps its fragment, gets nothing new the second time, and has
 * no byte that could end a header or an attribute.
 */
#include "base/arena.h"
#include "fuzz.h"
#include "render/render.h"

static struct str
before_any(struct str url, const char *ends)
{
	for (; *ends; ends++) {
		ptrdiff_t at = str_find_char(url, *ends);

		if (at >= 0)
			url = str_slice(url, 0, (size_t)at);
	}
	return url;
}

static struct str
fragment_of(struct str url)
{
	ptrdiff_t at = str_find_char(url, '#');

	return at < 0 ? STR("") : str_slice(url, (size_t)at, url.len);
}

static void
check_tagged(struct arena *a, struct str url, struct str tagged,
	     const struct render_origin *origin)
{
	struct str again;
	struct error err;

	check(str_eq(before_any(url, "#?"), before_any(tagged, "#?")));
	check(str_eq(fragment_of(url), fragment_of(tagged)));
	check(tagged.len >= url.len);
	for (size_t i = 0; i < tagged.len; i++)
		check(tagged.p[i] > ' ' && tagged.p[i] <= '~' &&
		      tagged.p[i] != '"' && tagged.p[i] != '<');
	check(render_url_tag(tagged, RENDER_SOCIAL, origin, a, &again, &err) >=
	      0);
	check(str_eq(tagged, again));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str url = { (const char *)data, size };
	struct render_origin origin = {
		.brand = STR("northwind"),
		.campaign = STR("spring-launch"),
		.step = STR("invite"),
	};
	struct arena *a = arena_new();
	struct str tagged;
	struct error err;

	if (render_url_tag(url, RENDER_EMAIL, &origin, a, &tagged, &err) < 0)
		check(err.code == ERROR_INVALID);
	else
		check_tagged(a, url, tagged, &origin);
	arena_free(&a);
	return 0;
}
