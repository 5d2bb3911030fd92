/*
 * A table by open addressing, at most three quarters full. A person's hash is
 * a MAC under a key of the store, so its own bits say where to look, and no
 * file can be written to make them collide.
 */
#include "partner/partner_import_priv.h"

#include <stdlib.h>
#include <string.h>

enum { PLACES_FIRST = 256 };

_Static_assert(sizeof(struct import_person) == 48, "there are many of them");

/* Where the person is, or the free place it belongs to. */
static struct import_person *
place_of(const struct import_seen *seen, const struct person_hash *person)
{
	uint64_t at;

	memcpy(&at, person->bytes, sizeof(at));
	for (;; at++) {
		struct import_person *p =
		    &seen->places[at & (seen->place_count - 1)];

		if (p->line == 0 ||
		    memcmp(&p->person, person, sizeof(*person)) == 0)
			return p;
	}
}

static void
grow(struct import_seen *seen)
{
	struct import_seen more = { .count = seen->count };

	more.place_count =
	    seen->place_count ? seen->place_count * 2 : PLACES_FIRST;
	more.places = calloc(more.place_count, sizeof(*more.places));
	check(more.places);
	for (size_t i = 0; i < seen->place_count; i++)
		if (seen->places[i].line)
			*place_of(&more, &seen->places[i].person) =
			    seen->places[i];
	free(seen->places);
	*seen = more;
}

void
import_seen_add(struct import_seen *seen, const struct import_row *row,
		int64_t at)
{
	const struct contact *c = &row->contact;
	struct import_person *p;

	check(row->line > 0 && row->line <= IMPORT_LINE_MAX);
	if (seen->count + 1 > seen->place_count / 4 * 3)
		grow(seen);
	p = place_of(seen, &c->person);
	check(p->line < row->line);
	if (p->line == 0)
		seen->count++;
	p->person = c->person;
	p->line = (uint32_t)row->line;
	p->at = at;
	if (row->says_consent &&
	    (p->consent_line == 0 ||
	     import_consent_rises((enum consent_state)p->consent, p->consent_ms,
				  c->consent, c->consent_ms))) {
		p->consent_line = (uint32_t)row->line & IMPORT_LINE_MAX;
		p->consent = (unsigned)c->consent & 3;
		p->consent_ms = c->consent_ms;
		p->consent_at = at;
	}
}

const struct import_person *
import_seen_find(const struct import_seen *seen,
		 const struct person_hash *person)
{
	const struct import_person *p;

	if (seen->count == 0)
		return NULL;
	p = place_of(seen, person);
	return p->line ? p : NULL;
}

static int
compare_persons(const void *x, const void *y)
{
	const struct import_person *a = x;
	const struct import_person *b = y;

	return memcmp(&a->person, &b->person, sizeof(a->person));
}

void
import_seen_sort(struct import_seen *seen)
{
	size_t n = 0;

	for (size_t i = 0; i < seen->place_count; i++)
		if (seen->places[i].line)
			seen->places[n++] = seen->places[i];
	check(n == seen->count);
	if (n)
		qsort(seen->places, n, sizeof(*seen->places), compare_persons);
}

void
import_seen_clear(struct import_seen *seen)
{
	if (seen->place_count)
		memset(seen->places, 0,
		       seen->place_count * sizeof(*seen->places));
	seen->count = 0;
}

void
import_seen_fini(struct import_seen *seen)
{
	free(seen->places);
	*seen = (struct import_seen){ 0 };
}
