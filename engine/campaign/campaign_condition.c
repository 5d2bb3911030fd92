/*
 * A condition is a list of acts between white space, any of which will do.
 * There is no "and" and no "not" inside: with them comes precedence, and a
 * mistake in that mails the wrong people.
 */
#include "base/arena.h"
#include "campaign/campaign_priv.h"

static const char *const acts[] = {
#define ACT_NAME(name, text) [CAMPAIGN_ACT_##name] = (text),
	CAMPAIGN_ACTS(ACT_NAME)
#undef ACT_NAME
};

const struct str *
campaign_words(struct str text, struct arena *a, size_t *count)
{
	struct str rest = text, word;
	struct str *words;
	size_t n = 0;

	while (str_word(&rest, &word))
		n++;
	words = ARENA_ARRAY(a, n, struct str);
	rest = text;
	for (size_t i = 0; str_word(&rest, &word); i++)
		words[i] = str_copy(a, word);
	*count = n;
	return words;
}

/* One becomes a lead of the campaign, not of a step. */
static bool
may_name_step(enum campaign_act act)
{
	return act != CAMPAIGN_ACT_LEAD;
}

static int
parse_clause(struct str word, struct campaign_clause *out, struct error *err)
{
	ptrdiff_t colon = str_find_char(word, ':');
	struct str act = colon < 0 ? word : str_slice(word, 0, (size_t)colon);
	const char *near = str_nearest(act, acts, COUNT_OF(acts));

	out->text = word;
	if (colon >= 0)
		out->step = str_slice(word, (size_t)colon + 1, word.len);
	for (size_t i = 0; i < COUNT_OF(acts); i++) {
		if (!str_eq_cstr(act, acts[i]))
			continue;
		out->act = (enum campaign_act)i;
		if (colon >= 0 &&
		    (out->step.len == 0 || !may_name_step(out->act)))
			break;
		return 0;
	}
	if (near && !str_eq_cstr(act, near))
		return error_set(err, ERROR_INVALID,
				 "found the condition \"%.*s\", did you mean "
				 "\"%s\"?",
				 STR_ARG(word), near);
	return error_set(err, ERROR_INVALID,
			 "found the condition \"%.*s\", expected "
			 "\"clicked:STEP\", \"clicked\", \"replied:STEP\", "
			 "\"replied\" or \"lead\"",
			 STR_ARG(word));
}

int
campaign_condition_parse(struct str text, struct arena *a,
			 struct campaign_condition *out, struct error *err)
{
	struct campaign_clause *clauses;
	const struct str *words;
	size_t count;

	words = campaign_words(text, a, &count);
	clauses = ARENA_ARRAY(a, count, struct campaign_clause);
	for (size_t i = 0; i < count; i++)
		if (parse_clause(words[i], &clauses[i], err) < 0)
			return -(int)err->code;
	out->clauses = clauses;
	out->count = count;
	return 0;
}
