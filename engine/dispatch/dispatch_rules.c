/*
 * The note is lines of words, so that it can be read where it lies:
 *
 *	limit domain 1000 hour gmail.com googlemail.com
 *	ramp 50 200 100000 new.example
 *	canary 50 900000
 *	budget 500 10 day 100
 *
 * A program that meets a line it does not know refuses all of it: to send
 * without a limit that somebody stated is worse than not to send.
 */
#include "dispatch/dispatch_rules.h"

#include <inttypes.h>

#include "base/arena.h"
#include "partner/partner.h"

static const char note_name[] = "sending";

/* ---- writing ---- */

static void
write_names(struct buf *out, const struct str *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_printf(out, " %.*s", STR_ARG(names[i]));
	buf_char(out, '\n');
}

void
dispatch_rules_write(struct buf *out, const struct dispatch_rules *rules)
{
	const struct dispatch_budget *b = &rules->budget;
	const struct dispatch_ramp *r = &rules->ramp;

	for (size_t i = 0; i < rules->limit_count; i++) {
		const struct dispatch_limit *l = &rules->limits[i];

		buf_printf(out, "limit %s %" PRId64 " %s",
			   outbox_scope_name(l->scope), l->rate.messages,
			   outbox_unit_name(l->rate.unit));
		write_names(out, l->names, l->name_count);
	}
	if (r->messages > 0) {
		buf_printf(out, "ramp %" PRId64 " %" PRId64 " %" PRId64,
			   r->messages, r->hundredths, r->until);
		write_names(out, r->names, r->name_count);
	}
	if (rules->canary_messages > 0)
		buf_printf(out, "canary %" PRId64 " %" PRId64 "\n",
			   rules->canary_messages, rules->canary_ms);
	if (b->least > 0)
		buf_printf(out,
			   "budget %" PRId64 " %" PRId64 " %s %" PRId64 "\n",
			   b->bounces, b->complaints, outbox_unit_name(b->unit),
			   b->least);
}

/* ---- reading ---- */

struct reading {
	struct arena *a;
	struct dispatch_limit *limits;
	struct dispatch_rules *out;
};

static bool
take_int(struct str *rest, int64_t min, int64_t *out)
{
	struct str word;

	return str_word(rest, &word) && str_int(word, min, INT64_MAX / 2, out);
}

static bool
take_unit(struct str *rest, enum outbox_unit *out)
{
	struct str word;

	return str_word(rest, &word) && outbox_unit_find(word, out) &&
	       *out != OUTBOX_EVER;
}

static bool
take_scope(struct str *rest, enum outbox_scope *out)
{
	static const enum outbox_scope scopes[] = { OUTBOX_SCOPE_RELAY,
						    OUTBOX_SCOPE_DOMAIN,
						    OUTBOX_SCOPE_PARTNER };
	struct str word;

	if (!str_word(rest, &word))
		return false;
	for (size_t i = 0; i < COUNT_OF(scopes); i++) {
		*out = scopes[i];
		if (str_eq_cstr(word, outbox_scope_name(*out)))
			return true;
	}
	return false;
}

/* All that is left of the line; false: too many. */
static bool
take_names(struct arena *a, struct str rest, const struct str **out,
	   size_t *count)
{
	struct str *names = ARENA_ARRAY(a, DISPATCH_NAMES_MAX, struct str);
	struct str name;

	*out = names;
	*count = 0;
	while (str_word(&rest, &name)) {
		if (*count == DISPATCH_NAMES_MAX)
			return false;
		names[(*count)++] = str_copy(a, name);
	}
	return true;
}

static bool
read_limit(struct reading *r, struct str rest)
{
	struct dispatch_limit *l = &r->limits[r->out->limit_count];

	*l = (struct dispatch_limit){ 0 };
	if (r->out->limit_count == DISPATCH_LIMITS_MAX ||
	    !take_scope(&rest, &l->scope) ||
	    !take_int(&rest, 1, &l->rate.messages) ||
	    !take_unit(&rest, &l->rate.unit))
		return false;
	r->out->limit_count++;
	return take_names(r->a, rest, &l->names, &l->name_count);
}

static bool
read_ramp(struct reading *r, struct str rest)
{
	struct dispatch_ramp *ramp = &r->out->ramp;

	return take_int(&rest, 1, &ramp->messages) &&
	       take_int(&rest, 101, &ramp->hundredths) &&
	       take_int(&rest, 1, &ramp->until) &&
	       take_names(r->a, rest, &ramp->names, &ramp->name_count);
}

static bool
read_budget(struct str rest, struct dispatch_budget *b)
{
	return take_int(&rest, 0, &b->bounces) &&
	       take_int(&rest, 0, &b->complaints) &&
	       take_unit(&rest, &b->unit) && take_int(&rest, 1, &b->least);
}

