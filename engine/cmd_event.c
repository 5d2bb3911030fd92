#include "cmd.h"

#include "base/arena.h"

#include "partner/partner.h"

enum { PAGE_ROWS = 500, ROWS_MAX = 1000000 };

static const char *const columns[] = {
	"lane", "seq", "at", "event", "partner", "activation", "delivery",
};

static const char *const columns_with_payload[] = {
	"lane",	   "seq",	 "at",	     "event",
	"partner", "activation", "delivery", "payload",
};

static int
add_row(struct app *app, const struct event_row *row, struct error *err)
{
	const struct event *e = &row->event;
	struct output *out = &app->out;
	struct str slug;

	if (app_slug(app, e->partner_id, &slug, err) < 0)
		return -(int)err->code;
	out_cell_int(out, row->lane);
	out_cell_int(out, row->seq);
	out_cell_time(out, e->at_ms);
	out_cell(out, str_of(event_kind_name(e->kind)));
	out_cell(out, slug);
	out_cell(out, app_id_text(app, e->activation_id));
	out_cell(out, app_delivery_hex(app, e->delivery));
	if (app_option(app, "show-payloads"))
		out_cell(out, e->payload);
	return 0;
}

/* Moves the filter to the last row. Returns how many there were. */
static int
add_page(struct app *app, struct event_filter *filter, struct error *err)
{
	struct event_row *rows;
	int count = event_list(app->db, app->arena, filter, &rows, err);

	for (int i = 0; i < count; i++)
		if (add_row(app, &rows[i], err) < 0)
			return -(int)err->code;
	if (count > 0) {
		filter->after_lane = rows[count - 1].lane;
		filter->after_seq = rows[count - 1].seq;
	}
	return count;
}

/* The slug that is remembered lives in the arena, and goes with the page. */
static int
add_pages(struct app *app, struct event_filter *filter, int64_t limit,
	  struct error *err)
{
	struct arena_mark mark = arena_mark(app->arena);
	int count;

	do {
		filter->limit = limit < PAGE_ROWS ? (int)limit : PAGE_ROWS;
		count = add_page(app, filter, err);
		limit -= count > 0 ? count : 0;
		app->slug = (struct str){ 0 };
		arena_rewind(app->arena, mark);
	} while (count == filter->limit && limit > 0);
	return count < 0 ? count : CMD_EXIT_OK;
}

static int
find_kind(const char *name, struct event_filter *filter, enum event_kind *kind,
	  struct arena *a, struct error *err)
{
	const char *names[EVENT_KIND_COUNT];

	if (event_kind_find(str_of(name), kind)) {
		filter->kinds = kind;
		filter->kind_count = 1;
		return 0;
	}
	for (int i = 0; i < EVENT_KIND_COUNT; i++)
		names[i] = event_kind_name((enum event_kind)i);
	return error_set(err, ERROR_INVALID, "no kind of event %s",
			 cmd_one_of(a, name, names, COUNT_OF(names)));
}

static int
run_list(struct app *app, struct error *err)
{
	bool payloads = app_option(app, "show-payloads") != NULL;
	const char *name = app_option(app, "kind");
	struct event_filter filter = { 0 };
	enum event_kind kind;
	int64_t limit = ROWS_MAX;
	int code;

	if (app_partner_option(app, -1, &filter.partner_id, err) < 0 ||
	    app_option_int(app, "limit", 1, ROWS_MAX, &limit, err) < 0 ||
	    (name && find_kind(name, &filter, &kind, app->arena, err) < 0))
		return -(int)err->code;
	out_table_begin(
	    &app->out, NULL, payloads ? columns_with_payload : columns,
	    payloads ? COUNT_OF(columns_with_payload) : COUNT_OF(columns));
	code = add_pages(app, &filter, limit, err);
	out_table_end(&app->out);
	return code;
}

/* What is wrong with the journal is no fault of the input: exit code 1. */
static int
run_verify(struct app *app, struct error *err)
{
	int64_t count = event_verify(app->db, err);

	if (count < 0 && err->code == ERROR_INVALID) {
		out_error(&app->out, "%s", err->text);
		return CMD_EXIT_ERROR;
	}
	if (count < 0)
		return -(int)err->code;
	out_object_begin(&app->out);
	out_field_int(&app->out, "verified", count);
	out_object_end(&app->out);
	return CMD_EXIT_OK;
}

static const struct command list = {
	.name = "list",
	.summary = "what happened, lane by lane, as it was written down",
	.details = "A lane is the chain of one writer, and at is when it "
		   "happened: a click is written\ndown when somebody has "
		   "looked at it, so what came after it may stand before it.\n"
		   "Payloads may hold personal data and are only shown when "
		   "asked for.",
	.examples =
	    (const struct command_example[]){
		{ "guidon event list --partner acme --kind bounced",
		  "what was refused for good" },
		{ "guidon event list --json", "all, for a program" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "partner", .value = "P", .help = "of this partner" },
		{ .name = "kind", .value = "KIND", .help = "of this kind" },
		{ .name = "limit", .value = "N", .help = "at most so many" },
		{ .name = "show-payloads", .help = "with what they hold" },
		{ 0 } },
	.run = run_list,
};

static const struct command verify = {
	.name = "verify",
	.summary = "recompute every hash of the journal",
	.details = "Exit code 1, with lane and number, at the first row that "
		   "was changed,\nremoved (at the end too) or put in "
		   "between, or whose payload is gone without\nhaving been "
		   "erased. A store that was put back as a whole is right by "
		   "itself.",
	.examples =
	    (const struct command_example[]){
		{ "guidon event verify", "how many rows are right" }, { 0 } },
	.run = run_verify,
};

extern const struct command cmd_event;
const struct command cmd_event = {
	.name = "event",
	.summary = "the journal of what happened",
	.commands = (const struct command *const[]){ &list, &verify, NULL },
};
