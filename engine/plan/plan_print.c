/*
 * A plan on one screen: what it is, what changes, the steps, the partners who
 * get it with the time in UTC and theirs, then why others do not, and which
 * partners would not hear of a lead.
 */

#include <stdbool.h>

#include "base/civil.h"
#include "base/encode.h"
#include "base/zone.h"
#include "plan/plan.h"

enum { SHORT_BYTES = 6, FILES_SHOWN = 5 };
enum { NAME_MAX = 24, REASONS_MAX = 32, UNTOLD_SHOWN = 5 };

static void
add_cell(struct buf *out, struct str s, size_t width)
{
	buf_str(out, s);
	for (size_t n = str_characters(s); n < width; n++)
		buf_char(out, ' ');
}

static void
add_short(struct buf *out, struct str revision)
{
	encode_hex(out, str_slice(revision, 0, SHORT_BYTES));
}

/* ---- above the tables ---- */

static void
print_head(const struct plan *plan, struct buf *out)
{
	buf_printf(out, "%.*s  %.*s\n", STR_ARG(plan->campaign),
		   STR_ARG(plan->title));
	buf_cat(out, "  revision ");
	add_short(out, plan->revision);
	if (plan->old_revision.len == 0) {
		buf_cat(out, ", the first");
	} else if (str_eq(plan->revision, plan->old_revision)) {
		buf_cat(out, ", published");
	} else {
		buf_cat(out, ", published is ");
		add_short(out, plan->old_revision);
	}
	buf_printf(out, "; start %.*s\n", STR_ARG(plan->start));
}

static void
print_files(const struct plan *plan, struct buf *out)
{
	size_t shown = plan->changed_file_count;

	if (shown > FILES_SHOWN)
		shown = FILES_SHOWN;
	for (size_t i = 0; i < shown; i++)
		buf_printf(out, "  ~ %.*s\n", STR_ARG(plan->changed_files[i]));
	if (shown < plan->changed_file_count)
		buf_printf(out, "  ~ and %zu more\n",
			   plan->changed_file_count - shown);
}

static void
print_steps(const struct plan *plan, struct buf *out)
{
	size_t wide = 0;

	for (size_t i = 0; i < plan->step_count; i++)
		if (str_characters(plan->steps[i].id) > wide)
			wide = str_characters(plan->steps[i].id);
	buf_cat(out, "\nSteps\n");
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct plan_step_summary *s = &plan->steps[i];

		buf_cat(out, "  ");
		add_cell(out, s->id, wide + 2);
		if (s->when.len == 0) {
			buf_printf(out, "%.*s\n", STR_ARG(s->kind));
			continue;
		}
		add_cell(out, s->kind, sizeof("document") + 1);
		buf_printf(out, "%.*s, at most %lld\n", STR_ARG(s->when),
			   (long long)s->most);
	}
}

/* ---- partners ---- */

static void
add_local(struct buf *out, int64_t at_ms, const struct zone *z)
{
	static const char *const days[] = { "",	   "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat", "Sun" };
	struct local_time t;

	zone_to_local(z, at_ms, &t);
	buf_printf(out, "%s ", days[civil_weekday(&t)]);
	civil_print_date(&t, out);
	buf_printf(out, " %02d:%02d", t.hour, t.minute);
}

static bool
same_day(int64_t at_ms, const struct zone *a, const struct zone *b)
{
	struct local_time there;
	struct local_time here;

	zone_to_local(a, at_ms, &here);
	zone_to_local(b, at_ms, &there);
	return civil_days(&here) == civil_days(&there);
}

/* "Fri 2026-03-20 08:00 UTC, 09:00 Europe/Berlin". */
static void
add_time(struct buf *out, int64_t at_ms, struct str zone)
{
	const struct zone *utc, *z;
	struct buf name = { 0 };
	struct local_time t;
	struct error err;

	buf_str(&name, zone);
	if (zone_get("UTC", &utc, &err) < 0 ||
	    zone_get(buf_cstr(&name), &z, &err) < 0) {
		buf_fini(&name);
		return;
	}
	add_local(out, at_ms, utc);
	buf_cat(out, " UTC, ");
	zone_to_local(z, at_ms, &t);
	if (same_day(at_ms, utc, z))
		buf_printf(out, "%02d:%02d", t.hour, t.minute);
	else
		add_local(out, at_ms, z);
	buf_printf(out, " %.*s", STR_ARG(zone));
	buf_fini(&name);
}

