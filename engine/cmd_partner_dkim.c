/*
 * guidon partner dkim, guidon partner dns: the keys that mail is signed with,
 * and what DNS must say of them. A rotation is make, publish, activate, so that
 * a signature is never there before its record.
 *
 * Whether a record is there is not looked up here: a resolver that has the old
 * answer for an hour would say no, and no mail would be signed.
 */
#include "cmd.h"

#include <string.h>

#include "base/arena.h"
#include "base/civil.h"
#include "cmd_workspace.h"
#include "mime/mime.h"
#include "partner/partner.h"

enum { TXT_STRING_MAX = 255 }; /* RFC 1035 section 3.3 */

/* Whose keys, and of which domain. */
struct owner {
	struct partner partner; /* of nobody: the vendor's id */
	struct partner_sender sender;
	bool has_sender;
	struct str domain;
	int64_t now_ms;
};

/* ---- whose ---- */

static int
read_domain(struct app *app, const char *given, struct str *domain,
	    struct error *err)
{
	struct str address = str_printf(app->arena, "a@%s", given);

	if (mime_address_normalise(app->arena, address, &address, err) < 0)
		return error_context(err, "--domain %.200s", given);
	*domain = mime_address_domain(address);
	return 0;
}

/* The one that is named, or that of the sender, or that of the workspace. */
static int
find_domain(struct app *app, struct owner *o, struct error *err)
{
	const char *given = app_option(app, "domain");

	if (given)
		return read_domain(app, given, &o->domain, err);
	if (!o->has_sender)
		return work_sender_domain(app, &o->domain, err);
	o->domain = mime_address_domain(o->sender.from_address);
	return 0;
}

static int
find_partner(struct app *app, struct owner *o, struct error *err)
{
	const char *slug = app_operand(app, 0);

	*o = (struct owner){ .now_ms = app_now_ms(app) };
	if (!slug)
		return 0;
	if (work_take_partner(app, slug, err) < 0 ||
	    app_partner(app, slug, &o->partner, err) < 0)
		return -(int)err->code;
	o->has_sender = partner_sender_get(app->db, app->arena, o->partner.id,
					   &o->sender, err) >= 0;
	return o->has_sender || err->code == ERROR_NOT_FOUND ? 0
							     : -(int)err->code;
}

/* ---- dkim ---- */

static const char *
state_text(const struct partner_dkim *pair, int64_t now_ms)
{
	switch (partner_dkim_state(pair, now_ms)) {
	case PARTNER_DKIM_MADE:
		return "made";
	case PARTNER_DKIM_ACTIVE:
		return "active";
	case PARTNER_DKIM_RETIRED:
		return "retired";
	}
	check(false);
	return NULL;
}

/* "rsa ed25519" */
static struct str
algorithms_text(struct arena *a, const struct partner_dkim *pair)
{
	struct str text = STR("");

	for (int i = 0; i < SIGN_ALGORITHM_COUNT; i++)
		if (partner_dkim_has(pair, (enum sign_algorithm)i))
			text = str_printf(
			    a, "%.*s%s%s", STR_ARG(text), text.len ? " " : "",
			    sign_algorithm_name((enum sign_algorithm)i));
	return text;
}

static int
add_rows(struct app *app, int64_t whose, int64_t now_ms, struct error *err)
{
	struct partner_dkim *pairs;
	int count = partner_dkim_list(app->db, app->arena, whose, &pairs, err);

	for (int i = 0; i < count; i++) {
		const struct partner_dkim *pair = &pairs[i];
		struct str slug;

		if (app_slug(app, pair->partner_id, &slug, err) < 0)
			return -(int)err->code;
		out_cell(&app->out, slug);
		out_cell(&app->out, pair->domain);
		out_cell_int(&app->out, pair->generation);
		out_cell(&app->out, pair->selector);
		out_cell(&app->out, algorithms_text(app->arena, pair));
		out_cell(&app->out, str_of(state_text(pair, now_ms)));
		out_cell_time(&app->out, pair->active_ms);
		out_cell_time(&app->out, pair->retired_ms);
	}
	return count < 0 ? count : 0;
}

/* A partner's own and the vendor's, which may stand for them; or all. */
static int
show(struct app *app, const struct owner *o, struct error *err)
{
	static const char *const columns[] = {
		"partner",    "domain", "generation", "selector",
		"algorithms", "state",	"from",	      "until",
	};
	int64_t whose = app_operand(app, 0) ? o->partner.id : -1;

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	if (add_rows(app, whose, o->now_ms, err) < 0 ||
	    (whose > 0 && add_rows(app, PARTNER_VENDOR, o->now_ms, err) < 0))
		return -(int)err->code;
	out_table_end(&app->out);
	return CMD_EXIT_OK;
}

