/*
 * Each request reads the workspace anew, which takes some milliseconds: so
 * there is nothing to keep and nothing that could be stale. The page itself is
 * a template like any other, but the program's own.
 *
 * Who asks for it by a name that is not this machine's own gets nothing: a web
 * page elsewhere can make its own name mean 127.0.0.1 and so let a browser
 * here read what is served here, and a proxy passes strangers on.
 *
 * The page asks once in a moment for the version of the files, which is a hash
 * of their names, sizes and times.
 */
#define _GNU_SOURCE /* nftw() that skips */
#include "cmd_preview.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "campaign/campaign.h"
#include "campaign/campaign_partners.h"
#include "cmd_look.h"
#include "cmd_overview.h"
#include "cmd_sample.h"
#include "cmd_show.h"
#include "db/db.h"
#include "liquid/liquid.h"
#include "plan/plan_partner.h"
#include "render/render_kit.h"

enum { ROUTES = 6, OPEN_FOLDERS = 16, WALK_MAX = 100000 };

extern const unsigned char preview_html[];
extern const size_t preview_html_bytes;
extern const unsigned char preview_js[];
extern const size_t preview_js_bytes;

static const char page_policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'self'; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'";
static const char raw_policy[] =
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; "
    "frame-ancestors 'self'; form-action 'none'; base-uri 'none'";

typedef void handle_fn(void *arg, const struct http_request *request,
		       struct http_response *response);

/* A route, and what answers those who are let in. */
struct door {
	struct preview *preview;
	handle_fn *handle;
};

struct preview {
	const char *folder;
	struct db_store *store;
	struct overview *overview;
	struct liquid_program *page;
	struct door doors[ROUTES];
	struct http_route routes[ROUTES];
};

/* ---- the version of the files ---- */

/* nftw() gives its callback no argument. One thread serves. */
static struct buf *walked;

static int
walk_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	const char *name = path + at->base;

	if (at->level > 0 && name[0] == '.')
		return kind == FTW_D ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
	if (at->level == 1 && kind == FTW_D && strcmp(name, "campaigns") != 0 &&
	    strcmp(name, "templates") != 0 && strcmp(name, "assets") != 0)
		return FTW_SKIP_SUBTREE;
	if (kind == FTW_F)
		buf_printf(walked, "%s %lld %lld %ld\n", path,
			   (long long)st->st_size,
			   (long long)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	return walked->len > WALK_MAX ? FTW_STOP : FTW_CONTINUE;
}

static struct str
version_of(const char *folder, struct arena *a)
{
	uint8_t hash[CRYPTO_HASH_BYTES];
	struct buf names = { 0 };
	struct buf hex = { 0 };
	struct str version;

	walked = &names;
	(void)nftw(folder, walk_one, OPEN_FOLDERS, FTW_PHYS | FTW_ACTIONRETVAL);
	crypto_sha256(buf_view(&names), hash);
	encode_hex(&hex, (struct str){ (const char *)hash, 8 });
	version = str_copy(a, buf_view(&hex));
	buf_fini(&hex);
	buf_fini(&names);
	return version;
}

/* ---- what is asked for ---- */

/* It is said again in links, so what is no tag of a language is none. */
static struct str
lang_of(struct str query)
{
	struct str parameter;

	while (str_split(&query, '&', &parameter)) {
		struct str tag = str_slice(parameter, 5, parameter.len);
		bool plain = tag.len < 36;

		if (!str_starts(parameter, STR("lang=")))
			continue;
		for (size_t i = 0; i < tag.len; i++)
			plain =
			    plain && (tag.p[i] == '-' ||
				      (tag.p[i] >= '0' && tag.p[i] <= '9') ||
				      (tag.p[i] >= 'A' && tag.p[i] <= 'Z') ||
				      (tag.p[i] >= 'a' && tag.p[i] <= 'z'));
		return plain ? tag : STR("");
	}
	return STR("");
}

static void
open_look(struct look *l, const struct preview *p,
	  const struct http_request *request, struct str path)
{
	struct look_at at = { .path = path, .lang = lang_of(request->query) };
	struct error err;

	if (db_reader(p->store, &at.db, &err) < 0)
		at.db = NULL;
	look_open(l, p->folder, &at, request->a, request->now_ms);
}

/* ---- the page ---- */

static struct liquid_value
text(struct str s)
{
	return liquid_string(s.p ? s : STR(""));
}

/* What a page of the preview is about. */
struct place {
	struct str campaign;
	struct str item;
	struct str partner;
	struct str lang;
};

static struct place
place_of(const struct look *l)
{
	return (struct place){ .campaign = l->campaign,
			       .item = l->item ? l->item->id : STR(""),
			       .partner = l->row ? l->row->id : STR(""),
			       .lang = l->lang };
}

