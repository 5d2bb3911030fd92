/*
 * guidon retry: what failed for no fault of its receiver leaves again, and
 * nothing else.
 */
#include "cmd.h"

#include <inttypes.h>

#include "base/arena.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

/* Of one run of a campaign and one state; what is beyond waits for the next. */
enum { ROWS_MAX = 20000 };

struct retrying {
	const struct outbox_delivery *rows;
	int count;
	int64_t now_ms;
};

enum { ROWS_A_UNIT = 200 };

static int
retry_one(struct db *db, const struct outbox_delivery *d, int64_t now_ms,
	  struct error *err)
{
	const struct app_fact fact = {
		.kind = EVENT_RELEASED,
		.at_ms = now_ms,
		.delivery = d,
		.name = "status",
		.value = STR("tried again by an operator"),
	};
	int changed = outbox_retry(db, d, fact.value, now_ms, err);

	if (changed > 0 && app_journal(db, &fact, err) < 0)
		return -(int)err->code;
	return changed;
}

static int
retry_unit(struct db *db, void *arg, struct error *err)
{
	const struct retrying *r = arg;
	int sum = 0;

	for (int i = 0; i < r->count; i++) {
		int got = retry_one(db, &r->rows[i], r->now_ms, err);

		if (got < 0)
			return got;
		sum += got;
	}
	return sum;
}

/* ---- looking for them ---- */

/* Those that may, moved to the front: how many. */
static int
keep_failed(struct outbox_delivery *rows, int count)
{
	int kept = 0;

	for (int i = 0; i < count; i++)
		if (outbox_may_retry(&rows[i]))
			rows[kept++] = rows[i];
	return kept;
}

static int64_t
retry_rows(struct app *app, const struct outbox_delivery *rows, int count,
	   struct error *err)
{
	int64_t sum = 0;

	if (app_option(app, "dry-run"))
		return count;
	for (int i = 0; i < count; i += ROWS_A_UNIT) {
		struct retrying r = {
			.rows = rows + i,
			.count =
			    count - i < ROWS_A_UNIT ? count - i : ROWS_A_UNIT,
			.now_ms = app_now_ms(app),
		};
		int got = db_commit(app->store, retry_unit, &r, err);

		if (got < 0)
			return got;
		sum += got;
	}
	return sum;
}

static int64_t
retry_run(struct app *app, const struct activation *run, struct error *err)
{
	static const enum outbox_state states[] = { OUTBOX_BOUNCED,
						    OUTBOX_HELD };
	const struct outbox_filter filter = {
		.partner_id = run->partner_id,
		.activation_id = run->id,
	};
	struct arena *a = arena_new();
	int64_t sum = 0;

	for (size_t i = 0; i < COUNT_OF(states) && sum >= 0; i++) {
		struct outbox_delivery *rows;
		int count = outbox_list(app->db, a, &filter, (int)states[i],
					ROWS_MAX, &rows, err);
		int64_t got = count;

		if (count > 0)
			got = retry_rows(app, rows, keep_failed(rows, count),
					 err);
		sum = got < 0 ? got : sum + got;
	}
	arena_free(&a);
	return sum;
}

static int
add_row(struct app *app, const struct activation *run, int64_t count,
	struct error *err)
{
	struct str slug;

	if (app_slug(app, run->partner_id, &slug, err) < 0)
		return -(int)err->code;
	out_cell(&app->out, slug);
	out_cell(&app->out, run->campaign);
	out_cell_int(&app->out, count);
	return 0;
}

static int64_t
retry_all(struct app *app, const struct activation *runs, int run_count,
	  struct error *err)
{
	static const char *const columns[] = { "partner", "campaign", "again" };
	int64_t sum = 0;
	int64_t got = 0;

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < run_count && got >= 0; i++) {
		got = retry_run(app, &runs[i], err);
		if (got > 0 && add_row(app, &runs[i], got, err) < 0)
			got = -(int)err->code;
		sum += got > 0 ? got : 0;
	}
	out_table_end(&app->out);
	return got < 0 ? got : sum;
}

/* ---- the command ---- */

static int
run(struct app *app, struct error *err)
{
	const char *campaign = app_operand(app, 0);
	struct str name = campaign ? str_of(campaign) : STR("");
	struct activation *runs;
	int64_t partner_id;
	int64_t sum;
	int count;

	if (!app_option(app, "failed")) {
		error_set(err, ERROR_INVALID,
			  "nothing says what to retry, expected --failed");
		return cmd_usage(app, err);
	}
	if (app_partner_option(app, -1, &partner_id, err) < 0)
		return -(int)err->code;
	count =
	    activation_list(app->db, app->arena, name, partner_id, &runs, err);
	if (count < 0)
		return count;
	if (campaign && count == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no run of campaign \"%s\", expected one that "
				 "was applied",
				 campaign);
	sum = retry_all(app, runs, count, err);
	if (sum < 0)
		return (int)sum;
	out_note(&app->out, "%" PRId64 " deliver%s %s", sum,
		 sum == 1 ? "y" : "ies",
		 app_option(app, "dry-run") ? "would leave again"
					    : "may leave again");
	return CMD_EXIT_OK;
}

extern const struct command cmd_retry;
const struct command cmd_retry = {
	.name = "retry",
	.summary = "send again what failed, and nothing else",
	.details =
	    "What failed is what receivers put off until it was too old, and "
	    "what is held because\nour set-up was wrong: mend that before. "
	    "Nobody else gets anything: not who was\nrefused for good, opted "
	    "out or was cancelled, not what is in doubt, nor what is held\nas "
	    "maybe sent or because its content changed. Whether each may be "
	    "sent is asked\nagain when it leaves.",
	.examples =
	    (const struct command_example[]){
		{ "guidon retry --failed --dry-run", "how many there are" },
		{ "guidon retry --failed spring-launch --partner acme",
		  "of one campaign and partner" },
		{ 0 } },
	.operands = "[CAMPAIGN]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "failed", .help = "what failed" },
		{ .name = "partner", .value = "P", .help = "of this partner" },
		{ .name = "dry-run", .help = "count, change nothing" },
		{ 0 } },
	.run = run,
};
