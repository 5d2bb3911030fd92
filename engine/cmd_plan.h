#ifndef CMD_PLAN_H
#define CMD_PLAN_H

/*
 * cmd_plan - a plan of what lies in the workspace now
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct partner_rows;
struct plan;
struct work;

/* It lives as long as the app. */
int plan_of(struct app *app, const struct work *work,
	    const struct partner_rows *partners, struct plan **out,
	    struct error *err) MUST_CHECK;

#endif