static struct str
url_of(struct arena *a, const struct place *p)
{
	return str_printf(a, "/preview/%.*s/%.*s/%.*s%s%.*s",
			  STR_ARG(p->campaign), STR_ARG(p->item),
			  STR_ARG(p->partner), p->lang.len ? "?lang=" : "",
			  STR_ARG(p->lang));
}

/* Nobody writes the "@" of what is no step. */
static struct str
name_of(const struct show_item *item)
{
	return item->kind == SHOW_STEP ? item->id
				       : str_slice(item->id, 1, item->id.len);
}

/* An entry of the navigation. */
static struct liquid_value
entry(const struct look *l, struct str name, struct str note, bool current,
      const struct place *place)
{
	struct liquid_object *o = liquid_object_new(l->a);

	liquid_object_set(o, STR("name"), text(name));
	liquid_object_set(o, STR("note"), text(note));
	liquid_object_set(o, STR("current"), liquid_bool(current));
	liquid_object_set(o, STR("url"), liquid_string(url_of(l->a, place)));
	return liquid_of(o);
}

static struct liquid_value
campaigns_of(const struct look *l)
{
	size_t count = (size_t)l->campaign_count;
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, count + 1, struct liquid_value);
	struct place place = place_of(l);

	for (size_t i = 0; i < count; i++) {
		place.campaign = l->campaigns[i];
		items[i] = entry(l, l->campaigns[i], STR(""),
				 str_eq(l->campaigns[i], l->campaign), &place);
	}
	return liquid_array(items, count);
}

/* The steps, or what is sent beside them. */
static struct liquid_value
items_of(const struct look *l, bool steps)
{
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, l->item_count + 1, struct liquid_value);
	struct place place = place_of(l);
	size_t count = 0;

	for (size_t i = 0; i < l->item_count; i++) {
		const struct show_item *item = &l->items[i];

		if ((item->kind == SHOW_STEP) != steps)
			continue;
		place.item = item->id;
		items[count++] = entry(l, name_of(item), str_of(item->what),
				       item == l->item, &place);
	}
	return liquid_array(items, count);
}

/* Why it is not in the audience; empty: it is, or nobody knows. */
static struct str
apart(const struct look *l, const struct campaign_partner_row *row)
{
	struct partner partner;
	const char *why;

	if (!l->kit || !row)
		return STR("");
	partner = plan_partner_of(row);
	if (plan_partner_fits(render_kit_campaign(l->kit), &partner, &why))
		return STR("");
	return str_copy(l->a, str_of(why));
}

static struct liquid_value
partner_of(const struct look *l, const struct campaign_partner_row *row)
{
	struct liquid_object *o = liquid_object_new(l->a);
	struct place place = place_of(l);

	place.partner = row->id;
	liquid_object_set(o, STR("name"), text(row->company));
	liquid_object_set(o, STR("note"), text(row->language));
	liquid_object_set(o, STR("apart"), liquid_bool(apart(l, row).len > 0));
	liquid_object_set(o, STR("current"), liquid_bool(row == l->row));
	liquid_object_set(o, STR("url"), liquid_string(url_of(l->a, &place)));
	return liquid_of(o);
}

static struct liquid_value
partners_of(const struct look *l)
{
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, l->row_count + 1, struct liquid_value);

	for (size_t i = 0; i < l->row_count; i++)
		items[i] = partner_of(l, &l->rows[i]);
	return liquid_array(items, l->row_count);
}

/* The partner's own, then those that the campaign's title is in. */
static struct liquid_value
languages_of(const struct look *l, const struct campaign *c)
{
	size_t title_count = c ? c->title.count : 0;
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, title_count + 1, struct liquid_value);
	struct place place = place_of(l);
	size_t count = 0;

	place.lang = STR("");
	items[count++] =
	    entry(l, STR("the partner's"), l->row ? l->row->language : STR(""),
		  l->lang.len == 0, &place);
	for (size_t i = 0; i < title_count; i++) {
		place.lang = c->title.items[i].lang;
		if (place.lang.len > 0)
			items[count++] =
			    entry(l, place.lang, STR(""),
				  str_eq(place.lang, l->lang), &place);
	}
	return liquid_array(items, count);
}

static struct liquid_value
posts_of(const struct look *l, const struct shown *shown)
{
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, shown->post_count + 1, struct liquid_value);

	for (size_t i = 0; i < shown->post_count; i++) {
		const struct shown_post *post = &shown->posts[i];
		struct liquid_object *o = liquid_object_new(l->a);

		liquid_object_set(o, STR("channel"), text(post->channel));
		liquid_object_set(o, STR("text"), text(post->post.text));
		liquid_object_set(o, STR("link"), text(post->post.link));
		liquid_object_set(o, STR("length"),
				  liquid_int((int64_t)post->post.length));
		liquid_object_set(o, STR("most"),
				  liquid_int((int64_t)post->post.most));
		items[i] = liquid_of(o);
	}
	return liquid_array(items, shown->post_count);
}

