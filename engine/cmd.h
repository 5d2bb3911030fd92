#ifndef CMD_H
#define CMD_H

/*
 * cmd - the commands of the program: what one is, and what it is given
 *
 * A command is a row of data (struct command) that drives parsing, help and
 * the reference in docs/commands.md alike, and one function. main.c lists
 * them all. Commands that share a noun are one file and one row with a list
 * of their own ("contact" with "contact import" ...).
 *
 *	static int
 *	run(struct app *app, struct error *err)
 *	{
 *		struct partner partner;
 *
 *		if (app_partner(app, app_operand(app, 0), &partner, err) < 0)
 *			return -(int)err->code;
 *		out_object_begin(&app->out);
 *		out_field(&app->out, "company", partner.company);
 *		out_object_end(&app->out);
 *		return CMD_EXIT_OK;
 *	}
 *
 * Data goes to stdout through app->out, as text or as one JSON document;
 * everything else is a message and goes to stderr. A command returns the exit
 * code, or < 0 with `err` for cmd_main() to print.
 *
 * Thread rule: one thread runs the command; threads that a command starts are
 * its own affair and use the store, not the app.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cmd_exit.h"
#include "cmd_output.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/str.h"

#include "event/event.h"

struct arena;
struct db;
struct db_store;
struct jail;
struct partner;
struct partner_pepper;
struct person_hash;
struct outbox_delivery;
struct outbox_key;
struct app;

/* ---- what a command is ---- */

/* A list of them ends with a row of zeroes. */
struct command_option {
	const char *name;  /* "partner" for --partner */
	char letter;	   /* 'q' for -q; 0: none */
	const char *value; /* what it takes, as help calls it; NULL: nothing */
	bool required;
	const char *help; /* one line, no full stop */
};

struct command_example {
	const char *line; /* as it is typed */
	const char *says;
};

struct command {
	const char *name;    /* one word */
	const char *summary; /* one line, no full stop */
	const char *details; /* what else to know; NULL: nothing */
	const struct command_example *examples;
	const char *operands; /* "PARTNER [COLUMN=VALUE...]"; NULL: none */
	int operands_min;
	int operands_max;
	const struct command_option *options;  /* NULL: the common ones alone */
	const struct command *const *commands; /* a group: ended by NULL */
	bool
	    storeless; /* runs without workspace, state and store, or opens them */
	int (*run)(struct app *app, struct error *err); /* NULL for a group */
};

/* The common options, which every command takes. */
extern const struct command_option cmd_common_options[];

/* ---- the command line ---- */

enum { CMD_WORDS_MAX = 2, CMD_OPTIONS_MAX = 24 };

struct cmd_args {
	const struct command *path[CMD_WORDS_MAX]; /* group, command */
	int depth;
	bool help;    /* -h or --help anywhere */
	bool version; /* --version anywhere */
	struct {
		const struct command_option *option;
		const char *value; /* "" for one that takes nothing */
	} given[CMD_OPTIONS_MAX];
	int given_count;
	const char **operands;
	int operand_count;
};

/*
 * Options stand anywhere, before, between and behind the words; "--" ends
 * them; a value follows after a blank or after "=". Names are written out. Of
 * one that is given twice the last counts. No value and no word is empty.
 * INVALID is the user's mistake, said in a line with the nearest name there
 * is; `args` is then good for printing help on args->path. Strings are borrowed
 * from argv.
 */
int cmd_parse(struct cmd_args *args, struct arena *a,
	      const struct command *const *commands, int argc,
	      const char *const *argv, struct error *err) MUST_CHECK;

/* The value, "" for an option that takes none, or NULL when it is absent. */
const char *cmd_given(const struct cmd_args *args, const char *name);

/*
 * `"x", did you mean "y"?`, where y is near x or begins with it, or `"x"`, for
 * messages; borrowed from `a`.
 */
const char *cmd_nearest(struct arena *a, const char *found,
			const char *const *names, size_t count);

/* The same of few names: `"x", expected a, b or c` when none is near. */
const char *cmd_one_of(struct arena *a, const char *found,
		       const char *const *names, size_t count);

/* ---- help ---- */

/* Of the program when the path is empty. */
void cmd_help_print(struct output *out, const struct command *const *commands,
		    const struct cmd_args *args);

/* ---- what a command is given ---- */

struct app {
	const struct command *const *commands;
	struct cmd_args args;
	struct output out;
	struct arena *arena;   /* until the command ends */
	const char *workspace; /* the folder with guidon.xml, or the present */
	const char *state;     /* the folder of store and keys */
	const char *url;       /* of the store */
	struct clock clock;
	struct db_store *store;
	struct db *db;	   /* for reading, this thread's */
	struct jail *jail; /* NULL: the command parses nothing foreign */
	struct partner_pepper *pepper;
	int64_t slug_of; /* app_slug() remembers the last: partner ... */
	struct str slug; /* ... and name; empty: none yet */
	int64_t run_of;	 /* app_campaign_of() remembers likewise: partner, */
	int64_t run;	 /* run ... */
	struct str campaign; /* ... and campaign */
};

/*
 * Finds the workspace: --workspace, or the nearest folder from here upwards
 * that has a guidon.xml, or the present one; the state folder: GUIDON_STATE,
 * or .guidon in the workspace; the store: --store, GUIDON_STORE, or a SQLite
 * file in the state folder. Sets the clock. Changes nothing on disk.
 */
int app_init(struct app *app, struct error *err) MUST_CHECK;

