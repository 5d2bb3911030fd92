/*
 * Campaign parameters, as web analytics read them: added to what is there.
 *
 * A URL is cut into what stands before "?", the query and the fragment, and
 * none of them is decoded and encoded again: a vendor's URL arrives as it was
 * written. Only the names of its parameters are compared decoded and without
 * regard to case, for utm%5Fsource is utm_source to who counts it.
 */
#include "render/render.h"

#include "base/arena.h"
#include "base/encode.h"

struct parts {
	struct str before;
	struct str query;
	struct str fragment; /* with its "#" */
};

static bool
has_scheme(struct str url, struct str scheme)
{
	return str_eq_fold(str_slice(url, 0, scheme.len), scheme);
}

static int
check_url(struct str url, struct error *err)
{
	for (size_t i = 0; i < url.len; i++)
		if (url.p[i] <= ' ' || url.p[i] > '~' || url.p[i] == '"' ||
		    url.p[i] == '<' || url.p[i] == '>' || url.p[i] == '\\')
			return error_set(err, ERROR_INVALID,
					 "byte \\x%02x at %zu in a URL, "
					 "expected it as %%%02X",
					 (unsigned)(unsigned char)url.p[i], i,
					 (unsigned)(unsigned char)url.p[i]);
	return 0;
}

/* 1 to be tagged, 0 to be left alone. */
static int
check_scheme(struct str url, struct error *err)
{
	static const struct str web[] = { { "https://", 8 }, { "http://", 7 } };

	for (size_t i = 0; i < COUNT_OF(web); i++)
		if (has_scheme(url, web[i]) && url.len > web[i].len &&
		    url.p[web[i].len] != '/' && url.p[web[i].len] != '?' &&
		    url.p[web[i].len] != '#')
			return 1;
	if (has_scheme(url, STR("mailto:")) || has_scheme(url, STR("tel:")))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "\"%.*s\", expected a URL that begins with https://, "
			 "http://, mailto: or tel:",
			 STR_ARG(str_slice(url, 0, 100)));
}

static struct parts
cut(struct str url)
{
	struct parts p = { .before = url };
	ptrdiff_t at = str_find_char(url, '#');

	if (at >= 0) {
		p.fragment = str_slice(url, (size_t)at, url.len);
		p.before = str_slice(url, 0, (size_t)at);
	}
	at = str_find_char(p.before, '?');
	if (at >= 0) {
		p.query = str_slice(p.before, (size_t)at + 1, p.before.len);
		p.before = str_slice(p.before, 0, (size_t)at);
	}
	return p;
}

/* The name before "=", with %XX decoded. */
static struct str
name_of(struct str parameter, struct arena *a)
{
	ptrdiff_t end = str_find_char(parameter, '=');
	size_t len = end < 0 ? parameter.len : (size_t)end;
	char *p = arena_alloc(a, len);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		char c = parameter.p[i];

		if (c == '%' && i + 2 < len &&
		    encode_hex_value(parameter.p[i + 1]) >= 0 &&
		    encode_hex_value(parameter.p[i + 2]) >= 0) {
			c = (char)(encode_hex_value(parameter.p[i + 1]) << 4 |
				   encode_hex_value(parameter.p[i + 2]));
			i += 2;
		}
		p[n++] = c;
	}
	return (struct str){ p, n };
}

static bool
has_parameter(struct str query, struct str name, struct arena *a)
{
	struct str rest = query;
	struct str parameter;

	while (str_split(&rest, '&', &parameter))
		if (str_eq_fold(name_of(parameter, a), name))
			return true;
	return false;
}

static void
add_parameter(struct buf *query, struct str name, struct str value,
	      struct arena *a)
{
	if (value.len == 0 || has_parameter(buf_view(query), name, a))
		return;
	if (query->len > 0 && query->p[query->len - 1] != '&')
		buf_char(query, '&');
	buf_str(query, name);
	buf_char(query, '=');
	encode_percent(query, str_lower(a, value));
}

int
render_url_tag_with(struct str url, const struct render_tags *tags,
		    struct arena *a, struct str *out, struct error *err)
{
	struct buf query = { 0 };
	struct parts p;
	int tagged;

	if (check_url(url, err) < 0)
		return -(int)err->code;
	tagged = check_scheme(url, err);
	if (tagged < 0)
		return tagged;
	if (tagged == 0) {
		*out = str_copy(a, url);
		return 0;
	}
	p = cut(url);
	buf_str(&query, p.query);
	add_parameter(&query, STR("utm_source"), tags->source, a);
	add_parameter(&query, STR("utm_medium"), tags->medium, a);
	add_parameter(&query, STR("utm_campaign"), tags->campaign, a);
	add_parameter(&query, STR("utm_content"), tags->content, a);
	add_parameter(&query, STR("utm_term"), tags->term, a);
	*out = str_printf(a, "%.*s?%.*s%.*s", STR_ARG(p.before),
			  STR_ARG(buf_view(&query)), STR_ARG(p.fragment));
	buf_fini(&query);
	return 0;
}

struct render_tags
render_tags_of(enum render_medium medium, const struct render_origin *origin)
{
	static const char *const media[] = {
		[RENDER_EMAIL] = "email",
		[RENDER_SOCIAL] = "social",
		[RENDER_WEB] = "web",
		[RENDER_PRINT] = "print",
	};

	return (struct render_tags){
		.source = origin->brand,
		.medium = str_of(media[medium]),
		.campaign = origin->campaign,
		.content = origin->step,
	};
}

int
render_url_tag(struct str url, enum render_medium medium,
	       const struct render_origin *origin, struct arena *a,
	       struct str *out, struct error *err)
{
	const struct render_tags tags = render_tags_of(medium, origin);

	return render_url_tag_with(url, &tags, a, out, err);
}
