/*
 * Whether the texts of a step are all in the same languages. A reader gets
 * each text in the nearest language that it has, so one that lacks what the
 * others have makes a mail of two languages. It is no error: a campaign may be
 * tried before it is translated.
 *
 * A language is one of the step when at least half of its texts are in it.
 * What differs from that is told at the text, for that is where it is put
 * right: most often its name is misspelt, and so it is two texts, each of
 * which lacks what the other has. Then the one with more is taken for the one
 * that is meant, and nothing is said of it.
 *
 * A subject in a language that the texts lack is told at the subject, once.
 */
#include "base/arena.h"
#include "base/map.h"
#include "campaign/campaign_priv.h"

enum { NAMES_MOST = 200 }; /* of a step, to be compared with one another */

/* Of a language that something in the step is in. */
struct spoken {
	bool by_most;
};

struct check {
	const struct campaign_source *s;
	const struct campaign_step *step;
	struct map langs; /* in lower case -> struct spoken */
	/* Beside each text: the one that its name is a slip of; or NULL. */
	const struct campaign_named_text **meant;
};

/* Whether a reader of this language is given a text meant for it. */
static bool
is_in(const struct campaign_texts *t, struct str lang)
{
	ptrdiff_t region = str_find_char(lang, '-');

	for (size_t i = 0; i < t->count; i++) {
		struct str has = t->items[i].lang;

		if (has.len == 0 || str_eq_fold(has, lang) ||
		    (region > 0 &&
		     str_eq_fold(has, str_slice(lang, 0, (size_t)region))))
			return true;
	}
	return t->count == 0;
}

static bool
is_spoken(const struct check *c, struct str lang)
{
	size_t count = 0;

	for (size_t i = 0; i < c->step->text_count; i++)
		count += is_in(&c->step->texts[i].texts, lang);
	return 2 * count >= c->step->text_count;
}

static void
gather(struct check *c, const struct campaign_texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct str lang = str_lower(c->s->a, t->items[i].lang);
		struct spoken *spoken;

		if (lang.len == 0 || map_find(&c->langs, lang))
			continue;
		spoken = ARENA_NEW(c->s->a, struct spoken);
		spoken->by_most = is_spoken(c, lang);
		map_put(&c->langs, lang, spoken);
	}
}

static bool
is_of_step(const struct check *c, struct str lang)
{
	const struct spoken *spoken =
	    map_get(&c->langs, str_lower(c->s->a, lang));

	return spoken->by_most;
}

/* ---- a text ---- */

/* `"en", "de" and "fr"` of the languages for which wanted() says so. */
static struct str
list_of(const struct check *c, const struct campaign_named_text *x,
	bool (*wanted)(const struct check *c,
		       const struct campaign_named_text *x, struct str lang))
{
	struct str list = { 0 }, last = { 0 };

	map_foreach (&c->langs, e) {
		if (!wanted(c, x, e->key))
			continue;
		if (last.len > 0)
			list =
			    str_printf(c->s->a, "%.*s%s\"%.*s\"", STR_ARG(list),
				       list.len ? ", " : "", STR_ARG(last));
		last = e->key;
	}
	if (last.len > 0)
		list = str_printf(c->s->a, "%.*s%s\"%.*s\"", STR_ARG(list),
				  list.len ? " and " : "", STR_ARG(last));
	return list;
}

static bool
lacks(const struct check *c, const struct campaign_named_text *x,
      struct str lang)
{
	return is_of_step(c, lang) && !is_in(&x->texts, lang);
}

static bool
has_alone(const struct check *c, const struct campaign_named_text *x,
	  struct str lang)
{
	bool as_subject =
	    c->step->subject.count > 0 && is_in(&c->step->subject, lang);

	return !is_of_step(c, lang) && is_in(&x->texts, lang) && !as_subject;
}

static bool
has(const struct check *c, const struct campaign_named_text *x, struct str lang)
{
	(void)c;
	return is_in(&x->texts, lang);
}

static bool
differs(const struct check *c, const struct campaign_named_text *x)
{
	map_foreach (&c->langs, e)
		if (lacks(c, x, e->key) || has_alone(c, x, e->key))
			return true;
	return false;
}

/* ---- a name that is a slip of another ---- */

