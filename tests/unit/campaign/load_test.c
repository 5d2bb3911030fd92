#include <dirent.h>
#include <stdlib.h>

#include "base/arena.h"
#include "campaign/campaign.h"
#include "test.h"
#include "xml/xml.h"

/* Files of a test: the golden ones, with the campaign replaced by `text`. */
struct fixture {
	struct campaign_files files;
	struct str workspace;
	struct str campaign;
};

static struct arena *a;
static struct campaign_files *golden;
static struct fixture fixture;
static struct campaign_findings findings;
static struct error err;

static int
fixture_read(struct campaign_files *files, struct arena *to, struct str path,
	     struct str *bytes, struct error *e)
{
	struct fixture *f = (struct fixture *)files;

	(void)e;
	*bytes = str_copy(to, str_eq(path, STR("guidon.xml")) ? f->workspace
							      : f->campaign);
	return 1;
}

static struct str
golden_file(const char *path)
{
	struct str bytes;

	assert_int_equal(golden->read(golden, a, str_of(path), &bytes, &err),
			 1);
	return bytes;
}

static int
begin(void **state)
{
	(void)state;
	xml_init();
	a = arena_new();
	assert_ok(campaign_folder_open(&golden, GOLDEN, &err), err);
	fixture.files.read = fixture_read;
	fixture.workspace = golden_file("good/workspace.xml");
	fixture.campaign = golden_file("good/campaign.xml");
	return 0;
}

static int
end(void **state)
{
	(void)state;
	campaign_files_close(&golden);
	arena_free(&a);
	return 0;
}

static const struct campaign *
load(struct str id)
{
	const struct campaign_workspace *w;
	const struct campaign *c = NULL;

	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	if (w)
		assert_ok(campaign_load(&fixture.files, a, w, id, &findings, &c,
					&err),
			  err);
	return c;
}

static struct str
replaced(struct str good, const char *from, const char *to)
{
	ptrdiff_t at = str_find(good, str_of(from));

	assert_true(at >= 0);
	return str_printf(
	    a, "%.*s%s%.*s", (int)at, good.p, to,
	    STR_ARG(str_slice(good, (size_t)at + strlen(from), good.len)));
}

/* The golden campaign with `from` replaced by `to`: its first finding. */
static void
assert_finding(const char *from, const char *to, const char *expected)
{
	struct str good = golden_file("good/campaign.xml");
	struct campaign_finding *f;

	fixture.campaign = replaced(good, from, to);
	assert_null(load(STR("spring-launch")));
	assert_true(findings.count > 0);
	f = &findings.items[0];
	assert_str(str_printf(a, "%d:%d: %s: %.*s", f->line, f->column, f->rule,
			      STR_ARG(f->text)),
		   expected);
	fixture.campaign = good;
}

static void
a_workspace_comes_out_whole(void **state)
{
	const struct campaign_workspace *w;

	(void)state;
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	assert_non_null(w);
	assert_str(w->site, "https://go.northwind.example");
	assert_int_equal(w->brand_count, 1);
	assert_str(w->brands[0].sender_domain, "mail.northwind.example");
	assert_int_equal(w->brands[0].logo_width, 160);
	assert_str(w->brands[0].colors[1].value, "#101828");
	assert_int_equal(w->brands[0].legal.count, 2);
	assert_str(w->facts[0].texts.items[1].lang, "de");
}

static void
what_is_said_of_sending_comes_out_whole(void **state)
{
	const struct campaign_workspace *w;
	const struct campaign_limit *l;

	(void)state;
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	assert_non_null(w);
	assert_int_equal(w->sending.limit_count, 2);
	l = &w->sending.limits[0];
	assert_str(l->of, "relay");
	assert_str(l->per, "minute");
	assert_int_equal(l->messages, 600);
	assert_int_equal(l->name_count, 0);
	l = &w->sending.limits[1];
	assert_int_equal(l->name_count, 2);
	assert_str(l->names[1], "googlemail.com");
	assert_int_equal(w->sending.ramp_messages, 50);
	assert_int_equal(w->sending.ramp_hundredths, 150);
	assert_int_equal(w->sending.ramp_until, 100000);
	assert_int_equal(w->sending.ramp_name_count, 1);
	assert_str(w->sending.ramp_names[0], "mail.new.example");
	assert_int_equal(w->sending.canary_messages, 50);
	assert_int_equal(w->sending.canary_minutes, 15);
	assert_int_equal(w->sending.bounces, 250);
	assert_int_equal(w->sending.complaints, 10);
	assert_str(w->sending.budget_per, "day");
	assert_int_equal(w->sending.budget_least, CAMPAIGN_LEAST);
}

