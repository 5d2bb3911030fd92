/*
 * guidon intake: mails that came back are taken, from files or from a mail
 * system's pipe. The places that a sender looks into by itself are told by the
 * options in cmd_intake.h.
 */
#include "cmd_intake.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "cmd.h"
#include "cmd_file.h"

#include "dispatch/dispatch_intake.h"
#include "event/event.h"
#include "jail/jail.h"

/* As many share a child; more is read of none than of a mail with files. */
enum { BATCH = 50, MAIL_MAX = 64 * 1024 * 1024 };

/* ---- places ---- */

static const char *
places_of(const struct app *app)
{
	const char *places = app_option(app, "intake");

	if (!places)
		places = getenv("GUIDON_INTAKE");
	return places && places[0] ? places : NULL;
}

static int
open_jailed(struct app *app, struct error *err)
{
	if (jail_open(&app->jail, err) < 0 || app_init(app, err) < 0)
		return -(int)err->code;
	return app_open(app, err);
}

int
intake_open_app(struct app *app, struct error *err)
{
	if (places_of(app))
		return open_jailed(app, err);
	return app_init(app, err) < 0 ? -(int)err->code : app_open(app, err);
}

static int
open_intake(struct dispatch_intake **out, struct app *app,
	    const struct event_keys *keys, struct error *err)
{
	const struct dispatch_intake_config config = {
		.store = app->store,
		.keys = keys,
		.pepper = app->pepper,
		.clock = &app->clock,
		.jail = app->jail,
	};

	return dispatch_intake_open(out, &config, err);
}

int
intake_open(struct dispatch_intake **out, struct app *app,
	    const struct event_keys *keys, struct error *err)
{
	struct str places = str_of(places_of(app));
	struct str place;

	*out = NULL;
	if (places.len == 0)
		return 0;
	if (open_intake(out, app, keys, err) < 0)
		return -(int)err->code;
	while (str_word(&places, &place))
		if (dispatch_intake_add(*out, str_cstr(app->arena, place),
					err) < 0) {
			dispatch_intake_close(out);
			return error_context(err, "--intake");
		}
	return 0;
}

/* ---- the command ---- */

static const char *const columns[] = { "file", "class", "delivery", "note" };

static const char *
note_of(const struct dispatch_taken *taken)
{
	if (!taken->taken)
		return "not taken";
	if (taken->kept == LEAD_REPLY_TOO_MANY)
		return "too many answers to one mail";
	if (taken->kept == LEAD_REPLY_TOO_LARGE)
		return "too large to be sent on";
	if (taken->again)
		return "known";
	if (taken->probe)
		return "the doctor's bounce";
	return taken->ours ? "taken" : "of no delivery of ours";
}

static void
print_row(struct output *out, const char *path,
	  const struct dispatch_taken *taken)
{
	struct buf id = { 0 };

	if (taken->ours)
		encode_hex(&id,
			   (struct str){ (const char *)taken->delivery.bytes,
					 sizeof(taken->delivery.bytes) });
	out_cell(out, str_of(path));
	out_cell(out,
		 str_of(taken->taken ? event_return_name(taken->class) : ""));
	out_cell(out, buf_view(&id));
	out_cell(out, str_of(note_of(taken)));
	buf_fini(&id);
}

static int
read_mail(struct arena *a, const char *path, struct str *mail,
	  struct error *err)
{
	int result = strcmp(path, "-") == 0
			 ? file_get_stdin(a, MAIL_MAX, mail, err)
			 : file_get(path, a, MAIL_MAX, mail, err);

	*mail = str_slice(*mail, 0, DISPATCH_MAIL_MAX);
	return result < 0 ? error_context(err, "%s", path) : 0;
}

/* One that is not sent on is not the store's: kept for later, or sent back. */
static enum cmd_exit
exit_for(const struct dispatch_taken *taken, size_t count)
{
	enum cmd_exit code = CMD_EXIT_OK;

	for (size_t i = 0; i < count; i++) {
		if (taken[i].kept == LEAD_REPLY_TOO_MANY)
			return CMD_EXIT_AGAIN;
		if (taken[i].kept == LEAD_REPLY_TOO_LARGE)
			code = CMD_EXIT_INPUT;
	}
	return code;
}

