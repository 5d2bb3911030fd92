#ifndef CAMPAIGN_CAMPAIGN_PARTNERS_H
#define CAMPAIGN_CAMPAIGN_PARTNERS_H

/*
 * campaign_partners - partners.csv: who sells with the vendor
 *
 * The first row names the columns, in any order: those below, of which id and
 * company must be there. Every other column is an attribute of the partner and
 * is called as a template calls it: small letters, digits and underscores,
 * a letter first. Separator and line ends may be those of any spreadsheet.
 *
 *	id                      small letters, digits and hyphens; never changes
 *	company                 the name, as it stands in mails
 *	tier region             one word, as audiences name it
 *	country                 two letters: DE
 *	language                a tag: de, pt-BR
 *	time_zone               an IANA name: Europe/Berlin
 *	phone                   +49 30 123456; kept as +4930123456
 *	street postcode city    the address; with leading zeros
 *	website                 https://...
 *	owner_name owner_email  who answers for the partner
 *	lead_email              where its leads go; if empty, to owner_email
 *	logo                    an image, as a path below assets/
 *	replies                 forwarded (so if empty), or direct: past us
 *	status                  active (so if empty) or ended
 *
 * Values come out in one form, which campaign_partners_write() writes and
 * campaign_partners_load() gives back unchanged.
 *
 * Thread rule: pure functions but for `files`.
 */

#include <stddef.h>

#include "base/check.h"
#include "base/error.h"
#include "base/str.h"

struct arena;
struct campaign_files;
struct campaign_findings;

/* In the order in which they are written. */
#define CAMPAIGN_PARTNER_COLUMNS(X) \
	X(id)                       \
	X(company)                  \
	X(tier)                     \
	X(region)                   \
	X(country)                  \
	X(language)                 \
	X(time_zone)                \
	X(phone)                    \
	X(street)                   \
	X(postcode)                 \
	X(city)                     \
	X(website)                  \
	X(owner_name)               \
	X(owner_email)              \
	X(lead_email)               \
	X(logo)                     \
	X(replies)                  \
	X(status)

struct campaign_partner_row {
#define CAMPAIGN_PARTNER_FIELD(name) struct str name;
	CAMPAIGN_PARTNER_COLUMNS(CAMPAIGN_PARTNER_FIELD)
#undef CAMPAIGN_PARTNER_FIELD
	struct str attributes; /* JSON object: names sorted, no empty values */
	struct str logo_name;  /* its public name, or empty */
	struct str logo_bytes;
	int line;
};

/*
 * partners.csv and the logos it names, in order of id, in `a`; *rows is NULL
 * when there was an error among the findings. NOT_FOUND without the file.
 *
 * `files` should be one of its own: what is read through it belongs to its
 * revision, and partners belong to no campaign's.
 */
int campaign_partners_load(struct campaign_files *files, struct arena *a,
			   struct campaign_findings *findings,
			   const struct campaign_partner_row **rows,
			   size_t *count, struct error *err) MUST_CHECK;

/* As `guidon partner fmt` writes it: commas, LF, all columns, order of id. */
void campaign_partners_write(const struct campaign_partner_row *rows,
			     size_t count, struct arena *a, struct buf *out);

/*
 * A value as partners.csv would have it, in its one form in `a`; what is empty
 * or in a column of another name stays as it is. A postcode is not held against
 * its country, a logo not against the files. INVALID says what was found.
 */
int campaign_partner_value(struct arena *a, struct str column, struct str text,
			   struct str *out, struct error *err) MUST_CHECK;

/*
 * The further columns in which any partner has a value, each with the first
 * there is: a JSON object in `a`. Rows as campaign_partners_load() gave them.
 */
struct str campaign_partners_attributes(const struct campaign_partner_row *rows,
					size_t count, struct arena *a);

/* NULL when there is none. Rows as campaign_partners_load() gave them. */
const struct campaign_partner_row *
campaign_partners_find(const struct campaign_partner_row *rows, size_t count,
		       struct str id);

#endif
