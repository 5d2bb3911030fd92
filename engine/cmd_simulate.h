#ifndef CMD_SIMULATE_H
#define CMD_SIMULATE_H

/*
 * cmd_simulate - a campaign lived through by made-up people, in a store of its
 * own and on a virtual clock
 *
 * Each partner of the audience has a list of three: "silent" does nothing,
 * "clicks" follows a link of the first mail, "lead" sends in the form after
 * it. Everything else is what happens with real people: the same plan, the
 * same steps, the same sender, into a folder that is gone afterwards.
 *
 * Thread rule: the command's thread.
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct app;
struct partner_rows;
struct work;

/*
 * What became of it: a line for each person and step, in the order of time,
 *
 *	person,step,outcome,when
 *	silent,invite,sent,day 0 09:00
 *	lead,nudge,skipped: lead,day 4 09:00
 *
 * days counted from the start and hours in the partner's zone.
 */
struct simulated {
	struct str partner; /* its id */
	struct str lines;
};

/* One for each partner that the campaign is for, by id; in the app's arena. */
int simulate(struct app *app, const struct work *work,
	     const struct partner_rows *partners, struct simulated **out,
	     size_t *count, struct error *err) MUST_CHECK;

#endif
