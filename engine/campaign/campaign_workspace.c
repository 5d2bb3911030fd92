/*
 * guidon.xml. The schema sees to it that everything is there and has its form;
 * what is left is that a name stands for one thing, and that links work. Where
 * the schema has found something wrong, the rest is read all the same.
 *
 * The site is what every link begins with, the one to unsubscribe too, and a
 * path is put behind it as it is. So it is a URL as a client of HTTP reads it,
 * whose path no browser would make shorter, and which ends there.
 */
#include "base/arena.h"
#include "base/map.h"
#include "campaign/campaign_priv.h"
#include "http/http_client.h"

static struct str
child_text(const struct campaign_source *s, const struct xml_node *parent,
	   const char *name)
{
	const struct xml_node *n = xml_child(parent, name);

	return n ? xml_text(s->a, n) : (struct str){ 0 };
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* As one line, however the file broke it: a mail's headers and footer. */
static struct str
one_line(struct arena *a, struct str text)
{
	struct buf line = { 0 };
	struct str out;

	text = str_trim(text);
	for (size_t i = 0; i < text.len; i++)
		if (!is_blank(text.p[i]))
			buf_char(&line, text.p[i]);
		else if (!is_blank(text.p[i - 1]))
			buf_char(&line, ' ');
	out = str_copy(a, buf_view(&line));
	buf_fini(&line);
	return out;
}

static void
load_logo(const struct xml_node *brand, struct campaign_brand *out)
{
	const struct xml_node *n = xml_child(brand, "logo");

	if (!n)
		return;
	out->logo = xml_attribute(n, "file");
	out->logo_alt = xml_attribute(n, "alt");
	out->logo_at = campaign_source_place(n, "file");
	(void)str_int(xml_attribute(n, "width"), 1, INT32_MAX,
		      &out->logo_width);
}

static void
load_colors(const struct campaign_source *s, const struct xml_node *brand,
	    struct campaign_brand *out)
{
	struct campaign_color *colors = ARENA_ARRAY(
	    s->a, campaign_source_count(brand, "color"), struct campaign_color);
	const struct xml_node *n;

	for (n = xml_child(brand, "color"); n; n = xml_next(n, "color"))
		colors[out->color_count++] = (struct campaign_color){
			.role = xml_attribute(n, "role"),
			.value = xml_attribute(n, "value"),
		};
	out->colors = colors;
}

/*
 * Several who advertise in one mail may have one of them be its sender, as long
 * as that one is in From, its address below, and what an opt-out stops (16 CFR
 * 316.2(m), 316.5).
 */
static void
load_sender(const struct campaign_source *s, const struct xml_node *n,
	    struct campaign_brand *out)
{
	struct str opt_out = xml_attribute(n, "opt-out");

	out->sender_domain_at = campaign_source_place(n, "sender-domain");
	out->sender_is_partner =
	    str_eq(xml_attribute(n, "sender"), STR("partner"));
	out->opt_out_is_partner = opt_out.len > 0
				      ? str_eq(opt_out, STR("partner"))
				      : out->sender_is_partner;
	if (out->opt_out_is_partner && !out->sender_is_partner)
		campaign_source_error(
		    s, "sender", n, "opt-out",
		    "found opt-out=\"partner\" where the vendor is the "
		    "sender, expected \"vendor\": an opt-out must stop whom "
		    "the mail is from (16 CFR 316.2(m))");
}

static void
load_brand(const struct campaign_source *s, const struct xml_node *n,
	   struct campaign_brand *out)
{
	*out = (struct campaign_brand){
		.id = xml_attribute(n, "id"),
		.name = one_line(s->a, xml_attribute(n, "name")),
		.website = xml_attribute(n, "website"),
		.sender_domain = xml_attribute(n, "sender-domain"),
		.bounces = xml_attribute(n, "bounces"),
		.font = child_text(s, n, "font"),
		.postal = one_line(s->a, child_text(s, n, "postal")),
		.legal = campaign_source_texts(s, n, "legal"),
	};
	load_logo(n, out);
	load_colors(s, n, out);
	load_sender(s, n, out);
}

/* A word of dates each, all for the same countries. */
static void
load_blackout(const struct campaign_source *s, const struct xml_node *n,
	      struct campaign_workspace *w, struct campaign_blackout *items)
{
	size_t count = 0, countries = 0;
	const struct str *words =
	    campaign_words(xml_attribute(n, "dates"), s->a, &count);
	const struct str *of =
	    campaign_words(xml_attribute(n, "country"), s->a, &countries);
	struct error err;

	for (size_t i = 0; i < count; i++) {
		struct campaign_blackout *b = &items[w->blackout_count];

		*b = (struct campaign_blackout){ .countries = of,
						 .country_count = countries };
		if (campaign_dates_parse(words[i], b, &err) < 0)
			campaign_source_error(s, "time", n, "dates", "%s",
					      err.text);
		else
			w->blackout_count++;
	}
}

static void
load_blackouts(const struct campaign_source *s, const struct xml_node *root,
	       struct campaign_workspace *w)
{
	struct campaign_blackout *items;
	const struct xml_node *n;
	size_t most = 0, count;

	for (n = xml_child(root, "blackout"); n; n = xml_next(n, "blackout")) {
		(void)campaign_words(xml_attribute(n, "dates"), s->a, &count);
		most += count;
	}
	items = ARENA_ARRAY(s->a, most, struct campaign_blackout);
	w->blackouts = items;
	for (n = xml_child(root, "blackout"); n; n = xml_next(n, "blackout"))
		load_blackout(s, n, w, items);
}

static void
load_hours(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign_workspace *w)
{
	const struct campaign nothing_more = { .workspace = w };

	campaign_source_hours(s, root, &w->hours);
	load_blackouts(s, root, w);
	if (!campaign_hours_open(&nothing_more))
		campaign_source_error(
		    s, "time", root, w->hours.window.count ? "window" : "quiet",
		    "found hours at which nothing may ever leave, expected a "
		    "window that is not all quiet");
}

/* Each id once among the children of this name. */
static void
check_ids(const struct campaign_source *s, const struct xml_node *root,
	  const char *name)
{
	const struct xml_node *n;
	struct map seen;

	map_init(&seen, s->a, NULL);
	for (n = xml_child(root, name); n; n = xml_next(n, name)) {
		struct str id = xml_attribute(n, "id");

		if (id.len > 0 && map_put(&seen, id, (void *)(uintptr_t)n))
			campaign_source_error(
			    s, "name", n, "id",
			    "found the %s \"%.*s\" a second time, expected "
			    "an id of its own",
			    name, STR_ARG(id));
	}
}

static void
load_lists(const struct campaign_source *s, const struct xml_node *root,
	   struct campaign_workspace *w)
{
	size_t brands = campaign_source_count(root, "brand");
	size_t facts = campaign_source_count(root, "fact");
	struct campaign_brand *brand =
	    ARENA_ARRAY(s->a, brands, struct campaign_brand);
	struct campaign_named_text *fact =
	    ARENA_ARRAY(s->a, facts, struct campaign_named_text);
	const struct xml_node *n;

	w->brands = brand;
	w->facts = fact;
	for (n = xml_child(root, "brand"); n; n = xml_next(n, "brand"))
		load_brand(s, n, &brand[w->brand_count++]);
	for (n = xml_child(root, "fact"); n; n = xml_next(n, "fact"))
		fact[w->fact_count++] = (struct campaign_named_text){
			.id = xml_attribute(n, "id"),
			.texts = campaign_source_texts(s, n, "value"),
			.at = campaign_source_place(n, "id"),
		};
	check_ids(s, root, "brand");
	check_ids(s, root, "fact");
}

/* ---- one person, many partners ---- */

struct campaign_one_partner
campaign_one_partner_read(const struct xml_node *parent)
{
	const struct xml_node *n = xml_child(parent, "one-partner");

	return (struct campaign_one_partner){
		.is_stated = n != NULL,
		.customers = n ? xml_attribute(n, "customers") : STR(""),
	};
}

/* One for all partners together and one for each by itself, at most. */
static void
load_frequencies(const struct campaign_source *s, const struct xml_node *root,
		 struct campaign_workspace *w)
{
	const struct xml_node *n;

	for (n = xml_child(root, "frequency"); n;
	     n = xml_next(n, "frequency")) {
		bool each =
		    str_eq(xml_attribute(n, "over"), STR("each-partner"));
		struct campaign_frequency *f =
		    each ? &w->frequency_each : &w->frequency_all;

		if (f->most > 0)
			campaign_source_error(
			    s, "frequency", n, NULL,
			    "found a second frequency over %s, expected one",
			    each ? "each partner" : "all partners");
		(void)str_int(xml_attribute(n, "max"), 1, INT32_MAX, &f->most);
		(void)str_int(xml_attribute(n, "days"), 1, INT32_MAX, &f->days);
	}
}

/* ---- the site ---- */

static struct str
without_slash(struct str site)
{
	return str_slice(site, 0, site.len - str_ends(site, STR("/")));
}

static bool
is_path_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || str_find_char(STR("-._~"), c) >= 0;
}

