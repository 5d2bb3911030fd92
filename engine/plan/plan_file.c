/*
 * A plan as a file to be reviewed and kept.
 *
 *	{"guidon-plan": 1, "sha256": "...", "plan": {...}}
 *
 * The hash is that of the plan as plan_write() writes it without blanks. What
 * is read is written again and must give that hash, so nothing that counts can
 * be changed by hand, while an editor may fold the lines as it likes.
 *
 * One table of fields would serve both directions, at the price of a language
 * of its own; two functions for each record are easier to read.
 */

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "base/js.h"
#include "plan/plan.h"

enum { FORMAT = 1 };

/* ---- writing ---- */

static void
put_hex(struct js_writer *w, const char *key, struct str bytes)
{
	struct buf hex = { 0 };

	encode_hex(&hex, bytes);
	js_key_str(w, key, buf_view(&hex));
	buf_fini(&hex);
}

static void
put_partner(struct js_writer *w, const struct plan_partner *p)
{
	js_begin_object(w);
	js_key_str(w, "id", p->slug);
	js_key_str(w, "company", p->company);
	js_key_bool(w, "fits", p->fits);
	js_key_str(w, "why", p->why);
	js_key_bool(w, "running", p->running);
	js_key_bool(w, "new", p->is_new);
	js_key_str(w, "from", p->from);
	js_key_str(w, "zone", p->zone);
	js_key_int(w, "contacts", p->contacts);
	js_key_int(w, "first_ms", p->first_ms);
	js_key_int(w, "last_ms", p->last_ms);
	js_key(w, STR("skipped"));
	js_begin_array(w);
	for (size_t i = 0; i < p->skipped_count; i++) {
		js_begin_object(w);
		js_key_str(w, "reason", p->skipped[i].reason);
		js_key_int(w, "count", p->skipped[i].count);
		js_end_object(w);
	}
	js_end_array(w);
	js_end_object(w);
}

static void
put_step(struct js_writer *w, const struct plan_step_summary *s)
{
	js_begin_object(w);
	js_key_str(w, "id", s->id);
	js_key_str(w, "kind", s->kind);
	js_key_str(w, "when", s->when);
	js_key_int(w, "most", s->most);
	js_end_object(w);
}

static void
put_lists(struct js_writer *w, const struct plan *plan)
{
	js_key(w, STR("changed_files"));
	js_begin_array(w);
	for (size_t i = 0; i < plan->changed_file_count; i++)
		js_string(w, plan->changed_files[i]);
	js_end_array(w);
	js_key(w, STR("steps"));
	js_begin_array(w);
	for (size_t i = 0; i < plan->step_count; i++)
		put_step(w, &plan->steps[i]);
	js_end_array(w);
	js_key(w, STR("partners"));
	js_begin_array(w);
	for (size_t i = 0; i < plan->partner_count; i++)
		put_partner(w, &plan->partners[i]);
	js_end_array(w);
}

static void
put_plan(struct js_writer *w, const struct plan *plan)
{
	js_begin_object(w);
	js_key_str(w, "campaign", plan->campaign);
	js_key_str(w, "title", plan->title);
	js_key_str(w, "start", plan->start);
	put_hex(w, "revision", plan->revision);
	put_hex(w, "old_revision", plan->old_revision);
	js_key_bool(w, "changes", plan->changes);
	js_key_int(w, "made_ms", plan->made_ms);
	js_key_int(w, "mails", plan->mails);
	js_key_int(w, "mails_most", plan->mails_most);
	put_lists(w, plan);
	js_end_object(w);
}

/* In hexadecimal digits, added to `out`. */
static void
add_hash(const struct plan *plan, struct buf *out)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf text = { 0 };
	struct js_writer w;

	js_writer_init(&w, &text, false);
	put_plan(&w, plan);
	js_writer_end(&w);
	crypto_sha256(buf_view(&text), hash);
	encode_hex(out, (struct str){ (const char *)hash, sizeof(hash) });
	buf_fini(&text);
}

