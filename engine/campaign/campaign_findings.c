/*
 * Findings grow in the arena by doubling; the outgrown array stays there until
 * the load's arena goes, which is less than what the load itself leaves.
 */
#include <string.h>

#include "base/arena.h"
#include "campaign/campaign.h"

void
campaign_findings_init(struct campaign_findings *f, struct arena *a)
{
	*f = (struct campaign_findings){ .a = a };
}

static void
grow(struct campaign_findings *f)
{
	size_t capacity = f->capacity ? 2 * f->capacity : 16;
	struct campaign_finding *items =
	    ARENA_ARRAY(f->a, capacity, struct campaign_finding);

	if (f->count)
		memcpy(items, f->items, f->count * sizeof(*items));
	f->items = items;
	f->capacity = capacity;
}

void
campaign_finding_add(struct campaign_findings *f,
		     enum campaign_severity severity, const char *rule,
		     struct str file, int line, int column, const char *fmt,
		     ...)
{
	char *text;
	va_list ap;

	if (f->count == f->capacity)
		grow(f);
	va_start(ap, fmt);
	text = arena_vprintf(f->a, fmt, ap);
	va_end(ap);
	f->items[f->count++] = (struct campaign_finding){
		.severity = severity,
		.rule = rule,
		.file = str_copy(f->a, file),
		.line = line,
		.column = column,
		.text = str_of(text),
	};
	f->error_count += severity == CAMPAIGN_ERROR;
}