/* No segment is empty or dots alone, so each stays as it is. */
static bool
is_segment(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_path_char(s.p[i]))
			return false;
	return s.len > 0 && !str_eq(s, STR(".")) && !str_eq(s, STR(".."));
}

/* SCHEME://HOST and segments, each after a slash. */
static bool
is_plain(struct str site)
{
	struct str rest = site;
	struct str scheme, none, host, segment;

	if (!str_split(&rest, '/', &scheme) || !str_split(&rest, '/', &none) ||
	    !str_split(&rest, '/', &host))
		return false;
	if (none.len > 0 || host.len == 0 || str_find_char(host, '?') >= 0 ||
	    str_ends(site, STR("/")))
		return false;
	while (str_split(&rest, '/', &segment))
		if (!is_segment(segment))
			return false;
	return true;
}

static struct str
load_site(const struct campaign_source *s, const struct xml_node *root)
{
	struct str site = without_slash(xml_attribute(root, "site"));
	struct error err;

	if (campaign_source_is_wrong(s, root, "site"))
		return site;
	if (http_client_check_url(str_cstr(s->a, site), NULL, &err) < 0)
		campaign_source_error(s, "site", root, "site", "%s", err.text);
	else if (!is_plain(site))
		campaign_source_error(
		    s, "site", root, "site",
		    "found \"%.*s\", expected https://HOST or a plain path "
		    "below it, for links are put behind it",
		    STR_ARG(site));
	return site;
}