/* Applying starts the runs; else somebody does, when it is applied. */
static bool
is_automatic(const struct plan *plan)
{
	return str_eq_cstr(plan->start, "automatic");
}

/* What applying does with the partner's run. */
static const char *
mark_of(const struct plan *plan, const struct plan_partner *p)
{
	if (!p->fits)
		return p->running ? "- " : "  ";
	return p->is_new && is_automatic(plan) ? "+ " : "  ";
}

static int64_t
skipped_of(const struct plan_partner *p)
{
	int64_t n = 0;

	for (size_t i = 0; i < p->skipped_count; i++)
		n += p->skipped[i].count;
	return n;
}

/* In whose name, and why; who is not mailed, and why not. */
static void
print_details(const struct plan_partner *p, struct buf *out)
{
	buf_printf(out, "      from %.*s\n      by %.*s\n", STR_ARG(p->from),
		   STR_ARG(p->why));
	for (size_t i = 0; i < p->skipped_count; i++)
		buf_printf(out, "      not %lld: %.*s\n",
			   (long long)p->skipped[i].count,
			   STR_ARG(p->skipped[i].reason));
}

static void
print_partner(const struct plan *plan, const struct plan_partner *p,
	      size_t wide, struct buf *out)
{
	buf_printf(out, "  %s", mark_of(plan, p));
	add_cell(out, p->slug, wide + 2);
	buf_printf(out, "%7lld %7lld  ", (long long)p->contacts,
		   (long long)skipped_of(p));
	if (p->first_ms && !p->running && !is_automatic(plan))
		buf_cat(out, "once it is started");
	else if (p->first_ms)
		add_time(out, p->first_ms, p->zone);
	else
		buf_cat(out, "nobody to mail");
	buf_char(out, '\n');
}

static size_t
widest(const struct plan *plan)
{
	size_t wide = sizeof("partner") - 1;

	for (size_t i = 0; i < plan->partner_count; i++)
		if (str_characters(plan->partners[i].slug) > wide)
			wide = str_characters(plan->partners[i].slug);
	return wide < NAME_MAX ? wide : NAME_MAX;
}

static size_t
count_fitting(const struct plan *plan)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->partner_count; i++)
		n += plan->partners[i].fits;
	return n;
}

/* Over all partners, so that one line of it is enough. */
static void
print_skipped(const struct plan *plan, struct buf *out)
{
	struct plan_reason_count sums[REASONS_MAX];
	size_t count = 0;

	for (size_t i = 0; i < plan->partner_count; i++)
		for (size_t k = 0; k < plan->partners[i].skipped_count; k++) {
			const struct plan_reason_count *r =
			    &plan->partners[i].skipped[k];
			size_t at = 0;

			while (at < count &&
			       !str_eq(sums[at].reason, r->reason))
				at++;
			if (at == REASONS_MAX)
				continue;
			if (at == count)
				sums[count++] =
				    (struct plan_reason_count){ r->reason, 0 };
			sums[at].count += r->count;
		}
	for (size_t i = 0; i < count; i++)
		buf_printf(out, "%s%lld %.*s", i == 0 ? "\nNot mailed: " : ", ",
			   (long long)sums[i].count, STR_ARG(sums[i].reason));
	if (count)
		buf_char(out, '\n');
}

static void
print_untold(const struct plan *plan, struct buf *out)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->partner_count; i++) {
		const struct plan_partner *p = &plan->partners[i];

		if (!p->untold)
			continue;
		if (count < UNTOLD_SHOWN)
			buf_printf(out, "%s%.*s",
				   count ? ", " : "\nNot told of leads: ",
				   STR_ARG(p->slug));
		count++;
	}
	if (count > UNTOLD_SHOWN)
		buf_printf(out, " and %zu more", count - UNTOLD_SHOWN);
	if (count > 0)
		buf_cat(out, "; no lead_email, owner_email or webhook\n");
}

