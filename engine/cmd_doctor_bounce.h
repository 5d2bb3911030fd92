#ifndef CMD_DOCTOR_BOUNCE_H
#define CMD_DOCTOR_BOUNCE_H

/*
 * cmd_doctor_bounce - a mail for each return domain, to an address that refuses
 * it
 *
 * Thread rule: the command's thread.
 */

#include "base/check.h"
#include "base/error.h"

struct app;
struct doctor_sender;

struct bounce_order {
	const struct doctor_sender *senders;
	int count;
	const char *mail; /* the relay's URL; NULL: none was given */
	const char *to;
};

/*
 * What has left is in the store, and so is what the relay would not take
 * (doctor_probe.h). CONFIG without a relay, INVALID when the address is none;
 * when the relay cannot be had, that.
 */
int bounce_send(struct app *app, const struct bounce_order *order,
		struct error *err) MUST_CHECK;

#endif
