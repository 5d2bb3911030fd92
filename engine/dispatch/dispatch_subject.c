/*
 * What a message is made of besides its contact, kept for a second.
 *
 * A campaign goes out partner by partner, so thousands of messages in a row
 * have the same partner, sender, keys, activation and kit. To read them for
 * each takes five statements; here they are read once a second.
 *
 * A profile has its place by a hash of its activation, and whoever comes later
 * to the same place takes it: the cache is as large as it is, and never full.
 * A profile that has lost its place or is too old lives until its last holder
 * is done. It is read outside of the lock; two threads that want the same one
 * at the same time both read it, and the later one stays.
 *
 * Rejected: being told of changes. A partner is changed by other processes
 * too, and all of them would have to tell.
 */
#include "dispatch/dispatch_make_priv.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/now.h"
#include "mime/mime.h"

bool
error_stays(const struct error *err)
{
	return err->code == ERROR_INVALID || err->code == ERROR_NOT_FOUND ||
	       err->code == ERROR_LIMIT || err->code == ERROR_DENIED;
}

/* ---- profiles ---- */

static size_t
place_of(int64_t partner_id, int64_t activation_id)
{
	uint64_t mixed = (uint64_t)partner_id * UINT64_C(0x9e3779b97f4a7c15) ^
			 (uint64_t)activation_id;

	mixed *= UINT64_C(0xbf58476d1ce4e5b9);
	return (size_t)(mixed >> 32) % PROFILE_PLACES;
}

static void
profile_free(struct dispatch_maker *m, struct profile *p)
{
	if (p->kit)
		render_kits_put(m->kits, p->kit);
	arena_free(&p->arena);
	free(p);
}

/* A failure of ours; what is missing is noted in the profile. */
static int
load_kit(struct dispatch_maker *m, struct db *db, struct profile *p,
	 struct error *err)
{
	struct error why;

	if (render_kits_get(m->kits, db, p->activation.campaign,
			    p->activation.revision, &p->kit, &why) >= 0)
		return 0;
	p->kit = NULL;
	p->kit_error = why;
	if (error_stays(&why))
		return 0;
	*err = why;
	return -(int)err->code;
}

static int
load_senders(struct db *db, struct profile *p, struct error *err)
{
	struct partner_sender all[PARTNER_SENDERS_MAX];
	int count = partner_senders(db, p->arena, p->partner.id, all, err);

	for (int i = 0; i < count; i++) {
		struct profile_sender *s = &p->senders[i];

		s->sender = all[i];
		s->pair_count = partner_dkim_of(
		    db, p->arena, p->partner.id,
		    mime_address_domain(all[i].from_address), &s->pairs, err);
		if (s->pair_count < 0)
			return s->pair_count;
	}
	p->sender_count = count;
	return count;
}

static int
load_profile(struct dispatch_maker *m, struct db *db, int64_t partner_id,
	     int64_t activation_id, struct profile **out, struct error *err)
{
	struct profile *p = calloc(1, sizeof(*p));

	check(p);
	p->arena = arena_new();
	p->read_us = now_mono_us();
	p->holders = 1;
	if (partner_get(db, p->arena, partner_id, &p->partner, err) < 0 ||
	    activation_get(db, p->arena, partner_id, activation_id,
			   &p->activation, err) < 0 ||
	    load_senders(db, p, err) < 0 || load_kit(m, db, p, err) < 0) {
		profile_free(m, p);
		return -(int)err->code;
	}
	*out = p;
	return 0;
}

/* Held once more when it is the one and young enough; else NULL. */
static struct profile *
find_profile(struct dispatch_maker *m, int64_t partner_id,
	     int64_t activation_id)
{
	struct profile *p = m->places[place_of(partner_id, activation_id)];

	if (!p || p->partner.id != partner_id ||
	    p->activation.id != activation_id ||
	    now_mono_us() - p->read_us > PROFILE_LIFE_US)
		return NULL;
	p->holders++;
	return p;
}

static void
keep_profile(struct dispatch_maker *m, struct profile *p)
{
	struct profile **place =
	    &m->places[place_of(p->partner.id, p->activation.id)];
	struct profile *before;

	pthread_mutex_lock(&m->mutex);
	before = *place;
	*place = p;
	p->holders++;
	pthread_mutex_unlock(&m->mutex);
	if (before)
		profile_put(m, before);
}

int
profile_get(struct dispatch_maker *m, struct db *db, int64_t partner_id,
	    int64_t activation_id, struct profile **out, struct error *err)
{
	pthread_mutex_lock(&m->mutex);
	*out = find_profile(m, partner_id, activation_id);
	pthread_mutex_unlock(&m->mutex);
	if (*out)
		return 0;
	if (load_profile(m, db, partner_id, activation_id, out, err) < 0)
		return -(int)err->code;
	keep_profile(m, *out);
	return 0;
}

