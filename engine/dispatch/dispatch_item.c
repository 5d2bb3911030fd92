/*
 * Verdicts and how they get into the store.
 *
 * A verdict is one unit: outbox_finish() and the event that says so. It is
 * submitted at once and nobody waits for it: units of a thread commit in the
 * order of submission, so it is durable no later than the marker of the next
 * message on the same connection. That alone does not hold when it fails, so
 * the marker asks items_applied() in its own transaction: a verdict that is
 * not in the store keeps the next message from being marked, and one
 * connection never has more than one message whose fate is unknown.
 *
 * A verdict that was refused stays here and is tried again (items_settle)
 * until it is stored. Trying twice is harmless, also when the outcome of a
 * commit is unknown: outbox_finish() of a row that is finished changes
 * nothing and says 0.
 *
 * Rejected: a queue of verdicts for all workers, because the order that
 * counts is that of one connection.
 */
#include "dispatch/dispatch_item_priv.h"

#include <string.h>

#include "base/arena.h"
#include "base/encode.h"
#include "base/failpoint.h"
#include "base/now.h"

static const char *const verdict_names[] = {
#define VERDICT_NAME(name, text) [OUTBOX_VERDICT_##name] = text,
	OUTBOX_VERDICTS(VERDICT_NAME)
#undef VERDICT_NAME
};

/* What somebody may have to look at, and what only a curious one wants. */
static const enum log_level verdict_levels[] = {
	[OUTBOX_VERDICT_SENT] = LOG_LEVEL_INFO,
	[OUTBOX_VERDICT_DEFERRED] = LOG_LEVEL_INFO,
	[OUTBOX_VERDICT_BOUNCED] = LOG_LEVEL_WARN,
	[OUTBOX_VERDICT_HELD] = LOG_LEVEL_WARN,
	[OUTBOX_VERDICT_UNKNOWN] = LOG_LEVEL_WARN,
	[OUTBOX_VERDICT_WAITS] = LOG_LEVEL_WARN,
};

/* What the journal says of a row that came to this state by a verdict. */
static const enum event_kind kind_of[OUTBOX_STATE_COUNT] = {
	[OUTBOX_READY] = EVENT_DEFERRED,  [OUTBOX_INDOUBT] = EVENT_IN_DOUBT,
	[OUTBOX_HELD] = EVENT_HELD,	  [OUTBOX_SENT] = EVENT_SENT,
	[OUTBOX_BOUNCED] = EVENT_BOUNCED,
};

/* ---- the list ---- */

static struct outbox_delivery
copy_of(struct arena *a, const struct outbox_delivery *d)
{
	struct outbox_delivery copy = *d;

	copy.key.step = str_copy(a, d->key.step);
	copy.key.subject = str_copy(a, d->key.subject);
	copy.key.channel = str_copy(a, d->key.channel);
	copy.sha256 = str_copy(a, d->sha256);
	copy.revision = str_copy(a, d->revision);
	copy.domain = str_copy(a, d->domain);
	copy.status = str_copy(a, d->status);
	return copy;
}

struct feed_item *
item_new(struct feed_items *items, const struct outbox_delivery *d,
	 int64_t now_ms)
{
	struct arena *a = arena_new();
	struct feed_item *item = ARENA_NEW(a, struct feed_item);
	struct feed_item **last = &items->first;

	item->arena = a;
	item->delivery = copy_of(a, d);
	item->message.delivery = &item->delivery;
	item->wait_ms = now_ms - d->due_ms;
	item->taken_us = now_mono_us();
	item->made_us = item->taken_us;
	atomic_init(&item->state, ITEM_TAKEN);
	while (*last)
		last = &(*last)->next;
	*last = item;
	return item;
}

struct feed_item *
item_of(struct feed_items *items, const struct dispatch_message *m)
{
	struct feed_item *item = items->first;

	while (item && &item->delivery != m->delivery)
		item = item->next;
	check(item);
	check(atomic_load(&item->state) == ITEM_TAKEN);
	return item;
}

void
item_drop(struct feed_items *items, struct feed_item *item)
{
	struct feed_item **place = &items->first;
	struct arena *a = item->arena;

	while (*place != item)
		place = &(*place)->next;
	*place = item->next;
	arena_free(&a);
}

