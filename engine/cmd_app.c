/*
 * Where a run of the program finds its things.
 *
 * Flags go before the environment, the environment before what lies in the
 * workspace. Nothing is made before app_open(), so help and a wrong command
 * line leave no trace on disk.
 *
 * One key, one store: where there is a key (cmd_key.c), a store with nothing
 * in it is not the first use but a loss, and opening it as new would mail
 * everybody again, whoever opted out among them. What cannot be told from a
 * first use is a state folder that is lost together with its store.
 *
 * A store lives by one kind of clock: the note "clock" says which, put by the
 * first who opens it. With a virtual clock a year passes in a second, and a
 * real store would be sent empty by it. It is a note in the store and not a
 * file beside it, because the store may be a server's.
 */
#include "cmd.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/civil.h"
#include "base/crypto.h"
#include "base/locale.h"
#include "base/now.h"

#include "campaign/campaign.h"
#include "db/db.h"
#include "dispatch/dispatch_guard.h"
#include "doctor/doctor_watch.h"
#include "event/event.h"
#include "jail/jail.h"
#include "lead/lead.h"
#include "outbox/outbox.h"
#include "partner/partner.h"
#include "plan/plan.h"

enum { PATH_BYTES_MAX = 4096 };

_Static_assert((int)APP_KEY_BYTES == (int)DB_MASTER_BYTES, "one key");

/*
 * In the order of ranks: outbox asks the views of partner, a lead has rows of
 * outbox, planning asks for leads.
 */
static const struct db_schema *const schemas[] = {
	&db_note_schema,  &event_schema, &partner_schema, &outbox_schema,
	&campaign_schema, &lead_schema,	 &plan_schema,	  &doctor_schema,
};

static const char CLOCK_NOTE[] = "clock";
static const char TIME_NOTE[] = "clock-time"; /* where a virtual one stood */

/* ---- where things are ---- */

static const char *
environment(const char *name)
{
	const char *value = getenv(name);

	return value && value[0] ? value : NULL;
}

static bool
has_workspace_file(struct arena *a, struct str folder)
{
	return access(str_printf(a, "%.*s/guidon.xml", STR_ARG(folder)).p,
		      F_OK) == 0;
}

/* The nearest folder upwards with guidon.xml, or `cwd` itself. */
static const char *
search_upwards(struct arena *a, const char *cwd)
{
	struct str folder = str_of(cwd);

	while (folder.len > 0) {
		if (has_workspace_file(a, folder))
			return str_copy(a, folder).p;
		while (folder.p[folder.len - 1] != '/')
			folder.len--;
		folder.len--;
	}
	return has_workspace_file(a, STR("")) ? "/" : cwd;
}

static int
find_workspace(struct app *app, struct error *err)
{
	const char *given = cmd_given(&app->args, "workspace");
	char *cwd = arena_alloc(app->arena, PATH_BYTES_MAX);
	struct stat st;

	if (given) {
		if (stat(given, &st) != 0)
			return error_system(err, errno, "workspace %s", given);
		if (!S_ISDIR(st.st_mode))
			return error_set(err, ERROR_CONFIG,
					 "workspace %s is no folder", given);
		app->workspace = given;
		return 0;
	}
	if (!getcwd(cwd, PATH_BYTES_MAX))
		return error_system(err, errno, "the present folder");
	app->workspace = search_upwards(app->arena, cwd);
	return 0;
}

static int
set_clock(struct app *app, struct error *err)
{
	const char *now = cmd_given(&app->args, "now");
	int64_t start_ms = now_wall_ms();

	if (now && civil_parse_instant(str_of(now), &start_ms, err) < 0)
		return error_context(err, "--now");
	if (cmd_given(&app->args, "virtual"))
		clock_init_virtual(&app->clock, start_ms);
	else if (now)
		clock_init_from(&app->clock, start_ms);
	else
		clock_init_real(&app->clock);
	return 0;
}

int
app_init(struct app *app, struct error *err)
{
	if (find_workspace(app, err) < 0 || set_clock(app, err) < 0)
		return -(int)err->code;
	app->state = environment("GUIDON_STATE");
	if (!app->state)
		app->state =
		    arena_printf(app->arena, "%s/.guidon", app->workspace);
	app->url = cmd_given(&app->args, "store");
	if (!app->url)
		app->url = environment("GUIDON_STORE");
	if (!app->url)
		app->url =
		    arena_printf(app->arena, "sqlite:%s/store.db", app->state);
	return 0;
}

