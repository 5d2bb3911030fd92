#ifndef CMD_OUTPUT_H
#define CMD_OUTPUT_H

/*
 * cmd_output - data on stdout, messages on stderr
 *
 * A command says what its data is; whether that becomes lines for people or a
 * JSON document is decided here.
 *
 *	static const char *const columns[] = { "partner", "sent" };
 *
 *	out_table_begin(out, NULL, columns, COUNT_OF(columns));
 *	out_cell(out, slug);
 *	out_cell_int(out, sent);	(a row ends by itself)
 *	out_table_end(out);
 *
 * is an aligned table, or an array of objects. out_object_begin() starts named
 * values, one on a line; a table inside takes the name it has there. Names are
 * JSON keys; people see '_' as a blank.
 *
 * Text comes from strangers, and people read it on terminals: control and
 * direction-changing characters and malformed UTF-8 are shown as '?'. JSON has
 * them escaped. Colour is used on a terminal only, for each stream by itself,
 * and not with NO_COLOR (no-color.org), TERM=dumb or --no-color.
 *
 * A reader of ours that goes away early (EPIPE) has seen enough: that is no
 * failure. A full disk is one.
 *
 * Thread rule: one thread.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/check.h"
#include "base/error.h"
#include "base/js.h"
#include "base/str.h"

struct output {
	bool json;
	bool quiet;
	bool data_color;
	bool note_color;
	bool untold;	 /* data is dropped */
	struct buf data; /* not written yet */
	int failed;	 /* errno of stdout; 0: none */
	struct js_writer js;
	int depth; /* open objects and tables */
	/* the table that is open */
	struct arena *cells_arena;
	struct arena_mark page; /* cells are behind it */
	const char *const *columns;
	size_t column_count;
	struct out_cell *cells; /* row by row */
	size_t cell_count;
	size_t *widths;
	bool title_done;
};

void out_init(struct output *out, bool json, bool quiet, bool no_color);

/* Writes what is left. IO when stdout did not take all of the data. */
int out_fini(struct output *out, struct error *err) MUST_CHECK;

/* ---- data ---- */

/*
 * What follows tells what was done, and nobody asked for it: with --quiet it is
 * dropped, unless it is wanted as JSON.
 */
void out_what_was_done(struct output *out);

void out_object_begin(struct output *out);
void out_object_end(struct output *out);
void out_field(struct output *out, const char *name, struct str value);
void out_field_int(struct output *out, const char *name, int64_t value);
void out_field_bool(struct output *out, const char *name, bool value);
/* An instant, epoch milliseconds; 0: none. */
void out_field_time(struct output *out, const char *name, int64_t ms);

/*
 * `name` is for a table inside an object, else NULL. All rows have a cell for
 * each column. Long tables are written as they come.
 */
void out_table_begin(struct output *out, const char *name,
		     const char *const *columns, size_t count);
void out_table_end(struct output *out);
void out_cell(struct output *out, struct str value);
void out_cell_int(struct output *out, int64_t value);
void out_cell_time(struct output *out, int64_t ms);

/* Text that is nothing but text, as help: with --json too. */
void out_text(struct output *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* The same, bold where there is colour. */
void out_bold(struct output *out, const char *text);

/* The same, of what strangers wrote. */
void out_harmless(struct output *out, struct str text);

/* Whether a character is shown as '?': a control, or malformed UTF-8. */
bool out_is_harmful(struct str character);

/* ---- messages ---- */

/* For people who look on; not with --quiet. */
void out_note(struct output *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* What went wrong. */
void out_error(struct output *out, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