/* Whether there is a brand or a fact whose name nobody knows. */
static bool
has_unnamed(const struct campaign_source *s, const struct xml_node *root)
{
	const struct xml_node *n;

	for (n = xml_child(root, NULL); n; n = xml_next(n, NULL)) {
		bool named = str_eq(n->name, STR("brand")) ||
			     str_eq(n->name, STR("fact"));
		bool plain = str_eq(n->name, STR("frequency")) ||
			     str_eq(n->name, STR("one-partner")) ||
			     str_eq(n->name, STR("sending")) ||
			     str_eq(n->name, STR("blackout"));

		if (!plain && (!named || campaign_source_is_wrong(s, n, "id")))
			return true;
	}
	return false;
}

int
campaign_workspace_read(struct campaign_files *files, struct arena *a,
			struct campaign_findings *findings,
			const struct campaign_workspace **out,
			struct error *err)
{
	const struct campaign_source s = { .files = files,
					   .a = a,
					   .findings = findings,
					   .file = STR("guidon.xml") };
	struct campaign_workspace *w;
	const struct xml_node *root;

	*out = NULL;
	if (campaign_source_parse(&s, "workspace", &root, err) < 0)
		return -(int)err->code;
	if (!root)
		return 0;
	w = ARENA_NEW(a, struct campaign_workspace);
	w->id = xml_attribute(root, "id");
	w->title = xml_attribute(root, "title");
	w->language = xml_attribute(root, "language");
	campaign_source_language(&s, root, "language");
	w->site = load_site(&s, root);
	w->is_doubtful = has_unnamed(&s, root);
	load_lists(&s, root, w);
	load_frequencies(&s, root, w);
	w->one_partner = campaign_one_partner_read(root);
	w->sending = campaign_sending_of(&s, root);
	load_hours(&s, root, w);
	*out = w;
	return 0;
}

int
campaign_workspace_load(struct campaign_files *files, struct arena *a,
			struct campaign_findings *findings,
			const struct campaign_workspace **out,
			struct error *err)
{
	size_t errors = findings->error_count;
	int code = campaign_workspace_read(files, a, findings, out, err);

	if (findings->error_count > errors)
		*out = NULL;
	return code;
}
