/*
 * guidon run: the sender. It holds the store's lock, sends what is due and
 * lets sequences go on, until it is told to stop.
 */
#include "cmd.h"

#include <inttypes.h>

#include "base/civil.h"
#include "cmd_daemon.h"
#include "cmd_follow.h"
#include "cmd_intake.h"
#include "cmd_relay.h"
#include "cmd_sending.h"
#include "cmd_stop.h"
#include "outbox/outbox.h"

static int
until_of(struct app *app, int64_t *until_ms, struct error *err)
{
	const char *until = app_option(app, "until");

	*until_ms = INT64_MAX;
	if (!until)
		return 0;
	if (civil_parse_instant(str_of(until), until_ms, err) < 0)
		return error_context(err, "--until");
	if (*until_ms < app_now_ms(app))
		return error_set(err, ERROR_INVALID,
				 "--until %s has passed, expected a time to "
				 "come",
				 until);
	return 0;
}

static int
count_all(struct app *app, struct outbox_counts *counts, struct error *err)
{
	const struct outbox_filter all = { .partner_id = -1 };

	return outbox_count(app->db, &all, counts, err);
}

/* What somebody has to look at, if anything. */
static int
note_rest(struct app *app, struct error *err)
{
	static const enum outbox_state states[] = { OUTBOX_HELD,
						    OUTBOX_INDOUBT };
	struct outbox_counts counts;

	if (count_all(app, &counts, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < COUNT_OF(states); i++) {
		int64_t count = counts.by_state[states[i]];
		const char *name = outbox_state_name(states[i]);

		if (count > 0)
			out_note(&app->out,
				 "%" PRId64 " %s; guidon delivery list "
				 "--state %s says why",
				 count, name, name);
	}
	return 0;
}

/* The reason itself is what the command ends with. */
static void
note_waiting(struct app *app)
{
	out_note(&app->out, "what was not sent waits for the next guidon run; "
			    "guidon status counts it");
}

/* "15 deliveries dealt with: 1 bounced, 14 held" */
static int
note_outcomes(struct app *app, int64_t sum, const struct outbox_counts *before,
	      struct error *err)
{
	static const enum outbox_state ends[] = { OUTBOX_SENT, OUTBOX_BOUNCED,
						  OUTBOX_HELD, OUTBOX_INDOUBT };
	struct outbox_counts now;
	struct buf parts = { 0 };

	if (count_all(app, &now, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < COUNT_OF(ends); i++) {
		int64_t more =
		    now.by_state[ends[i]] - before->by_state[ends[i]];

		if (more > 0)
			buf_printf(&parts, "%s %" PRId64 " %s",
				   parts.len ? "," : ":", more,
				   outbox_state_name(ends[i]));
	}
	out_note(&app->out, "%" PRId64 " deliver%s dealt with%s", sum,
		 sum == 1 ? "y" : "ies", buf_cstr(&parts));
	buf_fini(&parts);
	return 0;
}

static int
work(struct app *app, struct daemon *d, int64_t until_ms, struct error *err)
{
	struct outbox_counts before;
	int64_t sum;

	if (!app_option(app, "once"))
		return daemon_until(d, until_ms, err);
	if (count_all(app, &before, err) < 0)
		return -(int)err->code;
	stop_at_once();
	sum = daemon_once(d, err);
	if (sum < 0) {
		note_waiting(app);
		return (int)sum;
	}
	if (note_outcomes(app, sum, &before, err) < 0)
		return -(int)err->code;
	return note_rest(app, err);
}

/* A server's URL may hold a password. */
static void
note_start(struct app *app, const struct daemon_config *config)
{
	const struct str scheme = STR("sqlite:");
	bool is_file = str_starts(str_of(app->url), scheme);

	out_note(&app->out, "sending from %s: mail to %s, posts to %s",
		 is_file ? app->url + scheme.len : "the PostgreSQL store",
		 config->mail, config->posts);
}

static int
run(struct app *app, struct error *err)
{
	struct daemon_config config;
	struct daemon *d;
	int64_t until_ms;
	int code;

	if (intake_open_app(app, err) < 0 ||
	    until_of(app, &until_ms, err) < 0 ||
	    sending_config(app, &config, err) < 0)
		return -(int)err->code;
	relay_config(app, &config);
	config.takes_returns = true;
	if (daemon_open(&d, app, &config, err) < 0)
		return -(int)err->code;
	note_start(app, &config);
	code = work(app, d, until_ms, err);
	daemon_close(&d);
	return code < 0 ? code : CMD_EXIT_OK;
}

extern const struct command cmd_run;
const struct command cmd_run = {
	.name = "run",
	.summary = "send what is due, and go on",
	.details =
	    "Mail goes to a folder or to a relay; so do posts, to the same "
	    "folder or to the\npartners' webhooks. One sender runs on a SQLite "
	    "store at a time. It ends at\nSIGINT or SIGTERM, after the "
	    "messages on the wire; at the second one, or with\n--once at the "
	    "first, without waiting for them: they are in doubt.",
	.examples =
	    (const struct command_example[]){
		{ "guidon run", "into the folder .guidon/spool" },
		{ "guidon run --once", "what is due now, then end" },
		{ "guidon run --mail smtp://127.0.0.1:25", "through a relay" },
		{ "guidon run --virtual --until 2026-05-01T00:00:00Z",
		  "live through a campaign in a moment" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		SENDING_OPTIONS,
		RELAY_OPTIONS,
		INTAKE_OPTIONS,
		FOLLOW_OPTIONS,
		{ .name = "once", .help = "send what is due now, then end" },
		{ .name = "until",
		  .value = "TIME",
		  .help = "end at this time (RFC 3339)" },
		{ 0 } },
	/* It opens the store behind the jail. */
	.storeless = true,
	.run = run,
};
