/*
 * guidon adopt: an operator says what the store is that was put back. What may
 * have been sent meanwhile is not sent again by itself.
 */
#include "cmd.h"

#include <inttypes.h>

#include "cmd_daemon.h"
#include "db/db.h"
#include "dispatch/dispatch_guard.h"
#include "outbox/outbox.h"

enum answer {
	ANSWER_ADOPT,
	ANSWER_MINE,
	ANSWER_CLOCK,
	ANSWER_SETTLED,
	ANSWER_UNSENT
};

static int
read_answer(struct app *app, enum answer *out, struct error *err)
{
	static const struct {
		const char *option;
		enum answer answer;
	} answers[] = {
		{ "state-is-mine", ANSWER_MINE },
		{ "clock", ANSWER_CLOCK },
		{ "settled", ANSWER_SETTLED },
		{ "assume-unsent", ANSWER_UNSENT },
	};
	int given = 0;

	*out = ANSWER_ADOPT;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		if (!app_option(app, answers[i].option))
			continue;
		*out = answers[i].answer;
		given++;
	}
	if (given < 2)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "--state-is-mine, --clock, --settled and "
			 "--assume-unsent, expected one of them at most");
}

/* The guard is that of this store now, and no sender says otherwise. */
static int
forget_trouble(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	return db_note_set(db, daemon_trouble_note, STR(""), err);
}

static int
write_guard(struct app *app, struct error *err)
{
	struct buf known = { 0 };
	int code = dispatch_guard_keep(app->db, app_guard(app), app_now_ms(app),
				       &known, err);

	buf_fini(&known);
	if (code < 0)
		return code;
	return db_commit(app->store, forget_trouble, NULL, err);
}

static int
adopt(struct app *app, struct error *err)
{
	int64_t count = dispatch_adopt(app->store, app_now_ms(app), err);

	if (count < 0 || write_guard(app, err) < 0)
		return -(int)err->code;
	out_note(&app->out,
		 "the store is adopted; %" PRId64 " deliveries that were due "
		 "may have been sent and are held",
		 count);
	out_note(&app->out,
		 "opt-outs, clicks and leads since the copy was made are not "
		 "in it");
	if (count > 0)
		out_note(
		    &app->out,
		    "guidon delivery list --state held shows them, guidon "
		    "delivery unhold decides on one; if you know that none "
		    "was sent: guidon adopt --assume-unsent");
	return CMD_EXIT_OK;
}

static int
release(struct app *app, struct error *err)
{
	int64_t count =
	    dispatch_assume_unsent(app->store, app_now_ms(app), err);

	if (count < 0)
		return (int)count;
	out_note(&app->out, "%" PRId64 " deliveries are ready again", count);
	return CMD_EXIT_OK;
}

static int
settle_unit(struct db *db, void *arg, struct error *err)
{
	(void)arg;
	return outbox_doubt_less(db, OUTBOX_DOUBTS_ALL, OUTBOX_DOUBTS_REST,
				 err);
}

static int
settle(struct app *app, struct error *err)
{
	int changed = db_commit(app->store, settle_unit, NULL, err);

	if (changed < 0)
		return changed;
	out_note(&app->out,
		 changed ? "once a sender has planned all that there is, what "
			   "comes then is sent"
			 : "nothing that is planned is held");
	return CMD_EXIT_OK;
}

static int
answer(struct app *app, enum answer what, enum dispatch_guard guard,
       const char *why, struct error *err)
{
	switch (what) {
	case ANSWER_ADOPT:
		if (guard == DISPATCH_GUARD_LATER)
			return error_set(err, ERROR_INVALID,
					 "%s, expected --clock when it is the "
					 "clock that is right",
					 why);
		if (guard != DISPATCH_GUARD_GOOD)
			return adopt(app, err);
		out_note(&app->out, "the store is the newest there was: "
				    "nothing is to be adopted");
		return CMD_EXIT_OK;
	case ANSWER_CLOCK:
		if (guard != DISPATCH_GUARD_LATER)
			return error_set(err, ERROR_INVALID,
					 "%s, expected a guard that is later "
					 "than the clock",
					 *why ? why : "the guard is good");
		return write_guard(app, err) < 0 ? -(int)err->code
						 : CMD_EXIT_OK;
	case ANSWER_MINE:
		if (guard == DISPATCH_GUARD_BEHIND)
			return error_set(err, ERROR_INVALID,
					 "%s, expected the newest store and no "
					 "guard",
					 why);
		return write_guard(app, err) < 0 ? -(int)err->code
						 : CMD_EXIT_OK;
	case ANSWER_SETTLED:
	case ANSWER_UNSENT:
		if (guard == DISPATCH_GUARD_MISSING ||
		    guard == DISPATCH_GUARD_BEHIND)
			return error_set(err, ERROR_INVALID,
					 "%s, expected it to be adopted first",
					 why);
		return what == ANSWER_SETTLED ? settle(app, err)
					      : release(app, err);
	}
	return CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	enum dispatch_guard guard;
	struct buf why = { 0 };
	enum answer what;
	int code;

	if (read_answer(app, &what, err) < 0)
		return cmd_usage(app, err);
	if (!app_guard(app))
		return error_set(err, ERROR_INVALID,
				 "a store with a virtual clock has no guard, "
				 "expected one with the real clock");
	code = dispatch_guard_ask(&guard, app->db, app_guard(app),
				  app_guard_now_ms(app), &why, err);
	if (code == 0)
		code = answer(app, what, guard, buf_cstr(&why), err);
	buf_fini(&why);
	return code;
}

extern const struct command cmd_adopt;
const struct command cmd_adopt = {
	.name = "adopt",
	.summary = "go on with a store that was put back from a copy",
	.details =
	    "A store that is older than the file \"guard\" in the state folder "
	    "sends nothing:\nwhat was sent since the copy was made would be sent "
	    "again. Adopting it holds all\nthat was due until now as \"maybe "
	    "sent\", and all that is planned from then on: it\nmay have been "
	    "planned and sent before. Apply the campaigns again that were "
	    "applied\nsince the copy; when the past is settled so, --settled "
	    "ends it. A store whose\nguard is gone is held alike; so is one while "
	    "the clock is behind the time that its\nguard was written at, "
	    "until it has come that far, or --clock says that it is right.",
	.examples =
	    (const struct command_example[]){
		{ "guidon adopt", "hold what may have been sent, then go on" },
		{ "guidon adopt --settled", "what is new is sent again" },
		{ "guidon adopt --state-is-mine",
		  "only the guard is gone, the store is the newest" },
		{ "guidon adopt --assume-unsent",
		  "afterwards: let go what was held so" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "state-is-mine",
		  .help = "the store is the newest: write its guard" },
		{ .name = "clock",
		  .help = "the clock is right, and was ahead before" },
		{ .name = "settled",
		  .help = "what is planned once all is planned is new" },
		{ .name = "assume-unsent",
		  .help = "what is held as maybe sent was not: send it" },
		{ 0 } },
	.run = run,
};
