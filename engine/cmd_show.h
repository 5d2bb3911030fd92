#ifndef CMD_SHOW_H
#define CMD_SHOW_H

/*
 * cmd_show - each thing of a campaign as its reader gets it: the steps, and
 * what is sent beside them, the notices and the mails about a lead
 *
 *	items = show_list(campaign, a, &count);
 *	show_make(&shown, kit, &items[i], &sample, a, err);
 *
 * Whoever asks for what is made up: a reader, and a lead that fills in the
 * campaign's first form.
 *
 * Thread rule: pure functions; the results live in the arena.
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "render/render_kit.h"

struct arena;
struct campaign;
struct campaign_step;
struct sample;

enum show_kind {
	SHOW_STEP,
	SHOW_NOTICE,
	SHOW_LEAD_NOTIFY,
	SHOW_LEAD_THANKS,
};

/* No step has an id that begins with "@", as those of the others do. */
struct show_item {
	enum show_kind kind;
	struct str id;			  /* "invite", "@thanks" */
	const char *what;		  /* "mail", "post", "page" ... */
	const struct campaign_step *step; /* of SHOW_STEP */
	enum render_notice notice;	  /* of SHOW_NOTICE */
};

/* The steps as they are written, then the others that the campaign has. */
const struct show_item *show_list(const struct campaign *campaign,
				  struct arena *a, size_t *count);

/* NULL when the list has none of that id. */
const struct show_item *show_find(const struct show_item *items, size_t count,
				  struct str id);

struct shown_post {
	struct str channel;
	struct render_post post;
};

/* Empty is what a thing of its kind has not. */
struct shown {
	struct str html;
	struct str text;
	struct str subject;
	struct str mail;		/* the whole message */
	const struct shown_post *posts; /* one for each channel */
	size_t post_count;
};

int show_make(struct shown *out, const struct render_kit *kit,
	      const struct show_item *item, const struct sample *sample,
	      struct arena *a, struct error *err) MUST_CHECK;

#endif