static bool
read_line(struct reading *r, struct str rest)
{
	struct str word;

	if (!str_word(&rest, &word))
		return true;
	if (str_eq_cstr(word, "limit"))
		return read_limit(r, rest);
	if (str_eq_cstr(word, "ramp"))
		return read_ramp(r, rest);
	if (str_eq_cstr(word, "canary"))
		return take_int(&rest, 1, &r->out->canary_messages) &&
		       take_int(&rest, 0, &r->out->canary_ms);
	return str_eq_cstr(word, "budget") &&
	       read_budget(rest, &r->out->budget);
}

int
dispatch_rules_read(struct arena *a, struct str text,
		    struct dispatch_rules *out, struct error *err)
{
	struct reading r = { .a = a, .out = out };
	struct str line;

	*out = (struct dispatch_rules){ 0 };
	r.limits =
	    ARENA_ARRAY(a, DISPATCH_LIMITS_MAX + 1, struct dispatch_limit);
	out->limits = r.limits;
	while (str_split(&text, '\n', &line))
		if (!read_line(&r, line))
			return error_set(
			    err, ERROR_INVALID,
			    "the rules of sending have a line "
			    "\"%.*s\", expected a limit, a "
			    "ramp-up, a canary or a budget; is the store newer than "
			    "this program?",
			    STR_ARG(line));
	return 0;
}

/* ---- the store ---- */

int
dispatch_rules_save(struct db *db, const struct dispatch_rules *rules,
		    struct error *err)
{
	struct buf before = { 0 };
	struct buf now = { 0 };
	int got = db_note_find(db, note_name, &before, err);

	dispatch_rules_write(&now, rules);
	if (got >= 0) {
		got = !str_eq(buf_view(&before), buf_view(&now));
		if (got && db_note_set(db, note_name, buf_view(&now), err) < 0)
			got = -(int)err->code;
	}
	buf_fini(&before);
	buf_fini(&now);
	return got;
}

static int
find_partners(struct db *db, struct arena *a, struct dispatch_limit *l,
	      struct error *err)
{
	int64_t *ids = ARENA_ARRAY(a, l->name_count, int64_t);

	for (size_t i = 0; i < l->name_count; i++) {
		struct partner p = { 0 };

		if (partner_find(db, a, l->names[i], &p, err) < 0)
			return -(int)err->code;
		ids[i] = p.id;
	}
	l->partners = ids;
	return 0;
}

int
dispatch_rules_load(struct db *db, struct arena *a, struct dispatch_rules *out,
		    struct error *err)
{
	struct buf text = { 0 };
	int code = db_note_find(db, note_name, &text, err);

	if (code >= 0)
		code = dispatch_rules_read(a, buf_view(&text), out, err);
	buf_fini(&text);
	for (size_t i = 0; code >= 0 && i < out->limit_count; i++)
		if (out->limits[i].scope == OUTBOX_SCOPE_PARTNER)
			code = find_partners(
			    db, a,
			    (struct dispatch_limit *)(uintptr_t)&out->limits[i],
			    err);
	return code < 0 ? code : 0;
}

/* ---- which are whose ---- */

static bool
names_it(const struct dispatch_limit *l, struct str name)
{
	int64_t id;

	if (l->scope == OUTBOX_SCOPE_PARTNER) {
		if (!str_int(name, 1, INT64_MAX, &id))
			return false;
		for (size_t i = 0; i < l->name_count; i++)
			if (l->partners[i] == id)
				return true;
		return false;
	}
	for (size_t i = 0; i < l->name_count; i++)
		if (str_eq(l->names[i], name))
			return true;
	return false;
}

struct str
dispatch_rules_domain(const struct dispatch_rules *rules, struct str domain)
{
	for (size_t i = 0; i < rules->limit_count; i++)
		if (rules->limits[i].scope == OUTBOX_SCOPE_DOMAIN &&
		    names_it(&rules->limits[i], domain))
			return rules->limits[i].names[0];
	return domain;
}

static int
pick(const struct dispatch_rules *rules, enum outbox_scope scope,
     const struct str *name, struct outbox_rate *out, int max)
{
	int count = 0;

	for (size_t i = 0; i < rules->limit_count && count < max; i++) {
		const struct dispatch_limit *l = &rules->limits[i];

		if (l->scope == scope &&
		    (name ? names_it(l, *name) : l->name_count == 0))
			out[count++] = l->rate;
	}
	return count;
}

int
dispatch_rules_rates(const struct dispatch_rules *rules,
		     enum outbox_scope scope, struct str name,
		     struct outbox_rate *out, int max)
{
	int count = pick(rules, scope, &name, out, max);

	return count > 0 ? count : pick(rules, scope, NULL, out, max);
}