/* ---- the store ---- */

/* Not there, not ours, read-only: somebody has to put it right. */
static int
no_state(const char *path, int number, struct error *err)
{
	error_system(err, number, "state folder %s (GUIDON_STATE)", path);
	if (number != ENOSPC && number != EDQUOT)
		err->code = ERROR_CONFIG;
	return -(int)err->code;
}

static int
make_state(const char *path, struct error *err)
{
	struct stat st;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return no_state(path, errno, err);
	if (stat(path, &st) != 0)
		return no_state(path, errno, err);
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_CONFIG,
				 "state folder %s is no folder", path);
	if (st.st_mode & 022)
		return error_set(err, ERROR_CONFIG,
				 "state folder %s has mode %04o, so others may "
				 "write to it; expected 0700",
				 path, (unsigned)(st.st_mode & 07777));
	return 0;
}

/*
 * A key that is new cannot be the one of a store that has one: it is taken
 * away again, so that the right one can be put in its place.
 */
static int
wrong_key(const char *path, bool is_new, struct error *err)
{
	if (!is_new)
		return error_set(err, ERROR_CONFIG,
				 "master key %s does not open this store, "
				 "expected the one it was made with",
				 path);
	app_key_drop(path);
	return error_set(err, ERROR_CONFIG,
			 "no master key at %s, and the store was made with "
			 "one: put it there",
			 path);
}

static int
lost_store(const char *path, struct error *err)
{
	return error_set(err, ERROR_CONFIG,
			 "the store is gone or empty, and %s is the key of "
			 "one: put the store back, or to begin anew without "
			 "its contacts and opt-outs remove the key",
			 path);
}

static const char *
key_path(const struct app *app)
{
	return arena_printf(app->arena, "%s/master.key", app->state);
}

const char *
app_guard(const struct app *app)
{
	return app->clock.is_virtual
		   ? NULL
		   : arena_printf(app->arena, "%s/guard", app->state);
}

int64_t
app_guard_now_ms(const struct app *app)
{
	return cmd_given(&app->args, "now") ? INT64_MAX : app_now_ms(app);
}

/*
 * SQLite would make a new file, and throw away the log that may still lie
 * beside the place of the old one: so this is asked before it is opened.
 */
static int
open_store(struct app *app, struct error *err)
{
	const char *path = key_path(app);

	if (!app->clock.is_virtual && access(path, F_OK) == 0 &&
	    db_store_is_absent(app->url))
		return lost_store(path, err);
	return db_store_open(&app->store, app->url, err);
}

static int
open_secrets(struct app *app, struct error *err)
{
	const char *path = key_path(app);
	uint8_t key[APP_KEY_BYTES];
	bool is_new;
	int code;

	if (app_key_load(path, key, &is_new, err) < 0)
		return -(int)err->code;
	code = db_secrets_proven(app->store, err);
	if (code == 0 && !is_new && !app->clock.is_virtual)
		code = lost_store(path, err);
	if (code >= 0)
		code = db_secrets_open(app->store, key, err);
	crypto_wipe(key, sizeof(key));
	if (code < 0 && err->code == ERROR_DENIED)
		return wrong_key(path, is_new, err);
	return code >= 0 && is_new ? app_key_keep(path, err) : code;
}

static int
note_clock(struct db *db, void *arg, struct error *err)
{
	const struct app *app = arg;

	return db_note_put(db, CLOCK_NOTE,
			   app->clock.is_virtual ? STR("virtual") : STR("real"),
			   err);
}

static int
check_clock(struct app *app, struct error *err)
{
	struct buf kind = { 0 };
	bool is_virtual;
	int got = db_note_find(app->db, CLOCK_NOTE, &kind, err);

	if (got == 0 && db_commit(app->store, note_clock, app, err) < 0)
		got = -(int)err->code;
	if (got == 0)
		got = db_note_find(app->db, CLOCK_NOTE, &kind, err);
	is_virtual = str_eq_cstr(buf_view(&kind), "virtual");
	buf_fini(&kind);
	if (got < 0 || is_virtual == app->clock.is_virtual)
		return got < 0 ? got : 0;
	return error_set(err, ERROR_CONFIG,
			 is_virtual
			     ? "the store lives by a virtual clock, expected "
			       "--virtual"
			     : "the store lives by the real clock, expected "
			       "no --virtual or a store of its own (--store)");
}

