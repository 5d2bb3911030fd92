/*
 * A run of text and the bytes that it was made of, side by side. What the
 * parser took out or resolved is followed by a mark: character data begins and
 * ends, comments, instructions, references. The bytes are well-formed, so each
 * of these has its end.
 */
#include <string.h>

#include "base/arena.h"
#include "xml/xml_priv.h"

struct pair {
	struct str bytes;
	struct str text;
	struct xml_place place; /* in the bytes */
	size_t at;		/* in the text */
	bool in_cdata;
};

/* What begins so and ends so is no text. */
static const struct passed {
	struct str begin;
	struct str end;
	bool in_cdata;
	bool leaves_cdata;
} passed[] = {
	{ { "<![CDATA[", 9 }, { "<![CDATA[", 9 }, false, true },
	{ { "]]>", 3 }, { "]]>", 3 }, true, false },
	{ { "<!--", 4 }, { "-->", 3 }, false, false },
	{ { "<?", 2 }, { "?>", 2 }, false, false },
};

static struct origin_mark
mark_of(const struct pair *p)
{
	return (struct origin_mark){ p->at, p->place.line, p->place.column };
}

static void
go_to(struct pair *p, size_t offset)
{
	xml_forward(&p->place, p->bytes, offset);
}

static bool
pass(struct pair *p, struct str rest)
{
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
		const struct passed *x = &passed[i];
		ptrdiff_t end;

		if (x->in_cdata != p->in_cdata || !str_starts(rest, x->begin))
			continue;
		end = str_find(rest, x->end);
		check(end >= 0);
		p->in_cdata = x->leaves_cdata;
		go_to(p, p->place.offset + (size_t)end + x->end.len);
		return true;
	}
	return false;
}

/* A reference is one character of the text. */
static bool
resolve(struct pair *p, struct str rest)
{
	ptrdiff_t end;

	if (p->in_cdata || rest.p[0] != '&')
		return false;
	end = str_find_char(rest, ';');
	check(end >= 0);
	p->at += str_utf8_sequence(p->text, p->at);
	go_to(p, p->place.offset + (size_t)end + 1);
	return true;
}

/* One step; true when what follows is not counted on from here. */
static bool
step(struct pair *p)
{
	struct str rest = str_slice(p->bytes, p->place.offset, p->bytes.len);

	check(rest.len > 0);
	if (pass(p, rest) || resolve(p, rest))
		return true;
	p->at += !str_starts(rest, STR("\r\n")); /* one character */
	go_to(p, p->place.offset + 1);
	return false;
}

static bool
is_as_written(const struct pair *p)
{
	struct str bytes =
	    str_slice(p->bytes, p->place.offset, p->place.offset + p->text.len);

	return str_eq(bytes, p->text);
}

struct marks {
	struct origin_mark *items; /* NULL: they are counted */
	size_t count;
};

static void
add(struct marks *marks, const struct origin_mark *mark)
{
	if (marks->items)
		marks->items[marks->count] = *mark;
	marks->count++;
}

/* What is resolved stands where it is referred to. */
static void
walk(struct pair p, struct marks *marks)
{
	struct origin_mark here;
	bool jumped = false;

	while (p.at < p.text.len) {
		bool jumps;

		here = mark_of(&p);
		jumps = step(&p);
		if (jumped && p.at > here.at)
			add(marks, &here);
		jumped = jumps || (jumped && p.at == here.at);
	}
	here = mark_of(&p);
	if (jumped)
		add(marks, &here);
}

struct origin
xml_origin(struct arena *a, struct str bytes, const struct xml_place *begin,
	   struct str text)
{
	struct pair p = { .bytes = bytes, .text = text, .place = *begin };
	struct origin origin = { .line = begin->line, .column = begin->column };
	struct marks marks = { 0 };

	if (is_as_written(&p))
		return origin;
	walk(p, &marks);
	marks.items = ARENA_ARRAY(a, marks.count, struct origin_mark);
	marks.count = 0;
	walk(p, &marks);
	origin.marks = marks.items;
	origin.mark_count = marks.count;
	return origin;
}

struct origin
xml_origin_behind(struct arena *a, const struct origin *origin, struct str text,
		  size_t at)
{
	struct origin_mark first = origin_find(origin, text, at);
	struct origin rest = { .line = first.line, .column = first.column };
	struct origin_mark *marks =
	    ARENA_ARRAY(a, origin->mark_count, struct origin_mark);

	for (size_t i = 0; i < origin->mark_count; i++) {
		if (origin->marks[i].at <= at)
			continue;
		marks[rest.mark_count] = origin->marks[i];
		marks[rest.mark_count++].at -= at;
	}
	rest.marks = marks;
	return rest;
}
