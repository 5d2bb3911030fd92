/*
 * Who takes part: any include (none: everybody), and no exclude. A rule names
 * an attribute and words, any of which will do; all rules of an include must
 * fit. Values compare without the case of A-Z, since a tier is "Gold" in one
 * list and "gold" in another, and the harm of an exclude that silently does
 * not fit is mail to people who were left out.
 */
#include "base/arena.h"
#include "campaign/campaign_priv.h"

static int
own_attribute(const struct xml_node *node, struct str *name, struct str *value,
	      struct error *err)
{
	*name = xml_attribute(node, "attribute");
	*value = xml_attribute(node, "value");
	if ((*name).len && !(*value).len)
		return error_set(err, ERROR_INVALID,
				 "found attribute=\"%.*s\" without \"value\", "
				 "expected both",
				 STR_ARG(*name));
	if (!(*name).len && (*value).len)
		return error_set(err, ERROR_INVALID,
				 "found value=\"%.*s\" without \"attribute\", "
				 "expected both",
				 STR_ARG(*value));
	return 0;
}

static void
add_rule(struct arena *a, struct campaign_rule_set *set,
	 struct campaign_rule *rules, struct str name, struct str words)
{
	struct campaign_rule *rule = &rules[set->rule_count++];

	rule->attribute = str_copy(a, name);
	rule->words = campaign_words(words, a, &rule->word_count);
	set->text =
	    str_printf(a, "%.*s%s%.*s=\"%.*s\"", STR_ARG(set->text),
		       set->text.len ? " " : "", STR_ARG(name), STR_ARG(words));
}

int
campaign_rule_set_parse(const struct xml_node *node, struct arena *a,
			struct campaign_rule_set *out, struct error *err)
{
	struct campaign_rule *rules =
	    ARENA_ARRAY(a, node->attribute_count, struct campaign_rule);
	struct campaign_rule_set set = { .rules = rules };
	struct str name, value;

	if (own_attribute(node, &name, &value, err) < 0)
		return -(int)err->code;
	for (size_t i = 0; i < node->attribute_count; i++) {
		struct xml_attribute at = node->attributes[i];

		if (str_eq(at.name, STR("value")))
			continue;
		if (str_eq(at.name, STR("attribute")))
			add_rule(a, &set, rules, name, value);
		else
			add_rule(a, &set, rules, at.name, at.value);
	}
	if (set.rule_count == 0)
		return error_set(err, ERROR_INVALID,
				 "found <%.*s> without attributes, expected "
				 "at least one, such as tier",
				 STR_ARG(node->name));
	set.why = arena_printf(a, "%.*s %.*s", STR_ARG(node->name),
			       STR_ARG(set.text));
	*out = set;
	return 0;
}

static bool
rule_fits(const struct campaign_rule *rule, struct str value)
{
	for (size_t i = 0; i < rule->word_count; i++)
		if (str_eq_fold(rule->words[i], value))
			return true;
	return false;
}

static bool
set_fits(const struct campaign_rule_set *set,
	 struct str (*get)(void *arg, const char *attribute), void *arg)
{
	for (size_t i = 0; i < set->rule_count; i++)
		if (!rule_fits(&set->rules[i],
			       get(arg, set->rules[i].attribute.p)))
			return false;
	return true;
}

bool
campaign_partner_fits(const struct campaign *c,
		      struct str (*get)(void *arg, const char *attribute),
		      void *arg, const char **why)
{
	for (size_t i = 0; i < c->exclude_count; i++)
		if (set_fits(&c->excludes[i], get, arg)) {
			*why = c->excludes[i].why;
			return false;
		}
	for (size_t i = 0; i < c->include_count; i++)
		if (set_fits(&c->includes[i], get, arg)) {
			*why = c->includes[i].why;
			return true;
		}
	*why = c->include_count ? "no include fits" : "everybody";
	return c->include_count == 0;
}

struct str
campaign_sample_tags(const struct campaign *c, struct arena *a)
{
	struct str tags = STR("");

	if (c->contact_tag_count == 0)
		return STR("customer newsletter");
	for (size_t i = 0; i < c->contact_tag_count; i++)
		tags = str_printf(a, "%.*s%s%.*s", STR_ARG(tags), i ? " " : "",
				  STR_ARG(c->contact_tags[i]));
	return tags;
}
