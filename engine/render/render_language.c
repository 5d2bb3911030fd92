/*
 * The languages of what we say ourselves, to partners and in no campaign's
 * words.
 */
#include "render/render_priv.h"

enum render_language
render_language(struct str tag)
{
	static const char *const names[RENDER_LANGUAGE_COUNT] = {
		[RENDER_EN] = "en",
		[RENDER_DE] = "de",
		[RENDER_FR] = "fr",
	};

	for (int i = 0; i < RENDER_LANGUAGE_COUNT; i++)
		if (str_eq_fold(str_slice(tag, 0, 2), str_of(names[i])))
			return (enum render_language)i;
	return RENDER_EN;
}
