/*
 * Findings grow in the arena by doubling; the outgrown array stays there until
 * the load's arena goes, which is less than what the load itself leaves.
 */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "campaign/campaign_priv.h"

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

bool
campaign_finding_by_schema(const struct campaign_findings *f, struct str file,
			   struct campaign_place place)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->items[i].line == place.line &&
		    f->items[i].column == place.column &&
		    strcmp(f->items[i].rule, CAMPAIGN_RULE_SCHEMA) == 0 &&
		    str_eq(f->items[i].file, file))
			return true;
	return false;
}

void
campaign_finding_add(struct campaign_findings *f,
		     enum campaign_severity severity, const char *rule,
		     struct str file, int line, int column, const char *fmt,
		     ...)
{
	char *text;
	va_list ap;

	if (strcmp(rule, CAMPAIGN_RULE_SCHEMA) != 0 &&
	    campaign_finding_by_schema(f, file,
				       (struct campaign_place){ line, column }))
		return;
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

/* ---- in the order of a reader ---- */

struct ranked {
	struct campaign_finding finding;
	size_t file; /* as it came */
	size_t index;
};

static int
by_place(const void *left, const void *right)
{
	const struct ranked *l = left, *r = right;

	if (l->file != r->file)
		return l->file < r->file ? -1 : 1;
	if (l->finding.line != r->finding.line)
		return l->finding.line < r->finding.line ? -1 : 1;
	if (l->finding.column != r->finding.column)
		return l->finding.column < r->finding.column ? -1 : 1;
	return l->index < r->index ? -1 : l->index > r->index;
}

void
campaign_findings_sort(struct campaign_findings *f)
{
	struct ranked *list = ARENA_ARRAY(f->a, f->count, struct ranked);
	struct map files;

	map_init(&files, f->a, NULL);
	for (size_t i = 0; i < f->count; i++) {
		const struct ranked *first = map_find(&files, f->items[i].file);

		list[i] = (struct ranked){
			.finding = f->items[i],
			.file = first ? first->file : files.count,
			.index = i,
		};
		if (!first)
			map_put(&files, f->items[i].file, &list[i]);
	}
	if (f->count > 0)
		qsort(list, f->count, sizeof(*list), by_place);
	for (size_t i = 0; i < f->count; i++)
		f->items[i] = list[i].finding;
}
