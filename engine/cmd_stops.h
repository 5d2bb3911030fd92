#ifndef CMD_STOPS_H
#define CMD_STOPS_H

/*
 * cmd_stops - what is stopped or slowed, in words
 *
 * Thread rule: the command's thread.
 */

#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct app;
struct partner;

/* A table "stopped" of all there is, within an object. The count. */
int stops_print(struct app *app, struct error *err) MUST_CHECK;

/* Why a partner is stopped: 1 with *why in the app's arena, or 0. */
int stops_of_partner(struct app *app, int64_t partner_id, struct str *why,
		     struct error *err) MUST_CHECK;

/*
 * Why a mail to this address in this run of the partner would not leave now:
 * 1 with *why, or 0.
 */
int stops_of_mail(struct app *app, int64_t partner_id, int64_t activation_id,
		  struct str address, struct str *why,
		  struct error *err) MUST_CHECK;

#endif
