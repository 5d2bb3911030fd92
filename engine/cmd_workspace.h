#ifndef CMD_WORKSPACE_H
#define CMD_WORKSPACE_H

/*
 * cmd_workspace - the files of the workspace, as commands need them: who the
 * partners are, and a campaign made ready
 *
 * What is wrong with them is printed on stderr, a finding a line, before a
 * function fails; the error then only counts them.
 *
 * Thread rule: the command's thread.
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct app;
struct campaign_files;
struct campaign_findings;
struct campaign_partner_row;
struct campaign_step;
struct doctor_own;
struct render_kit;

/* A campaign from the folder. */
struct work {
	struct campaign_files *files; /* what was read: the revision */
	struct render_kit *kit;
};

/* What a command does with it: as its run(). */
typedef int (*work_body)(struct app *app, const struct work *work, void *arg,
			 struct error *err);

/* Opens this campaign, calls the body, closes it: what the body returned. */
int work_on(struct app *app, struct str campaign, work_body body, void *arg,
	    struct error *err) MUST_CHECK;

/*
 * The same with the campaign that the i-th operand names, or, without it, the
 * workspace's only one. INVALID when there are several, NOT_FOUND names the
 * nearest.
 */
int work_on_operand(struct app *app, int i, work_body body,
		    struct error *err) MUST_CHECK;

/* The same; without the operand the only one that show_list() has it of. */
int work_on_step(struct app *app, const char *step, int i, work_body body,
		 struct error *err) MUST_CHECK;

/*
 * The domain that the workspace's mail is from, in A-labels. INVALID when its
 * brands have several: the option --domain must name one then.
 */
int work_sender_domain(struct app *app, struct str *domain,
		       struct error *err) MUST_CHECK;

/* What each of its brands sends from and where that comes back. The count. */
int work_senders(struct app *app, struct doctor_own **out,
		 struct error *err) MUST_CHECK;

/* The rows of partners.csv; they live as long as the app. */
struct partner_rows {
	const struct campaign_partner_row *items;
	size_t count;
};

int work_partners(struct partner_rows *out, struct app *app,
		  struct error *err) MUST_CHECK;

/*
 * Puts a partner that partners.csv has and the store has not yet, so that its
 * list may come in before the first campaign is applied. What is in neither is
 * left to whoever looks it up.
 */
int work_take_partner(struct app *app, const char *id,
		      struct error *err) MUST_CHECK;

/* One of these rows; NOT_FOUND names the nearest. */
int work_partner(struct app *app, const char *id,
		 const struct campaign_partner_row **row,
		 struct error *err) MUST_CHECK;

/*
 * On stderr, a line for each: file:line:column and the text. `file` is what
 * the reader calls the file; NULL: as the finding does.
 */
void work_findings_print(struct app *app, const struct campaign_findings *f,
			 const char *file);

/* A step of the kit's campaign by its id: NOT_FOUND names the nearest. */
int work_step(struct app *app, const struct render_kit *kit, const char *id,
	      const struct campaign_step **step, struct error *err) MUST_CHECK;

#endif
