/*
 * How dates and numbers are written in a message: as the language it is in
 * writes them, in the country of who reads it, on that reader's clock.
 *
 * The language is that of the texts, not the reader's own: a Spaniard who gets
 * English texts, for want of Spanish ones, gets English months. Within it the
 * reader's own variety holds ("de-AT", where the texts are in "de"), or else
 * the country's: "en" in Ireland is "en-IE".
 *
 * A zone that is not known is none, which is UTC.
 */
#include "base/zone.h"
#include "render/render_kit_priv.h"

static struct str
language_part(struct str tag)
{
	ptrdiff_t dash = str_find_char(tag, '-');

	return dash < 0 ? tag : str_slice(tag, 0, (size_t)dash);
}

/* The contact's, if there is one that says so, else the partner's. */
#define READERS(run, field)                                                \
	((run)->subject->contact && (run)->subject->contact->field.len > 0 \
	     ? (run)->subject->contact->field                              \
	     : (run)->subject->partner->field)

static bool
is_country(struct str code)
{
	for (size_t i = 0; i < code.len; i++)
		if (!((code.p[i] >= 'A' && code.p[i] <= 'Z') ||
		      (code.p[i] >= 'a' && code.p[i] <= 'z')))
			return false;
	return code.len == 2;
}

struct str
kit_reader_locale(const struct kit_run *run)
{
	struct str own = READERS(run, language);
	struct str country = READERS(run, country);
	struct str tag = run->language->name;

	if (str_eq_fold(language_part(own), language_part(tag)) &&
	    own.len > tag.len)
		tag = own;
	if (str_find_char(tag, '-') >= 0 || !is_country(country))
		return tag;
	return str_printf(run->a, "%.*s-%.*s", STR_ARG(tag), STR_ARG(country));
}

struct str
kit_reader_zone(const struct kit_run *run)
{
	struct str name = READERS(run, time_zone);
	const struct zone *zone;
	struct error err;

	if (name.len == 0 || zone_get(str_cstr(run->a, name), &zone, &err) < 0)
		return STR("");
	return name;
}
