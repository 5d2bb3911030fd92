/*
 * From what people type to what the store holds, and back.
 *
 * A delivery's id alone does not lead to its row, for the key begins with the
 * partner; so the partners are asked one after another, each by its key. That
 * is a few microseconds for each, and an operator need not know whose it is.
 */
#include "cmd.h"

#include "base/arena.h"
#include "base/encode.h"
#include "base/log.h"

#include "campaign/campaign.h"
#include "mime/mime.h"
#include "outbox/outbox.h"
#include "partner/partner.h"

static int
no_partner(struct app *app, const char *slug, struct error *err)
{
	struct partner *all;
	const char **names;
	int count = partner_list(app->db, app->arena, &all, err);

	if (count < 0)
		return count;
	names = ARENA_ARRAY(app->arena, (size_t)count, const char *);
	for (int i = 0; i < count; i++)
		names[i] = str_cstr(app->arena, all[i].slug);
	return error_set(err, ERROR_NOT_FOUND, "no partner %s",
			 cmd_nearest(app->arena, slug, names, (size_t)count));
}

int
app_partner(struct app *app, const char *slug, struct partner *out,
	    struct error *err)
{
	int got = partner_find(app->db, app->arena, str_of(slug), out, err);

	if (got == 0)
		return no_partner(app, slug, err);
	return got < 0 ? got : 0;
}

int
app_partner_option(struct app *app, int64_t otherwise, int64_t *id,
		   struct error *err)
{
	const char *slug = app_option(app, "partner");
	struct partner partner = { .id = otherwise };

	if (slug && app_partner(app, slug, &partner, err) < 0)
		return -(int)err->code;
	*id = partner.id;
	return 0;
}

int
app_slug(struct app *app, int64_t partner_id, struct str *slug,
	 struct error *err)
{
	struct partner partner = { .slug = STR("vendor") };

	if (app->slug.len == 0 || app->slug_of != partner_id) {
		if (partner_id != PARTNER_VENDOR &&
		    partner_get(app->db, app->arena, partner_id, &partner,
				err) < 0)
			return -(int)err->code;
		app->slug_of = partner_id;
		app->slug = partner.slug;
	}
	*slug = app->slug;
	return 0;
}

/* ---- campaigns ---- */

static bool
is_among(const struct str *names, int count, struct str name)
{
	for (int i = 0; i < count; i++)
		if (str_eq(names[i], name))
			return true;
	return false;
}

static void
add_sorted(struct str *names, int count, struct str name)
{
	for (; count > 0 && str_cmp(names[count - 1], name) > 0; count--)
		names[count] = names[count - 1];
	names[count] = name;
}

int
app_campaigns_run(struct app *app, int64_t partner_id, struct str **names,
		  struct error *err)
{
	struct activation *all;
	int count = activation_list(app->db, app->arena, (struct str){ 0 },
				    partner_id, &all, err);
	int known = 0;

	if (count < 0)
		return count;
	*names = ARENA_ARRAY(app->arena, (size_t)count, struct str);
	for (int i = 0; i < count; i++)
		if (!is_among(*names, known, all[i].campaign))
			add_sorted(*names, known++, all[i].campaign);
	return known;
}

int
app_campaign_of(struct app *app, const struct outbox_key *key,
		struct str *campaign, struct error *err)
{
	struct activation run;

	if (app->campaign.len == 0 || app->run_of != key->partner_id ||
	    app->run != key->activation_id) {
		if (activation_get(app->db, app->arena, key->partner_id,
				   key->activation_id, &run, err) < 0)
			return -(int)err->code;
		app->run_of = key->partner_id;
		app->run = key->activation_id;
		app->campaign = run.campaign;
	}
	*campaign = app->campaign;
	return 0;
}

