#ifndef PARTNER_PARTNER_IMPORT_PRIV_H
#define PARTNER_PARTNER_IMPORT_PRIV_H

/*
 * What importing and exporting contacts share: the columns and a row in its
 * normal form. Then the parts of an import: a list as it was read, what of it
 * goes to the store, and what became of each row.
 */

#include "base/csv.h"
#include "base/spill.h"
#include "partner/partner.h"

struct arena;

/* Enumerator and name, in the order in which they are exported. */
#define CONTACT_FIELDS(X)                   \
	X(ADDRESS, "email")                 \
	X(GIVEN_NAME, "given_name")         \
	X(FAMILY_NAME, "family_name")       \
	X(COMPANY, "company")               \
	X(PHONE, "phone")                   \
	X(LANGUAGE, "language")             \
	X(COUNTRY, "country")               \
	X(TIME_ZONE, "time_zone")           \
	X(TAGS, "tags")                     \
	X(CONSENT, "consent")               \
	X(CONSENT_BASIS, "consent_basis")   \
	X(CONSENT_SOURCE, "consent_source") \
	X(CONSENT_DATE, "consent_date")     \
	X(ATTRIBUTES, "attributes")

enum contact_field {
#define FIELD_ENUM(name, text) FIELD_##name,
	CONTACT_FIELDS(FIELD_ENUM)
#undef FIELD_ENUM
	    FIELD_COUNT,
	FIELD_FURTHER, /* an attribute of its own */
	FIELD_NAMELESS,
};

enum {
	IMPORT_TEXT_MAX = 500, /* bytes of a value */
	IMPORT_NAME_MAX = 64,  /* of a column's or attribute's name */
	IMPORT_TAG_MAX = 64,   /* of one tag */
	IMPORT_ATTRIBUTES_MAX = 8192,
};

const char *contact_field_name(enum contact_field field);

/* Which column that header names, by any of the names it goes by. */
enum contact_field contact_field_find(struct str header);

/*
 * The strs of a contact that the file gives as they are, so that they can be
 * compared and laid over one another. NULL: this field is none of them.
 */
struct str *contact_text(struct contact *c, enum contact_field field);

/* ---- values: partner_import_value.c ---- */

/* Without blanks, no-break spaces and the like at both ends; part of `s`. */
struct str contact_trim(struct str s);

/*
 * The normal form of a value that is not empty, in `a`. GOOD or the fault;
 * *out is set in the first case alone. `calling_code` is digits, or empty.
 */
enum contact_fault contact_read_text(struct arena *a, struct str text,
				     struct str *out);
enum contact_fault contact_read_address(struct arena *a, struct str text,
					struct str *out);
enum contact_fault contact_read_phone(struct arena *a, struct str calling_code,
				      struct str text, struct str *out);
enum contact_fault contact_read_language(struct arena *a, struct str text,
					 struct str *out);
enum contact_fault contact_read_country(struct arena *a, struct str text,
					struct str *out);
enum contact_fault contact_read_zone(struct arena *a, struct str text,
				     struct str *out);
enum contact_fault contact_read_tags(struct arena *a, struct str text,
				     struct str *out);
enum contact_fault contact_read_consent(struct str text,
					enum consent_state *out);
enum contact_fault contact_read_date(struct str text, int64_t now_ms,
				     int64_t *out);
enum contact_fault contact_read_attributes(struct arena *a, struct str text,
					   struct str *out);

const char *consent_word(enum consent_state state);

/* ---- rows: partner_import_row.c ---- */

struct import_header {
	size_t count;
	enum contact_field fields[CSV_COLUMNS];
	struct str names[CSV_COLUMNS];
	size_t sorted[CSV_COLUMNS]; /* the FURTHER ones, by name */
	size_t sorted_count;
	int at[FIELD_COUNT]; /* index of its column, or -1 */
};

/*
 * The first row of a file. INVALID, beginning with `name` and the line: no
 * column for the address, two for one thing, a name that is too long or no
 * text.
 */
int import_header_read(struct import_header *h, struct arena *a,
		       const char *name, const struct csv_row *row,
		       bool formulas, struct error *err) MUST_CHECK;

/* What holds for all rows of a file. */
struct import_rules {
	struct str calling_code;
	int64_t now_ms;
	bool formulas;
};

struct import_row {
	int64_t line;
	struct csv_place address; /* where that field begins */
	struct contact contact;	  /* what the row says, no more */
	bool says_consent;	  /* contact.consent and its three counts */
	bool bad;		  /* a finding says so: is not stored */
	uint32_t unread;	  /* bit of each field that has a fault */
	struct contact_finding *findings;
	size_t finding_count;