static void
what_stands_in_headers_is_one_line(void **state)
{
	const struct campaign_workspace *w;

	(void)state;
	fixture.workspace = replaced(fixture.workspace, "name=\"Northwind\"",
				     "name=\" North&#13;&#10;Bcc: wind \"");
	fixture.workspace = replaced(fixture.workspace, "Ltd, 1 Harbour",
				     "Ltd,\n\t\t1 Harbour");
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	fixture.workspace = golden_file("good/workspace.xml");
	assert_non_null(w);
	assert_str(w->brands[0].name, "North Bcc: wind");
	assert_str(w->brands[0].postal,
		   "Northwind Ltd, 1 Harbour Way, Dublin, Ireland");
}

static void
a_fact_has_an_id_of_its_own(void **state)
{
	const struct campaign_workspace *w;

	(void)state;
	fixture.workspace =
	    replaced(fixture.workspace, "<fact id=\"price\">",
		     "<fact id=\"price\"><value>1</value></fact>"
		     "<fact id=\"price\">");
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	fixture.workspace = golden_file("good/workspace.xml");
	assert_null(w);
	assert_int_equal(findings.count, 1);
	assert_str(findings.items[0].text,
		   "found the fact \"price\" a second time, expected an id of "
		   "its own");
}

/* What the golden workspace's site is when this is written there, or NULL. */
static const char *
site_of(const char *written)
{
	const struct campaign_workspace *w;

	fixture.workspace =
	    replaced(fixture.workspace, "site=\"https://go.northwind.example\"",
		     arena_printf(a, "site=\"%s\"", written));
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_load(&fixture.files, a, &findings, &w, &err),
	    err);
	fixture.workspace = golden_file("good/workspace.xml");
	assert_int_equal(findings.count, w ? 0 : 1);
	if (!w)
		assert_string_equal(findings.items[0].rule, "site");
	return w ? str_cstr(a, w->site) : NULL;
}

static void
a_site_is_what_a_path_can_be_put_behind(void **state)
{
	static const char *const good[] = {
		"https://h.example",
		"http://127.0.0.1:8080",
		"http://[::1]:8080",
		"https://h.example/go/to~me",
	};
	static const char *const bad[] = {
		"http://h.example#a",
		"http://h.example?x",
		"http://h.example/?x",
		"http://u:p@h.example",
		"http://u@h.example",
		"http://@h.example",
		"http://[::1",
		"https://h.example:99999",
		"https://h.example:x",
		"http://h.example/a/../b",
		"http://h.example/a/.",
		"http://h.example//a",
		"http://h.example/a//",
		"http://h.example/a\\b",
		"http://h.example/a%2e%2e",
		"https:///p",
		"https://h.example//",
		"https://?",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++)
		assert_string_equal(site_of(good[i]), good[i]);
	assert_string_equal(site_of("https://h.example/"), "https://h.example");
	assert_string_equal(site_of("https://h.example/a/"),
			    "https://h.example/a");
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (site_of(bad[i]))
			fail_msg("%s: accepted", bad[i]);
}

static void
a_campaign_comes_out_whole(void **state)
{
	const struct campaign *c = load(STR("spring-launch"));
	const struct campaign_step *s;

	(void)state;
	assert_non_null(c);
	assert_int_equal(findings.count, 0);
	assert_int_equal(c->step_count, 5);
	assert_int_equal(c->start, CAMPAIGN_OPT_IN);
	assert_int_equal(c->on_unknown, CAMPAIGN_RESEND);
	assert_int_equal(c->valid_until.day, 31);
	assert_str(c->contact_tags[0], "security");
	assert_str(c->brand->id, "northwind");
	s = campaign_step_find(c, STR("invite"));
	assert_int_equal(s->kind, CAMPAIGN_EMAIL);
	assert_str(s->template_name, "mail/announce");
	assert_int_equal(s->text_count, 2);
	assert_int_equal(s->texts[0].texts.count, 2);
	assert_str(s->texts[1].texts.items[0].text,
		   "First.\n\n      Second & last.");
	assert_str(s->links[0].page, "offer");
	assert_str(s->links[1].href, "{{ partner.website }}");
	s = campaign_step_find(c, STR("nudge"));
	assert_int_equal(s->when.days, 4);
	assert_int_equal(s->unless.count, 2);
	s = campaign_step_find(c, STR("teaser"));
	assert_int_equal(s->variant_count, 2);
	assert_str(s->channels[1], "mastodon");
	assert_int_equal(s->when.zone, CAMPAIGN_ZONE_PARTNER);
	assert_str(campaign_step_find(c, STR("brochure"))->paper, "A4");
	assert_true(campaign_form_find(c, STR("call-me"))->fields[0].required);
	assert_null(campaign_step_find(c, STR("none")));
}

