#ifndef CAMPAIGN_CAMPAIGN_H
#define CAMPAIGN_CAMPAIGN_H

/*
 * campaign - workspace files, checked, as structs that do not change; and
 * revisions, in which a campaign is kept for as long as anybody runs it
 *
 * A workspace is a folder under version control:
 *
 *	guidon.xml              the vendor: site, brands, facts, limits
 *	partners.csv            who sells with the vendor
 *	campaigns/ID/campaign.xml
 *	templates/ assets/      what campaigns refer to by name
 *
 * campaign_workspace_load() reads guidon.xml, campaign_load() one campaign.
 * Both report every finding, each with file:line:column, and give a struct
 * only when there is no error. Who goes on looking for faults takes
 * campaign_workspace_read() and campaign_read(), which give what stands.
 *
 * A revision is everything a campaign needs, by content: a manifest that lists
 * its files with the SHA-256 of each; its id is the SHA-256 of the manifest.
 * The files lie in the store as objects. What runs is read from its revision,
 * so edits in the workspace change nothing that was published, and a host
 * without a workspace can render.
 *
 * Files are read through struct campaign_files, which has two sides: a folder
 * and a revision.
 *
 * Thread rule: loading on any thread; the structs are read-only afterwards.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/check.h"
#include "base/civil.h"
#include "base/error.h"
#include "base/origin.h"
#include "base/str.h"
#include "db/db.h"

struct arena;

extern const struct db_schema campaign_schema;

/* When anything may leave. Entered by this header. */
#include "campaign/campaign_hours.h"

/* ---- files ---- */

/*
 * Read the file at `path`, relative and without "..", into `a`: 1, 0 there is
 * none, < 0 (LIMIT over 5 MB). Implementations remember what was read, which
 * is how a revision knows what belongs to it.
 *
 * A file that the store failed to give is no finding about the campaign. Who
 * makes findings of what cannot be read looks at `failure` in the end: the
 * first one, or none.
 */
struct campaign_files {
	int (*read)(struct campaign_files *files, struct arena *a,
		    struct str path, struct str *bytes, struct error *err);
	/* Called once for each file that was read, in order of name. */
	int (*each)(struct campaign_files *files,
		    int (*visit)(void *arg, struct str path, struct str bytes,
				 struct error *err),
		    void *arg, struct error *err);
	void (*close)(struct campaign_files *files);
	struct error failure; /* of the store; a folder's are its author's */
};

/* A folder; never leaves it (openat2 RESOLVE_BENEATH, no symlinks). */
int campaign_folder_open(struct campaign_files **out, const char *path,
			 struct error *err) MUST_CHECK;
/* A published revision, by its 32-byte id. */
int campaign_revision_open(struct campaign_files **out, struct db *db,
			   struct str revision, struct error *err) MUST_CHECK;
void campaign_files_close(struct campaign_files **files);

/* ---- findings ---- */

enum campaign_severity { CAMPAIGN_WARNING, CAMPAIGN_ERROR };

struct campaign_finding {
	enum campaign_severity severity;
	const char *rule; /* a short id: "xml", "template", "name" ... */
	struct str file;
	int line;
	int column;
	struct str text; /* found what, expected what */
};

/* Where something is in its file; 0: not known. */
struct campaign_place {
	int line;
	int column;
};

/* Findings in the order they were made; lives in `a`. */
struct campaign_findings {
	struct arena *a;
	struct campaign_finding *items;
	size_t count;
	size_t capacity;
	size_t error_count;
};

void campaign_findings_init(struct campaign_findings *f, struct arena *a);

/*
 * What is not as the schema has it (rule "xml") is complained of once: what
 * else would be said of the same place is left out.
 */
void campaign_finding_add(struct campaign_findings *f,
			  enum campaign_severity severity, const char *rule,
			  struct str file, int line, int column,
			  const char *fmt, ...) PRINTF_LIKE(7, 8);

/* Files stay in the order they came, each from its top to its end. */
void campaign_findings_sort(struct campaign_findings *f);

/* ---- text in languages ---- */

struct campaign_text {
	struct str lang; /* BCP 47; empty: any */
	struct str text;
	struct origin origin; /* in its file */
};

struct campaign_texts {
	const struct campaign_text *items;
	size_t count;
};

/*
 * The text for a language: the exact tag, the tag without its region, the
 * workspace's fallback, the first. NULL when there is none at all.
 */
const struct campaign_text *campaign_text_pick(const struct campaign_texts *t,
					       struct str lang,
					       struct str fallback);

/* ---- the workspace ---- */

