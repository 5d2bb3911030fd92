/*
 * <sending> of guidon.xml. The schema has seen to forms and units; what is
 * left is that a limit names nothing twice, and that of what is named together
 * in one place no part is named elsewhere: its mails would be counted by one
 * of the two alone.
 */
#include "base/arena.h"
#include "base/map.h"
#include "campaign/campaign_priv.h"

enum { NAMES_MAX = 200, LIMITS_MAX = 200 };

/* "2.5" is 250. */
static int64_t
hundredths_of(struct str text)
{
	struct str fraction = text;
	struct str whole;
	int64_t n = 0;
	int64_t hundredths = 0;

	if (!str_split(&fraction, '.', &whole))
		return 0;
	(void)str_int(whole, 0, 100, &n);
	if (fraction.len > 0)
		(void)str_int(str_slice(fraction, 0, 2), 0, 99, &hundredths);
	return n * 100 + (fraction.len == 1 ? hundredths * 10 : hundredths);
}

static int64_t
number_of(const struct xml_node *n, const char *name, int64_t otherwise)
{
	(void)str_int(xml_attribute(n, name), 0, INT32_MAX, &otherwise);
	return otherwise;
}

/* ---- limits ---- */

/* Who is named by limits with the same names shares them. */
static void
check_name(const struct campaign_source *s, const struct xml_node *n,
	   struct map *seen, struct str name, struct str all)
{
	struct str key = str_printf(
	    s->a, "%.*s %.*s", STR_ARG(xml_attribute(n, "of")), STR_ARG(name));
	struct str *copy = ARENA_NEW(s->a, struct str);
	const struct str *before = map_find(seen, key);

	*copy = all;
	if (!before)
		(void)map_put(seen, key, copy);
	else if (!str_eq(*before, all))
		campaign_source_error(
		    s, "name", n, "names",
		    "found \"%.*s\" in two limits with other names, expected "
		    "the same names in both",
		    STR_ARG(name));
}

/* In small letters. The count. */
static size_t
load_names(const struct campaign_source *s, const struct xml_node *n,
	   const struct str **out)
{
	struct str *names = ARENA_ARRAY(s->a, NAMES_MAX, struct str);
	struct str rest = str_lower(s->a, xml_attribute(n, "names"));
	struct str name;
	size_t count = 0;

	*out = names;
	while (str_word(&rest, &name)) {
		if (count == NAMES_MAX) {
			campaign_source_error(s, "name", n, "names",
					      "found more than %d names, "
					      "expected fewer",
					      NAMES_MAX);
			break;
		}
		names[count++] = name;
	}
	return count;
}

static void
load_limit(const struct campaign_source *s, const struct xml_node *n,
	   struct map *seen, struct campaign_limit *out)
{
	struct str all = str_lower(s->a, xml_attribute(n, "names"));

	*out = (struct campaign_limit){
		.of = xml_attribute(n, "of"),
		.per = xml_attribute(n, "per"),
		.messages = number_of(n, "messages", 0),
	};
	out->name_count = load_names(s, n, &out->names);
	for (size_t i = 0; i < out->name_count; i++)
		check_name(s, n, seen, out->names[i], all);
}

static void
load_limits(const struct campaign_source *s, const struct xml_node *sending,
	    struct campaign_sending *out)
{
	struct campaign_limit *limits =
	    ARENA_ARRAY(s->a, LIMITS_MAX, struct campaign_limit);
	const struct xml_node *n;
	struct map seen;

	map_init(&seen, s->a, NULL);
	out->limits = limits;
	for (n = xml_child(sending, "limit"); n; n = xml_next(n, "limit")) {
		if (out->limit_count == LIMITS_MAX) {
			campaign_source_error(s, "name", n, "of",
					      "found more than %d limits, "
					      "expected fewer",
					      LIMITS_MAX);
			return;
		}
		load_limit(s, n, &seen, &limits[out->limit_count++]);
	}
}

static void
load_ramp(const struct campaign_source *s, const struct xml_node *n,
	  struct campaign_sending *out)
{
	struct str times = xml_attribute(n, "times");

	out->ramp_messages = number_of(n, "messages", 0);
	out->ramp_until = number_of(n, "until", 0);
	out->ramp_hundredths =
	    times.len > 0 ? hundredths_of(times) : CAMPAIGN_RAMP_HUNDREDTHS;
	out->ramp_name_count = load_names(s, n, &out->ramp_names);
}

struct campaign_sending
campaign_sending_of(const struct campaign_source *s,
		    const struct xml_node *root)
{
	const struct xml_node *sending = xml_child(root, "sending");
	struct campaign_sending out = { 0 };
	const struct xml_node *n;

	if (!sending)
		return out;
	load_limits(s, sending, &out);
	n = xml_child(sending, "ramp-up");
	if (n)
		load_ramp(s, n, &out);
	n = xml_child(sending, "canary");
	if (n) {
		out.canary_messages = number_of(n, "messages", 0);
		out.canary_minutes = number_of(n, "minutes", 0);
	}
	n = xml_child(sending, "budget");
	if (n) {
		out.bounces = hundredths_of(xml_attribute(n, "bounces"));
		out.complaints = hundredths_of(xml_attribute(n, "complaints"));
		out.budget_per = xml_attribute(n, "per");
		out.budget_least = number_of(n, "least", CAMPAIGN_LEAST);
	}
	return out;
}
