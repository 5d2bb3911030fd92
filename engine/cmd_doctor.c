/*
 * guidon doctor: whether what DNS says lets our mail arrive. It asks the
 * resolver and nobody else, and changes nothing, but with --bounce it sends a
 * mail that is to come back.
 */
#include "cmd.h"

#include "base/arena.h"
#include "cmd_doctor_bounce.h"
#include "cmd_relay.h"
#include "cmd_workspace.h"
#include "doctor/doctor.h"
#include "doctor/doctor_probe.h"

/* ---- who ---- */

static int
find_senders(struct app *app, struct doctor_sender **senders, struct error *err)
{
	struct doctor_scope scope = { .partner_id = -1 };
	const char *slug = app_option(app, "partner");
	struct doctor_own *own;

	if (slug && work_take_partner(app, slug, err) < 0)
		return -(int)err->code;
	if (app_partner_option(app, -1, &scope.partner_id, err) < 0)
		return -(int)err->code;
	scope.own_count = work_senders(app, &own, err);
	if (scope.own_count < 0)
		return -(int)err->code;
	scope.own = own;
	return doctor_senders(app->db, app->arena, &scope, senders, err);
}

/* ---- looking ---- */

static int
tell_bounces(struct app *app, const struct doctor_sender *senders, int count,
	     struct doctor_report *report, struct error *err)
{
	for (int i = 0; i < count; i++)
		if (doctor_probe_tell(app->db, app->arena, &senders[i],
				      app_now_ms(app), report, err) < 0)
			return -(int)err->code;
	return 0;
}

static void
examine(struct app *app, struct dns *dns, const struct doctor_sender *senders,
	int count, struct doctor_relay *relay, struct doctor_report *report)
{
	struct dns_source source = dns_source(dns);
	int64_t now_ms = app_now_ms(app);

	for (int i = 0; i < count; i++)
		doctor_want(&source, app->arena, &senders[i]);
	doctor_relay_find(&source, app->arena, relay);
	for (int i = 0; i < count; i++)
		doctor_sender(&source, app->arena, &senders[i], relay, now_ms,
			      report);
	doctor_relay(&source, app->arena, relay, report);
}

/* ---- telling ---- */

static void
print_finding(struct output *out, const struct doctor_finding *x)
{
	out_harmless(out, x->about);
	out_text(out, ": ");
	if (x->grade == DOCTOR_ERROR)
		out_bold(out, doctor_grade_name(x->grade));
	else
		out_text(out, "%s", doctor_grade_name(x->grade));
	out_text(out, ": %s: ", x->check);
	out_harmless(out, x->asked);
	out_text(out, ": ");
	out_harmless(out, x->found);
	if (x->expected.len > 0) {
		out_text(out, ", expected ");
		out_harmless(out, x->expected);
	}
	out_text(out, "\n");
	if (x->advice.len == 0)
		return;
	out_text(out, "    ");
	out_harmless(out, x->advice);
	out_text(out, "\n");
}

static void
print_table(struct output *out, const struct doctor_report *r)
{
	static const char *const columns[] = { "about", "check", "grade",
					       "asked", "found", "expected",
					       "advice" };

	out_table_begin(out, "findings", columns, COUNT_OF(columns));
	for (size_t i = 0; i < r->count; i++) {
		const struct doctor_finding *x = &r->items[i];

		out_cell(out, x->about);
		out_cell(out, str_of(x->check));
		out_cell(out, str_of(doctor_grade_name(x->grade)));
		out_cell(out, x->asked);
		out_cell(out, x->found);
		out_cell(out, x->expected);
		out_cell(out, x->advice);
	}
	out_table_end(out);
}

static void
print_json(struct output *out, const struct doctor_sender *senders, int count,
	   const struct doctor_report *r)
{
	static const char *const columns[] = { "domain", "who" };

	out_object_begin(out);
	out_field_int(out, "errors", (int64_t)r->by_grade[DOCTOR_ERROR]);
	out_field_int(out, "unknown", (int64_t)r->by_grade[DOCTOR_UNKNOWN]);
	out_field_int(out, "warnings", (int64_t)r->by_grade[DOCTOR_WARNING]);
	out_table_begin(out, "senders", columns, COUNT_OF(columns));
	for (int i = 0; i < count; i++) {
		out_cell(out, senders[i].domain);
		out_cell(out, senders[i].who);
	}
	out_table_end(out);
	print_table(out, r);
	out_object_end(out);
}