/* Of the operands, `count` from `first` on: an exit code. */
static int
take_batch(struct app *app, struct dispatch_intake *in, int first, int count,
	   struct error *err)
{
	const char *to = app_option(app, "to");
	struct dispatch_mail mails[BATCH] = { 0 };
	struct dispatch_taken taken[BATCH];
	struct arena *a = arena_new();
	size_t good = 0;
	int code = 0;

	for (int i = 0; i < count && code >= 0; i++) {
		mails[i].recipient = str_of(to);
		code = read_mail(a, app_operand(app, first + i),
				 &mails[i].bytes, err);
	}
	if (code >= 0) {
		good =
		    dispatch_intake_take(in, mails, (size_t)count, taken, err);
		for (int i = 0; i < count; i++)
			print_row(&app->out, app_operand(app, first + i),
				  &taken[i]);
		code = good < (size_t)count
			   ? -(int)err->code
			   : (int)exit_for(taken, (size_t)count);
	}
	arena_free(&a);
	return code;
}

static int
take_all(struct app *app, struct dispatch_intake *in, struct error *err)
{
	int count = app->args.operand_count;
	int worst = CMD_EXIT_OK;
	int code = 0;

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < count && code >= 0; i += BATCH) {
		code = take_batch(app, in, i,
				  count - i < BATCH ? count - i : BATCH, err);
		worst = code > worst ? code : worst;
	}
	out_table_end(&app->out);
	return code < 0 ? code : worst;
}

/*
 * A mail system that hands over by a pipe takes 75 for "keep it", and most
 * else for "send it back", which is right for an answer that is too large.
 */
static int
run(struct app *app, struct error *err)
{
	struct event_keys *keys = NULL;
	struct dispatch_intake *in = NULL;
	int code = open_jailed(app, err);

	if (code >= 0)
		code = event_keys_open(&keys, app->store, err);
	if (code >= 0)
		code = open_intake(&in, app, keys, err);
	if (code >= 0)
		code = take_all(app, in, err);
	dispatch_intake_close(&in);
	event_keys_free(&keys);
	if (code >= 0)
		return code;
	out_error(&app->out, "%s", err->text);
	return CMD_EXIT_AGAIN;
}

extern const struct command cmd_intake;
const struct command cmd_intake = {
	.name = "intake",
	.summary = "take mails that came back, and what follows from them",
	.details =
	    "A mail counts when it proves which delivery it is about: by the "
	    "address it came to,\nwhich --to or the mail itself has, by the "
	    "link to unsubscribe of the mail it\nreturns, or by that one's "
	    "Message-ID beside its recipient. One that was refused for\ngood "
	    "ends the sequence, and the person gets no more of that partner's "
	    "mail; who\ncomplains gets none from anybody. Five in a row that "
	    "came back for reasons that\npass, over a week, count as refused. "
	    "The same mail is taken once, however often\nit is given. What "
	    "proves nothing changes nothing, and is counted by \"guidon "
	    "status\".\nAn answer that a person wrote is sent on to the partner, and "
	    "ends the sequence;\nbeyond 20 a day to one mail it ends with 75, "
	    "and one of more than 25 MB with 65.\nWhatever fails ends with 75, "
	    "so that a mail system keeps what it pipes in and\ntries again. FILE - is stdin. "
	    "\"guidon bounce\" says what a mail says and changes\nnothing.",
	.examples =
	    (const struct command_example[]){
		{ "guidon intake returned.eml", "one mail" },
		{ "guidon intake --to \"$RECIPIENT\" -q - || exit 75",
		  "in the script of a mail system's pipe" },
		{ 0 } },
	.operands = "FILE...",
	.operands_min = 1,
	.operands_max = 100000,
	.options =
	    (const struct command_option[]){
		{ .name = "to",
		  .value = "ADDRESS",
		  .help = "whom the envelope names as recipient" },
		{ 0 } },
	/* It opens the store behind the jail. */
	.storeless = true,
	.run = run,
};
