/*
 * Windows and quiet hours are a pattern of the week on a clock on the wall,
 * blackouts are dates there. Whether something may leave at an instant is
 * therefore a question to what that clock shows; when it may next is found by
 * going from one instant to the next at which the answer can change: the
 * beginning or the end of a span, midnight, a change of clocks. Between two of
 * them the wall clock goes on evenly, so no such instant is jumped over.
 *
 * Rejected: turning the beginnings of spans into instants (zone_to_utc). A
 * beginning that lies in a gap is then found too late, and of an hour that
 * comes twice only one is seen.
 */
#include "campaign/campaign_hours.h"

#include <string.h>

#include "base/arena.h"
#include "base/zone.h"
#include "campaign/campaign_priv.h"

enum {
	MINUTE_MS = 60 * 1000,
	DAY_MINUTES = 24 * 60,
	WEEK_DAYS = 7,
	EVERY_DAY = (1 << WEEK_DAYS) - 1,
};

static const int64_t DAY_MS = (int64_t)DAY_MINUTES * MINUTE_MS;

/* ---- reading ---- */

static int
day_of(struct str word)
{
	static const char names[] = "MoTuWeThFrSaSu";

	for (int i = 0; i < WEEK_DAYS; i++)
		if (word.len == 2 && memcmp(names + 2 * i, word.p, 2) == 0)
			return i;
	return -1;
}

/* "Mo", "Mo-Fr", "Fr-Mo". */
static bool
parse_days(struct str word, unsigned *days)
{
	ptrdiff_t dash = str_find_char(word, '-');
	int from = day_of(dash < 0 ? word : str_slice(word, 0, (size_t)dash));
	int until = dash < 0
			? from
			: day_of(str_slice(word, (size_t)dash + 1, word.len));

	if (from < 0 || until < 0)
		return false;
	for (int i = from;; i = (i + 1) % WEEK_DAYS) {
		*days |= 1u << i;
		if (i == until)
			return true;
	}
}

static bool
parse_minute(struct str word, int *minute)
{
	struct local_time t = { 0 };
	struct error ignored;

	if (str_eq(word, STR("24:00"))) {
		*minute = DAY_MINUTES;
		return true;
	}
	if (civil_parse_time(word, &t, &ignored) < 0)
		return false;
	*minute = t.hour * 60 + t.minute;
	return true;
}

static bool
parse_range(struct str word, struct campaign_span *out)
{
	ptrdiff_t dash = str_find_char(word, '-');

	return dash > 0 &&
	       parse_minute(str_slice(word, 0, (size_t)dash),
			    &out->from_minute) &&
	       parse_minute(str_slice(word, (size_t)dash + 1, word.len),
			    &out->until_minute) &&
	       out->from_minute < DAY_MINUTES &&
	       out->from_minute != out->until_minute;
}

/* Days, which may be left out, and the time behind them. */
static bool
parse_span(struct str text, struct campaign_span *out)
{
	struct str word = { 0 }, next;
	bool more = str_word(&text, &word);

	*out = (struct campaign_span){ 0 };
	while (more) {
		more = str_word(&text, &next);
		if (!more)
			break;
		if (!parse_days(word, &out->days))
			return false;
		word = next;
	}
	if (out->days == 0)
		out->days = EVERY_DAY;
	return word.len > 0 && parse_range(word, out);
}

int
campaign_spans_parse(struct str text, struct arena *a,
		     struct campaign_spans *out, struct error *err)
{
	struct campaign_span *items =
	    ARENA_ARRAY(a, CAMPAIGN_SPANS_MAX, struct campaign_span);
	struct campaign_spans spans = { .items = items, .text = text };
	struct str rest = text, part;

	while (str_split(&rest, ',', &part)) {
		if (spans.count == CAMPAIGN_SPANS_MAX ||
		    !parse_span(part, &items[spans.count++]))
			return error_set(err, ERROR_INVALID,
					 "found the hours \"%.*s\", expected "
					 "the form \"Mo-Fr 09:00-17:00, Sa "
					 "10:00-12:00\", %d spans at most",
					 STR_ARG(text), CAMPAIGN_SPANS_MAX);
	}
	*out = spans;
	return 0;
}

