/*
 * Between the review and the apply the world goes on. What the reviewer would
 * have to see again refuses; what only makes it less does not.
 */
#include "base/encode.h"
#include "plan/plan_priv.h"

enum { SHORT_BYTES = 6 };

static const char *
short_name(struct buf *b, struct str revision)
{
	buf_clear(b);
	if (revision.len == 0)
		return "none";
	encode_hex(b, str_slice(revision, 0, SHORT_BYTES));
	return buf_cstr(b);
}

static int
moved(const struct str *reviewed, struct str now, const char *what,
      struct error *err)
{
	struct buf before = { 0 };
	struct buf after = { 0 };

	error_set(err, ERROR_INVALID,
		  "found %s %s, expected %s as it was reviewed: make a new "
		  "plan",
		  what, short_name(&after, now),
		  short_name(&before, *reviewed));
	buf_fini(&before);
	buf_fini(&after);
	return -(int)err->code;
}

const struct plan_partner *
plan_find_partner(const struct plan *plan, struct str slug)
{
	for (size_t i = 0; i < plan->partner_count; i++)
		if (str_eq(plan->partners[i].slug, slug))
			return &plan->partners[i];
	return NULL;
}

static int
check_partners(const struct plan *reviewed, const struct plan *current,
	       struct error *err)
{
	size_t at = 0;

	/* Both are in the order of slugs. */
	for (size_t i = 0; i < current->partner_count; i++) {
		const struct plan_partner *p = &current->partners[i];
		const struct plan_partner *before;

		if (!p->fits)
			continue;
		while (at < reviewed->partner_count &&
		       str_cmp(reviewed->partners[at].slug, p->slug) < 0)
			at++;
		before = at < reviewed->partner_count ? &reviewed->partners[at]
						      : NULL;
		if (!before || !str_eq(before->slug, p->slug) || !before->fits)
			return error_set(err, ERROR_INVALID,
					 "found the partner \"%.*s\" in the "
					 "audience, who was not when it was "
					 "reviewed: make a new plan",
					 STR_ARG(p->slug));
		if (!str_eq(before->from, p->from))
			return error_set(err, ERROR_INVALID,
					 "found mail of \"%.*s\" from \"%.*s\","
					 " expected \"%.*s\" as it was "
					 "reviewed: make a new plan",
					 STR_ARG(p->slug), STR_ARG(p->from),
					 STR_ARG(before->from));
	}
	return 0;
}

static int
check_bound(const struct plan *reviewed, const struct plan *current,
	    struct error *err)
{
	if (current->mails <= reviewed->mails_most)
		return 0;
	return error_set(err, ERROR_INVALID,
			 "found %lld mails for one partner, expected at most "
			 "%lld as it was reviewed: make a new plan",
			 (long long)current->mails,
			 (long long)reviewed->mails_most);
}

int
plan_drift(const struct plan *reviewed, const struct plan *current,
	   struct error *err)
{
	if (!str_eq(reviewed->campaign, current->campaign))
		return error_set(err, ERROR_INVALID,
				 "found a plan of campaign \"%.*s\", expected "
				 "one of \"%.*s\"",
				 STR_ARG(reviewed->campaign),
				 STR_ARG(current->campaign));
	if (!str_eq(reviewed->revision, current->revision))
		return moved(&reviewed->revision, current->revision,
			     "the campaign's files at revision", err);
	/* Its own apply, a pilot, does not stand in its way. */
	if (!str_eq(reviewed->old_revision, current->old_revision) &&
	    !str_eq(reviewed->revision, current->old_revision))
		return moved(&reviewed->old_revision, current->old_revision,
			     "published meanwhile revision", err);
	if (check_partners(reviewed, current, err) < 0)
		return -(int)err->code;
	return check_bound(reviewed, current, err);
}

bool
plan_has_partner(const struct plan *plan, struct str slug)
{
	return plan_find_partner(plan, slug) != NULL;
}
