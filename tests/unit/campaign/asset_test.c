#include "campaign/campaign.h"

#include <dirent.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/crypto.h"
#include "base/encode.h"
#include "test.h"
#include "xml/xml.h"

static struct arena *arena;
static struct error err;

#define PNG                                                                \
	"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhf" \
	"DwAChwGA60e6kgAAAABJRU5ErkJggg=="
#define GIF	      "R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
#define WEBP_LOSSLESS "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA=="
#define WEBP_LOSSY    "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA"
#define JPEG                                                           \
	"/9j/4AAQSkZJRgABAQAAAQABAAD/wAALCAABAAEBAREA/9oACAEBAAA/AAD/" \
	"2Q=="

#define SVG(inside)                                                        \
	"<svg xmlns=\"http://www.w3.org/2000/svg\" "                       \
	"xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"1\">" inside \
	"</svg>"

static int
begin(void **state)
{
	(void)state;
	arena = arena_new();
	err = (struct error){ 0 };
	return 0;
}

static int
end(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static struct str
decoded(const char *base64)
{
	struct buf b = { 0 };
	struct str bytes;

	assert_ok(decode_base64(&b, str_of(base64), &err), err);
	bytes = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return bytes;
}

static struct str
name_of(struct str bytes)
{
	struct str name = { 0 };

	assert_ok(campaign_asset_name(bytes, arena, &name, &err), err);
	return name;
}

static void
refused(struct str bytes, const char *part)
{
	struct str name = { 0 };

	assert_true(campaign_asset_name(bytes, arena, &name, &err) < 0);
	if (!strstr(err.text, part))
		fail_msg("error \"%s\" lacks \"%s\"", err.text, part);
	assert_int_equal(name.len, 0);
}

static void
a_name_is_the_hash_and_the_kind(void **state)
{
	(void)state;
	assert_str(name_of(str_of(SVG(""))),
		   "fa6ff6af2af77b03578b8615daf3fbac"
		   "1160a465cc716f0d2f054054d04f5a5e.svg");
}

static void
each_kind_has_its_suffix(void **state)
{
	static const struct {
		const char *bytes, *suffix;
	} cases[] = {
		{ PNG, ".png" },
		{ GIF, ".gif" },
		{ WEBP_LOSSLESS, ".webp" },
		{ WEBP_LOSSY, ".webp" },
		{ JPEG, ".jpg" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		assert_true(str_ends(name_of(decoded(cases[i].bytes)),
				     str_of(cases[i].suffix)));
	assert_true(str_ends(name_of(str_of(SVG(""))), STR(".svg")));
}

static void
what_is_no_image_is_refused_by_its_name(void **state)
{
	(void)state;
	refused(STR(""), "found 0 bytes");
	refused(STR("hello, logo\n"), "found text/plain");
	refused(STR("%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"),
		"found application/pdf");
	refused(STR("<!DOCTYPE html><html><body>x</body></html>"),
		"found text/html");
	refused(STR("BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"), "expected");
}

static void
an_image_cut_anywhere_is_refused(void **state)
{
	static const char *const images[] = { PNG, GIF, WEBP_LOSSLESS, JPEG };
	struct str name;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(images); i++) {
		struct str whole = decoded(images[i]);

		for (size_t n = 0; n < whole.len; n++)
			assert_true(campaign_asset_name(
					str_copy(arena, str_slice(whole, 0, n)),
					arena, &name, &err) < 0);
	}
}

static void
bytes_behind_the_end_are_refused(void **state)
{
	static const char *const images[] = { PNG, GIF, WEBP_LOSSLESS, JPEG };

	(void)state;
	for (size_t i = 0; i < COUNT_OF(images); i++) {
		struct buf b = { 0 };

		buf_str(&b, decoded(images[i]));
		buf_cat(&b, "<script>");
		refused(buf_view(&b), "expected a whole one");
		buf_fini(&b);
	}
}

static void
absurd_sizes_are_refused(void **state)
{
	struct str png = decoded(PNG);
	char *bytes = str_cstr(arena, png);

	(void)state;
	bytes[16] = 0x7f;
	refused((struct str){ bytes, png.len }, "expected at most 8192");
	memset(bytes + 16, 0, 4);
	refused((struct str){ bytes, png.len }, "at least 1 x 1");
	bytes = arena_alloc(arena, CAMPAIGN_ASSET_MAX + 1);
	memset(bytes, 'x', CAMPAIGN_ASSET_MAX + 1);
	refused((struct str){ bytes, CAMPAIGN_ASSET_MAX + 1 },
		"found 1048577 bytes");
}

static void
a_drawing_that_only_draws_is_taken(void **state)
{
	static const char *const cases[] = {
		SVG("<path d=\"M0 0h1\" fill=\"#123\"/>"),
		SVG("<style>.a{fill:url(#g)}</style>"),
		SVG("<g style=\"fill:url('#g')\" data-name=\"a\\b\"/>"),
		SVG("<use xlink:href=\"#a\"/><use href=\"#b\"/>"),
		SVG("<mask id=\"m\"><use href=\"#p\"/></mask>"),
		SVG("<image href=\"data:image/png;base64,AAAA\"/>"),
		SVG("<text>on sale: javascript</text>"),
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" SVG(""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		(void)name_of(str_of(cases[i]));
}

static void
a_drawing_that_acts_or_reaches_out_is_refused(void **state)
{
	static const char *const cases[] = {
		SVG("<script>alert(1)</script>"),
		SVG("<foreignObject/>"),
		SVG("<s:script xmlns:s=\"http://www.w3.org/2000/svg\"/>"),
		SVG("<g onload=\"alert(1)\"/>"),
		SVG("<g OnClick=\"alert(1)\"/>"),
		SVG("<a href=\"https://evil.example/\"/>"),
		SVG("<a xlink:href=\" javascript:alert(1)\"/>"),
		SVG("<image href=\"//evil.example/x.png\"/>"),
		SVG("<image href=\"data:image/svg+xml;base64,AAAA\"/>"),
		SVG("<use href=\"other.svg#a\"/>"),
		SVG("<set attributeName=\"href\" to=\"x\"/>"),
		SVG("<animate attributeName=\"xlink:href\" to=\"x\"/>"),
		SVG("<set attributeName=\"onclick\" to=\"x\"/>"),
		SVG("<g id=\"a\"><use href=\"#b\"/></g><use href=\"#a\"/>"),
		SVG("<use id=\"a\" href=\"#a\"/>"),
		SVG("<style>@import 'x.css';</style>"),
		SVG("<style>.a{fill:url(http://evil.example/)}</style>"),
		SVG("<g style=\"fill:url( &quot;//evil.example/&quot;)\"/>"),
		SVG("<g fill=\"\\75rl(//evil.example/)\"/>"),
		SVG("<g filter=\"url(//evil.example/)\"/>"),
		"<?xml-stylesheet href=\"x.css\"?>" SVG("<!-- <?xml ?> -->"),
		"<!DOCTYPE svg [<!ENTITY a \"b\">]>" SVG(""),
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct str name = { 0 };

		if (campaign_asset_name(str_of(cases[i]), arena, &name, &err) >=
		    0)
			fail_msg("taken: %s", cases[i]);
		assert_non_null(strstr(err.text, "expected"));
	}
}

static struct str
file_bytes(const char *path)
{
	struct buf b = { 0 };
	struct str bytes;
	FILE *f = fopen(path, "rb");
	int c;

	assert_non_null(f);
	while ((c = fgetc(f)) != EOF)
		buf_char(&b, (char)c);
	assert_int_equal(fclose(f), 0);
	bytes = str_copy(arena, buf_view(&b));
	buf_fini(&b);
	return bytes;
}

/* Drawings that others have attacked programs with: svg-hostile. */
static void
hostile_drawings_are_refused(void **state)
{
	const char *corpora = getenv("GUIDON_CORPORA");
	struct dirent **entries;
	int count;

	(void)state;
	if (!corpora) {
		print_message("svg-hostile: SKIPPED, GUIDON_CORPORA is not "
			      "set\n");
		return;
	}
	corpora = arena_printf(arena, "%s/svg-hostile", corpora);
	count = scandir(corpora, &entries, NULL, alphasort);
	assert_true(count > 10);
	for (int i = 0; i < count; i++) {
		struct str name = str_of(entries[i]->d_name), public;

		if (str_ends(name, STR(".svg")) &&
		    campaign_asset_name(
			file_bytes(arena_printf(arena, "%s/%s", corpora,
						entries[i]->d_name)),
			arena, &public, &err) >= 0)
			fail_msg("taken: %s", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, begin, end)
		CASE(a_name_is_the_hash_and_the_kind),
		CASE(each_kind_has_its_suffix),
		CASE(what_is_no_image_is_refused_by_its_name),
		CASE(an_image_cut_anywhere_is_refused),
		CASE(bytes_behind_the_end_are_refused),
		CASE(absurd_sizes_are_refused),
		CASE(a_drawing_that_only_draws_is_taken),
		CASE(a_drawing_that_acts_or_reaches_out_is_refused),
		CASE(hostile_drawings_are_refused),
#undef CASE
	};

	crypto_init();
	xml_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
