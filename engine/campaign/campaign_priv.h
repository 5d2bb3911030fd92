#ifndef CAMPAIGN_CAMPAIGN_PRIV_H
#define CAMPAIGN_CAMPAIGN_PRIV_H

/*
 * What the files of this folder share: the words of attributes, read by pure
 * functions that know no file, and the steps from a tree to a struct.
 */

#include "base/map.h"
#include "campaign/campaign.h"
#include "xml/xml.h"

/* ---- findings ---- */

/* The rule of what is not as the schema has it. */
#define CAMPAIGN_RULE_SCHEMA "xml"

/* Whether such a finding is about this place. */
bool campaign_finding_by_schema(const struct campaign_findings *f,
				struct str file, struct campaign_place place);

/* ---- the words of attributes ---- */

/* "start+4d 09:00", and the zone beside it ("": recipient). INVALID. */
int campaign_when_parse(struct str at, struct str zone, struct arena *a,
			struct campaign_when *out,
			struct error *err) MUST_CHECK;

/* "Mo-Fr 09:00-17:00, Sa 10:00-12:00"; *out keeps `text`. INVALID. */
enum { CAMPAIGN_SPANS_MAX = 16 };
int campaign_spans_parse(struct str text, struct arena *a,
			 struct campaign_spans *out,
			 struct error *err) MUST_CHECK;

/* "2026-12-24" or "2026-12-24/2027-01-01"; the countries stay. INVALID. */
int campaign_dates_parse(struct str word, struct campaign_blackout *out,
			 struct error *err) MUST_CHECK;

/* "24h", "90m", "3d". INVALID. */
enum { CAMPAIGN_LATENESS_MAX = 100000 };
int campaign_lateness_parse(struct str text, int64_t *ms,
			    struct error *err) MUST_CHECK;

/* "clicked:invite lead"; what is not known is INVALID. */
int campaign_condition_parse(struct str text, struct arena *a,
			     struct campaign_condition *out,
			     struct error *err) MUST_CHECK;

/* The words between white space. */
const struct str *campaign_words(struct str text, struct arena *a,
				 size_t *count);

/* An <include> or an <exclude>. INVALID when it says nothing, or half. */
int campaign_rule_set_parse(const struct xml_node *node, struct arena *a,
			    struct campaign_rule_set *out,
			    struct error *err) MUST_CHECK;

/* ---- from a file to a tree ---- */

/* What a load carries along. */
struct campaign_source {
	struct campaign_files *files;
	struct arena *a;
	struct campaign_findings *findings;
	struct str file;
};

/*
 * The file as a tree, its root an element of this name: 0 with *root NULL when
 * it cannot be read at all. There may be findings either way. NOT_FOUND when
 * there is no such file.
 */
int campaign_source_parse(const struct campaign_source *s,
			  const char *root_name, const struct xml_node **root,
			  struct error *err) MUST_CHECK;

/* Where the attribute is, or the node when it is not there. */
struct campaign_place campaign_source_place(const struct xml_node *node,
					    const char *attribute);

/* Whether the schema has a finding there. */
bool campaign_source_is_wrong(const struct campaign_source *s,
			      const struct xml_node *node,
			      const char *attribute);

/* An error there. */
void campaign_source_error(const struct campaign_source *s, const char *rule,
			   const struct xml_node *node, const char *attribute,
			   const char *fmt, ...) PRINTF_LIKE(5, 6);

size_t campaign_source_count(const struct xml_node *parent, const char *name);

/* The texts of all children of this name; a language twice is a finding. */
struct campaign_texts campaign_source_texts(const struct campaign_source *s,
					    const struct xml_node *parent,
					    const char *name);

/*
 * The tag in an attribute: an error when it is none, a warning when nobody
 * knows its language, for then dates and numbers are English.
 */
void campaign_source_language(const struct campaign_source *s,
			      const struct xml_node *node,
			      const char *attribute);

/* ---- campaign_workspace.c ---- */

/* The element one-partner below `parent`; what is not there is not stated. */
struct campaign_one_partner
campaign_one_partner_read(const struct xml_node *parent);

/* The attributes window and quiet of a root; what does not parse is found. */
void campaign_source_hours(const struct campaign_source *s,
			   const struct xml_node *root,
			   struct campaign_hours *out);

/* ---- what a schema cannot say ---- */

void campaign_semantics(const struct campaign_source *s,
			const struct campaign *c);

/* The languages of a campaign's texts beside one another; warnings. */
void campaign_languages(const struct campaign_source *s,
			const struct campaign *c);

/* ---- files that were read ---- */

/* A path that stays below its root: relative, no empty part, no "..". */
int campaign_path_check(struct str path, struct error *err) MUST_CHECK;

/* Calls visit for each value (a struct str *) in order of name. */
int campaign_files_visit(const struct map *seen,
			 int (*visit)(void *arg, struct str path,
				      struct str bytes, struct error *err),
			 void *arg, struct error *err) MUST_CHECK;

/* ---- campaign_sending.c ---- */

/* <sending> of guidon.xml, as far as it stands. */
struct campaign_sending campaign_sending_of(const struct campaign_source *s,
					    const struct xml_node *root);

#endif