static void
the_golden_files_are_judged_as_by_other_validators(void **state)
{
	struct dirent **entries;
	int count = scandir(GOLDEN "/bad", &entries, NULL, NULL);

	(void)state;
	assert_true(count > 2);
	for (int i = 0; i < count; i++) {
		const char *name = entries[i]->d_name;
		const struct campaign_workspace *w;
		const struct campaign *c;
		struct str text;

		if (name[0] == '.')
			continue;
		text = golden_file(arena_printf(a, "bad/%s", name));
		campaign_findings_init(&findings, a);
		if (str_find(text, STR("<campaign")) >= 0) {
			fixture.campaign = text;
			c = load(STR("spring-launch"));
			assert_null(c);
		} else {
			fixture.workspace = text;
			assert_ok(campaign_workspace_load(&fixture.files, a,
							  &findings, &w, &err),
				  err);
			assert_null(w);
		}
		if (findings.error_count == 0 ||
		    strcmp(findings.items[0].rule, "xml") != 0)
			fail_msg("%s: accepted", name);
		fixture.workspace = golden_file("good/workspace.xml");
		fixture.campaign = golden_file("good/campaign.xml");
	}
	while (count-- > 0)
		free(entries[count]);
	free(entries);
}

static void
values_that_do_not_parse_are_found_at_their_attribute(void **state)
{
	(void)state;
	assert_finding("start+4d 09:00", "start+4 09:00",
		       "34:43: time: found the time \"start+4 09:00\", "
		       "expected the form \"start+4d 09:00\" or \"sent+4d "
		       "09:00\"");
	assert_finding("zone=\"partner\"", "zone=\"Moon\"",
		       "37:70: time: found the zone \"Moon\", expected "
		       "\"recipient\", \"partner\" or a zone such as "
		       "\"Europe/Berlin\"");
	assert_finding("brand=\"northwind\"", "brand=\"norhtwind\"",
		       "2:51: name: found the brand \"norhtwind\", did you "
		       "mean \"northwind\"?");
	assert_finding("tier=\"gold silver\" region=\"EMEA\"", "",
		       "7:5: audience: found <include> without attributes, "
		       "expected at least one, such as tier");
}

static void
names_refer_to_what_there_is(void **state)
{
	(void)state;
	assert_finding("clicked:invite", "clicked:invte",
		       "34:63: condition: found the condition "
		       "\"clicked:invte\" without such a step, did you mean "
		       "\"invite\"?");
	assert_finding("clicked:invite", "replied:invte",
		       "34:63: condition: found the condition "
		       "\"replied:invte\" without such a step, did you mean "
		       "\"invite\"?");
	assert_finding("clicked:invite", "replied:summer",
		       "34:63: condition: found the condition "
		       "\"replied:summer\" without such a step, expected the "
		       "id of one before");
	assert_finding("clicked:invite", "replied:nudge",
		       "34:63: condition: found the condition "
		       "\"replied:nudge\" on a step that comes later, "
		       "expected one before");
	assert_finding("clicked:invite", "clicked:teaser",
		       "34:63: condition: found the condition "
		       "\"clicked:teaser\" on a step that comes later, "
		       "expected one before");
	assert_finding("<link id=\"more\" page=\"offer\"",
		       "<link id=\"more\" page=\"brochure\"",
		       "31:21: name: found the page \"brochure\", which is "
		       "another kind of step, expected the id of a <page>");
	assert_finding("<link id=\"more\" page=\"offer\"", "<link id=\"more\"",
		       "31:5: link: found the link \"more\" with no target, "
		       "expected either page or href");
	assert_finding("id=\"nudge\"", "id=\"invite\"",
		       "34:3: name: found the step \"invite\" a second time, "
		       "expected an id other than in line 23");
	assert_finding("form id=\"call-me\" page=\"offer\"",
		       "form id=\"call-me\" page=\"offers\"",
		       "15:22: name: found the page \"offers\", which there is "
		       "not, expected the id of a <page>");
	assert_finding("field name=\"email\"", "field name=\"homepage\"",
		       "16:5: name: found the field \"homepage\", which every "
		       "form has for itself, expected another name");
	assert_finding("field name=\"email\"", "field name=\"t\"",
		       "16:5: name: found the field \"t\", which every form "
		       "has for itself, expected another name");
	assert_finding("<field name=\"email\"",
		       "<field name=\"email\"><label>x</label></field>"
		       "<field name=\"email\"",
		       "16:49: name: found the field \"email\" a second time, "
		       "expected a name of its own");
	assert_finding("2026-05-31", "2026-02-28",
		       "3:35: time: found valid-until before valid-from, "
		       "expected the same day or later");
	assert_finding("spring-launch", "spring",
		       "2:32: name: found the id \"spring\", expected "
		       "\"spring-launch\", the name of its folder");
}

