#ifndef RENDER_RENDER_KIT_PRIV_H
#define RENDER_RENDER_KIT_PRIV_H

/*
 * A kit, inside: what was compiled, and what one rendering carries along
 */

#include "base/arena.h"
#include "base/map.h"
#include "liquid/liquid.h"
#include "render/render_kit.h"
#include "render/render_priv.h"

/* ---- what is in a kit ---- */

/* The kinds of source, in the order of render_kit_names. */
enum kit_kind {
	KIT_MAIL,
	KIT_PAGE,
	KIT_DOCUMENT,
	KIT_POST,
	KIT_NOTICE,
	KIT_LEAD,
	KIT_MAIL_TEXT, /* subject, preheader, texts and labels of an email */
	KIT_TEXT,      /* texts and labels of the others, variants of a post */
	KIT_WORDS, /* slot defaults; consent, button, thanks, field labels */
	KIT_HREF,
	KIT_KIND_COUNT
};

/* A text in its languages. */
struct kit_words {
	struct campaign_texts texts;
	/* Beside each text; NULL: nothing in it is to be run. */
	const struct liquid_program **programs;
};

struct kit_link {
	const struct campaign_link *link;
	struct kit_words label;
	const struct liquid_program *href; /* NULL: as it stands */
};

struct kit_named {
	struct str id;
	struct kit_words words;
};

struct kit_field {
	const struct campaign_field *field;
	struct kit_words label;
};

struct kit_form {
	const struct campaign_form *form;
	struct kit_words consent;
	struct kit_words button;
	struct kit_words thanks;
	struct kit_field *fields;
};

struct kit_slot {
	const struct campaign_slot *slot;
	struct kit_words standard;
};

struct kit_step {
	const struct campaign_step *step;
	const struct kit_form *form; /* of a page; may be NULL */
	struct kit_words subject;
	struct kit_words preheader;
	struct kit_named *texts;
	struct kit_link *links;
	struct kit_words *variants;
	const struct liquid_program *html; /* not of a post */
	const struct liquid_program *text; /* of a mail and a post */
	const struct liquid_object *object;
};

/* The templates of a mail about a lead. */
struct kit_letter {
	const struct liquid_program *subject;
	const struct liquid_program *html;
	const struct liquid_program *text;
};

/* What depends on nothing but the reader's language. */
struct kit_language {
	struct str tag;	 /* as some text has it; empty: of the workspace */
	struct str name; /* what a page says it is in */
	const struct liquid_object *brand;
	const struct liquid_object *campaign;
	const struct liquid_object *facts;
};

/* An image of the workspace. */
struct kit_image {
	struct str path; /* "assets/hero.png" */
	struct str name; /* in public, by what is in it */
	struct str url;
};

/* A program to free, and where it came from. */
struct kit_program {
	struct liquid_program *program;
	struct str file;
	const char *suffix; /* ".html", ".txt": which partials it has */
	/* In the making that is on trial. */
	bool failed; /* at a value, at least */
	bool cut;    /* and did not come to its end */
	struct kit_program *next;
};

enum { KIT_NOTICE_COUNT = RENDER_THANKS + 1 };

struct render_kit {
	struct arena *a;
	const struct campaign *campaign;
	struct kit_maker *trial; /* while it is made, for nobody; or NULL */
	struct str logo;	 /* the URL of the brand's; may be empty */
	struct kit_program *programs;
	struct map templates; /* "mail/announce.html" -> liquid_program */
	struct map images;    /* "hero.png" -> kit_image */
	struct kit_step *steps;
	struct kit_form *forms;
	struct kit_slot *slots;
	struct kit_language *languages; /* the workspace's first, without tag */
	size_t language_count;
	const struct liquid_object *vendor;
	const struct liquid_program *notices[KIT_NOTICE_COUNT];
	struct kit_letter notify;
	struct kit_letter thanks;
};

/* ---- making one ---- */

/* What is wrong, and where in the files of the workspace. */
struct kit_fault {
	struct str file;
	int line;
	int column;
	struct str text;
};

struct kit_maker {
	struct render_kit *kit;
	struct campaign_files *files;
	struct campaign_findings *findings;
	struct arena *a; /* the kit's */
	bool is_published;
	/* Of the source that is being compiled. */
	struct str file;
	const char *suffix; /* ".html", ".txt": which partials it takes */
	const struct campaign_link *href; /* NULL: it is no link's */
	bool told;	       /* a finding, if only one that was known */
	struct str attributes; /* of partners, as JSON; empty: not known */
	const struct liquid_names *columns; /* their names, or NULL */
	/* Of the trial. */
	size_t faults;	       /* told so far, if only known ones */
	struct kit_fault *gap; /* to be told; NULL: none */
};

/* Compile all there is in the campaign; what is wrong becomes a finding. */
void kit_compile(struct kit_maker *m);
/* Read an image below assets/, `wanted` for what; of a name once. */
int kit_image_load(struct kit_maker *m, struct str file, const char *wanted,
		   struct error *err) MUST_CHECK;
/* The URL of one that was read; else a bug. */
struct str kit_image_url(const struct render_kit *kit, struct str file);
/* Read what the brand shows, so that it belongs to the revision. */
int kit_assets(struct kit_maker *m, struct error *err) MUST_CHECK;
/* The objects that do not depend on a partner. */
void kit_languages(struct kit_maker *m);

/*
 * Make everything once, to see that it can be made, but for the steps of which
 * an error among the findings from number `before` on says that something is
 * missing. Needs all of the above.
 */
void kit_try(struct kit_maker *m, size_t before);

/* What a run on trial is told of, and by which program. */
struct kit_trying {
	const struct kit_run *run;
	const struct liquid_program *program;
};

