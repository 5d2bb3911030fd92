/*
 * Who sends: the senders of partners and the keys that were made, brought
 * together by domain.
 */
#include "base/arena.h"
#include "base/map.h"
#include "doctor/doctor.h"
#include "mime/mime.h"

enum { NAMES_SHOWN = 3 };

/* A domain being gathered. */
struct domain {
	struct str name;
	bool is_vendors;
	struct str first[NAMES_SHOWN]; /* partners that send from it */
	size_t partners;
	struct map envelopes;	    /* by name; the value says nothing */
	struct partner_dkim *pairs; /* with room for all there are */
	struct str *operands;
	int pair_count;
};

struct gathering {
	struct db *db;
	struct arena *a;
	int64_t partner_id;
	struct map domains; /* name -> struct domain */
	struct partner *partners;
	int partner_count;
};

static struct domain *
domain_of(struct gathering *g, struct str name)
{
	struct domain *d = map_find(&g->domains, name);

	if (d)
		return d;
	d = ARENA_NEW(g->a, struct domain);
	d->name = str_copy(g->a, name);
	map_init(&d->envelopes, g->a, NULL);
	map_put(&g->domains, name, d);
	return d;
}

/*
 * Mail that says nothing of its return address comes back to its sender. What
 * somebody sends with goes before what nobody does yet.
 */
static void
add_envelope(struct arena *a, struct domain *d, struct str from,
	     struct str bounces)
{
	struct str name =
	    bounces.len > 0 ? mime_address_domain(bounces) : d->name;
	struct doctor_envelope *e = map_find(&d->envelopes, name);

	if (e && (e->from.len > 0 || from.len == 0))
		return;
	if (!e)
		e = ARENA_NEW(a, struct doctor_envelope);
	*e = (struct doctor_envelope){ name, from, bounces };
	map_put(&d->envelopes, name, e);
}

/* By its id; those of keys and senders are few beside it. */
static struct str
slug_of(const struct gathering *g, int64_t partner_id)
{
	for (int i = 0; i < g->partner_count; i++)
		if (g->partners[i].id == partner_id)
			return g->partners[i].slug;
	return STR("");
}

static int
add_senders(struct gathering *g, struct error *err)
{
	struct partner_sender *list;
	int count = partner_sender_list(g->db, g->a, &list, err);

	for (int i = 0; i < count; i++) {
		struct domain *d;

		if (g->partner_id >= 0 && list[i].partner_id != g->partner_id)
			continue;
		d = domain_of(g, mime_address_domain(list[i].from_address));
		add_envelope(g->a, d, list[i].from_address, list[i].bounces);
		if (list[i].id == PARTNER_SENDER_FALLBACK) {
			d->is_vendors = true;
			continue;
		}
		if (d->partners < NAMES_SHOWN)
			d->first[d->partners] = slug_of(g, list[i].partner_id);
		d->partners++;
	}
	return count;
}

static void
add_pair(struct gathering *g, const struct partner_dkim *pair, int room)
{
	struct domain *d = domain_of(g, pair->domain);
	struct str slug = slug_of(g, pair->partner_id);

	if (!d->pairs) {
		d->pairs = ARENA_ARRAY(g->a, (size_t)room, struct partner_dkim);
		d->operands = ARENA_ARRAY(g->a, (size_t)room, struct str);
	}
	d->operands[d->pair_count] =
	    slug.len > 0 ? str_printf(g->a, " %.*s", STR_ARG(slug)) : STR("");
	d->pairs[d->pair_count++] = *pair;
	d->is_vendors |= pair->partner_id == PARTNER_VENDOR;
}

/* A partner's own, and the vendor's where they stand for it. */
static bool
is_wanted(const struct gathering *g, const struct partner_dkim *pair)
{
	if (g->partner_id < 0 || pair->partner_id == g->partner_id)
		return true;
	return pair->partner_id == PARTNER_VENDOR &&
	       map_find(&g->domains, pair->domain);
}

static int
add_pairs(struct gathering *g, struct error *err)
{
	struct partner_dkim *list;
	int count = partner_dkim_list(g->db, g->a, -1, &list, err);

	for (int i = 0; i < count; i++)
		if (is_wanted(g, &list[i]))
			add_pair(g, &list[i], count);
	return count;
}

static struct str
who_sends(struct arena *a, const struct domain *d)
{
	struct buf b = { 0 };
	struct str text;

	if (d->is_vendors || d->partners == 0)
		buf_cat(&b, "vendor");
	for (size_t i = 0; i < d->partners && i < NAMES_SHOWN; i++)
		buf_printf(&b, "%s%.*s", b.len ? ", " : "",
			   STR_ARG(d->first[i]));
	if (d->partners > NAMES_SHOWN)
		buf_printf(&b, " and %zu more", d->partners - NAMES_SHOWN);
	text = str_copy(a, buf_view(&b));
	buf_fini(&b);
	return text;
}

/* One that only has keys yet is taken to have nothing else. */
static struct doctor_sender
sender_of(struct arena *a, struct domain *d)
{
	bool is_ones = !d->is_vendors && d->partners == 1;
	struct doctor_envelope *envelopes;
	size_t count = 0;

	if (d->envelopes.count == 0)
		add_envelope(a, d, STR(""), STR(""));
	envelopes = ARENA_ARRAY(a, d->envelopes.count, struct doctor_envelope);
	map_foreach (&d->envelopes, e)
		envelopes[count++] = *(const struct doctor_envelope *)e->value;
	return (struct doctor_sender){
		.domain = d->name,
		.envelopes = envelopes,
		.envelope_count = count,
		.who = who_sends(a, d),
		.operand = is_ones
			       ? str_printf(a, " %.*s", STR_ARG(d->first[0]))
			       : STR(""),
		.pairs = d->pairs,
		.operands = d->operands,
		.pair_count = d->pair_count,
	};
}

static void
add_own(struct gathering *g, const struct doctor_own *own)
{
	struct domain *d = domain_of(g, own->domain);

	d->is_vendors = true;
	add_envelope(g->a, d, STR(""), own->bounces);
}

int
doctor_senders(struct db *db, struct arena *a, const struct doctor_scope *scope,
	       struct doctor_sender **out, struct error *err)
{
	struct gathering g = {
		.db = db,
		.a = a,
		.partner_id = scope->partner_id,
	};
	int count = 0;

	map_init(&g.domains, a, NULL);
	for (int i = 0; i < scope->own_count; i++)
		add_own(&g, &scope->own[i]);
	g.partner_count = partner_list(db, a, &g.partners, err);
	if (g.partner_count < 0 || add_senders(&g, err) < 0 ||
	    add_pairs(&g, err) < 0)
		return -(int)err->code;
	*out = ARENA_ARRAY(a, g.domains.count, struct doctor_sender);
	map_foreach (&g.domains, e)
		(*out)[count++] = sender_of(a, e->value);
	return count;
}
