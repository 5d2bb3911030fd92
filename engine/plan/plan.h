#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

/*
 * plan - activation x audience x calendar -> deliveries
 *
 * plan_make() answers who would get what, when and from whom, and who is
 * skipped and why, against what is published now; it changes nothing and its
 * result holds no contact's address. plan_write() keeps it as a file for
 * review, plan_apply() publishes exactly what was reviewed: the same revision,
 * within the plan's bounds (partners, steps, most mails for a partner). What
 * widens or changes the reviewed content refuses and names what moved;
 * opt-outs, bounces, pauses and new contacts inside the bounds do not. The
 * bounds hold after the apply too: contacts beyond them wait for a new plan.
 *
 * After that plan_step() lets things go on, in short transactions that may be
 * killed anywhere and run twice:
 *
 *   walk    each run of a campaign walks the partner's list and puts the first
 *           mail for everybody on it, and the run's posts. It walks again when
 *           the list has changed: contacts that come later join in, as far as
 *           the plan that was applied has room for them.
 *   follow  when a mail is SENT or SKIPPED, the next one of the sequence is put
 *           as soon as it is due within PLAN_AHEAD_MS; its conditions are
 *           evaluated then. False makes it SKIPPED with the clause, and the
 *           sequence goes on from there. BOUNCED and CANCELLED end a sequence,
 *           INDOUBT and HELD pause it, for nothing follows them.
 *
 * The emails of a campaign are one sequence in the order written. A person who
 * has any mail of a run is not given a first one again; a new revision sends
 * nobody what they have had, but what it adds to the end still comes to them.
 * Nothing is put that would be due after valid-until: it is SKIPPED with
 * "campaign is over". What is due while nothing may leave (campaign_hours.h) is
 * put with the next time at which it may.
 *
 * Where the vendor has stated how often a person may be mailed, or that one
 * partner alone mails a person (partner/partner_policy.h), a mail is put HELD
 * that must not leave, and planning looks at it again.
 *
 * Facts of other folders are read through views: delivery_view, event_view,
 * activation_view, contact_change_view, rival_view, for the condition "lead"
 * lead_view(partner_id, activation_id, person), and for one partner alone
 * claim_view(person, partner_id, at_ms): since when a partner has a claim to a
 * person, as an open lead is one. Their schemas are migrated before this one,
 * lead's before the first campaign runs that asks for either.
 *
 * plan_when.c, plan_audience.c, plan_condition.c and plan_choice.c are pure.
 *
 * Thread rule: one thread plans; the others read.
 */

#include <stdbool.h>
#include <stdint.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"
#include "campaign/campaign.h"
#include "db/db.h"
#include "partner/partner.h"

struct arena;

extern const struct db_schema plan_schema;

/* ---- calendar (pure) ---- */

/* A sequence's next mail is put no earlier than this before it is due. */
enum { PLAN_AHEAD_MS = 15 * 60 * 1000 };

/*
 * The start of an activation that is made now: the next working day
 * (Monday to Friday) in `zone` on which hour:minute is still ahead.
 */
int plan_start(int64_t now_ms, const char *zone, int hour, int minute,
	       int64_t *start_ms, struct error *err) MUST_CHECK;

/* ---- plans ---- */

struct plan_reason_count {
	struct str reason;
	int64_t count;
};

struct plan_partner {
	struct str slug;
	struct str company;
	bool fits;
	struct str why;	  /* the clause that let it in or kept it out */
	bool running;	  /* has an activation of this campaign that goes on */
	bool is_new;	  /* fits, and never had one or comes back */
	struct str from;  /* "Acme via Northwind <acme@...>"; if it fits */
	int64_t contacts; /* that would be mailed, or are being */
	int64_t waiting;  /* of them, as found last: beyond what was reviewed */
	int64_t list_n;	  /* the count of changes of its list by then */
	const struct plan_reason_count *skipped;
	size_t skipped_count;
	int64_t first_ms; /* earliest and latest due time of the first mail, */
	int64_t last_ms;  /* for one that starts now; 0: none */
	struct str zone;
	int64_t moved; /* first mails that hours have moved; not in the file */
	bool untold;   /* nobody hears of its leads; not in the file */
};

struct plan_step_summary {
	struct str id;
	struct str kind;
	struct str when; /* "start+4d 09:00"; empty: whenever it is asked for;
			  * with the hours at which anything may leave */
	int64_t most;	 /* at most so many deliveries, over all partners */
};

struct plan {
	struct str campaign;
	struct str title;
	struct str start;	 /* "automatic", "opt-in" or "trigger" */
	struct str revision;	 /* 32 bytes */
	struct str old_revision; /* published now; empty: none */
	bool changes;		 /* applying it would change something */
	int64_t made_ms;
	const struct plan_partner *partners; /* by slug */
	size_t partner_count;
	const struct plan_step_summary *steps;
	size_t step_count;
	int64_t mails;	    /* to the partner with most, as of now */
	int64_t mails_most; /* the bound: a tenth more, 10 at least */
	const struct str *changed_files; /* new or other than in old_revision */
	size_t changed_file_count;
};

struct plan_input {
	struct db *db;
	struct campaign_files *files; /* what `campaign` was read through */
	const struct campaign *campaign;
	const struct campaign_partner_row *rows; /* of partners.csv */
	size_t row_count;
	int64_t now_ms;
};

