/*
 * Whether what a campaign says is all in the same languages. A reader gets each
 * text in the nearest language that it has (campaign_text.c), so one that lacks
 * what the others have makes a mail of two languages. It is no error: a
 * campaign may be tried before it is translated.
 *
 * Each language has one warning. It says which texts are not in it, and stands
 * at the first of them; or, when those are the more, which are.
 *
 * A text without a language is for all. But where one has others beside it,
 * which are its translations, those without are in the workspace's language,
 * there and in all of the campaign, unless they are nothing but values.
 *
 * Two texts of a step that are nearly called alike, and of which neither has a
 * language of the other, are one whose name was misspelt. That is told by
 * itself, and they count as one.
 */
#include "base/arena.h"
#include "base/locale.h"
#include "base/map.h"
#include "campaign/campaign_priv.h"

enum {
	NAMES_MOST = 200, /* of a step, to be compared with one another */
	SHOWN_MOST = 12,  /* of the texts of a language */
};

/* Something that is said in languages. */
struct piece {
	struct str owner; /* the step, form or slot */
	struct str name;  /* in it; empty: the thing itself */
	const struct campaign_texts *texts;
	const struct campaign_texts *half; /* under a misspelt name; or NULL */
	struct campaign_place at;
};

struct pieces {
	const struct campaign_source *s;
	const struct campaign *c;
	struct piece *items;
	size_t count;
	size_t room;
	bool standard_is_bare; /* what has no language is in the workspace's */
	struct map langs;      /* in lower case -> as it is written */
};

/* ---- what there is ---- */

static void
add(struct pieces *p, struct str owner, struct str name,
    const struct campaign_texts *texts)
{
	if (texts->count == 0)
		return;
	check(p->count < p->room);
	p->items[p->count++] = (struct piece){
		.owner = owner,
		.name = name,
		.texts = texts,
		.at = { texts->items[0].origin.line,
			texts->items[0].origin.column },
	};
}

static struct str
numbered(const struct pieces *p, size_t i)
{
	return str_printf(p->s->a, "variant %zu", i + 1);
}

static void
add_step(struct pieces *p, const struct campaign_step *step)
{
	add(p, step->id, STR("subject"), &step->subject);
	add(p, step->id, STR("preheader"), &step->preheader);
	for (size_t i = 0; i < step->text_count; i++)
		add(p, step->id, step->texts[i].id, &step->texts[i].texts);
	for (size_t i = 0; i < step->variant_count; i++)
		add(p, step->id, numbered(p, i), &step->variants[i]);
	for (size_t i = 0; i < step->link_count; i++)
		add(p, step->id,
		    str_printf(p->s->a, "link %.*s",
			       STR_ARG(step->links[i].id)),
		    &step->links[i].label);
}

static void
add_form(struct pieces *p, const struct campaign_form *form)
{
	for (size_t i = 0; i < form->field_count; i++)
		add(p, form->id,
		    str_printf(p->s->a, "field %.*s",
			       STR_ARG(form->fields[i].name)),
		    &form->fields[i].label);
	add(p, form->id, STR("consent"), &form->consent);
	add(p, form->id, STR("button"), &form->button);
	add(p, form->id, STR("thanks"), &form->thanks);
}

static size_t
count_all(const struct campaign *c)
{
	size_t count = 1 + c->slot_count;

	for (size_t i = 0; i < c->form_count; i++)
		count += c->forms[i].field_count + 3;
	for (size_t i = 0; i < c->step_count; i++)
		count += c->steps[i].text_count + c->steps[i].variant_count +
			 c->steps[i].link_count + 2;
	return count;
}

static void
add_all(struct pieces *p)
{
	const struct campaign *c = p->c;

	p->room = count_all(c);
	p->items = ARENA_ARRAY(p->s->a, p->room, struct piece);
	add(p, c->id, STR("title"), &c->title);
	for (size_t i = 0; i < c->slot_count; i++)
		add(p, c->slots[i].id, STR("default"), &c->slots[i].standard);
	for (size_t i = 0; i < c->form_count; i++)
		add_form(p, &c->forms[i]);
	for (size_t i = 0; i < c->step_count; i++)
		if (!c->steps[i].is_doubtful)
			add_step(p, &c->steps[i]);
}

/* ---- which languages they are in ---- */