/* The golden campaign with each `from` replaced by its `to`: all findings. */
static void
assert_all(const char *const pairs[][2], size_t count, const char *expected)
{
	const struct campaign_workspace *w;
	const struct campaign *c;
	struct str text = golden_file("good/campaign.xml");
	struct buf seen = { 0 };

	for (size_t i = 0; i < count; i++)
		text = replaced(text, pairs[i][0], pairs[i][1]);
	fixture.campaign = text;
	campaign_findings_init(&findings, a);
	assert_ok(
	    campaign_workspace_read(&fixture.files, a, &findings, &w, &err),
	    err);
	assert_ok(campaign_read(&fixture.files, a, w, STR("spring-launch"),
				&findings, &c, &err),
		  err);
	assert_non_null(c);
	campaign_findings_sort(&findings);
	for (size_t i = 0; i < findings.count; i++)
		buf_printf(&seen, "%d:%d: %.*s\n", findings.items[i].line,
			   findings.items[i].column,
			   STR_ARG(findings.items[i].text));
	assert_string_equal(buf_cstr(&seen), expected);
	buf_fini(&seen);
	fixture.campaign = golden_file("good/campaign.xml");
	fixture.workspace = golden_file("good/workspace.xml");
}

#define ASSERT_ALL(expected, ...)                               \
	assert_all((const char *const[][2]){ __VA_ARGS__ },     \
		   sizeof((const char *[][2]){ __VA_ARGS__ }) / \
		       sizeof(const char *[2]),                 \
		   expected)

static void
only_an_email_is_answered(void **state)
{
	(void)state;
	ASSERT_ALL("35:63: found the condition \"replied:sheet\" on a "
		   "<document>, expected the id of an <email> before: nothing "
		   "else is answered\n",
		   { "  <email id=\"nudge\"",
		     "  <document id=\"sheet\" template=\"document/brochure\""
		     " paper=\"A4\"/>\n  <email id=\"nudge\"" },
		   { "clicked:invite lead", "replied:sheet lead" });
	ASSERT_ALL("", { "clicked:invite lead",
			 "replied:invite clicked:invite replied lead" });
}

static void
a_fault_against_the_schema_hides_no_other(void **state)
{
	(void)state;
	ASSERT_ALL(
	    "2:51: found the brand \"norhtwind\", did you mean "
	    "\"northwind\"?\n"
	    "12:20: found type=\"number\", expected \"text\" or "
	    "\"choice\"\n"
	    "23:47: found the time \"start+0d\", expected the form "
	    "\"start+4d 09:00\" or \"sent+4d 09:00\"\n"
	    "31:21: found the page \"offr\", which there is not, "
	    "expected the id of a <page>\n"
	    "34:63: found the condition \"clicked:invte\" without such "
	    "a step, did you mean \"invite\"?\n",
	    { "type=\"text\"", "type=\"number\"" },
	    { "start+0d 09:00", "start+0d" },
	    { "brand=\"northwind\"", "brand=\"norhtwind\"" },
	    { "id=\"more\" page=\"offer\"", "id=\"more\" page=\"offr\"" },
	    { "clicked:invite", "clicked:invte" });
}