void
plan_write(const struct plan *plan, struct buf *out)
{
	struct buf hash = { 0 };
	struct js_writer w;

	add_hash(plan, &hash);
	js_writer_init(&w, out, true);
	js_begin_object(&w);
	js_key_int(&w, "guidon-plan", FORMAT);
	js_key_str(&w, "sha256", buf_view(&hash));
	js_key(&w, STR("plan"));
	put_plan(&w, plan);
	js_end_object(&w);
	js_writer_end(&w);
	buf_char(out, '\n');
	buf_fini(&hash);
}

/* ---- reading ---- */

static int
get_str(const struct js *js, const char *key, struct arena *a, struct str *out,
	struct error *err)
{
	struct str s;

	if (js_get_str(js, key, &s, err) < 0)
		return -(int)err->code;
	*out = str_copy(a, s);
	return 0;
}

static int
get_hex(const struct js *js, const char *key, struct arena *a, struct str *out,
	struct error *err)
{
	struct buf bytes = { 0 };
	struct str hex;
	int code = js_get_str(js, key, &hex, err);

	if (code >= 0)
		code = decode_hex(&bytes, hex, err);
	if (code >= 0)
		*out = str_copy(a, buf_view(&bytes));
	else
		error_context(err, "%s", key);
	buf_fini(&bytes);
	return code < 0 ? code : 0;
}

static int
get_skipped(const struct js *js, struct arena *a, struct plan_partner *p,
	    struct error *err)
{
	struct plan_reason_count *all;
	const struct js *list;

	if (js_get_array(js, "skipped", &list, err) < 0)
		return -(int)err->code;
	p->skipped_count = js_count(list);
	p->skipped = all =
	    ARENA_ARRAY(a, p->skipped_count, struct plan_reason_count);
	for (size_t i = 0; i < p->skipped_count; i++) {
		const struct js *one = js_at(list, i);

		if (get_str(one, "reason", a, &all[i].reason, err) < 0 ||
		    js_get_int(one, "count", &all[i].count, err) < 0)
			return -(int)err->code;
	}
	return 0;
}

static int
get_partner(const struct js *js, struct arena *a, struct plan_partner *p,
	    struct error *err)
{
	if (get_str(js, "id", a, &p->slug, err) < 0 ||
	    get_str(js, "company", a, &p->company, err) < 0 ||
	    js_get_bool(js, "fits", &p->fits, err) < 0 ||
	    get_str(js, "why", a, &p->why, err) < 0 ||
	    js_get_bool(js, "running", &p->running, err) < 0 ||
	    js_get_bool(js, "new", &p->is_new, err) < 0 ||
	    get_str(js, "from", a, &p->from, err) < 0 ||
	    get_str(js, "zone", a, &p->zone, err) < 0 ||
	    js_get_int(js, "contacts", &p->contacts, err) < 0 ||
	    js_get_int(js, "first_ms", &p->first_ms, err) < 0 ||
	    js_get_int(js, "last_ms", &p->last_ms, err) < 0)
		return -(int)err->code;
	return get_skipped(js, a, p, err);
}

static int
get_partners(const struct js *js, struct arena *a, struct plan *plan,
	     struct error *err)
{
	struct plan_partner *all;
	const struct js *list;

	if (js_get_array(js, "partners", &list, err) < 0)
		return -(int)err->code;
	plan->partner_count = js_count(list);
	plan->partners = all =
	    ARENA_ARRAY(a, plan->partner_count, struct plan_partner);
	for (size_t i = 0; i < plan->partner_count; i++)
		if (get_partner(js_at(list, i), a, &all[i], err) < 0)
			return error_context(err, "partner %zu", i + 1);
	return 0;
}

static int
get_steps(const struct js *js, struct arena *a, struct plan *plan,
	  struct error *err)
{
	struct plan_step_summary *all;
	const struct js *list;