struct campaign_named_text {
	struct str id;
	struct campaign_texts texts;
	struct campaign_place at; /* of the first that has this name */
};

struct campaign_color {
	struct str role;  /* "primary", "ink" ... */
	struct str value; /* #rrggbb */
};

struct campaign_brand {
	struct str id;
	struct str name;
	struct str website;
	struct str logo; /* a path below assets/ */
	struct str logo_alt;
	int64_t logo_width;
	struct campaign_place logo_at;
	const struct campaign_color *colors;
	size_t color_count;
	struct str font;   /* a CSS font-family list */
	struct str postal; /* one line */
	struct campaign_texts legal;
	struct str sender_domain; /* mail.northwind.example */
	struct str bounces; /* NAME@DOMAIN or @DOMAIN; empty: the sender */
	struct campaign_place sender_domain_at;
	bool sender_is_partner;	 /* the designated sender; else the vendor */
	bool opt_out_is_partner; /* whom an opt-out stops; else everybody */
};

/* How many mails one person may get in some days; most 0: as many as come. */
struct campaign_frequency {
	int64_t most;
	int64_t days;
};

/* Of several partners one alone mails a person. */
struct campaign_one_partner {
	bool is_stated;
	struct str customers; /* tags, words; may be empty */
};

/* How fast and how far, in the words of the file. */
struct campaign_limit {
	struct str of;	/* "relay", "domain", "partner" */
	struct str per; /* "second", "minute", "hour", "day" */
	int64_t messages;
	const struct str *names; /* small letters; none: each other one */
	size_t name_count;
};

enum {
	CAMPAIGN_LEAST = 100,		/* of a budget that does not say */
	CAMPAIGN_RAMP_HUNDREDTHS = 200, /* of a ramp-up */
};

struct campaign_sending {
	const struct campaign_limit *limits;
	size_t limit_count;
	int64_t ramp_messages; /* 0: no ramp-up */
	int64_t ramp_hundredths;
	int64_t ramp_until;
	const struct str *ramp_names; /* small letters; none: all */
	size_t ramp_name_count;
	int64_t canary_messages; /* 0: none */
	int64_t canary_minutes;
	struct str budget_per; /* empty: there is no budget */
	int64_t bounces;       /* of 10000 */
	int64_t complaints;
	int64_t budget_least;
};

struct campaign_workspace {
	struct str id;
	struct str title;
	struct str language; /* the fallback */
	struct str site;     /* https://..., without a slash at the end */
	const struct campaign_brand *brands;
	size_t brand_count;
	const struct campaign_named_text *facts;
	size_t fact_count;
	struct campaign_frequency frequency_all;  /* over all partners */
	struct campaign_frequency frequency_each; /* of each by itself */
	struct campaign_one_partner one_partner;  /* for all campaigns */
	struct campaign_sending sending;
	struct campaign_hours hours;
	const struct campaign_blackout *blackouts;
	size_t blackout_count;
	bool is_doubtful; /* what it lacks may be what could not be read */
};

int campaign_workspace_load(struct campaign_files *files, struct arena *a,
			    struct campaign_findings *findings,
			    const struct campaign_workspace **out,
			    struct error *err) MUST_CHECK;

/*
 * As campaign_workspace_load(), but *out is what could be read, with the empty
 * value where a file has none or a wrong one; NULL when it is no XML at all.
 */
int campaign_workspace_read(struct campaign_files *files, struct arena *a,
			    struct campaign_findings *findings,
			    const struct campaign_workspace **out,
			    struct error *err) MUST_CHECK;

/* ---- a campaign ---- */

/* When: "start+4d 09:00", "sent+4d 09:00" (after the step before was SENT). */
enum campaign_anchor { CAMPAIGN_AT_START, CAMPAIGN_AT_SENT };

enum campaign_zone {
	CAMPAIGN_ZONE_RECIPIENT,
	CAMPAIGN_ZONE_PARTNER,
	CAMPAIGN_ZONE_FIXED
};

struct campaign_when {
	enum campaign_anchor anchor;
	int64_t days;
	int hour;
	int minute;
	enum campaign_zone zone;
	struct str zone_name; /* FIXED: an IANA name */
};

/* A condition is a list of acts; it holds when any of them happened. */
#define CAMPAIGN_ACTS(X)                                                \
	X(CLICKED, "clicked") /* a link of the named step (any step) */ \
	X(LEAD, "lead")	      /* became a lead of this activation */    \
	X(REPLIED, "replied") /* answered the named email (any email) */

