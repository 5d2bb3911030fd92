/*
 * Which of the texts a reader gets. The chain is short on purpose, so that who
 * writes a campaign can tell what comes out without asking the engine:
 * "de-CH", "de", the workspace's language, the text without a language, the
 * first. Tags compare without case (BCP 47 section 2.1.1).
 */
#include "campaign/campaign.h"

static const struct campaign_text *
in(const struct campaign_texts *t, struct str lang)
{
	for (size_t i = 0; i < t->count; i++)
		if (str_eq_fold(t->items[i].lang, lang))
			return &t->items[i];
	return NULL;
}

const struct campaign_text *
campaign_text_pick(const struct campaign_texts *t, struct str lang,
		   struct str fallback)
{
	ptrdiff_t dash = str_find_char(lang, '-');
	const struct campaign_text *found = lang.len ? in(t, lang) : NULL;

	if (!found && dash > 0)
		found = in(t, str_slice(lang, 0, (size_t)dash));
	if (!found && fallback.len)
		found = in(t, fallback);
	if (!found)
		found = in(t, (struct str){ 0 });
	if (!found && t->count)
		found = &t->items[0];
	return found;
}