/*
 * Opens the store, with all tables at their newest version, and the pepper.
 * What is missing is made: the state folder (0700), the master key (0400), the
 * SQLite file (0600). CONFIG when the key is not the store's, when others may
 * read it, when the store was made with the other kind of clock, or when there
 * is a key and nothing in the store: it is lost, not new. With a virtual clock,
 * from which nothing leaves, a key may begin further stores.
 */
int app_open(struct app *app, struct error *err) MUST_CHECK;

/* The state folder alone, for whoever writes there and opens no store. */
int app_make_state(struct app *app, struct error *err) MUST_CHECK;

/*
 * Opens a store that there is for reading alone, after app_init(): 1, or 0
 * when there is none. Makes nothing, brings no table to its newest version and
 * asks for neither key nor clock.
 */
int app_peek(struct app *app, struct error *err) MUST_CHECK;

/*
 * Remembers what a virtual clock says, for the next command that gives no
 * --now; with the machine's clock it does nothing.
 */
int app_keep_time(struct app *app, struct error *err) MUST_CHECK;

void app_fini(struct app *app);

/* The i-th operand; NULL when there are fewer. */
const char *app_operand(const struct app *app, int i);

/* The option's value as cmd_given(); asking for an unknown one is a bug. */
const char *app_option(const struct app *app, const char *name);

/* A number of the option, or `otherwise` without it; INVALID out of range. */
int app_option_int(const struct app *app, const char *name, int64_t min,
		   int64_t max, int64_t *number, struct error *err) MUST_CHECK;

/*
 * --lang, a tag as xml:lang is one, or the empty text without it. INVALID for
 * what is none; a language that is not known is noted, and taken.
 */
int app_language(struct app *app, struct str *lang,
		 struct error *err) MUST_CHECK;

int64_t app_now_ms(const struct app *app);

/* ---- what operands name (cmd_lookup.c) ---- */

/* By its slug; NOT_FOUND names the nearest. */
int app_partner(struct app *app, const char *slug, struct partner *out,
		struct error *err) MUST_CHECK;

/* --partner: its id, or `otherwise` without it. */
int app_partner_option(struct app *app, int64_t otherwise, int64_t *id,
		       struct error *err) MUST_CHECK;

/* What the partner is called; "vendor" for 0. */
int app_slug(struct app *app, int64_t partner_id, struct str *slug,
	     struct error *err) MUST_CHECK;

/*
 * The campaigns that a partner runs or ran, or any with -1: each name once, in
 * their order.
 */
int app_campaigns_run(struct app *app, int64_t partner_id, struct str **names,
		      struct error *err) MUST_CHECK;

/* The campaign that this delivery is of. */
int app_campaign_of(struct app *app, const struct outbox_key *key,
		    struct str *campaign, struct error *err) MUST_CHECK;

/*
 * That there is this campaign, in the workspace or in the store: NOT_FOUND
 * names the nearest.
 */
int app_campaign(struct app *app, struct str name,
		 struct error *err) MUST_CHECK;

/* Who has this address. INVALID when it is none. */
int app_person(struct app *app, const char *address, struct person_hash *out,
	       struct error *err) MUST_CHECK;

/* The address as lists show it: masked, unless --show-addresses is given. */
struct str app_address(const struct app *app, struct str address);

/* By the 32 hexadecimal digits of its id. */
int app_delivery(struct app *app, const char *hex, struct outbox_delivery *out,
		 struct error *err) MUST_CHECK;
struct str app_delivery_hex(struct app *app, struct str id);

/* The cells that say which delivery it is: delivery, partner, campaign, step. */
int app_delivery_cells(struct app *app, const struct outbox_delivery *d,
		       struct error *err) MUST_CHECK;

/* The id of an activation or a lead, as encode_id() writes it; 0: empty. */
struct str app_id_text(struct app *app, int64_t id);

/*
 * Writes an event about a delivery (or about none: NULL) into the journal,
 * with {"name": value} as its payload; inside a unit.
 */
struct app_fact {
	enum event_kind kind;
	int64_t at_ms;
	int64_t partner_id;
	const struct outbox_delivery *delivery;
	const char *name; /* NULL: no payload */
	struct str value;
};
int app_journal(struct db *db, const struct app_fact *fact,
		struct error *err) MUST_CHECK;

/* Where the guard of the store lies (dispatch_guard.h); NULL: it has none. */
const char *app_guard(const struct app *app);
/* The time that the guard is asked with: not one that --now chose. */
int64_t app_guard_now_ms(const struct app *app);

/* ---- master key (cmd_key.c) ---- */

enum { APP_KEY_BYTES = 32 };

/*
 * Reads the key at `path`. When there is none, a new one is made, or found that
 * was made and not kept: *is_new. It is at `path` only after app_key_keep(), to
 * be called when a store has been made with it; app_key_drop() takes it away
 * again. CONFIG when it is no key or others may read it. Processes that make
 * one at once get the same.
 */
int app_key_load(const char *path, uint8_t key[APP_KEY_BYTES], bool *is_new,
		 struct error *err) MUST_CHECK;
int app_key_keep(const char *path, struct error *err) MUST_CHECK;
void app_key_drop(const char *path);

/* ---- running ---- */

/* Prints what is wrong with the command line: the exit code for a run(). */
int cmd_usage(struct app *app, const struct error *err);

/* All of a run, from the command line to the exit code. */
int cmd_main(const struct command *const *commands, int argc,
	     const char *const *argv);

#endif
