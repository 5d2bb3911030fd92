#ifndef TESTS_UNIT_RENDER_KIT_H
#define TESTS_UNIT_RENDER_KIT_H

/*
 * kit - the workspace of tests/fixtures as a kit, with a file or two changed
 */

#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "render/render_kit_priv.h"
#include "subject.h"
#include "xml/xml.h"

/* Files of the fixture, but for those that a test says otherwise. */
struct overlay {
	struct campaign_files files; /* first: they are cast */
	struct campaign_files *below;
	struct str path[4];
	struct str text[4]; /* NULL bytes: there is no such file */
	size_t count;
};

static struct overlay overlay;
static struct campaign_findings findings;
static struct render_kit *kit;

static inline int
overlay_read(struct campaign_files *files, struct arena *to, struct str path,
	     struct str *bytes, struct error *e)
{
	struct overlay *o = (struct overlay *)files;

	for (size_t i = 0; i < o->count; i++) {
		if (!str_eq(o->path[i], path))
			continue;
		*bytes = str_copy(to, o->text[i]);
		return o->text[i].p != NULL;
	}
	return o->below->read(o->below, to, path, bytes, e);
}

static inline void
say(const char *path, const char *text)
{
	overlay.path[overlay.count] = str_of(path);
	overlay.text[overlay.count++] = str_of(text);
}

static inline struct str
fixture_file(const char *path)
{
	struct str bytes = { 0 };

	assert_int_equal(
	    overlay.below->read(overlay.below, a, str_of(path), &bytes, &err),
	    1);
	return bytes;
}

/* The file with the first `old` in it replaced. */
static inline void
change(const char *path, const char *old, const char *new)
{
	struct str text = fixture_file(path);
	ptrdiff_t at = str_find(text, str_of(old));
	size_t end = (size_t)at + strlen(old);

	assert_true(at >= 0);
	say(path, arena_printf(a, "%.*s%s%.*s",
			       STR_ARG(str_slice(text, 0, (size_t)at)), new,
			       STR_ARG(str_slice(text, end, text.len))));
}

static inline int
make_kit(void)
{
	render_kit_free(&kit);
	campaign_findings_init(&findings, a);
	return render_kit_new(&kit, &overlay.files, STR("spring"), &findings,
			      &err);
}

static inline int
begin_kit(void **state)
{
	make_subject(state);
	xml_init();
	overlay = (struct overlay){ .files.read = overlay_read };
	assert_ok(campaign_folder_open(&overlay.below, FIXTURE, &err), err);
	partner.company = STR("Acme Ltd");
	partner.phone = STR("+44 20 7946 0100");
	partner.language = STR("en");
	partner.city = STR("Bath");
	partner.time_zone = STR("Europe/London");
	partner.lead_email = STR("leads@acme.example");
	partner.website = STR("https://www.acme.example");
	contact.company = STR("Smith & Co");
	activation.campaign = STR("spring");
	return 0;
}

static inline int
end_kit(void **state)
{
	render_kit_free(&kit);
	campaign_files_close(&overlay.below);
	return free_subject(state);
}

static inline const struct campaign_step *
step_called(const char *id)
{
	const struct campaign_step *s =
	    campaign_step_find(render_kit_campaign(kit), str_of(id));

	assert_non_null(s);
	return s;
}

#define KIT_TEST(name) cmocka_unit_test_setup_teardown(name, begin_kit, end_kit)

#endif