int
app_campaign(struct app *app, struct str name, struct error *err)
{
	struct campaign_publication published;
	struct str *lists[2] = { NULL, NULL };
	int counts[2];
	const char **names;
	size_t count = 0;
	int got;

	counts[0] = campaign_list(app->workspace, app->arena, &lists[0], err);
	if (counts[0] < 0)
		return counts[0];
	counts[1] = app_campaigns_run(app, -1, &lists[1], err);
	if (counts[1] < 0)
		return counts[1];
	names = ARENA_ARRAY(app->arena, (size_t)counts[0] + (size_t)counts[1],
			    const char *);
	for (int k = 0; k < 2; k++) {
		if (is_among(lists[k], counts[k], name))
			return 0;
		for (int i = 0; i < counts[k]; i++)
			names[count++] = str_cstr(app->arena, lists[k][i]);
	}
	got = campaign_published(app->db, app->arena, name, &published, err);
	if (got != 0)
		return got < 0 ? got : 0;
	return error_set(
	    err, ERROR_NOT_FOUND, "no campaign %s",
	    cmd_nearest(app->arena, str_cstr(app->arena, name), names, count));
}

/* ---- persons ---- */

int
app_person(struct app *app, const char *address, struct person_hash *out,
	   struct error *err)
{
	struct str normal;

	if (mime_address_normalise_utf8(app->arena, str_of(address), &normal,
					err) < 0)
		return -(int)err->code;
	*out = partner_person(app->pepper, normal);
	return 0;
}

struct str
app_address(const struct app *app, struct str address)
{
	return address.len == 0 || app_option(app, "show-addresses")
		   ? address
		   : log_mask_address(app->arena, address);
}

/* ---- deliveries ---- */

static int
parse_id(const char *hex, struct outbox_id *id, struct error *err)
{
	struct buf bytes = { .max = OUTBOX_ID_BYTES };
	bool good = decode_hex(&bytes, str_of(hex), err) >= 0 &&
		    bytes.len == OUTBOX_ID_BYTES;

	for (size_t i = 0; good && i < bytes.len; i++)
		id->bytes[i] = (uint8_t)bytes.p[i];
	buf_fini(&bytes);
	if (good)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "\"%s\" is no delivery, expected %d digits 0-9 a-f",
			 hex, OUTBOX_ID_BYTES * 2);
}

int
app_delivery(struct app *app, const char *hex, struct outbox_delivery *out,
	     struct error *err)
{
	struct outbox_id id = { .partner_id = PARTNER_VENDOR };
	struct partner *all;
	int count;
	int got;

	if (parse_id(hex, &id, err) < 0)
		return -(int)err->code;
	count = partner_list(app->db, app->arena, &all, err);
	if (count < 0)
		return count;
	got = outbox_find(app->db, app->arena, &id, out, err);
	for (int i = 0; got == 0 && i < count; i++) {
		id.partner_id = all[i].id;
		got = outbox_find(app->db, app->arena, &id, out, err);
	}
	if (got == 0)
		return error_set(err, ERROR_NOT_FOUND, "no delivery %s", hex);
	return got < 0 ? got : 0;
}

struct str
app_delivery_hex(struct app *app, struct str id)
{
	struct buf hex = { 0 };
	struct str text;

	encode_hex(&hex, id);
	text = str_copy(app->arena, buf_view(&hex));
	buf_fini(&hex);
	return text;
}

struct str
app_id_text(struct app *app, int64_t id)
{
	struct buf b = { 0 };
	struct str text;

	if (id)
		encode_id(&b, id);
	text = str_copy(app->arena, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* ---- the journal ---- */

int
app_journal(struct db *db, const struct app_fact *fact, struct error *err)
{
	const struct outbox_delivery *d = fact->delivery;
	struct event event = {
		.kind = fact->kind,
		.at_ms = fact->at_ms,
		.partner_id = fact->partner_id,
	};

	if (d) {
		event.partner_id = d->key.partner_id;
		event.activation_id = d->key.activation_id;
		event.delivery = (struct str){ (const char *)d->id.bytes,
					       sizeof(d->id.bytes) };
	}
	if (!fact->name)
		return event_append(db, &event, err);
	return event_append_with(db, &event, fact->name, fact->value, err);
}

int
app_delivery_cells(struct app *app, const struct outbox_delivery *d,
		   struct error *err)
{
	const struct str id = { (const char *)d->id.bytes,
				sizeof(d->id.bytes) };
	struct str campaign, slug;

	if (app_slug(app, d->key.partner_id, &slug, err) < 0 ||
	    app_campaign_of(app, &d->key, &campaign, err) < 0)
		return -(int)err->code;
	out_cell(&app->out, app_delivery_hex(app, id));
	out_cell(&app->out, slug);
	out_cell(&app->out, campaign);
	out_cell(&app->out, d->key.step);
	return 0;
}
