/*
 * What a policy knows of a person, in words and in full. It is the vendor's to
 * read: it names other partners.
 *
 * Why a slot was decided so is as it was then; what the partners bring is as it
 * is now.
 */
#include "base/arena.h"
#include "base/civil.h"
#include "plan/plan_priv.h"

#define DAY_MS INT64_C(86400000)

static void
say_time(struct buf *out, const char *before, int64_t at_ms)
{
	buf_str(out, str_of(before));
	civil_print_instant(at_ms, 0, out);
}

static void
say_rival(struct buf *out, const struct plan_rival *r, struct str slug)
{
	buf_printf(out, "; %.*s:", STR_ARG(slug));
	if (r->served_ms > 0)
		say_time(out, " first mail ", r->served_ms);
	else
		buf_str(out, r->bounced ? STR(" its mail bounced")
			     : r->may	? STR(" no mail yet")
					: STR(" may not mail the person"));
	if (r->claim_ms > 0)
		say_time(out, ", open lead since ", r->claim_ms);
	if (r->is_customer)
		buf_str(out, STR(", customer"));
	if (r->consent_ms > 0)
		say_time(out, ", consent ", r->consent_ms);
	else
		buf_str(out, STR(", consent without a date"));
	if (r->added_ms > 0)
		say_time(out, ", uploaded ", r->added_ms);
}

static int
say_slot(struct db *db, struct arena *a, const struct partner_slot *slot,
	 const struct plan_rivals *rivals, struct buf *out, struct error *err)
{
	struct partner p;

	if (partner_get(db, a, slot->partner_id, &p, err) < 0)
		return -(int)err->code;
	buf_printf(out, "%.*s mails the person", STR_ARG(p.slug));
	say_time(out, ", decided ", slot->at_ms);
	buf_printf(out, ": it %.*s", STR_ARG(slot->rule));
	for (size_t i = 0; i < rivals->count; i++) {
		if (partner_get(db, a, rivals->items[i].partner_id, &p, err) <
		    0)
			return -(int)err->code;
		say_rival(out, &rivals->items[i], p.slug);
	}
	return 1;
}

static int
explain_slot(struct db *db, struct arena *a, const struct plan_question *q,
	     struct buf *out, struct error *err)
{
	struct partner_slot slot = { .campaign = q->campaign,
				     .person = q->person };
	struct plan_rivals rivals;
	struct plan_policy p;
	int got;

	if (plan_policy_read(db, a, q->campaign, &p, err) < 0)
		return -(int)err->code;
	if (!p.is_one)
		return 0;
	got = partner_slot_find(db, a, &slot, err);
	if (got < 0 || plan_rivals_of(db, a, &p, q->person, &rivals, err) < 0)
		return -(int)err->code;
	if (got > 0)
		return say_slot(db, a, &slot, &rivals, out, err);
	buf_str(out, STR("one partner alone mails the person; it is not "
			 "decided yet which"));
	return 0;
}

static int
explain_frequency(struct db *db, enum frequency_scope scope, struct buf *out,
		  struct error *err)
{
	struct frequency f;
	int got = partner_frequency_find(db, scope, &f, err);

	if (got > 0)
		buf_printf(out, "at most %lld mails in %lld days %s; ",
			   (long long)f.most, (long long)(f.window_ms / DAY_MS),
			   scope == FREQUENCY_ALL ? "over all partners"
						  : "from this partner");
	return got;
}

static int
explain_place(struct db *db, const struct plan_question *q, struct buf *out,
	      struct error *err)
{
	int64_t free_ms;
	int free =
	    outbox_free_at(db, q->partner_id, person_hash_view(q->person),
			   q->now_ms, &free_ms, err);

	if (free != 0)
		return free < 0 ? free : 0;
	if (out->len)
		buf_str(out, STR("; "));
	if (explain_frequency(db, FREQUENCY_ALL, out, err) < 0 ||
	    explain_frequency(db, FREQUENCY_EACH, out, err) < 0)
		return -(int)err->code;
	say_time(out, "the next may leave ", free_ms);
	return 1;
}

int
plan_explain(struct db *db, struct arena *a, const struct plan_question *q,
	     enum gate_reason *reason, struct str *text, struct error *err)
{
	struct buf out = { 0 };
	int code = explain_slot(db, a, q, &out, err);

	if (code >= 0 && *reason == GATE_OPEN) {
		code = explain_place(db, q, &out, err);
		if (code > 0)
			*reason = GATE_FREQUENCY;
	}
	*text = str_copy(a, buf_view(&out));
	buf_fini(&out);
	return code < 0 ? code : 0;
}