static bool
is_bare(const struct campaign_texts *t)
{
	for (size_t i = 0; i < t->count; i++)
		if (t->items[i].lang.len == 0)
			return true;
	return false;
}

static bool
is_known(struct str lang)
{
	struct error err;

	return locale_check(lang, &err) >= 0;
}

static void
gather(struct pieces *p, const struct campaign_texts *t)
{
	p->standard_is_bare |= t->count > 1 && is_bare(t);
	for (size_t i = 0; i < t->count; i++) {
		const struct str *lang = &t->items[i].lang;

		if (lang->len > 0 && is_known(*lang))
			map_put(&p->langs, str_lower(p->s->a, *lang),
				(void *)(uintptr_t)lang);
	}
}

/* The tag, or the tag without its region. */
static bool
suits(struct str has, struct str lang)
{
	ptrdiff_t region = str_find_char(lang, '-');

	return str_eq_fold(has, lang) ||
	       (region > 0 &&
		str_eq_fold(has, str_slice(lang, 0, (size_t)region)));
}

/* Whether anything is left when the values are taken out. */
static bool
has_words(struct str text)
{
	int depth = 0;

	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.p[i];

		depth += c == '{';
		depth -= c == '}';
		if (depth == 0 && (c >= 0x80 || (c >= 'a' && c <= 'z') ||
				   (c >= 'A' && c <= 'Z')))
			return true;
	}
	return false;
}

enum saying {
	NOT_SAID,
	FOR_ALL, /* as in any language */
	SAID,
};

static enum saying
text_in(const struct pieces *p, const struct campaign_text *text,
	struct str lang)
{
	if (text->lang.len > 0)
		return suits(text->lang, lang) ? SAID : NOT_SAID;
	if (!p->standard_is_bare || !has_words(text->text))
		return FOR_ALL;
	return suits(p->c->workspace->language, lang) ? SAID : NOT_SAID;
}

static enum saying
saying_in(const struct pieces *p, const struct piece *x, struct str lang)
{
	const struct campaign_texts *both[] = { x->texts, x->half };
	enum saying best = NOT_SAID;

	for (size_t k = 0; k < COUNT_OF(both) && both[k]; k++)
		for (size_t i = 0; i < both[k]->count; i++) {
			enum saying one = text_in(p, &both[k]->items[i], lang);

			best = one > best ? one : best;
		}
	return best;
}

/* ---- a language ---- */

/* "headline, body of "invite", consent of "call-me"". */
static struct str
list_of(const struct pieces *p, struct str lang, enum saying wanted)
{
	struct str list = STR(""), owner = STR("");
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct piece *x = &p->items[i];

		if (saying_in(p, x, lang) != wanted || count++ >= SHOWN_MOST)
			continue;
		if (owner.len > 0 && !str_eq(owner, x->owner))
			list = str_printf(p->s->a, "%.*s of \"%.*s\"",
					  STR_ARG(list), STR_ARG(owner));
		list = str_printf(p->s->a, "%.*s%s%.*s", STR_ARG(list),
				  list.len ? ", " : "", STR_ARG(x->name));
		owner = x->owner;
	}
	list = str_printf(p->s->a, "%.*s of \"%.*s\"", STR_ARG(list),
			  STR_ARG(owner));
	if (count > SHOWN_MOST)
		list = str_printf(p->s->a, "%.*s and %zu more", STR_ARG(list),
				  count - SHOWN_MOST);
	return list;
}

/* How many, and the first of them. */
static size_t
count_of(const struct pieces *p, struct str lang, enum saying wanted,
	 const struct piece **first)
{
	size_t count = 0;

	for (size_t i = 0; i < p->count; i++)
		if (saying_in(p, &p->items[i], lang) == wanted && count++ == 0)
			*first = &p->items[i];
	return count;
}

static void
check_language(const struct pieces *p, struct str lang)
{
	const struct piece *lacking = NULL, *having = NULL;
	size_t lack = count_of(p, lang, NOT_SAID, &lacking);
	size_t have = count_of(p, lang, SAID, &having);
	bool by_most = have >= lack;
	struct campaign_place at;

	if (lack == 0 || have == 0)
		return;
	at = by_most ? lacking->at : having->at;
	campaign_finding_add(
	    p->s->findings, CAMPAIGN_WARNING, "language", p->s->file, at.line,
	    at.column,
	    by_most ? "found no \"%.*s\" for %.*s, expected it as for the "
		      "others: who reads it gets these in another language"
		    : "found \"%.*s\" for %.*s alone, expected it for the "
		      "others too: who reads it gets those in another language",
	    STR_ARG(lang),
	    STR_ARG(list_of(p, lang, by_most ? NOT_SAID : SAID)));
}