void
profile_put(struct dispatch_maker *m, struct profile *p)
{
	bool last;

	pthread_mutex_lock(&m->mutex);
	check(p->holders > 0);
	last = --p->holders == 0;
	pthread_mutex_unlock(&m->mutex);
	if (last)
		profile_free(m, p);
}

void
profiles_clear(struct dispatch_maker *m)
{
	for (size_t i = 0; i < PROFILE_PLACES; i++) {
		if (!m->places[i])
			continue;
		check(m->places[i]->holders == 1);
		profile_put(m, m->places[i]);
		m->places[i] = NULL;
	}
}

/* ---- subjects ---- */

/*
 * The revision that the bytes handed over were made of; empty when none were,
 * or an operator has said that they may be others now.
 */
static struct str
revision_of(const struct outbox_delivery *d)
{
	if (!d || d->sha256.len == 0 ||
	    d->revision.len != CAMPAIGN_REVISION_BYTES)
		return (struct str){ 0 };
	return d->revision;
}

/* What was handed over goes again as it was, whoever mail is from now. */
static const struct partner_sender *
choose_sender(const struct profile *p, const struct outbox_delivery *d)
{
	for (int i = 1; d && d->sha256.len > 0 && i < p->sender_count; i++)
		if (str_eq(
			mime_address_domain(p->senders[i].sender.from_address),
			d->domain))
			return &p->senders[i].sender;
	return p->sender_count > 0 ? &p->senders[0].sender : NULL;
}

const struct profile_sender *
subject_sender(const struct dispatch_subject *s)
{
	const struct profile *p = s->profile;

	return &p->senders[s->subject.sender == &p->senders[0].sender ? 0 : 1];
}

static int
choose_kit(struct dispatch_maker *m, struct db *db,
	   const struct outbox_delivery *d, struct dispatch_subject *s,
	   struct error *err)
{
	struct profile *p = s->profile;
	struct str before = revision_of(d);
	const struct render_kit *kit;

	s->kit = p->kit;
	s->revision = p->activation.revision;
	if (before.len == 0 || str_eq(before, s->revision))
		return 0;
	if (render_kits_get(m->kits, db, p->activation.campaign, before, &kit,
			    err) < 0)
		return -(int)err->code;
	s->kit = s->held_kit = kit;
	s->revision = before;
	return 0;
}

/* 1 found, 0 none. */
static int
read_contact(struct arena *a, struct db *db, const struct outbox_delivery *d,
	     struct contact *out, struct error *err)
{
	struct person_hash person;

	if (!d || d->key.subject_kind != OUTBOX_PERSON ||
	    d->key.subject.len != sizeof(person.bytes))
		return 0;
	memcpy(person.bytes, d->key.subject.p, sizeof(person.bytes));
	return contact_find(db, a, d->key.partner_id, &person, out, err);
}

static int
find_contact(struct arena *a, struct db *db, const struct dispatch_whom *whom,
	     struct dispatch_subject *s, struct error *err)
{
	int got = 1;

	if (whom->contact)
		s->contact = *whom->contact;
	else
		got = read_contact(a, db, whom->delivery, &s->contact, err);
	/* One that was erased has no address. */
	if (got > 0 && s->contact.address.len > 0)
		s->subject.contact = &s->contact;
	return got < 0 ? got : 0;
}

int
subject_load(struct dispatch_maker *m, struct arena *a, struct db *db,
	     const struct dispatch_whom *whom, struct dispatch_subject *out,
	     struct error *err)
{
	struct profile *p;

	*out = (struct dispatch_subject){ 0 };
	if (profile_get(m, db, whom->partner_id, whom->activation_id, &p, err) <
	    0)
		return -(int)err->code;
	out->profile = p;
	out->subject = (struct render_subject){
		.partner = &p->partner,
		.sender = choose_sender(p, whom->delivery),
		.activation = &p->activation,
		.delivery = whom->delivery,
		.keys = m->keys,
		.message_key = { (const char *)m->message_key,
				 sizeof(m->message_key) },
	};
	if (choose_kit(m, db, whom->delivery, out, err) < 0 ||
	    find_contact(a, db, whom, out, err) < 0) {
		dispatch_subject_release(m, out);
		return -(int)err->code;
	}
	return 0;
}

int
dispatch_subject_load(struct dispatch_maker *m, struct arena *a, struct db *db,
		      const struct dispatch_whom *whom,
		      struct dispatch_subject *out, struct error *err)
{
	if (subject_load(m, a, db, whom, out, err) < 0)
		return -(int)err->code;
	if (out->kit)
		return 0;
	*err = ((struct profile *)out->profile)->kit_error;
	dispatch_subject_release(m, out);
	return -(int)err->code;
}

void
dispatch_subject_release(struct dispatch_maker *m, struct dispatch_subject *s)
{
	if (s->held_kit)
		render_kits_put(m->kits, s->held_kit);
	if (s->profile)
		profile_put(m, s->profile);
	*s = (struct dispatch_subject){ 0 };
}
