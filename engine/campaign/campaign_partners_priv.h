#ifndef CAMPAIGN_CAMPAIGN_PARTNERS_PRIV_H
#define CAMPAIGN_CAMPAIGN_PARTNERS_PRIV_H

/*
 * The values of partners.csv, each to its one form.
 */

#include "base/map.h"
#include "campaign/campaign.h"

enum partner_column {
#define PARTNER_COLUMN_ENUM(name) PARTNER_COLUMN_##name,
	CAMPAIGN_PARTNER_COLUMNS(PARTNER_COLUMN_ENUM)
#undef PARTNER_COLUMN_ENUM
	    PARTNER_COLUMN_COUNT
};

enum { PARTNER_VALUE_MAX = 500 /* bytes */ };

extern const char *const partner_column_names[PARTNER_COLUMN_COUNT];

/* The row's value in that column, an enum partner_column. */
struct str *partner_row_value(struct campaign_partner_row *row, size_t column);

struct partner_reading {
	struct campaign_files *files;
	struct arena *a;
	struct map logos;		  /* path -> struct partner_logo */
	struct campaign_partner_row *row; /* columns before are read */
};

/*
 * The field's text in the one form of its column; the empty text stays empty.
 * INVALID says what was found and what was expected.
 */
int partner_value_read(struct partner_reading *r, enum partner_column column,
		       struct str text, struct str *out,
		       struct error *err) MUST_CHECK;

/* As all columns: UTF-8 without control characters, no spreadsheet's error. */
int partner_value_text(struct str text, struct str *out,
		       struct error *err) MUST_CHECK;

#endif