static void
print(struct app *app, const struct doctor_sender *senders, int count,
      const struct doctor_report *r)
{
	struct output *out = &app->out;

	if (out->json) {
		print_json(out, senders, count, r);
	} else {
		for (size_t i = 0; i < r->count; i++)
			print_finding(out, &r->items[i]);
	}
	for (int i = 0; i < count; i++)
		out_note(out, "from %.*s: %.*s", STR_ARG(senders[i].domain),
			 STR_ARG(senders[i].who));
	out_note(out, "%d domain%s: %zu error%s, %zu unknown, %zu warning%s",
		 count, count == 1 ? "" : "s", r->by_grade[DOCTOR_ERROR],
		 r->by_grade[DOCTOR_ERROR] == 1 ? "" : "s",
		 r->by_grade[DOCTOR_UNKNOWN], r->by_grade[DOCTOR_WARNING],
		 r->by_grade[DOCTOR_WARNING] == 1 ? "" : "s");
}

static int
send_bounces(struct app *app, const struct doctor_sender *senders, int count,
	     struct error *err)
{
	const char *to = app_option(app, "bounce");
	const struct bounce_order order = {
		.senders = senders,
		.count = count,
		.mail = relay_option(app, "mail", "GUIDON_MAIL"),
		.to = to,
	};

	return to ? bounce_send(app, &order, err) : 0;
}

static int
exit_of(const struct doctor_report *r)
{
	if (r->by_grade[DOCTOR_ERROR] > 0)
		return CMD_EXIT_ERROR;
	return r->by_grade[DOCTOR_UNKNOWN] > 0 ? CMD_EXIT_AGAIN : CMD_EXIT_OK;
}

static int
run(struct app *app, struct error *err)
{
	struct doctor_report report = { 0 };
	struct doctor_sender *senders;
	struct doctor_relay relay;
	struct dns *dns;
	int count;

	if (relay_known(app->arena, relay_option(app, "mail", "GUIDON_MAIL"),
			relay_option(app, "address", "GUIDON_ADDRESS"), &relay,
			err) < 0)
		return -(int)err->code;
	count = find_senders(app, &senders, err);
	if (count < 0 || send_bounces(app, senders, count, err) < 0 ||
	    tell_bounces(app, senders, count, &report, err) < 0 ||
	    dns_open(
		&dns,
		relay_servers(relay_option(app, "resolver", "GUIDON_RESOLVER")),
		err) < 0)
		return -(int)err->code;
	examine(app, dns, senders, count, &relay, &report);
	print(app, senders, count, &report);
	dns_close(&dns);
	return exit_of(&report);
}

extern const struct command cmd_doctor;
const struct command cmd_doctor = {
	.name = "doctor",
	.summary = "what DNS says of each sender, and what receivers want",
	.details =
	    "Of each domain that mail is from: SPF, with the relay's addresses "
	    "tried, the\nrecords of the keys that sign (DKIM), DMARC and what "
	    "is aligned, MX; of the relay\nthe names of its addresses (PTR). "
	    "A line is what was asked, what was found and\nwhat was expected, "
	    "and below it what to do. Exit code 1 when there is an error, 75\n"
	    "when nobody answered.\n\n"
	    "With --bounce a mail goes through the relay for each domain that "
	    "mail comes back to.\nThe ADDRESS is one whose own host refuses "
	    "it, such as a mailbox that is not there\nat a provider's. It is "
	    "no delivery and counts against nobody. Once its report has\ncome "
	    "back by any --intake, \"guidon doctor\" says so; until then it "
	    "is unknown, and\nafter an hour an error.",
	.examples =
	    (const struct command_example[]){
		{ "guidon doctor --mail smtp://relay.example",
		  "each domain, and this relay" },
		{ "guidon doctor --address 192.0.2.1,2001:db8::1",
		  "behind a relay that sends from these" },
		{ "guidon doctor --bounce nobody@example.org --mail "
		  "smtp://relay.example",
		  "does what bounces come back?" },
		{ "guidon doctor --partner acme --json", "for a program" },
		{ 0 } },
	.options =
	    (const struct command_option[]){
		{ .name = "partner",
		  .value = "P",
		  .help = "of this partner's mail alone" },
		{ .name = "mail",
		  .value = "URL",
		  .help = "the relay, as for run; else GUIDON_MAIL" },
		{ .name = "bounce",
		  .value = "ADDRESS",
		  .help = "send a mail there that is to be refused" },
		RELAY_OPTIONS,
		{ 0 } },
	.run = run,
};