int
campaign_dates_parse(struct str word, struct campaign_blackout *out,
		     struct error *err)
{
	ptrdiff_t slash = str_find_char(word, '/');
	struct str first = slash < 0 ? word : str_slice(word, 0, (size_t)slash);
	struct str last =
	    slash < 0 ? word : str_slice(word, (size_t)slash + 1, word.len);
	struct local_time from, until;
	struct error ignored;

	if (civil_parse_date(first, &from, &ignored) < 0 ||
	    civil_parse_date(last, &until, &ignored) < 0 ||
	    civil_days(&until) < civil_days(&from))
		return error_set(err, ERROR_INVALID,
				 "found the dates \"%.*s\", expected the form "
				 "2026-12-24 or 2026-12-24/2027-01-01",
				 STR_ARG(word));
	out->from_day = civil_days(&from);
	out->until_day = civil_days(&until);
	return 0;
}

int
campaign_lateness_parse(struct str text, int64_t *ms, struct error *err)
{
	static const struct {
		char unit;
		int64_t ms;
	} units[] = {
		{ 'm', MINUTE_MS },
		{ 'h', 60 * (int64_t)MINUTE_MS },
		{ 'd', DAY_MINUTES * (int64_t)MINUTE_MS },
	};
	struct str digits = str_slice(text, 0, text.len - (text.len > 0));
	int64_t n;

	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (text.len > 0 && text.p[text.len - 1] == units[i].unit &&
		    str_int(digits, 1, CAMPAIGN_LATENESS_MAX, &n)) {
			*ms = n * units[i].ms;
			return 0;
		}
	return error_set(err, ERROR_INVALID,
			 "found \"%.*s\", expected a length of time such as "
			 "\"24h\", \"90m\" or \"3d\"",
			 STR_ARG(text));
}

/* ---- asking ---- */

static bool
covers(const struct campaign_spans *spans, int weekday, int minute)
{
	unsigned today = 1u << weekday;
	unsigned yesterday = 1u << (weekday + WEEK_DAYS - 1) % WEEK_DAYS;

	for (size_t i = 0; i < spans->count; i++) {
		const struct campaign_span *s = &spans->items[i];
		bool over_night = s->until_minute < s->from_minute;

		if ((s->days & today) && minute >= s->from_minute &&
		    (over_night || minute < s->until_minute))
			return true;
		if (over_night && (s->days & yesterday) &&
		    minute < s->until_minute)
			return true;
	}
	return false;
}

static const struct campaign_hours *
hours_of_vendor(const struct campaign *c)
{
	static const struct campaign_hours none;

	return c->workspace ? &c->workspace->hours : &none;
}

static const struct campaign_spans *
window_of(const struct campaign *c)
{
	return c->hours.window.count ? &c->hours.window
				     : &hours_of_vendor(c)->window;
}

static bool
is_open(const struct campaign *c, int weekday, int minute)
{
	const struct campaign_spans *window = window_of(c);

	return (window->count == 0 || covers(window, weekday, minute)) &&
	       !covers(&c->hours.quiet, weekday, minute) &&
	       !covers(&hours_of_vendor(c)->quiet, weekday, minute);
}

static bool
is_country(const struct campaign_blackout *b, struct str country)
{
	for (size_t i = 0; i < b->country_count; i++)
		if (str_eq(b->countries[i], country))
			return true;
	return b->country_count == 0;
}

static bool
is_blacked_out(const struct campaign *c, int64_t day, struct str country)
{
	const struct campaign_workspace *w = c->workspace;

	for (size_t i = 0; w && i < w->blackout_count; i++)
		if (day >= w->blackouts[i].from_day &&
		    day <= w->blackouts[i].until_day &&
		    is_country(&w->blackouts[i], country))
			return true;
	return false;
}

bool
campaign_hours_given(const struct campaign *c)
{
	return window_of(c)->count > 0 || c->hours.quiet.count > 0 ||
	       hours_of_vendor(c)->quiet.count > 0 ||
	       (c->workspace && c->workspace->blackout_count > 0);
}