struct change {
	const struct owner *owner;
	struct partner_dkim pair; /* to put */
};

static int
put_unit(struct db *db, void *arg, struct error *err)
{
	const struct change *c = arg;

	return partner_dkim_put(db, &c->pair, c->owner->now_ms, err);
}

static int
activate_unit(struct db *db, void *arg, struct error *err)
{
	const struct owner *o = ((const struct change *)arg)->owner;

	return partner_dkim_activate(db, o->partner.id, o->domain, o->now_ms,
				     err);
}

static int
retire_unit(struct db *db, void *arg, struct error *err)
{
	const struct owner *o = ((const struct change *)arg)->owner;

	return partner_dkim_retire(db, o->partner.id, o->domain, o->now_ms,
				   err);
}

/* What may be asked for; one of them at a time. */
static const struct act {
	const char *name;
	db_unit_fn *unit;
	const char *done;
} acts[] = {
	{ "make", put_unit,
	  "made; publish what \"guidon partner dns\" prints, then --activate" },
	{ "activate", activate_unit, "signs in a minute" },
	{ "retire", retire_unit, "signs no more in a minute" },
};

static int
which_act(struct app *app, const struct act **act, struct error *err)
{
	*act = NULL;
	for (size_t i = 0; i < COUNT_OF(acts); i++) {
		if (!app_option(app, acts[i].name))
			continue;
		if (*act)
			return error_set(err, ERROR_INVALID,
					 "--%s and --%s, expected one of them",
					 (*act)->name, acts[i].name);
		*act = &acts[i];
	}
	if (app_option(app, "algorithm") && (!*act || (*act)->unit != put_unit))
		return error_set(err, ERROR_INVALID,
				 "--algorithm, expected --make with it");
	return 0;
}

/* Those that were asked for, else as of the pair before, else both. */
static int
which_algorithms(struct app *app, const struct owner *o, int *set,
		 struct error *err)
{
	const char *given = app_option(app, "algorithm");
	struct partner_dkim *pairs;
	int count;

	*set = PARTNER_DKIM_BOTH;
	if (given && strcmp(given, "both") == 0)
		return 0;
	for (int i = 0; given && i < SIGN_ALGORITHM_COUNT; i++) {
		*set = 1 << i;
		if (strcmp(given,
			   sign_algorithm_name((enum sign_algorithm)i)) == 0)
			return 0;
	}
	if (given)
		return error_set(err, ERROR_INVALID,
				 "--algorithm %.50s, expected rsa, ed25519 or "
				 "both",
				 given);
	count =
	    partner_dkim_list(app->db, app->arena, o->partner.id, &pairs, err);
	for (int i = 0; i < count; i++)
		if (str_eq(pairs[i].domain, o->domain))
			*set = partner_dkim_algorithms(&pairs[i]);
	return count < 0 ? count : 0;
}

static int
make_pair(struct app *app, struct change *c, struct error *err)
{
	const struct owner *o = c->owner;
	int algorithms;

	if (which_algorithms(app, o, &algorithms, err) < 0)
		return -(int)err->code;
	c->pair = (struct partner_dkim){ .partner_id = o->partner.id,
					 .domain = o->domain };
	partner_dkim_make(app->store, app->arena, algorithms, &c->pair);
	if (!partner_dkim_has(&c->pair, SIGN_RSA))
		out_note(&app->out, "ed25519 alone: to the many receivers that "
				    "verify RSA only, this mail is not signed");
	return 0;
}

static int
carry_out(struct app *app, const struct owner *o, const struct act *act,
	  struct error *err)
{
	struct change c = { .owner = o };
	int code;

	if (act->unit == put_unit && make_pair(app, &c, err) < 0)
		return -(int)err->code;
	code = db_commit(app->store, act->unit, &c, err);
	if (code < 0 && err->code == ERROR_EXISTS)
		return error_set(err, ERROR_EXISTS,
				 "%.*s: keys were made that are not active "
				 "yet, expected --activate",
				 STR_ARG(o->domain));
	if (code < 0)
		return code;
	out_note(&app->out, "%.*s: %s", STR_ARG(o->domain), act->done);
	return 0;
}

static int
run_dkim(struct app *app, struct error *err)
{
	const struct act *act;
	struct owner o;

	if (which_act(app, &act, err) < 0 || find_partner(app, &o, err) < 0)
		return -(int)err->code;
	if (act &&
	    (find_domain(app, &o, err) < 0 || carry_out(app, &o, act, err) < 0))
		return -(int)err->code;
	return show(app, &o, err);
}