/* A virtual clock goes on from where apply, start or run left it. */
static int
resume_clock(struct app *app, struct error *err)
{
	struct buf text = { 0 };
	int64_t at_ms;
	int got;

	if (!app->clock.is_virtual || cmd_given(&app->args, "now"))
		return 0;
	got = db_note_find(app->db, TIME_NOTE, &text, err);
	if (got > 0 && str_int(buf_view(&text), 0, INT64_MAX, &at_ms))
		clock_init_virtual(&app->clock, at_ms);
	buf_fini(&text);
	return got < 0 ? got : 0;
}

static int
note_time(struct db *db, void *arg, struct error *err)
{
	const struct app *app = arg;

	return db_note_set(db, TIME_NOTE,
			   str_printf(app->arena, "%" PRId64, app_now_ms(app)),
			   err);
}

int
app_keep_time(struct app *app, struct error *err)
{
	if (!app->clock.is_virtual)
		return 0;
	return db_commit(app->store, note_time, app, err);
}

/* A store without a delivery is new: its guard is made with it. */
int
app_make_state(struct app *app, struct error *err)
{
	return make_state(app->state, err);
}

static int
make_guard(struct app *app, struct error *err)
{
	const char *path = app_guard(app);
	struct buf known = { 0 };
	int code;

	if (!path || access(path, F_OK) == 0)
		return 0;
	code = outbox_has_any(app->db, err);
	if (code == 0)
		code = dispatch_guard_keep(app->db, path, app_now_ms(app),
					   &known, err);
	buf_fini(&known);
	return code < 0 ? code : 0;
}

int
app_open(struct app *app, struct error *err)
{
	if (app_make_state(app, err) < 0 || open_store(app, err) < 0 ||
	    open_secrets(app, err) < 0 ||
	    db_migrate(app->store, schemas, COUNT_OF(schemas), err) < 0 ||
	    db_reader(app->store, &app->db, err) < 0 ||
	    check_clock(app, err) < 0 || resume_clock(app, err) < 0 ||
	    make_guard(app, err) < 0 ||
	    partner_pepper_open(&app->pepper, app->store, err) < 0)
		return -(int)err->code;
	return 0;
}

/* A server is asked only where a master key shows that we have used one. */
static bool
has_store(struct app *app)
{
	struct str url = str_of(app->url);
	const char *path =
	    arena_printf(app->arena, "%s/master.key", app->state);

	if (str_starts(url, STR("sqlite:")))
		path = app->url + STR("sqlite:").len;
	return access(path, F_OK) == 0;
}

int
app_peek(struct app *app, struct error *err)
{
	if (!has_store(app))
		return 0;
	if (db_store_open(&app->store, app->url, err) < 0 ||
	    db_reader(app->store, &app->db, err) < 0)
		return -(int)err->code;
	return 1;
}

void
app_fini(struct app *app)
{
	partner_pepper_free(&app->pepper);
	db_store_close(&app->store);
	jail_close(&app->jail);
	app->db = NULL;
}

/* ---- what a command is given ---- */

const char *
app_operand(const struct app *app, int i)
{
	return i < app->args.operand_count ? app->args.operands[i] : NULL;
}

static bool
has_option(const struct command_option *o, const char *name)
{
	for (; o && o->name; o++)
		if (strcmp(o->name, name) == 0)
			return true;
	return false;
}

const char *
app_option(const struct app *app, const char *name)
{
	const struct cmd_args *args = &app->args;

	check(has_option(cmd_common_options, name) ||
	      has_option(args->path[args->depth - 1]->options, name));
	return cmd_given(args, name);
}

int
app_option_int(const struct app *app, const char *name, int64_t min,
	       int64_t max, int64_t *number, struct error *err)
{
	const char *text = app_option(app, name);

	if (!text || str_int(str_of(text), min, max, number))
		return 0;
	return error_set(err, ERROR_INVALID,
			 "--%s \"%s\", expected a number from %lld to %lld",
			 name, text, (long long)min, (long long)max);
}

int
app_language(struct app *app, struct str *lang, struct error *err)
{
	const char *text = app_option(app, "lang");
	int rc;

	*lang = text ? str_of(text) : STR("");
	rc = text ? locale_check(*lang, err) : 0;
	if (rc == -(int)ERROR_NOT_FOUND) {
		out_note(&app->out,
			 "--lang: %s; its dates and numbers are English",
			 err->text);
		return 0;
	}
	return rc < 0 ? error_context(err, "--lang") : 0;
}

int64_t
app_now_ms(const struct app *app)
{
	return clock_now_ms(&app->clock);
}
