/*
 * Kits that were published, each made once. A revision never changes, so a kit
 * is never out of date; it goes when room is needed and nobody holds it.
 *
 * The lock is held to look and to count, not while a kit is made: two threads
 * that want the same one at the same time both make it, and the later throws
 * its own away. Waiting for each other would cost more code and save little,
 * for that happens once a revision.
 *
 * Invariants: no two entries have the same revision and campaign; an entry
 * with holders stays where it is found; more than KITS_MAX stand here only
 * while all of them are held.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "render/render_kit_priv.h"

enum { KITS_MAX = 64 };

struct entry {
	struct entry *next; /* used less lately */
	struct render_kit *kit;
	uint8_t revision[CAMPAIGN_REVISION_BYTES];
	int holders;
};

struct render_kits {
	pthread_mutex_t lock;
	struct entry *first;
};

int
render_kits_open(struct render_kits **out, struct error *err)
{
	struct render_kits *kits = calloc(1, sizeof(*kits));
	int failed;

	check(kits);
	failed = pthread_mutex_init(&kits->lock, NULL);
	if (failed) {
		free(kits);
		return error_system(err, failed, "lock of the kits");
	}
	*out = kits;
	return 0;
}

static void
free_entry(struct entry *e)
{
	render_kit_free(&e->kit);
	free(e);
}

void
render_kits_free(struct render_kits **kits)
{
	if (!*kits)
		return;
	while ((*kits)->first) {
		struct entry *e = (*kits)->first;

		check(e->holders == 0);
		(*kits)->first = e->next;
		free_entry(e);
	}
	pthread_mutex_destroy(&(*kits)->lock);
	free(*kits);
	*kits = NULL;
}

/* ---- under the lock ---- */

/* Found, it is the first afterwards, with one holder more. */
static const struct render_kit *
hold(struct render_kits *kits, struct str campaign, struct str revision)
{
	for (struct entry **at = &kits->first; *at; at = &(*at)->next) {
		struct entry *e = *at;

		if (memcmp(e->revision, revision.p, revision.len) != 0 ||
		    !str_eq(e->kit->campaign->id, campaign))
			continue;
		*at = e->next;
		e->next = kits->first;
		kits->first = e;
		e->holders++;
		return e->kit;
	}
	return NULL;
}

/* The entries beyond the room for them that nobody holds, taken out. */
static struct entry *
take_surplus(struct render_kits *kits)
{
	struct entry **at = &kits->first, *surplus = NULL;
	size_t kept = 0;

	while (*at) {
		struct entry *e = *at;

		if (kept < KITS_MAX || e->holders > 0) {
			kept++;
			at = &e->next;
			continue;
		}
		*at = e->next;
		e->next = surplus;
		surplus = e;
	}
	return surplus;
}

/* ---- */

static int
load(struct db *db, struct str campaign, struct str revision,
     struct render_kit **kit, struct error *err)
{
	struct render_kit_source source = { .campaign = campaign,
					    .is_published = true };
	struct arena *a = arena_new();
	struct campaign_findings findings;
	int code;

	campaign_findings_init(&findings, a);
	code = campaign_revision_open(&source.files, db, revision, err);
	if (code >= 0) {
		code = render_kit_make(kit, &source, &findings, err);
		campaign_files_close(&source.files);
	}
	arena_free(&a);
	return code;
}

/* Another thread may have been faster: then its kit is taken. */
static const struct render_kit *
add(struct render_kits *kits, struct render_kit *kit, struct str revision)
{
	struct entry *e = calloc(1, sizeof(*e)), *surplus, *next;
	const struct render_kit *known;

	check(e);
	e->kit = kit;
	memcpy(e->revision, revision.p, sizeof(e->revision));
	pthread_mutex_lock(&kits->lock);
	known = hold(kits, kit->campaign->id, revision);
	if (known) {
		e->next = NULL;
		surplus = e;
	} else {
		e->holders = 1;
		e->next = kits->first;
		kits->first = e;
		surplus = take_surplus(kits);
	}
	pthread_mutex_unlock(&kits->lock);
	for (; surplus; surplus = next) {
		next = surplus->next;
		free_entry(surplus);
	}
	return known ? known : kit;
}

int
render_kits_get(struct render_kits *kits, struct db *db, struct str campaign,
		struct str revision, const struct render_kit **out,
		struct error *err)
{
	struct render_kit *made = NULL;

	check(revision.len == CAMPAIGN_REVISION_BYTES);
	pthread_mutex_lock(&kits->lock);
	*out = hold(kits, campaign, revision);
	pthread_mutex_unlock(&kits->lock);
	if (*out)
		return 0;
	if (load(db, campaign, revision, &made, err) < 0)
		return error_context(err, "campaign %.*s", STR_ARG(campaign));
	*out = add(kits, made, revision);
	return 0;
}

void
render_kits_put(struct render_kits *kits, const struct render_kit *kit)
{
	struct entry *e;

	pthread_mutex_lock(&kits->lock);
	for (e = kits->first; e && e->kit != kit; e = e->next)
		;
	check(e && e->holders > 0);
	e->holders--;
	pthread_mutex_unlock(&kits->lock);
}