static void
print_waiting(const struct plan *plan, struct buf *out)
{
	int64_t sum = 0;

	for (size_t i = 0; i < plan->partner_count; i++)
		sum += plan->partners[i].waiting;
	if (sum > 0)
		buf_printf(out,
			   "\nWaiting: %lld beyond what was reviewed; applying "
			   "lets them in\n",
			   (long long)sum);
}

static void
print_moved(const struct plan *plan, struct buf *out)
{
	int64_t sum = 0;

	for (size_t i = 0; i < plan->partner_count; i++)
		sum += plan->partners[i].moved;
	if (sum > 0)
		buf_printf(out,
			   "\nMoved: %lld first mails, to the next hour at "
			   "which they may leave\n",
			   (long long)sum);
}

static void
print_fitting(const struct plan *plan, size_t rows, struct buf *out)
{
	size_t fitting = count_fitting(plan);
	size_t wide = widest(plan);
	bool details = rows == 0;
	size_t shown = 0;

	if (rows == 0 || rows > fitting)
		rows = fitting;
	buf_printf(out, "\nPartners in the audience: %zu of %zu\n", fitting,
		   plan->partner_count);
	if (fitting) {
		buf_cat(out, "    ");
		add_cell(out, STR("partner"), wide + 2);
		buf_cat(out, " people     not  first mail\n");
	}
	for (size_t i = 0; i < plan->partner_count && shown < rows; i++) {
		const struct plan_partner *p = &plan->partners[i];

		if (!p->fits)
			continue;
		print_partner(plan, p, wide, out);
		if (details)
			print_details(p, out);
		shown++;
	}
	if (shown < fitting)
		buf_printf(out, "    and %zu more\n", fitting - shown);
	if (!details && shown > 0)
		buf_cat(out, "    (--rows: all, with sender and reasons)\n");
}

static void
print_others(const struct plan *plan, size_t rows, struct buf *out)
{
	size_t others = plan->partner_count - count_fitting(plan);
	size_t wide = widest(plan);
	size_t shown = 0;

	if (others == 0)
		return;
	if (rows == 0 || rows > others)
		rows = others;
	buf_printf(out, "\nNot in the audience: %zu\n", others);
	for (size_t i = 0; i < plan->partner_count && shown < rows; i++) {
		const struct plan_partner *p = &plan->partners[i];

		if (p->fits)
			continue;
		buf_printf(out, "  %s", mark_of(plan, p));
		add_cell(out, p->slug, wide + 2);
		buf_printf(out, "%.*s%s\n", STR_ARG(p->why),
			   p->running ? "; its run ends" : "");
		shown++;
	}
	if (shown < others)
		buf_printf(out, "  and %zu more\n", others - shown);
}

/* What applying would do, how far it may go, and what comes after it. */
static void
print_end(const struct plan *plan, struct buf *out)
{
	buf_printf(out,
		   "\n%s\nMails for the partner with most: %lld now; beyond "
		   "%lld (a tenth more, at least 10) apply refuses\n",
		   plan->changes ? "Changes to apply" : "Nothing to change",
		   (long long)plan->mails, (long long)plan->mails_most);
	if (!is_automatic(plan))
		buf_printf(out,
			   "A partner's run begins with: guidon start %.*s "
			   "--partner P\n",
			   STR_ARG(plan->campaign));
}

void
plan_print(const struct plan *plan, size_t rows, struct buf *out)
{
	print_head(plan, out);
	print_files(plan, out);
	print_steps(plan, out);
	print_fitting(plan, rows, out);
	print_moved(plan, out);
	print_skipped(plan, out);
	print_untold(plan, out);
	print_waiting(plan, out);
	print_others(plan, rows, out);
	print_end(plan, out);
}