/*
 * INVALID when a partner of the store is not in the file: its line has
 * vanished where status=ended was meant.
 */
int plan_make(const struct plan_input *in, struct arena *a, struct plan **out,
	      struct error *err) MUST_CHECK;

/*
 * One screen: at most `rows` partners, a line each; 0: all, with sender and
 * reasons. No contact's address is in it.
 */
void plan_print(const struct plan *plan, size_t rows, struct buf *out);

/*
 * JSON with a SHA-256 over its own content; read refuses a changed file. It is
 * without `waiting` and `list_n`, which are of the store and of now.
 */
void plan_write(const struct plan *plan, struct buf *out);
int plan_read(struct str bytes, struct arena *a, struct plan **out,
	      struct error *err) MUST_CHECK;

/*
 * What has moved between the review and now that a reviewer would have to
 * look at: 0, or INVALID naming it.
 */
int plan_drift(const struct plan *reviewed, const struct plan *current,
	       struct error *err) MUST_CHECK;

struct plan_apply {
	struct db_store *store;
	struct campaign_files *files; /* as in plan_input */
	const struct campaign *campaign;
	const struct plan *reviewed;
	const struct plan *current; /* plan_make() now */
	const struct campaign_partner_row *rows;
	size_t row_count;
	const struct str *only; /* --only: these slugs; none: all */
	size_t only_count;
	struct str git_commit;
	bool git_dirty;
	struct str who;
	int64_t now_ms;
	void (*progress)(void *arg, int64_t done, int64_t total);
	void *progress_arg;
};

struct plan_result {
	int64_t partners;    /* put because they were new or had changed */
	int64_t activations; /* new ones */
	int64_t updated;     /* runs that go on with this revision */
	int64_t ended;	     /* runs of partners who fit no more */
	int64_t deliveries;  /* put */
	bool published;	     /* a revision that was not the current one */
};

/*
 * INVALID: drift, an --only that is not in the plan, a partner that cannot be
 * put. Killed and run again it gives the same rows; with other `only` it
 * widens, and nobody is mailed again.
 *
 * With start="automatic" each partner in the audience gets its one activation
 * here. A run of an earlier revision goes on with this one. A run whose
 * partner fits no more ends; the one of an automatic start goes on when the
 * partner fits again.
 */
int plan_apply(const struct plan_apply *in, struct plan_result *out,
	       struct error *err) MUST_CHECK;

/* ---- one partner starts ---- */

struct plan_begin {
	struct db_store *store;
	const struct campaign *campaign; /* of the published revision */
	struct str revision;
	int64_t partner_id;
	struct str parameters; /* JSON object; "slots": {id: text} */
	bool again;	       /* also while one is running */
	struct str who;
	int64_t now_ms;
};

/*
 * Starts the campaign for a partner, in whatever mode; plan_step() does the
 * rest. The same kit may be started as often as wanted, each run mails anew:
 * EXISTS when one is still running, unless `again`. DENIED: the partner has
 * ended or is not in the audience. INVALID: parameters that name no slot or
 * do not fit it, with a text that is not UTF-8 or has a control character other
 * than LF; the campaign is over.
 */
int plan_start_partner(const struct plan_begin *in, int64_t *activation_id,
		       struct error *err) MUST_CHECK;

/* ---- going on ---- */

/*
 * Campaigns by revision. *out is good until the next call, or longer; the
 * program fills this with render_kits.
 */
struct plan_revisions {
	int (*campaign)(void *arg, struct db *db, struct str campaign,
			struct str revision, const struct campaign **out,
			struct error *err);
	void *arg;
};

/*
 * One batch. Returns the number of rows it dealt with; 0: nothing to do now.
 * A revision that cannot be had is put aside for an hour and reported.
 */
int64_t plan_step(struct db_store *store,
		  const struct plan_revisions *revisions, int64_t now_ms,
		  struct error *err) MUST_CHECK;

/*
 * How many people get no first mail, since they came after the plan that was
 * applied and beyond its bound: of a partner (-1: of all), of a campaign
 * (empty: of all). A new plan that is applied lets them in.
 */
int plan_waiting(struct db *db, int64_t partner_id, struct str campaign,
		 int64_t *count, struct error *err) MUST_CHECK;

/* Of one person in one partner's run of a campaign. */
struct plan_question {
	struct str campaign;
	int64_t partner_id;
	const struct person_hash *person;
	int64_t now_ms;
};

/*
 * What the vendor's policies say, in words, in `a`: who alone mails the person,
 * by which rule, and what each partner who has the person brings to it; how
 * often. *text is empty where nothing is stated. *reason is
 * partner_may_send()'s, and GATE_FREQUENCY afterwards where that is open and
 * the next mail would be one too many.
 *
 * For the vendor alone: it names other partners.
 */
int plan_explain(struct db *db, struct arena *a, const struct plan_question *q,
		 enum gate_reason *reason, struct str *text,
		 struct error *err) MUST_CHECK;

/*
 * When plan_step() has something to do next: 1 with *at_ms (0: now), 0 when
 * it waits for others.
 */
int plan_next(struct db *db, int64_t *at_ms, struct error *err) MUST_CHECK;

#endif
