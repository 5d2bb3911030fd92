/*
 * Tag lists are read strictly: a receiver that finds one broken takes it for
 * none.
 */
#include "dns/dns_tags.h"

#include "base/arena.h"

static bool
is_name(struct str name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.p[i];
		bool is_letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';

		if (!is_letter &&
		    (i == 0 || !((c >= '0' && c <= '9') || c == '_')))
			return false;
	}
	return name.len > 0;
}

static int
parse_tag(struct str text, struct dns_tags *out, struct error *err)
{
	ptrdiff_t equals = str_find_char(text, '=');
	struct dns_tag tag;

	tag.name = str_trim(str_slice(text, 0, (size_t)equals));
	if (equals < 0 || !is_name(tag.name))
		return error_set(err, ERROR_INVALID,
				 "\"%.*s\", expected NAME=VALUE",
				 STR_ARG(text));
	tag.value = str_trim(str_slice(text, (size_t)equals + 1, text.len));
	for (size_t i = 0; i < out->count; i++)
		if (str_eq(out->items[i].name, tag.name))
			return error_set(err, ERROR_INVALID, "\"%.*s=\" twice",
					 STR_ARG(tag.name));
	if (out->count == DNS_TAGS_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d tags",
				 DNS_TAGS_MAX);
	out->items[out->count++] = tag;
	return 0;
}

int
dns_tags_parse(struct arena *a, struct str text, struct dns_tags *out,
	       struct error *err)
{
	struct str part;

	*out = (struct dns_tags){
		.items = ARENA_ARRAY(a, DNS_TAGS_MAX, struct dns_tag),
	};
	while (str_split(&text, ';', &part)) {
		part = str_trim(part);
		/* One at the end is nothing. */
		if (part.len == 0 && text.len == 0)
			break;
		if (parse_tag(part, out, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

const struct str *
dns_tags_find(const struct dns_tags *tags, const char *name)
{
	for (size_t i = 0; i < tags->count; i++)
		if (str_eq_cstr(tags->items[i].name, name))
			return &tags->items[i].value;
	return NULL;
}

bool
dns_tags_has(struct str list, struct str word)
{
	struct str part;

	while (str_split(&list, ':', &part))
		if (str_eq(str_trim(part), word))
			return true;
	return false;
}