/* ---- the log ---- */

/* A reply may quote who it speaks of: a person's address is masked. */
static struct str
masked(struct arena *a, struct str text)
{
	static const char around[] = " \t<>()[],;:\"'";
	struct buf out = { 0 };
	struct str copy;
	size_t end;

	for (size_t i = 0; i < text.len; i = end) {
		struct str word;

		for (end = i; end < text.len && !strchr(around, text.p[end]);)
			end++;
		word = str_slice(text, i, end);
		if (str_find_char(word, '@') >= 0)
			word = log_mask_address(a, word);
		buf_str(&out, word);
		if (end < text.len)
			buf_char(&out, text.p[end++]);
	}
	copy = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return copy;
}

void
item_log(const struct feed_items *items, const struct feed_item *item,
	 enum log_level level, const char *outcome, struct str status)
{
	const struct outbox_delivery *d = &item->delivery;
	int64_t spent_us = now_mono_us() - item->made_us - item->mark_us;
	struct buf id = { 0 };
	struct str partner;
	struct str to;

	if (!log_takes(level))
		return;
	partner = dispatch_slug(items->store, item->arena, d->id.partner_id);
	encode_hex(&id, (struct str){ (const char *)d->id.bytes,
				      sizeof(d->id.bytes) });
	to = log_mask_address(item->arena, item->message.receiver);
	log_line(level, "dispatch", "attempt",
		 LOG_FIELDS(LOG_CSTR("outcome", outcome),
			    LOG_TEXT("partner", partner),
			    LOG_TEXT("step", d->key.step),
			    LOG_TEXT("delivery", buf_view(&id)),
			    LOG_INT("attempt", d->attempt + item->marked),
			    LOG_TEXT("to", to), LOG_TEXT("relay", item->relay),
			    LOG_TEXT("status", masked(item->arena, status)),
			    LOG_INT("wait_ms", item->wait_ms),
			    LOG_INT("make_ms",
				    (item->made_us - item->taken_us) / 1000),
			    LOG_INT("mark_ms", item->mark_us / 1000),
			    LOG_INT("transfer_ms", spent_us / 1000)));
	buf_fini(&id);
}

/* ---- verdicts ---- */

/* In the journal; and what is in doubt now goes the way of its policy. */
static int
note_end(struct db *db, const struct feed_item *item, enum outbox_state became,
	 struct error *err)
{
	const struct outbox_verdict *v = &item->outcome.verdict;

	if (gate_note(db, kind_of[became], &item->delivery, v->status,
		      v->now_ms, err) < 0)
		return -(int)err->code;
	return became == OUTBOX_INDOUBT
		   ? gate_obey(db, &item->delivery, v->now_ms, err)
		   : 0;
}

static int
finish_unit(struct db *db, void *arg, struct error *err)
{
	struct feed_item *item = arg;
	const struct outbox_verdict *v = &item->outcome.verdict;
	enum outbox_state became = OUTBOX_STATE_COUNT;
	int got;

	item->applied = false;
	if (brake_apply(db, item, err) < 0)
		return -(int)err->code;
	got = outbox_finish(db, &item->delivery, v, &became, err);
	if (got < 0)
		return got;
	if (became != OUTBOX_STATE_COUNT && note_end(db, item, became, err) < 0)
		return -(int)err->code;
	item->applied = true;
	return got;
}

static void
finish_done(void *arg, int result, const struct error *err)
{
	struct feed_item *item = arg;

	if (result < 0)
		item->err = *err;
	failpoint_pass("dispatch: verdict stored");
	atomic_store(&item->state, result < 0 ? ITEM_FAILED : ITEM_STORED);
}

void
item_verdict(struct feed_items *items, struct feed_item *item,
	     const struct outbox_verdict *verdict)
{
	item_outcome(items, item,
		     &(struct dispatch_outcome){ .verdict = *verdict });
}