enum campaign_act {
#define CAMPAIGN_ACT_ENUM(name, text) CAMPAIGN_ACT_##name,
	CAMPAIGN_ACTS(CAMPAIGN_ACT_ENUM)
#undef CAMPAIGN_ACT_ENUM
};

struct campaign_clause {
	enum campaign_act act;
	struct str step; /* empty: any step of the campaign */
	struct str text; /* as written, for "skipped: ..." */
};

struct campaign_condition {
	const struct campaign_clause *clauses;
	size_t count;
	struct campaign_place at;
};

/* Named as the element is. */
#define CAMPAIGN_STEP_KINDS(X) \
	X(EMAIL, "email")      \
	X(POST, "post")        \
	X(PAGE, "page")        \
	X(DOCUMENT, "document")

enum campaign_step_kind {
#define CAMPAIGN_STEP_KIND_ENUM(name, text) CAMPAIGN_##name,
	CAMPAIGN_STEP_KINDS(CAMPAIGN_STEP_KIND_ENUM)
#undef CAMPAIGN_STEP_KIND_ENUM
};

const char *campaign_step_kind_name(enum campaign_step_kind kind);

/* A tracked target: a page of this campaign or an address of the vendor's. */
struct campaign_link {
	struct str id;
	struct str page; /* id of a page step, or empty */
	struct str href; /* Liquid over partner data alone, or empty */
	struct campaign_texts label;
	int line;
	int column;
	struct campaign_place target_at; /* of page or href */
};

struct campaign_step {
	enum campaign_step_kind kind;
	struct str id;
	struct str template_name; /* "mail/announce", without suffix */
	struct campaign_place template_at;
	struct campaign_when when; /* EMAIL and POST */
	struct campaign_place when_at;
	int64_t max_lateness_ms; /* 0: the campaign's */
	struct campaign_condition only_if;
	struct campaign_condition unless;
	struct campaign_texts subject;	 /* EMAIL; Liquid */
	struct campaign_texts preheader; /* EMAIL; Liquid */
	/* Named texts: headline, body ...; Liquid; a blank line parts paragraphs */
	const struct campaign_named_text *texts;
	size_t text_count;
	const struct campaign_link *links; /* index = the token's link */
	size_t link_count;
	const struct str *channels; /* POST: "linkedin" ... */
	size_t channel_count;
	const struct campaign_texts *variants; /* POST */
	size_t variant_count;
	struct str paper; /* DOCUMENT: "A4" or "Letter" */
	int line;
	int column;
	bool is_doubtful; /* a text or a link of it could not be read */
};

enum campaign_slot_type { CAMPAIGN_SLOT_TEXT, CAMPAIGN_SLOT_CHOICE };

struct campaign_slot {
	struct str id;
	enum campaign_slot_type type;
	int64_t max;			/* characters */
	struct campaign_texts standard; /* Liquid */
	const struct str *choices;
	size_t choice_count;
	struct campaign_place at;
};

enum campaign_field_type {
	CAMPAIGN_FIELD_TEXT,
	CAMPAIGN_FIELD_EMAIL,
	CAMPAIGN_FIELD_PHONE,
	CAMPAIGN_FIELD_LONG
};

/*
 * What a form sends besides its fields, so that no field may have such a name:
 * which form it is, for whom and which showing, the box of its consent, and
 * what people do not see and machines fill in.
 */
#define CAMPAIGN_INPUT_FORM	"form"
#define CAMPAIGN_INPUT_SHOWING	"t"
#define CAMPAIGN_INPUT_CONSENT	"consent"
#define CAMPAIGN_INPUT_HONEYPOT "homepage"

struct campaign_field {
	struct str
	    name; /* email, given_name, family_name, company, phone ... */
	enum campaign_field_type type;
	bool required;
	int64_t max; /* characters */
	struct campaign_texts label;
	int line;
	int column;
};

struct campaign_form {
	struct str id;
	struct str page;
	const struct campaign_field *fields;
	size_t field_count;
	struct campaign_texts consent; /* Liquid over partner data */
	struct campaign_texts button;
	struct campaign_texts thanks;
	int line;
	int column;
	struct campaign_place page_at;
};

/* All attributes of one rule must fit; a list of words means any of them. */
struct campaign_rule {
	struct str attribute; /* "tier", "region", "country", "language" ... */
	const struct str *words;
	size_t word_count;
};

struct campaign_rule_set {
	const struct campaign_rule *rules;
	size_t rule_count;
	struct str text; /* as written, for explanations */
	const char *why; /* what campaign_partner_fits() says of a match */
};

enum campaign_start { CAMPAIGN_AUTOMATIC, CAMPAIGN_OPT_IN, CAMPAIGN_TRIGGER };

