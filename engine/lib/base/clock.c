#include "base/clock.h"

#include <stdlib.h>

#include "base/check.h"
#include "base/now.h"

/* Reading two clocks takes a moment, and a wall clock is slewed a little. */
enum { SLACK_MS = 1000 };

/* ---- where it reads ---- */

static void
read_machine(void *arg, struct clock_reading *out)
{
	(void)arg;
	out->wall_ms = now_wall_ms();
	out->boot_ms = now_boot_ms();
}

const struct clock_source clock_machine = { .read = read_machine };

static struct clock_reading
read_source(const struct clock *c)
{
	struct clock_reading r;

	c->source.read(c->source.arg, &r);
	return r;
}

/* ---- in place ---- */

static void
init(struct clock *c, const struct clock_source *source, bool is_virtual,
     int64_t base_ms)
{
	c->is_virtual = is_virtual;
	atomic_init(&c->base_ms, base_ms);
	c->source = *source;
	c->watch = (struct clock_watch){ 0 };
	check(pthread_mutex_init(&c->mutex, NULL) == 0);
	(void)clock_is_steady(c, NULL);
}

void
clock_init_real(struct clock *c)
{
	init(c, &clock_machine, false, 0);
}

void
clock_init_from(struct clock *c, int64_t start_ms)
{
	init(c, &clock_machine, false, start_ms - now_wall_ms());
}

void
clock_init_on(struct clock *c, const struct clock_source *source)
{
	init(c, source, false, 0);
}

void
clock_init_virtual(struct clock *c, int64_t start_ms)
{
	init(c, &clock_machine, true, start_ms);
}

/* ---- the time ---- */

int64_t
clock_now_ms(const struct clock *c)
{
	int64_t base_ms = atomic_load(&c->base_ms);

	return c->is_virtual ? base_ms : base_ms + read_source(c).wall_ms;
}

void
clock_advance(struct clock *c, int64_t to_ms)
{
	check(c->is_virtual);
	if (to_ms > atomic_load(&c->base_ms))
		atomic_store(&c->base_ms, to_ms);
}

/* ---- jumps ---- */

bool
clock_watch_look(struct clock_watch *w, const struct clock_reading *r)
{
	int64_t apart_ms = r->wall_ms - r->boot_ms;

	if (!w->begun)
		*w = (struct clock_watch){ .begun = true,
					   .trusted_ms = apart_ms,
					   .seen_ms = apart_ms,
					   .since_ms = r->boot_ms };
	if (llabs(apart_ms - w->seen_ms) > SLACK_MS) {
		w->seen_ms = apart_ms;
		w->since_ms = r->boot_ms;
	}
	if (llabs(apart_ms - w->trusted_ms) > CLOCK_JUMP_MS)
		w->jumped = true;
	if (r->boot_ms - w->since_ms >= CLOCK_AGREE_MS) {
		w->trusted_ms = w->seen_ms;
		w->jumped = false;
	}
	return !w->jumped;
}

bool
clock_is_steady(struct clock *c, int64_t *jump_ms)
{
	struct clock_reading r;
	bool steady;

	if (jump_ms)
		*jump_ms = 0;
	if (c->is_virtual)
		return true;
	check(pthread_mutex_lock(&c->mutex) == 0);
	r = read_source(c);
	steady = clock_watch_look(&c->watch, &r);
	if (jump_ms && !steady)
		*jump_ms = c->watch.seen_ms - c->watch.trusted_ms;
	check(pthread_mutex_unlock(&c->mutex) == 0);
	return steady;
}