static struct liquid_value
findings_of(const struct look *l)
{
	const struct campaign_findings *f = &l->findings;
	struct liquid_value *items =
	    ARENA_ARRAY(l->a, f->count + 1, struct liquid_value);

	for (size_t i = 0; i < f->count; i++) {
		const struct campaign_finding *x = &f->items[i];
		struct liquid_object *o = liquid_object_new(l->a);
		struct str place = str_printf(
		    l->a, "%.*s:%d:%d", STR_ARG(x->file), x->line, x->column);

		liquid_object_set(o, STR("kind"),
				  x->severity == CAMPAIGN_ERROR
				      ? liquid_string(STR("error"))
				      : liquid_string(STR("warning")));
		liquid_object_set(o, STR("place"),
				  text(x->file.len ? place : STR("")));
		liquid_object_set(o, STR("text"), text(x->text));
		items[i] = liquid_of(o);
	}
	return liquid_array(items, f->count);
}

/* What stands in the frames: the page puts their address together. */
static struct liquid_value
frame_of(const struct look *l, const struct place *place)
{
	struct liquid_object *o = liquid_object_new(l->a);

	liquid_object_set(o, STR("campaign"), text(place->campaign));
	liquid_object_set(o, STR("item"), text(place->item));
	liquid_object_set(o, STR("partner"), text(place->partner));
	liquid_object_set(o, STR("lang"), text(place->lang));
	return liquid_of(o);
}

static const struct liquid_object *
values_of(struct look *l, const struct preview *p)
{
	struct liquid_object *o = liquid_object_new(l->a);
	const struct campaign *c = l->kit ? render_kit_campaign(l->kit) : NULL;
	struct place place = place_of(l);
	struct shown shown;

	look_show(l, &shown);
	liquid_object_set(o, STR("version"), text(version_of(p->folder, l->a)));
	liquid_object_set(o, STR("workspace"),
			  text(c ? c->workspace->title : str_of(p->folder)));
	liquid_object_set(o, STR("step"),
			  l->item ? text(name_of(l->item)) : liquid_nil());
	liquid_object_set(o, STR("campaign"), text(l->campaign));
	liquid_object_set(o, STR("apart"), text(apart(l, l->row)));
	liquid_object_set(o, STR("partner"),
			  l->row ? text(l->row->company) : liquid_nil());
	liquid_object_set(o, STR("subject"), text(shown.subject));
	liquid_object_set(o, STR("frame"),
			  shown.html.len ? frame_of(l, &place) : liquid_nil());
	liquid_object_set(
	    o, STR("paper"),
	    liquid_bool(l->item && l->item->step &&
			l->item->step->kind == CAMPAIGN_DOCUMENT));
	liquid_object_set(o, STR("text"), text(shown.text));
	liquid_object_set(o, STR("posts"), posts_of(l, &shown));
	liquid_object_set(o, STR("languages"), languages_of(l, c));
	liquid_object_set(o, STR("campaigns"), campaigns_of(l));
	liquid_object_set(o, STR("steps"), items_of(l, true));
	liquid_object_set(o, STR("others"), items_of(l, false));
	liquid_object_set(o, STR("partners"), partners_of(l));
	liquid_object_set(o, STR("findings"), findings_of(l));
	liquid_object_set(o, STR("faulty"),
			  liquid_bool(l->findings.error_count > 0));
	return o;
}

/* ---- handlers ---- */

static void
answer(const struct http_request *request, struct http_response *response,
       const char *type, const char *policy, struct str body)
{
	response->status = 200;
	response->content_type = type;
	response->policy = policy;
	response->body = str_copy(request->a, body);
}

static void
page(void *arg, const struct http_request *request,
     struct http_response *response)
{
	struct preview *p = arg;
	struct buf html = { 0 };
	struct error err;
	struct look l;

	open_look(&l, p, request, request->rest);
	if (liquid_run(p->page,
		       &(struct liquid_inputs){ .globals = values_of(&l, p) },
		       request->a, &html, &err) < 0)
		answer(request, response, NULL, NULL, str_of(err.text));
	else
		answer(request, response, "text/html; charset=utf-8",
		       page_policy, buf_view(&html));
	buf_fini(&html);
	look_close(&l);
}

/* To where image() has them, by the campaign that shows them. */
static int
move_images(const struct look *l, struct str shown, struct str *html,
	    struct error *err)
{
	const struct campaign *c = render_kit_campaign(l->kit);

