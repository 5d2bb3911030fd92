#ifndef CMD_RULES_H
#define CMD_RULES_H

/*
 * cmd_rules - how fast and how far, from guidon.xml into the store
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;

/*
 * What <sending> of the workspace says holds from now on. Without a workspace,
 * or with one that is wrong, what was said last holds; the second is noted.
 */
int rules_keep(struct app *app, struct error *err) MUST_CHECK;

#endif