/* ---- dns ---- */

static void
print_rows(struct app *app, const struct owner *o,
	   const struct partner_dkim *pairs, int count)
{
	static const char *const columns[] = { "name", "type", "value",
					       "state" };

	out_table_begin(&app->out, NULL, columns, COUNT_OF(columns));
	for (int i = 0; i < count * SIGN_ALGORITHM_COUNT; i++) {
		const struct partner_dkim *pair =
		    &pairs[i / SIGN_ALGORITHM_COUNT];
		enum sign_algorithm algorithm =
		    (enum sign_algorithm)(i % SIGN_ALGORITHM_COUNT);

		if (!partner_dkim_has(pair, algorithm))
			continue;
		out_cell(&app->out,
			 partner_dkim_record_name(app->arena, pair, algorithm));
		out_cell(&app->out, STR("TXT"));
		out_cell(&app->out, partner_dkim_record_value(app->arena, pair,
							      algorithm));
		out_cell(&app->out, str_of(state_text(pair, o->now_ms)));
	}
	out_table_end(&app->out);
}

/* As a zone file has it. */
static void
add_record(struct buf *b, struct str name, struct str value)
{
	bool whole = value.len <= TXT_STRING_MAX;

	buf_printf(b, "    %.*s. IN TXT%s", STR_ARG(name), whole ? "" : " (");
	for (size_t at = 0; at < value.len; at += TXT_STRING_MAX)
		buf_printf(b, "%s\"%.*s\"", whole ? " " : "\n        ",
			   STR_ARG(str_slice(value, at, at + TXT_STRING_MAX)));
	buf_cat(b, whole ? "\n" : " )\n");
}

static void
add_pairs(struct app *app, struct buf *b, const struct owner *o,
	  const struct partner_dkim *pairs, int count)
{
	for (int i = 0; i < count; i++) {
		if (partner_dkim_state(&pairs[i], o->now_ms) ==
		    PARTNER_DKIM_RETIRED)
			continue;
		for (int k = 0; k < SIGN_ALGORITHM_COUNT; k++)
			if (partner_dkim_has(&pairs[i], (enum sign_algorithm)k))
				add_record(b,
					   partner_dkim_record_name(
					       app->arena, &pairs[i],
					       (enum sign_algorithm)k),
					   partner_dkim_record_value(
					       app->arena, &pairs[i],
					       (enum sign_algorithm)k));
	}
}

/* A mail that was signed may be verified days later. */
static void
add_retired(struct app *app, struct buf *b, const struct owner *o,
	    const struct partner_dkim *pairs, int count)
{
	bool first = true;

	for (int i = 0; i < count; i++) {
		if (partner_dkim_state(&pairs[i], o->now_ms) !=
		    PARTNER_DKIM_RETIRED)
			continue;
		if (first)
			buf_cat(b,
				"\nThese are of earlier keys, and may go a week"
				" after the time that is given:\n\n");
		first = false;
		for (int k = 0; k < SIGN_ALGORITHM_COUNT; k++) {
			if (!partner_dkim_has(&pairs[i],
					      (enum sign_algorithm)k))
				continue;
			buf_printf(b, "    %.*s, ",
				   STR_ARG(partner_dkim_record_name(
				       app->arena, &pairs[i],
				       (enum sign_algorithm)k)));
			civil_print_instant(pairs[i].retired_ms / 1000 * 1000,
					    0, b);
			buf_char(b, '\n');
		}
	}
}

static void
add_letter(struct app *app, struct buf *b, const struct owner *o,
	   const struct partner_dkim *pairs, int count)
{
	struct str domain = o->domain;

	buf_printf(b, "Subject: DNS records for mail from %.*s\n\nHello,\n\n",
		   STR_ARG(domain));
	if (o->partner.company.len > 0)
		buf_printf(b, "mail for %.*s", STR_ARG(o->partner.company));
	else
		buf_cat(b, "our mail");
	buf_printf(b, " is sent from addresses of %.*s.\n", STR_ARG(domain));
	buf_cat(b,
		"Each message is signed (DKIM), so that its receivers can tell "
		"it from a forged\none. They look up the keys in DNS: please "
		"publish these TXT records, and tell us\nwhen they are there. "
		"If the zone is somebody else's, please pass this on.\n\n");
	add_pairs(app, b, o, pairs, count);
	buf_cat(b,
		"\nThis is how a zone file has them. In a form, the name is "
		"what stands before\n\"IN TXT\" and the value what is quoted; "
		"what is quoted in two pieces is one value,\nwithout a blank "
		"between them.\n");
	add_retired(app, b, o, pairs, count);
	buf_printf(b,
		   "\nReceivers ask for a DMARC record too, of this domain or "
		   "of the one above it. If\nthere is none yet, this one "
		   "changes nothing and is enough to begin with:\n\n"
		   "    _dmarc.%.*s. IN TXT \"v=DMARC1; p=none\"\n\n"
		   "Thank you\n",
		   STR_ARG(domain));
}