bool
campaign_hours_open(const struct campaign *c)
{
	for (int day = 0; day < WEEK_DAYS; day++)
		for (int minute = 0; minute < DAY_MINUTES; minute++)
			if (is_open(c, day, minute))
				return true;
	return false;
}

/* ---- the next moment ---- */

/* The next minute of the day, from `minute` on, at which a span has an end. */
static void
lower_to_edge(const struct campaign_spans *spans, int minute, int *edge)
{
	for (size_t i = 0; i < spans->count; i++) {
		const struct campaign_span *s = &spans->items[i];

		if (s->from_minute > minute && s->from_minute < *edge)
			*edge = s->from_minute;
		if (s->until_minute > minute && s->until_minute < *edge)
			*edge = s->until_minute;
	}
}

/* How long a clock that shows t goes until the answer may be another. */
static int64_t
until_edge_ms(const struct campaign *c, const struct local_time *t)
{
	int minute = t->hour * 60 + t->minute;
	int edge = DAY_MINUTES;

	lower_to_edge(window_of(c), minute, &edge);
	lower_to_edge(&c->hours.quiet, minute, &edge);
	lower_to_edge(&hours_of_vendor(c)->quiet, minute, &edge);
	return (int64_t)(edge - minute) * MINUTE_MS - t->second * 1000 - t->ms;
}

bool
campaign_hours_next(const struct campaign *c, const struct zone *z,
		    struct str country, int64_t from_ms, int64_t *at_ms)
{
	int64_t end_ms = from_ms + CAMPAIGN_HOURS_DAYS * DAY_MS;
	bool given = campaign_hours_given(c);
	int64_t now_ms = from_ms;

	while (given && now_ms < end_ms) {
		int64_t change_ms = zone_until(z, now_ms);
		struct local_time t;

		zone_to_local(z, now_ms, &t);
		if (is_open(c, (int)civil_weekday(&t) - 1,
			    t.hour * 60 + t.minute) &&
		    !is_blacked_out(c, civil_days(&t), country))
			break;
		now_ms += until_edge_ms(c, &t);
		if (now_ms > change_ms)
			now_ms = change_ms;
	}
	if (now_ms >= end_ms)
		return false;
	*at_ms = now_ms;
	return true;
}

/* ---- telling ---- */

static void
print_spans(const char *word, const struct campaign_spans *spans,
	    struct buf *out)
{
	if (spans->count > 0)
		buf_printf(out, ", %s %.*s", word, STR_ARG(spans->text));
}

void
campaign_hours_print(const struct campaign *c, struct buf *out)
{
	const struct campaign_workspace *w = c->workspace;

	print_spans("only", window_of(c), out);
	print_spans("not", &c->hours.quiet, out);
	print_spans("not", &hours_of_vendor(c)->quiet, out);
	if (w && w->blackout_count > 0)
		buf_printf(out, ", not on %zu blackout%s", w->blackout_count,
			   w->blackout_count == 1 ? "" : "s");
}

int64_t
campaign_max_lateness(const struct campaign *c,
		      const struct campaign_step *step)
{
	if (step->max_lateness_ms > 0)
		return step->max_lateness_ms;
	return c->max_lateness_ms > 0 ? c->max_lateness_ms : DAY_MS;
}

/* ---- zones ---- */

static const char *
known_zone(struct arena *a, struct str name)
{
	const struct zone *z;
	struct error err;

	if (name.len == 0)
		return NULL;
	return zone_get(str_cstr(a, name), &z, &err) < 0 ? NULL : zone_name(z);
}

const char *
campaign_zone(const struct campaign_when *when, struct str contact,
	      struct str partner, struct arena *a)
{
	const char *zone = NULL;

	if (when->zone == CAMPAIGN_ZONE_FIXED)
		zone = known_zone(a, when->zone_name);
	if (when->zone == CAMPAIGN_ZONE_RECIPIENT)
		zone = known_zone(a, contact);
	if (!zone)
		zone = known_zone(a, partner);
	return zone ? zone : "UTC";
}
