/*
 * guidon resolve: what evidence says of the deliveries in doubt. Links that
 * were followed are in the store; the log of the relay is a file.
 */
#include "cmd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/zone.h"
#include "dispatch/dispatch_relay_log.h"
#include "dispatch/dispatch_resolve.h"

/* ---- the logs ---- */

static int
feed(struct relay_log *log, int fd, const char *path, struct error *err)
{
	char block[65536];
	ssize_t n;

	relay_log_file(log);
	while ((n = read(fd, block, sizeof(block))) != 0) {
		if (n < 0 && errno != EINTR)
			return error_system(err, errno, "%s", path);
		if (n > 0)
			relay_log_feed(log, (struct str){ block, (size_t)n });
	}
	return 0;
}

static int
feed_file(struct relay_log *log, const char *path, struct error *err)
{
	int code;
	int fd;

	if (strcmp(path, "-") == 0)
		return feed(log, STDIN_FILENO, "stdin", err);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_system(err, errno, "%s", path);
	code = feed(log, fd, path, err);
	close(fd);
	return code;
}

static int
feed_all(struct app *app, struct relay_log *log, struct error *err)
{
	for (int i = 0; i < app->args.operand_count; i++)
		if (feed_file(log, app_operand(app, i), err) < 0)
			return -(int)err->code;
	return 0;
}

/* ---- closing ---- */

struct closing {
	const struct outbox_id *id;
	struct relay_proof proof;
	int64_t now_ms;
};

static int
close_unit(struct db *db, void *arg, struct error *err)
{
	const struct closing *c = arg;

	return dispatch_resolve(db, c->id, c->proof.to, c->proof.evidence,
				c->now_ms, err);
}

static int
add_row(struct app *app, const struct outbox_delivery *d,
	const struct relay_proof *proof, struct error *err)
{
	struct output *out = &app->out;

	if (app_delivery_cells(app, d, err) < 0)
		return -(int)err->code;
	out_cell(out, str_of(outbox_state_name(proof->to)));
	out_cell(out, proof->evidence);
	return 0;
}

/* 1 when it is in doubt no more, or would not be. */
static int
close_one(struct app *app, struct relay_log *log,
	  const struct dispatch_doubt *doubt, struct error *err)
{
	struct closing c = { .id = &doubt->delivery.id,
			     .now_ms = app_now_ms(app) };
	int got = dispatch_resolve_proof(app->db, app->arena, log, doubt,
					 &c.proof, err);

	if (got > 0 && !app_option(app, "dry-run"))
		got = db_commit(app->store, close_unit, &c, err);
	if (got > 0 && add_row(app, &doubt->delivery, &c.proof, err) < 0)
		return -(int)err->code;
	return got;
}

static int
close_all(struct app *app, struct relay_log *log,
	  const struct dispatch_doubts *doubts, struct error *err)
{
	static const char *const columns[] = { "delivery", "partner",
					       "campaign", "step",
					       "becomes",  "evidence" };
	int sum = 0;
	int got = 0;

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (size_t i = 0; i < doubts->count && got >= 0; i++) {
		got = close_one(app, log, doubts->items[i], err);
		sum += got > 0;
	}
	out_table_end(&app->out);
	return got < 0 ? got : sum;
}

/* ---- the command ---- */

static int
zone_option(struct app *app, const struct zone **zone, struct error *err)
{
	const char *name = app_option(app, "zone");

	*zone = NULL;
	if (!name)
		return 0;
	return zone_get(name, zone, err) < 0 ? error_context(err, "--zone") : 0;
}

static int
read_logs(struct app *app, const struct dispatch_doubts *doubts, int *closed,
	  struct error *err)
{
	const struct zone *zone;
	struct relay_log *log;
	int code;

	if (zone_option(app, &zone, err) < 0)
		return -(int)err->code;
	relay_log_open(&log, doubts, zone, app_now_ms(app));
	code = feed_all(app, log, err);
	if (code >= 0)
		code = close_all(app, log, doubts, err);
	*closed = code;
	relay_log_close(&log);
	return code;
}

static void
note_rest(struct app *app, int64_t closed, int64_t rest)
{
	out_note(
	    &app->out, "%" PRId64 " in doubt %s by evidence, %" PRId64 " left",
	    closed, app_option(app, "dry-run") ? "would be closed" : "closed",
	    rest);
	if (rest > 0)
		out_note(&app->out, "guidon delivery list --state in-doubt "
				    "shows them; guidon delivery resolve "
				    "decides on one");
}

static int
run(struct app *app, struct error *err)
{
	struct dispatch_doubts doubts;
	int64_t looked_ms = 0;
	int64_t seen = 0;
	int closed = 0;

	if (!app_option(app, "dry-run"))
		seen = dispatch_resolve_seen(app->store, app_now_ms(app),
					     &looked_ms, err);
	if (seen < 0 ||
	    dispatch_doubts_load(&doubts, app->store, app->arena, err) < 0 ||
	    read_logs(app, &doubts, &closed, err) < 0)
		return -(int)err->code;
	note_rest(app, seen + closed, (int64_t)doubts.count - closed);
	return CMD_EXIT_OK;
}

extern const struct command cmd_resolve;
const struct command cmd_resolve = {
	.name = "resolve",
	.summary = "close what is in doubt, by evidence",
	.details =
	    "A message is in doubt when it was handed over and the reply was "
	    "lost. It arrived\nwhen a link of it was followed. RELAY-LOG is a "
	    "log of Postfix: what its queue\nmanager has had was accepted; what "
	    "was cut off, or is not there at all, was not,\nand becomes ready. "
	    "That only when the log has lines from 15 minutes before to\n15 "
	    "minutes after, and mail of the same sending domain; so give the "
	    "logs of all\nrelays that the store sends through, in whatever "
	    "order, and the clocks may be\n15 minutes apart. What is not proven "
	    "stays in doubt. RELAY-LOG - is stdin.",
	.examples =
	    (const struct command_example[]){
		{ "guidon resolve", "by what the store knows" },
		{ "guidon resolve /var/log/mail.log.1 /var/log/mail.log "
		  "--zone Europe/Berlin",
		  "the relay's log says more" },
		{ "journalctl -u 'postfix*' -o short-iso --since yesterday | "
		  "guidon resolve -",
		  "of a relay that logs to the journal" },
		{ 0 } },
	.operands = "[RELAY-LOG...]",
	.operands_max = 200,
	.options =
	    (const struct command_option[]){
		{ .name = "zone",
		  .value = "ZONE",
		  .help = "of times in the log that name none; without it "
			  "little is proven by their absence" },
		{ .name = "dry-run",
		  .help = "say what the logs prove, change nothing" },
		{ 0 } },
	.run = run,
};