static const struct campaign_named_text *
nearest(const struct check *c, const struct campaign_named_text *x)
{
	const struct campaign_step *step = c->step;
	const char *names[NAMES_MOST];
	size_t count = 0;
	const char *near;

	if (step->text_count > NAMES_MOST)
		return NULL;
	for (size_t i = 0; i < step->text_count; i++)
		if (&step->texts[i] != x)
			names[count++] = str_cstr(c->s->a, step->texts[i].id);
	near = str_nearest(x->id, names, count);
	for (size_t i = 0; near && i < step->text_count; i++)
		if (str_eq_cstr(step->texts[i].id, near))
			return &step->texts[i];
	return NULL;
}

/* Whether a text has nothing that the other has: two halves of one. */
static bool
are_halves(const struct campaign_named_text *x,
	   const struct campaign_named_text *y)
{
	for (size_t i = 0; i < x->texts.count; i++)
		if (is_in(&y->texts, x->texts.items[i].lang))
			return false;
	return true;
}

static const struct campaign_named_text *
meant_by(const struct check *c, const struct campaign_named_text *x)
{
	const struct campaign_named_text *near =
	    differs(c, x) ? nearest(c, x) : NULL;

	if (!near || !are_halves(x, near) ||
	    x->texts.count > near->texts.count ||
	    (x->texts.count == near->texts.count && x < near))
		return NULL;
	return near;
}

static bool
a_slip_has(const struct check *c, const struct campaign_named_text *x,
	   struct str lang)
{
	for (size_t i = 0; i < c->step->text_count; i++)
		if (c->meant[i] == x && is_in(&c->step->texts[i].texts, lang))
			return true;
	return false;
}

/* Whether it differs in nothing but what slips of its name have. */
static bool
is_whole(const struct check *c, const struct campaign_named_text *x)
{
	map_foreach (&c->langs, e)
		if (has_alone(c, x, e->key) ||
		    (lacks(c, x, e->key) && !a_slip_has(c, x, e->key)))
			return false;
	return true;
}

/* ---- telling ---- */

static void
check_text(const struct check *c, const struct campaign_named_text *x)
{
	const struct campaign_named_text *meant = c->meant[x - c->step->texts];
	struct str missing = list_of(c, x, lacks);
	struct str extra = list_of(c, x, has_alone);
	struct str own = list_of(c, x, has);

	if (!meant && is_whole(c, x))
		return;
	if (!meant)
		meant = missing.len > 0 ? nearest(c, x) : NULL;
	campaign_finding_add(
	    c->s->findings, CAMPAIGN_WARNING, "language", c->s->file,
	    x->at.line, x->at.column,
	    missing.len
		? "found the text \"%.*s\" of \"%.*s\" in %.*s, expected it "
		  "in %.*s too, as the others%s%.*s%s"
		: "found the text \"%.*s\" of \"%.*s\" in %.*s, expected the "
		  "others in %.*s too%s%.*s%s",
	    STR_ARG(x->id), STR_ARG(c->step->id), STR_ARG(own),
	    STR_ARG(missing.len ? missing : extra),
	    meant ? "; did you mean \"" : "",
	    STR_ARG(meant ? meant->id : STR("")), meant ? "\"?" : "");
}

static void
check_subject(const struct check *c, const struct campaign_text *subject)
{
	const struct campaign_step *step = c->step;

	if (subject->lang.len == 0 || is_of_step(c, subject->lang))
		return;
	for (size_t i = 0; i < step->text_count; i++) {
		if (is_in(&step->texts[i].texts, subject->lang))
			continue;
		campaign_finding_add(
		    c->s->findings, CAMPAIGN_WARNING, "language", c->s->file,
		    subject->line, subject->column,
		    "found the subject of \"%.*s\" in \"%.*s\" and its text "
		    "\"%.*s\" not, expected both: a mail of two languages",
		    STR_ARG(step->id), STR_ARG(subject->lang),
		    STR_ARG(step->texts[i].id));
		return;
	}
}

void
campaign_languages(const struct campaign_source *s,
		   const struct campaign_step *step)
{
	struct check c = { .s = s, .step = step };

	if (step->is_doubtful || step->text_count == 0)
		return;
	map_init(&c.langs, s->a, NULL);
	c.meant = ARENA_ARRAY(s->a, step->text_count,
			      const struct campaign_named_text *);
	for (size_t i = 0; i < step->text_count; i++)
		gather(&c, &step->texts[i].texts);
	gather(&c, &step->subject);
	for (size_t i = 0; i < step->subject.count; i++)
		check_subject(&c, &step->subject.items[i]);
	for (size_t i = 0; i < step->text_count; i++)
		c.meant[i] = meant_by(&c, &step->texts[i]);
	for (size_t i = 0; i < step->text_count; i++)
		if (differs(&c, &step->texts[i]))
			check_text(&c, &step->texts[i]);
}