/* What becomes of a mail or post whose reply was lost. */
enum campaign_on_unknown {
	CAMPAIGN_HOLD,
	CAMPAIGN_RESEND,
	CAMPAIGN_ASSUME_SENT
};

struct campaign {
	struct str id;
	struct str file; /* campaigns/ID/campaign.xml */
	const struct campaign_brand *brand;
	const struct campaign_workspace *workspace;
	struct campaign_texts title;
	bool has_valid_from;
	bool has_valid_until;
	struct local_time valid_from;  /* a date */
	struct local_time valid_until; /* a date; its whole day counts */
	struct campaign_place valid_until_at;
	struct campaign_hours hours;
	struct campaign_place hours_at;
	int64_t max_lateness_ms; /* 0: not said; campaign_max_lateness() */
	const struct campaign_rule_set *includes; /* any; none: everybody */
	size_t include_count;
	const struct campaign_rule_set *excludes; /* none of them */
	size_t exclude_count;
	const struct str *contact_tags; /* any; none: every contact */
	size_t contact_tag_count;
	enum campaign_start start;
	enum campaign_on_unknown on_unknown;
	struct campaign_one_partner one_partner; /* its own, or of all */
	const struct campaign_slot *slots;
	size_t slot_count;
	const struct campaign_form *forms;
	size_t form_count;
	const struct campaign_step *steps; /* in the order written */
	size_t step_count;
	struct campaign_place at;
	bool is_doubtful; /* what it lacks may be what could not be read */
};

/* Ids of all campaigns of the workspace, sorted. */
int campaign_list(const char *workspace_path, struct arena *a, struct str **ids,
		  struct error *err) MUST_CHECK;

/* Without a workspace the file is checked by itself, and *out is NULL. */
int campaign_load(struct campaign_files *files, struct arena *a,
		  const struct campaign_workspace *workspace, struct str id,
		  struct campaign_findings *findings,
		  const struct campaign **out, struct error *err) MUST_CHECK;

/*
 * As campaign_load(), but *out is what could be read, to look for more that is
 * wrong with it; NULL when it is no XML at all. What is missing has the empty
 * value, brand and workspace are never NULL. `workspace` may be what was read
 * of one with errors, and NULL when nothing was: then no name of it is missed.
 */
int campaign_read(struct campaign_files *files, struct arena *a,
		  const struct campaign_workspace *workspace, struct str id,
		  struct campaign_findings *findings,
		  const struct campaign **out, struct error *err) MUST_CHECK;

const struct campaign_step *campaign_step_find(const struct campaign *c,
					       struct str id);
const struct campaign_form *campaign_form_find(const struct campaign *c,
					       struct str id);

/*
 * Whether a partner is in the audience. get() gives the value of an attribute,
 * or the empty str; it is asked for the names that the rules use. *why is set
 * either way: the include that matched, the exclude that refused, or that no
 * include fits; it lives as long as the campaign.
 */
bool campaign_partner_fits(const struct campaign *c,
			   struct str (*get)(void *arg, const char *attribute),
			   void *arg, const char **why);

/*
 * The tags of a contact that is made up: those that the audience asks for, else
 * two, so that what shows tags has some to show. In `a`.
 */
struct str campaign_sample_tags(const struct campaign *c, struct arena *a);

/* ---- revisions ---- */

enum { CAMPAIGN_REVISION_BYTES = 32 };

struct campaign_publication {
	struct str campaign;
	struct str revision;   /* 32 bytes */
	struct str git_commit; /* empty: not under git */
	bool git_dirty;
	struct str who;
	int64_t at_ms;
};

/*
 * The id of all that was read through `files` so far: the revision that
 * campaign_publish() would store.
 */
int campaign_revision_id(struct campaign_files *files, struct arena *a,
			 struct str *revision, struct error *err) MUST_CHECK;

/* Stores objects and manifest in batches of short units; then they are there. */
int campaign_revision_store(struct db_store *store,
			    struct campaign_files *files, struct str campaign,
			    int64_t now_ms, struct error *err) MUST_CHECK;

/* Inside a unit: this revision is the campaign's current one from now on. */
int campaign_publish(struct db *db, const struct campaign_publication *p,
		     struct error *err) MUST_CHECK;
/* The newest publication of a campaign: 1, or 0 when there is none. */
int campaign_published(struct db *db, struct arena *a, struct str campaign,
		       struct campaign_publication *out,
		       struct error *err) MUST_CHECK;

/* Images in public; partners.csv. Entered by this header. */
#include "campaign/campaign_asset.h"
#include "campaign/campaign_partners.h"

#endif
