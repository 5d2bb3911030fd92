#include "cmd_makers.h"

#include "cmd.h"
#include "dispatch/dispatch_make.h"
#include "event/event.h"
#include "render/render_kit.h"
#include "web/web.h"

int
makers_open(struct makers *m, struct app *app, struct error *err)
{
	*m = (struct makers){ 0 };
	if (event_keys_open(&m->keys, app->store, err) >= 0 &&
	    render_kits_open(&m->kits, err) >= 0 &&
	    dispatch_maker_open(&m->maker, app->store, m->kits, m->keys, err) >=
		0)
		return 0;
	makers_close(m);
	return -(int)err->code;
}

void
makers_close(struct makers *m)
{
	dispatch_maker_close(&m->maker);
	render_kits_free(&m->kits);
	event_keys_free(&m->keys);
}

void
makers_web(const struct makers *m, struct app *app, struct web_config *config)
{
	config->store = app->store;
	config->maker = m->maker;
	config->keys = m->keys;
	config->pepper = app->pepper;
	config->clock = &app->clock;
}
