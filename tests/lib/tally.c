#include "tally.h"

#include <stdio.h>

#include "base/arena.h"
#include "base/encode.h"
#include "sending.h"

void
tally_init(struct tally *t, const struct sink_list *ledger)
{
	*t = (struct tally){ .ledger = ledger };
	map_init(&t->judged, ledger->arena, NULL);
}

/* Does the state agree with having been accepted, or not? */
static bool
agrees(const struct outbox_delivery *d, bool accepted)
{
	if (d->state == OUTBOX_INDOUBT)
		return true;
	if (d->state == OUTBOX_SENT)
		return accepted || sending_is_assumed(d);
	/* What was sent again may be refused after it was accepted. */
	return (!accepted || d->resends > 0) &&
	       (outbox_state_final(d->state) || d->state == OUTBOX_HELD);
}

static bool
has_these_bytes(const struct sink_entry *e, struct str sha256)
{
	struct buf hex = { 0 };
	bool equal;

	encode_hex(&hex, sha256);
	equal = str_eq(e->sha256, buf_view(&hex)) && !e->differs;
	buf_fini(&hex);
	return equal;
}

void
tally_judge(struct tally *t, const struct outbox_delivery *d)
{
	static const struct sink_entry never = { 0 };
	struct str id = sending_message_id(t->ledger->arena, &d->id);
	const struct sink_entry *e = sink_list_find(t->ledger, id);

	if (!e)
		e = &never;
	map_put(&t->judged, id, t);
	t->deliveries++;
	t->indoubt += d->state == OUTBOX_INDOUBT;
	if (!agrees(d, e->accepted > 0)) {
		printf("lost: %.*s is %s, accepted %d times\n", STR_ARG(id),
		       outbox_state_name(d->state), e->accepted);
		t->lost++;
	}
	if (e->accepted > 1 + d->resends) {
		printf("twice: %.*s, accepted %d times\n", STR_ARG(id),
		       e->accepted);
		t->twice++;
	}
	if (e->accepted > 1)
		t->again += e->accepted - 1;
	t->resends += d->resends;
	t->assumed += sending_is_assumed(d);
	if (e->accepted > 0 && !has_these_bytes(e, d->sha256)) {
		printf("changed: %.*s has other bytes\n", STR_ARG(id));
		t->changed++;
	}
}

void
tally_end(struct tally *t)
{
	map_foreach (&t->ledger->entries, entry) {
		const struct sink_entry *e = entry->value;

		if (e->accepted == 0 || map_find(&t->judged, entry->key))
			continue;
		printf("lost: %.*s was accepted and is no delivery\n",
		       STR_ARG(entry->key));
		t->lost++;
	}
}
