#include "cmd_who.h"

#include <stdlib.h>

#include "cmd.h"

struct str
who_of(struct app *app)
{
	const char *who = app_option(app, "who");

	if (!who)
		who = getenv("USER");
	return who && who[0] ? str_of(who) : STR("unknown");
}