void
item_outcome(struct feed_items *items, struct feed_item *item,
	     const struct dispatch_outcome *outcome)
{
	const struct outbox_verdict *verdict = &outcome->verdict;

	failpoint_pass("dispatch: answered");
	item->outcome = *outcome;
	item->outcome.verdict.status = str_copy(item->arena, verdict->status);
	if (outcome->effect != DISPATCH_NOBODY)
		item->evidence = masked(item->arena, verdict->status);
	item_log(items, item, verdict_levels[verdict->kind],
		 verdict_names[verdict->kind], verdict->status);
	if (verdict->kind != OUTBOX_VERDICT_DEFERRED &&
	    verdict->kind != OUTBOX_VERDICT_WAITS &&
	    verdict->kind != OUTBOX_VERDICT_UNKNOWN)
		items->progress++;
	item->applied = false;
	atomic_store(&item->state, ITEM_SUBMITTED);
	db_submit(items->store, finish_unit, item, finish_done);
}

bool
items_applied(const struct feed_items *items)
{
	for (const struct feed_item *i = items->first; i; i = i->next) {
		int state = atomic_load(&i->state);

		if (state == ITEM_FAILED ||
		    (state == ITEM_SUBMITTED && !i->applied))
			return false;
	}
	return true;
}

bool
items_have_verdicts(const struct feed_items *items)
{
	for (const struct feed_item *i = items->first; i; i = i->next)
		if (atomic_load(&i->state) == ITEM_TAKEN)
			return false;
	return true;
}

void
items_sweep(struct feed_items *items)
{
	struct feed_item *next;

	items->failed = 0;
	for (struct feed_item *i = items->first; i; i = next) {
		int state = atomic_load(&i->state);

		next = i->next;
		items->failed += state == ITEM_FAILED;
		if (state != ITEM_STORED)
			continue;
		items->stored++;
		item_drop(items, i);
	}
}

/* ---- what was not tried ---- */

bool
items_have_returned(const struct feed_items *items)
{
	for (const struct feed_item *i = items->first; i; i = i->next)
		if (atomic_load(&i->state) == ITEM_RETURNED)
			return true;
	return false;
}

int
items_release(struct db *db, const struct feed_items *items, struct error *err)
{
	for (const struct feed_item *i = items->first; i; i = i->next)
		if (atomic_load(&i->state) == ITEM_RETURNED &&
		    outbox_release(db, &i->delivery, err) < 0)
			return -(int)err->code;
	return 0;
}

void
items_drop_returned(struct feed_items *items)
{
	struct feed_item *next;

	for (struct feed_item *i = items->first; i; i = next) {
		next = i->next;
		if (atomic_load(&i->state) == ITEM_RETURNED)
			item_drop(items, i);
	}
}

/* ---- a store that refuses ---- */

static void
log_refused(const struct feed_items *items, const struct feed_item *item,
	    const char *event, const struct error *err)
{
	const int64_t partner_id = item->delivery.id.partner_id;
	struct buf id = { 0 };

	encode_hex(&id, (struct str){ (const char *)item->delivery.id.bytes,
				      sizeof(item->delivery.id.bytes) });
	log_line(
	    LOG_LEVEL_ERROR, "dispatch", event,
	    LOG_FIELDS(
		LOG_TEXT("partner",
			 dispatch_slug(items->store, item->arena, partner_id)),
		LOG_TEXT("delivery", buf_view(&id)),
		LOG_CSTR("outcome", verdict_names[item->outcome.verdict.kind]),
		LOG_TEXT("status",
			 masked(item->arena, item->outcome.verdict.status)),
		LOG_CSTR("msg", err->text)));
	buf_fini(&id);
}

int
items_settle(struct feed_items *items, struct error *err)
{
	for (struct feed_item *i = items->first; i; i = i->next) {
		if (atomic_load(&i->state) != ITEM_FAILED)
			continue;
		if (db_commit(items->store, finish_unit, i, err) < 0) {
			i->err = *err;
			log_refused(items, i, "verdict_refused", err);
			return -(int)err->code;
		}
		atomic_store(&i->state, ITEM_STORED);
	}
	items_sweep(items);
	return 0;
}

void
items_fini(struct feed_items *items)
{
	struct feed_item *item;

	while ((item = items->first)) {
		if (atomic_load(&item->state) == ITEM_FAILED)
			log_refused(items, item, "verdict_lost", &item->err);
		item_drop(items, item);
	}
}