/* The partner's own pairs of the domain, or the vendor's when it has none. */
static int
find_pairs(struct app *app, const struct owner *o, struct partner_dkim **pairs,
	   struct error *err)
{
	int count = partner_dkim_of(app->db, app->arena, o->partner.id,
				    o->domain, pairs, err);
	int own = 0;

	while (own < count &&
	       (*pairs)[own].partner_id == (*pairs)[0].partner_id)
		own++;
	if (count == 0)
		return error_set(err, ERROR_NOT_FOUND,
				 "no keys of %.*s were made, expected \"guidon "
				 "partner dkim --make\" before",
				 STR_ARG(o->domain));
	return count < 0 ? count : own;
}

/* Line by line: a line end within one would be shown as what it is not. */
static void
print_letter(struct output *out, struct str letter)
{
	struct str line;

	while (str_split(&letter, '\n', &line)) {
		out_harmless(out, line);
		out_text(out, "\n");
	}
}

static int
run_dns(struct app *app, struct error *err)
{
	struct partner_dkim *pairs;
	struct buf letter = { 0 };
	struct owner o;
	int count;

	if (find_partner(app, &o, err) < 0 || find_domain(app, &o, err) < 0)
		return -(int)err->code;
	count = find_pairs(app, &o, &pairs, err);
	if (count < 0)
		return count;
	if (app->out.json) {
		print_rows(app, &o, pairs, count);
		return CMD_EXIT_OK;
	}
	add_letter(app, &letter, &o, pairs, count);
	print_letter(&app->out, buf_view(&letter));
	buf_fini(&letter);
	return CMD_EXIT_OK;
}

/* ---- the tables ---- */

extern const struct command cmd_partner_dkim;
const struct command cmd_partner_dkim = {
	.name = "dkim",
	.summary = "the keys that a partner's mail is signed with",
	.details =
	    "A pair of keys, RSA and Ed25519, is of the domain that the mail "
	    "is from; it may be\none of them alone (--algorithm), but many "
	    "receivers verify RSA only. Without a\npartner it is the vendor's own, which signs "
	    "for all partners who have none. New\nkeys: --make, publish what "
	    "\"guidon partner dns\" prints, and when the records are\nthere "
	    "--activate. They sign from the next minute on, and the keys "
	    "before them sign\nwhat is dated before. Without a pair that is "
	    "active mail leaves unsigned.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner dkim --make", "new keys of the vendor" },
		{ "guidon partner dkim --activate", "they sign from now on" },
		{ "guidon partner dkim acme --make", "acme's own" },
		{ "guidon partner dkim", "a line for each pair" },
		{ 0 } },
	.operands = "[PARTNER]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "make", .help = "make new keys, which do not sign" },
		{ .name = "algorithm",
		  .value = "rsa|ed25519|both",
		  .help = "of the keys to make; else as those before, else "
			  "both" },
		{ .name = "activate",
		  .help = "the keys that were made sign from now on" },
		{ .name = "retire", .help = "the keys sign no more" },
		{ .name = "domain",
		  .value = "D",
		  .help = "of this domain, not of the sender's" },
		{ 0 } },
	.run = run_dkim,
};

extern const struct command cmd_partner_dns;
const struct command cmd_partner_dns = {
	.name = "dns",
	.summary = "a mail to those who run the DNS of a partner's mail",
	.details = "It has the records that verify the keys of \"guidon "
		   "partner dkim\". Without a\npartner, or for one that has "
		   "none, it is about the vendor's. --json gives the\nrecords "
		   "alone.",
	.examples =
	    (const struct command_example[]){
		{ "guidon partner dns acme >acme.txt", "to be mailed" },
		{ "guidon partner dns --json", "for a program" },
		{ 0 } },
	.operands = "[PARTNER]",
	.operands_max = 1,
	.options =
	    (const struct command_option[]){
		{ .name = "domain",
		  .value = "D",
		  .help = "of this domain, not of the sender's" },
		{ 0 } },
	.run = run_dns,
};
