/*
 * Whatever guidon.xml or campaign.xml holds: it becomes a struct, or there is
 * an error among the findings, each at a place; and what can be read of it has
 * all that others lean on. An input with a <workspace> in it is guidon.xml,
 * another one the campaign of a workspace that is well.
 */
#include "base/arena.h"
#include "campaign/campaign.h"
#include "fuzz.h"
#include "xml/xml.h"

static const char workspace_xml[] =
    "<workspace xmlns=\"urn:guidon:1\" id=\"northwind\" title=\"Northwind\" "
    "language=\"en\" site=\"https://go.northwind.example\">"
    "<brand id=\"northwind\" name=\"Northwind\" "
    "website=\"https://www.northwind.example\" "
    "sender-domain=\"mail.northwind.example\">"
    "<logo file=\"logo.png\" alt=\"Northwind\" width=\"120\"/>"
    "<color role=\"primary\" value=\"#0b4f5c\"/>"
    "<font>Inter, Arial, sans-serif</font>"
    "<postal>Northwind SE, 12 Example Quay, 20457 Hamburg</postal>"
    "<legal xml:lang=\"en\">Northwind is a trademark.</legal></brand>"
    "<fact id=\"product\"><value>Northwind Access</value></fact>"
    "</workspace>";

struct input {
	struct campaign_files files;
	struct str text;
	bool is_workspace;
};

/* All templates are there. */
static int
read_input(struct campaign_files *files, struct arena *a, struct str path,
	   struct str *bytes, struct error *err)
{
	const struct input *in = (const struct input *)files;
	bool wants = str_eq_cstr(path, "guidon.xml");

	(void)err;
	if (wants && !in->is_workspace)
		*bytes = str_of(workspace_xml);
	else if (wants || str_ends(path, STR("campaign.xml")))
		*bytes = in->text;
	else
		*bytes = STR("Hello {{ partner.company }}");
	*bytes = str_copy(a, *bytes);
	return 1;
}

static void
check_findings(const struct campaign_findings *findings, bool loaded)
{
	check(loaded == (findings->error_count == 0));
	for (size_t i = 0; i < findings->count; i++)
		check(findings->items[i].text.len > 0 &&
		      findings->items[i].line >= 0);
}

static void
check_steps(const struct campaign *c)
{
	for (size_t i = 0; i < c->step_count; i++)
		check(campaign_step_find(c, c->steps[i].id) == &c->steps[i]);
	for (size_t i = 0; i < c->form_count; i++)
		check(campaign_form_find(c, c->forms[i].id) == &c->forms[i]);
}

static void
check_read(struct input *in, struct arena *a)
{
	const struct campaign_workspace *w = NULL;
	const struct campaign *c = NULL;
	struct campaign_findings findings;
	struct error err;

	campaign_findings_init(&findings, a);
	check(campaign_workspace_read(&in->files, a, &findings, &w, &err) >= 0);
	check(campaign_read(&in->files, a, w, STR("spring"), &findings, &c,
			    &err) >= 0);
	check(!c || (c->brand && c->workspace && (c->workspace == w || !w)));
	campaign_findings_sort(&findings);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {
		.files = { .read = read_input },
		.text = { (const char *)data, size },
	};
	const struct campaign_workspace *w = NULL;
	const struct campaign *c = NULL;
	struct campaign_findings findings;
	struct arena *a = arena_new();
	struct error err;

	xml_init();
	in.is_workspace = str_find(in.text, STR("<workspace")) >= 0;
	campaign_findings_init(&findings, a);
	check(campaign_workspace_load(&in.files, a, &findings, &w, &err) >= 0);
	check_findings(&findings, w != NULL);
	if (!in.is_workspace) {
		check(w);
		check(campaign_load(&in.files, a, w, STR("spring"), &findings,
				    &c, &err) >= 0);
		check_findings(&findings, c != NULL);
		if (c)
			check_steps(c);
	}
	check_read(&in, a);
	arena_free(&a);
	return 0;
}
