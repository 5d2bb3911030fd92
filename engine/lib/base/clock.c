#include "base/clock.h"

#include "base/check.h"
#include "base/now.h"

void
clock_init_real(struct clock *c)
{
	c->is_virtual = false;
	atomic_init(&c->base_ms, 0);
}

void
clock_init_from(struct clock *c, int64_t start_ms)
{
	c->is_virtual = false;
	atomic_init(&c->base_ms, start_ms - now_wall_ms());
}

void
clock_init_virtual(struct clock *c, int64_t start_ms)
{
	c->is_virtual = true;
	atomic_init(&c->base_ms, start_ms);
}

int64_t
clock_now_ms(const struct clock *c)
{
	int64_t base_ms = atomic_load(&c->base_ms);

	return c->is_virtual ? base_ms : base_ms + now_wall_ms();
}

void
clock_advance(struct clock *c, int64_t to_ms)
{
	check(c->is_virtual);
	if (to_ms > atomic_load(&c->base_ms))
		atomic_store(&c->base_ms, to_ms);
}
