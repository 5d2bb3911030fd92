#include "planning.h"

#include <sys/stat.h>

#include "store.h"
#include "xml/xml.h"

enum { CLAIM = 100 };

/* Stands in for the folder that owns leads and replies. */
static const char *const lead_steps[] = {
	"CREATE TABLE test_lead (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	person        BLOB   NOT NULL,\n"
	"	at_ms         BIGINT NOT NULL DEFAULT 1\n"
	");\n"
	"CREATE VIEW claim_view AS\n"
	"	SELECT person, partner_id, at_ms FROM test_lead;\n"
	"CREATE VIEW lead_view AS\n"
	"	SELECT partner_id, activation_id, person FROM test_lead;\n"
	"CREATE TABLE test_reply (\n"
	"	partner_id    BIGINT NOT NULL,\n"
	"	activation_id BIGINT NOT NULL,\n"
	"	delivery      BLOB   NOT NULL,\n"
	"	person        BLOB   NOT NULL\n"
	");\n"
	"CREATE VIEW reply_view AS SELECT partner_id, activation_id,\n"
	"	delivery, person FROM test_reply;\n",
};
static const struct db_schema lead_stand_in = {
	.area = "test_lead",
	.steps = lead_steps,
	.step_count = COUNT_OF(lead_steps),
};
static const struct db_schema *const schemas[] = {
	&db_note_schema,  &partner_schema, &outbox_schema, &event_schema,
	&campaign_schema, &lead_stand_in,  &plan_schema,
};

static const char workspace_xml[] =
    "<workspace xmlns=\"urn:guidon:1\" id=\"northwind\" title=\"Northwind\""
    " language=\"en\" site=\"https://go.northwind.example\">\n"
    "<brand id=\"northwind\" name=\"Northwind\""
    " website=\"https://northwind.example\""
    " sender-domain=\"mail.northwind.example\">\n"
    "<logo file=\"northwind.svg\" alt=\"Northwind\" width=\"160\"/>\n"
    "<color role=\"primary\" value=\"#0B5FFF\"/>\n"
    "<color role=\"ink\" value=\"#101828\"/>\n"
    "<font>Inter, Arial, sans-serif</font>\n"
    "<postal>Northwind Ltd, 1 Harbour Way, Dublin, Ireland</postal>\n"
    "<legal xml:lang=\"en\">Registered in Ireland.</legal>\n"
    "</brand>\n</workspace>\n";

static _Noreturn void
give_up(const char *where, const char *what)
{
	fprintf(stderr, "planning: %s: %s\n", where, what);
	exit(1);
}