	return sample_images_move(
	    shown, c->workspace->site,
	    arena_printf(l->a, "/preview-image/%.*s/", STR_ARG(c->id)), NULL,
	    NULL, l->a, html, err);
}

/* Images as of the files, for those that nothing was published of yet. */
static void
raw(void *arg, const struct http_request *request,
    struct http_response *response)
{
	struct shown shown;
	struct error err;
	struct str html;
	struct look l;

	open_look(&l, arg, request, request->rest);
	look_show(&l, &shown);
	if (shown.html.len > 0 && move_images(&l, shown.html, &html, &err) >= 0)
		answer(request, response, "text/html; charset=utf-8",
		       raw_policy, html);
	else
		response->status = 404;
	look_close(&l);
}

static void
image(void *arg, const struct http_request *request,
      struct http_response *response)
{
	struct str name = request->rest, campaign = { 0 };
	struct sample_image found;
	struct look l;

	(void)str_split(&name, '/', &campaign);
	open_look(&l, arg, request, campaign);
	if (sample_image_find(l.files, l.kit, l.rows, l.row_count, name,
			      request->a, &found))
		answer(request, response, found.content_type, NULL,
		       found.bytes);
	else
		response->status = 404;
	look_close(&l);
}

static void
version(void *arg, const struct http_request *request,
	struct http_response *response)
{
	const struct preview *p = arg;

	answer(request, response, NULL, NULL,
	       version_of(p->folder, request->a));
}

static void
script(void *arg, const struct http_request *request,
       struct http_response *response)
{
	(void)arg;
	answer(request, response, "text/javascript; charset=utf-8", NULL,
	       (struct str){ (const char *)preview_js, preview_js_bytes });
}

/* The root alone, for "/" takes every path. */
static void
root(void *arg, const struct http_request *request,
     struct http_response *response)
{
	const struct preview *p = arg;
	struct error err;
	struct str html;

	if (!str_eq(request->path, STR("/"))) {
		response->status = 404;
		response->body = STR("not found\n");
	} else if (overview_make(p->overview, request->a, &html, &err) < 0) {
		answer(request, response, NULL, NULL, str_of(err.text));
		response->status = 500;
	} else {
		answer(request, response, "text/html; charset=utf-8",
		       page_policy, html);
	}
}

/* ---- who is let in ---- */

static bool
is_numeric(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
			return false;
	return true;
}

/*
 * Host as a browser on this machine says it; "127.x.example" is a name. A proxy
 * on this machine may say the same for somebody elsewhere: `forwarded`.
 */
static bool
is_this_machine(struct str host)
{
	size_t end = host.len;

	while (end > 0 && host.p[end - 1] >= '0' && host.p[end - 1] <= '9')
		end--;
	if (end > 0 && host.p[end - 1] == ':')
		host.len = end - 1;
	return str_eq_fold(host, STR("localhost")) ||
	       str_eq(host, STR("[::1]")) ||
	       (str_starts(host, STR("127.")) && is_numeric(host));
}

static void
enter(void *arg, const struct http_request *request,
      struct http_response *response)
{
	const struct door *door = arg;

	if (is_this_machine(request->host) && !request->forwarded) {
		door->handle(door->preview, request, response);
		return;
	}
	response->status = 404;
	response->body = STR("not found\n");
}

/* ---- open and close ---- */

struct preview *
preview_new(const struct overview_config *config)
{
	const struct liquid_source source = {
		.name = "templates/portal/preview.html",
		.text = { (const char *)preview_html, preview_html_bytes },
		.context = LIQUID_HTML,
	};
	struct preview *p = calloc(1, sizeof(*p));
	struct error err;

	check(p);
	p->folder = config->folder;
	p->store = config->store;
	p->overview = overview_new(config);
	/* It is part of the program: that it compiles is tested. */
	check(liquid_compile(&p->page, &source, &(struct liquid_options){ 0 },
			     &err) == 0);
	return p;
}

void
preview_free(struct preview **preview)
{
	if (!*preview)
		return;
	overview_free(&(*preview)->overview);
	liquid_free(&(*preview)->page);
	free(*preview);
	*preview = NULL;
}

const struct http_route *
preview_routes(struct preview *p, size_t *count)
{
	static const struct {
		const char *prefix;
		handle_fn *handle;
	} rows[ROUTES] = {
		{ "/", root },
		{ "/preview/", page },
		{ "/preview-raw/", raw },
		{ "/preview-image/", image },
		{ "/preview-version", version },
		{ "/preview.js", script },
	};

	for (size_t i = 0; i < ROUTES; i++) {
		p->doors[i] = (struct door){ p, rows[i].handle };
		p->routes[i] = (struct http_route){ HTTP_GET, rows[i].prefix, 0,
						    enter, &p->doors[i] };
	}
	*count = ROUTES;
	return p->routes;
}