static void
a_fault_is_told_once(void **state)
{
	(void)state;
	ASSERT_ALL("23:3: found <email> without \"at\", expected this "
		   "attribute\n",
		   { " at=\"start+0d 09:00\" zone=\"recipient\"", "" });
	ASSERT_ALL("23:10: found id=\"Invite\", expected the form "
		   "[a-z0-9]([a-z0-9\\-]{0,62}[a-z0-9])?\n",
		   { "email id=\"invite\"", "email id=\"Invite\"" });
	ASSERT_ALL("2:1: found <campaign> without \"id\", expected this "
		   "attribute\n",
		   { " id=\"spring-launch\"", "" });
}

static void
a_misspelt_element_is_read_as_it_was_meant(void **state)
{
	(void)state;
	ASSERT_ALL(
	    "4:3: found <titel>, expected <title>\n"
	    "7:5: found <inclde>, expected <include>, <exclude> or "
	    "<contacts>; did you mean <include>?\n"
	    "31:21: found the page \"offr\", which there is not, "
	    "expected the id of a <page>\n",
	    { "<title", "<titel" }, { "</title>", "</titel>" },
	    { "<include", "<inclde" },
	    { "id=\"more\" page=\"offer\"", "id=\"more\" page=\"offr\"" });
}

static void
a_workspace_with_faults_hides_nothing_of_a_campaign(void **state)
{
	(void)state;
	fixture.workspace = replaced(fixture.workspace, "<brand id=\"north",
				     "<brand id=\"North");
	ASSERT_ALL("4:10: found id=\"Northwind\", expected the form "
		   "[a-z0-9]([a-z0-9\\-]{0,62}[a-z0-9])?\n"
		   "34:63: found the condition \"clicked:invte\" without such "
		   "a step, did you mean \"invite\"?\n",
		   { "clicked:invite", "clicked:invte" });
	fixture.workspace = STR("<workspace/>");
	ASSERT_ALL("1:1: found <workspace> without a namespace, expected "
		   "xmlns=\"urn:guidon:1\"\n"
		   "34:63: found the condition \"clicked:invte\" without such "
		   "a step, did you mean \"invite\"?\n",
		   { "clicked:invite", "clicked:invte" });
}

static void
what_is_not_in_the_languages_of_the_others_is_told(void **state)
{
	(void)state;
	ASSERT_ALL("27:11: found the text \"headlin\" of \"invite\" in "
		   "\"de\" and another in \"en\", expected one in all of "
		   "them; did you mean \"headline\"?\n",
		   { "<text name=\"headline\" xml:lang=\"de\"",
		     "<text name=\"headlin\" xml:lang=\"de\"" });
	ASSERT_ALL(
	    "28:37: found no \"de\" for body of \"invite\", expected it as "
	    "for the others: who reads it gets these in another language\n",
	    { "<text name=\"body\"", "<text name=\"body\" xml:lang=\"en\"" });
	ASSERT_ALL(
	    "13:28: found no \"de\" for default of \"intro\", field email, "
	    "thanks of \"call-me\", link more of \"invite\", expected it as "
	    "for the others: who reads it gets these in another language\n",
	    { "<default xml:lang=\"de\">", "<default xml:lang=\"en-GB\">" },
	    { "<label xml:lang=\"de\">E", "<label xml:lang=\"en-GB\">E" },
	    { "<thanks xml:lang=\"de\">", "<thanks xml:lang=\"en-GB\">" },
	    { "<label xml:lang=\"de\">M", "<label xml:lang=\"en-GB\">M" });
	ASSERT_ALL(
	    "24:28: found no \"en\" for subject of \"invite\", expected it "
	    "as for the others: who reads it gets these in another language\n"
	    "24:28: found \"es\" for subject of \"invite\" alone, expected "
	    "it for the others too: who reads it gets those in another "
	    "language\n",
	    { "<subject xml:lang=\"en\"", "<subject xml:lang=\"es\"" });
}

/* A text for all languages is none that is missing, but where it has others. */
static void
a_text_without_a_language_is_for_all_or_for_the_first(void **state)
{
	(void)state;
	ASSERT_ALL(
	    "", { "<title xml:lang=\"en\">", "<title>" },
	    { "<text name=\"body\">First.\n\n      Second &amp; last.",
	      "<text name=\"body\">{{ partner.company }}" },
	    { "<subject>Still there?", "<subject>{{ partner.company }}" });
	ASSERT_ALL(
	    "28:23: found no \"de\" for body of \"invite\", subject of "
	    "\"nudge\", expected it as for the others: who reads it gets "
	    "these in another language\n",
	    { "<title xml:lang=\"en\">", "<title>" });
}