#define NEEDED(call)                              \
	do {                                      \
		struct error err;                 \
                                                  \
		if ((call) < 0)                   \
			give_up(#call, err.text); \
	} while (0)

/* ---- the workspace ---- */

static void
write_file(const struct planning *p, const char *name, const char *text)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", p->dir, name);
	f = fopen(path, "w");
	check(f && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void
make_workspace(struct planning *p)
{
	char path[64];

	snprintf(p->dir, sizeof(p->dir), "plan.XXXXXX");
	check(mkdtemp(p->dir));
	snprintf(path, sizeof(path), "%s/campaigns", p->dir);
	check(mkdir(path, 0700) == 0);
	snprintf(path, sizeof(path), "%s/campaigns/spring", p->dir);
	check(mkdir(path, 0700) == 0);
	write_file(p, "guidon.xml", workspace_xml);
}

static int
load(struct planning *p, struct campaign_files *files, struct str id,
     const struct campaign **out, struct error *err)
{
	const struct campaign_workspace *workspace;
	struct campaign_findings findings;
	int code;

	campaign_findings_init(&findings, p->arena);
	code = campaign_workspace_load(files, p->arena, &findings, &workspace,
				       err);
	if (code >= 0)
		code = campaign_load(files, p->arena, workspace, id, &findings,
				     out, err);
	for (size_t i = 0; i < findings.count; i++)
		fprintf(stderr, "planning: %d: %.*s\n", findings.items[i].line,
			STR_ARG(findings.items[i].text));
	return code;
}

void
planning_campaign(struct planning *p, const char *attributes, const char *inner)
{
	struct buf xml = { 0 };

	buf_printf(&xml,
		   "<campaign xmlns=\"urn:guidon:1\" id=\"spring\""
		   " brand=\"northwind\" %s>\n"
		   "<title xml:lang=\"en\">Spring</title>\n%s</campaign>\n",
		   attributes, inner);
	write_file(p, "campaigns/spring/campaign.xml", buf_cstr(&xml));
	buf_fini(&xml);
	campaign_files_close(&p->files);
	NEEDED(campaign_folder_open(&p->files, p->dir, &err));
	NEEDED(load(p, p->files, STR("spring"), &p->campaign, &err));
}

static int
campaign_of_store(void *arg, struct db *db, struct str campaign,
		  struct str revision, const struct campaign **out,
		  struct error *err)
{
	struct planning *p = arg;
	struct campaign_files *files;
	int code;

	for (size_t i = 0; i < p->known_count; i++)
		if (str_eq(p->known[i], revision)) {
			*out = p->loaded[i];
			return 0;
		}
	check(p->known_count < PLANNING_REVISIONS_MAX);
	if (campaign_revision_open(&files, db, revision, err) < 0)
		return -(int)err->code;
	code = load(p, files, campaign, out, err);
	campaign_files_close(&files);
	if (code < 0)
		return code;
	p->known[p->known_count] = str_copy(p->arena, revision);
	p->loaded[p->known_count++] = *out;
	return 0;
}

/* ---- the store ---- */

static void
open_store(struct planning *p, const char *url, bool fresh)
{
	static const char master[] = "the master key of these tests...";

	xml_init();
	*p = (struct planning){ .arena = arena_new() };
	p->revisions.campaign = campaign_of_store;
	p->revisions.arg = p;
	if (fresh)
		NEEDED(test_store_begin(&p->store, url, schemas,
					COUNT_OF(schemas), &err));
	else
		NEEDED(db_store_open(&p->store, url, &err));
	NEEDED(db_migrate(p->store, schemas, COUNT_OF(schemas), &err));
	NEEDED(db_secrets_open(p->store, (const uint8_t *)master, &err));
	NEEDED(partner_pepper_open(&p->pepper, p->store, &err));
	NEEDED(db_reader(p->store, &p->db, &err));
}

void
planning_open(struct planning *p, const char *url, bool fresh)
{
	open_store(p, url, fresh);
	make_workspace(p);
	p->own_dir = true;
}

void
planning_join(struct planning *p, const char *url, const char *dir)
{
	open_store(p, url, false);
	snprintf(p->dir, sizeof(p->dir), "%s", dir);
}

void
planning_close(struct planning *p)
{
	campaign_files_close(&p->files);
	partner_pepper_free(&p->pepper);
	db_store_close(&p->store);
	if (p->own_dir)
		test_tree_remove(p->dir);
	arena_free(&p->arena);
}

/* ---- partners and contacts ---- */

void
planning_partner(struct planning *p, const char *id, const char *tier)
{
	check(p->row_count < PLANNING_PARTNERS_MAX);
	p->rows[p->row_count++] = (struct campaign_partner_row){
		.id = str_of(id),
		.company = str_printf(p->arena, "Company %s", id),
		.tier = str_of(tier),
		.region = STR("EMEA"),
		.country = STR("DE"),
		.language = STR("de"),
		.time_zone = STR("Europe/Berlin"),
		.owner_email = str_printf(p->arena, "owner@%s.example", id),
		.status = STR("active"),
		.attributes = STR("{}"),
	};
}

struct contacts {
	struct planning *p;
	int64_t partner_id;
	int first;
	int count;
	const char *zone;
	int64_t now_ms;
};

static struct str
address_of(struct arena *a, int number)
{
	return str_printf(a, "c%d@example.org", number);
}

struct person_hash
planning_person(struct planning *p, int number)
{
	return partner_person(p->pepper, address_of(p->arena, number));
}

static int
put_contacts(struct db *db, void *arg, struct error *err)
{
	const struct contacts *x = arg;
	struct arena *a = arena_new();
	int code = 0;

	for (int i = 0; i < x->count && code >= 0; i++) {
		struct str address = address_of(a, x->first + i);
		struct contact c = {
			.partner_id = x->partner_id,
			.person = partner_person(x->p->pepper, address),
			.address = address,
			.time_zone = str_of(x->zone),
			.tags = STR("security"),
			.consent = CONSENT_GIVEN,
			.consent_basis = STR("customer"),
			.consent_ms = 1,
		};

		code = contact_put(db, &c, x->now_ms, err);
	}
	arena_free(&a);
	return code;
}

static int
put_partner(struct db *db, void *arg, struct error *err)
{
	return partner_put(db, arg, PLANNING_NOW, err);
}

int64_t
planning_partner_id(struct planning *p, const char *slug)
{
	struct partner found = { .slug = str_of(slug),
				 .company = str_of(slug),
				 .time_zone = STR("Europe/Berlin") };
	struct partner old;
	struct error none;

	if (partner_find(p->db, p->arena, found.slug, &old, &none) > 0)
		return old.id;
	NEEDED(db_commit(p->store, put_partner, &found, &err));
	return found.id;
}

void
planning_contacts(struct planning *p, const char *partner, int first, int count,
		  const char *zone, int64_t now_ms)
{
	struct contacts x = {
		.p = p,
		.partner_id = planning_partner_id(p, partner),
		.zone = zone,
		.now_ms = now_ms,
	};

	for (int done = 0; done < count; done += x.count) {
		x.first = first + done;
		x.count = count - done < 500 ? count - done : 500;
		NEEDED(db_commit(p->store, put_contacts, &x, &err));
	}
}

/* ---- planning ---- */

struct plan *
planning_plan(struct planning *p, int64_t now_ms)
{
	const struct plan_input in = {
		.db = p->db,
		.files = p->files,
		.campaign = p->campaign,
		.rows = p->rows,
		.row_count = p->row_count,
		.now_ms = now_ms,
	};
	struct plan *plan;

	NEEDED(plan_make(&in, p->arena, &plan, &err));
	return plan;
}

int
planning_apply_reviewed(struct planning *p, const struct plan *reviewed,
			const char *only, int64_t now_ms,
			struct plan_result *out, struct error *err)
{
	const struct str one = str_of(only);
	const struct plan_apply in = {
		.store = p->store,
		.files = p->files,
		.campaign = p->campaign,
		.reviewed = reviewed,
		.current = planning_plan(p, now_ms),
		.rows = p->rows,
		.row_count = p->row_count,
		.only = &one,
		.only_count = only ? 1 : 0,
		.who = STR("ann"),
		.now_ms = now_ms,
	};

	return plan_apply(&in, out, err);
}

int
planning_apply(struct planning *p, const char *only, int64_t now_ms,
	       struct plan_result *out, struct error *err)
{
	return planning_apply_reviewed(p, planning_plan(p, now_ms), only,
				       now_ms, out, err);
}

int64_t
planning_step(struct planning *p, int64_t now_ms)
{
	struct error err;
	int64_t all = 0;
	int64_t done;

	do {
		done = plan_step(p->store, &p->revisions, now_ms, &err);
		if (done < 0)
			give_up("step", err.text);
		all += done;
	} while (done > 0);
	return all;
}

/* ---- sending ---- */

struct send {
	int64_t now_ms;
	int count;
};

static int
send_batch(struct db *db, void *arg, struct error *err)
{
	struct send *s = arg;
	const struct outbox_claim how = {
		.owner = 1,
		.now_ms = s->now_ms,
		.lease_ms = s->now_ms + 1,
		.key_id = 1,
		.carrier = OUTBOX_MAIL,
		.max = CLAIM,
	};
	const struct outbox_marker marker = {
		.now_ms = s->now_ms,
		.sha256 = STR("0123456789abcdef0123456789abcdef"),
	};
	const struct outbox_verdict sent = { .kind = OUTBOX_VERDICT_SENT,
					     .now_ms = s->now_ms };
	struct arena *a = arena_new();
	struct outbox_delivery *items;
	enum outbox_state became;
	int code = outbox_claim(db, a, &how, &items, err);

	s->count = code;
	for (int i = 0; i < s->count && code >= 0; i++) {
		code = outbox_mark(db, &items[i], &marker, err);
		if (code > 0)
			code =
			    outbox_finish(db, &items[i], &sent, &became, err);
		else if (code == 0)
			code = outbox_postpone(db, &items[i],
					       s->now_ms + PLANNING_DAY, err);
	}
	arena_free(&a);
	return code;
}

int
planning_send(struct planning *p, int64_t now_ms)
{
	struct send s = { .now_ms = now_ms };
	int all = 0;

	do {
		NEEDED(db_commit(p->store, send_batch, &s, &err));
		all += s.count;
	} while (s.count > 0);
	return all;
}

/* Posts leave by others; what is due of them does not hold up the clock. */
static int64_t
next_mail(struct planning *p, int64_t now_ms)
{
	struct arena *a = arena_new();
	struct outbox_delivery *all;
	int64_t next = INT64_MAX;
	int count = planning_list(p, a, &all);

	for (int i = 0; i < count; i++)
		if (all[i].state == OUTBOX_READY &&
		    all[i].key.subject_kind == OUTBOX_PERSON &&
		    all[i].due_ms > now_ms && all[i].due_ms < next)
			next = all[i].due_ms;
	arena_free(&a);
	return next;
}

void
planning_run(struct planning *p, int64_t now_ms, int64_t until_ms)
{
	while (now_ms <= until_ms) {
		int64_t next_ms, plan_ms;
		struct error err;
		int got;

		(void)planning_step(p, now_ms);
		if (planning_send(p, now_ms) > 0)
			continue;
		next_ms = next_mail(p, now_ms);
		got = plan_next(p->db, &plan_ms, &err);
		if (got > 0 && plan_ms < next_ms)
			next_ms = plan_ms;
		now_ms = next_ms > now_ms ? next_ms : now_ms + 1;
	}
}

/* ---- looking ---- */

int
planning_list(struct planning *p, struct arena *a, struct outbox_delivery **out)
{
	const struct outbox_filter all = { .partner_id = -1 };
	struct outbox_counts counts;
	int total = 0;

	NEEDED(outbox_count(p->db, &all, &counts, &err));
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		total += (int)counts.by_state[i];
	*out = NULL;
	if (total == 0)
		return 0;
	NEEDED(outbox_list(p->db, a, &all, -1, total, out, &err));
	return total;
}

int
planning_count(struct planning *p, const char *step, int state)
{
	const struct outbox_filter filter = { .partner_id = -1,
					      .step = str_of(step) };
	struct outbox_counts counts;
	int64_t n = 0;

	NEEDED(outbox_count(p->db, &filter, &counts, &err));
	for (int i = 0; i < OUTBOX_STATE_COUNT; i++)
		if (state < 0 || state == i)
			n += counts.by_state[i];
	return (int)n;
}
