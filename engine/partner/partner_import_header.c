/*
 * The header of a file: which column is what.
 *
 * Names of columns are compared by their letters and digits, small: "E-Mail",
 * "e_mail" and "EMAIL" are one. Rejected: guessing by edit distance, which
 * would take "phone 2" for the phone; a name that is nearly "email" is only
 * said in the error that there is none.
 */
#include "partner/partner_import_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

/* ---- names ---- */

/* clang-format off */
static const char *const field_names[] = {
#define FIELD_NAME(name, text) [FIELD_##name] = (text),
	CONTACT_FIELDS(FIELD_NAME)
#undef FIELD_NAME
};
/* clang-format on */

/* As normal_name() gives them. */
static const struct {
	const char *name;
	enum contact_field field;
} synonyms[] = {
	{ "mail", FIELD_ADDRESS },
	{ "emailaddress", FIELD_ADDRESS },
	{ "mailaddress", FIELD_ADDRESS },
	{ "emailadresse", FIELD_ADDRESS },
	{ "firstname", FIELD_GIVEN_NAME },
	{ "forename", FIELD_GIVEN_NAME },
	{ "vorname", FIELD_GIVEN_NAME },
	{ "lastname", FIELD_FAMILY_NAME },
	{ "surname", FIELD_FAMILY_NAME },
	{ "nachname", FIELD_FAMILY_NAME },
	{ "companyname", FIELD_COMPANY },
	{ "organisation", FIELD_COMPANY },
	{ "organization", FIELD_COMPANY },
	{ "account", FIELD_COMPANY },
	{ "accountname", FIELD_COMPANY },
	{ "firma", FIELD_COMPANY },
	{ "phonenumber", FIELD_PHONE },
	{ "telephone", FIELD_PHONE },
	{ "tel", FIELD_PHONE },
	{ "telefon", FIELD_PHONE },
	{ "lang", FIELD_LANGUAGE },
	{ "locale", FIELD_LANGUAGE },
	{ "preferredlanguage", FIELD_LANGUAGE },
	{ "sprache", FIELD_LANGUAGE },
	{ "countrycode", FIELD_COUNTRY },
	{ "land", FIELD_COUNTRY },
	{ "timezone", FIELD_TIME_ZONE },
	{ "tz", FIELD_TIME_ZONE },
	{ "zeitzone", FIELD_TIME_ZONE },
	{ "tag", FIELD_TAGS },
	{ "labels", FIELD_TAGS },
	{ "consentstate", FIELD_CONSENT },
	{ "consentstatus", FIELD_CONSENT },
};

const char *
contact_field_name(enum contact_field field)
{
	check((size_t)field < COUNT_OF(field_names));
	return field_names[field];
}

