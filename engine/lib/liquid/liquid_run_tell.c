/*
 * What a run tells of itself while it runs: where it is, which values it
 * missed, and what it could not do with them.
 */
#include "liquid/liquid_run_priv.h"

static int
where(const struct run *r, struct error *err)
{
	const struct liquid_place *place = &r->p->places[r->pc];
	const struct liquid_unit *unit = &r->p->units[place->unit];
	int line, column;

	liquid_locate(unit, place->offset, &line, &column);
	return error_context(err, "%.*s:%d:%d", STR_ARG(unit->name), line,
			     column);
}

int
liquid_run_where(const struct run *r)
{
	return where(r, r->err);
}

int
liquid_run_lost(const struct run *r, struct error *found)
{
	const struct liquid_failed *failed = r->inputs->failed;

	(void)where(r, found);
	if (failed && found->code != ERROR_LIMIT) {
		failed->tell(failed->arg, found->text);
		return 0;
	}
	*r->err = *found;
	return -(int)found->code;
}

void
liquid_run_unfilled(struct run *r, uint32_t index)
{
	const struct liquid_unfilled *to = r->inputs->unfilled;
	const struct liquid_path *path = &r->p->paths[index];
	const struct liquid_place *place = &r->p->places[r->pc];
	const struct liquid_unit *unit = &r->p->units[place->unit];
	struct liquid_text t = { .a = r->a, .room = SIZE_MAX };
	int line, column;

	liquid_text_add(&t, r->p->symbols[path->symbol].name);
	for (uint32_t i = 0; i < path->count; i++) {
		liquid_text_char(&t, '.');
		liquid_text_add(&t, path->keys[i].name);
	}
	liquid_locate(unit, place->offset, &line, &column);
	to->tell(to->arg, unit->name, line, column, (struct str){ t.p, t.len });
}