	uint32_t nth; /* in the file, from 0: the import's number for it */
};

/* Pure but for time zones, which are read from their files once. */
void import_row_read(const struct import_header *h,
		     const struct import_rules *rules,
		     const struct csv_row *row, struct arena *a,
		     struct import_row *out);

/*
 * One more finding, in field `at` counted from 0, which gives it its name; they
 * are in the order of their places. The row may be bad then.
 */
void import_row_fault(struct import_row *row, const struct import_header *h,
		      struct arena *a, int at, struct contact_finding finding);

/*
 * The contact as it shall be: what the row says, laid over `stored` (NULL:
 * there is none).
 */
struct contact import_row_over(const struct import_header *h,
			       const struct import_row *row,
			       const struct contact *stored);

/* Equal in all that an import may change. */
bool import_same(const struct contact *x, const struct contact *y);

/*
 * Of two consents the later in the order of enum consent_state counts, then
 * the later in time: contact_put()'s rule.
 */
bool import_consent_rises(enum consent_state old, int64_t old_ms,
			  enum consent_state new, int64_t new_ms);

/*
 * JSON of `count` members, which are in the order of their names. This text is
 * the normal form of attributes.
 */
struct import_member {
	struct str name;
	struct str value;
};

struct str import_attributes(struct arena *a,
			     const struct import_member *members, size_t count);

/* ---- rows as bytes: partner_import_pack.c ---- */

/* What of a good row goes to the store; adds to `out`. */
void import_row_pack(const struct import_row *row, struct buf *out);
/* Without findings and places; borrows from `bytes`. */
void import_row_unpack(struct str bytes, struct import_row *out);

/* What is told of a row; adds to `out`. */
void import_note_pack(const struct import_row *row, struct buf *out);
/* Without the contact; findings in `a`, their names borrowed from `bytes`. */
void import_note_unpack(struct str bytes, struct arena *a,
			struct import_row *out);

/* ---- who is in the file: partner_import_seen.c ---- */

enum { IMPORT_LINE_MAX = (1 << 30) - 1 };

/* One person: which of the rows counts, and whose consent. */
struct import_person {
	struct person_hash person;
	uint32_t line;		    /* the last row; 0: the place is free */
	uint32_t consent_line : 30; /* 0: no row says any */
	uint32_t consent : 2;	    /* enum consent_state */
	int64_t consent_ms;
	int64_t at;	    /* where that row is kept ... */
	int64_t consent_at; /* ... and that one */
};

struct import_seen {
	struct import_person *places;
	size_t place_count; /* a power of two, or 0 */
	size_t count;
};

/* Of a good row, which is kept at `at`; lines rise from call to call. */
void import_seen_add(struct import_seen *seen, const struct import_row *row,
		     int64_t at);
/* NULL when there is none. */
const struct import_person *import_seen_find(const struct import_seen *seen,
					     const struct person_hash *person);
/* The first `count` places are those that are not free, by person; the end. */
void import_seen_sort(struct import_seen *seen);
/* Empty, memory kept. */
void import_seen_clear(struct import_seen *seen);
void import_seen_fini(struct import_seen *seen);

/* ---- a list that was read: partner_import_list.c ---- */

enum { IMPORT_PARTS = 64 };

/*
 * What became of a row, in 32 bits: 0 while nothing has; the line of the row
 * that counts and a bit; or a verdict and, if that is why, what the store has
 * against it.
 */
struct import_fate {
	bool known;
	uint32_t merged_line; /* 0: it counts */
	enum contact_verdict verdict;
	enum contact_fault store_fault;
};

struct import_list {
	struct import_header header;
	struct spill *notes;		   /* of all rows, as in the file */
	struct spill *parts[IMPORT_PARTS]; /* good rows, by their persons */
	size_t part_counts[IMPORT_PARTS];  /* how many are in each */
	uint32_t *fates;		   /* import_fate of each row */
	size_t fate_room;
	size_t count; /* of rows */
	struct arena *arena;
};

/*
 * Read the whole file. The list is to be given to import_list_fini(), also
 * after a failure.
 */
int import_list_read(struct import_list *list, const struct contact_import *in,
		     struct error *err) MUST_CHECK;
void import_list_fini(struct import_list *list);

struct import_fate import_list_fate(const struct import_list *list, size_t nth);
void import_list_decide(struct import_list *list, size_t nth,
			struct import_fate fate);

/* ---- from the list to the store: partner_import_store.c ---- */

/*
 * Decides the fate of all good rows: each is known once it is durable, also
 * when the whole fails.
 */
int import_store(struct db_store *store, const struct contact_import *in,
		 struct import_list *list, struct error *err) MUST_CHECK;

#endif