static void
a_language_that_nobody_knows_is_told_once(void **state)
{
	(void)state;
	ASSERT_ALL("4:10: found the language \"xq\", which is not known, "
		   "expected a tag such as de or pt-BR\n"
		   "4:24: found no \"en\" for title of \"spring-launch\", "
		   "button of \"call-me\", expected it as for the others: who "
		   "reads it gets these in another language\n",
		   { "<title xml:lang=\"en\"", "<title xml:lang=\"xq\"" },
		   { "<button xml:lang=\"en\"", "<button xml:lang=\"xq\"" });
	assert_finding("<title xml:lang=\"en\"", "<title xml:lang=\"de-y\"",
		       "4:10: language: found the language \"de-y\", which is "
		       "none, expected a tag such as de or pt-BR");
}

static void
nobody_becomes_a_lead_without_a_form(void **state)
{
	ptrdiff_t from = str_find(fixture.campaign, STR("  <form "));
	ptrdiff_t to = str_find(fixture.campaign, STR("  <email "));
	const char *form =
	    str_cstr(a, str_slice(fixture.campaign, (size_t)from, (size_t)to));

	(void)state;
	ASSERT_ALL("26:63: found the condition \"lead\" in a campaign without "
		   "a form, expected a <form>: nobody becomes a lead without "
		   "one\n",
		   { form, "" });
}

static void
a_language_twice_is_found(void **state)
{
	(void)state;
	assert_finding("<title xml:lang=\"de\"", "<title xml:lang=\"en\"",
		       "5:10: language: found <title> for \"en\" a second "
		       "time, expected one for each language");
}

/* ---- the audience ---- */

static struct str
tier_and_country(void *arg, const char *attribute)
{
	const char **values = arg;

	if (strcmp(attribute, "tier") == 0)
		return str_of(values[0]);
	if (strcmp(attribute, "country") == 0)
		return str_of(values[1]);
	return STR("EMEA");
}

static void
an_audience_says_why(void **state)
{
	const struct campaign *c = load(STR("spring-launch"));
	const char *gold[] = { "Gold", "DE" };
	const char *swiss[] = { "gold", "CH" };
	const char *bronze[] = { "bronze", "DE" };
	const char *why;

	(void)state;
	assert_true(campaign_partner_fits(c, tier_and_country, gold, &why));
	assert_string_equal(why,
			    "include tier=\"gold silver\" region=\"EMEA\"");
	assert_false(campaign_partner_fits(c, tier_and_country, swiss, &why));
	assert_string_equal(why, "exclude country=\"CH\"");
	assert_false(campaign_partner_fits(c, tier_and_country, bronze, &why));
	assert_string_equal(why, "no include fits");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_workspace_comes_out_whole),
		cmocka_unit_test(what_is_said_of_sending_comes_out_whole),
		cmocka_unit_test(what_stands_in_headers_is_one_line),
		cmocka_unit_test(a_fact_has_an_id_of_its_own),
		cmocka_unit_test(a_site_is_what_a_path_can_be_put_behind),
		cmocka_unit_test(a_campaign_comes_out_whole),
		cmocka_unit_test(
		    the_golden_files_are_judged_as_by_other_validators),
		cmocka_unit_test(
		    values_that_do_not_parse_are_found_at_their_attribute),
		cmocka_unit_test(names_refer_to_what_there_is),
		cmocka_unit_test(only_an_email_is_answered),
		cmocka_unit_test(a_fault_against_the_schema_hides_no_other),
		cmocka_unit_test(a_fault_is_told_once),
		cmocka_unit_test(a_misspelt_element_is_read_as_it_was_meant),
		cmocka_unit_test(
		    a_workspace_with_faults_hides_nothing_of_a_campaign),
		cmocka_unit_test(
		    what_is_not_in_the_languages_of_the_others_is_told),
		cmocka_unit_test(
		    a_text_without_a_language_is_for_all_or_for_the_first),
		cmocka_unit_test(a_language_that_nobody_knows_is_told_once),
		cmocka_unit_test(nobody_becomes_a_lead_without_a_form),
		cmocka_unit_test(a_language_twice_is_found),
		cmocka_unit_test(an_audience_says_why),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
