/*
 * When a partner's own domain gives way to the vendor's, and when it comes back.
 *
 * The unit that stores what was found changes the sender and puts the notice of
 * it, so there is a notice for each change and none without one.
 */
#include "doctor/doctor_notice.h"
#include "doctor/doctor_priv.h"
#include "doctor/doctor_watch.h"
#include "mime/mime.h"

/*
 * The first error that is the domain's own: a relay's would be the vendor's
 * too. NULL: there is none.
 */
static const struct doctor_finding *
own_error(const struct fallback *f)
{
	for (size_t i = 0; i < f->report->count; i++) {
		const struct doctor_finding *x = &f->report->items[i];

		if (x->grade == DOCTOR_ERROR && str_eq(x->about, f->domain))
			return x;
	}
	return NULL;
}

static bool
is_wrong_again(const struct fallback *f)
{
	const struct doctor_row *before =
	    row_of(f->rows, f->row_count, f->domain);

	return own_error(f) && before && before->errors > 0 &&
	       before->checked_ms > 0;
}

static const struct partner_sender *
fallback_of(const struct partner_sender *all, int count, int64_t partner_id)
{
	for (int i = 0; i < count; i++)
		if (all[i].partner_id == partner_id &&
		    all[i].id == PARTNER_SENDER_FALLBACK)
			return &all[i];
	return NULL;
}

static bool
is_well(const struct fallback *f, const struct partner_sender *sender)
{
	const struct doctor_row *row = row_of(
	    f->rows, f->row_count, mime_address_domain(sender->from_address));

	return row && row->checked_ms > 0 && row->errors == 0;
}

static int
tell_down(struct db *db, const struct fallback *f,
	  const struct partner_sender *own, const struct partner_sender *other,
	  struct error *err)
{
	const struct doctor_finding *x = own_error(f);
	const struct doctor_notice notice = {
		.partner_id = own->partner_id,
		.at_ms = f->now_ms,
		.since_ms = f->now_ms,
		.domain = f->domain,
		.instead = other->from_address,
		.asked =
		    str_printf(f->a, "%s: %.*s", x->check, STR_ARG(x->asked)),
		.found = x->found,
		.expected = x->expected,
		.advice = x->advice,
	};

	return doctor_notice_put(db, f->a, &notice, err);
}

static int
tell_back(struct db *db, const struct fallback *f,
	  const struct partner_sender *own, const struct partner_sender *other,
	  struct error *err)
{
	const struct doctor_notice notice = {
		.partner_id = own->partner_id,
		.at_ms = f->now_ms,
		.is_back = true,
		.since_ms = own->down_ms,
		.domain = f->domain,
		.instead = other ? other->from_address : STR(""),
	};

	return doctor_notice_put(db, f->a, &notice, err);
}

/* 1 when it did. */
static int
fall_back(struct db *db, const struct fallback *f,
	  const struct partner_sender *own, const struct partner_sender *other,
	  struct error *err)
{
	int changed;

	if (own->down_ms > 0 || !other || !is_well(f, other))
		return 0;
	changed = partner_sender_set_down(db, own->partner_id, f->now_ms, err);
	if (changed > 0 && tell_down(db, f, own, other, err) < 0)
		return -(int)err->code;
	return changed;
}

static int
come_back(struct db *db, const struct fallback *f,
	  const struct partner_sender *own, const struct partner_sender *other,
	  struct error *err)
{
	int changed = partner_sender_set_down(db, own->partner_id, 0, err);

	if (changed > 0 && tell_back(db, f, own, other, err) < 0)
		return -(int)err->code;
	return changed;
}

int
fallback_choose(struct db *db, struct fallback *f, struct error *err)
{
	bool again = is_wrong_again(f);
	bool well = !own_error(f) && f->report->by_grade[DOCTOR_UNKNOWN] == 0;
	struct partner_sender *all;
	int count = partner_sender_list(db, f->a, &all, err);
	int got = count;

	for (int i = 0; i < count && got >= 0; i++) {
		const struct partner_sender *own = &all[i];
		const struct partner_sender *other =
		    fallback_of(all, count, own->partner_id);

		if (own->id != PARTNER_SENDER_DEFAULT ||
		    !str_eq(mime_address_domain(own->from_address), f->domain))
			continue;
		if (again) {
			got = fall_back(db, f, own, other, err);
			f->fell_back += got > 0;
		} else if (well) {
			got = come_back(db, f, own, other, err);
			f->came_back += got > 0;
		}
	}
	return got < 0 ? got : 0;
}