/* An error of the trial, which goes on. */
void kit_try_failed(struct kit_maker *m, const struct kit_fault *fault);
/* A value that a template puts out and there is not, for liquid_unfilled. */
void kit_try_unfilled(void *trying, struct str unit, int line, int column,
		      struct str path);
/* A value that could not be had, for liquid_failed. */
void kit_try_lost(void *trying, const char *text);
/*
 * Whether a value of that name is missed on trial: those who are made up have
 * what readers have, but not what only the store or partners.csv knows.
 */
bool kit_try_requires(const struct kit_run *run, struct str path);
/* The gap that was kept back, if there is one: no failure follows it. */
void kit_tell_gap(struct kit_maker *m);

/* ---- where a fault is ---- */

/* The path of a unit, which is `file` or one of its partials. */
struct str kit_unit_file(struct arena *a, struct str unit, struct str file,
			 const char *suffix);

/*
 * liquid's "unit:line:column: what", where the unit is `file` or one of its
 * partials: false when there is no such place in it.
 */
bool kit_fault_read(struct arena *a, struct str message, struct str file,
		    const char *suffix, struct kit_fault *out);

/* The record of a program of the kit. */
struct kit_program *kit_source(const struct render_kit *kit,
			       const struct liquid_program *program);

/* The rule of a name that is nearly one that there is. */
#define KIT_RULE_SLIP "name"

/* A finding of the rule, unless it is known. */
void kit_tell(struct kit_maker *m, enum campaign_severity severity,
	      const char *rule, const struct kit_fault *fault);

/* The names of a kind, with those that this campaign has. */
const struct liquid_names *kit_names_of(const struct render_kit *kit,
					enum kit_kind kind,
					const struct campaign_step *step);

/* The members of a JSON object, or NULL. */
const struct liquid_names *kit_names_in(struct arena *a, struct str json);

/*
 * These names, with what may be missing narrowed to what this campaign has.
 * m->columns are known.
 */
const struct liquid_names *kit_names_there(const struct kit_maker *m,
					   const struct liquid_names *names);

/* Warn of those that are nearly one of these, in what compiles with `as`. */
void kit_find_slips(struct kit_maker *m, const struct liquid_source *source,
		    const struct liquid_options *as);

/* paragraphs, required, phone_link, asset_url, qr, utm; their context is a struct kit_run. */
extern const struct liquid_filter kit_filters[];
extern const size_t kit_filter_count;

/* ---- one rendering ---- */

struct kit_run {
	const struct render_kit *kit;
	const struct render_subject *subject;
	const struct kit_step *step; /* NULL: of the campaign as a whole */
	const struct kit_language *language;
	struct render_origin origin;
	struct liquid_object *globals;
	struct arena *a;
	size_t faults; /* on trial: how many were told before it */
};

/*
 * Everything that all kinds share: vendor, brand, partner, campaign, facts,
 * lang, slots, and step, contact and sender where there are any.
 */
int kit_begin(struct kit_run *run, const struct render_kit *kit,
	      const struct campaign_step *step,
	      const struct render_subject *subject, struct arena *a,
	      struct error *err) MUST_CHECK;

void kit_set(struct kit_run *run, const char *name, struct liquid_value value);

/* How dates and numbers are written: "de-AT", and "Europe/Vienna" or "". */
struct str kit_reader_locale(const struct kit_run *run);
struct str kit_reader_zone(const struct kit_run *run);

/*
 * The output of a program, in the run's arena. On trial a program that fails is
 * told of and gives nothing, and the rest is made all the same.
 */
int kit_output(const struct kit_run *run, const struct liquid_program *program,
	       struct str *out, struct error *err) MUST_CHECK;
/* Whether there is anything of Liquid in it. */
bool kit_is_run(struct str text);
/* The text for the run's language; NULL: there is none. */
const struct campaign_text *kit_pick(const struct kit_run *run,
				     const struct kit_words *words);
/* The same, run; empty when there is none. */
int kit_say(const struct kit_run *run, const struct kit_words *words,
	    struct str *out, struct error *err) MUST_CHECK;
/* Sets `links` and `texts` of the step. */
int kit_set_links(struct kit_run *run, struct error *err) MUST_CHECK;
int kit_set_texts(struct kit_run *run, struct error *err) MUST_CHECK;
/* Where link number `link` leads, tagged for the kind of step it is in. */
int kit_link_target(const struct kit_run *run, size_t link, struct str *url,
		    struct error *err) MUST_CHECK;
/* On trial: whether anything was told since this run began. */
bool kit_has_failed(const struct kit_run *run);
/* On trial: whether this program failed. */
bool kit_is_broken(const struct kit_run *run,
		   const struct liquid_program *program);
/* What counts the visits that a step's links bring. */
enum render_medium kit_medium(const struct kit_step *step);
/* Of a mail; of a post, in one of its variants. */
int kit_mail_content(struct kit_run *run, struct render_content *content,
		     struct error *err) MUST_CHECK;
int kit_post_content(struct kit_run *run, size_t variant,
		     struct render_post_content *content,
		     struct error *err) MUST_CHECK;
/* "partner acme, step invite: " before what went wrong. */
int kit_context(const struct kit_run *run, struct error *err);

const struct liquid_object *kit_lead_object(const struct kit_run *run,
					    const struct render_lead *lead);
const struct kit_form *kit_form_of(const struct render_kit *kit, struct str id);

/*
 * An empty value of a field points at the field's name, so that `required` can
 * say which one it is: the name, or NULL when the text is not such a value.
 */
const char *kit_field_name(struct str empty);

#endif
