#include "base/origin.h"

#include "base/check.h"

static void
begin(struct origin_mark *here, const struct origin *origin)
{
	here->line = origin->line ? origin->line : 1;
	here->column = origin->column ? origin->column : 1;
}

static void
pass(struct origin_mark *here, char c)
{
	here->at++;
	here->column += ((unsigned char)c & 0xc0) != 0x80;
	if (c == '\n') {
		here->line++;
		here->column = 1;
	}
}

void
origin_go(struct origin_way *way, const struct origin *origin, struct str text,
	  size_t at)
{
	struct origin_mark *here = &way->here;

	check(here->at <= at);
	if (!here->line)
		begin(here, origin);
	while (way->next < origin->mark_count &&
	       origin->marks[way->next].at <= at)
		*here = origin->marks[way->next++];
	while (here->at < at && here->at < text.len)
		pass(here, text.p[here->at]);
}

struct origin_mark
origin_find(const struct origin *origin, struct str text, size_t at)
{
	struct origin_way way = { 0 };

	origin_go(&way, origin, text, at);
	return way.here;
}