	if (js_get_array(js, "steps", &list, err) < 0)
		return -(int)err->code;
	plan->step_count = js_count(list);
	plan->steps = all =
	    ARENA_ARRAY(a, plan->step_count, struct plan_step_summary);
	for (size_t i = 0; i < plan->step_count; i++) {
		const struct js *one = js_at(list, i);

		if (get_str(one, "id", a, &all[i].id, err) < 0 ||
		    get_str(one, "kind", a, &all[i].kind, err) < 0 ||
		    get_str(one, "when", a, &all[i].when, err) < 0 ||
		    js_get_int(one, "most", &all[i].most, err) < 0)
			return error_context(err, "step %zu", i + 1);
	}
	return 0;
}

static int
get_files(const struct js *js, struct arena *a, struct plan *plan,
	  struct error *err)
{
	const struct js *list;
	struct str *all;

	if (js_get_array(js, "changed_files", &list, err) < 0)
		return -(int)err->code;
	plan->changed_file_count = js_count(list);
	plan->changed_files = all =
	    ARENA_ARRAY(a, plan->changed_file_count, struct str);
	for (size_t i = 0; i < plan->changed_file_count; i++) {
		struct str name = { 0 };

		(void)js_as_str(js_at(list, i), &name);
		all[i] = str_copy(a, name);
	}
	return 0;
}

static int
get_plan(const struct js *js, struct arena *a, struct plan *plan,
	 struct error *err)
{
	if (get_str(js, "campaign", a, &plan->campaign, err) < 0 ||
	    get_str(js, "title", a, &plan->title, err) < 0 ||
	    get_str(js, "start", a, &plan->start, err) < 0 ||
	    get_hex(js, "revision", a, &plan->revision, err) < 0 ||
	    get_hex(js, "old_revision", a, &plan->old_revision, err) < 0 ||
	    js_get_bool(js, "changes", &plan->changes, err) < 0 ||
	    js_get_int(js, "made_ms", &plan->made_ms, err) < 0 ||
	    js_get_int(js, "mails", &plan->mails, err) < 0 ||
	    js_get_int(js, "mails_most", &plan->mails_most, err) < 0 ||
	    get_files(js, a, plan, err) < 0 || get_steps(js, a, plan, err) < 0)
		return -(int)err->code;
	return get_partners(js, a, plan, err);
}

static int
check_hash(const struct js *js, const struct plan *plan, struct error *err)
{
	struct buf hash = { 0 };
	struct str said = { 0 };
	int code = js_get_str(js, "sha256", &said, err);

	add_hash(plan, &hash);
	if (code >= 0 && !str_eq(said, buf_view(&hash)))
		code = error_set(err, ERROR_INVALID,
				 "found a plan that was changed after it was "
				 "made, expected the one with the SHA-256 "
				 "%.*s",
				 STR_ARG(said));
	buf_fini(&hash);
	return code;
}

int
plan_read(struct str bytes, struct arena *a, struct plan **out,
	  struct error *err)
{
	struct plan *plan = ARENA_NEW(a, struct plan);
	const struct js *inner;
	int64_t format = 0;
	struct js *js;
	int code;

	if (js_parse(bytes, &js, err) < 0)
		return error_context(err, "plan");
	code = js_get_int(js, "guidon-plan", &format, err);
	if (code >= 0 && format != FORMAT)
		code = error_set(err, ERROR_INVALID,
				 "found a plan of format %lld, expected %d",
				 (long long)format, FORMAT);
	if (code >= 0)
		code = js_get_object(js, "plan", &inner, err);
	if (code >= 0)
		code = get_plan(inner, a, plan, err);
	if (code >= 0)
		code = check_hash(js, plan, err);
	js_free(&js);
	if (code < 0)
		return error_context(err, "plan");
	*out = plan;
	return 0;
}