/* Small letters, digits and what is not ASCII; false when it is too long. */
static bool
normal_name(struct str s, char out[IMPORT_NAME_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if ((unsigned char)c < 0x80 && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9'))
			continue;
		if (n == IMPORT_NAME_MAX)
			return false;
		out[n++] = c;
	}
	out[n] = '\0';
	return true;
}

enum contact_field
contact_field_find(struct str header)
{
	char name[IMPORT_NAME_MAX + 1];
	char own[IMPORT_NAME_MAX + 1];

	if (!normal_name(header, name))
		return FIELD_FURTHER;
	for (size_t i = 0; i < COUNT_OF(field_names); i++)
		if (normal_name(str_of(field_names[i]), own) &&
		    strcmp(name, own) == 0)
			return (enum contact_field)i;
	for (size_t i = 0; i < COUNT_OF(synonyms); i++)
		if (strcmp(name, synonyms[i].name) == 0)
			return synonyms[i].field;
	return header.len ? FIELD_FURTHER : FIELD_NAMELESS;
}

/* ---- the header ---- */

static int
header_error(const char *file, const struct csv_row *row, size_t column,
	     const char *what, struct error *err)
{
	return error_set(err, ERROR_INVALID, "%s:%" PRId64 ": column %zu: %s",
			 file, row->line, column + 1, what);
}

static int
compare_names(const void *x, const void *y)
{
	const struct import_member *a = x;
	const struct import_member *b = y;

	return str_cmp(a->name, b->name);
}

/* Index of the column that has that very name. */
static size_t
column_of(const struct import_header *h, struct str name)
{
	size_t i = 0;

	while (h->names[i].p != name.p)
		i++;
	return i;
}

/* The further columns in the order of their names, each of another. */
static int
sort_further(struct import_header *h, const char *file,
	     const struct csv_row *row, struct error *err)
{
	struct import_member names[CSV_COLUMNS];
	size_t n = 0;

	for (size_t i = 0; i < h->count; i++)
		if (h->fields[i] == FIELD_FURTHER)
			names[n++] =
			    (struct import_member){ h->names[i], { 0 } };
	if (n)
		qsort(names, n, sizeof(*names), compare_names);
	for (size_t i = 0; i < n; i++) {
		h->sorted[i] = column_of(h, names[i].name);
		if (i > 0 && str_eq(names[i].name, names[i - 1].name))
			return header_error(file, row, h->sorted[i],
					    "a name that another column has, "
					    "expected a different one",
					    err);
	}
	h->sorted_count = n;
	return 0;
}

/* By its name alone the first is hard to find: both are told. */
static const char *
second(const struct import_header *h, struct arena *a, enum contact_field field,
       struct str name)
{
	const int first = h->at[field];

	return arena_printf(a,
			    "a second column for %s: \"%.*s\", and column %d "
			    "is \"%.*s\", expected one of them",
			    contact_field_name(field), STR_ARG(name), first + 1,
			    STR_ARG(h->names[first]));
}

static int
read_name(struct import_header *h, struct arena *a, const char *file,
	  const struct csv_row *row, struct error *err)
{
	const size_t i = h->count;
	struct str name = h->names[i];
	enum contact_field field;

	if (contact_read_text(a, name, &name) != CONTACT_FAULT_GOOD ||
	    name.len > IMPORT_NAME_MAX)
		return header_error(file, row, i,
				    "a name that is not up to 64 bytes of "
				    "text in UTF-8, expected a shorter one",
				    err);
	field = contact_field_find(name);
	if (field < FIELD_COUNT && h->at[field] >= 0)
		return header_error(file, row, i, second(h, a, field, name),
				    err);
	if (field < FIELD_COUNT)
		h->at[field] = (int)i;
	h->fields[i] = field;
	h->count++;
	return 0;
}

static int
no_address(struct arena *a, const char *file, const struct csv_row *row,
	   const struct import_header *h, struct error *err)
{
	const char **names = ARENA_ARRAY(a, h->count, const char *);
	const char *near;

	for (size_t i = 0; i < h->count; i++)
		names[i] = str_cstr(a, str_lower(a, h->names[i]));
	near = str_nearest(STR("email"), names, h->count);
	return error_set(err, ERROR_INVALID,
			 "%s:%" PRId64 ": a header without a column \"email\", "
			 "expected one%s%s%s",
			 file, row->line, near ? " (is it \"" : "",
			 near ? near : "", near ? "\"?)" : "");
}

int
import_header_read(struct import_header *h, struct arena *a, const char *name,
		   const struct csv_row *row, bool formulas, struct error *err)
{
	*h = (struct import_header){ 0 };
	for (size_t i = 0; i < FIELD_COUNT; i++)
		h->at[i] = -1;
	for (size_t i = 0; i < row->count; i++) {
		struct str field = row->fields[i];

		if (!formulas)
			field = csv_unguard(field);
		h->names[i] = str_copy(a, contact_trim(field));
		if (read_name(h, a, name, row, err) < 0)
			return -(int)err->code;
	}
	if (h->at[FIELD_ADDRESS] < 0)
		return no_address(a, name, row, h, err);
	return sort_further(h, name, row, err);
}