/* ---- a name that is a slip of another ---- */

static bool
are_halves(const struct campaign_texts *x, const struct campaign_texts *y)
{
	for (size_t i = 0; i < x->count; i++)
		for (size_t k = 0; k < y->count; k++)
			if (str_eq_fold(x->items[i].lang, y->items[k].lang))
				return false;
	return true;
}

static const struct campaign_named_text *
nearest(const struct pieces *p, const struct campaign_step *step,
	const struct campaign_named_text *x)
{
	const char *names[NAMES_MOST], *near;
	size_t count = 0;

	for (size_t i = 0; i < step->text_count; i++)
		if (&step->texts[i] != x)
			names[count++] = str_cstr(p->s->a, step->texts[i].id);
	near = str_nearest(x->id, names, count);
	for (size_t i = 0; near && i < step->text_count; i++)
		if (str_eq_cstr(step->texts[i].id, near))
			return &step->texts[i];
	return NULL;
}

/* The one with more is taken for the one that is meant. */
static bool
is_slip_of(const struct campaign_named_text *x,
	   const struct campaign_named_text *y)
{
	if (!y || !are_halves(&x->texts, &y->texts))
		return false;
	return x->texts.count < y->texts.count ||
	       (x->texts.count == y->texts.count && x > y);
}

static struct str
tags_of(const struct pieces *p, const struct campaign_texts *t)
{
	struct str list = STR("");

	for (size_t i = 0; i < t->count; i++)
		list = str_printf(p->s->a, "%.*s%s\"%.*s\"", STR_ARG(list),
				  i == 0	     ? ""
				  : i + 1 < t->count ? ", "
						     : " and ",
				  STR_ARG(t->items[i].lang));
	return list;
}

static void
tell_slip(const struct pieces *p, const struct campaign_step *step,
	  const struct campaign_named_text *x,
	  const struct campaign_named_text *y)
{
	campaign_finding_add(
	    p->s->findings, CAMPAIGN_WARNING, "language", p->s->file,
	    x->at.line, x->at.column,
	    "found the text \"%.*s\" of \"%.*s\" in %.*s and another in %.*s, "
	    "expected one in all of them; did you mean \"%.*s\"?",
	    STR_ARG(x->id), STR_ARG(step->id), STR_ARG(tags_of(p, &x->texts)),
	    STR_ARG(tags_of(p, &y->texts)), STR_ARG(y->id));
}

/* The piece of a text becomes whole, that of its slip goes. */
static void
join(struct pieces *p, const struct campaign_texts *slip,
     const struct campaign_texts *whole)
{
	size_t kept = 0;

	for (size_t i = 0; i < p->count; i++) {
		if (p->items[i].texts == whole)
			p->items[i].half = slip;
		if (p->items[i].texts != slip)
			p->items[kept++] = p->items[i];
	}
	p->count = kept;
}

static void
find_slips(struct pieces *p, const struct campaign_step *step)
{
	if (step->is_doubtful || step->text_count > NAMES_MOST)
		return;
	for (size_t i = 0; i < step->text_count; i++) {
		const struct campaign_named_text *x = &step->texts[i];
		const struct campaign_named_text *y = nearest(p, step, x);

		if (!is_slip_of(x, y))
			continue;
		tell_slip(p, step, x, y);
		join(p, &x->texts, &y->texts);
	}
}

void
campaign_languages(const struct campaign_source *s, const struct campaign *c)
{
	struct pieces p = { .s = s, .c = c };

	if (c->is_doubtful)
		return;
	map_init(&p.langs, s->a, NULL);
	add_all(&p);
	for (size_t i = 0; i < c->step_count; i++)
		find_slips(&p, &c->steps[i]);
	for (size_t i = 0; i < p.count; i++) {
		gather(&p, p.items[i].texts);
		if (p.items[i].half)
			gather(&p, p.items[i].half);
	}
	map_foreach (&p.langs, e)
		check_language(&p, *(const struct str *)e->value);
}
